//! Sample pages of cart and checkout.

use super::Preview;
use super::orders::{choice, countries, lines, totals};
use super::samples::{eur, refused, say};
use super::views::approvals::NeedView;
use super::views::cart::{CartView, EstimateView};
use super::views::checkout::*;
use super::views::form::{self, Form};
use super::views::page::Tone;
use super::views::shared::{Notice, Totals};
use std::error::Error;

pub fn pages(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    let estimate =
        || EstimateView { form: Form::new(form::ESTIMATE).fill("country", "DE"), countries: countries(l), rates: None, ships: true };
    let mut cart = CartView {
        lines: lines(l),
        notices: vec![Notice {
            kind: Tone::Warning,
            text: say(l, "The price of the round teapot changed from €79.00 to €68.00.", "“砂斑圆壶”的价格由 €79.00 变为 €68.00。"),
        }],
        consents: Vec::new(),
        changes: Vec::new(),
        totals: Some(Totals { estimated: true, ..totals(l) }),
        coupon: Form::new(form::COUPON),
        coupons: vec!["SPRING10".to_string()],
        estimate: estimate(),
        blocked: None,
        complete: String::new(),
        offers: String::new(),
        quote: None,
        punchout: false,
    };
    cart.lines[0].notice = Some(Notice { kind: Tone::Info, text: say(l, "Only 3 left.", "仅剩 3 件。") });
    p.page("cart", "cart", cart)?;
    p.page(
        "cart",
        "cart-empty",
        CartView {
            lines: Vec::new(),
            notices: Vec::new(),
            consents: Vec::new(),
            changes: Vec::new(),
            totals: None,
            coupon: Form::new(form::COUPON),
            coupons: Vec::new(),
            estimate: estimate(),
            blocked: None,
            complete: String::new(),
            offers: String::new(),
            quote: None,
            punchout: false,
        },
    )?;

    let summary = || Summary { lines: lines(l), totals: totals(l) };
    let contact = || {
        Form::new(form::CHECKOUT).typed([
            ("email", "ann@"),
            ("ship_name", "Ann Weber"),
            ("ship_postcode", "123"),
            ("ship_country", "DE"),
            ("same", "on"),
        ])
    };
    p.page(
        "checkout/contact",
        "checkout-contact",
        ContactView {
            form: contact(),
            countries: countries(l),
            saved: Vec::new(),
            company: None,
            sites: Vec::new(),
            notices: Vec::new(),
            summary: summary(),
        },
    )?;
    p.page(
        "checkout/contact",
        "checkout-contact-refused",
        ContactView {
            form: refused(form::CHECKOUT, contact().fill("same", "")),
            countries: countries(l),
            saved: vec![choice("1", "Ann Weber, Lindenstraße 12, Leipzig", true)],
            company: None,
            sites: Vec::new(),
            notices: Vec::new(),
            summary: summary(),
        },
    )?;
    let done = || {
        vec![
            Done { label: "checkout-contact".to_string(), lines: vec!["ann@example.com".to_string()], change: "/checkout".to_string() },
            Done {
                label: "checkout-ship-to".to_string(),
                lines: vec!["Ann Weber".to_string(), "Lindenstraße 12, 04109 Leipzig".to_string()],
                change: "/checkout".to_string(),
            },
        ]
    };
    let method = |value: &str, en: &str, zh: &str, text: &str, price: Option<i64>| Method {
        value: value.to_string(),
        label: say(l, en, zh),
        text: Some(text.to_string()),
        price: price.map(eur),
        selected: value == "a",
    };
    p.page(
        "checkout/shipping",
        "checkout-shipping",
        ShippingView {
            form: Form::new(form::SHIPPING),
            methods: vec![
                method("a", "DHL parcel", "DHL 包裹", "2–3 days", Some(490)),
                method("b", "Collect in the shop", "到店自取", "Leipzig, Mon–Sat", Some(0)),
            ],
            done: done(),
            notices: Vec::new(),
            summary: summary(),
        },
    )?;
    p.page(
        "checkout/payment",
        "checkout-payment",
        PaymentView {
            form: Form::new(form::PAYMENT),
            stored: StoredView {
                form: Form::new(form::GIFT_CARD),
                cards: vec![GiftCardView {
                    id: "1".to_string(),
                    label: say(l, "Gift card ····7DKW", "礼品卡 ····7DKW"),
                    balance: eur(5000),
                    amount: eur(5000),
                }],
                sells_cards: false,
                credit: Some(CreditView { available: eur(1250), used: false }),
                more: true,
            },
            methods: vec![
                method("a", "Card, Apple Pay, Google Pay", "银行卡", "Stripe", None),
                method("b", "Bank transfer", "银行转账", "IBAN", None),
                method("c", "Cash on delivery", "货到付款", "DHL", Some(300)),
            ],
            done: done(),
            notices: Vec::new(),
            summary: summary(),
        },
    )?;
    p.page(
        "checkout/review",
        "checkout-review",
        ReviewView {
            done: done(),
            notices: vec![Notice { kind: Tone::Warning, text: "checkout-changed".to_string() }],
            summary: summary(),
            token: "t".to_string(),
            terms: Some("/pages/terms".to_string()),
            redirects: true,
            approval: None,
        },
    )?;
    let need = NeedView { why: vec![say(l, "Above 500 euros", "超过 500 欧元")], waiting: None, approved: false, refused: None };
    p.page(
        "checkout/review",
        "checkout-review-approval",
        ReviewView {
            done: done(),
            notices: Vec::new(),
            summary: summary(),
            token: "t".to_string(),
            terms: None,
            redirects: false,
            approval: Some(need),
        },
    )?;
    Ok(())
}
