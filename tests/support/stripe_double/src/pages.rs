//! The payment page that shoppers are sent to: plain HTML with a button for each of Stripe's well-known test cards.

use crate::Inner;
use crate::acts::NotPaid;
use crate::books::{Session, SessionStatus};
use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use actix_web::web::{Bytes, Data, Path};

const GOOD: &str = "4242424242424242";
const DECLINED: &str = "4000000000000002";
const CHALLENGED: &str = "4000002500003155";

pub async fn show(session: Path<String>, inner: Data<Inner>) -> HttpResponse {
    inner.books.lock().tick();
    inner.clone().into_inner().post_new_events();
    page(&inner, &session, None)
}

pub async fn attempt(session: Path<String>, body: Bytes, inner: Data<Inner>) -> HttpResponse {
    let card = field(&body, "card");
    let digits: String = card.chars().filter(char::is_ascii_digit).collect();
    let outcome = match digits.as_str() {
        DECLINED => inner.books.lock().decline(&session, "generic_decline"),
        CHALLENGED => inner.books.lock().challenge(&session),
        GOOD => inner.books.lock().pay(&session),
        _ => return page(&inner, &session, Some("Your card number is invalid.")),
    };
    inner.clone().into_inner().post_new_events();
    match (outcome, digits.as_str()) {
        (Err(_), _) => page(&inner, &session, None),
        (Ok(()), DECLINED) => page(&inner, &session, Some("Your card was declined. Please try a different card.")),
        (Ok(()), CHALLENGED) => see_other(&format!("/pay/{session}/authenticate")),
        (Ok(()), _) => back(&inner, &session),
    }
}

pub async fn challenge(session: Path<String>, inner: Data<Inner>) -> HttpResponse {
    let open = inner.books.lock().sessions.get(session.as_str()).is_some_and(|session| session.status == SessionStatus::Open);
    if !open {
        return page(&inner, &session, None);
    }
    let form = format!(
        "<h1>3-D Secure</h1><p>Your bank asks whether it is you.</p>\
         <form method=\"post\" action=\"/pay/{0}/authenticate\"><button name=\"answer\" value=\"complete\">Complete</button>\
         <button name=\"answer\" value=\"fail\">Fail</button></form>",
        escape(&session)
    );
    html(200, &form)
}

pub async fn authenticate(session: Path<String>, body: Bytes, inner: Data<Inner>) -> HttpResponse {
    let complete = field(&body, "answer") == "complete";
    let outcome: Result<(), NotPaid> = {
        let mut books = inner.books.lock();
        if complete { books.pay(&session) } else { books.decline(&session, "authentication_required") }
    };
    inner.clone().into_inner().post_new_events();
    match outcome {
        Ok(()) if complete => back(&inner, &session),
        Ok(()) => page(&inner, &session, Some("We are unable to authenticate your payment method.")),
        Err(_) => page(&inner, &session, None),
    }
}

fn page(inner: &Inner, id: &str, message: Option<&str>) -> HttpResponse {
    let books = inner.books.lock();
    let Some(session) = books.sessions.get(id) else { return html(404, "<h1>Something went wrong</h1><p>There is no such page.</p>") };
    match session.status {
        SessionStatus::Open => html(200, &form(session, message)),
        SessionStatus::Complete => {
            let link = format!("<h1>You're all done here</h1><p><a href=\"{}\">Return to the shop</a></p>", escape(&success(session)));
            html(200, &link)
        }
        SessionStatus::Expired => html(200, &format!("<h1>This page has expired</h1>{}", cancel(session))),
    }
}

fn form(session: &Session, message: Option<&str>) -> String {
    let alert = message.map(|text| format!("<p role=\"alert\">{}</p>", escape(text))).unwrap_or_default();
    let button = |card: &str, text: &str| format!("<p><button name=\"card\" value=\"{card}\">{text}</button></p>");
    format!(
        "<h1>{}</h1><p>{} {}</p><p>{}</p>{alert}<form method=\"post\" action=\"/pay/{}\">{}{}{}</form>{}",
        escape(&session.product),
        session.amount,
        escape(&session.currency.to_uppercase()),
        escape(session.email.as_deref().unwrap_or_default()),
        session.id,
        button(GOOD, "Pay with 4242 4242 4242 4242"),
        button(DECLINED, "Pay with 4000 0000 0000 0002 (declined)"),
        button(CHALLENGED, "Pay with 4000 0025 0000 3155 (3-D Secure)"),
        cancel(session),
    )
}

fn cancel(session: &Session) -> String {
    session.cancel_url.as_deref().map(|url| format!("<p><a href=\"{}\">Back to the shop</a></p>", escape(url))).unwrap_or_default()
}

fn success(session: &Session) -> String {
    session.success_url.replace("{CHECKOUT_SESSION_ID}", &session.id)
}

fn back(inner: &Inner, id: &str) -> HttpResponse {
    let url = inner.books.lock().sessions.get(id).map(success);
    see_other(url.as_deref().unwrap_or("/"))
}

fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}

fn field(body: &[u8], name: &str) -> String {
    form_urlencoded::parse(body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn html(status: u16, main: &str) -> HttpResponse {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Payment (test)</title></head><body><main>{main}</main></body></html>"
    );
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap_or_default())
        .content_type("text/html; charset=utf-8")
        .body(page)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
