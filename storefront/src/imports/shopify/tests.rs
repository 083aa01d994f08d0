use super::super::read_products;
use super::super::tests::{fixture, places, text};
use super::*;
use kernel::web::i18n::{Language, Texts};

const CDN: &str = "https://cdn.teahouse.example/files/";

fn picture(name: &str, alt: Option<&str>) -> PictureDraft {
    PictureDraft { source: format!("{CDN}{name}"), alt: alt.map(str::to_string) }
}

/// The product all fixtures begin with; older files have no category, status and colour.
fn long_jing(old: bool) -> ProductDraft {
    let base = VariantDraft {
        tracked: Some(true),
        oversell: Some(false),
        requires_shipping: Some(true),
        taxable: Some(true),
        ..VariantDraft::default()
    };
    let options = |size: &str, packing: &str| vec![size.to_string(), packing.to_string()];
    let bag = VariantDraft {
        sku: text("00123"),
        barcode: text("4006381333931"),
        options: options("50 g", "Bag"),
        price: Some(1250),
        compare_at: Some(1500),
        cost: Some(410),
        quantity: Some(24),
        weight_grams: Some(60),
        picture: Some(format!("{CDN}bag.jpg")),
        line: 2,
        ..base.clone()
    };
    let tin = VariantDraft {
        sku: text("LJ-50-T"),
        options: options("50 g", "Tin"),
        price: Some(1650),
        quantity: Some(-3),
        oversell: Some(true),
        weight_grams: Some(110),
        line: 5,
        ..base.clone()
    };
    let large = VariantDraft {
        sku: text("LJ-250-B"),
        options: options("250 g", "Bag"),
        price: Some(104_900),
        tracked: Some(false),
        weight_grams: Some(260),
        picture: Some(format!("{CDN}bag.jpg")),
        line: 6,
        ..base
    };
    let category: Vec<String> = ["Food, Beverages & Tobacco", "Beverages", "Tea & Infusions"].map(str::to_string).into();
    let colour = |value: &str| ("Color".to_string(), value.to_string());
    ProductDraft {
        handle: "long-jing".into(),
        title: "Long Jing \"Dragon Well\"".into(),
        description_html: text("<p>Pan-fired green tea,\nfrom West Lake.</p>\n<script>alert(\"x\")</script>"),
        brand: text("West Lake Gardens"),
        product_type: text("Green tea"),
        status: Some(DraftStatus::Active),
        gift_card: Some(false),
        categories: if old { vec![] } else { vec![category] },
        tags: ["green", "spring", "龙井"].map(str::to_string).into(),
        attributes: if old { vec![] } else { vec![colour("green"), colour("gold")] },
        options: vec!["Size".into(), "Packing".into()],
        variants: vec![bag, tin, large],
        pictures: vec![
            picture("long-jing.jpg", Some("Flat green leaves")),
            picture("bag.jpg", None),
            picture("tin.jpg", None),
            picture("field.jpg", Some("The garden\nin April")),
        ],
        seo_title: text("Long Jing"),
        seo_description: text("Green tea, pan-fired"),
        line: 2,
        ..ProductDraft::default()
    }
}

#[test]
fn a_classic_file_is_read_with_its_mistakes() {
    let parsed = read_products(fixture("shopify_classic.csv").as_slice(), Currency::EUR).unwrap();
    assert_eq!(parsed.format, Format::ShopifyClassic);
    assert_eq!(parsed.items[0], long_jing(false));
    assert_eq!(parsed.items.len(), 3);
    assert_eq!((parsed.items[1].handle.as_str(), parsed.items[1].gift_card), ("gift-card", Some(true)));
    assert_eq!((parsed.items[2].handle.as_str(), parsed.items[2].status), ("old-kettle", Some(DraftStatus::Archived)));
    assert_eq!(
        places(&parsed.errors),
        [
            (11, "Variant Price", "$12.50"),
            (12, "Variant Price", "-5.00"),
            (13, "Published", "maybe"),
            (13, "Variant Price", "1.999"),
            (13, "Variant Grams", "heavy"),
            (13, "Variant SKU", "GW-150"),
            (14, "Handle", ""),
            (15, "Handle", "gaiwan"),
        ]
    );
    assert_eq!(told(&parsed.errors[0]), "“$12.50” is not an amount such as 12.50");
    assert_eq!(told(&parsed.errors[5]), "line 9 has this SKU already");
    assert_eq!(places(&parsed.notes), [(2, "Price / Canada", "17.00")]);
}

#[test]
fn a_file_since_2024_says_the_same_in_other_columns() {
    let parsed = read_products(fixture("shopify_2024.csv").as_slice(), Currency::EUR).unwrap();
    assert_eq!(parsed.format, Format::Shopify2024);
    assert_eq!((&parsed.items[0], parsed.items.len()), (&long_jing(false), 3));
    assert_eq!(parsed.errors.len(), 8);
    assert_eq!(places(&parsed.errors)[1..3], [(12, "Price", "-5.00"), (13, "Published on online store", "maybe")]);
}

#[test]
fn an_older_file_lacks_columns_and_leaves_them_unsaid() {
    let parsed = read_products(fixture("shopify_classic_older.csv").as_slice(), Currency::EUR).unwrap();
    assert_eq!(parsed.errors, []);
    assert_eq!(parsed.items[0], long_jing(true));
    let gaiwan = &parsed.items[1];
    assert_eq!((gaiwan.title.as_str(), gaiwan.status), ("=Gaiwan, 150 ml", Some(DraftStatus::Draft)));
    assert_eq!((gaiwan.options.len(), gaiwan.variants.len(), gaiwan.variants[0].options.len()), (0, 1, 0));
}

#[test]
fn a_partial_file_says_only_what_it_says() {
    let parsed = read_products("Title,Handle\nCup,cup\n".as_bytes(), Currency::EUR).unwrap();
    let cup = ProductDraft { handle: "cup".into(), title: "Cup".into(), line: 2, ..ProductDraft::default() };
    assert_eq!((parsed.items, parsed.errors), (vec![cup], vec![]));
}

/// The reason of a mistake, as it is read in English.
fn told(error: &RowError) -> String {
    let texts = Texts::load(None).unwrap();
    let chinese = error.reason.told(&texts, Language::CHINESE);
    let english = error.reason.told(&texts, Language::ENGLISH);
    assert!(chinese != english && !english.starts_with("import-row"), "{error:?}");
    english
}

/// Reports of a file with only handle, options, SKU and price.
fn reports(rows: &str) -> Vec<(u64, String, String)> {
    let text = format!("Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n{rows}");
    let parsed = read_products(text.as_bytes(), Currency::EUR).unwrap();
    assert!(parsed.items.is_empty(), "{:?}", parsed.items);
    parsed.errors.into_iter().map(|error| (error.line, error.column.clone(), told(&error))).collect()
}

#[test]
fn a_product_with_one_bad_row_is_left_out_as_a_whole() {
    let twice = reports("a,A,Size,S,1,1.00\na,,,S,2,1.00\n");
    assert_eq!(twice, [(3, "Option1 Value".into(), "line 2 is the same variant of “a”".into())]);
    let valueless = reports("a,A,Size,S,1,1.00\na,,,,2,1.00\n");
    assert_eq!(valueless, [(3, "Option1 Value".into(), "the variant needs a value for each of: Size".into())]);
    let nameless = reports("a,A,,S,1,1.00\n");
    assert_eq!(nameless, [(2, "Option1 Value".into(), "the option has a value and no name".into())]);
    let renamed = reports("a,A,Size,S,1,1.00\na,,Colour,M,2,1.00\n");
    assert_eq!(renamed, [(3, "Option1 Name".into(), "the product's first row has another option here".into())]);
    let shared = reports("a,A,Size,S,1,1.00\na,B,,M,2,1.00\n");
    assert_eq!(shared, [(3, "Title".into(), "the handle has the title “A” on line 2; two products share one handle".into())]);
    let ragged = reports("a,A,Size,S,1,1.00\na,,,M,2\n");
    assert_eq!(ragged[0].2, "the row has 5 cells where the header has 6: look for a missing comma or quote");
    assert_eq!(reports("a,,Size,S,1,1.00\n")[0].2, "the product has no title");
}
