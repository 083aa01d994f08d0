//! The first page: what was sold, what sells, and what waits for somebody.

use super::chart;
use super::choice;
use super::desk::Desk;
use crate::forum;
use crate::permissions::Permission;
use actix_web::HttpResponse;
use crm::tasks;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Result, jobs, mail};
use serde_json::{Value, json};
use storefront::returns::{self, Status};
use storefront::sales::{self, Period, Sum};
use storefront::shop::Shop;
use storefront::{catalog, orders, payments, stores};

/// Up to how many orders are counted; beyond, the page says that there are more.
const COUNTED: i64 = 1000;
/// Days of the chart, today included.
const DAYS: u64 = 30;
/// The statuses in which a return waits for somebody of the shop.
const WAITING: [Status; 3] = [Status::Requested, Status::Received, Status::Inspected];
/// Products and orders shown.
const BEST: i64 = 10;

/// Only what the person may see is asked for.
pub async fn home(desk: Desk) -> Result<HttpResponse> {
    let (now, may, staff) = (desk.door.now(), desk.grants().clone(), desk.staff().id);
    let (store, of) = choice::store(&desk).await?;
    let view = desk
        .read(move |conn| {
            let mut view = json!({ "counted": COUNTED });
            if may.may(Permission::OrdersView) {
                view["waiting"] = json!(orders::waiting(conn, COUNTED)?);
                view["orders"] = json!(super::orders::rows(&orders::list(conn, &orders::Filter::default(), BEST)?, &stores::list(conn)?)?);
                let shop = stores::shop(conn, store)?;
                view["sales"] = sold(conn, &shop, now)?;
                view["rows"] =
                    json!(if of.links.is_empty() { "/admin/orders?".to_string() } else { format!("/admin/orders?store={store}&") });
                let store = if of.links.is_empty() { String::new() } else { format!("store={store}&") };
                view["carts"] = json!(format!("/admin/carts?{store}"));
                view["of"] = json!(of);
            }
            if may.may(Permission::ReturnsView) {
                let count = |status: Status| Ok(json!({ "status": status, "count": returns::count(conn, status, COUNTED)? }));
                view["returns"] = json!(WAITING.into_iter().map(count).collect::<Result<Vec<Value>>>()?);
            }
            if may.may(Permission::StockView) {
                view["low"] = json!(catalog::low_count(conn, COUNTED)?);
            }
            if may.may(Permission::CasesView) {
                view["cases"] = json!(payments::open_cases(conn)?);
            }
            if may.may(Permission::CustomersView) {
                let (open, overdue) = tasks::waiting(conn, staff.0, now.date(), COUNTED)?;
                view["tasks"] = json!({ "open": open, "overdue": overdue });
            }
            if may.may(Permission::ForumRead) {
                let unread = forum::unread(conn, staff)?;
                view["forum"] = json!({ "topics": unread.topics, "named": unread.named });
            }
            if may.may(Permission::JobsView) {
                view["dead_jobs"] = json!(jobs::depth(conn, now)?.dead);
            }
            if may.may(Permission::MailsView) {
                view["failed_mails"] = json!(mail::failed(conn)?);
            }
            Ok(view)
        })
        .await?;
    desk.page("admin/home.html", "admin-home", view)
}

/// Today and the last days, with each number's place in the list of orders.
fn sold(conn: &mut Conn, shop: &Shop, now: Time) -> Result<Value> {
    let today = shop.local(now).date();
    let money = |minor: i64| Money::new(minor, shop.currency);
    let days = sales::by_day(conn, shop, today, DAYS)?;
    let values: Vec<i64> = days.iter().map(|(_, sum)| sum.revenue).collect();
    let of = |sum: Sum| json!({ "orders": sum.orders, "revenue": money(sum.revenue), "average": money(sum.average()) });
    let day = |(day, sum): &(chrono::NaiveDate, Sum)| {
        let mut view = of(*sum);
        view["day"] = json!(day.to_string());
        view
    };
    let period = Period::days(shop, today, DAYS);
    let best: Vec<Value> = sales::best(conn, shop, period, BEST)?
        .into_iter()
        .map(|one| json!({ "id": one.product, "title": one.title, "units": one.units, "revenue": money(one.revenue) }))
        .collect();
    let carts = sales::carts(conn, shop.store, period)?;
    let share = carts.per_mille().map(|share| format!("{}.{}", share / 10, share % 10));
    Ok(json!({
        "today": of(days.last().map(|(_, sum)| *sum).unwrap_or_default()), "all": of(Sum::of(&days)),
        "first": days.first().map(|(day, _)| day.to_string()), "last": today.to_string(),
        "days": days.iter().map(day).collect::<Vec<_>>(), "chart": chart::bars(&values), "most": money(values.iter().copied().max().unwrap_or(0)),
        "best": best, "carts": { "placed": carts.placed, "open": carts.open, "share": share },
    }))
}
