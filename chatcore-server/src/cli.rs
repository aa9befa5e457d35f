//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Arg, Command as Commands, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    AdminCommand, Backup, BillingCommand, ConfigCommand, Doctor, Given, Health, Import, Job, Migrate, Restore, Sources,
    StoreCommand,
};
use crate::config::{Config, ConfigError, Inherited, Settings, TelemetryConfig, Usual};

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

    /// Which of them were given, and where
    #[arg(skip)]
    pub given: Given,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the chat page and the API
    Serve(Box<Settings>),
    /// Print the OpenAPI document
    Openapi,
    /// Bring the schema of a store up to date, as a server does when it starts
    Migrate(Migrate),
    /// Check, copy or compare stores
    #[command(subcommand)]
    Store(StoreCommand),
    /// Make and change accounts, as the one who runs the server
    ///
    /// Also beside a server that runs, which knows it at once: one that has its store to itself is asked to do it.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// See to payments
    ///
    /// With the plans and the gateway of the settings. Beside servers on PostgreSQL; a server on another store must be
    /// stopped first.
    #[command(subcommand)]
    Billing(BillingCommand),
    /// Write everything that a store holds to a file, also while a server uses it
    ///
    /// Only a sled store must not be in use. Whoever can read the file can read all chats. It holds hashes of passwords and
    /// tokens, but not the secret of the server: without that secret people must sign in anew after a restore.
    Backup(Backup),
    /// Look at settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at all that a server needs, and say how to mend what is missing
    ///
    /// Changes nothing. Asks the providers of models and the public URL. Ends with 1 if something is wrong.
    Doctor(Doctor),
    /// Ask the server on this machine whether it is ready
    ///
    /// Ends with 0 if it is, and with 1 if not.
    Health(Health),
    /// Make a store of a backup
    ///
    /// The backup is read to its end first: nothing is written from a damaged one.
    Restore(Restore),
    /// Bring people and conversations of another system, with their passwords, branches and times
    ///
    /// Stop the server first, unless it is one on PostgreSQL. What came once does not come again. Ends with 1 if somebody
    /// cannot come, because their name is taken say.
    Import(Import),
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Task {
    /// Serve.
    Serve(Box<Config>),
    /// Print the OpenAPI document.
    Openapi,
    /// See to payments.
    Billing(BillingCommand, Box<Config>),
    /// Look at all that a server needs.
    Doctor(Doctor, Box<Config>),
    /// Ask a server whether it is ready.
    Health(Health, Box<Config>),
    /// Look at settings.
    Config(ConfigCommand, Box<Sources>, Box<Inherited>),
    /// Do something about a store; the usual one is that of the settings.
    Job(Job, Usual),
}

/// What the command line asks for, and what is to be said about it.
#[derive(Debug)]
pub struct Asked {
    /// What to do.
    pub task: Task,
    /// What the log looks like.
    pub log: TelemetryConfig,
    /// Variables that are set and have no effect, each with its reason: a server's log says so.
    pub ignored: Vec<String>,
}

impl Cli {
    /// The command line, and the environment for what it does not say. A variable in which there is nothing is none.
    #[must_use]
    pub fn read() -> Self {
        let matches = without_blank_variables(Self::command()).get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        cli.given = Given::of(&matches);
        cli
    }

    /// What is asked for, with all settings in place.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn asked(self) -> Result<Asked, ConfigError> {
        let here = PathBuf::from("chatcore.toml");
        let path = self.config.or_else(|| here.exists().then_some(here));
        let file = path.as_deref().map(Settings::from_file).transpose()?.unwrap_or_default();
        let inherited = Inherited::read(|name| std::env::var(name).ok())?;
        let settings = self.settings.over(inherited.settings()?).over(file);
        let log = settings.telemetry.clone().resolve()?;
        let ignored = inherited.ignored().map(|(name, why)| format!("{name} has no effect: {why}")).collect();
        let task = Self::task(self.command, Sources { given: self.given, file: path, settings }, inherited)?;
        Ok(Asked { task, log, ignored })
    }

    fn task(command: Option<Command>, sources: Sources, inherited: Inherited) -> Result<Task, ConfigError> {
        let job = match command {
            None => return Ok(Task::Serve(Box::new(sources.settings.resolve()?))),
            Some(Command::Serve(own)) => return Ok(Task::Serve(Box::new(own.or(sources.settings).resolve()?))),
            Some(Command::Config(command)) => {
                return Ok(Task::Config(command, Box::new(sources), Box::new(inherited)));
            }
            Some(Command::Doctor(doctor)) => return Ok(Task::Doctor(doctor, Box::new(sources.settings.resolve()?))),
            Some(Command::Health(health)) => return Ok(Task::Health(health, Box::new(sources.settings.resolve()?))),
            Some(Command::Openapi) => return Ok(Task::Openapi),
            Some(Command::Billing(command)) => {
                return Ok(Task::Billing(command, Box::new(sources.settings.resolve()?)));
            }
            Some(Command::Migrate(migrate)) => Job::Migrate(migrate),
            Some(Command::Store(command)) => Job::Store(command),
            Some(Command::Admin(command)) => Job::Admin(command),
            Some(Command::Backup(backup)) => Job::Backup(backup),
            Some(Command::Restore(restore)) => Job::Restore(restore),
            Some(Command::Import(import)) => Job::Import(import),
        };
        Ok(Task::Job(job, sources.settings.usual()?))
    }
}

/// Lets arguments forget variables that are blank, because one that stands for a number would be refused otherwise; and
/// those for which another speaks.
fn without_blank_variables(commands: Commands) -> Commands {
    let is_blank =
        |value: Option<&OsString>| value.is_none_or(|value| value.to_str().is_some_and(|text| text.trim().is_empty()));
    let says_nothing = |arg: &Arg| {
        let Some(name) = arg.get_env() else { return false };
        let value = std::env::var_os(name);
        let spoken_for = Inherited::speaks_for(name).is_some_and(|other| !is_blank(std::env::var_os(other).as_ref()));
        value.is_some() && (is_blank(value.as_ref()) || spoken_for)
    };
    let forget = |arg: Arg| if says_nothing(&arg) { arg.env(Resettable::Reset) } else { arg };
    commands.mut_args(forget).mut_subcommands(without_blank_variables)
}
