//! The live cart of whoever asks in a ticket: asking to change it, and changing it while their yes stands. Each change says which version of
//! the cart it was made of; a stale one changes nothing and is shown again with the cart as it is now.

use super::desk::{Desk, refusal};
use super::promotion_bench::read_goods;
use super::ticket::{address, page, seen};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets::{self, Status, Ticket};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::carts;
use storefront::carts::changes::{self, Change, Step};
use storefront::carts::consents::{self, State};
use storefront::promotions::codes;
use storefront::web::posted::Posted;
use storefront::web::reductions::told_reason;
use storefront::web::shown;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const FIELDS: &[&str] = &["goods", "code"];

fn page_of(number: &str) -> String {
    format!("{}/cart", address(number))
}

/// What the ticket's page says of the cart: whether it can be asked for, how that stands, and what was changed. `Null` when there is none.
pub fn panel(conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<Value> {
    let last = consents::last(conn, ticket.id)?;
    let open = ticket.merged_into.is_none() && ticket.status != Status::Solved;
    let known = if open { consents::cart_of(conn, ticket)? } else { None };
    let ready = match consents::standing(conn, ticket, now) {
        Ok(_) => true,
        Err(Error::Conflict(_)) => false,
        Err(error) => return Err(error),
    };
    if last.is_none() && known.is_none() {
        return Ok(Value::Null);
    }
    let waits =
        last.as_ref().is_some_and(|one| one.state(now) == State::Asked && known.as_ref().is_some_and(|cart| cart.id == one.cart_id));
    let changes = match &last {
        Some(one) => changes::of_consent(conn, one.id)?,
        None => Vec::new(),
    };
    Ok(json!({ "state": last.as_ref().map(|one| one.state(now)), "until": last.as_ref().map(|one| one.ends_at), "ready": ready,
        "can_ask": known.is_some() && !ready && !waits, "changes": rows(conn, &changes)? }))
}

fn rows(conn: &mut Conn, changes: &[Change]) -> Result<Vec<Value>> {
    let measures = changes::measures(conn, changes)?;
    let text = |one: &Change, units: i64| changes::measure(&measures, one).text(units);
    let row = |one: &Change| {
        json!({ "title": one.title, "code": one.code, "before": one.units_before, "after": one.units_after,
            "before_text": text(one, one.units_before), "after_text": text(one, one.units_after), "at": one.changed_at,
            "undone": one.undone_at })
    };
    Ok(changes.iter().map(row).collect())
}

/// Asks the shopper.
pub async fn ask(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (asked, form) = (number.to_string(), posted.clone());
    let done = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let id = consents::ask(conn, ticket.id, seen(&form)?, act.agent(), act.now)?;
        let one = consents::find(conn, id)?;
        let after = json!({ "cart": one.cart_id, "until": one.ends_at });
        act.log(conn, "ticket.cart_ask", &format!("ticket:{}", ticket.number), &Value::Null, &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(&number), "admin-ticket-cart-did-ask")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, &number, status, Some(&posted), &wrong).await
        }
    }
}

pub async fn show(desk: Desk, number: web::Path<String>) -> Result<HttpResponse> {
    match draw(&desk, &number, StatusCode::OK, None, &Fields::default()).await {
        Err(error) => desk.explained(&address(&number), error),
        page => page,
    }
}

/// The cart with its forms. `Conflict` without a standing yes.
async fn draw(desk: &Desk, number: &str, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (asked, words, now) = (number.to_string(), desk.words()?, desk.door.now());
    let form = match posted {
        Some(posted) => Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, wrong),
        None => Form::new(FIELDS),
    };
    let view = desk.read(move |conn| {
        let ticket = tickets::by_number(conn, &asked)?;
        let (consent, cart) = consents::standing(conn, &ticket, now)?;
        let quote = carts::quote_for_staff(conn, cart.id, now)?;
        let changed = changes::of_consent(conn, consent.id)?;
        Ok(json!({ "number": ticket.number, "subject": ticket.subject, "until": consent.ends_at, "cart_seen": quote.cart.version,
            "codes": codes::split(&quote.cart.coupon_code), "total": Money::new(quote.priced.total, quote.currency),
            "lines": shown::cart_lines(conn, &quote, &words)?, "totals": shown::cart_totals(&quote, false, &words)?,
            "notices": shown::cart_notices(&quote, &words)?, "changes": rows(conn, &changed)? }))
    });
    let mut view = view.await?;
    view["form"] = json!(form);
    desk.page_as(status, "admin/ticket_cart.html", "admin-ticket-cart-edit", view)
}

/// What a form wants of the cart.
type Read = fn(&mut Conn, &Posted, &Words) -> Result<Step>;

/// Changes the cart, and keeps who did it with what it was before and after.
async fn change(desk: &Desk, number: &str, posted: &Posted, read: Read) -> Result<HttpResponse> {
    let (asked, form, words) = (number.to_string(), posted.clone(), desk.words()?);
    let done = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let step = read(conn, &form, &words)?;
        let saw = form.get("cart_seen").parse().map_err(|_| Error::conflict(changes::STALE))?;
        let done = changes::change(conn, ticket.id, saw, &step, act.agent(), act.now)?;
        if let Some((reason, currency)) = &done.refused {
            return Err(Error::field("code", told_reason(reason, *currency, &words)?));
        }
        act.log(conn, "ticket.cart_change", &format!("ticket:{}", ticket.number), &done.before, &done.after)
    });
    let error = match done.await {
        Ok(()) => return Ok(desk.done(&page_of(number), "admin-ticket-cart-did-change")),
        Err(error) => error,
    };
    let (status, wrong) = refusal(error)?;
    match draw(desk, number, status, Some(posted), &wrong).await {
        // There is no yes any more, which the ticket's page tells.
        Err(Error::Conflict(text)) => {
            let mut wrong = Fields::default();
            wrong.add("form", text);
            page(desk, number, StatusCode::CONFLICT, Some(posted), &wrong).await
        }
        page => page,
    }
}

pub async fn add(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    fn read(conn: &mut Conn, posted: &Posted, words: &Words) -> Result<Step> {
        let mut wrong = Fields::default();
        let goods = read_goods(conn, posted.get("goods"), words, &mut wrong)?;
        wrong.check()?;
        Ok(Step::Add(goods))
    }
    change(&desk, &number, &posted, read).await
}

pub async fn quantity(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    fn read(conn: &mut Conn, posted: &Posted, _: &Words) -> Result<Step> {
        let line = posted.id("line")?;
        Ok(Step::Quantity(line, carts::typed(conn, line, posted.get("quantity"))?))
    }
    change(&desk, &number, &posted, read).await
}

pub async fn code(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    fn read(_: &mut Conn, posted: &Posted, _: &Words) -> Result<Step> {
        Ok(Step::Code(posted.get("code").trim().to_string()))
    }
    change(&desk, &number, &posted, read).await
}

pub async fn drop_code(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    fn read(_: &mut Conn, posted: &Posted, _: &Words) -> Result<Step> {
        Ok(Step::DropCode(posted.get("code").trim().to_string()))
    }
    change(&desk, &number, &posted, read).await
}
