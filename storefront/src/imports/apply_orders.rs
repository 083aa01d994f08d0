//! Brings past orders of a file into the shop, as they were.

use super::apply::{Mode, Report, whole};
use super::draft::{AddressDraft, OrderDraft};
use super::figure::{self, figure};
use super::frozen::{self, Frozen, IMPORT};
use super::report::RowError;
use crate::catalog;
use crate::ids::VariantId;
use crate::schema::orders;
use crate::shop::OWN_LANGUAGE;
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use crm::{recommendations, scores};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use std::collections::HashMap;

/// Orders looked at together.
const STEP: usize = 200;

/// Writes the orders that the shop does not have yet; a number that came from a file before is left alone. The caller holds the
/// transaction. With [`Mode::AllOrNothing`] an error undoes everything and is in the report. `progress` hears how many drafts are
/// done.
pub fn apply(conn: &mut Conn, drafts: &[OrderDraft], mode: Mode, now: Time, progress: &mut dyn FnMut(u64)) -> Result<Report> {
    whole(conn, mode, |conn, report| {
        let mut variants = HashMap::new();
        let mut done = 0;
        for drafts in drafts.chunks(STEP) {
            let numbers: Vec<String> = drafts.iter().map(|draft| figure::number(&draft.number)).collect();
            let mut known = known(conn, &numbers)?;
            for draft in drafts {
                let order = figure(draft);
                let stored = known.get(&figure::number(&draft.number));
                match (order, stored) {
                    (Ok(order), Some(stored)) if stored.is(&order) => report.unchanged += 1,
                    (Ok(order), None) if !is_own_number(&order.number) => {
                        write(conn, order, draft, &mut variants, now)?;
                        report.created += 1;
                        known.insert(figure::number(&draft.number), Known::imported());
                    }
                    (Ok(_), stored) => report.errors.push(taken(draft, stored.is_some())),
                    (Err(error), _) => report.errors.push(error),
                }
            }
            done += drafts.len() as u64;
            progress(done);
        }
        if report.created == 0 {
            return Ok(());
        }
        scores::run_soon(conn, now)?;
        recommendations::run_soon(conn, now)
    })
}

/// What tells a stored order from another of the same number.
pub(super) struct Known {
    source: String,
    email: String,
    total: i64,
}

impl Known {
    fn imported() -> Known {
        Known { source: IMPORT.into(), email: String::new(), total: 0 }
    }

    /// Whether it came from a file, or was placed here and is what a file written here says.
    fn is(&self, order: &Frozen) -> bool {
        self.source == IMPORT || (self.total == order.total() && self.email.to_lowercase() == order.email.to_lowercase())
    }
}

/// The stored orders with one of these numbers.
pub(super) fn known(conn: &mut Conn, numbers: &[String]) -> Result<HashMap<String, Known>> {
    let rows: Vec<(String, String, String, i64)> = orders::table
        .filter(orders::number.eq_any(numbers))
        .select((orders::number, orders::source, orders::email, orders::total))
        .load(conn)?;
    Ok(rows.into_iter().map(|(number, source, email, total)| (number, Known { source, email, total })).collect())
}

/// Numbers that this shop gives itself must stay free for the orders to come.
fn is_own_number(number: &str) -> bool {
    number.strip_prefix('R').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn taken(draft: &OrderDraft, stored: bool) -> RowError {
    let reason = match stored {
        true => "another order of this number was placed in this shop",
        false => "numbers such as R1001 are those this shop gives to its own orders",
    };
    RowError::new(draft.line, "Name", &draft.number, reason)
}

fn write(
    conn: &mut Conn,
    mut order: Frozen,
    draft: &OrderDraft,
    variants: &mut HashMap<String, Option<VariantId>>,
    now: Time,
) -> Result<()> {
    for line in order.lines.iter_mut().filter(|line| !line.sku.is_empty()) {
        line.variant = match variants.get(&line.sku) {
            Some(known) => *known,
            None => {
                let found = catalog::find_variant(conn, &line.sku)?;
                variants.insert(line.sku.clone(), found);
                found
            }
        };
    }
    let name = [&draft.billing, &draft.delivery].into_iter().flatten().find_map(|address: &AddressDraft| address.name.clone());
    let new = NewCustomer {
        email: Email::parse(&order.email, "Email")?,
        name: name.unwrap_or_default(),
        phone: draft.phone.clone().unwrap_or_default(),
        language: OWN_LANGUAGE.into(),
    };
    let customer = customers::ensure(conn, &new, now)?;
    frozen::write(conn, &order, customer, draft.currency, now)?;
    Ok(())
}

#[cfg(test)]
mod tests;
