//! Campaigns: their list, one of them with its progress and what can be done with it, whom it reaches, and its deliveries.

use super::customers::called;
use super::desk::{Desk, ROWS};
use crate::permissions::Permission;
use actix_web::{HttpResponse, web};
use crm::campaigns::{
    self, Campaign, CampaignId, Counts, Delivery, DeliveryId, Hindrance, Kind, Moment, Stage, Standing, Variant, VariantId,
};
use crm::segments::{self, SegmentId};
use crm::{CustomerId, customers, topics};
use kernel::clock::Time;
use kernel::{Conn, Error, Result, jobs, mail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storefront::web::posted::Posted;
use storefront::{shop, stores};

pub const HERE: &str = "/admin/campaigns";

pub fn address(id: CampaignId) -> String {
    format!("{HERE}/{id}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (before, now) = (desk.after().map(CampaignId), desk.door.now());
    let (rows, last) = desk
        .read(move |conn| {
            let found = campaigns::list(conn, Kind::Campaign, before, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let (counts, stage) = campaigns::progress(conn, one, now)?;
                rows.push(json!({ "id": one.id, "name": one.name, "stage": stage, "starts_at": one.starts_at, "changed": one.changed_at,
                    "people": counts.people(), "accepted": counts.standing(Standing::Accepted) }));
            }
            Ok((rows, found.last().map(|one| one.id)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    desk.page("admin/campaigns.html", "admin-campaigns", json!({ "rows": rows, "next": next }))
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, now, language) = (CampaignId(*id), desk.door.now(), desk.visit.language.code());
    let (name, view) = desk.read(move |conn| whole(conn, id, language, now)).await?;
    desk.page("admin/campaign.html", &name, view)
}

/// The name and the page: of rows that are kept, never of deliveries that are counted.
fn whole(conn: &mut Conn, id: CampaignId, language: &str, now: Time) -> Result<(String, Value)> {
    let campaign = campaigns::get(conn, id)?;
    let topic = topics::by_code(conn, &campaign.topic)?.map(|topic| topic.name(language).to_string());
    let (counts, stage) = campaigns::progress(conn, &campaign, now)?;
    let variants = campaigns::variants(conn, id)?;
    let (plan, trial) = (&campaign.plan.0, &campaign.trial.0);
    let names: BTreeMap<SegmentId, String> = segments::list(conn)?.into_iter().map(|one| (one.id, one.name)).collect();
    let named = |ids: &[SegmentId]| -> Vec<Value> {
        ids.iter().map(|id| json!({ "id": id, "name": names.get(id).cloned().unwrap_or_else(|| format!("#{id}")) })).collect()
    };
    let own = id.to_string();
    let failing = match stage {
        Stage::Freezing => jobs::failing(conn, campaigns::FREEZE_JOB, Some(&own))?,
        Stage::Sending => jobs::failing(conn, campaigns::PUMP_JOB, None)?,
        Stage::Cancelled => jobs::failing(conn, campaigns::CANCEL_JOB, Some(&own))?,
        _ => None,
    };
    let hindered = failing.map(|job| {
        let said = mail::without_people(job.last_error.as_deref().unwrap_or_default());
        json!({ "said": said, "at": job.run_at, "attempts": job.attempts })
    });
    let store = stores::list(conn)?.into_iter().find(|store| store.id.0 == campaign.store_id).map(|store| store.name);
    let mut view = json!({ "id": id, "name": campaign.name, "version": campaign.version, "stage": stage, "topic": topic.as_ref().unwrap_or(&campaign.topic), "store": store,
        "include": named(&campaign.audience.0.include), "exclude": named(&campaign.audience.0.exclude),
        "control": super::forms::percent(campaign.control_bp), "starts_at": campaign.starts_at,
        "at": plan.at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()), "local": plan.local, "zone": zone(conn, &campaign)?,
        "window": plan.window.map(|(from, until)| json!({ "from": from.format("%H:%M").to_string(), "until": until.format("%H:%M").to_string() })),
        "per_hour": plan.per_hour, "cap": plan.cap.map(|(mails, days)| json!({ "mails": mails, "days": days })),
        "trial": json!({ "share": super::forms::percent(trial.share_bp), "measure": trial.measure, "hours": trial.hours, "on": variants.len() > 1 }),
        "variants": told(&campaign, &variants, &counts), "decision": decided(&campaign, &variants),
        "counts": standings(&counts), "moments": moments(&counts), "people": counts.people(), "left": left(&counts),
        "done": counts.people() - left(&counts), "recallable": campaign.frozen_to == CustomerId(0) && campaign.frozen_at.is_none(),
        "running": matches!(stage, Stage::Freezing | Stage::Sending), "undecided": counts.standing(Standing::Unknown) });
    view["stopped"] = json!(campaign.stopped);
    view["hindered"] = json!(hindered);
    Ok((campaign.name, view))
}

/// The zone that the plan of a campaign is read by: the shop's until it is scheduled.
fn zone(conn: &mut Conn, campaign: &Campaign) -> Result<String> {
    if campaign.starts_at.is_some() { Ok(campaign.zone.clone()) } else { Ok(shop::get(conn)?.time_zone) }
}

/// Those who wait, or are being sent.
fn left(counts: &Counts) -> i64 {
    counts.standing(Standing::Waiting) + counts.standing(Standing::Sending)
}

fn standings(counts: &Counts) -> Vec<Value> {
    let row = |one: &Standing| json!({ "state": one, "count": counts.standing(*one) });
    Standing::ALL.iter().filter(|one| counts.standing(**one) > 0).map(row).collect()
}

fn moments(counts: &Counts) -> Vec<Value> {
    Moment::ALL
        .iter()
        .map(|one| json!({ "moment": one, "count": counts.of(one.as_str()) }))
        .filter(|row| row["count"] != json!(0))
        .collect()
}

/// The variants with how many got each.
fn told(campaign: &Campaign, variants: &[Variant], counts: &Counts) -> Vec<Value> {
    let row = |(place, one): (usize, &Variant)| {
        let goes_at = one.goes_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
        json!({ "id": one.id, "letter": campaigns::letter(place), "goes_at": goes_at, "written": one.content != campaigns::EMPTY, "winner": campaign.winner_id == Some(one.id),
            "accepted": counts.of_variant(Some(one.id), Standing::Accepted.as_str()), "opened": counts.of_variant(Some(one.id), Moment::Opened.as_str()),
            "clicked": counts.of_variant(Some(one.id), Moment::Clicked.as_str()) })
    };
    variants.iter().enumerate().map(row).collect()
}

/// How the trial was decided.
fn decided(campaign: &Campaign, variants: &[Variant]) -> Option<Value> {
    let decision = campaign.decision()?;
    let letter = |id: VariantId| variants.iter().position(|one| one.id == id).map(campaigns::letter);
    let figures: Vec<Value> =
        decision.figures.iter().map(|one| json!({ "letter": letter(one.variant), "people": one.people, "did": one.did })).collect();
    Some(
        json!({ "winner": letter(decision.winner), "apart": decision.apart, "measure": decision.measure, "at": decision.at, "figures": figures }),
    )
}

/// Tells an open page how far the campaign is by now.
pub async fn news(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, now, seen) = (CampaignId(*id), desk.door.now(), desk.query("seen"));
    let (counts, stage) = desk
        .read(move |conn| {
            let campaign = campaigns::get(conn, id)?;
            campaigns::progress(conn, &campaign, now)
        })
        .await?;
    let (people, done) = (counts.people(), counts.people() - left(&counts));
    if seen == format!("{}-{done}", stage.as_str()) {
        return desk.news(None);
    }
    let text = desk.words()?.with("admin-campaign-news", &[("done", &done.to_string()), ("people", &people.to_string())])?;
    desk.news(Some(text))
}

/// Whom it would reach if it were sent now, and who may not be written to.
pub async fn audience(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, now, db) = (CampaignId(*id), desk.door.now(), desk.door.db.clone());
    let campaign = desk.read(move |conn| campaigns::get(conn, id)).await?;
    let asked = campaign.clone();
    // It goes over all customers, which takes longer than a request's own thread may be kept.
    let counted = web::block(move || campaigns::reach(&db, &asked, now)).await;
    let reach = counted.map_err(|error| Error::unexpected(error.to_string()))??;
    let why = |(why, count): (&Hindrance, &i64)| json!({ "why": why.as_str(), "count": count });
    let view = json!({ "id": id, "name": campaign.name, "audience": reach.audience, "allowed": reach.allowed(),
        "control": reach.allowed() * campaign.control_bp / 10_000, "hindered": reach.hindered.iter().map(why).collect::<Vec<_>>() });
    desk.page("admin/campaign_audience.html", "admin-campaign-audience", view)
}

/// The version that a form was made of.
fn version(posted: &Posted) -> Result<i64> {
    posted.number("version", "campaign-stale")
}

/// Does something with a campaign as it was seen, and says so on its page.
async fn turned(
    desk: Desk,
    id: CampaignId,
    (action, text): (&'static str, &'static str),
    mut act: impl FnMut(&mut Conn, Time) -> Result<()> + Send + 'static,
) -> Result<HttpResponse> {
    let done = desk
        .write(move |conn, doing| {
            let before = campaigns::get(conn, id)?.state;
            act(conn, doing.now)?;
            let after = campaigns::get(conn, id)?.state;
            doing.log(conn, action, &format!("campaign:{id}"), &json!({ "state": before }), &json!({ "state": after }))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(id), text)),
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn schedule(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, host) = (CampaignId(*id), version(&posted)?, desk.door.config.host().to_string());
    let act = move |conn: &mut Conn, now: Time| {
        let zone = shop::get(conn)?.time_zone;
        campaigns::schedule(conn, id, seen, (&zone, &host), now)
    };
    turned(desk, id, ("campaign.schedule", "admin-campaign-scheduled"), act).await
}

pub async fn recall(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (CampaignId(*id), version(&posted)?);
    turned(desk, id, ("campaign.recall", "admin-campaign-recalled"), move |conn, now| campaigns::recall(conn, id, seen, now)).await
}

pub async fn pause(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (CampaignId(*id), version(&posted)?);
    turned(desk, id, ("campaign.pause", "admin-campaign-paused"), move |conn, now| campaigns::pause(conn, id, seen, now)).await
}

pub async fn resume(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (CampaignId(*id), version(&posted)?);
    turned(desk, id, ("campaign.resume", "admin-campaign-resumed"), move |conn, now| campaigns::resume(conn, id, seen, now)).await
}

pub async fn cancel(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (CampaignId(*id), version(&posted)?);
    turned(desk, id, ("campaign.cancel", "admin-campaign-cancelled"), move |conn, now| campaigns::cancel(conn, id, seen, now)).await
}

/// The deliveries in one state, as their rows stand.
pub async fn deliveries(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, after, seen) = (CampaignId(*id), desk.after().map(DeliveryId), desk.may(Permission::CustomersView));
    let state = Standing::parse(&desk.query("state")).unwrap_or(Standing::Accepted);
    let reason = if state == Standing::Skipped { desk.query("reason") } else { String::new() };
    let why = reason.clone();
    let (campaign, counts, reasons, rows, last) = desk
        .read(move |conn| {
            let campaign = campaigns::get(conn, id)?;
            let found = match why.as_str() {
                "" => campaigns::listed(conn, id, state, after, ROWS)?,
                why => campaigns::skipped(conn, id, why, after, ROWS)?,
            };
            let reasons = if state == Standing::Skipped { campaigns::reasons(conn, id)? } else { Vec::new() };
            let last = found.last().map(|one| one.id);
            Ok((campaign, campaigns::counts(conn, id)?, reasons, rows(conn, &found, seen)?, last))
        })
        .await?;
    let cause = |one: &campaigns::Reason| json!({ "value": one.reason, "count": one.count, "more": one.more });
    let choice = |one: &Standing| json!({ "value": one.as_str(), "label": format!("admin-delivery-{}", one.as_str()), "count": counts.standing(*one) });
    let next = desk.next(rows.len(), last);
    let view = json!({ "id": id, "name": campaign.name, "state": state, "rows": rows, "next": next,
        "states": Standing::ALL.iter().map(choice).collect::<Vec<_>>(), "reason": reason,
        "reasons": reasons.iter().map(cause).collect::<Vec<_>>() });
    desk.page("admin/campaign_deliveries.html", "admin-deliveries", view)
}

fn rows(conn: &mut Conn, found: &[Delivery], seen: bool) -> Result<Vec<Value>> {
    let mut rows = Vec::with_capacity(found.len());
    for one in found {
        let customer = customers::get(conn, one.customer_id)?;
        let name = (seen && customer.erased_at.is_none()).then(|| called(&customer).to_string());
        // A reason of the program is the key of a text; one of a mail server is its own words.
        let (key, said) = if one.reason.starts_with("campaign-") { (one.reason.as_str(), "") } else { ("", one.reason.as_str()) };
        rows.push(json!({ "id": one.id, "customer": one.customer_id, "name": name, "state": one.state, "key": key, "said": said,
            "due_at": one.due_at, "sent_at": one.sent_at, "attempts": one.attempts, "transport": one.transport, "undecided": one.undecided(),
            "bounced_at": one.bounced_at, "complained_at": one.complained_at, "opened_at": one.opened_at, "clicked_at": one.clicked_at,
            "unsubscribed_at": one.unsubscribed_at }));
    }
    Ok(rows)
}

/// What staff decide about a mail of which nobody knows whether it arrived.
async fn settled(desk: Desk, (id, row): (i64, i64), again: bool) -> Result<HttpResponse> {
    let (id, row) = (CampaignId(id), DeliveryId(row));
    let done = desk
        .write(move |conn, act| {
            let before = campaigns::delivery(conn, row)?;
            if before.campaign_id != id {
                return Err(Error::NotFound);
            }
            let after = if again { campaigns::send_again(conn, row, act.now)? } else { campaigns::leave(conn, row)? };
            let kept = |one: &Delivery| json!({ "delivery": one.id, "state": one.state, "reason": one.reason });
            let action = if again { "campaign.again" } else { "campaign.leave" };
            act.log(conn, action, &format!("campaign:{id}"), &kept(&before), &kept(&after))
        })
        .await;
    let to = format!("{}/deliveries?state=unknown", address(id));
    match done {
        Ok(()) => Ok(desk.done(&to, if again { "admin-delivery-sent-again" } else { "admin-delivery-left" })),
        Err(error) => desk.explained(&to, error),
    }
}

pub async fn again(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    settled(desk, path.into_inner(), true).await
}

pub async fn leave(desk: Desk, path: web::Path<(i64, i64)>, _: Posted) -> Result<HttpResponse> {
    settled(desk, path.into_inner(), false).await
}
