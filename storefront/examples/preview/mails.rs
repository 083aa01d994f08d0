//! Sample mails.

use super::Preview;
use super::orders::{at, totals};
use super::samples::{eur, say};
use super::views::campaign::{CampaignBlock, CampaignCard, CampaignMail, CampaignStyle};
use super::views::mail::*;
use super::views::order::TotalText;
use super::views::shared::TotalRow;
use kernel::web::i18n::Language;
use std::error::Error;

pub fn frame(l: Language) -> MailView {
    MailView {
        language: l,
        tag: l.tag(),
        shop_name: say(l, "Leaf & Clay", "叶与陶"),
        shop_url: format!("https://shop.example{}", l.path("/")),
        look: MailLook { ground: "#faf7f2".to_string(), ink: "#2b2622".to_string(), accent: "#87452a".to_string(), logo: None },
        contact: "hello@shop.example".to_string(),
        imprint: vec!["Leaf & Clay GmbH, Lindenstraße 1, 04109 Leipzig".to_string()],
        name: Some("Ann".to_string()),
    }
}

fn order(l: Language) -> MailOrder {
    let address: Vec<String> = ["Ann Weber", "Lindenstraße 12", "04109 Leipzig"].map(String::from).to_vec();
    MailOrder {
        number: "R1001".to_string(),
        url: format!("https://shop.example{}", l.path("/orders/R1001?key=k&n=1")),
        lines: vec![
            MailLine {
                title: say(l, "Straight mug", "直筒马克杯"),
                variant: Some(say(l, "Indigo, 300 ml", "靛蓝，300 ml")),
                quantity: "2".to_string(),
                total: eur(4800),
            },
            MailLine { title: say(l, "Bowl & saucer", "盖碗"), variant: None, quantity: "1".to_string(), total: eur(6800) },
        ],
        totals: totals(l),
        shipping_address: address.clone(),
        pickup: false,
        billing_address: address,
        shipping_method: Some("DHL".to_string()),
        payment_method: Some(say(l, "Bank transfer", "银行转账")),
    }
}

/// A mail of a campaign with one block of each kind.
fn campaign(l: Language) -> CampaignMail {
    let card = |title: String, why: Option<String>| CampaignCard {
        title,
        url: format!("https://shop.example{}", l.path("/products/mug")),
        src: Some("https://shop.example/pictures/h/400.webp".to_string()),
        price: Some(eur(2400)),
        from: why.is_some(),
        compare_at: why.is_none().then(|| eur(2900)),
        why,
    };
    let (mug, bowl) = (say(l, "Straight mug", "直筒马克杯"), say(l, "Bowl & saucer", "盖碗"));
    let why = say(l, "Because you bought Straight mug", "因为您购买过直筒马克杯");
    let own = |path: &str| format!("https://shop.example/m/token/{path}");
    CampaignMail {
        subject: say(l, "New teapots for Ann", "Ann，新茶壶到了"),
        preheader: say(l, "Thrown by hand", "手工制作"),
        blocks: vec![
            CampaignBlock::Heading { text: say(l, "New & rare", "新品与珍品") },
            CampaignBlock::Text {
                html: say(l, "<p>Dear Ann,<br>look.</p>", "<p>Ann，<br>请看。</p>"),
                text: say(l, "Dear Ann,\nlook.", "Ann，\n请看。"),
            },
            CampaignBlock::Picture {
                src: "https://shop.example/pictures/p/800.webp".to_string(),
                width: 536,
                alt: say(l, "A teapot", "一把茶壶"),
                url: Some("https://shop.example/m/picture".to_string()),
            },
            CampaignBlock::Button { label: say(l, "To the teapots", "查看茶壶"), url: "https://shop.example/m/button".to_string() },
            CampaignBlock::Divider {},
            CampaignBlock::Products {
                title: say(l, "For you", "为您推荐"),
                rows: vec![vec![card(mug.clone(), None), card(bowl, Some(why))], vec![card(mug.clone(), None)]],
            },
            CampaignBlock::Offer {
                name: say(l, "20% off your mug", "马克杯八折"),
                why: say(l, "You looked at it twice.", "您看过两次。"),
                until: Some(at(20)),
                label: String::new(),
                url: "https://shop.example/m/offer".to_string(),
                card: Some(Box::new(card(mug, None))),
            },
            CampaignBlock::Survey {
                question: say(l, "How likely are you to recommend us?", "您有多大可能推荐我们？"),
                scores: (0..=10).map(|score| (score, format!("https://shop.example/surveys/1/1/d1?key=k&score={score}"))).collect(),
            },
            CampaignBlock::Columns {
                left: vec![CampaignBlock::Text {
                    html: say(l, "<p>On the left.</p>", "<p>左栏。</p>"),
                    text: say(l, "On the left.", "左栏。"),
                }],
                right: vec![CampaignBlock::Button { label: say(l, "Look", "查看"), url: "https://shop.example/m/right".to_string() }],
            },
        ],
        style: CampaignStyle { button: "#2b2622".to_string(), button_text: "#ffffff".to_string() },
        view_url: own("view"),
        why_url: own("why"),
        unsubscribe_url: own("unsubscribe"),
        pixel: Some(own("open.gif")),
    }
}

pub fn mails(p: &Preview) -> Result<(), Box<dyn Error>> {
    let l = p.language;
    p.mail("campaign", campaign(l))?;
    let transfer = Some(vec![TotalText { label: "IBAN".to_string(), value: "DE02 1203 0000 0000 2020 51".to_string() }]);
    p.mail("order_confirmation", OrderConfirmation { order: order(l), transfer: transfer.clone() })?;
    let changes = vec![say(l, "Bowl & saucer: 2 → 1", "盖碗：2 → 1"), say(l, "New: 1 × Straight mug", "新增：1 × 直筒马克杯")];
    p.mail(
        "order_edited",
        OrderEdited {
            order: order(l),
            changes,
            back: Some(eur(500)),
            balance: Some(eur(1290)),
            pays_online: true,
            transfer: transfer.clone(),
        },
    )?;
    for level in 1..=3 {
        let item = AccountItem {
            number: "R1001".to_string(),
            invoice: "RE-00001".to_string(),
            due: at(9),
            days: 14,
            amount: eur(10930),
            fee: None,
        };
        p.mail(
            "account_reminder",
            AccountReminder {
                level,
                company: "Teeladen GmbH".to_string(),
                text: (level == 2).then(|| say(l, "Please pay soon.", "请尽快付款。")),
                items: vec![item],
                total: eur(10930),
                bank: vec!["IBAN DE02 1203 0000 0000 2020 51".to_string()],
            },
        )?;
    }
    let (number, invoice) = ("R1001".to_string(), "RE-00001".to_string());
    let invoice = AccountInvoice { number, invoice, amount: eur(10930), due: at(9), deposit: None, deposit_due: None, url: order(l).url };
    p.mail("account_invoice", invoice)?;
    p.mail("payment_received", PaymentReceived { order: order(l), amount: eur(10930) })?;
    p.mail(
        "shipment_sent",
        ShipmentSent {
            contents: order(l).lines,
            order: order(l),
            carrier: Some("DHL".to_string()),
            tracking_number: Some("00340434".to_string()),
            tracking_url: Some("https://example.com/track?a=1&b=2".to_string()),
            offers: Vec::new(),
        },
    )?;
    p.mail("order_cancelled", OrderCancelled { order: order(l), reason: None, refund: Some(eur(10930)), credit: None })?;
    p.mail(
        "refund_sent",
        RefundSent {
            order: order(l),
            amount: eur(2400),
            parts: vec![TotalRow { label: say(l, "1 × Straight mug", "1 × 直筒马克杯"), amount: eur(2400) }],
            to: None,
        },
    )?;
    p.mail(
        "payment_case_refund",
        PaymentCaseRefund { order_number: Some("R1001".to_string()), amount: eur(10930), shop_page: "https://shop.example/".to_string() },
    )?;
    p.mail(
        "gift_card",
        GiftCardMail {
            amount: eur(5000),
            code: "ACDE-FGHJ-KMNP-7DKW".to_string(),
            message: vec![say(l, "Happy birthday!", "生日快乐！")],
            expires_at: None,
        },
    )?;
    p.mail(
        "gift_cards_sold",
        GiftCardsSold {
            order_number: "R1001".to_string(),
            order_url: "https://shop.example/orders/R1001".to_string(),
            cards: vec![SoldCard { amount: eur(5000), code: "ACDE-FGHJ-KMNP-7DKW".to_string() }],
        },
    )?;
    p.mail("payment_link", PaymentLink { order: order(l), until: at(20) })?;
    let hours = vec![say(l, "Mon to Fri 10–18", "周一至周五 10–18 点")];
    p.mail("pickup_ready", PickupReady { order: MailOrder { pickup: true, ..order(l) }, hours })?;
    p.mail(
        "back_in_stock",
        BackInStock {
            title: say(l, "Straight mug", "直筒马克杯"),
            variant: Some(say(l, "Indigo", "靛蓝")),
            price: Some(eur(2400)),
            url: "https://shop.example/products/straight-mug".to_string(),
        },
    )?;
    p.mail(
        "return_update",
        ReturnUpdate {
            number: "R1001-1".to_string(),
            order_number: "R1001".to_string(),
            status: "approved".to_string(),
            text: say(l, "Please send the goods to us.", "请将商品寄回。"),
            message: vec![say(l, "Please use the label.", "请使用退货标签。")],
            contents: vec![say(l, "1 × Straight mug", "1 × 直筒马克杯")],
            label: true,
            exchange: None,
            url: "https://shop.example/orders/R1001?key=k".to_string(),
        },
    )?;
    let file = || MailFile { name: "label.pdf".to_string(), url: "https://shop.example/requests/T1001/files/1?key=k".to_string() };
    for (what, outcome) in [("received", None), ("answered", None), ("solved", Some("refunded"))] {
        let body = if what == "received" { Vec::new() } else { vec![say(l, "The mug is on its way.", "马克杯已寄出。")] };
        p.mail(
            "ticket_update",
            TicketUpdate {
                number: "T1001".to_string(),
                subject: say(l, "Broken mug", "马克杯破损"),
                what: what.to_string(),
                body,
                files: if what == "answered" { vec![file()] } else { Vec::new() },
                outcome: outcome.map(str::to_string),
                rate: true,
                url: "https://shop.example/requests/T1001?key=k".to_string(),
            },
        )?;
    }
    let score = |rating: i64| (rating, format!("https://shop.example/requests/T1001?key=k&rating={rating}#rate"));
    let subject = say(l, "Broken mug", "马克杯破损");
    p.mail("ticket_survey", TicketSurvey { number: "T1001".to_string(), subject, ratings: (1..=5).rev().map(score).collect() })?;
    let good = |title: String, variant: Option<String>| ReviewGood {
        title,
        variant,
        url: "https://shop.example/orders/R1001/reviews/1?key=k".to_string(),
    };
    let goods = vec![good(say(l, "Straight mug", "直筒马克杯"), Some(say(l, "Blue", "蓝色"))), good(say(l, "Bowl & saucer", "盖碗"), None)];
    let stop_url = "https://shop.example/orders/R1001/reviews?key=k".to_string();
    p.mail("review_request", ReviewRequest { number: "R1001".to_string(), goods, stop_url })?;
    let why = vec![say(l, "Above 500 euros", "超过 500 欧元")];
    let note = vec![say(l, "For the trade fair in May.", "用于五月的展会。")];
    let approval_url = "https://shop.example/account/company/approvals/1".to_string();
    let asked = ApprovalAsked {
        company: "Leaf & Clay Cafés".to_string(),
        requester: "Ben Berg".to_string(),
        total: eur(61_200),
        why,
        note: note.clone(),
        until: Some(at(20)),
        again: false,
        url: approval_url.clone(),
    };
    p.mail("approval_asked", asked)?;
    let decided = ApprovalDecided {
        state: "placed".to_string(),
        total: eur(61_200),
        reason: None,
        notes: note,
        order: Some("R1001".to_string()),
        url: approval_url,
    };
    p.mail("approval_decided", decided)?;
    let offer = QuoteUpdate {
        number: "Q1001".to_string(),
        what: "offered".to_string(),
        text: vec![say(l, "As we spoke on the telephone.", "如电话中所述。")],
        lines: vec![MailLine {
            title: say(l, "Straight mug", "直筒马克杯"),
            variant: None,
            quantity: "40".to_string(),
            total: eur(40_000),
        }],
        total: Some(eur(40_000)),
        until: Some(at(20)),
        url: "https://shop.example/quotes/Q1001?key=k".to_string(),
    };
    p.mail("quote_update", offer)?;
    let link = || LinkMail { url: "https://shop.example/account/verify?token=t".to_string(), hours: 24 };
    p.mail("verify_email", link())?;
    p.mail("reset_password", link())?;
    p.mail("confirm_newsletter", link())?;
    let company = |state: &str, reason: &str| CompanyMail {
        company: "Kiln & Co".to_string(),
        state: state.to_string(),
        reason: reason.to_string(),
        url: "https://shop.example/account/company".to_string(),
    };
    p.mail("company_invitation", company("", ""))?;
    p.mail("company_decided", company("refused", "The VAT ID belongs to somebody else."))?;
    Ok(())
}
