//! What of the catalogue a store sells.

use super::categories::{Categories, categories};
use crate::collections;
use crate::ids::{CategoryId, CollectionId, ProductId, VariantId};
use crate::schema::{collection_products, prices, product_categories};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::money::Currency;
use kernel::{Conn, Result};
use std::collections::{HashMap, HashSet};

/// A product is sold in a store when it is in its part of the catalogue, and some variant has a price in its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assortment {
    pub currency: Currency,
    /// The members of this collection; the whole catalogue without one.
    pub part: Option<CollectionId>,
    /// Of these again only the members of this one: what the buyer's company may buy by its contract ([`crate::price_lists::contract`]).
    pub contract: Option<CollectionId>,
}

impl Assortment {
    /// Whether a row of `products` is sold. Only a number and the code of a currency are written into it.
    pub(crate) fn condition(&self) -> SqlLiteral<Bool> {
        let mut text = format!(
            "EXISTS (SELECT 1 FROM variants sold JOIN prices ON prices.variant_id = sold.id WHERE sold.product_id = products.id
             AND sold.active AND prices.currency = '{}')",
            self.currency.code()
        );
        for part in self.part.into_iter().chain(self.contract) {
            text.push_str(&format!(
                " AND EXISTS (SELECT 1 FROM collection_products part WHERE part.collection_id = {part} AND part.product_id = products.id)"
            ));
        }
        sql(&text)
    }

    /// Those of `ids` that are in the part and the contract; `None` when everything is. Says nothing of prices.
    pub fn inside(&self, conn: &mut Conn, ids: &[ProductId]) -> Result<Option<HashSet<ProductId>>> {
        let mut inside: Option<HashSet<ProductId>> = None;
        for part in self.part.into_iter().chain(self.contract) {
            let among = collections::among(conn, part, ids)?;
            inside = Some(match inside {
                Some(known) => known.intersection(&among).copied().collect(),
                None => among,
            });
        }
        Ok(inside)
    }

    /// The tree with its texts in `language`, without categories that hold nothing of the part.
    pub fn categories(&self, conn: &mut Conn, language: &str) -> Result<Categories> {
        let held = self.held(conn)?;
        let tree = categories(conn, language)?;
        Ok(match held {
            Some(held) => tree.narrowed(&held),
            None => tree,
        })
    }

    /// The categories in which products of the part are, whatever a contract says; `None` when it is the whole catalogue. Reads every member.
    pub fn held(&self, conn: &mut Conn) -> Result<Option<HashSet<CategoryId>>> {
        let Some(part) = self.part else { return Ok(None) };
        let held: Vec<CategoryId> = product_categories::table
            .inner_join(collection_products::table.on(collection_products::product_id.eq(product_categories::product_id)))
            .filter(collection_products::collection_id.eq(part))
            .select(product_categories::category_id)
            .distinct()
            .load(conn)?;
        Ok(Some(held.into_iter().collect()))
    }
}

impl Categories {
    /// The tree of the categories in which something is, and of those above them.
    pub fn narrowed(mut self, held: &HashSet<CategoryId>) -> Categories {
        let shown: HashSet<CategoryId> = held.iter().flat_map(|id| self.path(*id)).map(|category| category.id).collect();
        self.0.retain(|category| shown.contains(&category.id));
        self
    }
}

/// What variants cost, in every currency in which they have a price.
pub(crate) fn prices_of(conn: &mut Conn, ids: &[VariantId]) -> Result<HashMap<VariantId, Vec<(Currency, i64)>>> {
    let mut found: HashMap<VariantId, Vec<(Currency, i64)>> = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(super::CHUNK) {
        let own = prices::table.filter(prices::variant_id.eq_any(ids)).order((prices::variant_id, prices::currency));
        for (id, code, amount) in
            own.select((prices::variant_id, prices::currency, prices::amount)).load::<(VariantId, String, i64)>(conn)?
        {
            found.entry(id).or_default().extend(Currency::parse(&code).map(|currency| (currency, amount)));
        }
    }
    Ok(found)
}
