//! A desk that answered for years: tickets of ten messages each, in which words are as common and as rare as they are in a language.

use crate::scale::{analysed, insert};
use crate::support::Dice;
use kernel::Db;
use kernel::db::Target;

/// Messages of a ticket.
pub const EACH: i64 = 10;
/// Of so many words one stands in a message: one of the first is in every fifth ticket, of the second in every hundredth, and so on.
pub const ITEMS: i64 = 50;
pub const COLOURS: i64 = 1000;
pub const BATCHES: i64 = 200_000;

/// Writes the tickets and their messages, and has their words made as those of a shop that is updated are. Answers how many tickets.
pub fn fill(db: &Db, messages: i64) -> i64 {
    let (sqlite, count) = (matches!(db.target(), Target::File(_)), (messages / EACH).max(1));
    let time = if sqlite { "datetime('2025-01-01', '+' || i || ' minutes')" } else { "timestamp '2025-01-01' + i * interval '1 minute'" };
    let customer = format!("'c' || i || '@example.com', 'c' || i || '@example.com', 'Customer ' || i, {time}, {time}");
    insert(db, sqlite, "customers (email, email_key, name, created_at, updated_at)", &customer, 1, count);
    // Of twenty tickets one is open and one waits for the customer.
    let status = |open: &str, waiting: &str, solved: &str| {
        format!("CASE WHEN i % 20 = 0 THEN {open} WHEN i % 20 = 1 THEN {waiting} ELSE {solved} END")
    };
    let none = if sqlite { "NULL" } else { "NULL::timestamp" };
    let ticket = format!(
        "'T' || (1000 + i), CASE WHEN i % 3 = 0 THEN 'question' ELSE 'where_is_it' END, CASE WHEN i % 4 = 0 THEN 'mail' ELSE 'web' END, \
         'Where is my parcel number ' || i, i, 'c' || i || '@example.com', 'c' || i || '@example.com', 1, 'en', {}, {}, {}, {}, \
         CASE WHEN i % 2 = 0 THEN 'Returns' ELSE '' END, 1 + i % 4, CASE WHEN i % 7 = 0 THEN 1 END, {time}, {time}",
        status("'open'", "'waiting'", "'solved'"),
        status("NULL", "NULL", "'answered'"),
        status(time, none, none),
        status(none, none, time),
    );
    let columns = "tickets (number, kind, channel, subject, customer_id, email, email_key, store_id, language, status, outcome, asked_at, solved_at, \
                   queue, priority, assignee, opened_at, changed_at)";
    insert(db, sqlite, columns, &ticket, 1, count);
    insert(db, sqlite, "ticket_series (name, last)", &format!("'tickets', {}", 1000 + count), 1, 1);
    insert(
        db,
        sqlite,
        "ticket_events (ticket_id, kind, actor, detail, happened_at)",
        &format!("i, 'opened', 'customer', 'question', {time}"),
        1,
        count,
    );
    let word = |name: &str, prime: i64, of: i64| format!("' {name}' || (i * {prime} % {of})");
    let some = [word("item", 7919, ITEMS), word("colour", 104_729, COLOURS), word("batch", 15_485_863, BATCHES)];
    let others = [word("a", 31, 300), word("b", 37, 700), word("d", 41, 1500), word("e", 43, 4000)];
    let body = format!(
        "'Hello, I have a question about my order and the mug that came with it. Thank you for your help!' || {} || {} || \
         ' ref' || i || CASE WHEN i % 50 = 0 THEN ' 我的茶壶破了' WHEN i % 5 = 0 THEN ' 你好' ELSE '' END",
        some.join(" || "),
        others.join(" || ")
    );
    let message = format!("1 + (i - 1) / {EACH}, CASE WHEN i % 2 = 1 THEN 'customer' ELSE 'staff' END, {body}, {time}");
    insert(db, sqlite, "ticket_messages (ticket_id, author, body, created_at)", &message, 1, count * EACH);
    crm::tickets::find_anew(db).unwrap();
    analysed(db);
    count
}

/// A kind of search: what the dice type, and what the page then holds, if that is known.
pub struct Search {
    pub name: &'static str,
    pub typed: fn(&mut Dice, i64) -> (String, Option<String>),
}

fn any(dice: &mut Dice, most: i64) -> i64 {
    dice.roll(most.unsigned_abs()).cast_signed()
}

pub fn searches() -> Vec<Search> {
    let search = |name, typed| Search { name, typed };
    vec![
        search("a word of one message", |dice, tickets| {
            let message = 1 + any(dice, tickets * EACH);
            (format!("ref{message}+question"), Some(format!("/admin/tickets/T{}", 1001 + (message - 1) / EACH)))
        }),
        search("a word of few", |dice, _| (format!("batch{}", any(dice, BATCHES)), None)),
        search("a word of each hundredth ticket", |dice, _| (format!("colour{}", any(dice, COLOURS)), None)),
        search("a word of each fifth", |dice, _| (format!("item{}", any(dice, ITEMS)), None)),
        search("a word of all", |_, _| ("hello".into(), Some("/admin/tickets/T".into()))),
        search("two words of each fifth", |dice, _| (format!("item{}+item{}", any(dice, ITEMS), any(dice, ITEMS)), None)),
        search("three words of each fifth", |dice, _| {
            (format!("item{}+item{}+item{}", any(dice, ITEMS), any(dice, ITEMS), any(dice, ITEMS)), None)
        }),
        search("the beginning of a thousand words", |_, _| ("colo+order".into(), Some("/admin/tickets/T".into()))),
        search("Chinese", |_, _| ("%E8%8C%B6%E5%A3%B6".into(), Some("/admin/tickets/T".into()))),
        search("a mail address", |dice, tickets| {
            let customer = 1 + any(dice, tickets);
            (format!("c{customer}%40example.com"), Some(format!("/admin/tickets/T{}", 1000 + customer)))
        }),
        search("what nobody wrote", |dice, _| (format!("nothing{}", any(dice, 1000)), None)),
    ]
}
