//! What there is to know of a company before somebody sells to it: who looks after it, what it bought, what it asks for and owes, and what
//! is hoped for.

use super::companies::{address, company_of};
use super::desk::Desk;
use super::sales::{email_query, people, rows};
use crate::permissions::Permission;
use crate::staff;
use actix_web::{HttpResponse, web};
use crm::companies::{self, May};
use crm::{CompanyId, CustomerId, sales, tickets};
use kernel::clock::Time;
use kernel::money::{Currency, Money};
use kernel::{Conn, Error, Result};
use serde_json::{Value, json};
use storefront::quotes::{self, Filter, State};
use storefront::sales::Period;
use storefront::web::posted::Posted;
use storefront::{company_accounts, company_plan, shop};

/// Years of turnover, days of goods, and rows of each kind.
const YEARS: i32 = 5;
const DAYS: u64 = 365;
const SHOWN: i64 = 50;

fn here(id: CompanyId) -> String {
    format!("{}/plan", address(id))
}

/// What of it somebody may see beside.
#[derive(Clone, Copy)]
struct Sight {
    money: bool,
    tickets: bool,
    quotes: bool,
}

pub async fn show(desk: Desk, path: web::Path<String>) -> Result<HttpResponse> {
    let (id, now) = (company_of(&path)?, desk.door.now());
    let sight = Sight {
        money: desk.may(Permission::ReceivablesView),
        tickets: desk.may(Permission::TicketsView),
        quotes: desk.may(Permission::QuotesView),
    };
    let view = desk.read(move |conn| load(conn, id, sight, now)).await?;
    desk.page("admin/company_plan.html", "admin-company-plan", view)
}

fn load(conn: &mut Conn, id: CompanyId, sight: Sight, now: Time) -> Result<Value> {
    let company = companies::get(conn, id)?;
    let (shop, all, owner) = (shop::get(conn)?, staff::list(conn)?, sales::owner(conn, id)?);
    let mut years = Vec::new();
    for one in company_plan::turnover(conn, &shop, id, YEARS, now)? {
        let currency = Currency::parse(&one.currency).ok_or_else(|| Error::unexpected(format!("orders have currency {}", one.currency)))?;
        years.push(json!({ "year": one.year.to_string(), "orders": one.orders, "total": Money::new(one.total, currency) }));
    }
    let period = Period::days(&shop, shop.local(now).date(), DAYS);
    let goods = company_plan::categories(conn, &shop, id, period)?;
    let sum: i64 = goods.iter().map(|(_, total)| total).sum();
    // Hundredths of a percent, as percentages are shown.
    let share = |total: i64| if sum > 0 { i64::try_from(i128::from(total) * 10_000 / i128::from(sum)).unwrap_or(0) } else { 0 };
    let goods: Vec<Value> = goods
        .iter()
        .map(|(name, total)| json!({ "name": name, "total": Money::new(*total, shop.currency), "share": share(*total) }))
        .collect();
    let members = companies::members(conn, id, None, SHOWN)?;
    let customers: Vec<CustomerId> = members.iter().map(|one| one.customer).collect();
    let asked: Vec<Value> = if sight.tickets {
        tickets::open_of(conn, &customers, SHOWN)?
            .iter()
            .map(|one| json!({ "number": one.number, "subject": one.subject, "status": one.status, "opened_at": one.opened_at }))
            .collect()
    } else {
        Vec::new()
    };
    let mut quoted = Vec::new();
    for state in [State::Asked, State::Offered].into_iter().filter(|_| sight.quotes) {
        let filter = Filter { state: Some(state), company: Some(id), customer: None };
        let found = quotes::list(conn, &filter, None, SHOWN)?;
        quoted.extend(
            found.iter().map(|one| json!({ "number": one.number(), "state": one.state, "until": one.expires_at.map(|at| shop.local(at)) })),
        );
    }
    let account = match company_accounts::of_company(conn, id)?.filter(|_| sight.money) {
        Some(account) => {
            let currency = account.currency()?;
            Some(json!({ "company": account.company_id, "limit": Money::new(account.credit_limit, currency),
                "owed": Money::new(account.exposure, currency), "state": account.state }))
        }
        None => None,
    };
    let hoped = sales::of_company(conn, id, SHOWN)?;
    let buyers: Vec<Value> = members
        .iter()
        .filter(|one| one.may.contains(&May::Order))
        .map(|one| json!({ "name": one.called(), "query": format!("{}&member={}", email_query(&one.email), one.id) }))
        .collect();
    Ok(json!({ "id": id, "name": company.name, "state": company.state, "owner": owner.map(|owner| owner.to_string()),
        "owner_name": all.iter().find(|one| Some(one.id.0) == owner).map(|one| one.name.as_str()), "staff": people(&all),
        "years": years, "goods": goods, "tickets": asked, "quotes": quoted, "account": account, "opportunities": rows(conn, &hoped, now)?, "buyers": buyers }))
}

/// Gives the company to one of the staff, or to nobody.
pub async fn own(desk: Desk, path: web::Path<String>, posted: Posted) -> Result<HttpResponse> {
    let id = company_of(&path)?;
    let owner: Option<i64> = match posted.get("owner").trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::NotFound)?),
    };
    desk.write(move |conn, act| {
        if let Some(owner) = owner {
            staff::get(conn, crate::StaffId(owner))?;
        }
        let before = sales::owner(conn, id)?;
        sales::own(conn, id, owner, act.now)?;
        act.log(conn, "sales.owner", &format!("company:{id}"), &json!({ "owner": before }), &json!({ "owner": owner }))
    })
    .await?;
    Ok(desk.done(&here(id), "admin-saved"))
}
