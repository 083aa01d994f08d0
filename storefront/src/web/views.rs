//! What the templates take: plain values, ready to show. No view holds a rule.
//!
//! Every page is rendered from `Page { page, view }`: the frame around every page and what is particular to one. Addresses in views are
//! without the language prefix (`/products/mug`); the templates add it. Only `canonical`, `alternates` and everything in mails are
//! absolute.

pub mod account;
pub mod approvals;
pub mod articles;
pub mod campaign;
pub mod cart;
pub mod chat;
pub mod checkout;
pub mod company;
pub mod form;
pub mod gift_cards;
pub mod home;
pub mod letters;
pub mod listing;
pub mod mail;
pub mod offers;
pub mod order;
pub mod ordering;
pub mod page;
pub mod product;
pub mod quotes;
pub mod requests;
pub mod reviews;
pub mod shared;
pub mod surveys;
pub mod waiting;
