//! What a customer is offered, told in a mail about their order: only to who allowed news by mail and has an account to use it with.

use super::Mailer;
use crate::offers;
use crate::orders::Order;
use crate::price_lists::{self, Trade};
use crate::promotions::Personal;
use crate::web::shelves::{self, Showing};
use crate::web::views::mail::MailOffer;
use crate::{logins, stores};
use crm::consents::{self, Consent};
use crm::tickets;
use kernel::clock::Time;
use kernel::web::i18n::Language;
use kernel::{Conn, Result};

/// Decides what is to be decided for the order's customer, and tells what they may use, at the prices that pages show them.
pub(super) fn of(conn: &mut Conn, order: &Order, language: Language, mailer: &Mailer, now: Time) -> Result<Vec<MailOffer>> {
    let customer = order.customer_id;
    if consents::current(conn, customer, "email", "news")? != Some(Consent::Given) || !logins::registered(conn, customer)? {
        return Ok(Vec::new());
    }
    // At the instant of sending: nobody who complains reads about offers.
    if tickets::suppressed(conn, customer)?.is_some() {
        return Ok(Vec::new());
    }
    offers::settle(conn, customer, now)?;
    let mut audience = Personal::load(conn, now)?.of(conn, customer, "", now)?.audience;
    // Whoever ordered for a company reads its prices.
    let Trade { company, group, .. } = price_lists::of_order(conn, order.id)?;
    (audience.company, audience.group) = (company, group);
    let shop = stores::shop(conn, order.store_id)?;
    let site = mailer.site(conn, order.store_id)?;
    let mut told = Vec::new();
    for offer in offers::open(conn, customer, language.code(), now)? {
        let card = match offer.product {
            None => None,
            Some(product) => {
                let showing = Showing { language, shop: &shop, audience: &audience, now };
                match shelves::cards(conn, &[product], &showing)?.pop() {
                    Some(card) if !card.sold_out => Some(card),
                    _ => continue,
                }
            }
        };
        let url = site.url(language, card.as_ref().map_or("/account/offers", |card| card.to.as_str()));
        let (title, price) = card.map_or((None, None), |card| (Some(card.title), card.price));
        told.push(MailOffer { name: offer.name, why: offer.why, until: offer.until, title, price, url });
    }
    Ok(told)
}
