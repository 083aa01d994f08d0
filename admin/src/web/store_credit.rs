//! Store credit: who has some, one customer's ledger, granting and taking.

use super::choice;
use super::desk::{Desk, ROWS, refusal};
use super::forms::Reader;
use super::gift_cards::order_of;
use super::ticket_money::allowance;
use crate::staff;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use crm::email::Email;
use crm::{CustomerId, customers, identities};
use kernel::money::Money;
use kernel::{Error, Result, token};
use serde_json::{Value, json};
use storefront::ids::CreditBalanceId;
use storefront::web::posted::Posted;
use storefront::web::views::form::Form;
use storefront::{logins, service, store_credit};

const GRANT: &[&str] = &["email", "amount", "reason", "key"];
const ADJUST: &[&str] = &["amount", "reason", "key"];

fn address(id: CustomerId) -> String {
    format!("/admin/store-credit/{id}")
}

pub async fn list(desk: Desk) -> Result<HttpResponse> {
    show_list(&desk, StatusCode::OK, Form::new(GRANT).fill("key", token::random())).await
}

async fn show_list(desk: &Desk, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let before = desk.after().map(CreditBalanceId);
    let (currency, of) = choice::currency(desk).await?;
    let (rows, last) = desk
        .read(move |conn| {
            let found = store_credit::list(conn, before, ROWS)?;
            let mut rows = Vec::with_capacity(found.len());
            for one in &found {
                let customer = customers::get(conn, one.customer_id)?;
                rows.push(json!({ "customer": one.customer_id, "email": customer.email, "name": customer.name, "balance": one.money()? }));
            }
            Ok((rows, found.last().map(|one| one.id.0)))
        })
        .await?;
    let next = desk.next(rows.len(), last);
    let view = json!({ "rows": rows, "next": next, "form": form, "currency": currency, "of": of });
    desk.page_as(status, "admin/store_credits.html", "admin-store-credit", view)
}

/// Grants credit to the customer of an address.
pub async fn grant(desk: Desk, posted: Posted) -> Result<HttpResponse> {
    let typed = posted.get("email").to_string();
    let customer = desk.read(move |conn| match customers::find_by_email(conn, &Email::parse(&typed, "email")?)? {
        Some(customer) => Ok(customer.id),
        None => Err(Error::field("email", "admin-customer-unknown")),
    });
    let done = match customer.await {
        Ok(customer) => change(&desk, customer, &posted).await.map(|()| customer),
        Err(error) => Err(error),
    };
    match done {
        Ok(customer) => Ok(desk.done(&address(customer), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            show_list(&desk, status, Form::new(GRANT).typed(posted.pairs()).refuse(GRANT, &wrong)).await
        }
    }
}

async fn change(desk: &Desk, customer: CustomerId, posted: &Posted) -> Result<()> {
    if !(16..=64).contains(&posted.get("key").len()) {
        return Err(Error::NotFound);
    }
    let (currency, _) = choice::currency(desk).await?;
    let mut reader = Reader::new(posted, currency);
    let (amount, reason, key) = (Money::new(reader.amount("amount"), currency), reader.text("reason"), reader.text("key"));
    reader.check()?;
    let allowance = allowance(desk);
    desk.write(move |conn, act| {
        let before = store_credit::balance(conn, customer, currency)?;
        store_credit::adjust(conn, customer, amount, &reason, &key, &act.actor, act.now)?;
        let after = store_credit::balance(conn, customer, currency)?;
        // The same form again.
        if before == after {
            return Ok(());
        }
        service::give(conn, customer, amount, &act.actor, allowance, act.now)?;
        let before = json!({ "balance": before, "currency": currency });
        let after = json!({ "balance": after, "currency": currency, "reason": reason });
        act.log(conn, "store_credit.adjust", &format!("store_credit:{customer}"), &before, &after)
    })
    .await
}

pub async fn show(desk: Desk, id: web::Path<i64>) -> Result<HttpResponse> {
    let asked = CustomerId(*id);
    let standing = desk.read(move |conn| identities::standing(conn, asked)).await?;
    if standing != asked {
        return Ok(desk.door.go(&desk.visit, &address(standing)));
    }
    page(&desk, CustomerId(*id), StatusCode::OK, Form::new(ADJUST).fill("key", token::random())).await
}

async fn page(desk: &Desk, id: CustomerId, status: StatusCode, form: Form) -> Result<HttpResponse> {
    let before = desk.after();
    let (mut view, rows, last) = desk
        .read(move |conn| {
            let customer = customers::get(conn, id)?;
            let balances = store_credit::of_customer(conn, id)?.iter().map(|one| one.money()).collect::<Result<Vec<Money>>>()?;
            let found = store_credit::ledger(conn, id, before, ROWS)?;
            let names = staff::names(conn)?;
            let mut rows: Vec<Value> = Vec::with_capacity(found.len());
            for one in &found {
                rows.push(json!({ "kind": one.kind, "amount": one.money()?, "reason": one.reason, "at": one.created_at,
                    "actor": names.get(&one.actor).cloned().unwrap_or_default(), "order": order_of(conn, one.payment_id)? }));
            }
            let view = json!({ "id": id, "email": customer.email, "name": customer.name, "balances": balances,
                "registered": logins::proven(conn, id)? });
            Ok((view, rows, found.last().map(|one| one.id)))
        })
        .await?;
    view["next"] = json!(desk.next(rows.len(), last));
    view["entries"] = json!(rows);
    let (currency, of) = choice::currency(desk).await?;
    (view["form"], view["currency"], view["of"]) = (json!(form), json!(currency), json!(of));
    desk.page_as(status, "admin/store_credit.html", "admin-store-credit", view)
}

pub async fn adjust(desk: Desk, id: web::Path<i64>, posted: Posted) -> Result<HttpResponse> {
    let id = CustomerId(*id);
    desk.read(move |conn| customers::known(conn, id)).await?;
    match change(&desk, id, &posted).await {
        Ok(()) => Ok(desk.done(&address(id), "admin-saved")),
        Err(error) => {
            let (status, wrong) = refusal(error)?;
            page(&desk, id, status, Form::new(ADJUST).typed(posted.pairs()).refuse(ADJUST, &wrong)).await
        }
    }
}
