//! What lets a customer in: a password (argon2id), sessions on the server that can be revoked, and links that work once.

use crate::schema::{login_tokens, logins, sessions};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use chrono::TimeDelta;
use crm::{CustomerId, MemberId, identities};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::token;
use kernel::{Conn, Error, Result, on_each, words};
use std::collections::HashMap;

/// How long a session lasts without signing in again.
pub const SESSION_DAYS: i64 = 30;
/// How long the links in mails work.
pub const VERIFY_HOURS: i64 = 48;
pub const RESET_HOURS: i64 = 2;

words!(
    /// What a link in a mail is for.
    Purpose { Verify = "verify", Reset = "reset" }
);

/// Checks a new password: at least 8 characters, at most 200 (NIST SP 800-63B asks for length, not for symbols).
pub fn check_password(password: &str) -> Result<()> {
    match password.chars().count() {
        0..8 => Err(Error::field("password", "password-too-short")),
        8..=200 => Ok(()),
        _ => Err(Error::field("password", "password-too-long")),
    }
}

/// The argon2id hash of a password. Takes tens of milliseconds on purpose: call it outside a transaction.
pub fn hash_password(password: &str) -> Result<String> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| Error::unexpected(format!("argon2: {error}")))
}

/// Whether `password` made `hash`. As slow as hashing, also for a hash that does not read.
pub fn matches(password: &str, hash: &str) -> bool {
    match PasswordHash::new(hash) {
        Ok(parsed) => Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok(),
        Err(_) => {
            // The same work as a real comparison, so that time does not tell which addresses have a login.
            let _ = hash_password(password);
            false
        }
    }
}

/// The stored hash of the password of a customer's own login; `None` without one. Who was merged into another keeps their login.
pub fn password_hash(conn: &mut Conn, customer: CustomerId) -> Result<Option<String>> {
    Ok(logins::table.find(customer).select(logins::password_hash).first(conn).optional()?)
}

/// Gives a customer a login. `false` when they have one.
pub fn register(conn: &mut Conn, customer: CustomerId, hash: &str, now: Time) -> Result<bool> {
    let row = (logins::customer_id.eq(customer), logins::password_hash.eq(hash), logins::created_at.eq(now));
    let added = on_each!(conn, c => diesel::insert_into(logins::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 1 {
        events::record(conn, "logins", &format!("joined:{customer}"), &Event::CustomerJoined { customer: customer.0 }, now)?;
    }
    Ok(added == 1)
}

/// Changes the password of a login and ends every session that it opened.
pub fn set_password(conn: &mut Conn, login: CustomerId, hash: &str) -> Result<()> {
    diesel::update(logins::table.find(login)).set(logins::password_hash.eq(hash)).execute(conn)?;
    diesel::delete(sessions::table.filter(sessions::login_id.eq(login))).execute(conn)?;
    Ok(())
}

/// Whether a customer can sign in, with a login of their own or of somebody who was merged into them.
pub fn registered(conn: &mut Conn, customer: CustomerId) -> Result<bool> {
    let ids = identities::all(conn, customer)?;
    Ok(logins::table.filter(logins::customer_id.eq_any(ids)).count().get_result::<i64>(conn)? > 0)
}

/// Whether a customer proved an address that they sign in with.
pub fn proven(conn: &mut Conn, customer: CustomerId) -> Result<bool> {
    let ids = identities::all(conn, customer)?;
    let own = logins::table.filter(logins::customer_id.eq_any(ids)).filter(logins::verified_at.is_not_null());
    Ok(own.count().get_result::<i64>(conn)? > 0)
}

/// Whether a login's address was proven.
pub fn verified(conn: &mut Conn, customer: CustomerId) -> Result<bool> {
    let at: Option<Option<Time>> = logins::table.find(customer).select(logins::verified_at).first(conn).optional()?;
    Ok(at.flatten().is_some())
}

/// Opens a session for whoever a login stands for, and answers who that is; the token goes into a cookie and is kept here only as a hash.
pub fn open_session(conn: &mut Conn, login: CustomerId, token: &str, user_agent: &str, now: Time) -> Result<CustomerId> {
    let customer = identities::standing(conn, login)?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token::hash(token)),
            sessions::customer_id.eq(customer),
            sessions::login_id.eq(login),
            sessions::user_agent.eq(user_agent.chars().take(200).collect::<String>()),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(now + TimeDelta::days(SESSION_DAYS)),
        ))
        .execute(conn)?;
    Ok(customer)
}

/// The login that opened a session.
pub fn login_of(conn: &mut Conn, token: &str, now: Time) -> Result<Option<CustomerId>> {
    let own = sessions::table.find(token::hash(token)).filter(sessions::expires_at.gt(now));
    let found: Option<(CustomerId, Option<CustomerId>)> = own.select((sessions::customer_id, sessions::login_id)).first(conn).optional()?;
    Ok(found.map(|(customer, login)| login.unwrap_or(customer)))
}

/// Who a session's token belongs to.
pub fn session(conn: &mut Conn, token: &str, now: Time) -> Result<Option<CustomerId>> {
    let open = sessions::table.find(token::hash(token)).filter(sessions::expires_at.gt(now));
    Ok(on_each!(conn, c => open.select(sessions::customer_id).first(c)).optional()?)
}

/// Who a session belongs to, and the membership that they buy by in it.
pub type SignedIn = (CustomerId, Option<MemberId>);

/// Who a session's token belongs to.
pub fn session_with_member(conn: &mut Conn, token: &str, now: Time) -> Result<Option<SignedIn>> {
    let own = sessions::table.find(token::hash(token)).filter(sessions::expires_at.gt(now));
    let found = on_each!(conn, c => own.select((sessions::customer_id, sessions::member_id)).first(c)).optional()?;
    Ok(found)
}

/// [`session_with_member`] of several, by their place.
pub fn sessions_with_members(conn: &mut Conn, tokens: &[&str], now: Time) -> Result<Vec<Option<SignedIn>>> {
    match tokens {
        [] => return Ok(Vec::new()),
        [token] => return Ok(vec![session_with_member(conn, token, now)?]),
        _ => {}
    }
    let hashes: Vec<String> = tokens.iter().map(|token| token::hash(token)).collect();
    let open = sessions::table.filter(sessions::token_hash.eq_any(hashes.clone())).filter(sessions::expires_at.gt(now));
    let query = open.select((sessions::token_hash, sessions::customer_id, sessions::member_id));
    let rows: Vec<(String, CustomerId, Option<MemberId>)> = on_each!(conn, c => query.load(c))?;
    let found: HashMap<String, SignedIn> = rows.into_iter().map(|(hash, customer, member)| (hash, (customer, member))).collect();
    Ok(hashes.iter().map(|hash| found.get(hash).copied()).collect())
}

/// Buys by this membership in a session from now on. The caller has checked that it is the customer's.
pub(crate) fn set_member(conn: &mut Conn, token: &str, member: Option<MemberId>) -> Result<()> {
    diesel::update(sessions::table.find(token::hash(token))).set(sessions::member_id.eq(member)).execute(conn)?;
    Ok(())
}

pub fn close_session(conn: &mut Conn, token: &str) -> Result<()> {
    diesel::delete(sessions::table.find(token::hash(token))).execute(conn)?;
    Ok(())
}

/// Makes a link's token. Earlier links for the same purpose stop working.
pub fn issue_token(conn: &mut Conn, customer: CustomerId, purpose: Purpose, now: Time) -> Result<String> {
    let hours = match purpose {
        Purpose::Verify => VERIFY_HOURS,
        Purpose::Reset => RESET_HOURS,
    };
    diesel::delete(login_tokens::table.filter(login_tokens::customer_id.eq(customer)).filter(login_tokens::purpose.eq(purpose)))
        .execute(conn)?;
    let token = token::random();
    diesel::insert_into(login_tokens::table)
        .values((
            login_tokens::token_hash.eq(token::hash(&token)),
            login_tokens::purpose.eq(purpose),
            login_tokens::customer_id.eq(customer),
            login_tokens::expires_at.eq(now + TimeDelta::hours(hours)),
        ))
        .execute(conn)?;
    Ok(token)
}

/// Whose a link's token is, without using it up.
pub fn token_owner(conn: &mut Conn, token: &str, purpose: Purpose, now: Time) -> Result<Option<CustomerId>> {
    Ok(login_tokens::table
        .find(token::hash(token))
        .filter(login_tokens::purpose.eq(purpose))
        .filter(login_tokens::used_at.is_null())
        .filter(login_tokens::expires_at.gt(now))
        .select(login_tokens::customer_id)
        .first(conn)
        .optional()?)
}

/// Uses a link's token up. `None` when it is unknown, too old or used: two parallel uses are one.
pub fn use_token(conn: &mut Conn, token: &str, purpose: Purpose, now: Time) -> Result<Option<CustomerId>> {
    let Some(customer) = token_owner(conn, token, purpose, now)? else { return Ok(None) };
    let used = diesel::update(login_tokens::table.find(token::hash(token)))
        .filter(login_tokens::used_at.is_null())
        .set(login_tokens::used_at.eq(now))
        .execute(conn)?;
    if used == 0 {
        return Ok(None);
    }
    // Whoever reads the mailbox has proven the address, whatever the link was for.
    diesel::update(logins::table.find(customer)).filter(logins::verified_at.is_null()).set(logins::verified_at.eq(now)).execute(conn)?;
    Ok(Some(customer))
}

/// Deletes sessions and tokens that ran out.
pub fn prune(conn: &mut Conn, now: Time) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(now))).execute(conn)?;
    diesel::delete(login_tokens::table.filter(login_tokens::expires_at.lt(now))).execute(conn)?;
    Ok(())
}
