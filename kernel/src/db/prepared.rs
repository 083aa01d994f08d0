//! Statements that a connection prepares once.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::SqlLiteral;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::Integer;
use std::marker::PhantomData;

/// Runs a statement whose text is always the same: each connection prepares it once, keeps it, and finds it again by the place in
/// the source without building its text. Diesel prepares every UPDATE anew, and builds the text of every statement that passes
/// through the enum of connections; for the short statements that each order needs, that costs more than running them.
/// `prepared!(conn, update => execute)`. A SELECT or a plain INSERT needs only [`on_each!`](crate::on_each).
///
/// Only values may vary. A text that varies (a list of ids on SQLite, an optional part) would run the statement of another call;
/// builds with debug assertions compare the texts and panic.
#[macro_export]
macro_rules! prepared {
    // Diesel asks the reference to a statement that it executes, and not the statement, whether it may be kept. A statement that
    // returns something is asked itself.
    ($conn:expr, $statement:expr => execute) => {
        $crate::prepared!($conn, $statement.returning($crate::db::one()) => get_results).map(|rows: Vec<i32>| rows.len())
    };
    ($conn:expr, $statement:expr => $run:ident) => {{
        struct Site;
        $crate::on_each!($conn, c => $crate::db::Prepared::<_, Site>::new($statement).$run(c))
    }};
}

/// Returned for each row that a statement touched.
pub fn one() -> SqlLiteral<Integer> {
    diesel::dsl::sql("1")
}

/// A statement with the place in the source that stands for its text. Made by [`prepared!`](crate::prepared).
pub struct Prepared<S, Site> {
    statement: S,
    site: PhantomData<Site>,
}

impl<S, Site> Prepared<S, Site> {
    pub fn new(statement: S) -> Prepared<S, Site> {
        Prepared { statement, site: PhantomData }
    }
}

impl<S, Site: 'static> QueryId for Prepared<S, Site> {
    type QueryId = Site;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Query, Site> Query for Prepared<S, Site> {
    type SqlType = S::SqlType;
}

impl<S, Site, C> diesel::RunQueryDsl<C> for Prepared<S, Site> {}

impl<S, Site, DB> QueryFragment<DB> for Prepared<S, Site>
where
    S: QueryFragment<DB>,
    Site: 'static,
    DB: Backend<QueryBuilder: Default> + Default + 'static,
{
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.statement.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, backend: &DB) -> QueryResult<bool> {
        #[cfg(debug_assertions)]
        same_text::<Site, DB>(&self.statement, backend)?;
        let _ = backend;
        Ok(true)
    }
}

/// Panics when the text at a place in the source is not what it was there before.
#[cfg(debug_assertions)]
fn same_text<Site: 'static, DB>(statement: &impl QueryFragment<DB>, backend: &DB) -> QueryResult<()>
where
    DB: Backend<QueryBuilder: Default> + 'static,
{
    use diesel::query_builder::QueryBuilder;
    use std::any::TypeId;
    use std::collections::HashMap;
    use std::sync::{LazyLock, Mutex, PoisonError};

    static TEXTS: LazyLock<Mutex<HashMap<(TypeId, TypeId), String>>> = LazyLock::new(Mutex::default);
    let mut builder = DB::QueryBuilder::default();
    statement.to_sql(&mut builder, backend)?;
    let text = builder.finish();
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = texts.entry((TypeId::of::<Site>(), TypeId::of::<DB>())).or_insert_with(|| text.clone());
    assert_eq!(*known, text, "a prepared statement varies in more than its values");
    Ok(())
}
