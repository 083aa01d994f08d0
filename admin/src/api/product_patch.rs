//! What a program wants of a product: fields that it leaves out stay as they are.

use super::product_view::{NamedValue, TextParts};
use chrono::{DateTime, Utc};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use storefront::api::amount::{Amount, LARGEST};
use storefront::attributes::Definitions;
use storefront::catalog::{Categories, Product, Status, Variant};
use storefront::units::Unit;
use utoipa::ToSchema;

/// A change of a product. What is left out stays as it is; `null` takes away what may be missing.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductFields {
    #[schema(max_length = 300)]
    title: Option<String>,
    /// Without one the title gives it.
    #[schema(max_length = 200)]
    slug: Option<String>,
    #[schema(pattern = "^(active|draft|archived)$")]
    status: Option<String>,
    /// What is not safe to show is taken out.
    description_html: Option<String>,
    #[schema(max_length = 200)]
    brand: Option<String>,
    #[schema(max_length = 200)]
    product_type: Option<String>,
    tags: Option<Vec<String>>,
    /// What the variants differ in.
    #[schema(max_items = 3)]
    options: Option<Vec<String>>,
    #[schema(max_length = 500)]
    seo_title: Option<String>,
    #[schema(max_length = 5000)]
    seo_description: Option<String>,
    /// Whether each unit sold is a gift card over its price.
    gift_card: Option<bool>,
    /// UTC (RFC 3339).
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = "date-time")]
    publish_from: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = "date-time")]
    publish_until: Option<Option<DateTime<Utc>>>,
    /// By the code of a further language; a language that is named is replaced whole.
    #[serde(default)]
    texts: BTreeMap<String, TextParts>,
    /// Slugs, in place of the categories it is in.
    categories: Option<Vec<String>>,
    /// In place of those it has.
    attributes: Option<Vec<NamedValue>>,
    /// Those with an `id` are changed, those without are added; the rest stay. One that is not sold any more gets `active: false`.
    #[serde(default)]
    #[schema(max_items = 2000)]
    variants: Vec<VariantFields>,
}

/// A variant. What is left out stays as it is; a new one is tracked, taxed, sent and sold unless it says otherwise.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantFields {
    id: Option<i64>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 200)]
    sku: Option<Option<String>>,
    #[schema(max_length = 200)]
    barcode: Option<String>,
    /// A value for each option of the product.
    options: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Amount>)]
    price: Option<Option<Amount>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Amount>)]
    compare_at: Option<Option<Amount>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Amount>)]
    cost: Option<Option<Amount>>,
    tracked: Option<bool>,
    oversell: Option<bool>,
    /// Units in the house, of a new variant alone: those of others change by movements of stock.
    #[schema(minimum = 0)]
    on_hand: Option<i64>,
    #[schema(minimum = 0)]
    weight_grams: Option<i64>,
    /// A code of UN/ECE Recommendation 20.
    #[schema(value_type = Option<String>, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    unit: Option<Unit>,
    /// The decimals of the unit that can be ordered. It stays as it is once anything was ordered, stocked or put on a list.
    #[schema(minimum = 0, maximum = 3)]
    precision: Option<i64>,
    requires_shipping: Option<bool>,
    taxable: Option<bool>,
    #[schema(max_length = 50)]
    tax_class: Option<String>,
    active: Option<bool>,
}

/// Tells `null` from a field that was left out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// What a change is read against.
pub struct Around<'a> {
    pub categories: &'a Categories,
    pub definitions: &'a Definitions,
    pub currency: Currency,
    /// Whether that is the shop's own: what is sold has a price in it.
    pub own: bool,
}

fn set<T>(field: &mut T, wanted: Option<T>) {
    if let Some(wanted) = wanted {
        *field = wanted;
    }
}

impl ProductFields {
    /// The product that is meant, over the stored one, and for each of its variants its place in the request. `Invalid` names what cannot be.
    pub fn over(self, stored: &Product, around: &Around) -> Result<(Product, Vec<Option<usize>>)> {
        let mut wrong = Fields::default();
        let mut product = stored.clone();
        set(&mut product.title, self.title);
        set(&mut product.slug, self.slug);
        set(&mut product.description_html, self.description_html);
        set(&mut product.brand, self.brand);
        set(&mut product.product_type, self.product_type);
        set(&mut product.tags, self.tags);
        set(&mut product.options, self.options);
        set(&mut product.seo_title, self.seo_title);
        set(&mut product.seo_description, self.seo_description);
        set(&mut product.gift_card, self.gift_card);
        set(&mut product.window.from, self.publish_from.map(naive));
        set(&mut product.window.until, self.publish_until.map(naive));
        if let Some(status) = self.status {
            match Status::parse(&status) {
                Some(status) => product.status = status,
                None => wrong.add("status", "Give one of active, draft, archived."),
            }
        }
        for (code, text) in self.texts {
            match Language::further().find(|language| language.code() == code) {
                Some(_) => drop(product.texts.insert(code, text.into())),
                None => wrong.add(&format!("texts.{}", code.chars().take(20).collect::<String>()), "The shop does not know this language."),
            }
        }
        if let Some(slugs) = self.categories {
            product.categories.clear();
            for (at, slug) in slugs.iter().enumerate() {
                match around.categories.by_slug(slug) {
                    Some(category) => product.categories.push(category.id),
                    None => wrong.add(&format!("categories[{at}]"), "There is no such category."),
                }
            }
        }
        if let Some(wanted) = self.attributes {
            let wanted: Vec<(String, String)> = wanted.into_iter().map(|one| (one.name, one.value)).collect();
            let (fitted, unfit) = around.definitions.fit(&wanted, &stored.attributes);
            product.attributes = fitted;
            for one in unfit {
                let at = wanted.iter().position(|(name, value)| name.trim() == one.name && *value == one.value).unwrap_or(0);
                wrong.add(&format!("attributes[{at}].value"), one.why.key());
            }
        }
        let mut places = vec![None; product.variants.len()];
        for (at, fields) in self.variants.into_iter().enumerate() {
            fields.into_product(at, &mut product, &mut places, around, &mut wrong);
        }
        wrong.check()?;
        Ok((product, places))
    }
}

fn naive(at: Option<DateTime<Utc>>) -> Option<Time> {
    at.map(|at| at.naive_utc())
}

impl VariantFields {
    fn into_product(self, at: usize, product: &mut Product, places: &mut Vec<Option<usize>>, around: &Around, wrong: &mut Fields) {
        let field = |name: &str| format!("variants[{at}].{name}");
        let place = match self.id {
            Some(id) => product.variants.iter().position(|one| one.id.is_some_and(|known| known.0 == id)),
            None => {
                product.variants.push(Variant { count: self.on_hand, ..Variant::default() });
                places.push(None);
                Some(product.variants.len() - 1)
            }
        };
        let Some(place) = place else { return wrong.add(&field("id"), "This product has no such variant.") };
        if places[place].replace(at).is_some() {
            return wrong.add(&field("id"), "Name each variant once.");
        }
        if self.id.is_some() && self.on_hand.is_some() {
            wrong.add(&field("on_hand"), "Receive, count or adjust its stock instead.");
        }
        if self.on_hand.is_some_and(|units| !(0..=LARGEST).contains(&units)) {
            wrong.add(&field("on_hand"), "Give a number above zero.");
        }
        let variant = &mut product.variants[place];
        let mut amount = |name: &str, wanted: Option<Option<Amount>>, stored: &mut Option<i64>| match wanted {
            None => {}
            Some(None) => *stored = None,
            Some(Some(amount)) => match amount.minor_in(around.currency, &field(name)) {
                Ok(minor) => *stored = Some(minor),
                Err(Error::Invalid(fields)) => fields.0.into_iter().for_each(|(name, text)| wrong.add(&name, text)),
                Err(_) => wrong.add(&field(name), "Give an amount."),
            },
        };
        amount("price", self.price, &mut variant.price);
        amount("compare_at", self.compare_at, &mut variant.compare_at);
        amount("cost", self.cost, &mut variant.cost);
        set(&mut variant.sku, self.sku);
        set(&mut variant.barcode, self.barcode);
        set(&mut variant.options, self.options);
        set(&mut variant.tracked, self.tracked);
        set(&mut variant.oversell, self.oversell);
        set(&mut variant.weight_grams, self.weight_grams);
        set(&mut variant.measure.unit, self.unit);
        set(&mut variant.measure.precision, self.precision);
        set(&mut variant.requires_shipping, self.requires_shipping);
        set(&mut variant.taxable, self.taxable);
        set(&mut variant.active, self.active);
        if let Some(class) = self.tax_class.map(|class| class.trim().to_lowercase()).filter(|class| !class.is_empty()) {
            variant.tax_class = class;
        }
        if around.own && variant.active && variant.price.is_none() {
            wrong.add(&field("price"), "admin-price-required");
        }
    }
}

/// The domain's names of what is wrong (`variants.0.price`) as the request's (`variants[2].price`).
pub fn named(error: Error, places: &[Option<usize>]) -> Error {
    let Error::Invalid(wrong) = error else { return error };
    let mut fields = Fields::default();
    for (name, message) in wrong.0 {
        let of_variant = name.strip_prefix("variants.").and_then(|rest| rest.split_once('.'));
        let name = match of_variant.map(|(at, field)| (at.parse::<usize>().ok().and_then(|at| places.get(at).copied().flatten()), field)) {
            Some((Some(at), field)) => format!("variants[{at}].{field}"),
            Some((None, _)) => "variants".into(),
            None => name,
        };
        fields.add(&name, message);
    }
    Error::Invalid(fields)
}
