//! Where the server's binaries are, and who may run them.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder with `initdb` and `postgres`: that of the newest version which Debian's packages installed, or one of
/// `PATH`.
pub(super) fn folder() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = found.into_iter().rev().map(|(_, folder)| folder);
    debian
        .chain(std::env::split_paths(&path))
        .find(|folder| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file()))
}

/// A user and their group, to whom root leaves the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Account {
    /// Whoever runs this.
    pub(super) fn own() -> std::io::Result<Self> {
        use std::os::unix::fs::MetadataExt;
        // a process's own folder belongs to it
        let own = fs::metadata("/proc/self").or_else(|_| tempfile_metadata())?;
        Ok(Self { user: own.uid(), group: own.gid() })
    }

    /// Who the server runs as: whoever runs this, or somebody to whom root leaves it.
    pub(super) fn of_server() -> std::io::Result<Option<Self>> {
        let own = Self::own()?;
        Ok(if own.user == 0 { Self::for_root() } else { Some(own) })
    }

    /// A program that runs as this account, with nothing to say.
    pub(super) fn command(self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir(folder);
        if Self::own().is_ok_and(|own| own.user == 0) {
            command.uid(self.user).gid(self.group);
        }
        command
    }

    /// Makes the folder `data` of a server.
    pub(super) fn initdb(self, binaries: &Path, folder: &Path) -> Command {
        let mut initdb = self.command(&binaries.join("initdb"), folder);
        initdb.arg("-D").arg(folder.join("data"));
        initdb.args(["-U", "chatcore", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        initdb
    }

    fn for_root() -> Option<Self> {
        let accounts = fs::read_to_string("/etc/passwd").ok()?;
        let named = |name: &str| {
            let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        };
        named("postgres").or_else(|| named("nobody"))
    }
}

/// The owner of a file that was just made, where there is no `/proc`.
fn tempfile_metadata() -> std::io::Result<fs::Metadata> {
    let path = std::env::temp_dir().join(format!("chatcore-{}", std::process::id()));
    fs::write(&path, [])?;
    let found = fs::metadata(&path);
    fs::remove_file(&path)?;
    found
}
