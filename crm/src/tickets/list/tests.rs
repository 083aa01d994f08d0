use super::super::tests::{ANN, answer, at, wish};
use super::super::{
    Eyes, MessageId, NewMessage, append_from_customer, forget, get, merge, merged, note, open, reply, split, thread, unmerge,
};
use super::*;
use crate::rules::trees::Dice;

const SAID: [&str; 8] =
    ["The mug broke", "我的茶壶破了", "Straße 5, Köln!", "Order R1001 (MUG-2)", "Mail bob@example.org.", "teapots and mugs", "壶", "?!"];
const ASKED: [&str; 14] =
    ["mug", "MUGS", "tea", "茶壶", "壶破", "的茶壶破", "strasse", "köln 5", "r1001", "bob@ex", "mug tea", "t100", "1002", "nothing"];

/// What a search means, without any index: each word that was typed begins one that was written; Chinese stands anywhere.
fn means(written: &str, typed: &str) -> bool {
    let fold = |text: &str| text.to_lowercase().replace('ß', "ss").replace('ö', "o");
    let written = fold(written);
    let whole = |word: &str| written.split_whitespace().any(|one| one.starts_with(word));
    let part = |word: &str| written.split(|letter: char| !letter.is_alphanumeric()).any(|one| one.starts_with(word));
    let has = |word: &str| if word.is_ascii() { if word.contains('@') { whole(word) } else { part(word) } } else { written.contains(word) };
    fold(typed).split_whitespace().all(has)
}

/// All that a ticket is found by, and what was merged into it.
fn written(conn: &mut Conn, ticket: &Ticket) -> Result<String> {
    let mut all = vec![];
    for message in thread(conn, ticket.id, Eyes::Staff, None, 999)? {
        all.push(message.body);
    }
    let mut heads = vec![ticket.clone()];
    while let Some(head) = heads.pop() {
        all.push(format!("{} {} {} {}", head.number, head.number.trim_start_matches('T'), head.subject, head.email));
        heads.extend(merged(conn, head.id)?);
    }
    Ok(all.join(" "))
}

/// Every search finds what it means, whichever way it goes, page by page.
fn examine(conn: &mut Conn) -> Result<()> {
    let all: Vec<Ticket> = tickets::table.order(tickets::id).select(Ticket::as_select()).load(conn)?;
    for ticket in &all {
        assert_eq!(terms::wrong(conn, ticket.id)?, 0, "words of {}", ticket.number);
    }
    for status in [None, Some(Status::Open)] {
        for typed in ASKED {
            let words: Vec<String> = typed.split_whitespace().map(str::to_string).collect();
            let mut filter = Filter { status, words, ..Filter::default() };
            let mut meant = Vec::new();
            for ticket in all.iter().filter(|ticket| ticket.merged_into.is_none() && status.is_none_or(|status| status == ticket.status)) {
                if means(&written(conn, ticket)?, typed) {
                    meant.push(ticket.id);
                }
            }
            let ids = |found: &[Ticket]| found.iter().map(|ticket| ticket.id).collect::<Vec<_>>();
            let found = ids(&list(conn, &filter, 999)?);
            let mut sorted = found.clone();
            sorted.sort();
            assert_eq!(sorted, meant, "{typed}");
            let (every, asked) = (all.iter().map(|ticket| ticket.id).collect(), terms::asked(typed));
            assert_eq!(ids(&walk(conn, &filter, &asked, 999)?), found, "walking by {typed}");
            assert_eq!(ids(&pick(conn, &filter, &every, &asked, 999)?), found, "picking by {typed}");
            if let Some(meeting) = terms::meeting(conn, &asked)? {
                assert_eq!(ids(&pick(conn, &filter, &meeting, &[], 999)?), found, "comparing the tickets of {typed}");
            }
            let mut paged = Vec::new();
            loop {
                let page = list(conn, &filter, 2)?;
                let Some(last) = page.last() else { break };
                filter.after = Some(Place::of(last, status));
                paged.extend(ids(&page));
            }
            assert_eq!(paged, found, "page by page, {typed}");
        }
    }
    Ok(())
}

#[test]
fn a_ticket_is_found_by_what_was_written_whatever_becomes_of_it() {
    for seed in 0..3 {
        let mut dice = Dice::new(seed + 9);
        let db = kernel::testing::db();
        db.write_now(move |conn| {
            for minute in 0..45 {
                let standing = tickets::table.filter(tickets::merged_into.is_null()).order(tickets::id);
                let standing: Vec<Ticket> = standing.select(Ticket::as_select()).load(conn)?;
                let text = *dice.pick(&SAID);
                if standing.len() < 2 || dice.below(5) == 0 {
                    open(conn, &wish("ann@example.com", text), at(minute))?;
                    continue;
                }
                let (one, other) = (dice.pick(&standing).clone(), dice.pick(&standing).clone());
                match dice.below(6) {
                    0 => drop(reply(conn, one.id, &answer(text, None), ANN, one.version, at(minute))?),
                    1 => drop(note(conn, one.id, &NewMessage::text(text), ANN, at(minute))?),
                    2 | 3 => drop(append_from_customer(conn, one.id, &NewMessage::text(text), at(minute))?),
                    4 if one.id != other.id => merge(conn, one.id, other.id, ANN, [one.version, other.version], at(minute))?,
                    4 => {
                        if let Some(part) = merged(conn, one.id)?.first() {
                            unmerge(conn, part.id, ANN, at(minute))?;
                        }
                    }
                    _ => {
                        let own: Vec<MessageId> = thread(conn, one.id, Eyes::Staff, None, 999)?
                            .into_iter()
                            .filter(|message| message.ticket_id == one.id)
                            .map(|message| message.id)
                            .collect();
                        if own.len() > 1 {
                            split(conn, one.id, &own[..1], "Another matter", ANN, one.version, at(minute))?;
                        }
                    }
                }
                if minute % 9 == 8 {
                    examine(conn)?;
                }
            }
            // Whoever is erased leaves no word, in whatever their tickets were merged into either.
            let ann = tickets::table.select(tickets::customer_id).first::<Option<CustomerId>>(conn)?.expect("somebody");
            forget(conn, ann, &[])?;
            examine(conn)?;
            let left: Vec<String> = ticket_terms::table.select(ticket_terms::term).load(conn)?;
            assert!(left.iter().all(|term| term.trim_start_matches('t').parse::<i64>().is_ok()), "{left:?}");
            Ok(())
        })
        .expect("searching");
    }
}

#[test]
fn what_was_there_before_gets_its_words_by_a_job() {
    let db = kernel::testing::db();
    let made = |conn: &mut Conn| open(conn, &wish("ann@example.com", "The mug broke"), at(0)).map(|opened| opened.ticket.id);
    let (one, other) = db.write_now(move |conn| Ok((made(conn)?, made(conn)?))).expect("tickets");
    db.write_now(|conn| {
        diesel::delete(ticket_terms::table).execute(conn)?;
        diesel::insert_into(ticket_terms::table)
            .values((ticket_terms::term.eq("stale"), ticket_terms::ticket_id.eq(TicketId(1))))
            .execute(conn)?;
        Ok(())
    })
    .expect("no words");
    for _ in 0..2 {
        db.write_now(|conn| terms::fill(conn, TicketId(0), at(1))).expect("a run");
    }
    assert_eq!(db.read_now(move |conn| Ok((terms::wrong(conn, one)?, terms::wrong(conn, other)?))).expect("words"), (0, 0));
    assert!(db.read_now(|conn| kernel::jobs::waits(conn, terms::TERMS_JOB)).expect("jobs"), "it goes on behind them");
    terms::find_anew(&db).expect("made anew");
    let version = db.read_now(move |conn| get(conn, one)).expect("a ticket").version;
    assert_eq!(version, 1, "which is no change of the ticket");
}
