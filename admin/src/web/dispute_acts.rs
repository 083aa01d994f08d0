//! What staff do with a complaint or a disputed payment. Each form says which version it was made of; a stale one changes nothing.

use super::desk::{Act, Desk, refusal};
use super::disputes::{address, links, page};
use super::forms::Reader;
use super::ticket;
use super::ticket_money::{allowance, currency};
use actix_web::{HttpResponse, web};
use chrono::{NaiveDate, NaiveTime};
use crm::disputes::{self, Dispute, New, NewEvidence, Outcome, Reason, Texts};
use crm::tickets;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::disputes::{Decision, Gift, ProposalId, TEXTS, Taken};
use storefront::web::attached::Attached;
use storefront::web::posted::Posted;

/// What the audit log keeps of a dispute.
fn kept(dispute: &Dispute) -> Value {
    json!({ "state": dispute.state, "outcome": dispute.outcome, "reason": dispute.reason, "amount": dispute.amount, "given": dispute.given,
        "answered_at": dispute.answered_at })
}

/// Does something with a dispute, keeps who did it, and goes back to its page.
async fn act(
    desk: &Desk,
    number: &str,
    posted: &Posted,
    (action, said): (&'static str, &'static str),
    mut verb: impl FnMut(&mut Conn, &Act, &Dispute) -> Result<Value> + Send + 'static,
) -> Result<HttpResponse> {
    let asked = number.to_string();
    let done = desk.write(move |conn, act| {
        let before = disputes::by_number(conn, &asked)?;
        let more = verb(conn, act, &before)?;
        let mut after = kept(&disputes::get(conn, before.id)?);
        if let (Value::Object(after), Value::Object(more)) = (&mut after, more) {
            after.extend(more);
        }
        act.log(conn, action, &format!("dispute:{}", before.number), &kept(&before), &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(number), said)),
        Err(error) => refused(desk, number, posted, error).await,
    }
}

async fn refused(desk: &Desk, number: &str, posted: &Posted, error: Error) -> Result<HttpResponse> {
    let (status, wrong) = refusal(error)?;
    page(desk, number, status, Some(posted), &wrong).await
}

/// The end of a day that somebody may name.
fn end_of(posted: &Posted, name: &str) -> Result<Option<Time>> {
    let typed = posted.get(name).trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let end = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
    let day = NaiveDate::parse_from_str(typed, "%Y-%m-%d").map_err(|_| Error::field(name, "admin-day-invalid"))?;
    // Days that no calendar of anybody's has would not fit a database.
    if day > tickets::clock::never().date() { Err(Error::field(name, "admin-day-invalid")) } else { Ok(Some(day.and_time(end))) }
}

/// Opens a complaint from a ticket.
pub async fn open(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (asked, form) = (number.clone(), posted.clone());
    let opened = desk.write(move |conn, act| {
        let ticket = tickets::by_number(conn, &asked)?;
        let currency = currency(conn, ticket.id)?;
        let mut reader = Reader::new(&form, currency);
        let amount = reader.optional_amount("claim_amount").unwrap_or(0);
        reader.check()?;
        let reason = Reason::parse(form.get("claim_reason")).ok_or(Error::NotFound)?;
        let due_at = end_of(&form, "claim_due")?;
        let new = New { reason, amount, currency, due_at, about: form.get("claim_about").to_string() };
        let made = disputes::open(conn, &ticket, &new, &act.actor, ticket::seen(&form)?, act.now)?;
        let after = json!({ "ticket": ticket.number, "reason": made.reason, "amount": made.money()?, "due_at": made.due() });
        act.log(conn, "dispute.open", &format!("dispute:{}", made.number), &Value::Null, &after)?;
        Ok(made.number)
    });
    match opened.await {
        Ok(made) => Ok(desk.done(&address(&made), "admin-dispute-opened")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            ticket::page(&desk, &number, status, Some(&posted), &wrong).await
        }
    }
}

/// Adds words, files, and what the shop has of order, parcels and tickets.
pub async fn evidence(desk: Desk, number: web::Path<String>, form: Attached) -> Result<HttpResponse> {
    let (posted, files) = form.open().await;
    let files = match files {
        Ok(files) => files,
        Err(error) => return refused(&desk, &number, &posted, error).await,
    };
    let form = posted.clone();
    act(&desk, &number, &posted, ("dispute.evidence", "admin-dispute-evidence-kept"), move |conn, act, dispute| {
        let mut new: Vec<NewEvidence> = Vec::new();
        if !form.get("evidence").trim().is_empty() {
            new.push(NewEvidence::Text(form.get("evidence").to_string()));
        }
        new.extend(files.iter().cloned().map(NewEvidence::File));
        let ticked = links(conn, dispute)?.into_iter().filter(|(name, ..)| form.ticked(name));
        new.extend(ticked.map(|(_, kind, number)| NewEvidence::Link(kind, number)));
        disputes::add(conn, dispute.id, &new, &act.actor, act.now)?;
        Ok(json!({ "evidence": new.len() }))
    })
    .await
}

/// The shop's answer was sent.
pub async fn answer(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("dispute.answer", "admin-dispute-answered"), move |conn, act, dispute| {
        disputes::answer(conn, dispute.id, form.id("seen")?, &act.actor, act.now)?;
        Ok(Value::Null)
    })
    .await
}

/// Has what speaks for the shop sent to the bank.
pub async fn send(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("dispute.send", "admin-dispute-sending"), move |conn, act, dispute| {
        let texts: Texts = TEXTS.iter().map(|name| (name.to_string(), form.get(name).to_string())).collect();
        storefront::disputes::send(conn, dispute.id, form.id("seen")?, &texts, &act.actor, act.now)?;
        Ok(json!({ "sending": texts.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(name, _)| name).collect::<Vec<_>>() }))
    })
    .await
}

/// Decides a complaint, with its money, or proposes that.
pub async fn decide(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let (asked, form, allowance) = (number.clone(), posted.clone(), allowance(&desk));
    let done = desk.write(move |conn, act| {
        let before = disputes::by_number(conn, &asked)?;
        let outcome = Outcome::parse(form.get("outcome")).ok_or_else(|| Error::field("outcome", "admin-ticket-outcome-missing"))?;
        let currency = before.currency()?;
        let mut reader = Reader::new(&form, currency);
        let gift = match form.get("gift") {
            "refund" => Gift::Refund(reader.amount("gift_amount")),
            "credit" => Gift::Credit(reader.amount("gift_amount")),
            _ => Gift::Nothing,
        };
        reader.check()?;
        let decision = Decision { outcome, why: form.get("decision").to_string(), gift, order_seen: form.get("order_seen").parse().ok() };
        let taken = storefront::disputes::decide(conn, before.id, form.id("seen")?, &decision, act.agent(), allowance, act.now)?;
        let amount = match gift {
            Gift::Nothing => 0,
            Gift::Refund(amount) | Gift::Credit(amount) => amount,
        };
        let (action, said) = match taken {
            Taken::Decided(_) => ("dispute.decide", "admin-dispute-decided"),
            Taken::Proposed(_) => ("dispute.propose", "admin-ticket-proposed"),
        };
        let mut after = kept(&disputes::get(conn, before.id)?);
        (after["gift"], after["gift_amount"]) = (json!(form.get("gift")), json!(Money::new(amount, currency)));
        act.log(conn, action, &format!("dispute:{}", before.number), &kept(&before), &after)?;
        Ok(said)
    });
    match done.await {
        Ok(said) => Ok(desk.done(&address(&number), said)),
        Err(error) => refused(&desk, &number, &posted, error).await,
    }
}

/// The form has nothing but its token.
pub async fn approve(desk: Desk, path: web::Path<(String, i64)>, _: Posted) -> Result<HttpResponse> {
    settle(&desk, path.into_inner(), None).await
}

pub async fn decline(desk: Desk, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    settle(&desk, path.into_inner(), Some(posted.get("why").to_string())).await
}

/// Approves a proposed decision, or declines it with a reason.
async fn settle(desk: &Desk, (number, id): (String, i64), why: Option<String>) -> Result<HttpResponse> {
    let (asked, approves) = (number.clone(), why.is_none());
    let done = desk.write(move |conn, act| {
        let before = disputes::by_number(conn, &asked)?;
        let proposal = storefront::disputes::proposal(conn, before.id, ProposalId(id))?;
        match &why {
            None => storefront::disputes::approve(conn, before.id, proposal.id, act.agent(), act.now).map(drop)?,
            Some(why) if why.trim().is_empty() => return Err(Error::conflict("admin-ticket-why")),
            Some(why) => storefront::disputes::decline(conn, before.id, proposal.id, why, act.agent(), act.now)?,
        }
        let action = if why.is_none() { "dispute.approve" } else { "dispute.decline" };
        let mut after = kept(&disputes::get(conn, before.id)?);
        (after["proposal"], after["gift_amount"]) = (json!(id), json!(proposal.money()?));
        act.log(conn, action, &format!("dispute:{}", before.number), &kept(&before), &after)
    });
    match done.await {
        Ok(()) => Ok(desk.done(&address(&number), if approves { "admin-dispute-decided" } else { "admin-ticket-declined" })),
        Err(error) => desk.explained(&address(&number), error),
    }
}

/// The customer does not accept the decision.
pub async fn appeal(desk: Desk, number: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let form = posted.clone();
    act(&desk, &number, &posted, ("dispute.appeal", "admin-dispute-appealed"), move |conn, act, dispute| {
        let due_at = end_of(&form, "appeal_due")?;
        disputes::appeal(conn, dispute.id, form.id("seen")?, form.get("appeal"), due_at, &act.actor, act.now)?;
        Ok(Value::Null)
    })
    .await
}
