//! Reminders of what is past its day: levels that staff set, one mail to a company with all of its open items, once for each level that an
//! item reaches. Nobody is reminded of what somebody complains about.

use super::follow::Receivable;
use super::{Account, fees, find, is_owed, shift};
use crate::ids::OrderId;
use crate::mails::{Mailer, Reader};
use crate::orders::{self, Order};
use crate::schema::{dunning_levels, receivables};
use crate::shop::{self, Shop};
use crate::web::views::mail::{AccountItem, AccountReminder};
use chrono::{Days, NaiveDate, NaiveTime};
use crm::CompanyId;
use crm::{companies, disputes};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::web::i18n::Language;
use kernel::{Conn, Db, Error, Result};
use std::collections::BTreeMap;

/// The job that reminds.
pub const DUN_JOB: &str = "accounts.remind";
/// Companies that are looked at by one read.
const TOGETHER: i64 = 50;
/// Items of one mail.
const ITEMS: i64 = 500;
/// Disputes of a customer that are looked at, the latest.
const DISPUTES: i64 = 100;
/// The longest text of a level, in characters.
const LONGEST: usize = 2000;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = dunning_levels)]
struct Stored {
    level: i64,
    days_after: i64,
    active: bool,
    texts: String,
    fees: String,
}

/// A reminder, the mildest of which is 1.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Level {
    pub level: i64,
    /// Days after the due date.
    pub days_after: i64,
    pub active: bool,
    /// The shop's own words by language; a language without any has the words that come with the shop.
    pub texts: BTreeMap<String, String>,
    /// What it costs, in minor units by currency; nothing in a currency that is not named.
    pub fees: BTreeMap<String, i64>,
}

/// The levels, the mildest first.
pub fn levels(conn: &mut Conn) -> Result<Vec<Level>> {
    let stored: Vec<Stored> = dunning_levels::table.order(dunning_levels::level).select(Stored::as_select()).load(conn)?;
    let read = |one: Stored| -> Result<Level> {
        let (texts, fees) = (serde_json::from_str(&one.texts)?, serde_json::from_str(&one.fees)?);
        Ok(Level { level: one.level, days_after: one.days_after, active: one.active, texts, fees })
    };
    stored.into_iter().map(read).collect()
}

/// Writes the levels. `Invalid` (`days-1`, `text-1_en`, `fee-1-EUR`) when the days do not grow with the levels, a text is too long or a fee is
/// too high.
pub fn save_levels(conn: &mut Conn, wanted: &[Level]) -> Result<()> {
    let mut wrong = kernel::error::Fields::default();
    let mut before = 0;
    for level in wanted {
        if !(1..=365).contains(&level.days_after) {
            wrong.add(&format!("days-{}", level.level), "dunning-days-invalid");
        } else if level.active && level.days_after <= before {
            wrong.add(&format!("days-{}", level.level), "dunning-days-grow");
        }
        before = if level.active { level.days_after } else { before };
        for (language, text) in &level.texts {
            if text.chars().count() > LONGEST {
                wrong.add(&format!("text-{}_{language}", level.level), "admin-too-long");
            }
        }
        for (currency, fee) in &level.fees {
            if !(0..=fees::MOST_FEE).contains(fee) {
                wrong.add(&format!("fee-{}-{currency}", level.level), "dunning-fee-invalid");
            }
        }
    }
    wrong.check()?;
    for level in wanted {
        diesel::update(dunning_levels::table.find(level.level))
            .set((
                dunning_levels::days_after.eq(level.days_after),
                dunning_levels::active.eq(level.active),
                dunning_levels::texts.eq(kernel::json::text(&level.texts)?),
                dunning_levels::fees.eq(kernel::json::text(&level.fees)?),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Has nobody reminded of an order, or somebody again.
pub fn pause(conn: &mut Conn, order: OrderId, paused: bool, actor: &str, now: Time) -> Result<()> {
    orders::lock(conn, order, now)?;
    let changed = diesel::update(receivables::table.find(order)).set(receivables::paused.eq(paused)).execute(conn)?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    orders::note(conn, order, if paused { "reminders_paused" } else { "reminders_resumed" }, "", actor, now)
}

/// Reminds every company that is late, each in a transaction of its own. Running again on the same day reminds nobody twice.
pub fn dun_all(db: &Db, mailer: &Mailer, now: Time) -> Result<()> {
    let mut after = CompanyId(0);
    loop {
        let from = after;
        let late = db.read_now(move |conn| late(conn, from, now))?;
        let Some(last) = late.last() else { return Ok(()) };
        after = *last;
        for company in late {
            let mailer = mailer.clone();
            db.write_now(move |conn| dun(conn, company, &mailer, now))?;
        }
    }
}

/// The last day on which something had to be due for a level to be reached by now.
fn reached_by(today: NaiveDate, level: &Level) -> NaiveDate {
    today.checked_sub_days(Days::new(u64::try_from(level.days_after).unwrap_or(0))).unwrap_or(today)
}

/// Companies after `after` of which an item reached a level that it was not reminded of.
fn late(conn: &mut Conn, after: CompanyId, now: Time) -> Result<Vec<CompanyId>> {
    let today = shop::get(conn)?.local(now).date();
    let mut found = Vec::new();
    for level in levels(conn)?.iter().filter(|level| level.active) {
        let rows: Vec<CompanyId> = receivables::table
            .filter(is_owed())
            .filter(receivables::open.gt(0))
            .filter(receivables::paused.eq(false))
            .filter(receivables::dunning_level.lt(level.level))
            .filter(receivables::due_on.le(reached_by(today, level).to_string()))
            .filter(receivables::company_id.gt(after))
            .order(receivables::company_id)
            .limit(TOGETHER)
            .select(receivables::company_id)
            .distinct()
            .load(conn)?;
        found.extend(rows);
    }
    found.sort();
    found.dedup();
    found.truncate(usize::try_from(TOGETHER).unwrap_or(0));
    Ok(found)
}

fn dun(conn: &mut Conn, company: CompanyId, mailer: &Mailer, now: Time) -> Result<()> {
    // Whoever books a payment of it comes before this or after it.
    shift(conn, company, 0, now)?;
    let Some(account) = find(conn, company)? else { return Ok(()) };
    let shop = shop::get(conn)?;
    let today = shop.local(now).date();
    let steps: Vec<Level> = levels(conn)?.into_iter().filter(|level| level.active).collect();
    let due: Vec<Receivable> = receivables::table
        .filter(receivables::company_id.eq(company))
        .filter(is_owed())
        .filter(receivables::paused.eq(false))
        .filter(receivables::due_on.lt(today.to_string()))
        .order((receivables::due_on, receivables::order_id))
        .limit(ITEMS)
        .select(Receivable::as_select())
        .load(conn)?;
    let mut items = Vec::with_capacity(due.len());
    for receivable in due {
        let order = orders::get(conn, receivable.order_id)?;
        if !complained(conn, &order)? {
            items.push((receivable, order));
        }
    }
    let mut highest: Option<Level> = None;
    for (receivable, _) in items.iter_mut().filter(|(receivable, _)| receivable.open > 0) {
        let due = receivable.due()?;
        let reached = steps.iter().rfind(|level| due <= reached_by(today, level));
        let Some(reached) = reached.filter(|level| level.level > receivable.dunning_level) else { continue };
        if highest.as_ref().is_none_or(|level| level.level < reached.level) {
            highest = Some(reached.clone());
        }
        diesel::update(receivables::table.find(receivable.order_id))
            .set((receivables::dunning_level.eq(reached.level), receivables::dunned_at.eq(now)))
            .execute(conn)?;
        orders::note(conn, receivable.order_id, "reminded", &reached.level.to_string(), "system", now)?;
        let fee = reached.fees.get(&account.currency).copied().unwrap_or(0);
        if fee > 0 {
            fees::charge(conn, receivable, reached.level, fee, now)?;
        }
    }
    match highest {
        Some(level) => remind(conn, &account, &level, &items, (&shop, today), mailer, now),
        None => Ok(()),
    }
}

/// Whether a complaint or dispute about an order stands open.
fn complained(conn: &mut Conn, order: &Order) -> Result<bool> {
    let all = disputes::of_customer(conn, order.customer_id, DISPUTES)?;
    Ok(all.iter().any(|dispute| dispute.order_id == Some(order.id.0) && dispute.open()))
}

fn remind(
    conn: &mut Conn,
    account: &Account,
    level: &Level,
    items: &[(Receivable, Order)],
    (shop, today): (&Shop, NaiveDate),
    mailer: &Mailer,
    now: Time,
) -> Result<()> {
    let Some((_, latest)) = items.last() else { return Ok(()) };
    let currency = account.currency()?;
    let company = companies::get(conn, account.company_id)?;
    let language = Language::parse(&latest.language).unwrap_or_default();
    let mut rows = Vec::with_capacity(items.len());
    for (receivable, order) in items {
        let due = receivable.due()?;
        rows.push(AccountItem {
            number: order.number.clone(),
            invoice: receivable.invoice.clone(),
            due: due.and_time(NaiveTime::MIN),
            days: (today - due).num_days(),
            amount: Money::new(receivable.open, currency),
            fee: (receivable.fees > 0).then(|| Money::new(receivable.fees, currency)),
        });
    }
    let view = AccountReminder {
        level: level.level,
        company: company.name.clone(),
        text: level.texts.get(language.code()).filter(|text| !text.trim().is_empty()).cloned(),
        items: rows,
        total: Money::new(items.iter().map(|(receivable, _)| receivable.open + receivable.fees).sum(), currency),
        bank: shop.bank_details.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect(),
    };
    let email = if company.invoice_email.is_empty() { latest.email.clone() } else { company.invoice_email.clone() };
    let to = Reader { email: &email, name: "", language, store: latest.store_id };
    mailer.queue(conn, "account_reminder", &format!("{}:{today}", account.company_id), &to, view, now)
}
