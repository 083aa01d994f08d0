//! Forms: what was typed, and what is wrong with it. Labels, hints and input types are the template's.

use kernel::error::Fields;
use serde::Serialize;
use std::collections::BTreeMap;

/// A form as it is shown: blank, filled from storage, or refused with the typed values kept.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Form {
    fields: BTreeMap<String, Field>,
    /// For the summary above the form, in the order of the fields.
    errors: Vec<FieldError>,
    /// What it was made from: the [`Form::digest`] of what was stored, which a hidden field sends back.
    seen: String,
    /// What somebody else stored since, beside what was typed.
    meanwhile: Vec<Meanwhile>,
}

/// A field that differs between what is stored by now and what was typed, in words.
#[derive(Debug, Clone, Serialize)]
pub struct Meanwhile {
    /// The input it links to, if it has one.
    pub field: Option<String>,
    pub label: String,
    pub stored: String,
    pub typed: String,
}

/// One input.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    pub name: String,
    pub value: String,
    /// A sentence or the key of a text without arguments.
    pub error: Option<String>,
}

/// A line of the error summary.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    /// The field it links to; `None` for what concerns the whole form.
    pub field: Option<String>,
    pub text: String,
}

impl Form {
    /// A form with these fields, all empty. A template fails on a field that is not there, so pass the constant of the form.
    pub fn new(names: &[impl AsRef<str>]) -> Form {
        let field = |name: &str| (name.to_string(), Field { name: name.to_string(), value: String::new(), error: None });
        Form { fields: names.iter().map(|name| field(name.as_ref())).collect(), ..Form::default() }
    }

    /// Puts a value into a field; a name the form does not have is passed over.
    pub fn fill(mut self, name: &str, value: impl Into<String>) -> Form {
        if let Some(field) = self.fields.get_mut(name) {
            field.value = value.into();
        }
        self
    }

    /// Fills from what a browser sent.
    pub fn typed<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Form {
        pairs.into_iter().fold(self, |form, (name, value)| form.fill(name, value))
    }

    /// Marks the refused fields and lists them in the summary in the order of `names`, then what concerns no field.
    pub fn refuse(mut self, names: &[impl AsRef<str>], wrong: &Fields) -> Form {
        for name in names.iter().map(AsRef::as_ref) {
            let (Some(text), Some(field)) = (wrong.0.get(name), self.fields.get_mut(name)) else { continue };
            field.error = Some(text.clone());
            self.errors.push(FieldError { field: Some(name.to_string()), text: text.clone() });
        }
        let rest = wrong
            .0
            .iter()
            .filter(|(name, _)| names.iter().all(|known| known.as_ref() != name.as_str()) || !self.fields.contains_key(*name));
        let rest: Vec<FieldError> = rest.map(|(_, text)| FieldError { field: None, text: text.clone() }).collect();
        self.errors.extend(rest);
        self
    }

    /// The values by name, sorted.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, field)| (name.as_str(), field.value.as_str()))
    }

    /// Tells this form's values from any others: 32 hexadecimal digits. Line ends count as browsers send or store them.
    pub fn digest(&self) -> String {
        let values: Vec<(&str, String)> = self.pairs().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect();
        let mut digits = kernel::token::hash(&format!("{values:?}"));
        digits.truncate(32);
        digits
    }

    /// The form of what is stored: made from its own values.
    pub fn sealed(self) -> Form {
        let seen = self.digest();
        self.made_of(seen)
    }

    /// A form that was made of what had this digest.
    pub fn made_of(mut self, seen: impl Into<String>) -> Form {
        self.seen = seen.into();
        self
    }

    /// Shows what is stored by now beside what was typed.
    pub fn beside(mut self, meanwhile: Vec<Meanwhile>) -> Form {
        self.meanwhile = meanwhile;
        self
    }

    /// The value now in a field; empty when there is no such field.
    pub fn value(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |field| &field.value)
    }
}

/// Sign in: `email`, `password`; `next` is where to go after.
pub const SIGN_IN: &[&str] = &["email", "password", "next"];
/// Register.
pub const REGISTER: &[&str] = &["name", "email", "password", "marketing"];
/// `company_invited.html`: an account by the link of an invitation.
pub const COMPANY_JOIN: &[&str] = &["name", "password"];
/// Ask for a link to a new password.
pub const FORGOT: &[&str] = &["email"];
/// `storefront/waiting.html`.
pub const WAITING: &[&str] = &["email"];
/// `storefront/help.html`; the units of lines have fields of their own.
pub const HELP: &[&str] = &["kind", "body", "request", "lines"];
/// `storefront/contact.html`.
pub const CONTACT: &[&str] = &["name", "email", "subject", "body", "call", "phone", "day", "from", "until", "request"];
/// `storefront/chat.html`.
pub const CHAT: &[&str] = &["name", "email", "body", "request"];
/// `storefront/request.html`.
pub const REQUEST: &[&str] = &["body", "rating", "note"];
/// `storefront/survey.html`.
pub const SURVEY: &[&str] = &["score", "words"];
/// `storefront/review.html`.
pub const REVIEW: &[&str] = &["stars", "title", "body", "name"];
/// `storefront/account/lists.html`.
pub const LISTS: &[&str] = &["name", "shared"];
/// `storefront/account/list.html`.
pub const LIST: &[&str] = &["name", "sku", "quantity"];
/// Choose a new password.
pub const RESET: &[&str] = &["password", "token"];
/// Name, language and, when `new_password` is not empty, the password.
pub const PROFILE: &[&str] =
    &["name", "email", "phone", "birth_month", "birth_day", "language", "marketing", "current_password", "new_password"];
/// What the customer allows beside mail, and the language.
pub const PREFERENCES: &[&str] = &["recommendations", "browsing", "language"];
/// Erasing the account.
pub const ERASE: &[&str] = &["password"];
/// An address of the address book.
pub const ADDRESS: &[&str] = &["name", "company", "line1", "line2", "postcode", "city", "region", "country", "phone", "vat_id", "default"];
/// Applying for a company, with its first address.
pub const COMPANY_APPLY: &[&str] = &[
    "company",
    "vat_id",
    "registration_number",
    "website",
    "invoice_email",
    "name",
    "line1",
    "line2",
    "postcode",
    "city",
    "region",
    "country",
    "phone",
];
/// What an administrator changes of a company; `version` is what it was made of.
pub const COMPANY_DETAILS: &[&str] = &["invoice_email", "website", "phone", "version"];
/// Inviting somebody to a company.
pub const COMPANY_INVITE: &[&str] = &["email", "role", "site"];
/// A member of a company.
pub const COMPANY_MEMBER: &[&str] = &["role", "site", "cost_centre"];
/// A role of a company's own; its permissions have fields of their own.
pub const COMPANY_ROLE: &[&str] = &["name"];
/// A place of a company.
pub const COMPANY_SITE: &[&str] = &[
    "site_name",
    "parent",
    "name",
    "company",
    "line1",
    "line2",
    "postcode",
    "city",
    "region",
    "country",
    "phone",
    "vat_id",
    "billing",
    "active",
];
/// Contact and addresses of the checkout. `same` is `on` when the bill goes to the shipping address; the fields that begin with
/// `bill_` count only without it.
pub const CHECKOUT: &[&str] = &[
    "email",
    "marketing",
    "po_number",
    "cost_centre",
    "requested_on",
    "ship_name",
    "ship_company",
    "ship_line1",
    "ship_line2",
    "ship_postcode",
    "ship_city",
    "ship_region",
    "ship_country",
    "ship_phone",
    "ship_vat_id",
    "same",
    "bill_name",
    "bill_company",
    "bill_line1",
    "bill_line2",
    "bill_postcode",
    "bill_city",
    "bill_region",
    "bill_country",
    "bill_phone",
    "bill_vat_id",
    "note",
];
/// One choice: the shipping method.
pub const SHIPPING: &[&str] = &["method"];
/// One choice: the way to pay.
pub const PAYMENT: &[&str] = &["method"];
/// The code of a gift card.
pub const GIFT_CARD: &[&str] = &["gift_card"];
/// What is to be sent back, besides the lines: `request` makes it happen once.
pub const RETURN: &[&str] = &["wish", "comment", "request"];
/// The answer to a request for approval.
pub const VOTE: &[&str] = &["note"];
/// Who answers such requests meanwhile, and from which day to which.
pub const DELEGATE: &[&str] = &["to", "from", "until"];
/// A question for a quote, a message about it, or why it is declined.
pub const QUOTE: &[&str] = &["text", "files", "reason", "place", "method", "po_number"];
/// A coupon.
pub const COUPON: &[&str] = &["code"];
/// Shipping and tax estimate.
pub const ESTIMATE: &[&str] = &["country", "postcode"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_values_apart_and_not_line_ends() {
        let form = |email: &str| Form::new(SIGN_IN).fill("email", email).digest();
        assert_eq!(form("a\r\nb"), form("a\nb"));
        assert_ne!(form("a"), form("b"));
        assert_ne!(Form::new(&["a", "b"]).fill("a", "x").digest(), Form::new(&["a", "b"]).fill("b", "x").digest());
    }

    #[test]
    fn a_refused_form_keeps_what_was_typed_and_lists_errors_in_order() {
        let mut wrong = Fields::default();
        wrong.add("password", "Too short.");
        wrong.add("email", "Not an address.");
        wrong.add("form", "Too many tries.");
        let form = Form::new(SIGN_IN).typed([("email", "ann@"), ("unknown", "x")]).refuse(SIGN_IN, &wrong);
        assert_eq!(form.value("email"), "ann@");
        let fields: Vec<Option<&str>> = form.errors.iter().map(|error| error.field.as_deref()).collect();
        assert_eq!(fields, [Some("email"), Some("password"), None]);
    }
}
