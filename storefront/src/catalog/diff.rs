//! What differs between two states of a product, field by field, in words a merchant reads.

use super::categories::Categories;
use super::product::{Product, Variant};
use kernel::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// One field that changes. `before` is empty for what is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// Longest text shown of a value, in characters.
const SHOWN: usize = 200;

/// The fields in which `after` differs from `before`; categories are named by `tree`, amounts are in `currency`. Variants are told by SKU, or by their options.
pub fn diff(before: &Product, after: &Product, tree: &Categories, currency: Currency) -> Vec<FieldChange> {
    let mut changes = Changes { told: Vec::new(), currency };
    changes.of("gift card", &before.gift_card.to_string(), &after.gift_card.to_string());
    changes.of("slug", &before.slug, &after.slug);
    changes.of("status", before.status.as_str(), after.status.as_str());
    changes.of("shown from", &moment(before.window.from), &moment(after.window.from));
    changes.of("shown until", &moment(before.window.until), &moment(after.window.until));
    changes.of("title", &before.title, &after.title);
    changes.of("description", &before.description_html, &after.description_html);
    changes.of("brand", &before.brand, &after.brand);
    changes.of("type", &before.product_type, &after.product_type);
    changes.of("tags", &before.tags.join(", "), &after.tags.join(", "));
    changes.of("options", &before.options.join(", "), &after.options.join(", "));
    changes.of("seo title", &before.seo_title, &after.seo_title);
    changes.of("seo description", &before.seo_description, &after.seo_description);
    let languages: std::collections::BTreeSet<&String> = before.texts.keys().chain(after.texts.keys()).collect();
    for language in languages {
        let (old, new) = (before.texts.get(language).cloned().unwrap_or_default(), after.texts.get(language).cloned().unwrap_or_default());
        changes.of(&format!("title ({language})"), &old.title, &new.title);
        changes.of(&format!("description ({language})"), &old.description_html, &new.description_html);
        changes.of(&format!("seo title ({language})"), &old.seo_title, &new.seo_title);
        changes.of(&format!("seo description ({language})"), &old.seo_description, &new.seo_description);
    }
    changes.of("categories", &paths(before, tree), &paths(after, tree));
    changes.of("attributes", &attributes(before), &attributes(after));
    changes.of("pictures", &pictures(before), &pictures(after));
    for variant in &after.variants {
        let old = before.variants.iter().find(|old| old.id.is_some() && old.id == variant.id);
        changes.of_variant(old, variant);
    }
    changes.told
}

fn paths(product: &Product, tree: &Categories) -> String {
    let path = |id| tree.path(id).iter().map(|category| category.name.as_str()).collect::<Vec<_>>().join(" > ");
    product.categories.iter().map(|id| path(*id)).collect::<Vec<_>>().join(", ")
}

fn attributes(product: &Product) -> String {
    product.attributes.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("; ")
}

fn pictures(product: &Product) -> String {
    let told = |picture: &super::product::Picture| match picture.alt.as_str() {
        "" => picture.source.clone(),
        alt => format!("{} ({alt})", picture.source),
    };
    product.pictures.iter().map(told).collect::<Vec<_>>().join(", ")
}

struct Changes {
    told: Vec<FieldChange>,
    currency: Currency,
}

impl Changes {
    fn of(&mut self, field: &str, before: &str, after: &str) {
        if before != after {
            let cut = |text: &str| text.chars().take(SHOWN).collect::<String>();
            self.told.push(FieldChange { field: field.to_string(), before: cut(before), after: cut(after) });
        }
    }

    fn of_variant(&mut self, old: Option<&Variant>, new: &Variant) {
        let currency = self.currency;
        let number = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency).decimal()).unwrap_or_default();
        let options = new.options.join(" / ");
        let name = new.sku.clone().filter(|sku| !sku.is_empty()).unwrap_or_else(|| options.clone());
        let Some(old) = old else {
            return self.of(&format!("variant {name}"), "", &format!("{options} {}", number(new.price)));
        };
        let mut of = |field: &str, before: String, after: String| self.of(&format!("variant {name}: {field}"), &before, &after);
        of("sku", old.sku.clone().unwrap_or_default(), new.sku.clone().unwrap_or_default());
        of("barcode", old.barcode.clone(), new.barcode.clone());
        of("options", old.options.join(" / "), options);
        of("price", number(old.price), number(new.price));
        of("compare-at price", number(old.compare_at), number(new.compare_at));
        of("cost", number(old.cost), number(new.cost));
        of("stock counted", old.tracked.to_string(), new.tracked.to_string());
        of("back-orders", old.oversell.to_string(), new.oversell.to_string());
        of("on hand", old.measure.number(old.on_hand), new.measure.number(new.count.unwrap_or(old.on_hand)));
        of("unit", old.measure.unit.as_str().into(), new.measure.unit.as_str().into());
        of("decimals of the unit", old.measure.precision.to_string(), new.measure.precision.to_string());
        of("weight", old.weight_grams.to_string(), new.weight_grams.to_string());
        of("needs delivery", old.requires_shipping.to_string(), new.requires_shipping.to_string());
        of("taxable", old.taxable.to_string(), new.taxable.to_string());
        of("tax class", old.tax_class.clone(), new.tax_class.clone());
        of("picture", old.picture.clone(), new.picture.clone());
        of("sold", old.active.to_string(), new.active.to_string());
    }
}

fn moment(at: Option<kernel::clock::Time>) -> String {
    at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default()
}
