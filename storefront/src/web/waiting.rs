//! Asking to be told when something that is sold out comes back.

use super::door::Door;
use super::posted::Posted;
use super::views::form::{self, Form};
use super::views::page::{Page, Tone};
use super::views::waiting::WaitingView;
use super::visit::Visit;
use super::words::Words;
use super::{frame, ordering, shown};
use crate::catalog::{self, VariantForSale};
use crate::ids::VariantId;
use crate::waiting;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::email::Email;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/products/{slug}/waiting").get(show).post(ask));
}

/// The page's path for a variant.
pub(super) fn path(slug: &str, variant: VariantId) -> String {
    format!("/products/{slug}/waiting?variant={variant}")
}

fn variant(visit: &Visit) -> Result<VariantId> {
    let asked = form_urlencoded::parse(visit.query.as_bytes()).find(|(name, _)| name == "variant");
    asked.and_then(|(_, value)| value.parse().ok()).map(VariantId).ok_or(Error::NotFound)
}

/// What is sold of a variant to this visitor; `None` when it is not.
fn theirs(conn: &mut Conn, visit: &Visit, variant: VariantId, now: Time) -> Result<Option<VariantForSale>> {
    let sold = ordering::shop(conn, visit, now)?.assortment();
    let found = catalog::for_sale(conn, &sold, &[variant], visit.language.code())?;
    Ok(found.into_iter().find(|found| found.for_sale))
}

async fn show(door: web::Data<Door>, visit: Visit, slug: web::Path<String>) -> Result<HttpResponse> {
    render(&door, &visit, &slug, StatusCode::OK, None).await
}

async fn render(door: &Door, visit: &Visit, slug: &str, status: StatusCode, refused: Option<Form>) -> Result<HttpResponse> {
    let (variant, words) = (variant(visit)?, Words::of(&door.templates, visit.language)?);
    let (seen, slug) = (visit.clone(), slug.to_string());
    let (mut page, view) = door
        .read(move |conn, now| {
            let page = frame::load(conn, &seen, now)?;
            let found = theirs(conn, &seen, variant, now)?;
            let found = found.filter(|found| found.slug == slug).ok_or(Error::NotFound)?;
            let own = match seen.customer(conn, now)? {
                Some(customer) => crm::customers::get(conn, customer)?.email,
                None => String::new(),
            };
            let form = refused.unwrap_or_else(|| Form::new(form::WAITING).fill("email", own));
            let view = WaitingView {
                to: path(&slug, variant),
                product: format!("/products/{slug}"),
                there: found.limit() != Some(0),
                variant: shown::some(&found.options),
                title: found.title,
                form,
            };
            Ok((page, view))
        })
        .await?;
    page.title = words.get("waiting-title");
    page.noindex = true;
    page.alternates = frame::alternates(&visit.site, &view.to, visit.language);
    door.render_as(status, visit, "storefront/waiting.html", &Page { page, view })
}

async fn ask(door: web::Data<Door>, visit: Visit, slug: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let variant = variant(&visit)?;
    door.limits.checkout.check(&visit.client)?;
    let (store, language, seen) = (visit.site.id, visit.language.code(), visit.clone());
    let asked = match Email::parse(posted.get("email"), "email") {
        Ok(email) => {
            door.write(move |conn, now| {
                theirs(conn, &seen, variant, now)?.ok_or(Error::NotFound)?;
                waiting::ask(conn, store, variant, &email, language, now)
            })
            .await
        }
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => visit.say(&door.signer, Tone::Success, "waiting-asked"),
        Err(Error::Conflict(key)) => visit.say(&door.signer, Tone::Info, &key),
        Err(Error::Invalid(wrong)) => {
            let refused = Form::new(form::WAITING).typed(posted.pairs()).refuse(form::WAITING, &wrong);
            return render(&door, &visit, &slug, StatusCode::UNPROCESSABLE_ENTITY, Some(refused)).await;
        }
        Err(error) => return Err(error),
    }
    Ok(door.go(&visit, &format!("/products/{slug}")))
}
