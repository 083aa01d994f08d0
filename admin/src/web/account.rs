//! One's own account: the password, and where one is signed in.

use super::desk::{Desk, refusal};
use super::sign_in;
use crate::{second_factor, sessions, staff};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::error::Fields;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["current_password", "new_password"];

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, Form::new(NAMES)).await
}

async fn page(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let (id, now) = (desk.staff().id, desk.door.now());
    let (open, factor) = desk.read(move |conn| Ok((sessions::of(conn, id, now)?, second_factor::state(conn, id)?))).await?;
    let rows: Vec<Value> = open
        .iter()
        .map(|one| {
            let (browser, system) = device(&one.user_agent);
            json!({ "key": one.token_hash, "browser": browser, "system": system, "started": one.created_at, "seen": one.last_seen_at,
                "this": one.token_hash == desk.present.session })
        })
        .collect();
    let view = json!({ "email": desk.staff().email, "sessions": rows, "second_factor": factor.on, "spares": factor.spares, "form": form });
    desk.page_as(status, "admin/account.html", "admin-account", view)
}

/// The browser and the system that a user agent names, as far as it does. Those whose names are in other browsers' too come last.
fn device(user_agent: &str) -> (&'static str, &'static str) {
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("", |(_, name)| name);
    (named(&browsers), named(&systems))
}

/// Checks the password that somebody types once more before something that matters. `Invalid` about `field` when it is wrong,
/// `TooMany` after too many tries.
pub async fn prove(desk: &Desk, password: &str, field: &str) -> Result<()> {
    let id = desk.staff().id;
    if sign_in::too_many(&desk.door, &desk.visit, &format!("staff:again:{id}")) {
        return Err(Error::field(field, "admin-sign-in-too-many"));
    }
    let hash = desk.read(move |conn| staff::password_hash(conn, id)).await?;
    if sign_in::matches(password, hash).await? { Ok(()) } else { Err(Error::field(field, "password-wrong")) }
}

pub async fn password(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    match change(&desk, &posted).await {
        Ok(()) => Ok(desk.done("/admin/account", "admin-password-changed")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, status, Form::new(NAMES).refuse(NAMES, &wrong)).await
        }
    }
}

async fn change(desk: &Desk, posted: &Posted) -> Result<()> {
    prove(desk, posted.get("current_password"), "current_password").await?;
    let hash = sign_in::hashed(posted.get("new_password")).await.map_err(|error| match error {
        Error::Invalid(fields) => {
            let mut wrong = Fields::default();
            fields.0.into_values().for_each(|text| wrong.add("new_password", text));
            Error::Invalid(wrong)
        }
        other => other,
    })?;
    let (id, session, subject) = (desk.staff().id, desk.present.session.clone(), desk.staff().actor());
    desk.write(move |conn, act| {
        staff::set_password(conn, id, &hash, Some(&session))?;
        act.log(conn, "staff.password", &subject, &Value::Null, &Value::Null)
    })
    .await
}

pub async fn end(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (id, key, subject) = (desk.staff().id, posted.get("session").to_string(), desk.staff().actor());
    desk.write(move |conn, act| {
        // Ended twice is ended.
        if sessions::end(conn, id, &key)? {
            act.log(conn, "staff.sessions_end", &subject, &Value::Null, &json!({ "ended": 1 }))?;
        }
        Ok(())
    })
    .await?;
    Ok(desk.done("/admin/account", "admin-session-ended"))
}

pub async fn end_others(desk: Desk, _: Posted) -> Result<HttpResponse> {
    let (id, session, subject) = (desk.staff().id, desk.present.session.clone(), desk.staff().actor());
    desk.write(move |conn, act| {
        let ended = sessions::of(conn, id, act.now)?.len() - 1;
        sessions::end_others(conn, id, Some(&session))?;
        act.log(conn, "staff.sessions_end", &subject, &Value::Null, &json!({ "ended": ended }))
    })
    .await?;
    Ok(desk.done("/admin/account", "admin-sessions-ended"))
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_device_is_named_by_what_people_know() {
        for (agent, browser, system) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari",
                "macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1",
                "Chrome",
                "iOS",
            ),
            ("curl/8.0", "", ""),
        ] {
            assert_eq!(device(agent), (browser, system), "{agent}");
        }
    }
}
