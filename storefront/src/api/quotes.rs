//! Reading quotes.

use super::amount::Amount;
use super::call::{Call, found};
use super::order_view::moment;
use crate::api_keys::Scope;
use crate::ids::QuoteId;
use crate::orders;
use crate::quotes::{self, Filter, Line, Quote, State, Version};
use crate::units::Unit;
use actix_web::{HttpRequest, HttpResponse, get, web};
use crm::{CompanyId, CustomerId};
use kernel::{Conn, Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of quotes.
#[derive(Serialize, ToSchema)]
struct QuoteList {
    quotes: Vec<QuoteSummary>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// A quote in a list.
#[derive(Serialize, ToSchema)]
struct QuoteSummary {
    number: String,
    /// `asked`, `offered`, `accepted`, `declined`, `expired` or `withdrawn`.
    state: &'static str,
    customer_id: i64,
    company_id: Option<i64>,
    /// The id of the store it was asked in; 1 is the main store.
    store: i64,
    /// When the offer ends; UTC (RFC 3339).
    expires_at: Option<String>,
    /// Counts every change.
    version: i64,
    /// UTC (RFC 3339).
    created_at: String,
}

/// A quote with its versions.
#[derive(Serialize, ToSchema)]
struct QuoteOneView {
    quote: QuoteSummary,
    /// Why it was declined, in the customer's words; empty for anything else.
    reason: String,
    /// The number of the version that the customer was sent last.
    offered: Option<i64>,
    /// The number of the order that was made of it.
    order: Option<String>,
    /// The newest first.
    versions: Vec<QuoteVersionView>,
}

#[derive(Serialize, ToSchema)]
struct QuoteVersionView {
    number: i64,
    note: String,
    /// What the delivery costs; null where the shop's prices hold.
    shipping: Option<Amount>,
    /// The last day of the offer; null for what was only asked for.
    expires_on: Option<String>,
    /// UTC (RFC 3339).
    created_at: String,
    lines: Vec<QuoteLineView>,
}

#[derive(Serialize, ToSchema)]
struct QuoteLineView {
    /// Null for goods that left the catalogue.
    variant_id: Option<i64>,
    sku: String,
    title: String,
    quantity: i64,
    /// The unit that the price is for, by its code of UN/ECE Recommendation 20, and in how many decimals of it quantities count: 250 of `MTR`
    /// with a precision of 2 are 2.50 m.
    #[schema(value_type = String, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    unit: Unit,
    precision: i64,
    /// The quantity with its unit, as people read it.
    quantity_text: String,
    unit_price: Amount,
}

fn summary(quote: &Quote) -> QuoteSummary {
    QuoteSummary {
        number: quote.number(),
        state: quote.state.as_str(),
        customer_id: quote.customer_id.0,
        company_id: quote.company_id.map(|id| id.0),
        store: quote.store_id.0,
        expires_at: quote.expires_at.map(moment),
        version: quote.version,
        created_at: moment(quote.created_at),
    }
}

/// Quotes, newest first
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:read"])),
    params(
        ("state" = Option<String>, Query, description = "As quotes tell it.", pattern = "^(asked|offered|accepted|declined|expired|withdrawn)$"),
        ("customer" = Option<i64>, Query, description = "The `id` of a customer.", minimum = 1, maximum = 1000000000000_i64),
        ("company" = Option<i64>, Query, description = "The `id` of a company.", minimum = 1, maximum = 1000000000000_i64),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Quotes of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of quotes.", body = QuoteList)),
)]
#[get("/quotes")]
pub async fn list_quotes(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::OrdersRead).await?;
    let mut query = call.query();
    let limit = query.limit();
    let filter = Filter {
        state: query.word("state", State::parse, "asked, offered, accepted, declined, expired, withdrawn"),
        customer: query.number("customer", 1, super::amount::LARGEST).map(CustomerId),
        company: query.number("company", 1, super::amount::LARGEST).map(CompanyId),
    };
    let before = query.after().map(QuoteId);
    query.end()?;
    let mut found_ones = call.door.read(move |conn, _| quotes::list(conn, &filter, before, limit + 1)).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found_ones.len() > page;
    found_ones.truncate(page);
    let next = found_ones.last().filter(|_| more).map(|last| last.id.to_string());
    found(&QuoteList { quotes: found_ones.iter().map(summary).collect(), next })
}

/// A quote
#[utoipa::path(
    tag = "orders",
    security(("key" = ["orders:read"])),
    params(("number" = String, Path, description = "The `number` of the quote.")),
    responses((status = 200, description = "The quote with its versions.", body = QuoteOneView)),
)]
#[get("/quotes/{number}")]
pub async fn show_quote(request: HttpRequest, number: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::OrdersRead).await?;
    call.query().end()?;
    let id = quotes::numbered(&number).ok_or(Error::NotFound)?;
    let view = call.door.read(move |conn, _| load(conn, id)).await?;
    found(&view)
}

fn load(conn: &mut Conn, id: QuoteId) -> Result<QuoteOneView> {
    let quote = quotes::get(conn, id)?;
    let order = quote.order_id.map(|order| orders::get(conn, order)).transpose()?.map(|order| order.number);
    let all: Vec<Version> = quotes::versions_of(conn, id)?;
    let offered = all.iter().find(|version| quote.offered_id == Some(version.id)).map(|version| version.number);
    let mut versions = Vec::with_capacity(all.len());
    for version in &all {
        versions.push(shown(&quote, version, &quotes::lines_of(conn, version.id)?)?);
    }
    Ok(QuoteOneView { quote: summary(&quote), reason: quote.reason.clone(), offered, order, versions })
}

fn shown(quote: &Quote, version: &Version, lines: &[Line]) -> Result<QuoteVersionView> {
    let currency = quote.currency()?;
    let amount = |minor: i64| Amount::new(minor, currency);
    let line = |line: &Line| QuoteLineView {
        variant_id: line.variant_id.map(|id| id.0),
        sku: line.sku.clone(),
        title: line.title.clone(),
        quantity: line.quantity,
        unit: line.unit,
        precision: line.unit_precision,
        quantity_text: line.measure().text(line.quantity),
        unit_price: amount(line.unit_price),
    };
    Ok(QuoteVersionView {
        number: version.number,
        note: version.note.clone(),
        shipping: version.shipping.map(amount),
        expires_on: version.last_day().map(|day| day.to_string()),
        created_at: moment(version.created_at),
        lines: lines.iter().map(line).collect(),
    })
}
