//! Who is signed in, and who is on the way: sessions on the server that can be ended, and sign-ins whose password was right and whose
//! second factor is still to come. The two are apart, in tables and in cookies, so that half a sign-in opens no page.

use crate::StaffId;
use crate::permissions::Grants;
use crate::roles;
use crate::schema::{staff, staff_sessions as sessions, staff_sign_ins as sign_ins};
use crate::second_factor;
use crate::staff::Staff;
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result, token};

/// How long a session lasts without signing in again.
pub const SESSION_HOURS: i64 = 12;
/// How long the second step of signing in may take, and how often its code may be wrong before the password is asked for again.
pub const SIGN_IN_MINUTES: i64 = 10;
const TRIES: i64 = 5;
/// When somebody was seen is kept this exactly, so that reading pages does not write all the time.
const SEEN_SECONDS: i64 = 60;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Present {
    pub staff: Staff,
    pub grants: Grants,
    /// The key of the session: what the database keeps of its token.
    pub session: String,
    /// Whether their role demands a second factor that they have not set up.
    pub must_enrol: bool,
    /// Whether [`touch`] is due.
    pub stale: bool,
}

/// Opens a session; the token goes into a cookie and is kept here only as a hash. Sessions and sign-ins that ran out go.
pub fn open(conn: &mut Conn, id: StaffId, token: &str, user_agent: &str, now: Time) -> Result<()> {
    diesel::delete(sessions::table.filter(sessions::expires_at.lt(now))).execute(conn)?;
    diesel::delete(sign_ins::table.filter(sign_ins::expires_at.lt(now))).execute(conn)?;
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(token::hash(token)),
            sessions::staff_id.eq(id),
            sessions::created_at.eq(now),
            sessions::expires_at.eq(now + TimeDelta::hours(SESSION_HOURS)),
            sessions::user_agent.eq(user_agent.chars().take(200).collect::<String>()),
            sessions::last_seen_at.eq(now),
        ))
        .execute(conn)?;
    diesel::update(staff::table.find(id)).set(staff::last_seen_at.eq(now)).execute(conn)?;
    Ok(())
}

/// Whose session this is; nobody's when it ran out, was ended, or they left.
pub fn find(conn: &mut Conn, token: &str, now: Time) -> Result<Option<Present>> {
    let key = token::hash(token);
    let found: Option<(Staff, bool, Option<Time>)> = sessions::table
        .inner_join(staff::table.on(staff::id.eq(sessions::staff_id)))
        .filter(sessions::token_hash.eq(&key))
        .filter(sessions::expires_at.gt(now))
        .filter(staff::active)
        .select((Staff::as_select(), staff::totp_secret.is_not_null(), sessions::last_seen_at))
        .first(conn)
        .optional()?;
    let Some((person, second_factor, seen)) = found else { return Ok(None) };
    let demanded = match person.role_id {
        Some(role) => roles::get(conn, role)?.second_factor,
        None => false,
    };
    let grants = roles::grants(conn, person.role_id)?;
    let stale = seen.is_none_or(|seen| now - seen >= TimeDelta::seconds(SEEN_SECONDS));
    Ok(Some(Present { staff: person, grants, session: key, must_enrol: demanded && !second_factor, stale }))
}

/// Keeps that somebody was here.
pub fn touch(conn: &mut Conn, present: &Present, now: Time) -> Result<()> {
    diesel::update(sessions::table.find(&present.session)).set(sessions::last_seen_at.eq(now)).execute(conn)?;
    diesel::update(staff::table.find(present.staff.id)).set(staff::last_seen_at.eq(now)).execute(conn)?;
    Ok(())
}

/// A session as its owner sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub struct Session {
    pub token_hash: String,
    pub user_agent: String,
    pub created_at: Time,
    pub last_seen_at: Option<Time>,
}

/// Somebody's sessions that still work, the last opened first.
pub fn of(conn: &mut Conn, id: StaffId, now: Time) -> Result<Vec<Session>> {
    Ok(sessions::table
        .filter(sessions::staff_id.eq(id))
        .filter(sessions::expires_at.gt(now))
        .order((sessions::created_at.desc(), sessions::token_hash))
        .select(Session::as_select())
        .load(conn)?)
}

/// Ends one session of somebody, given by its key. `false` when there was none.
pub fn end(conn: &mut Conn, id: StaffId, key: &str) -> Result<bool> {
    Ok(diesel::delete(sessions::table.find(key).filter(sessions::staff_id.eq(id))).execute(conn)? == 1)
}

/// Ends every session of somebody but `keep`, given by its key, and every sign-in that is half done.
pub fn end_others(conn: &mut Conn, id: StaffId, keep: Option<&str>) -> Result<()> {
    diesel::delete(sign_ins::table.filter(sign_ins::staff_id.eq(id))).execute(conn)?;
    let keep = keep.unwrap_or("").to_string();
    diesel::delete(sessions::table.filter(sessions::staff_id.eq(id)).filter(sessions::token_hash.ne(keep))).execute(conn)?;
    Ok(())
}

/// Remembers that the password of somebody was right and that the second factor is to come.
pub fn begin(conn: &mut Conn, id: StaffId, token: &str, now: Time) -> Result<()> {
    diesel::insert_into(sign_ins::table)
        .values((
            sign_ins::token_hash.eq(token::hash(token)),
            sign_ins::staff_id.eq(id),
            sign_ins::expires_at.eq(now + TimeDelta::minutes(SIGN_IN_MINUTES)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose half sign-in this is; nobody's when it took too long, had too many tries, or they left.
pub fn begun(conn: &mut Conn, token: &str, now: Time) -> Result<Option<StaffId>> {
    Ok(sign_ins::table
        .inner_join(staff::table.on(staff::id.eq(sign_ins::staff_id)))
        .filter(sign_ins::token_hash.eq(token::hash(token)))
        .filter(sign_ins::expires_at.gt(now))
        .filter(sign_ins::tries.lt(TRIES))
        .filter(staff::active)
        .select(sign_ins::staff_id)
        .first(conn)
        .optional()?)
}

/// What came of the second step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The session is open.
    Open,
    /// The code was wrong; it can be tried again.
    Wrong,
    /// The sign-in is over: begin with the password.
    Over,
}

/// Ends a half sign-in with a code: opens a session under the new token `session` when it is right, and counts the try when not.
pub fn finish(conn: &mut Conn, token: &str, typed: &str, session: &str, user_agent: &str, now: Time) -> Result<Finish> {
    let Some(id) = begun(conn, token, now)? else { return Ok(Finish::Over) };
    let this = sign_ins::table.find(token::hash(token));
    // Counted first and guarded, so that tries sent at once are counted one by one.
    let counted =
        diesel::update(this.clone()).filter(sign_ins::tries.lt(TRIES)).set(sign_ins::tries.eq(sign_ins::tries + 1)).execute(conn)?;
    if counted == 0 {
        return Ok(Finish::Over);
    }
    if !second_factor::take(conn, id, typed, now)? {
        return Ok(if begun(conn, token, now)?.is_some() { Finish::Wrong } else { Finish::Over });
    }
    diesel::delete(this).execute(conn)?;
    open(conn, id, session, user_agent, now)?;
    Ok(Finish::Open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Preset;
    use crate::staff::{self, Newcomer};
    use crm::email::Email;
    use kernel::clock::Clock;
    use kernel::totp;

    fn mei(conn: &mut Conn, now: Time) -> Result<StaffId> {
        roles::set_up(conn, now)?;
        let role = roles::of_preset(conn, Preset::Agent)?;
        let email = Email::parse("mei@shop.test", "email")?;
        staff::add(conn, &Newcomer { email, name: "Mei".into(), hash: "hash".into(), role, language: "zh".into() }, now)
    }

    #[test]
    fn a_session_ends_by_time_by_hand_and_by_a_new_password() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let id = mei(conn, now)?;
            for token in ["one", "two", "three", "four"] {
                open(conn, id, token, "Firefox", now)?;
            }
            let who = |conn: &mut Conn, token: &str, at: Time| find(conn, token, at).map(|found| found.map(|one| one.staff.name));
            let mei = Some("Mei".to_string());
            assert_eq!(who(conn, "one", now)?, mei);
            assert_eq!(who(conn, "other", now)?, None);
            assert_eq!(who(conn, "one", now + TimeDelta::hours(SESSION_HOURS))?, None);
            assert!(end(conn, id, &token::hash("one"))?);
            assert!(!end(conn, StaffId(id.0 + 1), &token::hash("two"))?, "not theirs");
            assert_eq!((who(conn, "one", now)?, who(conn, "two", now)?), (None, mei.clone()));
            staff::set_password(conn, id, "other hash", Some(&token::hash("two")))?;
            assert_eq!((who(conn, "two", now)?, who(conn, "three", now)?), (mei, None));
            assert_eq!(of(conn, id, now)?.len(), 1);
            staff::deactivate(conn, id)?;
            assert_eq!(who(conn, "two", now)?, None);
            Ok(())
        })
        .expect("sessions");
    }

    #[test]
    fn half_a_sign_in_is_no_session_and_ends_after_five_wrong_codes() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let id = mei(conn, now)?;
            second_factor::begin(conn, id)?;
            let secret = second_factor::state(conn, id)?.pending.unwrap_or_default();
            let first = totp::code(&secret, totp::step(now)).unwrap_or_default();
            assert!(second_factor::confirm(conn, id, &first, now)?.is_some());
            begin(conn, id, "half", now)?;
            assert!(find(conn, "half", now)?.is_none());
            let later = now + TimeDelta::seconds(totp::STEP_SECONDS);
            for _ in 0..4 {
                assert_eq!(finish(conn, "half", "000000", "whole", "", later)?, Finish::Wrong);
            }
            assert_eq!(finish(conn, "half", "000000", "whole", "", later)?, Finish::Over);
            let code = totp::code(&secret, totp::step(later)).unwrap_or_default();
            assert_eq!(finish(conn, "half", &code, "whole", "", later)?, Finish::Over);
            begin(conn, id, "again", now)?;
            assert_eq!(finish(conn, "again", &code, "whole", "", later)?, Finish::Open);
            assert!(find(conn, "whole", later)?.is_some());
            assert_eq!(finish(conn, "again", &code, "third", "", later)?, Finish::Over, "a sign-in ends once");
            begin(conn, id, "late", now)?;
            assert_eq!(begun(conn, "late", now + TimeDelta::minutes(SIGN_IN_MINUTES))?, None);
            Ok(())
        })
        .expect("sign-ins");
    }

    #[test]
    fn a_role_that_demands_a_second_factor_is_told_until_it_is_there() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let id = mei(conn, now)?;
            open(conn, id, "token", "", now)?;
            let agent = roles::of_preset(conn, Preset::Agent)?;
            let must = |conn: &mut Conn| find(conn, "token", now).map(|found| found.map(|one| one.must_enrol));
            assert_eq!(must(conn)?, Some(false));
            roles::demand_second_factor(conn, agent, true, &Preset::Owner.grants())?;
            assert_eq!(must(conn)?, Some(true));
            second_factor::begin(conn, id)?;
            assert_eq!(must(conn)?, Some(true), "begun is not done");
            let secret = second_factor::state(conn, id)?.pending.unwrap_or_default();
            let code = totp::code(&secret, totp::step(now)).unwrap_or_default();
            second_factor::confirm(conn, id, &code, now)?;
            assert_eq!(must(conn)?, Some(false));
            Ok(())
        })
        .expect("demanded");
    }
}
