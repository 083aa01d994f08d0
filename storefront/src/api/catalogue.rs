//! Categories and products, as shoppers see them.

use super::amount::Amount;
use super::call::{Call, found};
use crate::api_keys::Scope;
use crate::attributes::{Value, decimal};
use crate::catalog::{self, Availability, Card, CardPicture, PageAttribute, ProductPage};
use crate::ids::{ProductId, StoreId};
use crate::price_lists::{self, Trade};
use crate::shop::Shop;
use crate::stores;
use crate::units::Unit;
use actix_web::{HttpRequest, HttpResponse, get, web};
use crm::CompanyId;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
struct CategoryList {
    /// Every category, siblings in their order.
    categories: Vec<CategoryView>,
}

#[derive(Serialize, ToSchema)]
struct CategoryView {
    /// As the search filter `category` takes it.
    id: i64,
    slug: String,
    /// The slug of the category above; null for a root.
    parent: Option<String>,
    name: String,
    description: String,
}

/// A page of products.
#[derive(Serialize, ToSchema)]
struct ProductList {
    products: Vec<ProductCard>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// A product in a list.
#[derive(Serialize, ToSchema)]
pub struct ProductCard {
    slug: String,
    title: String,
    brand: String,
    /// The cheapest and the dearest variant; null when nothing is for sale.
    price_from: Option<Amount>,
    price_to: Option<Amount>,
    availability: AvailabilityView,
    /// The variant to put into a cart when there is only one.
    only_variant_id: Option<i64>,
    pictures: Vec<PictureView>,
}

/// What is told of the stock.
#[derive(Serialize, ToSchema)]
struct AvailabilityView {
    #[schema(example = "low", pattern = "^(in_stock|low|back_order|pre_order|sold_out)$")]
    state: &'static str,
    /// Units left, told when they are few.
    left: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct PictureView {
    url: String,
    alt: String,
    /// Pixels of the original.
    width: i64,
    height: i64,
}

/// A product with everything its page shows.
#[derive(Serialize, ToSchema)]
struct ProductView {
    slug: String,
    title: String,
    /// HTML that is safe to show.
    description_html: String,
    brand: String,
    product_type: String,
    tags: Vec<String>,
    seo_title: String,
    seo_description: String,
    pictures: Vec<PictureView>,
    options: Vec<OptionView>,
    variants: Vec<VariantView>,
    attributes: Vec<AttributeView>,
    /// Slugs of each category's path from the root.
    categories: Vec<Vec<String>>,
    availability: AvailabilityView,
}

/// What variants differ in.
#[derive(Serialize, ToSchema)]
struct OptionView {
    name: String,
    values: Vec<String>,
}

/// One value of an attribute. An attribute with several stands several times.
#[derive(Serialize, ToSchema)]
struct AttributeView {
    name: String,
    /// In words; a number with its unit.
    value: String,
    /// How the merchant defined the attribute; null for a free one.
    code: Option<String>,
    /// What the value means; null for a free attribute and for a value that its definition cannot read.
    typed: Option<TypedView>,
}

/// A value of an attribute that the merchant defined.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TypedView {
    Text {
        text: String,
    },
    /// One of the values that the merchant named; `choice` is in the shop's own language, `swatch` a colour such as `#aa8855` or empty.
    Choice {
        choice: String,
        swatch: String,
    },
    /// A decimal number as text, such as `0.5`, with its unit or an empty one.
    Number {
        number: String,
        unit: String,
    },
    YesNo {
        yes: bool,
    },
    /// A day such as `2026-11-22`.
    Date {
        date: String,
    },
}

fn attribute(of: PageAttribute) -> AttributeView {
    let unit = of.unit;
    let value = match &of.value {
        Some(Value::Number(_)) if !unit.is_empty() => format!("{} {unit}", of.text),
        _ => of.text,
    };
    let typed = of.value.map(|value| match value {
        Value::Text(text) => TypedView::Text { text },
        Value::Choice { name, swatch } => TypedView::Choice { choice: name, swatch },
        Value::Number(millionths) => TypedView::Number { number: decimal::write(millionths), unit },
        Value::YesNo(yes) => TypedView::YesNo { yes },
        Value::Date(_) => TypedView::Date { date: value.written() },
    });
    AttributeView { name: of.name, value, code: of.code, typed }
}

/// What can be put into a cart.
#[derive(Serialize, ToSchema)]
struct VariantView {
    id: i64,
    sku: Option<String>,
    barcode: String,
    /// The option values with ` / ` between, such as `White / 250 ml`.
    label: String,
    price: Amount,
    /// The former price, when it was higher.
    compare_at: Option<Amount>,
    /// What a unit costs from which quantity on; empty when the quantity decides nothing.
    breaks: Vec<BreakView>,
    /// The least quantity that is sold, and in which steps above it.
    minimum: i64,
    increment: i64,
    /// The unit that the price is for, by its code of UN/ECE Recommendation 20, and in how many decimals of it quantities count: 250 of `MTR`
    /// with a precision of 2 are 2.50 m.
    #[schema(value_type = String, pattern = "^(C62|BX|MTR|KGM|GRM|LTR)$")]
    unit: Unit,
    precision: i64,
    availability: AvailabilityView,
    weight_grams: i64,
}

/// A price from a quantity on.
#[derive(Serialize, ToSchema)]
struct BreakView {
    from: i64,
    price: Amount,
}

/// The category tree
#[utoipa::path(
    tag = "catalogue",
    security(("key" = ["catalogue:read"])),
    params(("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$")),
    responses((status = 200, description = "Every category.", body = CategoryList)),
)]
#[get("/categories")]
pub async fn categories(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CatalogueRead).await?;
    let mut query = call.query();
    let language = query.language();
    query.end()?;
    let store = call.site.id;
    let tree = call.door.read(move |conn, _| stores::shop(conn, store)?.assortment().categories(conn, language)).await?;
    let view = |category: &catalog::Category| CategoryView {
        id: category.id.0,
        slug: category.slug.clone(),
        parent: category.parent_id.and_then(|id| tree.get(id)).map(|above| above.slug.clone()),
        name: category.name.clone(),
        description: category.description.clone(),
    };
    found(&CategoryList { categories: tree.0.iter().map(view).collect() })
}

/// Products, oldest first
///
/// An unknown category is 404.
#[utoipa::path(
    tag = "catalogue",
    security(("key" = ["catalogue:read"])),
    params(
        ("category" = Option<String>, Query, description = "The slug of a category: only products in it or below it."),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Products of a page; 20 without.", minimum = 1, maximum = 100),
        ("company" = Option<i64>, Query, description = "The id of a company: prices are those of its price lists, products those of its contract.", minimum = 1),
        ("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$"),
    ),
    responses(
        (status = 200, description = "A page of products.", body = ProductList),
        (status = 404, description = "There is no such category.", body = super::problem::Problem, content_type = "application/problem+json"),
    ),
)]
#[get("/products")]
pub async fn products(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CatalogueRead).await?;
    let mut query = call.query();
    let (language, limit, after, category) = (query.language(), query.limit(), query.after(), query.text("category"));
    let company = query.company();
    query.end()?;
    let site = call.site.clone();
    let list = call.door.read(move |conn, now| {
        let trade = trade(conn, company)?;
        let shop = shop_for(conn, site.id, &trade)?;
        let sold = shop.assortment();
        let category = match category {
            Some(slug) => Some(sold.categories(conn, language)?.by_slug(&slug).ok_or(Error::NotFound)?.id),
            None => None,
        };
        let after = after.map(ProductId);
        // In the main store products are listed that have no price yet.
        let mut ids = match shop.store {
            stores::MAIN if shop.contract.is_none() => catalog::listing(conn, category, after, limit + 1)?,
            _ => catalog::sold(conn, &sold, category, after, limit + 1)?,
        };
        let page = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = ids.len() > page;
        ids.truncate(page);
        let next = ids.last().filter(|_| more).map(ToString::to_string);
        let mut cards = catalog::cards(conn, &shop, &ids, language)?;
        price_lists::on_cards(conn, &mut cards, &shop, &trade, now)?;
        let view = |card| card_view(card, &shop, &site.base_url);
        Ok(ProductList { products: cards.into_iter().map(view).collect(), next })
    });
    found(&list.await?)
}

/// A product
#[utoipa::path(
    tag = "catalogue",
    security(("key" = ["catalogue:read"])),
    params(
        ("slug" = String, Path, description = "The product's slug."),
        ("company" = Option<i64>, Query, description = "The id of a company: prices are those of its price lists, products those of its contract.", minimum = 1),
        ("language" = Option<String>, Query, description = "Of the texts, by its code such as `en`; the shop's own without.", pattern = "^(en|zh)$"),
    ),
    responses((status = 200, description = "The product.", body = ProductView)),
)]
#[get("/products/{slug}")]
pub async fn product(request: HttpRequest, slug: web::Path<String>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CatalogueRead).await?;
    let mut query = call.query();
    let (language, company) = (query.language(), query.company());
    query.end()?;
    let slug = known(slug)?;
    let store = call.site.id;
    let page = call.door.read(move |conn, now| {
        let trade = trade(conn, company)?;
        let shop = shop_for(conn, store, &trade)?;
        let mut page = catalog::page(conn, &shop, &slug, language)?;
        price_lists::on_page(conn, &mut page, &shop, &trade, now)?;
        // Without a price in its currency a product is not sold in a store.
        if store != stores::MAIN && page.variants.is_empty() { Err(Error::NotFound) } else { Ok(page) }
    });
    found(&product_view(page.await?, &call.site.base_url))
}

/// For which company prices are asked.
pub fn trade(conn: &mut Conn, company: Option<i64>) -> Result<Trade> {
    match Trade::of_company(conn, company.map(CompanyId)) {
        Err(Error::NotFound) => Err(Error::field("company", "There is no such company.")),
        trade => trade,
    }
}

/// The shop as a program of the merchant sees it, which is told every price and decides whom it tells them.
pub fn shop_for(conn: &mut Conn, store: StoreId, trade: &Trade) -> Result<Shop> {
    Ok(Shop { prices_hidden: false, ..stores::shop_for(conn, store, trade)? })
}

/// A part of a path that may name something; NUL names nothing.
pub fn known(part: web::Path<String>) -> Result<String> {
    let part = part.into_inner();
    if part.contains('\0') { Err(Error::NotFound) } else { Ok(part) }
}

pub fn card_view(card: Card, shop: &Shop, base: &str) -> ProductCard {
    let amount = |minor: i64| Amount::new(minor, shop.currency);
    ProductCard {
        slug: card.slug,
        title: card.title,
        brand: card.brand,
        price_from: card.price_from.map(amount),
        price_to: card.price_to.map(amount),
        availability: availability(card.availability),
        only_variant_id: card.only_variant.map(|id| id.0),
        pictures: card.pictures.into_iter().map(|picture| picture_view(picture, base)).collect(),
    }
}

fn product_view(page: ProductPage, base: &str) -> ProductView {
    let amount = |minor: i64| Amount::new(minor, page.currency);
    let variant = |variant: catalog::PageVariant| VariantView {
        id: variant.id.0,
        sku: variant.sku,
        barcode: variant.barcode,
        label: variant.label,
        price: amount(variant.price),
        compare_at: variant.compare_at.map(amount),
        breaks: variant.breaks.iter().map(|one| BreakView { from: one.from, price: amount(one.unit_price) }).collect(),
        minimum: variant.rule.map_or(1, |rule| rule.minimum),
        increment: variant.rule.map_or(1, |rule| rule.increment),
        unit: variant.measure.unit,
        precision: variant.measure.precision,
        availability: availability(variant.availability),
        weight_grams: variant.weight_grams,
    };
    let option = |option: catalog::ProductOption| OptionView {
        name: option.name,
        values: option.values.into_iter().map(|(_, shown)| shown).collect(),
    };
    ProductView {
        slug: page.slug,
        title: page.title,
        description_html: page.description_html,
        brand: page.brand,
        product_type: page.product_type,
        tags: page.tags,
        seo_title: page.seo_title,
        seo_description: page.seo_description,
        pictures: page.pictures.into_iter().map(|picture| picture_view(picture, base)).collect(),
        options: page.options.into_iter().map(option).collect(),
        variants: page.variants.into_iter().map(variant).collect(),
        attributes: page.attributes.into_iter().map(attribute).collect(),
        categories: page.categories.into_iter().map(|path| path.into_iter().map(|category| category.slug).collect()).collect(),
        availability: availability(page.availability),
    }
}

fn picture_view(picture: CardPicture, base: &str) -> PictureView {
    let url = format!("{base}/pictures/{}/640.webp", picture.hash);
    PictureView { url, alt: picture.alt, width: picture.width, height: picture.height }
}

fn availability(state: Availability) -> AvailabilityView {
    match state {
        Availability::InStock => AvailabilityView { state: "in_stock", left: None },
        Availability::Low(left) => AvailabilityView { state: "low", left: Some(left) },
        Availability::BackOrder => AvailabilityView { state: "back_order", left: None },
        Availability::PreOrder => AvailabilityView { state: "pre_order", left: None },
        Availability::SoldOut => AvailabilityView { state: "sold_out", left: None },
    }
}
