//! One box for everything: orders, customers and products by what somebody remembers of them.

use super::desk::Desk;
use super::orders::rows;
use crate::permissions::Permission;
use actix_web::HttpResponse;
use crm::customers::Customer;
use kernel::Result;
use serde_json::{Value, json};
use storefront::orders::{self, Filter};
use storefront::{catalog, shop, stores};

/// Of each kind so many are shown; a link leads to the rest.
const EACH: i64 = 8;

/// What was found, of what the person may see. A single order or product is opened at once.
pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let q = desk.query("q").trim().to_string();
    if q.is_empty() {
        return desk.page("admin/find.html", "admin-find", json!({ "q": q, "sections": 0 }));
    }
    let (asked, may) = (q.clone(), desk.grants().clone());
    let (mut view, only) = desk
        .read(move |conn| {
            let (mut view, mut addresses) = (json!({}), Vec::new());
            if may.may(Permission::OrdersView) {
                let found = orders::list(conn, &Filter { search: Some(asked.clone()), ..Filter::default() }, EACH)?;
                addresses.extend(found.iter().map(|order| super::order::address(&order.number)));
                view["orders"] = json!(rows(&found, &stores::list(conn)?)?);
            }
            if may.may(Permission::CustomersView) {
                let people = crm::customers::named(conn, &asked, EACH)?;
                addresses.extend(people.iter().map(|one| super::customer::address(one.id)));
                let view_of = |one: &Customer| json!({ "email": one.email, "name": one.name, "at": super::customer::address(one.id) });
                view["people"] = people.iter().map(view_of).collect::<Vec<Value>>().into();
            }
            if may.may(Permission::ProductsView) {
                let currency = shop::get(conn)?.currency;
                let found = catalog::product_list(conn, &catalog::Filter { text: asked, ..Default::default() }, currency, EACH)?;
                addresses.extend(found.iter().map(|product| format!("/admin/products/{}", product.id)));
                view["products"] = found
                    .iter()
                    .map(|one| json!({ "id": one.id, "title": one.title, "status": one.status, "brand": one.brand }))
                    .collect::<Vec<Value>>()
                    .into();
            }
            let only = if addresses.len() == 1 { addresses.pop() } else { None };
            Ok((view, only))
        })
        .await?;
    if let Some(address) = only {
        return Ok(desk.door.go(&desk.visit, &address));
    }
    view["orders_at"] = json!(list("orders", &q));
    view["products_at"] = json!(list("products", &q));
    view["q"] = json!(q);
    view["each"] = json!(EACH);
    desk.page("admin/find.html", "admin-find", view)
}

/// The address of a list that is searched for `q`.
fn list(part: &str, q: &str) -> String {
    format!("/admin/{part}?{}", form_urlencoded::Serializer::new(String::new()).append_pair("q", q).finish())
}
