//! Many SKUs into a cart at once, and requisition lists.

use super::amount::Amount;
use super::call::{Body, Call, found};
use super::cart_view::{self, CartView};
use super::catalogue::known;
use super::order_view::moment;
use crate::api_keys::Scope;
use crate::ids::{RequisitionListId, VariantId};
use crate::quick_order::{self, Added, Checked, MOST, Rest, Row};
use crate::requisitions::{self, List};
use crate::{carts, catalog};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use crm::{CompanyId, CustomerId};

use kernel::error::BETWEEN;
use kernel::money::Currency;
use kernel::web::i18n::{Language, Texts};
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuickOrder {
    /// At most a thousand. Leave them out to order a requisition list.
    #[serde(default)]
    #[schema(max_items = 1000)]
    rows: Vec<QuickRow>,
    /// The `id` of a requisition list whose lines are ordered.
    #[schema(minimum = 1)]
    requisition_list: Option<i64>,
    /// Puts the rows that are right into the cart even when others are wrong. Without it one wrong row keeps all of them out.
    #[serde(default)]
    leave_out: bool,
}

/// A variant, named by its id, or by its SKU or the number of its barcode; and how many of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuickRow {
    variant_id: Option<i64>,
    /// Capitals do not matter unless they tell two variants apart.
    #[schema(max_length = 200)]
    sku: Option<String>,
    /// In steps of the variant. At most 999 units.
    #[schema(minimum = 1, maximum = 999000)]
    quantity: i64,
}

/// What became of the rows.
#[derive(Serialize, ToSchema)]
struct QuickOrdered {
    /// How many rows are in the cart now.
    added: usize,
    /// In the order of the request.
    rows: Vec<OrderedRow>,
    cart: CartView,
}

#[derive(Serialize, ToSchema)]
struct OrderedRow {
    sku: Option<String>,
    /// Null for what names no variant.
    variant_id: Option<i64>,
    title: Option<String>,
    quantity: i64,
    /// What a unit costs with all units of the variant; null for what is not sold.
    unit_price: Option<Amount>,
    /// Why it is not in the cart: `no-sku`, `unknown`, `several`, `not-sold`, `quantity`, `most`, `sold-out`, `left`, `minimum` or
    /// `increment`; null for a row that is right.
    reason: Option<String>,
    /// The reason as a sentence.
    detail: Option<String>,
}

fn rows(wanted: QuickOrder) -> Result<(Vec<Row>, Option<RequisitionListId>, Rest)> {
    let rest = if wanted.leave_out { Rest::LeaveOut } else { Rest::Refuse };
    if wanted.rows.is_empty() == wanted.requisition_list.is_none() {
        return Err(Error::field("rows", "Give either rows or a requisition list."));
    }
    if wanted.rows.len() > MOST {
        return Err(Error::field("rows", format!("Give at most {MOST} rows.")));
    }
    let row = |(at, row): (usize, QuickRow)| match (row.variant_id, row.sku) {
        (Some(id), None) => Ok(Row::of(VariantId(id), "", row.quantity)),
        (None, Some(sku)) => Ok(Row { steps: Some(row.quantity), ..Row::typed(&sku, &row.quantity.to_string()) }),
        _ => Err(Error::field(&format!("rows[{at}].sku"), "Name the variant either by `variant_id` or by `sku`.")),
    };
    let rows: Vec<Row> = wanted.rows.into_iter().enumerate().map(row).collect::<Result<_>>()?;
    Ok((rows, wanted.requisition_list.map(RequisitionListId), rest))
}

/// Put many variants into a cart
///
/// All rows are read together, with today's prices and stock and the units that lie in the cart. Either all that is right is added, or, when
/// one row is wrong and `leave_out` is not set, nothing.
#[utoipa::path(
    tag = "cart",
    security(("key" = ["cart:write"])),
    params(("cart" = String, Path, description = "The cart's `id`.")),
    request_body = QuickOrder,
    responses((status = 200, description = "The cart, and what became of each row.", body = QuickOrdered)),
)]
#[post("/carts/{cart}/quick-order")]
pub async fn order_rows(request: HttpRequest, cart: web::Path<String>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CartWrite, body).await?;
    let id = known(cart)?;
    let (rows, list, rest) = rows(call.body()?)?;
    let texts = call.door.templates.texts()?;
    let add = move |conn: &mut Conn, now| {
        let cart = cart_view::find(conn, &id)?;
        let listed = list.map(|list| of_list(conn, list)).transpose()?;
        let added = quick_order::add(conn, cart.id, listed.as_ref().unwrap_or(&rows), rest, now)?;
        let currency = carts::get(conn, cart.id)?.currency()?;
        Ok(ordered(&added, currency, &texts, cart_view::show(conn, &id, now)?))
    };
    call.once(StatusCode::OK, add).await
}

fn of_list(conn: &mut Conn, id: RequisitionListId) -> Result<Vec<Row>> {
    requisitions::get(conn, id)?;
    let lines = requisitions::lines_of(conn, id)?;
    Ok(lines.into_iter().map(|line| Row::of(line.variant, "", line.quantity)).collect())
}

fn ordered(added: &Added, currency: Currency, texts: &Texts, cart: CartView) -> QuickOrdered {
    let row = |row: &Checked| {
        let word = row.wrong.as_deref().map(|wrong| wrong.split(BETWEEN).next().unwrap_or_default());
        OrderedRow {
            sku: row.variant.as_ref().and_then(|variant| variant.sku.clone()).or_else(|| Some(row.row.sku.clone())),
            variant_id: row.variant.as_ref().map(|variant| variant.id.0),
            title: row.variant.as_ref().map(|variant| variant.title.clone()),
            quantity: row.row.steps.or_else(|| row.row.quantity.parse().ok()).unwrap_or(0),
            unit_price: (row.unit_price > 0 || row.wrong.is_none()).then(|| Amount::new(row.unit_price, currency)),
            reason: word.map(|word| word.strip_prefix("quick-order-").unwrap_or(word).to_string()),
            detail: row.wrong.as_deref().map(|wrong| texts.message(Language::ENGLISH, wrong)),
        }
    };
    QuickOrdered { added: added.added, rows: added.rows.iter().map(row).collect(), cart }
}

/// A page of requisition lists.
#[derive(Serialize, ToSchema)]
struct RequisitionLists {
    requisition_lists: Vec<RequisitionSummary>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// A list among others.
#[derive(Serialize, ToSchema)]
struct RequisitionSummary {
    id: i64,
    name: String,
    /// Whose it is, or who made it for their company.
    customer_id: Option<i64>,
    /// The company whose members share it.
    company_id: Option<i64>,
    /// Counts every change.
    version: i64,
    /// UTC (RFC 3339).
    updated_at: String,
}

/// A list with what stands on it.
#[derive(Serialize, ToSchema)]
struct RequisitionView {
    list: RequisitionSummary,
    lines: Vec<RequisitionLineView>,
}

#[derive(Serialize, ToSchema)]
struct RequisitionLineView {
    variant_id: i64,
    sku: Option<String>,
    title: Option<String>,
    quantity: i64,
}

fn summary(list: &List) -> RequisitionSummary {
    RequisitionSummary {
        id: list.id.0,
        name: list.name.clone(),
        customer_id: list.customer_id.map(|id| id.0),
        company_id: list.company_id.map(|id| id.0),
        version: list.version,
        updated_at: moment(list.updated_at),
    }
}

/// Requisition lists, oldest first
///
/// Those of one customer or of one company.
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:read"])),
    params(
        ("customer" = Option<i64>, Query, description = "The `id` of a customer: their own lists and those they made for their company.", minimum = 1, maximum = 1000000000000_i64),
        ("company" = Option<i64>, Query, description = "The `id` of a company.", minimum = 1, maximum = 1000000000000_i64),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Lists of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of lists.", body = RequisitionLists)),
)]
#[get("/requisition-lists")]
pub async fn list_requisition_lists(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CustomersRead).await?;
    let mut query = call.query();
    let limit = query.limit();
    let customer = query.number("customer", 1, super::amount::LARGEST).map(CustomerId);
    let company = query.number("company", 1, super::amount::LARGEST).map(CompanyId);
    let after = RequisitionListId(query.after().unwrap_or(0));
    query.end()?;
    let mut lists = call.door.read(move |conn, _| requisitions::all(conn, customer, company, after, limit + 1)).await?;
    let page = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = lists.len() > page;
    lists.truncate(page);
    let next = lists.last().filter(|_| more).map(|last| last.id.to_string());
    found(&RequisitionLists { requisition_lists: lists.iter().map(summary).collect(), next })
}

/// A requisition list
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:read"])),
    params(("list" = i64, Path, description = "The `id` of the list.")),
    responses((status = 200, description = "The list with its lines, in their order.", body = RequisitionView)),
)]
#[get("/requisition-lists/{list}")]
pub async fn show_requisition_list(request: HttpRequest, list: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CustomersRead).await?;
    call.query().end()?;
    let id: RequisitionListId = list.parse().map_err(|_| Error::NotFound)?;
    let view = call.door.read(move |conn, _| {
        let list = requisitions::get(conn, id)?;
        let lines = requisitions::lines_of(conn, id)?;
        let ids: Vec<VariantId> = lines.iter().map(|line| line.variant).collect();
        let currency = crate::shop::get(conn)?.currency;
        let known = catalog::variants_for_sale(conn, &ids, currency, crate::shop::OWN_LANGUAGE)?;
        let line = |line: &requisitions::Line| {
            let variant = known.iter().find(|variant| variant.id == line.variant);
            RequisitionLineView {
                variant_id: line.variant.0,
                sku: variant.and_then(|variant| variant.sku.clone()),
                title: variant.map(|variant| variant.title.clone()),
                quantity: line.quantity,
            }
        };
        Ok(RequisitionView { list: summary(&list), lines: lines.iter().map(line).collect() })
    });
    found(&view.await?)
}
