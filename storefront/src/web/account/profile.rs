//! Name, phone, birthday, language, news and password.

use super::register::name;
use super::{blocking, draw_in, or_sign_in, theirs};
use crate::logins;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::views::account::ProfileView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::{PageView, Tone};
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::consents::{self, Consent, Statement};
use crm::{CustomerId, birthdays, customers};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Result, token};

/// The most characters of a phone number.
const PHONE: usize = 40;

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, form) = or_sign_in!(theirs(&door, &visit, move |conn, id, now| stored(conn, &seen, id, now)));
    render(&door, &visit, StatusCode::OK, page, form)
}

fn stored(conn: &mut Conn, visit: &Visit, id: CustomerId, now: Time) -> Result<(PageView, Form)> {
    let customer = customers::get(conn, id)?;
    let news = consents::current(conn, id, "email", "news")? == Some(Consent::Given);
    let (month, day) = birthdays::parts(&customer.birthday);
    let form = Form::new(form::PROFILE)
        .fill("name", customer.name)
        .fill("email", customer.email)
        .fill("phone", customer.phone)
        .fill("birth_month", month)
        .fill("birth_day", day)
        .fill("language", Language::parse(&customer.language).unwrap_or_default().code())
        .fill("marketing", if news { "on" } else { "" });
    Ok((frame::load(conn, visit, now)?, form))
}

fn render(door: &Door, visit: &Visit, status: StatusCode, page: PageView, form: Form) -> Result<HttpResponse> {
    let chosen = form.value("language").to_string();
    let choice = |language: Language| Choice {
        value: language.code().to_string(),
        label: language.name().to_string(),
        selected: language.code() == chosen,
    };
    let view = ProfileView { languages: Language::all().iter().copied().map(choice).collect(), form };
    draw_in(door, visit, status, "profile", "account-profile", page, view)
}

/// What the form asks for, checked as far as it can be without the stored password.
#[derive(Clone)]
struct Wanted {
    name: String,
    phone: String,
    birthday: String,
    language: Language,
    news: bool,
}

fn read(form: &Posted, wrong: &mut Fields) -> Wanted {
    let name = name(form, wrong);
    let phone = form.get("phone").split_whitespace().collect::<Vec<_>>().join(" ");
    if phone.chars().count() > PHONE {
        wrong.add("phone", "field-too-long");
    }
    let birthday = birthdays::typed(form.get("birth_month"), form.get("birth_day")).unwrap_or_else(|_| {
        wrong.add("birth_day", "birthday-invalid");
        String::new()
    });
    let language = Language::parse(form.get("language"));
    if language.is_none() {
        wrong.add("language", "language-unknown");
    }
    Wanted { name, phone, birthday, language: language.unwrap_or_default(), news: form.ticked("marketing") }
}

pub async fn save(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, hash) = or_sign_in!(theirs(&door, &visit, move |conn, _, now| {
        let login = seen.login(conn, now)?;
        Ok((frame::load(conn, &seen, now)?, logins::password_hash(conn, login)?.unwrap_or_default()))
    }));
    let mut wrong = Fields::default();
    let wanted = read(&form, &mut wrong);
    let password = if form.get("new_password").is_empty() { None } else { new_password(&door, &visit, &form, hash, &mut wrong).await? };
    if !wrong.0.is_empty() {
        let typed = Form::new(form::PROFILE).typed(form.pairs()).fill("current_password", "").fill("new_password", "");
        return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, page, typed.refuse(form::PROFILE, &wrong));
    }
    let (seen, session) = (visit.clone(), token::random());
    let (kept, changed) = (session.clone(), password.is_some());
    door.write(move |conn, now| {
        let id = seen.signed_in(conn, now)?;
        customers::update_profile(conn, id, &wanted.name, &wanted.phone, wanted.language.code(), now)?;
        if customers::get(conn, id)?.birthday != wanted.birthday {
            birthdays::set(conn, id, &wanted.birthday, now)?;
        }
        set_news(conn, id, wanted.news, "set in the account", now)?;
        if let Some(hash) = &password {
            // Every other device is signed out; this one goes on with a session of its own.
            let login = seen.login(conn, now)?;
            logins::set_password(conn, login, hash)?;
            logins::open_session(conn, login, &session, &seen.user_agent, now)?;
        }
        Ok(())
    })
    .await?;
    if changed {
        visit.sign_in(&kept);
    }
    visit.say(&door.signer, Tone::Success, "form-saved");
    Ok(door.go(&visit, "/account/profile"))
}

/// The hash of the new password, when the current one is right.
async fn new_password(door: &Door, visit: &Visit, form: &Posted, hash: String, wrong: &mut Fields) -> Result<Option<String>> {
    door.limits.sign_in.check(&visit.client)?;
    let (current, new) = (form.get("current_password").to_string(), form.get("new_password").to_string());
    if let Err(kernel::Error::Invalid(fields)) = logins::check_password(&new) {
        fields.0.into_values().for_each(|text| wrong.add("new_password", text));
        return Ok(None);
    }
    if current.len() > 1000 || !blocking(move || logins::matches(&current, &hash)).await? {
        wrong.add("current_password", "password-wrong");
        return Ok(None);
    }
    blocking(move || logins::hash_password(&new)).await?.map(Some)
}

/// Records a change of mind. Never ticked and not ticked now says nothing.
fn set_news(conn: &mut Conn, id: CustomerId, wanted: bool, proof: &str, now: Time) -> Result<()> {
    let before = consents::current(conn, id, "email", "news")?;
    let state = match (wanted, before) {
        (true, _) => Consent::Given,
        (false, Some(_)) => Consent::Withdrawn,
        (false, None) => return Ok(()),
    };
    let statement = Statement { channel: "email", topic: "news", legal_basis: "consent", state, proof };
    consents::record(conn, id, &statement, now)
}
