//! Reads the files that merchants export from their old shops, unchanged, into drafts; writes products in a form other shops
//! read. Nothing here knows the database or the network.
//!
//! A file is refused as a whole ([`FileError`]) when it is not a file this shop knows. Otherwise every row that cannot be taken
//! over is reported with line, column and reason, and the rest is read.

pub mod apply;
pub mod apply_customers;
pub mod apply_orders;
pub mod apply_retail;
mod cell;
mod check;
mod customers;
mod draft;
mod export;
pub mod export_accounts;
pub mod export_campaign;
pub mod export_catalogue;
pub mod export_commissions;
pub mod export_history;
pub mod export_list;
pub mod export_opportunities;
pub mod export_prices;
pub mod export_segment;
pub mod export_survey;
mod figure;
mod frozen;
mod html;
mod orders;
mod report;
mod retail;
mod shopify;
mod table;
mod woocommerce;

pub use draft::{
    AddressDraft, CustomerDraft, DraftStatus, OrderDraft, OrderLineDraft, PictureDraft, ProductDraft, TextDraft, VariantDraft,
};
pub use export::{ShopifyWriter, write_shopify};
pub(crate) use frozen::IMPORT;
pub use html::clean_html;
pub(crate) use html::{one_line, unescaped};
pub use report::{FileError, Format, Parsed, Reason, RowError};
pub use retail::{RetailLine, RetailOrder, RetailReader, read_retail};
pub(crate) use table::{guard, unguard};

use kernel::money::Currency;
use std::io::Read;
use table::Table;

const PRODUCTS: &str =
    "a Shopify product export (with a column Handle or URL handle) or a WooCommerce product export (with ID, Type, SKU and Name)";
const CUSTOMERS: &str = "a Shopify customer export (with Email and First Name)";
const ORDERS: &str = "a Shopify order export (with Name and Lineitem name)";

/// Reads a product export of Shopify (classic or 2024 columns) or WooCommerce, recognised by its header, with prices in
/// `currency`. Fails when the file as a whole is none of them; a row's mistakes are in the result.
pub fn read_products(input: impl Read, currency: Currency) -> Result<Parsed<ProductDraft>, FileError> {
    let table = Table::read(input, PRODUCTS)?;
    match table.format {
        Format::ShopifyClassic | Format::Shopify2024 => shopify::read(&table, currency),
        Format::WooCommerce => woocommerce::read(&table, currency),
        other => Err(FileError::OtherFile { found: other.name(), expected: PRODUCTS }),
    }
}

/// Reads a Shopify customer export with old or new columns; what people spent is in `currency`. Fails when the file as a whole is
/// another; a row's mistakes are in the result.
pub fn read_customers(input: impl Read, currency: Currency) -> Result<Parsed<CustomerDraft>, FileError> {
    let table = Table::read(input, CUSTOMERS)?;
    match table.format {
        Format::ShopifyCustomers => customers::read(&table, currency),
        other => Err(FileError::OtherFile { found: other.name(), expected: CUSTOMERS }),
    }
}

/// Reads a Shopify order export. Amounts are in each order's own currency, or in `currency` where the file names none. Fails when
/// the file as a whole is another; a row's mistakes are in the result.
pub fn read_orders(input: impl Read, currency: Currency) -> Result<Parsed<OrderDraft>, FileError> {
    let table = Table::read(input, ORDERS)?;
    match table.format {
        Format::ShopifyOrders => orders::read(&table, currency),
        other => Err(FileError::OtherFile { found: other.name(), expected: ORDERS }),
    }
}

#[cfg(test)]
mod tests;
