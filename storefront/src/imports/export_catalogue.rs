//! The catalogue as a file of products: every product whatever its status, a page at a time, so that memory stays flat.
//!
//! Variants that are no longer sold are left out, as Shopify has no word for them; reading the file back leaves them as they are.

use super::draft::{DraftStatus, PictureDraft, ProductDraft, TextDraft, VariantDraft};
use super::export::ShopifyWriter;
use crate::catalog::{self, Categories, Filter, Product, Status, Variant};
use crate::shop::{self, OWN_LANGUAGE};
use crate::units::Measure;
use kernel::money::Currency;
use kernel::{Db, Error, Result};
use std::io::Write;

/// Products read at once.
const PAGE: i64 = 200;

/// Writes all products to `out` with Shopify's classic columns, and answers how many. `progress` hears how many of how many are
/// written. Fails when `out` or the database does.
pub fn export_products(db: &Db, out: impl Write, progress: &mut dyn FnMut(u64, u64)) -> Result<u64> {
    let (names, total, currency) =
        db.read_now(|conn| Ok((catalog::attribute_names(conn)?, catalog::count(conn)?, shop::get(conn)?.currency)))?;
    let total = u64::try_from(total).unwrap_or(0);
    let tree = db.read_now(|conn| catalog::categories(conn, OWN_LANGUAGE))?;
    let mut writer = ShopifyWriter::new(names, currency, out).map_err(unwritable)?;
    let (mut after, mut done) = (None, 0u64);
    loop {
        let (ids, products) = db.read_now(|conn| {
            let ids = catalog::ids(conn, after, PAGE)?;
            let products = catalog::products(conn, &ids, currency)?;
            Ok((ids, products))
        })?;
        let Some(last) = ids.last() else { break };
        after = Some(*last);
        for product in products {
            writer.write(&draft(product, &tree)).map_err(unwritable)?;
            done += 1;
        }
        progress(done, total.max(done));
    }
    writer.finish().map_err(unwritable)?;
    Ok(done)
}

/// Writes the products that a filter finds, the newest first, as [`export_products`] does, with prices in `currency`.
pub fn export_found(db: &Db, filter: &Filter, currency: Currency, out: impl Write) -> Result<u64> {
    let (names, tree) = db.read_now(|conn| Ok((catalog::attribute_names(conn)?, catalog::categories(conn, OWN_LANGUAGE)?)))?;
    let mut writer = ShopifyWriter::new(names, currency, out).map_err(unwritable)?;
    let (mut filter, mut done) = (filter.clone(), 0u64);
    loop {
        let products = db.read_now(|conn| {
            let ids = catalog::found(conn, &filter, currency, PAGE)?;
            catalog::products(conn, &ids, currency)
        })?;
        let Some(last) = products.last().and_then(|product| product.id) else { break };
        filter.before = Some(last);
        for product in products {
            writer.write(&draft(product, &tree)).map_err(unwritable)?;
            done += 1;
        }
    }
    writer.finish().map_err(unwritable)?;
    Ok(done)
}

pub(super) fn unwritable(error: std::io::Error) -> Error {
    Error::Unavailable(format!("the file cannot be written: {error}"))
}

/// A stored product in the words of a file.
pub fn draft(product: Product, tree: &Categories) -> ProductDraft {
    let path = |id| tree.path(id).iter().map(|category| category.name.clone()).collect::<Vec<_>>();
    let text = |text: crate::catalog::Text| TextDraft {
        title: some(text.title),
        description_html: some(text.description_html),
        seo_title: some(text.seo_title),
        seo_description: some(text.seo_description),
    };
    ProductDraft {
        handle: product.slug,
        title: product.title,
        description_html: some(product.description_html),
        brand: some(product.brand),
        product_type: some(product.product_type),
        status: Some(match product.status {
            Status::Active => DraftStatus::Active,
            Status::Draft => DraftStatus::Draft,
            Status::Archived => DraftStatus::Archived,
        }),
        gift_card: Some(product.gift_card),
        categories: product.categories.iter().map(|id| path(*id)).filter(|path| !path.is_empty()).collect(),
        tags: product.tags,
        attributes: product.attributes,
        options: product.options,
        variants: product.variants.into_iter().filter(|variant| variant.active).map(variant).collect(),
        pictures: product.pictures.into_iter().map(|picture| PictureDraft { source: picture.source, alt: some(picture.alt) }).collect(),
        seo_title: some(product.seo_title),
        seo_description: some(product.seo_description),
        translations: product.texts.into_iter().map(|(language, own)| (language, text(own))).collect(),
        line: 0,
    }
}

fn variant(variant: Variant) -> VariantDraft {
    let measured = variant.measure != Measure::PIECE;
    VariantDraft {
        sku: variant.sku,
        barcode: some(variant.barcode),
        options: variant.options,
        price: variant.price,
        compare_at: variant.compare_at,
        cost: variant.cost,
        tracked: Some(variant.tracked),
        quantity: variant.tracked.then_some(variant.on_hand),
        oversell: Some(variant.oversell),
        weight_grams: Some(variant.weight_grams),
        unit: measured.then_some(variant.measure.unit),
        precision: measured.then_some(variant.measure.precision),
        requires_shipping: Some(variant.requires_shipping),
        taxable: Some(variant.taxable),
        tax_class: some(variant.tax_class),
        picture: some(variant.picture),
        line: 0,
    }
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Saving;
    use crate::imports::apply::{Mode, apply};
    use crate::imports::read_products;
    use crate::imports::tests::fixture;
    use kernel::clock::Clock;
    use kernel::money::Currency;

    #[test]
    fn what_is_exported_reads_back_as_what_is_stored() {
        let db = kernel::testing::db();
        let mut drafts = read_products(fixture("shopify_classic.csv").as_slice(), Currency::EUR).unwrap().items;
        let pair = |name: &str| (name.to_string(), "x".to_string());
        drafts[0].attributes = vec![pair("A"), pair("B")];
        drafts[1].attributes = vec![pair("B"), pair("A")];
        let now = Clock::default().now();
        let count = drafts.len() as u64;
        let saving = Saving { currency: Currency::EUR, actor: "import", base: None, now };
        db.write_now(move |conn| apply(conn, &drafts, &saving, Mode::AllOrNothing, &mut |_| ())).unwrap();
        let mut file = Vec::new();
        let mut told = Vec::new();
        assert_eq!(export_products(&db, &mut file, &mut |done, total| told.push((done, total))).unwrap(), count);
        assert_eq!(told.last(), Some(&(count, count)));
        let again = read_products(file.as_slice(), Currency::EUR).unwrap();
        assert_eq!((again.errors.len(), again.items.len() as u64), (0, count));
        let plan = db.read_now(|conn| crate::imports::apply::plan(conn, &again.items, Currency::EUR)).unwrap();
        assert_eq!((plan.created, plan.errors, plan.unchanged), (vec![], vec![], count), "{:?}", plan.changed);
    }
}
