//! The builder of a segment's rule. Every button is a submit of the whole form: what is typed stays, and nothing is stored before it is
//! saved.

use super::desk::{Desk, refusal};
use super::segment_fields::Lists;
use super::segment_leaf::Reading;
use super::segment_spell;
use super::segment_tree::{self as tree, Mode, Node};
use super::segments::{address, named};
use super::stale::{self, Label, Labels, Refused};
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::rules::{self, Rule};
use crm::segments::{self, Preview, Segment, SegmentId, Wish};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::catalog;
use storefront::shop::{self, OWN_LANGUAGE};
use storefront::web::posted::Posted;
use storefront::web::views::form::{Form, Meanwhile};

const NAMES: &[&str] = &["version", "name", "note"];
const LABELS: &Labels = &[("name", "admin-col-name", ""), ("note", "admin-segment-note", "")];
/// Customers of a preview.
const SAMPLE: i64 = 10;

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let root = Node::Group(Mode::All, Vec::new());
    let sheet = Sheet { form: Form::new(NAMES), root, wrong: Fields::default(), focus: None, preview: None };
    draw(&desk, StatusCode::OK, None, sheet).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = SegmentId(*id);
    let sheet = desk
        .read(move |conn| {
            let segment = segments::get(conn, id)?;
            let (categories, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
            let root = segment_spell::form(conn, &*segment.rule()?, &categories, currency)?;
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
            let lists = Lists::load(conn, id)?;
            let slugs: Vec<String> = catalog::categories(conn, OWN_LANGUAGE)?.0.into_iter().map(|one| one.slug).collect();
            let name = id.map(|id| segments::get(conn, id)).transpose()?.map(|segment| segment.name);
            let preview = match preview {
                Some(found) => Some(json!({ "count": found.count, "sample": if seen { named(conn, &found.sample)? } else { Vec::new() } })),
                None => None,
            };
            Ok(json!({ "id": id, "name": name, "items": tree::items(&root, &wrong, &lists, focus.as_deref()), "categories": slugs,
                "currency": shop::get(conn)?.currency, "preview": preview }))
        })
        .await?;
    view["form"] = json!(form);
    let title = if id.is_some() { "admin-segment-edit" } else { "admin-segment-new" };
    desk.page_as(status, "admin/segment_edit.html", title, view)
}

async fn pressed(desk: Desk, id: Option<SegmentId>, posted: Posted) -> Result<HttpResponse> {
    let mut root = tree::read(&posted);
    let form = Form::new(NAMES).typed(posted.pairs());
    let button = posted.get("do").to_string();
    if button.contains(':') {
        let currency = desk.read(|conn| Ok(shop::get(conn)?.currency)).await?;
        let focus = tree::press(&mut root, &button, &posted, currency.code());
        return draw(&desk, StatusCode::OK, id, Sheet { form, root, wrong: Fields::default(), focus, preview: None }).await;
    }
    let typed = root.clone();
    if button == "preview" {
        let now = desk.door.now();
        let asked = desk.read(move |conn| {
            let (rule, others) = (rule(conn, &typed)?, segments::others(conn)?);
            rules::check(&rule, id, &others)?;
            segments::preview(conn, &rule, &others, SAMPLE, now)
        });
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
    let (stored, old, new) = desk
        .read(move |conn| {
            let segment = segments::get(conn, id)?;
            let (categories, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
            let root = segment_spell::form(conn, &*segment.rule()?, &categories, currency)?;
            let lists = Lists::load(conn, None)?;
            let items = |root: &Node| tree::items(root, &Fields::default(), &lists, None);
            Ok((filled(&segment), items(&root), items(&typed)))
        })
        .await?;
    let label = |name: &str| stale::label(LABELS, name, &words);
    let mut rows = stale::differing(&Refused { form: form.clone(), order: NAMES, stored: &stored, label: &label }, &words);
    let (old, new) = (tree::said(&old, &words), tree::said(&new, &words));
    if old != new {
        let (stored, typed) = stale::told(&old, &new, &Label::default(), &words);
        rows.push(Meanwhile { field: None, label: words.get("admin-segment-rule"), stored, typed });
    }
    Ok(form.beside(rows).fill("version", stored.value("version")))
}

fn filled(segment: &Segment) -> Form {
    Form::new(NAMES).fill("version", segment.version.to_string()).fill("name", &segment.name).fill("note", &segment.note)
}

/// The rule that a form means. `Invalid` names the fields that do not read.
fn rule(conn: &mut Conn, root: &Node) -> Result<Rule> {
    let (categories, currency) = (catalog::categories(conn, OWN_LANGUAGE)?, shop::get(conn)?.currency);
    let mut reading = Reading { conn, categories: &categories, currency, wrong: Fields::default() };
    let rule = reading.rule(root, tree::ROOT)?;
    reading.wrong.check()?;
    Ok(rule)
}

async fn save(desk: &Desk, id: Option<SegmentId>, posted: &Posted, root: Node) -> Result<SegmentId> {
    let (name, note) = (posted.get("name").to_string(), posted.get("note").to_string());
    let version = posted.get("version").parse().unwrap_or(0);
    desk.write(move |conn, act| {
        let wish = Wish { name: name.clone(), note: note.clone(), rule: rule(conn, &root)? };
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
