//! What companies owe past its day, the reminders they get, and what an accountant takes over.

use super::company_account::{item_view, period};
use super::desk::{Desk, ROWS, refusal};
use super::forms::{self, Reader};
use super::languages;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use chrono::Datelike;
use crm::CompanyId;
use crm::companies;
use kernel::Result;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::web::i18n::Language;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use storefront::company_accounts::{self, Item, Level};
use storefront::ids::OrderId;
use storefront::imports::export_accounts::{export_bookings, export_documents};
use storefront::shop;
use storefront::stores;
use storefront::web::download;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const LEVELS: &str = "/admin/receivables/reminders";

/// What is late, the longest first: orders, or the deposits of orders.
pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let asked = desk.query("after");
    let after = asked.split_once('.').and_then(|(day, order)| Some((day.to_string(), OrderId(order.parse().ok()?))));
    let (now, deposits) = (desk.door.now(), desk.query("of") == "deposits");
    let (found, names, today) = desk
        .read(move |conn| {
            let today = shop::get(conn)?.local(now).date();
            let found = match deposits {
                true => company_accounts::overdue_deposits(conn, today, after, ROWS)?,
                false => company_accounts::overdue(conn, today, after, ROWS)?,
            };
            let mut names: BTreeMap<CompanyId, String> = BTreeMap::new();
            for item in &found {
                if let Entry::Vacant(slot) = names.entry(item.receivable.company_id) {
                    let name = companies::get(conn, item.receivable.company_id)?.name;
                    slot.insert(name);
                }
            }
            Ok((found, names, today))
        })
        .await?;
    let view = |item: &Item| item_view(item, today, names.get(&item.receivable.company_id).map(String::as_str));
    let rows = found.iter().map(view).collect::<Result<Vec<_>>>()?;
    let day = |item: &Item| if deposits { item.receivable.deposit_due_on.clone() } else { item.receivable.due_on.clone() };
    let last = found.last().map(|item| format!("{}.{}", day(item), item.receivable.order_id));
    let next = desk.next(rows.len(), last);
    let from = today.with_day(1).unwrap_or(today).to_string();
    let view = json!({ "rows": rows, "deposits": deposits, "next": next, "from": from, "to": today.to_string() });
    desk.page("admin/receivables.html", "admin-receivables", view)
}

fn days(level: &Level) -> String {
    format!("days-{}", level.level)
}

fn active(level: &Level) -> String {
    format!("active-{}", level.level)
}

fn text(level: &Level, language: Language) -> String {
    languages::field(&format!("text-{}", level.level), language)
}

fn fee(level: &Level, currency: Currency) -> String {
    format!("fee-{}-{}", level.level, currency.code())
}

/// The fields of the form, in the order in which they stand.
fn names(levels: &[Level], currencies: &[Currency]) -> Vec<String> {
    let mut names = Vec::new();
    for level in levels {
        names.extend([days(level), active(level)]);
        names.extend(currencies.iter().map(|currency| fee(level, *currency)));
        names.extend(Language::all().iter().map(|language| text(level, *language)));
    }
    names
}

pub async fn reminders(desk: Desk) -> Result<HttpResponse> {
    let (levels, currencies) = stored(&desk).await?;
    let mut form = Form::new(&names(&levels, &currencies));
    for level in &levels {
        form = form.fill(&days(level), level.days_after.to_string()).fill(&active(level), if level.active { "on" } else { "" });
        for currency in &currencies {
            let minor = level.fees.get(currency.code()).copied().filter(|fee| *fee > 0);
            form = form.fill(&fee(level, *currency), forms::amount(minor, *currency));
        }
        for language in Language::all() {
            form = form.fill(&text(level, *language), level.texts.get(language.code()).cloned().unwrap_or_default());
        }
    }
    draw(&desk, StatusCode::OK, (&levels, &currencies), form)
}

/// The levels, and the currencies in which they may cost something.
async fn stored(desk: &Desk) -> Result<(Vec<Level>, Vec<Currency>)> {
    desk.read(|conn| Ok((company_accounts::levels(conn)?, stores::currencies(conn)?))).await
}

fn draw(desk: &Desk, status: StatusCode, (levels, currencies): (&[Level], &[Currency]), form: Form) -> Result<HttpResponse> {
    let rows: Vec<Value> = levels
        .iter()
        .map(|level| {
            let texts: Vec<Value> =
                Language::all().iter().map(|one| json!({ "field": text(level, *one), "language": one.name() })).collect();
            let fees: Vec<Value> = currencies.iter().map(|one| json!({ "field": fee(level, *one), "currency": one.code() })).collect();
            json!({ "level": level.level, "days": days(level), "active": active(level), "fees": fees, "texts": texts })
        })
        .collect();
    desk.page_as(status, "admin/reminders.html", "admin-reminders", json!({ "levels": rows, "form": form }))
}

pub async fn save(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let (levels, currencies) = stored(&desk).await?;
    match write(&desk, (&levels, &currencies), &posted).await {
        Ok(()) => Ok(desk.done(LEVELS, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let names = names(&levels, &currencies);
            draw(&desk, status, (&levels, &currencies), Form::new(&names).typed(posted.pairs()).refuse(&names, &wrong))
        }
    }
}

async fn write(desk: &Desk, (levels, currencies): (&[Level], &[Currency]), posted: &Posted) -> Result<()> {
    let mut wrong = Fields::default();
    let mut wanted = Vec::with_capacity(levels.len());
    for level in levels {
        let days_after = posted.get(&days(level)).trim().parse().unwrap_or_else(|_| {
            wrong.add(&days(level), "admin-number-invalid");
            0
        });
        let typed = Language::all().iter().map(|one| (one.code().to_string(), posted.get(&text(level, *one)).trim().to_string()));
        let texts = typed.filter(|(_, text)| !text.is_empty()).collect();
        let mut fees = BTreeMap::new();
        for currency in currencies {
            let name = fee(level, *currency);
            let mut reader = Reader::new(posted, *currency);
            // Empty costs nothing.
            if let Some(minor) = reader.optional_amount(&name).filter(|minor| *minor != 0) {
                fees.insert(currency.code().to_string(), minor);
            }
            wrong.0.extend(reader.wrong.0);
        }
        wanted.push(Level { level: level.level, days_after, active: posted.ticked(&active(level)), texts, fees });
    }
    wrong.check()?;
    desk.write(move |conn, act| {
        let before = company_accounts::levels(conn)?;
        company_accounts::save_levels(conn, &wanted)?;
        act.log(conn, "account.reminders", "receivables", &before, &wanted)
    })
    .await
}

pub async fn bookings(desk: Desk) -> Result<HttpResponse> {
    let (db, period) = (desk.door.db.clone(), period(&desk, desk.door.now())?);
    Ok(download::csv("bookings.csv", move |out| export_bookings(&db, None, period, true, out).map(drop)))
}

pub async fn documents(desk: Desk) -> Result<HttpResponse> {
    let (db, period) = (desk.door.db.clone(), period(&desk, desk.door.now())?);
    Ok(download::csv("documents.csv", move |out| export_documents(&db, period, out).map(drop)))
}
