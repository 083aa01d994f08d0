//! Surveys: what is asked, and what came of it.

use super::customers::called;
use super::desk::{Desk, ROWS};
use super::languages;
use super::stale::{self, Label, Labels, Refused};
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::surveys::{self, Answer, AnswerId, Asked, Figures, Group, Survey, SurveyId, TOP, Wish};
use crm::topics::Texts;
use crm::{customers, identities, segments};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::imports::export_survey::export_answers;
use storefront::surveys::{self as links, Link, Who};
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const HERE: &str = "/admin/surveys";
/// What is said in each language.
const TEXTS: &[&str] = &["question", "more", "thanks"];
const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("open", "survey-open", ""),
    ("question", "survey-question", ""),
    ("more", "survey-more-label", ""),
    ("thanks", "survey-thanks-label", ""),
];

fn address(id: SurveyId) -> String {
    format!("{HERE}/{id}")
}

fn subject(id: SurveyId) -> String {
    format!("survey:{id}")
}

/// The fields in their order.
fn names() -> Vec<String> {
    ["name", "open"].map(str::to_string).into_iter().chain(languages::each(TEXTS)).collect()
}

fn filled(survey: &Survey) -> Form {
    let mut form = Form::new(&names()).fill("name", survey.name.as_str()).fill("open", if survey.open { "on" } else { "" });
    let asked = &survey.texts.0;
    for language in Language::all() {
        for (name, texts) in [("question", &asked.question), ("more", &asked.more), ("thanks", &asked.thanks)] {
            form = form.fill(&languages::field(name, *language), texts.get(language.code()).cloned().unwrap_or_default());
        }
    }
    form
}

fn read(posted: &Posted) -> Wish {
    let texts = |name: &str| -> Texts {
        let said = |language: &Language| {
            let text = posted.get(&languages::field(name, *language)).split_whitespace().collect::<Vec<_>>().join(" ");
            (language.code().to_string(), text)
        };
        Language::all().iter().map(said).filter(|(_, text)| !text.is_empty()).collect()
    };
    Wish {
        name: posted.get("name").trim().to_string(),
        texts: Asked { question: texts("question"), more: texts("more"), thanks: texts("thanks") },
        open: posted.ticked("open"),
    }
}

/// What a round came to, as pages show it.
fn told(figures: &Figures) -> Result<Value> {
    let people = figures.people();
    let share = |count: i64| if people > 0 { count * 100 / people } else { 0 };
    let group = |one: &Group| {
        let count = figures.group(*one);
        json!({ "group": one.as_str(), "count": count, "share": share(count) })
    };
    let bar = |score: i64| json!({ "score": score, "count": figures.of(score), "share": share(figures.of(score)) });
    let net = figures.net()?.map(|net| json!({ "mean": net.mean, "low": net.low, "high": net.high }));
    Ok(json!({ "people": people, "net": net, "groups": Group::ALL.iter().map(group).collect::<Vec<Value>>(),
        "scores": (0..=TOP).map(bar).collect::<Vec<Value>>() }))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let rows = desk
        .read(|conn| {
            let mut rows = Vec::new();
            for survey in surveys::list(conn)? {
                let (all, _) = surveys::figures(conn, survey.id, survey.round)?;
                rows.push(
                    json!({ "id": survey.id, "name": survey.name, "open": survey.open, "round": survey.round, "figures": told(&all)? }),
                );
            }
            Ok(rows)
        })
        .await?;
    desk.page("admin/surveys.html", "admin-surveys", json!({ "rows": rows }))
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    show_form(&desk, StatusCode::OK, None, Form::new(&names()).fill("open", "on"))
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = SurveyId(*id);
    let survey = desk.read(move |conn| surveys::get(conn, id)).await?;
    show_form(&desk, StatusCode::OK, Some(id), filled(&survey).sealed())
}

fn show_form(desk: &Desk, status: StatusCode, id: Option<SurveyId>, form: Form) -> Result<HttpResponse> {
    let title = if id.is_some() { "survey-edit" } else { "survey-new" };
    let view = json!({ "id": id, "form": form, "languages": languages::choices() });
    desk.page_as(status, "admin/survey_form.html", title, view)
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(SurveyId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<SurveyId>, posted: Posted) -> Result<HttpResponse> {
    let (typed, wish) = (posted.clone(), read(&posted));
    let saved = desk
        .write(move |conn, act| {
            let before = id.map(|id| surveys::get(conn, id)).transpose()?;
            if let Some(before) = &before {
                stale::check(&filled(before), &typed)?;
            }
            let id = match id {
                Some(id) => surveys::update(conn, id, &wish, act.now).map(|()| id)?,
                None => surveys::create(conn, &wish, act.now)?,
            };
            let after = surveys::get(conn, id)?;
            act.log(conn, "survey.save", &subject(id), &before, &after)?;
            Ok(id)
        })
        .await;
    match saved {
        Ok(id) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let stored = match id {
                Some(id) => desk.read(move |conn| Ok(filled(&surveys::get(conn, id)?))).await?,
                None => Form::new(&names()),
            };
            let label = |name: &str| label(name, &words);
            let names = names();
            let order: Vec<&str> = names.iter().map(String::as_str).collect();
            let form = Form::new(&names).typed(posted.pairs());
            let (status, form) = stale::refused(&posted, error, Refused { form, order: &order, stored: &stored, label: &label }, &words)?;
            show_form(&desk, status, id, form)
        }
    }
}

fn label(name: &str, words: &Words) -> Option<Label> {
    stale::label(LABELS, name, words)
}

/// The round that the query names, else the one of now.
fn round(desk: &Desk, survey: &Survey) -> i64 {
    desk.query("round").parse().ok().filter(|round| (1..=survey.round).contains(round)).unwrap_or(survey.round)
}

/// Somebody's words, with their name for whoever may see customers.
fn said(conn: &mut Conn, answer: &Answer, seen: bool) -> Result<Value> {
    let customer = customers::get(conn, answer.customer_id)?;
    let named = seen && customer.erased_at.is_none();
    Ok(json!({ "score": answer.score, "words": answer.words, "at": answer.answered_at, "customer": answer.customer_id,
        "name": named.then(|| called(&customer).to_string()) }))
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = SurveyId(*id);
    let survey = desk.read(move |conn| surveys::get(conn, id)).await?;
    let (round, before, seen) = (round(&desk, &survey), desk.after().map(AnswerId), desk.may(Permission::CustomersView));
    let group = Group::parse(&desk.query("group"));
    let asked = desk.query("person");
    let (signer, current, base) = (desk.door.signer.clone(), survey.round, desk.door.main_site().base_url.clone());
    let (mut view, count, last) = desk
        .read(move |conn| {
            let (all, by_segment) = surveys::figures(conn, id, round)?;
            let mut within = Vec::new();
            for segment in segments::list(conn)? {
                if let Some(figures) = by_segment.get(&segment.id) {
                    within.push(json!({ "name": segment.name, "figures": told(figures)? }));
                }
            }
            let found = surveys::words(conn, id, round, group, before, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for answer in &found {
                rows.push(said(conn, answer, seen)?);
            }
            let link = if seen && !asked.is_empty() { made_for(conn, &asked)? } else { None };
            let link = link.map(|person| {
                let link = Link { survey: id, round: current, who: Who::Person(person) };
                format!("{base}{}", links::path(&signer, link))
            });
            let view = json!({ "id": id, "name": survey.name, "open": survey.open, "round": round, "current": survey.round,
                "rounds": (1..=survey.round).rev().collect::<Vec<i64>>(), "all": told(&all)?, "segments": within, "rows": rows,
                "group": group.map(Group::as_str).unwrap_or_default(), "groups": Group::ALL.iter().map(|one| one.as_str()).collect::<Vec<&str>>(),
                "link": link, "asked": asked, "public": format!("{base}/surveys/{id}") });
            Ok((view, found.len(), found.last().map(|answer| answer.id)))
        })
        .await?;
    view["next"] = serde_json::to_value(desk.next(count, last))?;
    let title = view["name"].as_str().unwrap_or_default().to_string();
    desk.page("admin/survey.html", &title, view)
}

/// Who a link is wanted for, by their number or address.
fn made_for(conn: &mut Conn, asked: &str) -> Result<Option<crm::CustomerId>> {
    if let Ok(email) = crm::email::Email::parse(asked, "person") {
        return Ok(identities::by_address(conn, &email)?.map(|customer| customer.id));
    }
    let Ok(id) = asked.trim().parse::<crm::CustomerId>() else { return Ok(None) };
    match customers::known(conn, id) {
        Ok(customer) => Ok(Some(customer.id)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Begins another round.
pub async fn begin(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = SurveyId(*id);
    let seen: i64 = posted.id("round")?;
    desk.write(move |conn, act| {
        let before = surveys::get(conn, id)?;
        surveys::begin_round(conn, id, seen, act.now)?;
        let after = surveys::get(conn, id)?;
        act.log(conn, "survey.round", &subject(id), &json!({ "round": before.round }), &json!({ "round": after.round }))
    })
    .await?;
    Ok(desk.done(&address(id), "survey-round-begun"))
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = SurveyId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = surveys::get(conn, id)?;
            surveys::remove(conn, id)?;
            act.log(conn, "survey.delete", &subject(id), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(HERE, "admin-deleted")),
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn csv(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, db) = (SurveyId(*id), desk.door.db.clone());
    let survey = desk.read(move |conn| surveys::get(conn, id)).await?;
    let round = round(&desk, &survey);
    Ok(download::csv(&format!("survey-{id}-{round}.csv"), move |out| export_answers(&db, id, round, out).map(drop)))
}
