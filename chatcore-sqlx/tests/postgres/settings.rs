//! What a server, a database or a role sets by default does not weaken what the store promises.

use chatcore::conversation::Numbered;
use chatcore::store::{Batch, Commit, Kind};
use chatcore_sqlx::{PostgresOptions, PostgresStore};
use futures::future::join_all;
use sqlx::postgres::PgConnection;

use super::place::{Place, run};
use crate::support::records::record;
use crate::support::{CountUp, batch, count, fresh};

/// Notes how each session that adds a job is set up.
const NOTES: &str = "
    CREATE TABLE notes (note TEXT);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO notes SELECT current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation');
        RETURN NEW;
    END $$;
    CREATE TRIGGER note BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION note();";

/// A role with settings of its own, and the options to open the store as it.
async fn role(place: &Place, aside: &mut PgConnection, name: &str, settings: &[(&str, &str)]) -> PostgresOptions {
    let role = format!("{name}_{}", place.schema);
    run(aside, &format!("CREATE ROLE {role} LOGIN SUPERUSER")).await;
    for (setting, value) in settings {
        run(aside, &format!("ALTER ROLE {role} SET {setting} = '{value}'")).await;
    }
    PostgresOptions::new(place.connect.clone().username(&role)).schema(&place.schema).readers(2)
}

async fn drop_role(place: &Place, aside: &mut PgConnection, name: &str) {
    run(aside, &format!("DROP ROLE {name}_{}", place.schema)).await;
}

pub(super) async fn what_is_answered_is_durable_whatever_the_default(place: Place) {
    place.store().await.close().await;
    let mut aside = place.aside().await;
    run(&mut aside, NOTES).await;
    for (n, default, expected) in [(1, "off", "on"), (2, "on", "on"), (3, "remote_write", "remote_write")] {
        let options = role(&place, &mut aside, "r", &[("synchronous_commit", default)]).await;
        let store = PostgresStore::open(options).await.unwrap();
        store.commit(batch([fresh(record(Kind::Job, n, 0, 0))])).await.unwrap();
        store.close().await;
        drop_role(&place, &mut aside, "r").await;
        let note = format!("SELECT count(*) FROM notes WHERE note = '{expected}, read committed'");
        assert_eq!(place.ask(&note).await, 1, "{default} becomes {expected}");
        run(&mut aside, "TRUNCATE notes").await;
    }
}

pub(super) async fn a_strict_default_isolation_does_no_harm(place: Place) {
    let mut aside = place.aside().await;
    let strict = [("default_transaction_isolation", "serializable"), ("default_transaction_deferrable", "on")];
    let options = role(&place, &mut aside, "s", &strict).await;
    let stores = join_all((0..3).map(|_| PostgresStore::open(options.clone()))).await;
    let stores: Vec<PostgresStore> = stores.into_iter().map(Result::unwrap).collect();
    run(&mut aside, NOTES).await;
    stores[0].commit(batch([fresh(record(Kind::Job, 1, 0, 0))])).await.unwrap();
    assert_eq!(place.ask("SELECT count(*) FROM notes WHERE note = 'on, read committed'").await, 1);
    let counts = (0..60).map(|n: usize| stores[n % 3].commit(Batch::of(CountUp(Numbered::Users))));
    for done in join_all(counts).await {
        done.unwrap();
    }
    assert_eq!(count(&stores[0], Numbered::Users).await, 61);
    for store in &stores {
        store.close().await;
    }
    run(&mut aside, &format!("REASSIGN OWNED BY s_{} TO chatcore", place.schema)).await;
    drop_role(&place, &mut aside, "s").await;
}
