//! Customers: listing, reading, adding, changing, and recording what they allow.

use super::acting::{Act, act, page};
use super::customer_view::{CustomerView, WholeCustomer, seen, view, whole};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use crm::CustomerId;
use crm::birthdays::{self, Birthday};
use crm::consents::{self, Consent, Statement};
use crm::customers::{self, NewCustomer};
use crm::email::Email;
use kernel::error::Fields;
use kernel::events::{self, Event};
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use storefront::api::call::{Body, Call, found};
use storefront::api::input;
use storefront::api_keys::Scope;
use utoipa::ToSchema;

/// A page of customers.
#[derive(Serialize, ToSchema)]
struct CustomerList {
    customers: Vec<CustomerView>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomerFields {
    #[schema(max_length = 254)]
    email: String,
    #[schema(inline)]
    #[serde(default)]
    profile: CustomerFields,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChangedCustomer {
    /// That of the customer when they were read. With another one somebody changed them meanwhile: it is refused with 409.
    version: String,
    #[schema(inline)]
    profile: CustomerFields,
}

/// What is known of a customer. What is left out stays as it is.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomerFields {
    #[schema(max_length = 200)]
    name: Option<String>,
    #[schema(max_length = 40)]
    phone: Option<String>,
    /// Month and day, such as `05-31`, as they told the shop; empty takes it away.
    #[schema(
        pattern = "^((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))?$",
        example = "05-31"
    )]
    birthday: Option<String>,
    /// The code of a language that the shop speaks.
    #[schema(pattern = "^(en|zh)$")]
    language: Option<String>,
    /// In place of those they have. None has a comma in it.
    #[schema(max_items = 50)]
    tags: Option<Vec<String>>,
    /// What staff read about them.
    #[schema(max_length = 5000)]
    note: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewConsent {
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_-]*$", example = "email")]
    channel: String,
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_-]*$", example = "news")]
    topic: String,
    #[schema(pattern = "^(given|withdrawn)$")]
    state: String,
    /// How it can be proven: where and how they said so.
    #[schema(min_length = 1, max_length = 500)]
    proof: String,
}

impl CustomerFields {
    /// `Invalid` names what cannot be stored.
    fn check(&self) -> Result<()> {
        let mut wrong = Fields::default();
        let mut within = |field: &str, text: &Option<String>, most: usize| {
            if let Some(Err(Error::Invalid(fields))) = text.as_ref().map(|text| input::text(field, text, most)) {
                fields.0.into_iter().for_each(|(name, message)| wrong.add(&format!("profile.{name}"), message));
            }
        };
        within("name", &self.name, 200);
        within("phone", &self.phone, 40);
        within("note", &self.note, 5000);
        if self.language.as_ref().is_some_and(|code| Language::parse(code).is_none()) {
            wrong.add("profile.language", "Give the code of a language that the shop speaks.");
        }
        if self.birthday.as_deref().is_some_and(|text| !text.is_empty() && Birthday::parse(text).is_none()) {
            wrong.add("profile.birthday", "Give a month and a day that there is, such as 05-31.");
        }
        let tags = self.tags.as_deref().unwrap_or_default();
        let odd =
            |tag: &&String| tag.trim().is_empty() || tag.contains(',') || tag.chars().count() > 50 || tag.chars().any(char::is_control);
        if tags.len() > 50 || tags.iter().any(|tag| odd(&tag)) {
            wrong.add("profile.tags", "Give at most 50 tags of 1 to 50 characters without commas.");
        }
        wrong.check()
    }

    /// Stores them over what is known.
    fn store(&self, conn: &mut Conn, id: CustomerId, act: &Act) -> Result<()> {
        let stored = customers::known(conn, id)?;
        let or =
            |wanted: &Option<String>, stored: &str| wanted.as_deref().map_or_else(|| stored.to_string(), |text| text.trim().to_string());
        let (name, phone) = (or(&self.name, &stored.name), or(&self.phone, &stored.phone));
        let language = self.language.clone().unwrap_or_else(|| stored.language.clone());
        if (&name, &phone, &language) != (&stored.name, &stored.phone, &stored.language) {
            customers::update_profile(conn, id, &name, &phone, &language, act.now)?;
        }
        if let Some(birthday) = self.birthday.as_ref().filter(|birthday| **birthday != stored.birthday) {
            birthdays::set(conn, id, birthday, act.now)?;
        }
        let tags = self.tags.as_ref().map_or_else(|| stored.tags.clone(), |tags| customers::tags(&tags.join(",")).join(", "));
        let note = or(&self.note, &stored.note);
        if (&tags, &note) != (&stored.tags, &stored.note) {
            customers::annotate(conn, id, &tags, &note, act.now)?;
        }
        Ok(())
    }
}

/// Customers
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:read"])),
    params(
        ("email" = Option<String>, Query, description = "A whole mail address: that customer alone.", max_length = 254),
        ("after" = Option<String>, Query, description = "The `next` of the page before.", pattern = "^[1-9][0-9]{0,17}$"),
        ("limit" = Option<i64>, Query, description = "Customers of a page; 20 without.", minimum = 1, maximum = 100),
    ),
    responses((status = 200, description = "A page of customers, by id.", body = CustomerList)),
)]
#[get("/customers")]
pub async fn list_customers(request: HttpRequest) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CustomersRead).await?;
    let mut query = call.query();
    let (limit, after, email) = (query.limit(), query.after().unwrap_or(0), query.text("email"));
    let email = match email.map(|text| Email::parse(&text, "email")) {
        Some(Err(_)) => {
            query.refuse("email", "Give a whole mail address.");
            None
        }
        Some(Ok(email)) => Some(email),
        None => None,
    };
    query.end()?;
    let list = call.door.read(move |conn, _| {
        let rows = match &email {
            Some(email) => {
                customers::find_by_email(conn, email)?.into_iter().filter(|one| one.id.0 > after && one.erased_at.is_none()).collect()
            }
            None => customers::after(conn, after, limit + 1)?,
        };
        let (rows, next) = page(rows, limit, |one| one.id.0);
        Ok(CustomerList { customers: rows.into_iter().map(view).collect(), next })
    });
    found(&list.await?)
}

/// A customer with what they allow
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:read"])),
    params(("id" = i64, Path, description = "The customer's id.")),
    responses((status = 200, description = "The customer.", body = WholeCustomer)),
)]
#[get("/customers/{id}")]
pub async fn show_customer(request: HttpRequest, id: web::Path<i64>) -> Result<HttpResponse> {
    let call = Call::read(&request, Scope::CustomersRead).await?;
    call.query().end()?;
    let id = CustomerId(*id);
    found(&call.door.read(move |conn, _| whole(conn, id)).await?)
}

/// Add a customer
///
/// One whose mail address is known already is refused with 409.
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:write"])),
    request_body = NewCustomerFields,
    responses((status = 201, description = "The customer.", body = WholeCustomer)),
)]
#[post("/customers")]
pub async fn create_customer(request: HttpRequest, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CustomersWrite, body).await?;
    let new = call.body::<NewCustomerFields>()?;
    let email = Email::parse(&new.email, "email")?;
    new.profile.check()?;
    let add = move |conn: &mut Conn, act: &Act| {
        if customers::find_by_email(conn, &email)?.is_some() {
            return Err(Error::conflict("There is a customer with this mail address. Find and change them instead."));
        }
        let language = Language::ENGLISH.code().to_string();
        let first = NewCustomer { email: email.clone(), name: String::new(), phone: String::new(), language };
        let id = customers::ensure(conn, &first, act.now)?;
        new.profile.store(conn, id, act)?;
        // As when they join by themselves, which then says nothing new.
        events::record(conn, "logins", &format!("joined:{id}"), &Event::CustomerJoined { customer: id.0 }, act.now)?;
        let added = customers::known(conn, id)?;
        act.log(conn, "customer.add", &format!("customer:{id}"), &Value::Null, &added)?;
        whole(conn, id)
    };
    act(&call, StatusCode::CREATED, add).await
}

/// Change a customer
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:write"])),
    params(("id" = i64, Path, description = "The customer's id.")),
    request_body = ChangedCustomer,
    responses((status = 200, description = "The customer as they are then.", body = WholeCustomer)),
)]
#[patch("/customers/{id}")]
pub async fn change_customer(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CustomersWrite, body).await?;
    let (id, change) = (CustomerId(*id), call.body::<ChangedCustomer>()?);
    let seen = seen(&change.version)?;
    change.profile.check()?;
    let store = move |conn: &mut Conn, act: &Act| {
        customers::begin_edit(conn, id, seen, act.now)?;
        let before = customers::known(conn, id)?;
        change.profile.store(conn, id, act)?;
        let after = customers::known(conn, id)?;
        act.log(conn, "customer.edit", &format!("customer:{id}"), &before, &after)?;
        whole(conn, id)
    };
    act(&call, StatusCode::OK, store).await
}

/// Record what a customer allows
///
/// Nothing is recorded when their last statement of the same channel and topic says the same.
#[utoipa::path(
    tag = "customers",
    security(("key" = ["customers:write"])),
    params(("id" = i64, Path, description = "The customer's id.")),
    request_body = NewConsent,
    responses((status = 201, description = "The customer with what they allow.", body = WholeCustomer)),
)]
#[post("/customers/{id}/consents")]
pub async fn record_consent(request: HttpRequest, id: web::Path<i64>, body: Body) -> Result<HttpResponse> {
    let call = Call::write(&request, Scope::CustomersWrite, body).await?;
    let (id, new) = (CustomerId(*id), call.body::<NewConsent>()?);
    let word = |text: &str| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        (1..=40).contains(&text.len()) && text.bytes().all(known) && text.starts_with(|c: char| c.is_ascii_lowercase())
    };
    for (field, text) in [("channel", &new.channel), ("topic", &new.topic)] {
        if !word(text) {
            return Err(Error::field(field, "Give 1 to 40 small letters, digits, _ and -, a letter first."));
        }
    }
    input::text("proof", &new.proof, 500)?;
    if new.proof.trim().is_empty() {
        return Err(Error::field("proof", "Say how it can be proven."));
    }
    let state = Consent::parse(&new.state).ok_or_else(|| Error::field("state", "Give one of given, withdrawn."))?;
    let record = move |conn: &mut Conn, act: &Act| {
        customers::known(conn, id)?;
        let before = consents::current(conn, id, &new.channel, &new.topic)?;
        let proof = new.proof.trim();
        let statement = Statement { channel: &new.channel, topic: &new.topic, legal_basis: "consent", state, proof };
        consents::record(conn, id, &statement, act.now)?;
        if before != Some(state) {
            let after = json!({ "channel": new.channel, "topic": new.topic, "state": state, "proof": proof });
            act.log(conn, "customer.consent", &format!("customer:{id}"), &json!({ "state": before }), &after)?;
        }
        whole(conn, id)
    };
    act(&call, StatusCode::CREATED, record).await
}
