//! What the machine has, and the seeds.

use std::path::PathBuf;
use std::process::Command;

use chatcore::{IdSource, RandomIds};
use chatcore_sqlx::testing::{Durability, Postgres};
use libtest_mimic::Failed;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use super::stores::Kind;

/// The whole of this run: how many kills a store gets, from what seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) kills: u64,
    pub(crate) long: bool,
}

impl Plan {
    pub(crate) fn from_environment() -> Result<Self, Failed> {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>()).transpose();
        let [a, b, c, d, ..] = RandomIds.random();
        let kills = number("CHATCORE_CRASH_KILLS")?;
        let seed = number("CHATCORE_CRASH_SEED")?.unwrap_or_else(|| u64::from(u32::from_be_bytes([a, b, c, d])));
        Ok(Self { seed, kills: kills.unwrap_or(4), long: kills.is_some() })
    }

    /// Numbers for one test, the same whichever tests run beside it.
    pub(crate) fn random(&self, test: &str) -> StdRng {
        let salt = test.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        StdRng::seed_from_u64(self.seed ^ salt)
    }
}

/// A store of its own for one test.
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    folder: TempDir,
    server: Option<Postgres>,
}

impl Place {
    pub(crate) fn new(kind: Kind) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        if kind == Kind::Postgres {
            // that the server itself is killed is another test
            let server = Postgres::shared(Durability::Off)?;
            // the name under which the server lists connections
            let url = format!("{}&application_name={}", server.fresh(), server.schema());
            return Ok(Self { kind, url, folder, server: Some(server) });
        }
        let url = format!("{}:{}", kind.name(), kind.path(folder.path()).display());
        Ok(Self { kind, url, folder, server: None })
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Waits until nothing works for the writer that was killed: a server ends what it had begun.
    pub(crate) fn settle(&self) -> Result<(), Failed> {
        let Some(server) = &self.server else { return Ok(()) };
        let name = self.url.rsplit('=').next().unwrap_or_default();
        settle(server.folder(), name)
    }
}

/// Waits until the server behind a socket has no connection of that name.
pub(crate) fn settle(folder: &std::path::Path, name: &str) -> Result<(), Failed> {
    let question = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{name}'");
    let psql = Postgres::programs().unwrap_or_default().join("psql");
    for _ in 0..1_000 {
        let mut ask = Command::new(&psql);
        ask.arg("-h").arg(folder).args(["-U", "chatcore", "-d", "postgres", "-X", "-Atc", &question]);
        let output = ask.output()?;
        if output.status.success() && output.stdout.trim_ascii() == b"0" {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    Err("connections of a writer that was killed stay".into())
}

/// What a test cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    Postgres,
    Strace,
    Mount,
    Time,
}

/// Why a test cannot run.
pub(crate) struct Missing {
    pub(crate) what: String,
    /// Nothing that could be installed: the machine withholds a right, or the long run alone does it.
    pub(crate) excused: bool,
}

impl Need {
    pub(crate) fn missing(self) -> Option<Missing> {
        let absent = |what: String| Some(Missing { what, excused: false });
        let excused = |what: &str| Some(Missing { what: what.to_owned(), excused: true });
        match self {
            Self::Nothing => None,
            Self::Time => excused("only the long run does it (CHATCORE_CRASH_KILLS)"),
            Self::Postgres => Postgres::shared(Durability::Off).err().and_then(|why| absent(why.to_string())),
            Self::Strace => match Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output() {
                Err(_) => absent("strace is not installed".to_owned()),
                Ok(output) if !output.status.success() => excused("strace may not trace processes here"),
                Ok(_) => None,
            },
            Self::Mount => match SmallDisk::new("1m") {
                Err(_) => excused("file systems may not be mounted here (CAP_SYS_ADMIN)"),
                Ok(_) => None,
            },
        }
    }
}

/// A file system in memory, of a size that can be changed.
pub(crate) struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    pub(crate) fn new(size: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        mount(&["-t", "tmpfs", "-o", &format!("size={size},mode=0777"), "tmpfs"], folder.path())?;
        Ok(Self { folder })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    pub(crate) fn resize(&self, size: &str) -> Result<(), Failed> {
        mount(&["-o", &format!("remount,size={size}")], self.folder.path())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).output();
    }
}

fn mount(arguments: &[&str], folder: &std::path::Path) -> Result<(), Failed> {
    let output = Command::new("mount").args(arguments).arg(folder).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned().into()) }
}
