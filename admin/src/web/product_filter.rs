//! What the product list is narrowed to, as it stands in the address.

use super::desk::Desk;
use kernel::money::{Currency, Money};
use serde_json::{Value, json};
use storefront::catalog::{Categories, Filter, Status, Stocked};
use storefront::ids::{CategoryId, ProductId};

/// The parameters that narrow the list, in their order.
const PARAMS: [&str; 9] = ["q", "status", "category", "brand", "tag", "stock", "from", "to", "currency"];

/// The filter as it was typed.
pub struct Asked(Vec<(&'static str, String)>);

impl Asked {
    /// What the address of this page asks for.
    pub fn of(desk: &Desk) -> Asked {
        Asked(PARAMS.iter().map(|name| (*name, desk.query(name).trim().to_string())).collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// For the domain. What does not read is not asked about.
    pub fn filter(&self, currency: Currency, before: Option<i64>) -> Filter {
        let amount = |name: &str| Money::parse(self.get(name), currency).ok().map(|amount| amount.minor);
        Filter {
            status: Status::parse(self.get("status")),
            text: self.get("q").to_string(),
            category: self.get("category").parse().ok().map(CategoryId),
            brand: self.get("brand").to_string(),
            tag: self.get("tag").to_string(),
            stock: Stocked::parse(self.get("stock")),
            price: (amount("from"), amount("to")),
            before: before.map(ProductId),
        }
    }

    /// The query that asks the same; empty when nothing is asked.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.0.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// For templates.
    pub fn view(&self, tree: &Categories) -> Value {
        let path = |id| tree.path(id).iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" › ");
        let categories: Vec<Value> =
            tree.in_order().into_iter().map(|category| json!({ "value": category.id.to_string(), "label": path(category.id) })).collect();
        let more = ["category", "brand", "tag", "stock", "from", "to"].iter().any(|name| !self.get(name).is_empty());
        json!({ "q": self.get("q"), "status": self.get("status"), "category": self.get("category"), "brand": self.get("brand"),
            "tag": self.get("tag"), "stock": self.get("stock"), "from": self.get("from"), "to": self.get("to"), "more": more,
            "currency": self.get("currency"), "query": self.query(), "statuses": Status::ALL, "stocks": Stocked::ALL, "categories": categories })
    }
}
