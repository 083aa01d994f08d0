//! What the customer allows and chooses: mail by topic and how often, suggestions, what is remembered of browsing, language. Each answer is
//! a statement in the ledger of consents; what was never said and is not said now stays unsaid.

use super::{draw_in, or_sign_in, theirs};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::letters::{self, Wanted};
use crate::web::posted::Posted;
use crate::web::views::account::PreferencesView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::{PageView, Tone};
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::consents::{self, Consent, Statement};
use crm::topics::{self, Topic};
use crm::trails::{self, Evidence};
use crm::{CustomerId, customers};
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};

const PROOF: &str = "set in the account’s preferences";

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, topics, form) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| stored(conn, &seen, id, now)));
    let chosen = form.value("language").to_string();
    let choice = |language: Language| Choice {
        value: language.code().to_string(),
        label: language.name().to_string(),
        selected: language.code() == chosen,
    };
    let words = Words::of(&door.templates, visit.language)?;
    let view = PreferencesView {
        languages: Language::all().iter().copied().map(choice).collect(),
        topics: letters::choices(&topics, visit.language.code()),
        frequencies: letters::how_often(&words, form.value("frequency")),
        form,
    };
    draw_in(&door, &visit, StatusCode::OK, "preferences", "account-preferences", page, view)
}

fn stored(conn: &mut Conn, visit: &Visit, id: CustomerId, now: Time) -> Result<(PageView, Vec<Topic>, Form)> {
    let customer = customers::get(conn, id)?;
    let said = |conn: &mut Conn, channel, topic| consents::current(conn, id, channel, topic);
    let ticked = |on: bool| if on { "on" } else { "" };
    let topics = topics::public(conn)?;
    let mut names: Vec<String> = form::PREFERENCES.iter().map(ToString::to_string).collect();
    names.extend(letters::fields(&topics));
    let form = Form::new(&names)
        // Suggestions follow from what somebody bought here; they are made until somebody says no.
        .fill("recommendations", ticked(said(conn, "site", "recommendations")? != Some(Consent::Withdrawn)))
        .fill("browsing", ticked(said(conn, "site", "browsing")? == Some(Consent::Given)))
        .fill("language", Language::parse(&customer.language).unwrap_or_default().code());
    let form = letters::fill(conn, form, id, &topics)?;
    Ok((frame::load(conn, visit, now)?, topics, form))
}

pub async fn save(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let language = Language::parse(form.get("language")).ok_or_else(|| Error::field("language", "language-unknown"))?;
    let (recommendations, browsing) = (form.ticked("recommendations"), form.ticked("browsing"));
    let wanted = Wanted::of(&form)?;
    let seen = visit.clone();
    let before = or_sign_in!(theirs(&door, &visit, |conn, id, _| consents::current(conn, id, "site", "browsing")));
    // The answer about browsing is this browser's too, as at /privacy.
    let secret = if browsing && before != Some(Consent::Given) { Some(visit.allow()) } else { None };
    if !browsing && (before == Some(Consent::Given) || visit.trail().is_some()) {
        visit.refuse();
    }
    let write = door.write(move |conn, now| {
        let id = seen.signed_in(conn, now)?;
        let customer = customers::known(conn, id)?;
        customers::update_profile(conn, id, &customer.name, &customer.phone, language.code(), now)?;
        letters::keep(conn, id, &wanted, PROOF, now)?;
        say_recommendations(conn, id, recommendations, now)?;
        match (browsing, consents::current(conn, id, "site", "browsing")?) {
            (true, _) => trails::say(conn, id, Consent::Given, now)?,
            (false, Some(_)) => trails::say(conn, id, Consent::Withdrawn, now)?,
            (false, None) => {}
        }
        if let Some(secret) = &secret {
            trails::join(conn, secret, id, Evidence::SignIn, "signed in when it was allowed", now)?;
        }
        Ok(id)
    });
    // What was kept of them follows from what they allowed before.
    door.memory.own.forget(&write.await?);
    visit.say(&door.signer, Tone::Success, "preferences-saved");
    Ok(door.go(&visit, "/account/preferences"))
}

/// Keeps a no, and a yes that takes a no back.
fn say_recommendations(conn: &mut Conn, id: CustomerId, wanted: bool, now: Time) -> Result<()> {
    let (channel, topic) = ("site", "recommendations");
    let state = match (wanted, consents::current(conn, id, channel, topic)?) {
        (true, None) => return Ok(()),
        (true, Some(_)) => Consent::Given,
        (false, _) => Consent::Withdrawn,
    };
    consents::record(conn, id, &Statement { channel, topic, legal_basis: "consent", state, proof: PROOF }, now)
}
