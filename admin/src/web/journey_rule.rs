//! The rules of a journey in the builder that segments have: who enters, the goal, the exit, and those of branches.

use super::desk::{Desk, refusal};
use super::journeys::address;
use super::rule_form;
use super::segment_tree::{self as tree, Node};
use super::stale;
use crate::permissions::Permission;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::journeys::{self, Graph, JourneyId, NodeId, What};
use crm::rules::Rule;
use crm::segments::Preview;
use kernel::error::Fields;
use kernel::{Error, Result};
use serde_json::json;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;

const NAMES: &[&str] = &["version"];

/// Where a rule stands in a journey.
#[derive(Clone, Copy)]
enum Place {
    Only,
    Goal,
    Exit,
    Branch(NodeId),
    /// Of a branch that is put in behind a step, on one of its ways.
    New(Option<NodeId>, bool),
}

impl Place {
    /// `NotFound` for a word that names none.
    fn read(desk: &Desk, word: &str) -> Result<Place> {
        Ok(match word {
            "only" => Place::Only,
            "goal" => Place::Goal,
            "exit" => Place::Exit,
            "new" => Place::New(desk.query("after").parse().ok(), desk.query("other") == "true"),
            number => Place::Branch(number.parse().map_err(|_| Error::NotFound)?),
        })
    }

    /// The word of a text about it.
    fn word(self) -> &'static str {
        match self {
            Place::Only => "only",
            Place::Goal => "goal",
            Place::Exit => "exit",
            Place::Branch(_) | Place::New(..) => "branch",
        }
    }

    /// Where its form is sent, below the journey.
    fn path(self) -> String {
        match self {
            Place::Only | Place::Goal | Place::Exit => format!("/rules/{}", self.word()),
            Place::Branch(step) => format!("/rules/{step}"),
            Place::New(after, other) => {
                let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
                format!("/rules/new?other={other}{after}")
            }
        }
    }

    /// The rule that stands there now. `NotFound` for a step that is no branch.
    fn rule(self, graph: &Graph) -> Result<Option<&Rule>> {
        Ok(match self {
            Place::Only => graph.only.as_ref(),
            Place::Goal => graph.goal.as_ref(),
            Place::Exit => graph.exit.as_ref(),
            Place::Branch(step) => match graph.node(step).map(|node| &node.what) {
                Some(What::Branch(rule)) => Some(rule),
                _ => return Err(Error::NotFound),
            },
            Place::New(..) => None,
        })
    }

    /// Puts a rule there, or takes it away. A branch has one.
    fn put(self, graph: &mut Graph, rule: Option<Rule>) -> Result<()> {
        match (self, rule) {
            (Place::Only, rule) => graph.only = rule,
            (Place::Goal, rule) => graph.goal = rule,
            (Place::Exit, rule) => graph.exit = rule,
            (Place::Branch(step), Some(rule)) => {
                let node = graph.nodes.iter_mut().find(|node| node.id == step).ok_or(Error::NotFound)?;
                node.what = What::Branch(rule);
            }
            (Place::New(after, other), Some(rule)) => {
                if after.is_some_and(|after| graph.node(after).is_none()) {
                    return Err(Error::conflict("journey-stale"));
                }
                graph.insert(after, other, What::Branch(rule));
            }
            (Place::Branch(_) | Place::New(..), None) => return Err(Error::NotFound),
        }
        Ok(())
    }
}

/// What the page is drawn from.
struct Sheet {
    form: Form,
    root: Node,
    wrong: Fields,
    focus: Option<String>,
    preview: Option<Preview>,
}

pub async fn edit(desk: Desk, path: web::Path<(i64, String)>) -> Result<HttpResponse> {
    let (id, place) = (JourneyId(path.0), Place::read(&desk, &path.1)?);
    let sheet = desk
        .read(move |conn| {
            let journey = journeys::get(conn, id)?;
            let root = rule_form::spelt(conn, place.rule(&journey.draft.0)?)?;
            let form = Form::new(NAMES).fill("version", journey.version.to_string());
            Ok(Sheet { form, root, wrong: Fields::default(), focus: None, preview: None })
        })
        .await?;
    draw(&desk, StatusCode::OK, (id, place), sheet).await
}

async fn draw(desk: &Desk, status: StatusCode, (id, place): (JourneyId, Place), sheet: Sheet) -> Result<HttpResponse> {
    let seen = desk.may(Permission::CustomersView);
    let Sheet { form, root, wrong, focus, preview } = sheet;
    let mut view = desk
        .read(move |conn| {
            let journey = journeys::get(conn, id)?;
            let stands = place.rule(&journey.draft.0)?.is_some();
            let rule = rule_form::view(conn, &root, &wrong, None, focus.as_deref())?;
            let preview = preview.as_ref().map(|found| rule_form::shown(conn, found, seen)).transpose()?;
            Ok(json!({ "id": id, "name": journey.name, "of": place.word(), "to": place.path(), "rule": rule, "preview": preview,
                "clears": stands && place.word() != "branch" }))
        })
        .await?;
    view["form"] = json!(form);
    desk.page_as(status, "admin/journey_rule.html", &format!("admin-journey-rule-{}", place.word()), view)
}

pub async fn update(desk: Desk, path: web::Path<(i64, String)>, posted: Posted) -> Result<HttpResponse> {
    let (id, place, root) = (JourneyId(path.0), Place::read(&desk, &path.1)?, tree::read(&posted));
    let form = Form::new(NAMES).typed(posted.pairs());
    let (mut typed, button) = (root.clone(), posted.get("do").to_string());
    if rule_form::builds(&posted) {
        let (root, focus) = desk
            .read(move |conn| {
                let focus = rule_form::pressed(conn, &mut typed, &posted)?;
                Ok((typed, focus))
            })
            .await?;
        return draw(&desk, StatusCode::OK, (id, place), Sheet { form, root, wrong: Fields::default(), focus, preview: None }).await;
    }
    if button == "preview" {
        let now = desk.door.now();
        return match desk.read(move |conn| rule_form::preview(conn, &typed, None, now)).await {
            Ok(found) => {
                let sheet = Sheet { form, root, wrong: Fields::default(), focus: None, preview: Some(found) };
                draw(&desk, StatusCode::OK, (id, place), sheet).await
            }
            Err(error) => refused(&desk, (id, place), form, root, error).await,
        };
    }
    let version = posted.get("version").parse().unwrap_or(0);
    let saved = desk
        .write(move |conn, act| {
            let journey = journeys::get(conn, id)?;
            let before = place.rule(&journey.draft.0)?.cloned();
            let after = if button == "clear" { None } else { Some(rule_form::read(conn, &typed)?) };
            let mut graph = journey.draft.0.clone();
            place.put(&mut graph, after.clone())?;
            journeys::put_graph(conn, id, version, &graph, act.now)?;
            let said = |rule: &Option<Rule>| json!({ "of": place.word(), "rule": rule });
            act.log(conn, "journey.step", &format!("journey:{id}"), &said(&before), &said(&after))
        })
        .await;
    match saved {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => refused(&desk, (id, place), form, root, error).await,
    }
}

/// The page with what is wrong. A form that came too late shows the rule that is stored beside the one that was typed; saving it again is a decision.
async fn refused(desk: &Desk, (id, place): (JourneyId, Place), form: Form, root: Node, error: Error) -> Result<HttpResponse> {
    let late = stale::is(&error);
    let (status, wrong) = refusal(error)?;
    let mut form = form.refuse(NAMES, &wrong);
    if late {
        let (words, typed) = (desk.words()?, root.clone());
        let (version, row) = desk
            .read(move |conn| {
                let journey = journeys::get(conn, id)?;
                let stored = rule_form::spelt(conn, place.rule(&journey.draft.0)?)?;
                Ok((journey.version, rule_form::beside(conn, &stored, &typed, &words)?))
            })
            .await?;
        form = form.beside(row.into_iter().collect()).fill("version", version.to_string());
    }
    draw(desk, status, (id, place), Sheet { form, root, wrong, focus: None, preview: None }).await
}
