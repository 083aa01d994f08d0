//! What staff do about a company.

use super::companies::{address, company_of, page};
use super::desk::{Act, Desk, refusal};
use actix_web::{HttpResponse, web};
use crm::companies::members;
use crm::companies::{self, Company, Details, Settings, invitations};
use crm::email::Email;
use crm::{CompanyId, InvitationId, MemberId, RoleId};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::{buying, stores, vies};

/// What the audit log keeps of a company. A company's addresses may be a person's, and stay out.
fn kept(one: &Company) -> Value {
    json!({ "name": one.name, "country": one.country, "vat_id": one.vat_id, "registration_number": one.registration_number,
        "website": one.website, "state": one.state, "reason": one.reason, "parent": one.parent_id, "price_group": one.price_group, "note": one.note })
}

fn subject(id: CompanyId) -> String {
    format!("company:{id}")
}

/// The version that a form was made of.
fn seen(posted: &Posted) -> Result<i64> {
    posted.number("seen", "form-expired")
}

/// Does something about a company, with what it was and became in the audit log, and goes back to its page.
async fn act(
    desk: &Desk,
    id: CompanyId,
    posted: &Posted,
    (action, text): (&'static str, &'static str),
    mut deed: impl FnMut(&mut Conn, &Act) -> Result<()> + Send + 'static,
) -> Result<HttpResponse> {
    let done = desk
        .write(move |conn, act| {
            let before = companies::get(conn, id)?;
            deed(conn, act)?;
            let after = companies::get(conn, id)?;
            act.log(conn, action, &subject(id), &kept(&before), &kept(&after))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(id), text)),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(desk, id, status, Some(posted), &wrong).await
        }
    }
}

pub async fn approve(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, mailer) = (company_of(&path)?, seen(&posted)?, desk.door.mailer());
    act(&desk, id, &posted, ("company.approve", "admin-company-approved"), move |conn, act| {
        companies::approve(conn, id, seen, &act.actor, act.now)?;
        mailer.company_decided(conn, id, act.now)
    })
    .await
}

pub async fn refuse(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, mailer, reason) = (company_of(&path)?, seen(&posted)?, desk.door.mailer(), posted.get("reason").to_string());
    act(&desk, id, &posted, ("company.refuse", "admin-company-refused"), move |conn, act| {
        companies::refuse(conn, id, seen, &reason, &act.actor, act.now)?;
        mailer.company_decided(conn, id, act.now)
    })
    .await
}

pub async fn close(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, mailer, reason) = (company_of(&path)?, seen(&posted)?, desk.door.mailer(), posted.get("reason").to_string());
    act(&desk, id, &posted, ("company.close", "admin-company-closed"), move |conn, act| {
        companies::close(conn, id, seen, &reason, &act.actor, act.now)?;
        mailer.company_decided(conn, id, act.now)
    })
    .await
}

pub async fn edit(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, typed) = (company_of(&path)?, seen(&posted)?, posted.clone());
    act(&desk, id, &posted, ("company.edit", "admin-saved"), move |conn, act| {
        let get = |name: &str| typed.get(name).to_string();
        let details = buying::checked(Details {
            name: get("company_name"),
            country: get("country"),
            vat_id: get("vat_id"),
            registration_number: get("registration_number"),
            invoice_email: get("invoice_email"),
            website: get("website"),
            phone: get("phone"),
        })?;
        if companies::change(conn, id, seen, &details, &act.actor, act.now)? {
            vies::ask(conn, id, act.now)?;
        }
        Ok(())
    })
    .await
}

pub async fn settings(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, typed) = (company_of(&path)?, seen(&posted)?, posted.clone());
    let answer = act(&desk, id, &posted, ("company.settings", "admin-saved"), move |conn, act| {
        let parent = match typed.get("parent").trim() {
            "" => None,
            text => Some(text.parse::<CompanyId>().map_err(|_| Error::field("parent", "company-parent-wrong"))?),
        };
        let settings = Settings { parent, price_group: typed.get("price_group").to_string(), note: typed.get("note").to_string() };
        companies::set(conn, id, seen, &settings, &act.actor, act.now)
    })
    .await?;
    // Below another company, or in another group, it may buy other goods at other prices.
    desk.door.memory.forget_goods();
    Ok(answer)
}

/// Has the tax office asked about the number now.
pub async fn vat(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let id = company_of(&path)?;
    let text = if desk.door.config.vies.is_some() { "admin-company-vat-asked" } else { "admin-company-vat-off" };
    act(&desk, id, &posted, ("company.vat", text), move |conn, act| vies::ask(conn, id, act.now)).await
}

pub async fn invite(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (id, role, mailer): (CompanyId, RoleId, _) = (company_of(&path)?, posted.id("role")?, desk.door.mailer());
    let (typed, language) = (posted.get("email").to_string(), desk.visit.language);
    act(&desk, id, &posted, ("company.invite", "company-invitation-sent"), move |conn, act| {
        let email = Email::parse(&typed, "email")?;
        let (invitation, token) = invitations::invite(conn, id, &email, (role, None), None, &act.actor, act.now)?;
        let name = companies::get(conn, id)?.name;
        mailer.company_invitation(conn, (stores::MAIN, language), &email, (invitation, &name), &token, act.now)
    })
    .await
}

pub async fn withdraw(desk: Desk, path: web::Path<(CompanyId, InvitationId)>, posted: Posted) -> Result<HttpResponse> {
    let (id, invitation) = path.into_inner();
    act(&desk, id, &posted, ("company.withdraw", "company-invitation-withdrawn"), move |conn, act| {
        invitations::withdraw(conn, id, invitation, &act.actor, act.now)
    })
    .await
}

pub async fn remove(desk: Desk, path: web::Path<(CompanyId, MemberId)>, posted: Posted) -> Result<HttpResponse> {
    let (id, member) = path.into_inner();
    act(&desk, id, &posted, ("company.remove_member", "company-member-removed"), move |conn, act| {
        members::remove(conn, id, member, &act.actor, act.now)
    })
    .await
}

/// Another role for a member; their place and cost centre stay.
pub async fn role(desk: Desk, path: web::Path<(CompanyId, MemberId)>, posted: Posted) -> Result<HttpResponse> {
    let ((id, member), role): (_, RoleId) = (path.into_inner(), posted.id("role")?);
    act(&desk, id, &posted, ("company.role", "admin-saved"), move |conn, act| {
        let before = companies::member(conn, id, member)?;
        let wish = members::Wish { role, site: before.site, cost_centre: before.cost_centre };
        members::change(conn, id, member, &wish, &act.actor, act.now)
    })
    .await
}
