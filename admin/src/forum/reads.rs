//! What each of the staff has read. Only a POST says that somebody read something.

use super::{PostId, TopicId};
use crate::StaffId;
use crate::schema::{forum_mentions as mentions, forum_reads as rows, forum_topics as topics};
use diesel::prelude::*;
use kernel::{Conn, Result, on_each};
use std::collections::{HashMap, HashSet};

/// Of the latest so many topics and mentions it is counted what somebody has not read.
const LATEST: i64 = 200;

/// Keeps that somebody has read a topic up to a post. What was read stays read.
pub fn read(conn: &mut Conn, who: StaffId, topic: TopicId, up_to: PostId) -> Result<()> {
    let known = read_of(conn, who, &[topic])?;
    if known.get(&topic).is_some_and(|read| *read >= up_to) {
        return Ok(());
    }
    let row = (rows::staff_id.eq(who), rows::topic_id.eq(topic), rows::post_id.eq(up_to));
    on_each!(conn, c => diesel::insert_into(rows::table)
        .values(row).on_conflict((rows::staff_id, rows::topic_id)).do_update().set(rows::post_id.eq(up_to)).execute(c))?;
    Ok(())
}

/// Up to which post somebody has read each of these topics. What is not among them they never read.
pub fn read_of(conn: &mut Conn, who: StaffId, of: &[TopicId]) -> Result<HashMap<TopicId, PostId>> {
    let own = rows::table.filter(rows::staff_id.eq(who)).filter(rows::topic_id.eq_any(of.to_vec()));
    let found: Vec<(TopicId, PostId)> = own.select((rows::topic_id, rows::post_id)).load(conn)?;
    Ok(found.into_iter().collect())
}

/// What somebody has not read of what came last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    pub topics: usize,
    /// Topics in which they are named by a post that they have not read.
    pub named: usize,
}

/// Counts what somebody has not read of the latest topics and mentions.
pub fn unread(conn: &mut Conn, who: StaffId) -> Result<Unread> {
    let latest: Vec<(TopicId, PostId)> =
        topics::table.order(topics::last_post_id.desc()).limit(LATEST).select((topics::id, topics::last_post_id)).load(conn)?;
    let named: Vec<(TopicId, PostId)> = mentions::table
        .filter(mentions::staff_id.eq(who))
        .order(mentions::post_id.desc())
        .limit(LATEST)
        .select((mentions::topic_id, mentions::post_id))
        .load(conn)?;
    let all: Vec<TopicId> = latest.iter().chain(&named).map(|(topic, _)| *topic).collect();
    let read = read_of(conn, who, &all)?;
    let new = |(topic, post): &&(TopicId, PostId)| read.get(topic).is_none_or(|read| read < post);
    let called: HashSet<TopicId> = named.iter().filter(new).map(|(topic, _)| *topic).collect();
    Ok(Unread { topics: latest.iter().filter(new).count(), named: called.len() })
}
