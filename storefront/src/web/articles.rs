//! The shop's articles: by topic, by what somebody asks, one at a time, and what readers say of them.

use super::door::Door;
use super::frame;
use super::posted::Posted;
use super::views::articles::{ArticleView, HelpLink, HelpView, Topic};
use super::views::page::{Page, Tone};
use super::views::shared::Link;
use super::visit::Visit;
use super::words::Words;
use crate::articles::{self, Article, Text, trials};
use actix_web::{HttpResponse, web};
use kernel::{Error, Result};

/// Articles that a search shows.
const FOUND: usize = 8;
/// Characters of a question that are read.
const QUESTION: usize = 300;
/// Characters of a text that stand below its title in a list.
const BEGINS: usize = 160;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/help", web::get().to(index))
        .route("/help/{slug}", web::get().to(show))
        .route("/help/{slug}/votes", web::post().to(vote));
}

/// The articles that answer a question best, as links, for whoever is about to ask it.
pub fn suggested(door: &Door, conn: &mut kernel::Conn, language: &str, question: &str, most: usize) -> Result<Vec<HelpLink>> {
    let question: String = question.chars().take(QUESTION).collect();
    Ok(door.articles.find(conn, language, &question, most)?.iter().map(|(slug, text)| link(slug, text)).collect())
}

fn link(slug: &str, text: &Text) -> HelpLink {
    HelpLink { title: text.title.clone(), to: format!("/help/{slug}"), begins: articles::begins(text, BEGINS) }
}

async fn index(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let asked = url::form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "q");
    let question = asked.map(|(_, value)| value.trim().replace('\0', "").chars().take(QUESTION).collect::<String>()).unwrap_or_default();
    if !question.is_empty() {
        door.limits.search.check(&visit.client)?;
    }
    let (seen, words, shelf) = (visit.clone(), Words::of(&door.templates, visit.language)?, door.clone());
    let page = door
        .read(move |conn, now| {
            let mut page = frame::load(conn, &seen, now)?;
            let language = seen.language.code();
            page.title = words.get("help-title");
            frame::index(&mut page, &seen.site, "/help");
            page.noindex = !question.is_empty();
            let found = match question.is_empty() {
                true => Vec::new(),
                false => suggested(&shelf, conn, language, &question, FOUND)?,
            };
            let topics = if question.is_empty() { topics(&articles::published(conn, language)?) } else { Vec::new() };
            Ok(Page { page, view: HelpView { question, found, topics } })
        })
        .await?;
    door.render(&visit, "storefront/articles.html", &page)
}

/// Articles in the order of their topics, those without one first.
fn topics(all: &[(Article, Text)]) -> Vec<Topic> {
    let each = all.chunk_by(|one, next| one.1.topic == next.1.topic);
    each.map(|of| Topic { name: of[0].1.topic.clone(), articles: of.iter().map(|(article, text)| link(&article.slug, text)).collect() })
        .collect()
}

async fn show(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    let (seen, words, slug) = (visit.clone(), Words::of(&door.templates, visit.language)?, slug.into_inner());
    let (page, tried) = door
        .read(move |conn, now| {
            let (article, text) = articles::read(conn, &slug, seen.language.code())?;
            let mut page = frame::load(conn, &seen, now)?;
            page.title.clone_from(&text.title);
            page.description = articles::begins(&text, BEGINS);
            frame::index(&mut page, &seen.site, &format!("/help/{}", article.slug));
            let tried = match seen.trail() {
                Some(secret) => trials::may_read(conn, secret, now)?.then(|| secret.to_string()),
                None => None,
            };
            let said = if seen.known { articles::said(conn, article.id, &seen.visitor)? } else { None };
            let view = ArticleView {
                crumbs: vec![
                    Link { label: words.get("nav-home"), to: "/".into() },
                    Link { label: words.get("help-title"), to: "/help".into() },
                ],
                votes_to: format!("/help/{}/votes", article.slug),
                title: text.title,
                html: text.body_html,
                written_at: text.written_at,
                said,
            };
            Ok((Page { page, view }, tried))
        })
        .await?;
    if let Some(secret) = tried {
        door.write(move |conn, now| trials::read(conn, &secret, now)).await?;
    }
    door.render(&visit, "storefront/article.html", &page)
}

async fn vote(door: web::Data<Door>, visit: Visit, slug: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    let helpful = match posted.get("helpful") {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::NotFound),
    };
    let (slug, voter) = (slug.into_inner(), visit.visitor.clone());
    let voted = slug.clone();
    door.write(move |conn, now| articles::vote(conn, &voted, &voter, helpful, now)).await?;
    visit.say(&door.signer, Tone::Success, "help-voted");
    Ok(door.go(&visit, &format!("/help/{slug}")))
}
