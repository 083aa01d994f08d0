//! Documents as PDF: A4, one font with Latin and Simplified Chinese, embedded with the characters that are used.

mod invoice;
mod paper;
mod quote;
mod slip;

pub use invoice::invoice;
pub use quote::{QuoteSheet, quote};
pub use slip::{Slip, SlipLine, of_order, of_shipment, slip};
