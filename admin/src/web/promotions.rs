//! Promotions: their list, their pages, and what is done to one with a button.

use super::choice;
use super::desk::{Desk, ROWS, refusal};
use super::offer_form;
use super::offers;
use super::promotion_form as form;
use super::promotion_words::{self, Spelled};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::segments;
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::ids::PromotionId;
use storefront::promotions::{self, Promotion, State, codes};
use storefront::shop::{self, Shop};
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::web::words::Words;

/// The address of a promotion's page.
pub fn address(id: PromotionId) -> String {
    format!("/admin/promotions/{id}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    let before = desk.after();
    let words = Words::of(&desk.door.templates, desk.visit.language)?;
    let now = desk.door.now();
    let (rows, last) = desk
        .read(move |conn| {
            let shop = shop::get(conn)?;
            let found = promotions::list(conn, before, ROWS)?;
            let ids: Vec<PromotionId> = found.iter().map(|one| one.id).collect();
            let shared = promotions::shared_codes(conn, &ids)?;
            let offered = storefront::offers::among(conn, &ids)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let code = shared.iter().find(|(id, _)| *id == one.id).map(|(_, code)| code);
                let spelled = Spelled::load(conn, one)?;
                rows.push(json!({ "id": one.id, "name": one.name, "code": code, "standing": standing(one, now), "uses": one.uses,
                    "max_uses": one.max_uses, "stacking": one.stacking, "exclusive": one.exclusive, "needs_code": one.needs_code, "offer": offered.contains(&one.id),
                    "sentence": promotion_words::effect(one, &spelled, &words)?, "ends_at": one.ends_at.map(|at| shop.local(at).format("%Y-%m-%d %H:%M").to_string()) }));
            }
            Ok((rows, found.last().map(|one| one.id.0)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    desk.page("admin/promotions.html", "admin-promotions", json!({ "promotions": rows, "next": next }))
}

/// How a promotion stands now, as a word for a badge.
pub fn standing(promotion: &Promotion, now: kernel::clock::Time) -> &'static str {
    let used_up = promotion.max_uses.is_some_and(|limit| promotion.uses >= limit);
    match promotion.state {
        State::Paused => "paused",
        State::Active if promotion.ends_at.is_some_and(|to| now >= to) => "ended",
        State::Active if used_up => "used-up",
        State::Active if promotion.starts_at.is_some_and(|from| now < from) => "scheduled",
        State::Active => "active",
    }
}

pub async fn new(desk: Desk) -> Result<HttpResponse> {
    let offer = desk.visit.query.split('&').any(|pair| pair == "method=offer");
    let blank = if offer { form::blank().fill("method", offer_form::METHOD).fill("max_uses_per_customer", "1") } else { form::blank() };
    show(&desk, StatusCode::OK, None, blank).await
}

pub async fn edit(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let id = PromotionId(*id);
    let filled = desk
        .read(move |conn| {
            let promotion = promotions::get(conn, id)?;
            form::filled(conn, &promotion)
        })
        .await?;
    show(&desk, StatusCode::OK, Some(id), filled).await
}

/// The page of the form; beside the stored promotion what it does, in words.
async fn show(desk: &Desk, status: StatusCode, id: Option<PromotionId>, filled: Form) -> Result<HttpResponse> {
    let words = Words::of(&desk.door.templates, desk.visit.language)?;
    let now = desk.door.now();
    let (currency, of) = choice::currency(desk).await?;
    let mut view = desk
        .read(move |conn| {
            let shop = shop::get(conn)?;
            // A stored promotion keeps its currency.
            let currency = id.map_or(Ok(currency), |id| promotions::get(conn, id)?.currency())?;
            let slugs: Vec<String> =
                storefront::catalog::categories(conn, shop::OWN_LANGUAGE)?.0.into_iter().map(|category| category.slug).collect();
            let stored = id.map(|id| stored(conn, id, &shop, &words, now)).transpose()?;
            let segments: Vec<Value> =
                segments::list(conn)?.iter().map(|one| json!({ "value": one.id.to_string(), "label": one.name })).collect();
            Ok(json!({ "id": id, "currency": currency, "zone": shop.time_zone, "categories": slugs, "stored": stored, "segments": segments,
                "effects": form::EFFECTS, "methods": form::METHODS, "choices": offer_form::CHOICES, "measures": form::MEASURES, "days": [1, 2, 3, 4, 5, 6, 7] }))
        })
        .await?;
    view["form"] = json!(filled);
    view["of"] = json!(of);
    let title = if id.is_some() { "admin-promotion-edit" } else { "admin-promotion-new" };
    desk.page_as(status, "admin/promotion.html", title, view)
}

fn stored(conn: &mut Conn, id: PromotionId, shop: &Shop, words: &Words, now: kernel::clock::Time) -> Result<Value> {
    let promotion = promotions::get(conn, id)?;
    let (made, used) = codes::counts(conn, id)?;
    let spelled = Spelled::load(conn, &promotion)?;
    Ok(json!({ "name": promotion.name, "standing": standing(&promotion, now), "active": promotion.state == State::Active,
        "uses": promotion.uses, "max_uses": promotion.max_uses, "needs_code": promotion.needs_code, "made": made, "used": used,
        "offer": offers::of_promotion(conn, id)?, "sentence": promotion_words::whole(&promotion, &spelled, shop, words)? }))
}

pub async fn create(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    save(desk, None, posted).await
}

pub async fn update(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    save(desk, Some(PromotionId(*id)), posted).await
}

async fn save(desk: Desk, id: Option<PromotionId>, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.clone();
    let words = Words::of(&desk.door.templates, desk.visit.language)?;
    let (chosen, _) = choice::currency(&desk).await?;
    let stored = desk
        .write(move |conn, act| {
            let before = id.map(|id| promotions::get(conn, id)).transpose()?;
            let was = before.as_ref().map(|before| recorded(conn, before)).transpose()?;
            let shop = shop::get(conn)?;
            let currency = before.as_ref().map_or(Ok(chosen), Promotion::currency)?;
            let terms = form::read(conn, &typed, currency, &shop, &words)?;
            let id = match &before {
                Some(before) => promotions::update(conn, before.id, form::version(&typed), terms, act.now).map(|()| before.id)?,
                None => promotions::create(conn, terms, act.now)?,
            };
            let after = promotions::get(conn, id)?;
            let is = recorded(conn, &after)?;
            act.log(conn, "promotion.save", &format!("promotion:{id}"), &was, &is)?;
            Ok(id)
        })
        .await;
    match stored {
        Ok(id) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show(&desk, status, id, form::refused(&posted, &wrong)).await
        }
    }
}

/// A promotion as the audit log keeps it: with what makes it an offer.
fn recorded(conn: &mut Conn, promotion: &Promotion) -> Result<Value> {
    let mut value = serde_json::to_value(promotion)?;
    if let Some(offer) = storefront::offers::get(conn, promotion.id)? {
        value["offer"] = serde_json::to_value(offer.terms())?;
    }
    Ok(value)
}

pub async fn switch(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = PromotionId(*id);
    let state = State::parse(posted.get("state")).ok_or(Error::NotFound)?;
    desk.write(move |conn, act| {
        let before = promotions::get(conn, id)?;
        promotions::set_state(conn, id, state, act.now)?;
        let after = promotions::get(conn, id)?;
        act.log(conn, "promotion.switch", &format!("promotion:{id}"), &before, &after)
    })
    .await?;
    Ok(desk.done(&address(id), if state == State::Active { "admin-promotion-activated" } else { "admin-promotion-was-paused" }))
}

pub async fn duplicate(desk: Desk, id: web::Path<i64>, _: Posted) -> Result<HttpResponse> {
    let id = PromotionId(*id);
    let words = Words::of(&desk.door.templates, desk.visit.language)?;
    let copy = desk
        .write(move |conn, act| {
            let name = promotions::get(conn, id)?.name;
            let copy = promotions::duplicate(conn, id, &words.with("admin-promotion-copy-of", &[("name", &name)])?, act.now)?;
            let after = promotions::get(conn, copy)?;
            act.log(conn, "promotion.duplicate", &format!("promotion:{copy}"), &(), &after)?;
            Ok(copy)
        })
        .await?;
    Ok(desk.done(&address(copy), "admin-promotion-copied"))
}
