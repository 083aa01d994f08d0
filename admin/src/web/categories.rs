//! The tree of categories: names in every language, places, addresses, and what search engines are told.

use super::desk::{Act, Desk};
use super::languages;
use super::pictures as uploads;
use super::stale::{self, Label, Labels, Refused};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::catalog::{self, Categories, CategoryText, WholeCategory};
use storefront::ids::CategoryId;
use storefront::pictures;
use storefront::shop::OWN_LANGUAGE;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const BASE: &[&str] = &["version", "name", "parent", "slug", "text", "seo_title", "seo_description"];
/// The fields that there are in further languages too.
const SAID: &[&str] = &["name", "text", "seo_title", "seo_description"];

const LABELS: &Labels = &[
    ("name", "admin-col-name", ""),
    ("parent", "admin-category-parent", ""),
    ("slug", "admin-slug", ""),
    ("text", "admin-category-text", ""),
    ("seo_title", "admin-seo-title", ""),
    ("seo_description", "admin-seo-description", ""),
];

fn names() -> Vec<String> {
    BASE.iter().map(ToString::to_string).chain(languages::further(SAID)).collect()
}

/// The whole tree, each category below the one it is in.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    let tree = desk.read(move |conn| catalog::categories(conn, language)).await?;
    let mut rows = Vec::new();
    walk(&tree, None, 0, &mut rows);
    desk.page("admin/categories.html", "admin-category-tree", json!({ "rows": rows }))
}

/// Adds the categories below `parent`, with how deep they lie and whether they are the first or last of their row.
fn walk(tree: &Categories, parent: Option<CategoryId>, depth: usize, rows: &mut Vec<Value>) {
    let siblings = tree.children(parent);
    // A stored circle hangs below no root, so this ends.
    for (at, category) in siblings.iter().enumerate() {
        let (first, last) = (at == 0, at + 1 == siblings.len());
        rows.push(
            json!({ "id": category.id, "name": category.name, "slug": category.slug, "depth": depth.min(5), "first": first, "last": last }),
        );
        walk(tree, Some(category.id), depth + 1, rows);
    }
}

/// A blank form; `?parent=3` puts the new category there.
pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let form = Form::new(&names()).fill("parent", desk.query("parent"));
    show(&desk, StatusCode::OK, None, form).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = CategoryId(*id);
    let known = desk.read(move |conn| catalog::category(conn, id)).await?;
    show(&desk, StatusCode::OK, Some(id), filled(&known)).await
}

fn filled(of: &WholeCategory) -> Form {
    let form = Form::new(&names())
        .fill("version", of.version.to_string())
        .fill("parent", of.parent_id.map(|id| id.to_string()).unwrap_or_default())
        .fill("slug", &of.slug);
    let put = |form: Form, text: &CategoryText, end: &str| {
        form.fill(&format!("name{end}"), &text.name)
            .fill(&format!("text{end}"), &text.description)
            .fill(&format!("seo_title{end}"), &text.seo_title)
            .fill(&format!("seo_description{end}"), &text.seo_description)
    };
    Language::further().fold(put(form, &of.text, ""), |form, language| match of.texts.get(language.code()) {
        Some(text) => put(form, text, &languages::end(language)),
        None => form,
    })
}

async fn show(desk: &Desk, status: StatusCode, id: Option<CategoryId>, form: Form) -> Result<HttpResponse> {
    let language = desk.visit.language.code();
    let (known, tree) = desk
        .read(move |conn| {
            let known = id.map(|id| catalog::category(conn, id)).transpose()?;
            Ok((known, catalog::categories(conn, language)?))
        })
        .await?;
    let below = id.map(|id| tree.subtree(id)).unwrap_or_default();
    let places: Vec<(String, CategoryId)> =
        tree.in_order().into_iter().filter(|one| !below.contains(&one.id)).map(|one| (path(&tree, one.id), one.id)).collect();
    let places: Vec<Value> = places.into_iter().map(|(path, id)| json!({ "value": id.to_string(), "label": path })).collect();
    let title = id.and_then(|id| tree.get(id)).map_or("admin-category-new", |known| known.name.as_str());
    let (slug, picture) = known.map(|known| (known.slug, known.picture_hash)).unzip();
    let view = json!({ "id": id, "slug": slug, "picture": picture.flatten(), "form": form, "places": places });
    desk.page_as(status, "admin/category.html", title, view)
}

/// The names from the root on.
fn path(tree: &Categories, id: CategoryId) -> String {
    tree.path(id).iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" › ")
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(CategoryId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<CategoryId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    match desk.write(move |conn, act| store(conn, act, id, &typed)).await {
        Ok(id) => Ok(desk.done(&format!("/admin/categories/{id}"), "admin-saved")),
        Err(error) => refused(&desk, id, &posted, error).await,
    }
}

async fn refused(desk: &Desk, id: Option<CategoryId>, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (stale, words, language) = (stale::is(&error), desk.words()?, desk.visit.language.code());
    let (stored, tree) = desk
        .read(move |conn| {
            let known = id.map(|id| catalog::category(conn, id)).transpose()?;
            Ok((known.as_ref().map_or_else(|| Form::new(&names()), filled), catalog::categories(conn, language)?))
        })
        .await?;
    let choices: Vec<(String, String)> = tree.0.iter().map(|one| (one.id.to_string(), path(&tree, one.id))).collect();
    let label = |name: &str| Some(Label { choices: choices.clone(), ..stale::label(LABELS, name, &words)? });
    let names = names();
    let order: Vec<&str> = names.iter().map(String::as_str).collect();
    let of = Refused { form: Form::new(&names).typed(posted.pairs()), order: &order, stored: &stored, label: &label };
    let (status, form) = stale::refused(posted, error, of, &words)?;
    let form = if stale { form.fill("version", stored.value("version")) } else { form };
    show(desk, status, id, form).await
}

fn store(conn: &mut Conn, act: &Act, id: Option<CategoryId>, typed: &Posted) -> Result<CategoryId> {
    let before = id.map(|id| catalog::category(conn, id)).transpose()?;
    let mut wanted = before.clone().unwrap_or_default();
    wanted.parent_id = match typed.get("parent") {
        "" => None,
        parent => Some(CategoryId(parent.parse().map_err(|_| Error::field("parent", "category-parent"))?)),
    };
    wanted.slug = typed.get("slug").trim().to_string();
    // What was seen, not what is stored: a form made before somebody else's change is refused.
    wanted.version = typed.get("version").parse().unwrap_or(0);
    wanted.text = text(typed, "");
    for language in Language::further() {
        wanted.texts.insert(language.code().into(), text(typed, &languages::end(language)));
    }
    let id = catalog::put_category(conn, &wanted, act.now)?;
    let after = catalog::category(conn, id)?;
    act.log(conn, "category.save", &format!("category:{id}"), &before, &after)?;
    Ok(id)
}

fn text(typed: &Posted, end: &str) -> CategoryText {
    let get = |name: &str| typed.get(&format!("{name}{end}")).trim().to_string();
    CategoryText { name: get("name"), description: get("text"), seo_title: get("seo_title"), seo_description: get("seo_description") }
}

/// Gives a category a picture, in place of the one it has.
pub async fn picture(desk: Desk, id: web::Path<i64>, parts: Multipart) -> Result<HttpResponse> {
    let id = CategoryId(*id);
    let to = format!("/admin/categories/{id}");
    let put = async {
        let (prepared, _) = uploads::take(&desk, parts).await?;
        desk.write(move |conn, act| {
            let hash = pictures::store(conn, &prepared, act.now)?;
            show_with(conn, act, id, Some(&hash))
        })
        .await
    };
    match put.await {
        Ok(()) => Ok(desk.done(&to, "admin-saved")),
        Err(error) => desk.explained(&to, uploads::told(error)?),
    }
}

/// Shows a category without a picture.
pub async fn remove_picture(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = CategoryId(*id);
    desk.write(move |conn, act| show_with(conn, act, id, None)).await?;
    Ok(desk.done(&format!("/admin/categories/{id}"), "admin-saved"))
}

fn show_with(conn: &mut Conn, act: &Act, id: CategoryId, hash: Option<&str>) -> Result<()> {
    let before = catalog::category(conn, id)?.picture_hash;
    catalog::set_category_picture(conn, id, hash)?;
    act.log(conn, "category.picture", &format!("category:{id}"), &json!({ "picture": before }), &json!({ "picture": hash }))
}

/// Moves a category before or after its neighbour.
pub async fn shift(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, up) = (CategoryId(*id), posted.get("to") == "up");
    desk.write(move |conn, act| {
        let order = |conn: &mut Conn| -> Result<Vec<String>> {
            let tree = catalog::categories(conn, OWN_LANGUAGE)?;
            let parent = tree.get(id).ok_or(Error::NotFound)?.parent_id;
            Ok(tree.children(parent).into_iter().map(|one| one.name.clone()).collect())
        };
        let before = order(conn)?;
        catalog::shift_category(conn, id, up)?;
        let after = order(conn)?;
        if before != after {
            act.log(conn, "category.order", &format!("category:{id}"), &json!({ "order": before }), &json!({ "order": after }))?;
        }
        Ok(())
    })
    .await?;
    Ok(desk.door.go(&desk.visit, "/admin/categories"))
}

pub async fn delete(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = CategoryId(*id);
    let gone = desk
        .write(move |conn, act| {
            let before = catalog::category(conn, id)?;
            catalog::remove_category(conn, id)?;
            act.log(conn, "category.delete", &format!("category:{id}"), &before, &Value::Null)
        })
        .await;
    match gone {
        // Deleted twice is deleted.
        Ok(()) | Err(Error::NotFound) => Ok(desk.done("/admin/categories", "admin-deleted")),
        Err(error) => desk.explained(&format!("/admin/categories/{id}"), error),
    }
}
