//! Goods that arrived, were counted, or are more or fewer than was thought: movements, as the back office makes them.

use super::acting::{Act, act, named};
use super::prices::variant;
use super::stock::{StockPlaces, places};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storefront::api::call::{Body, Call};
use storefront::api::input;
use storefront::api_keys::Scope;
use storefront::ids::LocationId;
use storefront::stock::{self, Demand};
use utoipa::ToSchema;

/// The most units that a request speaks of.
const MOST: i64 = 1_000_000_000;
const LINES: usize = 500;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Receipt {
    location_id: i64,
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: String,
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<ReceivedLine>,
}

/// Units that arrived of a variant, which is named by its id or its SKU.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReceivedLine {
    variant_id: Option<i64>,
    #[schema(max_length = 200)]
    sku: Option<String>,
    /// In steps of the unit.
    #[schema(minimum = 1, maximum = 1000000000)]
    quantity: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StockCount {
    location_id: i64,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<CountedLine>,
}

/// What was counted of a variant, which is named by its id or its SKU.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CountedLine {
    variant_id: Option<i64>,
    #[schema(max_length = 200)]
    sku: Option<String>,
    #[schema(minimum = 0, maximum = 1000000000)]
    on_hand: i64,
    /// What was there when the counting began: with something else there by now nothing is changed, and the answer is 409.
    seen: Option<i64>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Adjustment {
    location_id: i64,
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
    #[schema(min_items = 1, max_items = 500)]
    lines: Vec<AdjustedLine>,
}

/// Units that are more (above zero) or fewer than was thought of a variant, which is named by its id or its SKU.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AdjustedLine {
    variant_id: Option<i64>,
    #[schema(max_length = 200)]
    sku: Option<String>,
    #[schema(minimum = -1000000000, maximum = 1000000000)]
    change: i64,
}

/// The variants that were moved, as they are then.
#[derive(Serialize, ToSchema)]
struct MovedStock {
    stock: Vec<StockPlaces>,
}

/// A variant by its id or its SKU, and the units that a line speaks of.
type Line<'a> = (Option<i64>, Option<&'a str>, i64);

/// The goods of the lines, each variant once, in units from `least` on.
fn goods<'a>(conn: &mut Conn, lines: impl Iterator<Item = Line<'a>>, of: &str, least: i64) -> Result<Demand> {
    let mut goods = Demand::new();
    for (at, (id, sku, units)) in lines.enumerate() {
        let field = |name: &str| format!("lines[{at}].{name}");
        if at >= LINES {
            return Err(Error::field("lines", format!("Give at most {LINES} lines.")));
        }
        if !(least..=MOST).contains(&units) {
            return Err(Error::field(&field(of), format!("Give a number from {least} to {MOST}.")));
        }
        let variant = variant(conn, id, sku, &field("variant_id"))?;
        if goods.insert(variant, units).is_some() {
            return Err(Error::field(&field("variant_id"), "Name each variant once."));
        }
    }
    if goods.is_empty() { Err(Error::field("lines", "Give at least one line.")) } else { Ok(goods) }
}

fn reason(text: &str, required: bool) -> Result<()> {
    if required && text.trim().is_empty() {
        return Err(Error::field("reason", "Say why."));
    }
    input::text("reason", text, 200)
}

/// The location that a request names. `Invalid` when there is none.
fn location(conn: &mut Conn, id: i64) -> Result<LocationId> {
    named(stock::location(conn, LocationId(id)), "location_id", "There is no such location.").map(|place| place.id)
}

fn moved(conn: &mut Conn, goods: &Demand) -> Result<MovedStock> {
    let stock = goods.keys().map(|variant| places(conn, *variant)).collect::<Result<_>>()?;
    Ok(MovedStock { stock })
}

/// Records the movement as the back office does.
fn log(conn: &mut Conn, act: &Act, action: &str, location: LocationId, reason: &str, goods: &Demand) -> Result<()> {
    let units: Vec<(i64, i64)> = goods.iter().map(|(variant, units)| (variant.0, *units)).collect();
    act.log(conn, action, &format!("location:{location}"), &Value::Null, &json!({ "reason": reason, "goods": units }))
}

/// Book goods that arrived
///
/// All lines or, when one is refused, none.
#[utoipa::path(
    tag = "stock",
    security(("key" = ["stock:write"])),
    request_body = Receipt,
    responses((status = 201, description = "The variants with what lies where by now.", body = MovedStock)),
)]
#[post("/stock/receipts")]
pub async fn receive_stock(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::StockWrite, body).await?;
    let new = call.body::<Receipt>()?;
    reason(&new.reason, false)?;
    let book = move |conn: &mut Conn, act: &Act| {
        let at = location(conn, new.location_id)?;
        let goods = goods(conn, new.lines.iter().map(|one| (one.variant_id, one.sku.as_deref(), one.quantity)), "quantity", 1)?;
        stock::receive(conn, at, &goods, new.reason.trim(), &act.once, &act.actor, act.now)?;
        log(conn, act, "stock.receive", at, new.reason.trim(), &goods)?;
        moved(conn, &goods)
    };
    act(&call, StatusCode::CREATED, book).await
}

/// Set what was counted
///
/// All lines or, when one is refused, none.
#[utoipa::path(
    tag = "stock",
    security(("key" = ["stock:write"])),
    request_body = StockCount,
    responses((status = 201, description = "The variants with what lies where by now.", body = MovedStock)),
)]
#[post("/stock/counts")]
pub async fn count_stock(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::StockWrite, body).await?;
    let new = call.body::<StockCount>()?;
    reason(&new.reason, true)?;
    let book = move |conn: &mut Conn, act: &Act| {
        let at = location(conn, new.location_id)?;
        let goods = goods(conn, new.lines.iter().map(|one| (one.variant_id, one.sku.as_deref(), one.on_hand)), "on_hand", 0)?;
        let before = lying(conn, at, &goods)?;
        for one in &new.lines {
            let variant = variant(conn, one.variant_id, one.sku.as_deref(), "lines")?;
            if one.seen.is_some_and(|seen| before.get(&variant) != Some(&seen)) {
                return Err(Error::conflict("Goods moved since they were counted. Read the stock and count again."));
            }
        }
        stock::count(conn, at, &goods, new.reason.trim(), &act.once, &act.actor, act.now)?;
        log(conn, act, "stock.count", at, new.reason.trim(), &goods)?;
        moved(conn, &goods)
    };
    act(&call, StatusCode::CREATED, book).await
}

/// Correct what lies at a location
///
/// All lines or, when one is refused, none.
#[utoipa::path(
    tag = "stock",
    security(("key" = ["stock:write"])),
    request_body = Adjustment,
    responses((status = 201, description = "The variants with what lies where by now.", body = MovedStock)),
)]
#[post("/stock/adjustments")]
pub async fn adjust_stock(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::StockWrite, body).await?;
    let new = call.body::<Adjustment>()?;
    reason(&new.reason, true)?;
    let book = move |conn: &mut Conn, act: &Act| {
        let at = location(conn, new.location_id)?;
        let changes = goods(conn, new.lines.iter().map(|one| (one.variant_id, one.sku.as_deref(), one.change)), "change", -MOST)?;
        let mut goods = lying(conn, at, &changes)?;
        for (variant, units) in &mut goods {
            *units += changes.get(variant).copied().unwrap_or(0);
            if *units < 0 {
                return Err(Error::conflict(format!("Fewer units of variant {variant} lie at that location.")));
            }
        }
        stock::count(conn, at, &goods, new.reason.trim(), &act.once, &act.actor, act.now)?;
        log(conn, act, "stock.adjust", at, new.reason.trim(), &changes)?;
        moved(conn, &goods)
    };
    act(&call, StatusCode::CREATED, book).await
}

/// What lies at a location of each of `goods`, with their levels locked to the end of the transaction.
fn lying(conn: &mut Conn, at: LocationId, goods: &Demand) -> Result<Demand> {
    let mut lying = Demand::new();
    for variant in goods.keys() {
        stock::lock(conn, *variant)?;
        lying.insert(*variant, stock::at(conn, at, *variant)?);
    }
    Ok(lying)
}
