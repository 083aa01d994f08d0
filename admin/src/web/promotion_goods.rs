//! Goods as a merchant types and reads them: one address, SKU, category, brand or tag a line.

use kernel::error::Fields;
use kernel::{Conn, Result};
use storefront::catalog::{self, Named};
use storefront::ids::{CategoryId, VariantId};
use storefront::promotions::Goods;
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

/// The fields of a choice of goods, behind its prefix.
const PARTS: [&str; 4] = ["products", "categories", "brands", "tags"];

/// What stands on the lines of a field, or between its commas.
pub fn lines(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(['\n', ',', ';']).map(str::trim).filter(|word| !word.is_empty()) {
        if !found.iter().any(|known| known == word) {
            found.push(word.to_string());
        }
    }
    found
}

/// Reads the goods behind `prefix`. A name that nothing has is noted with its field and a sentence that repeats it.
pub fn read(conn: &mut Conn, posted: &Posted, prefix: &str, words: &Words, wrong: &mut Fields) -> Result<Goods> {
    let text = |part: &str| lines(posted.get(&format!("{prefix}_{part}")));
    let mut goods = Goods { brands: text(PARTS[2]), tags: text(PARTS[3]), ..Goods::default() };
    let mut unknown = Vec::new();
    for name in text(PARTS[0]) {
        match catalog::named(conn, &name)? {
            Some(Named::Product(id)) => goods.products.push(id),
            Some(Named::Variant(id)) => goods.variants.push(id),
            None => unknown.push(name),
        }
    }
    if !unknown.is_empty() {
        wrong.add(&format!("{prefix}_products"), not_found(&unknown, words)?);
    }
    let tree = catalog::categories(conn, OWN_LANGUAGE)?;
    let mut unknown = Vec::new();
    for name in text(PARTS[1]) {
        match tree.by_slug(&name) {
            Some(category) => goods.categories.push(category.id),
            None => unknown.push(name),
        }
    }
    if !unknown.is_empty() {
        wrong.add(&format!("{prefix}_categories"), not_found(&unknown, words)?);
    }
    Ok(goods)
}

/// A sentence that repeats the names that nothing has.
pub fn not_found(names: &[String], words: &Words) -> Result<String> {
    words.with("promotion-not-found", &[("names", &names.join(", "))])
}

/// Fills the fields behind `prefix`.
pub fn fill(conn: &mut Conn, form: Form, prefix: &str, goods: &Goods) -> Result<Form> {
    let mut products = catalog::addresses(conn, &goods.products)?;
    products.extend(catalog::skus(conn, &goods.variants)?);
    let values = [products, categories(conn, &goods.categories)?, goods.brands.clone(), goods.tags.clone()];
    Ok(PARTS.iter().zip(values).fold(form, |form, (part, value)| form.fill(&format!("{prefix}_{part}"), value.join("\n"))))
}

/// Everything that names the goods, for a sentence.
pub fn spelled(conn: &mut Conn, goods: &Goods) -> Result<Vec<String>> {
    let mut all = catalog::addresses(conn, &goods.products)?;
    all.extend(catalog::skus(conn, &goods.variants)?);
    all.extend(categories(conn, &goods.categories)?);
    all.extend(goods.brands.iter().cloned());
    all.extend(goods.tags.iter().cloned());
    Ok(all)
}

fn categories(conn: &mut Conn, ids: &[CategoryId]) -> Result<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let tree = catalog::categories(conn, OWN_LANGUAGE)?;
    Ok(ids.iter().filter_map(|id| tree.get(*id)).map(|category| category.slug.clone()).collect())
}

/// The SKU of a variant, or its number when it has none.
pub fn sku(conn: &mut Conn, variant: VariantId) -> Result<String> {
    Ok(catalog::skus(conn, &[variant])?.pop().unwrap_or_else(|| variant.to_string()))
}
