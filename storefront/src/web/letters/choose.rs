//! What somebody chooses of mail: topics, how often, and whether what they open may be counted. In the account, and by a link of a mail for
//! those who have none.

use super::own;
use super::pages::{draw, fields as read_fields, preferences_path};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::form::Form;
use crate::web::views::letters::{LetterPreferencesView, TopicChoice};
use crate::web::views::page::Tone;
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::campaigns::{hits, reports};
use crm::consents::{self, Consent, Statement};
use crm::email::Email;
use crm::frequencies::{self, Frequency};
use crm::topics::{self, TRACKING, Topic};
use crm::{CustomerId, customers, suppressions};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

/// What a form says. A frequency that was not sent stays as it is.
#[derive(Clone, Debug)]
pub struct Wanted {
    topics: Vec<String>,
    frequency: Option<Frequency>,
    tracking: bool,
}

impl Wanted {
    pub fn of(form: &Posted) -> Result<Wanted> {
        let topics = form.pairs().filter(|(_, value)| *value == "on").filter_map(|(name, _)| name.strip_prefix("topic-"));
        let topics = topics.map(str::to_string).collect();
        let frequency = match form.get("frequency") {
            "" => None,
            word => Some(Frequency::parse(word).ok_or_else(|| Error::field("frequency", "frequency-unknown"))?),
        };
        Ok(Wanted { topics, frequency, tracking: form.ticked("tracking") })
    }
}

/// Topics as a page shows them.
pub fn choices(topics: &[Topic], language: &str) -> Vec<TopicChoice> {
    let choice = |topic: &Topic| TopicChoice {
        code: topic.code.clone(),
        name: topic.name(language).to_string(),
        description: topic.description(language).to_string(),
    };
    topics.iter().map(choice).collect()
}

/// The names of the fields for these topics.
pub fn fields(topics: &[Topic]) -> Vec<String> {
    let named = topics.iter().map(|topic| format!("topic-{}", topic.code));
    named.chain(["frequency".to_string(), "tracking".to_string()]).collect()
}

/// How often there may be mail.
pub fn how_often(words: &Words, chosen: &str) -> Vec<Choice> {
    let choice = |one: &Frequency| Choice {
        value: one.as_str().to_string(),
        label: words.get(&format!("frequency-{}", one.as_str())),
        selected: one.as_str() == chosen,
    };
    Frequency::ALL.iter().map(choice).collect()
}

/// Fills a form with what a customer chose.
pub fn fill(conn: &mut Conn, form: Form, customer: CustomerId, topics: &[Topic]) -> Result<Form> {
    let ticked = |on: bool| if on { "on" } else { "" };
    let mut form = form.fill("frequency", frequencies::of(conn, customer)?.as_str());
    for code in topics.iter().map(|topic| topic.code.as_str()).chain([TRACKING]) {
        let given = consents::current(conn, customer, "email", code)? == Some(Consent::Given);
        let name = if code == TRACKING { TRACKING.to_string() } else { format!("topic-{code}") };
        form = form.fill(&name, ticked(given));
    }
    Ok(form)
}

/// Keeps what somebody chose. What was never said and is not said now stays unsaid; a yes takes back that the address was suppressed by
/// their own word.
pub fn keep(conn: &mut Conn, customer: CustomerId, wanted: &Wanted, proof: &str, now: Time) -> Result<()> {
    let known = customers::known(conn, customer)?;
    let mut again = false;
    for code in topics::public(conn)?.into_iter().map(|topic| topic.code).chain([TRACKING.to_string()]) {
        let wants = if code == TRACKING { wanted.tracking } else { wanted.topics.contains(&code) };
        let state = match (wants, consents::current(conn, customer, "email", &code)?) {
            (true, Some(Consent::Given)) | (false, None) => continue,
            (true, _) => Consent::Given,
            (false, Some(_)) => Consent::Withdrawn,
        };
        again |= wants && code != TRACKING;
        let said = Statement { channel: "email", topic: &code, legal_basis: "consent", state, proof };
        consents::record(conn, customer, &said, now)?;
    }
    if again && let Ok(address) = Email::parse(&known.email, "email") {
        suppressions::renew(conn, &address)?;
    }
    match wanted.frequency {
        Some(frequency) => frequencies::say(conn, customer, frequency, now),
        None => Ok(()),
    }
}

/// The preferences of whoever a mail was to.
pub async fn show(door: web::Data<Door>, visit: Visit, token: web::Path<String>) -> Result<HttpResponse> {
    let (id, token) = (own(&door, &token)?, token.into_inner());
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (page, view) = door
        .read(move |conn, now| {
            let found = hits::get(conn, id)?;
            let customer = reports::person(conn, &found)?.ok_or(Error::NotFound)?;
            let asked = topics::public(conn)?;
            let form = fill(conn, Form::new(&fields(&asked)), customer, &asked)?;
            let view = LetterPreferencesView {
                to: preferences_path(&token),
                topics: choices(&asked, seen.language.code()),
                frequencies: how_often(&words, form.value("frequency")),
                form,
            };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    draw(&door, &visit, StatusCode::OK, "preferences", "letter-preferences-title", page, view)
}

/// The token in the address is what proves the form: it was mailed to nobody else.
pub async fn save(door: web::Data<Door>, visit: Visit, token: web::Path<String>, body: web::Bytes) -> Result<HttpResponse> {
    let id = own(&door, &token)?;
    let wanted = Wanted::of(&read_fields(&body))?;
    door.write(move |conn, now| {
        let found = hits::get(conn, id)?;
        let customer = reports::person(conn, &found)?.ok_or(Error::NotFound)?;
        keep(conn, customer, &wanted, &format!("chosen by the link of mail {id}"), now)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "preferences-saved");
    Ok(door.go(&visit, &preferences_path(&token)))
}
