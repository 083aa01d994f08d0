//! Signing up for mail by double opt-in: who types an address gets a mail, and only the button behind its link is a yes. What was not
//! confirmed is nobody's word and is deleted.

use crate::consents::{self, Consent, Statement};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::frequencies::{self, Frequency};
use crate::schema::mail_sign_ups as rows;
use crate::{CustomerId, suppressions, topics};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, token};

/// How long a link can be confirmed.
pub const HOURS: i64 = 72;
/// Mails that one address gets within that time, however often somebody types it.
const MAILS: i64 = 3;

/// What somebody typed.
#[derive(Clone, Debug)]
pub struct Wish {
    pub email: Email,
    pub language: String,
    pub store: i64,
    /// Codes of topics.
    pub topics: Vec<String>,
    /// The text that they agreed to, as they read it.
    pub text: String,
}

/// Somebody who asked.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Asked {
    pub id: i64,
    pub email: String,
    pub language: String,
    pub store_id: i64,
    topics: String,
    said: String,
    pub asked_at: Time,
}

impl Asked {
    /// Codes of topics.
    pub fn topics(&self) -> Vec<String> {
        self.topics.split(' ').filter(|code| !code.is_empty()).map(str::to_string).collect()
    }
}

/// Keeps that somebody asked, and answers the secret of the link; `None` when the address got enough mails already. `Invalid` without a
/// topic. Nothing of it tells whether the address is known.
pub fn ask(conn: &mut Conn, wish: &Wish, now: Time) -> Result<Option<String>> {
    let offered: Vec<String> = topics::public(conn)?.into_iter().map(|topic| topic.code).collect();
    let wanted: Vec<&str> = offered.iter().map(String::as_str).filter(|code| wish.topics.iter().any(|topic| topic == code)).collect();
    if wanted.is_empty() {
        return Err(Error::field("topics", "newsletter-no-topic"));
    }
    forget_old(conn, now)?;
    let key = wish.email.key();
    let open: i64 = rows::table.filter(rows::email_key.eq(&key)).count().get_result(conn)?;
    if open >= MAILS {
        return Ok(None);
    }
    let secret = token::random();
    let row = (
        rows::email.eq(wish.email.as_str()),
        rows::email_key.eq(&key),
        rows::language.eq(&wish.language),
        rows::store_id.eq(wish.store),
        rows::topics.eq(wanted.join(" ")),
        rows::said.eq(version(&wish.text)),
        rows::secret.eq(token::hash(&secret)),
        rows::asked_at.eq(now),
    );
    diesel::insert_into(rows::table).values(row).execute(conn)?;
    Ok(Some(secret))
}

/// What tells one text from another.
pub fn version(text: &str) -> String {
    let mut digits = token::hash(text);
    digits.truncate(12);
    digits
}

/// Whoever asked by the link with this secret, while it holds.
pub fn find(conn: &mut Conn, secret: &str, now: Time) -> Result<Option<Asked>> {
    let own = rows::table.filter(rows::secret.eq(token::hash(secret))).filter(rows::asked_at.gt(now - TimeDelta::hours(HOURS)));
    Ok(on_each!(conn, c => own.select(Asked::as_select()).first(c)).optional()?)
}

/// Takes the yes of whoever reads the mailbox: they are a customer from now on if they were none, and their yes is newer than whatever
/// suppressed the address. `None` for a link that does not hold, or held before.
pub fn confirm(conn: &mut Conn, secret: &str, now: Time) -> Result<Option<CustomerId>> {
    let Some(asked) = find(conn, secret, now)? else { return Ok(None) };
    // The second of two clicks finds nothing to delete.
    if diesel::delete(rows::table.filter(rows::id.eq(asked.id))).execute(conn)? == 0 {
        return Ok(None);
    }
    let email = Email::parse(&asked.email, "email")?;
    let new = NewCustomer { email: email.clone(), name: String::new(), phone: String::new(), language: asked.language.clone() };
    let customer = customers::ensure(conn, &new, now)?;
    suppressions::lift(conn, &email)?;
    let moment = |at: Time| at.format("%Y-%m-%d %H:%M:%S UTC");
    let proof =
        format!("double opt-in by {}: asked {}, confirmed {}, text {}", asked.email, moment(asked.asked_at), moment(now), asked.said);
    for topic in asked.topics() {
        let yes = Statement { channel: "email", topic: &topic, legal_basis: "consent", state: Consent::Given, proof: &proof };
        consents::record(conn, customer, &yes, now)?;
    }
    if frequencies::of(conn, customer)? == Frequency::Never {
        frequencies::say(conn, customer, Frequency::All, now)?;
    }
    forget(conn, std::slice::from_ref(&email))?;
    Ok(Some(customer))
}

/// Forgets what these addresses asked.
pub fn forget(conn: &mut Conn, addresses: &[Email]) -> Result<()> {
    let keys: Vec<String> = addresses.iter().map(Email::key).collect();
    diesel::delete(rows::table.filter(rows::email_key.eq_any(keys))).execute(conn)?;
    Ok(())
}

/// Forgets what nobody confirmed in time.
pub fn forget_old(conn: &mut Conn, now: Time) -> Result<()> {
    diesel::delete(rows::table.filter(rows::asked_at.le(now - TimeDelta::hours(HOURS)))).execute(conn)?;
    Ok(())
}

/// What these addresses asked and did not confirm: topics, and when.
pub fn of_addresses(conn: &mut Conn, addresses: &[String]) -> Result<Vec<(String, Time)>> {
    let keys: Vec<String> = addresses.iter().map(|address| address.to_lowercase()).collect();
    Ok(rows::table.filter(rows::email_key.eq_any(keys)).order(rows::id).select((rows::topics, rows::asked_at)).load(conn)?)
}
