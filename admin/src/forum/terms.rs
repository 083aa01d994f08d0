//! The words that a topic is found by: those of its title and of all its posts, as they are now.

use super::TopicId;
use crate::schema::{forum_posts as posts, forum_terms as rows, forum_topics as topics};
use diesel::prelude::*;
use kernel::terms::{after_prefix, asked_of_text, of_text};
use kernel::{Conn, Result, on_each};
use std::collections::BTreeSet;

/// Words of one text that it is found by.
const MOST: usize = 2000;
/// Words of a search that are looked at.
const WORDS: usize = 8;
/// Rows of one statement.
const TOGETHER: usize = 500;

/// What somebody looks for, word by word.
pub(super) fn asked(typed: &str) -> Vec<String> {
    asked_of_text(typed, WORDS)
}

/// What no word with this beginning reaches.
pub(super) fn end(prefix: &str) -> String {
    after_prefix(prefix).unwrap_or_else(|| char::MAX.to_string())
}

/// Makes the words of a topic anew, of what is stored now. Only what differs is written.
pub(super) fn anew(conn: &mut Conn, id: TopicId) -> Result<()> {
    let title: String = topics::table.find(id).select(topics::title).first(conn)?;
    let texts: Vec<String> = posts::table.filter(posts::topic_id.eq(id)).select(posts::body).load(conn)?;
    let made: BTreeSet<String> = texts.iter().chain([&title]).flat_map(|text| of_text(text, MOST)).collect();
    let stored: Vec<String> = rows::table.filter(rows::topic_id.eq(id)).select(rows::term).load(conn)?;
    let stored: BTreeSet<String> = stored.into_iter().collect();
    let gone: Vec<String> = stored.difference(&made).cloned().collect();
    for some in gone.chunks(TOGETHER) {
        diesel::delete(rows::table.filter(rows::topic_id.eq(id)).filter(rows::term.eq_any(some.to_vec()))).execute(conn)?;
    }
    let new: Vec<String> = made.difference(&stored).cloned().collect();
    for some in new.chunks(TOGETHER) {
        let added: Vec<_> = some.iter().map(|term| (rows::term.eq(term.clone()), rows::topic_id.eq(id))).collect();
        on_each!(conn, c => diesel::insert_into(rows::table).values(added).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}
