//! Where new tickets go: the rules in their order, and who of the staff is given tickets.

use super::desk::{Desk, refusal};
use super::forms::Reader;
use crate::{StaffId, staff};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::routing::{self, Route, Taker};
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Error, Result};
use serde_json::{Value, json};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

pub const HERE: &str = "/admin/routing";
const PERSON: &[&str] = &["takes", "skills", "most", "away"];
/// What somebody is offered who takes no tickets yet.
const MOST: i64 = 20;

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    page(&desk, StatusCode::OK, None).await
}

/// The page; `refused` is the person whose form was refused, with what was typed.
async fn page(desk: &Desk, status: StatusCode, refused: Option<(StaffId, Form)>) -> Result<HttpResponse> {
    let view = desk
        .read(move |conn| {
            let (takers, loads, people) = (routing::takers(conn)?, routing::loads(conn)?, staff::list(conn)?);
            let name = |id: Option<i64>| people.iter().find(|one| Some(one.id.0) == id).map(|one| one.name.clone());
            let rule = |one: &Route| {
                json!({ "id": one.id, "name": one.name, "kind": one.kind, "channel": one.channel, "language": one.language, "words": one.words,
                    "queue": one.queue, "way": one.way, "person": name(one.person), "skills": one.skills })
            };
            let person = |one: &staff::Staff| {
                let taker = takers.iter().find(|taker| taker.staff_id == one.id.0);
                let form = match &refused {
                    Some((id, form)) if *id == one.id => form.clone(),
                    _ => filled(taker),
                };
                let load = loads.iter().find(|(staff, _)| *staff == one.id.0).map(|(_, open)| *open);
                json!({ "id": one.id, "name": one.name, "takes": taker.is_some(), "away": taker.is_some_and(|taker| taker.away), "load": load,
                    "form": form })
            };
            let rules: Vec<Value> = routing::routes(conn)?.iter().map(rule).collect();
            let at_work: Vec<Value> = people.iter().filter(|one| one.active).map(person).collect();
            Ok(json!({ "rules": rules, "people": at_work }))
        })
        .await?;
    desk.page_as(status, "admin/routing.html", "admin-routing", view)
}

fn filled(taker: Option<&Taker>) -> Form {
    let tick = |on: bool| if on { "on" } else { "" };
    Form::new(PERSON)
        .fill("takes", tick(taker.is_some()))
        .fill("skills", taker.map(|taker| taker.skills.clone()).unwrap_or_default())
        .fill("most", taker.map_or(MOST, |taker| taker.most).to_string())
        .fill("away", tick(taker.is_some_and(|taker| taker.away)))
}

/// Lets somebody be given tickets, or not any more.
pub async fn person(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = StaffId(*id);
    let mut reader = Reader::new(&posted, Currency::EUR);
    let wanted = Taker { staff_id: id.0, skills: reader.text("skills"), most: reader.number("most"), away: reader.ticked("away") };
    let takes = reader.ticked("takes");
    let saved = match reader.check() {
        Err(error) => Err(error),
        Ok(()) => {
            desk.write(move |conn, act| {
                if !staff::get(conn, id)?.active {
                    return Err(Error::NotFound);
                }
                let find = |all: Vec<Taker>| all.into_iter().find(|one| one.staff_id == id.0);
                let before = find(routing::takers(conn)?);
                match takes {
                    true => routing::take_part(conn, &wanted)?,
                    false => routing::leave(conn, id.0)?,
                }
                let after = find(routing::takers(conn)?);
                act.log(conn, "routing.person", &format!("staff:{id}"), &before, &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let (status, wrong): (StatusCode, Fields) = refusal(error)?;
            let form = Form::new(PERSON).typed(posted.pairs()).refuse(PERSON, &wrong);
            page(&desk, status, Some((id, form))).await
        }
    }
}
