//! What the server itself can do: `pgbench` with the rows of a question and its answer, each client in a conversation of
//! its own.

use std::path::Path;

use chatcore_sqlx::testing;
use sqlx::{Connection, Executor};
use tokio::process::Command;

use super::postgres::Postgres;
use super::tail::Tail;
use super::{Backend, StoreKind};
use crate::data::Failure;

const SCRIPT: &str = include_str!("pgbench.sql");

/// Conversations, and the counters of their owners, that the script finds by the number of its client.
const BEGIN: &str = "
    INSERT INTO conversations (id, owner, number, title, version, next_seq, next_lane, message_count, cuts, state,
        created_at, updated_at)
    SELECT decode(md5('chat' || n), 'hex'), decode(md5('owner' || n), 'hex'), 1, 'A title', 1, 1, 1, 0, 0, 'live', 0, 0
    FROM generate_series(0, 255) AS n;
    INSERT INTO sequences (key, next) SELECT decode(md5('owner' || n), 'hex'), 1 FROM generate_series(0, 255) AS n;";

/// Transactions per second, if the store is on PostgreSQL and `pgbench` is installed.
///
/// # Errors
/// When it fails.
pub async fn by_pgbench(kind: StoreKind, clients: usize, seconds: u64) -> Result<Option<f64>, Failure> {
    let program =
        testing::Postgres::programs().map(|folder| folder.join("pgbench")).filter(|program| program.is_file());
    let (StoreKind::Postgres, Some(program)) = (kind, program) else { return Ok(None) };
    let tables = Postgres::open().await?;
    let mut connection = tables.connect().await?;
    connection.execute(BEGIN).await?;
    connection.close().await?;
    let rate = run(&program, &tables, clients, seconds).await;
    Box::new(tables).close().await?;
    rate.map(Some)
}

async fn run(program: &Path, tables: &Postgres, clients: usize, seconds: u64) -> Result<f64, Failure> {
    let script = tempfile::NamedTempFile::new()?;
    std::fs::write(&script, SCRIPT)?;
    let output = Command::new(program)
        .env("PGOPTIONS", format!("-c search_path={}", tables.schema))
        .arg("-h")
        .arg(tables.server.folder())
        .args(["-U", "chatcore", "-n", "-M", "prepared", "-j", "2", "-D", "position=-1", "-D", "at=0"])
        .args(["-D", &format!("parts={}", Tail::parts())])
        .args(["-c", &clients.to_string(), "-T", &seconds.to_string(), "-f"])
        .arg(script.path())
        .arg("postgres")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stdout);
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    match rate {
        Some(rate) if output.status.success() => Ok(rate),
        _ => Err(format!("pgbench failed: {said}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
