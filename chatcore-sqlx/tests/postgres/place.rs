//! A schema of one test's own.

use std::sync::Arc;
use std::time::Duration;

use chatcore_sqlx::testing::Postgres;
use chatcore_sqlx::{PostgresOptions, PostgresStore};
use futures::future::{BoxFuture, join_all};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use tokio::runtime::Runtime;

/// Where a test works. Whatever it opens there calls itself by the name of the schema.
pub(super) struct Place {
    pub(super) schema: String,
    pub(super) connect: PgConnectOptions,
}

pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs a test in a new place.
pub(super) fn visit(server: &Postgres, test: impl FnOnce(Place) -> BoxFuture<'static, ()>) {
    let place = Place::new(server);
    runtime().block_on(test(place));
}

impl Place {
    pub(super) fn new(server: &Postgres) -> Self {
        Self::at(server.options(), server.schema())
    }

    pub(super) fn at(connect: PgConnectOptions, schema: String) -> Self {
        let connect = connect.application_name(&schema).disable_statement_logging();
        Self { schema, connect }
    }

    /// Few readers: a test opens several stores, and a server has only so many connections.
    pub(super) fn options(&self) -> PostgresOptions {
        PostgresOptions::new(self.connect.clone()).schema(&self.schema).readers(3)
    }

    pub(super) async fn store(&self) -> Arc<PostgresStore> {
        Arc::new(PostgresStore::open(self.options()).await.unwrap())
    }

    /// Several programs over the same data.
    pub(super) async fn stores(&self, count: usize) -> Vec<Arc<PostgresStore>> {
        join_all((0..count).map(|_| self.store())).await
    }

    /// A connection of somebody else.
    pub(super) async fn aside(&self) -> PgConnection {
        let connect = self.connect.clone().application_name("aside");
        let mut connection = connect.connect().await.unwrap();
        run(&mut connection, &format!("SET search_path TO {}", self.schema)).await;
        connection
    }

    /// What somebody else finds when asking one thing.
    pub(super) async fn ask(&self, question: &str) -> i64 {
        let mut aside = self.aside().await;
        number(&mut aside, question).await
    }

    /// How many of this test's connections are in a state that `condition` describes.
    pub(super) async fn backends(&self, condition: &str) -> i64 {
        let name = &self.schema;
        let ours = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}' AND ({condition})");
        self.ask(&ours).await
    }

    /// Waits until so many of this test's connections are in a state. A server notices only after a while who went away.
    pub(super) async fn until(&self, condition: &str, enough: impl Fn(i64) -> bool) {
        let mut found = 0;
        for _ in 0..600 {
            found = self.backends(condition).await;
            if enough(found) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("there are {found} connections with {condition}");
    }
}

/// Runs statements.
pub(super) async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await.unwrap();
}

/// A number that somebody asks for.
pub(super) async fn number(connection: &mut PgConnection, question: &str) -> i64 {
    let cast = format!("SELECT CAST(({question}) AS int8)");
    sqlx::query_scalar(AssertSqlSafe(cast)).fetch_one(connection).await.unwrap()
}

/// Everything that an error says, however it is asked.
pub(super) fn whole_message(error: &(dyn std::error::Error + 'static)) -> String {
    let source = error.source().map(whole_message).unwrap_or_default();
    format!("{error} {error:?}: {source}")
}
