//! Stock, prices, customers and companies of an ERP, many rows at once. Each row has a result of its own.

use super::acting::act;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, put};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use storefront::api::amount::Amount;
use storefront::api::call::{Body, Call};
use storefront::api_keys::Scope;
use storefront::erp::{self, CompanyRow, CustomerRow, Done, MOST, Note, PriceRow, SYSTEM, StockRow, refs};
use storefront::price_lists::PriceListId;
use storefront::web::words::Words;
use utoipa::ToSchema;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StockLevels {
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<ErpStock>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ErpStock {
    /// A SKU, in whatever letters, or the number of a barcode.
    #[schema(max_length = 200)]
    sku: String,
    /// A location by its name or number; the first one without.
    #[schema(max_length = 200)]
    #[serde(default)]
    location: String,
    /// Units that lie there.
    #[schema(minimum = 0, maximum = 1000000000)]
    on_hand: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PriceRows {
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<ErpPrice>,
}

/// The shop's own price of an article or, with `list`, that of a price list: the rows of one article are then all that the list says of it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ErpPrice {
    #[schema(max_length = 200)]
    sku: String,
    /// The number of a price list.
    list: Option<i64>,
    /// From how many units on the price of a list counts; 1 without.
    #[schema(minimum = 1, maximum = 1000000)]
    min_quantity: Option<i64>,
    price: Option<Amount>,
    /// The former price, which is shown struck through; none takes it away. Of the shop's own prices alone.
    compare_at: Option<Amount>,
    /// The least that is sold, and in steps of how many; of lists alone.
    minimum: Option<i64>,
    increment: Option<i64>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerRows {
    /// Whose numbers the external ids are; `erp` without.
    #[schema(pattern = "^[a-z0-9_-]{1,40}$")]
    system: Option<String>,
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<ErpCustomer>,
}

/// Somebody. What is left out stays as it is.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ErpCustomer {
    #[schema(min_length = 1, max_length = 100)]
    external_id: String,
    #[schema(max_length = 254)]
    email: String,
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 40)]
    phone: Option<String>,
    /// The code of a language that the shop speaks.
    language: Option<String>,
    /// With commas between, in place of those they have.
    #[schema(max_length = 2000)]
    tags: Option<String>,
    #[schema(max_length = 5000)]
    note: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompanyRows {
    /// Whose numbers the external ids are; `erp` without.
    #[schema(pattern = "^[a-z0-9_-]{1,40}$")]
    system: Option<String>,
    #[schema(min_items = 1, max_items = 1000)]
    rows: Vec<ErpCompany>,
}

/// A company. What is left out stays as it is; a new one needs name, country, administrator and address.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ErpCompany {
    #[schema(min_length = 1, max_length = 100)]
    external_id: String,
    name: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    vat_id: Option<String>,
    registration_number: Option<String>,
    invoice_email: Option<String>,
    website: Option<String>,
    phone: Option<String>,
    price_group: Option<String>,
    /// The external id of the company above it; empty for none.
    parent: Option<String>,
    /// Who looks after a new company; a customer who is added when there is none.
    administrator_email: Option<String>,
    /// The first place of a new company.
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    /// It may buy from now on. One that staff refused or closed stays so.
    #[serde(default)]
    approved: bool,
}

/// What became of the rows, in their order.
#[derive(Serialize, ToSchema)]
struct RowResults {
    results: Vec<RowResult>,
    created: usize,
    changed: usize,
    unchanged: usize,
    refused: usize,
}

#[derive(Serialize, ToSchema)]
struct RowResult {
    /// `created`, `changed`, `unchanged` or `refused`.
    result: &'static str,
    /// Why it was refused, in English.
    reason: Option<String>,
}

fn told(done: &[Done], words: &Words) -> RowResults {
    let result = |one: &Done| match one {
        Ok(became) => RowResult { result: became.as_str(), reason: None },
        Err(why) => RowResult { result: "refused", reason: Some(words.get(why)) },
    };
    let results: Vec<RowResult> = done.iter().map(result).collect();
    let count = |word: &str| results.iter().filter(|one| one.result == word).count();
    let (created, changed, unchanged, refused) = (count("created"), count("changed"), count("unchanged"), count("refused"));
    RowResults { results, created, changed, unchanged, refused }
}

/// Does what the rows ask for in one transaction, and answers what became of each.
async fn each<R: Clone + Send + Sync + 'static>(
    call: &Call,
    system: Option<String>,
    rows: Vec<R>,
    f: fn(&mut Conn, &[R], &erp::Act<'_>) -> Result<Vec<Done>>,
) -> Result<HttpResponse> {
    if rows.is_empty() || rows.len() > MOST {
        return Err(Error::field("rows", format!("Give 1 to {MOST} rows.")));
    }
    let system = system.unwrap_or_else(|| SYSTEM.to_string());
    refs::check_system(&system)?;
    let words = Words::of(&call.door.templates, Language::ENGLISH)?;
    act(call, StatusCode::OK, move |conn, own| {
        let record = |conn: &mut Conn, note: &Note<'_>| own.log(conn, note.action, note.subject, note.before, note.after);
        let doing = erp::Act { system: &system, actor: &own.actor, once: &own.once, now: own.now, record: &record };
        Ok(told(&f(conn, &rows, &doing)?, &words))
    })
    .await
}

/// Set stock levels
///
/// What lies at a location, as a count. A row that is refused keeps no other.
#[utoipa::path(
    tag = "erp",
    security(("key" = ["stock:write"])),
    request_body = StockLevels,
    responses((status = 200, description = "What became of the rows.", body = RowResults)),
)]
#[put("/erp/stock")]
pub async fn put_stock(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::StockWrite, body).await?;
    let new = call.body::<StockLevels>()?;
    let row = |one: ErpStock| StockRow { sku: one.sku, location: one.location, on_hand: one.on_hand };
    each(&call, None, new.rows.into_iter().map(row).collect(), erp::stock).await
}

/// Set prices of the shop and of price lists
///
/// A row that is refused keeps no other; the rows of one article in one list stand or fall together.
#[utoipa::path(
    tag = "erp",
    security(("key" = ["prices:write"])),
    request_body = PriceRows,
    responses((status = 200, description = "What became of the rows.", body = RowResults)),
)]
#[put("/erp/prices")]
pub async fn put_prices(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::PricesWrite, body).await?;
    let new = call.body::<PriceRows>()?;
    let amount = |one: Amount| (one.minor, one.currency);
    let row = |one: ErpPrice| PriceRow {
        sku: one.sku,
        list: one.list.map(PriceListId),
        min_quantity: one.min_quantity.unwrap_or(1),
        price: one.price.map(amount),
        compare_at: one.compare_at.map(amount),
        minimum: one.minimum,
        increment: one.increment,
        wrong: None,
    };
    each(&call, None, new.rows.into_iter().map(row).collect(), erp::prices).await
}

/// Add and change customers by their external ids
///
/// Somebody who has no external id yet is found by their mail address. What they allow is not said here. A row that is refused keeps no other.
#[utoipa::path(
    tag = "erp",
    security(("key" = ["customers:write"])),
    request_body = CustomerRows,
    responses((status = 200, description = "What became of the rows.", body = RowResults)),
)]
#[put("/erp/customers")]
pub async fn put_customers(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CustomersWrite, body).await?;
    let new = call.body::<CustomerRows>()?;
    let row = |one: ErpCustomer| CustomerRow {
        external_id: one.external_id,
        email: one.email,
        name: one.name,
        phone: one.phone,
        language: one.language,
        tags: one.tags,
        note: one.note,
    };
    each(&call, new.system, new.rows.into_iter().map(row).collect(), erp::customers).await
}

/// Add and change companies by their external ids
///
/// One that has no external id yet is found by its VAT identification number. A row that is refused keeps no other.
#[utoipa::path(
    tag = "erp",
    security(("key" = ["companies:write"])),
    request_body = CompanyRows,
    responses((status = 200, description = "What became of the rows.", body = RowResults)),
)]
#[put("/erp/companies")]
pub async fn put_companies(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CompaniesWrite, body).await?;
    let new = call.body::<CompanyRows>()?;
    let row = |one: ErpCompany| CompanyRow {
        external_id: one.external_id,
        name: one.name,
        country: one.country,
        vat_id: one.vat_id,
        registration_number: one.registration_number,
        invoice_email: one.invoice_email,
        website: one.website,
        phone: one.phone,
        price_group: one.price_group,
        parent: one.parent,
        administrator_email: one.administrator_email,
        line1: one.line1,
        line2: one.line2,
        postal_code: one.postal_code,
        city: one.city,
        approved: one.approved,
    };
    let answer = each(&call, new.system, new.rows.into_iter().map(row).collect(), erp::companies).await?;
    // Below another company, or in another group, it may buy other goods at other prices.
    call.door.memory.forget_goods();
    Ok(answer)
}
