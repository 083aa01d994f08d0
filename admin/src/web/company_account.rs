//! The account of a company: its terms, what it owes, what it paid, and how it came to that.

use super::desk::{Desk, ROWS, refusal};
use super::forms::{self, Reader};
use super::{order, order_history};
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::{Datelike, NaiveDate, NaiveTime};
use crm::CompanyId;
use crm::companies;
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Error, Result, token};
use serde_json::{Value, json};
use storefront::company_accounts::{self, Account, AccountState, Deposit, EntryKind, Item, Receipt, Terms};
use storefront::ids::{OrderId, PaymentId};
use storefront::imports::export_accounts::export_bookings;
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{orders, shop, stores};

const TERMS: &[&str] = &["currency", "credit_limit", "net_days", "deposit", "deposit_days", "state", "version"];
const PAYMENT: &[&str] = &["amount", "booked_on", "reference", "note", "orders", "key"];
const STATES: [&str; 2] = ["open", "stopped"];

fn address(id: CompanyId) -> String {
    format!("/admin/companies/{id}/account")
}

/// What is open, as the lists show it.
pub fn item_view(item: &Item, today: NaiveDate, name: Option<&str>) -> Result<Value> {
    let owed = &item.receivable;
    let currency = Currency::parse(&item.currency).ok_or_else(|| Error::unexpected(format!("{} has no currency", item.number)))?;
    let (due, first) = (owed.due()?, owed.deposit_due()?);
    Ok(json!({ "number": item.number, "invoice": owed.invoice, "at": item.placed_at, "due": due.and_time(NaiveTime::MIN),
        "late": (today - due).num_days(), "open": Money::new(owed.open, currency), "settled": Money::new(owed.settled, currency),
        "part": owed.settled > 0, "fees": (owed.fees > 0).then(|| Money::new(owed.fees, currency)), "deposit": first.map(|_| Money::new(owed.deposit_open, currency)), "held": owed.holds(),
        "deposit_due": first.map(|day| day.and_time(NaiveTime::MIN)), "deposit_late": first.map_or(0, |day| (today - day).num_days()),
        "level": owed.dunning_level, "paused": owed.paused, "company": owed.company_id, "name": name }))
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    page(&desk, CompanyId(*id), StatusCode::OK, None, None).await
}

/// The terms as a form.
fn stored(account: Option<&Account>, first: Option<Currency>) -> Result<Form> {
    let form = Form::new(TERMS);
    let Some(account) = account else {
        return Ok(form
            .fill("currency", first.map_or("", Currency::code))
            .fill("net_days", "30")
            .fill("deposit", "0")
            .fill("deposit_days", "0")
            .fill("state", AccountState::Open.as_str()));
    };
    Ok(form
        .fill("currency", account.currency.as_str())
        .fill("credit_limit", forms::amount(Some(account.credit_limit), account.currency()?))
        .fill("net_days", account.net_days.to_string())
        .fill("deposit", forms::percent(account.deposit_bp))
        .fill("deposit_days", account.deposit_days.to_string())
        .fill("state", account.state.as_str()))
}

async fn page(desk: &Desk, id: CompanyId, status: StatusCode, terms: Option<Form>, payment: Option<Form>) -> Result<HttpResponse> {
    let (after, now) = (desk.after().map(OrderId), desk.door.now());
    let (company, account, currencies, today, totals, found) = desk
        .read(move |conn| {
            let today = shop::get(conn)?.local(now).date();
            let (company, account) = (companies::get(conn, id)?, company_accounts::find(conn, id)?);
            let totals = company_accounts::totals(conn, id, today)?;
            Ok((company, account, stores::currencies(conn)?, today, totals, company_accounts::items(conn, id, after, ROWS)?))
        })
        .await?;
    let terms = match terms {
        Some(form) => form,
        None => stored(account.as_ref(), currencies.first().copied())?,
    };
    let terms = terms.fill("version", account.as_ref().map_or(0, |account| account.version).to_string());
    let payment = payment.unwrap_or_else(|| Form::new(PAYMENT).fill("booked_on", today.to_string()).fill("key", token::random()));
    let rows = found.iter().map(|item| item_view(item, today, None)).collect::<Result<Vec<_>>>()?;
    let next = desk.next(rows.len(), found.last().map(|item| item.receivable.order_id));
    let figures = match &account {
        None => Value::Null,
        Some(account) => {
            let money = |minor: i64| account.currency().map(|currency| Money::new(minor, currency));
            json!({ "limit": money(account.credit_limit)?, "exposure": money(account.exposure)?, "left": money(account.left())?,
                "overdue": money(totals.overdue)?, "late": totals.overdue > 0, "days": account.net_days,
                "deposit": (account.deposit_bp > 0).then(|| forms::percent(account.deposit_bp)), "deposit_days": account.deposit_days,
                "state": account.state,
                "currency": account.currency })
        }
    };
    let codes: Vec<&str> = currencies.iter().map(|currency| currency.code()).collect();
    let from = today.with_day(1).unwrap_or(today).to_string();
    let view = json!({ "id": id, "name": company.name, "account": figures, "terms": terms, "payment": payment, "currencies": codes,
        "states": STATES, "rows": rows, "next": next, "from": from, "to": today.to_string() });
    desk.page_as(status, "admin/company_account.html", "admin-account-title", view)
}

/// Writes what was agreed with the company.
pub async fn agree(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = CompanyId(*id);
    match write_terms(&desk, id, &posted).await {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(TERMS).typed(posted.pairs()).refuse(TERMS, &wrong);
            page(&desk, id, status, Some(form), None).await
        }
    }
}

async fn write_terms(desk: &Desk, id: CompanyId, posted: &Posted) -> Result<()> {
    desk.read(move |conn| companies::get(conn, id).map(drop)).await?;
    let currencies = desk.read(stores::currencies).await?;
    let currency = Currency::parse(posted.get("currency")).filter(|currency| currencies.contains(currency));
    let currency = currency.ok_or_else(|| Error::field("currency", "account-currency-choose"))?;
    let mut reader = Reader::new(posted, currency);
    let state = AccountState::parse(posted.get("state"));
    if state.is_none() {
        reader.wrong.add("state", "account-state-choose");
    }
    let (credit_limit, net_days, version) = (reader.amount("credit_limit"), reader.number("net_days"), reader.number("version"));
    let deposit = Deposit { bp: reader.percent("deposit"), days: reader.number("deposit_days") };
    reader.check()?;
    let terms = Terms { currency, credit_limit, net_days, state: state.unwrap_or(AccountState::Stopped), deposit };
    desk.write(move |conn, act| {
        let before = company_accounts::find(conn, id)?;
        let after = company_accounts::agree(conn, id, version, &terms, act.now)?;
        act.log(conn, "account.terms", &format!("company_account:{id}"), &before, &after)
    })
    .await
}

/// Books money that came from the company.
pub async fn pay(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = CompanyId(*id);
    match book(&desk, id, &posted).await {
        Ok(()) => Ok(desk.done(&address(id), "admin-account-booked")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let form = Form::new(PAYMENT).typed(posted.pairs()).refuse(PAYMENT, &wrong);
            page(&desk, id, status, None, Some(form)).await
        }
    }
}

async fn book(desk: &Desk, id: CompanyId, posted: &Posted) -> Result<()> {
    let key = posted.get("key");
    if !(16..=64).contains(&key.len()) {
        return Err(Error::NotFound);
    }
    let account = desk.read(move |conn| company_accounts::find(conn, id)).await?.ok_or(Error::NotFound)?;
    let mut reader = Reader::new(posted, account.currency()?);
    let receipt = Receipt {
        amount: reader.amount("amount"),
        booked_on: reader.day("booked_on"),
        reference: reader.text("reference"),
        note: reader.text("note"),
        orders: posted.get("orders").split([' ', ',', ';', '\n', '\r', '\t']).filter(|word| !word.is_empty()).map(String::from).collect(),
        key: key.to_string(),
    };
    reader.check()?;
    desk.write(move |conn, act| {
        let paid = company_accounts::book(conn, id, &receipt, &act.actor, act.now)?;
        // The same form again.
        if paid.is_empty() {
            return Ok(());
        }
        let after = company_accounts::find(conn, id)?;
        let parts: Vec<Value> = paid.iter().map(|(order, amount)| json!({ "order": order, "amount": amount })).collect();
        let (before, after) = (
            json!({ "exposure": after.as_ref().map(|account| account.exposure + receipt.amount) }),
            json!({ "exposure": after.as_ref().map(|account| account.exposure), "booked_on": receipt.booked_on.to_string(),
                "reference": receipt.reference, "orders": parts }),
        );
        act.log(conn, "account.payment", &format!("company_account:{id}"), &before, &after)
    })
    .await
}

/// How it came to what the company owes.
pub async fn ledger(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, before) = (CompanyId(*id), desk.after());
    let (company, account, found, names) = desk
        .read(move |conn| {
            let account = company_accounts::find(conn, id)?;
            Ok((companies::get(conn, id)?, account, company_accounts::ledger(conn, id, before, ROWS)?, staff::names(conn)?))
        })
        .await?;
    // A company without an account has no lines either.
    let Some(account) = account else { return Ok(desk.door.go(&desk.visit, &address(id))) };
    let currency = account.currency()?;
    let mut rows = Vec::with_capacity(found.len());
    for (line, number, reversible) in &found {
        let day: NaiveDate =
            line.booked_on.parse().map_err(|_| Error::unexpected(format!("entry {} was booked on {}", line.id, line.booked_on)))?;
        rows.push(json!({ "id": line.id, "kind": line.kind, "day": day.and_time(NaiveTime::MIN), "order": number, "amount": Money::new(line.amount, currency),
            "reference": line.reference, "note": line.note, "actor": names.get(&line.actor).cloned().unwrap_or_default(),
            "payment": line.payment_id.filter(|_| *reversible), "fee": (line.kind == EntryKind::FeePayment && *reversible).then_some(line.id) }));
    }
    let next = desk.next(rows.len(), found.last().map(|(line, _, _)| line.id));
    let view = json!({ "id": id, "name": company.name, "rows": rows, "next": next });
    desk.page("admin/company_ledger.html", "admin-account-ledger", view)
}

/// What a payment that was booked was for.
#[derive(Clone, Copy)]
enum Paid {
    Order(PaymentId),
    /// The fees of reminders, by the line of the ledger.
    Fee(i64),
}

/// Takes back a payment that was booked by mistake, or that the bank took back.
pub async fn reverse(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, reason) = (CompanyId(*id), posted.get("reason").to_string());
    let paid = match posted.get("fee") {
        "" => Paid::Order(posted.id("payment")?),
        line => Paid::Fee(line.parse().map_err(|_| Error::NotFound)?),
    };
    let back = format!("{}/ledger", address(id));
    let done = desk
        .write(move |conn, act| {
            let before = company_accounts::find(conn, id)?.ok_or(Error::NotFound)?;
            let (order, what) = match paid {
                Paid::Order(payment) => {
                    (company_accounts::reverse(conn, id, payment, &reason, &act.actor, act.now)?, json!({ "payment": payment }))
                }
                Paid::Fee(line) => (company_accounts::reverse_fee(conn, id, line, &reason, &act.actor, act.now)?, json!({ "fee": line })),
            };
            let after = company_accounts::find(conn, id)?.ok_or(Error::NotFound)?;
            let (before, after) = (
                json!({ "exposure": before.exposure, "paid": what, "order": order }),
                json!({ "exposure": after.exposure, "reason": reason }),
            );
            act.log(conn, "account.reverse", &format!("company_account:{id}"), &before, &after)
        })
        .await;
    settled(&desk, &back, "admin-account-reversed", done)
}

/// Has nobody reminded of an order, or somebody again.
pub async fn pause(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, number, paused) = (CompanyId(*id), posted.get("order").to_string(), posted.get("paused") == "on");
    desk.write(move |conn, act| {
        let order = orders::get_by_number(conn, &number)?.id;
        let before = company_accounts::of_order(conn, order)?.filter(|one| one.company_id == id).ok_or(Error::NotFound)?;
        company_accounts::pause(conn, order, paused, &act.actor, act.now)?;
        let (before, after) = (json!({ "order": number, "paused": before.paused }), json!({ "order": number, "paused": paused }));
        act.log(conn, "account.pause", &format!("company_account:{id}"), &before, &after)
    })
    .await?;
    Ok(desk.done(&address(id), "admin-saved"))
}

/// Lets go of the fees of reminders of an order.
pub async fn waive(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, number, reason) = (CompanyId(*id), posted.get("order").to_string(), posted.get("reason").trim().to_string());
    let done = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &number)?.id;
            let fees = company_accounts::waive(conn, id, order, &reason, &act.actor, act.now)?;
            let (before, after) = (json!({ "order": number, "fees": fees }), json!({ "order": number, "fees": 0, "reason": reason }));
            act.log(conn, "account.waive", &format!("company_account:{id}"), &before, &after)
        })
        .await;
    settled(&desk, &address(id), "admin-account-waived", done)
}

/// Says what became of a form whose only field may be wrong.
fn settled(desk: &Desk, back: &str, told: &str, done: Result<()>) -> Result<HttpResponse> {
    match done {
        Ok(()) => Ok(desk.done(back, told)),
        Err(Error::Invalid(wrong)) => {
            let text = wrong.0.into_values().next().unwrap_or_default();
            desk.explained(back, Error::Conflict(text))
        }
        Err(error) => desk.explained(back, error),
    }
}

/// Lets the goods of an order leave before its deposit is paid.
pub async fn release(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (asked, reason, seen) = (number.to_string(), posted.get("reason").trim().to_string(), order_history::seen(&posted));
    let back = order::address(&number);
    let done = desk
        .write(move |conn, act| {
            let order = orders::get_by_number(conn, &asked)?.id;
            let held = company_accounts::release(conn, order, seen, &reason, &act.actor, act.now)?;
            let (before, after) = (
                json!({ "held": true, "deposit": held.deposit, "open": held.deposit_open }),
                json!({ "held": false, "deposit": held.deposit, "open": held.deposit_open, "reason": reason }),
            );
            act.log(conn, "account.deposit", &format!("order:{asked}"), &before, &after)
        })
        .await;
    settled(&desk, &back, "admin-deposit-released", done)
}

/// The days that the query names, both within the period; without any, this month.
pub fn period(desk: &Desk, now: Time) -> Result<(NaiveDate, NaiveDate)> {
    let read = |name: &str, otherwise: NaiveDate| {
        let text = desk.query(name);
        if text.is_empty() { Ok(otherwise) } else { text.parse().map_err(|_| Error::field(name, "admin-day-invalid")) }
    };
    let today = now.date();
    Ok((read("from", today.with_day(1).unwrap_or(today))?, read("to", today)?))
}

pub async fn csv(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, db) = (CompanyId(*id), desk.door.db.clone());
    let period = period(&desk, desk.door.now())?;
    desk.read(move |conn| companies::get(conn, id).map(drop)).await?;
    Ok(download::csv(&format!("company-{id}.csv"), move |out| export_bookings(&db, Some(id), period, true, out).map(drop)))
}
