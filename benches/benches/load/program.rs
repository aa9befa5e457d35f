//! The programs that are measured, each a process on a core of its own: our server, nginx, and a proxy that copies
//! bytes.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use chatcore_benches::Failure;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::machine::Cores;

/// Longer than any of them takes to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that listens; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) process: u32,
    pub(crate) address: SocketAddr,
}

impl Program {
    fn new(child: Child, address: SocketAddr) -> Result<Self, Failure> {
        let process = child.id().ok_or("a program ended at once")?;
        Ok(Self { child, process, address })
    }

    /// Kills it and waits for its end.
    pub(crate) async fn end(mut self) -> Result<(), Failure> {
        Ok(self.child.kill().await?)
    }

    /// Our server as people run it, with SQLite in that folder; its only model is at that address.
    pub(crate) async fn chatcore(
        binary: &Path,
        cores: Cores,
        folder: &Path,
        upstream: SocketAddr,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        command
            .current_dir(folder)
            .env_clear()
            .env("CHATCORE_LISTEN", "127.0.0.1:0")
            .env("CHATCORE_STORE", format!("sqlite:{}", folder.join("chat.db").display()))
            .env("CHATCORE_ACCESS_TOKEN_SECONDS", "86400")
            // nginx notes no requests either
            .env("CHATCORE_LOG", "info,chatcore_server::http::edge=warn")
            // one address asks as often as it can
            .env("CHATCORE_RATE_LIMITS", "off")
            .env("OPENAI_BASE_URL", format!("http://{upstream}/v1"))
            .env("OPENAI_DEFAULT_MODEL", "load")
            .stderr(Stdio::piped());
        let mut child = spawn(&mut command, cores)?;
        let log = child.stderr.take().ok_or("no log")?;
        let address = told(log, "listening on http://").await?;
        Self::new(child, address)
    }

    /// nginx that passes everything on and keeps nothing; `None` when it is not installed.
    pub(crate) async fn nginx(cores: Cores, folder: &Path, upstream: SocketAddr) -> Result<Option<Self>, Failure> {
        // nginx does not say which port the system chose
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = folder.join("nginx.conf");
        let text = include_str!("nginx.conf").replace("UPSTREAM", &upstream.to_string());
        std::fs::write(&config, text.replace("LISTEN", &address.to_string()))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder).arg("-c").arg(&config).arg("-e").arg("stderr").stderr(Stdio::inherit());
        let child = match spawn(&mut command, cores) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            spawned => spawned?,
        };
        let begin = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if begin.elapsed() > PATIENCE {
                return Err("nginx does not listen".into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self::new(child, address).map(Some)
    }

    /// A proxy that copies bytes and knows nothing of HTTP: this program again, as [`copy`].
    pub(crate) async fn copy(cores: Cores, upstream: SocketAddr) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(COPY).arg(upstream.to_string()).stdout(Stdio::piped());
        let mut child = spawn(&mut command, cores)?;
        let said = child.stdout.take().ok_or("no output")?;
        let address = told(said, "copying at ").await?;
        Self::new(child, address)
    }
}

impl Program {
    /// Our server in this program, as [`embedded`](crate::embedded).
    pub(crate) async fn embedded(
        cores: Cores,
        how: &str,
        folder: &Path,
        upstream: SocketAddr,
    ) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.current_dir(folder).env_clear().arg(SERVE).arg(how).arg(folder).arg(upstream.to_string());
        let mut child = spawn(command.stdout(Stdio::piped()), cores)?;
        let said = child.stdout.take().ok_or("no output")?;
        let address = told(said, "serving at ").await?;
        Self::new(child, address)
    }
}

fn spawn(command: &mut Command, cores: Cores) -> std::io::Result<Child> {
    cores.spawn(|| command.stdin(Stdio::null()).kill_on_drop(true).spawn())
}

/// The address that a program tells, once it listens there. What it says after that is read and thrown away.
async fn told(output: impl AsyncRead + Unpin + Send + 'static, before: &str) -> Result<SocketAddr, Failure> {
    let mut lines = BufReader::new(output).lines();
    let mut log = String::new();
    let address = loop {
        let Some(line) = tokio::time::timeout(PATIENCE, lines.next_line()).await?? else {
            return Err(format!("a program ended instead of listening: {log}").into());
        };
        if let Some((_, rest)) = line.split_once(before) {
            break rest.split(' ').next().unwrap_or_default().parse()?;
        }
        log.push_str(&line);
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok(address)
}

/// Argument that makes this program the server.
pub(crate) const SERVE: &str = "--serve";

/// Argument that makes this program the proxy.
pub(crate) const COPY: &str = "--copy";

/// The proxy: tells its address and copies until it is killed.
#[expect(clippy::print_stdout, reason = "the other process reads it")]
pub(crate) async fn copy(upstream: &str) -> Result<(), Failure> {
    let upstream: SocketAddr = upstream.parse()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("copying at {}", listener.local_addr()?);
    loop {
        let (mut client, _) = listener.accept().await?;
        tokio::spawn(async move {
            let mut server = TcpStream::connect(upstream).await?;
            client.set_nodelay(true)?;
            server.set_nodelay(true)?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await
        });
    }
}

/// The binary of the server: beside this one. A bench builds it, a quick run only looks whether it is there.
pub(crate) fn server(build: bool) -> Result<Option<PathBuf>, Failure> {
    if build {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = std::process::Command::new(cargo);
        command.args(["build", "--release", "--locked", "--package", "chatcore-server", "--bin", "chatcore-server"]);
        if !command.current_dir(env!("CARGO_MANIFEST_DIR")).status()?.success() {
            return Err("the server does not build".into());
        }
    }
    let own = std::env::current_exe()?;
    let binary = own.ancestors().nth(2).map(|folder| folder.join("chatcore-server"));
    Ok(binary.filter(|binary| binary.is_file()))
}
