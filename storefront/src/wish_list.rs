//! What a customer wants to have some day. A product stands on a list once, whether or not it can be bought now.

use crate::ids::{ProductId, WishListItemId};
use crate::schema::wish_list_items as items;
use crm::CustomerId;
use crm::activities::{self, Activity, Kind};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::BTreeSet;

/// The most products on one list.
pub const MOST: i64 = 200;

/// A product on a list.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = items)]
pub struct Item {
    pub id: WishListItemId,
    #[diesel(column_name = product_id)]
    pub product: ProductId,
    pub added_at: Time,
}

/// Puts a product on a customer's list; `false` when it stands there already. Their timeline and segments follow. `Conflict` when the
/// list is full.
pub fn add(conn: &mut Conn, customer: CustomerId, product: ProductId, now: Time) -> Result<bool> {
    let row = (items::customer_id.eq(customer), items::product_id.eq(product), items::added_at.eq(now));
    if on_each!(conn, c => diesel::insert_into(items::table).values(row).on_conflict_do_nothing().execute(c))? == 0 {
        return Ok(false);
    }
    let own = items::table.filter(items::customer_id.eq(customer));
    if own.count().get_result::<i64>(conn)? > MOST {
        return Err(Error::conflict("wish-list-full"));
    }
    let id: WishListItemId = own.filter(items::product_id.eq(product)).select(items::id).first(conn)?;
    let told = Activity {
        customer: Some(customer),
        trail: None,
        kind: Kind::WishListed,
        at: now,
        source: "wish_list",
        dedupe_key: &id.to_string(),
        subject: Some(product.0),
        amount: None,
        detail: "",
    };
    activities::record(conn, &told)?;
    Ok(true)
}

/// Takes a product off a list; one that does not stand there is off it already.
pub fn remove(conn: &mut Conn, customer: CustomerId, product: ProductId) -> Result<()> {
    diesel::delete(items::table.filter(items::customer_id.eq(customer)).filter(items::product_id.eq(product))).execute(conn)?;
    Ok(())
}

/// A customer's list, the newest first.
pub fn of(conn: &mut Conn, customer: CustomerId) -> Result<Vec<Item>> {
    let own = items::table.filter(items::customer_id.eq(customer)).order(items::id.desc());
    Ok(own.limit(MOST).select(Item::as_select()).load(conn)?)
}

/// The products of a customer's list.
pub fn products(conn: &mut Conn, customer: CustomerId) -> Result<BTreeSet<ProductId>> {
    Ok(of(conn, customer)?.into_iter().map(|item| item.product).collect())
}

/// Forgets a customer's list.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    diesel::delete(items::table.filter(items::customer_id.eq(customer))).execute(conn)?;
    Ok(())
}

/// Forgets a product that is removed.
pub(crate) fn forget_product(conn: &mut Conn, product: ProductId) -> Result<()> {
    diesel::delete(items::table.filter(items::product_id.eq(product))).execute(conn)?;
    Ok(())
}
