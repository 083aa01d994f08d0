//! Keeping the members of collections true. A rule is asked about the products that changed, in the transaction that changes them.

use super::{Condition, Filling, Rule, add, matches};
use crate::ids::{CategoryId, CollectionId, ProductId};
use crate::schema::{collection_products as members, collections as rows, products};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::json::Json;
use kernel::{Conn, Result, token};
use std::collections::{HashMap, HashSet};

/// Products in one query, and in one event.
const TOGETHER: usize = 500;

/// The collections that are filled by a rule.
fn rules(conn: &mut Conn) -> Result<Vec<(CollectionId, Rule)>> {
    let found: Vec<(CollectionId, Option<Json<Rule>>)> =
        rows::table.filter(rows::rule.is_not_null()).order(rows::id).select((rows::id, rows::rule)).load(conn)?;
    Ok(found.into_iter().filter_map(|(id, rule)| Some((id, rule?.0))).collect())
}

/// Brings the membership of products that changed up to date. Tells nobody: who changed them tells.
pub fn follow(conn: &mut Conn, ids: &[ProductId]) -> Result<()> {
    let rules = rules(conn)?;
    if rules.is_empty() {
        return Ok(());
    }
    lock(conn, ids)?;
    for ids in ids.chunks(TOGETHER) {
        let mut known: HashMap<CollectionId, HashSet<ProductId>> = HashMap::new();
        let rows: Vec<(CollectionId, ProductId)> =
            members::table.filter(members::product_id.eq_any(ids)).select((members::collection_id, members::product_id)).load(conn)?;
        for (collection, product) in rows {
            known.entry(collection).or_default().insert(product);
        }
        let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        for (id, rule) in &rules {
            let before = known.remove(id).unwrap_or_default();
            let after: HashSet<ProductId> = matches(conn, rule, Some(ids), None, limit)?.into_iter().collect();
            exchange(conn, *id, &before, &after)?;
        }
    }
    Ok(())
}

/// Holds the products to the end of the transaction. Two changes of one product at once would each see the other's undone, and both
/// could leave it where it does not belong. SQLite has one writer.
fn lock(conn: &mut Conn, ids: &[ProductId]) -> Result<()> {
    if let Conn::Postgres(conn) = conn {
        let own = products::table.filter(products::id.eq_any(ids.to_vec())).order(products::id).select(products::id);
        own.for_no_key_update().load::<ProductId>(conn)?;
    }
    Ok(())
}

/// Takes out who is not among `after` any more, and adds who is new. Answers whom that concerns.
fn exchange(conn: &mut Conn, id: CollectionId, before: &HashSet<ProductId>, after: &HashSet<ProductId>) -> Result<Vec<ProductId>> {
    let gone: Vec<ProductId> = before.difference(after).copied().collect();
    for gone in gone.chunks(TOGETHER) {
        diesel::delete(members::table.filter(members::collection_id.eq(id)).filter(members::product_id.eq_any(gone))).execute(conn)?;
    }
    let mut new: Vec<ProductId> = after.difference(before).copied().collect();
    new.sort_unstable();
    add(conn, id, &new.iter().map(|product| (0, *product)).collect::<Vec<_>>())?;
    new.extend(gone);
    Ok(new)
}

/// Fills a collection anew and tells of the products whose membership changed.
pub(super) fn refill(conn: &mut Conn, id: CollectionId, filling: &Filling, now: Time) -> Result<()> {
    let before: HashSet<ProductId> =
        members::table.filter(members::collection_id.eq(id)).select(members::product_id).load::<ProductId>(conn)?.into_iter().collect();
    let changed = match filling {
        Filling::ByRule(rule) => {
            let after = matches(conn, rule, None, None, i64::MAX)?.into_iter().collect();
            exchange(conn, id, &before, &after)?
        }
        Filling::ByHand(products) => {
            diesel::delete(members::table.filter(members::collection_id.eq(id))).execute(conn)?;
            let mut seen = HashSet::new();
            let ordered: Vec<(i64, ProductId)> = (0i64..).zip(products.iter().copied().filter(|product| seen.insert(*product))).collect();
            add(conn, id, &ordered)?;
            before.symmetric_difference(&seen).copied().collect()
        }
    };
    tell(conn, &changed, now)
}

fn tell(conn: &mut Conn, changed: &[ProductId], now: Time) -> Result<()> {
    for changed in changed.chunks(TOGETHER) {
        let event = Event::ProductsChanged { products: changed.iter().map(|id| id.0).collect() };
        events::record(conn, "collections", &token::random(), &event, now)?;
    }
    Ok(())
}

/// Whether a rule names this category.
pub(crate) fn speak_of(conn: &mut Conn, category: CategoryId) -> Result<bool> {
    let names = |(_, rule): &(CollectionId, Rule)| rule.conditions.contains(&Condition::Category(category));
    Ok(rules(conn)?.iter().any(names))
}

/// Asks the rules that speak of categories again: their tree changed.
pub fn refresh(conn: &mut Conn, now: Time) -> Result<()> {
    for (id, rule) in rules(conn)?.into_iter().filter(|(_, rule)| rule.of_categories()) {
        refill(conn, id, &Filling::ByRule(rule), now)?;
    }
    Ok(())
}
