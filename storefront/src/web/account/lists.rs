//! Requisition lists: what a customer, or their company, orders again and again.

use super::{draw_in, or_sign_in, theirs};
use crate::ids::{RequisitionListId, VariantId};
use crate::imports::export_list::export_list;
use crate::quick_order::{self, Checked, Rest, Row};
use crate::requisitions::{self, Line, List, Who};
use crate::shop::Shop;
use crate::web::door::Door;
use crate::web::ordering::{self, Put, notice};
use crate::web::orders::visible;
use crate::web::posted::Posted;
use crate::web::views::form::{self, Form};
use crate::web::views::ordering::{ListLine, ListRow, ListView, ListsView, QuickRow};
use crate::web::views::page::Tone;
use crate::web::views::shared::Notice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{basket, download, frame};
use crate::{carts, catalog, orders, stores, units};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::token::Signer;
use kernel::{Conn, Error, Result};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// Where they are.
const PAGE: &str = "/account/lists";
const TOGETHER: i64 = 20;

fn address(id: RequisitionListId) -> String {
    format!("{PAGE}/{id}")
}

/// The key of a page: the id of the last list before it. Anything else is the first page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    before: String,
}

pub async fn index(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let before = query.before.parse().ok();
    lists(&door, &visit, StatusCode::OK, before, Form::new(form::LISTS)).await
}

async fn lists(door: &Door, visit: &Visit, status: StatusCode, before: Option<RequisitionListId>, form: Form) -> Result<HttpResponse> {
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, _, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        let mut found = requisitions::of(conn, &who, before, TOGETHER + 1)?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count > TOGETHER);
        found.truncate(usize::try_from(TOGETHER).unwrap_or(0));
        let next = found.last().filter(|_| more).map(|last| format!("{PAGE}?before={}", last.id));
        let removed = requisitions::removed(conn, &who, now)?;
        let view = ListsView {
            lists: rows(conn, &found)?,
            removed: rows(conn, &removed)?,
            form,
            company: who.buyer.as_ref().filter(|_| who.may_share()).map(|buyer| buyer.name.clone()),
            next,
            first: before.map(|_| PAGE.to_string()),
            quick_order: ordering::shop(conn, &seen, now)?.takes_quick_orders(),
        };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "lists", "account-lists", page, view)
}

fn rows(conn: &mut Conn, found: &[List]) -> Result<Vec<ListRow>> {
    let ids: Vec<RequisitionListId> = found.iter().map(|list| list.id).collect();
    let counts = requisitions::counts(conn, &ids)?;
    let row = |list: &List| ListRow {
        id: list.id.0,
        name: list.name.clone(),
        shared: list.company_id.is_some(),
        lines: counts.get(&list.id).copied().unwrap_or(0),
        updated_at: list.updated_at,
    };
    Ok(found.iter().map(row).collect())
}

/// Makes a list: an empty one, or one of what lies in the cart or stood in an order.
pub async fn create(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, signer, sent) = (visit.clone(), door.signer.clone(), posted.clone());
    let made = door.write(move |conn, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        let (name, goods) = source(conn, &seen, &signer, &sent, &words, now)?;
        requisitions::create(conn, &who, &name, sent.ticked("shared"), &goods, now)
    });
    match made.await {
        Ok(id) => {
            visit.say(&door.signer, Tone::Success, "requisition-made");
            Ok(door.go(&visit, &address(id)))
        }
        Err(Error::Unauthorised) => Ok(door.go(&visit, &format!("/account/sign-in?next={PAGE}"))),
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::LISTS).typed(posted.pairs()).refuse(form::LISTS, &wrong);
            lists(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, None, form).await
        }
        Err(Error::Conflict(text)) => {
            visit.say(&door.signer, Tone::Error, &text);
            Ok(door.go(&visit, PAGE))
        }
        Err(error) => Err(error),
    }
}

/// What a new list is called and what stands on it.
fn source(
    conn: &mut Conn,
    visit: &Visit,
    signer: &Signer,
    posted: &Posted,
    words: &Words,
    now: Time,
) -> Result<(String, Vec<(VariantId, i64)>)> {
    let typed = posted.get("name").trim().to_string();
    let or_typed = |otherwise: String| if typed.is_empty() { otherwise } else { typed.clone() };
    match posted.get("from") {
        "cart" => {
            let cart = basket::existing(conn, visit, now)?;
            let goods = carts::lines(conn, cart)?.into_iter().map(|(_, variant, units, _)| (variant, units)).collect();
            Ok((or_typed(words.get("requisition-of-cart")), goods))
        }
        "order" => {
            let (order, _) = visible(conn, visit, signer, posted.get("order"), posted.get("key"), now)?;
            let lines = orders::lines(conn, order.id)?;
            let goods = lines.iter().filter_map(|line| Some((line.variant_id?, line.quantity))).collect();
            Ok((or_typed(words.with("order-title", &[("number", &order.number)])?), goods))
        }
        _ => Ok((typed, Vec::new())),
    }
}

pub async fn show(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    render(&door, &visit, StatusCode::OK, id, Asked::default()).await
}

/// What the page of a list shows besides what is stored.
#[derive(Default)]
struct Asked {
    notices: Vec<Notice>,
    /// Numbers of units as they were typed.
    typed: HashMap<VariantId, String>,
    form: Option<Form>,
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, id: RequisitionListId, asked: Asked) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, _, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        let list = requisitions::find(conn, &who, id)?;
        let shop = ordering::shop(conn, &seen, now)?;
        let checked = checked(conn, &seen, &shop, &list, &asked.typed, now)?;
        let shown = ordering::shown(conn, &checked, &shop, &words, now)?;
        let line = |(row, shown): (&Checked, QuickRow)| Some(ListLine { variant: row.row.variant?.0, row: shown });
        let wrong = checked.iter().filter(|row| row.wrong.is_some()).count();
        let view = ListView {
            id: list.id.0,
            name: list.name.clone(),
            version: list.version,
            shared: list.company_id.is_some(),
            may_change: who.may_change(&list),
            may_share: may_share(&who, &list),
            company: who.buyer.as_ref().map(|buyer| buyer.name.clone()),
            notices: asked.notices,
            total: ordering::sum(&checked, &shop),
            lines: checked.iter().zip(shown).filter_map(line).collect(),
            wrong,
            form: called(asked.form.unwrap_or_else(|| Form::new(form::LIST)), &list.name),
        };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "list", "account-lists", page, view)
}

/// The form with the name of the list where none was typed.
fn called(form: Form, name: &str) -> Form {
    if form.value("name").is_empty() { form.fill("name", name) } else { form }
}

/// Whether they may make it the company's or take it back.
fn may_share(who: &Who, list: &List) -> bool {
    list.customer_id == Some(who.customer) && who.may_share()
}

/// The lines of a list as today's prices and stock find them, before they are added to what lies in the cart.
fn checked(
    conn: &mut Conn,
    visit: &Visit,
    shop: &Shop,
    list: &List,
    typed: &HashMap<VariantId, String>,
    now: Time,
) -> Result<Vec<Checked>> {
    let mut rows = listed(conn, list.id)?;
    for row in &mut rows {
        if let Some(units) = row.variant.and_then(|variant| typed.get(&variant)) {
            row.retyped(units);
        }
    }
    let mut buying = ordering::buying(conn, visit, shop, now)?;
    buying.cart = None;
    let mut checked = quick_order::read(conn, &rows, &buying, now)?;
    for row in &mut checked {
        row.row.sku = row.variant.as_ref().and_then(|variant| variant.sku.clone()).unwrap_or_default();
    }
    Ok(checked)
}

fn listed(conn: &mut Conn, id: RequisitionListId) -> Result<Vec<Row>> {
    Ok(requisitions::lines_of(conn, id)?.into_iter().map(|line: Line| Row::of(line.variant, "", line.quantity)).collect())
}

/// Does with a list what its form says: everything about one list is one form, so that nothing typed is lost.
pub async fn act(door: web::Data<Door>, visit: Visit, id: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let id: RequisitionListId = id.parse().map_err(|_| Error::NotFound)?;
    match posted.get("act") {
        "add" => order(&door, &visit, id, &posted, Rest::Refuse, false).await,
        "rest" => order(&door, &visit, id, &posted, Rest::LeaveOut, false).await,
        "chosen" => order(&door, &visit, id, &posted, Rest::Refuse, true).await,
        _ => change(&door, &visit, id, posted).await,
    }
}

/// Puts all lines of a list, or those that were chosen, into the cart with the units that were typed.
async fn order(door: &Door, visit: &Visit, id: RequisitionListId, posted: &Posted, rest: Rest, chosen: bool) -> Result<HttpResponse> {
    let taken: BTreeSet<VariantId> = posted.pairs().filter_map(|(name, _)| name.strip_prefix("take-")?.parse().ok()).collect();
    let typed: HashMap<VariantId, String> = ordering::by_variant(posted).into_iter().collect();
    let seen = visit.clone();
    let rows = door.read(move |conn, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        requisitions::find(conn, &who, id)?;
        listed(conn, id)
    });
    let mut rows = match rows.await {
        Ok(rows) => rows,
        Err(Error::Unauthorised) => return Ok(door.go(visit, &format!("/account/sign-in?next={}", address(id)))),
        Err(error) => return Err(error),
    };
    rows.retain(|row| !chosen || row.variant.is_some_and(|variant| taken.contains(&variant)));
    for row in &mut rows {
        if let Some(units) = row.variant.and_then(|variant| typed.get(&variant)) {
            row.retyped(units);
        }
    }
    // Nought leaves a line out this once.
    rows.retain(|row| !units::nought(&row.quantity));
    let notices = match ordering::put(door, visit, rows, rest).await? {
        Put::Done(answer) => return Ok(answer),
        Put::Wrong => vec![notice(Tone::Warning, "requisition-wrong")],
        Put::Refused(text) if text == "quick-order-empty" => vec![notice(Tone::Error, "requisition-none-chosen")],
        Put::Refused(text) => vec![notice(Tone::Error, text)],
    };
    let asked = Asked { notices, typed, form: None };
    render(door, visit, StatusCode::UNPROCESSABLE_ENTITY, id, asked).await
}

/// Where a change leads, and what is said of it.
type Changed = (String, &'static str);

async fn change(door: &Door, visit: &Visit, id: RequisitionListId, posted: Posted) -> Result<HttpResponse> {
    let (seen, sent) = (visit.clone(), posted.clone());
    let changed = door.write(move |conn, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        apply(conn, &seen, &who, id, &sent, now)
    });
    let (status, wrong) = match changed.await {
        Ok((to, text)) => {
            visit.say(&door.signer, Tone::Success, text);
            return Ok(door.go(visit, &to));
        }
        Err(Error::Unauthorised) => return Ok(door.go(visit, &format!("/account/sign-in?next={}", address(id)))),
        Err(Error::Invalid(wrong)) => (StatusCode::UNPROCESSABLE_ENTITY, wrong),
        Err(Error::Conflict(text)) => {
            let mut wrong = Fields::default();
            wrong.add("list", text);
            (StatusCode::CONFLICT, wrong)
        }
        Err(error) => return Err(error),
    };
    let typed = ordering::by_variant(&posted).into_iter().collect();
    let form = Form::new(form::LIST).typed(posted.pairs()).refuse(form::LIST, &wrong);
    render(door, visit, status, id, Asked { notices: Vec::new(), typed, form: Some(form) }).await
}

fn apply(conn: &mut Conn, visit: &Visit, who: &Who, id: RequisitionListId, posted: &Posted, now: Time) -> Result<Changed> {
    let seen = || posted.number("version", requisitions::STALE).map_err(|_| Error::conflict(requisitions::STALE));
    let here = address(id);
    match posted.get("act") {
        "save" => {
            let typed = ordering::by_variant(posted);
            let ids: Vec<VariantId> = typed.iter().map(|(variant, _)| *variant).collect();
            let measures = units::measures(conn, &ids)?;
            let steps = |(variant, text): (VariantId, String)| {
                let measure = measures.get(&variant).copied().unwrap_or_default();
                Some((variant, measure.read(&text)?))
            };
            let units: Option<Vec<(VariantId, i64)>> = typed.into_iter().map(steps).collect();
            let units = units.ok_or_else(|| Error::field("quantity", "quantity-invalid"))?;
            requisitions::set(conn, who, id, seen()?, &units, now)?;
            Ok((here, "requisition-saved"))
        }
        "put" => {
            let row = named(conn, visit, posted, now)?;
            requisitions::put(conn, who, id, &[row], now)?;
            Ok((here, "requisition-saved"))
        }
        "rename" => {
            requisitions::rename(conn, who, id, seen()?, posted.get("name"), now)?;
            Ok((here, "requisition-saved"))
        }
        "share" | "unshare" => {
            let shared = posted.get("act") == "share";
            requisitions::share(conn, who, id, seen()?, shared, now)?;
            Ok((here, if shared { "requisition-shared-now" } else { "requisition-own-now" }))
        }
        "copy" => {
            let name = requisitions::find(conn, who, id)?.name;
            let copy = requisitions::copy(conn, who, id, &name, now)?;
            Ok((address(copy), "requisition-copied"))
        }
        "remove" => {
            requisitions::remove(conn, who, id, seen()?, now)?;
            Ok((PAGE.to_string(), "requisition-removed"))
        }
        "restore" => {
            requisitions::restore(conn, who, id, now)?;
            Ok((here, "requisition-restored"))
        }
        _ => Err(Error::NotFound),
    }
}

/// The variant and units of the row that is to be added. What is sold out may stand on a list.
fn named(conn: &mut Conn, visit: &Visit, posted: &Posted, now: Time) -> Result<(VariantId, i64)> {
    let shop = ordering::shop(conn, visit, now)?;
    let buying = ordering::buying(conn, visit, &shop, now)?;
    let units = posted.get("quantity").trim();
    let typed = Row::typed(posted.get("sku"), if units.is_empty() { "1" } else { units });
    let found = quick_order::read(conn, &[typed], &buying, now)?;
    let row = found.first().filter(|row| !row.row.sku.is_empty()).ok_or_else(|| Error::field("sku", "quick-order-no-sku"))?;
    match &row.variant {
        Some(_) if row.units == 0 => Err(Error::field("quantity", "quantity-invalid")),
        Some(variant) => Ok((variant.id, row.units)),
        None => Err(Error::field("sku", row.wrong.clone().unwrap_or_else(|| "quick-order-unknown".into()))),
    }
}

/// The list as a file that quick order reads.
pub async fn export(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id: RequisitionListId = id.parse().map_err(|_| Error::NotFound)?;
    let seen = visit.clone();
    let lines = or_sign_in!(theirs(&door, &visit, move |conn, _, now| {
        let who = ordering::theirs(conn, &seen, now)?;
        requisitions::find(conn, &who, id)?;
        let shop = stores::shop(conn, seen.site.id)?;
        let lines = requisitions::lines_of(conn, id)?;
        let ids: Vec<VariantId> = lines.iter().map(|line| line.variant).collect();
        let known = catalog::variants_for_sale(conn, &ids, shop.currency, seen.language.code())?;
        let known: HashMap<VariantId, _> = known.into_iter().map(|variant| (variant.id, variant)).collect();
        let line = |line: Line| {
            let variant = known.get(&line.variant)?;
            Some((
                variant.sku.clone().unwrap_or_default(),
                variant.title.clone(),
                variant.options.clone(),
                variant.measure.number(line.quantity),
            ))
        };
        Ok(lines.into_iter().filter_map(line).collect::<Vec<_>>())
    }));
    Ok(download::csv(&format!("list-{id}.csv"), move |out| export_list(&lines, out)))
}
