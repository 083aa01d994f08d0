//! The shop's home page: pictures with words, categories, shelves.

use super::choice::{self, Choice};
use super::desk::Desk;
use super::languages;
use super::pictures::{self as uploads, told};
use super::promotion_goods::lines;
use super::stale::{self, Label, Refused};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::Language;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::content::layout::{self, Layout, Part, Row, SHELVES, Said};
use storefront::ids::StoreId;
use storefront::pictures;
use storefront::stores;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const HERE: &str = "/admin/home-page";

/// How the log names the home page of a store.
fn subject(store: StoreId) -> String {
    if store == stores::MAIN { "home_page".to_string() } else { format!("home_page:store-{store}") }
}

/// The parts with a picture.
const PARTS: [&str; 2] = ["hero", "banner"];
const WORDS: [&str; 3] = ["title", "text", "cta"];

fn names() -> Vec<String> {
    let mut names = Vec::new();
    for part in PARTS {
        names.push(format!("{part}_shown"));
        names.extend(WORDS.iter().flat_map(|word| languages::each(&[&format!("{part}_{word}")])));
        names.push(format!("{part}_link"));
    }
    names.push("tiles".into());
    for at in 0..SHELVES {
        names.extend(languages::each(&[&format!("shelf_{at}_title")]));
        names.push(format!("shelf_{at}_products"));
    }
    names
}

fn blank() -> Form {
    Form::new(&names())
}

fn part<'a>(layout: &'a Layout, name: &str) -> Option<&'a Part> {
    if name == "hero" { layout.hero.as_ref() } else { layout.banner.as_ref() }
}

fn fill(form: Form, name: &str, said: &Said) -> Form {
    said.iter().fold(form, |form, (language, text)| form.fill(&format!("{name}_{language}"), text))
}

fn filled(layout: &Layout) -> Form {
    let mut form = blank().fill("tiles", layout.tiles.join("\n"));
    for name in PARTS {
        let Some(part) = part(layout, name) else { continue };
        form = form.fill(&format!("{name}_shown"), "on").fill(&format!("{name}_link"), &part.link);
        form = fill(form, &format!("{name}_title"), &part.title);
        form = fill(form, &format!("{name}_text"), &part.text);
        form = fill(form, &format!("{name}_cta"), &part.cta);
    }
    for (at, row) in layout.shelves.iter().enumerate() {
        form = fill(form, &format!("shelf_{at}_title"), &row.title).fill(&format!("shelf_{at}_products"), row.products.join("\n"));
    }
    form
}

/// What a field is called: the part or the shelf that it is of, then itself.
fn label(name: &str, words: &Words) -> Option<Label> {
    let of = |of: String, name: &str| {
        let (field, language) = name.rsplit_once('_').unwrap_or((name, ""));
        let text = match Language::parse(language) {
            Some(language) => format!("{of}: {} ({})", words.get(&format!("admin-home-page-{field}")), language.name()),
            None => format!("{of}: {}", words.get(&format!("admin-home-page-{name}"))),
        };
        Label { text, ..Label::default() }
    };
    if name == "tiles" {
        return Some(Label { text: words.get("admin-home-page-tiles"), ..Label::default() });
    }
    if let Some((at, field)) = name.strip_prefix("shelf_").and_then(|rest| rest.split_once('_')) {
        let number = at.parse::<usize>().ok()? + 1;
        return Some(of(words.with("admin-home-page-shelf", &[("number", &number.to_string())]).ok()?, field));
    }
    let (part, field) = name.split_once('_')?;
    Some(of(words.get(&format!("admin-home-page-{part}")), field))
}

pub async fn edit(desk: Desk) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let layout = desk.read(move |conn| Ok(layout::of(&stores::shop(conn, store)?))).await?;
    show(&desk, &of, StatusCode::OK, &layout, filled(&layout).sealed())
}

fn show(desk: &Desk, of: &Choice, status: StatusCode, layout: &Layout, form: Form) -> Result<HttpResponse> {
    let pictures: Vec<Value> = PARTS
        .iter()
        .map(|name| json!({ "name": name, "picture": part(layout, name).and_then(|part| part.picture.clone()), "there": part(layout, name).is_some() }))
        .collect();
    desk.page_as(
        status,
        "admin/home_page.html",
        "admin-home-page",
        json!({ "form": form, "parts": pictures, "shelves": (0..SHELVES).collect::<Vec<_>>(), "of": of }),
    )
}

/// What was typed, with the pictures as they are.
fn read(posted: &Posted, before: &Layout) -> Layout {
    let said = |name: &str| -> Said {
        let text = |language: &Language| (language.code().to_string(), posted.get(&languages::field(name, *language)).trim().to_string());
        Language::all().iter().map(text).filter(|(_, text)| !text.is_empty()).collect()
    };
    let shown = |name: &str| {
        posted.ticked(&format!("{name}_shown")).then(|| Part {
            picture: part(before, name).and_then(|part| part.picture.clone()),
            title: said(&format!("{name}_title")),
            text: said(&format!("{name}_text")),
            cta: said(&format!("{name}_cta")),
            link: posted.get(&format!("{name}_link")).trim().to_string(),
        })
    };
    let rows = (0..SHELVES)
        .map(|at| Row { title: said(&format!("shelf_{at}_title")), products: lines(posted.get(&format!("shelf_{at}_products"))) });
    Layout {
        hero: shown("hero"),
        banner: shown("banner"),
        tiles: lines(posted.get("tiles")),
        shelves: rows.filter(|row| !row.products.is_empty() || !row.title.is_empty()).collect(),
    }
}

pub async fn save(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let typed = posted.clone();
    let saved = desk
        .write(move |conn, act| {
            let before = layout::of(&stores::shop(conn, store)?);
            stale::check(&filled(&before), &typed)?;
            let after = read(&typed, &before);
            layout::save(conn, store, &after, act.now)?;
            act.log(conn, "home_page.save", &subject(store), &before, &after)
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&of.at(HERE), "admin-saved")),
        Err(error) => {
            let (names, words) = (names(), desk.words()?);
            let order: Vec<&str> = names.iter().map(String::as_str).collect();
            let before = desk.read(move |conn| Ok(layout::of(&stores::shop(conn, store)?))).await?;
            let label = |name: &str| label(name, &words);
            let typed = Refused { form: blank().typed(posted.pairs()), order: &order, stored: &filled(&before), label: &label };
            let (status, form) = stale::refused(&posted, error, typed, &words)?;
            show(&desk, &of, status, &before, form)
        }
    }
}

/// Shows the home page of the main store in a store again.
pub async fn reset(desk: Desk, _: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    if store == stores::MAIN {
        return Err(Error::NotFound);
    }
    desk.write(move |conn, act| {
        let before = layout::of(&stores::shop(conn, store)?);
        layout::reset(conn, store, act.now)?;
        act.log(conn, "home_page.reset", &subject(store), &before, &Value::Null)
    })
    .await?;
    Ok(desk.done(&of.at(HERE), "admin-home-page-was-reset"))
}

/// Puts a picture into a part that is shown.
pub async fn picture(desk: Desk, place: web::Path<String>, parts: Multipart) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let place = place.into_inner();
    if !PARTS.contains(&place.as_str()) {
        return Err(Error::NotFound);
    }
    let stored = async {
        let (prepared, _) = uploads::take(&desk, parts).await?;
        desk.write(move |conn, act| {
            let before = layout::of(&stores::shop(conn, store)?);
            let mut after = before.clone();
            let part = if place == "hero" { after.hero.as_mut() } else { after.banner.as_mut() };
            let part = part.ok_or_else(|| Error::conflict("admin-home-page-part-missing"))?;
            part.picture = Some(pictures::store(conn, &prepared, act.now)?);
            layout::save(conn, store, &after, act.now)?;
            act.log(conn, "home_page.save", &subject(store), &before, &after)
        })
        .await
    };
    match stored.await {
        Ok(()) => Ok(desk.done(&of.at(HERE), "admin-picture-added")),
        Err(error) => desk.explained(&of.at(HERE), told(error)?),
    }
}
