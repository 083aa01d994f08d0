//! What buyers write about products, read by staff before anybody else sees it.

use super::desk::{Desk, ROWS, refusal};
use super::stale;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::topics;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::{ProductId, ReviewId};
use storefront::reviews::{self, Policy, Review, State};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{catalog, orders};

const HERE: &str = "/admin/reviews";
/// The fields of the settings, and of what is said about a review.
const SETTINGS: &[&str] = &["on", "days", "topic"];
const SAID: &[&str] = &["reason", "answer"];

fn address(id: ReviewId) -> String {
    format!("{HERE}/{id}")
}

fn subject(id: ReviewId) -> String {
    format!("review:{id}")
}

/// When the words of a review were changed last, as forms carry it.
fn seen(review: &Review) -> String {
    review.changed_at.and_utc().timestamp_micros().to_string()
}

/// What [`seen`] wrote.
fn read_seen(posted: &Posted) -> Result<Time> {
    let micros: i64 = posted.id("seen")?;
    chrono::DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc()).ok_or(Error::NotFound)
}

fn filled(policy: &Policy) -> Form {
    let form = Form::new(SETTINGS).fill("on", if policy.on { "on" } else { "" });
    form.fill("days", policy.days.to_string()).fill("topic", policy.topic.as_str())
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let form = desk.read(|conn| Ok(filled(&reviews::policy(conn)?).sealed())).await?;
    show_list(&desk, StatusCode::OK, form).await
}

async fn show_list(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let state = State::parse(&desk.query("state")).unwrap_or(State::Waiting);
    let (before, language) = (desk.after().map(ReviewId), desk.visit.language.code());
    let (rows, topics, last) = desk
        .read(move |conn| {
            let found = reviews::list(conn, state, before, ROWS)?;
            let products: Vec<ProductId> = found.iter().map(|review| review.product_id).collect();
            let titles = catalog::titles(conn, &products)?;
            let row = |review: &Review| {
                json!({ "id": review.id, "product": titles.get(&review.product_id), "stars": review.stars, "title": review.title,
                    "body": review.body, "name": review.name, "at": review.written_at })
            };
            let topics = topics::list(conn)?;
            let topics: Vec<Value> = topics.iter().map(|topic| json!({ "value": topic.code, "label": topic.name(language) })).collect();
            Ok((found.iter().map(row).collect::<Vec<Value>>(), topics, found.last().map(|review| review.id)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    let states: Vec<&str> = State::ALL.iter().map(|one| one.as_str()).collect();
    let view = json!({ "rows": rows, "next": next, "state": state.as_str(), "states": states, "form": form, "topics": topics });
    desk.page_as(status, "admin/reviews.html", "admin-reviews", view)
}

/// Saves whether buyers are asked, and when.
pub async fn settings(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let saved = match posted.number("days", "review-days") {
        Err(error) => Err(error),
        Ok(days) => {
            let after = Policy { on: posted.ticked("on"), days, topic: posted.get("topic").to_string() };
            desk.write(move |conn, act| {
                let before = reviews::policy(conn)?;
                stale::check(&filled(&before), &typed)?;
                reviews::save_policy(conn, &after, act.now)?;
                act.log(conn, "review.settings", "reviews", &before, &after)
            })
            .await
        }
    };
    match saved {
        Ok(()) => Ok(desk.done(HERE, "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            let now = desk.read(|conn| Ok(filled(&reviews::policy(conn)?).digest())).await?;
            // What somebody else saved meanwhile is shown by the sentence; saving again is a decision.
            let form = Form::new(SETTINGS).typed(posted.pairs()).refuse(SETTINGS, &wrong).made_of(now);
            show_list(&desk, status, form).await
        }
    }
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    render(&desk, ReviewId(*id), StatusCode::OK, None).await
}

/// The order of a review, and the title of its product.
fn about(conn: &mut Conn, review: &Review) -> Result<(orders::Order, String)> {
    let order = orders::get(conn, review.order_id)?;
    let title = catalog::titles(conn, &[review.product_id])?.remove(&review.product_id).unwrap_or_default();
    Ok((order, title))
}

async fn render(desk: &Desk, id: ReviewId, status: StatusCode, refused: Option<Form>) -> Result<HttpResponse> {
    let view = desk
        .read(move |conn| {
            let review = reviews::get(conn, id)?;
            let (order, product) = about(conn, &review)?;
            let form =
                refused.unwrap_or_else(|| Form::new(SAID).fill("reason", review.reason.as_str()).fill("answer", review.answer.as_str()));
            Ok(json!({ "review": review, "product": product, "number": order.number, "customer": order.customer_id, "form": form,
                "seen": seen(&review) }))
        })
        .await?;
    desk.page_as(status, "admin/review.html", "admin-review", view)
}

/// Carries a decision out, with what it was before and after.
async fn decide(
    desk: Desk,
    id: ReviewId,
    posted: Posted,
    action: &'static str,
    done: &str,
    deed: fn(&mut Conn, ReviewId, Time, &str, Time) -> Result<Review>,
) -> Result<HttpResponse> {
    let read = read_seen(&posted)?;
    let text = posted.get(if action == "review.answer" { "answer" } else { "reason" }).to_string();
    let decided = desk
        .write(move |conn, act| {
            let before = reviews::get(conn, id)?;
            let after = deed(conn, id, read, &text, act.now)?;
            // The words stand with the review: the log says what was decided.
            let told = |one: &Review| json!({ "state": one.state, "reason": one.reason, "answer": one.answer });
            act.log(conn, action, &subject(id), &told(&before), &told(&after))
        })
        .await;
    match decided {
        Ok(()) => Ok(desk.done(&address(id), done)),
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(SAID).typed(posted.pairs()).refuse(SAID, &wrong);
            render(&desk, id, StatusCode::UNPROCESSABLE_ENTITY, Some(form)).await
        }
        Err(error) => desk.explained(&address(id), error),
    }
}

pub async fn publish(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let deed = |conn: &mut Conn, id: ReviewId, seen: Time, _: &str, now: Time| reviews::publish(conn, id, seen, now);
    decide(desk, ReviewId(*id), posted, "review.publish", "review-published", deed).await
}

pub async fn decline(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    decide(desk, ReviewId(*id), posted, "review.decline", "review-declined", reviews::decline).await
}

pub async fn answer(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let deed = |conn: &mut Conn, id: ReviewId, seen: Time, text: &str, _: Time| reviews::answer(conn, id, seen, text);
    decide(desk, ReviewId(*id), posted, "review.answer", "review-answered", deed).await
}
