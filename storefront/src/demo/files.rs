//! The files of the demo shop, read into the shop's own words.

use crate::articles;
use crate::attributes::{Choice, Definition, Kind};
use crate::content::ContentPage;
use crate::ids::CategoryId;
use crate::imports::ProductDraft;
use crate::promotions::{Cut, Effect, Goods, Terms};
use crate::shipping::NewShippingRate;
use crate::shop::OWN_LANGUAGE;
use crate::tax_rates::NewTaxRate;
use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::money::Currency;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CategoryFile {
    pub name: String,
    pub slug: String,
    pub description: String,
    pub translations: BTreeMap<String, CategoryText>,
    pub picture: Option<String>,
    pub children: Vec<CategoryFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CategoryText {
    pub name: String,
    pub description: String,
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    Ok(serde_json::from_str(text)?)
}

pub(super) fn products() -> Result<Vec<ProductDraft>> {
    read(include_str!("../../../demo/products.json"))
}

pub(super) fn categories() -> Result<Vec<CategoryFile>> {
    read(include_str!("../../../demo/categories.json"))
}

pub(super) fn home() -> Result<serde_json::Value> {
    read(include_str!("../../../demo/home.json"))
}

/// Definitions of attributes; `category` gives the category of a slug.
pub(super) fn attributes(category: &dyn Fn(&str) -> Option<CategoryId>) -> Result<Vec<Definition>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Attribute {
        name: String,
        code: String,
        kind: Kind,
        #[serde(default)]
        unit: String,
        #[serde(default)]
        several: bool,
        facet: bool,
        #[serde(default)]
        choices: Vec<Choice>,
        #[serde(default)]
        categories: Vec<String>,
    }
    let files: Vec<Attribute> = read(include_str!("../../../demo/attributes.json"))?;
    let own = |file: Attribute| Definition {
        name: file.name,
        code: file.code,
        kind: file.kind,
        unit: file.unit,
        several: file.several,
        facet: file.facet,
        choices: file.choices,
        categories: file.categories.iter().filter_map(|slug| category(slug)).collect(),
        ..Definition::default()
    };
    Ok(files.into_iter().map(own).collect())
}

/// Words with their Chinese.
pub(super) fn labels() -> Result<Vec<(String, String)>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Label {
        source: String,
        zh: String,
    }
    let labels: Vec<Label> = read(include_str!("../../../demo/labels.json"))?;
    Ok(labels.into_iter().map(|label| (label.source, label.zh)).collect())
}

pub(super) fn tax_rates() -> Result<Vec<NewTaxRate>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rate {
        country: String,
        class: String,
        rate_bp: i64,
        name: String,
    }
    let rates: Vec<Rate> = read(include_str!("../../../demo/taxes.json"))?;
    let own = |rate: Rate| NewTaxRate::of_country(&rate.country, &rate.class, &rate.name, rate.rate_bp);
    Ok(rates.into_iter().map(own).collect())
}

/// Rates, each with its Chinese name.
pub(super) fn shipping_rates() -> Result<Vec<(NewShippingRate, String)>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Rate {
        name: String,
        zh: String,
        countries: Vec<String>,
        price: i64,
        free_over: Option<i64>,
        min_weight: Option<i64>,
        max_weight: Option<i64>,
        delivery_days: String,
    }
    let rates: Vec<Rate> = read(include_str!("../../../demo/shipping.json"))?;
    let own = |(rate, position): (Rate, i64)| {
        let stored = NewShippingRate {
            countries: rate.countries.join(" "),
            free_over: rate.free_over,
            min_weight: rate.min_weight,
            max_weight: rate.max_weight,
            delivery_days: rate.delivery_days,
            position,
            ..NewShippingRate::flat(&rate.name, Currency::EUR, rate.price)
        };
        (stored, rate.zh)
    };
    Ok(rates.into_iter().zip(0i64..).map(own).collect())
}

pub(super) fn coupons() -> Result<Vec<Terms>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Percentage,
        Amount,
        FreeShipping,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Coupon {
        code: String,
        kind: Kind,
        percent_bp: Option<i64>,
        amount: Option<i64>,
        minimum: Option<i64>,
        starts_at: Option<DateTime<Utc>>,
        ends_at: Option<DateTime<Utc>>,
        limit_total: Option<i64>,
        limit_per_customer: Option<i64>,
    }
    let coupons: Vec<Coupon> = read(include_str!("../../../demo/coupons.json"))?;
    let own = |coupon: Coupon| {
        let reduce = |cut: Cut| Effect::Reduce { cut, on: Goods::default() };
        let effect = match coupon.kind {
            Kind::Percentage => reduce(Cut::Percentage(coupon.percent_bp.unwrap_or(0))),
            Kind::Amount => reduce(Cut::Amount(coupon.amount.unwrap_or(0))),
            Kind::FreeShipping => Effect::FreeShipping,
        };
        let mut terms = Terms {
            starts_at: coupon.starts_at.map(|at| at.naive_utc()),
            ends_at: coupon.ends_at.map(|at| at.naive_utc()),
            max_uses: coupon.limit_total,
            max_uses_per_customer: coupon.limit_per_customer,
            ..Terms::coupon(&coupon.code, effect, Currency::EUR)
        };
        terms.rules.conditions.amount = coupon.minimum.unwrap_or(0);
        terms
    };
    Ok(coupons.into_iter().map(own).collect())
}

/// The help articles, with their slugs.
pub(super) fn articles() -> Result<Vec<(String, articles::Wish)>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Article {
        slug: String,
        texts: BTreeMap<String, Text>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Text {
        topic: String,
        title: String,
        body_html: String,
    }
    let files: Vec<Article> = read(include_str!("../../../demo/articles.json"))?;
    let words =
        |(language, text): (String, Text)| articles::Words { language, topic: text.topic, title: text.title, body_html: text.body_html };
    let wish = |(file, position): (Article, i64)| {
        (file.slug, articles::Wish { position, published: true, words: file.texts.into_iter().map(words).collect() })
    };
    Ok(files.into_iter().zip(0..).map(wish).collect())
}

/// Every page in every language it has.
pub(super) fn pages() -> Result<Vec<ContentPage>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Page {
        slug: String,
        title: String,
        body_html: String,
        translations: BTreeMap<String, Text>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Text {
        title: String,
        body_html: String,
    }
    let files: Vec<Page> = read(include_str!("../../../demo/pages.json"))?;
    let mut pages = Vec::new();
    for (file, position) in files.into_iter().zip(0i64..) {
        let own = (OWN_LANGUAGE.to_string(), Text { title: file.title, body_html: file.body_html });
        for (language, Text { title, body_html }) in std::iter::once(own).chain(file.translations) {
            pages.push(ContentPage { slug: file.slug.clone(), language, title, body_html, position });
        }
    }
    Ok(pages)
}
