//! A writer in a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use super::journal::{Line, News};
use super::order::{Order, VARIABLE};

/// Nothing that is waited for takes as long: who waits longer waits for something that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Writer {
    child: Child,
    lines: Receiver<Line>,
    /// Those that were read already.
    pub(crate) heard: Vec<Line>,
    errors: Option<JoinHandle<String>>,
}

/// How a writer ended, and all that it said.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) lines: Vec<Line>,
    pub(crate) errors: String,
}

impl Writer {
    /// Starts one; `under` is a program, with arguments, that runs it.
    pub(crate) fn start(order: &Order, under: &[String]) -> Result<Self, Failed> {
        let own = std::env::current_exe()?;
        let mut command = match under {
            [] => Command::new(own),
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(own);
                command
            }
        };
        command.env(VARIABLE, serde_json::to_string(order)?).env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().ok_or("no output")?);
        std::thread::spawn(move || {
            // a line that was cut off was never said
            for line in out.split(b'\n').map_while(Result::ok) {
                let Ok(line) = serde_json::from_slice(&line) else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut err = child.stderr.take().ok_or("no errors")?;
        let errors = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = err.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Ok(Self { child, lines, heard: Vec::new(), errors: Some(errors) })
    }

    /// Reads on until so many lines fit, and fails if they do not come.
    pub(crate) fn hear(&mut self, count: usize, fits: impl Fn(&News) -> bool) -> Result<(), Failed> {
        let until = Instant::now() + PATIENCE;
        let mut found = 0;
        while found < count {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    found += usize::from(fits(&line.news));
                    self.heard.push(line);
                }
                Err(RecvTimeoutError::Timeout) => return Err(self.hangs()),
                Err(RecvTimeoutError::Disconnected) => {
                    let ended = self.gather()?;
                    return Err(format!("the writer ended with {}: {}", ended.status, ended.errors).into());
                }
            }
        }
        Ok(())
    }

    /// Ends it with SIGKILL.
    pub(crate) fn kill(mut self) -> Result<Ended, Failed> {
        self.child.kill()?;
        self.gather()
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(mut self) -> Result<Ended, Failed> {
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > until {
                // the other end of its input closes, and it ends
                drop(self.child.stdin.take());
                return Err(self.hangs());
            }
            // what it says must be read, or it waits for us
            if let Ok(line) = self.lines.recv_timeout(Duration::from_millis(5)) {
                self.heard.push(line);
            }
            self.heard.extend(self.lines.try_iter());
        }
        self.gather()
    }

    fn hangs(&self) -> Failed {
        let last: Vec<String> = self.heard.iter().rev().take(6).map(|line| format!("{line:?}")).collect();
        format!("the writer hangs after {} lines; the last ones: {}", self.heard.len(), last.join("\n")).into()
    }

    fn gather(&mut self) -> Result<Ended, Failed> {
        let status = self.child.wait()?;
        self.heard.extend(self.lines.iter());
        let errors = self.errors.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        // killed, over, or not able to open its store; a panic that the store makes an error of is none
        if !matches!(status.code(), None | Some(0 | 2)) {
            return Err(format!("the writer ended with {status}: {errors}").into());
        }
        Ok(Ended { status, lines: std::mem::take(&mut self.heard), errors })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
