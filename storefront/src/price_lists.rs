//! Prices that companies agreed on. A list gives a variant a price from a quantity on, takes a share off the shop's prices, or says in which
//! quantities a variant is sold. It is for companies and those below them, for groups of companies, or for everybody.
//!
//! Which list counts says [`resolve`] alone, pure; [`book`] loads what it needs by sets. The price of a list stands in the place of the
//! shop's: promotions and tax follow as they do for everybody. Goods without a price of the shop in a currency are not sold in it, whatever
//! a list says; gift cards cost what they are worth.

mod book;
mod contracts;
mod edit;
mod entries;
mod explain;
mod file;
mod import;
mod resolve;
#[cfg(test)]
mod resolve_tests;

pub use book::{Book, book};
pub(crate) use book::{goods_for, of_cart, of_order, on_cards, on_page};
pub use contracts::{Contract, collection_of, contracts, remove_contract, set_contract};
pub(crate) use contracts::{contract, uses};
pub use edit::{BuyerRow, PriceList, Wish, add_buyer, buyers_of, create, get, list, remove_buyer, update};
pub(crate) use entries::forget_variants;
pub use entries::{Entry, MAX_BREAKS, entries, entry, put};
pub use explain::{Answer, Question, explain};
pub use file::{COLUMNS, FileError};
pub use import::{Compared, IMPORT_JOB, Import, ImportState, Told, compared, discard_old, draft, import, imports, run, start};
pub use resolve::{Asked, Break, Chosen, For, List, ListState, Loser, QuantityRule, Trace, Why, Winner};

use crate::pricing::Step;
use crm::companies::{self, Buyer};
use crm::{CompanyId, CustomerId};
use kernel::{Conn, Result};

kernel::id!(PriceListId);

/// Losing lists that the trace of an order's line names.
const NAMED: usize = 12;

/// Who reads prices: for which company they buy, and whether they are signed in. The default is a guest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trade {
    pub company: Option<CompanyId>,
    /// The company's price group; empty without one.
    pub group: String,
    /// Whether somebody is signed in, as far as it decides who sees prices.
    pub signed_in: bool,
}

impl Trade {
    pub fn of(buyer: &Buyer) -> Trade {
        Trade { company: Some(buyer.company), group: buyer.price_group.clone(), signed_in: true }
    }

    /// That of a person, who buys for a company or for themselves.
    pub fn of_person(customer: Option<CustomerId>, buyer: Option<&Buyer>) -> Trade {
        buyer.map_or_else(|| Trade { signed_in: customer.is_some(), ..Trade::default() }, Trade::of)
    }

    /// That of a company, or of none. `NotFound` when there is no such company.
    pub fn of_company(conn: &mut Conn, company: Option<CompanyId>) -> Result<Trade> {
        let Some(id) = company else { return Ok(Trade::default()) };
        Ok(Trade { company: Some(id), group: companies::get(conn, id)?.price_group, signed_in: true })
    }
}

impl Trace {
    /// What the line of an order keeps of it.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let rule = |list: PriceListId, name: &str| format!("price list {list}: {name}");
        let mut steps = vec![Step { rule: "shop price".into(), outcome: "of one unit".into(), amount: self.shop_price }];
        if let Some(chosen) = &self.chosen {
            let outcome = match (chosen.from, chosen.adjust_bp) {
                (Some(from), _) => format!("chosen, from {from}"),
                (None, Some(off)) => format!("chosen, {off} basis points off the shop price"),
                (None, None) => "chosen".into(),
            };
            steps.push(Step { rule: rule(chosen.list, &chosen.name), outcome, amount: 0 });
        }
        steps.extend(self.rejected.iter().take(NAMED).map(|lost| Step {
            rule: rule(lost.list, &lost.name),
            outcome: format!("rejected: {}", lost.why.key().trim_start_matches("price-why-")),
            amount: lost.unit_price.unwrap_or(0),
        }));
        let more = self.rejected.len().saturating_sub(NAMED);
        if more > 0 {
            steps.push(Step { rule: "price lists".into(), outcome: format!("rejected: {more} more"), amount: 0 });
        }
        steps
    }
}
