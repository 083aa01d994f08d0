//! What is left on a gift card: for whoever has its code. The code travels in the body of the form and stands in no address.

use super::door::Door;
use super::frame;
use super::posted::Posted;
use super::stored::card_name;
use super::views::form::{self, Form};
use super::views::gift_cards::{BalanceView, GiftCardsView};
use super::views::page::Page;
use super::visit::Visit;
use super::words::Words;
use crate::gift_cards::{self, GiftCard};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::money::Money;

const PAGE: &str = "/gift-cards";

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource(PAGE).get(show).post(look));
}

async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    render(&door, &visit, StatusCode::OK, Form::new(form::GIFT_CARD), None).await
}

async fn look(door: web::Data<Door>, visit: Visit, posted: Posted) -> Result<HttpResponse> {
    // Nobody finds a code by trying: counted together with the codes that are tried at the checkout.
    door.limits.checkout.check(&format!("code:{}", visit.client))?;
    let code = posted.get("gift_card").to_string();
    let (now, words) = (door.now(), Words::of(&door.templates, visit.language)?);
    let found = door.read(move |conn, _| gift_cards::find_by_code(conn, &code)).await?;
    match found {
        // What is typed is not shown again: the page may stay open.
        Some(card) => render(&door, &visit, StatusCode::OK, Form::new(form::GIFT_CARD), Some(balance(&card, now, &words)?)).await,
        // A code that nobody could have and one that nobody has are answered alike.
        None => {
            let wrong = if posted.get("gift_card").trim().is_empty() { "gift-card-missing" } else { "gift-card-unknown" };
            let mut fields = Fields::default();
            fields.add("gift_card", wrong);
            let refused = Form::new(form::GIFT_CARD).typed(posted.pairs()).refuse(form::GIFT_CARD, &fields);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, refused, None).await
        }
    }
}

fn balance(card: &GiftCard, now: Time, words: &Words) -> Result<BalanceView> {
    let currency = card.currency()?;
    let withdrawn = card.withdrawn_at.map(|_| "gift-card-withdrawn");
    // An empty card says so by its balance.
    let refusal = withdrawn.or(card.refusal(currency, now)).filter(|_| card.balance > 0 || withdrawn.is_some());
    Ok(BalanceView {
        name: card_name(&card.last_four, words)?,
        balance: Money::new(card.balance, currency),
        expires_at: card.expires_at,
        refusal: refusal.map(str::to_string),
    })
}

async fn render(door: &Door, visit: &Visit, status: StatusCode, form: Form, card: Option<BalanceView>) -> Result<HttpResponse> {
    let seen = visit.clone();
    let mut page = door.read(move |conn, now| frame::load(conn, &seen, now)).await?;
    page.title = door.templates.text(visit.language, "gift-cards-title")?;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, PAGE, visit.language);
    door.render_as(status, visit, "storefront/gift_cards.html", &Page { page, view: GiftCardsView { form, card } })
}
