//! Trading partners: companies whose programs order by EDI, and every message from and to them.

use super::desk::{Desk, ROWS, refusal};
use super::stale::{self, Label, Refused};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::{self, May};
use crm::{CompanyId, MemberId};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::edi::{self, Kind, Message, Partner, State, Wish};
use storefront::ids::{EdiMessageId, PartnerId, StoreId};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;
use storefront::{orders, stores};

const HERE: &str = "/admin/partners";
const NAMES: &[&str] = &["company", "member", "store", "kind", "own_id", "partner_id", "active"];
/// The fields with the keys of their labels.
const LABELS: &stale::Labels = &[
    ("member", "admin-partner-member", ""),
    ("store", "admin-partner-store", ""),
    ("own_id", "admin-partner-own-id", ""),
    ("partner_id", "admin-partner-id", ""),
    ("active", "admin-partner-active", ""),
];
/// Companies that a search offers, and members that can be chosen.
const FOUND: i64 = 20;
const MEMBERS: i64 = 200;

fn address(id: PartnerId) -> String {
    format!("{HERE}/{id}")
}

fn subject(id: PartnerId) -> String {
    format!("partner:{id}")
}

fn form(partner: &Partner) -> Form {
    let tick = if partner.active { "on" } else { "" };
    Form::new(NAMES)
        .fill("company", partner.company_id.to_string())
        .fill("member", partner.member_id.to_string())
        .fill("store", partner.store_id.to_string())
        .fill("kind", partner.kind.as_str())
        .fill("own_id", &partner.own_id)
        .fill("partner_id", &partner.partner_id)
        .fill("active", tick)
}

/// What a form asks for; `company` and `kind` of a partner that exists stay.
fn wish(posted: &Posted) -> Result<Wish> {
    Ok(Wish {
        company: CompanyId(posted.number("company", "edi-member-invalid")?),
        member: MemberId(posted.number("member", "edi-member-invalid")?),
        store: StoreId(posted.number("store", "edi-store-invalid")?),
        kind: Kind::parse(posted.get("kind")).ok_or_else(|| Error::field("kind", "edi-kind-invalid"))?,
        own_id: posted.get("own_id").trim().to_string(),
        partner_id: posted.get("partner_id").trim().to_string(),
        active: posted.ticked("active"),
    })
}

/// Whom orders can be placed by, and in which stores.
fn choices(conn: &mut Conn, company: CompanyId) -> Result<(Vec<Value>, Vec<Value>)> {
    let members = companies::members(conn, company, None, MEMBERS)?;
    let members = members.iter().filter(|one| one.may.contains(&May::Order));
    let members = members.map(|one| json!({ "value": one.id.to_string(), "label": one.called() })).collect();
    let stores = stores::list(conn)?;
    let stores = stores.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
    Ok((members, stores))
}

/// `q` looks for a company to add a partner of.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (before, text) = (desk.after().map(PartnerId), desk.query("q"));
    let asked = text.clone();
    let (found, offered) = desk
        .read(move |conn| {
            let filter = companies::Filter { text: asked.clone(), ..companies::Filter::default() };
            let offered = if asked.trim().is_empty() { Vec::new() } else { companies::list(conn, &filter, FOUND)? };
            Ok((edi::list(conn, before, ROWS)?, offered))
        })
        .await?;
    let next = desk.next(found.len(), found.last().map(|(one, _)| one.id));
    let rows: Vec<Value> = found
        .iter()
        .map(|(one, name)| json!({ "id": one.id, "name": name, "kind": one.kind, "partner_id": one.partner_id, "active": one.active }))
        .collect();
    let offered: Vec<Value> = offered.iter().map(|one| json!({ "id": one.id, "name": one.name, "vat_id": one.vat_id })).collect();
    desk.page("admin/partners.html", "admin-partners", json!({ "rows": rows, "next": next, "q": text, "companies": offered }))
}

/// The form of a new partner of the company `company`.
pub async fn new(desk: Desk) -> Result<HttpResponse> {
    if desk.query("company").parse::<i64>().is_err() {
        return Ok(desk.door.go(&desk.visit, HERE));
    }
    let form = Form::new(NAMES).fill("company", desk.query("company")).fill("store", stores::MAIN.to_string()).fill("active", "on");
    show_new(&desk, StatusCode::OK, form).await
}

async fn show_new(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let company = CompanyId(form.value("company").parse().map_err(|_| Error::NotFound)?);
    let (found, (members, stores)) = desk.read(move |conn| Ok((companies::get(conn, company)?, choices(conn, company)?))).await?;
    let view = json!({ "form": form, "company": { "id": found.id, "name": found.name }, "members": members, "stores": stores,
        "kinds": kinds() });
    desk.page_as(status, "admin/partner_new.html", "admin-partner-new", view)
}

fn kinds() -> Vec<Value> {
    Kind::ALL.iter().map(|kind| json!({ "value": kind, "label": format!("edi-kind-{}", kind.as_str()) })).collect()
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let made = match wish(&posted) {
        Err(error) => Err(error),
        Ok(wish) => {
            desk.write(move |conn, act| {
                let (id, secret) = edi::create(conn, &wish, act.now)?;
                act.log(conn, "partner.create", &subject(id), &Value::Null, &wish)?;
                Ok((id, secret))
            })
            .await
        }
    };
    match made {
        Ok((id, secret)) => show(&desk, id, StatusCode::CREATED, None, Some(secret)).await,
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_new(&desk, status, Form::new(NAMES).typed(posted.pairs()).refuse(NAMES, &wrong)).await
        }
    }
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    show(&desk, PartnerId(*id), StatusCode::OK, None, None).await
}

async fn show(desk: &Desk, id: PartnerId, status: StatusCode, form_shown: Option<Form>, secret: Option<String>) -> Result<HttpResponse> {
    let (before, state) = (desk.after().map(EdiMessageId), State::parse(&desk.query("state")));
    let (partner, company, (members, stores), found) = desk
        .read(move |conn| {
            let partner = edi::get(conn, id)?;
            let company = companies::get(conn, partner.company_id)?;
            let choices = choices(conn, partner.company_id)?;
            let found = edi::history(conn, id, state, before, ROWS)?;
            Ok((partner, company, choices, found))
        })
        .await?;
    let next = desk.next(found.len(), found.last().map(|one| one.id));
    let rows: Vec<Value> = found.iter().map(row).collect();
    let form = form_shown.unwrap_or_else(|| form(&partner).sealed());
    let view = json!({ "id": id, "kind": partner.kind, "partner_id": partner.partner_id, "active": partner.active,
        "company": { "id": company.id, "name": company.name }, "members": members, "stores": stores, "form": form, "secret": secret,
        "messages": rows, "next": next, "state": desk.query("state"), "states": State::ALL, "punches_out": partner.kind.punches_out(),
        "address": entrance(&partner) });
    desk.page_as(status, "admin/partner.html", "admin-partner", view)
}

/// Where the partner's program, or the browser of its people, asks.
fn entrance(partner: &Partner) -> String {
    match partner.kind {
        Kind::Cxml | Kind::Oci => format!("/punchout/{}/{}", partner.id, partner.kind.as_str()),
        Kind::Edifact | Kind::X12 => format!("/edi/{}", partner.id),
    }
}

fn row(one: &Message) -> Value {
    json!({ "id": one.id, "direction": one.direction, "kind": one.kind, "control": one.control, "number": one.number, "state": one.state,
        "at": one.at })
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, typed) = (PartnerId(*id), posted.clone());
    let saved = desk
        .write(move |conn, act| {
            let before = edi::get(conn, id)?;
            stale::check(&form(&before), &typed)?;
            let wish = Wish { company: before.company_id, kind: before.kind, ..wish(&typed)? };
            edi::update(conn, id, before.version, &wish, act.now)?;
            act.log(conn, "partner.save", &subject(id), &Wish::of(&before), &wish)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let words = desk.words()?;
            let stored = form(&desk.read(move |conn| edi::get(conn, id)).await?);
            let label = |name: &str| -> Option<Label> { stale::label(LABELS, name, &words) };
            let of = Refused { form: Form::new(NAMES).typed(posted.pairs()), order: NAMES, stored: &stored, label: &label };
            let (status, form) = stale::refused(&posted, error, of, &words)?;
            show(&desk, id, status, Some(form), None).await
        }
    }
}

pub async fn renew(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = PartnerId(*id);
    let secret = desk
        .write(move |conn, act| {
            let secret = edi::renew(conn, id, act.now)?;
            act.log(conn, "partner.secret", &subject(id), &Value::Null, &json!({ "renewed_at": act.now }))?;
            Ok(secret)
        })
        .await?;
    show(&desk, id, StatusCode::OK, None, Some(secret)).await
}

pub async fn message(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (partner, id) = (PartnerId(path.0), EdiMessageId(path.1));
    let (message, raw, order) = desk
        .read(move |conn| {
            let message = edi::message(conn, partner, id)?;
            let raw = if message.raw.is_empty() { edi::whole(conn, &message)? } else { message.raw.clone() };
            let order = match message.order_id {
                Some(order) => Some(orders::get(conn, order)?.number),
                None => None,
            };
            Ok((message, raw, order))
        })
        .await?;
    let words = desk.words()?;
    let problems: Vec<Value> =
        message.problems().iter().map(|one| json!({ "line": one.line, "code": one.code, "why": words.get(&one.why) })).collect();
    let mut view = row(&message);
    view["partner"] = json!(partner);
    view["order"] = json!(order);
    view["problems"] = json!(problems);
    view["raw"] = json!(raw);
    view["again"] = json!(matches!(message.state, State::Refused | State::Failed));
    desk.page("admin/partner_message.html", "admin-partner-message", view)
}

pub async fn again(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    let (partner, id) = (PartnerId(path.0), EdiMessageId(path.1));
    let back = format!("{}/messages/{id}", address(partner));
    // What the partner is told is in English, whoever tries it.
    let words = Words::of(&desk.door.templates, Language::ENGLISH)?;
    let done = desk.write(move |conn, act| {
        let of = edi::get(conn, partner)?;
        let before = edi::message(conn, partner, id)?;
        edi::again(conn, &of, id, &words, act.now)?;
        let after = edi::message(conn, partner, id)?;
        let told = |one: &Message| json!({ "message": one.id, "state": one.state, "order": one.order_id });
        act.log(conn, "partner.again", &subject(partner), &told(&before), &told(&after))
    });
    match done.await {
        Ok(()) => Ok(desk.done(&back, "admin-partner-tried")),
        Err(error) => desk.explained(&back, error),
    }
}
