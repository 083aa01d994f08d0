//! Reviews: all of a product, and the pages on which a buyer writes one.

use super::door::Door;
use super::frame;
use super::letters;
use super::page_cache::{self, Rendered};
use super::posted::Posted;
use super::slots::Everyone;
use super::views::form::{self, Form};
use super::views::page::{Page, PageView, Tone};
use super::views::reviews::{ProductReviewsView, ReviewFormView, ReviewLine, ReviewOrderView, ReviewRow, ReviewsView};
use super::visit::Visit;
use super::words::Words;
use super::{orders as order_pages, shown};
use crate::ids::{OrderLineId, ProductId, ReviewId};
use crate::orders::{self, Order};
use crate::reviews::{self, Review, State, Written};
use crate::{catalog, stores};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::consents::{self, Consent, Statement};
use kernel::clock::Time;
use kernel::token::Signer;
use kernel::{Conn, Error, Result};
use serde::Serialize;

/// What signatures of links to the reviews of an order are for.
const LINK: &str = "reviews";
/// Reviews on the page of a product, and on a page of all of them.
const FEW: i64 = 5;
const MANY: i64 = 20;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/products/{slug}/reviews", web::get().to(all))
        .route("/orders/{number}/reviews", web::get().to(of_order))
        .route("/orders/{number}/reviews/stop", web::get().to(of_order))
        .route("/orders/{number}/reviews/stop", web::post().to(stop))
        .route("/orders/{number}/reviews/{line}", web::get().to(show))
        .route("/orders/{number}/reviews/{line}", web::post().to(write));
}

/// The signed link to what can be written about an order, without language and host.
pub fn order_path(signer: &Signer, number: &str) -> String {
    keyed(&format!("/orders/{number}/reviews"), &signer.sign(LINK, number))
}

/// The signed link that takes back what allowed the shop to ask: a page with a button, and one click of a mail program.
pub fn stop_path(signer: &Signer, number: &str) -> String {
    keyed(&format!("/orders/{number}/reviews/stop"), &signer.sign(LINK, number))
}

/// The signed link to the review of a line, without language and host.
pub fn line_path(signer: &Signer, number: &str, line: OrderLineId) -> String {
    keyed(&format!("/orders/{number}/reviews/{line}"), &signer.sign(LINK, number))
}

fn keyed(path: &str, key: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("key", key).finish();
    if key.is_empty() { path.to_string() } else { format!("{path}?{query}") }
}

/// What a query says of a field.
fn asked(query: &str, name: &str) -> String {
    let found = form_urlencoded::parse(query.as_bytes()).find(|(field, _)| field == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The order, for who has a link to its reviews or may see all of it. `NotFound` for everybody else, and of somebody who was erased.
fn allowed(conn: &mut Conn, visit: &Visit, signer: &Signer, number: &str, key: &str, now: Time) -> Result<Order> {
    let order = if signer.verify(LINK, number, key) {
        orders::get_by_number(conn, number)?
    } else {
        order_pages::allowed(conn, visit, signer, number, key, now)?
    };
    if crm::customers::erased(conn, order.customer_id)? { Err(Error::NotFound) } else { Ok(order) }
}

/// The reviews of a product as pages show them: from before `before` on, with where there are more.
fn view(conn: &mut Conn, product: ProductId, slug: &str, before: Option<ReviewId>, most: i64) -> Result<ReviewsView> {
    let total = reviews::total(conn, product)?;
    if total.reviews == 0 {
        return Ok(ReviewsView::default());
    }
    let mut found = reviews::shown(conn, product, before, most + 1)?;
    let further = i64::try_from(found.len()).is_ok_and(|rows| rows > most);
    found.truncate(usize::try_from(most).unwrap_or(0));
    let last = found.last().filter(|_| further).map(|review| review.id);
    let row = |review: Review| ReviewRow {
        stars: review.stars,
        title: review.title,
        body: review.body,
        name: review.name,
        language: review.language,
        at: review.written_at,
        answer: review.answer,
    };
    Ok(ReviewsView {
        average: total.average(),
        count: total.reviews,
        rows: found.into_iter().map(row).collect(),
        more: last.map(|last| format!("/products/{slug}/reviews?before={last}")),
    })
}

/// What the page of a product shows.
pub(super) fn of_product(conn: &mut Conn, product: ProductId, slug: &str) -> Result<ReviewsView> {
    view(conn, product, slug, None, FEW)
}

/// All reviews of a product, page by page.
async fn all(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    let slug = slug.into_inner();
    page_cache::serve(&door, &visit, |everyone| {
        let door = door.clone();
        async move { render_all(&door, everyone, slug).await }
    })
    .await
}

async fn render_all(door: &Door, everyone: Everyone, slug: String) -> Result<Rendered> {
    let (seen, words) = (everyone.clone(), Words::of(&door.templates, everyone.language)?);
    let page = door
        .read(move |conn, _| {
            let shop = stores::shop_for(conn, seen.site.id, &seen.audience.trade())?;
            let found = catalog::page(conn, &shop, &slug, seen.language.code())?;
            let before = asked(&seen.query, "before").parse().ok();
            let reviews = view(conn, found.id, &found.slug, before, MANY)?;
            let mut page = frame::shared(conn, &seen)?;
            let here = format!("/products/{}/reviews", found.slug);
            let address = if seen.query.is_empty() { here } else { format!("{here}?{}", seen.query) };
            page.alternates = frame::alternates(&seen.site, &address, seen.language);
            page.title = words.with("reviews-of", &[("title", &found.title)])?;
            // The page of the product is the one to be found.
            page.noindex = true;
            let back = format!("/products/{}", found.slug);
            Ok(Page { page, view: ProductReviewsView { product: found.title, back, reviews } })
        })
        .await?;
    let html = door.templates.render("storefront/reviews.html", everyone.spoken(), &page)?;
    Ok(Rendered { html, what: None })
}

/// Draws a page behind a link of a mail. No search engine keeps it.
fn draw<V: Serialize>(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    template: &str,
    title: &str,
    mut page: PageView,
    view: V,
) -> Result<HttpResponse> {
    page.title = Words::of(&door.templates, visit.language)?.get(title);
    page.noindex = true;
    let key = asked(&visit.query, "key");
    page.alternates = frame::alternates(&visit.site, &keyed(&visit.path, &key), visit.language);
    door.render_as(status, visit, &format!("storefront/{template}.html"), &Page { page, view })
}

/// Everything of an order that can be written about.
async fn of_order(door: web::Data<Door>, visit: Visit, number: web::Path<String>) -> Result<HttpResponse> {
    let (number, key) = (number.into_inner(), asked(&visit.query, "key"));
    let (seen, signer) = (visit.clone(), door.signer.clone());
    let (page, view) = door
        .read(move |conn, now| {
            let order = allowed(conn, &seen, &signer, &number, &key, now)?;
            let lines = reviews::lines(conn, &order)?;
            let row = |(line, review): (orders::OrderLine, Option<Review>)| ReviewLine {
                title: line.title,
                variant: shown::some(&line.options),
                to: keyed(&format!("/orders/{number}/reviews/{}", line.id), &key),
                state: review.map(|review| review.state.as_str().to_string()),
            };
            let rows = lines.into_iter().map(row).collect();
            let stop = format!("/orders/{number}/reviews/stop");
            let view = ReviewOrderView { number: order.number, rows, stop, key };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    draw(&door, &visit, StatusCode::OK, "review_order", "reviews-order-title", page, view)
}

/// Takes back what allowed the shop to ask: by the button of the page, or by a mail program (RFC 8058), which has no cookie and reads no answer.
/// Whoever has the link of the mail speaks for its reader, as with mails of campaigns; anybody else proves their form.
async fn stop(door: web::Data<Door>, visit: Visit, number: web::Path<String>, body: web::Bytes) -> Result<HttpResponse> {
    let (number, form, one_click) = (number.into_inner(), letters::unproven(&body), letters::is_one_click(&body));
    let key = if one_click { asked(&visit.query, "key") } else { form.get("key").to_string() };
    if !door.signer.verify(LINK, &number, &key) {
        door.limits.checkout.check(&format!("review:{}", visit.client))?;
        if !visit.proves(&door.signer, form.get("csrf")) {
            return Err(Error::conflict("form-expired"));
        }
    }
    let back = keyed(&format!("/orders/{number}/reviews"), &key);
    let (seen, signer) = (visit.clone(), door.signer.clone());
    door.write(move |conn, now| {
        let order = allowed(conn, &seen, &signer, &number, &key, now)?;
        let topic = reviews::policy(conn)?.topic;
        let how = if one_click { "one-click unsubscribe (RFC 8058) from reviews" } else { "stopped on the page of reviews" };
        let proof = format!("{how} of order {}", order.number);
        let no = Statement { channel: "email", topic: &topic, legal_basis: "consent", state: Consent::Withdrawn, proof: &proof };
        consents::record(conn, order.customer_id, &no, now)
    })
    .await?;
    if one_click {
        return Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("unsubscribed\n"));
    }
    visit.say(&door.signer, Tone::Success, "reviews-stopped");
    Ok(door.go(&visit, &back))
}

async fn show(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>) -> Result<HttpResponse> {
    let (number, line) = path.into_inner();
    let key = asked(&visit.query, "key");
    render(&door, &visit, StatusCode::OK, (number, OrderLineId(line), key), None).await
}

async fn render(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    (number, line, key): (String, OrderLineId, String),
    refused: Option<Form>,
) -> Result<HttpResponse> {
    let chosen: Option<i64> = asked(&visit.query, "stars").parse().ok().filter(|stars| (1..=5).contains(stars));
    let (seen, signer) = (visit.clone(), door.signer.clone());
    let (page, view) = door
        .read(move |conn, now| {
            let order = allowed(conn, &seen, &signer, &number, &key, now)?;
            let (line, _) = reviews::line(conn, &order, line)?;
            let before = reviews::of_line(conn, line.id)?;
            let stored = || {
                let form = Form::new(form::REVIEW);
                match &before {
                    Some(one) => form.fill("title", one.title.as_str()).fill("body", one.body.as_str()).fill("name", one.name.as_str()),
                    None => form,
                }
            };
            let form = refused.unwrap_or_else(stored);
            let typed: Option<i64> = form.value("stars").parse().ok();
            let view = ReviewFormView {
                to: format!("/orders/{number}/reviews/{}", line.id),
                back: keyed(&format!("/orders/{number}/reviews"), &key),
                number: order.number,
                product: line.title,
                variant: shown::some(&line.options),
                key,
                stars: typed.or(chosen).or(before.as_ref().map(|one| one.stars)),
                form,
                state: before.as_ref().map(|one| one.state.as_str().to_string()),
                reason: before.as_ref().map(|one| one.reason.clone()).unwrap_or_default(),
                open: before.as_ref().is_none_or(|one| one.state == State::Waiting),
            };
            Ok((frame::load(conn, &seen, now)?, view))
        })
        .await?;
    draw(door, visit, status, "review", "review-title", page, view)
}

/// Keeps a review, for staff to read.
async fn write(door: web::Data<Door>, visit: Visit, path: web::Path<(String, i64)>, posted: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&format!("review:{}", visit.client))?;
    let (number, line) = path.into_inner();
    let (line, key) = (OrderLineId(line), posted.get("key").to_string());
    let back = keyed(&format!("/orders/{number}/reviews"), &key);
    let written = Written {
        stars: posted.get("stars").trim().parse().unwrap_or(0),
        title: posted.get("title").to_string(),
        body: posted.get("body").to_string(),
        name: posted.get("name").to_string(),
        language: visit.language.code().to_string(),
    };
    let (seen, signer, of) = (visit.clone(), door.signer.clone(), (number.clone(), key.clone()));
    let kept = door.write(move |conn, now| {
        let order = allowed(conn, &seen, &signer, &of.0, &of.1, now)?;
        reviews::write(conn, &order, line, &written, now)
    });
    match kept.await {
        Ok(()) => visit.say(&door.signer, Tone::Success, "review-kept"),
        Err(Error::Invalid(wrong)) => {
            let form = Form::new(form::REVIEW).typed(posted.pairs()).refuse(form::REVIEW, &wrong);
            return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, (number, line, key), Some(form)).await;
        }
        Err(Error::Conflict(text)) => visit.say(&door.signer, Tone::Error, &text),
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &back))
}
