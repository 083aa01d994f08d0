//! What staff do about an opportunity.

use super::desk::{Desk, refusal};
use super::forms::Reader;
use super::sales::{FIELDS, address, currency, opportunity_of, page, show_new};
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use crm::companies::{self, Details};
use crm::sales::{self, ContactKind, Opportunity, StageId, Wish};
use crm::{CompanyId, CustomerId};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::QuoteId;
use storefront::web::checkout::contact_form;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{buying, quotes, vies};

/// What is said of the number of a quote that there is not.
const NO_QUOTE: &str = "admin-quotes-missed";

/// What the audit log keeps of an opportunity. Its words may tell of a person, and stay out.
fn kept(one: &Opportunity) -> Value {
    json!({ "company": one.company_id, "customer": one.customer_id, "amount": one.amount, "currency": one.currency, "stage": one.stage_id,
        "owner": one.owner, "next_on": one.next_on, "expected_on": one.expected_on, "quote": one.quote_id, "with_order": one.with_order })
}

fn optional_day(reader: &mut Reader, posted: &Posted, name: &str) -> Option<NaiveDate> {
    if posted.get(name).trim().is_empty() { None } else { Some(reader.day(name)) }
}

/// What was typed about an opportunity.
fn read(posted: &Posted) -> Result<Wish> {
    let money = currency(posted);
    let mut reader = Reader::new(posted, money.as_ref().copied().unwrap_or(Currency::EUR));
    if money.is_err() {
        reader.wrong.add("currency", "sales-currency-unknown");
    }
    let company = posted.get("company").trim();
    let company = match (company.is_empty(), company.parse::<CompanyId>()) {
        (true, _) => None,
        (false, Ok(company)) => Some(company),
        (false, Err(_)) => {
            reader.wrong.add("company", "sales-company-unknown");
            None
        }
    };
    let quote = posted.get("quote").trim().to_uppercase();
    let quote = match (quote.is_empty(), quotes::numbered(&quote)) {
        (true, _) => None,
        (false, Some(id)) => Some(id.0),
        (false, None) => {
            reader.wrong.add("quote", NO_QUOTE);
            None
        }
    };
    let wish = Wish {
        title: reader.text("title"),
        company,
        contact_name: reader.text("contact_name"),
        contact_email: reader.text("contact_email"),
        contact_phone: reader.text("contact_phone"),
        contact_company: reader.text("contact_company"),
        amount: reader.amount("amount"),
        currency: money.unwrap_or(Currency::EUR),
        owner: reader.optional_number("owner"),
        next_step: reader.text("next_step"),
        next_on: optional_day(&mut reader, posted, "next_on"),
        expected_on: optional_day(&mut reader, posted, "expected_on"),
        source: reader.text("source"),
        quote,
        with_order: reader.ticked("with_order"),
    };
    reader.check()?;
    Ok(wish)
}

/// Refuses a quote that there is not.
fn about(conn: &mut Conn, wish: &Wish) -> Result<()> {
    let Some(id) = wish.quote else { return Ok(()) };
    match quotes::get(conn, QuoteId(id)) {
        Err(Error::NotFound) => Err(Error::field("quote", NO_QUOTE)),
        found => found.map(drop),
    }
}

/// The version that a form was made of.
fn seen(posted: &Posted) -> Result<i64> {
    posted.number("seen", "form-expired")
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let made = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                about(conn, &wish)?;
                let id = sales::create(conn, &wish, &act.actor, act.now)?;
                let after = sales::get(conn, id)?;
                act.log(conn, "sales.create", &format!("opportunity:{id}"), &Value::Null, &kept(&after))?;
                Ok(id)
            })
            .await
        }
    };
    match made {
        Ok(id) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_new(&desk, status, Form::new(FIELDS).typed(posted.pairs()).refuse(FIELDS, &wrong)).await
        }
    }
}

pub async fn edit(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (opportunity_of(&path)?, seen(&posted)?);
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                about(conn, &wish)?;
                let before = sales::get(conn, id)?;
                sales::update(conn, id, seen, &wish, &act.actor, act.now)?;
                let after = sales::get(conn, id)?;
                act.log(conn, "sales.edit", &format!("opportunity:{id}"), &kept(&before), &kept(&after))
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, id, status, Some(&posted), &wrong).await
        }
    }
}

/// Moves an opportunity to another stage, from its page or from the board.
pub async fn move_to(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, stage): (_, _, StageId) = (opportunity_of(&path)?, seen(&posted)?, posted.id("stage")?);
    let back = if posted.get("from") == "board" { "/admin/sales/board".to_string() } else { address(id) };
    let moved = desk
        .write(move |conn, act| {
            let before = sales::get(conn, id)?;
            sales::move_to(conn, id, seen, stage, &act.actor, act.now)?;
            let after = sales::get(conn, id)?;
            act.log(conn, "sales.move", &format!("opportunity:{id}"), &kept(&before), &kept(&after))
        })
        .await;
    match moved {
        Ok(()) => Ok(desk.done(&back, "sales-moved")),
        Err(error) => desk.explained(&back, error),
    }
}

/// How somebody was spoken with.
fn kind(posted: &Posted) -> Result<ContactKind> {
    ContactKind::parse(posted.get("kind")).ok_or(Error::NotFound)
}

/// Keeps what was said about an opportunity.
pub async fn say(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, kind, text) = (opportunity_of(&path)?, kind(&posted)?, posted.get("text").to_string());
    let said = desk
        .write(move |conn, act| {
            sales::log_about(conn, id, kind, &text, &act.actor, act.now)?;
            act.log(conn, "sales.contact", &format!("opportunity:{id}"), &Value::Null, &json!({ "kind": kind }))
        })
        .await;
    match said {
        Ok(()) => Ok(desk.done(&address(id), "sales-said")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, id, status, Some(&posted), &wrong).await
        }
    }
}

/// Keeps what was said with somebody of a call list.
pub async fn call(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (customer, kind, text): (CustomerId, _, _) = (posted.id("customer")?, kind(&posted)?, posted.get("text").to_string());
    let segment = posted.get("segment").parse::<i64>().map_err(|_| Error::NotFound)?;
    let back = match posted.get("after").parse::<i64>() {
        Ok(after) => format!("/admin/sales/calls?segment={segment}&after={after}"),
        Err(_) => format!("/admin/sales/calls?segment={segment}"),
    };
    let said = desk
        .write(move |conn, act| {
            sales::log_with(conn, customer, kind, &text, &act.actor, act.now)?;
            act.log(conn, "sales.contact", &format!("customer:{customer}"), &Value::Null, &json!({ "kind": kind }))
        })
        .await;
    match said {
        Ok(()) => Ok(desk.done(&back, "sales-said")),
        // The list is long, and the form has one field.
        Err(Error::Invalid(_)) => desk.explained(&back, Error::conflict("sales-say-something")),
        Err(error) => desk.explained(&back, error),
    }
}

/// Makes a customer of a lead, and a company if that is wanted: it waits for staff as one that applied.
pub async fn convert(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, language) = (opportunity_of(&path)?, seen(&posted)?, desk.visit.language.code());
    let firm = if posted.ticked("with_company") { firm(&posted).map(Some) } else { Ok(None) };
    let done = match firm {
        Err(error) => Err(error),
        Ok(firm) => {
            desk.write(move |conn, act| {
                let before = sales::get(conn, id)?;
                let customer = sales::convert(conn, id, seen, language, &act.actor, act.now)?;
                if let (Some((details, place)), None) = (&firm, before.company_id) {
                    let (company, _) = companies::apply(conn, customer, details, place, act.now)?;
                    vies::ask(conn, company, act.now)?;
                    sales::belong(conn, id, company)?;
                }
                let after = sales::get(conn, id)?;
                act.log(conn, "sales.convert", &format!("opportunity:{id}"), &kept(&before), &kept(&after))
            })
            .await
        }
    };
    match done {
        Ok(()) => Ok(desk.done(&address(id), "sales-converted")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, id, status, Some(&posted), &wrong).await
        }
    }
}

/// The company that was typed, with its first place.
fn firm(posted: &Posted) -> Result<(Details, String)> {
    let place = contact_form::address(posted, "ship_")?;
    let details = Details {
        name: place.company.clone(),
        country: place.country.clone(),
        vat_id: place.vat_id.clone(),
        phone: place.phone.clone(),
        ..Details::default()
    };
    let details = buying::checked(details).map_err(|error| match error {
        // The form has these where an address has them.
        Error::Invalid(fields) => {
            let place_of = |name: String| match name.as_str() {
                "company_name" => "ship_company".to_string(),
                _ => format!("ship_{name}"),
            };
            let renamed = fields.0.into_iter().map(|(name, text)| (place_of(name), text));
            Error::Invalid(kernel::error::Fields(renamed.collect()))
        }
        other => other,
    })?;
    Ok((details, kernel::json::text(&place)?))
}
