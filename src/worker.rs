//! The switchboard: who listens to what happens, what jobs there are, and what runs by the clock.

mod campaigns;
mod engine;
mod kinds;
mod schedule;
#[cfg(test)]
mod tests;

pub use engine::Worker;
pub use schedule::Slot;

use crate::state::AppState;
use crm::CustomerId;
use crm::campaigns::attribution;
use kernel::clock::Time;
use kernel::events::Event;
use kernel::jobs::{self, Job};
use kernel::mail::{self, HandOver};
use kernel::{Conn, Error, Result};
use storefront::erp::feed;
use storefront::ids::ProductId;
use storefront::{drops, earnings, edi, kin, mails, reviews, search_index, timeline, waiting};

/// Somebody who is told of an event after its commit. `run` is in one transaction with the end of its job, so its effect happens
/// exactly once; it must not reach outside the database.
pub struct Listener {
    pub name: &'static str,
    /// Whether it is told at all for now. Asked when events are dispatched, once for many.
    pub wanted: fn(&mut Conn) -> Result<bool>,
    pub run: fn(&AppState, &mut Conn, &Event, Time) -> Result<()>,
}

/// Work that may reach outside. It may run twice (a crash between the call and its record), so every call outside has to carry a key
/// by which the other side recognises a repetition. No transaction is open when it starts.
pub struct Kind {
    pub name: &'static str,
    pub run: fn(&AppState, &Job) -> Result<()>,
}

/// All of it. The shop has one, [`SHOP`]; tests of the worker make their own.
pub struct Switchboard {
    pub listeners: fn(&Event) -> &'static [Listener],
    pub kinds: &'static [Kind],
    pub schedule: &'static [Slot],
    pub watches: &'static [Watch],
    /// Kinds of jobs that are never given up, as those of watches are not: what waits for them would wait for ever.
    pub endless: &'static [&'static str],
}

/// Something that becomes due by itself, at moments that rows keep. Each look of the loop asks `any`, which must cost next to nothing.
pub struct Watch {
    /// The job that sees to it; it stands in the queue once at most.
    pub kind: &'static str,
    pub any: fn(&mut Conn, Time) -> Result<bool>,
}

/// The shop's switchboard.
pub static SHOP: Switchboard =
    Switchboard { listeners, kinds: kinds::KINDS, schedule: kinds::SCHEDULE, watches: kinds::WATCHES, endless: kinds::ENDLESS };

const ALWAYS: fn(&mut Conn) -> Result<bool> = |_| Ok(true);

/// Writes the mail an event calls for.
const MAILS: Listener =
    Listener { name: "mails", wanted: ALWAYS, run: |state, conn, event, now| mails::on_event(conn, event, now, &state.door.mailer()) };

/// Tells the merchant's programs, if there are any.
const HOOKS: Listener = Listener {
    name: "webhooks",
    wanted: storefront::webhooks::any,
    run: |_, conn, event, now| storefront::api::events::tell(conn, event, now),
};

/// Tells the timeline of the customer.
const TIMELINE: Listener = Listener { name: "timeline", wanted: ALWAYS, run: |_, conn, event, now| timeline::on_event(conn, event, now) };

/// Says which mails an order followed from.
const EARNINGS: Listener =
    Listener { name: "earnings", wanted: attribution::any, run: |_, conn, event, _| earnings::on_event(conn, event) };

/// Plans to ask buyers about what was sent to them.
const REVIEWS: Listener = Listener { name: "reviews", wanted: reviews::wanted, run: |_, conn, event, _| reviews::plan(conn, event) };

/// Tells the program of the company that ordered by a message.
const PARTNERS: Listener = Listener { name: "partners", wanted: edi::any, run: |_, conn, event, now| edi::on_event(conn, event, now) };

/// Numbers orders for those who follow their changes.
const FEED: Listener = Listener { name: "feed", wanted: feed::wanted, run: |_, conn, event, _| feed::on_event(conn, event) };

/// Who listens to `event`. Without a default arm: whoever adds an event says here who hears it.
fn listeners(event: &Event) -> &'static [Listener] {
    match event {
        Event::OrderPlaced { .. } => &[TIMELINE, HOOKS, FEED],
        Event::OrderConfirmed { .. } => &[MAILS, HOOKS, EARNINGS, FEED],
        Event::OrderCancelled { .. } => &[TIMELINE, MAILS, HOOKS, PARTNERS, FEED],
        Event::OrderEdited { .. } => &[TIMELINE, MAILS, HOOKS, PARTNERS, FEED],
        Event::PaymentSettled { .. } => &[TIMELINE, MAILS, HOOKS, FEED],
        Event::ShipmentSent { .. } => &[TIMELINE, MAILS, HOOKS, REVIEWS, PARTNERS, FEED],
        Event::PickupReady { .. } => &[MAILS],
        Event::RefundRequested { .. } => &[FEED],
        Event::RefundSettled { .. } => &[TIMELINE, MAILS, HOOKS, FEED],
        Event::RefundCameBack { .. } => &[HOOKS, FEED],
        Event::CustomerChanged { .. } | Event::StockMoved { .. } | Event::TicketOverdue { .. } => &[HOOKS],
        Event::PaymentCaseOpened { .. } | Event::ApprovalAsked { .. } | Event::ApprovalDecided { .. } => &[MAILS],
        Event::QuoteAsked { .. } | Event::QuoteOffered { .. } | Event::QuoteAnswered { .. } | Event::QuoteDecided { .. } => &[MAILS],
        Event::ReturnChanged { .. } => &[TIMELINE, MAILS, HOOKS, FEED],
        Event::CustomerJoined { .. } | Event::JourneyReached { .. } => &[HOOKS],
        Event::CustomersMerged { .. } | Event::CustomersParted { .. } => &[HOOKS, EARNINGS],
        Event::TicketOpened { .. } | Event::TicketReplied { .. } | Event::TicketSolved { .. } => &[MAILS, HOOKS],
        Event::CustomerErased { .. } => &[Listener { name: "audit", wanted: ALWAYS, run: forget_in_audit }, HOOKS],
        Event::ProductChanged { .. } | Event::ProductsChanged { .. } => &[
            Listener {
                name: "search",
                wanted: ALWAYS,
                run: |state, conn, event, now| search_index::changed(conn, state.door.search.keeps(), event, now),
            },
            Listener { name: "kin", wanted: ALWAYS, run: |_, conn, event, now| kin::changed(conn, event, now) },
            Listener { name: "waiting", wanted: ALWAYS, run: tell_waiting },
            Listener { name: "drops", wanted: crm::journeys::tells_drops, run: |_, conn, event, now| drops::on_event(conn, event, now) },
            HOOKS,
        ],
    }
}

/// Tells those who waited for a product that it is back.
fn tell_waiting(state: &AppState, conn: &mut Conn, event: &Event, now: Time) -> Result<()> {
    let products = match event {
        Event::ProductChanged { product } => std::slice::from_ref(product),
        Event::ProductsChanged { products } => products.as_slice(),
        _ => return Ok(()),
    };
    let mailer = state.door.mailer();
    products.iter().try_for_each(|product| waiting::product_changed(conn, ProductId(*product), &mailer, now))
}

/// Takes what staff wrote about somebody who was erased out of the audit log.
fn forget_in_audit(_: &AppState, conn: &mut Conn, event: &Event, _: Time) -> Result<()> {
    let Event::CustomerErased { customer } = event else { return Ok(()) };
    admin::forum::forget(conn, CustomerId(*customer))?;
    admin::audit::forget(conn, CustomerId(*customer))
}

/// Hands a queued mail over and records what came of it.
fn send_mail(state: &AppState, job: &Job) -> Result<()> {
    let id: i64 = job.payload.parse().map_err(|_| Error::unexpected("a mail job without the id of a mail"))?;
    let mail = state.db.read_now(|conn| mail::get(conn, id))?;
    if mail.state == "sent" {
        return Ok(());
    }
    let mut outcome = state.post.send(&mail);
    let retry = match &outcome {
        HandOver::Accepted => None,
        HandOver::Refused(reason) => {
            tracing::warn!(mail.id = id, reason = mail::without_people(reason), "the mail server refused a mail");
            None
        }
        // At least once: a mail whose answer was lost goes out again, and mailboxes know it by its Message-ID.
        HandOver::Failed(reason) | HandOver::Unknown(reason) => Some(Error::Unavailable(reason.clone())),
    };
    // Nobody tries again after the last attempt: the mail is then shown as failed, to be sent again by a person.
    if let (HandOver::Failed(reason) | HandOver::Unknown(reason), true) = (&outcome, job.attempts >= jobs::MAX_ATTEMPTS) {
        outcome = HandOver::Refused(reason.clone());
    }
    let now = state.clock.now();
    state.db.write_now(move |conn| {
        if matches!(outcome, HandOver::Accepted) {
            timeline::mailed(conn, &mail, now)?;
        }
        mail::record(conn, id, &outcome, now)
    })?;
    retry.map_or(Ok(()), Err)
}
