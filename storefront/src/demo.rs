//! The demo shop: tea and tableware, put into an empty database in one transaction.

mod files;
mod history;
mod pictures;
#[cfg(test)]
mod tests;

use crate::attributes;
use crate::catalog::{self, CategoryChange, Saving};
use crate::content::{self, ContentPage};
use crate::ids::CategoryId;
use crate::imports::ProductDraft;
use crate::imports::apply::{Mode, apply};
use crate::imports::apply_orders;
use crate::pictures::{Prepared, attach_source, prepare, store};
use crate::schema::products;
use crate::shop::{self, OWN_LANGUAGE, Shop};
use crate::{articles, labels, promotions, shipping, tax_rates};
use diesel::prelude::*;
use files::CategoryFile;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Db, Error, Result, settings};
use std::collections::HashMap;
use std::sync::Arc;

/// Stored once the demo is loaded: loading it again changes nothing, whatever the merchant did with it since.
const LOADED: &str = "demo_loaded";
/// In front of the source of a picture that comes from here.
const SOURCE: &str = "demo:";

/// What was loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub products: u64,
    pub pictures: usize,
    pub pages: usize,
    pub orders: u64,
    /// True when the demo was there before, and nothing was done.
    pub already: bool,
}

/// Loads the demo shop. `progress` hears how many pictures are prepared, out of how many. `Conflict` when the shop has products of
/// its own.
pub fn load(db: &Db, now: Time, progress: &mut dyn FnMut(usize, usize)) -> Result<Summary> {
    if db.read_now(loaded)? {
        return Ok(Summary { already: true, ..Summary::default() });
    }
    let prepared = prepare_all(progress)?;
    let prepared = Arc::new(prepared);
    db.write_now(move |conn| {
        if loaded(conn)? {
            return Ok(Summary { already: true, ..Summary::default() });
        }
        fill(conn, &prepared, now)
    })
}

/// Every picture in its sizes, by as many threads as there are processors.
fn prepare_all(progress: &mut dyn FnMut(usize, usize)) -> Result<Vec<(&'static str, Prepared)>> {
    let all = pictures::PICTURES;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(all.len());
    let (sender, results) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for first in 0..threads {
            let sender = sender.clone();
            scope.spawn(move || {
                for (name, bytes) in all.iter().skip(first).step_by(threads) {
                    if sender.send(prepare(bytes).map(|picture| (*name, picture))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        results
            .iter()
            .enumerate()
            .map(|(at, picture)| {
                progress(at + 1, all.len());
                picture
            })
            .collect()
    })
}

/// Whether the demo is there. `Conflict` when other products are.
fn loaded(conn: &mut Conn) -> Result<bool> {
    if settings::find::<bool>(conn, LOADED)?.unwrap_or(false) {
        return Ok(true);
    }
    let own: i64 = products::table.limit(1).count().get_result(conn)?;
    if own > 0 {
        return Err(Error::conflict("The shop has products already. Load the demo into an empty database."));
    }
    Ok(false)
}

fn fill(conn: &mut Conn, prepared: &[(&str, Prepared)], now: Time) -> Result<Summary> {
    let mut hashes: HashMap<&str, String> = HashMap::new();
    for (name, picture) in prepared {
        hashes.insert(name, store(conn, picture, now)?);
    }
    shop::set(conn, &settings_of_the_shop(&hashes)?, now)?;
    for (category, position) in files::categories()?.iter().zip(0i64..) {
        add_category(conn, category, None, position, &hashes, now)?;
    }
    for (source, text) in files::labels()? {
        labels::set(conn, Language::CHINESE.code(), &source, &text)?;
    }
    let tree = catalog::categories(conn, OWN_LANGUAGE)?;
    for definition in files::attributes(&|slug| tree.by_slug(slug).map(|category| category.id))? {
        attributes::save(conn, &definition, now)?;
    }
    let drafts = files::products()?.into_iter().map(with_sources).collect::<Vec<ProductDraft>>();
    let saving = Saving { currency: Currency::EUR, actor: "demo", base: None, now };
    let report = apply(conn, &drafts, &saving, Mode::AllOrNothing, &mut |_| ())?;
    if let Some(error) = report.errors.first() {
        return Err(Error::unexpected(format!("demo product {}: {} {}", error.value, error.column, error.reason.word())));
    }
    for (name, hash) in &hashes {
        attach_source(conn, &format!("{SOURCE}{name}"), hash)?;
    }
    for rate in files::tax_rates()? {
        tax_rates::set(conn, rate)?;
    }
    for (rate, translated) in files::shipping_rates()? {
        labels::set(conn, Language::CHINESE.code(), &rate.name, &translated)?;
        shipping::create(conn, rate)?;
    }
    for terms in files::coupons()? {
        promotions::create(conn, terms, now)?;
    }
    let pages: Vec<ContentPage> = files::pages()?;
    for page in &pages {
        content::save(conn, page)?;
    }
    for (slug, wish) in files::articles()? {
        articles::create(conn, &slug, &wish, "demo", now)?;
    }
    let past = apply_orders::apply(conn, &history::orders(&drafts, now), Mode::AllOrNothing, now, &mut |_| ())?;
    if let Some(error) = past.errors.first() {
        return Err(Error::unexpected(format!("demo order {}: {} {}", error.value, error.column, error.reason.word())));
    }
    settings::set(conn, LOADED, &true, now)?;
    Ok(Summary { products: report.created, pictures: prepared.len(), pages: pages.len(), orders: past.created, already: false })
}

fn settings_of_the_shop(hashes: &HashMap<&str, String>) -> Result<Shop> {
    let mut home = files::home()?;
    let announcement = home.get("announcement").cloned().map(serde_json::from_value).transpose()?.unwrap_or_default();
    name_pictures(&mut home, hashes);
    Ok(Shop {
        name: "Regulars Tea & Table".into(),
        time_zone: "Europe/Berlin".into(),
        currency: Currency::EUR,
        country: "DE".into(),
        prices_include_tax: true,
        bank_details: "Regulars Tea & Table\nIBAN DE02 1203 0000 0000 2020 51\nDemo account: please send nothing.".into(),
        contact_email: "hello@regulars.example".into(),
        imprint: "Regulars Tea & Table\nBeispielweg 12\n10115 Berlin\nGermany".into(),
        vat_id: "DE123456788".into(),
        announcement,
        home,
        ..Shop::default()
    })
}

/// Puts hashes in the place of file names.
fn name_pictures(value: &mut serde_json::Value, hashes: &HashMap<&str, String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                let hash = field.as_str().filter(|_| key == "picture").and_then(|name| hashes.get(name));
                match hash {
                    Some(hash) => *field = serde_json::Value::String(hash.clone()),
                    None => name_pictures(field, hashes),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| name_pictures(item, hashes)),
        _ => {}
    }
}

fn add_category(
    conn: &mut Conn,
    category: &CategoryFile,
    parent_id: Option<CategoryId>,
    position: i64,
    hashes: &HashMap<&str, String>,
    now: Time,
) -> Result<()> {
    let id = catalog::save_category(
        conn,
        &CategoryChange {
            id: None,
            parent_id,
            slug: category.slug.clone(),
            name: category.name.clone(),
            description: category.description.clone(),
            picture_hash: category.picture.as_deref().and_then(|name| hashes.get(name).cloned()),
            position,
        },
        now,
    )?;
    for (language, text) in &category.translations {
        catalog::set_category_text(conn, id, language, &text.name, &text.description)?;
    }
    for (child, position) in category.children.iter().zip(0i64..) {
        add_category(conn, child, Some(id), position, hashes, now)?;
    }
    Ok(())
}

fn with_sources(mut draft: ProductDraft) -> ProductDraft {
    for picture in &mut draft.pictures {
        picture.source.insert_str(0, SOURCE);
    }
    for picture in draft.variants.iter_mut().filter_map(|variant| variant.picture.as_mut()) {
        picture.insert_str(0, SOURCE);
    }
    draft
}
