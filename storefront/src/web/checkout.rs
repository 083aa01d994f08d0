//! The checkout, step by step. Every step is a page of its own that works without script; a step that is reached too early leads
//! back to the first one that is missing.

mod approval;
mod contact;
pub mod contact_form;
pub mod methods;
mod payment;
mod place;
mod review;
mod shipping;
mod stored;

pub(crate) use contact::fill_address;
pub(crate) use contact_form::address as read_address;
pub(crate) use methods::method_name;

use super::door::Door;
use super::orders::order_path;
use super::views::checkout::{Done, Summary};
use super::views::page::PageView;
use super::visit::Visit;
use super::words::Words;
use super::{basket, cart, frame, shown};
use crate::carts::{self, Notice, Quote};
use crate::company_accounts::{self, ACCOUNT, Account};
use crate::shop::Shop;
use actix_web::{HttpResponse, web};
use crm::customers::{self, Customer};
use kernel::{Conn, Result};

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/checkout", web::get().to(contact::show))
        .route("/checkout", web::post().to(contact::save))
        .route("/checkout/shipping", web::get().to(shipping::show))
        .route("/checkout/shipping", web::post().to(shipping::save))
        .route("/checkout/payment", web::get().to(payment::show))
        .route("/checkout/payment", web::post().to(payment::save))
        .route("/checkout/payment/gift-card", web::post().to(stored::add))
        .route("/checkout/payment/gift-card/remove", web::post().to(stored::remove))
        .route("/checkout/payment/store-credit", web::post().to(stored::credit))
        // Whoever reloads the address of a refused code.
        .route("/checkout/payment/gift-card", web::get().to(payment::show))
        .route("/checkout/review", web::get().to(review::show))
        .route("/checkout/place", web::post().to(place::place))
        .route("/checkout/approval", web::post().to(approval::ask))
        .route("/checkout/approval", web::get().to(review::show))
        // Whoever reloads or bookmarks the address of the last form.
        .route("/checkout/place", web::get().to(review::show));
}

/// The steps in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Cart,
    Contact,
    Shipping,
    Payment,
    Review,
}

impl Step {
    fn path(self) -> &'static str {
        match self {
            Step::Cart => "/cart",
            Step::Contact => "/checkout",
            Step::Shipping => "/checkout/shipping",
            Step::Payment => "/checkout/payment",
            Step::Review => "/checkout/review",
        }
    }
}

/// What every step is made from.
pub(super) struct Stage {
    pub page: PageView,
    pub quote: Quote,
    pub shop: Shop,
    pub customer: Option<Customer>,
    /// The account on which it can be bought.
    pub account: Option<Account>,
    pub words: Words,
    pub summary: Summary,
}

/// A step may be shown, or the shopper is sent elsewhere.
pub(super) enum Entry<T> {
    Here(T),
    Go(String),
}

impl Stage {
    /// The first step that is not done.
    fn missing(&self, door: &Door) -> Step {
        let quote = &self.quote;
        let trouble = quote.notices.iter().any(|notice| {
            matches!(
                notice,
                Notice::Short { .. }
                    | Notice::Quantity { .. }
                    | Notice::Gone { .. }
                    | Notice::BuyingEnded
                    | Notice::QuoteEnded
                    | Notice::PricesHidden
            )
        });
        if quote.lines.is_empty() || trouble {
            return Step::Cart;
        }
        let undeliverable = quote.notices.contains(&Notice::NoDelivery);
        if quote.cart.email.is_empty() || quote.cart.shipping_address.is_none() || undeliverable {
            return Step::Contact;
        }
        if quote.requires_shipping && quote.rate.as_ref().map(|rate| rate.id) != quote.cart.shipping_rate_id {
            return Step::Shipping;
        }
        let offered = self.offered(door);
        let beyond = quote.cart.payment_method == ACCOUNT && self.beyond();
        if beyond || !offered.contains(&quote.cart.payment_method.as_str()) { Step::Payment } else { Step::Review }
    }

    /// The ways to pay.
    fn offered(&self, door: &Door) -> Vec<&'static str> {
        methods::offered(&self.shop, &door.gateways, (self.quote.priced.total, self.quote.due()), self.account.is_some())
    }

    /// Whether it comes to more than can still be bought on account.
    fn beyond(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.left() < self.quote.due())
    }

    /// What the steps before `step` settled, each with the way back to it.
    fn done(&self, step: Step) -> Result<Vec<Done>> {
        let cart = &self.quote.cart;
        let row =
            |label: &str, lines: Vec<String>, change: Step| Done { label: label.to_string(), lines, change: change.path().to_string() };
        let mut done = vec![row("checkout-contact", vec![cart.email.clone()], Step::Contact)];
        // Goods that are picked up go to no address: the one that was typed is for the bill.
        let pickup = self.quote.pickup.as_ref().filter(|_| step > Step::Shipping);
        let separate = cart.billing_address.is_some();
        if let Some(address) = cart.shipping_address()?.filter(|_| pickup.is_none()) {
            let lines =
                if separate { shown::address_lines(&address, self.words.language) } else { shown::billing_lines(&address, &self.words) };
            done.push(row("checkout-ship-to", lines, Step::Contact));
        }
        if let Some(pickup) = pickup {
            let mut lines = shown::address_lines(&pickup.address, self.words.language);
            lines.extend(pickup.hours.lines().map(str::to_string));
            done.push(row("pickup-at", lines, Step::Shipping));
        }
        if (pickup.is_some() || (step == Step::Review && separate))
            && let Some(address) = cart.billing_address()?
        {
            done.push(row("checkout-bill-to", shown::billing_lines(&address, &self.words), Step::Contact));
        }
        if step > Step::Shipping
            && self.quote.requires_shipping
            && let Some(rate) = &self.quote.rate
        {
            done.push(row("checkout-step-shipping", vec![rate.name.clone()], Step::Shipping));
        }
        if step > Step::Payment {
            done.push(row("checkout-step-payment", vec![method_name(&cart.payment_method, &self.words)], Step::Payment));
            if !cart.note.is_empty() {
                done.push(row("checkout-note", vec![cart.note.clone()], Step::Contact));
            }
        }
        Ok(done)
    }
}

/// Opens a step: its stage, or where to go instead because there is nothing to buy or an earlier step is missing.
async fn enter(door: &Door, visit: &Visit, step: Step) -> Result<Entry<Stage>> {
    cart::speak_language(door, visit).await?;
    let words = Words::of(&door.templates, visit.language)?;
    let seen = visit.clone();
    let placed_key = door.signer.clone();
    let entry = door
        .read(move |conn, now| {
            let customer = seen.customer(conn, now)?;
            let Some(cart) = basket::find(conn, &seen, customer)? else {
                let placed = basket::placed(conn, &seen)?;
                return Ok(Entry::Go(placed.map_or("/cart".to_string(), |number| order_path(&placed_key, &number))));
            };
            if cart.punchout_id.is_some() {
                return Ok(Entry::Go("/punchout".to_string()));
            }
            let quote = carts::quote(conn, cart.id, now)?;
            // Who signed out has the cart and not the account.
            let own = customer.is_some() && customer == quote.cart.customer_id;
            let account = if own { company_accounts::offer(conn, &quote.cart)? } else { None };
            let customer = customer.map(|id| customers::get(conn, id)).transpose()?;
            let page = frame::load(conn, &seen, now)?;
            Ok(Entry::Here(Stage {
                page,
                shop: quote.shop.clone(),
                customer,
                account,
                summary: summary(conn, &quote, step, &words)?,
                quote,
                words,
            }))
        })
        .await?;
    let Entry::Here(mut stage) = entry else { return Ok(entry) };
    let missing = stage.missing(door);
    if missing < step {
        return Ok(Entry::Go(missing.path().to_string()));
    }
    stage.page.title = stage.words.get("checkout-title");
    stage.page.noindex = true;
    stage.page.alternates = frame::alternates(&visit.site, step.path(), visit.language);
    Ok(Entry::Here(stage))
}

fn summary(conn: &mut Conn, quote: &Quote, step: Step, words: &Words) -> Result<Summary> {
    let estimated = step <= Step::Shipping;
    Ok(Summary { lines: shown::cart_lines(conn, quote, words)?, totals: shown::cart_totals(quote, estimated, words)? })
}

/// [`enter`] for a handler that sends the browser on itself.
macro_rules! stage {
    ($door:expr, $visit:expr, $step:expr) => {
        match super::enter($door, $visit, $step).await? {
            super::Entry::Here(stage) => stage,
            super::Entry::Go(to) => return Ok($door.go($visit, &to)),
        }
    };
}
use stage;

/// Ends a step that was drawn: what it told of changed prices is remembered as told.
async fn drawn(door: &Door, quote: Quote, answer: Result<HttpResponse>) -> Result<HttpResponse> {
    let answer = answer?;
    cart::mark_seen(door, Some(quote)).await?;
    Ok(answer)
}
