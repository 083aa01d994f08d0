//! The filters that staff keep for a list.

use super::desk::Desk;
use crate::StaffId;
use crate::saved_filters::{self, List, SavedFilter, SavedFilterId};
use actix_web::HttpResponse;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;

/// The address of a list.
fn page(list: List) -> String {
    format!("/admin/{}", list.as_str())
}

/// The filters of a list as its page shows them; `query` is what the page asks now.
pub fn kept(conn: &mut Conn, me: StaffId, list: List, query: &str) -> Result<Vec<Value>> {
    let view = |one: SavedFilter| json!({ "id": one.id, "name": one.name, "query": one.query, "shared": one.shared, "own": one.staff_id == me, "here": one.query == query });
    Ok(saved_filters::of(conn, me, list)?.into_iter().map(view).collect())
}

/// Keeps `query` under the name that was typed.
pub async fn save(desk: &Desk, list: List, query: String, posted: &Posted) -> Result<HttpResponse> {
    let back = if query.is_empty() { page(list) } else { format!("{}?{query}", page(list)) };
    let (me, name, shared) = (desk.staff().id, posted.get("name").to_string(), posted.ticked("shared"));
    let stored = desk
        .write(move |conn, act| {
            let id = saved_filters::save(conn, (me, list), &name, &query, shared, act.now)?;
            let after = json!({ "list": list, "name": name, "query": query, "shared": shared });
            act.log(conn, "filter.save", &format!("filter:{id}"), &Value::Null, &after)
        })
        .await;
    match stored {
        Ok(()) => Ok(desk.done(&back, "admin-saved")),
        Err(Error::Invalid(fields)) => {
            let text = fields.0.into_values().next().unwrap_or_default();
            desk.explained(&back, Error::Conflict(text))
        }
        Err(error) => Err(error),
    }
}

pub async fn delete(desk: &Desk, list: List, id: i64) -> Result<HttpResponse> {
    let (id, me) = (SavedFilterId(id), desk.staff().id);
    let gone = desk
        .write(move |conn, act| {
            let before = saved_filters::remove(conn, (me, list), id)?;
            act.log(conn, "filter.delete", &format!("filter:{id}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done(&page(list), "admin-deleted")),
        Err(error) => Err(error),
    }
}
