//! First step: who, and where to.

use super::contact_form::{self, Contact};
use super::{Stage, Step, drawn, stage};
use crate::address::Address;
use crate::address_book::{self, Entry as Saved};
use crate::buying::{self, Trade};
use crate::carts;
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::checkout::ContactView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::Page;
use crate::web::views::shared::Choice;
use crate::web::visit::Visit;
use crate::web::words::Words;
use crate::web::{basket, cart, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::companies::Site;
use crm::{CustomerId, SiteId};
use kernel::{Error, Result};

/// The value of `saved` for a typed address.
const OTHER: &str = "other";

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let stage = stage!(&door, &visit, Step::Contact);
    let book = book(&door, &stage).await?;
    let wish = visit.wish(&door.signer, &stage.quote.cart.email.to_lowercase());
    let (form, chosen) = filled(&stage, &book, wish)?;
    let cart = stage.quote.cart.id;
    let trade = match &stage.quote.buyer {
        Some(_) => door.read(move |conn, _| buying::trade(conn, cart)).await?,
        None => Trade::default(),
    };
    let (form, site) = traded(form, &stage, trade);
    let picked = Picked { saved: &chosen, site: &site };
    render(&door, &visit, StatusCode::OK, stage, form, &book, picked).await
}

async fn book(door: &Door, stage: &Stage) -> Result<Vec<Saved>> {
    match stage.customer.as_ref().map(|customer| customer.id) {
        Some(customer) => door.read(move |conn, _| address_book::of_customer(conn, customer)).await,
        None => Ok(Vec::new()),
    }
}

/// The form as it was left, or as the customer's account fills it; and which address of the book is chosen.
fn filled(stage: &Stage, book: &[Saved], wish: bool) -> Result<(Form, String)> {
    let cart = &stage.quote.cart;
    let shipping = cart.shipping_address()?;
    let mut form = Form::new(form::CHECKOUT).fill("note", &cart.note);
    let account = stage.customer.as_ref();
    let email = if cart.email.is_empty() { account.map_or("", |customer| customer.email.as_str()) } else { &cart.email };
    form = form.fill("email", email).fill("marketing", if wish { "on" } else { "" });
    let same = shipping.is_none() || cart.billing_address.is_none();
    form = form.fill("same", if same { "on" } else { "" });
    let chosen = match &shipping {
        Some(address) => book.iter().find(|entry| entry.address == *address),
        None => book.first(),
    };
    match (&shipping, chosen) {
        (Some(address), None) => form = fill_address(form, "ship_", address),
        (None, None) => {
            form = form.fill("ship_country", &stage.quote.country);
            if let Some(customer) = account {
                form = form.fill("ship_name", &customer.name).fill("ship_phone", &customer.phone);
            }
        }
        _ => form = form.fill("ship_country", &stage.quote.country),
    }
    form = match cart.billing_address()?.filter(|_| !same) {
        Some(address) => fill_address(form, "bill_", &address),
        None => form.fill("bill_country", &stage.quote.country),
    };
    Ok((form, chosen.map_or(OTHER.to_string(), |entry| entry.id.to_string())))
}

/// Fills the fields of an address that begin with `prefix`.
pub fn fill_address(form: Form, prefix: &str, address: &Address) -> Form {
    let values = [
        ("name", &address.name),
        ("company", &address.company),
        ("line1", &address.line1),
        ("line2", &address.line2),
        ("postcode", &address.postal_code),
        ("city", &address.city),
        ("region", &address.region),
        ("country", &address.country),
        ("phone", &address.phone),
        ("vat_id", &address.vat_id),
    ];
    values.into_iter().fold(form, |form, (name, value)| form.fill(&format!("{prefix}{name}"), value))
}

async fn render(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    stage: Stage,
    form: Form,
    book: &[Saved],
    picked: Picked<'_>,
) -> Result<HttpResponse> {
    let Stage { page, quote, words, summary, .. } = stage;
    let sites = match quote.buyer.clone() {
        Some(buyer) => door.read(move |conn, _| buying::sites_of(conn, &buyer)).await?,
        None => Vec::new(),
    };
    let sites = places(&sites, picked.site, &words);
    let company = quote.buyer.as_ref().map(|buyer| buyer.name.clone());
    let (country, currency, seen) = (quote.country.clone(), quote.currency, words.clone());
    let countries = door.read(move |conn, _| cart::destinations(conn, currency, &seen, &country)).await?;
    let notices = shown::cart_notices(&quote, &words)?;
    let view = ContactView { form, countries, saved: saved(book, picked.saved, &words), company, sites, notices, summary };
    drawn(door, quote, door.render_as(status, visit, "storefront/checkout/contact.html", &Page { page, view })).await
}

/// Which of the saved addresses and of the company's places is chosen.
struct Picked<'a> {
    saved: &'a str,
    site: &'a str,
}

/// The form with what the buyer said of the order so far, or else what they usually say; and the place that it is for.
fn traded(form: Form, stage: &Stage, trade: Trade) -> (Form, String) {
    let Some(buyer) = &stage.quote.buyer else { return (form, String::new()) };
    // An address that was typed stays until a place is chosen.
    let usual = if stage.quote.cart.shipping_address.is_some() { None } else { buyer.site };
    let site = trade.site.or(usual).map(|site| site.to_string()).unwrap_or_default();
    let centre = if trade.cost_centre.is_empty() { buyer.cost_centre.clone() } else { trade.cost_centre };
    let form = form
        .fill("po_number", trade.po_number)
        .fill("cost_centre", centre)
        .fill("requested_on", trade.requested_on.map(|day| day.to_string()).unwrap_or_default());
    (form, site)
}

/// The places that the company has goods sent to; without a choice an address is typed.
fn places(sites: &[Site], chosen: &str, words: &Words) -> Vec<Choice> {
    if sites.is_empty() {
        return Vec::new();
    }
    let choice = |site: &Site| {
        let value = site.id.to_string();
        let lines = Address::stored(&site.address).map(|address| shown::address_lines(&address, words.language)).unwrap_or_default();
        Choice { selected: value == chosen, label: format!("{}: {}", site.name, lines.join(", ")), value }
    };
    let other = Choice { value: String::new(), label: words.get("company-site-other"), selected: chosen.is_empty() };
    sites.iter().map(choice).chain([other]).collect()
}

fn saved(book: &[Saved], chosen: &str, words: &Words) -> Vec<Choice> {
    if book.is_empty() {
        return Vec::new();
    }
    let choice = |entry: &Saved| {
        let value = entry.id.to_string();
        Choice { selected: value == chosen, label: shown::address_lines(&entry.address, words.language).join(", "), value }
    };
    let other = Choice { value: OTHER.to_string(), label: words.get("checkout-saved-other"), selected: chosen == OTHER };
    book.iter().map(choice).chain([other]).collect()
}

pub async fn save(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    let stage = stage!(&door, &visit, Step::Contact);
    let customer = stage.customer.as_ref().map(|customer| customer.id);
    let said = trade_of(&door, &stage, &form).await;
    let (trade, place) = match said {
        Ok(Some((trade, place))) => (Ok(Some(trade)), place),
        Ok(None) => (Ok(None), None),
        Err(error) => (Err(error), None),
    };
    let contact = match (place, chosen(&door, customer, &form).await) {
        (Some((place, bill)), Ok(_)) => {
            contact_form::read(&form, Some(place)).map(|contact| Contact { billing: contact.billing.or(bill), ..contact })
        }
        (None, Ok(saved)) => contact_form::read(&form, saved),
        (_, Err(error)) => Err(error),
    };
    let saved = match (contact, trade) {
        (Ok(contact), Ok(trade)) => store(&door, &visit, contact, trade).await,
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    match saved {
        Ok(()) => Ok(door.go(&visit, if stage.quote.requires_shipping { "/checkout/shipping" } else { "/checkout/payment" })),
        Err(Error::Invalid(wrong)) => {
            let book = book(&door, &stage).await?;
            let refused = Form::new(form::CHECKOUT).typed(form.pairs()).refuse(form::CHECKOUT, &wrong);
            let picked = Picked { saved: form.get("saved"), site: form.get("site") };
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, stage, refused, &book, picked).await
        }
        Err(error) => Err(error),
    }
}

/// The chosen address of the customer's book; `None` when one was typed.
async fn chosen(door: &Door, customer: Option<CustomerId>, form: &Posted) -> Result<Option<Address>> {
    let (Some(customer), id) = (customer, form.get("saved")) else { return Ok(None) };
    if id.is_empty() || id == OTHER {
        return Ok(None);
    }
    let id = form.id("saved")?;
    door.read(move |conn, _| address_book::get(conn, customer, id)).await.map(|entry| Some(entry.address))
}

/// Where the goods go, and where the invoice goes if that is elsewhere.
type Place = (Address, Option<Address>);

/// What a buyer says of the order, and the place that they chose; `None` for whoever buys for themselves.
async fn trade_of(door: &Door, stage: &Stage, form: &Posted) -> Result<Option<(Trade, Option<Place>)>> {
    let Some(buyer) = stage.quote.buyer.clone() else { return Ok(None) };
    let site: Option<SiteId> = if form.get("site").is_empty() { None } else { Some(form.id("site")?) };
    let typed = form.clone();
    door.read(move |conn, now| {
        let trade = buying::typed(site, typed.get("po_number"), typed.get("cost_centre"), typed.get("requested_on"), now)?;
        let Some(site) = site else { return Ok(Some((trade, None))) };
        let all = buying::sites_of(conn, &buyer)?;
        let place = all.iter().find(|known| known.id == site).ok_or(Error::NotFound)?;
        let bill = buying::billed_at(conn, place)?;
        let bill = bill.map(|bill| Address::stored(&bill.address)).transpose()?;
        Ok(Some((trade, Some((Address::stored(&place.address)?, bill)))))
    })
    .await
}

async fn store(door: &Door, visit: &Visit, contact: Contact, trade: Option<Trade>) -> Result<()> {
    let (seen, given) = (visit.clone(), contact.clone());
    let write = door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        let Contact { email, shipping, billing, note, .. } = &given;
        carts::set_contact(conn, cart, email, shipping, billing.as_ref(), note, now)?;
        if let Some(trade) = &trade {
            // Whoever stopped to buy for the company meanwhile is told on the cart page.
            let own = carts::get(conn, cart)?;
            if let Some(buyer) = buying::of_cart(conn, &own)? {
                buying::set_trade(conn, cart, &buyer, trade)?;
            }
        }
        // One way to get there is no choice to make; it is still shown.
        let quote = carts::quote(conn, cart, now)?;
        match quote.rates.as_slice() {
            [] if quote.requires_shipping => Err(Error::field("ship_country", "shipping-not-available")),
            _ => Ok(()),
        }
    });
    write.await?;
    visit.keep_wish(&door.signer, contact.marketing.then(|| contact.email.key()).as_deref());
    Ok(())
}
