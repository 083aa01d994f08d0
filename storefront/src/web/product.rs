//! A product: pictures, choice, price, stock, and what goes with it.

use super::category::crumbs;
use super::door::Door;
use super::page_cache::{self, Rendered};
use super::shelves::{self, Showing};
use super::shown_attribute::written;
use super::slots::{Everyone, Slot};
use super::views::page::Page;
use super::views::product::{Attribute, AttributeValue, BreakView, OptionValue, OptionView, ProductView, VariantView};
use super::views::shared::{Link, Stock, TaxNote};
use super::visit::Visit;
use super::watch::What;
use super::words::Words;
use super::{frame, reviews, structured};
use crate::attributes::Value;
use crate::catalog::{self, PageAttribute, PageVariant, ProductPage};
use crate::ids::ProductId;
use crate::imports::one_line;
use crate::labels::Labels;
use crate::price_lists::{self, Break};
use crate::promotions::{self, Audience, Priced, Shelf};
use crate::shop::Shop;
use crate::stores;
use crate::{content, tax_rates};
use actix_web::{HttpResponse, web};
use crm::recommendations;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use serde_json::json;
use std::collections::HashMap;
use url::form_urlencoded;

/// Variants the page carries itself; beyond that a choice asks the server.
const CARRIED: usize = 100;
/// Products of the shelf beside this one.
const BESIDE: usize = 4;
/// Products that the shelf of what is bought together begins with.
const TOGETHER: usize = 4;
/// The page that explains delivery, when the merchant has one.
const SHIPPING_PAGE: &str = "shipping";

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/products/{slug}", web::get().to(show));
}

async fn show(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    page_cache::serve(&door, &visit, |everyone| {
        let door = door.clone();
        async move { render(&door, everyone, slug).await }
    })
    .await
}

pub(super) async fn render(door: &Door, everyone: Everyone, slug: String) -> Result<Rendered> {
    let (seen, words) = (everyone.clone(), Words::of(&door.templates, everyone.language)?);
    let (id, page) = door.read(move |conn, now| load(conn, &seen, &slug, &words, now)).await?;
    let html = door.templates.render("storefront/product.html", everyone.spoken(), &page)?;
    Ok(Rendered { html, what: Some(What::Product(id)) })
}

fn load(conn: &mut Conn, everyone: &Everyone, slug: &str, words: &Words, now: Time) -> Result<(ProductId, Page<ProductView>)> {
    let (language, site) = (everyone.language, &everyone.site);
    let shop = stores::shop_for(conn, site.id, &everyone.audience.trade())?;
    let mut found = catalog::page(conn, &shop, slug, language.code())?;
    name_lowest(conn, &mut found, &shop, now)?;
    reduce(conn, &mut found, &shop, &everyone.audience, now)?;
    let mut page = frame::shared(conn, everyone)?;
    let here = format!("/products/{}", found.slug);
    frame::index(&mut page, site, &here);
    let address = if everyone.query.is_empty() { here.clone() } else { format!("{here}?{}", everyone.query) };
    page.alternates = frame::alternates(site, &address, language);
    page.title.clone_from(&found.seo_title);
    page.description = if found.seo_description.is_empty() { summary(&found.description_html) } else { found.seo_description.clone() };

    let chosen: HashMap<String, String> = form_urlencoded::parse(everyone.query.as_bytes()).into_owned().collect();
    // A product none of whose variants is on sale has no page to buy from.
    let selected = select(&found, &chosen).ok_or(Error::NotFound)?.clone();
    show_first(&mut found.pictures, selected.picture_hash.as_deref());
    let variants: Vec<VariantView> =
        found.variants.iter().map(|variant| variant_view(variant, &found, &shop, words, now)).collect::<Result<_>>()?;
    let beside = beside(conn, &shop, found.id)?;
    let showing = Showing { language, shop: &shop, audience: &everyone.audience, now };
    let beside = shelves::shelf(conn, words.get("product-beside"), &beside, &showing)?;
    let shipping = content::list(conn, language.code())?.iter().any(|(slug, _)| slug == SHIPPING_PAGE);
    let path = found.categories.iter().max_by_key(|path| path.len()).map(Vec::as_slice).unwrap_or_default();
    let reviews = reviews::of_product(conn, found.id, &found.slug)?;
    let view = ProductView {
        reviews,
        crumbs: crumbs(path.iter(), words),
        brand: brand(&found),
        pictures: found.pictures.iter().map(shelves::shown).collect(),
        summary: None,
        options: options(&found, &selected),
        selected: variant_view(&selected, &found, &shop, words, now)?,
        variants: if variants.len() > CARRIED { Vec::new() } else { variants },
        tax: match found.gift_card {
            _ if shop.prices_hidden => TaxNote::None,
            true => TaxNote::GiftCard,
            false => tax_note(conn, &shop)?,
        },
        attributes: attributes(&found.attributes, words),
        shelves: beside.into_iter().collect(),
        together: everyone.slots.mark(Slot::Together),
        viewed: everyone.slots.mark(Slot::Viewed),
        wish_list: everyone.slots.mark(Slot::WishList),
        shipping_page: (shipping && !found.gift_card).then(|| format!("/pages/{SHIPPING_PAGE}")),
        matrix: (shop.takes_quick_orders() && found.variants.len() > 1).then(|| super::quick_order::matrix_of(&found.slug)),
        title: found.title,
        description: found.description_html,
        slug: found.slug,
    };
    let product = structured::product(site, language, &view, &page.description);
    let trail = structured::breadcrumbs(site, language, &view.crumbs, (&view.title, &here));
    page.json_ld = Some(json!([product, trail]).to_string());
    Ok((found.id, Page { page, view }))
}

/// Products like this one, without those that the shelf of what is bought together begins with.
fn beside(conn: &mut Conn, shop: &Shop, product: ProductId) -> Result<Vec<ProductId>> {
    let together = recommendations::together(conn, product.0)?;
    let first: Vec<i64> = together.pinned.into_iter().chain(together.learned).take(TOGETHER).collect();
    let mut like = catalog::related(conn, &shop.assortment(), product, (BESIDE + TOGETHER) as i64)?;
    like.retain(|id| !first.contains(&id.0));
    like.truncate(BESIDE);
    Ok(like)
}

/// A row for each attribute, with its values one after another.
fn attributes(found: &[PageAttribute], words: &Words) -> Vec<Attribute> {
    let labels = Labels::default();
    let mut rows: Vec<Attribute> = Vec::new();
    for one in found {
        let (text, swatch) = match &one.value {
            Some(Value::Choice { swatch, .. }) => (one.text.clone(), swatch.clone()),
            // Texts are translated already.
            Some(Value::Text(_)) | None => (one.text.clone(), String::new()),
            Some(value) => (written(value, &one.unit, &labels, words), String::new()),
        };
        match rows.iter_mut().find(|row| row.label == one.name) {
            Some(row) => row.values.push(AttributeValue { text, swatch }),
            None => rows.push(Attribute { label: one.name.clone(), values: vec![AttributeValue { text, swatch }] }),
        }
    }
    rows
}

/// Names the lowest price before what is shown as a reduction, by a former price or by a promotion for everybody.
fn name_lowest(conn: &mut Conn, found: &mut ProductPage, shop: &Shop, now: Time) -> Result<()> {
    if let Some(lowest) = promotions::lowest(conn, shop, &priced(found), now)? {
        found.variants.iter_mut().for_each(|variant| variant.lowest = lowest.get(&variant.id).copied());
    }
    Ok(())
}

/// Shows the prices of the audience's lists, and what promotions of single products take off, with the price before struck through; none of
/// it to who may not see prices.
pub(super) fn reduce(conn: &mut Conn, found: &mut ProductPage, shop: &Shop, audience: &Audience, now: Time) -> Result<()> {
    price_lists::on_page(conn, found, shop, &audience.trade(), now)?;
    if shop.prices_hidden {
        return Ok(());
    }
    let Some(shelf) = Shelf::load(conn, shop, audience, now)? else { return Ok(()) };
    let listed = priced(found);
    for (variant, price) in found.variants.iter_mut().zip(shelf.prices(conn, &listed)?) {
        if let Some(price) = price {
            variant.compare_at = variant.compare_at.or(Some(variant.price));
            variant.price = price;
        }
    }
    let product = found.id;
    for variant in found.variants.iter_mut().filter(|variant| !variant.breaks.is_empty()) {
        let priced = |one: &Break| Priced { product, variant: Some(variant.id), price: one.unit_price, reduced: false };
        let listed: Vec<Priced> = variant.breaks.iter().map(priced).collect();
        for (one, price) in variant.breaks.iter_mut().zip(shelf.prices(conn, &listed)?) {
            one.unit_price = price.unwrap_or(one.unit_price);
        }
    }
    Ok(())
}

/// The variants at their list prices.
fn priced(found: &ProductPage) -> Vec<Priced> {
    let priced = |variant: &PageVariant| Priced {
        product: found.id,
        variant: Some(variant.id),
        price: variant.price,
        reduced: variant.compare_at.is_some(),
    };
    found.variants.iter().map(priced).collect()
}

/// The first words of a text as one plain line, for search engines.
fn summary(html: &str) -> String {
    let line = one_line(html);
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line,
    }
}

fn brand(found: &ProductPage) -> Option<Link> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("brand", &found.brand_key).finish();
    (!found.brand.is_empty()).then(|| Link { label: found.brand.clone(), to: format!("/search?{query}") })
}

/// The gallery begins with the picture of what is chosen: a white cup is not sold under the picture of a blue one.
fn show_first(pictures: &mut [catalog::PagePicture], hash: Option<&str>) {
    if let Some(at) = pictures.iter().position(|picture| Some(picture.hash.as_str()) == hash) {
        pictures[..=at].rotate_right(1);
    }
}

/// The name of the field and query parameter of an option: its stored name in small letters and hyphens.
pub(super) fn param(option: &str) -> String {
    catalog::slug(option)
}

/// The variant of the values in the address, or else the first that can be bought, or the first.
fn select<'a>(found: &'a ProductPage, chosen: &HashMap<String, String>) -> Option<&'a PageVariant> {
    let wanted: Vec<Option<&String>> = found.options.iter().map(|option| chosen.get(&param(&option.key))).collect();
    let fits =
        |variant: &&PageVariant| variant.options.iter().zip(&wanted).all(|(value, wanted)| wanted.is_none_or(|wanted| wanted == value));
    let fitting = || found.variants.iter().filter(fits);
    let sellable = |variant: &&PageVariant| variant.availability.sellable();
    // Who named every value sees that variant, sold out or not.
    let exact = wanted.iter().all(Option::is_some).then(|| fitting().next()).flatten();
    exact
        .or_else(|| fitting().find(sellable))
        .or_else(|| fitting().next())
        .or_else(|| found.variants.iter().find(sellable))
        .or(found.variants.first())
}

fn options(found: &ProductPage, selected: &PageVariant) -> Vec<OptionView> {
    let option = |(at, option): (usize, &catalog::ProductOption)| OptionView {
        label: option.name.clone(),
        param: param(&option.key),
        values: option
            .values
            .iter()
            .map(|(stored, label)| OptionValue {
                value: stored.clone(),
                label: label.clone(),
                selected: selected.options.get(at) == Some(stored),
                available: available(found, selected, at, stored),
                picture: None,
            })
            .collect(),
    };
    found.options.iter().enumerate().map(option).collect()
}

/// Whether the choice with this one value changed can be bought.
fn available(found: &ProductPage, selected: &PageVariant, at: usize, value: &str) -> bool {
    found.variants.iter().any(|variant| {
        let others = variant.options.iter().zip(&selected.options).enumerate().all(|(place, (one, other))| place == at || one == other);
        others && variant.options.get(at).is_some_and(|own| own == value) && variant.availability.sellable()
    })
}

fn variant_view(variant: &PageVariant, found: &ProductPage, shop: &Shop, words: &Words, now: Time) -> Result<VariantView> {
    let stock = shelves::awaited(variant.availability, variant.expected_on, words, now)?;
    let sold_out = matches!(stock, Stock::SoldOut);
    let most = match &stock {
        Stock::Few { left } => *left,
        Stock::SoldOut => 0,
        Stock::InStock | Stock::BackOrder { .. } | Stock::PreOrder { .. } => variant.measure.most(),
    };
    let measure = variant.measure;
    let (least, increment) = variant.rule.map_or((1, 1), |rule| (rule.minimum, rule.increment));
    // What is measured is mostly bought by whole units.
    let first = if variant.rule.is_none() { measure.per() } else { least };
    let step = |one: &Break| BreakView { from: measure.text(one.from), price: Money::new(one.unit_price, found.currency) };
    Ok(VariantView {
        own_price: variant.own_price,
        breaks: variant.breaks.iter().map(step).collect(),
        min: measure.number(least),
        step: measure.number(increment),
        first: measure.number(first),
        any: least <= 1 && increment <= 1,
        min_text: measure.text(least),
        step_text: if increment > 1 { measure.text(increment) } else { String::new() },
        per: measure.unit.per_key(),
        unit: measure.unit,
        choice: variant.options.clone(),
        sku: variant.sku.clone().unwrap_or_default(),
        price: (!shop.prices_hidden).then(|| Money::new(variant.price, found.currency)),
        compare_at: variant.compare_at.map(|before| Money::new(before, found.currency)),
        lowest: variant.lowest.filter(|_| variant.compare_at.is_some()).map(|least| Money::new(least, found.currency)),
        reason: None,
        stock,
        sold_out: most <= 0,
        max: measure.number(most.max(0)),
        picture: variant.picture_hash.as_ref().and_then(|hash| found.pictures.iter().position(|picture| picture.hash == *hash)),
        waiting: sold_out.then(|| super::waiting::path(&found.slug, variant.id)),
    })
}

fn tax_note(conn: &mut Conn, shop: &Shop) -> Result<TaxNote> {
    let taxed = !tax_rates::list(conn)?.is_empty();
    Ok(match (taxed, shop.prices_include_tax) {
        (false, _) => TaxNote::None,
        (true, true) => TaxNote::Included,
        (true, false) => TaxNote::Excluded,
    })
}
