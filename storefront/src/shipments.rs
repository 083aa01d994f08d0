//! Sending an order off, whole or in parts.

use crate::company_accounts;
use crate::ids::{LocationId, OrderId, OrderLineId, ShipmentId};
use crate::orders::{self, OrderStatus};
use crate::payments;
use crate::schema::{order_lines, shipment_lines, shipments};
use crate::stock::{self, Demand};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::{Fields, said};
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = shipments)]
pub struct Shipment {
    pub id: ShipmentId,
    pub order_id: OrderId,
    pub carrier: String,
    pub tracking_number: String,
    pub tracking_url: String,
    pub actor: String,
    pub shipped_at: Time,
}

/// The text of the conflict when a changed order still has to be paid.
pub const BALANCE: &str = "order-balance-open";
/// The text of the conflict when a company has not paid its deposit.
pub const DEPOSIT: &str = "order-deposit-open";

/// What goes into a parcel. `key` is unique to the form it came from, so that sending the form twice ships once.
#[derive(Clone, Debug, Default)]
pub struct Parcel {
    pub key: String,
    pub lines: Vec<(OrderLineId, i64)>,
    pub carrier: String,
    pub tracking_number: String,
    pub tracking_url: String,
    /// The location the goods leave; none takes them from wherever they lie.
    pub from: Option<LocationId>,
    /// Send it although a changed order still asks for money that was to be paid before.
    pub despite_balance: bool,
}

/// Ships a parcel of a confirmed order. `Invalid` when more units are named than are open; `Conflict` when the house has too few, or
/// when a changed order or a deposit still has to be paid.
pub fn ship(conn: &mut Conn, order: OrderId, parcel: &Parcel, actor: &str, now: Time) -> Result<ShipmentId> {
    let order = orders::lock(conn, order, now)?;
    if let Some(before) = shipments::table.filter(shipments::key.eq(&parcel.key)).select(shipments::id).first(conn).optional()? {
        return Ok(before);
    }
    if order.status != OrderStatus::Confirmed {
        return Err(Error::conflict("shipment-not-confirmed"));
    }
    if !parcel.despite_balance && payments::holds_back(conn, &order)? {
        return Err(Error::conflict(BALANCE));
    }
    if company_accounts::waits(conn, order.id)?.is_some() {
        return Err(Error::conflict(DEPOSIT));
    }
    let demand = checked(conn, order.id, parcel)?;
    let id: ShipmentId = diesel::insert_into(shipments::table)
        .values((
            shipments::key.eq(&parcel.key),
            shipments::order_id.eq(order.id),
            shipments::carrier.eq(parcel.carrier.trim()),
            shipments::tracking_number.eq(parcel.tracking_number.trim()),
            shipments::tracking_url.eq(parcel.tracking_url.trim()),
            shipments::actor.eq(actor),
            shipments::shipped_at.eq(now),
        ))
        .returning(shipments::id)
        .get_result(conn)?;
    for (line, quantity) in parcel.lines.iter().filter(|(_, quantity)| *quantity > 0) {
        diesel::insert_into(shipment_lines::table)
            .values((shipment_lines::shipment_id.eq(id), shipment_lines::order_line_id.eq(line), shipment_lines::quantity.eq(quantity)))
            .execute(conn)?;
        diesel::update(order_lines::table.find(line)).set(order_lines::shipped.eq(order_lines::shipped + quantity)).execute(conn)?;
    }
    stock::ship(conn, order.id, &demand, &format!("ship:{id}"), parcel.from, actor, now)?;
    let entry = if order.pickup_location_id.is_some() { "handed_over" } else { "shipped" };
    orders::note(conn, order.id, entry, parcel.tracking_number.trim(), actor, now)?;
    let event = Event::ShipmentSent { order: order.id.0, shipment: id.0 };
    events::record(conn, "shipments", &format!("sent:{id}"), &event, now)?;
    orders::refresh(conn, order.id, now)?;
    Ok(id)
}

/// Whether the form with this key was sent before.
pub fn known(conn: &mut Conn, key: &str) -> Result<bool> {
    let found: i64 = shipments::table.filter(shipments::key.eq(key)).count().get_result(conn)?;
    Ok(found > 0)
}

fn checked(conn: &mut Conn, order: OrderId, parcel: &Parcel) -> Result<Demand> {
    let lines = orders::lines(conn, order)?;
    let mut fields = Fields::default();
    let mut demand = Demand::new();
    let mut units = 0;
    for (at, (id, quantity)) in parcel.lines.iter().enumerate() {
        let line = lines.iter().find(|line| line.id == *id).ok_or(Error::NotFound)?;
        if parcel.lines[..at].iter().any(|(before, _)| before == id) {
            fields.add(&format!("quantity-{id}"), "order-line-twice");
            continue;
        }
        if *quantity < 0 || *quantity > line.sendable() {
            fields.add(&format!("quantity-{id}"), said("order-units-up-to", &[("most", &line.measure().text(line.sendable()))]));
            continue;
        }
        units += quantity;
        if let Some(variant) = line.variant_id.filter(|_| line.stocked && *quantity > 0) {
            *demand.entry(variant).or_default() += quantity;
        }
    }
    if fields.0.is_empty() && units == 0 {
        fields.add("lines", "shipment-nothing-chosen");
    }
    let url = parcel.tracking_url.trim();
    if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
        fields.add("tracking_url", "shipment-link-invalid");
    }
    for (name, value) in
        [("carrier", &parcel.carrier), ("tracking_number", &parcel.tracking_number), ("tracking_url", &parcel.tracking_url)]
    {
        if value.len() > 300 {
            fields.add(name, "admin-too-long");
        }
    }
    fields.check()?;
    Ok(demand)
}

pub fn of_order(conn: &mut Conn, order: OrderId) -> Result<Vec<Shipment>> {
    Ok(shipments::table.filter(shipments::order_id.eq(order)).order(shipments::id).select(Shipment::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: ShipmentId) -> Result<Shipment> {
    Ok(shipments::table.find(id).select(Shipment::as_select()).first(conn)?)
}

/// (order line, units) of a shipment.
pub fn lines_of(conn: &mut Conn, id: ShipmentId) -> Result<Vec<(OrderLineId, i64)>> {
    Ok(shipment_lines::table
        .filter(shipment_lines::shipment_id.eq(id))
        .select((shipment_lines::order_line_id, shipment_lines::quantity))
        .load(conn)?)
}
