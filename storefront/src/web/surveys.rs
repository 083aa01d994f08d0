//! A survey: the page that a mail's link leads to. The link chooses a score and gives none: scanners of mails open links too.

use super::account;
use super::door::Door;
use super::frame;
use super::posted::Posted;
use super::views::form::{self, Form};
use super::views::page::{Page, Tone};
use super::views::surveys::SurveyView;
use super::visit::Visit;
use super::words::Words;
use crate::surveys::{self as links, Link, Who};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CustomerId;
use crm::surveys::{self, Given, SurveyId, TOP};
use kernel::{Conn, Error, Result};

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/surveys/{survey}", web::get().to(own))
        .route("/surveys/{survey}/{round}/{who}", web::get().to(show))
        .route("/surveys/{survey}/{round}/{who}", web::post().to(answer));
}

/// What a query says of a field.
fn asked(visit: &Visit, name: &str) -> String {
    let found = form_urlencoded::parse(visit.query.as_bytes()).find(|(field, _)| field == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn link(path: &(i64, i64, String)) -> Result<Link> {
    Ok(Link { survey: SurveyId(path.0), round: path.1, who: Who::parse(&path.2).ok_or(Error::NotFound)? })
}

/// The survey for whoever is signed in: leads to a link of their own.
async fn own(door: web::Data<Door>, visit: Visit, survey: web::Path<i64>) -> Result<HttpResponse> {
    let id = SurveyId(*survey);
    let found = account::theirs(&door, &visit, move |conn, customer: CustomerId, _| Ok((customer, surveys::get(conn, id)?.round))).await?;
    Ok(match found {
        Ok((customer, round)) => door.go(&visit, &links::path(&door.signer, Link { survey: id, round, who: Who::Person(customer) })),
        Err(sign_in) => sign_in,
    })
}

async fn show(door: web::Data<Door>, visit: Visit, path: web::Path<(i64, i64, String)>) -> Result<HttpResponse> {
    let (link, key) = (link(&path)?, asked(&visit, "key"));
    render(&door, &visit, StatusCode::OK, (link, key), None).await
}

/// Who a link asks. `NotFound` of somebody who was erased.
fn person(conn: &mut Conn, link: Link) -> Result<CustomerId> {
    let customer = link.who.customer(conn)?;
    if crm::customers::erased(conn, customer)? { Err(Error::NotFound) } else { Ok(customer) }
}

async fn render(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    (link, key): (Link, String),
    refused: Option<Form>,
) -> Result<HttpResponse> {
    links::check(&door.signer, link, &key)?;
    let chosen: Option<i64> = asked(visit, "score").parse().ok().filter(|score| (0..=TOP).contains(score));
    let seen = visit.clone();
    let (mut page, view) = door
        .read(move |conn, now| {
            let survey = surveys::get(conn, link.survey)?;
            let customer = person(conn, link)?;
            let before = surveys::given(conn, link.survey, link.round, customer)?;
            let language = seen.language.code();
            let words = before.as_ref().map(|answer| answer.words.clone()).unwrap_or_default();
            let form = refused.unwrap_or_else(|| Form::new(form::SURVEY).fill("words", words));
            let typed: Option<i64> = form.value("score").parse().ok();
            let view = SurveyView {
                question: survey.question(language).to_string(),
                more: survey.more(language).to_string(),
                thanks: survey.thanks(language).to_string(),
                answered: before.is_some(),
                open: survey.open && survey.round == link.round && before.as_ref().is_none_or(|answer| answer.changeable(now)),
                to: link.address(),
                key,
                score: typed.or(chosen).or(before.map(|answer| answer.score)),
                scores: (0..=TOP).collect(),
                form,
            };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    page.title = Words::of(&door.templates, visit.language)?.get("survey-title");
    page.noindex = true;
    // The switch of languages keeps the key.
    let here = format!("{}?key={}", view.to, view.key);
    page.alternates = frame::alternates(&visit.site, &here, visit.language);
    door.render_as(status, visit, "storefront/survey.html", &Page { page, view })
}

/// Keeps the answer.
async fn answer(door: web::Data<Door>, visit: Visit, path: web::Path<(i64, i64, String)>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("survey:{}", visit.client))?;
    let (link, key) = (link(&path)?, posted.get("key").to_string());
    links::check(&door.signer, link, &key)?;
    let (score, words) = (posted.get("score").trim().parse().unwrap_or(-1), posted.get("words").to_string());
    let kept = door.write(move |conn, now| {
        let customer = person(conn, link)?;
        let given = Given { survey: link.survey, round: link.round, customer, delivery: link.who.delivery(), score, words: words.clone() };
        surveys::answer(conn, &given, now)
    });
    match kept.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "survey-kept"),
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::SURVEY).typed(posted.pairs()).refuse(form::SURVEY, &wrong);
            return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, (link, key), Some(form)).await;
        }
        Err(Error::Conflict(text)) => visit.say(&door.signer, Tone::Error, &text),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &links::path(&door.signer, link)))
}
