//! What an edit wants of a product: the fields that change, as they were and as they shall be.

use crate::catalog::{Product, Status};
use crate::ids::VariantId;
use serde::{Deserialize, Serialize};

/// A value that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair<T> {
    pub before: T,
    pub after: T,
}

/// The changes of a product. What is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wanted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Pair<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Pair<Status>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<Pair<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Pair<Vec<String>>>,
    pub variants: Vec<VariantWanted>,
}

/// The changes of a variant. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariantWanted {
    pub id: VariantId,
    /// Its SKU or options, as they were, for people.
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Pair<Option<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Pair<Option<i64>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at: Option<Pair<Option<i64>>>,
}

fn pair<T: PartialEq + Clone>(before: &T, after: &T) -> Option<Pair<T>> {
    (before != after).then(|| Pair { before: before.clone(), after: after.clone() })
}

impl Wanted {
    /// What leads from one state of a product to another, of the fields that an edit can change; `None` when nothing does.
    pub fn between(before: &Product, after: &Product) -> Option<Wanted> {
        let mut wanted = Wanted {
            title: pair(&before.title, &after.title),
            status: pair(&before.status, &after.status),
            brand: pair(&before.brand, &after.brand),
            tags: pair(&before.tags, &after.tags),
            variants: Vec::new(),
        };
        for old in &before.variants {
            let Some((id, new)) = old.id.zip(after.variants.iter().find(|new| new.id == old.id)) else { continue };
            let change = VariantWanted {
                id,
                label: old.sku.clone().unwrap_or_else(|| old.options.join(" / ")),
                sku: pair(&old.sku, &new.sku),
                price: pair(&old.price, &new.price),
                compare_at: pair(&old.compare_at, &new.compare_at),
            };
            if change.sku.is_some() || change.price.is_some() || change.compare_at.is_some() {
                wanted.variants.push(change);
            }
        }
        (wanted != Wanted::default()).then_some(wanted)
    }

    /// Puts what is wanted into the product.
    pub(super) fn apply(&self, product: &mut Product) {
        put(&mut product.title, &self.title);
        put(&mut product.status, &self.status);
        put(&mut product.brand, &self.brand);
        put(&mut product.tags, &self.tags);
        for wanted in &self.variants {
            let Some(variant) = product.variants.iter_mut().find(|variant| variant.id == Some(wanted.id)) else { continue };
            put(&mut variant.sku, &wanted.sku);
            put(&mut variant.price, &wanted.price);
            put(&mut variant.compare_at, &wanted.compare_at);
        }
    }
}

fn put<T: Clone>(stored: &mut T, wanted: &Option<Pair<T>>) {
    if let Some(pair) = wanted {
        stored.clone_from(&pair.after);
    }
}
