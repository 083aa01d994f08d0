//! The proof of the books: laws that hold over the whole database, checked by reading all of it. Each check answers with the rows
//! that break it, in words a merchant can act on.

mod budgets;
mod catalogue;
mod company_accounts;
mod documents;
mod edi;
mod edits;
mod memory;
mod money;
mod promotions;
mod quotes;
mod returns;
pub mod runs;
mod sold_cards;
mod stock;
mod stored_value;
mod stores;

use kernel::{Conn, Result};

/// One law and what breaks it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Finding {
    pub law: &'static str,
    pub problems: Vec<String>,
    /// How many rows were read for it.
    pub checked: u64,
}

/// Rows read at a time, so that memory stays flat however large the shop is.
const PAGE: i64 = 1000;

/// Runs every check in one connection. `progress` is told the name of each before it starts.
pub fn examine(conn: &mut Conn, progress: &mut dyn FnMut(&'static str)) -> Result<Vec<Finding>> {
    type Check = (&'static str, fn(&mut Conn, &mut Finding) -> Result<()>);
    let checks: &[Check] = &[
        ("order totals are the sum of their parts", money::order_totals),
        ("statuses are what payments and lines make them", money::statuses),
        ("captures and refunds agree with their payments", money::payments),
        ("what banks took agrees with its movements", money::disputed),
        ("refunded units and amounts agree with the refunds", money::refunded_lines),
        ("the memory of purchases agrees with the orders", money::purchases),
        ("scores of customers agree with their purchases", memory::scores),
        ("members of segments are those their rules take", memory::segments),
        ("numbers of merged customers stand for whom their merges say and hold nothing", memory::merged),
        ("what mails have of orders sums to the orders", memory::shares),
        ("tickets are what their logs say, and end with an outcome", memory::tickets),
        ("counts of campaigns are what their deliveries say", memory::deliveries),
        ("counts of journeys are what the rows of their people say", memory::journeys),
        ("counts of surveys are what their answers say", memory::surveys),
        ("totals of reviews are what the published ones say", catalogue::reviewed),
        ("changed orders are what their changes made them", edits::records),
        ("payments of changed orders ask for what is missing", edits::balances),
        ("uses of promotions agree with their movements", promotions::uses),
        ("uses of codes agree with their movements", promotions::codes),
        ("what offers gave agrees with their movements and stays within budgets", promotions::budgets),
        ("products are on show when they are active", catalogue::on_show),
        ("collections hold what their rules take", catalogue::members_of_rules),
        ("prices are what the last change made them", catalogue::price_log),
        ("numbers of documents have no gap", documents::series),
        ("documents say what orders and refunds say", documents::amounts),
        ("gift cards hold what their entries say", stored_value::gift_cards),
        ("gift cards that orders sold are the units that were paid", sold_cards::sold),
        ("store credit is what its entries say", stored_value::store_credit),
        ("budgets of companies are what their entries say", budgets::spent),
        ("accepted quotes have one order of what was offered", quotes::accepted),
        ("purchase orders that partners sent have one order and its answer", edi::placed),
        ("payments of gift cards and store credit agree with their entries", stored_value::payments),
        ("what companies owe is what their entries and orders say", company_accounts::exposures),
        ("what orders owe on account is what their payments say", company_accounts::orders_owed),
        ("carts, orders and payments are in the currency of their store", stores::currencies),
        ("returns are what was sent and refunded", returns::returns),
        ("exchanges were paid with what came back", returns::exchanges),
        ("stock levels are the sum of their movements", stock::movements),
        ("stock levels are the sum of what lies at the locations", stock::places),
        ("held and allocated goods belong to open orders", stock::promises),
    ];
    let mut findings = Vec::new();
    for &(law, check) in checks {
        progress(law);
        let mut finding = Finding { law, problems: Vec::new(), checked: 0 };
        check(conn, &mut finding)?;
        findings.push(finding);
    }
    Ok(findings)
}

impl Finding {
    fn expect_equal<T: PartialEq + std::fmt::Debug>(&mut self, what: impl Fn() -> String, stored: T, computed: T) {
        if stored != computed {
            self.problems.push(format!("{}: stored {stored:?}, computed {computed:?}", what()));
        }
    }
}

/// Calls `each` for every order, a page at a time, with its lines.
fn each_order(conn: &mut Conn, mut each: impl FnMut(&mut Conn, &crate::orders::Order) -> Result<()>) -> Result<()> {
    use crate::ids::OrderId;
    use crate::orders::Order;
    use crate::schema::orders;
    use diesel::prelude::*;
    let mut after = OrderId(0);
    loop {
        let page: Vec<Order> =
            orders::table.filter(orders::id.gt(after)).order(orders::id).limit(PAGE).select(Order::as_select()).load(conn)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        page.iter().try_for_each(|order| each(conn, order))?;
    }
}
