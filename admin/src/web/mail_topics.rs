//! What mail to many is about: the topics that people allow each for itself.

use super::desk::Desk;
use super::languages;
use super::stale::{self, Label, Labels, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::topics::{self, Texts, Topic, TopicId, Wish};
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

pub const HERE: &str = "/admin/mail-topics";
const LABELS: &Labels = &[
    ("code", "topic-code", ""),
    ("position", "topic-position", ""),
    ("public", "topic-public", ""),
    ("name", "admin-col-name", ""),
    ("description", "topic-description", ""),
];

/// The fields in their order.
fn names() -> Vec<String> {
    let fixed = ["code", "position", "public"].map(str::to_string);
    fixed.into_iter().chain(languages::each(&["name", "description"])).collect()
}

fn filled(topic: &Topic) -> Form {
    let mut form = Form::new(&names()).fill("code", topic.code.as_str()).fill("position", topic.position.to_string());
    form = form.fill("public", if topic.public { "on" } else { "" });
    for language in Language::all() {
        let of = |texts: &Texts| texts.get(language.code()).cloned().unwrap_or_default();
        form = form.fill(&languages::field("name", *language), of(&topic.names.0));
        form = form.fill(&languages::field("description", *language), of(&topic.descriptions.0));
    }
    form
}

fn read(posted: &Posted) -> Result<Wish> {
    let texts = |name: &str| -> Texts {
        let said = |language: &Language| {
            let text = posted.get(&languages::field(name, *language)).split_whitespace().collect::<Vec<_>>().join(" ");
            (language.code().to_string(), text)
        };
        Language::all().iter().map(said).filter(|(_, text)| !text.is_empty()).collect()
    };
    Ok(Wish {
        code: posted.get("code").trim().to_string(),
        position: posted.number("position", "topic-position-invalid")?,
        public: posted.ticked("public"),
        names: texts("name"),
        descriptions: texts("description"),
    })
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let topics = desk.read(topics::list).await?;
    let language = desk.visit.language.code();
    let row = |topic: &Topic| {
        json!({ "id": topic.id, "code": topic.code, "name": topic.name(language), "description": topic.description(language),
            "public": topic.public })
    };
    desk.page("admin/mail_topics.html", "admin-mail-topics", json!({ "rows": topics.iter().map(row).collect::<Vec<_>>() }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, None, Form::new(&names()).fill("position", "10").fill("public", "on"))
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = TopicId(*id);
    let topic = desk.read(move |conn| topics::get(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&topic).sealed())
}

fn show(desk: &Desk, status: StatusCode, id: Option<TopicId>, form: Form) -> Result<HttpResponse> {
    let title = if id.is_some() { "topic-edit" } else { "topic-new" };
    let view = json!({ "id": id, "form": form, "languages": languages::choices() });
    desk.page_as(status, "admin/mail_topic.html", title, view)
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(TopicId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<TopicId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = match read(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let before = id.map(|id| topics::get(conn, id)).transpose()?;
                if let Some(before) = &before {
                    stale::check(&filled(before), &typed)?;
                }
                let id = match id {
                    Some(id) => topics::update(conn, id, &wish, act.now).map(|()| id)?,
                    None => topics::create(conn, &wish, act.now)?,
                };
                let after = topics::get(conn, id)?;
                act.log(conn, "topic.save", &format!("topic:{id}"), &before, &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let stored = match id {
                Some(id) => desk.read(move |conn| Ok(filled(&topics::get(conn, id)?))).await?,
                None => Form::new(&names()),
            };
            let label = |name: &str| label(name, &words);
            let names = names();
            let order: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut form = Form::new(&names).typed(posted.pairs());
            if id.is_some() {
                // The code is no field of a topic that is there.
                form = form.fill("code", stored.value("code"));
            }
            let (status, form) = stale::refused(&posted, error, Refused { form, order: &order, stored: &stored, label: &label }, &words)?;
            show(&desk, status, id, form)
        }
    }
}

fn label(name: &str, words: &Words) -> Option<Label> {
    stale::label(LABELS, name, words)
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = TopicId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = topics::get(conn, id)?;
            topics::remove(conn, id)?;
            act.log(conn, "topic.delete", &format!("topic:{id}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => desk.explained(HERE, error),
    }
}
