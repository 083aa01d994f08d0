//! A posted form: read, and proven to come from a page of ours.

use super::door::Door;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use kernel::{Error, Result};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

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

impl FromRequest for Posted {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Posted, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let form = web::Form::<Vec<(String, String)>>::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move {
            let pairs = form.await.map_err(|_| Error::field("form", "form-unreadable"))?.into_inner();
            let fields: BTreeMap<String, String> = pairs.into_iter().map(|(name, value)| (name, value.replace('\0', ""))).collect();
            let door = request.app_data::<web::Data<Door>>().ok_or_else(|| Error::unexpected("the shop's door is not set up"))?;
            let visit = door.visit(&request);
            if !visit.proves(&door.signer, fields.get("csrf").map_or("", String::as_str)) {
                return Err(Error::conflict("form-expired"));
            }
            Ok(Posted(fields))
        })
    }
}
