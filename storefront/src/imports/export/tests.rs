use super::super::draft::{PictureDraft, TextDraft};
use super::super::read_products;
use super::super::tests::fixture;
use super::*;
use proptest::option;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn round(products: &[ProductDraft], currency: Currency) -> Vec<ProductDraft> {
    let mut file = Vec::new();
    write_shopify(products.iter(), currency, &mut file).unwrap();
    let parsed = read_products(file.as_slice(), currency).unwrap();
    assert_eq!(parsed.errors, [], "{}", String::from_utf8_lossy(&file));
    parsed.items
}

/// Without what a file cannot keep: lines, and the order of attributes of different names.
fn comparable(mut products: Vec<ProductDraft>) -> Vec<ProductDraft> {
    for product in &mut products {
        product.line = 0;
        product.attributes.sort_by(|a, b| a.0.cmp(&b.0));
        product.variants.iter_mut().for_each(|variant| variant.line = 0);
    }
    products
}

#[test]
fn every_fixture_survives_the_journey() {
    for name in ["shopify_classic.csv", "shopify_2024.csv", "shopify_classic_older.csv", "woocommerce.csv"] {
        let products = read_products(fixture(name).as_slice(), Currency::EUR).unwrap().items;
        assert_eq!(comparable(round(&products, Currency::EUR)), comparable(products), "{name}");
    }
}

#[test]
fn the_demo_catalogue_is_a_list_of_drafts_and_survives_the_journey() {
    let path = format!("{}/../demo/products.json", env!("CARGO_MANIFEST_DIR"));
    let products: Vec<ProductDraft> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(products.len() >= 30);
    assert_eq!(comparable(round(&products, Currency::EUR)), comparable(products));
}

#[test]
fn no_cell_of_the_file_runs_as_a_formula() {
    let product = ProductDraft {
        handle: "=handle".into(),
        title: "@SUM(A1)".into(),
        description_html: Some("\tx".into()),
        tags: vec!["+1".into()],
        attributes: vec![("-name".into(), "=value".into())],
        ..ProductDraft::default()
    };
    let mut file = Vec::new();
    write_shopify([&product].into_iter(), Currency::EUR, &mut file).unwrap();
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_slice()).records() {
        assert!(record.unwrap().iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
    }
    assert_eq!(comparable(round(std::slice::from_ref(&product), Currency::EUR)), [product]);
}

/// A text such as people and attackers type, without white space at its ends.
fn word() -> BoxedStrategy<String> {
    let any = prop_oneof!["[a-zA-Zäöü茶0-9]{1,8}", "[='+@\",;/&<> a-z0-9\\[\\]-]{1,10}", "\\PC{1,6}"];
    any.prop_map(|text| text.trim().to_string())
        .prop_filter("is no bare apostrophe", |text| {
            // White space can hide behind the apostrophes that are taken away.
            !text.is_empty() && text.trim_start_matches('\'').trim() == text.trim_start_matches('\'') && !text.trim_matches('\'').is_empty()
        })
        .boxed()
}

/// Ids lose one apostrophe at their beginning, as in every export.
fn id() -> BoxedStrategy<String> {
    "[A-Z0-9=+@][A-Z0-9 /-]{0,8}[A-Z0-9]".boxed()
}

fn variant(sku: usize, options: Vec<String>, pictures: Vec<String>) -> BoxedStrategy<VariantDraft> {
    let at = sku;
    let amount = || option::of(0i64..1_000_000_000_000);
    let flag = || option::of(any::<bool>());
    let picture = option::of(prop::sample::select(if pictures.is_empty() { vec![String::new()] } else { pictures.clone() }));
    let first = (option::of(Just(format!("sku-{sku}"))), option::of(id()), amount(), amount(), amount(), any::<bool>());
    let second = (option::of(-1_000_000i64..1_000_000), flag(), option::of(0i64..1_000_000), flag(), flag(), option::of(word()), picture);
    (first, second)
        .prop_map(
            move |(
                (sku, barcode, price, compare_at, cost, tracked),
                (quantity, oversell, grams, shipping, taxable, tax_class, picture),
            )| {
                VariantDraft {
                    sku,
                    barcode,
                    options: options.clone(),
                    price,
                    compare_at,
                    cost,
                    tracked: Some(tracked),
                    quantity,
                    oversell,
                    weight_grams: grams,
                    // Every other SKU is sold by the metre.
                    unit: at.is_multiple_of(2).then_some(Unit::Metre),
                    precision: at.is_multiple_of(2).then_some(2),
                    requires_shipping: shipping,
                    taxable,
                    tax_class,
                    picture: picture.filter(|source| !source.is_empty()),
                    line: 0,
                }
            },
        )
        .boxed()
}

fn product(at: usize) -> BoxedStrategy<ProductDraft> {
    let names = || prop::collection::btree_set("[A-Za-z茶][a-z ]{0,6}[a-z]", 0..=3usize);
    let tag = "[a-z茶][a-z0-9 =-]{0,6}[a-z]";
    let lists = (
        prop::collection::vec(prop::collection::vec("[A-Za-z,&=茶][a-z ,>]{0,6}[a-z]", 1..4), 0..3),
        prop::collection::btree_set(tag, 0..4),
        prop::collection::vec((word(), word()), 0..4),
        names(),
        prop::collection::btree_set("[a-z0-9/:.=]{1,9}", 0..5),
    );
    (lists, 0usize..4)
        .prop_flat_map(move |((categories, tags, attributes, options, pictures), count)| {
            let options: Vec<String> = options.into_iter().collect();
            let count = if options.is_empty() { count.min(1) } else { count.max(1) };
            let sources: Vec<String> = pictures.into_iter().collect();
            let values = |n: usize| options.iter().map(|name| format!("{name} {n}")).collect::<Vec<_>>();
            let variants: Vec<_> = (0..count).map(|n| variant(at * 10 + n, values(n), sources.clone())).collect();
            let alts = prop::collection::vec(option::of(word()), sources.len());
            let status = option::of(prop::sample::select(vec![DraftStatus::Active, DraftStatus::Draft, DraftStatus::Archived]));
            let texts = (
                word(),
                option::of("[^\r\x00]{0,20}[a-z]"),
                option::of(word()),
                option::of(word()),
                option::of(word()),
                option::of(word()),
            );
            let translation = option::of((option::of(word()), option::of(word())));
            let lists = (categories, tags, attributes, options, sources);
            (Just(lists), variants, alts, status, texts, translation).prop_map(
                move |(lists, variants, alts, status, texts, translation)| {
                    let (categories, tags, attributes, options, sources) = lists;
                    let (title, description_html, brand, product_type, seo_title, seo_description) = texts;
                    let names: BTreeSet<String> = attributes.iter().map(|(name, _)| name.to_lowercase()).collect();
                    ProductDraft {
                        handle: format!("product-{at}"),
                        title,
                        description_html,
                        brand,
                        product_type,
                        status,
                        gift_card: status.map(|status| status == DraftStatus::Draft),
                        categories,
                        tags: tags.into_iter().collect(),
                        attributes: if names.len() == attributes.len() { attributes } else { Vec::new() },
                        options,
                        variants,
                        pictures: sources.into_iter().zip(alts).map(|(source, alt)| PictureDraft { source, alt }).collect(),
                        seo_title,
                        seo_description,
                        translations: translation
                            .map(|(title, html)| {
                                ("zh-Hans".to_string(), TextDraft { title, description_html: html, ..TextDraft::default() })
                            })
                            .into_iter()
                            .collect(),
                        line: 0,
                    }
                },
            )
        })
        .boxed()
}

proptest! {
    #[test]
    fn what_is_written_reads_back(products in (product(1), product(2), product(3)), yen in any::<bool>()) {
        let products = vec![products.0, products.1, products.2];
        let currency = if yen { Currency::JPY } else { Currency::EUR };
        prop_assert_eq!(comparable(round(&products, currency)), comparable(products));
    }
}
