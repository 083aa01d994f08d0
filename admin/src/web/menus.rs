//! The menus of header and footer: their entries, the order of these, and what they lead to.

use super::choice::{self, Choice};
use super::desk::{Desk, refusal};
use super::menu_form::{self as form, names};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::web::i18n::{Language, Texts};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::StoreId;
use storefront::menus::{self, Ends, Entry, Place, Target};
use storefront::stores;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

const HERE: &str = "/admin/menus";

/// How the log names a menu.
fn subject(store: StoreId, place: Place) -> String {
    if store == stores::MAIN { format!("menu:{}", place.as_str()) } else { format!("menu:{}:store-{store}", place.as_str()) }
}

fn place(name: &str) -> Result<Place> {
    Place::parse(name).ok_or(Error::NotFound)
}

/// Where an entry stands: `2`, or `2-0` for the first one below it.
#[derive(Clone, Copy)]
struct Spot {
    top: usize,
    below: Option<usize>,
}

impl Spot {
    fn read(text: &str) -> Result<Spot> {
        let number = |text: &str| text.parse().map_err(|_| Error::NotFound);
        match text.split_once('-') {
            Some((top, below)) => Ok(Spot { top: number(top)?, below: Some(number(below)?) }),
            None => Ok(Spot { top: number(text)?, below: None }),
        }
    }

    /// The entries it stands among, and its place there.
    fn among(self, entries: &mut Vec<Entry>) -> Result<(&mut Vec<Entry>, usize)> {
        let (list, at) = match self.below {
            Some(below) => (&mut entries.get_mut(self.top).ok_or(Error::NotFound)?.children, below),
            None => (entries, self.top),
        };
        if at < list.len() { Ok((list, at)) } else { Err(Error::NotFound) }
    }
}

/// The entries of a menu, also of one that follows the shop, and its version.
fn entries(conn: &mut Conn, store: StoreId, place: Place, texts: &Texts) -> Result<(Vec<Entry>, i64)> {
    let menu = menus::get(conn, store, place)?;
    let say = |language: &str, key: &str| texts.text(Language::parse(language).unwrap_or_default(), key, None);
    let entries = match menu.entries {
        Some(entries) => entries,
        None => menus::standard(conn, store, place, &say)?,
    };
    Ok((entries, menu.version))
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let menus = [shown(&desk, store, Place::Header).await?, shown(&desk, store, Place::Footer).await?];
    let view = json!({ "menus": menus, "of": of, "main": store == stores::MAIN });
    desk.page("admin/menus.html", "admin-menus", view)
}

/// A menu as the page shows it.
async fn shown(desk: &Desk, store: StoreId, place: Place) -> Result<Value> {
    let (language, texts) = (desk.visit.language.code(), desk.door.templates.texts()?);
    let (entries, version, edited, ends) = desk
        .read(move |conn| {
            let (edited, shop) = (menus::get(conn, store, place)?.own, stores::shop(conn, store)?);
            let (entries, version) = entries(conn, store, place, &texts)?;
            let tree = shop.assortment().categories(conn, language)?;
            let ends = Ends::load(conn, &shop, tree, language, &[&entries])?;
            Ok((entries, version, edited, ends))
        })
        .await?;
    let words = desk.words()?;
    let mut rows = Vec::new();
    for (top, entry) in entries.iter().enumerate() {
        rows.push(row(&ends, &words, entry, &top.to_string(), (top, entries.len()))?);
        for (below, child) in entry.children.iter().enumerate() {
            rows.push(row(&ends, &words, child, &format!("{top}-{below}"), (below, entry.children.len()))?);
        }
    }
    Ok(json!({ "place": place.as_str(), "version": version, "edited": edited, "rows": rows }))
}

/// An entry, with its place among `of.1` others.
fn row(ends: &Ends, words: &Words, entry: &Entry, spot: &str, of: (usize, usize)) -> Result<Value> {
    let end = ends.of(&entry.target);
    let gone = end.is_none() && entry.target != Target::Heading;
    let name = end.map(|(name, _)| name).unwrap_or_default();
    let named = |kind: &str| words.with(&format!("admin-menu-kind-{kind}"), &[("name", name.as_str())]);
    let leads = match &entry.target {
        _ if gone => String::new(),
        Target::Category(_) => named("category")?,
        Target::Collection(_) => named("collection")?,
        Target::Product(_) => named("product")?,
        Target::Page(_) => named("page")?,
        Target::Inside(address) | Target::Outside(address) => address.clone(),
        Target::Heading => String::new(),
    };
    let label = ends.label(entry);
    let label = if label.is_empty() { words.get("admin-menu-unnamed") } else { label };
    Ok(json!({ "spot": spot, "label": label, "leads": leads, "gone": gone, "below": spot.contains('-'),
        "first": of.0 == 0, "last": of.0 + 1 == of.1 }))
}

/// Changes the entries of the version that was seen, in one write. Pages in memory follow at once.
async fn change(
    desk: &Desk,
    store: StoreId,
    place: Place,
    posted: &Posted,
    edit: impl Fn(&mut Conn, &mut Vec<Entry>) -> Result<()> + Send + 'static,
) -> Result<()> {
    let (texts, seen) = (desk.door.templates.texts()?, posted.number("version", "form-unreadable")?);
    desk.write(move |conn, act| {
        let (before, version) = entries(conn, store, place, &texts)?;
        // Places mean nothing in a menu that is another by now.
        if version != seen {
            return Err(Error::conflict("admin-menu-changed"));
        }
        let mut after = before.clone();
        edit(conn, &mut after)?;
        menus::save(conn, store, place, Some(&after), seen)?;
        act.log(conn, "menu.save", &subject(store, place), &before, &after)
    })
    .await?;
    desk.door.memory.pages.renew();
    Ok(())
}

/// Back to the list, where a change that came too late is told of.
fn back(desk: &Desk, of: &Choice, done: Result<()>, text: &str) -> Result<HttpResponse> {
    match done {
        Ok(()) => Ok(desk.done(&of.at(HERE), text)),
        Err(Error::Conflict(why)) if why == "admin-menu-changed" => {
            desk.explained(&of.at(HERE), Error::conflict("admin-menu-changed-list"))
        }
        Err(error) => desk.explained(&of.at(HERE), error),
    }
}

/// A blank form; `?parent=2` puts the entry below that one.
pub async fn new(desk: Desk, menu: web::Path<String>) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let place = place(&menu)?;
    let version = desk.read(move |conn| Ok(menus::get(conn, store, place)?.version)).await?;
    let form = Form::new(&names()).fill("version", version.to_string()).fill("parent", desk.query("parent"));
    show(&desk, (store, &of), StatusCode::OK, place, None, form).await
}

pub async fn edit(desk: Desk, path: web::Path<(String, String)>) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let (menu, at) = path.into_inner();
    let (place, spot) = (place(&menu)?, Spot::read(&at)?);
    let (language, texts) = (desk.visit.language.code(), desk.door.templates.texts()?);
    let form = desk
        .read(move |conn| {
            let shop = stores::shop(conn, store)?;
            let (mut entries, version) = entries(conn, store, place, &texts)?;
            let tree = shop.assortment().categories(conn, language)?;
            let ends = Ends::load(conn, &shop, tree, language, &[&entries])?;
            let (list, at) = spot.among(&mut entries)?;
            Ok(form::filled(&list[at], &ends).fill("version", version.to_string()))
        })
        .await?;
    show(&desk, (store, &of), StatusCode::OK, place, Some(&at), form).await
}

async fn show(
    desk: &Desk,
    (store, of): (StoreId, &Choice),
    status: StatusCode,
    place: Place,
    spot: Option<&str>,
    form: Form,
) -> Result<HttpResponse> {
    let (language, words) = (desk.visit.language.code(), desk.words()?);
    let choices = desk.read(move |conn| form::choices(conn, language, &words)).await?;
    // Whoever came too late is shown the menu as it is now.
    let now = if status == StatusCode::CONFLICT { Some(shown(desk, store, place).await?) } else { None };
    let title = if spot.is_some() { "admin-menu-entry-edit" } else { "admin-menu-entry-new" };
    let view = json!({ "place": place.as_str(), "spot": spot, "form": form, "choices": choices, "now": now, "of": of });
    desk.page_as(status, "admin/menu_entry.html", title, view)
}

async fn refused(
    desk: &Desk,
    about: (StoreId, &Choice),
    place: Place,
    spot: Option<&str>,
    posted: &Posted,
    error: Error,
) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    show(desk, about, status, place, spot, Form::new(&names()).typed(posted.pairs()).refuse(&names(), &wrong)).await
}

pub async fn create(desk: Desk, menu: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let (place, typed) = (place(&menu)?, posted.clone());
    let parent = Some(posted.get("parent")).filter(|text| !text.is_empty()).map(Spot::read).transpose()?;
    let done = change(&desk, store, place, &posted, move |conn, entries| {
        let entry = form::read(conn, &typed)?;
        match parent {
            Some(spot) => entries.get_mut(spot.top).ok_or(Error::NotFound)?.children.push(entry),
            None => entries.push(entry),
        }
        Ok(())
    });
    match done.await {
        Ok(()) => Ok(desk.done(&of.at(HERE), "admin-saved")),
        Err(error) => refused(&desk, (store, &of), place, None, &posted, error).await,
    }
}

pub async fn update(desk: Desk, path: web::Path<(String, String)>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let (menu, at) = path.into_inner();
    let (place, spot, typed) = (place(&menu)?, Spot::read(&at)?, posted.clone());
    let done = change(&desk, store, place, &posted, move |conn, entries| {
        let entry = form::read(conn, &typed)?;
        let (list, at) = spot.among(entries)?;
        list[at] = Entry { children: std::mem::take(&mut list[at].children), ..entry };
        Ok(())
    });
    match done.await {
        Ok(()) => Ok(desk.done(&of.at(HERE), "admin-saved")),
        Err(error) => refused(&desk, (store, &of), place, Some(&at), &posted, error).await,
    }
}

/// Moves an entry before or after its neighbour.
pub async fn shift(desk: Desk, path: web::Path<(String, String)>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let (menu, at) = path.into_inner();
    let (place, spot, up) = (place(&menu)?, Spot::read(&at)?, posted.get("to") == "up");
    let done = change(&desk, store, place, &posted, move |_, entries| {
        let (list, at) = spot.among(entries)?;
        let to = if up { at.checked_sub(1) } else { Some(at + 1).filter(|to| *to < list.len()) };
        if let Some(to) = to {
            list.swap(at, to);
        }
        Ok(())
    });
    back(&desk, &of, done.await, "admin-saved")
}

pub async fn delete(desk: Desk, path: web::Path<(String, String)>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let (menu, at) = path.into_inner();
    let (place, spot) = (place(&menu)?, Spot::read(&at)?);
    let done = change(&desk, store, place, &posted, move |_, entries| {
        let (list, at) = spot.among(entries)?;
        list.remove(at);
        Ok(())
    });
    back(&desk, &of, done.await, "admin-deleted")
}

/// Lets a menu follow the shop again.
pub async fn reset(desk: Desk, menu: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let (place, seen) = (place(&menu)?, posted.number("version", "form-unreadable")?);
    let done = desk
        .write(move |conn, act| {
            let before = menus::get(conn, store, place)?.entries;
            menus::save(conn, store, place, None, seen)?;
            act.log(conn, "menu.reset", &subject(store, place), &before, &Value::Null)
        })
        .await;
    desk.door.memory.pages.renew();
    back(&desk, &of, done, "admin-menu-was-reset")
}
