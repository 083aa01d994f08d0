//! How the shop looks: the draft with its preview, and publishing it. Trying something out is written into the log once, when a draft
//! begins; what was published stands in it with everything that changed.

use super::choice::{self, Choice};
use super::desk::{Desk, refusal};
use super::pictures::{self as uploads, told};
use super::theme_view;
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::StoreId;
use storefront::pictures;
use storefront::stores::MAIN;
use storefront::theme::{self, Colour, Corners, Font, Preset, Role, Theme};
use storefront::web::posted::Posted;
use storefront::web::theme::address;
use storefront::web::views::form::Form;

const HERE: &str = "/admin/theme";
/// The pictures of a theme.
const PLACES: [&str; 2] = ["logo", "icon"];
/// The fields that are no colour.
const CHOICES: [&str; 3] = ["heading", "body", "corners"];

fn names() -> Vec<&'static str> {
    Role::ALL.iter().map(|role| role.as_str()).chain(CHOICES).collect()
}

fn filled(theme: &Theme) -> Form {
    let form = Role::ALL.iter().fold(Form::new(&names()), |form, role| form.fill(role.as_str(), theme.colour(*role).to_string()));
    form.fill("heading", theme.heading.as_str()).fill("body", theme.body.as_str()).fill("corners", theme.corners.as_str())
}

/// What was typed, with the pictures of `theme`. `Invalid` names what is no colour.
fn read(posted: &Posted, mut theme: Theme) -> Result<Theme> {
    let mut wrong = Fields::default();
    for role in Role::ALL {
        match Colour::parse(posted.get(role.as_str())) {
            Some(colour) => theme.set_colour(*role, colour),
            None => wrong.add(role.as_str(), "admin-theme-colour-unknown"),
        }
    }
    // Choices of a list: whoever sends another keeps what there was.
    theme.heading = Font::parse(posted.get("heading")).unwrap_or(theme.heading);
    theme.body = Font::parse(posted.get("body")).unwrap_or(theme.body);
    theme.corners = Corners::parse(posted.get("corners")).unwrap_or(theme.corners);
    wrong.check()?;
    Ok(theme)
}

pub async fn show(desk: Desk) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let theme = desk.read(move |conn| theme::working(conn, store)).await?;
    page(&desk, (store, &of), StatusCode::OK, filled(&theme), &theme, None).await
}

/// The page, with `theme` measured. `worn` is what the shop wears, when it has to be shown beside what was typed.
async fn page(
    desk: &Desk,
    (store, of): (StoreId, &Choice),
    status: StatusCode,
    form: Form,
    theme: &Theme,
    worn: Option<&Theme>,
) -> Result<HttpResponse> {
    let mut view = theme_view::of(desk, (store, of), theme, worn).await?;
    view["form"] = serde_json::to_value(form)?;
    desk.page_as(status, "admin/theme.html", "admin-theme", view)
}

/// Where a form of this page leads back to: with the page of the shop that was looked at.
fn back(of: &Choice, posted: &Posted) -> String {
    if posted.get("page").is_empty() {
        return of.at(HERE);
    }
    let looked_at = form_urlencoded::Serializer::new(String::new()).append_pair("page", posted.get("page")).finish();
    let gap = if of.query.is_empty() { "?" } else { "&" };
    format!("{}{gap}{looked_at}", of.at(HERE))
}

/// How the log names the theme of a store.
fn subject(store: StoreId) -> String {
    if store == MAIN { "theme".to_string() } else { format!("theme:store-{store}") }
}

/// Makes `after` the draft.
fn keep(conn: &mut Conn, act: &super::desk::Act, store: StoreId, after: &Theme) -> Result<()> {
    let before = theme::working(conn, store)?;
    theme::begin(conn, store, after, act.now)?;
    act.log(conn, "theme.draft", &subject(store), &before, after)
}

/// Keeps what was typed as the draft: for the button, and while somebody types, for the script.
pub async fn draft(desk: Desk, request: HttpRequest, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let live = request.headers().get(header::ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    let typed = posted.clone();
    let kept = desk
        .write(move |conn, act| {
            let before = theme::working(conn, store)?;
            let after = read(&typed, before.clone())?;
            match theme::draft(conn, store)? {
                _ if before == after => {}
                Some(_) => theme::begin(conn, store, &after, act.now)?,
                None => keep(conn, act, store, &after)?,
            }
            Ok(after)
        })
        .await;
    match kept {
        Ok(theme) if live => {
            let checks = theme_view::checks(&theme, &desk.words()?)?;
            let html = desk.door.templates.render("admin/theme_checks.html", desk.visit.language, &json!({ "checks": checks }))?;
            Ok(answer(&json!({ "sheet": address(&theme.sheet()), "checks": html, "wrong": {} })))
        }
        Ok(_) => Ok(desk.done(&back(&of, &posted), "admin-theme-kept")),
        Err(error) if live => {
            let (_, wrong) = refusal(error)?;
            let words = desk.words()?;
            let wrong: serde_json::Map<String, Value> = wrong.0.iter().map(|(name, text)| (name.clone(), words.get(text).into())).collect();
            Ok(answer(&json!({ "wrong": wrong })))
        }
        Err(error) => refused(&desk, (store, &of), &posted, error).await,
    }
}

fn answer(body: &Value) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}

/// Lets the shop wear what was typed.
pub async fn publish(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let typed = posted.clone();
    let done = desk
        .write(move |conn, act| {
            let before = theme::published(conn, store)?.theme;
            let after = read(&typed, theme::working(conn, store)?)?;
            let seen = typed.number("seen", "form-unreadable")?;
            if theme::publish(conn, store, &after, seen, &act.actor, act.now)? {
                act.log(conn, "theme.publish", &subject(store), &before, &after)?;
            }
            Ok(())
        })
        .await;
    match done {
        Ok(()) => {
            desk.door.memory.pages.renew();
            Ok(desk.done(&back(&of, &posted), "admin-theme-published"))
        }
        Err(error) => refused(&desk, (store, &of), &posted, error).await,
    }
}

/// The form as it was typed, with the measures in words; and, when somebody else published, with what is different now.
async fn refused(desk: &Desk, (store, of): (StoreId, &Choice), posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (status, mut wrong) = refusal(error)?;
    let (worn, working) = desk.read(move |conn| Ok((theme::published(conn, store)?.theme, theme::working(conn, store)?))).await?;
    let typed = read(posted, working.clone()).ok();
    if let Some(typed) = &typed {
        let words = desk.words()?;
        for check in typed.checks().iter().filter(|check| !check.holds()) {
            // The first of several is the one that is told; the list below names all.
            match wrong.0.get_mut(check.role().as_str()) {
                Some(told) if told == "admin-theme-unreadable" => *told = theme_view::sentence(check, &words)?,
                _ => {}
            }
        }
    }
    let names = names();
    let form = filled(&working).typed(posted.pairs()).refuse(&names, &wrong);
    let beside = (status == StatusCode::CONFLICT).then_some(&worn);
    page(desk, (store, of), status, form, typed.as_ref().unwrap_or(&working), beside).await
}

/// Drops the draft.
pub async fn discard(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    desk.write(move |conn, act| {
        let Some(draft) = theme::draft(conn, store)? else { return Ok(()) };
        theme::discard(conn, store, act.now)?;
        act.log(conn, "theme.discard", &subject(store), &draft, &Value::Null)
    })
    .await?;
    Ok(desk.done(&back(&of, &posted), "admin-theme-discarded"))
}

/// Lets a store wear the theme of the main store again.
pub async fn follow(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let seen = posted.number("seen", "form-unreadable")?;
    let done = desk
        .write(move |conn, act| {
            let before = theme::published(conn, store)?.theme;
            theme::follow(conn, store, seen, act.now)?;
            act.log(conn, "theme.follow", &subject(store), &before, &Value::Null)
        })
        .await;
    match done {
        Ok(()) => {
            desk.door.memory.pages.renew();
            Ok(desk.done(&of.at(HERE), "admin-theme-follows"))
        }
        Err(error) => desk.explained(&of.at(HERE), error),
    }
}

/// Dresses the draft in a ready theme.
pub async fn preset(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let preset = Preset::parse(posted.get("preset")).ok_or_else(|| Error::field("preset", "form-unreadable"))?;
    desk.write(move |conn, act| {
        let after = theme::working(conn, store)?.dressed(preset);
        keep(conn, act, store, &after)
    })
    .await?;
    Ok(desk.done(&back(&of, &posted), "admin-theme-kept"))
}

/// Makes a theme that was worn before the draft.
pub async fn restore(desk: Desk, number: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let number = *number;
    desk.write(move |conn, act| {
        let after = theme::numbered(conn, store, number)?;
        keep(conn, act, store, &after)
    })
    .await?;
    Ok(desk.done(&back(&of, &posted), "admin-theme-restored"))
}

/// The place of a picture by its name in an address.
fn place(name: &str) -> Result<&'static str> {
    PLACES.into_iter().find(|known| *known == name).ok_or(Error::NotFound)
}

fn slot<'a>(theme: &'a mut Theme, place: &str) -> &'a mut Option<String> {
    if place == "logo" { &mut theme.logo } else { &mut theme.icon }
}

/// Gives the draft a logo or an icon.
pub async fn picture(desk: Desk, name: web::Path<String>, parts: Multipart) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let name = place(&name)?;
    let stored = async {
        let (prepared, _) = uploads::take(&desk, parts).await?;
        let (width, height) = (prepared.width, prepared.height);
        if name == "icon" && (width - height).abs() * 20 > width.max(height) {
            return Err(Error::conflict("admin-theme-icon-not-square"));
        }
        desk.write(move |conn, act| {
            let mut after = theme::working(conn, store)?;
            *slot(&mut after, name) = Some(pictures::store(conn, &prepared, act.now)?);
            keep(conn, act, store, &after)
        })
        .await
    };
    match stored.await {
        Ok(()) => Ok(desk.done(&of.at(HERE), "admin-theme-kept")),
        Err(error) => desk.explained(&of.at(HERE), told(error)?),
    }
}

/// Takes the logo or the icon from the draft.
pub async fn remove_picture(desk: Desk, name: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (store, of) = choice::store(&desk).await?;
    let name = place(&name)?;
    desk.write(move |conn, act| {
        let mut after = theme::working(conn, store)?;
        *slot(&mut after, name) = None;
        keep(conn, act, store, &after)
    })
    .await?;
    Ok(desk.done(&back(&of, &posted), "admin-theme-kept"))
}

/// A page of the shop in the draft, for the frame beside the form.
pub async fn preview(desk: Desk) -> Result<HttpResponse> {
    let (store, _) = choice::store(&desk).await?;
    let (path, mut visit) = (desk.query("page"), desk.visit.clone());
    visit.site = desk.door.site_of(store);
    visit.language = visit.spoken().language;
    match storefront::web::preview::show(&desk.door, &visit, &path).await {
        // A page may be gone by the time that somebody looks at it.
        Err(Error::NotFound) => storefront::web::preview::show(&desk.door, &visit, "/").await,
        shown => shown,
    }
}
