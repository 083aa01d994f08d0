//! Products as a table of inputs, a row for each variant. Saving shows first what would change.

use super::choice::{self, Choice};
use super::desk::{Desk, refusal};
use super::forms::{self, Reader};
use super::product_filter::Asked;
use super::product_form::MOMENT;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::batches::{self, Edit, Wanted};
use storefront::catalog::{self, Product, Status};
use storefront::ids::{ProductId, VariantId};
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// Products of a page.
const PRODUCTS: i64 = 25;
/// Variants of a page, unless its first product alone has more.
const VARIANTS: usize = 150;
/// The fields of a product and of a variant.
const PRODUCT: [&str; 5] = ["seen", "title", "status", "brand", "tags"];
const VARIANT: [&str; 3] = ["sku", "price", "compare_at"];

/// The products of a page, and when each was last changed.
struct Loaded {
    products: Vec<Product>,
    seen: HashMap<ProductId, Time>,
    currency: Currency,
}

fn load(conn: &mut Conn, ids: &[ProductId], currency: Currency, most: usize) -> Result<Loaded> {
    // Before the products: what is saved in between is then known to be newer.
    let seen = catalog::updated_of(conn, ids)?;
    let mut products = catalog::products(conn, ids, currency)?;
    products.iter_mut().for_each(|product| product.variants.retain(|variant| variant.active));
    let mut rows = 0;
    products.retain(|product| {
        let first = rows == 0;
        rows += product.variants.len().max(1);
        first || rows <= most
    });
    Ok(Loaded { products, seen, currency })
}

fn product_field(id: ProductId, field: &str) -> String {
    format!("p{id}_{field}")
}

fn names(products: &[Product]) -> Vec<String> {
    let mut names = Vec::new();
    for product in products {
        names.extend(product.id.iter().flat_map(|id| PRODUCT.map(|field| product_field(*id, field))));
        let variants = product.variants.iter().filter_map(|variant| variant.id);
        names.extend(variants.flat_map(|id| VARIANT.map(|field| format!("v{id}_{field}"))));
    }
    names
}

fn filled(loaded: &Loaded) -> Form {
    let names = names(&loaded.products);
    let mut form = Form::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for product in &loaded.products {
        let Some(id) = product.id else { continue };
        let seen = loaded.seen.get(&id).map(|at| at.format(MOMENT).to_string()).unwrap_or_default();
        form = form
            .fill(&product_field(id, "seen"), seen)
            .fill(&product_field(id, "title"), &product.title)
            .fill(&product_field(id, "status"), product.status.as_str())
            .fill(&product_field(id, "brand"), &product.brand)
            .fill(&product_field(id, "tags"), product.tags.join(", "));
        for variant in &product.variants {
            let Some(id) = variant.id else { continue };
            form = form
                .fill(&format!("v{id}_sku"), variant.sku.clone().unwrap_or_default())
                .fill(&format!("v{id}_price"), forms::amount(variant.price, loaded.currency))
                .fill(&format!("v{id}_compare_at"), forms::amount(variant.compare_at, loaded.currency));
        }
    }
    form
}

pub async fn form(desk: Desk) -> Result<HttpResponse> {
    let (asked, after) = (Asked::of(&desk), desk.after());
    let (currency, of) = choice::currency(&desk).await?;
    let loaded = desk
        .read(move |conn| {
            let ids = catalog::found(conn, &asked.filter(currency, after), currency, PRODUCTS)?;
            load(conn, &ids, currency, VARIANTS)
        })
        .await?;
    let form = filled(&loaded);
    show(&desk, &of, StatusCode::OK, &loaded, form).await
}

async fn show(desk: &Desk, of: &Choice, status: StatusCode, loaded: &Loaded, form: Form) -> Result<HttpResponse> {
    let asked = Asked::of(desk);
    let last = loaded.products.last().and_then(|product| product.id);
    let currency = loaded.currency;
    let (tree, more, asked) = desk
        .read(move |conn| {
            let more = match last {
                Some(last) => !catalog::found(conn, &asked.filter(currency, Some(last.0)), currency, 1)?.is_empty(),
                None => false,
            };
            Ok((catalog::categories(conn, OWN_LANGUAGE)?, more, asked))
        })
        .await?;
    let product = |product: &Product| {
        let variants: Vec<Value> = product
            .variants
            .iter()
            .filter_map(|variant| {
                let id = variant.id?;
                let label = if variant.options.is_empty() { product.title.clone() } else { variant.options.join(" / ") };
                Some(json!({ "prefix": format!("v{id}_"), "label": label, "options": variant.options.join(" / ") }))
            })
            .collect();
        json!({ "id": product.id, "prefix": product.id.map(|id| format!("p{id}_")), "title": product.title, "variants": variants })
    };
    let rows: Vec<Value> = loaded.products.iter().map(product).collect();
    let query = asked.query();
    let next = last.filter(|_| more).map(|last| {
        let gap = if query.is_empty() { "" } else { "&" };
        format!("/admin/products/table?{query}{gap}after={last}")
    });
    let here = if desk.visit.query.is_empty() { String::new() } else { format!("?{}", desk.visit.query) };
    let view = json!({ "form": form, "rows": rows, "filter": asked.view(&tree), "statuses": Status::ALL, "currency": loaded.currency,
        "next": next, "here": here, "of": of });
    desk.page_as(status, "admin/product_table.html", "admin-table", view)
}

pub async fn preview(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let mut ids: Vec<ProductId> = posted
        .pairs()
        .filter_map(|(name, _)| name.strip_prefix('p')?.strip_suffix("_seen")?.parse().ok().map(ProductId))
        .take(usize::try_from(PRODUCTS).unwrap_or(0))
        .collect();
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let (currency, of) = choice::currency(&desk).await?;
    let loaded = desk.read(move |conn| load(conn, &ids, currency, usize::MAX)).await?;
    match edits(&posted, &loaded, &desk.words()?.get("admin-table-meanwhile")) {
        Ok(edits) => {
            let (name, staff, currency) = (desk.words()?.get("admin-table"), desk.staff().actor(), loaded.currency);
            let drafted = desk.write(move |conn, act| batches::draft_edit(conn, &name, &staff, currency.code(), &edits, act.now)).await;
            match drafted {
                Ok(id) => Ok(desk.door.go(&desk.visit, &format!("/admin/products/batches/{id}"))),
                Err(error) => again(&desk, &of, &posted, &loaded, error).await,
            }
        }
        Err(error) => again(&desk, &of, &posted, &loaded, error).await,
    }
}

/// The table as it was typed, with what is wrong. The moments are those of now: who saves again has seen what others did.
async fn again(desk: &Desk, of: &Choice, posted: &Posted, loaded: &Loaded, error: Error) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    let names = names(&loaded.products);
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let typed = posted.pairs().filter(|(name, _)| !name.ends_with("_seen"));
    let form = filled(loaded).typed(typed).refuse(&order, &wrong);
    show(desk, of, status, loaded, form).await
}

/// What the table changes. `Invalid` names the fields that do not read or that somebody else changed; `meanwhile` begins what is told
/// of those.
fn edits(posted: &Posted, loaded: &Loaded, meanwhile: &str) -> Result<Vec<Edit>> {
    let mut reader = Reader::new(posted, loaded.currency);
    let stored = filled(loaded);
    let mut edits = Vec::new();
    let mut stale = Fields::default();
    for product in &loaded.products {
        let Some((id, seen)) = product.id.and_then(|id| Some((id, *loaded.seen.get(&id)?))) else { continue };
        let after = typed(&mut reader, posted, product, id);
        let Some(wanted) = Wanted::between(product, &after) else { continue };
        if posted.get(&product_field(id, "seen")) != stored.value(&product_field(id, "seen")) {
            let own = names(std::slice::from_ref(product));
            for name in own.iter().filter(|name| !name.ends_with("_seen") && posted.get(name) != stored.value(name)) {
                stale.add(name, format!("{meanwhile} {}", stored.value(name)));
            }
        }
        edits.push(Edit { product: id, title: product.title.clone(), seen, wanted });
    }
    reader.check()?;
    stale.check()?;
    Ok(edits)
}

/// A product as the table has it.
fn typed(reader: &mut Reader, posted: &Posted, product: &Product, id: ProductId) -> Product {
    let mut after = product.clone();
    let field = |name: &str| product_field(id, name);
    after.title = reader.text(&field("title")).trim().to_string();
    if after.title.is_empty() || after.title.chars().count() > 300 {
        reader.wrong.add(&field("title"), "admin-required");
    }
    match Status::parse(&reader.text(&field("status"))) {
        Some(status) => after.status = status,
        None => reader.wrong.add(&field("status"), "admin-required"),
    }
    after.brand = reader.text(&field("brand")).trim().to_string();
    let tags = reader.text(&field("tags"));
    if tags != product.tags.join(", ") {
        after.tags = tags.split([',', '，']).map(|tag| tag.trim().to_string()).filter(|tag| !tag.is_empty()).collect();
    }
    for variant in &mut after.variants {
        // A variant that somebody added since was not in the table.
        let sent = |id: &VariantId| posted.pairs().any(|(name, _)| name == format!("v{id}_price"));
        let Some(id) = variant.id.filter(sent) else { continue };
        let sku = reader.text(&format!("v{id}_sku")).trim().to_string();
        variant.sku = (!sku.is_empty()).then_some(sku);
        variant.price = reader.optional_amount(&format!("v{id}_price"));
        variant.compare_at = reader.optional_amount(&format!("v{id}_compare_at"));
        for (name, amount) in [("price", variant.price), ("compare_at", variant.compare_at)] {
            if amount.is_some_and(|amount| amount < 0) {
                reader.wrong.add(&format!("v{id}_{name}"), "admin-amount-invalid");
            }
        }
    }
    after
}
