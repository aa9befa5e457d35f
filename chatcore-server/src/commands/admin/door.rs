//! The door of a server that has its store to itself: a socket beside the data, through which commands on the same machine
//! reach it. Whoever may use the store may use the socket, and nobody else: it is made in a folder of its own (mode 0700),
//! has mode 0600, and only then comes to its place.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chatcore::Store;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::deed::Order;
use crate::commands::error::{CommandError, chain};
use crate::config::StoreUrl;
use crate::stores::beside;

/// The longest order, and the longest answer: the sessions of somebody who has very many.
const MOST_BYTES: u64 = 1 << 20;

/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of an order.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Done(Vec<String>),
    Refused(String),
}

/// An open door. It closes when this is dropped.
pub(crate) struct Door {
    path: PathBuf,
    socket: Identity,
    task: JoinHandle<()>,
}

/// Which file it is, whatever its name: its device and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        std::fs::symlink_metadata(path).map(|found| Self(found.dev(), found.ino()))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
        // the store is free before this: the server that has it by now may have put its own door here
        if Identity::of(&self.path).is_ok_and(|there| there == self.socket) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Where the door of a server is: beside a store that one process at a time can use.
fn place(url: &StoreUrl) -> Option<PathBuf> {
    beside(url, "admin")
}

impl Door {
    /// Opens it. A server that cannot serves all the same: commands then ask for it to be stopped first.
    pub(crate) fn open(url: &StoreUrl, store: &Arc<dyn Store>) -> Option<Self> {
        let path = place(url)?;
        match listen(&path) {
            Ok((listener, socket)) => {
                let task = tokio::spawn(serve(listener, store.clone()));
                Some(Self { path, socket, task })
            }
            Err(error) => {
                tracing::warn!(%error, "no admin commands beside this server: failed to listen on {}", path.display());
                None
            }
        }
    }
}

fn listen(path: &Path) -> io::Result<(UnixListener, Identity)> {
    let mut folder = path.as_os_str().to_owned();
    folder.push(".new");
    let folder = PathBuf::from(folder);
    // left by a server that was killed in between
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
    let inside = folder.join("s");
    let listening = UnixListener::bind(&inside).and_then(|listener| {
        std::fs::set_permissions(&inside, std::fs::Permissions::from_mode(0o600))?;
        // what a killed server left there is replaced: nobody else has the store
        let socket = Identity::of(&inside)?;
        std::fs::rename(&inside, path)?;
        Ok((listener, socket))
    });
    let _ = std::fs::remove_dir_all(&folder);
    listening
}

async fn serve(listener: UnixListener, store: Arc<dyn Store>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, store.clone()))),
            Err(error) => {
                tracing::warn!(%error, "failed to take an admin command");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(stream: UnixStream, store: Arc<dyn Store>) {
    let (read, mut write) = stream.into_split();
    let reply = match receive::<Order>(read).await {
        Ok(order) => {
            tracing::info!(deed = order.deed.name(), "an admin command");
            match order.carry_out(&store).await {
                Ok(lines) => Reply::Done(lines),
                Err(error) => Reply::Refused(chain(&error)),
            }
        }
        Err(error) => Reply::Refused(error.to_string()),
    };
    if let Ok(line) = serde_json::to_string(&reply) {
        let _ = timeout(PATIENCE, write.write_all(format!("{line}\n").as_bytes())).await;
    }
}

/// One line of JSON.
async fn receive<T: for<'de> Deserialize<'de>>(read: impl AsyncRead + Unpin) -> io::Result<T> {
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(read.take(MOST_BYTES)).read_line(&mut line)).await??;
    Ok(serde_json::from_str(&line)?)
}

/// Has the server of a store carry an order out; hands it back if there is none.
pub(super) async fn ask(url: &StoreUrl, order: Order) -> Result<Result<Vec<String>, CommandError>, Order> {
    let Some(path) = place(url) else { return Err(order) };
    let Ok(stream) = UnixStream::connect(&path).await else { return Err(order) };
    Ok(exchange(stream, &order).await.map_err(CommandError::file(&path)).and_then(|reply| match reply {
        Reply::Done(lines) => Ok(lines),
        Reply::Refused(why) => Err(CommandError::Refused(why)),
    }))
}

async fn exchange(stream: UnixStream, order: &Order) -> io::Result<Reply> {
    let (read, mut write) = stream.into_split();
    let line = serde_json::to_string(order)?;
    write.write_all(format!("{line}\n").as_bytes()).await?;
    receive(read).await
}

#[cfg(test)]
mod tests {
    use chatcore::MemoryStore;

    use super::super::deed::Deed;
    use super::*;

    /// Whether somebody answers at the door of a store.
    async fn is_open(url: &StoreUrl) -> bool {
        let order = Order { login: "nobody".into(), deed: Deed::Suspend };
        match ask(url, order).await {
            Ok(answer) => matches!(answer, Err(CommandError::Refused(_))),
            Err(_) => false,
        }
    }

    #[tokio::test]
    async fn a_server_that_ends_late_leaves_the_door_of_the_next_one_open() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("chat.db"));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::in_memory());
        let first = Door::open(&url, &store).unwrap();
        assert!(is_open(&url).await);
        let second = Door::open(&url, &store).unwrap();
        drop(first);
        assert!(is_open(&url).await, "the first one has closed the second one's door");
        drop(second);
        assert!(!is_open(&url).await);
        assert!(!place(&url).unwrap().exists(), "and the last one its own");
    }
}
