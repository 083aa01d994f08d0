//! Sending something back: the form, what becomes of it on the order's page, and the label.

use super::{Key, allowed, path_for};
use crate::exchanges;
use crate::ids::{OrderLineId, ReturnId, StoreId, VariantId};
use crate::orders::{Order, OrderLine};
use crate::returns::{self, Reason, Return, Wanted, WantedLine};
use crate::shop;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::form::{self, Form};
use crate::web::views::order::{ReturnFormView, ReturnLineView, ReturnView};
use crate::web::views::page::{Page, Tone};
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{frame, shown};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Error, Result, token};

pub async fn new(door: web::Data<Door>, visit: Visit, number: web::Path<String>, query: web::Query<Key>) -> Result<HttpResponse> {
    let form = Form::new(form::RETURN).fill("request", token::random());
    render(&door, &visit, StatusCode::OK, number.into_inner(), query.into_inner().key, form, None).await
}

/// The form; `refused` keeps what was typed beside each line, with what is wrong with it.
async fn render(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    number: String,
    key: String,
    form: Form,
    refused: Option<(Posted, Fields)>,
) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, signer) = (visit.clone(), door.signer.clone());
    let back = path_for(&signer, &number, &key);
    let path = format!("/orders/{number}/returns/new");
    let title = words.with("return-title", &[("number", &number)])?;
    let (mut page, view) = door
        .read(move |conn, now| {
            let order = allowed(conn, &seen, &signer, &number, &key, now)?;
            let mut lines = Vec::new();
            for one in returns::returnable(conn, &order, now)? {
                lines.push(line_view(conn, seen.site.id, &order, &one.line, one.units, refused.as_ref())?);
            }
            let days = shop::get(conn)?.return_days;
            let key = (!key.is_empty()).then_some(key);
            let reasons = Reason::ALL.iter().map(|reason| reason.as_str().to_string()).collect();
            let view = ReturnFormView { number: order.number, key, back, form, lines, reasons, days: shown::count(days) };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    page.title = title;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &path, visit.language);
    door.render_as(status, visit, "storefront/return.html", &Page { page, view })
}

fn line_view(
    conn: &mut Conn,
    here: StoreId,
    order: &Order,
    line: &OrderLine,
    units: i64,
    refused: Option<&(Posted, Fields)>,
) -> Result<ReturnLineView> {
    let shown = shown::order_lines(conn, here, order, std::slice::from_ref(line))?;
    let (name, reason) = (format!("quantity-{}", line.id), format!("reason-{}", line.id));
    let chosen = refused.map(|(posted, _)| posted.get(&format!("instead-{}", line.id)).to_string()).unwrap_or_default();
    let mut instead = Vec::new();
    for variant in returns::alternatives(conn, order, line.id)?.iter().filter(|one| Some(one.id) != line.variant_id) {
        let value = variant.id.to_string();
        let price = kernel::web::format::money(Money::new(variant.unit_price, order.currency()?));
        instead.push(Choice { selected: value == chosen, value, label: format!("{} – {price}", variant.options) });
    }
    let typed = |name: &str, or: &str| refused.map_or(or.to_string(), |(posted, _)| posted.get(name).to_string());
    Ok(ReturnLineView {
        title: line.title.clone(),
        variant: shown::some(&line.options),
        picture: shown.into_iter().next().and_then(|line| line.picture),
        max: line.measure().number(units),
        places: line.measure().precision,
        quantity: typed(&name, "0"),
        reason: typed(&reason, ""),
        error: refused.and_then(|(_, wrong)| wrong.0.get(&name).cloned()),
        quantity_name: name,
        reason_name: reason,
        instead_name: format!("instead-{}", line.id),
        instead,
    })
}

/// What the form of a return asks for: `request` makes it happen once, and each line has its units and its reason.
pub fn wanted_return(posted: &Posted) -> Result<Wanted> {
    let key = posted.get("request").to_string();
    if !(16..=64).contains(&key.len()) {
        return Err(Error::NotFound);
    }
    let mut wrong = Fields::default();
    let mut lines = Vec::new();
    for (name, typed) in posted.pairs() {
        let Some(id) = name.strip_prefix("quantity-") else { continue };
        let line = OrderLineId(id.parse().map_err(|_| Error::NotFound)?);
        let quantity = match typed.trim() {
            "" => 0,
            _ => posted.steps(name).unwrap_or(-1),
        };
        let reason = Reason::parse(posted.get(&format!("reason-{line}")));
        match reason {
            Some(reason) => lines.push(WantedLine { line, quantity, reason }),
            None if quantity != 0 => wrong.add(name, "return-reason-missing"),
            None => {}
        }
    }
    wrong.check()?;
    let exchange = posted.get("wish") == "exchange";
    let instead = posted.pairs().filter_map(|(name, value)| {
        let line = name.strip_prefix("instead-")?.parse().ok()?;
        Some((OrderLineId(line), VariantId(value.parse().ok()?)))
    });
    Ok(Wanted { key, lines, comment: posted.get("comment").to_string(), exchange, instead: instead.collect() })
}

pub async fn request(door: web::Data<Door>, visit: Visit, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("return:{}", visit.client))?;
    let (number, key) = (number.into_inner(), posted.get("key").to_string());
    let page = path_for(&door.signer, &number, &key);
    let asked = match wanted_return(&posted) {
        Err(error) => Err(error),
        Ok(wanted) => {
            let (seen, signer, number, key) = (visit.clone(), door.signer.clone(), number.clone(), key.clone());
            let write = door.write(move |conn, now| {
                let order = allowed(conn, &seen, &signer, &number, &key, now)?;
                returns::request(conn, order.id, &wanted, "customer", now)
            });
            write.await
        }
    };
    match asked {
        Ok(_) => {
            visit.say(&door.signer, Tone::Success, "return-asked");
            Ok(door.go(&visit, &page))
        }
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::RETURN).typed(posted.pairs()).refuse(form::RETURN, &wrong);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, number, key, form, Some((posted, wrong))).await
        }
        Err(error) => Err(error),
    }
}

pub async fn withdraw(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (seen, signer, key) = (visit.clone(), door.signer.clone(), posted.get("key").to_string());
    let page = path_for(&signer, &number, &key);
    let done = door.write(move |conn, now| {
        let order = allowed(conn, &seen, &signer, &number, &key, now)?;
        let back = returns::get_of(conn, order.id, ReturnId(id))?;
        returns::withdraw(conn, back.id, "customer", now)
    });
    match done.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "return-was-withdrawn"),
        Err(Error::Conflict(text)) => visit.say(&door.signer, Tone::Error, &text),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &page))
}

pub async fn label(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>, query: web::Query<Key>) -> Result<HttpResponse> {
    let (number, id) = path.into_inner();
    let (key, signer) = (query.into_inner().key, door.signer.clone());
    let read = door.read(move |conn, now| {
        let order = allowed(conn, &visit, &signer, &number, &key, now)?;
        let back = returns::get_of(conn, order.id, ReturnId(id))?;
        let label = returns::label(conn, back.id)?.filter(|_| back.approved_at.is_some()).ok_or(Error::NotFound)?;
        Ok((back, label))
    });
    let (back, label) = read.await?;
    Ok(label_file(&back, label))
}

/// A label as a download: what was uploaded is never shown as a page of the shop.
pub fn label_file(back: &Return, label: returns::Label) -> HttpResponse {
    let ending = match label.content_type.as_str() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        _ => "pdf",
    };
    HttpResponse::Ok()
        .content_type(label.content_type)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"return-{}.{ending}\"", back.id)))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(label.bytes)
}

/// What comes back, such as "2 × Mug, Indigo", and once it was inspected how much of it was accepted.
pub(crate) fn contents(conn: &mut Conn, back: &Return, lines: &[OrderLine], words: &Words) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for part in returns::lines_of(conn, back.id)? {
        let Some(line) = lines.iter().find(|line| line.id == part.order_line_id) else { continue };
        let options = if line.options.is_empty() { String::new() } else { format!(", {}", line.options) };
        let accepted = match back.inspected_at {
            Some(_) => format!(" · {}", words.with("return-accepted", &[("count", &line.measure().text(part.accepted))])?),
            None => String::new(),
        };
        all.push(format!("{} × {}{options}{accepted}", line.measure().text(part.quantity), line.title));
        if let Some(instead) = instead_name(conn, &part, back)? {
            all.push(words.with("return-instead-of", &[("name", &instead)])?);
        }
    }
    Ok(all)
}

/// What the buyer would like in place of a line: its options, or its title when it has none. `None` when nothing was named, or it is gone.
pub fn instead_name(conn: &mut Conn, part: &returns::ReturnLine, back: &Return) -> Result<Option<String>> {
    let Some(variant) = part.instead_id else { return Ok(None) };
    let order = crate::orders::get(conn, back.order_id)?;
    let found = returns::alternatives(conn, &order, part.order_line_id)?.into_iter().find(|one| one.id == variant);
    Ok(found.map(|one| if one.options.is_empty() { one.title } else { one.options }))
}

/// The returns of an order for its page.
pub(super) fn views(conn: &mut Conn, order: &Order, lines: &[OrderLine], key: Option<&str>, words: &Words) -> Result<Vec<ReturnView>> {
    let mut views = Vec::new();
    for back in returns::of_order(conn, order.id)? {
        let address = format!("/orders/{}/returns/{}", order.number, back.id);
        let mut exchanged = None;
        let labelled = back.approved_at.is_some() && returns::has_label(conn, back.id)?;
        let keyed = key.map(|key| format!("?key={key}")).unwrap_or_default();
        views.push(ReturnView {
            number: back.number.clone(),
            at: back.requested_at,
            status: back.status.as_str().to_string(),
            message: back.message.lines().map(str::to_string).collect(),
            wants_exchange: back.exchange && back.closed_at.is_none(),
            outcome: match exchanges::number_of(conn, &back)? {
                Some(number) => {
                    exchanged = Some(number);
                    Some("exchange".to_string())
                }
                None => back.outcome.map(|outcome| outcome.as_str().to_string()),
            },
            exchanged,
            contents: contents(conn, &back, lines, words)?,
            label: labelled.then(|| format!("{address}/label{keyed}")),
            withdraw: matches!(back.status, returns::Status::Requested | returns::Status::Approved).then(|| format!("{address}/withdraw")),
        });
    }
    Ok(views)
}
