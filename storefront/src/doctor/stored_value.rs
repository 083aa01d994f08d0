//! Gift cards and store credit: balances against ledgers, and ledgers against payments and refunds.

use super::Finding;
use super::money::summed;
use crate::ids::{GiftCardId, PaymentId, RefundId};
use crate::payments::WishState;
use crate::schema::{
    gift_card_entries as card_entries, gift_cards as cards, payments as payment_rows, refunds as refund_rows,
    store_credit_balances as balances, store_credit_entries as credit_entries,
};
use crate::stored_value::{GIFT_CARD, STORE_CREDIT};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::{Conn, Result};
use std::collections::BTreeMap;

pub fn gift_cards(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let rows: Vec<(GiftCardId, i64)> = card_entries::table.select((card_entries::gift_card_id, card_entries::amount)).load(conn)?;
    let sums = summed(rows);
    let issued: Vec<(GiftCardId, i64)> = card_entries::table
        .filter(card_entries::kind.eq(crate::gift_cards::EntryKind::Issued))
        .select((card_entries::gift_card_id, card_entries::amount))
        .load(conn)?;
    let issued = summed(issued);
    let stored: Vec<(GiftCardId, i64, i64)> = cards::table.select((cards::id, cards::initial, cards::balance)).load(conn)?;
    for (id, initial, balance) in stored {
        finding.checked += 1;
        finding.expect_equal(|| format!("gift card {id}, balance"), balance, sums.get(&id).copied().unwrap_or(0));
        finding.expect_equal(|| format!("gift card {id}, issued"), initial, issued.get(&id).copied().unwrap_or(0));
    }
    Ok(())
}

pub fn store_credit(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    let rows: Vec<(CustomerId, String, i64)> =
        credit_entries::table.select((credit_entries::customer_id, credit_entries::currency, credit_entries::amount)).load(conn)?;
    let sums = summed(rows.into_iter().map(|(customer, currency, amount)| ((customer, currency), amount)).collect());
    let stored: Vec<(CustomerId, String, i64)> =
        balances::table.select((balances::customer_id, balances::currency, balances::balance)).load(conn)?;
    let stored: BTreeMap<(CustomerId, String), i64> =
        stored.into_iter().map(|(customer, currency, balance)| ((customer, currency), balance)).collect();
    for key in stored.keys().chain(sums.keys().filter(|key| !stored.contains_key(*key))) {
        finding.checked += 1;
        let of = |sums: &BTreeMap<(CustomerId, String), i64>| sums.get(key).copied().unwrap_or(0);
        finding.expect_equal(|| format!("store credit of customer {} in {}", key.0, key.1), of(&stored), of(&sums));
    }
    Ok(())
}

/// Which ledger a row belongs to.
type Ledger = &'static str;

pub fn payments(conn: &mut Conn, finding: &mut Finding) -> Result<()> {
    type Row = (Option<PaymentId>, Option<RefundId>, i64);
    let of_cards: Vec<Row> = card_entries::table
        .filter(card_entries::payment_id.is_not_null())
        .select((card_entries::payment_id, card_entries::refund_id, card_entries::amount))
        .load(conn)?;
    let of_credit: Vec<Row> = credit_entries::table
        .filter(credit_entries::payment_id.is_not_null())
        .select((credit_entries::payment_id, credit_entries::refund_id, credit_entries::amount))
        .load(conn)?;
    let named = |ledger: Ledger, rows: Vec<Row>| rows.into_iter().map(move |(payment, refund, amount)| ((ledger, payment, refund), amount));
    let written = summed(named(GIFT_CARD, of_cards).chain(named(STORE_CREDIT, of_credit)).collect());

    let mut expected = BTreeMap::new();
    let stored: Vec<(PaymentId, String, i64)> = payment_rows::table
        .filter(payment_rows::provider.eq_any([GIFT_CARD, STORE_CREDIT]))
        .select((payment_rows::id, payment_rows::provider, payment_rows::captured))
        .load(conn)?;
    let ledger = |provider: &str| if provider == GIFT_CARD { GIFT_CARD } else { STORE_CREDIT };
    for (id, provider, captured) in stored {
        expected.insert((ledger(&provider), Some(id), None), -captured);
    }
    let given: Vec<(RefundId, PaymentId, String, bool, i64)> = refund_rows::table
        .inner_join(payment_rows::table.on(payment_rows::id.eq(refund_rows::payment_id)))
        .filter(refund_rows::state.ne(WishState::Failed))
        .filter(refund_rows::to_credit.or(payment_rows::provider.eq_any([GIFT_CARD, STORE_CREDIT])))
        .select((refund_rows::id, payment_rows::id, payment_rows::provider, refund_rows::to_credit, refund_rows::amount))
        .load(conn)?;
    for (id, payment, provider, to_credit, amount) in given {
        let ledger = if to_credit { STORE_CREDIT } else { ledger(&provider) };
        expected.insert((ledger, Some(payment), Some(id)), amount);
    }
    for key in expected.keys().chain(written.keys().filter(|key| !expected.contains_key(*key))) {
        finding.checked += 1;
        let (ledger, payment, refund) = key;
        let name = || match refund {
            Some(refund) => format!("{ledger} entry of refund {refund}"),
            None => format!("{ledger} entry of payment {}", payment.unwrap_or(PaymentId(0))),
        };
        finding.expect_equal(name, written.get(key).copied().unwrap_or(0), expected.get(key).copied().unwrap_or(0));
    }
    Ok(())
}
