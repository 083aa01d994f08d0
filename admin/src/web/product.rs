//! Adding and editing a product. Saving a form that somebody else overtook is refused; nothing typed is lost.

use super::choice::{self, Choice};
use super::desk::{Desk, refusal};
use super::product_attributes;
use super::product_form::{self, BLANK_ROWS};
use super::product_matrix;
use super::product_prices;
use super::product_stale;
use super::stale;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::attributes::Definitions;
use storefront::catalog::{self, Categories, Product, Saving, Status};
use storefront::ids::ProductId;
use storefront::shop::{self, OWN_LANGUAGE, Shop};
use storefront::units::Unit;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// Rows for variants that a new product's form begins with.
const FIRST_ROWS: usize = 1;
/// Rows that asking for more adds.
const MORE_ROWS: usize = 5;

/// A product with what its form needs.
pub struct Loaded {
    pub product: Product,
    pub updated_at: Option<Time>,
    pub categories: Categories,
    pub definitions: Definitions,
    pub currency: Currency,
    /// Whether that is the shop's own: what is sold has a price in it.
    pub own: bool,
    /// With amounts in `currency`.
    pub shop: Shop,
}

/// The product with this id, or a new one, with prices in `currency`. `NotFound` when there is none.
pub fn load(conn: &mut Conn, id: Option<ProductId>, currency: Currency) -> Result<Loaded> {
    let shop = shop::get(conn)?;
    let own = shop.currency == currency;
    let shop = Shop { currency, ..shop };
    let categories = catalog::categories(conn, OWN_LANGUAGE)?;
    let definitions = Definitions::load(conn)?;
    let Some(id) = id else {
        return Ok(Loaded { product: Product::default(), updated_at: None, categories, definitions, currency, own, shop });
    };
    let product = catalog::products(conn, &[id], currency)?.pop().ok_or(Error::NotFound)?;
    Ok(Loaded { product, updated_at: Some(catalog::updated_at(conn, id)?), categories, definitions, currency, own, shop })
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let (currency, of) = choice::currency(&desk).await?;
    let loaded = desk.read(move |conn| load(conn, None, currency)).await?;
    let form = product_form::filled(&loaded.product, None, FIRST_ROWS, &loaded.categories, &loaded.definitions, &loaded.shop);
    show(&desk, &of, StatusCode::OK, &loaded, form, FIRST_ROWS, None).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = ProductId(*id);
    let (currency, of) = choice::currency(&desk).await?;
    let loaded = desk.read(move |conn| load(conn, Some(id), currency)).await?;
    let rows = loaded.product.variants.len() + BLANK_ROWS;
    let form = product_form::filled(&loaded.product, loaded.updated_at, rows, &loaded.categories, &loaded.definitions, &loaded.shop);
    show(&desk, &of, StatusCode::OK, &loaded, form, rows, None).await
}

/// The form in a page. `made` says what was just done to its rows.
async fn show(
    desk: &Desk,
    of: &Choice,
    status: StatusCode,
    loaded: &Loaded,
    form: Form,
    rows: usize,
    made: Option<String>,
) -> Result<HttpResponse> {
    let product = &loaded.product;
    let categories: Vec<Value> = loaded
        .categories
        .in_order()
        .into_iter()
        .map(|category| {
            let path: Vec<&str> = loaded.categories.path(category.id).iter().map(|one| one.name.as_str()).collect();
            json!({ "name": format!("category-{}", category.id), "label": path.join(" › ") })
        })
        .collect();
    let variants: Vec<Value> = (0..rows)
        .map(|at| {
            let known = product.variants.get(at);
            json!({ "prefix": format!("v{at}_"), "number": at + 1, "id": known.and_then(|one| one.id), "on_hand": known.map(|one| one.measure.text(one.on_hand)),
                "options": known.map(|one| one.options.join(" / ")), "tracked": known.is_some_and(|one| one.tracked) })
        })
        .collect();
    let pictures: Vec<Value> = product
        .pictures
        .iter()
        .enumerate()
        .map(|(at, picture)| json!({ "prefix": format!("p{at}_"), "number": at + 1, "hash": picture.hash, "source": picture.source }))
        .collect();
    let attributes = product_attributes::view(desk, &form, product, &loaded.definitions, &loaded.categories).await?;
    let hidden = product.status == Status::Active && !product.window.open(desk.door.now());
    let view = json!({
        "prices": product_prices::rows(desk, product, loaded.currency).await?, "hidden": hidden, "zone": loaded.shop.time_zone,
        "id": product.id, "title": product.title, "slug": product.slug, "status": product.status, "statuses": Status::ALL, "form": form,
        "categories": categories, "variants": variants, "pictures": pictures, "currency": loaded.currency, "options": product.options, "of": of, "units": units(),
        "attributes_of": product_attributes::drawn_names(&attributes), "attributes": attributes,
        "made": made,
    });
    let title = if product.id.is_some() { product.title.as_str() } else { "admin-product-new" };
    desk.page_as(status, "admin/product.html", title, view)
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(ProductId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<ProductId>, posted: Posted) -> Result<HttpResponse> {
    let (currency, of) = choice::currency(&desk).await?;
    if posted.get("more") == "on" {
        let loaded = desk.read(move |conn| load(conn, id, currency)).await?;
        let rows = product_form::rows(&posted) + MORE_ROWS;
        return show(&desk, &of, StatusCode::OK, &loaded, typed(&posted, &loaded, rows, &Fields::default()), rows, None).await;
    }
    if posted.get("more") == "matrix" {
        return spread(&desk, &of, id, currency, &posted).await;
    }
    let wanted = posted.clone();
    let stored = desk
        .write(move |conn, act| {
            if let Some(id) = id {
                let seen = product_form::seen(&wanted)?.ok_or_else(|| Error::conflict("form-expired"))?;
                catalog::begin_edit(conn, id, Some(seen), act.now)?;
            }
            let before = load(conn, id, currency)?;
            let product = product_form::product(&wanted, &before.product, &before.definitions, &before.shop, before.own)?;
            let saving = Saving { currency: before.currency, actor: &act.actor, base: None, now: act.now };
            let saved = catalog::save_product(conn, &product, &saving)?;
            let after = load(conn, Some(saved.id), currency)?.product;
            let (action, old) = if id.is_some() { ("product.edit", json!(before.product)) } else { ("product.add", Value::Null) };
            act.log(conn, action, &format!("product:{}", saved.id), &old, &after)?;
            Ok(saved.id)
        })
        .await;
    match stored {
        Ok(id) => Ok(desk.done(&of.at(&format!("/admin/products/{id}")), "admin-saved")),
        Err(error) => {
            let stale = stale::is(&error);
            let (status, wrong) = refusal(error)?;
            let loaded = desk.read(move |conn| load(conn, id, currency)).await?;
            let posted = if stale { product_stale::aligned(&posted, &loaded) } else { posted };
            let rows = product_form::rows(&posted).max(loaded.product.variants.len() + BLANK_ROWS);
            let mut form = typed(&posted, &loaded, rows, &product_form::named(wrong));
            if stale {
                form = product_stale::made_of(form, &loaded, product_stale::differing(&posted, &loaded, &desk.words()?));
            }
            show(&desk, &of, status, &loaded, form, rows, None).await
        }
    }
}

/// The form with a row for each combination of the options that has none yet; nothing is stored before it is saved.
async fn spread(desk: &Desk, of: &Choice, id: Option<ProductId>, currency: Currency, posted: &Posted) -> Result<HttpResponse> {
    let loaded = desk.read(move |conn| load(conn, id, currency)).await?;
    let (mut wrong, mut told) = (Fields::default(), None);
    let made = match product_matrix::spread(posted) {
        Ok((made, added)) => {
            told = Some(said("admin-matrix-made", &[("count", &added)]));
            made
        }
        Err(message) => {
            wrong.add("matrix", message);
            posted.clone()
        }
    };
    let status = if wrong.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let rows = product_form::rows(&made).max(FIRST_ROWS);
    show(desk, of, status, &loaded, typed(&made, &loaded, rows, &wrong), rows, told).await
}

/// The units that goods can be sold in, as the keys of their texts end.
fn units() -> Vec<String> {
    Unit::ALL.iter().map(|unit| unit.as_str().to_lowercase()).collect()
}

/// The form as it was typed. What a browser leaves out, a checkbox without a tick, stays empty.
fn typed(posted: &Posted, loaded: &Loaded, rows: usize, wrong: &Fields) -> Form {
    let names = product_form::names(rows, loaded.product.pictures.len(), &loaded.categories, &loaded.definitions);
    let mut form = product_form::blank(&names);
    let fresh = product_form::filled(&Product::default(), None, rows, &loaded.categories, &loaded.definitions, &loaded.shop);
    for at in product_form::rows(posted)..rows {
        for field in ["unit", "precision", "tax_class", "tracked", "requires_shipping", "taxable", "active"] {
            let name = format!("v{at}_{field}");
            let value = fresh.value(&name).to_string();
            form = form.fill(&name, value);
        }
    }
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    product_attributes::typed(form.typed(posted.pairs()), posted, &loaded.definitions).refuse(&order, wrong)
}
