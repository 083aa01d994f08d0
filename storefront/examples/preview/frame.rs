//! What stands around every sample page.

use super::samples::{link, say};
use super::views::page::{Alternate, Look, MenuLink, PageView};
use super::views::shared::Link;
use kernel::web::i18n::Language;

fn categories(l: Language) -> Vec<Link> {
    [
        ("Tea", "茶叶", "tea"),
        ("Teapots", "茶壶", "teapots"),
        ("Cups & bowls", "杯与碗", "cups"),
        ("Kettles & tools", "水壶与茶具", "tools"),
        ("Table", "餐桌", "table"),
    ]
    .iter()
    .map(|(en, zh, slug)| link(&say(l, en, zh), &format!("/categories/{slug}")))
    .collect()
}

fn menu_link(of: &Link) -> MenuLink {
    MenuLink { label: of.label.clone(), to: Some(of.to.clone()), ..MenuLink::default() }
}

pub fn frame(l: Language, name: &str) -> PageView {
    let guest = !name.starts_with("account") || ["sign-in", "register", "forgot", "reset", "verify"].iter().any(|part| name.contains(part));
    PageView {
        language: l,
        tag: l.tag(),
        shop_name: say(l, "Leaf & Clay", "叶与陶"),
        look: Look { ground: "#faf7f2".to_string(), ..Look::default() },
        title: if name == "home" { String::new() } else { name.to_string() },
        description: "Tea and tableware".to_string(),
        canonical: Some(format!("https://shop.example{}", l.path("/"))),
        alternates: [Language::ENGLISH, Language::CHINESE]
            .iter()
            .map(|other| Alternate {
                code: other.code(),
                tag: other.tag(),
                name: other.name(),
                href: format!("../{}/{name}.html", other.code()),
                current: *other == l,
            })
            .collect(),
        csrf: "token".to_string(),
        cart_count: 3,
        slots: None,
        asks: true,
        here: "/".into(),
        signed_in: (!guest).then(|| "Ann".to_string()),
        flash: Vec::new(),
        header: categories(l).iter().map(menu_link).collect(),
        footer: vec![MenuLink { key: Some("footer-shop"), children: categories(l).iter().map(menu_link).collect(), ..MenuLink::default() }],
        footer_more: Vec::new(),
        chat: true,
        quick_order: true,
        prices: None,
        pages: vec![
            link(&say(l, "Shipping & returns", "配送与退货"), "/pages/shipping"),
            link(&say(l, "About us", "关于我们"), "/pages/about"),
            link(&say(l, "Terms", "交易条款"), "/pages/terms"),
        ],
        announcement: Some(say(l, "Free shipping from €60 within Germany", "德国境内满 €60 免运费")),
        json_ld: Some("{\"@context\":\"https://schema.org\",\"@type\":\"WebPage\"}".to_string()),
        noindex: false,
        currency: "EUR".to_string(),
        query: String::new(),
    }
}
