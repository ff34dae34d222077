//! Statements that a connection prepares once.
//!
//! diesel prepares what it writes itself and cannot vary; an update, and SQL of ours, it prepares each time, since their
//! texts could be without number. Those that are run again and again have one text: preparing costs more than they do.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement of one text, whatever its values are.
pub(crate) struct Prepared<S>(pub S);

impl<S: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<S> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
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

#[cfg(test)]
mod tests {
    use diesel::sql_types::BigInt;
    use diesel::{ExpressionMethods as _, QueryableByName, sql_query};
    use diesel_async::RunQueryDsl as _;
    use tessera_test_servers::postgres::Server;

    use super::*;
    use crate::schema::sessions;
    use crate::{PostgresStore, StoreOptions};

    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        statements: i64,
    }

    #[tokio::test]
    async fn what_was_run_before_is_prepared_already() {
        let schema = Server::shared().schema();
        let options = StoreOptions { connections: 1, ..StoreOptions::default() };
        let store = PostgresStore::connect_with(schema.url(), options).await.expect("a store");
        let prepared = store.run("update again and again", async move |connection| {
            for generation in 0_i64..3 {
                let update = diesel::update(sessions::table).set(sessions::generation.eq(generation));
                Prepared(update).execute(connection).await?;
            }
            let prepared = "SELECT count(*) AS statements FROM pg_prepared_statements WHERE statement LIKE 'UPDATE%'";
            let count: Count = sql_query(prepared).get_result(connection).await?;
            Ok(count.statements)
        });
        assert_eq!(prepared.await.expect("an answer"), 1);
    }
}
