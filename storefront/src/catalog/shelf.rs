//! What lies on the shelves: every variant that is counted, for the back office.

use crate::ids::{ProductId, VariantId};
use crate::schema::{products, stock_levels, variants};
use crate::stock::Level;
use crate::units::{Measure, Unit};
use diesel::prelude::*;
use kernel::json::Json;
use kernel::{Conn, Result};
use serde::Serialize;

/// A variant with its level.
#[derive(Clone, Debug, Serialize)]
pub struct StockRow {
    pub variant: VariantId,
    pub product: ProductId,
    pub title: String,
    pub sku: Option<String>,
    pub options: Vec<String>,
    pub active: bool,
    pub level: Level,
    pub measure: Measure,
    /// The numbers of the level with their unit.
    pub texts: LevelTexts,
    /// On hand less what is promised or set aside.
    pub free: i64,
    /// Whether it is on the list of what runs low.
    pub low: bool,
}

/// How much there is, as people read it.
#[derive(Clone, Debug, Serialize)]
pub struct LevelTexts {
    pub on_hand: String,
    pub allocated: String,
    pub held: String,
    pub free: String,
}

/// What runs low, as the index `stock_levels_low` has it: without the comparison with `TRUE` SQLite does not see that it fits.
const LOW: &str = "stock_levels.low_at IS NOT NULL AND \
                   (stock_levels.tracked AND stock_levels.on_hand - stock_levels.allocated - stock_levels.held <= stock_levels.low_at) = TRUE";

type Row = (VariantId, ProductId, String, Option<String>, Json<Vec<String>>, bool, Level, (Unit, i64));

/// Counted variants by id, after `after`; only those that run low when `low`. `text` is a SKU or barcode, whole, or part of a title.
pub fn stock_list(conn: &mut Conn, text: &str, low: bool, after: Option<VariantId>, limit: i64) -> Result<Vec<StockRow>> {
    let mut query = variants::table
        .inner_join(products::table.on(products::id.eq(variants::product_id)))
        .inner_join(stock_levels::table.on(stock_levels::variant_id.eq(variants::id)))
        .filter(stock_levels::tracked)
        .filter(stock_levels::variant_id.gt(after.unwrap_or(VariantId(0))))
        .into_boxed();
    if low {
        query = query.filter(diesel::dsl::sql::<diesel::sql_types::Bool>(LOW));
    }
    let text = text.trim();
    if !text.is_empty() {
        let part = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        let small = part.to_lowercase();
        query = query.filter(
            variants::sku
                .eq(text.to_string())
                .or(variants::barcode.eq(text.to_string()).nullable())
                .or(products::title.like(part).escape('\\').nullable())
                .or(super::filter::lower(products::title).like(small).escape('\\').nullable()),
        );
    }
    let rows: Vec<Row> = query
        .order(stock_levels::variant_id)
        .limit(limit)
        .select((
            variants::id,
            variants::product_id,
            products::title,
            variants::sku,
            variants::option_values,
            variants::active,
            Level::as_select(),
            (variants::unit, variants::unit_precision),
        ))
        .load(conn)?;
    Ok(rows.into_iter().map(row).collect())
}

/// How many counted variants run low, counted up to `most`.
pub fn low_count(conn: &mut Conn, most: i64) -> Result<i64> {
    let low = stock_levels::table.filter(diesel::dsl::sql::<diesel::sql_types::Bool>(LOW));
    let found: Vec<VariantId> = low.limit(most).select(stock_levels::variant_id).load(conn)?;
    Ok(i64::try_from(found.len()).unwrap_or(most))
}

/// One counted variant. `NotFound` when it is not counted.
pub fn stock_row(conn: &mut Conn, variant: VariantId) -> Result<StockRow> {
    let found: Row = variants::table
        .inner_join(products::table.on(products::id.eq(variants::product_id)))
        .inner_join(stock_levels::table.on(stock_levels::variant_id.eq(variants::id)))
        .filter(variants::id.eq(variant))
        .select((
            variants::id,
            variants::product_id,
            products::title,
            variants::sku,
            variants::option_values,
            variants::active,
            Level::as_select(),
            (variants::unit, variants::unit_precision),
        ))
        .first(conn)?;
    Ok(row(found))
}

fn row((variant, product, title, sku, Json(options), active, level, (unit, precision)): Row) -> StockRow {
    let (free, measure) = (level.free(), Measure::new(unit, precision));
    let text = |steps: i64| measure.text(steps);
    let texts = LevelTexts { on_hand: text(level.on_hand), allocated: text(level.allocated), held: text(level.held), free: text(free) };
    StockRow { variant, product, title, sku, options, active, level, measure, texts, free, low: level.low_at.is_some_and(|at| free <= at) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::db::Target;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }

    /// PostgreSQL chooses by how many rows there are; SQLite takes an index when it sees that it fits, or never.
    #[test]
    fn what_runs_low_is_looked_up_and_not_searched_for() {
        let db = kernel::testing::db();
        if matches!(db.target(), Target::Postgres(_)) {
            return;
        }
        let plan =
            format!("EXPLAIN QUERY PLAN SELECT variant_id FROM stock_levels WHERE {LOW} AND variant_id > 5 ORDER BY variant_id LIMIT 9");
        let steps: Vec<Step> = db.read_now(move |conn| Ok(diesel::sql_query(plan).load(conn)?)).unwrap();
        assert_eq!(steps.len(), 1);
        assert!(steps[0].detail.contains("INDEX stock_levels_low"), "{}", steps[0].detail);
        assert!(steps[0].detail.starts_with("SEARCH"), "{}", steps[0].detail);
    }
}
