//! Making anew what follows from the books of orders: the purchases the memory keeps, the timelines, and what mails have of orders.

use crate::ids::OrderId;
use crate::orders::{self, Order, OrderStatus};
use crate::{earnings, margins, refunds, timeline};
use crm::activities;
use crm::purchases::{self, Place, Purchase};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Db, Error, Result};

/// Orders made anew in one transaction.
const TOGETHER: i64 = 100;

/// Makes everything anew, some orders at a time, so that the shop goes on selling; tells `progress` how many orders are done.
pub fn run(db: &Db, now: Time, progress: &mut dyn FnMut(u64)) -> Result<u64> {
    let (mut last, mut done) = (OrderId(0), 0);
    loop {
        let from = last;
        let orders = db.write_now(move |conn| {
            let found = orders::after(conn, from, TOGETHER)?;
            for order in &found {
                // Read again under its lock: somebody may be changing it.
                let order = orders::lock(conn, order.id, now)?;
                anew(conn, &order, now)?;
            }
            Ok(found)
        })?;
        let Some(order) = orders.last() else { return Ok(done) };
        last = order.id;
        done += orders.len() as u64;
        progress(done);
    }
}

fn anew(conn: &mut Conn, order: &Order, now: Time) -> Result<()> {
    activities::forget_books(conn, order.customer_id, order.id.0)?;
    timeline::follow(conn, order.id)?;
    if order.status == OrderStatus::Cancelled {
        return purchases::forget(conn, order.id.0, now);
    }
    let currency =
        Currency::parse(&order.currency).ok_or_else(|| Error::unexpected(format!("order {} is in {}", order.number, order.currency)))?;
    let to = order.shipping_address()?;
    let units = orders::lines(conn, order.id)?.iter().map(|line| line.measure().pieces(line.quantity)).sum();
    let margin = margins::of_order(conn, order)?;
    let purchase = Purchase {
        margin,
        order: order.id.0,
        customer: order.customer_id,
        at: order.placed_at,
        revenue: Money::new(order.total, currency),
        units,
        lines: orders::bought(conn, order.id)?,
        place: Place::new(&to.country, &to.postal_code, &order.billing_address()?.company),
    };
    let refunded = refunds::remembered(conn, order.id)?;
    purchases::restore(conn, &purchase, refunded, now)?;
    earnings::again(conn, order)
}
