//! Signing up for mail. The answer is the same whether or not the address is known; the yes is the button behind the link that is mailed.

use super::choose::{choices, fields};
use super::pages::draw;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::form::Form;
use crate::web::views::letters::{ConfirmView, NewsletterView};
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::email::Email;
use crm::sign_ups::{self, HOURS, Wish};
use crm::topics::{self, Topic};
use kernel::{Error, Result};
use serde::Deserialize;

/// What people agree to: its text is part of the proof.
const AGREED: &str = "newsletter-agree";
/// The field by which the block at the foot of pages asks for everything there is.
const EVERYTHING: &str = "everything";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Link {
    token: String,
}

fn names(topics: &[Topic]) -> Vec<String> {
    std::iter::once("email".to_string()).chain(fields(topics)).collect()
}

async fn page(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    typed: Option<Posted>,
    wrong: Option<Error>,
    sent: bool,
) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, topics) = door.read(move |conn, now| Ok((frame::load(conn, &seen, now)?, topics::public(conn)?))).await?;
    let names = names(&topics);
    let mut form = Form::new(&names);
    // Somebody who came here by a link wants all of it, more likely than nothing.
    for topic in &topics {
        form = form.fill(&format!("topic-{}", topic.code), if typed.is_none() { "on" } else { "" });
    }
    if let Some(typed) = &typed {
        form = form.typed(typed.pairs());
    }
    if let Some(Error::Invalid(fields)) = &wrong {
        form = form.refuse(&names, fields);
    }
    let view = NewsletterView { topics: choices(&topics, visit.language.code()), form, sent, hours: HOURS };
    draw(door, visit, status, "newsletter", "newsletter-title", page, view)
}

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    page(&door, &visit, StatusCode::OK, None, None, false).await
}

/// Keeps what somebody asks and mails the link. Whoever asks too often is refused, and an address that got enough mails gets no other one.
pub async fn ask(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&format!("newsletter:{}", visit.client))?;
    let text = Words::of(&door.templates, visit.language)?.get(AGREED);
    let (mailer, store, language) = (door.mailer(), visit.site.id, visit.language.code().to_string());
    let ticked = posted.pairs().filter(|(_, value)| *value == "on").filter_map(|(name, _)| name.strip_prefix("topic-"));
    let wanted: Vec<String> = ticked.map(str::to_string).collect();
    let everything = posted.ticked(EVERYTHING);
    let kept = match Email::parse(posted.get("email"), "email") {
        Ok(email) => {
            door.write(move |conn, now| {
                let topics = if everything { topics::public(conn)?.into_iter().map(|topic| topic.code).collect() } else { wanted.clone() };
                let wish = Wish { email: email.clone(), language: language.clone(), store: store.0, topics, text: text.clone() };
                match sign_ups::ask(conn, &wish, now)? {
                    Some(secret) => mailer.confirm_newsletter(conn, &wish, &secret, now),
                    None => Ok(()),
                }
            })
            .await
        }
        Err(error) => Err(error),
    };
    match kept {
        Ok(()) => page(&door, &visit, StatusCode::OK, None, None, true).await,
        Err(wrong @ Error::Invalid(_)) => page(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, Some(posted), Some(wrong), false).await,
        Err(error) => Err(error),
    }
}

async fn confirm_page(door: &Door, visit: &Visit, state: &'static str, token: String) -> Result<HttpResponse> {
    let seen = visit.clone();
    let page = door.read(move |conn, now| frame::load(conn, &seen, now)).await?;
    draw(door, visit, StatusCode::OK, "confirm", "newsletter-title", page, ConfirmView { state, token })
}

/// The page that the mail's link leads to. Opening it says nothing yet: scanners of mails open links too.
pub async fn link(door: web::Data<Door>, visit: Visit, query: web::Query<Link>) -> Result<HttpResponse> {
    let token = query.into_inner().token;
    let asked = token.clone();
    let found = door.read(move |conn, now| sign_ups::find(conn, &asked, now)).await?;
    confirm_page(&door, &visit, if found.is_some() { "ask" } else { "expired" }, token).await
}

pub async fn confirm(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    door.limits.sign_in.check(&visit.client)?;
    let token = posted.get("token").to_string();
    let done = door.write(move |conn, now| sign_ups::confirm(conn, &token, now)).await?;
    confirm_page(&door, &visit, if done.is_some() { "done" } else { "expired" }, String::new()).await
}
