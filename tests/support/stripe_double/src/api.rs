//! Stripe's API, as far as a shop with Checkout Sessions calls it: key, idempotency, then the endpoint.

use crate::books::{Books, Kept, Session, SessionStatus, now};
use crate::errors::Refusal;
use crate::objects::list;
use crate::params::Params;
use serde_json::Value;

/// A request, already read.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub params: Params,
    /// What came after `Bearer`.
    pub key: String,
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub replayed: bool,
}

/// Answers as Stripe would. `instead` is a refusal that strikes in place of the endpoint.
pub fn answer(books: &mut Books, request: &Request, secret_key: &str, instead: Option<Refusal>) -> Reply {
    if request.key != secret_key {
        let shown: String = request.key.chars().take(8).chain("****".chars()).collect();
        return refuse(Refusal::key(&shown));
    }
    let identity = (request.method.clone(), request.path.clone(), request.params.clone());
    let key = request.idempotency_key.as_ref().filter(|_| request.method == "POST");
    if let Some(kept) = key.and_then(|key| books.kept.get(key)) {
        return match kept.request == identity {
            true => Reply { status: kept.status, body: kept.body.clone(), replayed: true },
            false => refuse(Refusal::other_request()),
        };
    }
    books.tick();
    let outcome = instead.map_or_else(|| endpoint(books, request), Err);
    let keeps = outcome.as_ref().map_or_else(|refusal| refusal.kept, |_| true);
    let reply = outcome.map_or_else(refuse, |body| Reply { status: 200, body, replayed: false });
    if let Some(key) = key.filter(|_| keeps) {
        books.kept.insert(key.clone(), Kept { request: identity, status: reply.status, body: reply.body.clone() });
    }
    reply
}

fn refuse(refusal: Refusal) -> Reply {
    Reply { status: refusal.status, body: refusal.body, replayed: false }
}

fn endpoint(books: &mut Books, request: &Request) -> Result<Value, Refusal> {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let params = &request.params;
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["v1", "checkout", "sessions"]) => {
            let session = new_session(books, params)?;
            let shown = books.show_session(&session, params);
            books.sessions.insert(session.id.clone(), session);
            Ok(shown)
        }
        ("GET", ["v1", "checkout", "sessions"]) => {
            let wanted = |session: &&Session| params.get("payment_intent").is_none_or(|intent| session.intent.as_deref() == Some(intent));
            let found = books.sessions.values().filter(wanted).map(|session| books.show_session(session, params)).collect();
            Ok(list("/v1/checkout/sessions", found))
        }
        ("GET", ["v1", "checkout", "sessions", id]) => show_session(books, id, params),
        ("POST", ["v1", "checkout", "sessions", id, "expire"]) => {
            let session = books.sessions.get(*id).ok_or_else(|| Refusal::not_found("checkout.session", id))?;
            if session.status != SessionStatus::Open {
                return Err(Refusal::state("resource_invalid_state", "Only Checkout Sessions with a status in [\"open\"] can be expired."));
            }
            let _closed = books.expire(id);
            show_session(books, id, params)
        }
        ("GET", ["v1", "payment_intents", id]) => show_intent(books, id, params),
        ("POST", ["v1", "payment_intents", id, "capture"]) => {
            books.capture(id, params.number("amount_to_capture"))?;
            show_intent(books, id, params)
        }
        ("POST", ["v1", "payment_intents", id, "cancel"]) => {
            books.cancel(id)?;
            show_intent(books, id, params)
        }
        ("POST", ["v1", "refunds"]) => {
            let intent = params.get("payment_intent").ok_or_else(|| Refusal::missing("payment_intent"))?;
            let reason = params.get("reason").map(str::to_string);
            let refund = books.refund(intent, params.number("amount"), reason, params.object("metadata"))?;
            Ok(books.show_refund(&refund))
        }
        ("GET", ["v1", "refunds"]) => {
            let after = params.get("starting_after");
            let wanted =
                books.refunds.iter().rev().filter(|refund| params.get("payment_intent").is_none_or(|intent| refund.intent == intent));
            let rest = wanted.skip_while(|refund| after.is_some_and(|after| refund.id != after)).skip(usize::from(after.is_some()));
            Ok(list("/v1/refunds", rest.map(|refund| books.show_refund(refund)).collect()))
        }
        ("GET", ["v1", "refunds", id]) => {
            let refund = books.refunds.iter().find(|refund| refund.id == *id).ok_or_else(|| Refusal::not_found("refund", id))?;
            Ok(books.show_refund(refund))
        }
        ("POST", ["v1", "disputes", id]) => books.update_dispute(id, params),
        ("GET", ["v1", "disputes", id]) => books.disputes.get(*id).cloned().ok_or_else(|| Refusal::not_found("dispute", id)),
        ("GET", ["v1", "events"]) => {
            let wanted = |event: &&Value| params.get("type").is_none_or(|kind| event.get("type").and_then(Value::as_str) == Some(kind));
            Ok(list("/v1/events", books.events.iter().rev().filter(wanted).cloned().collect()))
        }
        ("GET", ["v1", "events", id]) => {
            let found = books.events.iter().find(|event| event.get("id").and_then(Value::as_str) == Some(id));
            found.cloned().ok_or_else(|| Refusal::not_found("event", id))
        }
        (method, _) => Err(Refusal::no_route(method, &request.path)),
    }
}

fn show_session(books: &Books, id: &str, params: &Params) -> Result<Value, Refusal> {
    let session = books.sessions.get(id).ok_or_else(|| Refusal::not_found("checkout.session", id))?;
    Ok(books.show_session(session, params))
}

fn show_intent(books: &Books, id: &str, params: &Params) -> Result<Value, Refusal> {
    let intent = books.intents.get(id).ok_or_else(|| Refusal::not_found("payment_intent", id))?;
    Ok(books.show_intent(intent, params.expands("latest_charge")))
}

/// Checks a new session as strictly as Stripe does where a shop can go wrong.
fn new_session(books: &mut Books, params: &Params) -> Result<Session, Refusal> {
    let need = |name: &str| params.get(name).map(str::to_string).ok_or_else(|| Refusal::missing(name));
    if need("mode")? != "payment" {
        return Err(Refusal::invalid("mode", "The double knows mode=payment only."));
    }
    let price = |name: &str| format!("line_items[0][price_data]{name}");
    let currency = need(&price("[currency]"))?;
    let unit = params.number(&price("[unit_amount]")).filter(|unit| *unit > 0);
    let unit = unit.ok_or_else(|| Refusal::invalid(&price("[unit_amount]"), "Invalid positive integer"))?;
    if ["bhd", "jod", "kwd", "omr", "tnd"].contains(&currency.as_str()) && unit % 10 != 0 {
        return Err(Refusal::invalid(&price("[unit_amount]"), "Invalid amount: the last digit must be zero in three-decimal currencies."));
    }
    let quantity = params.number("line_items[0][quantity]").ok_or_else(|| Refusal::missing("line_items[0][quantity]"))?;
    let created = now();
    let expires_at = params.number("expires_at").unwrap_or(created + 24 * 3600);
    if !(created + 30 * 60 - 5..=created + 24 * 3600 + 5).contains(&expires_at) {
        return Err(Refusal::invalid("expires_at", "The `expires_at` timestamp must be between 30 minutes and 24 hours from now."));
    }
    if params.get("customer_email").is_some_and(|email| !email.contains('@')) {
        return Err(Refusal::invalid("customer_email", "Invalid email address"));
    }
    Ok(Session {
        id: books.id("cs_test"),
        created,
        expires_at,
        amount: unit * quantity,
        currency,
        status: SessionStatus::Open,
        intent: None,
        success_url: need("success_url")?,
        cancel_url: params.get("cancel_url").map(str::to_string),
        client_reference_id: params.get("client_reference_id").map(str::to_string),
        email: params.get("customer_email").map(str::to_string),
        locale: params.get("locale").map(str::to_string),
        product: need(&price("[product_data][name]"))?,
        manual: params.get("payment_intent_data[capture_method]") == Some("manual"),
        metadata: params.object("metadata"),
        intent_metadata: params.object("payment_intent_data[metadata]"),
        intent_description: params.get("payment_intent_data[description]").map(str::to_string),
    })
}
