use super::super::read_products;
use super::super::report::Format;
use super::super::tests::{fixture, places, text};
use super::*;

fn parsed() -> Parsed<ProductDraft> {
    read_products(fixture("woocommerce.csv").as_slice(), Currency::EUR).unwrap()
}

fn product(handle: &str) -> ProductDraft {
    parsed().items.into_iter().find(|product| product.handle == handle).unwrap_or_else(|| panic!("{handle} is missing"))
}

fn strings<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_string).into()
}

#[test]
fn every_type_is_taken_over_or_noted() {
    let parsed = parsed();
    assert_eq!(parsed.format, Format::WooCommerce);
    let handles: Vec<&str> = parsed.items.iter().map(|product| product.handle.as_str()).collect();
    assert_eq!(
        handles,
        [
            "oolong-friends",
            "cup",
            "pot-yixing",
            "whisk",
            "tasting-course",
            "book-of-tea",
            "strainer",
            "tray",
            "tray-20",
            "product-21",
            "nothing-yet"
        ]
    );
    assert_eq!(
        places(&parsed.errors),
        [
            (19, "Parent", "id:99"),
            (21, "Attribute 1 value(s)", " / Red"),
            (23, "SKU", "whisk"),
            (24, "Regular price", "-5"),
            (24, "Stock", "some"),
            (24, "Weight (lbs)", "1 lb"),
        ]
    );
    assert_eq!(
        places(&parsed.notes),
        [
            (5, "Sale price", "15"),
            (7, "Type", "simple, downloadable, virtual"),
            (8, "Type", "external"),
            (9, "Type", "grouped"),
            (15, "Stock", "parent"),
            (18, "Published", "0"),
            (25, "Type", "subscription"),
            (26, "Type", "variable"),
        ]
    );
}

#[test]
fn a_variable_product_has_its_variations_as_variants() {
    let uploads = "https://shop.example/wp-content/uploads/";
    let picture = |name: &str| PictureDraft { source: format!("{uploads}{name}"), alt: None };
    let base = VariantDraft {
        oversell: Some(false),
        requires_shipping: Some(true),
        taxable: Some(true),
        tracked: Some(true),
        ..VariantDraft::default()
    };
    let expected = ProductDraft {
        handle: "oolong-friends".into(),
        title: "Oolong & Friends".into(),
        description_html: text("Half-fired.\n<p>Line one</p>\n<p>Line two</p>"),
        status: Some(DraftStatus::Active),
        categories: vec![strings(["Tea"]), strings(["Tea", "Oolong"]), strings(["Sweets, Snacks", "Gifts"])],
        tags: strings(["tea", "half-fired"]),
        attributes: vec![("Origin".into(), "Fujian".into()), ("Origin".into(), "Taiwan".into())],
        options: strings(["Size"]),
        variants: vec![
            VariantDraft {
                sku: text("oolong-50"),
                options: strings(["50 g"]),
                price: Some(800),
                quantity: Some(12),
                weight_grams: Some(50),
                picture: Some(format!("{uploads}oolong-50.jpg")),
                line: 14,
                ..base.clone()
            },
            VariantDraft {
                sku: text("oolong-100"),
                options: strings(["100 g"]),
                price: Some(1200),
                compare_at: Some(1400),
                weight_grams: Some(227),
                line: 15,
                ..base
            },
        ],
        pictures: vec![picture("oolong.jpg"), picture("oolong-2.jpg"), picture("oolong-50.jpg")],
        line: 2,
        ..ProductDraft::default()
    };
    assert_eq!(product("oolong-friends"), expected);
}

#[test]
fn variations_inherit_and_differ_in_the_parents_order() {
    let cup = product("cup");
    assert_eq!(cup.options, ["Colour", "Size"]);
    let variants: Vec<_> = cup.variants.iter().map(|v| (v.options.join("/"), v.tax_class.clone(), v.oversell, v.quantity)).collect();
    assert_eq!(
        variants,
        [
            ("Celadon/S".to_string(), text("reduced-rate"), Some(true), Some(4)),
            ("White/L".to_string(), text("zero-rate"), Some(false), Some(0))
        ]
    );
}

#[test]
fn simple_products_keep_price_stock_and_weight() {
    let pot = product("pot-yixing");
    let only = &pot.variants[0];
    assert_eq!((pot.title.as_str(), only.sku.as_deref(), only.barcode.as_deref()), ("Pot Yixing", Some("=pot"), Some("4006381333931")));
    assert_eq!(
        (only.price, only.compare_at, only.quantity, only.oversell, only.weight_grams),
        (Some(3950), Some(4500), Some(3), Some(true), Some(567))
    );
    assert_eq!(pot.attributes, [("Clay".to_string(), "Zhuni".to_string())]);
    let whisk = &product("whisk").variants[0];
    assert_eq!((whisk.price, whisk.compare_at, whisk.tracked, whisk.quantity), (Some(1800), None, Some(true), Some(0)));
    let course = &product("tasting-course").variants[0];
    assert_eq!((course.requires_shipping, course.taxable, course.tracked), (Some(false), Some(false), Some(false)));
    assert_eq!(product("tray").variants[0].price, Some(2250));
    assert_eq!(product("product-21").title, "白毫银针");
}

#[test]
fn what_the_old_shop_did_not_show_is_a_draft() {
    for handle in ["strainer", "tray", "tray-20", "book-of-tea"] {
        assert_eq!(product(handle).status, Some(DraftStatus::Draft), "{handle}");
    }
}

#[test]
fn a_weight_needs_a_unit_that_is_known() {
    for (unit, grams) in [("(kg)", Some(1500)), ("(oz)", Some(43)), ("(g)", Some(2)), ("", None), ("(stone)", None)] {
        let file = format!("ID,Type,SKU,Name,Weight {unit}\n1,simple,a,Cup,\"1,5\"\n");
        let parsed = read_products(file.replace("Weight \n", "Weight\n").as_bytes(), Currency::EUR).unwrap();
        assert_eq!(parsed.items.first().and_then(|cup| cup.variants[0].weight_grams), grams, "{unit}");
        assert_eq!(parsed.errors.len(), usize::from(grams.is_none()));
    }
}
