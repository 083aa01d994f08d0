//! The page of a product.

use super::samples::{cards, eur, link, picture, say};
use super::views::product::{Attribute, AttributeValue, BreakView, OptionValue, OptionView, ProductView, VariantView};
use super::views::shared::{Shelf, Stock, TaxNote};
use kernel::web::i18n::Language;

pub fn product(l: Language) -> ProductView {
    let glazes = [
        ("Indigo", "靛蓝", "mug-indigo"),
        ("White", "白", "mug-white"),
        ("Sage", "鼠尾草绿", "mug-sage"),
        ("Charcoal", "炭黑", "mug-charcoal"),
    ];
    let variant = |at: usize, glaze: &str, size: &str| VariantView {
        choice: vec![glaze.to_lowercase(), size.to_lowercase()],
        sku: format!("MUG-{}-{size}", glaze.to_uppercase()),
        price: Some(eur(if size == "L" { 2900 } else { 2400 })),
        compare_at: (at == 2).then(|| eur(3200)),
        lowest: None,
        reason: None,
        stock: match at {
            0 => Stock::Few { left: 3 },
            3 => Stock::SoldOut,
            _ => Stock::InStock,
        },
        max: if at == 3 { 0 } else { 9 },
        own_price: at == 1,
        breaks: if at == 1 { vec![BreakView { from: 1, price: eur(2400) }, BreakView { from: 6, price: eur(2200) }] } else { Vec::new() },
        min: 1,
        step: 1,
        picture: Some(if at == 0 { 0 } else { at + 1 }),
        waiting: (at == 3).then(|| "/products/mug/waiting?variant=4".into()),
    };
    let variants: Vec<VariantView> =
        glazes.iter().enumerate().flat_map(|(at, (glaze, ..))| ["M", "L"].map(|size| variant(at, glaze, size))).collect();
    let title = say(l, "Straight mug", "直筒马克杯");
    ProductView {
        reviews: Default::default(),
        slug: "mug".to_string(),
        crumbs: vec![link(&say(l, "Home", "首页"), "/"), link(&say(l, "Cups & bowls", "杯与碗"), "/categories/cups")],
        brand: Some(link("Kiln No. 9", "/search?brand=kiln-no-9")),
        pictures: ["mug-indigo", "mug-indigo-detail", "mug-white", "mug-sage", "mug-charcoal"]
            .iter()
            .filter_map(|name| picture(name, &title))
            .collect(),
        summary: Some(say(
            l,
            "A generous everyday mug, dipped by hand so that no two edges are alike.",
            "日常大容量马克杯，手工蘸釉，每一道釉边都独一无二。",
        )),
        description: say(
            l,
            "<p>Thrown in stoneware, dried slowly and dipped once. The foot stays bare, so you feel the clay. It keeps tea warm for a long time and sits well in the hand.</p><p>Dishwasher and microwave safe. Small differences in glaze are part of it.</p>",
            "<p>以炻器泥料拉坯，慢慢阴干，一次蘸釉。底足不施釉，可以触摸到陶土的质感。保温持久，手感稳重。</p><p>可用洗碗机和微波炉。釉色的细微差别正是手作的一部分。</p>",
        ),
        options: vec![
            OptionView {
                label: say(l, "Glaze", "釉色"),
                param: "glaze".to_string(),
                values: glazes
                    .iter()
                    .enumerate()
                    .map(|(at, (en, zh, file))| OptionValue {
                        value: en.to_lowercase(),
                        label: say(l, en, zh),
                        selected: at == 0,
                        available: at != 3,
                        picture: picture(file, ""),
                    })
                    .collect(),
            },
            OptionView {
                label: say(l, "Size", "尺寸"),
                param: "size".to_string(),
                values: [("M", "300 ml"), ("L", "420 ml")]
                    .iter()
                    .enumerate()
                    .map(|(at, (value, label))| OptionValue {
                        value: value.to_lowercase(),
                        label: label.to_string(),
                        selected: at == 0,
                        available: true,
                        picture: None,
                    })
                    .collect(),
            },
        ],
        selected: variant(0, "Indigo", "M"),
        variants,
        tax: TaxNote::Included,
        attributes: [
            ("Material", "材质", "Stoneware"),
            ("Height", "高度", "9 cm"),
            ("Weight", "重量", "340 g"),
            ("Made in", "产地", "Portugal"),
        ]
        .iter()
        .map(|(en, zh, value)| Attribute {
            label: say(l, en, zh),
            values: vec![AttributeValue { text: value.to_string(), swatch: String::new() }],
        })
        .collect(),
        viewed: String::new(),
        together: String::new(),
        wish_list: String::new(),
        shelves: vec![Shelf {
            title: say(l, "Goes well with it", "搭配推荐"),
            more: None,
            products: cards(l).into_iter().skip(1).take(4).collect(),
        }],
        shipping_page: Some("/pages/shipping".to_string()),
        matrix: Some("/quick-order/products/mug".to_string()),
        title,
    }
}
