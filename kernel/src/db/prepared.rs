//! Statements that a connection prepares once.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement whose text is always the same, prepared once by each connection and kept. Diesel prepares every UPDATE anew because
/// the text of one may vary without end; preparing costs more than running for the short ones that every order needs.
/// Run it through [`on_each!`](crate::on_each), since the wish does not pass through the enum of connections.
pub struct Prepared<S>(pub S);

impl<S> QueryId for Prepared<S> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: Query> Query for Prepared<S> {
    type SqlType = S::SqlType;
}

impl<S, C> diesel::RunQueryDsl<C> for Prepared<S> {}

impl<S: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<S> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}
