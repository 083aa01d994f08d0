//! The company that a customer buys for: its overview, people, places, orders and log, as far as their role allows. What a role does not
//! allow is not found, as what is another company's.

mod apply;
mod invited;
mod members;
mod orders;
mod sites;

use super::seat::membership;
use super::{draw_in, or_sign_in, theirs};
use crate::buying;
use crate::web::door::Door;
use crate::web::frame;
use crate::web::posted::Posted;
use crate::web::shown;
use crate::web::views::company::{CompanyHead, CompanyNav, CompanyView, LogRow, LogView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::{self, Company, Details, May, Membership, State, log};
use crm::{CustomerId, MemberId, SiteId};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Deserialize;

const PAGE: i64 = 50;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/company/register", web::get().to(apply::show))
        .route("/company/register", web::post().to(apply::apply))
        .route("/company/invitations/{token}", web::get().to(invited::show))
        .route("/company/invitations/{token}", web::post().to(invited::accept))
        .route("/account/company", web::get().to(overview))
        .route("/account/company", web::post().to(save))
        .route("/account/company/choose", web::post().to(choose))
        .route("/account/company/log", web::get().to(history))
        .route("/account/company/orders", web::get().to(orders::list))
        .route("/account/company/orders/{number}", web::get().to(orders::order))
        .route("/account/company/members", web::get().to(members::list))
        .route("/account/company/members", web::post().to(members::invite))
        .route("/account/company/members/{member}", web::get().to(members::edit))
        .route("/account/company/members/{member}", web::post().to(members::change))
        .route("/account/company/members/{member}/remove", web::post().to(members::remove))
        .route("/account/company/invitations/{invitation}/withdraw", web::post().to(members::withdraw))
        .route("/account/company/roles", web::post().to(members::add_role))
        .route("/account/company/roles/{role}/remove", web::post().to(members::remove_role))
        .route("/account/company/sites", web::get().to(sites::list))
        .route("/account/company/sites", web::post().to(sites::add))
        .route("/account/company/sites/new", web::get().to(sites::new))
        .route("/account/company/sites/{site}", web::get().to(sites::edit))
        .route("/account/company/sites/{site}", web::post().to(sites::change));
}

/// Whoever asks, as a member of the company that the page is about.
struct Seat {
    own: Membership,
    company: Company,
    /// All their memberships.
    all: Vec<Membership>,
}

impl Seat {
    /// How the log names them.
    fn actor(&self) -> String {
        log::by(self.own.member)
    }

    fn nav(&self) -> CompanyNav {
        menu(&self.company.name, self.company.state == State::Approved, &self.own.may, self.own.site)
    }
}

/// The menu of a company's pages for one of its members; `open` once the company is approved.
pub(super) fn menu(name: &str, open: bool, may: &[May], site: Option<SiteId>) -> CompanyNav {
    CompanyNav {
        name: name.to_string(),
        open,
        members: may.contains(&May::Members),
        // What is owed is told of the whole company alone.
        invoices: may.contains(&May::Invoices) && site.is_none(),
        approve: may.contains(&May::Approve),
    }
}

/// The seat of whoever asks. `NotFound` for a member of nothing, and for one who may not what the page `needs`.
fn seat(conn: &mut Conn, visit: &Visit, customer: CustomerId, needs: Option<May>, now: Time) -> Result<Seat> {
    let (own, all) = membership(conn, visit, customer, |_| true, now)?;
    if !needs.is_none_or(|needs| own.may(needs)) {
        return Err(Error::NotFound);
    }
    let company = companies::get(conn, own.company)?;
    Ok(Seat { own, company, all })
}

/// [`seat`] in a write, for whoever is signed in. Nobody changes a company that was refused or closed.
fn acting(conn: &mut Conn, visit: &Visit, needs: May, now: Time) -> Result<Seat> {
    let customer = visit.signed_in(conn, now)?;
    let seat = seat(conn, visit, customer, Some(needs), now)?;
    match seat.company.state {
        State::Applied | State::Approved => Ok(seat),
        State::Refused | State::Closed => Err(Error::conflict("company-not-open")),
    }
}

/// The form of what a company says of itself, as far as its administrator changes it.
fn details_form(company: &Company) -> Form {
    Form::new(form::COMPANY_DETAILS)
        .fill("invoice_email", &company.invoice_email)
        .fill("website", &company.website)
        .fill("phone", &company.phone)
        .fill("version", company.version.to_string())
}

async fn overview(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    show(&door, &visit, None).await
}

async fn show(door: &Door, visit: &Visit, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (seen, words) = (visit.clone(), Words::of(&door.templates, visit.language)?);
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, customer, now| {
        let page = frame::load(conn, &seen, now)?;
        let seat = match seat(conn, &seen, customer, None, now) {
            Err(Error::NotFound) => return Ok((page, CompanyView::default())),
            seat => seat?,
        };
        let chosen = seen.session.as_deref().map_or(Ok(None), |session| buying::of_session(conn, session, now))?.map(|buyer| buyer.member);
        let myself = Choice { value: String::new(), label: words.get("company-buy-myself"), selected: chosen.is_none() };
        let choice =
            |one: &Membership| Choice { value: one.member.to_string(), label: one.name.clone(), selected: Some(one.member) == chosen };
        let able: Vec<Choice> = seat.all.iter().filter(|one| one.buys() && one.may(May::Order)).map(choice).collect();
        let choices = if able.is_empty() { Vec::new() } else { std::iter::once(myself).chain(able).collect() };
        let waiting = seat.all.iter().filter(|one| !one.buys());
        let waiting = waiting.map(|one| (one.name.clone(), one.state.as_str().to_string())).collect();
        let form = seat.own.may(May::Members).then(|| refused.unwrap_or_else(|| details_form(&seat.company)));
        let company = &seat.company;
        let head = CompanyHead {
            name: company.name.clone(),
            state: company.state.as_str().to_string(),
            reason: company.reason.clone(),
            role: shown::role(&words, &seat.own.role, &seat.own.role_name),
            vat_id: company.vat_id.clone(),
            vat_standing: company.vat_standing.as_str().to_string(),
            registration_number: company.registration_number.clone(),
        };
        Ok((page, CompanyView { nav: Some(seat.nav()), company: Some(head), choices, waiting, form }))
    }));
    draw_in(door, visit, status, "company", "account-company", page, view)
}

async fn save(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    let (seen, typed) = (visit.clone(), form.clone());
    let version = form.number("version", "form-expired")?;
    let saved = door
        .write(move |conn, now| {
            let seat = acting(conn, &seen, May::Members, now)?;
            let wanted = Details {
                invoice_email: typed.get("invoice_email").to_string(),
                website: typed.get("website").to_string(),
                phone: typed.get("phone").to_string(),
                ..Details::of(&seat.company)
            };
            let wanted = wanted.checked()?;
            companies::change(conn, seat.company.id, version, &wanted, &seat.actor(), now).map(drop)
        })
        .await;
    match saved {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(&visit, "/account/company"))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::COMPANY_DETAILS).typed(form.pairs()).refuse(form::COMPANY_DETAILS, &wrong);
            show(&door, &visit, Some(refused)).await
        }
        Err(error) => Err(error),
    }
}

/// Buys for a company, or for oneself, from now on.
async fn choose(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let member: Option<MemberId> = if form.get("member").is_empty() { None } else { Some(form.id("member")?) };
    let seen = visit.clone();
    door.write(move |conn, now| {
        let customer = seen.signed_in(conn, now)?;
        let session = seen.session.as_deref().ok_or(Error::Unauthorised)?;
        buying::choose(conn, session, customer, member, now)
    })
    .await?;
    visit.say(&door.signer, Tone::Success, if member.is_some() { "company-chosen" } else { "company-left" });
    Ok(door.go(&visit, super::local_or(form.get("next"), "/account/company")))
}

/// The key of a page: the last row of the one before. Anything else is the first page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    before: String,
    after: String,
}

async fn history(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    let (seen, words, before) = (visit.clone(), Words::of(&door.templates, visit.language)?, query.before.parse().ok());
    let (page, view) = or_sign_in!(theirs(&door, &visit, move |conn, customer, now| {
        let seat = seat(conn, &seen, customer, Some(May::Members), now)?;
        let mut entries = log::entries(conn, seat.company.id, before, PAGE + 1)?;
        let more = i64::try_from(entries.len()).is_ok_and(|count| count > PAGE);
        entries.truncate(usize::try_from(PAGE).unwrap_or(0));
        let next = entries.last().filter(|_| more).map(|last| format!("/account/company/log?before={}", last.id));
        let row = |told: log::Told| LogRow {
            at: told.entry.at,
            // Who of the staff it was is no business of the company.
            who: told.by.unwrap_or_else(|| words.get("company-log-shop")),
            what: words.get(&format!("company-did-{}", told.entry.action)),
            before: told.before,
            after: told.after,
        };
        let rows = log::told(conn, entries, &|key: &str| words.get(key))?.into_iter().map(row).collect();
        Ok((frame::load(conn, &seen, now)?, LogView { nav: seat.nav(), rows, next }))
    }));
    draw_in(&door, &visit, StatusCode::OK, "company_log", "company-log", page, view)
}
