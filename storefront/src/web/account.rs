//! The customer's account: getting in, and what is theirs.

mod addresses;
mod approval_rules;
mod approvals;
mod company;
mod credit;
mod home;
mod lists;
mod offers;
mod password;
mod personal;
mod preferences;
mod profile;
mod quotes;
mod register;
mod seat;
mod sign_in;
mod statement;
mod verify;
mod wish_list;

pub(in crate::web) use home::last as last_orders;

use super::door::Door;
use super::frame;
use super::views::page::{Page, PageView};
use super::visit::Visit;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::CustomerId;
use kernel::clock::Time;
use kernel::{Conn, Error, Result};
use serde::Serialize;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/account", web::get().to(home::overview))
        .route("/account/orders", web::get().to(home::orders))
        .route("/account/orders/{number}", web::get().to(home::order))
        .route("/account/store-credit", web::get().to(credit::show))
        .route("/account/company/statement", web::get().to(statement::show))
        .route("/account/company/statement.csv", web::get().to(statement::csv))
        .route("/account/register", web::get().to(register::show))
        .route("/account/register", web::post().to(register::register))
        .route("/account/verify", web::get().to(verify::show))
        .route("/account/verify", web::post().to(verify::verify))
        .route("/account/verify/send", web::post().to(verify::send))
        .route("/account/sign-in", web::get().to(sign_in::show))
        .route("/account/sign-in", web::post().to(sign_in::sign_in))
        .route("/account/sign-out", web::post().to(sign_in::sign_out))
        .route("/account/forgot", web::get().to(password::show_forgot))
        .route("/account/forgot", web::post().to(password::forgot))
        .route("/account/reset", web::get().to(password::show_reset))
        .route("/account/reset", web::post().to(password::reset))
        .route("/account/wish-list", web::get().to(wish_list::show))
        .route("/account/wish-list", web::post().to(super::wish_list::change))
        .route("/account/lists", web::get().to(lists::index))
        .route("/account/lists", web::post().to(lists::create))
        .route("/account/lists/{id}", web::get().to(lists::show))
        .route("/account/lists/{id}", web::post().to(lists::act))
        .route("/account/lists/{id}/list.csv", web::get().to(lists::export))
        .route("/account/quotes", web::get().to(quotes::index))
        .route("/account/quotes", web::post().to(quotes::ask))
        .route("/account/quotes/{quote}", web::get().to(quotes::show))
        .route("/account/quotes/{quote}", web::post().to(quotes::act))
        .route("/account/quotes/{quote}/quote.pdf", web::get().to(quotes::print))
        .route("/account/quotes/{quote}/files/{file}", web::get().to(quotes::file))
        .route("/account/addresses", web::get().to(addresses::list))
        .route("/account/addresses", web::post().to(addresses::add))
        .route("/account/addresses/new", web::get().to(addresses::new))
        .route("/account/addresses/{id}", web::get().to(addresses::edit))
        .route("/account/addresses/{id}", web::post().to(addresses::update))
        .route("/account/addresses/{id}/remove", web::post().to(addresses::remove))
        .route("/account/company/approvals", web::get().to(approvals::list))
        .route("/account/company/approvals/{approval}", web::get().to(approvals::show))
        .route("/account/company/approvals/{approval}/vote", web::post().to(approvals::vote))
        .route("/account/company/approvals/{approval}/withdraw", web::post().to(approvals::withdraw))
        .route("/account/company/delegate", web::post().to(approvals::delegate))
        .route("/account/company/approval-rules", web::get().to(approval_rules::list))
        .route("/account/company/approval-rules/new", web::get().to(approval_rules::new))
        .route("/account/company/approval-rules/new", web::post().to(approval_rules::create))
        .route("/account/company/approval-rules/{rule}", web::get().to(approval_rules::edit))
        .route("/account/company/approval-rules/{rule}", web::post().to(approval_rules::update))
        .route("/account/company/approval-rules/{rule}/remove", web::post().to(approval_rules::remove))
        .route("/account/company/budgets/new", web::get().to(approval_rules::new_budget))
        .route("/account/company/budgets/new", web::post().to(approval_rules::create_budget))
        .route("/account/company/budgets/{budget}", web::get().to(approval_rules::edit_budget))
        .route("/account/company/budgets/{budget}", web::post().to(approval_rules::update_budget))
        .route("/account/offers", web::get().to(offers::index))
        .route("/account/preferences", web::get().to(preferences::show))
        .route("/account/preferences", web::post().to(preferences::save))
        .route("/account/preferences/data", web::get().to(personal::show))
        .route("/account/preferences/data.json", web::get().to(personal::download))
        .route("/account/preferences/erase", web::get().to(personal::erase_form))
        .route("/account/preferences/erase", web::post().to(personal::erase))
        .route("/account/profile", web::get().to(profile::show))
        .route("/account/profile", web::post().to(profile::save))
        .configure(company::routes);
}

/// Draws a page of the account; `title` is a text key.
async fn draw<V: Serialize>(door: &Door, visit: &Visit, status: StatusCode, template: &str, title: &str, view: V) -> Result<HttpResponse> {
    let seen = visit.clone();
    let page = door.read(move |conn, now| frame::load(conn, &seen, now)).await?;
    draw_in(door, visit, status, template, title, page, view)
}

/// [`draw`] with a frame that was loaded with the view.
pub(super) fn draw_in<V: Serialize>(
    door: &Door,
    visit: &Visit,
    status: StatusCode,
    template: &str,
    title: &str,
    mut page: PageView,
    view: V,
) -> Result<HttpResponse> {
    page.title = door.templates.text(visit.language, title)?;
    page.noindex = true;
    let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
    // The language switch of a refused form leads to the form's page; a token in the address goes along.
    page.alternates = frame::alternates(&visit.site, &format!("{}{query}", visit.path), visit.language);
    door.render_as(status, visit, &format!("storefront/account/{template}.html"), &Page { page, view })
}

/// Runs `f` for the customer who is signed in; sends everybody else to sign in and then back here.
pub(super) async fn theirs<T: Send + 'static>(
    door: &Door,
    visit: &Visit,
    f: impl FnOnce(&mut Conn, CustomerId, Time) -> Result<T> + Send + 'static,
) -> Result<Result<T, HttpResponse>> {
    let seen = visit.clone();
    let read = door.read(move |conn, now| {
        let customer = seen.signed_in(conn, now)?;
        f(conn, customer, now)
    });
    match read.await {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Unauthorised) => {
            let query = if visit.query.is_empty() { String::new() } else { format!("?{}", visit.query) };
            let back: String = url::form_urlencoded::byte_serialize(format!("{}{query}", visit.path).as_bytes()).collect();
            Ok(Err(door.go(visit, &format!("/account/sign-in?next={back}"))))
        }
        Err(error) => Err(error),
    }
}

/// Unwraps [`theirs`] in a handler.
macro_rules! or_sign_in {
    ($result:expr) => {
        match $result.await? {
            Ok(value) => value,
            Err(elsewhere) => return Ok(elsewhere),
        }
    };
}
pub(super) use or_sign_in;

/// Runs argon2 off the async threads: it takes tens of milliseconds and nineteen megabytes on purpose.
async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    web::block(f).await.map_err(|error| Error::unexpected(format!("hashing: {error}")))
}

/// Where to go after signing in: an address of this shop without its language, never another site's.
fn local(next: &str) -> &str {
    local_or(next, "/account")
}

/// [`local`] with another place for what is no address of this shop.
pub(super) fn local_or<'a>(next: &'a str, otherwise: &'a str) -> &'a str {
    let fine = next.starts_with('/') && !next.starts_with("//") && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if fine && next.len() <= 500 { next } else { otherwise }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_local_addresses_follow_a_sign_in() {
        assert_eq!(local("/checkout"), "/checkout");
        assert_eq!(local("/account/orders?before=4"), "/account/orders?before=4");
        for evil in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x", "javascript:alert(1)", "/ä"] {
            assert_eq!(local(evil), "/account", "{evil}");
        }
    }
}
