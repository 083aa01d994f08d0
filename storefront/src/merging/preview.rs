//! What a merge would make of two customers, before anybody confirms it.

use crate::{address_book, carts, logins, offers, store_credit, stores, wish_list};
use crm::consents::{self, Consent};
use crm::customers::{self, Customer};
use crm::merges;
use crm::{CustomerId, activities, identities, purchases, scores, segments, tasks, tickets, trails};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// Browsers and offers counted.
const COUNTED: i64 = 1000;

/// Both side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    pub merged: Side,
    pub survivor: Side,
    /// Why it cannot be done, as the key of a text.
    pub hindered: Option<&'static str>,
    pub lines: Vec<Line>,
    /// Both have a login whose address was proven: nothing but a person joins such two.
    pub both_proven: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct Side {
    pub id: CustomerId,
    pub name: String,
    pub email: String,
}

/// One kind of thing: `merge-of-…` is its text, and `merge-how-…` tells how it comes out where that needs words.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub what: &'static str,
    pub merged: Cell,
    pub survivor: Cell,
    pub after: Cell,
}

/// What stands in a place of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Cell {
    Text(String),
    Texts(Vec<String>),
    Count(i64),
    Money(Vec<Money>),
    At(Time),
    /// Channel, topic and what was said of it last.
    Said(Vec<(String, String, Consent)>),
    Yes(bool),
    /// It is worked out when both are one.
    Anew,
}

/// What is known of one of them.
struct Known {
    customer: Customer,
    since: Time,
    emails: Vec<String>,
    registered: bool,
    orders: i64,
    brought: BTreeMap<String, i64>,
    credit: BTreeMap<String, i64>,
    addresses: Vec<String>,
    wishes: Vec<i64>,
    carts: i64,
    consents: BTreeMap<(String, String), Consent>,
    offers: Vec<i64>,
    tasks: i64,
    requests: i64,
    timeline: i64,
    browsers: i64,
    segments: Vec<String>,
}

fn known(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Known> {
    let (mut orders, mut brought) = (0, BTreeMap::new());
    for (currency, count, net) in purchases::totals(conn, id)? {
        orders += count;
        brought.insert(currency, net);
    }
    let mut open = 0;
    for store in stores::list(conn)? {
        open += i64::from(carts::of_customer(conn, store.id, id)?.is_some());
    }
    let mut addresses = Vec::new();
    for entry in address_book::of_customer(conn, id)? {
        addresses.push(kernel::json::text(&entry.address)?);
    }
    let customer = customers::get(conn, id)?;
    // An import knows customers from before it.
    let since = scores::of(conn, id)?.map_or(customer.created_at, |score| score.first_at.min(customer.created_at));
    Ok(Known {
        customer,
        since,
        emails: identities::emails(conn, id)?,
        registered: logins::registered(conn, id)?,
        orders,
        brought,
        credit: store_credit::of_customer(conn, id)?.into_iter().map(|one| (one.currency, one.balance)).collect(),
        addresses,
        wishes: wish_list::products(conn, id)?.into_iter().map(|product| product.0).collect(),
        carts: open,
        consents: consents::all_current(conn, id)?.into_iter().collect(),
        offers: offers::of_customer(conn, id, COUNTED)?.into_iter().map(|given| given.promotion.id.0).collect(),
        tasks: length(&tasks::of_customer(conn, id, COUNTED)?),
        requests: length(&tickets::of_customer(conn, id, None, COUNTED)?),
        timeline: activities::count_of(conn, id)?,
        browsers: i64::try_from(trails::edges(conn, id, COUNTED)?.len()).unwrap_or(COUNTED),
        segments: segments::of_customer(conn, id, now)?.into_iter().map(|one| one.name).collect(),
    })
}

/// Figures what merging `merged` into `survivor` would do. `NotFound` without one of them.
pub fn preview(conn: &mut Conn, merged: CustomerId, survivor: CustomerId, now: Time) -> Result<Preview> {
    let hindered = merges::hinders(conn, merged, survivor)?;
    let (other, own) = (known(conn, merged, now)?, known(conn, survivor, now)?);
    let both_proven = logins::proven(conn, merged)? && logins::proven(conn, survivor)?;
    let side = |of: &Customer| Side { id: of.id, name: of.name.clone(), email: of.email.clone() };
    let (merged, survivor) = (side(&other.customer), side(&own.customer));
    // Who was erased tells nothing that could be compared.
    let lines = if hindered.is_some() { Vec::new() } else { lines(&other, &own) };
    Ok(Preview { merged, survivor, hindered, lines, both_proven })
}

fn lines(other: &Known, own: &Known) -> Vec<Line> {
    let (a, b) = (&other.customer, &own.customer);
    let left = merges::preview(b, a);
    let text = |what, merged: &str, survivor: &str, after: &str| Line {
        what,
        merged: Cell::Text(merged.into()),
        survivor: Cell::Text(survivor.into()),
        after: Cell::Text(after.into()),
    };
    let count = |what, merged, survivor, after| Line {
        what,
        merged: Cell::Count(merged),
        survivor: Cell::Count(survivor),
        after: Cell::Count(after),
    };
    let money = |what, merged: &BTreeMap<String, i64>, survivor: &BTreeMap<String, i64>| {
        let mut sum = survivor.clone();
        merged.iter().for_each(|(currency, minor)| *sum.entry(currency.clone()).or_default() += minor);
        Line { what, merged: amounts(merged), survivor: amounts(survivor), after: amounts(&sum) }
    };
    let emails = other.emails.iter().cloned();
    vec![
        text("name", &a.name, &b.name, &left.name),
        Line {
            what: "emails",
            merged: Cell::Texts(other.emails.clone()),
            survivor: Cell::Texts(own.emails.clone()),
            after: Cell::Texts(own.emails.iter().cloned().chain(emails).collect()),
        },
        text("phone", &a.phone, &b.phone, &left.phone),
        text("birthday", &a.birthday, &b.birthday, &left.birthday),
        Line { what: "since", merged: Cell::At(other.since), survivor: Cell::At(own.since), after: Cell::At(other.since.min(own.since)) },
        text("tags", &a.tags, &b.tags, &left.tags),
        text("note", &a.note, &b.note, &left.note),
        Line {
            what: "login",
            merged: Cell::Yes(other.registered),
            survivor: Cell::Yes(own.registered),
            after: Cell::Yes(other.registered || own.registered),
        },
        count("orders", other.orders, own.orders, other.orders + own.orders),
        money("brought", &other.brought, &own.brought),
        money("credit", &other.credit, &own.credit),
        count(
            "addresses",
            length(&other.addresses),
            length(&own.addresses),
            length(&own.addresses) + beside(&other.addresses, &own.addresses),
        ),
        count("wishes", length(&other.wishes), length(&own.wishes), length(&own.wishes) + beside(&other.wishes, &own.wishes)),
        count("carts", other.carts, own.carts, other.carts + own.carts),
        consents_of(other, own),
        count("offers", length(&other.offers), length(&own.offers), length(&own.offers) + beside(&other.offers, &own.offers)),
        count("tasks", other.tasks, own.tasks, other.tasks + own.tasks),
        count("requests", other.requests, own.requests, other.requests + own.requests),
        count("timeline", other.timeline, own.timeline, other.timeline + own.timeline),
        count("browsers", other.browsers, own.browsers, other.browsers + own.browsers),
        Line {
            what: "segments",
            merged: Cell::Texts(other.segments.clone()),
            survivor: Cell::Texts(own.segments.clone()),
            after: Cell::Anew,
        },
    ]
}

fn length<T>(of: &[T]) -> i64 {
    i64::try_from(of.len()).unwrap_or(i64::MAX)
}

/// How many are in `other` and not in `own`.
fn beside<T: PartialEq>(other: &[T], own: &[T]) -> i64 {
    length(&other.iter().filter(|one| !own.contains(one)).collect::<Vec<_>>())
}

fn amounts(of: &BTreeMap<String, i64>) -> Cell {
    let money = |(code, minor): (&String, &i64)| Currency::parse(code).map(|currency| Money::new(*minor, currency));
    Cell::Money(of.iter().filter_map(money).collect())
}

/// A "no" of either is the survivor's.
fn consents_of(other: &Known, own: &Known) -> Line {
    let mut after = own.consents.clone();
    for (of, state) in &other.consents {
        let said = after.entry(of.clone()).or_insert(*state);
        if *state == Consent::Withdrawn {
            *said = Consent::Withdrawn;
        }
    }
    let cell = |of: &BTreeMap<(String, String), Consent>| {
        Cell::Said(of.iter().map(|((channel, topic), state)| (channel.clone(), topic.clone(), *state)).collect())
    };
    Line { what: "consents", merged: cell(&other.consents), survivor: cell(&own.consents), after: cell(&after) }
}
