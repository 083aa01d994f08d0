//! Everything the shop keeps about one person, for themselves: what the law calls access and portability. One function gathers it; the
//! page and the file show the same.

mod bought;

use crate::carts::{changes, consents as cart_consents};
use crate::erp::refs;
use crate::ids::{ProductId, VariantId};
use crate::schema::{sessions, stock_requests, variants};
use crate::shop::{self, OWN_LANGUAGE};
use crate::{
    address_book, approvals, carts, catalog, logins, offers, quotes, requisitions, reviews, store_credit, stores, timeline, wish_list,
};
use crm::activities::{self, Place};
use crm::campaigns::{self, DeliveryId};
use crm::journeys::{self, EnrolmentId};
use crm::scores::{self, Score};
use crm::tickets::{Eyes, Message, MessageId};
use crm::{
    CustomerId, companies, consents, customers, disputes, identities, inbound, merges, recommendations, segments, surveys, tasks, tickets,
    trails,
};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result, mail};
use serde_json::{Value, json};

/// Rows read by one statement.
const TOGETHER: i64 = 500;

/// Gathers it as JSON. Amounts are minor units with their currency, moments are UTC. `NotFound` for somebody who was erased.
pub fn gather(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Value> {
    let customer = customers::known(conn, id)?;
    let emails = identities::emails(conn, id)?;
    let profile = json!({ "number": id, "name": customer.name, "email": customer.email, "phone": customer.phone,
        "birthday": customer.birthday,
        "language": customer.language, "tags": customer.tags, "note": customer.note, "since": customer.created_at,
        "other_emails": emails.get(1..).unwrap_or_default(), "account": logins::registered(conn, id)? });
    let mut elsewhere = Vec::new();
    for one in identities::all(conn, id)? {
        elsewhere.extend(refs::of_customer(conn, one.0)?);
    }
    let elsewhere: Vec<Value> =
        elsewhere.into_iter().map(|(system, external_id)| json!({ "system": system, "external_id": external_id })).collect();
    let said: Vec<Value> = consents::of(conn, id)?
        .iter()
        .map(|one| {
            json!({ "channel": one.channel, "topic": one.topic, "state": one.state, "legal_basis": one.legal_basis,
            "proof": one.proof, "at": one.created_at })
        })
        .collect();
    let addresses: Vec<Value> = address_book::of_customer(conn, id)?
        .into_iter()
        .map(|entry| json!({ "address": entry.address, "lines": entry.address.lines(), "default": entry.is_default }))
        .collect();
    let browsers: Vec<Value> = trails::edges(conn, id, TOGETHER)?
        .into_iter()
        .map(|edge| json!({ "evidence": edge.evidence, "proof": edge.proof, "joined_at": edge.joined_at, "parted_at": edge.undone_at }))
        .collect();
    Ok(json!({
        "mail": wanted_mail(conn, id, &emails)?,
        "made_at": now, "profile": profile, "numbers_elsewhere": elsewhere, "consents": said, "addresses": addresses, "orders": bought::orders(conn, id)?,
        "store_credit": credit(conn, id)?, "carts": in_carts(conn, id, now)?, "cart_help": helped(conn, id, now)?, "waiting_for": waiting(conn, &emails)?,
        "scores": scores::of(conn, id)?.map(|score| scored(&score)).transpose()?, "browsers": browsers, "sign_ins": sign_ins(conn, id, now)?,
        "mails": mails(conn, &emails)?, "written": written(conn, &emails)?, "merged": merged(conn, id)?, "tasks": to_do(conn, id)?,
        "requests": asked(conn, id)?, "disputes": disputed(conn, id)?, "offers": offered(conn, id)?, "wish_list": wished(conn, id)?,
        "requisition_lists": listed(conn, id)?, "campaigns": campaigned(conn, id)?,
        "journeys": walked(conn, id)?, "companies": companies::kept(conn, id, &emails)?, "sales": crm::sales::kept(conn, id, &emails, TOGETHER)?,
        "approvals": approvals::kept(conn, id)?, "quotes": quotes::kept(conn, id, TOGETHER)?,
        "segments": within(conn, id, now)?, "surveys": surveys::of_customer(conn, id, TOGETHER)?, "reviews": reviews::of_customer(conn, id, TOGETHER)?,
        "suggestions": suggested(conn, id, now)?, "timeline": happened(conn, id)?,
    }))
}

/// What they were offered, with the reason as they read it. Who is in a control group was offered nothing, and is told that.
fn offered(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let all = offers::of_customer(conn, id, TOGETHER)?;
    let one = |given: &offers::Given| {
        json!({ "offer": given.promotion.name, "group": given.arm, "product": given.product, "why": given.offer.why.0,
            "followed_from": given.why, "decided_at": given.decided_at, "until": given.until(), "uses": given.uses })
    };
    Ok(all.iter().map(one).collect())
}

fn wished(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let items = wish_list::of(conn, id)?;
    let titles = catalog::titles_in(conn, &items.iter().map(|item| item.product).collect::<Vec<_>>(), OWN_LANGUAGE)?;
    Ok(items.iter().map(|item| json!({ "product": titles.get(&item.product), "added_at": item.added_at })).collect())
}

/// The lists they made of what they order again, those of their companies among them.
fn listed(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let (mut found, currency) = (Vec::new(), shop::get(conn)?.currency);
    for list in requisitions::of_customer(conn, id, TOGETHER)? {
        let lines = requisitions::lines_of(conn, list.id)?;
        let ids: Vec<VariantId> = lines.iter().map(|line| line.variant).collect();
        let named = catalog::variants_for_sale(conn, &ids, currency, OWN_LANGUAGE)?;
        let line = |line: &requisitions::Line| {
            let variant = named.iter().find(|variant| variant.id == line.variant);
            json!({ "title": variant.map(|one| &one.title), "sku": variant.and_then(|one| one.sku.as_ref()),
                "quantity": variant.map(|one| one.measure).unwrap_or_default().text(line.quantity) })
        };
        let lines: Vec<Value> = lines.iter().map(line).collect();
        found.push(json!({ "name": list.name, "company": list.company_id, "made_at": list.created_at, "changed_at": list.updated_at,
            "removed_at": list.removed_at, "lines": lines }));
    }
    Ok(found)
}

/// The segments they are in.
fn within(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Vec<Value>> {
    Ok(segments::of_customer(conn, id, now)?.iter().map(|one| json!({ "name": one.name, "since": one.since })).collect())
}

/// The products that are suggested to them.
fn suggested(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Vec<Value>> {
    let picks = recommendations::own(conn, id, now)?.picks;
    let titles = catalog::titles_in(conn, &picks.iter().map(|pick| ProductId(pick.product)).collect::<Vec<_>>(), OWN_LANGUAGE)?;
    let one = |pick: &recommendations::Pick| json!({ "product": titles.get(&ProductId(pick.product)), "why": pick.reason });
    Ok(picks.iter().map(one).collect())
}

fn credit(conn: &mut Conn, id: CustomerId) -> Result<Value> {
    let balances = store_credit::of_customer(conn, id)?.iter().map(store_credit::Balance::money).collect::<Result<Vec<Money>>>()?;
    let (mut entries, mut before) = (Vec::new(), None);
    loop {
        let page = store_credit::ledger(conn, id, before, TOGETHER)?;
        for entry in &page {
            entries.push(json!({ "at": entry.created_at, "kind": entry.kind, "amount": entry.money()?, "reason": entry.reason }));
        }
        match page.last().filter(|_| full(page.len())) {
            Some(last) => before = Some(last.id),
            None => return Ok(json!({ "balances": balances, "entries": entries })),
        }
    }
}

/// The mails of campaigns to them, what was done with each, and the campaigns that they were in the control group of.
fn campaigned(conn: &mut Conn, id: CustomerId) -> Result<Vec<campaigns::Kept>> {
    let (mut found, mut after) = (Vec::new(), DeliveryId(0));
    loop {
        let (page, last) = campaigns::of_customer(conn, id, after, TOGETHER)?;
        let more = full(page.len());
        found.extend(page);
        match last.filter(|_| more) {
            Some(last) => after = last,
            None => return Ok(found),
        }
    }
}

/// The journeys of mails and other steps that they were in.
fn walked(conn: &mut Conn, id: CustomerId) -> Result<Vec<journeys::Kept>> {
    let (mut found, mut after) = (Vec::new(), EnrolmentId(0));
    loop {
        let (page, last) = journeys::of_customer(conn, id, after, TOGETHER)?;
        let more = full(page.len());
        found.extend(page);
        match last.filter(|_| more) {
            Some(last) => after = last,
            None => return Ok(found),
        }
    }
}

/// Whether there may be another page.
fn full(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows == TOGETHER)
}

fn in_carts(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for store in stores::list(conn)? {
        let Some(cart) = carts::of_customer(conn, store.id, id)? else { continue };
        let quote = carts::quote(conn, cart.id, now)?;
        let line = |line: &carts::LineQuote| {
            json!({ "title": line.variant.title, "options": line.variant.options,
                "quantity": line.variant.measure.text(line.quantity) })
        };
        let lines: Vec<Value> = quote.lines.iter().map(line).collect();
        if !lines.is_empty() {
            found.push(json!({ "store": store.name, "changed_at": cart.updated_at, "note": cart.note, "lines": lines }));
        }
    }
    Ok(found)
}

/// When staff asked to change their cart, what they said, and what was changed.
fn helped(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for one in cart_consents::of_customer_ever(conn, id)? {
        let change = |change: changes::Change| {
            json!({ "at": change.changed_at, "title": change.title, "code": change.code, "before": change.units_before,
                "after": change.units_after, "undone_at": change.undone_at })
        };
        let changed: Vec<Value> = changes::of_consent(conn, one.id)?.into_iter().map(change).collect();
        found.push(json!({ "request": tickets::get(conn, one.ticket_id)?.number, "asked_at": one.asked_at, "answered_at": one.answered_at,
            "state": one.state(now), "until": one.ends_at, "changes": changed }));
    }
    Ok(found)
}

/// What staff have to do about them, and what they did.
fn to_do(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let one = |task: &tasks::Task| json!({ "title": task.title, "note": task.note, "due_on": task.due_on, "set_at": task.created_at, "done_at": task.done_at });
    Ok(tasks::of_customer(conn, id, TOGETHER)?.iter().map(one).collect())
}

/// What they asked of the shop, and what was said. Notes among staff are not theirs.
fn asked(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let page = tickets::of_customer(conn, id, before, TOGETHER)?;
        for ticket in &page {
            let mut messages = Vec::new();
            let mut earlier: Option<MessageId> = None;
            loop {
                let some = tickets::thread(conn, ticket.id, Eyes::Customer, earlier, TOGETHER)?;
                let files = tickets::files_of(conn, &some.iter().map(|said| said.id).collect::<Vec<_>>())?;
                let names = |said: &Message| files.iter().filter(|file| file.message_id == said.id).map(|file| file.name.clone()).collect();
                let one = |said: &Message| {
                    let names: Vec<String> = names(said);
                    json!({ "at": said.created_at, "by": said.author, "text": said.body, "files": names })
                };
                messages.splice(0..0, some.iter().map(one));
                match some.first().filter(|_| full(some.len())) {
                    Some(first) => earlier = Some(first.id),
                    None => break,
                }
            }
            found.push(json!({ "number": ticket.number, "subject": ticket.subject, "kind": ticket.kind, "channel": ticket.channel,
                "opened_at": ticket.opened_at, "outcome": ticket.outcome, "solved_at": ticket.solved_at, "rating": ticket.rating,
                "rating_note": ticket.rating_note, "phone": ticket.phone, "email": ticket.email, "messages": messages }));
        }
        match page.last().filter(|_| full(page.len())) {
            Some(last) => before = Some(last.id),
            None => return Ok(found),
        }
    }
}

/// What they complained of or disputed, what was said and decided. Files go by their names, as those of requests.
fn disputed(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for one in disputes::of_customer(conn, id, TOGETHER)? {
        let said: Vec<Value> = disputes::evidence(conn, one.id)?
            .into_iter()
            .map(|part| json!({ "at": part.created_at, "kind": part.kind, "text": part.body, "file": part.name }))
            .collect();
        let told =
            disputes::answer_of(conn, one.id)?.map(|answer| json!({ "at": answer.asked_at, "state": answer.state, "texts": answer.texts }));
        found.push(json!({ "number": one.number, "kind": one.kind, "reason": one.reason, "amount": one.money()?, "about": one.about,
            "opened_at": one.opened_at, "outcome": one.outcome, "decision": one.decision, "decided_at": one.decided_at, "evidence": said,
            "told_the_bank": told }));
    }
    Ok(found)
}

/// Which other customers the shop found to be the same person.
fn merged(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    Ok(merges::of_survivor(conn, id, TOGETHER)?.iter().map(merges::told).collect())
}

fn waiting(conn: &mut Conn, emails: &[String]) -> Result<Vec<Value>> {
    let keys: Vec<String> = emails.iter().map(|email| email.to_lowercase()).collect();
    let rows: Vec<(ProductId, Time, Option<Time>)> = stock_requests::table
        .inner_join(variants::table.on(variants::id.eq(stock_requests::variant_id)))
        .filter(stock_requests::email_key.eq_any(keys))
        .order(stock_requests::id.desc())
        .select((variants::product_id, stock_requests::created_at, stock_requests::told_at))
        .load(conn)?;
    let products: Vec<ProductId> = rows.iter().map(|(product, ..)| *product).collect();
    let titles = catalog::titles(conn, &products)?;
    let row = |(product, asked_at, told_at): (ProductId, Time, Option<Time>)| json!({ "title": titles.get(&product), "asked_at": asked_at, "told_at": told_at });
    Ok(rows.into_iter().map(row).collect())
}

/// What was figured, each with what it means.
fn scored(score: &Score) -> Result<Value> {
    let currency = score.currency()?;
    let one = |value: Value, means: &str| json!({ "value": value, "means": means });
    let fifths = "Fifth among all customers, 1 to 5, 5 being the highest.";
    Ok(json!({
        "orders": one(json!(score.orders), "Orders that were not cancelled."),
        "value": one(json!(Money::new(score.value, currency)), "What they brought, less what was given back."),
        "margin": one(json!(Money::new(score.margin, currency)), "What they brought without tax and delivery, less refunds and what the goods cost the shop."),
        "first_at": one(json!(score.first_at), "The first order."),
        "last_at": one(json!(score.last_at), "The last order."),
        "stage": one(json!(score.stage), "How long the last order is ago, compared with the usual pace."),
        "recency": one(json!(score.recency), fifths), "frequency": one(json!(score.frequency), fifths),
        "monetary": one(json!(score.monetary), fifths),
        "service": one(json!(Money::new(score.service, currency)), "What they were given by requests: refunds, credit, goods sent again."),
        "after_service": one(json!(Money::new(score.after_service(), currency)), "The margin less that credit; refunds and goods are taken off it already."),
        "group": one(json!(score.standing), "The name of these three together."),
        "again_90": one(json!(score.again_90), "Chance of an order within 90 days, per mille, by a statistical model."),
        "value_365": one(json!(score.value_365.map(|minor| Money::new(minor, currency))),
            "What is expected within 365 days, by a statistical model."),
    }))
}

/// Sign-ins that still hold.
fn sign_ins(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Vec<Value>> {
    let rows: Vec<(String, Time, Time)> = sessions::table
        .filter(sessions::customer_id.eq(id))
        .filter(sessions::expires_at.gt(now))
        .order(sessions::created_at.desc())
        .select((sessions::user_agent, sessions::created_at, sessions::expires_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(browser, at, until)| json!({ "browser": browser, "at": at, "until": until })).collect())
}

/// The mails, without their texts: those are in the person's own mailbox.
fn mails(conn: &mut Conn, emails: &[String]) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    for email in emails {
        let mut before = None;
        loop {
            let page = mail::list(conn, Some(email), before, TOGETHER)?;
            found.extend(page.iter().map(|one| json!({ "at": one.created_at, "subject": one.subject, "to": one.recipient })));
            match page.last().filter(|_| full(page.len())) {
                Some(last) => before = Some(last.id),
                None => break,
            }
        }
    }
    Ok(found)
}

/// The mails that they wrote, without their texts, which are in their own mailbox and in what they asked.
fn written(conn: &mut Conn, emails: &[String]) -> Result<Vec<Value>> {
    let one = |mail: &inbound::Stored| json!({ "at": mail.received_at, "subject": mail.subject, "from": mail.from_email });
    Ok(inbound::of_addresses(conn, emails)?.iter().map(one).collect())
}

/// How often they want mail of campaigns, and what they signed up for without confirming it yet.
fn wanted_mail(conn: &mut Conn, id: CustomerId, emails: &[String]) -> Result<Value> {
    let said: Vec<Value> =
        crm::frequencies::all(conn, id)?.into_iter().map(|(at_most, at)| json!({ "at_most": at_most, "at": at })).collect();
    let asked = crm::sign_ups::of_addresses(conn, emails)?;
    let asked: Vec<Value> = asked.into_iter().map(|(topics, at)| json!({ "topics": topics, "at": at })).collect();
    Ok(json!({ "how_often": said, "signed_up_for": asked }))
}

fn happened(conn: &mut Conn, id: CustomerId) -> Result<Vec<Value>> {
    let mut found = Vec::new();
    let mut before: Option<Place> = None;
    loop {
        let page = activities::timeline(conn, id, None, before, TOGETHER)?;
        found.extend(timeline::told(conn, &page)?);
        match page.last().filter(|_| full(page.len())) {
            Some(last) => before = Some(last.place()),
            None => return Ok(found),
        }
    }
}
