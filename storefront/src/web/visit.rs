//! Who is asking, in which language, as far as the request itself tells. Nothing here touches the database.

mod led;

use super::door::Door;
use super::recommend::tag::{self, Tag};
use super::views::page::{Flash, Tone};
use crate::ids::ProductId;
use crate::logins;
use crate::punchout;
use crate::stores::Site;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponseBuilder, web};
use crm::CustomerId;
use kernel::clock::Time;
use kernel::token::{self, Signer};
use kernel::web::i18n::{Language, Spoken};
use kernel::{Conn, Error, Result};
use std::cell::RefCell;
use std::future::{Ready, ready};
use std::sync::Arc;

/// A random number that holds the cart and guards forms; nothing else is known of an anonymous visitor.
const VISITOR: &str = "visitor";
const SESSION: &str = "session";
const FLASH: &str = "flash";
/// The secret of whoever shops for their procurement system.
const PUNCHOUT: &str = "punchout";
/// The cookie of a wish that is kept until an order is placed: to be written to about news.
const WISH: &str = "wish";
/// The units in the cart, signed, for a minute: so that a page of the catalogue needs no database to show them.
const UNITS: &str = "units";
const UNITS_SECONDS: i64 = 60;
/// The products looked at last, the newest first. Only the browser keeps them.
const VIEWED: &str = "viewed";
/// The secret of the trail of a visitor who allowed to be recognised, or [`REFUSED`].
const TRAIL: &str = "trail";
const REFUSED: &str = "no";
const CHOICE_DAYS: i64 = 180;
const MOST_VIEWED: usize = 12;

/// Whether the visitor lets the shop recognise this browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// They were not asked, or did not answer.
    Open,
    Refused,
    /// The secret of the trail.
    Allowed(String),
}

/// One request's visitor.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The store whose host was asked.
    pub site: Arc<Site>,
    pub language: Language,
    /// The path without the language, such as `/products/mug`.
    pub path: String,
    /// The raw query string, without what a link of a shelf says of itself.
    pub query: String,
    /// The secret of the visitor's cookie. New when the browser sent none.
    pub visitor: String,
    /// Whether the browser sent the visitor cookie.
    pub known: bool,
    pub session: Option<String>,
    /// The secret of a punch-out.
    pub punchout: Option<String>,
    /// The products looked at before, the last first.
    pub viewed: Vec<ProductId>,
    pub choice: Choice,
    /// The shelf whose link led here.
    pub tag: Option<Tag>,
    /// The raw text of what was clicked in shelves before.
    led: String,
    /// The token forms carry; it proves that the form came from a page of ours.
    pub csrf: String,
    pub flash: Vec<Flash>,
    pub user_agent: String,
    /// The address requests are counted by.
    pub client: String,
    /// The wish the browser sent back, as it was signed.
    wish: String,
    /// The units in the cart as the browser remembers them, as they were signed.
    units: String,
    /// Whether the request may change something.
    changes: bool,
    /// Cookies to set with the answer.
    outgoing: RefCell<Vec<Cookie<'static>>>,
}

impl Visit {
    /// The visit of a request to a store.
    pub fn of(request: &HttpRequest, signer: &Signer, site: Arc<Site>) -> Visit {
        let (language, path) = site.read(request.path());
        let sent =
            |name: &str| request.cookie(name).map(|cookie| cookie.value().to_string()).filter(|value| (16..=128).contains(&value.len()));
        let known = sent(VISITOR);
        let visitor = known.clone().unwrap_or_else(token::random);
        let (tag, query) = tag::take(request.query_string());
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_string();
        Visit {
            language,
            path: path.to_string(),
            site: site.clone(),
            query,
            csrf: signer.sign("csrf", &visitor),
            known: known.is_some(),
            visitor,
            session: sent(SESSION),
            punchout: sent(PUNCHOUT),
            viewed: request.cookie(VIEWED).map(|cookie| read_viewed(cookie.value())).unwrap_or_default(),
            choice: match (sent(TRAIL), request.cookie(TRAIL)) {
                (Some(secret), _) => Choice::Allowed(secret),
                (None, Some(cookie)) if cookie.value() == REFUSED => Choice::Refused,
                _ => Choice::Open,
            },
            tag,
            led: request.cookie(led::NAME).map(|cookie| cookie.value().to_string()).unwrap_or_default(),
            flash: request.cookie(FLASH).map(|cookie| read_flash(cookie.value(), signer)).unwrap_or_default(),
            user_agent: header("user-agent"),
            client: client(request),
            wish: request.cookie(WISH).map(|cookie| cookie.value().to_string()).unwrap_or_default(),
            units: request.cookie(UNITS).map(|cookie| cookie.value().to_string()).unwrap_or_default(),
            changes: !request.method().is_safe(),
            outgoing: RefCell::default(),
        }
    }

    /// The language as the store speaks it, for addresses and templates.
    pub fn spoken(&self) -> Spoken {
        self.site.spoken(self.language)
    }

    /// Whether `token` came with a form that a page of ours gave to this very visitor.
    pub fn proves(&self, signer: &Signer, token: &str) -> bool {
        self.known && signer.verify("csrf", &self.visitor, token)
    }

    /// The customer who is signed in.
    pub fn customer(&self, conn: &mut Conn, now: Time) -> Result<Option<CustomerId>> {
        self.session.as_deref().map_or(Ok(None), |session| logins::session(conn, session, now))
    }

    /// The login that they signed in with: their own, or that of somebody whom staff merged into them.
    pub fn login(&self, conn: &mut Conn, now: Time) -> Result<CustomerId> {
        let login = self.session.as_deref().map_or(Ok(None), |session| logins::login_of(conn, session, now))?;
        login.ok_or(Error::Unauthorised)
    }

    /// The customer who is signed in, or `Unauthorised`.
    pub fn signed_in(&self, conn: &mut Conn, now: Time) -> Result<CustomerId> {
        self.customer(conn, now)?.ok_or(Error::Unauthorised)
    }

    /// Shows a message (a text key or a sentence) on the next page.
    pub fn say(&self, signer: &Signer, kind: Tone, text: &str) {
        let word = match kind {
            Tone::Success => "success",
            Tone::Info => "info",
            Tone::Warning => "warning",
            Tone::Error => "error",
        };
        let body = token::encode(&format!("{word}:{text}"));
        let signature = signer.sign("flash", &body);
        self.outgoing.borrow_mut().push(Cookie::new(FLASH, format!("{signature}.{body}")));
    }

    /// The secret of the trail of whoever allowed it.
    pub fn trail(&self) -> Option<&str> {
        match &self.choice {
            Choice::Allowed(secret) => Some(secret),
            Choice::Open | Choice::Refused => None,
        }
    }

    /// Recognises the browser from now on, by a trail that is its own; one that allowed it before keeps its trail. Answers the secret.
    pub fn allow(&self) -> String {
        let secret = self.trail().map_or_else(token::random, ToString::to_string);
        self.choose(&secret);
        secret
    }

    /// Forgets the trail, and what was looked at.
    pub fn refuse(&self) {
        self.choose(REFUSED);
        let mut viewed = Cookie::new(VIEWED, "");
        viewed.make_removal();
        self.outgoing.borrow_mut().push(viewed);
    }

    /// Follows the trail of this secret from now on; `None` changes nothing.
    pub fn keep_trail(&self, secret: Option<String>) {
        if let Some(secret) = secret {
            self.choose(&secret);
        }
    }

    /// Begins another trail for whoever allowed one: somebody else is at this browser. Answers its secret.
    pub fn another_trail(&self) -> Option<String> {
        self.trail()?;
        let secret = token::random();
        self.choose(&secret);
        Some(secret)
    }

    fn choose(&self, value: &str) {
        let mut cookie = Cookie::new(TRAIL, value.to_string());
        cookie.set_max_age(Duration::days(CHOICE_DAYS));
        self.outgoing.borrow_mut().push(cookie);
    }

    /// Lets the browser remember that this product was looked at, if its visitor allows it.
    pub fn saw(&self, product: ProductId) {
        if self.trail().is_none() {
            return;
        }
        let ids = std::iter::once(product).chain(self.viewed.iter().copied().filter(|id| *id != product));
        let ids: Vec<String> = ids.take(MOST_VIEWED).map(|id| id.to_string()).collect();
        let mut cookie = Cookie::new(VIEWED, ids.join("."));
        cookie.set_max_age(Duration::days(90));
        self.outgoing.borrow_mut().push(cookie);
    }

    /// Remembers a session in the browser.
    pub fn sign_in(&self, session: &str) {
        let mut cookie = Cookie::new(SESSION, session.to_string());
        cookie.set_max_age(Duration::days(logins::SESSION_DAYS));
        self.outgoing.borrow_mut().push(cookie);
    }

    /// Lets the browser shop for its person's procurement system; `None` ends that.
    pub fn punch_out(&self, secret: Option<&str>) {
        let mut cookie = Cookie::new(PUNCHOUT, secret.unwrap_or_default().to_string());
        cookie.set_max_age(secret.map_or(Duration::ZERO, |_| Duration::hours(punchout::HOURS)));
        self.outgoing.borrow_mut().push(cookie);
    }

    /// Gives the browser another visitor secret: at sign-in and sign-out, so that what guarded the old one guards nothing new.
    pub fn renew(&self) -> String {
        let fresh = token::random();
        self.set_visitor(&fresh);
        fresh
    }

    /// Remembers in the browser that whoever has the address `about` ticked a box, until the order that makes it count. `None` forgets it.
    pub fn keep_wish(&self, signer: &Signer, about: Option<&str>) {
        let mut cookie = Cookie::new(WISH, about.map(|about| signer.sign(WISH, about)).unwrap_or_default());
        if about.is_none() {
            cookie.make_removal();
        }
        self.outgoing.borrow_mut().push(cookie);
    }

    /// Whether the box was ticked by whoever has the address `about`.
    pub fn wish(&self, signer: &Signer, about: &str) -> bool {
        signer.verify(WISH, about, &self.wish)
    }

    /// Lets the browser remember how many units lie in the cart, until its next form is sent or a minute has passed: a cart that
    /// changes elsewhere, on the customer's other device, is noticed then.
    pub fn keep_units(&self, signer: &Signer, units: u32, now: Time) {
        let until = now.and_utc().timestamp() + UNITS_SECONDS;
        let signature = signer.sign(UNITS, &signed_units(&self.visitor, units, until));
        let mut cookie = Cookie::new(UNITS, format!("{units}.{until}.{signature}"));
        cookie.set_max_age(Duration::seconds(UNITS_SECONDS));
        self.outgoing.borrow_mut().push(cookie);
    }

    /// What [`Visit::keep_units`] left with this very visitor.
    pub fn units(&self, signer: &Signer, now: Time) -> Option<u32> {
        let mut parts = self.units.splitn(3, '.');
        let (units, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let fresh = now.and_utc().timestamp() < until;
        (fresh && signer.verify(UNITS, &signed_units(&self.visitor, units, until), parts.next()?)).then_some(units)
    }

    pub fn sign_out(&self) {
        let mut cookie = Cookie::new(SESSION, "");
        cookie.make_removal();
        self.outgoing.borrow_mut().push(cookie);
    }

    fn set_visitor(&self, secret: &str) {
        let mut cookie = Cookie::new(VISITOR, secret.to_string());
        cookie.set_max_age(Duration::days(90));
        let mut outgoing = self.outgoing.borrow_mut();
        outgoing.retain(|other| other.name() != VISITOR);
        outgoing.push(cookie);
    }

    /// Adds the visit's cookies to an answer.
    pub fn keep(&self, answer: &mut HttpResponseBuilder, secure: bool) {
        if !self.known && !self.outgoing.borrow().iter().any(|cookie| cookie.name() == VISITOR) {
            self.set_visitor(&self.visitor);
        }
        let mut cookies = self.outgoing.borrow_mut().drain(..).collect::<Vec<_>>();
        if self.changes && !self.units.is_empty() {
            let mut units = Cookie::new(UNITS, "");
            units.make_removal();
            cookies.push(units);
        }
        if !self.flash.is_empty() && !cookies.iter().any(|cookie| cookie.name() == FLASH) {
            let mut shown = Cookie::new(FLASH, "");
            shown.make_removal();
            cookies.push(shown);
        }
        for mut cookie in cookies {
            cookie.set_path("/");
            cookie.set_http_only(true);
            cookie.set_same_site(SameSite::Lax);
            cookie.set_secure(secure);
            answer.cookie(cookie);
        }
    }
}

/// The peer's address, or what a trusted proxy says it is.
fn client(request: &HttpRequest) -> String {
    let trusted = request.app_data::<web::Data<Door>>().is_some_and(|door| door.config.trusted_proxy);
    let info = request.connection_info();
    let address = if trusted { info.realip_remote_addr() } else { info.peer_addr() };
    address.unwrap_or("unknown").to_string()
}

fn signed_units(visitor: &str, units: u32, until: i64) -> String {
    format!("{units}.{until}.{visitor}")
}

/// Whatever the browser sends: at most so many ids, each once.
fn read_viewed(value: &str) -> Vec<ProductId> {
    let mut ids: Vec<ProductId> = Vec::new();
    for id in value.split('.').filter_map(|id| id.parse().ok()).take(MOST_VIEWED) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn read_flash(value: &str, signer: &Signer) -> Vec<Flash> {
    let signed = value.split_once('.').filter(|(signature, body)| signer.verify("flash", body, signature));
    let Some(text) = signed.and_then(|(_, body)| token::decode(body)) else { return Vec::new() };
    let (kind, text) = match text.split_once(':') {
        Some(("success", text)) => (Tone::Success, text),
        Some(("warning", text)) => (Tone::Warning, text),
        Some(("error", text)) => (Tone::Error, text),
        Some((_, text)) => (Tone::Info, text),
        None => return Vec::new(),
    };
    vec![Flash { kind, text: text.to_string() }]
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Visit, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let door = request.app_data::<web::Data<Door>>();
        let visit = door.map(|door| door.visit(request)).ok_or_else(|| Error::unexpected("the shop's door is not set up"));
        // An address that names a language it should not is sent on by the error page.
        ready(visit.and_then(|visit| if visit.site.straight(request.path()).is_some() { Err(Error::NotFound) } else { Ok(visit) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn units_are_believed_of_their_own_visitor_for_a_minute_and_until_a_form_is_sent() {
        let signer = Signer::new(token::Secret::new("a secret of this test"));
        let now = chrono::DateTime::from_timestamp(1_000_000, 0).expect("a time").naive_utc();
        let ann = |cookies: &[(&str, &str)], posts: bool| {
            let request = if posts { TestRequest::post() } else { TestRequest::get() };
            let request = cookies.iter().fold(request, |request, (name, value)| request.cookie(Cookie::new(*name, *value)));
            Visit::of(&request.to_http_request(), &signer, Arc::new(Site::main("http://shop.test")))
        };
        let visitor = "a-visitor-of-the-shop";
        let first = ann(&[("visitor", visitor)], false);
        assert_eq!(first.units(&signer, now), None);
        first.keep_units(&signer, 3, now);
        let kept = first.outgoing.borrow()[0].value().to_string();
        let second = ann(&[("visitor", visitor), ("units", &kept)], false);
        assert_eq!(second.units(&signer, now), Some(3));
        assert_eq!(second.units(&signer, now + chrono::TimeDelta::seconds(UNITS_SECONDS)), None);
        assert_eq!(ann(&[("visitor", "another-visitor-here"), ("units", &kept)], false).units(&signer, now), None);
        let forged = kept.replacen('3', "4", 1);
        assert_eq!(ann(&[("visitor", visitor), ("units", &forged)], false).units(&signer, now), None);

        let mut answer = actix_web::HttpResponse::SeeOther();
        ann(&[("visitor", visitor), ("units", &kept)], true).keep(&mut answer, false);
        let forgets = answer.finish().cookies().any(|cookie| cookie.name() == "units" && cookie.value().is_empty());
        assert!(forgets, "a form may have changed the cart");
    }
}
