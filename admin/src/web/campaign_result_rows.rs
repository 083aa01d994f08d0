//! The rows behind the numbers of a campaign's results: mails, what was done with them, and orders.

use super::campaign_results::{address, letter};
use super::customers::called;
use super::desk::{Desk, ROWS};
use crate::permissions::Permission;
use actix_web::{HttpResponse, web};
use crm::campaigns::results::{self, Credited, Done, Moment, Row, Sought, What};
use crm::campaigns::{CampaignId, DeliveryId, Standing, VariantId};
use crm::{CustomerId, customers};
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::OrderId;
use storefront::orders;

/// What a cell shows; what is not there is null.
#[derive(Default)]
struct Cell {
    text: String,
    /// The key of a text instead.
    key: String,
    href: String,
    at: Option<kernel::clock::Time>,
    money: Option<Money>,
}

impl Cell {
    fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    fn key(key: impl Into<String>) -> Cell {
        Cell { key: key.into(), ..Cell::default() }
    }

    fn at(at: Option<kernel::clock::Time>) -> Cell {
        Cell { at, ..Cell::default() }
    }

    fn money(money: Option<Money>) -> Cell {
        Cell { money, ..Cell::default() }
    }

    fn json(&self) -> Value {
        json!({ "text": self.text, "key": self.key, "href": self.href, "at": self.at, "money": self.money })
    }
}

/// A page of rows under the names of their columns.
struct Table {
    campaign: String,
    id: CampaignId,
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    fn page(self, desk: &Desk, title: &str, next: Option<String>) -> Result<HttpResponse> {
        let rows: Vec<Vec<Value>> = self.rows.iter().map(|row| row.iter().map(Cell::json).collect()).collect();
        let view = json!({ "campaign": self.campaign, "back": address(self.id), "head": self.head, "rows": rows, "next": next });
        desk.page("admin/campaign_rows.html", title, view)
    }
}

/// Somebody as staff may see them: by name with the right to see customers, else by number.
fn person(conn: &mut Conn, id: CustomerId, seen: bool) -> Result<Cell> {
    let customer = customers::get(conn, id)?;
    if !seen || customer.erased_at.is_some() {
        return Ok(Cell::text(format!("#{id}")));
    }
    Ok(Cell { text: called(&customer).to_string(), href: format!("/admin/customers/{id}"), ..Cell::default() })
}

/// A variant as the results call it; empty for none.
fn variant(all: &[VariantId], id: Option<VariantId>) -> Cell {
    Cell::text(id.filter(|id| id.0 > 0).map(|id| letter(all, id)).unwrap_or_default())
}

/// The variant that the query names.
fn asked(desk: &Desk) -> Option<VariantId> {
    desk.query("variant").parse().ok()
}

/// The mails that stand somewhere, or to which something happened.
pub async fn deliveries(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, of, after, seen) = (CampaignId(*id), asked(&desk), desk.after(), desk.may(Permission::CustomersView));
    let word = desk.query("what");
    let what = if word.is_empty() { What::Standing(Standing::Accepted) } else { What::parse(&word).ok_or(Error::NotFound)? };
    let (table, last) = desk
        .read(move |conn| {
            let whole = results::whole(conn, id)?;
            let found = results::rows(conn, id, what, of, DeliveryId(after.unwrap_or(0)), ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let moments = Cell::at(moment(one, what));
                rows.push(vec![
                    person(conn, one.customer, seen)?,
                    variant(&whole.variants, one.variant),
                    Cell::key(format!("campaign-result-{}", one.state.as_str())),
                    reason(&one.reason),
                    Cell::at(one.sent_at),
                    moments,
                ]);
            }
            let head = vec![
                "admin-customer",
                "campaign-version-column",
                "admin-col-status",
                "campaign-rows-reason",
                "campaign-rows-sent",
                "campaign-rows-when",
            ];
            Ok((Table { campaign: whole.about.name, id, head, rows }, found.last().map(|row| row.id.0)))
        })
        .await?;
    let next = desk.next(table.rows.len(), last);
    table.page(&desk, &format!("campaign-result-{}", what.as_str()), next)
}

/// When what is asked about happened.
fn moment(row: &Row, what: What) -> Option<kernel::clock::Time> {
    match what {
        What::Standing(_) => None,
        What::Moment(Moment::Bounced) => row.bounced_at,
        What::Moment(Moment::Complained) => row.complained_at,
        What::Moment(Moment::Opened) => row.opened_at,
        What::Moment(Moment::Clicked) => row.clicked_at,
        What::Moment(Moment::Unsubscribed) => row.unsubscribed_at,
    }
}

/// Why a mail was refused or skipped: a key of a text stands for it, a status of a mail server for itself.
fn reason(reason: &str) -> Cell {
    if reason.starts_with(|letter: char| letter.is_ascii_lowercase()) { Cell::key(reason) } else { Cell::text(reason) }
}

/// What people or machines did with the mails.
pub async fn hits(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, before, seen) = (CampaignId(*id), desk.after(), desk.may(Permission::CustomersView));
    let sought = Sought {
        clicks: !desk.query("clicks").is_empty(),
        machines: !desk.query("machines").is_empty(),
        target: Some(desk.query("target")).filter(|target| !target.is_empty()),
        variant: asked(&desk),
    };
    let title = match (sought.clicks, sought.machines) {
        (true, true) => "campaign-rows-machine-clicks",
        (true, false) => "campaign-result-clicked",
        (false, true) => "campaign-rows-machine-opens",
        (false, false) => "campaign-result-opened",
    };
    let (table, last) = desk
        .read(move |conn| {
            let about = results::about(conn, id)?;
            let found = results::done(conn, id, &sought, before, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                rows.push(hit(conn, one, seen)?);
            }
            let head = vec!["admin-customer", "campaign-rows-did", "campaign-rows-link", "campaign-rows-machine", "campaign-rows-when"];
            Ok((Table { campaign: about.name, id, head, rows }, found.last().map(|row| row.id)))
        })
        .await?;
    let next = desk.next(table.rows.len(), last);
    table.page(&desk, title, next)
}

fn hit(conn: &mut Conn, one: &Done, seen: bool) -> Result<Vec<Cell>> {
    Ok(vec![
        person(conn, one.customer, seen)?,
        Cell::key(format!("campaign-hit-{}", one.hit.as_str())),
        Cell::text(one.target.as_str()),
        Cell::text(one.machine.as_str()),
        Cell::at(Some(one.at)),
    ])
}

/// The orders that followed from the mails.
pub async fn orders(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, of, before) = (CampaignId(*id), asked(&desk), desk.after());
    let (seen, opens) = (desk.may(Permission::CustomersView), desk.may(Permission::OrdersView));
    let product = desk.query("product").parse().ok();
    let returned = !desk.query("returned").is_empty();
    let (table, count, last) = desk
        .read(move |conn| {
            let whole = results::whole(conn, id)?;
            let found = results::credited(conn, id, of, product, returned, before, ROWS)?;
            let mut numbers: Vec<OrderId> = found.iter().map(|one| OrderId(one.share.order)).collect();
            // An order that several mails have shares of stands in several rows, one after the other.
            numbers.dedup();
            let known = orders::numbers(conn, &numbers)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let number = known.get(&OrderId(one.share.order)).cloned().unwrap_or_else(|| format!("#{}", one.share.order));
                let href = if opens { format!("/admin/orders/{number}") } else { String::new() };
                let mut row = vec![Cell { text: number, href, ..Cell::default() }, person(conn, one.customer, seen)?];
                row.extend(credited(&whole.variants, one));
                rows.push(row);
            }
            let head = vec![
                "campaign-rows-order",
                "admin-customer",
                "campaign-version-column",
                "campaign-rows-did",
                "campaign-rows-when",
                "campaign-result-revenue",
                "campaign-result-refunded",
            ];
            Ok((Table { campaign: whole.about.name, id, head, rows }, numbers.len(), numbers.last().copied()))
        })
        .await?;
    let next = desk.next(count, last);
    table.page(&desk, if returned { "campaign-result-returned" } else { "campaign-result-orders" }, next)
}

fn credited(variants: &[VariantId], one: &Credited) -> Vec<Cell> {
    let share = &one.share;
    let money = |minor: i64| Cell::money(Currency::parse(&share.currency).map(|currency| Money::new(minor, currency)));
    vec![
        variant(variants, Some(share.variant)),
        Cell::key(format!("campaign-hit-{}", share.evidence.as_str())),
        Cell::at(Some(share.touched_at)),
        money(share.revenue),
        money(share.refunded),
    ]
}
