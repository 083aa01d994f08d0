//! What mail to many is about. People allow each topic for itself: a topic's code is the topic of the ledger of consents.

use crate::schema::{campaigns, mail_topics as rows};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::json::Json;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;
use std::collections::BTreeMap;

kernel::id!(TopicId);

/// Whether somebody lets the shop count what they open and follow: a topic of the channel of mails that no mail is about.
pub const TRACKING: &str = "tracking";
/// Longest name and description, in characters, and most topics.
const NAME: usize = 80;
const DESCRIPTION: usize = 300;
const MOST: i64 = 50;
/// Languages that a name is looked for in when the asked one has none.
const OWN: &str = "en";

/// By language.
pub type Texts = BTreeMap<String, String>;

/// A topic.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Topic {
    pub id: TopicId,
    pub code: String,
    pub position: i64,
    /// Whether people are asked about it.
    pub public: bool,
    pub names: Json<Texts>,
    pub descriptions: Json<Texts>,
}

impl Topic {
    /// The name in a language, or else in another one.
    pub fn name(&self, language: &str) -> &str {
        said(&self.names.0, language).unwrap_or(&self.code)
    }

    /// What it is about; empty when nobody said.
    pub fn description(&self, language: &str) -> &str {
        said(&self.descriptions.0, language).unwrap_or("")
    }
}

/// A text in a language, or else in another one; `None` when nobody said it.
pub(crate) fn said<'a>(texts: &'a Texts, language: &str) -> Option<&'a str> {
    let found = texts.get(language).or_else(|| texts.get(OWN)).or_else(|| texts.values().next());
    found.map(String::as_str).filter(|text| !text.is_empty())
}

/// What staff say of a topic.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub code: String,
    pub position: i64,
    pub public: bool,
    pub names: Texts,
    pub descriptions: Texts,
}

/// All of them in their order; there are few.
pub fn list(conn: &mut Conn) -> Result<Vec<Topic>> {
    Ok(on_each!(conn, c => rows::table.order((rows::position, rows::id)).select(Topic::as_select()).load(c))?)
}

/// Those that people are asked about.
pub fn public(conn: &mut Conn) -> Result<Vec<Topic>> {
    Ok(list(conn)?.into_iter().filter(|topic| topic.public).collect())
}

pub fn get(conn: &mut Conn, id: TopicId) -> Result<Topic> {
    Ok(on_each!(conn, c => rows::table.find(id).select(Topic::as_select()).first(c))?)
}

/// The topic of a code, if there is one.
pub fn by_code(conn: &mut Conn, code: &str) -> Result<Option<Topic>> {
    Ok(on_each!(conn, c => rows::table.filter(rows::code.eq(code)).select(Topic::as_select()).first(c)).optional()?)
}

fn check(wish: &Wish) -> Result<()> {
    let mut wrong = Fields::default();
    let sound = !wish.code.is_empty()
        && wish.code.len() <= 30
        && wish.code != TRACKING
        && wish.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !sound {
        wrong.add("code", "topic-code-invalid");
    }
    if wish.names.values().all(String::is_empty) {
        wrong.add("names", "topic-name-missing");
    }
    if wish.names.values().any(|text| text.chars().count() > NAME)
        || wish.descriptions.values().any(|text| text.chars().count() > DESCRIPTION)
    {
        wrong.add("names", "field-too-long");
    }
    if !(0..=10_000).contains(&wish.position) {
        wrong.add("position", "topic-position-invalid");
    }
    wrong.check()
}

/// Adds a topic. `Invalid` for a code that is no word or taken, and without a name.
pub fn create(conn: &mut Conn, wish: &Wish, now: Time) -> Result<TopicId> {
    check(wish)?;
    if rows::table.count().get_result::<i64>(conn)? >= MOST {
        return Err(Error::field("code", "topic-too-many"));
    }
    let row = (
        rows::code.eq(&wish.code),
        rows::position.eq(wish.position),
        rows::public.eq(wish.public),
        rows::names.eq(kernel::json::text(&wish.names)?),
        rows::descriptions.eq(kernel::json::text(&wish.descriptions)?),
        rows::changed_at.eq(now),
    );
    let insert = diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().returning(rows::id);
    let added: Option<TopicId> = on_each!(conn, c => insert.get_result(c).optional())?;
    added.ok_or_else(|| Error::field("code", "topic-code-taken"))
}

/// Changes a topic; its code stays, since what people allowed is written down under it.
pub fn update(conn: &mut Conn, id: TopicId, wish: &Wish, now: Time) -> Result<()> {
    let wish = Wish { code: get(conn, id)?.code, ..wish.clone() };
    check(&wish)?;
    diesel::update(rows::table.find(id))
        .set((
            rows::position.eq(wish.position),
            rows::public.eq(wish.public),
            rows::names.eq(kernel::json::text(&wish.names)?),
            rows::descriptions.eq(kernel::json::text(&wish.descriptions)?),
            rows::changed_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes a topic away. `Conflict` while a campaign is about it: its mails have links that name it.
pub fn remove(conn: &mut Conn, id: TopicId) -> Result<()> {
    let topic = get(conn, id)?;
    let used = campaigns::table.filter(campaigns::topic.eq(&topic.code)).count().get_result::<i64>(conn)?;
    if used > 0 || topic.code == "news" {
        return Err(Error::conflict("topic-in-use"));
    }
    diesel::delete(rows::table.find(id)).execute(conn)?;
    Ok(())
}
