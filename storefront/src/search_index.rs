//! What the search engine knows of the catalogue, and how it follows.
//!
//! `Event::ProductChanged` stands for whatever a shelf or search result shows: texts, prices, pictures, and a variant that became
//! sold out or available again (`stock` records that when free stock crosses zero). What follows from it reads the product as it is then
//! and tells the engine; so the order does not matter, and the same change may be told twice.

mod follow;

pub use follow::{Follower, ask_to_rebuild, prune, was_rebuilt, writes};

use crate::attributes::Definitions;
use crate::catalog::{self, Availability, Product};
use crate::collections;
use crate::ids::{CollectionId, ProductId, VariantId};
use crate::imports::one_line;
use crate::labels::Labels;
use crate::schema::products;
use crate::search::{Keeps, SearchDocument, SearchEngine, SearchVariant};
use crate::shop;
use crate::stock::{self, Level};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::jobs::{self, Class};
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Db, Error, Result};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The kind of the job that brings entries up to date. Its payload is the ids of products.
pub const INDEX_JOB: &str = "search.index";
/// Products read at once for a rebuild.
const BATCH: i64 = 500;

/// Listens to the catalogue. Who keeps an index in a folder is told by rows that each of them follows ([`Follower`]); one that all share is
/// told by a job. Changes of one product within a second share a job, which is due when that second is over: it sees them all.
pub fn changed(conn: &mut Conn, keeps: Keeps, event: &Event, now: Time) -> Result<()> {
    let products = follow::products(event);
    match (keeps, products) {
        (_, []) => Ok(()),
        (Keeps::Own, products) => follow::note(conn, products, now),
        (Keeps::Shared, [product]) => {
            let second = now.and_utc().timestamp() + 1;
            let due = chrono::DateTime::from_timestamp(second, 0).map_or(now + TimeDelta::seconds(1), |due| due.naive_utc());
            jobs::enqueue_as(conn, Class::Bulk, INDEX_JOB, &product.to_string(), Some(&format!("{INDEX_JOB}:{product}:{second}")), due, now)
        }
        (Keeps::Shared, products) => {
            let payload: Vec<String> = products.iter().map(ToString::to_string).collect();
            jobs::enqueue_as(conn, Class::Bulk, INDEX_JOB, &payload.join(","), None, now, now)
        }
    }
}

/// Brings the engine's entries of the products of a job up to date: their ids with commas between. Fails with `Unavailable` when the
/// engine does not answer.
pub fn index_job(db: &Db, engine: &dyn SearchEngine, payload: &str) -> Result<()> {
    let ids: Vec<ProductId> =
        payload.split(',').map(|id| id.parse().map_err(|_| Error::unexpected("an index job of no product"))).collect::<Result<_>>()?;
    index(db, engine, &ids)
}

/// Brings the engine's entries of these products up to date.
fn index(db: &Db, engine: &dyn SearchEngine, ids: &[ProductId]) -> Result<()> {
    let asked = ids.to_vec();
    let found = db.read_now(move |conn| documents(conn, &asked))?;
    let gone: Vec<i64> = ids.iter().map(|id| id.0).filter(|id| found.iter().all(|document| document.product_id != *id)).collect();
    if !gone.is_empty() {
        engine.remove(&gone)?;
    }
    if !found.is_empty() {
        engine.replace(&found)?;
    }
    engine.commit()
}

/// Builds the index anew while searches go on, and answers how many products it holds. `progress` hears how many are read.
pub fn reindex(db: &Db, engine: &dyn SearchEngine, progress: &mut dyn FnMut(u64)) -> Result<usize> {
    let mark = follow::mark_before(db)?;
    let (mut after, mut read) = (None, 0u64);
    let mut batches = std::iter::from_fn(|| {
        let from = after;
        let batch = db.read_now(move |conn| {
            let ids = catalog::listing(conn, None, from, BATCH)?;
            Ok((documents(conn, &ids)?, ids))
        });
        match batch {
            Ok((found, ids)) => {
                after = Some(*ids.last()?);
                read += u64::try_from(ids.len()).unwrap_or(0);
                progress(read);
                Some(Ok(found))
            }
            Err(error) => Some(Err(error)),
        }
    });
    let count = engine.rebuild(&mut batches)?;
    engine.set_mark(mark)?;
    Ok(count)
}

/// Builds the index that all processes share when it holds nothing and there are products: a first start, or a data folder that was lost. Cheap otherwise.
pub fn build_if_empty(db: &Db, engine: &dyn SearchEngine) -> Result<()> {
    if engine.keeps() == Keeps::Own || !engine.is_empty()? || db.read_now(|conn| catalog::listing(conn, None, None, 1))?.is_empty() {
        return Ok(());
    }
    let built = reindex(db, engine, &mut |_| ())?;
    tracing::info!(products = built, "the search index is built");
    Ok(())
}

/// What the engine is told of these products; those that are not on sale are left out.
pub fn documents(conn: &mut Conn, ids: &[ProductId]) -> Result<Vec<SearchDocument>> {
    let shop = shop::get(conn)?;
    let found = catalog::products(conn, ids, shop.currency)?;
    let published = published(conn, ids)?;
    let on_show = |product: &Product| product.id.is_some_and(|id| published.contains_key(&id));
    let found: Vec<Product> = found.into_iter().filter(on_show).collect();
    let variants: Vec<VariantId> = found.iter().flat_map(|product| &product.variants).filter_map(|variant| variant.id).collect();
    let mut levels = HashMap::with_capacity(variants.len());
    for ids in variants.chunks(1000) {
        levels.extend(stock::levels(conn, ids)?.into_iter().map(|level| (level.variant_id, level)));
    }
    let words = Words {
        categories: category_names(conn)?,
        translations: translations(conn)?,
        published,
        collections: collections::of_products(conn, ids)?,
        definitions: Definitions::load(conn)?,
        prices: catalog::prices_of(conn, &variants)?,
    };
    Ok(found.into_iter().filter_map(|product| words.document(product, &levels)).collect())
}

/// Chosen facet values as the index has them, whatever was typed into an address: of one name the option and the attribute are one facet,
/// and values are written as their definition writes them.
pub fn settle(facets: &mut BTreeMap<String, BTreeSet<String>>, definitions: &Definitions) {
    let twice: Vec<String> = facets.keys().filter_map(|key| key.strip_prefix("option:")).map(|name| format!("attribute:{name}")).collect();
    for key in twice {
        if let Some(values) = facets.remove(&key) {
            facets.entry(key.replacen("attribute:", "option:", 1)).or_default().extend(values);
        }
    }
    for (key, values) in facets.iter_mut() {
        let definition = key.split_once(':').and_then(|(_, name)| definitions.named(name));
        if let Some(definition) = definition {
            *values = values.iter().map(|value| definition.canonical(value).unwrap_or_else(|_| value.clone())).collect();
        }
    }
}

/// For each category its own names and those of all above it, by id.
type CategoryNames = HashMap<i64, Vec<(i64, String)>>;

fn category_names(conn: &mut Conn) -> Result<CategoryNames> {
    let trees = Language::all().iter().map(|language| catalog::categories(conn, language.code())).collect::<Result<Vec<_>>>()?;
    let Some(first) = trees.first() else { return Ok(HashMap::new()) };
    let names = |id| {
        let mut names: Vec<&str> = Vec::new();
        for category in trees.iter().filter_map(|tree| tree.get(id)) {
            // Where a language has no name of its own it has the shop's.
            if !names.contains(&category.name.as_str()) {
                names.push(&category.name);
            }
        }
        names.join("\n")
    };
    Ok(first
        .0
        .iter()
        .map(|category| (category.id.0, first.path(category.id).iter().map(|above| (above.id.0, names(above.id))).collect()))
        .collect())
}

/// The words of every language but the shop's own.
fn translations(conn: &mut Conn) -> Result<Vec<Labels>> {
    Language::further().map(|language| Labels::load(conn, language.code())).collect()
}

/// Since when the products that are on show are.
fn published(conn: &mut Conn, ids: &[ProductId]) -> Result<HashMap<ProductId, Time>> {
    let mut at = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(1000) {
        at.extend(
            products::table
                .filter(products::id.eq_any(ids))
                .filter(products::listed.eq(true))
                .select((products::id, products::published_at))
                .load::<(ProductId, Time)>(conn)?,
        );
    }
    Ok(at)
}

struct Words {
    categories: CategoryNames,
    translations: Vec<Labels>,
    published: HashMap<ProductId, Time>,
    collections: HashMap<ProductId, Vec<CollectionId>>,
    definitions: Definitions,
    /// In every currency.
    prices: HashMap<VariantId, Vec<(Currency, i64)>>,
}

impl Words {
    fn document(&self, product: Product, levels: &HashMap<VariantId, Level>) -> Option<SearchDocument> {
        let id = product.id?;
        let mut titles = vec![product.title.clone()];
        let mut descriptions = vec![one_line(&product.description_html)];
        for text in product.texts.values() {
            titles.extend((!text.title.is_empty()).then(|| text.title.clone()));
            descriptions.extend((!text.description_html.is_empty()).then(|| one_line(&text.description_html)));
        }
        descriptions.extend(self.translated_labels(&product));
        descriptions.extend(self.measures(&product));
        let mut categories: Vec<(i64, String)> =
            product.categories.iter().filter_map(|id| self.categories.get(&id.0)).flatten().cloned().collect();
        categories.sort();
        categories.dedup();
        let variants: Vec<SearchVariant> = product
            .variants
            .iter()
            .filter(|variant| variant.active)
            .filter_map(|one| self.variant(one, &product.options, levels))
            .collect();
        let tags = product.tags.iter().flat_map(|tag| std::iter::once(tag.clone()).chain(self.translations_of(tag)));
        Some(SearchDocument {
            product_id: id.0,
            titles,
            descriptions,
            brand: some(&product.brand),
            categories,
            collections: self.collections.get(&id).into_iter().flatten().map(|id| id.group()).collect(),
            product_type: some(&product.product_type),
            skus: product.variants.iter().flat_map(|variant| [variant.sku.clone(), some(&variant.barcode)]).flatten().collect(),
            tags: tags.collect(),
            attributes: product.attributes.clone(),
            variants,
            published_at: self.published.get(&id).map_or(0, |at| at.and_utc().timestamp()),
            popularity: 0,
            slug: product.slug,
        })
    }

    /// A variant without a price cannot be bought, and is not told.
    fn variant(&self, of: &catalog::Variant, names: &[String], levels: &HashMap<VariantId, Level>) -> Option<SearchVariant> {
        // Options are written as an attribute of the same name is, for they are one facet.
        let written = |(name, value): (&String, &String)| {
            let canonical = self.definitions.named(name).and_then(|one| one.canonical(value).ok());
            (name.clone(), canonical.unwrap_or_else(|| value.clone()))
        };
        let free = of.id.and_then(|id| levels.get(&id)).map_or(of.on_hand, Level::free);
        Some(SearchVariant {
            options: names.iter().zip(&of.options).map(written).collect(),
            prices: self.prices.get(&of.id?)?.clone(),
            available: Availability::of(of.tracked, of.oversell, free, 0).sellable(),
        })
    }

    fn translations_of<'a>(&'a self, word: &'a str) -> impl Iterator<Item = String> + 'a {
        self.translations.iter().map(move |labels| labels.of(word)).filter(move |text| *text != word).map(str::to_string)
    }

    /// Numbers with their units, as people look for them: they are stored without.
    fn measures(&self, product: &Product) -> Option<String> {
        let unit = |name: &str| self.definitions.named(name).map(|one| &one.unit).filter(|unit| !unit.is_empty());
        let with_unit = |(name, value): &(String, String)| unit(name).map(|unit| format!("{value} {unit}"));
        some(&product.attributes.iter().filter_map(with_unit).collect::<Vec<_>>().join("\n"))
    }

    /// Facets go by the shop's own words; those of other languages are found as text.
    fn translated_labels(&self, product: &Product) -> Option<String> {
        let options = product.variants.iter().flat_map(|variant| &variant.options);
        let attributes = product.attributes.iter().map(|(_, value)| value);
        let words = [&product.brand, &product.product_type].into_iter().chain(options).chain(attributes);
        let mut texts: Vec<String> = words.flat_map(|word| self.translations_of(word)).collect();
        texts.sort();
        texts.dedup();
        some(&texts.join("\n"))
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_string())
}
