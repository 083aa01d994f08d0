//! The order's page.

use super::returns as back;
use super::{FRESH, LINK, papers, pay, visible};
use crate::buying;
use crate::company_accounts::{self, ACCOUNT};
use crate::exchanges::{self, Undone};
use crate::gateway::Gateways;
use crate::gift_cards::{self, GiftCard};
use crate::ids::StoreId;
use crate::orders::{self, HistoryEntry as Entry, Order, OrderLine, OrderStatus};
use crate::payments::{self, Payment, PaymentState};
use crate::pickups;
use crate::refunds;
use crate::returns;
use crate::shipments;
use crate::shop;
use crate::stock;
use crate::stored_value::{STORE_CREDIT, is_stored};
use crate::web::checkout::method_name;
use crate::web::door::Door;
use crate::web::views::order::{HistoryEntry, OrderView, PickupView, RefundView, ShipmentView, SoldCardView, TotalText};
use crate::web::views::page::{Page, PageView, Tone};
use crate::web::views::shared::{Notice, TotalRow};
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{frame, shown, stored};
use actix_web::HttpResponse;
use chrono::NaiveDate;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::token::Signer;
use kernel::web::format;
use kernel::{Conn, Result};

/// The address of an order's page for who came with `key`: the signed link, or the page in the account for who came without.
pub fn path_for(signer: &Signer, number: &str, key: &str) -> String {
    if signer.verify(LINK, number, key) { super::order_path(signer, number) } else { format!("/account/orders/{number}") }
}

/// Answers with the page of an order. `in_account` leads back to the account's list.
pub async fn render(door: &Door, visit: Visit, number: String, key: String, in_account: bool) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, signer, gateways) = (visit.clone(), door.signer.clone(), door.gateways.clone());
    let path = if in_account { visit.path.clone() } else { path_for(&signer, &number, &key) };
    let (mut page, view) = door
        .read(move |conn, now| {
            let (order, own) = visible(conn, &seen, &signer, &number, &key, now)?;
            let page = frame::load(conn, &seen, now)?;
            let key = (!in_account && !key.is_empty()).then_some(key);
            let view = load(conn, &order, seen.site.id, &gateways, key, &words, now)?;
            let title = words.with("order-title", &[("number", &order.number)])?;
            let in_company = seen.path.starts_with("/account/company/");
            let view = if own { view } else { OrderView { can_cancel: false, can_pay: false, return_to: None, ..view } };
            Ok((PageView { title, ..page }, OrderView { in_account, in_company, ..view }))
        })
        .await?;
    let fresh = page.flash.iter().any(|flash| flash.text == FRESH);
    page.flash.retain(|flash| flash.text != FRESH);
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &path, visit.language);
    door.render(&visit, "storefront/order.html", &Page { page, view: OrderView { fresh, ..view } })
}

/// Everything the page shows of an order in the store `here`.
pub fn load(
    conn: &mut Conn,
    order: &Order,
    here: StoreId,
    gateways: &Gateways,
    key: Option<String>,
    words: &Words,
    now: Time,
) -> Result<OrderView> {
    let lines = orders::lines(conn, order.id)?;
    let adjustments = orders::adjustments(conn, order.id)?;
    let currency = order.currency()?;
    let payments = payments::of_order(conn, order.id)?;
    let keyed = key.as_ref().map(|key| format!("?key={key}")).unwrap_or_default();
    let may_return = !returns::returnable(conn, order, now)?.is_empty();
    let return_to = may_return.then(|| format!("/orders/{}/returns/new{keyed}", order.number));
    let can_cancel = orders::cancellable(order, &lines);
    let paid: i64 = payments.iter().map(|payment| payment.left()).sum();
    let balance = payments::balance(conn, order)?;
    let can_pay = payments.last().is_some_and(|payment| pay::payable(gateways, order, payment, balance));
    Ok(OrderView {
        number: order.number.clone(),
        papers: papers::views(conn, order, key.as_deref(), words)?,
        fresh: false,
        in_account: false,
        in_company: false,
        trade: bought_for(conn, order, words)?,
        placed_at: order.placed_at,
        email: order.email.clone(),
        status: order.status.as_str().to_string(),
        payment_status: order.payment_status.as_str().to_string(),
        fulfilment_status: order.fulfilment_status.as_str().to_string(),
        notices: notices(conn, order, payments.last(), can_pay, words)?,
        lines: shown::order_lines(conn, here, order, &lines)?,
        totals: stored::paid(conn, shown::order_totals(order, &lines, &adjustments, words)?, order, words)?,
        shipping_address: shown::address_lines(&order.shipping_address()?, words.language),
        pickup: pickup(conn, order)?,
        billing_address: shown::billing_lines(&order.billing_address()?, words),
        shipping_method: shown::some(&order.shipping_method),
        payment_method: paying(conn, order, words)?,
        shipments: parcels(conn, order, &lines)?,
        refunds: returned(conn, order, &lines, words)?,
        gift_cards: sold_cards(conn, &lines, words)?,
        gift_cards_wait: gift_cards::wait(order, &lines, &payments::sums(conn, order.id)?),
        returns: back::views(conn, order, &lines, key.as_deref(), words)?,
        return_to,
        transfer: transfer(conn, order, payments.last(), words)?,
        history: orders::history(conn, order.id)?.iter().filter_map(|entry| told(entry, currency, words)).collect(),
        key,
        can_cancel,
        cancel_refund: (can_cancel && paid > 0).then(|| Money::new(paid, currency)),
        can_pay,
        balance: (balance > 0).then(|| Money::new(balance, currency)),
        can_reorder: lines.iter().any(|line| line.variant_id.is_some()),
    })
}

/// For which company an order was placed, and what its buyer said.
fn bought_for(conn: &mut Conn, order: &Order, words: &Words) -> Result<Vec<TotalText>> {
    let rows = buying::told(conn, order.id)?;
    let said = |value: String| value.parse::<NaiveDate>().map(|day| format::date(day, words.language)).unwrap_or(value);
    Ok(rows
        .into_iter()
        .map(|(label, value)| TotalText { label: label.to_string(), value: if label == "requested-on" { said(value) } else { value } })
        .collect())
}

fn sold_cards(conn: &mut Conn, lines: &[OrderLine], words: &Words) -> Result<Vec<SoldCardView>> {
    let view = |card: GiftCard| {
        let amount = Money::new(card.initial, card.currency()?);
        Ok(SoldCardView { name: stored::card_name(&card.last_four, words)?, amount, withdrawn: card.withdrawn_at.is_some() })
    };
    gift_cards::of_lines(conn, lines)?.into_iter().map(view).collect()
}

/// How it is paid; of what was bought on account until when, and what of it in advance.
pub fn paying(conn: &mut Conn, order: &Order, words: &Words) -> Result<Option<String>> {
    let method = method_name(&order.payment_method, words);
    let owed = if order.payment_method == ACCOUNT { company_accounts::of_order(conn, order.id)? } else { None };
    match owed.filter(|owed| owed.open > 0) {
        Some(owed) => {
            let day = format::date(owed.due()?, words.language);
            if let Some(first) = owed.deposit_due()? {
                let (deposit, first) = (words.money(Money::new(owed.deposit_open, order.currency()?)), format::date(first, words.language));
                let key = "order-on-account-deposit";
                return words.with(key, &[("method", &method), ("deposit", &deposit), ("first", &first), ("day", &day)]).map(Some);
            }
            words.with("order-on-account", &[("method", &method), ("day", &day)]).map(Some)
        }
        None => Ok(shown::some(&method)),
    }
}

fn pickup(conn: &mut Conn, order: &Order) -> Result<Option<PickupView>> {
    let Some(location) = order.pickup_location_id else { return Ok(None) };
    let hours = stock::location(conn, location)?.hours.lines().map(str::to_string).collect();
    let open = order.status == OrderStatus::Confirmed;
    Ok(Some(PickupView { hours, ready: open && pickups::is_ready(conn, order.id)? }))
}

/// What the shopper has to know or do about the payment.
fn notices(conn: &mut Conn, order: &Order, latest: Option<&Payment>, can_pay: bool, words: &Words) -> Result<Vec<Notice>> {
    let mut notices = shown::reverse_charge_notice(order.taxation.0.reverse_charge, words);
    if let Some(reason) = latest.map(|payment| payment.reason.as_str()).filter(|reason| can_pay && !reason.is_empty()) {
        notices.push(Notice { kind: Tone::Error, text: words.with("order-payment-refused", &[("reason", reason)])? });
    }
    if let Some(made) = exchanges::of_order(conn, order.id)? {
        let number = returns::get(conn, made.return_id)?.number;
        notices.push(Notice { kind: Tone::Info, text: words.with("order-exchange-for", &[("number", &number)])? });
    }
    if let Some(due) = order.payment_due_at.filter(|_| can_pay) {
        let due = format::datetime(due, words.language);
        notices.push(Notice { kind: Tone::Info, text: words.with("order-held-until", &[("time", &due)])? });
    }
    Ok(notices)
}

fn parcels(conn: &mut Conn, order: &Order, lines: &[OrderLine]) -> Result<Vec<ShipmentView>> {
    let mut views = Vec::new();
    for shipment in shipments::of_order(conn, order.id)? {
        let content = |(id, quantity): (crate::ids::OrderLineId, i64)| {
            let line = lines.iter().find(|line| line.id == id)?;
            Some(format!("{} × {}", line.measure().text(quantity), titled(line)))
        };
        views.push(ShipmentView {
            number: format!("{}-{}", order.number, views.len() + 1),
            shipped_at: shipment.shipped_at,
            carrier: shown::some(&shipment.carrier),
            tracking_number: shown::some(&shipment.tracking_number),
            tracking_url: shown::some(&shipment.tracking_url).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            contents: shipments::lines_of(conn, shipment.id)?.into_iter().filter_map(content).collect(),
        });
    }
    Ok(views)
}

fn titled(line: &OrderLine) -> String {
    if line.options.is_empty() { line.title.clone() } else { format!("{}, {}", line.title, line.options) }
}

fn returned(conn: &mut Conn, order: &Order, lines: &[OrderLine], words: &Words) -> Result<Vec<RefundView>> {
    let currency = order.currency()?;
    let mut views = Vec::new();
    for refund in refunds::of_order(conn, order.id)? {
        views.push(RefundView {
            at: refund.settled_at.unwrap_or(refund.created_at),
            amount: Money::new(refund.amount, currency),
            status: refund.state.as_str().to_string(),
            to: back_to(conn, &refund, words)?,
            parts: refund_parts(conn, &refund, lines, currency, words)?,
        });
    }
    Ok(views)
}

/// Where a refund went, when it was not the bank or the card.
pub fn back_to(conn: &mut Conn, refund: &refunds::Refund, words: &Words) -> Result<Option<String>> {
    if exchanges::covers(conn, refund)? {
        return Ok(Some(words.get("exchange-used")));
    }
    if refund.to_credit {
        return Ok(Some(words.get("store-credit")));
    }
    let payment = payments::get(conn, refund.payment_id)?;
    // What had come from a return and comes back is credit, unless it went on to where the first order was paid from.
    if payment.provider == STORE_CREDIT && exchanges::undone(conn, refund.order_id)? != Some(Undone::Rerouted) {
        return Ok(Some(words.get("store-credit")));
    }
    if company_accounts::is_set_off(&payment) {
        return Ok(Some(words.get("account-credited")));
    }
    if is_stored(&payment.provider) { stored::name(conn, &payment, words).map(Some) } else { Ok(None) }
}

/// What a refund is made of: units of lines, delivery, or what a changed order comes to less.
pub fn refund_parts(
    conn: &mut Conn,
    refund: &refunds::Refund,
    lines: &[OrderLine],
    currency: Currency,
    words: &Words,
) -> Result<Vec<TotalRow>> {
    let mut parts = Vec::new();
    for part in refunds::lines_of(conn, refund.id)? {
        let Some(line) = lines.iter().find(|line| line.id == part.order_line_id) else { continue };
        // The units of a line stand with one of several refunds that share its amount.
        let label = if part.quantity == 0 { titled(line) } else { format!("{} × {}", line.measure().text(part.quantity), titled(line)) };
        parts.push(TotalRow { label, amount: Money::new(part.amount, currency) });
    }
    if refund.surplus {
        parts.push(TotalRow { label: words.get("refund-surplus"), amount: Money::new(refund.amount, currency) });
    }
    if refund.shipping > 0 {
        parts.push(TotalRow { label: words.get("totals-shipping"), amount: Money::new(refund.shipping, currency) });
    }
    Ok(parts)
}

/// What to write on a bank transfer, as long as one is awaited.
pub fn transfer(conn: &mut Conn, order: &Order, latest: Option<&Payment>, words: &Words) -> Result<Option<Vec<TotalText>>> {
    let awaited = latest.filter(|payment| payment.provider == "bank_transfer" && payment.state == PaymentState::Open);
    let Some(awaited) = awaited.filter(|_| order.status != OrderStatus::Cancelled) else { return Ok(None) };
    let details = shop::get(conn)?.bank_details;
    let row = |label: String, value: String| TotalText { label, value };
    // "IBAN: DE02 …" and "IBAN DE02 …" become a row named IBAN; other lines tell whose account it is.
    let mut rows: Vec<TotalText> = details
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| match line.split_once(':').or_else(|| line.split_once(' ').filter(|(word, _)| matches!(*word, "IBAN" | "BIC"))) {
            Some((label, value)) => row(label.trim().to_string(), value.trim().to_string()),
            None => row(words.get("transfer-account"), line.to_string()),
        })
        .collect();
    rows.push(row(words.get("transfer-amount"), words.money(awaited.money()?)));
    rows.push(row(words.get("transfer-reference"), order.number.clone()));
    Ok(Some(rows))
}

/// An entry of the history in words; what only the shop needs to know is left out.
fn told(entry: &Entry, currency: Currency, words: &Words) -> Option<HistoryEntry> {
    let key = format!("history-{}", entry.kind);
    let amount = entry.detail.parse().ok().map(|minor| words.money(Money::new(minor, currency)));
    let text = words.with(&key, &[("amount", amount.as_deref().unwrap_or(""))]).ok()?;
    Some(HistoryEntry { at: entry.created_at, text })
}
