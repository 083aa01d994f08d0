//! To whom each store shows its prices.

use super::desk::{Desk, refusal};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::ids::StoreId;
use storefront::stores::{self, PricesFor, Store};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const HERE: &str = "/admin/price-lists/visibility";
const NAMES: &[&str] = &["store", "version", "to"];

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    show(&desk, StatusCode::OK, Form::new(NAMES)).await
}

/// Every store with what was typed for it, or what is stored.
async fn show(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let all = desk.read(stores::list).await?;
    let row = |store: &Store| {
        let id = store.id.to_string();
        let chosen = if form.value("store") == id { form.value("to") } else { store.prices_for.as_str() };
        json!({ "id": id, "name": store.name, "version": store.version, "to": chosen })
    };
    let rows: Vec<Value> = all.iter().map(row).collect();
    let choices: Vec<&str> = PricesFor::ALL.iter().map(|one| one.as_str()).collect();
    let view = json!({ "rows": rows, "choices": choices, "form": form });
    desk.page_as(status, "admin/price_visibility.html", "admin-price-visibility", view)
}

/// Which store is meant, and to whom it is to show its prices.
fn meant(posted: &Posted) -> Result<(StoreId, PricesFor)> {
    let store: i64 = posted.get("store").parse().map_err(|_| Error::NotFound)?;
    let to = PricesFor::parse(posted.get("to")).ok_or_else(|| Error::field("to", "admin-price-visibility-choose"))?;
    Ok((StoreId(store), to))
}

pub async fn save(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let seen = posted.get("version").parse().unwrap_or(0);
    let stored = match meant(&posted) {
        Err(error) => Err(error),
        Ok((id, to)) => {
            desk.write(move |conn, act| {
                let before = stores::get(conn, id)?;
                stores::show_prices(conn, id, to, seen, act.now)?;
                let after = stores::get(conn, id)?;
                act.log(conn, "store.prices", &format!("store:{id}"), &before, &after)
            })
            .await
        }
    };
    match stored {
        Ok(()) => {
            desk.door.renew_sites().await?;
            Ok(desk.done(HERE, "admin-saved"))
        }
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}
