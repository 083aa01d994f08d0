//! What staff talk about among themselves: topics, replies, and which of these is the answer. Nobody but staff ever reads any of it: no page of
//! the shop, no mail and no program is given it.

mod categories;
mod forget;
mod list;
mod reads;
mod terms;

pub use categories::{Category, add, categories, category, put, remove};
pub use forget::{about, forget, link, links, unlink};
pub use list::{Filter, list};
pub use reads::{Unread, read, read_of, unread};

use crate::schema::{forum_mentions as mentions, forum_posts as posts, forum_topics as rows, forum_versions as versions};
use crate::{StaffId, staff};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each};
use serde::Serialize;

kernel::id!(TopicId, PostId, CategoryId);

/// Longest title and text, in characters.
pub const TITLE: usize = 200;
pub const BODY: usize = 20_000;
/// The text of the conflict when something went on since it was seen.
pub const STALE: &str = "forum-stale";

/// A topic as stored. One whose words were taken away has no title.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = rows)]
pub struct Topic {
    pub id: TopicId,
    pub category_id: CategoryId,
    pub staff_id: StaffId,
    pub title: String,
    pub closed: bool,
    pub pinned: bool,
    pub answer_id: Option<PostId>,
    /// Moves with all but posts.
    pub version: i64,
    pub last_post_id: PostId,
    pub created_at: Time,
    pub changed_at: Time,
}

/// A post as it is now.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = posts)]
pub struct Post {
    pub id: PostId,
    pub topic_id: TopicId,
    pub staff_id: StaffId,
    pub body: String,
    pub version: i64,
    pub created_at: Time,
    pub changed_at: Time,
}

/// What a post said before. The title is that of the topic, with its first post.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = versions)]
pub struct Version {
    pub version: i64,
    pub title: String,
    pub body: String,
    pub written_at: Time,
}

/// What is done with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Close,
    Reopen,
    /// It stands above the others.
    Pin,
    Unpin,
    /// This post answers it; none any more without one.
    Answer(Option<PostId>),
}

/// A text without what no database keeps, and without spaces around it.
fn clean(text: &str) -> String {
    text.trim().replace('\0', "")
}

/// What is wrong with a title or a text.
fn check(texts: &[(&str, &str, usize)]) -> Result<()> {
    let mut wrong = Fields::default();
    for (field, text, most) in texts {
        match text.chars().count() {
            0 => wrong.add(field, "field-required"),
            count if count > *most => wrong.add(field, "admin-too-long"),
            _ => {}
        }
    }
    wrong.check()
}

/// Opens a topic with its first post. `Invalid` without a title, a text or a category.
pub fn open(conn: &mut Conn, author: StaffId, of: CategoryId, (title, body): (&str, &str), now: Time) -> Result<TopicId> {
    let (title, body) = (clean(title), clean(body));
    check(&[("title", &title, TITLE), ("body", &body, BODY)])?;
    if !categories(conn)?.iter().any(|one| one.id == of) {
        return Err(Error::field("category", "forum-category-missing"));
    }
    let row =
        (rows::category_id.eq(of), rows::staff_id.eq(author), rows::title.eq(title), rows::created_at.eq(now), rows::changed_at.eq(now));
    let id: TopicId = diesel::insert_into(rows::table).values(row).returning(rows::id).get_result(conn)?;
    say(conn, id, author, &body, now)?;
    Ok(id)
}

/// Writes below a topic. `Conflict` when it is closed.
pub fn reply(conn: &mut Conn, topic: TopicId, author: StaffId, body: &str, now: Time) -> Result<PostId> {
    let body = clean(body);
    check(&[("body", &body, BODY)])?;
    // The row is locked before the post has its number, so that these grow in the order of the commits.
    let open = rows::table.find(topic).filter(rows::closed.eq(false));
    if diesel::update(open).set(rows::changed_at.eq(now)).execute(conn)? == 0 {
        get(conn, topic)?;
        return Err(Error::conflict("forum-is-closed"));
    }
    say(conn, topic, author, &body, now)
}

fn say(conn: &mut Conn, topic: TopicId, author: StaffId, body: &str, now: Time) -> Result<PostId> {
    let row =
        (posts::topic_id.eq(topic), posts::staff_id.eq(author), posts::body.eq(body), posts::created_at.eq(now), posts::changed_at.eq(now));
    let id: PostId = diesel::insert_into(posts::table).values(row).returning(posts::id).get_result(conn)?;
    diesel::update(rows::table.find(topic)).set(rows::last_post_id.eq(id)).execute(conn)?;
    mention(conn, topic, id, body)?;
    read(conn, author, topic, id)?;
    terms::anew(conn, topic)?;
    Ok(id)
}

/// Keeps who is named in a post.
fn mention(conn: &mut Conn, topic: TopicId, post: PostId, body: &str) -> Result<()> {
    diesel::delete(mentions::table.filter(mentions::post_id.eq(post))).execute(conn)?;
    let people = staff::list(conn)?.into_iter().filter(|one| one.active && calls(body, &one.name));
    let named: Vec<_> =
        people.map(|one| (mentions::post_id.eq(post), mentions::staff_id.eq(one.id), mentions::topic_id.eq(topic))).collect();
    if !named.is_empty() {
        on_each!(conn, c => diesel::insert_into(mentions::table).values(named).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// Whether a text has `@` and this name, whatever the case, and not as the beginning of a longer one.
fn calls(text: &str, name: &str) -> bool {
    let (text, called) = (text.to_lowercase(), format!("@{}", name.to_lowercase()));
    let ends = |at: usize| text[at + called.len()..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric());
    text.match_indices(called.as_str()).any(|(at, _)| ends(at))
}

/// Changes one's own post, and the title with the first one; what it said before is kept. `Conflict` for that of somebody else, and when it was
/// changed since version `seen`.
pub fn edit(conn: &mut Conn, id: PostId, author: StaffId, (title, body): (&str, &str), seen: i64, now: Time) -> Result<()> {
    let (title, body) = (clean(title), clean(body));
    let post = post(conn, id)?;
    if post.staff_id != author {
        return Err(Error::conflict("forum-not-yours"));
    }
    let topic = get(conn, post.topic_id)?;
    let begins = first(conn, topic.id)? == id;
    let title = if begins { title } else { String::new() };
    check(&[("body", &body, BODY)])?;
    if begins {
        check(&[("title", &title, TITLE)])?;
    }
    let as_seen = posts::table.find(id).filter(posts::version.eq(seen));
    let set = (posts::version.eq(posts::version + 1i64), posts::body.eq(&body), posts::changed_at.eq(now));
    if diesel::update(as_seen).set(set).execute(conn)? == 0 {
        return Err(Error::conflict(STALE));
    }
    let before = (
        versions::post_id.eq(id),
        versions::version.eq(seen),
        versions::title.eq(if begins { topic.title } else { String::new() }),
        versions::body.eq(post.body),
        versions::written_at.eq(post.changed_at),
    );
    diesel::insert_into(versions::table).values(before).execute(conn)?;
    if begins {
        diesel::update(rows::table.find(topic.id)).set(rows::title.eq(title)).execute(conn)?;
    }
    mention(conn, topic.id, id, &body)?;
    terms::anew(conn, topic.id)
}

/// Closes, opens again or pins a topic, or says what answers it, as it was at version `seen`. Of what is not a manager's alone, its author may do it
/// as well as who `manages`.
pub fn change(conn: &mut Conn, id: TopicId, deed: Deed, (who, manages): (StaffId, bool), seen: i64, now: Time) -> Result<Topic> {
    let topic = get(conn, id)?;
    let own = topic.staff_id == who && !matches!(deed, Deed::Pin | Deed::Unpin);
    if !manages && !own {
        return Err(Error::conflict("forum-not-yours"));
    }
    let (mut closed, mut pinned, mut answer) = (topic.closed, topic.pinned, topic.answer_id);
    match deed {
        Deed::Close => closed = true,
        Deed::Reopen => closed = false,
        Deed::Pin => pinned = true,
        Deed::Unpin => pinned = false,
        Deed::Answer(None) => answer = None,
        Deed::Answer(Some(which)) => {
            if post(conn, which)?.topic_id != id {
                return Err(Error::NotFound);
            }
            answer = Some(which);
        }
    }
    let as_seen = rows::table.find(id).filter(rows::version.eq(seen));
    let set = (
        rows::version.eq(rows::version + 1i64),
        rows::closed.eq(closed),
        rows::pinned.eq(pinned),
        rows::answer_id.eq(answer),
        rows::changed_at.eq(now),
    );
    match diesel::update(as_seen).set(set).execute(conn)? {
        0 => Err(Error::conflict(STALE)),
        _ => get(conn, id),
    }
}

pub fn get(conn: &mut Conn, id: TopicId) -> Result<Topic> {
    Ok(rows::table.find(id).select(Topic::as_select()).first(conn)?)
}

pub fn post(conn: &mut Conn, id: PostId) -> Result<Post> {
    Ok(posts::table.find(id).select(Post::as_select()).first(conn)?)
}

/// The post that a topic begins with.
pub fn first(conn: &mut Conn, topic: TopicId) -> Result<PostId> {
    Ok(posts::table.filter(posts::topic_id.eq(topic)).order(posts::id).select(posts::id).first(conn)?)
}

/// The last posts of a topic, before `before` when given, oldest first.
pub fn thread(conn: &mut Conn, topic: TopicId, before: Option<PostId>, limit: i64) -> Result<Vec<Post>> {
    let own = posts::table.filter(posts::topic_id.eq(topic)).filter(posts::id.lt(before.unwrap_or(PostId(i64::MAX))));
    let mut found: Vec<Post> = own.order(posts::id.desc()).limit(limit).select(Post::as_select()).load(conn)?;
    found.reverse();
    Ok(found)
}

/// What a post said before, the latest first.
pub fn versions(conn: &mut Conn, id: PostId, limit: i64) -> Result<Vec<Version>> {
    let own = versions::table.filter(versions::post_id.eq(id));
    Ok(own.order(versions::version.desc()).limit(limit).select(Version::as_select()).load(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_called_by_the_whole_of_it() {
        assert!(calls("see @Mia, please", "mia") && calls("@mei lin", "Mei Lin") && calls("请 @小明看看", "小明"));
        assert!(!calls("write to a@miami.test or @miami", "mia") && !calls("mia", "mia"));
    }
}
