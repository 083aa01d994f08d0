//! A question without an order, and a wish to be called.

use super::path;
use crate::articles::trials;
use crate::service;
use crate::stores;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::articles::HelpLink;
use crate::web::views::form::{self, Form};
use crate::web::views::page::{Page, Tone};
use crate::web::views::requests::ContactView;
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{account, articles};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};
use crm::email::Email;
use crm::tickets::{Asker, Channel, Kind, New, NewMessage, ORDINARY};
use crm::trails;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, token};

/// Longest name and telephone number, in characters.
const NAME: usize = 200;
const PHONE: usize = 50;
/// Articles that are shown before a question is sent.
const SUGGESTED: usize = 3;
/// Days ahead for which a call can be asked.
const CALLED: i64 = 90;

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let form = Form::new(form::CONTACT).fill("request", token::random());
    render(&door, &visit, StatusCode::OK, form, Vec::new()).await
}

/// Articles that may answer a question which is about to be sent.
async fn before(door: &Door, visit: &Visit, question: &str) -> Result<Vec<HelpLink>> {
    let (shelf, language, question) = (door.clone(), visit.language, question.to_string());
    door.read(move |conn, _| articles::suggested(&shelf, conn, language.code(), &question, SUGGESTED)).await
}

/// Whether articles that fit are shown: to everybody but the few with whom the others are compared. Who did not allow to be recognised is in
/// neither group.
async fn suggests(door: &Door, visit: &Visit) -> Result<bool> {
    let seen = visit.clone();
    let secret = door.read(move |conn, now| tried(conn, &seen, now)).await?;
    let Some(secret) = secret else { return Ok(true) };
    let shows = !trials::control(&secret);
    door.write(move |conn, now| trials::begin(conn, &secret, now)).await?;
    Ok(shows)
}

/// The secret of a browser that may be recognised, whoever is signed in.
fn tried(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Option<String>> {
    let Some(secret) = visit.trail() else { return Ok(None) };
    let may = visit.customer(conn, now)?.map_or(Ok(true), |customer| trails::allowed(conn, customer))?;
    Ok(may.then(|| secret.to_string()))
}

/// Keeps that whoever was shown articles, or was not, opened a ticket.
pub(super) fn asked(conn: &mut Conn, visit: &Visit, now: Time) -> Result<()> {
    match tried(conn, visit, now)? {
        Some(secret) => trials::asked(conn, &secret, now),
        None => Ok(()),
    }
}

/// The page. Where articles are shown, sending the form again sends the question.
async fn render(door: &Door, visit: &Visit, status: StatusCode, form: Form, articles: Vec<HelpLink>) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (mut page, guest, orders) = door
        .read(move |conn, now| {
            let customer = seen.customer(conn, now)?;
            let orders = customer.map_or(Ok(Vec::new()), |customer| account::last_orders(conn, customer))?;
            Ok((frame::load(conn, &seen, now)?, customer.is_none(), orders))
        })
        .await?;
    page.title = Words::of(&door.templates, visit.language)?.get("contact-title");
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, "/contact", visit.language);
    door.render_as(status, visit, "storefront/contact.html", &Page { page, view: ContactView { form, guest, articles, orders } })
}

/// When somebody would like to be called, by the clocks of the shop.
#[derive(Clone, Copy)]
struct Window {
    from: Time,
    until: Time,
}

fn window(posted: &Posted, wrong: &mut Fields) -> Option<Window> {
    // Years of four figures: calendars go on for longer than clocks.
    let day = NaiveDate::parse_from_str(posted.get("day").trim(), "%Y-%m-%d").ok().filter(|day| (1900..=9999).contains(&day.year()));
    let hour = |name: &str| NaiveTime::parse_from_str(posted.get(name).trim(), "%H:%M").ok();
    match (day, hour("from"), hour("until")) {
        (Some(day), Some(from), Some(until)) if from < until => Some(Window { from: day.and_time(from), until: day.and_time(until) }),
        _ => {
            wrong.add("day", "contact-window");
            None
        }
    }
}

/// What a form asks.
struct Asked {
    new: New<'static>,
    window: Option<Window>,
    email: String,
    token: String,
}

/// The question that a form holds, and when they would like to be called.
fn read(posted: &Posted, visit: &Visit) -> Result<(New<'static>, Option<Window>)> {
    let mut wrong = Fields::default();
    let calls = posted.ticked("call");
    let window = if calls { window(posted, &mut wrong) } else { None };
    let (name, phone) = (posted.get("name").trim().to_string(), posted.get("phone").trim().to_string());
    if name.chars().count() > NAME {
        wrong.add("name", "ticket-too-long");
    }
    if phone.chars().count() > PHONE {
        wrong.add("phone", "ticket-too-long");
    }
    if calls && !phone.chars().any(|letter| letter.is_ascii_digit()) {
        wrong.add("phone", "contact-phone");
    }
    if posted.get("subject").trim().is_empty() {
        wrong.add("subject", "field-required");
    }
    if posted.get("body").trim().is_empty() {
        wrong.add("body", "ticket-body-missing");
    }
    wrong.check()?;
    let (kind, channel) = if calls { (Kind::CallBack, Channel::CallBack) } else { (Kind::Question, Channel::Web) };
    let new = New {
        kind,
        channel,
        subject: posted.get("subject").to_string(),
        asker: Asker { name, phone, ..Asker::default() },
        order: None,
        lines: Vec::new(),
        store: visit.site.id.0,
        language: visit.language.code().to_string(),
        call: None,
        queue: String::new(),
        priority: ORDINARY,
        message: NewMessage::text(posted.get("body")),
        logged_by: None,
        request_key: None,
    };
    Ok((new, window))
}

pub async fn ask(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("contact:{}", visit.client))?;
    if !(16..=64).contains(&posted.get("request").len()) {
        return Err(Error::NotFound);
    }
    let written = match read(&posted, &visit) {
        Err(error) => Err(error),
        Ok((new, window)) => {
            let question = format!("{} {}", new.subject, new.message.body);
            if !posted.ticked("sure") && window.is_none() {
                let articles = before(&door, &visit, &question).await?;
                if !articles.is_empty() && suggests(&door, &visit).await? {
                    let form = Form::new(form::CONTACT).typed(posted.pairs());
                    return render(&door, &visit, StatusCode::OK, form, articles).await;
                }
            }
            let asked = Asked { new, window, email: posted.get("email").to_string(), token: posted.get("request").to_string() };
            let seen = visit.clone();
            door.write(move |conn, now| open(conn, &seen, &asked, now)).await
        }
    };
    match written {
        // A guest may have typed anybody's address: the link goes there and nowhere else.
        Ok((_, true)) => {
            visit.say(&door.signer, Tone::Success, "contact-was-sent-guest");
            Ok(door.go(&visit, "/contact"))
        }
        Ok((number, false)) => {
            visit.say(&door.signer, Tone::Success, "request-was-sent");
            Ok(door.go(&visit, &path(&door.signer, &number)))
        }
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::CONTACT).typed(posted.pairs()).refuse(form::CONTACT, &wrong);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, form, Vec::new()).await
        }
        Err(error) => Err(error),
    }
}

/// Opens the ticket. Answers its number, and whether a guest asked.
fn open(conn: &mut Conn, visit: &Visit, asked: &Asked, now: Time) -> Result<(String, bool)> {
    let Asked { new, window, email, token } = asked;
    let mut new = new.clone();
    let shop = stores::shop(conn, visit.site.id)?;
    new.call = window.map(|window| (shop.moment(window.from), shop.moment(window.until)));
    if new.call.is_some_and(|(from, until)| until <= now || from > now + TimeDelta::days(CALLED)) {
        return Err(Error::field("day", "contact-window"));
    }
    new.asker.customer = visit.customer(conn, now)?;
    let guest = new.asker.customer.is_none();
    if guest {
        new.asker.email = Some(Email::parse(email, "email")?);
    }
    // The form's token is whatever the browser sends: it finds a request again for the same person alone.
    let who = new.asker.customer.map_or_else(|| "guest".to_string(), |customer| customer.to_string());
    new.request_key = Some(format!("contact:{who}:{token}"));
    let opened = service::question(conn, visit.site.id, new, now)?;
    self::asked(conn, visit, now)?;
    Ok((opened.number, guest))
}
