//! Which orders of a company somebody sees: by their role and their place.

use super::of_order;
use crate::ids::OrderId;
use crate::orders::{Order, OrderRow};
use crate::schema::{order_trade, orders};
use crm::companies::{self, Buyer, May, sites};
use crm::{CompanyId, CustomerId, MemberId, SiteId};
use diesel::prelude::*;
use kernel::{Conn, Result, on_each};

/// Whose orders somebody may see.
enum Sight {
    /// Everybody's in these companies, of these places only if any are named.
    All(Vec<CompanyId>, Option<Vec<SiteId>>),
    Own(MemberId),
}

fn sight(conn: &mut Conn, buyer: &Buyer) -> Result<Sight> {
    if !buyer.may(May::AllOrders) {
        return Ok(Sight::Own(buyer.member));
    }
    let Some(site) = buyer.site else { return Ok(Sight::All(companies::below(conn, buyer.company)?, None)) };
    let all = companies::sites(conn, buyer.company)?;
    Ok(Sight::All(vec![buyer.company], Some(sites::under(&all, site))))
}

/// The orders of a company that this member may see, the last first, placed before the order `before`.
pub fn orders(conn: &mut Conn, buyer: &Buyer, before: Option<OrderId>, limit: i64) -> Result<Vec<OrderRow>> {
    let ids: Vec<OrderId> = match sight(conn, buyer)? {
        Sight::Own(member) => {
            let own = order_trade::table.filter(order_trade::member_id.eq(member)).filter(order_trade::order_id.lt(first(before)));
            let own = own.order(order_trade::order_id.desc()).limit(limit).select(order_trade::order_id);
            on_each!(conn, c => own.load(c))?
        }
        Sight::All(companies, sites) => {
            // One after the other, each by the index of the company.
            let mut found = Vec::new();
            for company in companies {
                found.extend(of_company(conn, company, sites.as_deref(), before, limit)?);
            }
            found.sort_unstable_by(|a: &OrderId, b: &OrderId| b.cmp(a));
            found.truncate(usize::try_from(limit).unwrap_or(0));
            found
        }
    };
    rows(conn, &ids)
}

/// The orders of a company, the last first: for staff.
pub fn company_orders(conn: &mut Conn, company: CompanyId, before: Option<OrderId>, limit: i64) -> Result<Vec<OrderRow>> {
    let ids = of_company(conn, company, None, before, limit)?;
    rows(conn, &ids)
}

fn of_company(conn: &mut Conn, company: CompanyId, sites: Option<&[SiteId]>, before: Option<OrderId>, limit: i64) -> Result<Vec<OrderId>> {
    let own = order_trade::table.filter(order_trade::company_id.eq(company)).filter(order_trade::order_id.lt(first(before)));
    let own = own.order(order_trade::order_id.desc()).limit(limit).select(order_trade::order_id);
    Ok(match sites {
        Some(sites) => {
            let within = own.filter(order_trade::site_id.eq_any(sites.to_vec()));
            on_each!(conn, c => within.load(c))?
        }
        None => on_each!(conn, c => own.load(c))?,
    })
}

fn first(before: Option<OrderId>) -> OrderId {
    before.unwrap_or(OrderId(i64::MAX))
}

fn rows(conn: &mut Conn, ids: &[OrderId]) -> Result<Vec<OrderRow>> {
    let these = orders::table.filter(orders::id.eq_any(ids.to_vec())).order(orders::id.desc());
    Ok(on_each!(conn, c => these.select(OrderRow::as_select()).load(c))?)
}

/// Whether somebody may see an order by one of their memberships, whomever they buy for just now: an accountant buys for nobody.
pub fn shown_to(conn: &mut Conn, customer: CustomerId, order: &Order) -> Result<bool> {
    for one in companies::memberships(conn, customer)? {
        if let Some(buyer) = companies::buyer(conn, one.member)?
            && sees(conn, &buyer, order)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a member may see an order: by their role, or because they placed it.
fn sees(conn: &mut Conn, buyer: &Buyer, order: &Order) -> Result<bool> {
    let Some(trade) = of_order(conn, order.id)? else { return Ok(false) };
    Ok(match sight(conn, buyer)? {
        Sight::Own(member) => trade.member == member,
        Sight::All(companies, None) => companies.contains(&trade.company),
        Sight::All(companies, Some(sites)) => {
            companies.contains(&trade.company) && (trade.member == buyer.member || trade.site.is_some_and(|site| sites.contains(&site)))
        }
    })
}
