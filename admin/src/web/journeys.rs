//! Journeys: their list, one of them with what is drawn and who is where, the people in it, and its rehearsals.

use super::customers::called;
use super::desk::{Act, Desk, ROWS};
use super::journey_draw::{self as draw, Names};
use super::rule_form;
use crate::permissions::Permission;
use actix_web::{HttpResponse, web};
use crm::campaigns::{self, CampaignId};
use crm::journeys::{self, Enrolment, EnrolmentId, Graph, Journey, JourneyId, Listing, NodeId, READY, Ready, RehearsalId, Stage, Wish};
use crm::rules::Rule;
use crm::segments::{self, SegmentId};
use crm::{CustomerId, customers, topics};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use storefront::campaigns::{Block, Content, Part, Source, Version};
use storefront::web::posted::Posted;
use storefront::web::words::Words;
use storefront::{offers, shop};

pub const HERE: &str = "/admin/journeys";
/// Offers whose names are looked up for a drawing.
const OFFERS: i64 = 200;

pub fn address(id: JourneyId) -> String {
    format!("{HERE}/{id}")
}

/// The names of what graphs refer to.
pub fn names(conn: &mut Conn) -> Result<Names> {
    let segments: BTreeMap<SegmentId, String> = segments::list(conn)?.into_iter().map(|one| (one.id, one.name)).collect();
    let offers: BTreeMap<i64, String> = offers::list(conn, None, OFFERS)?.into_iter().map(|(one, _)| (one.id.0, one.name)).collect();
    Ok(Names { segments, offers, rules: BTreeMap::new() })
}

/// [`names`] with the rules of a graph in words.
pub fn names_of(conn: &mut Conn, graph: &Graph, words: &Words) -> Result<Names> {
    let mut names = names(conn)?;
    for rule in graph.rules() {
        if !matches!(rule, Rule::Segment(_)) {
            let said = rule_form::said(conn, rule, words)?;
            names.rules.insert(draw::spelt(rule), said);
        }
    }
    Ok(names)
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let (before, words) = (desk.after().map(JourneyId), desk.words()?);
    let (rows, segments, last) = desk
        .read(move |conn| {
            let (found, names) = (journeys::list(conn, before, ROWS)?, names(conn)?);
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let counts = journeys::counts(conn, one.id)?;
                rows.push(
                    json!({ "id": one.id, "name": one.name, "state": one.state, "inside": counts.inside(), "entered": counts.entered(),
                    "trigger": draw::trigger(&words, &names, &one.draft.0.trigger)?, "changed_at": one.changed_at }),
                );
            }
            let segments: Vec<Value> = names.segments.iter().map(|(id, name)| json!({ "value": id.to_string(), "label": name })).collect();
            Ok((rows, segments, found.last().map(|one| one.id)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    let ready = |one: &Ready| json!({ "value": one.as_str(), "label": format!("admin-journey-ready-{}", one.as_str()) });
    let view = json!({ "rows": rows, "next": next, "ready": READY.iter().map(ready).collect::<Vec<_>>(), "segments": segments });
    desk.page("admin/journeys.html", "admin-journeys", view)
}

/// Makes a draft of one that is drawn already.
pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let Some(which) = Ready::parse(posted.get("ready")) else { return Err(Error::field("ready", "field-required")) };
    let segment = posted.get("segment").parse().ok().map(SegmentId);
    let words = desk.words()?;
    let name = words.get(&format!("admin-journey-ready-{}", which.as_str()));
    let call = words.get("admin-journey-call");
    let lost = words.get("admin-journey-lost");
    let subject = words.get(if which == Ready::PriceDrop { "admin-journey-subject-drop" } else { "admin-journey-subject-back" });
    let language = words.language.code();
    // Winning back is entered by a segment and by nothing else.
    if which == Ready::WinBack && segment.is_none() && !desk.may(Permission::SegmentsEdit) {
        return desk.explained(HERE, Error::conflict("journey-win-back-segment"));
    }
    let made = desk
        .write(move |conn, act| {
            let segment = match (which, segment) {
                (Ready::WinBack, None) => Some(about_to_be_lost(conn, &lost, act)?),
                (_, segment) => segment,
            };
            let graph = journeys::ready(which, segment, &call);
            let wish = Wish { name: name.clone(), store_id: storefront::stores::MAIN.0, topic: "news".into() };
            let id = journeys::create(conn, &wish, &graph, act.now)?;
            let made = journeys::get(conn, id)?;
            if let (Ready::BackInStock | Ready::PriceDrop, Some(mail)) = (which, made.draft.0.mails().first()) {
                begun(conn, *mail, language, &subject, act)?;
            }
            act.log(conn, "journey.save", &format!("journey:{id}"), &Value::Null, &made)?;
            Ok(id)
        })
        .await?;
    Ok(desk.done(&address(made), "admin-saved"))
}

/// Begins a mail with the product that the journey is about, for the merchant to go on with.
fn begun(conn: &mut Conn, mail: CampaignId, language: &str, subject: &str, act: &Act) -> Result<()> {
    let part = Part::Products { title: String::new(), source: Source::Occasion, most: 1 };
    let version = Version { subject: subject.to_string(), blocks: vec![Block { part, only: None }], ..Version::default() };
    let content = Content { versions: BTreeMap::from([(language.to_string(), version)]), ..Content::default() };
    for variant in campaigns::variants(conn, mail)? {
        campaigns::put_variant(conn, variant.id, variant.version, &content.json()?, act.now)?;
    }
    Ok(())
}

/// The segment of those who are about to be lost, made where there is none of that name.
fn about_to_be_lost(conn: &mut Conn, name: &str, act: &Act) -> Result<SegmentId> {
    if let Some(known) = segments::list(conn)?.into_iter().find(|one| one.name == name) {
        return Ok(known.id);
    }
    let wish = segments::Wish { name: name.to_string(), note: String::new(), rule: journeys::about_to_be_lost() };
    let id = segments::create(conn, &wish, act.now)?;
    act.log(conn, "segment.save", &format!("segment:{id}"), &Value::Null, &json!({ "name": wish.name, "rule": wish.rule }))?;
    Ok(id)
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, words) = (JourneyId(*id), desk.words()?);
    let (name, view) = desk.read(move |conn| whole(conn, id, &words)).await?;
    desk.page("admin/journey.html", &name, view)
}

/// The name and the page: of counts that are kept, never of people who are counted.
fn whole(conn: &mut Conn, id: JourneyId, words: &Words) -> Result<(String, Value)> {
    let (journey, counts) = (journeys::get(conn, id)?, journeys::counts(conn, id)?);
    let graph = &journey.draft.0;
    let names = names_of(conn, graph, words)?;
    let versions = journeys::versions(conn, id)?;
    let current = journey.version_id.map(|version| journeys::graph_of(conn, version)).transpose()?;
    let last = journeys::last(conn, id)?;
    let rule = |of: &str, rule: &Option<Rule>| json!({ "of": of, "says": rule.as_ref().map(|rule| draw::rule(words, &names, rule)) });
    let topic = topics::by_code(conn, &journey.topic)?.map(|topic| topic.name(words.language.code()).to_string());
    let gone = endings(&counts);
    // What mail servers said to a mail of a step that none of them takes.
    let mut stopped = None;
    for mail in graph.mails() {
        match campaigns::get(conn, mail) {
            Ok(campaign) if !campaign.stopped.is_empty() => stopped = Some(campaign.stopped),
            // The mail of a step that is being drawn is not written yet.
            Ok(_) | Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    let view = json!({ "id": id, "name": journey.name, "state": journey.state, "version": journey.version, "topic": topic.as_ref().unwrap_or(&journey.topic),
        "trigger": draw::trigger(words, &names, &graph.trigger)?, "again": graph.again, "per_day": graph.per_day,
        "rules": [rule("only", &graph.only), rule("goal", &graph.goal), rule("exit", &graph.exit)], "rows": draw::list(words, &names, graph, &counts)?,
        "drawing": draw::drawing(words, &names, graph)?, "inside": counts.inside(), "entered": counts.entered(), "endings": gone, "stopped": stopped,
        "published": versions.first().map(|(_, number, at)| json!({ "number": number, "at": at })),
        "changed": current.is_none_or(|current| *current != *graph),
        "rehearsal": last.map(|one| json!({ "id": one.id, "state": one.state, "asked_at": one.asked_at })) });
    Ok((journey.name, view))
}

/// How people left.
fn endings(counts: &journeys::Counts) -> Vec<Value> {
    let row = |one: &journeys::Ending| json!({ "ending": one, "count": counts.whole(one.as_str()) });
    journeys::Ending::ALL.iter().filter(|one| counts.whole(one.as_str()) > 0).map(row).collect()
}

/// The version that a form was made of.
fn version(posted: &Posted) -> Result<i64> {
    posted.number("version", "journey-stale")
}

/// Does something with a journey as it was seen, and says so on its page.
async fn turned(
    desk: Desk,
    id: JourneyId,
    (action, text): (&'static str, &'static str),
    mut act: impl FnMut(&mut Conn, Time) -> Result<()> + Send + 'static,
) -> Result<HttpResponse> {
    let kept = |one: &Journey| json!({ "state": one.state, "version_id": one.version_id });
    let done = desk
        .write(move |conn, doing| {
            let before = journeys::get(conn, id)?;
            act(conn, doing.now)?;
            let after = journeys::get(conn, id)?;
            doing.log(conn, action, &format!("journey:{id}"), &kept(&before), &kept(&after))
        })
        .await;
    match done {
        Ok(()) => Ok(desk.done(&address(id), text)),
        // What a graph is refused for stands with the journey, which has no fields.
        Err(Error::Invalid(fields)) => {
            let text = fields.0.into_values().next().unwrap_or_default();
            desk.explained(&address(id), Error::Conflict(text))
        }
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn publish(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen, host) = (JourneyId(*id), version(&posted)?, desk.door.config.host().to_string());
    let act = move |conn: &mut Conn, now: Time| {
        let zone = shop::get(conn)?.time_zone;
        journeys::publish(conn, id, seen, (&zone, &host), now).map(drop)
    };
    turned(desk, id, ("journey.publish", "admin-journey-published"), act).await
}

pub async fn pause(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (JourneyId(*id), version(&posted)?);
    turned(desk, id, ("journey.pause", "admin-journey-paused"), move |conn, now| journeys::pause(conn, id, seen, now)).await
}

pub async fn resume(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (JourneyId(*id), version(&posted)?);
    turned(desk, id, ("journey.resume", "admin-journey-resumed"), move |conn, now| journeys::resume(conn, id, seen, now)).await
}

pub async fn end(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let (id, seen) = (JourneyId(*id), version(&posted)?);
    turned(desk, id, ("journey.end", "admin-journey-ended"), move |conn, now| journeys::end(conn, id, seen, now)).await
}

/// Whose name may be shown: nobody's to those who may not see customers.
fn name(conn: &mut Conn, customer: CustomerId, seen: bool) -> Result<Option<String>> {
    let customer = customers::get(conn, customer)?;
    Ok((seen && customer.erased_at.is_none()).then(|| called(&customer).to_string()))
}

/// The people of a journey: those in it, those who wait at a step, or those who are not in it any more.
pub async fn people(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let (id, after, seen) = (JourneyId(*id), desk.after().map(EnrolmentId), desk.may(Permission::CustomersView));
    let stage = Stage::parse(&desk.query("state")).unwrap_or(Stage::Active);
    let step: Option<i64> = desk.query("step").parse().ok();
    let which = step.map_or(Listing::Stage(stage), |step| Listing::At(NodeId(step)));
    let (title, rows, last) = desk
        .read(move |conn| {
            let journey = journeys::get(conn, id)?;
            let found = journeys::listed(conn, id, which, after, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                rows.push(person(one, name(conn, one.customer_id, seen)?));
            }
            Ok((journey.name, rows, found.last().map(|one| one.id)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    let choice = |one: &Stage| json!({ "value": one.as_str(), "label": format!("admin-enrolment-{}", one.as_str()) });
    let view = json!({ "id": id, "name": title, "rows": rows, "next": next, "state": stage, "step": step,
        "states": Stage::ALL.iter().map(choice).collect::<Vec<_>>() });
    desk.page("admin/journey_people.html", "admin-journey-people", view)
}

fn person(one: &Enrolment, name: Option<String>) -> Value {
    json!({ "id": one.id, "customer": one.customer_id, "name": name, "state": one.state, "step": one.node, "entered_at": one.entered_at,
        "due_at": one.due_at, "waits": one.since.is_some(), "ended_at": one.ended_at, "ending": one.ending })
}

/// What one person went through.
pub async fn log(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, row, after, seen) = (JourneyId(path.0), EnrolmentId(path.1), desk.after(), desk.may(Permission::CustomersView));
    let (title, one, rows) = desk
        .read(move |conn| {
            let journey = journeys::get(conn, id)?;
            let one = journeys::enrolment(conn, id, row)?;
            let name = name(conn, one.customer_id, seen)?;
            Ok((journey.name, person(&one, name), journeys::log(conn, row, after, ROWS)?))
        })
        .await?;
    let next = desk.next(rows.len(), rows.last().map(|entry| entry.id));
    let view = json!({ "id": id, "name": title, "person": one, "rows": rows, "next": next });
    desk.page("admin/journey_log.html", "admin-journey-log", view)
}

/// Asks for a rehearsal of the draft.
pub async fn rehearse(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = JourneyId(*id);
    let asked = desk
        .write(move |conn, act| {
            let zone = shop::get(conn)?.time_zone;
            let made = journeys::ask(conn, id, &zone, act.now)?;
            act.log(conn, "journey.rehearse", &format!("journey:{id}"), &Value::Null, &json!({ "rehearsal": made }))?;
            Ok(made)
        })
        .await;
    match asked {
        Ok(made) => Ok(desk.done(&format!("{}/rehearsals/{made}", address(id)), "admin-journey-rehearsing")),
        Err(error) => desk.explained(&address(id), error),
    }
}

/// Who would have got what, and when.
pub async fn rehearsal(desk: Desk, path: web::Path<(i64, i64)>) -> Result<HttpResponse> {
    let (id, of, after, seen) = (JourneyId(path.0), RehearsalId(path.1), desk.after().unwrap_or(0), desk.may(Permission::CustomersView));
    let words = desk.words()?;
    let (mut view, count, last) = desk
        .read(move |conn| {
            let (journey, one) = (journeys::get(conn, id)?, journeys::rehearsal(conn, id, of)?);
            let (graph, counts) = (&one.graph.0, one.counted());
            let names = names_of(conn, graph, &words)?;
            let found = journeys::acts(conn, of, after, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for act in &found {
                let says = graph.node(act.node).map(|node| draw::says(&words, &names, &node.what)).transpose()?;
                rows.push(json!({ "customer": act.customer_id, "name": name(conn, act.customer_id, seen)?, "step": act.node, "says": says,
                    "what": act.what, "result": act.result, "at": act.happened_at }));
            }
            let view = json!({ "id": id, "name": journey.name, "state": one.state, "begins_at": one.begins_at, "ends_at": one.ends_at,
                "entered": counts.entered(), "inside": counts.inside(), "endings": endings(&counts),
                "rows": draw::list(&words, &names, graph, &counts)?, "acts": rows });
            Ok((view, found.len(), found.last().map(|act| act.id)))
        })
        .await?;
    view["next"] = json!(desk.next(count, last));
    desk.page("admin/journey_rehearsal.html", "admin-journey-rehearsal", view)
}
