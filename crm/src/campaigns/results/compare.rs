//! What would not have been without a campaign: those whom chance chose for it, whether they got it or not, against those whom chance left out.
//! Who was given it and did not get it (no consent, no address that works) counts as given, since nobody knows who of the control group
//! would not have got it either.

use super::{About, cut};
use crate::campaigns::{Arm, Kind, VariantId};
use crate::lift::{Lift, Outcome, lift};
use crate::schema::deliveries;
use crate::segments::{self, Past, SegmentId};
use crate::{CustomerId, identities, purchases};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result, on_each};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Deliveries looked at together.
const TOGETHER: i64 = 2000;

/// Two groups of people and what they bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub given: Outcome,
    pub control: Outcome,
    /// Orders that would not have been, in hundredths; `None` while a group is too small.
    pub orders: Option<Lift>,
    /// Money that would not have been.
    pub money: Option<Lift>,
}

impl Compared {
    fn of(given: Outcome, control: Outcome) -> Result<Compared> {
        let (orders, money) = (lift(&given.orders, &control.orders)?, lift(&given.money, &control.money)?);
        Ok(Compared { given, control, orders, money })
    }
}

/// The members of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfSegment {
    pub segment: SegmentId,
    pub compared: Compared,
}

pub(super) struct All {
    pub all: Compared,
    pub variants: Vec<(VariantId, Compared)>,
    pub segments: Vec<OfSegment>,
}

/// One person in one round.
type Person = (CustomerId, i64, Arm, Option<VariantId>, Time);

/// Compares the groups of a campaign. Orders count from its start on, of the step of a journey from the moment it was due to the person on.
pub(super) fn compare(conn: &mut Conn, about: &About, days: i64, currency: Currency, now: Time) -> Result<All> {
    let mut all = (Outcome::default(), Outcome::default());
    let mut variants: BTreeMap<VariantId, Outcome> = BTreeMap::new();
    let mut parts: Vec<(SegmentId, Past, Outcome, Outcome)> = Vec::new();
    if let Some(since) = about.since {
        for segment in &about.audience.include {
            parts.push((*segment, segments::past(conn, *segment, since)?, Outcome::default(), Outcome::default()));
        }
    }
    let mut after = CustomerId(0);
    loop {
        let mut page = people(conn, about, after)?;
        cut(&mut page, TOGETHER, |row| row.0);
        let Some(last) = page.last() else { break };
        after = last.0;
        let mut ids: Vec<CustomerId> = page.iter().map(|row| row.0).collect();
        ids.dedup();
        // Where two people were merged who both had a row, the one that does not count stayed with a number that buys nothing.
        let merged = identities::merged_among(conn, &ids)?;
        let begins = |due: Time| if about.kind == Kind::Step { due } else { about.since.unwrap_or(due) };
        let first = page.iter().map(|row| begins(row.4)).min().unwrap_or(now);
        let mut bought: HashMap<CustomerId, Vec<(Time, i64)>> = HashMap::new();
        for (customer, at, net) in purchases::since(conn, &ids, currency, first)? {
            bought.entry(customer).or_default().push((at, net));
        }
        let mut members = Vec::with_capacity(parts.len());
        for (_, past, ..) in &parts {
            members.push(past.among(conn, &ids, now)?);
        }
        for (customer, _, arm, variant, due) in page.into_iter().filter(|row| !merged.contains(&row.0)) {
            let begin = begins(due);
            let end = begin + TimeDelta::days(days);
            let theirs = bought.get(&customer).into_iter().flatten().filter(|(at, _)| (begin..end).contains(at));
            let (orders, money) = theirs.fold((0, 0), |(orders, money), (_, net)| (orders + 1, money + net));
            match arm {
                Arm::Given => all.0.add(orders, money),
                Arm::Control => all.1.add(orders, money),
            }
            if let (Arm::Given, Some(variant)) = (arm, variant) {
                variants.entry(variant).or_default().add(orders, money);
            }
            for ((_, _, given, control), members) in parts.iter_mut().zip(&members) {
                if members.contains(&customer) {
                    let outcome = if arm == Arm::Given { given } else { control };
                    outcome.add(orders, money);
                }
            }
        }
    }
    let (given, control) = all;
    let mut by_variant = Vec::with_capacity(variants.len());
    for (variant, own) in variants {
        by_variant.push((variant, Compared::of(own, control)?));
    }
    let mut by_segment = Vec::with_capacity(parts.len());
    for (segment, _, given, control) in parts {
        by_segment.push(OfSegment { segment, compared: Compared::of(given, control)? });
    }
    Ok(All { all: Compared::of(given, control)?, variants: by_variant, segments: by_segment })
}

/// The next rows of a campaign by customer.
fn people(conn: &mut Conn, about: &About, after: CustomerId) -> Result<Vec<Person>> {
    Ok(on_each!(conn, c => deliveries::table
        .filter(deliveries::campaign_id.eq(about.id))
        .filter(deliveries::customer_id.gt(after))
        .order((deliveries::customer_id, deliveries::round))
        .limit(TOGETHER)
        .select((
            deliveries::customer_id,
            deliveries::round,
            deliveries::arm,
            deliveries::variant_id,
            deliveries::due_at,
        ))
        .load(c))?)
}
