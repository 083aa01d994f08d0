//! What the merchant decides about the shop as a whole.

use super::desk::Desk;
use super::forms::{self, Reader};
use super::stale::{self, Labels, Refused};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::Result;
use serde_json::json;
use storefront::shop::{self, InvoiceAt, LANGUAGES, Shop};
use storefront::tax::Rounding;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &[
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
    "announcement_en",
    "announcement_zh",
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
    ("announcement_en", "admin-settings-announcement-en", ""),
    ("announcement_zh", "admin-settings-announcement-zh", ""),
];

pub async fn form(desk: Desk) -> Result<HttpResponse> {
    let shop = desk.read(shop::get).await?;
    show(&desk, StatusCode::OK, &shop, filled(&shop).sealed())
}

fn filled(shop: &Shop) -> Form {
    let mut form = Form::new(NAMES)
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
        .fill("return_days", shop.return_days.to_string());
    for language in LANGUAGES {
        form = form.fill(&format!("announcement_{language}"), shop.announcement.get(language).cloned().unwrap_or_default());
    }
    form
}

fn show(desk: &Desk, status: StatusCode, shop: &Shop, form: Form) -> Result<HttpResponse> {
    desk.page_as(
        status,
        "admin/settings.html",
        "admin-settings",
        json!({ "currency": shop.currency, "form": form, "moments": InvoiceAt::WORDS, "roundings": Rounding::WORDS }),
    )
}

pub async fn save(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let wanted = posted.clone();
    let stored = desk
        .write(move |conn, act| {
            let before = shop::get(conn)?;
            stale::check(&filled(&before), &wanted)?;
            let after = read(&wanted, &before)?.checked()?;
            shop::set(conn, &after, act.now)?;
            act.log(conn, "settings.save", "shop", &before, &after)
        })
        .await;
    match stored {
        Ok(()) => Ok(desk.done("/admin/settings", "admin-saved")),
        Err(error) => {
            let (shop, words) = (desk.read(shop::get).await?, desk.words()?);
            let label = |name: &str| stale::label(LABELS, name, &words);
            let form = Form::new(NAMES).typed(posted.pairs());
            let (status, form) =
                stale::refused(&posted, error, Refused { form, order: NAMES, stored: &filled(&shop), label: &label }, &words)?;
            show(&desk, status, &shop, form)
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
    for language in LANGUAGES {
        shop.announcement.insert(language.to_string(), reader.text(&format!("announcement_{language}")));
    }
    reader.check()?;
    Ok(shop)
}
