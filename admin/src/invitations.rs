//! Asking somebody to work here: a mail with a link that works once and for a week. An answered invitation is gone; the audit log
//! remembers it.

use crate::permissions::Grants;
use crate::schema::{staff as people, staff_invitations as invitations};
use crate::staff::{self, Newcomer};
use crate::{InvitationId, RoleId, StaffId, roles};
use chrono::TimeDelta;
use crm::email::Email;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result, token};
use serde::Serialize;
use storefront::mails::{Mailer, Reader};

/// How long the link in the mail works.
pub const DAYS: i64 = 7;

/// An invitation that waits for an answer, or ran out waiting.
#[derive(Clone, Debug, Queryable, Selectable, Serialize)]
#[diesel(table_name = invitations)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role_id: RoleId,
    /// The code of the language they are written to in.
    pub language: String,
    pub invited_by: StaffId,
    pub created_at: Time,
    pub expires_at: Time,
}

/// Invites somebody, and answers the secret of the link. `Invalid` when the address works here or is invited already, `Conflict` when
/// the role allows more than `grants`, those of the person who invites.
pub fn invite(
    conn: &mut Conn,
    email: &Email,
    role: RoleId,
    language: Language,
    by: StaffId,
    grants: &Grants,
    now: Time,
) -> Result<(Invitation, String)> {
    let wanted = roles::grants(conn, Some(role))?;
    roles::get(conn, role)?;
    roles::within(grants, &wanted)?;
    if staff::known(conn, email)? {
        return Err(Error::field("email", "admin-staff-known"));
    }
    // One that ran out makes room for a new one.
    let same = invitations::table.filter(invitations::email_key.eq(email.key()));
    diesel::delete(same.clone().filter(invitations::expires_at.le(now))).execute(conn)?;
    let there: i64 = same.count().get_result(conn)?;
    if there > 0 {
        return Err(Error::field("email", "admin-invitation-there"));
    }
    let secret = token::random();
    diesel::insert_into(invitations::table)
        .values((
            invitations::email.eq(email.as_str()),
            invitations::email_key.eq(email.key()),
            invitations::role_id.eq(role),
            invitations::language.eq(language.code()),
            invitations::token_hash.eq(token::hash(&secret)),
            invitations::invited_by.eq(by),
            invitations::created_at.eq(now),
            invitations::expires_at.eq(now + TimeDelta::days(DAYS)),
        ))
        .execute(conn)?;
    let made = invitations::table.filter(invitations::email_key.eq(email.key())).select(Invitation::as_select()).first(conn)?;
    Ok((made, secret))
}

/// All that were not answered, the newest first.
pub fn list(conn: &mut Conn) -> Result<Vec<Invitation>> {
    Ok(invitations::table.order(invitations::id.desc()).select(Invitation::as_select()).load(conn)?)
}

pub fn get(conn: &mut Conn, id: InvitationId) -> Result<Invitation> {
    Ok(invitations::table.find(id).select(Invitation::as_select()).first(conn)?)
}

/// Gives an invitation a new link and a new week, in the name of `by`; the earlier link stops working. `Conflict` when its role allows
/// more than `grants`, those of `by`.
pub fn renew(conn: &mut Conn, id: InvitationId, by: StaffId, grants: &Grants, now: Time) -> Result<(Invitation, String)> {
    let role = get(conn, id)?.role_id;
    let wanted = roles::grants(conn, Some(role))?;
    roles::within(grants, &wanted)?;
    let secret = token::random();
    diesel::update(invitations::table.find(id))
        .set((
            invitations::token_hash.eq(token::hash(&secret)),
            invitations::invited_by.eq(by),
            invitations::expires_at.eq(now + TimeDelta::days(DAYS)),
        ))
        .execute(conn)?;
    Ok((get(conn, id)?, secret))
}

/// Takes an invitation back. `NotFound` when it was answered or taken back before.
pub fn revoke(conn: &mut Conn, id: InvitationId) -> Result<Invitation> {
    let invitation = get(conn, id)?;
    diesel::delete(invitations::table.find(id)).execute(conn)?;
    Ok(invitation)
}

/// The invitation of a link; none when it is unknown, too old or used, or whoever sent it was shut out since.
pub fn find(conn: &mut Conn, secret: &str, now: Time) -> Result<Option<Invitation>> {
    Ok(invitations::table
        .inner_join(people::table.on(people::id.eq(invitations::invited_by)))
        .filter(people::active)
        .filter(invitations::token_hash.eq(token::hash(secret)))
        .filter(invitations::expires_at.gt(now))
        .select(Invitation::as_select())
        .first(conn)
        .optional()?)
}

/// Makes whoever has the link a member of staff. `None` when it is unknown, too old or used: two parallel uses are one.
pub fn accept(conn: &mut Conn, secret: &str, name: &str, hash: &str, now: Time) -> Result<Option<StaffId>> {
    let Some(invitation) = find(conn, secret, now)? else { return Ok(None) };
    if diesel::delete(invitations::table.filter(invitations::token_hash.eq(token::hash(secret)))).execute(conn)? == 0 {
        return Ok(None);
    }
    let newcomer = Newcomer {
        email: Email::parse(&invitation.email, "email")?,
        name: name.to_string(),
        hash: hash.to_string(),
        role: invitation.role_id,
        language: invitation.language,
    };
    staff::add(conn, &newcomer, now).map(Some)
}

/// What the mail is rendered from.
#[derive(Serialize)]
struct InvitationMail {
    url: String,
    inviter: String,
    /// The role's name, or the key of its text.
    role: String,
    days: i64,
}

/// Queues the mail with the link. `secret` is fresh; the mail is the only place that has it.
pub fn mail(conn: &mut Conn, mailer: &Mailer, invitation: &Invitation, secret: &str, now: Time) -> Result<()> {
    let language = Language::parse(&invitation.language).unwrap_or_default();
    let view = InvitationMail {
        url: mailer.url(language, &format!("/admin/invitation?token={secret}")),
        inviter: staff::get(conn, invitation.invited_by)?.name,
        role: roles::get(conn, invitation.role_id)?.label(),
        days: DAYS,
    };
    let cause = format!("{}:{}", invitation.id, &token::hash(secret)[..16]);
    let to = Reader { email: &invitation.email, name: "", language, store: storefront::stores::MAIN };
    mailer.queue(conn, "staff_invitation", &cause, &to, view, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Preset;
    use kernel::clock::Clock;

    #[test]
    fn an_invitation_is_answered_once_within_a_week() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            roles::set_up(conn, now)?;
            let (owner, agent) = (roles::of_preset(conn, Preset::Owner)?, roles::of_preset(conn, Preset::Agent)?);
            let email = |name: &str| Email::parse(&format!("{name}@shop.test"), "email");
            let ann = Newcomer { email: email("ann")?, name: "Ann".into(), hash: "hash".into(), role: owner, language: "en".into() };
            let ann = staff::add(conn, &ann, now)?;
            let (all, some) = (Preset::Owner.grants(), Preset::Manager.grants());
            let ask = |conn: &mut Conn, name: &str, role: RoleId, grants: &Grants, at: Time| {
                invite(conn, &email(name)?, role, Language::CHINESE, ann, grants, at)
            };
            assert!(matches!(ask(conn, "ann", agent, &all, now), Err(Error::Invalid(_))), "works here");
            assert!(matches!(ask(conn, "ben", owner, &some, now), Err(Error::Conflict(_))), "a manager makes no owners");
            let (ben, first) = ask(conn, "ben", agent, &some, now)?;
            assert!(matches!(ask(conn, "BEN", agent, &all, now), Err(Error::Invalid(_))), "invited already");
            let late = now + TimeDelta::days(DAYS);
            assert!(find(conn, &first, late)?.is_none());
            let (_, second) = renew(conn, ben.id, ann, &all, now)?;
            assert!(find(conn, &first, now)?.is_none() && find(conn, &second, now)?.is_some());
            assert_eq!(accept(conn, &first, "Ben", "hash", now)?, None);
            let id = accept(conn, &second, "Ben", "hash", now)?;
            assert!(id.is_some());
            assert_eq!(accept(conn, &second, "Ben", "hash", now)?, None, "used");
            assert!(list(conn)?.is_empty());
            let (cat, gone) = ask(conn, "cat", agent, &all, now)?;
            revoke(conn, cat.id)?;
            assert!(accept(conn, &gone, "Cat", "hash", now)?.is_none());
            assert!(matches!(revoke(conn, cat.id), Err(Error::NotFound)));
            let (eve, parting) = ask(conn, "eve", agent, &all, now)?;
            let other = Newcomer { email: email("fay")?, name: "Fay".into(), hash: "hash".into(), role: owner, language: "en".into() };
            staff::add(conn, &other, now)?;
            staff::deactivate(conn, ann)?;
            assert!(find(conn, &parting, now)?.is_none(), "sent by somebody who was shut out");
            staff::reactivate(conn, ann)?;
            revoke(conn, eve.id)?;
            ask(conn, "dan", agent, &all, now)?;
            ask(conn, "dan", agent, &all, late)?;
            assert_eq!(list(conn)?.len(), 1, "one that ran out makes room");
            Ok(())
        })
        .expect("invitations");
    }
}
