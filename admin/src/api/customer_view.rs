//! A customer as a program of the merchant reads them.

use crm::consents::{self, Consent, Recorded};
use crm::customers::{self, Customer};
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use std::collections::BTreeSet;
use storefront::api::moment;
use utoipa::ToSchema;

/// A customer.
#[derive(Serialize, ToSchema)]
pub struct CustomerView {
    pub id: i64,
    /// Changes with the customer. Send it back with a change.
    #[schema(example = "2026-11-22T10:00:00.123456Z")]
    pub version: String,
    pub email: String,
    pub name: String,
    pub phone: String,
    /// Month and day; empty when they did not say it.
    #[schema(example = "05-31")]
    pub birthday: String,
    /// The code of the language of their mails.
    pub language: String,
    pub tags: Vec<String>,
    /// What staff wrote about them.
    pub note: String,
    /// UTC (RFC 3339).
    pub created_at: String,
}

/// A customer with what they allow.
#[derive(Serialize, ToSchema)]
pub struct WholeCustomer {
    pub customer: CustomerView,
    /// The last statement of each channel and topic. What is not in it was never said.
    pub consents: Vec<ConsentView>,
}

/// A statement about being contacted, and how it can be proven.
#[derive(Serialize, ToSchema)]
pub struct ConsentView {
    #[schema(example = "email")]
    pub channel: String,
    #[schema(example = "news")]
    pub topic: String,
    #[schema(pattern = "^(given|withdrawn)$")]
    pub state: &'static str,
    pub legal_basis: String,
    pub proof: String,
    /// UTC (RFC 3339).
    pub at: String,
}

impl From<Recorded> for ConsentView {
    fn from(of: Recorded) -> ConsentView {
        ConsentView {
            channel: of.channel,
            topic: of.topic,
            state: Consent::as_str(of.state),
            legal_basis: of.legal_basis,
            proof: of.proof,
            at: moment(of.created_at),
        }
    }
}

/// How a version tells a moment.
const VERSION: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// The moment that a version means. `Invalid` for what is none.
pub fn seen(version: &str) -> Result<Time> {
    Time::parse_from_str(version, VERSION).map_err(|_| Error::field("version", "Give the version that the customer was read with."))
}

/// The view of a stored customer.
pub fn view(of: Customer) -> CustomerView {
    CustomerView {
        id: of.id.0,
        version: of.updated_at.format(VERSION).to_string(),
        email: of.email,
        name: of.name,
        phone: of.phone,
        birthday: of.birthday,
        language: of.language,
        tags: customers::tags(&of.tags),
        note: of.note,
        created_at: moment(of.created_at),
    }
}

/// A customer who was not erased, with what they allow.
pub fn whole(conn: &mut Conn, id: crm::CustomerId) -> Result<WholeCustomer> {
    let customer = view(customers::known(conn, id)?);
    let mut seen = BTreeSet::new();
    let mut said = consents::of(conn, id)?;
    said.retain(|one| seen.insert((one.channel.clone(), one.topic.clone())));
    Ok(WholeCustomer { customer, consents: said.into_iter().map(ConsentView::from).collect() })
}
