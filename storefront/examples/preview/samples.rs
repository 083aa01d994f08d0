//! Sample pages of the shop floor.

use super::Preview;
use super::views::form::{self, Form};
use super::views::home::{Banner, HomeView, Promise};
use super::views::listing::{CategoryView, Facet, FacetValue, Listing, PriceFacet, SearchView};
use super::views::page::{ContentView, ErrorView};
use super::views::product::{Attribute, AttributeValue, BreakView, OptionValue, OptionView, ProductView, VariantView};
use super::views::shared::{Card, Choice, Link, Picture, Shelf, Stock, TaxNote, Tile};
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::web::i18n::Language;
use std::error::Error;

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub fn picture(name: &str, alt: &str) -> Option<Picture> {
    let (width, height) = if name.starts_with("hero") { (1600, 700) } else { (1000, 1000) };
    Some(Picture { src: format!("/pictures/{name}.webp"), srcset: String::new(), width, height, alt: alt.to_string() })
}

pub fn link(label: &str, to: &str) -> Link {
    Link { label: label.to_string(), to: to.to_string() }
}

/// The English or the Chinese words.
pub fn say(language: Language, english: &str, chinese: &str) -> String {
    if language == Language::ENGLISH { english.to_string() } else { chinese.to_string() }
}

/// English and Chinese title, picture, price, price before, and whether it is a lowest price.
type Sample = (&'static str, &'static str, &'static str, i64, Option<i64>, bool);

fn cards(l: Language) -> Vec<Card> {
    let items: [Sample; 8] = [
        ("Straight mug", "直筒马克杯", "mug-indigo", 2400, None, true),
        ("Round teapot, speckled sand", "砂斑圆壶", "teapot-round-sand", 6800, Some(7900), false),
        ("Gongfu set in celadon, four pieces", "青瓷功夫茶具四件套", "gongfu-set-celadon", 11900, None, false),
        ("Green tea, spring harvest", "明前绿茶", "tea-tin-green", 1450, None, true),
        ("Bamboo whisk", "竹制茶筅", "matcha-whisk", 1900, None, false),
        ("Gooseneck kettle", "细口手冲壶", "kettle-gooseneck-steel", 8900, None, false),
        ("Matcha bowl, black", "黑釉抹茶碗", "bowl-matcha-black", 4200, None, false),
        ("White gaiwan", "白瓷盖碗", "gaiwan-white", 3200, None, false),
    ];
    let card = |(at, (en, zh, file, price, before, from)): (usize, &Sample)| Card {
        title: say(l, en, zh),
        to: format!("/products/{file}"),
        picture: picture(file, &say(l, en, zh)),
        price: Some(eur(*price)),
        from: *from,
        compare_at: before.map(eur),
        per: None,
        brand: Some("Kiln No. 9".to_string()),
        sold_out: at == 6,
        pre_order: at == 5,
        note: from.then(|| say(l, "4 choices", "4 种款式")),
    };
    items.iter().enumerate().map(card).collect()
}

fn choice(value: &str, label: &str, selected: bool) -> Choice {
    Choice { value: value.to_string(), label: label.to_string(), selected }
}

fn listing(l: Language) -> Listing {
    let facet = |name: &str, label: String, values: &[(&str, u64, bool)], open| Facet {
        name: name.to_string(),
        label,
        open,
        values: values
            .iter()
            .map(|(v, count, selected)| FacetValue {
                value: v.to_lowercase(),
                label: v.to_string(),
                count: *count,
                selected: *selected,
                swatch: String::new(),
            })
            .collect(),
        range: None,
    };
    Listing {
        action: "/categories/cups".to_string(),
        hidden: Vec::new(),
        count: 8,
        at_least: false,
        facets: vec![
            facet(
                "colour",
                say(l, "Colour", "颜色"),
                &[("Indigo", 4, true), ("Sage", 6, false), ("White", 9, false), ("Charcoal", 5, false)],
                true,
            ),
            facet("brand", say(l, "Brand", "品牌"), &[("Kiln No. 9", 12, false), ("Hill House Tea", 7, false)], true),
            facet("material", say(l, "Material", "材质"), &[("Stoneware", 14, false), ("Porcelain", 5, false)], false),
        ],
        price: Some(PriceFacet {
            min: String::new(),
            max: String::new(),
            floor: "14.50".to_string(),
            ceiling: "119".to_string(),
            error: None,
            open: true,
        }),
        chips: vec![link(&say(l, "Colour: Indigo", "颜色：靛蓝"), "/categories/cups")],
        clear: Some("/categories/cups".to_string()),
        sort: vec![
            choice("featured", &say(l, "Featured", "推荐"), true),
            choice("price", &say(l, "Price, low to high", "价格从低到高"), false),
        ],
        cards: cards(l),
        next: Some("/categories/cups?after=8".to_string()),
        first: None,
    }
}

fn product(l: Language) -> ProductView {
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
        sold_out: at == 3,
        max: if at == 3 { "0" } else { "9" }.to_string(),
        own_price: at == 1,
        breaks: if at == 1 {
            vec![BreakView { from: "1".into(), price: eur(2400) }, BreakView { from: "6".into(), price: eur(2200) }]
        } else {
            Vec::new()
        },
        min: "1".to_string(),
        step: "1".to_string(),
        first: "1".to_string(),
        any: true,
        min_text: "1".to_string(),
        step_text: String::new(),
        per: None,
        unit: super::views::product::Unit::Piece,
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

pub fn pages(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    let tiles = [
        ("Tea", "茶叶", "tea-tin-set"),
        ("Teapots", "茶壶", "teapot-tall-indigo"),
        ("Cups & bowls", "杯与碗", "tumbler-moss"),
        ("Table", "餐桌", "plate-stack"),
    ];
    let tile =
        |(en, zh, file): &(&str, &str, &str)| Tile { title: say(l, en, zh), to: "/categories/tea".to_string(), picture: picture(file, "") };
    p.page(
        "home",
        "home",
        HomeView {
            hero: Some(Banner {
                title: say(l, "Make room for tea", "为茶，留一点时间"),
                text: say(
                    l,
                    "Single-garden teas and tableware from small kilns, sent from our shop in Leipzig.",
                    "单一茶园的好茶，小窑烧制的器物，从莱比锡的小店寄到您手中。",
                ),
                picture: picture("hero-tea", ""),
                link: link(&say(l, "Discover the teas", "探索好茶"), "/categories/tea"),
            }),
            tiles: tiles.iter().map(tile).collect(),
            viewed: String::new(),
            for_you: String::new(),
            offers: String::new(),
            shelves: vec![
                Shelf {
                    title: say(l, "New this season", "当季新品"),
                    more: Some("/search?sort=newest".to_string()),
                    products: cards(l).into_iter().take(4).collect(),
                },
                Shelf { title: say(l, "Loved by regulars", "常客最爱"), more: None, products: cards(l).into_iter().skip(4).collect() },
            ],
            story: Some(Banner {
                title: say(l, "Set the table slowly", "慢慢布置餐桌"),
                text: say(
                    l,
                    "Plates, bowls and linen that are happy together and get better with use.",
                    "盘、碗与亚麻布，彼此相衬，愈用愈好。",
                ),
                picture: picture("hero-table", ""),
                link: link(&say(l, "See tableware", "查看餐具"), "/categories/table"),
            }),
            promises: [
                ("Free shipping from €60", "满 €60 免运费", "within Germany", "德国境内"),
                ("30 days to return", "30 天退货", "no questions asked", "无需理由"),
                ("Packed without plastic", "无塑料包装", "and with care", "用心打包"),
            ]
            .iter()
            .map(|(en, zh, more, more_zh)| Promise { title: say(l, en, zh), text: say(l, more, more_zh) })
            .collect(),
        },
    )?;
    p.page(
        "category",
        "category",
        CategoryView {
            crumbs: vec![link(&say(l, "Home", "首页"), "/")],
            title: say(l, "Cups & bowls", "杯与碗"),
            text: Some(say(
                l,
                "For the first cup of the day and the last: mugs, tumblers, gaiwans and bowls.",
                "从清晨第一杯到夜里最后一杯：马克杯、直身杯、盖碗与茶碗。",
            )),
            children: tiles.iter().take(3).map(tile).collect(),
            listing: listing(l),
        },
    )?;
    p.page(
        "search",
        "search",
        SearchView {
            query: "teepot".to_string(),
            corrected: Some("teapot".to_string()),
            suggestions: Vec::new(),
            unavailable: false,
            listing: Listing { chips: Vec::new(), next: None, ..listing(l) },
        },
    )?;
    p.page(
        "search",
        "search-empty",
        SearchView {
            query: "bicycle".to_string(),
            corrected: None,
            suggestions: vec![link("teapot", "/search?q=teapot"), link("matcha", "/search?q=matcha")],
            unavailable: false,
            listing: Listing { chips: Vec::new(), cards: Vec::new(), ..listing(l) },
        },
    )?;
    p.page("product", "product", product(l))?;
    p.page(
        "content",
        "content",
        ContentView {
            crumbs: vec![link(&say(l, "Home", "首页"), "/")],
            title: say(l, "Shipping & returns", "配送与退货"),
            html:
                "<h2>Shipping</h2><p>We send within two working days.</p><ul><li>Germany: €4.90, free from €60</li><li>EU: €9.90</li></ul>"
                    .to_string(),
        },
    )?;
    for status in [404, 409, 422, 429, 500, 503] {
        let wait = (status == 429 || status == 503).then_some(30);
        p.page(
            "error",
            &format!("error-{status}"),
            ErrorView { status, message: None, retry_after: wait, reference: (status == 500).then(|| "7F3A-90".to_string()) },
        )?;
    }
    Ok(())
}

/// A form refused in two fields.
pub fn refused(names: &[&str], form: Form) -> Form {
    let mut wrong = Fields::default();
    wrong.add(names[0], "Please enter an address such as ann@example.com.");
    if names == form::CHECKOUT {
        wrong.add("ship_postcode", "A German postcode has five digits.");
    }
    form.refuse(names, &wrong)
}
