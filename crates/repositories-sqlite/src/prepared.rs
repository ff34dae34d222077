//! Statements that a connection prepares once.
//!
//! diesel prepares what it writes itself and cannot vary; an update, and SQL of ours, it prepares each time, since their
//! texts could be without number. Those that are run again and again have one text: preparing costs more than they do.

use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};

/// A statement of one text, whatever its values are.
pub(crate) struct Prepared<S>(pub S);

impl<S: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Prepared<S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Sqlite) -> QueryResult<bool> {
        Ok(true)
    }
}

/// A connection knows it by its text.
impl<S> QueryId for Prepared<S> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S: Query> Query for Prepared<S> {
    type SqlType = S::SqlType;
}

impl<S> RunQueryDsl<SqliteConnection> for Prepared<S> {}
