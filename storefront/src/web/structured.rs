//! Structured data for search engines, in the words of schema.org. The template keeps it from ending its element.

use super::views::product::{ProductView, VariantView};
use super::views::reviews::ReviewRow;
use super::views::shared::{Link, Stock};
use crate::stores::Site;
use crate::units::Unit;
use kernel::web::i18n::Language;
use serde_json::{Value, json};

/// The path to a page; the page itself is the last step.
pub fn breadcrumbs(site: &Site, language: Language, crumbs: &[Link], here: (&str, &str)) -> Value {
    let steps = crumbs.iter().map(|link| (link.label.as_str(), link.to.as_str())).chain([here]);
    let item = |(at, (name, to)): (usize, (&str, &str))| json!({"@type": "ListItem", "position": at + 1, "name": name, "item": site.url(language, to)});
    json!({"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": steps.enumerate().map(item).collect::<Vec<_>>()})
}

/// A product with an offer for each variant the page knows.
pub fn product(site: &Site, language: Language, view: &ProductView, description: &str) -> Value {
    let page = site.url(language, &format!("/products/{}", view.slug));
    let variants: &[VariantView] = if view.variants.is_empty() { std::slice::from_ref(&view.selected) } else { &view.variants };
    let offers: Vec<Value> = variants.iter().filter_map(|variant| offer(variant, &page)).collect();
    let mut product = json!({
        "@context": "https://schema.org",
        "@type": "Product",
        "name": view.title,
        "url": page,
        "image": view.pictures.iter().map(|picture| format!("{}{}", site.base_url, largest(picture))).collect::<Vec<_>>(),
    });
    if let Some(fields) = product.as_object_mut() {
        if !offers.is_empty() {
            fields.insert("offers".into(), Value::Array(offers));
        }
        if !view.selected.sku.is_empty() {
            fields.insert("sku".into(), json!(view.selected.sku));
        }
        if let Some(brand) = &view.brand {
            fields.insert("brand".into(), json!({"@type": "Brand", "name": brand.label}));
        }
        if !description.is_empty() {
            fields.insert("description".into(), json!(description));
        }
        if let Some(average) = &view.reviews.average {
            fields.insert(
                "aggregateRating".into(),
                json!({"@type": "AggregateRating", "ratingValue": average, "reviewCount": view.reviews.count, "bestRating": 5, "worstRating": 1}),
            );
            fields.insert("review".into(), view.reviews.rows.iter().map(review).collect());
        }
    }
    product
}

/// A review. Search engines want an author: somebody who does not say stays nameless and is left out.
fn review(one: &ReviewRow) -> Value {
    let mut review = json!({
        "@type": "Review",
        "reviewRating": {"@type": "Rating", "ratingValue": one.stars, "bestRating": 5, "worstRating": 1},
        "datePublished": one.at.date().to_string(),
        "name": one.title,
        "reviewBody": one.body,
    });
    if let (Some(fields), false) = (review.as_object_mut(), one.name.is_empty()) {
        fields.insert("author".into(), json!({"@type": "Person", "name": one.name}));
    }
    review
}

/// `None` without a price that everybody may see: an offer has to have one.
fn offer(variant: &VariantView, page: &str) -> Option<Value> {
    let price = variant.price?;
    let availability = match variant.stock {
        Stock::InStock => "InStock",
        Stock::Few { .. } => "LimitedAvailability",
        Stock::BackOrder { .. } => "BackOrder",
        Stock::PreOrder { .. } => "PreOrder",
        Stock::SoldOut => "OutOfStock",
    };
    let mut offer = json!({
        "@type": "Offer",
        "url": page,
        "price": price.decimal(),
        "priceCurrency": price.currency.code(),
        "availability": format!("https://schema.org/{availability}"),
    });
    if let Some(fields) = offer.as_object_mut() {
        if !variant.sku.is_empty() {
            fields.insert("sku".into(), json!(variant.sku));
        }
        // schema.org names units by UN/ECE Recommendation 20, too.
        if variant.unit != Unit::Piece {
            let of = json!({"@type": "QuantitativeValue", "value": 1, "unitCode": variant.unit.as_str()});
            let price = json!({"@type": "UnitPriceSpecification", "price": price.decimal(), "priceCurrency": price.currency.code(),
                "referenceQuantity": of});
            fields.insert("priceSpecification".into(), price);
        }
    }
    Some(offer)
}

fn largest(picture: &super::views::shared::Picture) -> &str {
    picture.srcset.rsplit(", ").next().and_then(|last| last.split(' ').next()).filter(|last| !last.is_empty()).unwrap_or(&picture.src)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_end_the_script() {
        let crumbs = [Link { label: "</script><script>alert(1)</script>".into(), to: "/categories/a&b".into() }];
        let data = breadcrumbs(&Site::main("http://shop"), Language::CHINESE, &crumbs, ("Mug <!--", "/products/mug")).to_string();
        let page = json!({"page": {"json_ld": data}});
        let mut tera = tera::Tera::default();
        // The filter the page's template uses, as the templates of the shop define it.
        tera.register_filter("json_script", |value: &str, _: tera::Kwargs, _: &tera::State| {
            tera::Value::safe_string(&kernel::web::templates::json_script(value))
        });
        tera.add_raw_template("page.html", "{{ page.json_ld | json_script }}").expect("parses");
        let context = tera::Context::from_serialize(&page).expect("serialises");
        let html = tera.render("page.html", &context).expect("renders");
        assert!(!html.contains('<') && !html.contains('>'), "{html}");
        let read: Value = serde_json::from_str(&html).expect("still JSON");
        assert_eq!(read["itemListElement"][0]["name"], "</script><script>alert(1)</script>");
        assert_eq!(read["itemListElement"][1]["item"], "http://shop/zh/products/mug");
    }
}
