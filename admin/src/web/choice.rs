//! What a page is about, as its address says: a store (`?store=2`) or a currency (`?currency=CHF`). Without a word it is the main store,
//! and the shop's own currency. A shop that has only one sees no choice.

use super::desk::Desk;
use kernel::money::Currency;
use kernel::{Error, Result};
use serde::Serialize;
use storefront::ids::StoreId;
use storefront::stores;

/// What can be chosen, for templates.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Empty when there is nothing to choose.
    pub links: Vec<Link>,
    /// What forms and links of the page append to an address, to stay with what was chosen; empty for the first choice.
    pub query: String,
    /// The same behind other parameters.
    pub more: String,
    /// Where shoppers see what was chosen.
    pub see: String,
}

/// One of several.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    pub label: String,
    pub value: String,
    pub href: String,
    pub current: bool,
}

impl Choice {
    /// An address of the same choice.
    pub fn at(&self, path: &str) -> String {
        format!("{path}{}", self.query)
    }
}

/// The choice of `chosen` among values with their labels, under a name of the query.
fn choice(desk: &Desk, name: &str, options: Vec<(String, String)>, chosen: &str) -> Choice {
    let first = options.first().map_or("", |(value, _)| value.as_str());
    let query = if chosen == first { String::new() } else { format!("?{name}={chosen}") };
    let more = query.replacen('?', "&", 1);
    if options.len() < 2 {
        return Choice { links: Vec::new(), query, more, see: "/".into() };
    }
    let kept: Vec<(String, String)> =
        form_urlencoded::parse(desk.visit.query.as_bytes()).into_owned().filter(|(key, _)| key != name && key != "after").collect();
    let link = |(value, label): &(String, String)| {
        let own = (value != first).then(|| (name.to_string(), value.clone()));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept.iter().cloned().chain(own)).finish();
        let href = if query.is_empty() { desk.visit.path.clone() } else { format!("{}?{query}", desk.visit.path) };
        Link { label: label.clone(), value: value.clone(), href, current: value == chosen }
    };
    Choice { links: options.iter().map(link).collect(), query, more, see: "/".into() }
}

/// The store that the page is about. `NotFound` when there is none of this id.
pub async fn store(desk: &Desk) -> Result<(StoreId, Choice)> {
    let asked = desk.query("store");
    let id = if asked.is_empty() { stores::MAIN } else { asked.parse().map_err(|_| Error::NotFound)? };
    let all = desk.read(stores::list).await?;
    if all.iter().all(|store| store.id != id) {
        return Err(Error::NotFound);
    }
    let options = all.into_iter().map(|store| (store.id.to_string(), store.name)).collect();
    let mut of = choice(desk, "store", options, &id.to_string());
    if id != stores::MAIN {
        of.see = desk.door.site_of(id).base_url.clone();
    }
    Ok((id, of))
}

/// The currency of the amounts on the page. `NotFound` for one that nothing is sold in.
pub async fn currency(desk: &Desk) -> Result<(Currency, Choice)> {
    let all = desk.read(stores::currencies).await?;
    let asked = desk.query("currency");
    let chosen = match asked.as_str() {
        "" => all.first().copied(),
        code => all.iter().copied().find(|currency| currency.code() == code),
    };
    let chosen = chosen.ok_or(Error::NotFound)?;
    let options = all.iter().map(|currency| (currency.code().to_string(), currency.code().to_string())).collect();
    Ok((chosen, choice(desk, "currency", options, chosen.code())))
}
