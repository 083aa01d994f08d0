//! What topics are about, and what becomes of them when somebody they are about is erased.

use super::{Topic, TopicId, get, terms};
use crate::schema::{forum_links as links, forum_posts as posts, forum_topics as rows, forum_versions as versions};
use crm::CustomerId;
use diesel::prelude::*;
use kernel::{Conn, Error, Result, on_each};

/// Things that one topic may be about.
const MOST: usize = 50;
/// Rows of one statement.
const TOGETHER: usize = 500;

/// Says that a topic is about these, which are named as in the audit log (`order:R1001`). `Invalid` when they are too many.
pub fn link(conn: &mut Conn, topic: TopicId, subjects: &[String]) -> Result<()> {
    get(conn, topic)?;
    for subject in subjects {
        let row = (links::topic_id.eq(topic), links::subject.eq(subject.clone()));
        on_each!(conn, c => diesel::insert_into(links::table).values(row).on_conflict_do_nothing().execute(c))?;
    }
    if self::links(conn, topic)?.len() > MOST { Err(Error::field("links", "forum-links-many")) } else { Ok(()) }
}

/// `NotFound` when the topic is not about it.
pub fn unlink(conn: &mut Conn, topic: TopicId, subject: &str) -> Result<()> {
    let own = links::table.filter(links::topic_id.eq(topic)).filter(links::subject.eq(subject.to_string()));
    match diesel::delete(own).execute(conn)? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// What a topic is about.
pub fn links(conn: &mut Conn, topic: TopicId) -> Result<Vec<String>> {
    Ok(links::table.filter(links::topic_id.eq(topic)).order(links::subject).select(links::subject).load(conn)?)
}

/// The topics that are about something, those with the latest post first.
pub fn about(conn: &mut Conn, subject: &str, limit: i64) -> Result<Vec<Topic>> {
    let own = links::table.filter(links::subject.eq(subject.to_string())).select(links::topic_id);
    let ids: Vec<TopicId> = own.load(conn)?;
    let found = rows::table.filter(rows::id.eq_any(ids)).order(rows::last_post_id.desc()).limit(limit);
    Ok(found.select(Topic::as_select()).load(conn)?)
}

/// Takes the words out of every topic that is about a customer who was erased, or about something of theirs, as it happens with notes on their
/// tickets. That there was one, by whom and when, stays.
pub fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    for subject in storefront::erasure::subjects(conn, customer)? {
        let own = links::table.filter(links::subject.eq(subject.clone())).select(links::topic_id);
        let topics: Vec<TopicId> = own.load(conn)?;
        for topic in topics {
            silence(conn, topic)?;
            unlink(conn, topic, &subject)?;
        }
    }
    Ok(())
}

fn silence(conn: &mut Conn, topic: TopicId) -> Result<()> {
    diesel::update(rows::table.find(topic)).set((rows::title.eq(""), rows::version.eq(rows::version + 1i64))).execute(conn)?;
    let ids: Vec<super::PostId> = posts::table.filter(posts::topic_id.eq(topic)).select(posts::id).load(conn)?;
    for some in ids.chunks(TOGETHER) {
        diesel::delete(versions::table.filter(versions::post_id.eq_any(some.to_vec()))).execute(conn)?;
    }
    let said = posts::table.filter(posts::topic_id.eq(topic));
    diesel::update(said).set((posts::body.eq(""), posts::version.eq(posts::version + 1i64))).execute(conn)?;
    terms::anew(conn, topic)
}
