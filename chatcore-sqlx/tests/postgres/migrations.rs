//! How the tables come to be, and who is turned away.

use chatcore::conversation::Numbered;
use chatcore::store::{Batch, Commit};
use chatcore_sqlx::{PostgresOptions, PostgresStore};

use super::place::{Place, run, whole_message};
use crate::support::{CountUp, count};

async fn refusal(options: PostgresOptions) -> String {
    let Err(error) = PostgresStore::open(options).await else { panic!("it was opened") };
    whole_message(&error)
}

pub(super) async fn eight_at_once_migrate_once(place: Place) {
    let stores = place.stores(8).await;
    assert_eq!(place.ask("SELECT count(*) FROM _chatcore_migrations").await, 12);
    for store in &stores {
        store.commit(Batch::of(CountUp(Numbered::Users))).await.unwrap();
    }
    assert_eq!(count(&*stores[0], Numbered::Users).await, 9);
}

pub(super) async fn schemas_of_another_version_are_refused(place: Place) {
    let unmigrated = refusal(place.options().migrate(false)).await;
    assert!(unmigrated.contains("older than this program: it has to be migrated first"), "{unmigrated}");
    place.store().await.close().await;
    let mut aside = place.aside().await;
    let later = "INSERT INTO _chatcore_migrations VALUES (9999, 'later', now(), TRUE, '\\x00', 0)";
    for (damage, reason) in [
        (later, "version 9999, newer than this program"),
        (
            "UPDATE _chatcore_migrations SET success = FALSE WHERE version = 9999",
            "9999 of its schema was applied only in part",
        ),
        (
            "DELETE FROM _chatcore_migrations WHERE version = 9999;
             UPDATE _chatcore_migrations SET checksum = '\\x00'",
            "version 1 of its schema is not the one that this program knows",
        ),
    ] {
        run(&mut aside, damage).await;
        for migrate in [true, false] {
            let message = refusal(place.options().migrate(migrate)).await;
            assert!(message.contains(reason), "{message}");
        }
    }
    run(&mut aside, "DELETE FROM _chatcore_migrations").await;
    let older = refusal(place.options().migrate(false)).await;
    assert!(older.contains("version 0, older than this program"), "{older}");
}

pub(super) async fn a_role_without_rights_to_create_opens_what_is_there(place: Place) {
    place.store().await.close().await;
    let (schema, mut aside) = (&place.schema, place.aside().await);
    let role = format!("role_{schema}");
    run(
        &mut aside,
        &format!(
            "CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"
        ),
    )
    .await;
    let options = || PostgresOptions::new(place.connect.clone().username(&role)).schema(schema);
    let refused = refusal(options()).await;
    assert!(refused.contains("permission denied"), "{refused}");
    let store = PostgresStore::open(options().migrate(false)).await.unwrap();
    store.commit(Batch::of(CountUp(Numbered::Users))).await.unwrap();
    store.commit(Batch::of(CountUp(Numbered::Users))).await.unwrap();
    assert_eq!(count(&store, Numbered::Users).await, 3);
    store.close().await;
    run(&mut aside, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

pub(super) async fn errors_hold_no_password(place: Place) {
    let folder = place.connect.get_socket().unwrap().display().to_string();
    let urls = [
        "postgres://chat:hunter2@localhost:99999999/chat".to_owned(),
        "postgres://chat:hunter2@[broken/chat".to_owned(),
        "postgres//chat:hunter2@localhost/chat".to_owned(),
        "postgres://chat:hunter2@localhost/chat?sslmode=hunter".to_owned(),
        "mysql://chat:hunter2@localhost/chat".to_owned(),
        "postgres://chat:hunter2@localhost/chat?host=/nowhere".to_owned(),
        "postgres://chat:hunter2@localhost:1/chat".to_owned(),
        format!("postgres://nobody:hunter2@localhost/postgres?host={folder}"),
        format!("postgres://chatcore:hunter2@localhost/nothing?host={folder}"),
        format!("postgres://chatcore:hunter2@localhost/postgres?host={folder}&options[search_path]=nothing"),
    ];
    for url in urls {
        let message = match PostgresOptions::url(&url) {
            Err(error) => whole_message(&error),
            Ok(options) => {
                assert!(!format!("{options:?}").contains("hunter2"), "{options:?}");
                refusal(options).await
            }
        };
        assert!(!message.contains("hunter2"), "{message}");
        assert!(message.contains("failed to open the database"), "{message}");
    }
}
