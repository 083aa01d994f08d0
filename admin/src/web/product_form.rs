//! A product as a form, and back. Variants and pictures are rows whose fields carry their number (`v0_price`, `p2_alt`).

use super::forms::{self, Reader};
use super::languages;
use super::product_attributes;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use storefront::attributes::Definitions;
use storefront::catalog::{Categories, Picture, Product, Status, Text, Variant, Window};
use storefront::ids::CategoryId;
use storefront::shop::Shop;
use storefront::units::Unit;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// The fields of the product itself.
const BASE: &[&str] = &[
    "updated_at",
    "title",
    "slug",
    "status",
    "publish_from",
    "publish_until",
    "description",
    "brand",
    "product_type",
    "gift_card",
    "tags",
    "options",
    "matrix",
    "attributes",
    "attributes_of",
    "seo_title",
    "seo_description",
];
/// The fields that there are in further languages too.
const SAID: &[&str] = &["title", "description", "seo_title", "seo_description"];
/// The fields of a variant.
pub const VARIANT: &[&str] = &[
    "id",
    "sku",
    "barcode",
    "options",
    "price",
    "compare_at",
    "cost",
    "weight",
    "unit",
    "precision",
    "tax_class",
    "quantity",
    "tracked",
    "oversell",
    "requires_shipping",
    "taxable",
    "active",
];
/// The fields of a picture. `of` says which one it is.
pub const PICTURE: [&str; 4] = ["of", "alt", "position", "remove"];
/// Empty rows for new variants below those there are.
pub const BLANK_ROWS: usize = 1;
/// How the form tells a moment, to the finest that is stored.
pub const MOMENT: &str = "%Y-%m-%dT%H:%M:%S%.6f";

/// Every name of the form, in its order, for `variants` rows and `pictures` rows.
pub fn names(variants: usize, pictures: usize, categories: &Categories, definitions: &Definitions) -> Vec<String> {
    let mut names: Vec<String> = BASE.iter().map(ToString::to_string).collect();
    names.extend(languages::further(SAID));
    names.extend(categories.0.iter().map(|category| format!("category-{}", category.id)));
    names.extend(product_attributes::names(definitions));
    for at in 0..pictures {
        names.extend(PICTURE.map(|field| format!("p{at}_{field}")));
    }
    for at in 0..variants {
        names.extend(VARIANT.iter().map(|field| format!("v{at}_{field}")));
    }
    names
}

/// An empty form with these names.
pub fn blank(names: &[String]) -> Form {
    Form::new(names)
}

/// The form of a stored product, with `rows` rows of variants.
pub fn filled(
    product: &Product,
    updated_at: Option<Time>,
    rows: usize,
    categories: &Categories,
    definitions: &Definitions,
    shop: &Shop,
) -> Form {
    let mut form = blank(&names(rows, product.pictures.len(), categories, definitions))
        .fill("updated_at", updated_at.map(|at| at.format(MOMENT).to_string()).unwrap_or_default())
        .fill("title", &product.title)
        .fill("slug", &product.slug)
        .fill("status", product.status.as_str())
        .fill("publish_from", forms::moment(product.window.from.map(|at| shop.local(at))))
        .fill("publish_until", forms::moment(product.window.until.map(|at| shop.local(at))))
        .fill("description", &product.description_html)
        .fill("brand", &product.brand)
        .fill("product_type", &product.product_type)
        .fill("gift_card", forms::tick(product.gift_card))
        .fill("tags", product.tags.join(", "))
        .fill("options", product.options.join(", "))
        .fill("seo_title", &product.seo_title)
        .fill("seo_description", &product.seo_description);
    for language in Language::further() {
        let Some(text) = product.texts.get(language.code()) else { continue };
        form = form
            .fill(&languages::field("title", language), &text.title)
            .fill(&languages::field("description", language), &text.description_html)
            .fill(&languages::field("seo_title", language), &text.seo_title)
            .fill(&languages::field("seo_description", language), &text.seo_description);
    }
    form = product_attributes::filled(form, product, definitions, categories);
    for category in &product.categories {
        form = form.fill(&format!("category-{category}"), "on");
    }
    for (at, picture) in product.pictures.iter().enumerate() {
        let name = |field: &str| format!("p{at}_{field}");
        form = form.fill(&name("of"), mark(picture)).fill(&name("alt"), &picture.alt).fill(&name("position"), (at + 1).to_string());
    }
    for at in 0..rows {
        let fresh = Variant::default();
        let variant = product.variants.get(at).unwrap_or(&fresh);
        form = variant_filled(form, at, variant, shop.currency);
    }
    form
}

/// What tells a picture of the product from its others.
pub fn mark(picture: &Picture) -> String {
    kernel::token::hash(&picture.source)
}

fn variant_filled(form: Form, at: usize, variant: &Variant, currency: Currency) -> Form {
    let name = |field: &str| format!("v{at}_{field}");
    let weight = if variant.weight_grams == 0 { String::new() } else { variant.weight_grams.to_string() };
    form.fill(&name("id"), variant.id.map(|id| id.to_string()).unwrap_or_default())
        .fill(&name("sku"), variant.sku.clone().unwrap_or_default())
        .fill(&name("barcode"), &variant.barcode)
        .fill(&name("options"), variant.options.join(" / "))
        .fill(&name("price"), forms::amount(variant.price, currency))
        .fill(&name("compare_at"), forms::amount(variant.compare_at, currency))
        .fill(&name("cost"), forms::amount(variant.cost, currency))
        .fill(&name("weight"), weight)
        .fill(&name("unit"), variant.measure.unit.as_str().to_lowercase())
        .fill(&name("precision"), variant.measure.precision.to_string())
        .fill(&name("tax_class"), &variant.tax_class)
        .fill(&name("tracked"), forms::tick(variant.tracked))
        .fill(&name("oversell"), forms::tick(variant.oversell))
        .fill(&name("requires_shipping"), forms::tick(variant.requires_shipping))
        .fill(&name("taxable"), forms::tick(variant.taxable))
        .fill(&name("active"), forms::tick(variant.active))
}

/// When the form was made; `None` for a new product. A made-up moment is refused like a stale one.
pub fn seen(posted: &Posted) -> Result<Option<Time>> {
    match posted.get("updated_at") {
        "" => Ok(None),
        text => Time::parse_from_str(text, MOMENT).map(Some).map_err(|_| Error::conflict("form-expired")),
    }
}

/// Rows of variants that the form had.
pub fn rows(posted: &Posted) -> usize {
    (0..2001).take_while(|at| posted.pairs().any(|(name, _)| name == format!("v{at}_price"))).count()
}

/// The product that the form means, over the one that is stored. Checks only what the domain cannot: that values read, and, with prices
/// in the shop's `own` currency, that what is sold has one.
pub fn product(posted: &Posted, stored: &Product, definitions: &Definitions, shop: &Shop, own: bool) -> Result<Product> {
    let mut reader = Reader::new(posted, shop.currency);
    let mut product = stored.clone();
    match Status::parse(posted.get("status")) {
        Some(status) => product.status = status,
        None => reader.wrong.add("status", "admin-required"),
    }
    product.window = Window {
        from: reader.moment("publish_from").map(|at| shop.moment(at)),
        until: reader.moment("publish_until").map(|at| shop.moment(at)),
    };
    product.title = reader.text("title");
    product.slug = reader.text("slug");
    product.description_html = reader.text("description");
    product.brand = reader.text("brand");
    product.product_type = reader.text("product_type");
    product.gift_card = reader.ticked("gift_card");
    product.tags = list(posted.get("tags"), ',');
    product.options = list(posted.get("options"), ',');
    product.seo_title = reader.text("seo_title");
    product.seo_description = reader.text("seo_description");
    for language in Language::further() {
        let said = |name: &str| reader.text(&languages::field(name, language));
        let text = Text {
            title: said("title"),
            description_html: said("description"),
            seo_title: said("seo_title"),
            seo_description: said("seo_description"),
        };
        product.texts.insert(language.code().into(), text);
    }
    product.categories = posted
        .pairs()
        .filter_map(|(name, value)| name.strip_prefix("category-").filter(|_| value == "on")?.parse().ok().map(CategoryId))
        .collect();
    product.attributes = product_attributes::read(&mut reader, posted, &stored.attributes, definitions);
    pictures(&mut reader, &mut product);
    variants(&mut reader, &mut product, rows(posted), own);
    reader.check()?;
    Ok(product)
}

/// Words between `separator`s.
pub fn list(text: &str, separator: char) -> Vec<String> {
    text.split(separator).map(|word| word.trim().to_string()).filter(|word| !word.is_empty()).collect()
}

/// New texts and a new order of the pictures; equal positions keep the order there was.
fn pictures(reader: &mut Reader, product: &mut Product) {
    let mut kept: Vec<(i64, Picture)> = Vec::new();
    for (at, picture) in product.pictures.iter().enumerate() {
        if reader.ticked(&format!("p{at}_remove")) {
            continue;
        }
        let position = reader.number(&format!("p{at}_position"));
        kept.push((position, Picture { alt: reader.text(&format!("p{at}_alt")), ..picture.clone() }));
    }
    kept.sort_by_key(|(position, _)| *position);
    product.pictures = kept.into_iter().map(|(_, picture)| picture).collect();
}

/// Rows of stored variants, then new ones; a new row in which nothing was typed is none.
fn variants(reader: &mut Reader, product: &mut Product, rows: usize, own: bool) {
    let stored = std::mem::take(&mut product.variants);
    for at in 0..rows.max(stored.len()) {
        let old = stored.get(at);
        let name = |field: &str| format!("v{at}_{field}");
        if old.is_some() && at >= rows {
            // The form was made before this variant was: it stays as it is.
            product.variants.extend(old.cloned());
            continue;
        }
        let typed = ["sku", "barcode", "options", "price", "compare_at", "cost", "weight", "quantity"];
        if old.is_none() && typed.iter().all(|field| reader.text(&name(field)).trim().is_empty()) {
            continue;
        }
        let mut variant = old.cloned().unwrap_or_default();
        variant.sku = Some(reader.text(&name("sku")));
        variant.barcode = reader.text(&name("barcode"));
        variant.options = list(&reader.text(&name("options")), '/');
        variant.price = reader.optional_amount(&name("price"));
        variant.compare_at = reader.optional_amount(&name("compare_at"));
        variant.cost = reader.optional_amount(&name("cost"));
        variant.weight_grams = reader.number(&name("weight"));
        match Unit::parse(&reader.text(&name("unit")).trim().to_uppercase()) {
            Some(unit) => variant.measure.unit = unit,
            // A form of before, or a program's, says nothing of it.
            None if reader.text(&name("unit")).is_empty() => {}
            None => reader.wrong.add(&name("unit"), "unit-unknown"),
        }
        if let Some(precision) = reader.optional_number(&name("precision")) {
            variant.measure.precision = precision;
        }
        variant.tax_class = reader.text(&name("tax_class")).trim().to_lowercase();
        if variant.tax_class.is_empty() {
            variant.tax_class = "standard".into();
        }
        if old.is_none() {
            let text = reader.text(&name("quantity"));
            variant.count = if text.trim().is_empty() { None } else { variant.measure.read(&text) };
            if variant.count.is_none() && !text.trim().is_empty() {
                reader.wrong.add(&name("quantity"), "admin-number-invalid");
            }
        }
        variant.tracked = reader.ticked(&name("tracked"));
        variant.oversell = reader.ticked(&name("oversell"));
        variant.requires_shipping = reader.ticked(&name("requires_shipping"));
        variant.taxable = reader.ticked(&name("taxable"));
        variant.active = reader.ticked(&name("active"));
        if own && variant.active && variant.price.is_none() && !reader.wrong.0.contains_key(&name("price")) {
            reader.wrong.add(&name("price"), "admin-price-required");
        }
        product.variants.push(variant);
    }
}

/// The domain's names of what is wrong (`variants.0.price`) as the form's (`v0_price`).
pub fn named(wrong: Fields) -> Fields {
    let mut fields = Fields::default();
    for (name, message) in wrong.0 {
        let name = match name.strip_prefix("variants.").and_then(|rest| rest.split_once('.')) {
            Some((at, field)) => format!("v{at}_{field}"),
            None => name,
        };
        fields.add(&name, message);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_and_the_form_name_fields_alike() {
        let mut wrong = Fields::default();
        wrong.add("variants.3.sku", "admin-sku-taken");
        let named = named(wrong);
        assert_eq!(named.0.get("v3_sku").map(String::as_str), Some("admin-sku-taken"));
    }

    #[test]
    fn a_list_forgives_blanks() {
        assert_eq!(list(" Blue /  XL /", '/'), ["Blue", "XL"]);
        assert!(list("  ", ',').is_empty());
    }
}
