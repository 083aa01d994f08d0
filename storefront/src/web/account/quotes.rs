//! What goods would cost: asking, reading an offer, talking about it, and the answer.

use super::{draw_in, or_sign_in, theirs};
use crate::ids::{QuoteVersionId, VariantId};
use crate::quotes::{self, Acceptance, Quote, Wish};
use crate::requisitions;
use crate::shop::{self, Shop};
use crate::web::attached::Attached;
use crate::web::door::Door;
use crate::web::orders::{FRESH, order_path, pdf};
use crate::web::posted::Posted;
use crate::web::quotes::{Eyes, view};
use crate::web::requests::files::download_of;
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::views::quotes::{QuoteRow, QuotesView};
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{basket, frame, ordering, quotes as pages};
use crate::{carts, orders};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies;
use crm::tickets::NewFile;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde::Deserialize;

pub const HERE: &str = "/account/quotes";
const PAGE: i64 = 20;

fn address(number: &str) -> String {
    format!("{HERE}/{number}")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    before: String,
}

pub async fn index(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    list(&door, &visit, StatusCode::OK, query.into_inner(), Form::new(form::QUOTE)).await
}

async fn list(door: &Door, visit: &Visit, status: StatusCode, at: At, form: Form) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        let found = quotes::list_of(conn, customer, quotes::numbered(&at.before), PAGE + 1)?;
        let more = i64::try_from(found.len()).is_ok_and(|rows| rows > PAGE);
        let clock = shop::get(conn)?;
        let mut rows = Vec::with_capacity(found.len());
        for quote in found.iter().take(usize::try_from(PAGE).unwrap_or(0)) {
            rows.push(row(conn, &clock, quote)?);
        }
        let next = rows.last().filter(|_| more).map(|last| format!("{HERE}?before={}", last.number));
        let cart = match basket::find(conn, &seen, Some(customer))? {
            Some(cart) => cart.quote_version_id.is_none() && carts::units(conn, cart.id)? > 0,
            None => false,
        };
        let view = QuotesView { quotes: rows, next, form, company: who.buyer.map(|buyer| buyer.name), cart };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "quotes", "account-quotes", page, view)
}

fn row(conn: &mut Conn, clock: &Shop, quote: &Quote) -> Result<QuoteRow> {
    let total = match quotes::shown(conn, quote)? {
        Some(version) => {
            let sum = quotes::lines_of(conn, version.id)?.iter().map(quotes::Line::total).sum();
            Some(Money::new(sum, quote.currency()?))
        }
        None => None,
    };
    let company = quote.company_id.map(|id| companies::get(conn, id)).transpose()?;
    Ok(QuoteRow {
        number: quote.number(),
        state: quote.state.as_str(),
        at: quote.created_at,
        until: quote.expires_at.map(|at| clock.local(at)),
        company: company.map(|company| company.name),
        total,
    })
}

/// Asks, for what lies in the cart, for a requisition list, or in words and files alone.
pub async fn ask(door: web::Data<Door>, visit: Visit, attached: Attached) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("quote:{}", visit.client))?;
    let (posted, files) = attached.open().await;
    let asked = match files {
        Ok(files) => {
            let (seen, sent) = (visit.clone(), posted.clone());
            door.write(move |conn, now| store(conn, &seen, &sent, &files, now)).await
        }
        Err(error) => Err(error),
    };
    match asked {
        Ok(number) => {
            visit.say(&door.signer, Tone::Success, "quote-was-asked");
            Ok(door.go(&visit, &address(&number)))
        }
        Err(Error::Unauthorised) => Ok(door.go(&visit, "/account/sign-in?next=%2Faccount%2Fquotes")),
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::QUOTE).typed(posted.pairs()).refuse(form::QUOTE, &wrong);
            list(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, At::default(), form).await
        }
        Err(error) => Err(error),
    }
}

fn store(conn: &mut Conn, visit: &Visit, posted: &Posted, files: &[NewFile], now: Time) -> Result<String> {
    let who = ordering::theirs(conn, visit, now)?;
    let goods: Vec<(VariantId, i64)> = match posted.get("from") {
        "cart" => {
            let cart = basket::existing(conn, visit, now)?;
            carts::lines(conn, cart)?.into_iter().map(|(_, variant, units, _)| (variant, units)).collect()
        }
        "list" => {
            let list = requisitions::find(conn, &who, posted.id("list")?)?;
            requisitions::lines_of(conn, list.id)?.into_iter().map(|line| (line.variant, line.quantity)).collect()
        }
        _ => Vec::new(),
    };
    let wish = Wish {
        store: visit.site.id,
        language: visit.language.code().to_string(),
        goods,
        text: posted.get("text").to_string(),
        files: files.to_vec(),
    };
    Ok(quotes::number(quotes::ask(conn, &who, &wish, now)?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    place: String,
}

pub async fn show(door: web::Data<Door>, visit: Visit, number: web::Path<String>, query: web::Query<Asked>) -> Result<HttpResponse> {
    page(&door, &visit, StatusCode::OK, number.into_inner(), query.into_inner().place, Form::new(form::QUOTE)).await
}

async fn page(door: &Door, visit: &Visit, status: StatusCode, number: String, place: String, form: Form) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, gateways, signer) = (visit.clone(), door.gateways.clone(), door.signer.clone());
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let quote = quotes::of_customer(conn, customer, &number)?;
        let eyes = Eyes::Theirs { place: &place, gateways: &gateways };
        let mut view = view(conn, &quote, eyes, &signer, &words, now)?;
        view.form = form;
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "quote", "quote-title", page, view)
}

/// Says something, or answers the offer.
pub async fn act(door: web::Data<Door>, visit: Visit, number: web::Path<String>, attached: Attached) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("quote:{}", visit.client))?;
    let number = number.into_inner();
    let (posted, files) = attached.open().await;
    if posted.get("act") == "accept" {
        return accept(&door, &visit, &number, &posted).await;
    }
    let done = match files {
        Ok(files) => {
            let (seen, sent, of) = (visit.clone(), posted.clone(), number.clone());
            door.write(move |conn, now| apply(conn, &seen, &of, &sent, &files, now)).await
        }
        Err(error) => Err(error),
    };
    match done {
        Ok((to, told)) => {
            if !told.is_empty() {
                visit.say(&door.signer, Tone::Success, told);
            }
            Ok(door.go(&visit, &to))
        }
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::QUOTE).typed(posted.pairs()).refuse(form::QUOTE, &wrong);
            page(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, number, String::new(), form).await
        }
        Err(error) => refused(&door, &visit, &address(&number), error),
    }
}

/// What did not go is said on the page; whoever is not signed in signs in first.
fn refused(door: &Door, visit: &Visit, to: &str, error: Error) -> Result<HttpResponse> {
    match error {
        Error::Conflict(told) => {
            visit.say(&door.signer, Tone::Warning, &told);
            Ok(door.go(visit, to))
        }
        Error::Unauthorised => Ok(door.go(visit, "/account/sign-in?next=%2Faccount%2Fquotes")),
        error => Err(error),
    }
}

/// Where it leads, and what is said of it.
fn apply(conn: &mut Conn, visit: &Visit, number: &str, posted: &Posted, files: &[NewFile], now: Time) -> Result<(String, &'static str)> {
    let customer = visit.signed_in(conn, now)?;
    let quote = quotes::of_customer(conn, customer, number)?;
    let seen = || posted.number("version", quotes::STALE).map_err(|_| Error::conflict(quotes::STALE));
    let here = address(number);
    match posted.get("act") {
        "say" => {
            quotes::say(conn, &quote, posted.get("text"), files, now)?;
            Ok((here, "quote-was-said"))
        }
        "decline" => {
            quotes::decline(conn, quote.id, seen()?, posted.get("reason"), now)?;
            Ok((here, "quote-was-declined"))
        }
        "withdraw" => {
            quotes::withdraw(conn, quote.id, seen()?, now)?;
            Ok((here, "quote-was-withdrawn"))
        }
        "checkout" => {
            quotes::open(conn, &quote, offered(posted)?, &visit.visitor, now)?;
            Ok(("/checkout".to_string(), ""))
        }
        _ => Err(Error::NotFound),
    }
}

/// The version that a form was made of.
fn offered(posted: &Posted) -> Result<QuoteVersionId> {
    posted.id("offer")
}

async fn accept(door: &Door, visit: &Visit, number: &str, posted: &Posted) -> Result<HttpResponse> {
    let (seen, sent, of, gateways) = (visit.clone(), posted.clone(), number.to_string(), door.gateways.clone());
    let accepted = door.write(move |conn, now| {
        let customer = seen.signed_in(conn, now)?;
        let quote = quotes::of_customer(conn, customer, &of)?;
        let wish = Acceptance {
            version: offered(&sent)?,
            total: sent.number("total", "quote-total-changed")?,
            place: sent.get("place").to_string(),
            method: sent.get("method").to_string(),
            po_number: sent.get("po_number").to_string(),
        };
        let order = quotes::accept(conn, &quote, &wish, &gateways, now)?;
        // A cart of it that was opened at the checkout is not needed any more.
        quotes::leave(conn, &seen.visitor)?;
        orders::get(conn, order)
    });
    match accepted.await {
        Ok(order) => {
            door.memory.own.forget(&order.customer_id);
            visit.say(&door.signer, Tone::Success, FRESH);
            Ok(door.go(visit, &order_path(&door.signer, &order.number)))
        }
        Err(Error::Invalid(wrong)) => {
            let told = wrong.0.values().next().cloned().unwrap_or_default();
            visit.say(&door.signer, Tone::Warning, &told);
            Ok(door.go(visit, &address(number)))
        }
        Err(error) => refused(door, visit, &address(number), error),
    }
}

/// The offer as a PDF.
pub async fn print(door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    let of = number.into_inner();
    let sheet = or_sign_in!(theirs(&door, &visit, move |conn, customer, _| {
        let quote = quotes::of_customer(conn, customer, &of)?;
        pages::sheet(conn, &quote)
    }));
    let words = Words::of(&door.templates, Language::parse(&sheet.language).unwrap_or_default())?;
    Ok(pdf(&sheet.number, crate::documents::print::quote(&sheet, &words)?))
}

/// A file of a message, as a download.
pub async fn file(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (file, bytes) = or_sign_in!(theirs(&door, &visit, move |conn, customer, _| {
        let quote = quotes::of_customer(conn, customer, &number)?;
        quotes::file(conn, quote.id, id)
    }));
    Ok(download_of(&file.name, &file.content_type, bytes))
}
