//! An offer as pages show it, and the page behind the link in a mail: whoever has it may read; to answer takes signing in.

use super::checkout::methods;
use super::door::Door;
use super::frame;
use super::orders::{order_path, pdf};
use super::shown;
use super::views::form::{self, Form};
use super::views::page::Page;
use super::views::quotes::{OfferedView, QuoteLineView, QuoteMessageView, QuoteView};
use super::views::shared::Choice;
use super::visit::Visit;
use super::words::Words;
use crate::documents::print::{self, QuoteSheet};
use crate::gateway::Gateways;
use crate::price_lists::Trade;
use crate::quotes::{self, Place, Quote, Sender, State};
use crate::{orders, shop, stores};
use actix_web::{HttpResponse, web};
use crm::companies;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::token::Signer;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde::Deserialize;

/// What the signature of a link says.
const LINK: &str = "quote";

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/quotes/{quote}", web::get().to(show)).route("/quotes/{quote}/quote.pdf", web::get().to(paper));
}

/// The signed link to an offer, without language and host.
pub fn quote_path(signer: &Signer, number: &str) -> String {
    format!("/quotes/{number}?key={}", signer.sign(LINK, number))
}

/// Who reads.
#[derive(Clone, Copy)]
pub(super) enum Eyes<'a> {
    /// The customer, who may answer. `place` is where they look at the sums for.
    Theirs { place: &'a str, gateways: &'a Gateways },
    /// Whoever has the link.
    Link,
}

/// A quote as its page shows it.
pub(super) fn view(conn: &mut Conn, quote: &Quote, eyes: Eyes, signer: &Signer, words: &Words, now: Time) -> Result<QuoteView> {
    let currency = quote.currency()?;
    let money = |minor: i64| Money::new(minor, currency);
    let version = quotes::shown(conn, quote)?;
    let lines = match &version {
        Some(version) => quotes::lines_of(conn, version.id)?,
        None => Vec::new(),
    };
    let company = quote.company_id.map(|id| companies::get(conn, id)).transpose()?.map(|company| company.name);
    let clock = shop::get(conn)?;
    // What was asked for and not offered yet stands at the shop's prices.
    let is_offer = version.as_ref().is_some_and(|version| version.last_day().is_some());
    let reader = Trade { company: quote.company_id, signed_in: true, ..Trade::default() };
    let told = is_offer || stores::prices_for(conn, quote.store_id)?.includes(&reader);
    let theirs = matches!(eyes, Eyes::Theirs { .. });
    let number = quote.number();
    let order = match quote.order_id.filter(|_| theirs) {
        Some(order) => {
            let order = orders::get(conn, order)?;
            Some((order.number.clone(), order_path(signer, &order.number)))
        }
        None => None,
    };
    let pdf = version.as_ref().filter(|version| version.last_day().is_some()).map(|_| match eyes {
        Eyes::Theirs { .. } => format!("/account/quotes/{number}/quote.pdf"),
        Eyes::Link => format!("/quotes/{number}/quote.pdf?key={}", signer.sign(LINK, &number)),
    });
    let offer = match eyes {
        Eyes::Theirs { place, gateways } => offered(conn, quote, (place, gateways), words, now)?,
        Eyes::Link => None,
    };
    Ok(QuoteView {
        state: quote.state.as_str(),
        at: quote.created_at,
        until: quote.expires_at.map(|at| clock.local(at)),
        company,
        note: version.as_ref().map(|version| version.note.lines().map(str::to_string).collect()).unwrap_or_default(),
        goods: version.as_ref().filter(|_| told).map(|_| money(lines.iter().map(quotes::Line::total).sum())),
        shipping: version.as_ref().and_then(|version| version.shipping).map(money),
        offered: is_offer,
        lines: lines
            .iter()
            .map(|line| QuoteLineView {
                title: line.title.clone(),
                sku: line.sku.clone(),
                quantity: line.measure().text(line.quantity),
                per: line.unit.per_key(),
                unit_price: told.then(|| money(line.unit_price)),
                total: told.then(|| money(line.total())),
            })
            .collect(),
        version: quote.version,
        pdf,
        order,
        reason: shown::some(&quote.reason).filter(|_| quote.state == State::Declined),
        messages: if theirs { messages(conn, quote)? } else { Vec::new() },
        open: theirs && matches!(quote.state, State::Asked | State::Offered),
        offer,
        form: Form::new(form::QUOTE),
        number,
    })
}

fn messages(conn: &mut Conn, quote: &Quote) -> Result<Vec<QuoteMessageView>> {
    let said = quotes::messages_of(conn, quote.id)?;
    let files = quotes::files_of(conn, &said)?;
    let number = quote.number();
    let view = |message: &quotes::Message| QuoteMessageView {
        mine: message.sender == Sender::Customer,
        text: message.text.lines().map(str::to_string).collect(),
        at: message.at,
        files: files
            .iter()
            .filter(|file| file.message_id == message.id)
            .map(|file| (file.name.clone(), format!("/account/quotes/{number}/files/{}", file.id)))
            .collect(),
    };
    Ok(said.iter().map(view).collect())
}

/// How an offer that stands can be accepted.
fn offered(conn: &mut Conn, quote: &Quote, (wanted, gateways): (&str, &Gateways), words: &Words, now: Time) -> Result<Option<OfferedView>> {
    let Some(version) = quote.stands(now) else { return Ok(None) };
    let places = quotes::places(conn, quote)?;
    let chosen = places.iter().find(|place| place.key == wanted).or(places.first());
    let mut view = OfferedView {
        version: version.0,
        places: places.iter().map(|place| choice(place, chosen, words)).collect(),
        place: chosen.map(|place| place.key.clone()).unwrap_or_default(),
        totals: None,
        total: 0,
        hindered: None,
        methods: Vec::new(),
        company: quote.member_id.is_some(),
    };
    if let Some(place) = chosen {
        let figures = quotes::figures(conn, quote, version, place, now)?;
        view.totals = Some(shown::offer_totals(&figures, words)?);
        view.total = figures.reckoning.priced.total;
        view.hindered = figures.hindered;
        let names = quotes::methods(conn, quote, gateways)?;
        let first = names.first().copied().unwrap_or_default();
        view.methods = methods::views(&names, first, words);
    }
    Ok(Some(view))
}

fn choice(place: &Place, chosen: Option<&Place>, words: &Words) -> Choice {
    let lines = shown::address_lines(&place.address, words.language).join(", ");
    Choice {
        selected: chosen.is_some_and(|chosen| chosen.key == place.key),
        label: if place.name.is_empty() { lines } else { format!("{}: {lines}", place.name) },
        value: place.key.clone(),
    }
}

/// What the paper of an offer says. `NotFound` before anything was offered.
pub fn sheet(conn: &mut Conn, quote: &Quote) -> Result<QuoteSheet> {
    let version = quotes::version(conn, quote.offered_id.ok_or(Error::NotFound)?)?;
    let shop = stores::shop(conn, quote.store_id)?;
    let buyer = match quote.company_id {
        Some(company) => companies::get(conn, company)?.name,
        None => crm::customers::get(conn, quote.customer_id)?.name,
    };
    let local = |at: Time| shop.local(at).date();
    Ok(QuoteSheet {
        shop_name: shop.name.clone(),
        seller: shop.imprint.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_string).collect(),
        number: quote.number(),
        language: quote.language.clone(),
        buyer,
        made_on: local(version.created_at),
        until: version.last_day(),
        currency: quote.currency()?,
        note: version.note.clone(),
        shipping: version.shipping,
        prices_include_tax: shop.prices_include_tax,
        lines: quotes::lines_of(conn, version.id)?,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Key {
    key: String,
}

/// The quote of a link. `NotFound` for a key that does not fit.
fn linked(conn: &mut Conn, signer: &Signer, number: &str, key: &str) -> Result<Quote> {
    if !signer.verify(LINK, number, key) {
        return Err(Error::NotFound);
    }
    quotes::get(conn, quotes::numbered(number).ok_or(Error::NotFound)?)
}

/// Whoever may answer is led to where they can.
async fn show(door: web::Data<Door>, visit: Visit, number: web::Path<String>, query: web::Query<Key>) -> Result<HttpResponse> {
    let words = Words::of(&door.templates, visit.language)?;
    let (seen, signer, key, number) = (visit.clone(), door.signer.clone(), query.into_inner().key, number.into_inner());
    let (path, title) = (format!("/quotes/{number}"), words.with("quote-number", &[("number", &number)])?);
    let found = door
        .read(move |conn, now| {
            let quote = linked(conn, &signer, &number, &key)?;
            if seen.customer(conn, now)? == Some(quote.customer_id) {
                return Ok(Err(quote.number()));
            }
            let view = view(conn, &quote, Eyes::Link, &signer, &words, now)?;
            Ok(Ok((frame::load(conn, &seen, now)?, view)))
        })
        .await?;
    let (mut page, view) = match found {
        Ok(found) => found,
        Err(number) => return Ok(door.go(&visit, &format!("/account/quotes/{number}"))),
    };
    page.title = title;
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &format!("{path}?{}", visit.query), visit.language);
    door.render(&visit, "storefront/quote.html", &Page { page, view })
}

async fn paper(door: web::Data<Door>, number: web::Path<String>, query: web::Query<Key>) -> Result<HttpResponse> {
    let (signer, key, number) = (door.signer.clone(), query.into_inner().key, number.into_inner());
    let sheet = door
        .read(move |conn, _| {
            let quote = linked(conn, &signer, &number, &key)?;
            sheet(conn, &quote)
        })
        .await?;
    let words = Words::of(&door.templates, Language::parse(&sheet.language).unwrap_or_default())?;
    Ok(pdf(&sheet.number, print::quote(&sheet, &words)?))
}
