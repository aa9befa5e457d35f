//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError, Settings};

/// A chat server: branching conversations with language models, over REST and SSE, with a page of its own.
#[derive(Debug, Parser)]
#[command(name = "chatcore-server", version, about)]
pub struct Cli {
    /// Configuration file [default: chatcore.toml, if there is one]
    #[arg(long, env = "CHATCORE_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// What to do [default: serve]
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Settings of `serve`, which is what happens without a command
    #[command(flatten)]
    pub settings: Settings,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the chat page and the API
    Serve(Box<Settings>),
    /// Print the OpenAPI document
    Openapi,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Task {
    /// Serve.
    Serve(Box<Config>),
    /// Print the OpenAPI document.
    Openapi,
}

impl Cli {
    /// The task with all settings in place.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn task(self) -> Result<Task, ConfigError> {
        let here = PathBuf::from("chatcore.toml");
        let file = match self.config {
            Some(path) => Settings::from_file(&path)?,
            None if here.exists() => Settings::from_file(&here)?,
            None => Settings::default(),
        };
        match self.command {
            Some(Command::Openapi) => Ok(Task::Openapi),
            Some(Command::Serve(settings)) => Ok(Task::Serve(Box::new(settings.or(self.settings).or(file).resolve()?))),
            None => Ok(Task::Serve(Box::new(self.settings.or(file).resolve()?))),
        }
    }
}
