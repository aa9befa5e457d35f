//! Databases of every released schema, as the version that released it wrote them: each must open today, and hold what
//! it held then.
//!
//! A folder `golden/<version>` has one of every store and `records.archive`, which says what is in them. They are never
//! written again. A release that changes a schema adds a folder of its own:
//! `cargo test -p chatcore-server --test golden -- --ignored write_this_version`.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chatcore::MemoryStore;
use chatcore::conformance::records;
use chatcore::store::{Batch, Commit};
use chatcore::testing::CountingIds;
use chatcore::transfer::{self, InsertRecord, Options, archive};
use chatcore_server::stores::{self, OpenStore};
use chatcore_sqlx::testing::{Durability, Postgres};

/// The schema of the databases that were dumped.
const SCHEMA: &str = "golden";

/// What a store may hold is in the samples of the suite; those with a long text would make the files large.
const LONGEST: usize = 20_000;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The folders of all versions.
fn versions() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(!found.is_empty(), "there is no golden database");
    found
}

async fn open(url: &str) -> OpenStore {
    stores::open(&url.parse().unwrap()).await.unwrap()
}

/// A store holds the records of its version's archive, no more and no less.
async fn expect_records(version: &Path, url: &str) {
    let expected = MemoryStore::in_memory();
    let file = fs::read(version.join("records.archive")).unwrap();
    let said = archive::restore(&file[..], &expected, &Options::default(), &mut |_| {}).await.unwrap();
    let store = open(url).await;
    let held = transfer::verify(&expected, &**store.store()).await.unwrap();
    assert_eq!(held, said.digest);
    assert!(held.records() > 50, "{} records are too few", held.records());
    store.close().await;
    // what was brought up to date opens again
    let store = open(url).await;
    assert_eq!(transfer::digest(&**store.store()).await.unwrap(), held);
    store.close().await;
}

/// The files of a folder; sled makes its own folder for blobs, in which nothing ever is.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

fn program(server: &Postgres, name: &str) -> Command {
    let mut program = Command::new(Postgres::programs().unwrap().join(name));
    program.arg("-h").arg(server.folder()).args(["-U", "chatcore", "-d", "postgres"]);
    program
}

fn forget_schema(server: &Postgres) {
    let drop = format!("SET client_min_messages = error; DROP SCHEMA IF EXISTS {SCHEMA} CASCADE");
    assert!(program(server, "psql").args(["-q", "-c", &drop]).status().unwrap().success());
}

fn url_of(server: &Postgres) -> String {
    format!("postgres://chatcore@localhost/postgres?host={}&schema={SCHEMA}", server.folder().display())
}

#[tokio::test]
async fn sqlite_opens_every_version() {
    for version in versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.db");
        fs::copy(version.join("sqlite.db"), &path).unwrap();
        expect_records(&version, &format!("sqlite:{}", path.display())).await;
    }
}

#[tokio::test]
async fn sled_opens_every_version() {
    for version in versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.sled");
        copy_folder(&version.join("sled"), &path);
        expect_records(&version, &format!("sled:{}", path.display())).await;
    }
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test]
async fn postgres_opens_every_version() {
    let server = Postgres::shared(Durability::Off).unwrap();
    for version in versions() {
        forget_schema(&server);
        let load = program(&server, "psql")
            .args(["-q", "-v", "ON_ERROR_STOP=1", "-f"])
            .arg(version.join("postgres.sql"))
            .output();
        let load = load.unwrap();
        assert!(load.status.success(), "{}", String::from_utf8_lossy(&load.stderr));
        expect_records(&version, &url_of(&server)).await;
    }
    forget_schema(&server);
}

#[tokio::test]
#[ignore = "it writes what is then never changed"]
async fn write_this_version() {
    let version = golden().join(env!("CARGO_PKG_VERSION"));
    assert!(!version.exists(), "this version has its databases");
    fs::create_dir_all(&version).unwrap();
    let source = MemoryStore::in_memory();
    for record in records(&CountingIds::default()) {
        if record.encode().len() < LONGEST {
            source.commit(Batch::of(InsertRecord(record))).await.unwrap();
        }
    }
    let mut file = Vec::new();
    archive::write(&source, &mut file, &mut |_| {}).await.unwrap();
    fs::write(version.join("records.archive"), file).unwrap();

    let made = tempfile::tempdir().unwrap();
    let server = Postgres::shared(Durability::Off).unwrap();
    forget_schema(&server);
    let (sqlite, sled) = (made.path().join("sqlite.db"), made.path().join("sled"));
    for url in [format!("sqlite:{}", sqlite.display()), format!("sled:{}", sled.display()), url_of(&server)] {
        let store = open(&url).await;
        transfer::copy(&source, &**store.store(), &Options::default(), &mut |_| {}).await.unwrap();
        store.close().await;
    }
    fs::copy(sqlite, version.join("sqlite.db")).unwrap();
    copy_folder(&sled, &version.join("sled"));
    // room that is kept for a full disk, made anew where it is missing
    let _ = fs::remove_file(version.join("sled/reserve"));
    let dump = program(&server, "pg_dump").args(["--inserts", "--no-owner", "-n", SCHEMA]).output().unwrap();
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    // commands of newer clients, which older ones do not know
    let dump = String::from_utf8(dump.stdout).unwrap();
    let lines: Vec<&str> = dump.split('\n').filter(|line| !line.contains("restrict ")).collect();
    fs::write(version.join("postgres.sql"), lines.join("\n")).unwrap();
    forget_schema(&server);
}
