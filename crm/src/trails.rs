//! Which browser was whose. A trail begins when a visitor allows to be recognised; it joins a person when they sign in, order, or open
//! a link of a mail, and then everything seen on it before is theirs. Every join is an edge with its evidence, and can be undone.
//!
//! A trail has one person at most: when somebody else signs in on the same computer, another trail begins.

use crate::CustomerId;
use crate::consents::{self, Consent, Statement};
use crate::customers;
use crate::schema::{activities, identity_edges, trails};
use crate::segments::{self, Why};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::token;
use kernel::{Conn, Error, Result, on_each, prepared, words};

kernel::id!(TrailId);
kernel::id!(EdgeId);

/// The source of what was seen on a trail by nobody who was signed in: it goes where the trail goes.
pub const TRAIL: &str = "trail";
/// The source of what a customer did while they were signed in.
pub const SESSION: &str = "session";
/// What a visitor allows, as the ledger of consents names it.
const BROWSING: (&str, &str) = ("site", "browsing");

words!(
    /// Why a trail is somebody's.
    Evidence { SignIn = "sign_in", Checkout = "checkout", MailLink = "mail_link" }
);

/// What came of joining a trail and a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    Now,
    /// It was theirs.
    Already,
    /// It is somebody else's, or staff found that it is not theirs: this person begins another.
    Taken,
}

/// A trail with whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trail {
    pub id: TrailId,
    pub customer: Option<CustomerId>,
}

/// The trail of a browser's secret, begun if new.
pub fn open(conn: &mut Conn, secret: &str, now: Time) -> Result<Trail> {
    let hash = token::hash(secret);
    let found = |conn: &mut Conn| -> Result<Option<Trail>> {
        let row: Option<(TrailId, Option<CustomerId>)> =
            on_each!(conn, c => trails::table.filter(trails::secret.eq(&hash)).select((trails::id, trails::customer_id)).first(c))
                .optional()?;
        Ok(row.map(|(id, customer)| Trail { id, customer }))
    };
    if let Some(trail) = found(conn)? {
        return Ok(trail);
    }
    let row = (trails::secret.eq(&hash), trails::created_at.eq(now));
    prepared!(conn, diesel::insert_into(trails::table).values(row).on_conflict_do_nothing() => execute)?;
    found(conn)?.ok_or_else(|| Error::unexpected("a trail that was begun is gone"))
}

/// Joins the trail of `secret` and `customer`. What was seen on it before becomes theirs, and that they allowed it stands in the ledger
/// of their consents. `proof` tells how it is known, such as the number of the order.
pub fn join(conn: &mut Conn, secret: &str, customer: CustomerId, evidence: Evidence, proof: &str, now: Time) -> Result<Joined> {
    let trail = open(conn, secret, now)?;
    match trail.customer {
        Some(owner) if owner == customer => return Ok(Joined::Already),
        Some(_) => return Ok(Joined::Taken),
        None => {}
    }
    let parted = identity_edges::trail_id.eq(trail.id).and(identity_edges::customer_id.eq(customer));
    if diesel::select(diesel::dsl::exists(identity_edges::table.filter(parted))).get_result::<bool>(conn)? {
        return Ok(Joined::Taken);
    }
    let free = trails::table.find(trail.id).filter(trails::customer_id.is_null());
    if diesel::update(free).set(trails::customer_id.eq(customer)).execute(conn)? == 0 {
        return Ok(Joined::Taken);
    }
    diesel::insert_into(identity_edges::table)
        .values((
            identity_edges::trail_id.eq(trail.id),
            identity_edges::customer_id.eq(customer),
            identity_edges::evidence.eq(evidence),
            identity_edges::proof.eq(proof),
            identity_edges::joined_at.eq(now),
        ))
        .execute(conn)?;
    let begun: Time = trails::table.find(trail.id).select(trails::created_at).first(conn)?;
    let proof = format!("allowed on a browser on {}, trail {}", begun.format("%Y-%m-%d %H:%M:%S UTC"), trail.id);
    let (channel, topic) = BROWSING;
    consents::record(conn, customer, &Statement { channel, topic, legal_basis: "consent", state: Consent::Given, proof: &proof }, now)?;
    seen_on(conn, trail.id, None, Some(customer))?;
    segments::follow(conn, customer, Why::Event, now)?;
    Ok(Joined::Now)
}

/// Gives what was seen on a trail to somebody, or back to nobody.
fn seen_on(conn: &mut Conn, trail: TrailId, from: Option<CustomerId>, to: Option<CustomerId>) -> Result<()> {
    let seen = activities::table.filter(activities::trail_id.eq(trail)).filter(activities::source.eq(TRAIL));
    match from {
        None => diesel::update(seen.filter(activities::customer_id.is_null())).set(activities::customer_id.eq(to)).execute(conn)?,
        Some(from) => diesel::update(seen.filter(activities::customer_id.eq(from))).set(activities::customer_id.eq(to)).execute(conn)?,
    };
    Ok(())
}

/// Parts a trail and a person again: what was seen on it by nobody who was signed in is nobody's. `Conflict` when it was undone before.
pub fn undo(conn: &mut Conn, customer: CustomerId, edge: EdgeId, now: Time) -> Result<Edge> {
    let edge = on_each!(conn, c => identity_edges::table
        .find(edge)
        .filter(identity_edges::customer_id.eq(customer))
        .select(Edge::as_select())
        .first(c))?;
    let standing = identity_edges::table.find(edge.id).filter(identity_edges::undone_at.is_null());
    if diesel::update(standing).set(identity_edges::undone_at.eq(now)).execute(conn)? == 0 {
        return Err(Error::conflict("admin-identity-undone"));
    }
    diesel::update(trails::table.find(edge.trail_id)).set(trails::customer_id.eq(None::<CustomerId>)).execute(conn)?;
    seen_on(conn, edge.trail_id, Some(customer), None)?;
    segments::follow(conn, customer, Why::Event, now)?;
    Ok(edge)
}

/// A trail that is or was somebody's, and why.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = identity_edges)]
pub struct Edge {
    pub id: EdgeId,
    pub trail_id: TrailId,
    pub evidence: Evidence,
    pub proof: String,
    pub joined_at: Time,
    pub undone_at: Option<Time>,
}

/// The latest joins of a customer.
pub fn edges(conn: &mut Conn, customer: CustomerId, limit: i64) -> Result<Vec<Edge>> {
    Ok(on_each!(conn, c => identity_edges::table
        .filter(identity_edges::customer_id.eq(customer))
        .order(identity_edges::id.desc())
        .limit(limit)
        .select(Edge::as_select())
        .load(c))?)
}

/// Whether a customer lets what they look at be remembered: unless they said no, or were erased.
pub fn allowed(conn: &mut Conn, customer: CustomerId) -> Result<bool> {
    let (channel, topic) = BROWSING;
    Ok(consents::current(conn, customer, channel, topic)? != Some(Consent::Withdrawn) && !customers::erased(conn, customer)?)
}

/// Keeps what a customer who is signed in said about being recognised.
pub fn say(conn: &mut Conn, customer: CustomerId, state: Consent, now: Time) -> Result<()> {
    let (channel, topic) = BROWSING;
    let proof = "chosen in the shop while signed in";
    consents::record(conn, customer, &Statement { channel, topic, legal_basis: "consent", state, proof }, now)
}
