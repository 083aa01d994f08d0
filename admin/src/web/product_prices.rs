//! What the prices of a product were, on its page.

use super::desk::Desk;
use crate::staff;
use kernel::Result;
use kernel::money::{Currency, Money};
use serde_json::{Value, json};
use storefront::catalog::{self, Product};
use storefront::ids::VariantId;

/// The changes shown.
const SHOWN: i64 = 30;

/// The latest changes of the product's prices, the newest first.
pub async fn rows(desk: &Desk, product: &Product, currency: Currency) -> Result<Vec<Value>> {
    let ids: Vec<VariantId> = product.variants.iter().filter_map(|variant| variant.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (changes, people) = desk.read(move |conn| Ok((catalog::price_changes(conn, &ids, currency, SHOWN)?, staff::list(conn)?))).await?;
    let words = desk.words()?;
    let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency));
    let name = |id: VariantId| {
        let variant = product.variants.iter().find(|variant| variant.id == Some(id));
        variant.map_or_else(String::new, |variant| match (&variant.sku, variant.options.is_empty()) {
            (Some(sku), true) => sku.clone(),
            (_, true) => product.title.clone(),
            (_, false) => variant.options.join(" / "),
        })
    };
    let who = |actor: &str| -> Result<String> {
        if let Some(person) = people.iter().find(|person| person.actor() == actor) {
            return Ok(person.name.clone());
        }
        // `import:12` and the like: a change of many products, by its number.
        match actor.split_once(':') {
            Some((kind @ ("edit" | "import" | "undo"), number)) => words.with(&format!("admin-price-by-{kind}"), &[("number", number)]),
            _ => Ok(actor.to_string()),
        }
    };
    changes
        .iter()
        .map(|change| {
            Ok(json!({ "at": change.created_at, "variant": name(change.variant_id), "old": money(change.old_amount),
                "new": money(change.new_amount), "compare_at": money(change.new_compare_at), "who": who(&change.actor)? }))
        })
        .collect()
}
