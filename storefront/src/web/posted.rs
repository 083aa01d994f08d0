//! A posted form: read, and proven to come from a page of ours.

use super::door::Door;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::StreamExt;
use kernel::{Error, Result};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use url::form_urlencoded;

/// The bytes that a form may have, as application data of a scope; [`FORM`] without.
#[derive(Clone, Copy, Debug)]
pub struct Limit(pub usize);

/// Bytes of a form of a shopper.
const FORM: usize = 256 * 1024;
/// Bytes of a form that are read before the connection is given up.
const DRAINED: usize = 32 << 20;

/// The fields of a form, as typed, after its `csrf` token was checked. A field sent twice keeps the last value.
#[derive(Clone, Debug, Default)]
pub struct Posted(BTreeMap<String, String>);

impl Posted {
    /// The value of a field; empty when it was not sent. NUL never gets further than here.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Whether a checkbox was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.get(name) == "on"
    }

    /// A whole number. `Invalid` with `message` for anything else.
    pub fn number(&self, name: &str, message: &str) -> Result<i64> {
        self.get(name).trim().parse().map_err(|_| Error::field(name, message))
    }

    /// The steps of a quantity. The page says in how many decimals it is typed (`places-NAME`, [`crate::units::typed`]).
    pub fn steps(&self, name: &str) -> Option<i64> {
        crate::units::typed(self.get(name), self.get(&format!("places-{name}")))
    }

    /// The text key for what is no such quantity.
    pub fn no_steps(&self, name: &str) -> &'static str {
        let counted = self.get(&format!("places-{name}")).is_empty();
        if counted { "admin-number-invalid" } else { "quantity-measure-invalid" }
    }

    /// An id from a hidden field; a made-up one is `NotFound`.
    pub fn id<T: std::str::FromStr>(&self, name: &str) -> Result<T> {
        self.get(name).parse().map_err(|_| Error::NotFound)
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Posted {
    /// Fields that were proven before.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Posted {
        Posted(pairs.into_iter().collect())
    }
}

/// The bytes of a form, up to `limit`. `Invalid` for what is no form and for more than that; what comes beyond is read all the same, up to
/// [`DRAINED`], since a browser that still sends sees no answer.
async fn read(request: &HttpRequest, mut payload: Payload, limit: usize) -> Result<Vec<u8>> {
    let kind = request.content_type();
    // Without fields a script may leave the type out.
    if !kind.is_empty() && !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Error::field("form", "form-unreadable"));
    }
    let (mut bytes, mut seen) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Error::field("form", "form-unreadable"))?;
        seen += chunk.len();
        if seen <= limit {
            bytes.extend_from_slice(&chunk);
        } else if seen > DRAINED {
            break;
        }
    }
    if seen > limit { Err(Error::field("form", "form-too-large")) } else { Ok(bytes) }
}

impl FromRequest for Posted {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Posted, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let limit = request.app_data::<Limit>().map_or(FORM, |limit| limit.0);
            let bytes = read(&request, payload, limit).await?;
            let pairs = form_urlencoded::parse(&bytes);
            let fields: BTreeMap<String, String> = pairs.map(|(name, value)| (name.into_owned(), value.replace('\0', ""))).collect();
            let door = request.app_data::<web::Data<Door>>().ok_or_else(|| Error::unexpected("the shop's door is not set up"))?;
            let visit = door.visit(&request);
            if !visit.proves(&door.signer, fields.get("csrf").map_or("", String::as_str)) {
                return Err(Error::conflict("form-expired"));
            }
            Ok(Posted(fields))
        })
    }
}
