//! What every page of the back office starts from: who is there, the frame, the way to change something, and error pages.

use super::access;
use crate::audit;
use crate::permissions::{Grants, Permission};
use crate::sessions::Present;
use crate::staff::Staff;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use crm::tickets::Agent;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::web::i18n::Language;
use kernel::{Conn, Error, Result};
use serde::Serialize;
use std::fmt::Display;
use std::future::{Ready, ready};
use std::rc::Rc;
use storefront::web::door::Door;
use storefront::web::views::page::{Flash, Tone};
use storefront::web::visit::Visit;
use storefront::web::words::Words;

/// The cookie that holds a staff session. It is not the shopper's: signing out of one leaves the other.
pub const SESSION: &str = "staff_session";
/// Rows on a page of a list.
pub const ROWS: i64 = 50;

/// The parts of the menu by groups, and what it takes to see each.
const MENU: &[(&str, &[(&str, Permission)])] = &[
    (
        "selling",
        &[
            ("orders", Permission::OrdersView),
            ("returns", Permission::ReturnsView),
            ("cases", Permission::CasesView),
            ("gift-cards", Permission::GiftCardsView),
            ("store-credit", Permission::StoreCreditView),
        ],
    ),
    (
        "memory",
        &[
            ("customers", Permission::CustomersView),
            ("tickets", Permission::TicketsView),
            ("disputes", Permission::TicketsView),
            ("wall", Permission::TicketsView),
            ("tasks", Permission::CustomersView),
            ("segments", Permission::SegmentsView),
            ("forecasts", Permission::CustomersView),
            ("recommendations", Permission::RecommendationsView),
            ("offers", Permission::PromotionsView),
        ],
    ),
    (
        "goods",
        &[
            ("products", Permission::ProductsView),
            ("categories", Permission::ProductsView),
            ("attributes", Permission::ProductsView),
            ("collections", Permission::ProductsView),
            ("stock", Permission::StockView),
            ("promotions", Permission::PromotionsView),
        ],
    ),
    (
        "content",
        &[
            ("home-page", Permission::ContentEdit),
            ("pages", Permission::ContentEdit),
            ("articles", Permission::ContentEdit),
            ("menus", Permission::ContentEdit),
            ("theme", Permission::ContentEdit),
        ],
    ),
    (
        "shop",
        &[
            ("shipping", Permission::ShippingView),
            ("taxes", Permission::TaxesView),
            ("service", Permission::SettingsView),
            ("levels", Permission::SettingsView),
            ("routing", Permission::SettingsView),
            ("stores", Permission::SettingsView),
            ("redirects", Permission::SettingsEdit),
            ("settings", Permission::SettingsView),
        ],
    ),
    ("people", &[("staff", Permission::StaffManage), ("audit", Permission::AuditView)]),
    (
        "machine",
        &[
            ("mails", Permission::MailsView),
            ("inbound", Permission::MailsView),
            ("jobs", Permission::JobsView),
            ("doctor", Permission::JobsView),
            ("api-keys", Permission::ApiKeysManage),
            ("webhooks", Permission::ApiKeysManage),
        ],
    ),
];

/// A request of somebody whom [`access`] let in. A handler that takes it on a public address fails.
pub struct Desk {
    pub door: web::Data<Door>,
    pub visit: Visit,
    pub present: Rc<Present>,
}

/// Who changes something, and when.
pub struct Act {
    staff: Staff,
    /// The name for histories of the domain.
    pub actor: String,
    pub now: Time,
}

impl Act {
    /// As tickets know them.
    pub fn agent(&self) -> Agent<'_> {
        Agent { id: self.staff.id.0, actor: &self.actor }
    }

    /// Records the change in the audit log, in the transaction that makes it.
    pub fn log(&self, conn: &mut Conn, action: &str, subject: &str, before: &impl Serialize, after: &impl Serialize) -> Result<()> {
        audit::record(conn, self.staff.id, action, subject, before, after, self.now)
    }
}

/// What a template of the back office is rendered from.
#[derive(Serialize)]
struct Sheet<'a, V: Serialize> {
    page: Frame<'a>,
    view: V,
}

/// The same for every page.
#[derive(Serialize)]
struct Frame<'a> {
    tag: &'static str,
    title: String,
    csrf: &'a str,
    /// Who is signed in; nobody on the sign-in page.
    staff: Option<&'a str>,
    /// What they may do, as words: templates draw what is in it.
    can: Grants,
    /// The parts of the menu they may see, by groups.
    menu: Vec<Group>,
    /// The part of the menu that is open: the first word of the path.
    section: &'a str,
    flash: &'a [Flash],
    /// The same page in the other languages.
    others: Vec<Other>,
    /// Every language that things are said in, and those of them that translate English.
    languages: Vec<Tongue>,
    further: Vec<Tongue>,
}

/// A language, for the fields of what is said in it.
#[derive(Serialize)]
struct Tongue {
    code: &'static str,
    tag: &'static str,
    name: &'static str,
}

impl From<Language> for Tongue {
    fn from(language: Language) -> Tongue {
        Tongue { code: language.code(), tag: language.tag(), name: language.name() }
    }
}

/// A group of the menu.
#[derive(Serialize)]
struct Group {
    name: &'static str,
    parts: Vec<&'static str>,
}

/// The groups in which `can` opens anything.
fn menu(can: &Grants) -> Vec<Group> {
    let parts = |all: &[(&'static str, Permission)]| all.iter().filter(|(_, needed)| can.may(*needed)).map(|(part, _)| *part).collect();
    let groups = MENU.iter().map(|(name, all)| Group { name, parts: parts(all) });
    groups.filter(|group: &Group| !group.parts.is_empty()).collect()
}

/// A page in another language.
#[derive(Serialize)]
struct Other {
    tag: &'static str,
    name: &'static str,
    href: String,
}

impl Desk {
    pub fn staff(&self) -> &Staff {
        &self.present.staff
    }

    /// What the person may do.
    pub fn grants(&self) -> &Grants {
        &self.present.grants
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.present.grants.may(permission)
    }

    /// Runs `f` on a connection for reading.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static) -> Result<T> {
        self.door.read(move |conn, _| f(conn)).await
    }

    /// Runs `f` in one transaction, telling it who acts. `f` may run again after a deadlock.
    pub async fn write<T: Send + 'static>(&self, mut f: impl FnMut(&mut Conn, &Act) -> Result<T> + Send + 'static) -> Result<T> {
        let act = Act { staff: self.staff().clone(), actor: self.staff().actor(), now: self.door.now() };
        self.door.db.write(move |conn| f(conn, &act)).await
    }

    /// A page. `title` is a text key or the words themselves.
    pub fn page(&self, template: &str, title: &str, view: impl Serialize) -> Result<HttpResponse> {
        self.page_as(StatusCode::OK, template, title, view)
    }

    /// [`Desk::page`] with a status, such as 422 for a refused form.
    pub fn page_as(&self, status: StatusCode, template: &str, title: &str, view: impl Serialize) -> Result<HttpResponse> {
        render(&self.door, &self.visit, Some(&self.present), status, template, title, view)
    }

    /// Sends the browser on with a GET, and says there what was done.
    pub fn done(&self, to: &str, text: &str) -> HttpResponse {
        self.visit.say(&self.door.signer, Tone::Success, text);
        self.door.go(&self.visit, to)
    }

    /// Sends the browser on when the state did not allow a change, and says there why. Other errors stay errors.
    pub fn explained(&self, to: &str, error: Error) -> Result<HttpResponse> {
        let Error::Conflict(text) = error else { return Err(error) };
        self.visit.say(&self.door.signer, Tone::Error, &text);
        Ok(self.door.go(&self.visit, to))
    }

    /// What an open page is told when it asks whether it is still true: a sentence, or nothing.
    pub fn news(&self, text: Option<String>) -> Result<HttpResponse> {
        Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(serde_json::json!({ "text": text })))
    }

    /// Texts in the language of the page, for sentences that are put together outside templates.
    pub fn words(&self) -> Result<Words> {
        Words::of(&self.door.templates, self.visit.language)
    }

    /// A parameter of the query; empty when there is none. NUL never gets further than here.
    pub fn query(&self, name: &str) -> String {
        let found = form_urlencoded::parse(self.visit.query.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.replace('\0', "")).unwrap_or_default()
    }

    /// The key of the page after which the list goes on, if the query names one.
    pub fn after(&self) -> Option<i64> {
        self.query("after").parse().ok()
    }

    /// The address of the next page of this list: the same query from the key `last` on. None when `rows` were not a full page.
    pub fn next(&self, rows: usize, last: Option<impl Display>) -> Option<String> {
        let last = last.filter(|_| i64::try_from(rows).is_ok_and(|rows| rows >= ROWS))?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(self.visit.query.as_bytes()).filter(|(name, _)| name != "after") {
            query.append_pair(&name, &value);
        }
        Some(format!("{}?{}", self.visit.path, query.append_pair("after", &last.to_string()).finish()))
    }
}

/// What a refused form is answered with: 422 and its fields, or 409 and the sentence above the form. Other errors stay errors.
pub fn refusal(error: Error) -> Result<(StatusCode, Fields)> {
    match error {
        Error::Invalid(fields) => Ok((StatusCode::UNPROCESSABLE_ENTITY, fields)),
        Error::Conflict(text) => {
            let mut fields = Fields::default();
            fields.add("form", text);
            Ok((StatusCode::CONFLICT, fields))
        }
        other => Err(other),
    }
}

/// Renders a page for somebody, or for nobody yet.
pub fn render(
    door: &Door,
    visit: &Visit,
    present: Option<&Present>,
    status: StatusCode,
    template: &str,
    title: &str,
    view: impl Serialize,
) -> Result<HttpResponse> {
    let language = visit.language;
    let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
    let other = |other: &Language| Other { tag: other.tag(), name: other.name(), href: other.path(&format!("{}{query}", visit.path)) };
    // Somebody on the way to a second factor that is demanded sees no menu: it would lead back here.
    let can = present.filter(|present| !present.must_enrol).map(|present| present.grants.clone()).unwrap_or_default();
    let page = Frame {
        tag: language.tag(),
        title: door.templates.texts()?.message(language, title),
        csrf: &visit.csrf,
        staff: present.map(|present| present.staff.name.as_str()),
        menu: menu(&can),
        can,
        section: visit.path.trim_start_matches("/admin").trim_start_matches('/').split('/').next().unwrap_or(""),
        flash: &visit.flash,
        others: Language::all().iter().filter(|other| **other != language).map(other).collect(),
        languages: Language::all().iter().copied().map(Tongue::from).collect(),
        further: Language::further().map(Tongue::from).collect(),
    };
    let html = door.templates.render(template, language, &Sheet { page, view })?;
    let mut answer = HttpResponse::build(status);
    answer.content_type("text/html; charset=utf-8").insert_header((header::CACHE_CONTROL, "no-store"));
    visit.keep(&mut answer, door.config.https());
    Ok(answer.body(html))
}

impl FromRequest for Desk {
    type Error = Error;
    type Future = Ready<Result<Desk>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(desk(request))
    }
}

fn desk(request: &HttpRequest) -> Result<Desk> {
    let door = request.app_data::<web::Data<Door>>().cloned().ok_or_else(|| Error::unexpected("the shop's door is not set up"))?;
    let present = access::let_in(request).ok_or_else(|| Error::unexpected("a page of staff at an address open to everybody"))?;
    let visit = door.visit(request);
    Ok(Desk { door, visit, present })
}

/// An address the back office does not have. Strangers learn nothing by it: they are asked to sign in.
pub async fn missing(_: Desk) -> Result<HttpResponse> {
    Err(Error::NotFound)
}

/// Sends strangers to the sign-in page, and draws errors as pages of the back office.
pub async fn pages<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let html = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if !(status.is_client_error() || status.is_server_error()) || html {
        return Ok(response.map_into_left_body());
    }
    let Some(door) = response.request().app_data::<web::Data<Door>>().cloned() else { return Ok(response.map_into_left_body()) };
    let visit = door.visit(response.request());
    if status == StatusCode::UNAUTHORIZED {
        let asked = if response.request().method() == Method::GET { back_to(&visit) } else { String::new() };
        let to = door.go(&visit, &format!("/admin/sign-in{asked}"));
        return Ok(answered(response, to));
    }
    let error = response.response().error().and_then(|error| error.as_error::<Error>());
    if let Some(Error::Unexpected(cause)) = error {
        tracing::error!(cause, "a request of the back office failed");
    }
    let retry = error.and_then(Error::retry_after);
    let view = serde_json::json!({ "status": status.as_u16(), "message": error.and_then(Error::told) });
    // Without the database nobody is known; the page then has no menu, and still says what happened.
    let present = access::let_in(response.request());
    match render(&door, &visit, present.as_deref(), status, "admin/error.html", "admin-error", view) {
        Ok(mut page) => {
            if let Some(seconds) = retry {
                page.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
            }
            Ok(answered(response, page))
        }
        Err(error) => {
            tracing::error!(%error, "the error page of the back office failed");
            Ok(response.map_into_left_body())
        }
    }
}

fn answered<B>(response: ServiceResponse<B>, answer: HttpResponse) -> ServiceResponse<EitherBody<B>> {
    let (request, _) = response.into_parts();
    request.extensions_mut().remove::<Visit>();
    ServiceResponse::new(request, answer.map_into_right_body())
}

/// The query that brings somebody back to where they wanted to go, once they signed in.
fn back_to(visit: &Visit) -> String {
    let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
    let next = format!("{}{query}", visit.path);
    if next == "/admin" {
        return String::new();
    }
    format!("?{}", form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish())
}
