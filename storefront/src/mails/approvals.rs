//! Mails about what waits for a yes: to those who can give it, and back to the one who asked.

use super::{Mailer, Reader, language};
use crate::approvals::{self, Approval, State};
use crate::carts;
use crate::ids::{ApprovalId, StoreId};
use crate::orders;
use crate::stores;
use crate::web::views::mail::{ApprovalAsked, ApprovalDecided};
use crm::companies::{self, Member};
use crm::customers;
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};

/// The most people who are written to about one request.
const MOST: usize = 50;

fn path(id: ApprovalId) -> String {
    format!("/account/company/approvals/{id}")
}

/// The store whose cart it is; the main one when the cart is gone.
fn store(conn: &mut Conn, approval: &Approval) -> Result<StoreId> {
    match carts::get(conn, approval.cart_id) {
        Ok(cart) => Ok(cart.store_id),
        Err(Error::NotFound) => Ok(stores::MAIN),
        Err(error) => Err(error),
    }
}

impl Mailer {
    /// Asks everybody whose yes counts and who did not answer; each once, and once more as a reminder.
    pub fn approval_asked(&self, conn: &mut Conn, approval: &Approval, again: bool, now: Time) -> Result<()> {
        let store = store(conn, approval)?;
        let site = self.site(conn, store)?;
        let requester = companies::member(conn, approval.company_id, approval.member_id)?.called().to_string();
        let company = companies::get(conn, approval.company_id)?.name;
        let why: Vec<String> = approval.requirements()?.into_iter().map(|one| one.name).collect();
        let asked = approvals::to_be_asked(conn, approval, now)?;
        for member in asked.iter().take(MOST) {
            let language = spoken(conn, member)?;
            let view = ApprovalAsked {
                company: company.clone(),
                requester: requester.clone(),
                total: approval.total()?,
                why: why.clone(),
                note: approval.note.lines().map(str::to_string).collect(),
                until: approval.expires_at,
                again,
                url: site.url(language, &path(approval.id)),
            };
            let cause = format!("{}:{}{}", approval.id, member.id, if again { ":again" } else { "" });
            let to = Reader { email: &member.email, name: &member.name, language, store };
            self.queue(conn, "approval_asked", &cause, &to, view, now)?;
        }
        Ok(())
    }
}

/// The language that somebody is written to in.
fn spoken(conn: &mut Conn, member: &Member) -> Result<Language> {
    Ok(language(&customers::get(conn, member.customer)?.language))
}

/// Asks for a yes. Nothing of a request that came to an end meanwhile.
pub fn asked(conn: &mut Conn, id: i64, now: Time, mailer: &Mailer) -> Result<()> {
    let approval = approvals::get(conn, ApprovalId(id))?;
    if approval.state != State::Waiting {
        return Ok(());
    }
    mailer.approval_asked(conn, &approval, false, now)
}

/// Tells the one who asked what became of it; `state` is what the request had then. What they took back themselves they know.
pub fn decided(conn: &mut Conn, id: i64, state: &str, now: Time, mailer: &Mailer) -> Result<()> {
    let approval = approvals::get(conn, ApprovalId(id))?;
    let member = companies::member(conn, approval.company_id, approval.member_id)?;
    if !member.active || approval.reason == approvals::WITHDRAWN {
        return Ok(());
    }
    let store = store(conn, &approval)?;
    let language = spoken(conn, &member)?;
    let site = mailer.site(conn, store)?;
    let order = match approval.order_id {
        Some(order) => Some(orders::get(conn, order)?.number),
        None => None,
    };
    let notes = approvals::votes(conn, approval.id)?.into_iter().map(|vote| vote.note).filter(|note| !note.is_empty()).collect();
    let reason = (approval.state.as_str() == state && !approval.reason.is_empty()).then(|| approval.reason.clone());
    let view = ApprovalDecided {
        state: state.to_string(),
        total: approval.total()?,
        reason,
        notes,
        order,
        url: site.url(language, &path(approval.id)),
    };
    let to = Reader { email: &member.email, name: &member.name, language, store };
    mailer.queue(conn, "approval_decided", &format!("{id}:{state}"), &to, view, now)
}
