//! A product form that somebody else overtook: what was typed, put beside the product as it is by now.

use super::batches::field_name;
use super::product::Loaded;
use super::product_form::{self, PICTURE, VARIANT, mark};
use super::stale::{self, Label};
use storefront::catalog::{self, Product};
use storefront::web::posted::Posted;
use storefront::web::views::form::{Form, Meanwhile};
use storefront::web::words::Words;

/// What was typed, with the rows of variants and pictures in the order in which they are stored now: a row is found by what it is of. What
/// was added meanwhile has a row as it is stored, what was removed meanwhile is a new variant, and no picture any more.
pub fn aligned(posted: &Posted, loaded: &Loaded) -> Posted {
    let product = &loaded.product;
    let stored = product_form::filled(product, None, product.variants.len(), &loaded.categories, &loaded.definitions, &loaded.shop);
    let of_row = |name: &str| {
        let digits = name.strip_prefix(['v', 'p']).and_then(|rest| rest.split_once('_')).map(|(at, _)| at);
        digits.is_some_and(|at| !at.is_empty() && at.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut pairs: Vec<(String, String)> =
        posted.pairs().filter(|(name, _)| !of_row(name)).map(|(name, value)| (name.to_string(), value.to_string())).collect();

    let rows = product_form::rows(posted);
    let ids: Vec<String> = product.variants.iter().map(|one| one.id.map(|id| id.to_string()).unwrap_or_default()).collect();
    let typed_id = |at: usize| posted.get(&format!("v{at}_id"));
    for (at, id) in ids.iter().enumerate() {
        match (0..rows).find(|row| typed_id(*row) == id) {
            Some(row) => row_of(&mut pairs, 'v', VARIANT, at, |field| posted.get(&format!("v{row}_{field}"))),
            None => row_of(&mut pairs, 'v', VARIANT, at, |field| stored.value(&format!("v{at}_{field}"))),
        }
    }
    let rest = (0..rows).filter(|row| !ids.iter().any(|id| id == typed_id(*row)));
    for (at, row) in rest.enumerate() {
        let new = |field: &str| if field == "id" { "" } else { posted.get(&format!("v{row}_{field}")) };
        row_of(&mut pairs, 'v', VARIANT, ids.len() + at, new);
    }

    for (at, picture) in product.pictures.iter().enumerate() {
        let of = mark(picture);
        // The rows of pictures have no gap.
        let row = (0..).take_while(|row| !posted.get(&format!("p{row}_of")).is_empty()).find(|row| posted.get(&format!("p{row}_of")) == of);
        match row {
            Some(row) => row_of(&mut pairs, 'p', &PICTURE, at, |field| posted.get(&format!("p{row}_{field}"))),
            None => row_of(&mut pairs, 'p', &PICTURE, at, |field| stored.value(&format!("p{at}_{field}"))),
        }
    }
    pairs.into_iter().collect()
}

/// Adds the fields of a row. A box without a tick is not sent, and is not added.
fn row_of<'v>(pairs: &mut Vec<(String, String)>, kind: char, fields: &[&str], at: usize, value: impl Fn(&str) -> &'v str) {
    let ticks = ["tracked", "oversell", "requires_shipping", "taxable", "active", "remove"];
    for field in fields {
        let value = value(field);
        if !(ticks.contains(field) && value.is_empty()) {
            pairs.push((format!("{kind}{at}_{field}"), value.to_string()));
        }
    }
}

/// The fields in which the stored product differs from the one that the form means. Empty when the form does not read: what is wrong is
/// told first.
pub fn differing(posted: &Posted, loaded: &Loaded, words: &Words) -> Vec<Meanwhile> {
    let Ok(typed) = product_form::product(posted, &loaded.product, &loaded.definitions, &loaded.shop, loaded.own) else {
        return Vec::new();
    };
    let (stored, typed) = (plain(&loaded.product), plain(&typed));
    let changes = catalog::diff(&stored, &typed, &loaded.categories, loaded.currency);
    let row = |change: catalog::FieldChange| {
        let word = |value: String| match value.as_str() {
            "true" => words.get("admin-yes"),
            "false" => words.get("admin-no"),
            _ => value,
        };
        let (stored, typed) = stale::told(&word(change.before), &word(change.after), &Label::default(), words);
        Meanwhile { field: None, label: field_name(&change.field, words), stored, typed }
    };
    changes.into_iter().map(row).collect()
}

/// A product as it would be stored, as far as a comparison asks: line ends as they are stored, and no blanks around texts.
fn plain(product: &Product) -> Product {
    let mut product = product.clone();
    let tidy = |text: &mut String| *text = text.replace("\r\n", "\n").trim().to_string();
    [&mut product.title, &mut product.description_html, &mut product.brand, &mut product.product_type].into_iter().for_each(tidy);
    [&mut product.seo_title, &mut product.seo_description, &mut product.slug].into_iter().for_each(tidy);
    for text in product.texts.values_mut() {
        [&mut text.title, &mut text.description_html, &mut text.seo_title, &mut text.seo_description].into_iter().for_each(tidy);
    }
    product.categories.sort_unstable();
    product
}

/// The typed form, made of the product as it is now.
pub fn made_of(form: Form, loaded: &Loaded, rows: Vec<Meanwhile>) -> Form {
    let seen = loaded.updated_at.map(|at| at.format(product_form::MOMENT).to_string()).unwrap_or_default();
    form.fill("updated_at", seen).beside(rows)
}
