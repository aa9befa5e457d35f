//! A PostgreSQL server of our own that waits for its disk, and that is killed while a writer is at work.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use chatcore_sqlx::testing::Postgres;
use libtest_mimic::Failed;
use rand::RngExt;
use tempfile::TempDir;

use super::audit::audit;
use super::journal::News;
use super::ledger::Ledger;
use super::machine::{Plan, settle};
use super::order::Order;
use super::process::Writer;
use super::report::Tally;

/// Kills of the server; each takes a few seconds.
const MOST: u64 = 40;
const NAME: &str = "crash_writer";

/// The server is killed, or stopped without a checkpoint, and started again; the writer goes on by itself.
pub(crate) fn server_kills(plan: Plan) -> Result<(), Failed> {
    let mut random = plan.random("server");
    let runtime = tokio::runtime::Runtime::new()?;
    let mut server = Server::new()?;
    let url = server.url();
    let (mut tally, mut ledger) = (Tally::new("postgres::server_kills"), Ledger::default());
    let mut failures = 0;
    for round in 0..plan.kills.min(MOST) {
        let mut writer = Writer::start(&Order::new(&url, round, plan.seed), &[])?;
        writer.hear(1, |news| matches!(news, News::Done(_)))?;
        std::thread::sleep(Duration::from_millis(random.random_range(0..600)));
        if round % 2 == 0 {
            server.kill()?;
        } else {
            server.stop_immediately()?;
        }
        writer.hear(1, |news| matches!(news, News::Refused(_) | News::Unsure(_)))?;
        server.start()?;
        writer.hear(30, |news| matches!(news, News::Done(_)))?;
        ledger.take_all(&writer.kill()?.lines);
        tally.kills += 1;
        settle(&server.folder(), NAME)?;
        runtime.block_on(audit(&url, &mut ledger, &mut tally))?;
        failures += ledger.refusals.drain(..).count();
        ledger.failed_reads.clear();
        if !tally.problems.is_empty() {
            break;
        }
    }
    println!("server: {failures} attempts failed while it was away");
    tally.verdict(plan.seed)
}

struct Server {
    folder: TempDir,
    programs: PathBuf,
    /// Whom it runs as, when we are root, which it refuses.
    account: Option<(u32, u32)>,
    running: Option<Child>,
}

impl Server {
    fn new() -> Result<Self, Failed> {
        let programs = Postgres::programs().ok_or("there is no PostgreSQL")?;
        let id = |arguments: &[&str]| -> Result<u32, Failed> {
            let output = Command::new("id").args(arguments).output()?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().parse()?)
        };
        let account = match id(&["-u"])? {
            0 => Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?)),
            _ => None,
        };
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755))?;
        if let Some((user, group)) = account {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let mut server = Self { folder, programs, account, running: None };
        let mut initdb = server.program("initdb");
        initdb.arg("-D").arg(server.data()).args(["-U", "chatcore", "-A", "trust", "-E", "UTF8", "--locale=C"]);
        if !initdb.status()?.success() {
            return Err("initdb failed".into());
        }
        server.start()?;
        Ok(server)
    }

    fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn url(&self) -> String {
        let folder = self.folder.path().display();
        format!("postgres://chatcore@localhost/postgres?host={folder}&application_name={NAME}")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(self.folder.path());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts it and waits until it answers. What the last one left may be in its way for a moment.
    fn start(&mut self) -> Result<(), Failed> {
        for _ in 0..600 {
            let running = match &mut self.running {
                Some(running) => running.try_wait()?.is_none(),
                None => false,
            };
            if !running {
                let mut postgres = self.program("postgres");
                postgres.arg("-D").arg(self.data()).arg("-k").arg(self.folder.path());
                postgres.args(["-c", "listen_addresses=", "-c", "fsync=on", "-c", "synchronous_commit=on"]);
                self.running = Some(postgres.spawn()?);
            }
            if self.answers(self.folder.path())? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("PostgreSQL does not start again".into())
    }

    fn answers(&self, folder: &Path) -> Result<bool, Failed> {
        Ok(self.program("pg_isready").arg("-q").arg("-h").arg(folder).status()?.success())
    }

    /// The first process dies; the others notice and end.
    fn kill(&mut self) -> Result<(), Failed> {
        if let Some(mut running) = self.running.take() {
            running.kill()?;
            running.wait()?;
        }
        Ok(())
    }

    /// All processes end at once, without writing anything down.
    fn stop_immediately(&mut self) -> Result<(), Failed> {
        self.program("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(self.data()).status()?;
        if let Some(mut running) = self.running.take() {
            running.wait()?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop_immediately();
    }
}
