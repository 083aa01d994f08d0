//! Third step: how to pay.

use super::{Stage, Step, drawn, methods, stage, stored};
use crate::carts;
use crate::company_accounts::{self, ACCOUNT};
use crate::web::door::Door;
use crate::web::posted::Posted;
use crate::web::views::checkout::PaymentView;
use crate::web::views::form::{self, Form};
use crate::web::views::page::Page;
use crate::web::visit::Visit;
use crate::web::{basket, shown};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use kernel::Result;
use kernel::error::Fields;
use kernel::money::Money;

pub async fn show(door: web::Data<Door>, visit: Visit) -> Result<HttpResponse> {
    let stage = stage!(&door, &visit, Step::Payment);
    render(&door, &visit, StatusCode::OK, stage, Form::new(form::PAYMENT), Form::new(form::GIFT_CARD)).await
}

/// The page; `code` is the form of a gift card.
pub(super) async fn render(door: &Door, visit: &Visit, status: StatusCode, stage: Stage, form: Form, code: Form) -> Result<HttpResponse> {
    let done = stage.done(Step::Payment)?;
    let stored = stored::view(door, &stage, code).await?;
    let offered = stage.offered(door);
    let Stage { page, quote, words, summary, account, .. } = stage;
    let mut methods = methods::views(&offered, &quote.cart.payment_method, &words);
    if let Some(account) = account {
        let left = words.money(Money::new(account.left(), quote.currency));
        let days = account.net_days.to_string();
        let mut text = words.with("payment-text-account", &[("left", &left), ("days", &days)])?;
        let (deposit, _) = company_accounts::deposit_figures(account.deposit_bp, quote.due(), 0);
        if deposit > 0 {
            let (amount, days) = (words.money(Money::new(deposit, quote.currency)), account.deposit_days.to_string());
            let key = if account.deposit_days == 0 { "payment-deposit-at-once" } else { "payment-deposit-within" };
            text = format!("{text} {}", words.with(key, &[("amount", &amount), ("days", &days)])?);
        }
        methods.iter_mut().filter(|method| method.value == ACCOUNT).for_each(|method| method.text = Some(text.clone()));
    }
    let notices = shown::cart_notices(&quote, &words)?;
    let view = PaymentView { form, stored, methods, done, notices, summary };
    drawn(door, quote, door.render_as(status, visit, "storefront/checkout/payment.html", &Page { page, view })).await
}

pub async fn save(door: web::Data<Door>, visit: Visit, form: Posted) -> Result<HttpResponse> {
    door.limits.checkout.check(&visit.client)?;
    let stage = stage!(&door, &visit, Step::Payment);
    let method = form.get("method").to_string();
    let unknown = !stage.offered(&door).contains(&method.as_str());
    let beyond = stage.account.as_ref().filter(|_| method == ACCOUNT && stage.beyond());
    if unknown || beyond.is_some() {
        let mut wrong = Fields::default();
        match beyond {
            Some(account) => wrong.add("method", company_accounts::beyond(account, stage.quote.due())?),
            None => wrong.add("method", "payment-choose"),
        }
        let refused = Form::new(form::PAYMENT).refuse(form::PAYMENT, &wrong);
        return render(&door, &visit, StatusCode::UNPROCESSABLE_ENTITY, stage, refused, Form::new(form::GIFT_CARD)).await;
    }
    let seen = visit.clone();
    door.write(move |conn, now| {
        let cart = basket::existing(conn, &seen, now)?;
        carts::set_payment_method(conn, cart, &method, now)
    })
    .await?;
    Ok(door.go(&visit, "/checkout/review"))
}
