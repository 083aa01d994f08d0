//! Definitions of attributes: their list with the free attributes that nobody defined, and what a change does to the values that
//! products have, shown before it is made.

use super::attribute_form::{self, BLANK_ROWS, Typed};
use super::desk::{Act, Desk, refusal};
use super::stale;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::attributes::{self, Choice, Definition, Definitions, Kind, Takeover};
use storefront::catalog::{self, Categories};
use storefront::ids::AttributeId;
use storefront::labels::Labels;
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

/// Rows that asking for more adds.
const MORE_ROWS: usize = 10;
/// Values of products that a page shows.
const SHOWN: usize = 50;
/// Free attributes that the list shows.
const FREE: usize = 100;
/// The most values in use that become choices by themselves.
const MOST_CHOICES: usize = 100;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    let (all, free, labels, tree) = desk
        .read(move |conn| {
            let (all, free) = (Definitions::load(conn)?.all, attributes::free_names(conn, FREE)?);
            Ok((all, free, Labels::load(conn, language)?, catalog::categories(conn, language)?))
        })
        .await?;
    let last = all.len().saturating_sub(1);
    let row = |(at, one): (usize, &Definition)| {
        let places: Vec<&str> = one.categories.iter().filter_map(|id| tree.get(*id)).map(|category| category.name.as_str()).collect();
        json!({ "id": one.id, "name": labels.of(&one.name), "code": one.code, "kind": kind_key(one.kind), "unit": one.unit, "facet": one.facet,
            "shown": one.shown, "places": places.join(", "), "choices": one.choices.len(), "first": at == 0, "last": at == last })
    };
    let rows: Vec<Value> = all.iter().enumerate().map(row).collect();
    let to = |name: &str| {
        format!("/admin/attributes/new?{}", form_urlencoded::Serializer::new(String::new()).append_pair("name", name).finish())
    };
    let free: Vec<Value> = free
        .into_iter()
        .map(|(name, count)| json!({ "to": to(&name), "name": name, "count": count, "more": count >= attributes::COUNTED }))
        .collect();
    desk.page("admin/attributes.html", "admin-attribute-list", json!({ "rows": rows, "free": free }))
}

fn kind_key(kind: Kind) -> String {
    format!("attribute-kind-{}", kind.as_str().replace('_', "-"))
}

/// A blank form; `?name=Material` begins with the values that products have under that name.
pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let name = desk.query("name").trim().to_string();
    let (form, rows, tree) = desk
        .read(move |conn| {
            let tree = catalog::categories(conn, OWN_LANGUAGE)?;
            let begun = guess(conn, name)?;
            let (form, rows) = attribute_form::filled(conn, &begun, &tree)?;
            Ok((form, rows, tree))
        })
        .await?;
    show(&desk, StatusCode::OK, None, form, rows, &tree).await
}

/// A definition that fits what products have under a name: the first type that reads every value, choices when there are few.
fn guess(conn: &mut Conn, name: String) -> Result<Definition> {
    let mut definition = Definition { name, ..Definition::default() };
    if definition.name.is_empty() {
        return Ok(definition);
    }
    let found = attributes::takeover(conn, &definition, None)?;
    if found.fit == 0 && found.is_silent() {
        return Ok(definition);
    }
    let values = attributes::values_of(conn, &definition.name)?;
    let unit = |value: &str| value.trim_start_matches(|c: char| c.is_ascii_digit() || ".,-+ ".contains(c)).trim().to_string();
    for kind in [Kind::YesNo, Kind::Date, Kind::Number] {
        definition.kind = kind;
        definition.unit =
            if kind == Kind::Number { values.first().map(|(value, _)| unit(value)).unwrap_or_default() } else { String::new() };
        if values.iter().all(|(value, _)| definition.read(value).is_ok()) {
            return Ok(definition);
        }
    }
    definition.unit = String::new();
    definition.kind = if values.len() <= MOST_CHOICES { Kind::Choice } else { Kind::Text };
    if definition.kind == Kind::Choice {
        definition.choices = values.into_iter().map(|(name, _)| Choice { name, ..Choice::default() }).collect();
    }
    Ok(definition)
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = AttributeId(*id);
    let (form, rows, tree) = desk
        .read(move |conn| {
            let (known, tree) = (attributes::get(conn, id)?, catalog::categories(conn, OWN_LANGUAGE)?);
            let (form, rows) = attribute_form::filled(conn, &known, &tree)?;
            Ok((form, rows, tree))
        })
        .await?;
    show(&desk, StatusCode::OK, Some(id), form, rows, &tree).await
}

async fn show(
    desk: &Desk,
    status: StatusCode,
    id: Option<AttributeId>,
    form: Form,
    rows: usize,
    tree: &Categories,
) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    let (known, misfits, labels) = desk
        .read(move |conn| {
            let known = id.map(|id| attributes::get(conn, id)).transpose()?;
            let misfits = match &known {
                Some(known) => attributes::misfits(conn, known)?,
                None => Vec::new(),
            };
            Ok((known, misfits, Labels::load(conn, language)?))
        })
        .await?;
    let title = known.as_ref().map_or("admin-attribute-new", |known| labels.of(&known.name));
    let more = misfits.len().saturating_sub(SHOWN);
    let misfits: Vec<Value> = misfits.into_iter().take(SHOWN).map(|(value, count)| json!({ "value": value, "count": count })).collect();
    let view = json!({ "id": id, "form": form, "kinds": attribute_form::kinds(), "choices": attribute_form::choice_rows(rows),
        "categories": places(tree), "misfits": misfits, "more": more });
    desk.page_as(status, "admin/attribute.html", title, view)
}

fn places(tree: &Categories) -> Vec<Value> {
    let path = |id| tree.path(id).iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" › ");
    tree.in_order().into_iter().map(|one| json!({ "name": format!("category-{}", one.id), "label": path(one.id) })).collect()
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(AttributeId(*id)), posted).await
}

/// What became of a form.
enum Outcome {
    Saved(AttributeId),
    /// Values of products change or do not fit: somebody has to look first.
    Look(Takeover),
}

async fn save(desk: Desk, id: Option<AttributeId>, posted: Posted) -> Result<HttpResponse> {
    let tree = desk.read(|conn| catalog::categories(conn, OWN_LANGUAGE)).await?;
    let rows = attribute_form::rows(&posted).max(BLANK_ROWS);
    if posted.get("more") == "on" {
        let form = attribute_form::typed(&posted, rows + MORE_ROWS, &tree, &Fields::default());
        return show(&desk, StatusCode::OK, id, form, rows + MORE_ROWS, &tree).await;
    }
    let typed = match attribute_form::read(&posted, id) {
        Ok(typed) => typed,
        Err(error) => return refused(&desk, id, &posted, rows, &tree, None, error).await,
    };
    let (wanted, confirmed) = (typed.clone(), posted.get("confirmed") == "on");
    match desk.write(move |conn, act| store(conn, act, &wanted, confirmed)).await {
        Ok(Outcome::Saved(id)) => Ok(desk.done(&format!("/admin/attributes/{id}"), "admin-saved")),
        Ok(Outcome::Look(found)) => look(&desk, id, &posted, &typed.definition, found),
        Err(error) => refused(&desk, id, &posted, rows, &tree, Some(&typed), error).await,
    }
}

async fn refused(
    desk: &Desk,
    id: Option<AttributeId>,
    posted: &Posted,
    rows: usize,
    tree: &Categories,
    typed: Option<&Typed>,
    error: Error,
) -> Result<HttpResponse> {
    let stale = id.filter(|_| stale::is(&error));
    let (status, wrong): (StatusCode, Fields) = refusal(error)?;
    let wrong = match typed {
        Some(typed) => attribute_form::named(wrong, typed),
        None => wrong,
    };
    let form = attribute_form::typed(posted, rows, tree, &wrong);
    let Some(known) = stale else { return show(desk, status, id, form, rows, tree).await };
    // Somebody else changed it: how it is now stands beside what was typed, and who saves again has seen it.
    let (places, words) = (tree.clone(), desk.words()?);
    let stored = desk
        .read(move |conn| {
            let known = attributes::get(conn, known)?;
            Ok(attribute_form::filled(conn, &known, &places)?.0)
        })
        .await?;
    let version = stored.value("version").to_string();
    let form = form.beside(attribute_form::differing(&stored, posted, tree, &words)).fill("version", version);
    show(desk, status, id, form, rows, tree).await
}

fn store(conn: &mut Conn, act: &Act, typed: &Typed, confirmed: bool) -> Result<Outcome> {
    let before = typed.definition.id.map(|id| attributes::get(conn, id)).transpose()?;
    if before.as_ref().is_some_and(|before| before.version != typed.definition.version) {
        return Err(Error::conflict("attribute-stale"));
    }
    attributes::check(conn, &typed.definition)?;
    let found = attributes::takeover(conn, &typed.definition, before.as_ref())?;
    if !confirmed && !found.is_silent() {
        return Ok(Outcome::Look(found));
    }
    let id = attributes::save(conn, &typed.definition, act.now)?;
    attribute_form::translate(conn, typed)?;
    let after = attributes::get(conn, id)?;
    act.log(conn, "attribute.save", &format!("attribute:{id}"), &before, &after)?;
    Ok(Outcome::Saved(id))
}

/// What the change does to values, with everything that was typed, to confirm it.
fn look(desk: &Desk, id: Option<AttributeId>, posted: &Posted, definition: &Definition, found: Takeover) -> Result<HttpResponse> {
    let fields: Vec<(&str, &str)> = posted.pairs().filter(|(name, _)| !matches!(*name, "csrf" | "confirmed" | "more")).collect();
    let count = |list: &[attributes::InUse]| list.iter().map(|one| one.count).sum::<i64>();
    let (changed, unfit) = (count(&found.changed), count(&found.unfit));
    let more = found.changed.len().max(found.unfit.len()).saturating_sub(SHOWN);
    let first = |list: Vec<attributes::InUse>| list.into_iter().take(SHOWN).collect::<Vec<_>>();
    let view = json!({ "id": id, "fields": fields, "name": definition.name, "kind": kind_key(definition.kind), "unit": definition.unit, "fit": found.fit,
        "changed_count": changed, "unfit_count": unfit, "changed": first(found.changed), "unfit": first(found.unfit), "more": more });
    desk.page("admin/attribute_takeover.html", "admin-attribute-takeover", view)
}

/// Moves a definition before or after its neighbour.
pub async fn shift(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, up) = (AttributeId(*id), posted.get("to") == "up");
    desk.write(move |conn, act| {
        let order = |conn: &mut Conn| -> Result<Vec<String>> { Ok(Definitions::load(conn)?.all.into_iter().map(|one| one.name).collect()) };
        let before = order(conn)?;
        attributes::shift(conn, id, up)?;
        let after = order(conn)?;
        if before != after {
            act.log(conn, "attribute.order", &format!("attribute:{id}"), &json!({ "order": before }), &json!({ "order": after }))?;
        }
        Ok(())
    })
    .await?;
    Ok(desk.door.go(&desk.visit, "/admin/attributes"))
}

/// What deleting takes away.
pub async fn delete_form(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, language) = (AttributeId(*id), desk.visit.language.code());
    let (known, products, values, labels) = desk
        .read(move |conn| {
            let known = attributes::get(conn, id)?;
            let values = attributes::values_of(conn, &known.name)?;
            Ok((known.clone(), attributes::products_with(conn, &known.name)?, values, Labels::load(conn, language)?))
        })
        .await?;
    let more = values.len().saturating_sub(SHOWN);
    let values: Vec<Value> = values.iter().take(SHOWN).map(|(value, count)| json!({ "value": value, "count": count })).collect();
    let view =
        json!({ "id": id, "name": labels.of(&known.name), "products": products, "values": values, "more": more, "unit": known.unit });
    desk.page("admin/attribute_delete.html", "admin-attribute-delete", view)
}

pub async fn delete(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, values_too) = (AttributeId(*id), posted.get("values") == "remove");
    let gone = desk
        .write(move |conn, act| {
            let before = attributes::get(conn, id)?;
            attributes::remove(conn, id, values_too, act.now)?;
            let after = if values_too { json!({ "values": "removed" }) } else { Value::Null };
            act.log(conn, "attribute.delete", &format!("attribute:{id}"), &before, &after)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/attributes", "admin-deleted")),
        Err(error) => Err(error),
    }
}
