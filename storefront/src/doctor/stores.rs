//! Stores: carts, orders and payments are in the currency of the store they were made in.

use super::Finding;
use crate::carts::CartState;
use crate::ids::{CartId, OrderId, PaymentId, StoreId};
use crate::schema::{carts, orders, payments};
use crate::stores;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::HashMap;

pub fn currencies(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let known: HashMap<StoreId, &str> = stores::list(conn)?.into_iter().map(|store| (store.id, store.currency.code())).collect();
    let ids: Vec<StoreId> = known.keys().copied().collect();
    // Of the main store, an import may bring orders in any currency, and carts may be older than a change of the settings.
    for (id, code) in known.iter().filter(|(id, _)| **id != stores::MAIN) {
        finding.checked += 1;
        let other = orders::table.filter(orders::store_id.eq(id)).filter(orders::currency.ne(*code));
        let wrong: Vec<(OrderId, String)> = other.select((orders::id, orders::currency)).limit(super::PAGE).load(conn)?;
        finding.problems.extend(wrong.iter().map(|(order, found)| format!("order {order} is in {found}, and its store {id} in {code}")));
        let open = carts::table.filter(carts::store_id.eq(id)).filter(carts::state.eq(CartState::Open));
        let wrong: Vec<(CartId, String)> =
            open.filter(carts::currency.ne(*code)).select((carts::id, carts::currency)).limit(super::PAGE).load(conn)?;
        finding.problems.extend(wrong.iter().map(|(cart, found)| format!("cart {cart} is in {found}, and its store {id} in {code}")));
    }
    let strays: Vec<OrderId> = orders::table.filter(orders::store_id.ne_all(&ids)).select(orders::id).limit(super::PAGE).load(conn)?;
    finding.problems.extend(strays.iter().map(|order| format!("order {order} is of no store")));
    let strays: Vec<CartId> = carts::table.filter(carts::store_id.ne_all(&ids)).select(carts::id).limit(super::PAGE).load(conn)?;
    finding.problems.extend(strays.iter().map(|cart| format!("cart {cart} is of no store")));
    let other: Vec<(PaymentId, OrderId)> = payments::table
        .inner_join(orders::table.on(orders::id.eq(payments::order_id)))
        .filter(payments::currency.ne(orders::currency))
        .select((payments::id, payments::order_id))
        .limit(super::PAGE)
        .load(conn)?;
    finding
        .problems
        .extend(other.iter().map(|(payment, order)| format!("payment {payment} is in another currency than its order {order}")));
    Ok(())
}
