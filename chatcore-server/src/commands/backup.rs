//! `chatcore-server backup`

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chatcore::transfer::{Digest, archive};
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{note, say};
use super::progress::Reporter;
use super::{Outcome, chosen, files, unless_interrupted};
use crate::blobs::BlobPlace;
use crate::config::Usual;
use crate::stores::{self, Snapshot};

/// Which store to back up, and where to.
#[derive(Debug, Args)]
pub struct Backup {
    /// Which store [default: that of the server]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
    /// The file to write; `-` for standard output
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Where its attachments lie, as in `--attachments` [default: where the server has them; beside another store]
    #[arg(long, value_name = "URL")]
    files: Option<BlobPlace>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

impl Backup {
    pub(super) async fn run(self, usual: Usual) -> Result<Outcome, CommandError> {
        let url = chosen(self.store.as_ref(), usual.store.clone())?;
        let place = self.files.clone().unwrap_or_else(|| usual.files_of(&url));
        let to_file = self.to != Path::new("-");
        if to_file {
            self.require_free()?;
        }
        let snapshot = stores::open_snapshot(&url).await?;
        let work = async {
            if !to_file {
                note(format!("backed up {url}, without files: {}", to_stdout(&snapshot).await?));
                return Ok(Outcome::Fine);
            }
            // behind the records, so that whatever they name has come; what went meanwhile nobody has
            let digest = self.to_file(&snapshot).await?;
            say(format!("backed up {url}: {digest}"));
            files::copy(snapshot.records(), &place, &files::beside(&self.to)).await
        };
        let done = unless_interrupted(work, "the backup is not whole").await;
        snapshot.close().await;
        done
    }

    fn require_free(&self) -> Result<(), CommandError> {
        match self.to.symlink_metadata() {
            Ok(_) if !self.force => Err(CommandError::Exists(self.to.display().to_string())),
            _ => Ok(()),
        }
    }

    async fn to_file(&self, snapshot: &Snapshot) -> Result<Digest, CommandError> {
        let partial = Partial::create(&self.to)?;
        let failed = CommandError::file(&partial.path);
        let mut file = BufWriter::new(&partial.file);
        let digest = write(snapshot, &mut file).await?;
        file.flush().map_err(&failed)?;
        drop(file);
        partial.file.sync_all().map_err(&failed)?;
        self.require_free()?;
        partial.keep_as(&self.to)?;
        Ok(digest)
    }
}

async fn to_stdout(snapshot: &Snapshot) -> Result<Digest, CommandError> {
    write(snapshot, &mut BufWriter::new(io::stdout())).await
}

async fn write(snapshot: &Snapshot, to: &mut (impl Write + Send)) -> Result<Digest, CommandError> {
    let reporter = Reporter::new("backing up");
    Ok(archive::write(snapshot.records(), to, &mut |progress| reporter.tell(progress)).await?)
}

/// A file that is gone unless it becomes the backup.
struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// One that only its owner can read. What an attempt left that was killed is replaced.
    fn create(whole: &Path) -> Result<Self, CommandError> {
        let mut path = whole.as_os_str().to_owned();
        path.push(".partial");
        let path = PathBuf::from(path);
        let failed = CommandError::file(&path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        Ok(Self { path, file })
    }

    fn keep_as(self, whole: &Path) -> Result<(), CommandError> {
        let failed = CommandError::file(whole);
        fs::rename(&self.path, whole).map_err(&failed)?;
        // a name that is lost in a power cut is no backup
        let folder = whole.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if cfg!(unix) { File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed) } else { Ok(()) }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // it is not there any more if it became the backup
        let _ = fs::remove_file(&self.path);
    }
}
