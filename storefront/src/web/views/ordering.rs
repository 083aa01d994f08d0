//! `storefront/quick_order.html`, `storefront/matrix.html`, `storefront/account/lists.html` and `storefront/account/list.html`.

use super::form::Form;
use super::shared::{Notice, Stock};
use chrono::NaiveDateTime;
use kernel::money::Money;
use serde::Serialize;

/// `quick_order.html`: posts `sku-{at}` and `quantity-{at}` of each row and `paste` to `/quick-order`, and a file to `/quick-order/file`.
#[derive(Debug, Clone, Serialize)]
pub struct QuickOrderView {
    pub notices: Vec<Notice>,
    pub rows: Vec<QuickRow>,
    /// How many rows are wrong.
    pub wrong: usize,
    /// What the rows that are right cost together; `None` before they were checked.
    pub total: Option<Money>,
    pub paste: String,
    /// Whether the rows can be kept as a list.
    pub signed_in: bool,
    /// The name of a list that was refused or is to be given.
    pub list_name: String,
    /// The most rows.
    pub most: usize,
}

/// A row as it was typed, and what it names.
#[derive(Debug, Clone, Default, Serialize)]
pub struct QuickRow {
    /// Its number among the rows, from 0.
    pub at: usize,
    pub sku: String,
    pub quantity: String,
    pub title: Option<String>,
    /// Option values; empty without.
    pub options: String,
    pub to: Option<String>,
    pub unit_price: Option<Money>,
    /// The key of what the price is for; none for a piece.
    pub per: Option<String>,
    pub total: Option<Money>,
    pub stock: Option<Stock>,
    /// A text key, or one with its arguments.
    pub error: Option<String>,
}

/// `matrix.html`: posts `v-{variant}` with units to `/quick-order/products/{slug}`.
#[derive(Debug, Clone, Serialize)]
pub struct MatrixView {
    pub slug: String,
    pub title: String,
    pub notices: Vec<Notice>,
    pub wrong: usize,
    /// What the rows and the columns are called.
    pub row_name: String,
    pub column_name: String,
    /// The values of the last option; one without a name when there is but one option.
    pub columns: Vec<String>,
    pub rows: Vec<MatrixRow>,
}

#[derive(Debug, Clone, Serialize)]
pub struct MatrixRow {
    pub label: String,
    /// One for each column; `None` where no variant has these values.
    pub cells: Vec<Option<MatrixCell>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct MatrixCell {
    pub variant: i64,
    /// The values of all options, for those who do not see the table.
    pub label: String,
    pub quantity: String,
    pub unit_price: Option<Money>,
    pub per: Option<String>,
    pub stock: Option<Stock>,
    pub error: Option<String>,
}

/// `lists.html`: posts `name`, `shared` and `from` to `/account/lists`.
#[derive(Debug, Clone, Serialize)]
pub struct ListsView {
    pub lists: Vec<ListRow>,
    pub removed: Vec<ListRow>,
    pub form: Form,
    /// The company whose members can share a list.
    pub company: Option<String>,
    pub next: Option<String>,
    pub first: Option<String>,
    pub quick_order: bool,
}

/// A list among others.
#[derive(Debug, Clone, Serialize)]
pub struct ListRow {
    pub id: i64,
    pub name: String,
    /// It is the company's.
    pub shared: bool,
    pub lines: i64,
    pub updated_at: NaiveDateTime,
}

/// `list.html`: posts `act`, `version` and what the act needs to `/account/lists/{id}`.
#[derive(Debug, Clone, Serialize)]
pub struct ListView {
    pub id: i64,
    pub name: String,
    pub version: i64,
    pub shared: bool,
    /// Whether the visitor may change it, and whether they may make it the company's or their own.
    pub may_change: bool,
    pub may_share: bool,
    pub company: Option<String>,
    pub notices: Vec<Notice>,
    pub lines: Vec<ListLine>,
    pub total: Option<Money>,
    pub wrong: usize,
    /// The name of the list, and the row to be added.
    pub form: Form,
}

/// A line of a list with what it costs now.
#[derive(Debug, Clone, Serialize)]
pub struct ListLine {
    pub variant: i64,
    pub row: QuickRow,
}
