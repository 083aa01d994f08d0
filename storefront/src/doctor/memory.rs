//! What the crm remembers, against what it was made of.

use super::Finding;
use crate::merging;
use crm::CustomerId;
use crm::campaigns::attribution;

use crm::tickets::{self, Status, TicketId};
use crm::{campaigns, identities, merges, scores, segments, surveys};
use kernel::clock::Clock;
use kernel::{Conn, Result, jobs};

const STEP: i64 = 500;

pub fn scores(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = CustomerId(0);
    loop {
        let proofs = scores::proofs(conn, after, STEP)?;
        let Some((last, ..)) = proofs.last() else { return Ok(()) };
        after = *last;
        for (customer, score, buyer, service) in proofs {
            finding.checked += 1;
            let of_service = score.as_ref().map(|score| (score.service, score.credited));
            let stored = score.map(|score| (score.orders, score.value, score.margin, score.uncosted, score.first_at, score.last_at));
            let made = buyer.map(|buyer| (buyer.orders, buyer.value, buyer.margin, buyer.uncosted, buyer.first_at, buyer.last_at));
            let given = made.as_ref().map(|_| (service.cost, service.credited));
            finding.expect_equal(|| format!("customer {customer}: orders, value, margin, first and last order"), stored, made);
            finding.expect_equal(|| format!("customer {customer}: what service cost"), of_service, given);
        }
    }
}

/// Customers who were merged into others: the row and the merge name the same one, nobody is merged in a circle, and what moves has moved.
pub fn merged(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = CustomerId(0);
    loop {
        let page = merges::standing(conn, after, STEP)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.merged;
        for one in page {
            finding.checked += 1;
            let id = one.merged;
            finding.expect_equal(|| format!("customer {id}: merged into"), one.into, one.by_merge);
            if identities::standing(conn, id).is_err() {
                finding.problems.push(format!("customer {id} is merged in a circle"));
            }
            let left = one.rows + merging::left(conn, id)?;
            finding.expect_equal(|| format!("customer {id}: rows that are the survivor's"), left, 0);
        }
    }
}

/// Members of segments against their rules, as of this moment: no row says until when it was looked at.
pub fn segments(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    for proof in segments::proofs(conn, Clock::default().now())? {
        finding.checked += u64::try_from(proof.checked).unwrap_or(0);
        for (customer, member) in proof.wrong {
            let told = if member { "should be a member and is not" } else { "is a member and should not be" };
            finding.problems.push(format!("customer {customer} {told} of segment {} ({})", proof.segment, proof.name));
        }
    }
    Ok(())
}

/// What mails have of an order against the order: no campaign together with others has more than there is.
pub fn shares(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = 0;
    loop {
        let proofs = attribution::proofs(conn, after, STEP)?;
        let Some(last) = proofs.last() else { return Ok(()) };
        after = last.order;
        for proof in proofs {
            finding.checked += 1;
            let order = proof.order;
            finding.expect_equal(
                || format!("order id {order}: what mails have of it, and of what was given back"),
                Some(proof.shares),
                proof.books,
            );
        }
    }
}

/// Tickets against the fold over their logs, and the words that they are found by against what was written.
pub fn tickets(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = TicketId(0);
    // Those from before there were words get them by a job.
    let filled = !jobs::waits(conn, tickets::TERMS_JOB)?;
    loop {
        let page = tickets::proofs(conn, after, STEP)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for proof in page {
            finding.checked += 1;
            if (proof.stored.status == Status::Solved) != proof.stored.outcome.is_some() {
                finding.problems.push(format!("ticket {}: it is solved without an outcome, or has one and is not", proof.number));
            }
            if filled {
                finding.expect_equal(|| format!("ticket {}: words that are wrong", proof.number), proof.words, 0);
            }
            finding.expect_equal(|| format!("ticket {}: what is due", proof.number), proof.clocks, proof.due);
            finding.expect_equal(|| format!("ticket {}: status, outcome and moments", proof.number), Some(proof.stored), proof.folded);
        }
    }
}

/// How many deliveries of each campaign stand where, against the deliveries.
pub fn deliveries(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let (checked, wrong) = campaigns::proofs(conn)?;
    finding.checked += checked;
    for one in wrong {
        let what = || format!("campaign {}, variant {}: {}", one.campaign, one.variant, one.what);
        finding.expect_equal(what, one.stored, one.counted);
    }
    Ok(())
}

/// How many people are where in each journey, and how they left, against their rows.
pub fn journeys(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let (checked, wrong) = crm::journeys::proofs(conn)?;
    finding.checked += checked;
    for one in wrong {
        let what = || format!("journey {}, step {}: {}", one.journey, one.node, one.what);
        finding.expect_equal(what, one.stored, one.counted);
    }
    Ok(())
}

/// How many gave which score in each survey, against the answers.
pub fn surveys(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let (checked, wrong) = surveys::proofs(conn)?;
    finding.checked += checked;
    for one in wrong {
        let what = || format!("survey {}, round {}, segment {}: score {}", one.survey, one.round, one.segment, one.score);
        finding.expect_equal(what, one.stored, one.counted);
    }
    Ok(())
}
