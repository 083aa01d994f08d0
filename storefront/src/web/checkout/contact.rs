//! First step: who, and where to.

use super::contact_form::{self, Contact};
use super::{Stage, Step, drawn, stage};
use crate::address::Address;
use crate::address_book::{self, Entry as Saved};
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
use crm::CustomerId;
use kernel::{Error, Result};

/// The value of `saved` for a typed address.
const OTHER: &str = "other";

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let stage = stage!(&door, &visit, Step::Contact);
    let book = book(&door, &stage).await?;
    let wish = visit.wish(&door.signer, &stage.quote.cart.email.to_lowercase());
    let (form, chosen) = filled(&stage, &book, wish)?;
    render(&door, &visit, StatusCode::OK, stage, form, &book, &chosen).await
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
    chosen: &str,
) -> Result<HttpResponse> {
    let Stage { page, quote, words, summary, .. } = stage;
    let (country, currency, seen) = (quote.country.clone(), quote.currency, words.clone());
    let countries = door.read(move |conn, _| cart::destinations(conn, currency, &seen, &country)).await?;
    let notices = shown::cart_notices(&quote, &words)?;
    let view = ContactView { form, countries, saved: saved(book, chosen, &words), notices, summary };
    drawn(door, quote, door.render_as(status, visit, "storefront/checkout/contact.html", &Page { page, view })).await
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
    let contact = match chosen(&door, customer, &form).await {
        Ok(saved) => contact_form::read(&form, saved),
        Err(error) => Err(error),
    };
    let saved = match contact {
        Ok(contact) => store(&door, &visit, contact).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => Ok(door.go(&visit, if stage.quote.requires_shipping { "/checkout/shipping" } else { "/checkout/payment" })),
        Err(Error::Invalid(wrong)) => {
            let book = book(&door, &stage).await?;
            let refused = Form::new(form::CHECKOUT).typed(form.pairs()).refuse(form::CHECKOUT, &wrong);
            render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, stage, refused, &book, form.get("saved")).await
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

async fn store(door: &Door, visit: &Visit, contact: Contact) -> Result<()> {
    let (seen, given) = (visit.clone(), contact.clone());
    let write = door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        let Contact { email, shipping, billing, note, .. } = &given;
        carts::set_contact(conn, cart, email, shipping, billing.as_ref(), note, now)?;
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
