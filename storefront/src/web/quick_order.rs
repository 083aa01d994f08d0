//! Quick order: SKUs and numbers, typed into rows, pasted or sent as a file; and all variants of a product in one table.

mod matrix;

use super::door::Door;
use super::frame;
use super::ordering::{self, Put, notice};
use super::posted::Posted;
use super::upload::{self, Upload};
use super::views::ordering::{QuickOrderView, QuickRow};
use super::views::page::{Page, Tone};
use super::views::shared::Notice;
use super::visit::Visit;
use super::words::Words;
use crate::quick_order::{self, MOST, Rest, Row, Unreadable};
use crate::requisitions;
use crate::shop::Shop;
use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use kernel::clock::Time;
use kernel::money::Money;
use kernel::web::format;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};

/// Where it is.
pub const PAGE: &str = "/quick-order";
/// Rows of an empty form, and more of them each time they are asked for.
const ROWS: usize = 10;
/// Bytes of a file: a thousand rows are far below.
const LARGEST: usize = 1 << 20;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/quick-order", web::get().to(show))
        .route("/quick-order", web::post().to(act))
        .route("/quick-order/file", web::post().to(file))
        .route("/quick-order/row", web::get().to(row))
        .route("/quick-order/products/{slug}", web::get().to(matrix::show))
        .route("/quick-order/products/{slug}", web::post().to(matrix::add));
}

/// Where several variants of a product are ordered at once.
pub(super) fn matrix_of(slug: &str) -> String {
    format!("/quick-order/products/{slug}")
}

/// The shop as the visited store shows it. `NotFound` where it takes no quick orders, `Conflict` for who may not see its prices.
fn open(conn: &mut Conn, visit: &Visit, now: Time) -> Result<Shop> {
    let shop = ordering::shop(conn, visit, now)?;
    match shop.quick_order {
        true if shop.prices_hidden => Err(Error::conflict("prices-hidden-quick-order")),
        true => Ok(shop),
        false => Err(Error::NotFound),
    }
}

/// What the page shows besides an empty form.
#[derive(Default)]
struct Asked {
    rows: Vec<Row>,
    /// How many rows there are at least.
    shown: usize,
    /// The rows are looked at.
    checked: bool,
    list_name: String,
    notices: Vec<Notice>,
}

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    render(&door, &visit, StatusCode::OK, Asked::default()).await
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, asked: Asked) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, title) = (visit.clone(), words.get("quick-order-title"));
    let read = door.read(move |conn, now| {
        let shop = open(conn, &seen, now)?;
        let Asked { mut rows, shown, checked, list_name, mut notices } = asked;
        rows.truncate(MOST);
        let mut view = QuickOrderView {
            notices: Vec::new(),
            rows: Vec::new(),
            wrong: 0,
            total: None,
            paste: String::new(),
            signed_in: ordering::who(conn, &seen, now)?.is_some(),
            list_name,
            most: MOST,
        };
        if checked {
            let buying = ordering::buying(conn, &seen, &shop, now)?;
            let found = quick_order::read(conn, &rows, &buying, now)?;
            view.wrong = found.iter().filter(|row| row.wrong.is_some()).count();
            view.total = ordering::sum(&found, &shop);
            view.rows = ordering::shown(conn, &found, &shop, &words, now)?;
            if view.wrong > 0 {
                notices.push(notice(Tone::Warning, words.with("quick-order-wrong", &[("count", &view.wrong.to_string())])?));
            }
        } else {
            let typed = |(at, row): (usize, Row)| QuickRow { at, sku: row.sku, quantity: row.quantity, ..QuickRow::default() };
            view.rows = rows.into_iter().enumerate().map(typed).collect();
        }
        for at in view.rows.len()..shown.clamp(ROWS, MOST) {
            view.rows.push(QuickRow { at, ..QuickRow::default() });
        }
        view.notices = notices;
        Ok((frame::load(conn, &seen, now)?, view))
    });
    let (mut page, view) = read.await?;
    page.title = title;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, PAGE, visit.language);
    door.render_as(status, visit, "storefront/quick_order.html", &Page { page, view })
}

/// The rows that were typed, without blank ones, and how many the form had.
fn typed(form: &Posted) -> (Vec<Row>, usize) {
    let mut places: Vec<usize> = form.pairs().filter_map(|(name, _)| name.strip_prefix("sku-")?.parse().ok()).collect();
    places.retain(|at| *at < MOST);
    places.sort_unstable();
    let row = |at: &usize| Row::typed(form.get(&format!("sku-{at}")), form.get(&format!("quantity-{at}")));
    let rows: Vec<Row> = places.iter().map(row).filter(|row| !row.blank()).collect();
    (rows, places.len())
}

pub async fn act(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let (mut rows, shown) = typed(&form);
    rows.extend(quick_order::pasted(form.get("paste")));
    let asked = Asked { shown, list_name: form.get("list_name").to_string(), ..Asked::default() };
    if rows.len() > MOST {
        let text = kernel::error::said("quick-order-too-many-rows", &[("most", &MOST)]);
        let asked = Asked { rows, notices: vec![notice(Tone::Error, text)], ..asked };
        return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, asked).await;
    }
    let rest = match form.get("act") {
        "add" => Rest::Refuse,
        "rest" => Rest::LeaveOut,
        "list" => return keep(&door, &visit, rows, asked).await,
        "more" => return render(&door, &visit, StatusCode::OK, Asked { rows, shown: shown + ROWS, ..asked }).await,
        _ => return render(&door, &visit, StatusCode::OK, Asked { checked: !rows.is_empty(), rows, ..asked }).await,
    };
    {
        let seen = visit.clone();
        door.read(move |conn, now| open(conn, &seen, now).map(drop)).await?;
    }
    match ordering::put(&door, &visit, rows.clone(), rest).await? {
        Put::Done(answer) => Ok(answer),
        Put::Wrong => render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, Asked { rows, checked: true, ..asked }).await,
        Put::Refused(text) => {
            let asked = Asked { checked: !rows.is_empty(), rows, notices: vec![notice(Tone::Error, text)], ..asked };
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, asked).await
        }
    }
}

/// Keeps the rows as a list of whoever is signed in. What names no variant has to be put right first; what is sold out may stand on a list.
async fn keep(door: &Door, visit: &Visit, rows: Vec<Row>, asked: Asked) -> Result<HttpResponse> {
    let (seen, wanted, name) = (visit.clone(), rows.clone(), asked.list_name.clone());
    let kept = door.write(move |conn, now| {
        let shop = open(conn, &seen, now)?;
        let who = ordering::theirs(conn, &seen, now)?;
        let buying = ordering::buying(conn, &seen, &shop, now)?;
        let found = quick_order::read(conn, &wanted, &buying, now)?;
        let goods: Vec<_> =
            found.iter().filter(|row| row.units > 0).filter_map(|row| Some((row.variant.as_ref()?.id, row.units))).collect();
        if goods.is_empty() || goods.len() < found.len() {
            return Err(Error::field("rows", "quick-order-list-rows"));
        }
        requisitions::create(conn, &who, &name, false, &goods, now)
    });
    match kept.await {
        Ok(id) => {
            visit.say(&door.signer, Tone::Success, "requisition-made");
            Ok(door.go(visit, &format!("/account/lists/{id}")))
        }
        Err(Error::Invalid(wrong)) => {
            let text = if wrong.0.contains_key("name") { "requisition-name".into() } else { first(wrong) };
            let asked = Asked { checked: !rows.is_empty(), rows, notices: vec![notice(Tone::Error, text)], ..asked };
            render(door, visit, StatusCode::UNPROCESSABLE_ENTITY, asked).await
        }
        Err(Error::Conflict(text)) => {
            let asked = Asked { checked: true, rows, notices: vec![notice(Tone::Error, text)], ..asked };
            render(door, visit, StatusCode::CONFLICT, asked).await
        }
        Err(Error::Unauthorised) => Ok(door.go(visit, "/account/sign-in?next=/quick-order")),
        Err(error) => Err(error),
    }
}

fn first(wrong: kernel::error::Fields) -> String {
    wrong.0.into_values().next().unwrap_or_default()
}

/// Fills the form from a file.
pub async fn file(door: web::Data<Door>, visit: Visit, parts: Multipart) -> Result<HttpResponse> {
    let read = upload::file(&door, &visit, parts, "file", LARGEST, "quick-order-file-large").await;
    let rows = match read {
        Ok(Upload { bytes, .. }) => quick_order::read_file(&bytes).map_err(|Unreadable(key)| key.to_string()),
        Err(Error::Invalid(wrong)) => Err(first(wrong)),
        Err(error) => return Err(error),
    };
    match rows {
        Ok(rows) if rows.len() <= MOST => render(&door, &visit, StatusCode::OK, Asked { rows, checked: true, ..Asked::default() }).await,
        Ok(_) => {
            let text = kernel::error::said("quick-order-too-many-rows", &[("most", &MOST)]);
            refused(&door, &visit, text).await
        }
        Err(text) => refused(&door, &visit, text).await,
    }
}

async fn refused(door: &Door, visit: &Visit, text: String) -> Result<HttpResponse> {
    let asked = Asked { notices: vec![notice(Tone::Error, text)], ..Asked::default() };
    render(door, visit, StatusCode::UNPROCESSABLE_ENTITY, asked).await
}

/// A row that the page's script asks about while it is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct One {
    sku: String,
    quantity: String,
}

/// What it names and costs, in one line.
#[derive(Debug, Serialize)]
struct Told {
    right: bool,
    text: String,
}

pub async fn row(door: web::Data<Door>, visit: Visit, query: web::Query<One>) -> Result<HttpResponse> {
    door.limits.search.check(&visit.client)?;
    let One { sku, quantity } = query.into_inner();
    let row = Row::typed(&sku.replace('\0', ""), if quantity.trim().is_empty() { "1" } else { &quantity });
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let told = door.read(move |conn, now| {
        let shop = open(conn, &seen, now)?;
        let buying = ordering::buying(conn, &seen, &shop, now)?;
        let found = quick_order::read(conn, &[row], &buying, now)?;
        let Some(checked) = found.first() else { return Ok(Told { right: true, text: String::new() }) };
        let mut parts: Vec<String> = Vec::new();
        if let Some(variant) = &checked.variant {
            let options = (!variant.options.is_empty()).then(|| variant.options.clone());
            parts.extend(std::iter::once(variant.title.clone()).chain(options));
        }
        match &checked.wrong {
            Some(wrong) => parts.push(words.get(wrong)),
            None => {
                let money = |minor: i64| format::money(Money::new(minor, shop.currency));
                parts.push(format!(
                    "{} × {} = {}",
                    checked.measure().text(checked.units),
                    money(checked.unit_price),
                    money(checked.total())
                ));
            }
        }
        Ok(Told { right: checked.wrong.is_none(), text: parts.join(" · ") })
    });
    let told = told.await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(answer.json(told))
}
