//! What the search index is told of a product: the catalogue's rows as documents.

use crate::catalog::{self, Availability, Categories, Product, Status, variants_for_sale};
use crate::ids::{ProductId, VariantId};
use crate::labels::Labels;
use crate::schema::{order_lines, products, variants};
use crate::search::{SearchDocument, SearchVariant};
use crate::shop::{self, LANGUAGES};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::{HashMap, HashSet};

diesel::allow_tables_to_appear_in_same_query!(order_lines, variants);

/// The documents of those of `ids` that shoppers can see. What is asked for and not among them is to be removed from the index.
pub fn documents(conn: &mut Conn, ids: &[ProductId]) -> Result<Vec<SearchDocument>> {
    let currency = shop::get(conn)?.currency;
    let mut trees = Vec::with_capacity(LANGUAGES.len());
    let mut labels = Vec::with_capacity(LANGUAGES.len());
    for language in LANGUAGES {
        trees.push(catalog::categories(conn, language)?);
        labels.push(Labels::load(conn, language)?);
    }
    let visible: Vec<Product> =
        catalog::products(conn, ids, currency)?.into_iter().filter(|product| product.status == Status::Active).collect();
    let variants: Vec<VariantId> = visible.iter().flat_map(|product| &product.variants).filter_map(|variant| variant.id).collect();
    let sale = variants_for_sale(conn, &variants, currency, LANGUAGES[0])?;
    let free: HashMap<VariantId, (i64, bool)> = sale
        .iter()
        .filter(|variant| variant.for_sale)
        .map(|variant| {
            let state = Availability::of(variant.tracked, variant.oversell, variant.available, 0);
            (variant.id, (variant.unit_price, state.sellable()))
        })
        .collect();
    let published = published(conn, ids)?;
    let sold = sold(conn, ids)?;
    let about = About { trees: &trees, labels: &labels, free: &free };
    let document = |product: Product| {
        let id = product.id?;
        let at = published.get(&id).map_or(0, |at| at.and_utc().timestamp());
        Some(about.document(id, product, at, sold.get(&id).copied().unwrap_or(0)))
    };
    Ok(visible.into_iter().filter_map(document).collect())
}

/// Every product of any status after the id `after`, by id: what a rebuild walks through.
pub fn all_ids(conn: &mut Conn, after: Option<ProductId>, limit: i64) -> Result<Vec<ProductId>> {
    Ok(products::table
        .filter(products::id.gt(after.unwrap_or(ProductId(0))))
        .order(products::id)
        .limit(limit)
        .select(products::id)
        .load(conn)?)
}

fn published(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, Time>> {
    let rows: Vec<(ProductId, Time)> =
        products::table.filter(products::id.eq_any(ids)).select((products::id, products::published_at)).load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Order lines of each product: how popular it is.
fn sold(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, i64>> {
    let rows: Vec<(ProductId, i64)> = order_lines::table
        .inner_join(variants::table.on(order_lines::variant_id.eq(variants::id.nullable())))
        .filter(variants::product_id.eq_any(ids))
        .group_by(variants::product_id)
        .select((variants::product_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

struct About<'a> {
    trees: &'a [Categories],
    labels: &'a [Labels],
    free: &'a HashMap<VariantId, (i64, bool)>,
}

impl About<'_> {
    fn document(&self, id: ProductId, product: Product, published_at: i64, popularity: i64) -> SearchDocument {
        let mut titles = vec![product.title];
        let mut descriptions = vec![plain(&product.description_html)];
        for text in product.texts.into_values() {
            titles.extend(Some(text.title).filter(|title| !title.is_empty()));
            descriptions.extend(Some(plain(&text.description_html)).filter(|text| !text.is_empty()));
        }
        let mut tags: Vec<String> = Vec::new();
        for word in product.tags.iter().chain(Some(&product.product_type).filter(|word| !word.is_empty())) {
            tags.extend(self.words(word).filter(|spelled| *spelled != product.product_type));
        }
        let offered = product.variants.iter().filter_map(|variant| {
            let (price_minor, available) = *self.free.get(&variant.id?)?;
            let options = product.options.iter().cloned().zip(variant.options.iter().cloned()).collect();
            Some(SearchVariant { options, price_minor, available })
        });
        SearchDocument {
            product_id: id.0,
            slug: product.slug,
            titles,
            descriptions,
            brand: Some(product.brand).filter(|brand| !brand.is_empty()),
            categories: self.categories(&product.categories),
            product_type: Some(product.product_type.clone()).filter(|word| !word.is_empty()),
            skus: product.variants.iter().filter(|variant| variant.active).filter_map(|variant| variant.sku.clone()).collect(),
            tags,
            attributes: product.attributes,
            variants: offered.collect(),
            published_at,
            popularity,
        }
    }

    /// A word in every language, each spelling once.
    fn words<'b>(&'b self, word: &'b str) -> impl Iterator<Item = String> + 'b {
        let mut seen = HashSet::new();
        self.labels.iter().map(|labels| labels.of(word)).filter(move |spelled| seen.insert(*spelled)).map(str::to_string)
    }

    /// The categories and all above them, each with its names in every language, one a line.
    fn categories(&self, ids: &[crate::ids::CategoryId]) -> Vec<(i64, String)> {
        let Some(own) = self.trees.first() else { return Vec::new() };
        let mut found: Vec<(i64, String)> = Vec::new();
        for category in ids.iter().flat_map(|id| own.path(*id)) {
            if found.iter().any(|(known, _)| *known == category.id.0) {
                continue;
            }
            let mut names: Vec<&str> = self.trees.iter().filter_map(|tree| tree.get(category.id)).map(|named| named.name.as_str()).collect();
            names.dedup();
            found.push((category.id.0, names.join("\n")));
        }
        found
    }
}

/// The words of a text without its tags. A tag parts words: two list items are not one word.
fn plain(html: &str) -> String {
    let spaced = html.replace('<', " <");
    let text = crate::imports::plain_text(&spaced);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo;
    use crate::search::embedded::EmbeddedSearch;
    use crate::search::{SearchEngine, SearchQuery};
    use kernel::clock::Clock;

    #[test]
    fn texts_lose_their_tags() {
        assert_eq!(plain("<ul><li>one</li><li>two &amp; three</li></ul>"), "one two & three");
    }

    #[test]
    fn the_demo_is_found_in_both_languages() {
        let db = kernel::testing::db();
        demo::load(&db, Clock::default().now(), &mut |_, _| ()).unwrap();
        let found = db.read_now(|conn| {
            let ids = all_ids(conn, None, 1000)?;
            assert_eq!(ids.len(), 34);
            documents(conn, &ids)
        });
        let documents = found.unwrap();
        assert_eq!(documents.len(), 33);
        let mug = documents.iter().find(|document| document.slug == "straight-mug").unwrap();
        assert_eq!((mug.titles.len(), mug.variants.len(), mug.skus.len()), (2, 8, 8));
        assert!(mug.categories.iter().any(|(_, names)| names.starts_with("Tableware\n")));
        let engine = EmbeddedSearch::in_memory().unwrap();
        engine.replace(&documents).unwrap();
        engine.commit().unwrap();
        for (text, slug) in [("gooseneck", "gooseneck-kettle"), ("龙井", "longjing-green"), ("MUG-ST-WHI-250", "straight-mug")] {
            let page = engine.search(&SearchQuery { text: text.into(), limit: 5, ..SearchQuery::default() }).unwrap();
            let first = documents.iter().find(|document| Some(&document.product_id) == page.hits.first()).unwrap();
            assert_eq!(first.slug, slug, "{text}");
        }
    }
}
