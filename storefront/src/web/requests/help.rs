//! Help with an order. Choosing is a GET, which changes nothing and shows the money; the button that follows is a POST.

use super::path;
use crate::ids::OrderLineId;
use crate::orders::{self, Order, OrderLine};
use crate::returns;
use crate::service::{self, Ask, Decided, ORDER_KINDS, Remedy};
use crate::shipments;
use crate::units;
use crate::web::door::Door;
use crate::web::orders::{allowed, path_for};
use crate::web::posted::Posted;
use crate::web::views::cart::LineView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::{Page, Tone};
use crate::web::views::requests::{HelpAnswer, HelpLine, HelpParcel, HelpRemedy, HelpView};
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{frame, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::tickets::{Kind, Status};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;
use kernel::{Conn, Error, Result, token};

/// What was chosen.
#[derive(Clone, Default)]
struct Chosen {
    key: String,
    kind: Option<Kind>,
    units: Vec<(OrderLineId, i64)>,
    wrong: Fields,
    typed: Posted,
}

impl Chosen {
    fn of(typed: Posted) -> Result<Chosen> {
        let kind = Kind::parse(typed.get("kind")).filter(|kind| ORDER_KINDS.contains(kind));
        let (mut units, mut wrong) = (Vec::new(), Fields::default());
        for (name, value) in typed.pairs() {
            let Some(id) = name.strip_prefix("quantity-") else { continue };
            let line = OrderLineId(id.parse().map_err(|_| Error::NotFound)?);
            match value.trim() {
                "" => {}
                value if units::nought(value) => {}
                _ => match typed.steps(name) {
                    Some(count) if count > 0 => units.push((line, count)),
                    _ => wrong.add(name, "return-too-many"),
                },
            }
        }
        if kind.is_some_and(about_goods) && units.is_empty() && wrong.0.is_empty() {
            wrong.add("lines", "request-choose-lines");
        }
        Ok(Chosen { key: typed.get("key").to_string(), kind, units, wrong, typed })
    }
}

/// Whether a kind of request is about units of lines.
fn about_goods(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ArrivedBroken | Kind::WrongSize | Kind::Return | Kind::Exchange | Kind::Replacement | Kind::Refund | Kind::Warranty
    )
}

pub async fn show(door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    let typed: Posted =
        form_urlencoded::parse(visit.query.as_bytes()).map(|(name, value)| (name.into_owned(), value.replace('\0', ""))).collect();
    let chosen = Chosen::of(typed)?;
    let status = if chosen.wrong.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    render(&door, &visit, status, number.into_inner(), chosen).await
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, number: String, chosen: Chosen) -> Result<HttpResponse> {
    let (seen, signer) = (visit.clone(), door.signer.clone());
    let (mut page, view) = door
        .read(move |conn, now| {
            let order = allowed(conn, &seen, &signer, &number, &chosen.key, now)?;
            let back = path_for(&signer, &number, &chosen.key);
            let view = load(conn, &seen, &order, back, &chosen, now)?;
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    page.title = Words::of(&door.templates, visit.language)?.with("request-help-title", &[("number", &view.number)])?;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &format!("/orders/{}/help", view.number), visit.language);
    door.render_as(status, visit, "storefront/help.html", &Page { page, view })
}

fn load(conn: &mut Conn, visit: &Visit, order: &Order, back: String, chosen: &Chosen, now: Time) -> Result<HelpView> {
    let lines = orders::lines(conn, order.id)?;
    let shown = shown::order_lines(conn, visit.site.id, order, &lines)?;
    let line = |(line, shown): (&OrderLine, LineView)| {
        let name = format!("quantity-{}", line.id);
        let value = chosen.typed.get(&name).to_string();
        HelpLine {
            title: line.title.clone(),
            variant: shown::some(&line.options),
            picture: shown.picture,
            value: if value.is_empty() { "0".into() } else { value },
            max: line.measure().number(line.quantity),
            places: line.measure().precision,
            error: chosen.wrong.0.get(&name).cloned(),
            name,
        }
    };
    let policy = service::policy(conn)?;
    let kinds = ORDER_KINDS.iter().filter(|kind| policy.rule(**kind).offered).map(|kind| kind.as_str().to_string()).collect();
    let form = Form::new(form::HELP).fill("request", token::random()).typed(chosen.typed.pairs()).refuse(form::HELP, &chosen.wrong);
    let answer = match chosen.kind.filter(|_| chosen.wrong.0.is_empty()) {
        Some(kind) => Some(answered(conn, order, &lines, kind, chosen, now)?),
        None => None,
    };
    Ok(HelpView {
        number: order.number.clone(),
        key: (!chosen.key.is_empty()).then(|| chosen.key.clone()),
        back,
        form,
        kinds,
        lines: lines.iter().zip(shown).map(line).collect(),
        answer,
    })
}

/// What the shop says about a choice, with its money.
fn answered(conn: &mut Conn, order: &Order, lines: &[OrderLine], kind: Kind, chosen: &Chosen, now: Time) -> Result<HelpAnswer> {
    let currency = order.currency()?;
    let money = |minor: i64| (minor > 0).then(|| Money::new(minor, currency));
    let remedy = service::answer(conn, order, kind, &chosen.units, now)?.map(|offer| HelpRemedy {
        what: match offer.remedy {
            Remedy::Cancel if offer.amount == 0 => "cancel-unpaid".to_string(),
            remedy => remedy.as_str().to_string(),
        },
        amount: money(offer.amount),
        expected: offer.amount,
        seen: offer.seen,
    });
    let sends_back = matches!(kind, Kind::Return | Kind::Exchange | Kind::WrongSize | Kind::ArrivedBroken | Kind::Refund);
    let possible = sends_back && !returns::returnable(conn, order, now)?.is_empty();
    let keyed = if chosen.key.is_empty() { String::new() } else { format!("?key={}", chosen.key) };
    let worth = if possible { service::worth(conn, order, &chosen.units, now)?.and_then(money) } else { None };
    let mut parcels = Vec::new();
    if kind == Kind::WhereIsIt {
        for parcel in shipments::of_order(conn, order.id)? {
            parcels.push(HelpParcel {
                at: parcel.shipped_at,
                carrier: shown::some(&parcel.carrier),
                tracking_number: shown::some(&parcel.tracking_number),
                tracking_url: shown::some(&parcel.tracking_url).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            });
        }
    }
    Ok(HelpAnswer {
        kind: kind.as_str().to_string(),
        units: chosen.units.iter().flat_map(|(line, count)| carried(lines, *line, *count)).collect(),
        remedy,
        worth,
        return_to: possible.then(|| format!("/orders/{}/returns/new{keyed}", order.number)),
        parcels,
    })
}

/// The hidden fields of chosen units: how many, and in how many decimals that is written.
fn carried(lines: &[OrderLine], id: OrderLineId, count: i64) -> Vec<(String, String)> {
    let measure = lines.iter().find(|line| line.id == id).map(OrderLine::measure).unwrap_or_default();
    let mut fields = vec![(format!("quantity-{id}"), measure.number(count))];
    if measure.per() > 1 {
        fields.push((format!("places-quantity-{id}"), measure.precision.to_string()));
    }
    fields
}

/// What was confirmed: the two numbers of the offer that the page showed.
fn decided(posted: &Posted) -> Result<Option<Decided>> {
    if posted.get("take") != "on" {
        return Ok(None);
    }
    Ok(Some(Decided { amount: posted.id("expected")?, seen: posted.id("seen")? }))
}

pub async fn ask(door: web::Data<Door>, visit: Visit, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("request:{}", visit.client))?;
    let (number, request) = (number.into_inner(), posted.get("request").to_string());
    if !(16..=64).contains(&request.len()) {
        return Err(Error::NotFound);
    }
    let mut chosen = Chosen::of(posted.clone())?;
    let decided = decided(&posted)?;
    let kind = chosen.kind.ok_or(Error::NotFound)?;
    if chosen.wrong.0.is_empty() && decided.is_none() && posted.get("body").trim().is_empty() {
        chosen.wrong.add("body", "ticket-body-missing");
    }
    if !chosen.wrong.0.is_empty() {
        return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, number, chosen).await;
    }
    let words = Words::of(&door.templates, visit.language)?;
    let wish = Ask {
        kind,
        units: chosen.units.clone(),
        text: posted.get("body").to_string(),
        key: request,
        subject: words.with("request-subject", &[("kind", &words.get(&format!("request-kind-{}", kind.as_str()))), ("number", &number)])?,
        language: visit.language.code().to_string(),
        decided,
    };
    let (seen, signer, key, asked) = (visit.clone(), door.signer.clone(), chosen.key.clone(), number.clone());
    let write = door.write(move |conn, now| {
        let order = allowed(conn, &seen, &signer, &asked, &key, now)?;
        super::contact::asked(conn, &seen, now)?;
        service::ask(conn, &order, &wish, now)
    });
    match write.await {
        Ok(ticket) => {
            let text = if ticket.status == Status::Solved { "request-was-decided" } else { "request-was-sent" };
            visit.say(&door.signer, Tone::Success, text);
            Ok(door.go(&visit, &path(&door.signer, &ticket.number)))
        }
        Err(Error::Invalid(wrong)) => {
            chosen.wrong = wrong;
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, number, chosen).await
        }
        Err(Error::Conflict(text)) => {
            // What is possible now is shown instead.
            visit.say(&door.signer, Tone::Error, &text);
            render(&door, &visit, StatusCode::CONFLICT, number, chosen).await
        }
        Err(error) => Err(error),
    }
}
