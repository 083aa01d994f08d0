//! Topics as they are listed: by the latest post, found by the words of title and posts.

use super::terms::{asked, end};
use super::{CategoryId, PostId, Topic};
use crate::StaffId;
use crate::schema::{forum_mentions as mentions, forum_terms as terms, forum_topics as rows};
use diesel::dsl::exists;
use diesel::prelude::*;
use kernel::{Conn, Result};

/// Which topics are wanted. What is left empty is not asked about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub category: Option<CategoryId>,
    pub closed: Option<bool>,
    pub pinned: Option<bool>,
    /// In which this one is named.
    pub named: Option<StaffId>,
    /// Beginnings of words, all of them.
    pub words: String,
    /// The last post of the last topic of the page before.
    pub after: Option<PostId>,
}

/// A page of topics, those with the latest post first.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Topic>> {
    let words = asked(&filter.words);
    if words.is_empty() && !filter.words.trim().is_empty() {
        // Punctuation only is no word of any topic.
        return Ok(Vec::new());
    }
    let mut query = rows::table.into_boxed();
    if let Some(category) = filter.category {
        query = query.filter(rows::category_id.eq(category));
    }
    if let Some(closed) = filter.closed {
        query = query.filter(rows::closed.eq(closed));
    }
    if let Some(pinned) = filter.pinned {
        query = query.filter(rows::pinned.eq(pinned));
    }
    if let Some(person) = filter.named {
        let own = mentions::table.filter(mentions::topic_id.eq(rows::id)).filter(mentions::staff_id.eq(person));
        query = query.filter(exists(own));
    }
    for word in words {
        let had = terms::table
            .filter(terms::topic_id.eq(rows::id))
            .filter(terms::term.ge(word.clone()))
            .filter(terms::term.lt(end(&word)))
            .select(terms::topic_id)
            .single_value();
        query = query.filter(had.is_not_null());
    }
    if let Some(after) = filter.after {
        query = query.filter(rows::last_post_id.lt(after));
    }
    Ok(query.order(rows::last_post_id.desc()).limit(limit).select(Topic::as_select()).load(conn)?)
}
