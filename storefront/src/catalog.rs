//! The catalogue: categories, products, variants, their prices and pictures, as pages, carts and the back office need them.

mod assortment;
mod availability;
mod cards;
mod categories;
mod category_desk;
mod codes;
mod diff;
mod edit;
mod filter;
mod list;
mod nature;
mod page;
mod price_log;
mod product;
mod remove;
mod sale;
mod save;
mod shelf;
mod slug;
#[cfg(test)]
mod tests;
mod window;
mod write;

pub use assortment::Assortment;
pub(crate) use assortment::prices_of;
pub use availability::Availability;
pub(crate) use cards::shop_prices;
pub use cards::{Card, CardPicture, cards, titles_in};
pub use categories::{Categories, Category, CategoryChange, categories, ensure_path, save_category, set_category_text};
pub use category_desk::{
    CATEGORY_JOB, CategoryText, WholeCategory, category, category_seo, put_category, remove_category, set_category_picture, shift_category,
    tell_below,
};
pub(crate) use codes::numbers;
pub use codes::{Coded, coded};
pub use diff::{FieldChange, diff};
pub use edit::{begin_edit, titles, updated_at, updated_of};
pub(crate) use filter::title_holds;
pub use filter::{Filter, Stocked, found, found_variants};
pub use list::{
    Brief, ProductRow, attribute_names, brief, by_slugs, count, find, ids, listing, newest, product_list, ranges, related, slugs, sold,
};
pub use nature::{
    Named, Nature, addresses, addresses_in_order, named, natures, product_of, products_named, products_of, skus, skus_by_variant,
    variant_named, variants_by_sku,
};
pub use page::{PageAttribute, PagePicture, PageVariant, ProductOption, ProductPage, page};
pub(crate) use price_log::price_timeline;
pub use price_log::{PriceAt, PriceChange, price_changes};
pub use product::{Picture, Product, Status, Text, Variant, products};
pub use remove::{remove, used};
pub(crate) use sale::{Cost, costs};
pub use sale::{VariantForSale, find_variant, for_sale, gift_cards, variants_for_sale};
pub use save::{PICTURE_JOB, Saved, Saving, save_product};
pub(crate) use save::{check_skus, checked, save_untold};
pub use shelf::{StockRow, low_count, stock_list, stock_row};
pub use slug::slug;
pub use window::{WINDOW_JOB, Window, relist};

use crate::schema::collection_products;
use crate::schema::{
    categories as category_rows, category_texts, pictures, prices, product_categories, product_pictures, product_tags, product_texts,
    products as rows, stock_levels, variants,
};

diesel::allow_tables_to_appear_in_same_query!(rows, product_texts, variants, prices, stock_levels, product_categories, product_tags);
diesel::allow_tables_to_appear_in_same_query!(product_pictures, pictures);
diesel::allow_tables_to_appear_in_same_query!(product_categories, collection_products);
diesel::allow_tables_to_appear_in_same_query!(category_rows, category_texts);

/// Ids in one query: far below the 32,766 parameters that SQLite takes.
const CHUNK: usize = 1000;
