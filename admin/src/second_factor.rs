//! The second factor of signing in: six digits of an app, each taken once, and ten recovery codes for whoever lost it.

use crate::StaffId;
use crate::schema::{staff, staff_recovery_codes as spares};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, token, totp};

/// How many recovery codes somebody is given.
pub const SPARES: usize = 10;

/// How the second factor of somebody stands.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether signing in asks for it.
    pub on: bool,
    /// The secret that waits to be confirmed with its first code.
    pub pending: Option<String>,
    /// Recovery codes that were not used yet.
    pub spares: i64,
}

/// How the second factor of somebody stands.
pub fn state(conn: &mut Conn, id: StaffId) -> Result<State> {
    let (secret, pending): (Option<String>, Option<String>) =
        staff::table.find(id).select((staff::totp_secret, staff::totp_pending)).first(conn)?;
    let spares = spares::table.filter(spares::staff_id.eq(id)).filter(spares::used_at.is_null()).count().get_result(conn)?;
    Ok(State { on: secret.is_some(), pending, spares })
}

/// Makes a secret to be confirmed, in place of one that was made before. `Conflict` when the second factor is on.
pub fn begin(conn: &mut Conn, id: StaffId) -> Result<()> {
    let made = diesel::update(staff::table.find(id))
        .filter(staff::totp_secret.is_null())
        .set(staff::totp_pending.eq(totp::secret()))
        .execute(conn)?;
    if made == 0 { Err(Error::conflict("admin-factor-on-already")) } else { Ok(()) }
}

/// Turns the second factor on when `typed` is the code of the waiting secret. Answers the recovery codes, which are kept as hashes
/// only and cannot be shown again; `None` when the code is wrong. `Conflict` when nothing waits.
pub fn confirm(conn: &mut Conn, id: StaffId, typed: &str, now: Time) -> Result<Option<Vec<String>>> {
    let Some(pending) = state(conn, id)?.pending else { return Err(Error::conflict("admin-factor-begin-again")) };
    let Some(step) = totp::accepted(&pending, &digits(typed), 0, now) else { return Ok(None) };
    let on = diesel::update(staff::table.find(id))
        .filter(staff::totp_pending.eq(&pending))
        .filter(staff::totp_secret.is_null())
        .set((staff::totp_secret.eq(&pending), staff::totp_pending.eq(None::<String>), staff::totp_step.eq(step)))
        .execute(conn)?;
    if on == 0 {
        return Err(Error::conflict("admin-factor-begin-again"));
    }
    new_spares(conn, id).map(Some)
}

/// Takes a code of the app or a recovery code, each once. `false` when it is neither, or was taken before.
pub fn take(conn: &mut Conn, id: StaffId, typed: &str, now: Time) -> Result<bool> {
    let code = digits(typed);
    if code.len() == 6 {
        let (secret, last): (Option<String>, i64) = staff::table.find(id).select((staff::totp_secret, staff::totp_step)).first(conn)?;
        let Some(step) = secret.and_then(|secret| totp::accepted(&secret, &code, last, now)) else { return Ok(false) };
        // Guarded, so that the same code sent twice at once is taken once.
        let taken = diesel::update(staff::table.find(id)).filter(staff::totp_step.lt(step)).set(staff::totp_step.eq(step)).execute(conn)?;
        return Ok(taken == 1);
    }
    let used = diesel::update(spares::table.find((id, kept(typed))))
        .filter(spares::used_at.is_null())
        .set(spares::used_at.eq(now))
        .execute(conn)?;
    Ok(used == 1)
}

/// Makes new recovery codes; the earlier ones stop working. They cannot be shown again. `Conflict` when the second factor is off.
pub fn renew_spares(conn: &mut Conn, id: StaffId) -> Result<Vec<String>> {
    if !state(conn, id)?.on {
        return Err(Error::conflict("admin-factor-is-off"));
    }
    new_spares(conn, id)
}

/// Takes the second factor off, and whatever waits to become one.
pub fn remove(conn: &mut Conn, id: StaffId) -> Result<()> {
    let none = None::<String>;
    diesel::update(staff::table.find(id)).set((staff::totp_secret.eq(&none), staff::totp_pending.eq(&none))).execute(conn)?;
    diesel::delete(spares::table.filter(spares::staff_id.eq(id))).execute(conn)?;
    Ok(())
}

fn new_spares(conn: &mut Conn, id: StaffId) -> Result<Vec<String>> {
    diesel::delete(spares::table.filter(spares::staff_id.eq(id))).execute(conn)?;
    let codes: Vec<String> = (0..SPARES).map(|_| totp::spare()).collect();
    for code in &codes {
        diesel::insert_into(spares::table).values((spares::staff_id.eq(id), spares::code_hash.eq(kept(code)))).execute(conn)?;
    }
    Ok(codes)
}

/// What is kept of a recovery code, however it was typed.
fn kept(typed: &str) -> String {
    token::hash(&typed.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase())
}

/// The digits of a code typed with spaces; empty when there is anything else in it.
fn digits(typed: &str) -> String {
    let code: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    if code.bytes().all(|byte| byte.is_ascii_digit()) { code } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Preset;
    use crate::roles;
    use crate::staff::{self, Newcomer};
    use chrono::TimeDelta;
    use crm::email::Email;
    use kernel::clock::Clock;

    #[test]
    fn every_code_works_once_and_only_while_the_factor_is_on() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            roles::set_up(conn, now)?;
            let role = roles::of_preset(conn, Preset::Agent)?;
            let email = Email::parse("mei@shop.test", "email")?;
            let id = staff::add(conn, &Newcomer { email, name: "Mei".into(), hash: "hash".into(), role, language: "en".into() }, now)?;
            assert!(matches!(confirm(conn, id, "123456", now), Err(Error::Conflict(_))), "nothing waits");
            assert!(matches!(renew_spares(conn, id), Err(Error::Conflict(_))));
            begin(conn, id)?;
            let secret = state(conn, id)?.pending.unwrap_or_default();
            let at = |steps: i64| now + TimeDelta::seconds(steps * totp::STEP_SECONDS);
            let code = |steps: i64| totp::code(&secret, totp::step(at(steps))).unwrap_or_default();
            assert!(confirm(conn, id, &code(3), now)?.is_none(), "too early");
            assert!(!take(conn, id, &code(0), now)?, "not on yet");
            let spaced = format!("{} {}", &code(0)[..3], &code(0)[3..]);
            let codes = confirm(conn, id, &spaced, now)?.unwrap_or_default();
            assert_eq!((codes.len(), state(conn, id)?.spares), (SPARES, 10));
            assert!(matches!(begin(conn, id), Err(Error::Conflict(_))), "on already");
            assert!(!take(conn, id, &code(0), now)?, "the confirming code was taken");
            assert!(take(conn, id, &code(1), at(1))?);
            assert!(!take(conn, id, &code(1), at(1))?, "taken");
            assert!(!take(conn, id, &code(2), at(5))?, "too old");
            assert!(take(conn, id, &codes[3].to_uppercase().replace('-', " "), at(1))?);
            assert!(!take(conn, id, &codes[3], at(1))?, "used");
            assert_eq!(state(conn, id)?.spares, 9);
            let fresh = renew_spares(conn, id)?;
            assert!(!take(conn, id, &codes[4], at(1))? && take(conn, id, &fresh[4], at(1))?);
            remove(conn, id)?;
            assert!(!take(conn, id, &code(9), at(9))? && !take(conn, id, &fresh[5], at(9))? && !take(conn, id, "", at(9))?);
            assert!(!state(conn, id)?.on);
            Ok(())
        })
        .expect("a second factor");
    }
}
