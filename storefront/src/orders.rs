//! The order: a frozen copy of what was bought, and the statuses derived from what became of it.

mod create;
mod list;
mod queries;
mod status;
pub mod terms;

pub(crate) use create::insert_line;
pub use create::{NewOrder, create};
pub use list::{Filter, OrderRow, list, newer, newest};
pub use queries::{
    Waiting, adjustments, after, bought, changes, count, find_by_cart, get, get_by_number, history, lines, numbers, of_customer, of_line,
    version, waiting,
};
pub use status::{FulfilmentStatus, OrderStatus, PaymentStatus, derive, refresh};

use crate::address::Address;
use crate::company_accounts::{self, ACCOUNT};
use crate::habits::Channel;
use crate::ids::{CartId, LocationId, OrderId, OrderLineId, StoreId, VariantId};
use crate::pricing::DeliveryTax;
use crate::schema::{adjustments, order_history, order_lines, orders};
use crate::stock::{self, Demand};
use crate::tax::TaxPart;
use crate::units::{Measure, Unit};
use crate::{budgets, documents, exchanges, gift_cards, payments, promotions};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::json::Json;
use kernel::money::Currency;
use kernel::{Conn, Error, Result, on_each, prepared};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub struct Order {
    pub id: OrderId,
    pub number: String,
    pub cart_id: Option<CartId>,
    pub customer_id: CustomerId,
    pub email: String,
    pub language: String,
    pub currency: String,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub fulfilment_status: FulfilmentStatus,
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub shipping_tax: i64,
    pub tax: i64,
    pub total: i64,
    pub prices_include_tax: bool,
    pub billing_address: String,
    pub shipping_address: String,
    pub shipping_method: String,
    pub payment_method: String,
    pub coupon_code: String,
    pub note: String,
    pub source: String,
    pub payment_due_at: Option<Time>,
    pub placed_at: Time,
    /// How it was taxed beyond its lines.
    pub taxation: Json<Taxation>,
    /// Where the buyer picks the goods up; `shipping_address` is that of the location then.
    pub pickup_location_id: Option<LocationId>,
    /// Where it was placed.
    pub store_id: StoreId,
}

/// How an order was taxed beyond its lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Taxation {
    /// The buyer owes the tax in place of the shop.
    pub reverse_charge: bool,
    /// The delivery by how its parts are taxed.
    pub shipping: Vec<DeliveryTax>,
}

impl Order {
    pub fn currency(&self) -> Result<Currency> {
        Currency::parse(&self.currency).ok_or_else(|| Error::unexpected(format!("order {} has currency {}", self.number, self.currency)))
    }

    pub fn shipping_address(&self) -> Result<Address> {
        Address::stored(&self.shipping_address)
    }

    pub fn billing_address(&self) -> Result<Address> {
        Address::stored(&self.billing_address)
    }

    /// What the shopper paid for delivery, tax included.
    pub fn shipping_gross(&self) -> i64 {
        if self.prices_include_tax { self.shipping } else { self.shipping + self.shipping_tax }
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = order_lines)]
pub struct OrderLine {
    pub id: OrderLineId,
    pub order_id: OrderId,
    pub position: i64,
    pub variant_id: Option<VariantId>,
    pub sku: String,
    pub title: String,
    pub options: String,
    pub slug: String,
    pub picture_hash: Option<String>,
    pub quantity: i64,
    pub unit_price: i64,
    pub cost: Option<i64>,
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    pub total: i64,
    pub tax_rate_bp: i64,
    pub tax_reason: String,
    pub weight_grams: i64,
    pub requires_shipping: bool,
    pub stocked: bool,
    pub trace: String,
    pub shipped: i64,
    pub cancelled: i64,
    pub refunded: i64,
    /// What `tax` was made of when the order was placed.
    pub taxes: Json<Vec<TaxPart>>,
    /// Each unit is a gift card over the unit price.
    pub gift_card: bool,
    /// Gift cards that were issued for it and not withdrawn.
    pub issued: i64,
    /// What the unit price is for, and the decimals of it that quantities count, as they were sold.
    pub unit: Unit,
    pub unit_precision: i64,
}

impl OrderLine {
    pub fn measure(&self) -> Measure {
        Measure::new(self.unit, self.unit_precision)
    }

    /// Units that are neither delivered nor cancelled.
    pub fn open(&self) -> i64 {
        self.quantity - self.delivered() - self.cancelled
    }

    /// Units that were shipped, or of which the gift card was issued.
    pub fn delivered(&self) -> i64 {
        self.shipped + self.issued
    }

    /// Open units that go into a parcel or over the counter: those of a gift card are sent by mail.
    pub fn sendable(&self) -> i64 {
        if self.gift_card { 0 } else { self.open() }
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = adjustments)]
pub struct Adjustment {
    pub order_line_id: Option<OrderLineId>,
    pub source: String,
    pub label: String,
    pub amount: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = order_history)]
pub struct HistoryEntry {
    pub id: i64,
    pub kind: String,
    pub detail: String,
    pub actor: String,
    pub created_at: Time,
}

/// Adds a line to the order's history.
pub fn note(conn: &mut Conn, order: OrderId, kind: &str, detail: &str, actor: &str, now: Time) -> Result<()> {
    let row = (
        order_history::order_id.eq(order),
        order_history::kind.eq(kind),
        order_history::detail.eq(detail),
        order_history::actor.eq(actor),
        order_history::created_at.eq(now),
    );
    on_each!(conn, c => diesel::insert_into(order_history::table).values(row).execute(c))?;
    Ok(())
}

/// Accepts a pending order: the shop will deliver. Its statuses are derived anew, and its invoice is issued. `false` when it is not pending any more.
pub fn confirm(conn: &mut Conn, order: OrderId, actor: &str, now: Time) -> Result<bool> {
    let held: i64 = on_each!(conn, c => orders::table.find(order).filter(orders::payment_due_at.is_not_null()).count().get_result(c))?;
    let confirm = diesel::update(orders::table.find(order)).filter(orders::status.eq(OrderStatus::Pending)).set((
        orders::status.eq(OrderStatus::Confirmed),
        orders::payment_due_at.eq(None::<Time>),
        orders::updated_at.eq(now),
    ));
    let confirmed = prepared!(conn, confirm => execute)?;
    if confirmed == 0 {
        return Ok(false);
    }
    if held > 0 {
        let demand = open_demand(&lines(conn, order)?);
        stock::promise(conn, order, &demand, actor, now)?;
    }
    note(conn, order, "confirmed", "", actor, now)?;
    events::record(conn, "orders", &format!("confirmed:{order}"), &Event::OrderConfirmed { order: order.0 }, now)?;
    refresh(conn, order, now)?;
    // Last: everybody who confirms waits for the row with the numbers.
    documents::on_confirmation(conn, order, now)?;
    Ok(true)
}

/// Keeps how an order that was just placed came in, other than by the shop's own pages.
pub(crate) fn came_by(conn: &mut Conn, order: OrderId, channel: Channel) -> Result<()> {
    diesel::update(orders::table.find(order)).set(orders::source.eq(channel.as_str())).execute(conn)?;
    Ok(())
}

/// Why an order is cancelled, as the history keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    Customer,
    Staff,
    /// It was not paid in time.
    Unpaid,
}

impl CancelReason {
    pub fn as_str(self) -> &'static str {
        match self {
            CancelReason::Customer => "customer",
            CancelReason::Staff => "staff",
            CancelReason::Unpaid => "unpaid",
        }
    }
}

/// Whether an order can still be cancelled as a whole: nothing of it was shipped.
pub fn cancellable(order: &Order, lines: &[OrderLine]) -> bool {
    matches!(order.status, OrderStatus::Pending | OrderStatus::Confirmed) && lines.iter().all(|line| line.shipped == 0)
}

/// Undoes an order in one commit: goods free again, uses of promotions given back, held money released, taken money on its way back,
/// the customer's memory corrected, gift cards that it sold withdrawn. `Conflict` once something was shipped or such a card used. Cancelling twice changes nothing.
pub fn cancel(conn: &mut Conn, order: OrderId, reason: CancelReason, actor: &str, now: Time) -> Result<()> {
    let before = lock(conn, order, now)?;
    if before.status == OrderStatus::Cancelled {
        return Ok(());
    }
    let lines = lines(conn, order)?;
    if !cancellable(&before, &lines) {
        return Err(Error::conflict("order-not-cancellable"));
    }
    gift_cards::withdraw_all(conn, &lines, actor, now)?;
    let demand = open_demand(&lines);
    match before.status {
        OrderStatus::Pending => stock::release(conn, order, &demand, actor, now)?,
        _ => stock::deallocate(conn, order, &demand, "cancel", actor, now)?,
    }
    if before.payment_method == ACCOUNT {
        company_accounts::hold(conn, order, now)?;
    }
    budgets::hold(conn, order)?;
    // The credit note first, since gift cards and store credit are back at once; then the money, whose parts are figured from units
    // that are not cancelled yet.
    documents::credit_rest(conn, order, now)?;
    payments::undo(conn, &before, &lines, actor, now)?;
    exchanges::undo(conn, &before, actor, now)?;
    diesel::update(order_lines::table.filter(order_lines::order_id.eq(order)))
        .set(order_lines::cancelled.eq(order_lines::quantity - order_lines::shipped))
        .execute(conn)?;
    diesel::update(orders::table.find(order))
        .set((orders::status.eq(OrderStatus::Cancelled), orders::payment_due_at.eq(None::<Time>), orders::updated_at.eq(now)))
        .execute(conn)?;
    promotions::release(conn, order, now)?;
    budgets::follow(conn, order, now)?;
    crm::purchases::forget(conn, order.0, now)?;
    note(conn, order, "cancelled", reason.as_str(), actor, now)?;
    let event = Event::OrderCancelled { order: order.0, reason: reason.as_str().into() };
    events::record(conn, "orders", &format!("cancelled:{order}"), &event, now)?;
    refresh(conn, order, now)
}

/// Locks an order's row to the end of the transaction, so that two commands about it run one after the other.
pub fn lock(conn: &mut Conn, order: OrderId, now: Time) -> Result<Order> {
    let lock = diesel::update(orders::table.find(order)).set(orders::updated_at.eq(now));
    let locked = prepared!(conn, lock => execute)?;
    if locked == 0 { Err(Error::NotFound) } else { get(conn, order) }
}

/// The text of the conflict when a form is older than its order.
pub const CHANGED: &str = "order-changed-meanwhile";

/// [`lock`] for a form that was made when `seen` was the order's [`version`]. `Conflict` when anything happened to it since.
pub fn lock_seen(conn: &mut Conn, order: OrderId, seen: i64, now: Time) -> Result<Order> {
    let locked = lock(conn, order, now)?;
    if version(conn, order)? == seen { Ok(locked) } else { Err(Error::conflict(CHANGED)) }
}

/// Units that wait for delivery, summed per stocked variant.
pub(crate) fn open_demand(lines: &[OrderLine]) -> Demand {
    let mut demand = Demand::new();
    for line in lines.iter().filter(|line| line.stocked && line.open() > 0) {
        if let Some(variant) = line.variant_id {
            *demand.entry(variant).or_default() += line.open();
        }
    }
    demand
}

/// Orders that nobody paid in time.
pub fn overdue(conn: &mut Conn, now: Time, limit: i64) -> Result<Vec<OrderId>> {
    // Written out and not bound, as in the index `orders_due`: a planner that does not look at bound values finds it only so.
    let pending = diesel::dsl::sql::<diesel::sql_types::Bool>("orders.status = 'pending'");
    Ok(orders::table
        .filter(pending)
        .filter(orders::payment_due_at.lt(now))
        .order(orders::payment_due_at)
        .limit(limit)
        .select(orders::id)
        .load(conn)?)
}
