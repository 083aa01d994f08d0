//! What the crm remembers, against what it was made of.

use super::Finding;
use crm::CustomerId;
use crm::scores;
use kernel::{Conn, Result};

const STEP: i64 = 500;

pub fn scores(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let mut after = CustomerId(0);
    loop {
        let proofs = scores::proofs(conn, after, STEP)?;
        let Some((last, ..)) = proofs.last() else { return Ok(()) };
        after = *last;
        for (customer, score, buyer) in proofs {
            finding.checked += 1;
            let stored = score.map(|score| (score.orders, score.value, score.first_at, score.last_at));
            let made = buyer.map(|buyer| (buyer.orders, buyer.value, buyer.first_at, buyer.last_at));
            finding.expect_equal(|| format!("customer {customer}: orders, value, first and last order"), stored, made);
        }
    }
}
