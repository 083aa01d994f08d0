//! One customer: who they are, what they allowed, what they bought and will, and what staff note about them.

use super::customers::{called, known};
use super::desk::{Desk, refusal};
use super::disputes;
use super::forms::Reader;
use super::forum;
use super::offers;
use super::orders as order_list;
use super::tickets as inbox;
use super::{merging, tasks, timeline};
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CustomerId;
use crm::activities;
use crm::birthdays;
use crm::consents;
use crm::customers::{self, Customer};
use crm::purchases;
use crm::scores::{self, Buyer, Forecast, HORIZONS, Run, Score};
use crm::tickets;
use crm::{identities, segments};
use kernel::clock::Time;
use kernel::error::said;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::timeline::told;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::views::page::Tone;
use storefront::{address_book, carts, companies, habits, logins, orders, shop, store_credit, stores};

const NOTES: &[&str] = &["tags", "note", "birth_month", "birth_day", "seen"];
/// Orders and stages shown.
const SHOWN: i64 = 10;

pub fn address(id: CustomerId) -> String {
    format!("/admin/customers/{id}")
}

/// Leads from the page of a customer who was merged into another to the same page of the survivor. `rest` is what follows the number in
/// its address.
pub async fn moved(desk: &Desk, id: CustomerId, rest: &str) -> Result<Option<HttpResponse>> {
    let standing = desk.read(move |conn| identities::standing(conn, id)).await?;
    if standing == id {
        return Ok(None);
    }
    desk.visit.say(&desk.door.signer, Tone::Info, &said("admin-merged-here", &[("id", &id)]));
    Ok(Some(desk.door.go(&desk.visit, &format!("{}{rest}", address(standing)))))
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    if let Some(there) = moved(&desk, CustomerId(*id), "").await? {
        return Ok(there);
    }
    page(&desk, CustomerId(*id), StatusCode::OK, None).await
}

async fn page(desk: &Desk, id: CustomerId, status: StatusCode, refused: Option<Form>) -> Result<HttpResponse> {
    let now = desk.door.now();
    let row = desk.read(move |conn| customers::get(conn, id)).await?;
    if let Some(at) = row.erased_at {
        let view = desk.read(move |conn| left(conn, id, at)).await?;
        return desk.page("admin/customer_erased.html", "admin-customer-erased", view);
    }
    let (language, reads) = (desk.visit.language.code(), desk.may(Permission::ForumRead));
    let (customer, mut view) = desk
        .read(move |conn| {
            let (customer, mut view) = whole(conn, id, now)?;
            view["offers"] = json!(offers::of_customer(conn, id, language, now)?);
            view["topics"] = forum::about(conn, &format!("customer:{id}"), reads)?;
            let shop = shop::get(conn)?;
            view["habits"] = json!(habits::of(conn, &shop, id, language)?);
            Ok((customer, view))
        })
        .await?;
    let form = refused.unwrap_or_else(|| filled(&customer));
    view["form"] = json!(form);
    desk.page_as(status, "admin/customer.html", called(&customer), view)
}

/// The form as the customer's row fills it.
fn filled(customer: &Customer) -> Form {
    let (month, day) = birthdays::parts(&customer.birthday);
    let form = Form::new(NOTES).fill("tags", customer.tags.as_str()).fill("note", customer.note.as_str());
    form.fill("birth_month", month).fill("birth_day", day).fill("seen", version(customer))
}

/// How the row was when a form was made.
fn version(customer: &Customer) -> String {
    customer.updated_at.and_utc().timestamp_micros().to_string()
}

/// Everything that the page of a customer shows but its forms.
pub fn whole(conn: &mut Conn, id: CustomerId, now: Time) -> Result<(Customer, Value)> {
    let customer = customers::get(conn, id)?;
    let run = scores::last_run(conn)?;
    let score = scores::of(conn, id)?;
    let credit = store_credit::of_customer(conn, id)?.iter().map(store_credit::Balance::money).collect::<Result<Vec<Money>>>()?;
    let filter = orders::Filter { customer: Some(id), ..orders::Filter::default() };
    let bought = order_list::rows(&orders::list(conn, &filter, SHOWN)?, &stores::list(conn)?)?;
    let allowed: Vec<Value> = consents::of(conn, id)?
        .iter()
        .map(|one| {
            json!({ "channel": one.channel, "topic": one.topic, "state": one.state, "proof": one.proof, "basis": one.legal_basis,
                "at": one.created_at })
        })
        .collect();
    let stages: Vec<Value> = scores::stages(conn, id, SHOWN)?.into_iter().map(|(stage, at)| json!({ "stage": stage, "at": at })).collect();
    let within: Vec<Value> = segments::of_customer(conn, id, now)?
        .into_iter()
        .map(|one| json!({ "id": one.segment, "name": one.name, "since": one.since }))
        .collect();
    let places: Vec<Vec<String>> = address_book::of_customer(conn, id)?.into_iter().map(|entry| entry.address.lines()).collect();
    let suppressed = tickets::suppressed(conn, id)?;
    let mut view = json!({ "id": id, "suppressed": suppressed, "name": customer.name, "email": customer.email, "phone": customer.phone, "birthday": customer.birthday, "language": customer.language,
        "since": customer.created_at, "registered": logins::registered(conn, id)?, "consents": allowed, "addresses": places,
        "credit": credit, "orders": bought, "stages": stages, "segments": within, "carts": open_carts(conn, id, now)?, "run": run.as_ref().map(known), "score": null });
    let lately = activities::timeline(conn, id, None, None, SHOWN)?;
    view["timeline"] = json!(told(conn, &lately)?);
    view["browsers"] = json!(timeline::browsers(conn, id)?);
    view["companies"] = json!(companies::of_customer(conn, id)?);
    view["emails"] = json!(identities::emails(conn, id)?);
    view["merges"] = json!(merging::of(conn, id)?);
    view["tasks"] = tasks::of(conn, id, now)?;
    let asked = tickets::of_customer(conn, id, None, SHOWN)?;
    view["tickets"] = json!(inbox::rows(conn, &asked, now)?);
    let disputed = crm::disputes::of_customer(conn, id, SHOWN)?;
    view["disputes"] = json!(disputes::rows(conn, &disputed, now)?);
    if let Some(score) = score {
        // An import knows customers from before it.
        view["since"] = json!(customer.created_at.min(score.first_at));
        let buyer = scores::buyer(conn, id, &score.currency)?;
        let (currency, parts) = (score.currency()?, purchases::margins(conn, id, &score.currency)?);
        let money = |minor: i64| Money::new(minor, currency);
        view["margin"] = json!({ "goods": money(parts.goods), "given_back": money(-parts.given_back), "cost": money(-parts.cost),
            "left": money(parts.left()), "uncosted": parts.uncosted, "serviced": score.service > 0, "service": money(-score.service),
            "credited": money(-score.credited), "after_service": money(score.after_service()) });
        view["score"] = figures(&score, buyer.as_ref(), run.as_ref(), now)?;
    }
    Ok((customer, view))
}

/// What the books keep of somebody who was erased.
fn left(conn: &mut Conn, id: CustomerId, at: Time) -> Result<Value> {
    let filter = orders::Filter { customer: Some(id), ..orders::Filter::default() };
    let bought = order_list::rows(&orders::list(conn, &filter, SHOWN)?, &stores::list(conn)?)?;
    Ok(json!({ "id": id, "at": at, "orders": bought }))
}

/// What lies in their carts now, one a store, and what it comes to.
fn open_carts(conn: &mut Conn, id: CustomerId, now: Time) -> Result<Vec<Value>> {
    let mut views = Vec::new();
    for store in stores::list(conn)? {
        let Some(cart) = carts::of_customer(conn, store.id, id)? else { continue };
        let quote = carts::quote_for_staff(conn, cart.id, now)?;
        let lines: Vec<Value> = quote
            .lines
            .iter()
            .map(|line| json!({ "title": line.variant.title, "options": line.variant.options, "quantity": line.variant.measure.text(line.quantity) }))
            .collect();
        if !lines.is_empty() {
            views.push(json!({ "lines": lines, "at": cart.updated_at, "total": Money::new(quote.priced.total, quote.currency) }));
        }
    }
    Ok(views)
}

/// The scores with what they are made of. The forecast is that of this moment, and not of last night.
fn figures(score: &Score, buyer: Option<&Buyer>, run: Option<&Run>, now: Time) -> Result<Value> {
    let currency = score.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let today = now.date();
    let average = score.value / score.orders.max(1);
    let forecast = buyer.zip(run).and_then(|(buyer, run)| run.figures.0.forecast(buyer, today));
    let of_buyer = buyer.map(|buyer| json!({ "repeats": buyer.repeats(), "silence": buyer.silence(today), "span": buyer.span() }));
    Ok(json!({
        "orders": score.orders, "value": money(score.value), "average": money(average), "first_at": score.first_at, "last_at": score.last_at,
        "stage": score.stage, "group": score.standing, "recency": score.recency, "frequency": score.frequency, "monetary": score.monetary,
        "made_of": of_buyer, "forecast": forecast.map(|forecast| foretold(&forecast, currency)),
    }))
}

#[allow(clippy::float_arithmetic)] // Chances as percentages: statistics, no money.
fn foretold(forecast: &Forecast, currency: Currency) -> Value {
    let percent = |chance: f64| format!("{:.0}", chance * 100.0);
    let rows: Vec<Value> = (0..HORIZONS.len())
        .map(
            |at| json!({ "days": HORIZONS[at], "again": percent(forecast.again[at]), "expected": format!("{:.2}", forecast.expected[at]) }),
        )
        .collect();
    let money = |minor: Option<i64>| minor.map(|minor| Money::new(minor, currency));
    json!({ "alive": percent(forecast.alive), "rows": rows, "visit": money(forecast.visit), "year": money(forecast.year) })
}

/// Keeps tags and note, unless somebody changed them meanwhile: then both are shown.
pub async fn note(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    let mut reader = Reader::new(&posted, Currency::EUR);
    let (tags, text, seen) = (reader.text("tags"), reader.text("note"), reader.text("seen"));
    for (name, typed, most) in [("tags", &tags, 500), ("note", &text, 5000)] {
        if typed.chars().count() > most {
            reader.wrong.add(name, "admin-too-long");
        }
    }
    let birthday = birthdays::typed(posted.get("birth_month"), posted.get("birth_day")).unwrap_or_else(|_| {
        reader.wrong.add("birth_day", "birthday-invalid");
        String::new()
    });
    let stored = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                let before = customers::known(conn, id)?;
                if version(&before) != seen {
                    return Err(Error::conflict("admin-customer-stale"));
                }
                let tags = customers::tags(&tags).join(", ");
                let noted = (before.tags.as_str(), before.note.as_str()) != (tags.as_str(), text.as_str());
                if !noted && before.birthday == birthday {
                    return Ok(());
                }
                if noted {
                    customers::annotate(conn, id, &tags, &text, act.now)?;
                }
                if before.birthday != birthday {
                    birthdays::set(conn, id, &birthday, act.now)?;
                }
                let was = json!({ "tags": before.tags, "note": before.note, "birthday": before.birthday });
                act.log(
                    conn,
                    "customer.note",
                    &format!("customer:{id}"),
                    &was,
                    &json!({ "tags": tags, "note": text, "birthday": birthday }),
                )
            })
            .await
        }
    };
    match stored {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let current = desk.read(move |conn| customers::get(conn, id)).await?;
            let form = Form::new(NOTES).typed(posted.pairs()).refuse(NOTES, &wrong).fill("seen", version(&current));
            page(&desk, id, status, Some(form)).await
        }
    }
}
