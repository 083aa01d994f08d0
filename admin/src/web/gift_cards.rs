//! Gift cards: the list, one card with its ledger, and issuing. A code is shown once, on the page that answers its making.

use super::choice;
use super::desk::{Desk, ROWS, refusal};
use super::forms::{self, Reader};
use super::languages;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, token};
use serde_json::{Value, json};
use storefront::gift_cards::{self, Filter, GiftCard, Issue, State};
use storefront::ids::GiftCardId;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{orders, payments};

const NEW: &[&str] = &["amount", "expires_at", "recipient_name", "recipient_email", "language", "message", "note", "key"];
const BALANCE: &[&str] = &["amount", "reason", "key"];
const TERMS: &[&str] = &["state", "expires_at", "reason", "seen"];

fn address(id: GiftCardId) -> String {
    format!("/admin/gift-cards/{id}")
}

fn row(card: &GiftCard, now: kernel::clock::Time) -> Result<Value> {
    let currency = card.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let standing = match card.state {
        _ if card.withdrawn_at.is_some() => "withdrawn",
        State::Disabled => "disabled",
        State::Active if card.expires_at.is_some_and(|at| at <= now) => "expired",
        State::Active if card.balance == 0 => "empty",
        State::Active => "active",
    };
    Ok(
        json!({ "id": card.id, "last_four": card.last_four, "initial": money(card.initial), "balance": money(card.balance), "standing": standing,
        "expires_at": card.expires_at, "recipient_name": card.recipient_name, "recipient_email": card.recipient_email,
        "message": card.message, "note": card.note, "created_at": card.created_at }),
    )
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (q, state) = (desk.query("q"), desk.query("state"));
    let filter = Filter { state: State::parse(&state), search: q.clone(), before: desk.after().map(GiftCardId) };
    let found = desk.read(move |conn| gift_cards::list(conn, &filter, ROWS)).await?;
    let now = desk.door.now();
    let rows = found.iter().map(|card| row(card, now)).collect::<Result<Vec<Value>>>()?;
    let next = desk.next(rows.len(), found.last().map(|card| card.id.0));
    let view = json!({ "cards": rows, "next": next, "q": q, "state": state, "states": State::ALL });
    desk.page("admin/gift_cards.html", "admin-gift-cards", view)
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    show_new(&desk, StatusCode::OK, Form::new(NEW).fill("key", token::random()).fill("language", language)).await
}

async fn show_new(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (currency, of) = choice::currency(desk).await?;
    let view = json!({ "form": form, "currency": currency, "of": of, "languages": languages::choices() });
    desk.page_as(status, "admin/gift_card_new.html", "admin-gift-card-new", view)
}

/// What the form says.
fn read(posted: &Posted, currency: Currency) -> Result<Issue> {
    if !(16..=64).contains(&posted.get("key").len()) {
        return Err(Error::NotFound);
    }
    let mut reader = Reader::new(posted, currency);
    let issue = Issue {
        key: reader.text("key"),
        amount: Money::new(reader.amount("amount"), currency),
        expires_at: reader.moment("expires_at"),
        recipient_name: reader.text("recipient_name"),
        recipient_email: reader.text("recipient_email"),
        language: reader.text("language"),
        message: reader.text("message"),
        note: reader.text("note"),
    };
    reader.check()?;
    Ok(issue)
}

pub async fn issue(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (currency, _) = choice::currency(&desk).await?;
    let mailer = desk.door.mailer();
    let made = match read(&posted, currency) {
        Err(error) => Err(error),
        Ok(new) => {
            desk.write(move |conn, act| {
                let (id, code) = gift_cards::issue(conn, &new, &act.actor, act.now)?;
                if let Some(code) = &code {
                    let card = gift_cards::get(conn, id)?;
                    if !card.recipient_email.is_empty() {
                        mailer.gift_card(conn, &card, code, act.now)?;
                    }
                    act.log(conn, "gift_card.issue", &format!("gift_card:{id}"), &Value::Null, &card)?;
                }
                Ok((id, code))
            })
            .await
        }
    };
    match made {
        Ok((id, Some(code))) => page(&desk, id, StatusCode::CREATED, Shown { code: Some(code), ..Shown::default() }).await,
        // The form was sent twice: the card is there, and its code was shown once.
        Ok((id, None)) => Ok(desk.done(&address(id), "admin-gift-card-issued-before")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_new(&desk, status, Form::new(NEW).typed(posted.pairs()).refuse(NEW, &wrong)).await
        }
    }
}

/// What a card's page shows besides the card: its fresh code, and forms that were refused.
#[derive(Default)]
struct Shown {
    code: Option<String>,
    balance: Option<Form>,
    terms: Option<Form>,
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, GiftCardId(*id), StatusCode::OK, Shown::default()).await
}

async fn page(desk: &Desk, id: GiftCardId, status: StatusCode, shown: Shown) -> Result<HttpResponse> {
    let (before, now) = (desk.after(), desk.door.now());
    let (card, sold, entries, last) = desk
        .read(move |conn| {
            let card = gift_cards::get(conn, id)?;
            let found = gift_cards::ledger(conn, id, before, ROWS)?;
            let names = staff::names(conn)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let actor = names.get(&one.actor).cloned().unwrap_or_default();
                rows.push(
                    json!({ "kind": one.kind, "amount": Money::new(one.amount, card.currency()?), "reason": one.reason, "actor": actor,
                    "at": one.created_at, "order": order_of(conn, one.payment_id)? }),
                );
            }
            let sold = orders::of_line(conn, card.order_line_id)?.map(|order| order.number);
            Ok((card, sold, rows, found.last().map(|one| one.id)))
        })
        .await?;
    let next = desk.next(entries.len(), last);
    let balance = shown.balance.unwrap_or_else(|| Form::new(BALANCE).fill("key", token::random()));
    let terms = shown
        .terms
        .unwrap_or_else(|| Form::new(TERMS).fill("state", card.state.as_str()).fill("expires_at", forms::moment(card.expires_at)))
        .fill("seen", seen(&card));
    let view = json!({ "card": row(&card, now)?, "sold": sold, "entries": entries, "next": next, "code": shown.code, "balance": balance, "terms": terms,
        "currency": card.currency, "states": State::ALL });
    let title = format!("···· {}", card.last_four);
    desk.page_as(status, "admin/gift_card.html", &title, view)
}

/// The number of the order that an entry is about.
pub fn order_of(conn: &mut Conn, payment: Option<storefront::ids::PaymentId>) -> Result<Option<String>> {
    let Some(payment) = payment else { return Ok(None) };
    let order = payments::get(conn, payment)?.order_id;
    Ok(Some(orders::get(conn, order)?.number))
}

pub async fn adjust(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = GiftCardId(*id);
    let currency = desk.read(move |conn| gift_cards::get(conn, id)?.currency()).await?;
    let mut reader = Reader::new(&posted, currency);
    let (amount, reason, key) = (reader.amount("amount"), reader.text("reason"), reader.text("key"));
    let done = match reader.check() {
        Err(error) => Err(error),
        Ok(()) if !(16..=64).contains(&key.len()) => Err(Error::NotFound),
        Ok(()) => {
            desk.write(move |conn, act| {
                let before = gift_cards::get(conn, id)?.balance;
                gift_cards::adjust(conn, id, amount, &reason, &key, &act.actor, act.now)?;
                let after = gift_cards::get(conn, id)?.balance;
                if before == after {
                    return Ok(());
                }
                let (before, after) = (json!({ "balance": before }), json!({ "balance": after, "reason": reason }));
                act.log(conn, "gift_card.adjust", &format!("gift_card:{id}"), &before, &after)
            })
            .await
        }
    };
    match done {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(BALANCE).typed(posted.pairs()).refuse(BALANCE, &wrong);
            page(&desk, id, status, Shown { balance: Some(form), ..Shown::default() }).await
        }
    }
}

/// Status and expiry as a form about them saw them.
fn seen(card: &GiftCard) -> String {
    format!("{} {}", card.state.as_str(), forms::moment(card.expires_at))
}

pub async fn terms(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = GiftCardId(*id);
    let state = State::parse(posted.get("state")).ok_or(Error::NotFound)?;
    // No amount is read; the reader needs some currency.
    let mut reader = Reader::new(&posted, Currency::EUR);
    let (expires, reason, was) = (reader.moment("expires_at"), reader.text("reason"), reader.text("seen"));
    let done = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let before = gift_cards::get(conn, id)?;
                // The page then shows how the card stands, above what was typed.
                if was != seen(&before) {
                    return Err(Error::conflict("admin-gift-card-changed"));
                }
                gift_cards::set_terms(conn, id, state, expires, &reason)?;
                let told = |state: State, expires, reason: &str| json!({ "state": state, "expires_at": expires, "reason": reason });
                let (before, after) = (told(before.state, before.expires_at, ""), told(state, expires, &reason));
                act.log(conn, "gift_card.terms", &format!("gift_card:{id}"), &before, &after)
            })
            .await
        }
    };
    match done {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(TERMS).typed(posted.pairs()).refuse(TERMS, &wrong);
            page(&desk, id, status, Shown { terms: Some(form), ..Shown::default() }).await
        }
    }
}
