//! Who changed what: one row for each change by staff or by a program with a key, in the same transaction as the change.

pub mod diff;

use crate::StaffId;
use crate::schema::audit_log as log;
use crm::CustomerId;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Result};
use serde::Serialize;
use storefront::ids::ApiKeyId;

/// Who changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Staff(StaffId),
    /// A program, by the key of the API that it used.
    Key(ApiKeyId),
}

impl From<StaffId> for Who {
    fn from(id: StaffId) -> Who {
        Who::Staff(id)
    }
}

/// Records a change. `subject` names what was changed, such as `order:R1001`; `before` and `after` are stored as JSON and hold what
/// the change touched, `null` for what was not there.
pub fn record(
    conn: &mut Conn,
    who: impl Into<Who>,
    action: &str,
    subject: &str,
    before: &impl Serialize,
    after: &impl Serialize,
    now: Time,
) -> Result<()> {
    let (staff, key) = match who.into() {
        Who::Staff(id) => (Some(id), None),
        Who::Key(id) => (None, Some(id)),
    };
    diesel::insert_into(log::table)
        .values((
            log::staff_id.eq(staff),
            log::api_key_id.eq(key),
            log::action.eq(action),
            log::subject.eq(subject),
            log::before.eq(kernel::json::text(before)?),
            log::after.eq(kernel::json::text(after)?),
            log::created_at.eq(now),
        ))
        .execute(conn)?;
    Ok(())
}

/// Entries changed by one statement.
const TOGETHER: usize = 500;

/// A recorded change.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = log)]
pub struct Entry {
    pub id: i64,
    /// One of the two did it.
    pub staff_id: Option<StaffId>,
    pub api_key_id: Option<ApiKeyId>,
    pub action: String,
    pub subject: String,
    pub before: String,
    pub after: String,
    pub created_at: Time,
}

/// Which changes are wanted. What is left empty is not asked about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub who: Option<Who>,
    /// A whole action, such as `order.refund`.
    pub action: String,
    /// A whole subject, such as `order:R1001`, or its kind, such as `order`.
    pub subject: String,
    /// The key of a page: the id of the last entry before it.
    pub before: Option<i64>,
}

/// Changes, the newest first.
pub fn list(conn: &mut Conn, filter: &Filter, limit: i64) -> Result<Vec<Entry>> {
    let mut query = log::table.into_boxed();
    match filter.who {
        Some(Who::Staff(id)) => query = query.filter(log::staff_id.eq(id)),
        Some(Who::Key(id)) => query = query.filter(log::api_key_id.eq(id)),
        None => {}
    }
    if !filter.action.is_empty() {
        query = query.filter(log::action.eq(filter.action.clone()));
    }
    let kind = filter.subject.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if filter.subject.contains(':') || !kind {
        query = query.filter(log::subject.eq(filter.subject.clone()));
    } else if !filter.subject.is_empty() {
        query = query.filter(log::subject.eq(filter.subject.clone()).or(log::subject.like(format!("{}:%", filter.subject))));
    }
    if let Some(before) = filter.before {
        query = query.filter(log::id.lt(before));
    }
    Ok(query.order(log::id.desc()).limit(limit).select(Entry::as_select()).load(conn)?)
}

/// The changes of one subject, newest first.
pub fn of(conn: &mut Conn, subject: &str, limit: i64) -> Result<Vec<Entry>> {
    Ok(log::table.filter(log::subject.eq(subject)).order(log::id.desc()).limit(limit).select(Entry::as_select()).load(conn)?)
}

/// Actions about orders and carts that keep what somebody is called, where they live or what was written to them.
const PERSONAL: &[&str] = &["order.note", "order.draft", "order.place", "order.edit", "order.ready", "order.mail"];

/// Takes out what the log keeps of a customer who was erased: that something was changed, by whom and when, stays.
pub fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    for subject in storefront::erasure::subjects(conn, customer)? {
        let all = ["customer:", "return:", "ticket:"].iter().any(|kind| subject.starts_with(kind));
        let mut own = log::table.filter(log::subject.eq(subject)).select(log::id).into_boxed();
        if !all {
            own = own.filter(log::action.eq_any(PERSONAL));
        }
        let ids: Vec<i64> = own.load(conn)?;
        for ids in ids.chunks(TOGETHER) {
            diesel::update(log::table.filter(log::id.eq_any(ids))).set((log::before.eq("null"), log::after.eq("null"))).execute(conn)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Preset;
    use crate::roles;
    use crate::staff::{self, Newcomer};
    use crm::email::Email;
    use kernel::clock::Clock;

    #[test]
    fn changes_are_found_by_person_action_and_subject() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            roles::set_up(conn, now)?;
            let role = roles::of_preset(conn, Preset::Agent)?;
            let mut people = Vec::new();
            for name in ["ann", "ben"] {
                let email = Email::parse(&format!("{name}@shop.test"), "email")?;
                let hash = "hash".to_string();
                people.push(staff::add(conn, &Newcomer { email, name: name.into(), hash, role, language: "en".into() }, now)?);
            }
            for (at, (action, subject)) in
                [("order.note", "order:R1"), ("order.ship", "order:R1"), ("order.note", "order:R2"), ("settings.save", "shop")]
                    .into_iter()
                    .enumerate()
            {
                record(conn, people[at % 2], action, subject, &None::<i64>, &at, now)?;
            }
            let found = |conn: &mut Conn, filter: Filter| -> Result<Vec<String>> {
                Ok(list(conn, &filter, 10)?.into_iter().map(|entry| entry.after).collect())
            };
            assert_eq!(found(conn, Filter::default())?, ["3", "2", "1", "0"]);
            assert_eq!(found(conn, Filter { who: Some(Who::Staff(people[0])), ..Filter::default() })?, ["2", "0"]);
            assert_eq!(found(conn, Filter { action: "order.note".into(), ..Filter::default() })?, ["2", "0"]);
            assert_eq!(found(conn, Filter { subject: "order:R1".into(), ..Filter::default() })?, ["1", "0"]);
            assert_eq!(found(conn, Filter { subject: "order".into(), ..Filter::default() })?, ["2", "1", "0"]);
            assert_eq!(found(conn, Filter { subject: "shop".into(), ..Filter::default() })?, ["3"]);
            assert!(found(conn, Filter { subject: "%".into(), ..Filter::default() })?.is_empty());
            let first = list(conn, &Filter::default(), 2)?;
            assert_eq!(found(conn, Filter { before: Some(first[1].id), ..Filter::default() })?, ["1", "0"]);
            Ok(())
        })
        .expect("a log");
    }
}
