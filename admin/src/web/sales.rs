//! Leads and opportunities: the list, the board, and one with how it came where it is and what was said.

use super::desk::{Desk, ROWS};
use super::forms;
use crate::permissions::Permission;
use crate::staff::{self, Staff};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::sales::{self, ContactKind, Filter, Opportunity, OpportunityId, Stage, StageId, State};
use crm::{CompanyId, CustomerId, companies, customers};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::HashMap;
use storefront::ids::{OrderId, QuoteId};
use storefront::web::countries;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{orders, quotes, shop, stores};

/// The fields of an opportunity, of moving it, of what was said, and of the address of a company that a lead becomes.
pub const FIELDS: &[&str] = &[
    "title",
    "company",
    "contact_name",
    "contact_email",
    "contact_phone",
    "contact_company",
    "amount",
    "currency",
    "owner",
    "next_step",
    "next_on",
    "expected_on",
    "source",
    "quote",
    "with_order",
    "stage",
    "kind",
    "text",
    "with_company",
    "ship_name",
    "ship_company",
    "ship_vat_id",
    "ship_line1",
    "ship_line2",
    "ship_postcode",
    "ship_city",
    "ship_region",
    "ship_country",
    "ship_phone",
];
/// Cards of a stage on the board, and rows of the history on a page.
const CARDS: i64 = 20;
const SHOWN: i64 = 100;

/// What people call the quote of an opportunity.
fn quote_number(one: &Opportunity) -> Option<String> {
    one.quote_id.map(|id| quotes::number(QuoteId(id)))
}

/// The address of an opportunity's page.
pub fn address(id: OpportunityId) -> String {
    format!("/admin/sales/{id}")
}

/// The opportunity that a path names.
pub fn opportunity_of(path: &web::Path<String>) -> Result<OpportunityId> {
    path.parse().map_err(|_| Error::NotFound)
}

/// Who of the staff may look after something, as choices of a form.
pub fn people(all: &[Staff]) -> Vec<Value> {
    all.iter().filter(|one| one.active).map(|one| json!({ "value": one.id.0.to_string(), "label": one.name })).collect()
}

fn named(all: &[Staff], id: Option<i64>) -> Option<&str> {
    all.iter().find(|one| Some(one.id.0) == id).map(|one| one.name.as_str())
}

/// The query of a form that begins with this mail address.
pub fn email_query(email: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("email", email).finish()
}

/// A stage as templates call it.
pub fn stage_view(one: &Stage) -> Value {
    json!({ "id": one.id.to_string(), "code": one.code, "name": one.name, "kind": one.kind, "probability": one.probability_bp, "active": one.active })
}

/// Opportunities as pages list them.
pub fn rows(conn: &mut Conn, found: &[Opportunity], now: Time) -> Result<Vec<Value>> {
    let today = shop::get(conn)?.local(now).date();
    let (all, stages) = (staff::list(conn)?, sales::stages(conn)?);
    let mut ids: Vec<CompanyId> = found.iter().filter_map(|one| one.company_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let firms: HashMap<CompanyId, String> = companies::of(conn, &ids)?.into_iter().map(|one| (one.id, one.name)).collect();
    let mut ids: Vec<CustomerId> = found.iter().filter_map(|one| one.customer_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let known: HashMap<CustomerId, String> =
        customers::of(conn, &ids)?.into_iter().map(|one| (one.id, if one.name.is_empty() { one.email } else { one.name })).collect();
    let mut rows = Vec::with_capacity(found.len());
    for one in found {
        let contact = [&one.contact_name, &one.contact_company, &one.contact_email].into_iter().find(|text| !text.is_empty());
        let stage = stages.iter().find(|stage| stage.id == one.stage_id).map(stage_view);
        rows.push(json!({ "id": one.id, "title": one.title, "lead": one.lead(), "state": one.state, "stage": stage, "age": one.age(now),
            "company": one.company_id, "company_name": one.company_id.and_then(|id| firms.get(&id)),
            "customer": one.customer_id, "customer_name": one.customer_id.and_then(|id| known.get(&id)), "contact": contact,
            "amount": one.money()?, "owner": named(&all, one.owner), "next_step": one.next_step, "next_on": one.next_on,
            "overdue": one.overdue(today), "expected_on": one.expected_on, "seen": one.version.to_string() }));
    }
    Ok(rows)
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (asked, whose, leads, now) = (desk.query("state"), desk.query("whose"), desk.query("leads") == "on", desk.door.now());
    let stage: Option<StageId> = desk.query("stage").parse().ok();
    let state = match (asked.as_str(), stage) {
        (_, Some(_)) | ("all", _) => None,
        (word, None) => Some(State::parse(word).unwrap_or(State::Open)),
    };
    let owner = (whose == "mine").then_some(desk.staff().id.0);
    let filter = Filter { state, stage, owner, leads, before: desk.after().map(OpportunityId) };
    let (rows, stages, last) = desk
        .read(move |conn| {
            let found = sales::list(conn, &filter, ROWS)?;
            let stages: Vec<Value> = sales::stages(conn)?.iter().map(stage_view).collect();
            Ok((rows(conn, &found, now)?, stages, found.last().map(|one| one.id)))
        })
        .await?;
    let view = json!({ "rows": rows, "next": desk.next(rows.len(), last), "state": asked, "stages": stages, "whose": whose, "leads": leads,
        "stage": stage.map(|stage| stage.to_string()).unwrap_or_default() });
    desk.page("admin/sales.html", "admin-sales", view)
}

/// The open opportunities by stage, the first of each.
pub async fn board(desk: Desk) -> Result<HttpResponse> {
    let (whose, now) = (desk.query("whose"), desk.door.now());
    let owner = (whose == "mine").then_some(desk.staff().id.0);
    let (columns, stages) = desk
        .read(move |conn| {
            let all: Vec<Stage> = sales::stages(conn)?.into_iter().filter(|one| one.active).collect();
            let mut columns = Vec::new();
            for stage in all.iter().filter(|one| one.kind == State::Open) {
                let filter = Filter { stage: Some(stage.id), owner, ..Filter::default() };
                let found = sales::list(conn, &filter, CARDS + 1)?;
                let few = usize::try_from(CARDS).unwrap_or(0).min(found.len());
                let cards = rows(conn, &found[..few], now)?;
                columns.push(json!({ "stage": stage_view(stage), "cards": cards, "more": found.len() > few }));
            }
            Ok((columns, all.iter().map(stage_view).collect::<Vec<Value>>()))
        })
        .await?;
    desk.page("admin/sales_board.html", "admin-sales-board", json!({ "columns": columns, "stages": stages, "whose": whose }))
}

/// What the forms of an opportunity choose from.
async fn choices(desk: &Desk, mut view: Value) -> Result<Value> {
    let language = desk.visit.language;
    let (people, currencies, country) = desk
        .read(|conn| {
            let currencies: Vec<Value> =
                stores::currencies(conn)?.iter().map(|one| json!({ "value": one.code(), "label": one.code() })).collect();
            Ok((people(&staff::list(conn)?), currencies, shop::get(conn)?.assumed_country().to_string()))
        })
        .await?;
    view["staff"] = json!(people);
    view["currencies"] = json!(currencies);
    view["countries"] = json!(countries::choices(None, language, &country));
    Ok(view)
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let me = desk.staff().id.0.to_string();
    let form = Form::new(FIELDS)
        .fill("company", desk.query("company"))
        .fill("contact_email", desk.query("email"))
        .fill("owner", me)
        .fill("amount", "0");
    show_new(&desk, StatusCode::OK, form).await
}

pub async fn show_new(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let view = choices(desk, json!({ "form": form })).await?;
    desk.page_as(status, "admin/sales_new.html", "admin-sales-new", view)
}

pub async fn show(desk: Desk, path: web::Path<String>) -> Result<HttpResponse> {
    page(&desk, opportunity_of(&path)?, StatusCode::OK, None, &Fields::default()).await
}

/// The page; `posted` is a form that was refused, whose values stay.
pub async fn page(desk: &Desk, id: OpportunityId, status: StatusCode, posted: Option<&Posted>, wrong: &Fields) -> Result<HttpResponse> {
    let (now, before, see_orders) = (desk.door.now(), desk.after(), desk.may(Permission::OrdersView));
    let (one, email, mut view, said) = desk.read(move |conn| load(conn, id, before, see_orders, now)).await?;
    let form = Form::new(FIELDS)
        .fill("title", one.title.as_str())
        .fill("company", one.company_id.map(|id| id.to_string()).unwrap_or_default())
        .fill("contact_name", one.contact_name.as_str())
        .fill("contact_email", if one.customer_id.is_some() { email } else { one.contact_email.clone() })
        .fill("contact_phone", one.contact_phone.as_str())
        .fill("contact_company", one.contact_company.as_str())
        .fill("amount", one.money()?.decimal())
        .fill("currency", one.currency.as_str())
        .fill("owner", forms::number(one.owner))
        .fill("next_step", one.next_step.as_str())
        .fill("next_on", one.next_on.clone().unwrap_or_default())
        .fill("expected_on", one.expected_on.clone().unwrap_or_default())
        .fill("source", one.source.as_str())
        .fill("quote", quote_number(&one).unwrap_or_default())
        .fill("with_order", forms::tick(one.with_order))
        .fill("stage", one.stage_id.to_string())
        .fill("ship_name", one.contact_name.as_str())
        .fill("ship_company", one.contact_company.as_str())
        .fill("ship_phone", one.contact_phone.as_str());
    view["form"] = json!(match posted {
        Some(posted) => form.typed(posted.pairs()).refuse(FIELDS, wrong),
        None => form,
    });
    view["next"] = json!(desk.next(said.0, said.1));
    let view = choices(desk, view).await?;
    let title = if one.title.is_empty() { id.to_string() } else { one.title };
    desk.page_as(status, "admin/sales_one.html", &title, view)
}

/// How much was said on this page, and the last of it.
type Said = (usize, Option<i64>);

fn load(
    conn: &mut Conn,
    id: OpportunityId,
    before: Option<i64>,
    see_orders: bool,
    now: Time,
) -> Result<(Opportunity, String, Value, Said)> {
    let one = sales::get(conn, id)?;
    let mut view = rows(conn, std::slice::from_ref(&one), now)?.pop().unwrap_or_default();
    let (names, stages) = (staff::names(conn)?, sales::stages(conn)?);
    let (email, phone) = match one.customer_id {
        Some(customer) => {
            let customer = customers::get(conn, customer)?;
            (customer.email, customer.phone)
        }
        None => (one.contact_email.clone(), one.contact_phone.clone()),
    };
    let currency = one.money()?.currency;
    let past: Vec<Value> = sales::history(conn, id, None, SHOWN)?
        .iter()
        .map(|row| {
            let stage = stages.iter().find(|stage| stage.id == row.stage_id).map(stage_view);
            json!({ "what": row.what, "at": row.at, "by": names.get(&row.actor), "stage": stage,
                "amount": kernel::money::Money::new(row.amount, currency) })
        })
        .collect();
    let said = sales::contacts(conn, id, before, ROWS)?;
    let told: Vec<Value> =
        said.iter().map(|row| json!({ "kind": row.kind, "text": row.text, "at": row.at, "by": names.get(&row.actor) })).collect();
    let order = match one.order_id.filter(|_| see_orders) {
        Some(order) => Some(orders::get(conn, OrderId(order))?.number),
        None => None,
    };
    let reachable: Vec<Value> = stages.iter().filter(|stage| stage.active || stage.id == one.stage_id).map(stage_view).collect();
    view["email"] = json!(email);
    view["phone"] = json!(phone);
    view["contact_email"] = json!(one.contact_email);
    view["contact_company"] = json!(one.contact_company);
    view["source"] = json!(one.source);
    view["quote"] = json!(quote_number(&one));
    view["with_order"] = json!(one.with_order);
    view["order"] = json!(order);
    view["created_at"] = json!(one.created_at);
    view["closed_at"] = json!(one.closed_at);
    view["stages"] = json!(reachable);
    view["kinds"] = json!(ContactKind::ALL);
    view["past"] = json!(past);
    view["said"] = json!(told);
    let last = said.last().map(|row| row.id);
    Ok((one, email, view, (said.len(), last)))
}

/// The currency that a form names.
pub fn currency(posted: &Posted) -> Result<Currency> {
    Currency::parse(posted.get("currency")).ok_or_else(|| Error::field("currency", "sales-currency-unknown"))
}
