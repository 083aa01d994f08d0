//! A solved ticket becomes a draft: what was asked and what was last answered, without the people in it.

use super::faceless::{GAP, Known, faceless};
use super::{TITLE, Wish, Words, insert};
use crate::address::Address;
use crate::catalog;
use crate::ids::{ArticleId, OrderId};
use crate::orders;
use crate::schema::{article_texts as texts, article_votes as votes, articles};
use crate::shop::OWN_LANGUAGE;
use crm::tickets::{self, Author, Eyes, Message, Status, Ticket, TicketId};
use crm::{CustomerId, customers};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::web::templates::escape;
use kernel::{Conn, Error, Result};

/// Messages in which question and answer are looked for.
const FIRST: i64 = 200;
/// Characters of a message that are taken.
const TAKEN: usize = 20_000;
/// Addresses that are tried before it is given up.
const TRIED: usize = 50;

/// Drafts an article from a solved ticket and answers its address; a ticket has one at most, and that of another draft is answered again.
/// `Conflict` for a ticket that is open, or that nobody answered.
pub fn draft(conn: &mut Conn, ticket: &Ticket, actor: &str, now: Time) -> Result<(String, bool)> {
    if let Some(slug) = of_ticket(conn, ticket.id)? {
        return Ok((slug, false));
    }
    if ticket.status != Status::Solved || ticket.merged_into.is_some() {
        return Err(Error::conflict("ticket-not-solved"));
    }
    let known = known(conn, ticket)?;
    let thread = tickets::thread(conn, ticket.id, Eyes::Customer, None, FIRST)?;
    let said = |message: &Message, by: Author| message.author == by && !message.body.trim().is_empty();
    let asked = thread.iter().find(|message| said(message, Author::Customer));
    let answered = thread.iter().rev().find(|message| said(message, Author::Staff));
    let Some(answered) = answered else { return Err(Error::conflict("admin-article-no-answer")) };
    let mut body = String::new();
    if let Some(asked) = asked {
        body = format!("<blockquote>{}</blockquote>", paragraphs(&asked.body, &known));
    }
    body.push_str(&paragraphs(&answered.body, &known));
    let title: String = faceless(&ticket.subject, &known).chars().take(TITLE).collect();
    let title = if title.is_empty() { GAP.to_string() } else { title };
    let wish = Wish { position: 0, published: false, words: words(&ticket.language, title, body) };
    wish.check()?;
    let base = catalog::slug(&wish.words[0].title);
    let base = if base.is_empty() { "article".to_string() } else { base };
    for at in 1..=TRIED {
        let slug = if at == 1 { base.clone() } else { format!("{base}-{at}") };
        if insert(conn, &slug, &wish, Some(ticket.id), actor, now)? {
            return Ok((slug, true));
        }
        // Somebody else drafted it at the same time.
        if let Some(slug) = of_ticket(conn, ticket.id)? {
            return Ok((slug, false));
        }
    }
    Err(Error::conflict("admin-page-slug-taken"))
}

/// The texts in the language of the ticket. The shop's own language needs a title in any case.
fn words(language: &str, title: String, body_html: String) -> Vec<Words> {
    let own = Language::parse(language).map_or(OWN_LANGUAGE, |language| language.code());
    let text = Words { language: own.to_string(), topic: String::new(), title: title.clone(), body_html };
    if own == OWN_LANGUAGE {
        return vec![text];
    }
    vec![Words { language: OWN_LANGUAGE.to_string(), title, ..Words::default() }, text]
}

/// A message as paragraphs.
fn paragraphs(body: &str, known: &Known) -> String {
    let taken: String = body.chars().take(TAKEN).collect();
    let cleaned = faceless(&taken, known);
    let each = cleaned.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    each.map(|text| format!("<p>{}</p>", escape(text).replace('\n', "<br>"))).collect()
}

/// What of the person who asked may stand in the messages.
fn known(conn: &mut Conn, ticket: &Ticket) -> Result<Known> {
    let mut known = Known::default();
    known.whole(&ticket.phone);
    known.whole(&ticket.email);
    if let Some(customer) = ticket.customer_id {
        let customer = customers::get(conn, customer)?;
        known.name(&customer.name);
        known.whole(&customer.phone);
    }
    if let Some(order) = ticket.order_id {
        let order = orders::get(conn, OrderId(order))?;
        for address in [order.shipping_address()?, order.billing_address()?] {
            lives(&mut known, &address);
        }
    }
    Ok(known)
}

fn lives(known: &mut Known, address: &Address) {
    known.name(&address.name);
    for line in [&address.company, &address.line1, &address.line2, &address.postal_code, &address.phone, &address.vat_id] {
        known.whole(line);
    }
}

/// The address of the article that was drafted from a ticket.
pub fn of_ticket(conn: &mut Conn, ticket: TicketId) -> Result<Option<String>> {
    Ok(articles::table.filter(articles::ticket_id.eq(ticket)).select(articles::slug).first(conn).optional()?)
}

/// The ticket that an article was drafted from.
pub fn ticket_of(conn: &mut Conn, id: ArticleId) -> Result<Option<TicketId>> {
    Ok(articles::table.find(id).select(articles::ticket_id).first(conn)?)
}

/// Takes away what somebody's tickets left in articles: drafts that nobody published, and of the others the versions from before, since what is
/// taken out by a program is not all that tells who somebody is. What readers see stays.
pub fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    let own = tickets::ids_of_customer(conn, customer)?;
    let drawn = articles::table.filter(articles::ticket_id.eq_any(own));
    let found: Vec<(ArticleId, bool)> = drawn.select((articles::id, articles::published)).load(conn)?;
    for (id, published) in found {
        let of = texts::table.filter(texts::article_id.eq(id));
        if published {
            diesel::delete(of.filter(texts::current.eq(false))).execute(conn)?;
            diesel::update(articles::table.find(id)).set(articles::ticket_id.eq(None::<TicketId>)).execute(conn)?;
        } else {
            diesel::delete(votes::table.filter(votes::article_id.eq(id))).execute(conn)?;
            diesel::delete(of).execute(conn)?;
            diesel::delete(articles::table.find(id)).execute(conn)?;
        }
    }
    Ok(())
}
