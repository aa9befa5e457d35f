//! Starting, sharing and stopping the server.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::binaries::{self, Account};

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Missing {
    /// The machine has no `initdb` and `postgres`.
    #[error("PostgreSQL is not installed (no initdb and postgres below /usr/lib/postgresql or in PATH)")]
    Binaries,
    /// Root may not run it, and there is nobody else.
    #[error("PostgreSQL does not run as root, and there is no user postgres or nobody")]
    User,
    /// It did not start; its log says why.
    #[error("PostgreSQL did not start, see {0}")]
    Start(PathBuf),
    /// Something around it failed.
    #[error("failed to set PostgreSQL up")]
    Io(#[from] io::Error),
}

/// Whether the server waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It does not: for tests.
    Off,
    /// It does, as it does outside of tests: for benches.
    On,
}

/// A handle to the server. It runs as long as a process has one.
#[derive(Debug)]
pub struct Postgres {
    folder: PathBuf,
    /// Held shared, so that the keeper sees that somebody is there.
    _user: File,
}

/// Stops the server when nobody has held the lock for a while, and clears its data away: each test leaves a schema behind.
/// Whoever comes meanwhile waits for the other lock, and then starts it anew.
const KEEPER: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 -c shared_buffers=128MB $3 >"$2/log" 2>&1 &
server=$!
trap 'kill -QUIT $server' TERM INT
exec 9<"$2/start.lock"
while kill -0 $server 2>/dev/null; do
  flock "$2/users.lock" true
  sleep 3
  flock 9
  flock -n "$2/users.lock" true && break
  flock -u 9
done
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$2/data"
"#;

const NOT_DURABLE: &str = "-c fsync=off -c full_page_writes=off";

impl Postgres {
    /// The server that all test processes share; it is started if it does not run.
    ///
    /// # Errors
    /// [`Missing`].
    pub fn shared(durability: Durability) -> Result<Self, Missing> {
        let binaries = binaries::folder().ok_or(Missing::Binaries)?;
        let own = Account::own()?;
        let account = Account::of_server()?.ok_or(Missing::User)?;
        let kind = if durability == Durability::On { "durable" } else { "fast" };
        // short: the path of a Unix socket has a hundred characters at most
        let folder = std::env::temp_dir().join(format!("chatcore-pg-{}-{kind}", own.user));
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        if own.user == 0 {
            chown(&folder, Some(account.user), Some(account.group))?;
        }
        let user = lock_file(&folder.join("users.lock"))?;
        user.lock_shared()?;
        let starting = lock_file(&folder.join("start.lock"))?;
        starting.lock()?;
        let server = Self { folder, _user: user };
        if !server.answers() {
            server.start(&binaries, account, durability)?;
        }
        Ok(server)
    }

    fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket()).is_ok()
    }

    fn start(&self, binaries: &Path, account: Account, durability: Durability) -> Result<(), Missing> {
        let data = self.folder.join("data");
        let log = self.folder.join("log");
        // a server that was cut off by a reboot left these
        let _ = fs::remove_file(data.join("postmaster.pid"));
        if !data.join("global/pg_control").is_file() {
            let _ = fs::remove_dir_all(&data);
            if !account.initdb(binaries, &self.folder).status()?.success() {
                return Err(Missing::Start(log));
            }
        }
        let mut keeper = account.command(Path::new("/bin/sh"), &self.folder);
        keeper.args(["-c", KEEPER, "keeper"]).arg(binaries).arg(&self.folder);
        keeper.arg(if durability == Durability::Off { NOT_DURABLE } else { "" });
        // it outlives whoever starts it
        keeper.process_group(0).spawn()?;
        for _ in 0..600 {
            if self.answers() && self.is_ready(binaries) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(Missing::Start(log))
    }

    /// A server that is coming up accepts connections before it serves them.
    fn is_ready(&self, binaries: &Path) -> bool {
        let mut asking = Command::new(binaries.join("pg_isready"));
        asking.arg("-q").arg("-h").arg(&self.folder);
        asking.status().is_ok_and(|status| status.success())
    }

    /// Where it listens, for programs of PostgreSQL itself: a folder with a socket. The user is `chatcore`, the database
    /// `postgres`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder with the server's programs.
    #[must_use]
    pub fn programs() -> Option<PathBuf> {
        binaries::folder()
    }

    /// How a client connects.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        options(&self.folder)
    }

    /// The name of a new schema, not made yet, that no other test has.
    #[must_use]
    pub fn schema(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let at = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
        format!("t{at:x}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The URL of a new, empty schema.
    #[must_use]
    pub fn fresh(&self) -> String {
        format!("postgres://chatcore@localhost/postgres?host={}&schema={}", self.folder.display(), self.schema())
    }
}

/// How a client connects to the server whose socket is in a folder.
pub(super) fn options(folder: &Path) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass().socket(folder).username("chatcore").database("postgres")
}

/// A file to be locked that the server's user can open too.
fn lock_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).read(true).write(true).truncate(false).mode(0o644).open(path)?;
    Ok(file)
}
