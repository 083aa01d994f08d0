//! A segment with the builder of its rule.

use super::desk::{Desk, refusal};
use super::rule_form;
use super::segment_tree::{self as tree, Node};
use super::segments::address;
use super::stale::{self, Labels, Refused};
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::segments::{self, Preview, Segment, SegmentId, Wish};
use kernel::error::Fields;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["version", "name", "note"];
const LABELS: &Labels = &[("name", "admin-col-name", ""), ("note", "admin-segment-note", "")];

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let root = desk.read(|conn| rule_form::spelt(conn, None)).await?;
    let sheet = Sheet { form: Form::new(NAMES), root, wrong: Fields::default(), focus: None, preview: None };
    draw(&desk, StatusCode::OK, None, sheet).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = SegmentId(*id);
    let sheet = desk
        .read(move |conn| {
            let segment = segments::get(conn, id)?;
            let root = rule_form::spelt(conn, Some(&*segment.rule()?))?;
            Ok(Sheet { form: filled(&segment), root, wrong: Fields::default(), focus: None, preview: None })
        })
        .await?;
    draw(&desk, StatusCode::OK, Some(id), sheet).await
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    pressed(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    pressed(desk, Some(SegmentId(*id)), posted).await
}

/// What the page is drawn from.
struct Sheet {
    form: Form,
    root: Node,
    wrong: Fields,
    /// What was added last.
    focus: Option<String>,
    preview: Option<Preview>,
}

async fn draw(desk: &Desk, status: StatusCode, id: Option<SegmentId>, sheet: Sheet) -> Result<HttpResponse> {
    let seen = desk.may(Permission::CustomersView);
    let Sheet { form, root, wrong, focus, preview } = sheet;
    let mut view = desk
        .read(move |conn| {
            let rule = rule_form::view(conn, &root, &wrong, id, focus.as_deref())?;
            let name = id.map(|id| segments::get(conn, id)).transpose()?.map(|segment| segment.name);
            let preview = preview.as_ref().map(|found| rule_form::shown(conn, found, seen)).transpose()?;
            Ok(json!({ "id": id, "name": name, "rule": rule, "preview": preview }))
        })
        .await?;
    view["form"] = json!(form);
    let title = if id.is_some() { "admin-segment-edit" } else { "admin-segment-new" };
    desk.page_as(status, "admin/segment_edit.html", title, view)
}

async fn pressed(desk: Desk, id: Option<SegmentId>, posted: Posted) -> Result<HttpResponse> {
    let root = tree::read(&posted);
    let form = Form::new(NAMES).typed(posted.pairs());
    if rule_form::builds(&posted) {
        let (mut typed, pressed) = (root.clone(), posted.clone());
        let (root, focus) = desk
            .read(move |conn| {
                let focus = rule_form::pressed(conn, &mut typed, &pressed)?;
                Ok((typed, focus))
            })
            .await?;
        return draw(&desk, StatusCode::OK, id, Sheet { form, root, wrong: Fields::default(), focus, preview: None }).await;
    }
    let typed = root.clone();
    if posted.get("do") == "preview" {
        let now = desk.door.now();
        let asked = desk.read(move |conn| rule_form::preview(conn, &typed, id, now));
        return match asked.await {
            Ok(preview) => {
                let sheet = Sheet { form, root, wrong: Fields::default(), focus: None, preview: Some(preview) };
                draw(&desk, StatusCode::OK, id, sheet).await
            }
            Err(error) => refused(&desk, id, form, root, error).await,
        };
    }
    match save(&desk, id, &posted, typed).await {
        Ok(id) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => refused(&desk, id, form, root, error).await,
    }
}

async fn refused(desk: &Desk, id: Option<SegmentId>, form: Form, root: Node, error: Error) -> Result<HttpResponse> {
    let stale = id.filter(|_| stale::is(&error));
    let (status, wrong) = refusal(error)?;
    let mut form = form.refuse(NAMES, &wrong);
    if let Some(id) = stale {
        form = beside(desk, id, form, &root).await?;
    }
    draw(desk, status, id, Sheet { form, root, wrong, focus: None, preview: None }).await
}

/// The form with what somebody else stored meanwhile beside what was typed; saving it again replaces theirs.
async fn beside(desk: &Desk, id: SegmentId, form: Form, root: &Node) -> Result<Form> {
    let (words, typed) = (desk.words()?, root.clone());
    let told = words.clone();
    let (stored, rule) = desk
        .read(move |conn| {
            let segment = segments::get(conn, id)?;
            let root = rule_form::spelt(conn, Some(&*segment.rule()?))?;
            Ok((filled(&segment), rule_form::beside(conn, &root, &typed, &told)?))
        })
        .await?;
    let label = |name: &str| stale::label(LABELS, name, &words);
    let mut rows = stale::differing(&Refused { form: form.clone(), order: NAMES, stored: &stored, label: &label }, &words);
    rows.extend(rule);
    Ok(form.beside(rows).fill("version", stored.value("version")))
}

fn filled(segment: &Segment) -> Form {
    Form::new(NAMES).fill("version", segment.version.to_string()).fill("name", &segment.name).fill("note", &segment.note)
}

async fn save(desk: &Desk, id: Option<SegmentId>, posted: &Posted, root: Node) -> Result<SegmentId> {
    let (name, note) = (posted.get("name").to_string(), posted.get("note").to_string());
    let version = posted.get("version").parse().unwrap_or(0);
    desk.write(move |conn, act| {
        let wish = Wish { name: name.clone(), note: note.clone(), rule: rule_form::read(conn, &root)? };
        let before = id.map(|id| segments::get(conn, id)).transpose()?.map(|segment| said(&segment));
        let id = match id {
            Some(id) => segments::update(conn, id, version, &wish, act.now).map(|()| id)?,
            None => segments::create(conn, &wish, act.now)?,
        };
        let after = said(&segments::get(conn, id)?);
        act.log(conn, "segment.save", &format!("segment:{id}"), &before, &after)?;
        Ok(id)
    })
    .await
}

/// What the audit log keeps of a segment.
fn said(segment: &Segment) -> Value {
    json!({ "name": segment.name, "note": segment.note, "rule": segment.rule })
}
