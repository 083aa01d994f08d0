//! What the merchant decides about the shop as a whole, stored as one setting.

use crate::catalog::Assortment;
use crate::ids::{CollectionId, StoreId};
use crate::stores::{self, PricesFor};
use crate::tax::Rounding;
use crate::vat_id;
use chrono::{LocalResult, TimeDelta, TimeZone};
use chrono_tz::Tz;
use crm::email::Email;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result, settings};
use serde::{Deserialize, Serialize};

/// The language that products, categories and the shop's other texts are written in first; each of the others translates it.
pub const OWN_LANGUAGE: &str = "en";

/// The language of a code, or the default.
pub fn language(code: &str) -> &'static str {
    Language::parse(code).unwrap_or_default().code()
}

/// When an order gets its invoice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceAt {
    /// When the shop accepts the order, which for a card is when the money is held or taken.
    #[default]
    Confirmation,
    /// When all of it is paid.
    Payment,
}

impl InvoiceAt {
    pub const WORDS: [&str; 2] = ["confirmation", "payment"];

    pub fn as_str(self) -> &'static str {
        match self {
            InvoiceAt::Confirmation => InvoiceAt::WORDS[0],
            InvoiceAt::Payment => InvoiceAt::WORDS[1],
        }
    }

    /// The moment of a word; confirmation for any other text.
    pub fn parse(word: &str) -> InvoiceAt {
        if word == InvoiceAt::WORDS[1] { InvoiceAt::Payment } else { InvoiceAt::Confirmation }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shop {
    pub name: String,
    pub currency: Currency,
    /// ISO 3166-1 alpha-2: where the shop is taxed, and the country assumed before a shopper names theirs.
    pub country: String,
    /// Whether catalogue prices hold the tax already. They are then the same for every destination; the tax inside differs.
    pub prices_include_tax: bool,
    pub tax_rounding: Rounding,
    /// Whether a card is charged when the order is placed, or authorised and captured by the merchant when it ships.
    pub capture_at_once: bool,
    /// Shown to the shopper who pays by bank transfer.
    pub bank_details: String,
    pub bank_transfer: bool,
    pub cash_on_delivery: bool,
    /// The time zone of the shop's clocks, as IANA names it: what hours, days and dates of the back office mean.
    pub time_zone: String,
    /// Minutes an unpaid card order keeps its goods set aside. Stripe allows no less than 30.
    pub payment_minutes: i64,
    /// From how many units downwards the shop tells the number left.
    pub low_stock: i64,
    /// Days after its shipment in which a buyer may ask to send something back; zero takes nothing back.
    pub return_days: i64,
    /// Whether the shop's pages offer a chat, in the hours of which calendar (always without one), and after how many minutes without an
    /// answer it goes on by mail.
    pub chat: bool,
    pub chat_calendar: Option<i64>,
    pub chat_minutes: i64,
    /// Whether goods can be ordered by their SKUs, row by row.
    pub quick_order: bool,
    pub contact_email: String,
    /// Name, postal address and register of the seller, by line: on invoices and below mails.
    pub imprint: String,
    /// The seller's VAT identification number; empty without one.
    pub vat_id: String,
    pub invoice_at: InvoiceAt,
    /// What stands before the numbers of invoices and credit notes. A change touches no document that was issued.
    pub invoice_prefix: String,
    pub credit_note_prefix: String,
    pub announcement: std::collections::BTreeMap<String, String>,
    /// The home page as the demo or the merchant laid it out.
    pub home: serde_json::Value,
    /// The store as which the shop is seen ([`stores::shop`]). What follows is the store's, and no part of the settings.
    #[serde(skip)]
    pub store: StoreId,
    /// The part of the catalogue that it sells; all of it without one.
    #[serde(skip)]
    pub part: Option<CollectionId>,
    /// What of that the reader's company may buy; all of it without a contract ([`stores::shop_for`]).
    #[serde(skip)]
    pub contract: Option<CollectionId>,
    /// The country assumed before a shopper names theirs; empty for `country`.
    #[serde(skip)]
    pub buyers_country: String,
    /// Whether orders can be placed in it.
    #[serde(skip)]
    pub open: bool,
    /// To whom it shows its prices.
    #[serde(skip)]
    pub prices_for: PricesFor,
    /// Whether the reader is none of them. What makes views of goods leaves amounts out, and no cart takes anything.
    #[serde(skip)]
    pub prices_hidden: bool,
}

impl Default for Shop {
    fn default() -> Shop {
        Shop {
            name: "Regulars".into(),
            currency: Currency::EUR,
            country: "DE".into(),
            prices_include_tax: true,
            tax_rounding: Rounding::default(),
            capture_at_once: false,
            bank_details: String::new(),
            bank_transfer: true,
            cash_on_delivery: true,
            time_zone: "UTC".into(),
            payment_minutes: 60,
            low_stock: 3,
            return_days: 30,
            chat: false,
            chat_calendar: None,
            chat_minutes: 5,
            quick_order: true,
            contact_email: String::new(),
            imprint: String::new(),
            vat_id: String::new(),
            invoice_at: InvoiceAt::default(),
            invoice_prefix: "INV-".into(),
            credit_note_prefix: "CN-".into(),
            announcement: Default::default(),
            home: serde_json::Value::Null,
            store: stores::MAIN,
            part: None,
            contract: None,
            buyers_country: String::new(),
            open: true,
            prices_for: PricesFor::Everybody,
            prices_hidden: false,
        }
    }
}

impl Shop {
    /// Whether the reader can order by SKUs: it shows prices as it goes.
    pub fn takes_quick_orders(&self) -> bool {
        self.quick_order && !self.prices_hidden
    }

    /// What of the catalogue it sells, and in which currency.
    pub fn assortment(&self) -> Assortment {
        Assortment { currency: self.currency, part: self.part, contract: self.contract }
    }

    /// The country that a shopper is taken to be in before they say.
    pub fn assumed_country(&self) -> &str {
        if self.buyers_country.is_empty() { &self.country } else { &self.buyers_country }
    }

    /// How long an unpaid card order keeps its goods and can be paid. A little more than the 30 minutes that Stripe asks for at least,
    /// so that a slow call does not miss them, and less than the 24 hours it allows at most.
    pub fn payment_window(&self) -> TimeDelta {
        TimeDelta::minutes(self.payment_minutes.clamp(33, 23 * 60))
    }

    /// The zone of the shop's clocks; UTC when the name is none.
    fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// A moment as the shop's clocks show it.
    pub fn local(&self, at: Time) -> Time {
        self.zone().from_utc_datetime(&at).naive_local()
    }

    /// The moment when the shop's clocks show `local`: the first of two in autumn, and the end of the gap in spring.
    pub fn moment(&self, local: Time) -> Time {
        match self.zone().from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.naive_utc(),
            LocalResult::None => {
                // Clocks jump over this time by an hour at most.
                let after = self.zone().from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
                after.map_or(local, |at| at.naive_utc())
            }
        }
    }

    /// The seller as every mail names it, by line; `vat` is the word before the VAT number.
    pub fn imprint_lines(&self, vat: &str) -> Vec<String> {
        let lines = self.imprint.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string);
        lines.chain((!self.vat_id.is_empty()).then(|| format!("{vat} {}", self.vat_id))).collect()
    }

    /// The settings as they will be stored: trimmed. `Invalid` names what cannot be.
    pub fn checked(mut self) -> Result<Shop> {
        let mut fields = Fields::default();
        self.name = self.name.trim().to_string();
        if self.name.is_empty() || self.name.chars().count() > 80 {
            fields.add("name", "settings-name");
        }
        self.country = self.country.trim().to_uppercase();
        if self.country.len() != 2 || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            fields.add("country", "country-letters");
        }
        self.contact_email = self.contact_email.trim().to_string();
        if !self.contact_email.is_empty() && Email::parse(&self.contact_email, "contact_email").is_err() {
            fields.add("contact_email", "email-invalid");
        }
        self.time_zone = self.time_zone.trim().to_string();
        if self.time_zone.parse::<Tz>().is_err() {
            fields.add("time_zone", "admin-time-zone-invalid");
        }
        if !(30..=1440).contains(&self.payment_minutes) {
            fields.add("payment_minutes", "settings-minutes");
        }
        if !(0..=1_000_000).contains(&self.low_stock) {
            fields.add("low_stock", "admin-number-invalid");
        }
        if !(0..=3650).contains(&self.return_days) {
            fields.add("return_days", "return-days-invalid");
        }
        if !(1..=120).contains(&self.chat_minutes) {
            fields.add("chat_minutes", "chat-minutes-invalid");
        }
        if self.bank_transfer && self.bank_details.trim().is_empty() {
            fields.add("bank_details", "settings-bank-details");
        }
        if self.bank_details.chars().count() > 1000 {
            fields.add("bank_details", "admin-too-long");
        }
        if self.imprint.chars().count() > 1000 || self.imprint.lines().count() > 12 {
            fields.add("imprint", "settings-imprint-lines");
        }
        self.imprint = self.imprint.trim().to_string();
        let short = [
            ("vat_id", &mut self.vat_id),
            ("invoice_prefix", &mut self.invoice_prefix),
            ("credit_note_prefix", &mut self.credit_note_prefix),
        ];
        for (name, text) in short {
            *text = text.trim().to_string();
            if text.chars().count() > 20 || text.chars().any(char::is_control) {
                fields.add(name, "settings-short");
            }
        }
        if vat_id::is_member(&self.country) && !self.vat_id.is_empty() {
            match vat_id::parse(&self.vat_id, &self.country) {
                Some(number) => self.vat_id = number,
                None => fields.add("vat_id", "vat-id-invalid"),
            }
        }
        for (language, text) in &mut self.announcement {
            *text = text.trim().to_string();
            if text.chars().count() > 300 {
                fields.add(&format!("announcement_{language}"), "admin-too-long");
            }
        }
        fields.check()?;
        Ok(self)
    }
}

const NAME: &str = "shop";

/// The shop as the main store shows it, and what holds for every store.
pub fn get(conn: &mut Conn) -> Result<Shop> {
    Ok(settings::find(conn, NAME)?.unwrap_or_default())
}

/// Stores the settings. Fails for a shop as another store than the main one shows it.
pub fn set(conn: &mut Conn, shop: &Shop, now: Time) -> Result<()> {
    if shop.store != stores::MAIN {
        return Err(Error::unexpected("the settings of the shop are not those of a store"));
    }
    settings::set(conn, NAME, shop, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    #[test]
    fn the_clocks_of_the_shop_know_summer_time() {
        let shop = Shop { time_zone: "Europe/Berlin".into(), ..Shop::default() };
        assert_eq!(shop.local(time("2026-01-15 12:00")), time("2026-01-15 13:00"));
        assert_eq!(shop.local(time("2026-07-15 12:00")), time("2026-07-15 14:00"));
        assert_eq!(shop.moment(time("2026-07-15 14:00")), time("2026-07-15 12:00"));
        // 02:30 does not exist on 29 March 2026, and comes twice on 25 October.
        assert_eq!(shop.moment(time("2026-03-29 02:30")), time("2026-03-29 01:30"));
        assert_eq!(shop.moment(time("2026-10-25 02:30")), time("2026-10-25 00:30"));
        assert_eq!(Shop { time_zone: "nowhere".into(), ..Shop::default() }.local(time("2026-07-15 12:00")), time("2026-07-15 12:00"));
    }
}
