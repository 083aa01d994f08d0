//! What the merchant decides about the shop as a whole.

use super::desk::Desk;
use super::forms::{self, Reader};
use super::languages;
use super::stale::{self, Label, Labels, Refused};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use crm::levels;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};
use serde_json::{Value, json};
use storefront::shop::{self, InvoiceAt, Shop};
use storefront::stores::{self, MAIN};
use storefront::tax::Rounding;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const BASE: &[&str] = &[
    "name",
    "contact_email",
    "imprint",
    "vat_id",
    "invoice_at",
    "invoice_prefix",
    "credit_note_prefix",
    "country",
    "time_zone",
    "prices_include_tax",
    "tax_rounding",
    "capture_at_once",
    "bank_transfer",
    "bank_details",
    "cash_on_delivery",
    "payment_minutes",
    "low_stock",
    "return_days",
    "chat",
    "chat_calendar",
    "chat_minutes",
    "quick_order",
    "first",
];

const LABELS: &Labels = &[
    ("name", "admin-settings-name", ""),
    ("contact_email", "admin-settings-contact", ""),
    ("imprint", "admin-settings-imprint", ""),
    ("vat_id", "admin-settings-vat-id", ""),
    ("invoice_at", "admin-settings-invoice-at", "admin-invoice-at-"),
    ("invoice_prefix", "admin-settings-invoice-prefix", ""),
    ("credit_note_prefix", "admin-settings-credit-note-prefix", ""),
    ("country", "admin-settings-country", ""),
    ("time_zone", "admin-settings-time-zone", ""),
    ("prices_include_tax", "admin-settings-tax", ""),
    ("tax_rounding", "admin-settings-tax-rounding", "admin-tax-rounding-"),
    ("capture_at_once", "admin-settings-capture", ""),
    ("bank_transfer", "admin-settings-bank", ""),
    ("bank_details", "admin-settings-bank-details", ""),
    ("cash_on_delivery", "admin-settings-cash", ""),
    ("payment_minutes", "admin-settings-minutes", ""),
    ("low_stock", "admin-settings-low-stock", ""),
    ("return_days", "admin-settings-return-days", ""),
    ("chat", "admin-settings-chat", ""),
    ("chat_calendar", "admin-settings-chat-calendar", ""),
    ("chat_minutes", "admin-settings-chat-minutes", ""),
    ("quick_order", "admin-settings-quick-order", ""),
    ("first", "admin-store-first", ""),
    ("also", "admin-store-also", ""),
    ("announcement", "admin-settings-announcement", ""),
];

fn names() -> Vec<String> {
    BASE.iter().map(ToString::to_string).chain(languages::each(&["also", "announcement"])).collect()
}

/// What the form is about: the settings, and the languages of the main store.
fn stored(conn: &mut Conn) -> Result<(Shop, Vec<Language>)> {
    Ok((shop::get(conn)?, stores::get(conn, MAIN)?.languages))
}

pub async fn form(desk: Desk) -> Result<HttpResponse> {
    let (shop, spoken) = desk.read(stored).await?;
    show(&desk, StatusCode::OK, &shop, filled(&shop, &spoken).sealed()).await
}

fn filled(shop: &Shop, spoken: &[Language]) -> Form {
    let mut form = Form::new(&names())
        .fill("name", &shop.name)
        .fill("contact_email", &shop.contact_email)
        .fill("imprint", &shop.imprint)
        .fill("vat_id", &shop.vat_id)
        .fill("invoice_at", shop.invoice_at.as_str())
        .fill("invoice_prefix", &shop.invoice_prefix)
        .fill("credit_note_prefix", &shop.credit_note_prefix)
        .fill("country", &shop.country)
        .fill("time_zone", &shop.time_zone)
        .fill("prices_include_tax", forms::tick(shop.prices_include_tax))
        .fill("tax_rounding", shop.tax_rounding.as_str())
        .fill("capture_at_once", forms::tick(shop.capture_at_once))
        .fill("bank_transfer", forms::tick(shop.bank_transfer))
        .fill("bank_details", &shop.bank_details)
        .fill("cash_on_delivery", forms::tick(shop.cash_on_delivery))
        .fill("payment_minutes", shop.payment_minutes.to_string())
        .fill("low_stock", shop.low_stock.to_string())
        .fill("return_days", shop.return_days.to_string())
        .fill("chat", forms::tick(shop.chat))
        .fill("chat_calendar", shop.chat_calendar.map(|id| id.to_string()).unwrap_or_default())
        .fill("chat_minutes", shop.chat_minutes.to_string())
        .fill("quick_order", forms::tick(shop.quick_order));
    form = form.fill("first", spoken.first().map_or("", |language| language.code()));
    for language in spoken {
        form = form.fill(&languages::field("also", *language), "on");
    }
    for language in Language::all() {
        let said = shop.announcement.get(language.code()).cloned().unwrap_or_default();
        form = form.fill(&languages::field("announcement", *language), said);
    }
    form
}

async fn show(desk: &Desk, status: StatusCode, shop: &Shop, form: Form) -> Result<HttpResponse> {
    let calendars = desk.read(levels::calendars).await?;
    let calendars: Vec<Value> = calendars.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    desk.page_as(
        status,
        "admin/settings.html",
        "admin-settings",
        json!({ "currency": shop.currency, "form": form, "moments": InvoiceAt::WORDS, "roundings": Rounding::WORDS, "languages": languages::choices(), "calendars": calendars }),
    )
}

pub async fn save(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let wanted = posted.clone();
    let saved = desk
        .write(move |conn, act| {
            let (before, spoken) = stored(conn)?;
            stale::check(&filled(&before, &spoken), &wanted)?;
            let after = read(&wanted, &before)?.checked()?;
            shop::set(conn, &after, act.now)?;
            act.log(conn, "settings.save", "shop", &before, &after)?;
            let speaks = super::stores::spoken(&wanted);
            if speaks != spoken {
                stores::speak(conn, &speaks, act.now)?;
                act.log(conn, "settings.languages", "shop", &json!({ "languages": spoken }), &json!({ "languages": speaks }))?;
            }
            Ok(())
        })
        .await;
    match saved {
        Ok(()) => {
            desk.door.renew_sites().await?;
            Ok(desk.done("/admin/settings", "admin-saved"))
        }
        Err(error) => {
            let ((shop, spoken), words) = (desk.read(stored).await?, desk.words()?);
            let label = |name: &str| {
                let choices = Language::all().iter().map(|one| (one.code().into(), one.name().into())).collect();
                Some(Label { choices, ..stale::label(LABELS, name, &words)? })
            };
            let names = names();
            let order: Vec<&str> = names.iter().map(String::as_str).collect();
            let form = Form::new(&names).typed(posted.pairs());
            let of = Refused { form, order: &order, stored: &filled(&shop, &spoken), label: &label };
            let (status, form) = stale::refused(&posted, error, of, &words)?;
            show(&desk, status, &shop, form).await
        }
    }
}

fn read(posted: &Posted, before: &Shop) -> Result<Shop> {
    let mut reader = Reader::new(posted, before.currency);
    let mut shop = before.clone();
    shop.name = reader.text("name");
    shop.contact_email = reader.text("contact_email");
    shop.imprint = reader.text("imprint").replace("\r\n", "\n");
    shop.vat_id = reader.text("vat_id");
    shop.invoice_at = InvoiceAt::parse(&reader.text("invoice_at"));
    shop.invoice_prefix = reader.text("invoice_prefix");
    shop.credit_note_prefix = reader.text("credit_note_prefix");
    shop.country = reader.text("country");
    shop.time_zone = reader.text("time_zone");
    shop.prices_include_tax = reader.ticked("prices_include_tax");
    shop.tax_rounding = Rounding::parse(&reader.text("tax_rounding"));
    shop.capture_at_once = reader.ticked("capture_at_once");
    shop.bank_transfer = reader.ticked("bank_transfer");
    shop.bank_details = reader.text("bank_details");
    shop.cash_on_delivery = reader.ticked("cash_on_delivery");
    shop.payment_minutes = reader.number("payment_minutes");
    shop.low_stock = reader.number("low_stock");
    shop.return_days = reader.number("return_days");
    shop.chat = reader.ticked("chat");
    shop.chat_calendar = reader.text("chat_calendar").trim().parse().ok();
    shop.chat_minutes = reader.number("chat_minutes");
    shop.quick_order = reader.ticked("quick_order");
    for language in Language::all() {
        shop.announcement.insert(language.code().to_string(), reader.text(&languages::field("announcement", *language)));
    }
    reader.check()?;
    Ok(shop)
}
