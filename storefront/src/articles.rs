//! Articles that answer what people ask: in every language of the shop, by topics, with all versions there were, and what readers said of
//! them. What is written is made safe as the text of a content page is.

mod drafted;
mod faceless;
mod search;
pub mod trials;

pub use drafted::{draft, forget, of_ticket, ticket_of};
pub(crate) use faceless::{Known, faceless};
pub use search::Shelves;

use crate::catalog;
use crate::ids::ArticleId;
use crate::imports::{clean_html, one_line};
use crate::schema::{article_texts as texts, article_votes as votes, articles};
use crate::shop::OWN_LANGUAGE;
use crm::tickets::TicketId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each, settings, token};
use serde::Serialize;

/// Longest title and topic, in characters, and longest text, in bytes.
pub const TITLE: usize = 200;
pub const BODY: usize = 200_000;
/// The setting that changes with everything that readers see of articles.
const STAMP: &str = "articles_stamp";

/// An article as stored, without its texts.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = articles)]
pub struct Article {
    pub id: ArticleId,
    pub slug: String,
    /// Its place among those of its topic.
    pub position: i64,
    pub published: bool,
    pub helpful: i64,
    pub unhelpful: i64,
    pub updated_at: Time,
}

/// What an article says in a language, in one version.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Serialize)]
#[diesel(table_name = texts)]
pub struct Text {
    pub article_id: ArticleId,
    pub language: String,
    pub version: i64,
    pub topic: String,
    /// Empty where the language was given up.
    pub title: String,
    pub body_html: String,
    pub written_by: String,
    pub written_at: Time,
}

/// A text as somebody wants it. Without a title the language goes without the article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub language: String,
    pub topic: String,
    pub title: String,
    pub body_html: String,
}

/// An article as somebody wants it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub position: i64,
    pub published: bool,
    pub words: Vec<Words>,
}

impl Wish {
    /// `Invalid` with `title_en`, `body_en` and their like.
    fn check(&self) -> Result<()> {
        let mut wrong = Fields::default();
        for words in &self.words {
            let named = |field: &str| format!("{field}_{}", words.language);
            let missing = words.title.trim().is_empty();
            if missing && (words.language == OWN_LANGUAGE || !words.body_html.trim().is_empty()) {
                wrong.add(&named("title"), "field-required");
            }
            if words.title.chars().count() > TITLE {
                wrong.add(&named("title"), "admin-too-long");
            }
            if words.topic.chars().count() > TITLE {
                wrong.add(&named("topic"), "admin-too-long");
            }
            if words.body_html.len() > BODY {
                wrong.add(&named("body"), "admin-too-long");
            }
        }
        if !self.words.iter().any(|words| words.language == OWN_LANGUAGE) {
            wrong.add(&format!("title_{OWN_LANGUAGE}"), "field-required");
        }
        wrong.check()
    }
}

/// Makes an article. `Invalid` for a `slug` that is none or taken, and for texts that are missing or too long.
pub fn create(conn: &mut Conn, slug: &str, wish: &Wish, actor: &str, now: Time) -> Result<String> {
    let slug = catalog::slug(slug);
    if slug.is_empty() {
        return Err(Error::field("slug", "admin-page-slug-missing"));
    }
    wish.check()?;
    if insert(conn, &slug, wish, None, actor, now)? { Ok(slug) } else { Err(Error::field("slug", "admin-page-slug-taken")) }
}

/// Adds an article. `false`, and nothing is written, when its address is taken or its ticket has one.
fn insert(conn: &mut Conn, slug: &str, wish: &Wish, ticket: Option<TicketId>, actor: &str, now: Time) -> Result<bool> {
    let row = (
        articles::slug.eq(slug),
        articles::position.eq(wish.position),
        articles::published.eq(wish.published),
        articles::ticket_id.eq(ticket),
        articles::created_at.eq(now),
        articles::updated_at.eq(now),
    );
    let insert = diesel::insert_into(articles::table).values(row).on_conflict_do_nothing().returning(articles::id);
    let added: Option<ArticleId> = on_each!(conn, c => insert.get_result(c).optional())?;
    let Some(id) = added else { return Ok(false) };
    write(conn, id, &wish.words, actor, now)?;
    stamp(conn, now)?;
    Ok(true)
}

/// Changes an article. A text that differs from the one before is a new version of it.
pub fn update(conn: &mut Conn, slug: &str, wish: &Wish, actor: &str, now: Time) -> Result<()> {
    let article = find(conn, slug)?;
    wish.check()?;
    diesel::update(articles::table.find(article.id))
        .set((articles::position.eq(wish.position), articles::published.eq(wish.published), articles::updated_at.eq(now)))
        .execute(conn)?;
    write(conn, article.id, &wish.words, actor, now)?;
    stamp(conn, now)
}

fn write(conn: &mut Conn, id: ArticleId, words: &[Words], actor: &str, now: Time) -> Result<()> {
    for one in words {
        let (topic, title, body) = (one.topic.trim(), one.title.trim(), clean_html(&one.body_html));
        let own = texts::table.filter(texts::article_id.eq(id)).filter(texts::language.eq(&one.language));
        let last: Option<Text> = own.filter(texts::current.eq(true)).select(Text::as_select()).first(conn).optional()?;
        let same = |last: &Text| last.topic == topic && last.title == title && last.body_html == body;
        if last.as_ref().map_or(title.is_empty(), same) {
            continue;
        }
        diesel::update(texts::table.filter(texts::article_id.eq(id)).filter(texts::language.eq(&one.language)))
            .set(texts::current.eq(false))
            .execute(conn)?;
        let row = (
            texts::article_id.eq(id),
            texts::language.eq(&one.language),
            texts::version.eq(last.map_or(0, |last| last.version) + 1),
            texts::current.eq(true),
            texts::topic.eq(topic),
            texts::title.eq(title),
            texts::body_html.eq(&body),
            texts::written_by.eq(actor),
            texts::written_at.eq(now),
        );
        on_each!(conn, c => diesel::insert_into(texts::table).values(row).execute(c))?;
    }
    Ok(())
}

/// Takes an article away, with its versions and votes.
pub fn remove(conn: &mut Conn, slug: &str, now: Time) -> Result<()> {
    let article = find(conn, slug)?;
    diesel::delete(votes::table.filter(votes::article_id.eq(article.id))).execute(conn)?;
    diesel::delete(texts::table.filter(texts::article_id.eq(article.id))).execute(conn)?;
    diesel::delete(articles::table.find(article.id)).execute(conn)?;
    stamp(conn, now)
}

fn stamp(conn: &mut Conn, now: Time) -> Result<()> {
    settings::set(conn, STAMP, &token::random(), now)
}

/// An article by its address, published or not. `NotFound` without one.
pub fn find(conn: &mut Conn, slug: &str) -> Result<Article> {
    Ok(articles::table.filter(articles::slug.eq(slug)).select(Article::as_select()).first(conn)?)
}

/// What an article says now, in every language it has.
pub fn words(conn: &mut Conn, id: ArticleId) -> Result<Vec<Text>> {
    let own = texts::table.filter(texts::article_id.eq(id)).filter(texts::current.eq(true)).filter(texts::title.ne(""));
    Ok(own.order(texts::language).select(Text::as_select()).load(conn)?)
}

/// Every version that there was of an article, the newest first.
pub fn versions(conn: &mut Conn, id: ArticleId, limit: i64) -> Result<Vec<Text>> {
    let own = texts::table.filter(texts::article_id.eq(id)).order(texts::id.desc()).limit(limit);
    Ok(own.select(Text::as_select()).load(conn)?)
}

/// A version of an article. `NotFound` without one.
pub fn version(conn: &mut Conn, id: ArticleId, language: &str, version: i64) -> Result<Text> {
    let own = texts::table.filter(texts::article_id.eq(id)).filter(texts::language.eq(language)).filter(texts::version.eq(version));
    Ok(own.select(Text::as_select()).first(conn)?)
}

/// A published article as a reader of this language sees it: in theirs, or in the shop's own. `NotFound` without one.
pub fn read(conn: &mut Conn, slug: &str, language: &str) -> Result<(Article, Text)> {
    let article = find(conn, slug)?;
    if !article.published {
        return Err(Error::NotFound);
    }
    let all = words(conn, article.id)?;
    let own = |language: &str| all.iter().find(|text| text.language == language).cloned();
    let text = own(language).or_else(|| own(OWN_LANGUAGE)).ok_or(Error::NotFound)?;
    Ok((article, text))
}

/// Whether there is anything to read.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let found = on_each!(conn, c => articles::table.filter(articles::published.eq(true)).select(articles::id).first::<ArticleId>(c));
    Ok(found.optional()?.is_some())
}

/// Every article with what it is called in the shop's own language, for whoever writes them; by topic and place.
pub fn list(conn: &mut Conn) -> Result<Vec<(Article, Text)>> {
    shown(conn, OWN_LANGUAGE, false)
}

/// The published articles as a reader of this language sees them, by topic and place.
pub fn published(conn: &mut Conn, language: &str) -> Result<Vec<(Article, Text)>> {
    shown(conn, language, true)
}

fn shown(conn: &mut Conn, language: &str, published: bool) -> Result<Vec<(Article, Text)>> {
    let mut all: Vec<Article> = articles::table.select(Article::as_select()).load(conn)?;
    all.retain(|article| article.published || !published);
    let current =
        texts::table.filter(texts::current.eq(true)).filter(texts::title.ne("")).filter(texts::language.eq_any([language, OWN_LANGUAGE]));
    let said: Vec<Text> = current.select(Text::as_select()).load(conn)?;
    let of =
        |article: &Article, language: &str| said.iter().find(|text| text.article_id == article.id && text.language == language).cloned();
    let mut found: Vec<(Article, Text)> = all
        .into_iter()
        .filter_map(|article| {
            let text = of(&article, language).or_else(|| of(&article, OWN_LANGUAGE))?;
            Some((article, text))
        })
        .collect();
    found.sort_by(|one, other| (&one.1.topic, one.0.position, &one.1.title).cmp(&(&other.1.topic, other.0.position, &other.1.title)));
    Ok(found)
}

/// How a text begins, as plain words.
pub fn begins(text: &Text, most: usize) -> String {
    let line = one_line(&text.body_html);
    if line.chars().count() <= most { line } else { line.chars().take(most).chain(['…']).collect() }
}

/// Keeps what a reader says of a published article, once for each browser: saying something else replaces it. `voter` is a secret of the
/// browser, of which a digest is kept.
pub fn vote(conn: &mut Conn, slug: &str, voter: &str, helpful: bool, now: Time) -> Result<()> {
    let article = find(conn, slug)?;
    if !article.published {
        return Err(Error::NotFound);
    }
    let voter = token::hash(voter);
    let row = (votes::article_id.eq(article.id), votes::voter.eq(&voter), votes::helpful.eq(helpful), votes::voted_at.eq(now));
    let insert = diesel::insert_into(votes::table).values(row);
    if on_each!(conn, c => insert.on_conflict_do_nothing().execute(c))? == 1 {
        return tally(conn, article.id, helpful, 1);
    }
    let own = votes::table.filter(votes::article_id.eq(article.id)).filter(votes::voter.eq(&voter));
    let turned = diesel::update(own.filter(votes::helpful.ne(helpful))).set((votes::helpful.eq(helpful), votes::voted_at.eq(now)));
    if turned.execute(conn)? == 1 {
        tally(conn, article.id, helpful, 1)?;
        tally(conn, article.id, !helpful, -1)?;
    }
    Ok(())
}

fn tally(conn: &mut Conn, id: ArticleId, helpful: bool, by: i64) -> Result<()> {
    let one = diesel::update(articles::table.find(id));
    match helpful {
        true => one.set(articles::helpful.eq(articles::helpful + by)).execute(conn)?,
        false => one.set(articles::unhelpful.eq(articles::unhelpful + by)).execute(conn)?,
    };
    Ok(())
}

/// What this browser said of an article.
pub fn said(conn: &mut Conn, id: ArticleId, voter: &str) -> Result<Option<bool>> {
    let own = votes::table.filter(votes::article_id.eq(id)).filter(votes::voter.eq(token::hash(voter)));
    Ok(own.select(votes::helpful).first(conn).optional()?)
}

#[cfg(test)]
mod tests;
