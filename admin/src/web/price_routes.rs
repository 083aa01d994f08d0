//! The addresses of price lists and contracts: a part of [`super::routes`].

use super::access::{Route, get, post};
use super::{contracts, price_entries, price_explain, price_files, price_lists, price_visibility};
use crate::permissions::Permission::{ProductsEdit, ProductsView, SettingsEdit, SettingsView};

pub fn all() -> Vec<Route> {
    vec![
        get("/price-lists", ProductsView, price_lists::list),
        get("/price-lists/new", ProductsEdit, price_lists::new),
        post("/price-lists/new", ProductsEdit, price_lists::create),
        get("/price-lists/explain", ProductsView, price_explain::show),
        get("/price-lists/contracts", ProductsView, contracts::list),
        post("/price-lists/contracts", ProductsEdit, contracts::set),
        post("/price-lists/contracts/{contract}/remove", ProductsEdit, contracts::remove),
        get("/price-lists/visibility", SettingsView, price_visibility::list),
        post("/price-lists/visibility", SettingsEdit, price_visibility::save),
        get("/price-lists/{price_list}", ProductsView, price_lists::edit),
        post("/price-lists/{price_list}", ProductsEdit, price_lists::update),
        get("/price-lists/{price_list}/buyers", ProductsView, price_lists::buyers),
        post("/price-lists/{price_list}/buyers", ProductsEdit, price_lists::add_buyer),
        post("/price-lists/{price_list}/buyers/{price_buyer}/remove", ProductsEdit, price_lists::remove_buyer),
        get("/price-lists/{price_list}/prices", ProductsView, price_entries::list),
        get("/price-lists/{price_list}/prices/{variant}", ProductsView, price_entries::edit),
        post("/price-lists/{price_list}/prices/{variant}", ProductsEdit, price_entries::update),
        get("/price-lists/{price_list}/export.csv", ProductsView, price_files::export),
        get("/price-lists/{price_list}/import", ProductsEdit, price_files::form),
        post("/price-lists/{price_list}/import", ProductsEdit, price_files::upload),
        get("/price-lists/{price_list}/imports/{price_import}", ProductsView, price_files::show),
        post("/price-lists/{price_list}/imports/{price_import}", ProductsEdit, price_files::start),
    ]
}
