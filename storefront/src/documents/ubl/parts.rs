//! What a UBL file says, by the terms of EN 16931-1.

use super::super::Kind;
use crate::address::Address;
use crate::units::Measure;
use chrono::NaiveDate;
use kernel::money::Currency;
use kernel::words;

words!(
    /// Why and how something is taxed (BT-118, BT-151): codes of UNTDID 5305.
    Category {
        Standard = "S",
        /// The buyer owes the tax of a service.
        ReverseCharge = "AE",
        /// Goods that a company in another state of the Union bought.
        IntraCommunity = "K",
        /// Goods that leave the Union.
        Export = "G",
        Exempt = "E",
    }
);

/// What the file says. Amounts are minor units, before tax unless they say otherwise.
#[derive(Clone, Debug)]
pub struct Ubl {
    pub kind: Kind,
    /// BT-1.
    pub number: String,
    /// BT-2.
    pub issued_on: NaiveDate,
    /// BT-9, of what was bought on account.
    pub due_on: Option<NaiveDate>,
    /// BT-5.
    pub currency: Currency,
    /// BT-13, and BT-10 as well: what the buyer calls the order; empty without one.
    pub purchase_order: String,
    /// BT-19: where the buyer books it; empty without one.
    pub cost_centre: String,
    /// BT-14.
    pub sales_order: String,
    /// BT-25 and BT-26, of a credit note.
    pub invoice: Option<(String, NaiveDate)>,
    /// BG-4.
    pub seller: Seller,
    /// BG-7.
    pub buyer: Address,
    /// BG-15.
    pub delivery: Address,
    /// BG-14, where a rule wants it.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// BT-81, a code of UNTDID 4461.
    pub means: &'static str,
    /// BT-84.
    pub iban: Option<String>,
    /// BT-20.
    pub terms: String,
    /// BG-20 and BG-21.
    pub charges: Vec<Charge>,
    /// BG-23.
    pub subtotals: Vec<Subtotal>,
    /// BG-25.
    pub lines: Vec<UblLine>,
    /// BT-113, tax included.
    pub prepaid: i64,
}

/// Who sells.
#[derive(Clone, Debug)]
pub struct Seller {
    /// BT-27.
    pub name: String,
    /// BT-28.
    pub trading_name: String,
    /// BT-35, BT-36 and BT-162.
    pub lines: Vec<String>,
    /// BT-40.
    pub country: String,
    /// BT-31.
    pub vat_id: String,
    /// BT-43.
    pub email: String,
}

/// A charge (BG-21) or an allowance (BG-20) of the whole document.
#[derive(Clone, Debug)]
pub struct Charge {
    pub charge: bool,
    /// BT-97, BT-104.
    pub reason: String,
    /// BT-92, BT-99: never below zero.
    pub amount: i64,
    pub category: Category,
    pub rate_bp: i64,
}

/// The tax of one category and rate.
#[derive(Clone, Debug)]
pub struct Subtotal {
    pub category: Category,
    /// BT-119, in hundredths of a percent.
    pub rate_bp: i64,
    /// BT-116.
    pub base: i64,
    /// BT-117.
    pub tax: i64,
    /// BT-120; empty for what is taxed.
    pub reason: String,
}

/// A line.
#[derive(Clone, Debug)]
pub struct UblLine {
    /// BT-153.
    pub name: String,
    /// BT-154; empty without one.
    pub description: String,
    /// BT-155; empty without one.
    pub sku: String,
    /// BT-129 and BT-149: the price is that of all units, so that no rounding comes between.
    pub quantity: i64,
    /// BT-130 and BT-150; the quantity is in its steps.
    pub measure: Measure,
    /// BT-146 for all units.
    pub price: i64,
    /// BT-136.
    pub allowance: i64,
    /// BT-131.
    pub net: i64,
    pub category: Category,
    pub rate_bp: i64,
}

impl Ubl {
    /// BT-106.
    pub fn line_total(&self) -> i64 {
        self.lines.iter().map(|line| line.net).sum()
    }

    /// BT-107, or with `charge` BT-108.
    pub fn charge_total(&self, charge: bool) -> i64 {
        self.charges.iter().filter(|one| one.charge == charge).map(|one| one.amount).sum()
    }

    /// BT-109.
    pub fn net(&self) -> i64 {
        self.line_total() - self.charge_total(false) + self.charge_total(true)
    }

    /// BT-110.
    pub fn tax(&self) -> i64 {
        self.subtotals.iter().map(|one| one.tax).sum()
    }

    /// BT-112.
    pub fn gross(&self) -> i64 {
        self.net() + self.tax()
    }

    /// BT-115.
    pub fn payable(&self) -> i64 {
        self.gross() - self.prepaid
    }
}
