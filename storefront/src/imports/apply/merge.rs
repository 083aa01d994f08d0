//! A draft laid over what is stored: what the draft does not say stays.

use crate::catalog::{Picture, Product, Status, Variant};
use crate::ids::CategoryId;
use crate::imports::draft::{DraftStatus, ProductDraft, VariantDraft};
use kernel::Result;
use kernel::web::i18n::Language;
use sha2::{Digest, Sha256};

/// What a draft says, as a hash. Lines do not count: a file that was sorted anew says the same.
pub(super) fn hash(draft: &ProductDraft) -> Result<String> {
    let mut said = draft.clone();
    said.line = 0;
    for variant in &mut said.variants {
        variant.line = 0;
    }
    Ok(hex::encode(Sha256::digest(kernel::json::text(&said)?.as_bytes())))
}

/// The product after the import, not yet checked, with `attributes` as they will be stored. A new product is shown to shoppers unless
/// the draft says otherwise.
pub(super) fn merge(
    before: Option<Product>,
    draft: &ProductDraft,
    attributes: Vec<(String, String)>,
    slug: String,
    categories: Vec<CategoryId>,
) -> Product {
    let mut product = before.unwrap_or_else(|| Product { slug, status: Status::Active, ..Product::default() });
    if !draft.title.is_empty() {
        product.title.clone_from(&draft.title);
    }
    say(&mut product.description_html, &draft.description_html);
    say(&mut product.brand, &draft.brand);
    say(&mut product.product_type, &draft.product_type);
    say(&mut product.seo_title, &draft.seo_title);
    say(&mut product.seo_description, &draft.seo_description);
    if let Some(status) = draft.status {
        product.status = match status {
            DraftStatus::Active => Status::Active,
            DraftStatus::Draft => Status::Draft,
            DraftStatus::Archived => Status::Archived,
        };
    }
    product.gift_card = draft.gift_card.unwrap_or(product.gift_card);
    if !draft.tags.is_empty() {
        product.tags.clone_from(&draft.tags);
    }
    // A file has a column for each attribute, so the order of a product's own is not in it.
    if !attributes.is_empty() && by_name(&attributes) != by_name(&product.attributes) {
        product.attributes = attributes;
    }
    if !categories.is_empty() {
        product.categories = categories;
    }
    for (language, text) in &draft.translations {
        let stored = product.texts.entry(own_language(language)).or_default();
        say(&mut stored.title, &text.title);
        say(&mut stored.description_html, &text.description_html);
        say(&mut stored.seo_title, &text.seo_title);
        say(&mut stored.seo_description, &text.seo_description);
    }
    if !draft.pictures.is_empty() {
        pictures(&mut product, draft);
    }
    if !draft.variants.is_empty() {
        product.options.clone_from(&draft.options);
        variants(&mut product, &draft.variants);
    }
    product
}

/// Attributes by name, with the values of each in their order.
fn by_name(attributes: &[(String, String)]) -> Vec<&(String, String)> {
    let mut sorted: Vec<_> = attributes.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}

fn say(stored: &mut String, said: &Option<String>) {
    if let Some(said) = said {
        stored.clone_from(said);
    }
}

/// The shop's code for a language tag: `zh-Hans` is `zh`. One that the shop does not speak is kept under its own tag.
fn own_language(tag: &str) -> String {
    let whole = tag.replace('_', "-").to_lowercase();
    let primary = whole.split('-').next().unwrap_or(&whole);
    let known = Language::parse(&whole).or_else(|| Language::parse(primary));
    known.map_or_else(|| tag.to_string(), |language| language.code().to_string())
}

fn pictures(product: &mut Product, draft: &ProductDraft) {
    let stored = std::mem::take(&mut product.pictures);
    for said in &draft.pictures {
        let known = stored.iter().find(|picture| picture.source == said.source);
        product.pictures.push(Picture {
            source: said.source.clone(),
            alt: said.alt.clone().or_else(|| known.map(|picture| picture.alt.clone())).unwrap_or_default(),
            hash: known.and_then(|picture| picture.hash.clone()),
        });
    }
}

/// A variant of the file is the stored one with its SKU, or else with its options. Stored ones that the file leaves out are no
/// longer sold; they come last.
fn variants(product: &mut Product, drafts: &[VariantDraft]) {
    let mut stored: Vec<Option<Variant>> = std::mem::take(&mut product.variants).into_iter().map(Some).collect();
    let mut found: Vec<Option<Variant>> = drafts
        .iter()
        .map(|draft| {
            draft.sku.as_ref()?;
            stored.iter_mut().find(|variant| variant.as_ref().is_some_and(|variant| variant.sku == draft.sku))?.take()
        })
        .collect();
    for (draft, found) in drafts.iter().zip(&mut found) {
        if found.is_none() {
            let same = |variant: &Option<Variant>| variant.as_ref().is_some_and(|variant| variant.options == draft.options);
            *found = stored.iter_mut().find(|variant| same(variant)).and_then(Option::take);
        }
    }
    product.variants = drafts.iter().zip(found).map(|(draft, found)| variant(found, draft)).collect();
    let gone = stored.into_iter().flatten().map(|variant| Variant { active: false, ..variant });
    product.variants.extend(gone);
}

fn variant(stored: Option<Variant>, draft: &VariantDraft) -> Variant {
    // A new variant counts its stock only when the file says how much there is.
    let mut variant = stored.unwrap_or_else(|| Variant { tracked: draft.quantity.is_some(), ..Variant::default() });
    variant.active = true;
    variant.options.clone_from(&draft.options);
    if draft.sku.is_some() {
        variant.sku.clone_from(&draft.sku);
    }
    say(&mut variant.barcode, &draft.barcode);
    say(&mut variant.tax_class, &draft.tax_class);
    say(&mut variant.picture, &draft.picture);
    variant.price = draft.price.or(variant.price);
    variant.compare_at = draft.compare_at.or(variant.compare_at);
    variant.cost = draft.cost.or(variant.cost);
    variant.tracked = draft.tracked.unwrap_or(variant.tracked);
    variant.oversell = draft.oversell.unwrap_or(variant.oversell);
    variant.weight_grams = draft.weight_grams.unwrap_or(variant.weight_grams);
    variant.measure.unit = draft.unit.unwrap_or(variant.measure.unit);
    variant.measure.precision = draft.precision.unwrap_or(variant.measure.precision);
    variant.requires_shipping = draft.requires_shipping.unwrap_or(variant.requires_shipping);
    variant.taxable = draft.taxable.unwrap_or(variant.taxable);
    // What the old shop had oversold is not on its shelf; what is as counted needs no movement.
    // A file that says nothing of decimals counts whole units.
    let steps = if draft.precision.is_none() { variant.measure.per() } else { 1 };
    let quantity = draft.quantity.map(|units| units.saturating_mul(steps));
    variant.count = quantity.filter(|_| variant.tracked).map(|units| units.max(0)).filter(|units| *units != variant.on_hand);
    variant
}
