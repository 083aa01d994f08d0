//! Keys of programs that use the JSON API. A key is shown once, on the page that answers its making.

use super::desk::{Desk, refusal};
use super::forms::Reader;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::api_keys::{self, ApiKey, Scope};
use storefront::ids::ApiKeyId;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const BASE: &[&str] = &["name", "expires_at"];

/// The names of the form: a scope is a checkbox, named without the colon that an element's id had better not have.
fn names() -> Vec<String> {
    let scopes = Scope::ALL.iter().map(|scope| field(*scope));
    BASE.iter().map(ToString::to_string).chain(scopes).collect()
}

fn field(scope: Scope) -> String {
    format!("scope-{}", scope.as_str().replace(':', "-"))
}

fn blank() -> Form {
    Form::new(&names().iter().map(String::as_str).collect::<Vec<_>>())
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, blank(), None).await
}

async fn show(desk: &Desk, status: StatusCode, form: Form, secret: Option<String>) -> Result<HttpResponse> {
    let keys = desk.read(api_keys::list).await?;
    let now = desk.door.now();
    let rows: Vec<Value> = keys
        .iter()
        .map(|key| json!({ "id": key.id, "name": key.name, "scopes": key.scopes, "created_at": key.created_at, "expires_at": key.expires_at, "state": state(key, now) }))
        .collect();
    let scopes: Vec<Value> = Scope::ALL
        .iter()
        .map(|scope| json!({ "field": field(*scope), "word": scope.as_str(), "label": format!("admin-{}", field(*scope)) }))
        .collect();
    desk.page_as(status, "admin/api_keys.html", "admin-api-keys", json!({ "keys": rows, "scopes": scopes, "form": form, "secret": secret }))
}

fn state(key: &ApiKey, now: Time) -> &'static str {
    match (key.revoked_at, key.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(at)) if at <= now => "expired",
        _ => "works",
    }
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let mut reader = Reader::new(&posted, Currency::EUR);
    let (name, expires) = (reader.text("name"), reader.moment("expires_at"));
    let scopes: Vec<Scope> = Scope::ALL.iter().copied().filter(|scope| reader.ticked(&field(*scope))).collect();
    let made = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let (id, secret) = api_keys::create(conn, &name, &scopes, expires, act.now)?;
                let after = json!({ "name": name, "scopes": scopes, "expires_at": expires });
                act.log(conn, "api_key.create", &format!("api_key:{id}"), &Value::Null, &after)?;
                Ok(secret)
            })
            .await
        }
    };
    match made {
        Ok(secret) => show(&desk, StatusCode::CREATED, blank(), Some(secret)).await,
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let names = names();
            let order: Vec<&str> = names.iter().map(String::as_str).collect();
            show(&desk, status, blank().typed(posted.pairs()).refuse(&order, &wrong), None).await
        }
    }
}

pub async fn revoke(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = ApiKeyId(*id);
    desk.write(move |conn, act| {
        let before = api_keys::list(conn)?.into_iter().find(|key| key.id == id).ok_or(Error::NotFound)?;
        api_keys::revoke(conn, id, act.now)?;
        act.log(
            conn,
            "api_key.revoke",
            &format!("api_key:{id}"),
            &json!({ "revoked_at": before.revoked_at }),
            &json!({ "revoked_at": act.now }),
        )
    })
    .await?;
    Ok(desk.done("/admin/api-keys", "admin-api-key-revoked"))
}
