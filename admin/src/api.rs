//! The back office's part of the JSON API: products, prices, stock, returns and customers, for programs of the merchant. Each operation calls
//! the functions that the pages call, and is recorded in the audit log as the key that asked for it.

mod acting;
mod customer_view;
mod customers;
mod erp;
mod prices;
mod product_patch;
mod product_view;
mod products;
mod return_money;
mod return_view;
mod returns;
mod stock;
mod stock_goods;

use crate::audit::{self, Who};
use kernel::{Conn, Result};
use storefront::api::{Change, Part};
use utoipa::OpenApi as _;

storefront::operations!(
    products::list_managed_products,
    products::show_managed_product,
    products::create_product,
    products::change_product,
    prices::set_prices,
    stock::list_stock,
    stock::show_stock,
    stock_goods::receive_stock,
    stock_goods::count_stock,
    stock_goods::adjust_stock,
    returns::list_returns,
    returns::show_return,
    returns::approve_return,
    returns::decline_return,
    returns::receive_return,
    returns::inspect_return,
    return_money::preview_return_refund,
    return_money::refund_return,
    return_money::close_return,
    customers::list_customers,
    customers::show_customer,
    customers::create_customer,
    customers::change_customer,
    customers::record_consent,
    erp::put_stock,
    erp::put_prices,
    erp::put_customers,
    erp::put_companies,
);

/// What the back office adds to the API.
pub const PART: Part = Part { mount, describe: Operations::openapi, record };

fn record(conn: &mut Conn, change: &Change<'_>) -> Result<()> {
    audit::record(conn, Who::Key(change.key), change.action, change.subject, change.before, change.after, change.now)
}
