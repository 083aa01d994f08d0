//! What waits for a yes in a company: the lists, one request with its cart and its trail, and who answers meanwhile.

use super::company::menu;
use super::seat::membership;
use super::{draw_in, or_sign_in, theirs};
use crate::approvals::{self, Approval, Show, State};
use crate::buying;
use crate::carts::{self, CartState};
use crate::ids::ApprovalId;
use crate::orders;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::approvals::{ApprovalRow, ApprovalView, ApprovalsView, DelegateView, RequirementView, VoteView};
use crate::web::views::form::{self, Form};
use crate::web::views::page::Tone;
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{frame, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use chrono::NaiveDate;
use crm::companies::{self, Buyer, May, Member, Membership};
use crm::{CompanyId, MemberId};
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

pub const HERE: &str = "/account/company/approvals";
const PAGE: i64 = 20;
/// Requests that are looked at for one page of those that wait for the reader.
const LOOKED: i64 = 200;

/// The member who reads: of this company, else the one they buy for now, else the first that they are in. `NotFound` for whoever is in none.
pub(super) fn reader(conn: &mut Conn, visit: &Visit, company: Option<CompanyId>, now: Time) -> Result<Buyer> {
    let customer = visit.signed_in(conn, now)?;
    let fits = |one: &Membership| one.buys() && company.is_none_or(|company| company == one.company);
    let (own, _) = membership(conn, visit, customer, fits, now)?;
    companies::buyer(conn, own.member)?.ok_or(Error::NotFound)
}

/// The reader of a request and the request; what they may not see is not found.
fn read(conn: &mut Conn, visit: &Visit, id: ApprovalId, now: Time) -> Result<(Buyer, Approval)> {
    let company = approvals::get(conn, id).map(|found| found.company_id);
    let customer = visit.signed_in(conn, now)?;
    let company = company?;
    if !companies::memberships(conn, customer)?.iter().any(|one| one.company == company) {
        return Err(Error::NotFound);
    }
    let buyer = reader(conn, visit, Some(company), now)?;
    let found = approvals::seen_by(conn, &buyer, id, now)?;
    Ok((buyer, found))
}

/// Members by number, removed ones too.
fn named(conn: &mut Conn, ids: impl Iterator<Item = MemberId>) -> Result<BTreeMap<MemberId, String>> {
    let ids: Vec<MemberId> = ids.collect();
    Ok(companies::members::named(conn, &ids)?.into_iter().map(|one: Member| (one.id, one.called().to_string())).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct At {
    show: String,
    before: String,
}

pub async fn list(door: web::Data<Door>, visit: Visit, query: web::Query<At>) -> Result<HttpResponse> {
    show_list(&door, &visit, query.into_inner(), None).await
}

async fn show_list(door: &Door, visit: &Visit, at: At, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, _, now| {
        let buyer = reader(conn, &seen, None, now)?;
        let view = list_view(conn, &buyer, &at, refused, now)?;
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "approvals", "approvals-title", page, view)
}

fn list_view(conn: &mut Conn, buyer: &Buyer, at: &At, refused: Option<Form>, now: Time) -> Result<ApprovalsView> {
    let all = buyer.may(May::AllOrders);
    let (show, word) = match at.show.as_str() {
        "mine" => (Show::Mine, "mine"),
        "all" if all => (Show::All, "all"),
        _ => (Show::Waiting, "waiting"),
    };
    let before = at.before.parse().ok().map(ApprovalId);
    let limit = if show == Show::Mine { PAGE } else { LOOKED };
    let mut found = approvals::list(conn, buyer.company, show, Some(buyer.member), before, limit)?;
    let full = i64::try_from(found.len()).is_ok_and(|rows| rows == limit);
    let mut last = found.last().map(|one| one.id).filter(|_| full);
    let mut kept = Vec::new();
    for one in found.drain(..) {
        let wanted = match show {
            Show::Mine => true,
            Show::All => buyer.site.is_none_or(|site| one.sites().contains(&site)),
            Show::Waiting => {
                !approvals::may_answer(conn, buyer, &one, now.date())?.is_empty() && !approvals::has_answered(conn, one.id, buyer.member)?
            }
        };
        if wanted {
            kept.push(one);
        }
        if i64::try_from(kept.len()).is_ok_and(|rows| rows == PAGE) {
            last = kept.last().map(|one: &Approval| one.id);
            break;
        }
    }
    let names = named(conn, kept.iter().map(|one| one.member_id))?;
    let mut rows = Vec::with_capacity(kept.len());
    for one in &kept {
        rows.push(ApprovalRow {
            id: one.id.0,
            requester: names.get(&one.member_id).cloned().unwrap_or_default(),
            total: one.total()?,
            state: one.state.as_str(),
            at: one.created_at,
            until: one.expires_at.filter(|_| one.state == State::Waiting),
        });
    }
    let shows = if all { vec!["waiting", "mine", "all"] } else { vec!["waiting", "mine"] };
    let next = last.map(|id| format!("{HERE}?show={word}&before={id}"));
    Ok(ApprovalsView {
        nav: menu(&buyer.name, true, &buyer.may, buyer.site),
        company: buyer.name.clone(),
        show: word,
        shows,
        approvals: rows,
        next,
        // Rules are for all places.
        keeps: buyer.may(May::Members) && buyer.site.is_none(),
        delegate: delegate_view(conn, buyer, refused, now)?,
    })
}

fn delegate_view(conn: &mut Conn, buyer: &Buyer, refused: Option<Form>, now: Time) -> Result<DelegateView> {
    let kept = approvals::delegate_of(conn, buyer.member)?;
    let others: Vec<Member> = approvals::colleagues(conn, buyer.company)?.into_iter().filter(|one| one.id != buyer.member).collect();
    let today = now.date();
    let form = refused.unwrap_or_else(|| {
        let form = Form::new(form::DELEGATE);
        match &kept {
            Some(kept) => form.fill("to", kept.to_member_id.to_string()).fill("from", &kept.starts_on).fill("until", &kept.ends_on),
            None => form.fill("from", today.to_string()).fill("until", today.to_string()),
        }
    });
    let choice = |one: &Member| Choice { value: one.id.to_string(), label: one.called().to_string(), selected: false };
    let called = |id: MemberId| others.iter().find(|one| one.id == id).map(|one| one.called().to_string());
    let stands = kept.filter(|kept| kept.ends_on >= today.to_string()).and_then(|kept| {
        let name = called(kept.to_member_id)?;
        Some((name, kept.starts_on, kept.ends_on))
    });
    let away = approvals::away(conn, buyer.member, today)?;
    Ok(DelegateView {
        form,
        members: others.iter().map(choice).collect(),
        stands,
        stands_for: away.into_iter().filter_map(called).collect(),
    })
}

pub async fn show(door: web::Data<Door>, visit: Visit, id: web::Path<String>) -> Result<HttpResponse> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    page(&door, &visit, id, None).await
}

async fn page(door: &Door, visit: &Visit, id: ApprovalId, refused: Option<Form>) -> Result<HttpResponse> {
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let (page, view) = or_sign_in!(theirs(door, visit, move |conn, _, now| {
        let (buyer, approval) = read(conn, &seen, id, now)?;
        let view = one_view(conn, &buyer, &approval, refused, &words, now)?;
        Ok((frame::load(conn, &seen, now)?, view))
    }));
    draw_in(door, visit, status, "approval", "approval-title", page, view)
}

fn one_view(conn: &mut Conn, buyer: &Buyer, of: &Approval, refused: Option<Form>, words: &Words, now: Time) -> Result<ApprovalView> {
    let votes = approvals::votes(conn, of.id)?;
    let requirements = of.requirements()?;
    let people = requirements.iter().flat_map(|one| one.approvers.members.clone());
    let names = named(conn, votes.iter().map(|vote| vote.member_id).chain(people).chain([of.member_id]))?;
    let called = |id: &MemberId| names.get(id).cloned().unwrap_or_default();
    let given = |place: usize| votes.iter().map(approvals::Vote::counted).filter(|(yes, counts)| *yes && counts.contains(&place)).count();
    let sites = companies::sites(conn, of.company_id)?;
    let site = of.sites().first().and_then(|id| sites.iter().find(|site| site.id == *id)).map(|site| site.name.clone());
    let mut view = ApprovalView {
        id: of.id.0,
        company: buyer.name.clone(),
        requester: called(&of.member_id),
        total: of.total()?,
        state: of.state.as_str(),
        reason: shown::some(&of.reason),
        note: of.note.lines().map(str::to_string).collect(),
        at: of.created_at,
        decided_at: of.decided_at,
        until: of.expires_at.filter(|_| of.state == State::Waiting),
        cost_centre: shown::some(&of.cost_centre),
        site,
        requirements: requirements
            .iter()
            .enumerate()
            .map(|(place, one)| RequirementView {
                name: one.name.clone(),
                budget: matches!(one.why, approvals::Why::Budget(_)),
                needed: one.needed,
                given: given(place),
                people: one.approvers.members.iter().map(called).collect(),
            })
            .collect(),
        votes: votes
            .iter()
            .map(|vote| VoteView { name: called(&vote.member_id), answer: vote.answer.as_str(), note: vote.note.clone(), at: vote.at })
            .collect(),
        lines: Vec::new(),
        totals: None,
        order: None,
        order_to: None,
        may_vote: false,
        mine: of.member_id == buyer.member,
        may_place: false,
        form: refused.unwrap_or_else(|| Form::new(form::VOTE)),
    };
    if let Some(order) = of.order_id {
        let order = orders::get(conn, order)?;
        let (lines, adjustments) = (orders::lines(conn, order.id)?, orders::adjustments(conn, order.id)?);
        view.lines = shown::order_lines(conn, order.store_id, &order, &lines)?;
        view.totals = Some(shown::order_totals(&order, &lines, &adjustments, words)?);
        let seen = buying::shown_to(conn, buyer.customer, &order)?;
        view.order_to = seen.then(|| format!("/account/company/orders/{}", order.number));
        view.order = Some(order.number);
        return Ok(view);
    }
    let cart = match carts::get(conn, of.cart_id) {
        Ok(cart) => cart,
        Err(Error::NotFound) => return Ok(view),
        Err(error) => return Err(error),
    };
    if cart.state == CartState::Open && cart.version == of.cart_version {
        // Whoever answers may read another language than whoever asks.
        let quote = carts::quote_in(conn, of.cart_id, words.language.code(), now)?;
        view.lines = shown::cart_lines(conn, &quote, words)?;
        view.totals = Some(shown::cart_totals(&quote, false, words)?);
        view.may_place = view.mine && of.state == State::Approved;
        view.may_vote = of.state == State::Waiting
            && !approvals::may_answer(conn, buyer, of, now.date())?.is_empty()
            && !approvals::has_answered(conn, of.id, buyer.member)?;
    }
    Ok(view)
}

pub async fn vote(door: web::Data<Door>, visit: Visit, id: web::Path<String>, form: Posted) -> Result<HttpResponse> {
    let id: ApprovalId = id.parse().map_err(|_| Error::NotFound)?;
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let yes = match form.get("answer") {
        "yes" => true,
        "no" => false,
        _ => return Err(Error::NotFound),
    };
    let (seen, note, gateways) = (visit.clone(), form.get("note").to_string(), door.gateways.clone());
    let done = door.write(move |conn, now| {
        let (buyer, _) = read(conn, &seen, id, now)?;
        approvals::vote(conn, &buyer, id, yes, &note, &gateways, now)
    });
    match done.await {
        Ok(outcome) => {
            let (tone, told) = match outcome {
                approvals::Outcome::Waiting => (Tone::Success, "approval-told-waiting"),
                approvals::Outcome::Refused => (Tone::Success, "approval-told-refused"),
                approvals::Outcome::Approved => (Tone::Success, "approval-told-approved"),
                approvals::Outcome::Placed(_) => (Tone::Success, "approval-told-placed"),
                approvals::Outcome::Void => (Tone::Warning, "approval-told-void"),
                approvals::Outcome::Expired => (Tone::Warning, "approval-told-expired"),
            };
            visit.say(&door.signer, tone, told);
            Ok(door.go(&visit, &format!("{HERE}/{id}")))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::VOTE).typed(form.pairs()).refuse(form::VOTE, &wrong);
            page(&door, &visit, id, Some(refused)).await
        }
        Err(Error::Conflict(told)) => {
            visit.say(&door.signer, Tone::Warning, &told);
            Ok(door.go(&visit, &format!("{HERE}/{id}")))
        }
        Err(error) => Err(error),
    }
}

pub async fn withdraw(door: web::Data<Door>, visit: Visit, id: web::Path<String>, _form: Posted) -> Result<HttpResponse> {
    let id: ApprovalId = id.parse().map_err(|_| Error::NotFound)?;
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let seen = visit.clone();
    let done = door.write(move |conn, now| {
        let (buyer, _) = read(conn, &seen, id, now)?;
        approvals::withdraw(conn, &buyer, id, now)
    });
    match done.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "approval-told-withdrawn"),
        Err(Error::Conflict(told)) => visit.say(&door.signer, Tone::Warning, &told),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &format!("{HERE}/{id}")))
}

/// Lets somebody else answer meanwhile, or nobody any more.
pub async fn delegate(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    or_sign_in!(theirs(&door, &visit, |_, _, _| Ok(())));
    let wish = if form.get("end") == "on" { Ok(None) } else { read_delegate(&form).map(Some) };
    let saved = match wish {
        Err(error) => Err(error),
        Ok(wish) => {
            let seen = visit.clone();
            door.write(move |conn, now| {
                let buyer = reader(conn, &seen, None, now)?;
                approvals::delegate(conn, &buyer, wish)
            })
            .await
        }
    };
    match saved {
        Ok(()) => {
            visit.say(&door.signer, Tone::Success, "form-saved");
            Ok(door.go(&visit, HERE))
        }
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::DELEGATE).typed(form.pairs()).refuse(form::DELEGATE, &wrong);
            show_list(&door, &visit, At::default(), Some(refused)).await
        }
        Err(error) => Err(error),
    }
}

fn read_delegate(form: &Posted) -> Result<(MemberId, NaiveDate, NaiveDate)> {
    let mut wrong = Fields::default();
    let mut day = |name: &str| {
        let day = NaiveDate::parse_from_str(form.get(name).trim(), "%Y-%m-%d").ok();
        if day.is_none() {
            wrong.add(name, "approval-day-invalid");
        }
        day
    };
    let (from, until) = (day("from"), day("until"));
    let to = form.get("to").parse().ok();
    if to.is_none() {
        wrong.add("to", "approval-member-unknown");
    }
    match (to, from, until) {
        (Some(to), Some(from), Some(until)) => Ok((MemberId(to), from, until)),
        _ => Err(Error::Invalid(wrong)),
    }
}
