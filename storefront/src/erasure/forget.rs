//! The erasure itself, in one transaction of the caller.

use super::{addresses, carts_left, places, preview, spellings};
use crate::address::Address;
use crate::approvals;
use crate::articles;
use crate::carts::consents;
use crate::disputes;
use crate::edi;
use crate::erp::refs;
use crate::mails;
use crate::offers;
use crate::orders::{self, Order, terms};
use crate::promotions;
use crate::quotes;
use crate::requisitions;
use crate::returns;
use crate::reviews;
use crate::schema::{
    addresses as address_book, cart_lines, cart_trade, carts, gift_cards, idempotency_keys, login_tokens, logins, order_history,
    orders as order_rows, payment_cases, return_labels, returns as return_rows, sessions, stock_requests, webhook_attempts,
    webhook_messages,
};
use crate::service;
use crate::webhooks::MessageState;
use crate::wish_list;
use crm::email::Email;
use crm::{CustomerId, customers, erasure, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, mail};

/// Erases a customer. `Conflict` while something stands in the way, see [`super::preview`]; `NotFound` for somebody who was erased
/// before. Nothing of it may be committed after an error.
pub fn erase(conn: &mut Conn, id: CustomerId, now: Time) -> Result<()> {
    customers::known(conn, id)?;
    let mut emails = identities::emails(conn, id)?;
    for one in identities::all(conn, id)? {
        places::forget(conn, one, now)?;
    }
    // From here on nobody places an order for them or is merged into them, so that what is looked at next stays true.
    erasure::begin(conn, id, now)?;
    // Whoever was merged into them is the same person.
    let everybody = identities::all(conn, id)?;
    for one in everybody.iter().filter(|one| **one != id) {
        emails.extend(identities::emails(conn, *one)?);
        erasure::begin(conn, *one, now)?;
    }
    if !preview::hindered(conn, id)?.is_empty() {
        return Err(Error::conflict("erasure-not-now"));
    }
    let own: Vec<Order> =
        order_rows::table.filter(order_rows::customer_id.eq(id)).order(order_rows::id).select(Order::as_select()).load(conn)?;
    let spelled = spellings(conn, id, &emails)?;
    let mut written = Vec::new();
    for order in &own {
        written.extend(mails::of_order(conn, order)?.into_iter().map(|mail| mail.id));
    }
    mail::forget(conn, &spelled, &written)?;
    forget_messages(conn, &own, &spelled)?;
    for one in &everybody {
        forget_ways_in(conn, *one)?;
        approvals::forget(conn, *one, now)?;
    }
    for one in &everybody {
        consents::forget_person(conn, *one)?;
    }
    forget_carts(conn, id, &spelled)?;
    let keys: Vec<String> = spelled.iter().map(|email| email.to_lowercase()).collect();
    diesel::delete(stock_requests::table.filter(stock_requests::email_key.eq_any(keys))).execute(conn)?;
    for order in &own {
        forget_in_order(conn, order, &erasure::placeholder(id), now)?;
    }
    let keys: Vec<String> = addresses(&spelled).iter().map(Email::key).collect();
    promotions::forget_person(conn, &keys, &erasure::placeholder(id))?;
    for one in &everybody {
        offers::forget(conn, *one)?;
        wish_list::forget(conn, *one)?;
        requisitions::forget(conn, *one)?;
        quotes::forget(conn, *one, now)?;
        edi::forget(conn, *one)?;
        refs::forget(conn, one.0)?;
        service::forget(conn, *one)?;
        disputes::forget(conn, *one)?;
        articles::forget(conn, *one)?;
    }
    let received = gift_cards::table.filter(gift_cards::recipient_email.eq_any(&spelled));
    diesel::update(received).set(NOBODY).execute(conn)?;
    everybody.iter().try_for_each(|one| erasure::finish(conn, *one, &addresses(&spelled), now))
}

/// Login, sessions, links in mails, and the address book.
fn forget_ways_in(conn: &mut Conn, id: CustomerId) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::customer_id.eq(id))).execute(conn)?;
    diesel::delete(login_tokens::table.filter(login_tokens::customer_id.eq(id))).execute(conn)?;
    diesel::delete(logins::table.find(id)).execute(conn)?;
    diesel::delete(address_book::table.filter(address_book::customer_id.eq(id))).execute(conn)?;
    Ok(())
}

/// Carts that became no order go.
fn forget_carts(conn: &mut Conn, id: CustomerId, spelled: &[String]) -> Result<()> {
    let left = carts_left(conn, id, spelled)?;
    consents::forget(conn, &left)?;
    for cart in left {
        diesel::delete(cart_lines::table.filter(cart_lines::cart_id.eq(cart))).execute(conn)?;
        diesel::delete(cart_trade::table.filter(cart_trade::cart_id.eq(cart))).execute(conn)?;
        diesel::delete(carts::table.find(cart)).execute(conn)?;
    }
    Ok(())
}

/// A gift card without the person it was for.
#[derive(AsChangeset)]
#[diesel(table_name = gift_cards)]
struct Nobody {
    recipient_name: &'static str,
    recipient_email: &'static str,
    message: &'static str,
    note: &'static str,
}

const NOBODY: Nobody = Nobody { recipient_name: "", recipient_email: "", message: "", note: "" };

/// The order keeps what was sold, for how much and where it was taxed. The cart it came from stays too, and names nobody.
fn forget_in_order(conn: &mut Conn, order: &Order, placeholder: &str, now: Time) -> Result<()> {
    reviews::forget(conn, order)?;
    diesel::update(order_rows::table.find(order.id))
        .set((
            order_rows::email.eq(placeholder),
            order_rows::billing_address.eq(place(&order.billing_address()?)?),
            order_rows::shipping_address.eq(place(&order.shipping_address()?)?),
            order_rows::note.eq(""),
            order_rows::updated_at.eq(now),
        ))
        .execute(conn)?;
    let bare = orders::get(conn, order.id)?;
    terms::rewrite(conn, &bare)?;
    if let Some(cart) = order.cart_id {
        diesel::update(carts::table.find(cart))
            .set((
                carts::token_hash.eq(None::<String>),
                carts::email.eq(""),
                carts::shipping_address.eq(None::<String>),
                carts::billing_address.eq(None::<String>),
                carts::note.eq(""),
            ))
            .execute(conn)?;
    }
    // What staff wrote about it; everything else of its history is numbers.
    let notes =
        order_history::table.filter(order_history::order_id.eq(order.id)).filter(order_history::kind.eq_any(["note", "case_seen_to"]));
    diesel::update(notes).set(order_history::detail.eq("")).execute(conn)?;
    diesel::update(payment_cases::table.filter(payment_cases::order_id.eq(order.id))).set(payment_cases::note.eq("")).execute(conn)?;
    for line in orders::lines(conn, order.id)?.iter().filter(|line| line.gift_card) {
        diesel::update(gift_cards::table.filter(gift_cards::order_line_id.eq(line.id))).set(NOBODY).execute(conn)?;
    }
    for back in returns::of_order(conn, order.id)? {
        diesel::delete(return_labels::table.find(back.id)).execute(conn)?;
        diesel::update(return_rows::table.find(back.id)).set((return_rows::comment.eq(""), return_rows::message.eq(""))).execute(conn)?;
    }
    Ok(())
}

/// What of an address the taxes of an order depend on.
fn place(address: &Address) -> Result<String> {
    kernel::json::text(&Address { country: address.country.clone(), region: address.region.clone(), ..Address::default() })
}

/// What programs were told or answered, and is kept for sending it again. What still waits to be sent goes out, and is forgotten by age.
fn forget_messages(conn: &mut Conn, orders: &[Order], spelled: &[String]) -> Result<()> {
    let quoted = |text: &str| format!("%\"{}\"%", text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_"));
    let patterns = spelled.iter().map(|email| quoted(email)).chain(orders.iter().map(|order| quoted(&order.number)));
    for pattern in patterns {
        let told: Vec<i64> = webhook_messages::table
            .filter(webhook_messages::state.ne(MessageState::Waiting))
            .filter(webhook_messages::payload.like(&pattern).escape('\\'))
            .select(webhook_messages::id)
            .load(conn)?;
        for id in told {
            diesel::delete(webhook_attempts::table.filter(webhook_attempts::message_id.eq(id))).execute(conn)?;
            diesel::delete(webhook_messages::table.filter(webhook_messages::id.eq(id))).execute(conn)?;
        }
        // The key stays: a request sent again is still not done again.
        diesel::update(idempotency_keys::table.filter(idempotency_keys::response.like(&pattern).escape('\\')))
            .set(idempotency_keys::response.eq("{}"))
            .execute(conn)?;
    }
    Ok(())
}
