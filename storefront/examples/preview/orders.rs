//! Sample pages of orders and account.

use super::Preview;
use super::samples::{eur, picture, refused, say};
use super::views::account::*;
use super::views::cart::LineView;
use super::views::company::CompanyNav;
use super::views::form::{self, Form};
use super::views::order::*;
use super::views::shared::{Choice, TotalRow, Totals};
use chrono::{NaiveDate, NaiveDateTime};
use kernel::web::i18n::Language;
use std::error::Error;

pub fn at(hour: u32) -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 22).and_then(|day| day.and_hms_opt(hour, 7, 0)).unwrap_or_default()
}

fn row(label: &str, minor: i64) -> TotalRow {
    TotalRow { label: label.to_string(), amount: eur(minor) }
}

pub fn totals(l: Language) -> Totals {
    Totals {
        subtotal: eur(11600),
        rows: vec![row(&say(l, "Coupon SPRING10", "优惠码 SPRING10"), -1160), row(&say(l, "Shipping: DHL parcel", "运费：DHL 包裹"), 490)],
        included_tax: vec![row(&say(l, "Incl. 19% VAT", "含 19% 增值税"), 1745)],
        total: eur(10930),
        paid: vec![row(&say(l, "Gift card ····7DKW", "礼品卡 ····7DKW"), -5000)],
        due: Some(eur(5930)),
        estimated: false,
    }
}

pub fn lines(l: Language) -> Vec<LineView> {
    let line = |id: &str, en: &str, zh: &str, file: &str, price: i64, quantity: u32| LineView {
        id: id.to_string(),
        title: say(l, en, zh),
        variant: (id == "1").then(|| say(l, "Indigo, 300 ml", "靛蓝，300 ml")),
        sku: "MUG-INDIGO-M".to_string(),
        to: Some("/products/mug".to_string()),
        picture: picture(file, ""),
        unit_price: eur(price),
        compare_at: (id == "2").then(|| eur(7900)),
        quantity: quantity.to_string(),
        quantity_text: quantity.to_string(),
        max: "9".to_string(),
        step: "1".to_string(),
        per: None,
        total: eur(price * i64::from(quantity)),
        gift: None,
        adjustments: Vec::new(),
        notice: None,
        stock: None,
    };
    vec![
        line("1", "Straight mug", "直筒马克杯", "mug-indigo", 2400, 2),
        line("2", "Round teapot, speckled sand", "砂斑圆壶", "teapot-round-sand", 6800, 1),
    ]
}

pub fn choice(value: &str, label: &str, selected: bool) -> Choice {
    Choice { value: value.to_string(), label: label.to_string(), selected }
}

pub fn countries(l: Language) -> Vec<Choice> {
    vec![choice("DE", &say(l, "Germany", "德国"), true), choice("FR", &say(l, "France", "法国"), false)]
}

fn order(l: Language, fresh: bool) -> OrderView {
    let address: Vec<String> = ["Ann Weber", "Lindenstraße 12", "04109 Leipzig", "Germany"].map(String::from).to_vec();
    OrderView {
        number: "R1001".to_string(),
        key: Some("signed".to_string()),
        fresh,
        in_account: false,
        in_company: false,
        trade: Vec::new(),
        placed_at: at(9),
        email: "ann@example.com".to_string(),
        status: "confirmed".to_string(),
        payment_status: if fresh { "pending" } else { "partially_refunded" }.to_string(),
        fulfilment_status: if fresh { "unfulfilled" } else { "fulfilled" }.to_string(),
        notices: Vec::new(),
        lines: lines(l),
        totals: totals(l),
        shipping_address: address.clone(),
        pickup: None,
        billing_address: address,
        shipping_method: Some(say(l, "DHL parcel", "DHL 包裹")),
        payment_method: Some(say(l, "Bank transfer", "银行转账")),
        shipments: if fresh {
            Vec::new()
        } else {
            vec![ShipmentView {
                number: "R1001-1".to_string(),
                shipped_at: at(15),
                carrier: Some("DHL".to_string()),
                tracking_number: Some("00340434".to_string()),
                tracking_url: Some("https://example.com/track".to_string()),
                contents: vec![say(l, "2 × Straight mug, Indigo", "2 × 直筒马克杯，靛蓝")],
            }]
        },
        gift_cards: Vec::new(),
        gift_cards_wait: false,
        refunds: if fresh {
            Vec::new()
        } else {
            vec![RefundView {
                at: at(17),
                amount: eur(2400),
                status: "settled".to_string(),
                to: None,
                parts: vec![row(&say(l, "1 × Straight mug", "1 × 直筒马克杯"), 2400)],
            }]
        },
        returns: if fresh {
            Vec::new()
        } else {
            vec![ReturnView {
                number: "R1001-1".to_string(),
                at: at(16),
                status: "approved".to_string(),
                message: vec![say(l, "Please use the label.", "请使用退货标签。")],
                wants_exchange: true,
                outcome: None,
                exchanged: None,
                contents: vec![say(l, "1 × Straight mug", "1 × 直筒马克杯")],
                label: Some("/orders/R1001/returns/1/label".to_string()),
                withdraw: Some("/orders/R1001/returns/1/withdraw".to_string()),
            }]
        },
        return_to: (!fresh).then(|| "/orders/R1001/returns/new".to_string()),
        transfer: fresh.then(|| {
            vec![
                TotalText { label: "IBAN".to_string(), value: "DE02 1203 0000 0000 2020 51".to_string() },
                TotalText { label: say(l, "Reference", "附言"), value: "R1001".to_string() },
            ]
        }),
        papers: vec![PaperView {
            text: say(l, "Invoice INV-00001", "发票 INV-00001"),
            to: "/orders/R1001/documents/1".to_string(),
            ubl: Some("/orders/R1001/documents/1/ubl".to_string()),
        }],
        history: vec![
            HistoryEntry { at: at(9), text: say(l, "Order placed", "订单已提交") },
            HistoryEntry { at: at(15), text: say(l, "Parcel sent", "包裹已发出") },
        ],
        can_cancel: fresh,
        cancel_refund: fresh.then(|| eur(10930)),
        can_pay: fresh,
        balance: (!fresh).then(|| eur(1290)),
        can_reorder: true,
    }
}

pub fn pages(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    p.page("order", "order-fresh", order(l, true))?;
    p.page("order", "order", order(l, false))?;
    p.page(
        "return",
        "return",
        ReturnFormView {
            number: "R1001".to_string(),
            key: None,
            back: "/account/orders/R1001".to_string(),
            form: Form::new(form::RETURN),
            lines: vec![ReturnLineView {
                title: say(l, "Straight mug", "直筒马克杯"),
                variant: Some(say(l, "Indigo, 300 ml", "靛蓝，300 ml")),
                picture: picture("mug-indigo", ""),
                max: "2".to_string(),
                places: 0,
                quantity_name: "quantity-1".to_string(),
                quantity: "0".to_string(),
                reason_name: "reason-1".to_string(),
                reason: String::new(),
                instead_name: "instead-1".to_string(),
                instead: vec![Choice {
                    value: "2".to_string(),
                    label: say(l, "Sage, 300 ml – €26.00", "灰绿，300 ml – €26.00"),
                    selected: false,
                }],
                error: None,
            }],
            reasons: ["changed_mind", "damaged", "other"].map(String::from).to_vec(),
            days: 30,
        },
    )?;

    p.page(
        "account/sign_in",
        "account-sign-in",
        SignInView { form: refused(form::SIGN_IN, Form::new(form::SIGN_IN).fill("email", "ann@")) },
    )?;
    p.page("account/register", "account-register", RegisterView { form: Form::new(form::REGISTER) })?;
    p.page("account/forgot", "account-forgot", ForgotView { form: Form::new(form::FORGOT), sent: false })?;
    p.page("account/forgot", "account-forgot-sent", ForgotView { form: Form::new(form::FORGOT), sent: true })?;
    p.page("account/reset", "account-reset", ResetView { form: Form::new(form::RESET).fill("token", "t"), expired: false })?;
    p.page("account/reset", "account-reset-expired", ResetView { form: Form::new(form::RESET), expired: true })?;
    for (name, state) in
        [("sent", VerifyState::Sent), ("ask", VerifyState::Ask), ("done", VerifyState::Done), ("expired", VerifyState::Expired)]
    {
        p.page(
            "account/verify",
            &format!("account-verify-{name}"),
            VerifyView { token: "t".to_string(), state, email: Some("ann@example.com".to_string()) },
        )?;
    }
    let order_row = |number: &str, status: &str| OrderRow {
        number: number.to_string(),
        to: format!("/account/orders/{number}"),
        placed_at: at(9),
        total: eur(10930),
        items: 3,
        status: status.to_string(),
        payment_status: "paid".to_string(),
        fulfilment_status: "fulfilled".to_string(),
    };
    let orders = || vec![order_row("R1001", "confirmed"), order_row("R0987", "cancelled"), order_row("R0912", "completed")];
    let address: Vec<String> = ["Ann Weber", "Lindenstraße 12", "04109 Leipzig", "Germany"].map(String::from).to_vec();
    p.page(
        "account/overview",
        "account",
        OverviewView {
            name: "Ann".to_string(),
            email: "ann@example.com".to_string(),
            verified: false,
            orders: orders(),
            address: Some(address.clone()),
            credit: vec![eur(1250)],
        },
    )?;
    p.page(
        "account/credit",
        "account-credit",
        CreditPageView {
            balances: vec![eur(1250)],
            entries: vec![CreditEntry {
                at: at(9),
                text: "store-credit-entry-refunded".to_string(),
                order: Some("R1001".to_string()),
                amount: eur(1250),
            }],
            next: None,
        },
    )?;
    p.page(
        "account/statement",
        "account-statement",
        StatementView {
            nav: CompanyNav::default(),
            company: "Teeladen GmbH".to_string(),
            account: Some(StatementAccount {
                limit: eur(500_000),
                owed: eur(21860),
                left: eur(478_140),
                overdue: Some(eur(10930)),
                days: 30,
            }),
            above: false,
            items: vec![StatementItem {
                number: "R1001".to_string(),
                to: Some("/account/company/orders/R1001".to_string()),
                invoice: "RE-00001".to_string(),
                placed_at: at(9),
                due: at(10),
                late: 3,
                open: eur(10930),
                settled: Some(eur(500)),
                deposit: Some(eur(3279)),
                deposit_due: Some(at(9)),
                fees: Some(eur(500)),
            }],
            next: None,
            from: "2026-11-01".to_string(),
            to: "2026-11-23".to_string(),
        },
    )?;
    p.page(
        "account/orders",
        "account-orders",
        OrdersView { orders: orders(), next: Some("/account/orders?after=1".to_string()), first: None },
    )?;
    p.page(
        "account/addresses",
        "account-addresses",
        AddressesView {
            addresses: vec![
                AddressView { id: "1".to_string(), lines: address.clone(), default: true },
                AddressView { id: "2".to_string(), lines: address, default: false },
            ],
        },
    )?;
    p.page(
        "account/address",
        "account-address",
        AddressFormView { id: Some("1".to_string()), form: Form::new(form::ADDRESS).fill("name", "Ann Weber"), countries: countries(l) },
    )?;
    p.page(
        "account/profile",
        "account-profile",
        ProfileView {
            form: Form::new(form::PROFILE).fill("name", "Ann"),
            languages: vec![choice("en", "English", true), choice("zh", "简体中文", false)],
        },
    )?;
    Ok(())
}
