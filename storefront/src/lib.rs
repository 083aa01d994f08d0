//! The shop: what is sold, to whom, for how much, and what became of it.

pub mod address;
pub mod address_book;
pub mod carts;
pub mod catalog;
pub mod checkout;
pub mod content;
pub mod coupons;
pub mod gateway;
pub mod ids;
pub mod imports;
pub mod labels;
pub mod logins;
pub mod mails;
pub mod orders;
pub mod payments;
pub mod pictures;
pub mod pricing;
pub mod refunds;
mod schema;
pub mod search;
pub mod shipments;
pub mod shipping;
pub mod shop;
pub mod stock;
pub mod tax;
pub mod tax_rates;
pub mod web;
