//! The words an order is found by: its number, names, mail address and its domain, and SKUs ([`kernel::terms`]).
//! Whoever writes an order writes its words in the same transaction.

use super::Order;
use crate::address::Address;
use crate::ids::OrderId;
use crate::schema::{order_lines, order_terms};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use kernel::clock::Time;
use kernel::db::Prepared;
use kernel::jobs::{self, Class};
use kernel::terms::normalised;
use kernel::{Conn, Result};
use std::collections::BTreeSet;

/// The job that gives words to orders written before there were any; its payload is the id it goes on after.
pub const TERMS_JOB: &str = "orders.terms";
/// Orders of one run of it.
const BATCH: i64 = 500;
/// Words of a search that are looked at.
const WORDS: usize = 5;
/// Rows inserted by one statement.
const TOGETHER: usize = 100;

/// What somebody searches for, word by word.
pub fn asked(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace().map(normalised).filter(|word| !word.is_empty()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.truncate(WORDS);
    words
}

/// All words of an order.
pub fn of<'a>(number: &str, email: &str, addresses: [&Address; 2], skus: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::from([normalised(number), normalised(email)]);
    words.extend(email.split_once('@').map(|(_, domain)| normalised(domain)));
    words.insert(normalised(number.trim_start_matches(|letter: char| !letter.is_ascii_digit())));
    for name in addresses.iter().flat_map(|address| [&address.name, &address.company]) {
        for word in name.split_whitespace() {
            let word = normalised(word);
            // A Chinese name is one word, and is looked for by any part of it.
            let parts = word.char_indices().filter(|(at, letter)| *at == 0 || is_han(*letter)).map(|(at, _)| word[at..].to_string());
            words.extend(parts);
        }
    }
    words.extend(skus.into_iter().flat_map(|sku| sku.split_whitespace()).map(normalised));
    words.remove("");
    words
}

fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[derive(Insertable)]
#[diesel(table_name = order_terms, treat_none_as_default_value = false)]
struct TermRow<'a> {
    term: &'a str,
    order_id: OrderId,
}

/// Stores the words of a new order.
pub fn insert(conn: &mut Conn, order: OrderId, words: &BTreeSet<String>) -> Result<()> {
    match conn {
        // All rows by one statement whose text is always the same, so that it stays prepared.
        Conn::Sqlite(conn) => {
            struct Site;
            let all = sql_query("INSERT INTO order_terms (term, order_id) SELECT value, ? FROM json_each(?) RETURNING order_id")
                .bind::<BigInt, _>(order)
                .bind::<Text, _>(kernel::json::text(words)?);
            Prepared::<_, Site>::new(all).load::<Stored>(conn)?;
        }
        Conn::Postgres(conn) => {
            let rows: Vec<TermRow> = words.iter().map(|term| TermRow { term, order_id: order }).collect();
            for rows in rows.chunks(TOGETHER) {
                diesel::insert_into(order_terms::table).values(rows).execute(conn)?;
            }
        }
    }
    Ok(())
}

/// What the statement tells of each row that it stored.
#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "only that rows were stored matters")]
    order_id: i64,
}

/// Writes the words of an order anew, from what is stored of it.
pub fn rewrite(conn: &mut Conn, order: &Order) -> Result<()> {
    let skus: Vec<String> = order_lines::table.filter(order_lines::order_id.eq(order.id)).select(order_lines::sku).load(conn)?;
    let addresses = (order.billing_address()?, order.shipping_address()?);
    let words = of(&order.number, &order.email, [&addresses.0, &addresses.1], skus.iter().map(String::as_str));
    diesel::delete(order_terms::table.filter(order_terms::order_id.eq(order.id))).execute(conn)?;
    insert(conn, order.id, &words)
}

/// One run of the job: the orders that follow `after` get their words, and the next run is asked for. Running twice changes nothing.
pub fn fill(conn: &mut Conn, after: OrderId, now: Time) -> Result<()> {
    let page = super::after(conn, after, BATCH)?;
    page.iter().try_for_each(|order| rewrite(conn, order))?;
    match page.last() {
        Some(last) => {
            jobs::enqueue_as(conn, Class::Bulk, TERMS_JOB, &last.id.to_string(), Some(&format!("{TERMS_JOB}:{}", last.id)), now, now)
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_words() {
        assert_eq!(asked(" ann  Ann ash\0 "), ["ann", "ash"]);
    }

    #[test]
    fn an_order_has_the_words_of_its_parts() {
        let bill = Address { name: "Ann Ash".into(), company: "Teeladen GmbH".into(), ..Address::default() };
        let ship = Address { name: "王小明".into(), ..Address::default() };
        let words = of("R1001", "ann@example.com", [&bill, &ship], ["MUG-1", ""]);
        let expected =
            ["1001", "ann", "ann@example.com", "ash", "example.com", "gmbh", "mug1", "r1001", "teeladen", "小明", "明", "王小明"];
        assert_eq!(words.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
