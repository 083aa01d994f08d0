//! Balances of two customers, figured from their ledgers after rows of these changed hands.

use crate::schema::{
    promotion_balances as uses, promotion_movements as movements, store_credit_balances as credit_balances, store_credit_entries as entries,
};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result, on_each};
use std::collections::BTreeMap;

/// How often each used which promotion.
pub(super) fn promotions(conn: &mut Conn, mut both: [CustomerId; 2]) -> Result<()> {
    both.sort_unstable();
    for customer in both {
        let moved: Vec<(i64, i64)> =
            movements::table.filter(movements::customer_id.eq(customer)).select((movements::promotion_id, movements::uses)).load(conn)?;
        let stored: Vec<(i64, i64)> =
            uses::table.filter(uses::customer_id.eq(customer)).select((uses::promotion_id, uses::uses)).load(conn)?;
        let mut sums: BTreeMap<i64, i64> = stored.iter().map(|(promotion, _)| (*promotion, 0)).collect();
        moved.into_iter().for_each(|(promotion, number)| *sums.entry(promotion).or_default() += number);
        for (promotion, sum) in sums {
            let row = (uses::promotion_id.eq(promotion), uses::customer_id.eq(customer), uses::uses.eq(sum));
            on_each!(conn, c => diesel::insert_into(uses::table)
                .values(row)
                .on_conflict((uses::promotion_id, uses::customer_id))
                .do_update()
                .set(uses::uses.eq(sum))
                .execute(c))?;
        }
    }
    Ok(())
}

/// What each has of store credit. Answers whose would be less than nothing and by how much, if any: the caller then rolls back.
pub(super) fn credit(conn: &mut Conn, mut both: [CustomerId; 2]) -> Result<Option<(CustomerId, Money)>> {
    both.sort_unstable();
    let mut figured = Vec::new();
    for customer in both {
        // Held, so that nobody spends meanwhile.
        let own = credit_balances::table.filter(credit_balances::customer_id.eq(customer));
        diesel::update(own).set(credit_balances::balance.eq(credit_balances::balance)).execute(conn)?;
        let stored: Vec<String> = own.select(credit_balances::currency).load(conn)?;
        let rows: Vec<(String, i64)> =
            entries::table.filter(entries::customer_id.eq(customer)).select((entries::currency, entries::amount)).load(conn)?;
        let mut sums: BTreeMap<String, i64> = stored.into_iter().map(|currency| (currency, 0)).collect();
        rows.into_iter().for_each(|(currency, amount)| *sums.entry(currency).or_default() += amount);
        figured.extend(sums.into_iter().map(|(currency, sum)| (customer, currency, sum)));
    }
    if let Some((customer, code, sum)) = figured.iter().find(|(.., sum)| *sum < 0) {
        let currency = Currency::parse(code).ok_or_else(|| Error::unexpected(format!("credit of customer {customer} is in {code}")))?;
        return Ok(Some((*customer, Money::new(-sum, currency))));
    }
    for (customer, currency, sum) in figured {
        let row = (credit_balances::customer_id.eq(customer), credit_balances::currency.eq(&currency), credit_balances::balance.eq(sum));
        on_each!(conn, c => diesel::insert_into(credit_balances::table)
            .values(row)
            .on_conflict((credit_balances::customer_id, credit_balances::currency))
            .do_update()
            .set(credit_balances::balance.eq(sum))
            .execute(c))?;
    }
    Ok(None)
}
