//! Prices of many variants at once, stored as the back office stores them: with their log, and what follows from a price.

use super::acting::{Act, act};
use super::products::currency;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, put};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use storefront::api::amount::Amount;
use storefront::api::call::{Body, Call};
use storefront::api_keys::Scope;
use storefront::catalog::{self, Saving, Variant};
use storefront::ids::{ProductId, VariantId};
use utoipa::ToSchema;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPrices {
    /// ISO 4217: that of all amounts; the shop's own without.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: Option<String>,
    #[schema(min_items = 1, max_items = 200)]
    prices: Vec<NewPrice>,
}

/// The price of a variant, named by its id or its SKU.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPrice {
    variant_id: Option<i64>,
    #[schema(max_length = 200)]
    sku: Option<String>,
    price: Amount,
    /// The former price, which is shown struck through; none takes it away.
    compare_at: Option<Amount>,
}

/// The prices as they are then.
#[derive(Serialize, ToSchema)]
struct SetPrices {
    prices: Vec<SetPrice>,
}

#[derive(Serialize, ToSchema)]
struct SetPrice {
    variant_id: i64,
    sku: Option<String>,
    price: Option<Amount>,
    compare_at: Option<Amount>,
}

/// The variant that a line of a request names.
pub fn variant(conn: &mut Conn, id: Option<i64>, sku: Option<&str>, field: &str) -> Result<VariantId> {
    let unknown = || Error::field(field, "There is no such variant.");
    match (id, sku) {
        (Some(id), None) => catalog::product_of(conn, VariantId(id))?.map(|_| VariantId(id)).ok_or_else(unknown),
        (None, Some(sku)) => catalog::find_variant(conn, sku)?.ok_or_else(unknown),
        _ => Err(Error::field(field, "Give either variant_id or sku.")),
    }
}

/// Set prices
///
/// All of them or, when one is refused, none.
#[utoipa::path(
    tag = "prices",
    security(("key" = ["prices:write"])),
    request_body = NewPrices,
    responses((status = 200, description = "The prices as they are then.", body = SetPrices)),
)]
#[put("/prices")]
pub async fn set_prices(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::PricesWrite, body).await?;
    let new = call.body::<NewPrices>()?;
    if new.prices.is_empty() || new.prices.len() > 200 {
        return Err(Error::field("prices", "Give 1 to 200 prices."));
    }
    act(&call, StatusCode::OK, move |conn, act| store(conn, act, &new)).await
}

/// A price and what stood before it.
type Wanted = (i64, Option<i64>);

fn store(conn: &mut Conn, act: &Act, new: &NewPrices) -> Result<SetPrices> {
    let (currency, _) = currency(conn, new.currency.as_deref())?;
    let mut of_products: BTreeMap<ProductId, BTreeMap<VariantId, (usize, Wanted)>> = BTreeMap::new();
    let mut order = Vec::with_capacity(new.prices.len());
    for (at, one) in new.prices.iter().enumerate() {
        let field = |name: &str| format!("prices[{at}].{name}");
        let id = variant(conn, one.variant_id, one.sku.as_deref(), &field("variant_id"))?;
        let price = one.price.minor_in(currency, &field("price"))?;
        let compare_at = one.compare_at.as_ref().map(|amount| amount.minor_in(currency, &field("compare_at"))).transpose()?;
        let product = catalog::product_of(conn, id)?.ok_or(Error::NotFound)?;
        if of_products.entry(product).or_default().insert(id, (at, (price, compare_at))).is_some() {
            return Err(Error::field(&field("variant_id"), "Name each variant once."));
        }
        order.push(id);
    }
    let mut stored: BTreeMap<VariantId, Variant> = BTreeMap::new();
    for (id, wanted) in of_products {
        catalog::begin_edit(conn, id, None, act.now)?;
        let before = catalog::products(conn, &[id], currency)?.pop().ok_or(Error::NotFound)?;
        let mut after = before.clone();
        let mut places = Vec::new();
        for one in &mut after.variants {
            let asked = one.id.and_then(|id| wanted.get(&id));
            places.push(asked.map(|(at, _)| *at));
            if let Some((_, (price, compare_at))) = asked {
                (one.price, one.compare_at) = (Some(*price), *compare_at);
            }
        }
        let saving = Saving { currency, actor: &act.actor, base: None, now: act.now };
        let saved = catalog::save_product(conn, &after, &saving).map_err(|error| named(error, &places))?;
        if saved.changed {
            act.log(conn, "product.edit", &format!("product:{id}"), &before, &after)?;
        }
        stored.extend(after.variants.into_iter().filter_map(|one| Some((one.id?, one))));
    }
    let amount = |minor: Option<i64>| minor.map(|minor| Amount::new(minor, currency));
    let shown = |id: &VariantId| {
        let one = stored.get(id)?;
        Some(SetPrice { variant_id: id.0, sku: one.sku.clone(), price: amount(one.price), compare_at: amount(one.compare_at) })
    };
    Ok(SetPrices { prices: order.iter().filter_map(shown).collect() })
}

/// What is wrong by the places of the request; what a product lacks besides is told by the product's own name of it.
fn named(error: Error, places: &[Option<usize>]) -> Error {
    let Error::Invalid(wrong) = error else { return error };
    let mut fields = Fields::default();
    for (name, message) in wrong.0 {
        let of_variant = name.strip_prefix("variants.").and_then(|rest| rest.split_once('.'));
        let at = of_variant.and_then(|(at, _)| places.get(at.parse::<usize>().ok()?).copied().flatten());
        let name = match (at, of_variant) {
            (Some(at), Some((_, field))) => format!("prices[{at}].{field}"),
            _ => format!("prices: {name}"),
        };
        fields.add(&name, message);
    }
    Error::Invalid(fields)
}
