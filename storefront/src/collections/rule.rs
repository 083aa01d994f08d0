//! The rule of a collection, and the one place that says which products it takes: a query whose texts are bound values.

use crate::catalog::{self, Categories};
use crate::ids::{CategoryId, ProductId};
use crate::schema::{product_categories, product_tags, products};
use crate::shop::{self, OWN_LANGUAGE};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use kernel::error::Fields;
use kernel::money::Currency;
use kernel::{Conn, Result};
use serde::{Deserialize, Serialize};

/// The most conditions of one rule.
pub const MOST: usize = 20;

/// What a product must be to stand in a collection. Without a condition it takes none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// All conditions, or any of them.
    pub all: bool,
    pub conditions: Vec<Condition>,
}

/// One thing that is asked of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Condition {
    Tag(String),
    Brand(String),
    /// In it or below it.
    Category(CategoryId),
    /// A variant that is sold has a price between these, both inclusive, in minor units of the shop's currency.
    Price(Option<i64>, Option<i64>),
    /// A variant can be bought.
    InStock,
    /// Each of these words is a part of the title, in the shop's own language.
    Title(String),
}

impl Rule {
    pub(super) fn check(&self, fields: &mut Fields) {
        if self.conditions.is_empty() || self.conditions.len() > MOST {
            fields.add("form", "collection-conditions");
        }
        for condition in &self.conditions {
            let sound = match condition {
                Condition::Tag(text) | Condition::Brand(text) | Condition::Title(text) => {
                    !text.trim().is_empty() && text.chars().count() <= 200 && !text.contains('\0')
                }
                Condition::Price(from, to) => {
                    from.or(*to).is_some() && from.unwrap_or(0) >= 0 && to.is_none_or(|to| to >= from.unwrap_or(0))
                }
                Condition::Category(_) | Condition::InStock => true,
            };
            if !sound {
                fields.add("form", "collection-condition");
            }
        }
    }

    /// Whether it asks for categories, whose tree may change.
    pub(super) fn of_categories(&self) -> bool {
        self.conditions.iter().any(|condition| matches!(condition, Condition::Category(_)))
    }
}

/// A condition in the dialect of either database.
type Asked = Box<dyn BoxableExpression<products::table, <Conn as diesel::Connection>::Backend, SqlType = Bool>>;

fn asked(condition: &Condition, tree: &Categories, currency: Currency) -> Asked {
    match condition {
        Condition::Tag(tag) => {
            let tagged = product_tags::table.filter(product_tags::tag.eq(tag.trim().to_string()));
            Box::new(products::id.eq_any(tagged.select(product_tags::product_id)))
        }
        Condition::Brand(brand) => Box::new(products::brand.eq(brand.trim().to_string())),
        Condition::Category(category) => {
            let inside = product_categories::table.filter(product_categories::category_id.eq_any(tree.subtree(*category)));
            Box::new(products::id.eq_any(inside.select(product_categories::product_id)))
        }
        // Only numbers and the code of a currency are written into it.
        Condition::Price(from, to) => Box::new(sql::<Bool>(&format!(
            "EXISTS (SELECT 1 FROM variants JOIN prices ON prices.variant_id = variants.id WHERE variants.product_id = products.id
             AND variants.active AND prices.currency = '{}' AND prices.amount BETWEEN {} AND {})",
            currency.code(),
            from.unwrap_or(0),
            to.unwrap_or(i64::MAX),
        ))),
        Condition::InStock => Box::new(sql::<Bool>(SELLABLE)),
        Condition::Title(words) => {
            let none: Asked = Box::new(sql::<Bool>("1 = 1"));
            words.split_whitespace().fold(none, |before, word| Box::new(before.and(catalog::title_holds(word))))
        }
    }
}

/// The products that a rule takes, by id: all of them after `after`, or those among `only`.
pub fn matches(conn: &mut Conn, rule: &Rule, only: Option<&[ProductId]>, after: Option<ProductId>, limit: i64) -> Result<Vec<ProductId>> {
    let currency = shop::get(conn)?.currency;
    let tree = if rule.of_categories() { catalog::categories(conn, OWN_LANGUAGE)? } else { Categories::default() };
    let conditions = rule.conditions.iter().map(|condition| asked(condition, &tree, currency));
    let together = |before: Asked, next: Asked| -> Asked { if rule.all { Box::new(before.and(next)) } else { Box::new(before.or(next)) } };
    let Some(condition) = conditions.reduce(together) else { return Ok(Vec::new()) };
    let mut query = products::table.select(products::id).filter(condition).into_boxed();
    if let Some(only) = only {
        query = query.filter(products::id.eq_any(only.to_vec()));
    }
    if let Some(after) = after {
        query = query.filter(products::id.gt(after));
    }
    Ok(query.order(products::id).limit(limit).load(conn)?)
}

/// A variant that is sold has something left, is not counted, or may be sold beyond the stock.
const SELLABLE: &str = "EXISTS (SELECT 1 FROM variants LEFT JOIN stock_levels ON stock_levels.variant_id = variants.id
    WHERE variants.product_id = products.id AND variants.active AND (stock_levels.variant_id IS NULL OR NOT stock_levels.tracked
    OR stock_levels.oversell OR stock_levels.on_hand - stock_levels.allocated - stock_levels.held > 0))";
