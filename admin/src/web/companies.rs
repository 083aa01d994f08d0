//! Companies that buy: the list, and one with its people, places, orders and log.

use super::desk::{Desk, ROWS};
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CompanyId;
use crm::companies::{self, Company, Details, Filter, May, State, invitations, log, members};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::address::Address;
use storefront::buying;
use storefront::orders::OrderRow;
use storefront::web::countries;
use storefront::web::posted::Posted;
use storefront::web::shown;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

pub const FIELDS: &[&str] = &[
    "company_name",
    "country",
    "vat_id",
    "registration_number",
    "invoice_email",
    "website",
    "phone",
    "parent",
    "price_group",
    "note",
    "reason",
    "email",
    "role",
];
/// Rows of each kind on a company's page.
const SHOWN: i64 = 50;
const ORDERS: i64 = 20;

/// The address of a company's page.
pub fn address(id: CompanyId) -> String {
    format!("/admin/companies/{id}")
}

/// The company that a path names.
pub fn company_of(path: &web::Path<String>) -> Result<CompanyId> {
    path.parse().map_err(|_| Error::NotFound)
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (text, state) = (desk.query("q"), desk.query("state"));
    let filter = Filter { text: text.clone(), state: State::parse(&state), before: desk.after().map(CompanyId) };
    let found = desk.read(move |conn| companies::list(conn, &filter, ROWS)).await?;
    let next = desk.next(found.len(), found.last().map(|last| last.id));
    let rows: Vec<Value> = found.iter().map(row).collect();
    let view = json!({ "rows": rows, "next": next, "q": text, "state": state, "states": State::ALL });
    desk.page("admin/companies.html", "admin-companies", view)
}

fn row(one: &Company) -> Value {
    json!({ "id": one.id, "name": one.name, "state": one.state, "vat_id": one.vat_id, "vat_standing": one.vat_standing,
        "country": one.country, "price_group": one.price_group, "website": one.website, "created_at": one.created_at })
}

pub async fn show(desk: Desk, path: web::Path<String>) -> Result<HttpResponse> {
    page(&desk, company_of(&path)?, StatusCode::OK, None, &Fields::default()).await
}

/// The page; `posted` is a form that was refused, whose values stay.
pub async fn page(desk: &Desk, id: CompanyId, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (now, language, words) = (desk.door.now(), desk.visit.language, desk.words()?);
    let (company, mut view) = desk
        .read(move |conn| {
            let company = companies::get(conn, id)?;
            let view = load(conn, &company, &words, now)?;
            Ok((company, view))
        })
        .await?;
    let details = Details::of(&company);
    let form = Form::new(FIELDS)
        .fill("company_name", details.name)
        .fill("country", details.country.as_str())
        .fill("vat_id", details.vat_id)
        .fill("registration_number", details.registration_number)
        .fill("invoice_email", details.invoice_email)
        .fill("website", details.website)
        .fill("phone", details.phone)
        .fill("parent", company.parent_id.map(|parent| parent.to_string()).unwrap_or_default())
        .fill("price_group", company.price_group.as_str())
        .fill("note", company.note.as_str());
    view["form"] = json!(match posted {
        Some(posted) => form.typed(posted.pairs()).refuse(FIELDS, wrong),
        None => form,
    });
    view["countries"] = json!(countries::choices(None, language, &details.country));
    view["sites"] = sites(&company, desk).await?;
    desk.page_as(status, "admin/company.html", &company.name, view)
}

async fn sites(company: &Company, desk: &Desk) -> Result<Value> {
    let (id, language) = (company.id, desk.visit.language);
    let found = desk.read(move |conn| companies::sites(conn, id)).await?;
    let mut rows = Vec::with_capacity(found.len());
    for site in &found {
        let lines = shown::address_lines(&Address::stored(&site.address)?, language);
        rows.push(json!({ "name": site.name, "lines": lines, "billing": site.billing, "active": site.active }));
    }
    Ok(json!(rows))
}

fn load(conn: &mut Conn, company: &Company, words: &Words, now: Time) -> Result<Value> {
    let id = company.id;
    let mut view = row(company);
    let names = staff::names(conn)?;
    let people = companies::members(conn, id, None, SHOWN)?;
    let member = |one: &members::Member| {
        json!({ "id": one.id, "customer": one.customer, "name": one.called(), "email": one.email, "role": one.role_code, "role_name": one.role_name,
            "cost_centre": one.cost_centre, "joined_at": one.joined_at })
    };
    let invited = |one: &invitations::Invitation| json!({ "id": one.id, "email": one.email, "role": one.role_code, "role_name": one.role_name, "expires_at": one.expires_at });
    let entries = log::entries(conn, id, None, SHOWN)?;
    let entries = log::told(conn, entries, &|key: &str| words.get(key))?;
    let said = |told: &log::Told| {
        let by = told.by.clone().or_else(|| names.get(&told.entry.actor).cloned());
        json!({ "at": told.entry.at, "what": told.entry.action, "by": by, "before": told.before, "after": told.after })
    };
    let orders: Vec<Value> = buying::company_orders(conn, id, None, ORDERS)?.iter().map(order).collect::<Result<_>>()?;
    let parent = company.parent_id.map(|parent| companies::get(conn, parent)).transpose()?;
    let under: Vec<CompanyId> = companies::below(conn, id)?.into_iter().filter(|one| *one != id).take(100).collect();
    view["reason"] = json!(company.reason);
    view["seen"] = json!(company.version.to_string());
    view["evidence"] = serde_json::from_str(&company.vat_evidence).unwrap_or(Value::Null);
    view["parent"] = json!(parent.map(|parent| json!({ "id": parent.id, "name": parent.name })));
    view["below"] = json!(companies::of(conn, &under)?.iter().map(row).collect::<Vec<Value>>());
    view["alike"] = json!(companies::alike(conn, company, 10)?.iter().map(row).collect::<Vec<Value>>());
    view["groups"] = json!(companies::price_groups(conn)?);
    view["members"] = json!(people.iter().map(member).collect::<Vec<Value>>());
    view["invitations"] = json!(invitations::open(conn, id, now)?.iter().map(invited).collect::<Vec<Value>>());
    view["roles"] = json!(
        companies::roles(conn, id)?
            .iter()
            .map(|role| json!({ "id": role.id, "code": role.code, "name": role.name }))
            .collect::<Vec<Value>>()
    );
    view["looked_after"] = json!(people.iter().any(|one| one.may.contains(&May::Members)));
    view["orders"] = json!(orders);
    view["log"] = json!(entries.iter().map(said).collect::<Vec<Value>>());
    Ok(view)
}

fn order(row: &OrderRow) -> Result<Value> {
    let currency = Currency::parse(&row.currency).ok_or_else(|| Error::unexpected(format!("order {} has no currency", row.number)))?;
    Ok(json!({ "number": row.number, "status": row.status, "payment_status": row.payment_status, "placed_at": row.placed_at,
        "total": Money::new(row.total, currency) }))
}
