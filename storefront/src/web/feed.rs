//! The products for Google Merchant Center: RSS 2.0 with the attributes of its product data specification
//! (<https://support.google.com/merchants/answer/7052112>), one item a variant, in the language of the address. Prices are those of the
//! product pages, promotions included, since Google compares the two.

use super::door::Door;
use super::product::{param, reduce};
use super::visit::Visit;
use crate::catalog::{self, Availability, PageVariant, ProductPage};
use crate::ids::ProductId;
use crate::imports::one_line;
use crate::promotions::Audience;
use crate::shop::Shop;
use crate::stores::{self, PricesFor, Site};
use crate::units::Unit;
use actix_web::http::header;
use actix_web::{HttpResponse, web};
use futures_util::stream;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use std::fmt::Write;
use url::form_urlencoded;

/// Products read at once: the answer is written while the rest is read, so that memory stays flat.
const BATCH: i64 = 100;
/// Longest texts that Google reads, in characters.
const TITLE: usize = 150;
const DESCRIPTION: usize = 5000;
/// Further pictures of an item.
const MORE_PICTURES: usize = 10;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/feeds/google.xml", web::get().to(google));
}

/// Where a feed has come to.
enum At {
    Head,
    After(Option<ProductId>),
    End,
}

async fn google(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    // Goods without prices are no offers, and a feed is read by everybody.
    if visit.site.prices_for != PricesFor::Everybody {
        return Err(Error::NotFound);
    }
    // A feed asks the database for everything: programs fetch it a few times a day, and nobody often.
    door.limits.feed.check(&visit.client)?;
    let (site, language) = (visit.site.clone(), visit.language);
    let body = stream::try_unfold(At::Head, move |at| {
        let (door, site) = (door.clone(), site.clone());
        async move {
            match at {
                At::Head => {
                    let store = site.id;
                    let name = door.read(move |conn, _| Ok(stores::shop(conn, store)?.name)).await?;
                    Ok(Some((web::Bytes::from(head(&name, &site.url(language, "/"))), At::After(None))))
                }
                At::After(after) => {
                    let (items, last) = door.read(move |conn, now| batch(conn, after, language, &site, now)).await?;
                    let next = if last.is_some() { At::After(last) } else { At::End };
                    let text = if last.is_some() { items } else { items + "</channel>\n</rss>\n" };
                    Ok::<_, Error>(Some((web::Bytes::from(text), next)))
                }
                At::End => Ok(None),
            }
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("application/rss+xml; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .streaming(body))
}

fn head(name: &str, link: &str) -> String {
    let name = escape(name);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n\
         <title>{name}</title>\n<link>{}</link>\n<description>{name}</description>\n",
        escape(link)
    )
}

/// The items of the next products, and the id after which it goes on; none at the end.
fn batch(conn: &mut Conn, after: Option<ProductId>, language: Language, site: &Site, now: Time) -> Result<(String, Option<ProductId>)> {
    let shop = stores::shop(conn, site.id)?;
    let ids = catalog::sold(conn, &shop.assortment(), None, after, BATCH)?;
    let mut xml = String::new();
    for id in &ids {
        let Some(known) = catalog::brief(conn, *id)? else { continue };
        let mut page = match catalog::page(conn, &shop, &known.slug, language.code()) {
            Ok(page) => page,
            // It was taken off sale meanwhile.
            Err(Error::NotFound) => continue,
            Err(error) => return Err(error),
        };
        reduce(conn, &mut page, &shop, &Audience::default(), now)?;
        for variant in &page.variants {
            if let Some(fields) = fields(&page, variant, &shop, language, site, now) {
                // Writing to a text cannot fail.
                let _ = write!(xml, "<item>\n{fields}</item>\n");
            }
        }
    }
    let full = i64::try_from(ids.len()).is_ok_and(|count| count >= BATCH);
    Ok((xml, ids.last().copied().filter(|_| full)))
}

/// The attributes of an item; none without a picture, since Google shows nothing without one.
fn fields(page: &ProductPage, variant: &PageVariant, shop: &Shop, language: Language, site: &Site, now: Time) -> Option<String> {
    let own = variant.picture_hash.as_deref();
    let first = own.or_else(|| page.pictures.first().map(|picture| picture.hash.as_str()))?;
    let mut xml = String::new();
    let picture = |hash: &str| format!("{}/pictures/{hash}/1600.webp", site.base_url);
    let mut put = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(xml, "<g:{name}>{}</g:{name}>", escape(value));
        }
    };
    put("id", &variant.id.to_string());
    if page.variants.len() > 1 {
        put("item_group_id", &format!("p{}", page.id));
    }
    let title = if variant.label.is_empty() { page.title.clone() } else { format!("{} – {}", page.title, variant.label) };
    put("title", &cut(&title, TITLE));
    let described = one_line(&page.description_html);
    put("description", &cut(if described.is_empty() { &page.title } else { &described }, DESCRIPTION));
    put("link", &site.url(language, &address(page, variant)));
    put("image_link", &picture(first));
    for more in page.pictures.iter().filter(|one| one.hash != first).take(MORE_PICTURES) {
        put("additional_image_link", &picture(&more.hash));
    }
    // A day that has passed is no date of a pre-order: it is late, as a back-order is.
    let expected = variant.expected_on.filter(|day| *day > now);
    let state = match variant.availability {
        Availability::PreOrder if expected.is_none() => Availability::BackOrder,
        state => state,
    };
    put("availability", availability(state));
    if let (Availability::BackOrder | Availability::PreOrder, Some(day)) = (state, expected) {
        put("availability_date", &day.format("%Y-%m-%dT00:00Z").to_string());
    }
    let amount = |minor: i64| format!("{} {}", Money::new(minor, shop.currency).decimal(), shop.currency.code());
    match variant.compare_at.filter(|before| *before > variant.price) {
        Some(before) => {
            put("price", &amount(before));
            put("sale_price", &amount(variant.price));
        }
        None => put("price", &amount(variant.price)),
    }
    put("brand", &page.brand);
    put("gtin", gtin(&variant.barcode).unwrap_or_default());
    put("mpn", variant.sku.as_deref().unwrap_or_default());
    if gtin(&variant.barcode).is_none() && (page.brand.is_empty() || variant.sku.is_none()) {
        put("identifier_exists", "no");
    }
    put("condition", "new");
    let deepest = page.categories.iter().max_by_key(|path| path.len());
    let path: Vec<&str> = deepest.into_iter().flatten().map(|category| category.name.as_str()).collect();
    put("product_type", &path.join(" > "));
    if let Some((measure, base)) = unit_pricing(variant.measure.unit) {
        put("unit_pricing_measure", measure);
        put("unit_pricing_base_measure", base);
    }
    if variant.weight_grams > 0 {
        put("shipping_weight", &format!("{} g", variant.weight_grams));
    }
    Some(xml)
}

/// What the price is for, and what shoppers compare prices by, as Google's product data names units.
fn unit_pricing(unit: Unit) -> Option<(&'static str, &'static str)> {
    match unit {
        Unit::Piece | Unit::Box => None,
        Unit::Metre => Some(("1m", "1m")),
        Unit::Kilogram => Some(("1kg", "1kg")),
        Unit::Gram => Some(("1g", "100g")),
        Unit::Litre => Some(("1l", "1l")),
    }
}

fn availability(state: Availability) -> &'static str {
    match state {
        Availability::InStock | Availability::Low(_) => "in_stock",
        Availability::BackOrder => "backorder",
        Availability::PreOrder => "preorder",
        Availability::SoldOut => "out_of_stock",
    }
}

/// The page of a product with this variant chosen.
fn address(page: &ProductPage, variant: &PageVariant) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (option, value) in page.options.iter().zip(&variant.options) {
        query.append_pair(&param(&option.key), value);
    }
    let query = query.finish();
    if query.is_empty() { format!("/products/{}", page.slug) } else { format!("/products/{}?{query}", page.slug) }
}

/// A barcode that can be a GTIN: of 8, 12, 13 or 14 digits with the right check digit (GS1 General Specifications, 7.9).
fn gtin(barcode: &str) -> Option<&str> {
    (matches!(barcode.len(), 8 | 12..=14) && crate::gs1::sound(barcode)).then_some(barcode)
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Text as XML carries it. Characters that XML 1.0 has no place for are left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' | '\r' => escaped.push(letter),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_barcode_with_its_check_digit_is_a_gtin() {
        for right in ["4006381333931", "73513537", "036000291452"] {
            assert_eq!(gtin(right), Some(right));
        }
        for wrong in ["4006381333930", "12345", "", "40063813339x1", "00000"] {
            assert_eq!(gtin(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_cannot_leave_their_element() {
        assert_eq!(escape("<b>Tea & \u{1}cake</b>"), "&lt;b&gt;Tea &amp; cake&lt;/b&gt;");
    }
}
