//! Reading the form of the first step.

use crate::address::Address;
use crate::web::countries;
use crate::web::posted::Posted;
use crm::email::Email;
use kernel::error::Fields;
use kernel::{Error, Result};

/// The most letters of a note to the shop.
const NOTE: usize = 1000;

/// What the first step asks for.
#[derive(Clone, Debug)]
pub struct Contact {
    pub email: Email,
    pub shipping: Address,
    /// `None`: the bill goes to the shipping address.
    pub billing: Option<Address>,
    pub note: String,
    pub marketing: bool,
}

/// Reads the form; `saved` is the address of the book that was chosen in place of the typed one. Fails with every mistake at once,
/// under the names of the form's fields.
pub fn read(form: &Posted, saved: Option<Address>) -> Result<Contact> {
    let mut wrong = Fields::default();
    let email = keep(&mut wrong, Email::parse(form.get("email"), "email"))?;
    let shipping = match saved {
        Some(address) => Some(address),
        None => keep(&mut wrong, address(form, "ship_"))?,
    };
    let billing = match form.ticked("same") {
        true => None,
        false => keep(&mut wrong, address(form, "bill_"))?,
    };
    let note: String = form.get("note").trim().replace("\r\n", "\n");
    if note.chars().count() > NOTE {
        wrong.add("note", "field-too-long");
    }
    match (email, shipping) {
        (Some(email), Some(shipping)) if wrong.0.is_empty() => {
            Ok(Contact { email, shipping, billing, note, marketing: form.ticked("marketing") })
        }
        _ => Err(Error::Invalid(wrong)),
    }
}

/// Collects the mistakes of one part, so that all parts are checked before the form is shown again.
fn keep<T>(wrong: &mut Fields, read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(Error::Invalid(fields)) => {
            fields.0.into_iter().for_each(|(name, text)| wrong.add(&name, text));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The address in the fields that begin with `prefix`.
pub fn address(form: &Posted, prefix: &str) -> Result<Address> {
    let get = |name: &str| form.get(&format!("{prefix}{name}")).to_string();
    let typed = Address {
        name: get("name"),
        company: get("company"),
        line1: get("line1"),
        line2: get("line2"),
        postal_code: get("postcode"),
        city: get("city"),
        region: get("region"),
        country: get("country"),
        phone: get("phone"),
        vat_id: get("vat_id"),
    };
    let checked = typed.checked(prefix).map_err(|error| match error {
        // The form has the shorter name of the two.
        Error::Invalid(fields) => {
            let rename = |(name, text): (String, String)| (name.replace("postal_code", "postcode"), text);
            Error::Invalid(Fields(fields.0.into_iter().map(rename).collect()))
        }
        other => other,
    })?;
    match countries::known(&checked.country) {
        true => Ok(checked),
        false => Err(Error::field(&format!("{prefix}country"), "country-required")),
    }
}
