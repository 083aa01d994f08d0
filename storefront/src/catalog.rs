//! The catalogue: categories, products, variants, their prices and pictures, as pages, carts and the back office need them.

mod availability;
mod sale;
mod slug;

pub use availability::Availability;
pub use sale::{VariantForSale, find_variant, variants_for_sale};
pub use slug::slug;

use crate::schema::{
    categories as category_rows, category_texts, pictures, prices, product_categories, product_pictures, product_texts, products as rows,
    stock_levels, variants,
};

diesel::allow_tables_to_appear_in_same_query!(rows, product_texts, variants, prices, stock_levels, product_categories);
diesel::allow_tables_to_appear_in_same_query!(product_pictures, pictures);
diesel::allow_tables_to_appear_in_same_query!(category_rows, category_texts);

/// Ids in one query: far below the 32,766 parameters that SQLite takes.
const CHUNK: usize = 1000;
