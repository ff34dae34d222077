//! Statements that a connection prepares once.
//!
//! diesel prepares what it writes itself and cannot vary; an update, and SQL of ours, it prepares each time, since their
//! texts could be without number. Those that are run again and again have one text: preparing costs more than they do.
//!
//! It is so for statements that return rows. What is executed for a count diesel looks at from behind a reference, and does
//! not ask here.

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::InstrumentationEvent;
    use diesel::{Connection as _, ExpressionMethods as _, sql_query};

    use super::*;
    use crate::schema::sessions;

    #[test]
    fn what_was_run_before_is_prepared_already() {
        let mut connection = SqliteConnection::establish(":memory:").expect("a database");
        let table = sql_query("CREATE TABLE sessions (generation BIGINT)");
        table.execute(&mut connection).expect("a table");
        let kept = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&kept);
        connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        for generation in 0_i64..3 {
            let update = diesel::update(sessions::table).set(sessions::generation.eq(generation));
            let update = Prepared(update.returning(sessions::generation));
            let updated: Vec<i64> = update.load(&mut connection).expect("run");
            assert!(updated.is_empty());
        }
        assert_eq!(kept.load(Ordering::Relaxed), 1, "the first one, and for good");
    }
}
