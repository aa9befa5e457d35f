//! `chatcore-server store compact`

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;

use super::copy::copy_and_verify;
use super::error::CommandError;
use super::output::say;
use super::{Outcome, chosen, unless_interrupted};
use crate::config::StoreUrl;
use crate::stores::{self, OpenError, Seized};

/// Which store to write anew.
#[derive(Debug, Args)]
pub struct Compact {
    /// Which store [default: that of the server]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
}

impl Compact {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<Outcome, CommandError> {
        let url = chosen(self.store.as_ref(), usual)?;
        match &url {
            StoreUrl::Sqlite(_) => in_place(&url).await?,
            StoreUrl::Sled(folder) => beside(&url, folder).await?,
            StoreUrl::Postgres(_) | StoreUrl::Memory => return Err(CommandError::NotOurs(url)),
        }
        say(format!("compacted {url}"));
        Ok(Outcome::Fine)
    }
}

async fn in_place(url: &StoreUrl) -> Result<(), CommandError> {
    let opened = stores::open_existing(url).await?;
    let work = async { opened.compact().await.map_err(CommandError::Compact) };
    let done = unless_interrupted(work, "the store is as it was").await;
    opened.close().await;
    done
}

/// sled keeps what was deleted until it happens to write over it, so all that lives is copied into a new folder. Nobody else
/// gets at the old one, or at what takes its place, before all is done.
async fn beside(url: &StoreUrl, folder: &Path) -> Result<(), CommandError> {
    let (new, old) = (with(folder, ".compact"), with(folder, ".before"));
    if !folder.exists() && !old.exists() {
        return Err(OpenError::Missing(url.clone()).into());
    }
    let seized = Seized::folder(folder)?;
    // what an attempt that was cut off left: either name stands for the whole store
    if folder.exists() {
        remove(&old)?;
    } else {
        rename(&old, folder)?;
    }
    let source = seized.open().await?;
    remove(&new)?;
    let target = stores::open_kept(&StoreUrl::Sled(new.clone())).await;
    let done = match &target {
        Ok(target) => {
            let work = copy_and_verify(&**source.store(), target);
            unless_interrupted(work, "the store is as it was").await.map(drop)
        }
        Err(_) => Ok(()),
    };
    source.close().await;
    target?.close().await;
    done?;
    replace(folder, &new, &old, &seized)
}

/// Puts the new folder in the place of the old one, which goes.
fn replace(folder: &Path, new: &Path, old: &Path, _is_ours: &Seized) -> Result<(), CommandError> {
    rename(folder, old)?;
    rename(new, folder)?;
    remove(old)?;
    remove(&with(new, ".lock"))
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

fn rename(from: &Path, to: &Path) -> Result<(), CommandError> {
    fs::rename(from, to).map_err(CommandError::file(from))
}

/// A file or a folder with all that is in it, if it is there.
fn remove(path: &Path) -> Result<(), CommandError> {
    let done = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match done {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(CommandError::file(path)(error)),
        _ => Ok(()),
    }
}
