//! The ways to pay that the shop offers.

use crate::company_accounts::ACCOUNT;
use crate::gateway::Gateways;
use crate::shop::Shop;
use crate::stored_value::COVERED;
use crate::web::views::checkout::Method;
use crate::web::words::Words;

/// How an order that costs nothing is paid.
pub const FREE: &str = "free";

/// The names of the ways to pay what is `due` of `total`, in the order in which they are shown; `on_account` by whom orders for a company that
/// has an account.
pub fn offered(shop: &Shop, gateways: &Gateways, (total, due): (i64, i64), on_account: bool) -> Vec<&'static str> {
    if total == 0 {
        return vec![FREE];
    }
    if due == 0 {
        return vec![COVERED];
    }
    let account = on_account.then_some(ACCOUNT);
    account.into_iter().chain(gateways.offered(shop).iter().map(|gateway| gateway.name())).collect()
}

/// The ways to pay as radio buttons.
pub fn views(names: &[&str], selected: &str, words: &Words) -> Vec<Method> {
    let only = names.len() == 1;
    let view = |name: &&str| {
        let key = format!("payment-text-{name}");
        let text = words.get(&key);
        Method {
            value: name.to_string(),
            label: method_name(name, words),
            text: (text != key).then_some(text),
            price: None,
            selected: only || *name == selected,
        }
    };
    names.iter().map(view).collect()
}

/// The name of a way to pay. One that came with an import has no other name than its own.
pub fn method_name(name: &str, words: &Words) -> String {
    let key = format!("payment-method-{name}");
    let text = words.get(&key);
    if text == key { name.to_string() } else { text }
}
