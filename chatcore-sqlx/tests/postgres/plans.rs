//! What a statement costs does not depend on how much there is.

use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role};
use chatcore::page::PageRequest;
use chatcore::store::{Commit, Kind, Scan};
use chatcore::testing::{CountingIds, ManualClock, ScriptedModel, user};
use chatcore::turn::Ask;
use chatcore::{Chat, Timestamp};
use chatcore_sqlx::PostgresStore;
use std::sync::Arc;

use super::place::{Place, run};
use crate::support::compare::same_answers;
use crate::support::records::record;
use crate::support::{Step, Verb, batch};

/// Many rows of every kind but jobs, all of which somebody asks for. They lie among those of the test, by key, by owner
/// and by time, and none of them is asked for.
const MANY: &str = r#"
    CREATE FUNCTION pg_temp.id(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT decode(md5(n::text), 'hex') $$;
    CREATE FUNCTION pg_temp.owner(n int) RETURNS bytea LANGUAGE sql AS $$ SELECT '\x00'::bytea || pg_temp.id(n) $$;
    INSERT INTO conversations SELECT pg_temp.id(n), pg_temp.owner(n % 200), n, n::text, NULL, NULL, n, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, 1, 1, 1, 0, 0, 'live', n FROM generate_series(1, 8000) n;
    INSERT INTO messages SELECT pg_temp.id(n), pg_temp.id(n / 100), 0, 1 + n % 100, pg_temp.owner(n / 100), n, NULL, n,
        'user', n, 'complete', NULL, NULL, NULL, NULL, NULL, '[]', 'word' FROM generate_series(1, 20000) n;
    INSERT INTO lanes SELECT pg_temp.id(n / 100), 1 + n % 100, 2, 0, 'user', n, NULL, NULL, NULL FROM generate_series(1, 8000) n;
    INSERT INTO forks SELECT pg_temp.id(n / 100), n % 100, 1, 0 FROM generate_series(1, 8000) n;
    INSERT INTO sequences SELECT '\x02'::bytea || pg_temp.owner(n), n FROM generate_series(1, 8000) n;
    INSERT INTO runs SELECT pg_temp.id(n), pg_temp.id(n / 100), pg_temp.id(n), pg_temp.owner(n), 'm', 'completed', n, n, n, n,
        NULL, 0, NULL, NULL, NULL FROM generate_series(1, 8000) n;
    INSERT INTO run_logs SELECT pg_temp.id(n / 100), 1 + n % 100, 1 + n % 100, '[]' FROM generate_series(1, 8000) n;
    INSERT INTO users SELECT pg_temp.id(n), 100 + n, NULL, NULL, 'user', 'active', 1, n FROM generate_series(1, 8000) n;
    INSERT INTO identities SELECT '\x02'::bytea || pg_temp.id(n), pg_temp.id(n), NULL, NULL, n FROM generate_series(1, 8000) n;
    INSERT INTO sessions SELECT pg_temp.id(n), pg_temp.id(n / 100), 'web', true, 1, '', 1, pg_temp.id(n) || pg_temp.id(n), n, 1,
        NULL, n, n, NULL FROM generate_series(1, 8000) n;
    INSERT INTO challenges SELECT pg_temp.id(n) || pg_temp.id(n), 'login_code', '', NULL, NULL, NULL, n, 1000000000 + n
        FROM generate_series(1, 8000) n;
    INSERT INTO api_keys SELECT pg_temp.id(n) || pg_temp.id(n), pg_temp.id(n / 100), pg_temp.id(n), 'key', '', '', '[]', 0, n
        FROM generate_series(1, 8000) n;
    INSERT INTO visitors SELECT pg_temp.id(n), n, '' FROM generate_series(1, 8000) n;
    INSERT INTO rate_counters SELECT convert_to(n::text, 'UTF8') || '\x0000'::bytea, 1, n, 1000000000 + n FROM generate_series(1, 8000) n;
    INSERT INTO counters SELECT '\x00'::bytea || pg_temp.owner(n) || '\x00'::bytea, '{}', '{}', 0, 0, '[]' FROM generate_series(1, 8000) n;
    INSERT INTO holds SELECT pg_temp.id(n), pg_temp.owner(n), 'm', 0, '[]', '{}', 0, NULL, n, 1000000000 + n FROM generate_series(1, 8000) n;
    INSERT INTO wallets SELECT pg_temp.owner(n), n, n, '[]', 0, 0, 0, NULL, 1, 1000000000 + n FROM generate_series(1, 8000) n;
    INSERT INTO ledger_entries SELECT convert_to(n::text, 'UTF8') || '\x0000'::bytea, pg_temp.owner(n % 200), n, n, 'charge', '[]', 0,
        NULL, NULL, NULL, NULL FROM generate_series(1, 8000) n;
    INSERT INTO plans SELECT convert_to('z' || n, 'UTF8') || '\x0000'::bytea, n, NULL, 1, n, n FROM generate_series(1, 8000) n;
    INSERT INTO entitlements SELECT pg_temp.owner(n), NULL, '"default"', n, NULL, NULL, '[]', '[]', NULL, NULL, '[]', 1
        FROM generate_series(1, 8000) n;
    INSERT INTO subscriptions SELECT convert_to('z' || n, 'UTF8') || '\x0000'::bytea, pg_temp.owner(n % 200), '', '', '', 'active', n, n,
        1000000000 + n, '[]', n, n, 1 FROM generate_series(1, 8000) n;
    INSERT INTO payment_events SELECT convert_to('z' || n, 'UTF8') || '\x0000'::bytea, '', NULL, n, 1000000000 + n, 'applied', NULL, 1, '"other"'
        FROM generate_series(1, 8000) n;
    INSERT INTO customers SELECT pg_temp.owner(n), n::text, '[]', n FROM generate_series(1, 8000) n;
    INSERT INTO payment_objects SELECT '\x00'::bytea || convert_to('z' || n, 'UTF8') || '\x0000'::bytea, NULL, n, NULL, FALSE, 1
        FROM generate_series(1, 8000) n;
    INSERT INTO attachments SELECT pg_temp.id(n), pg_temp.owner(n % 200), pg_temp.id(n) || pg_temp.id(n), '', '', 1, 'ready', 0,
        1000000000 + n, '[]', n FROM generate_series(1, 8000) n;
    INSERT INTO blobs SELECT pg_temp.id(n) || pg_temp.id(n), pg_temp.id(n), 1, 'kept', 0, 1000000000 + n
        FROM generate_series(1, 8000) n;
    INSERT INTO feedback SELECT pg_temp.id(n), pg_temp.owner(n), pg_temp.id(n), NULL, 'up', NULL, n, -1000000000 - n FROM generate_series(1, 8000) n;
    INSERT INTO shares SELECT pg_temp.id(n) || pg_temp.id(n), pg_temp.id(n), pg_temp.id(n / 100), pg_temp.id(n), n, 1000000000 + n
        FROM generate_series(1, 8000) n;"#;

/// Work with every kind of record and every read.
async fn use_all(store: &PostgresStore) {
    let verbs = [Verb::InsertFresh, Verb::Insert, Verb::Update, Verb::Require, Verb::Delete];
    for n in 0..6_u8 {
        for kind in Kind::ALL {
            for verb in verbs {
                // refusals are work as well
                let _ = store.commit(batch([Step(verb, record(*kind, n, n, 7 * n))])).await;
            }
            let _ = store.commit(batch([Step(Verb::InsertFresh, record(*kind, n, n, 7 * n))])).await;
        }
    }
    same_answers(store, store).await;
    for kind in Kind::ALL {
        let first = store.scan(*kind, None, 3).await.unwrap();
        let after = first.last().map(chatcore::store::AnyRecord::key_bytes);
        store.scan(*kind, after.as_deref(), 3).await.unwrap();
    }
}

/// A day of a user, through the services.
async fn chat(store: Arc<PostgresStore>) {
    let clock = ManualClock::new();
    let ids = Arc::new(CountingIds::default());
    let chat = Chat::over(store, ScriptedModel::new(&clock), Arc::new(clock), ids);
    let (caller, page) = (user(1), PageRequest::first());
    let id = chat.conversations().create(&caller, NewConversation::default()).await.unwrap().id;
    for _ in 0..3 {
        let turn = chat.send(&caller, id, "question").await.unwrap();
        turn.driver.await;
        let answer = turn.assistant_message.message.id;
        let again = chat.regenerate(&caller, answer, Ask::default()).await.unwrap();
        again.driver.await;
        let new = NewMessage {
            role: Role::User,
            parts: vec![Part::text("aside")],
            parent: Parent::Message(answer),
            expected_head: None,
            client_ref: None,
            once: None,
        };
        let aside = chat.conversations().append(&caller, id, new).await.unwrap().message.id;
        chat.conversations().branch(&caller, id, None, &page).await.unwrap();
        chat.conversations().siblings(&caller, answer, &page).await.unwrap();
        chat.conversations().list(&caller, &page).await.unwrap();
        chat.delete_message(&caller, aside).await.unwrap();
    }
    chat.conversations().resume_jobs(Timestamp::MAX).await.unwrap();
    chat.delete(&caller, id).await.unwrap();
    chat.tidy().await.unwrap();
}

/// How often a whole table was read, and how many entries of indexes. Who goes away hands the numbers in.
async fn cost(place: &Place) -> (i64, i64) {
    place.until("TRUE", |backends| backends == 0).await;
    let mut aside = place.aside().await;
    let of = |what: &str, view: &str| format!("SELECT sum({what}) FROM {view} WHERE schemaname = '{}'", place.schema);
    let whole = of("seq_scan", "pg_stat_user_tables") + " AND relname <> '_chatcore_migrations'";
    let entries = of("idx_tup_read", "pg_stat_user_indexes");
    (super::place::number(&mut aside, &whole).await, super::place::number(&mut aside, &entries).await)
}

pub(super) async fn no_table_is_walked_through(place: Place) {
    place.store().await.close().await;
    let mut aside = place.aside().await;
    run(&mut aside, MANY).await;
    drop(aside);
    let before = cost(&place).await;
    let store = place.store().await;
    use_all(&store).await;
    chat(store.clone()).await;
    store.close().await;
    let after = cost(&place).await;
    assert_eq!(after.0 - before.0, 0, "a table was read from end to end");
    let entries = after.1 - before.1;
    assert!((500..5_000).contains(&entries), "{entries} entries of indexes were read: one walk is 8,000");
}
