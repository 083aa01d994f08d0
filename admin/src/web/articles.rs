//! Articles that answer what people ask, in every language of the shop, with the versions there were.

use super::desk::{Act, Desk};
use super::forms::Reader;
use super::languages;
use super::stale::{self, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::articles::{self, Article, Text, Wish, Words};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const LABELS: &Labels = &[
    ("position", "admin-article-position", ""),
    ("published", "admin-article-published", ""),
    ("topic", "admin-article-topic", ""),
    ("title", "admin-article-title", ""),
    ("body", "admin-article-body", ""),
];
/// Versions that are told of.
const VERSIONS: i64 = 50;

fn names() -> Vec<String> {
    ["slug", "position", "published"].iter().map(ToString::to_string).chain(languages::each(&["topic", "title", "body"])).collect()
}

fn address(slug: &str) -> String {
    format!("/admin/articles/{slug}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let rows = desk.read(articles::list).await?;
    let row = |(article, text): &(Article, Text)| json!({ "article": article, "title": text.title, "topic": text.topic });
    desk.page("admin/articles.html", "admin-articles", json!({ "articles": rows.iter().map(row).collect::<Vec<Value>>() }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, None, Form::new(&names()).fill("position", "0"))
}

pub async fn edit(desk: Desk, slug: web::Path<String>) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    let stored = desk
        .read(move |conn| {
            let (article, texts) = stored(conn, &slug)?;
            let from = match articles::ticket_of(conn, article.id)? {
                Some(ticket) => Some(tickets::get(conn, ticket)?.number),
                None => None,
            };
            let more = More { versions: articles::versions(conn, article.id, VERSIONS)?, from };
            Ok((article, texts, more))
        })
        .await?;
    let (article, texts, more) = stored;
    show(&desk, StatusCode::OK, Some((&article, &more)), filled(&article, &texts).sealed())
}

fn stored(conn: &mut Conn, slug: &str) -> Result<(Article, Vec<Text>)> {
    let article = articles::find(conn, slug)?;
    let texts = articles::words(conn, article.id)?;
    Ok((article, texts))
}

/// The form of a stored article. Its address stays, so that there is no field for it.
fn filled(article: &Article, texts: &[Text]) -> Form {
    let form = Form::new(&names()).fill("position", article.position.to_string());
    let form = form.fill("published", if article.published { "on" } else { "" });
    texts.iter().fold(form, |form, text| {
        let field = |name: &str| format!("{name}_{}", text.language);
        form.fill(&field("topic"), &text.topic).fill(&field("title"), &text.title).fill(&field("body"), &text.body_html)
    })
}

/// What stands beside the form.
struct More {
    versions: Vec<Text>,
    /// The number of the ticket that it was drafted from.
    from: Option<String>,
}

fn show(desk: &Desk, status: StatusCode, article: Option<(&Article, &More)>, form: Form) -> Result<HttpResponse> {
    let title = if article.is_some() { "admin-article-edit" } else { "admin-article-new" };
    let (article, more) = article.unzip();
    let told = |text: &Text| {
        json!({ "language": Language::parse(&text.language).map_or(text.language.as_str(), |one| one.name()), "version": text.version,
            "title": text.title, "by": text.written_by, "at": text.written_at, "code": text.language })
    };
    let versions: Vec<Value> = more.into_iter().flat_map(|more| &more.versions).map(told).collect();
    let from = more.and_then(|more| more.from.as_ref());
    desk.page_as(status, "admin/article.html", title, json!({ "article": article, "versions": versions, "from": from, "form": form }))
}

/// One version of a text, as readers saw it.
pub async fn version(desk: Desk, path: web::Path<(String, String, i64)>) -> Result<HttpResponse> {
    let (slug, language, version) = path.into_inner();
    let text = desk
        .read(move |conn| {
            let article = articles::find(conn, &slug)?;
            Ok((articles::version(conn, article.id, &language, version)?, article.slug))
        })
        .await?;
    let (text, slug) = text;
    let title = if text.title.is_empty() { "admin-article-edit".to_string() } else { text.title.clone() };
    desk.page("admin/article_version.html", &title, json!({ "text": text, "slug": slug }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let made = desk
        .write(move |conn, act| {
            let slug = articles::create(conn, typed.get("slug"), &wish(&typed)?, &act.actor, act.now)?;
            log(conn, act, &slug, &Value::Null)?;
            Ok(slug)
        })
        .await;
    match made {
        Ok(slug) => Ok(desk.done(&address(&slug), "admin-saved")),
        Err(error) => refused(&desk, None, &posted, &Form::new(&names()), error),
    }
}

pub async fn update(desk: Desk, slug: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (slug, typed) = (slug.into_inner(), posted.clone());
    let asked = slug.clone();
    let saved = desk
        .write(move |conn, act| {
            let (article, texts) = stored(conn, &asked)?;
            stale::check(&filled(&article, &texts), &typed)?;
            articles::update(conn, &asked, &wish(&typed)?, &act.actor, act.now)?;
            log(conn, act, &asked, &told(&article, &texts))
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(&slug), "admin-saved")),
        Err(error) => {
            let (article, texts) = desk.read(move |conn| stored(conn, &slug)).await?;
            refused(&desk, Some(&article), &posted, &filled(&article, &texts), error)
        }
    }
}

/// What the audit log keeps of an article.
fn told(article: &Article, texts: &[Text]) -> Value {
    let said = |text: &Text| json!({ "language": text.language, "topic": text.topic, "title": text.title, "body": text.body_html });
    json!({ "position": article.position, "published": article.published, "texts": texts.iter().map(said).collect::<Vec<Value>>() })
}

fn log(conn: &mut Conn, act: &Act, slug: &str, before: &Value) -> Result<()> {
    let (article, texts) = stored(conn, slug)?;
    act.log(conn, "article.save", &format!("article:{slug}"), before, &told(&article, &texts))
}

fn refused(desk: &Desk, article: Option<&Article>, posted: &Posted, stored: &Form, error: Error) -> Result<HttpResponse> {
    let words = desk.words()?;
    let label = |name: &str| stale::label(LABELS, name, &words);
    let names = names();
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let of = Refused { form: Form::new(&names).typed(posted.pairs()), order: &order, stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    show(desk, status, article.map(|article| (article, &NONE)), form)
}

/// A form that was refused says nothing of versions.
static NONE: More = More { versions: Vec::new(), from: None };

fn wish(posted: &Posted) -> Result<Wish> {
    // No amount is read; the reader needs some currency.
    let mut reader = Reader::new(posted, Currency::EUR);
    let (position, published) = (reader.optional_number("position").unwrap_or(0), reader.ticked("published"));
    reader.check()?;
    let words = |language: &Language| {
        let of = |name: &str| posted.get(&format!("{name}_{}", language.code())).to_string();
        Words { language: language.code().into(), topic: of("topic"), title: of("title"), body_html: of("body") }
    };
    Ok(Wish { position, published, words: Language::all().iter().map(words).collect() })
}

pub async fn remove(desk: Desk, slug: web::Path<String>, _: Posted) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    desk.write(move |conn, act| {
        let (article, texts) = stored(conn, &slug)?;
        articles::remove(conn, &slug, act.now)?;
        act.log(conn, "article.remove", &format!("article:{slug}"), &told(&article, &texts), &Value::Null)
    })
    .await?;
    Ok(desk.done("/admin/articles", "admin-article-removed"))
}
