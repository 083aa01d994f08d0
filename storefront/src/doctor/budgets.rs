//! Budgets of companies.

use super::Finding;
use crate::budgets;
use kernel::{Conn, Result};

/// Budgets hold what their entries say, and each order takes what it comes to.
pub fn spent(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    for (what, stored, computed) in budgets::books(conn)? {
        finding.checked += 1;
        finding.expect_equal(|| what.clone(), stored, computed);
    }
    Ok(())
}
