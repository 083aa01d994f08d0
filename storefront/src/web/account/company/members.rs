//! The people of a company: who they are, what they may, and who is invited.

use super::super::{draw_in, or_sign_in, theirs};
use super::{At, PAGE, acting, seat};
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::shown;
use crate::web::views::company::{InvitationRow, MemberRow, MemberView, MembersView, RoleRow};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::members::{self as people, Wish};
use crm::companies::{self, May, Role, Site, invitations, roles};
use crm::email::Email;
use crm::{InvitationId, MemberId, RoleId, SiteId};
use kernel::{Conn, Error, Result};

/// Roles and places as choices, for the forms here.
fn choices(conn: &mut Conn, company: crm::CompanyId, words: &Words) -> Result<(Vec<Choice>, Vec<Choice>)> {
    let role = |role: &Role| Choice {
        value: role.id.to_string(),
        label: shown::role(words, &role.code, &role.name),
        selected: role.code == "buyer",
    };
    let roles = companies::roles(conn, company)?.iter().map(role).collect();
    let site = |site: &Site| Choice { value: site.id.to_string(), label: site.name.clone(), selected: false };
    let everywhere = Choice { value: String::new(), label: words.get("company-site-all"), selected: true };
    let open: Vec<Site> = companies::sites(conn, company)?.into_iter().filter(|site| site.active).collect();
    Ok((roles, std::iter::once(everywhere).chain(open.iter().map(site)).collect()))
}

pub async fn list(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let after = query.after.parse().ok();
    show(&door, &visit, after, None).await
}

/// The form that was refused: of an invitation or of a role.
enum Refused {
    Invite(Form),
    Role(Form),
}

async fn show(door: &Door, visit: &Visit, after: Option<MemberId>, refused: Option<Refused>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, Some(May::Members), now)?;
        let company = seat.company.id;
        let mut found = companies::members(conn, company, after, PAGE + 1)?;
        let more = i64::try_from(found.len()).is_ok_and(|count| count > PAGE);
        found.truncate(usize::try_from(PAGE).unwrap_or(0));
        let next = found.last().filter(|_| more).map(|last| format!("/account/company/members?after={}", last.id));
        let places = companies::sites(conn, company)?;
        let place = |id: Option<SiteId>| id.and_then(|id| places.iter().find(|site| site.id == id)).map(|site| site.name.clone());
        let row = |member: &people::Member| MemberRow {
            id: member.id.to_string(),
            name: member.called().to_string(),
            email: member.email.clone(),
            role: shown::role(&words, &member.role_code, &member.role_name),
            site: place(member.site),
            cost_centre: member.cost_centre.clone(),
            joined_at: member.joined_at,
            own: member.id == seat.own.member,
        };
        let members = found.iter().map(row).collect();
        let invited = |one: &invitations::Invitation| InvitationRow {
            id: one.id.to_string(),
            email: one.email.clone(),
            role: shown::role(&words, &one.role_code, &one.role_name),
            site: place(one.site),
            expires_at: one.expires_at,
        };
        let invitations = invitations::open(conn, company, now)?.iter().map(invited).collect();
        let own_role = |role: &Role| RoleRow {
            id: role.id.to_string(),
            name: shown::role(&words, &role.code, &role.name),
            may: role.may().iter().map(|may| words.get(&format!("company-may-{}", may.word()))).collect(),
            own: role.company_id.is_some(),
        };
        let all_roles = companies::roles(conn, company)?.iter().map(own_role).collect();
        let (roles, sites) = choices(conn, company, &words)?;
        let (invite, role) = match refused {
            Some(Refused::Invite(form)) => (form, Form::new(form::COMPANY_ROLE)),
            Some(Refused::Role(form)) => (Form::new(form::COMPANY_INVITE), form),
            None => (Form::new(form::COMPANY_INVITE), Form::new(form::COMPANY_ROLE)),
        };
        let permissions = May::ALL.iter().map(|may| may.word().to_string()).collect();
        let view = MembersView { nav: seat.nav(), members, invitations, roles, sites, all_roles, permissions, invite, role, next };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "company_members", "company-members", page, view)
}

/// A chosen place; nothing is every place.
fn chosen_site(form: &Posted) -> Result<Option<SiteId>> {
    if form.get("site").is_empty() { Ok(None) } else { form.id("site").map(Some) }
}

pub async fn invite(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let (role, site): (RoleId, Option<SiteId>) = (form.id("role")?, chosen_site(&form)?);
    let invited = match Email::parse(form.get("email"), "email") {
        Ok(email) => {
            let (seen, mailer, store) = (visit.clone(), door.mailer(), visit.site.id);
            let language = visit.language;
            let write = door.write(move |conn, now| {
                let seat = acting(conn, &seen, May::Members, now)?;
                let by = Some(seat.own.member);
                let (id, token) = invitations::invite(conn, seat.company.id, &email, (role, site), by, &seat.actor(), now)?;
                mailer.company_invitation(conn, (store, language), &email, (id, &seat.company.name), &token, now)
            });
            write.await
        }
        Err(error) => Err(error),
    };
    match invited {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "company-invitation-sent");
            Ok(door.go(&visit, "/account/company/members"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::COMPANY_INVITE).typed(form.pairs()).refuse(form::COMPANY_INVITE, &wrong);
            show(&door, &visit, None, Some(Refused::Invite(refused))).await
        }
        Err(error) => Err(error),
    }
}

pub async fn withdraw(door: web::Data<Door>, visit: Visit, id: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let (seen, id): (Visit, InvitationId) = (visit.clone(), id.parse().map_err(|_| Error::NotFound)?);
    door.write(move |conn, now| {
        let seat = acting(conn, &seen, May::Members, now)?;
        invitations::withdraw(conn, seat.company.id, id, &seat.actor(), now)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "company-invitation-withdrawn");
    Ok(door.go(&visit, "/account/company/members"))
}

pub async fn edit(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    show_one(&door, &visit, id, None).await
}

async fn show_one(door: &Door, visit: &Visit, id: MemberId, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, Some(May::Members), now)?;
        let member = companies::member(conn, seat.company.id, id)?;
        if !member.active {
            return Err(Error::NotFound);
        }
        let (roles, sites) = choices(conn, seat.company.id, &words)?;
        let form = refused.unwrap_or_else(|| {
            Form::new(form::COMPANY_MEMBER)
                .fill("role", member.role.to_string())
                .fill("site", member.site.map(|site| site.to_string()).unwrap_or_default())
                .fill("cost_centre", &member.cost_centre)
        });
        let view = MemberView { nav: seat.nav(), id: id.to_string(), name: member.called().to_string(), form, roles, sites };
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "company_member", "company-member", page, view)
}

pub async fn change(door: web::Data<Door>, visit: Visit, id: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let id: MemberId = id.parse().map_err(|_| Error::NotFound)?;
    let wish = Wish { role: form.id("role")?, site: chosen_site(&form)?, cost_centre: form.get("cost_centre").to_string() };
    let seen = visit.clone();
    let changed = door
        .write(move |conn, now| {
            let seat = acting(conn, &seen, May::Members, now)?;
            people::change(conn, seat.company.id, id, &wish, &seat.actor(), now)
        })
        .await;
    match changed {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(&visit, "/account/company/members"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::COMPANY_MEMBER).typed(form.pairs()).refuse(form::COMPANY_MEMBER, &wrong);
            show_one(&door, &visit, id, Some(refused)).await
        }
        Err(error) => Err(error),
    }
}

pub async fn remove(door: web::Data<Door>, visit: Visit, id: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let (seen, id): (Visit, MemberId) = (visit.clone(), id.parse().map_err(|_| Error::NotFound)?);
    door.write(move |conn, now| {
        let seat = acting(conn, &seen, May::Members, now)?;
        people::remove(conn, seat.company.id, id, &seat.actor(), now)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "company-member-removed");
    Ok(door.go(&visit, "/account/company/members"))
}

pub async fn add_role(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let may: Vec<May> = May::ALL.iter().copied().filter(|may| form.ticked(&format!("may-{}", may.word()))).collect();
    let (seen, name) = (visit.clone(), form.get("name").to_string());
    let made = door
        .write(move |conn, now| {
            let seat = acting(conn, &seen, May::Members, now)?;
            roles::create(conn, seat.company.id, &name, &may, &seat.actor(), now).map(drop)
        })
        .await;
    match made {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(&visit, "/account/company/members"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::COMPANY_ROLE).typed(form.pairs()).refuse(form::COMPANY_ROLE, &wrong);
            show(&door, &visit, None, Some(Refused::Role(refused))).await
        }
        Err(error) => Err(error),
    }
}

pub async fn remove_role(door: web::Data<Door>, visit: Visit, id: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let (seen, id): (Visit, RoleId) = (visit.clone(), id.parse().map_err(|_| Error::NotFound)?);
    door.write(move |conn, now| {
        let seat = acting(conn, &seen, May::Members, now)?;
        match roles::delete(conn, seat.company.id, id, &seat.actor(), now) {
            // Another company's.
            Err(Error::Invalid(_)) => Err(Error::NotFound),
            deleted => deleted,
        }
    })
    .await?;
    visit.say(&door.signer, Tone::Success, "form-saved");
    Ok(door.go(&visit, "/account/company/members"))
}
