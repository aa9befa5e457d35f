//! `chatcore-server config`: what the settings are, and whether they make sense.

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Subcommand, ValueEnum};
use toml::{Table, Value};

use super::Outcome;
use super::error::CommandError;
use super::output::{note, say};
use crate::config::{ConfigError, Inherited, Setting, Settings, reference};

/// A command about settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether a server would start with these settings
    ///
    /// Ends with 0 if they make sense. Nothing is opened and nobody is asked: `doctor` does that.
    Check,
    /// Print the settings that somebody made, each with where it comes from
    ///
    /// Secrets are not shown.
    Print,
    /// Print all settings that there are
    Reference(Reference),
}

/// All settings that there are.
#[derive(Debug, Args)]
pub struct Reference {
    /// As what
    #[arg(long, value_enum, default_value_t = Form::Markdown)]
    form: Form,
}

/// What a list of all settings looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A page of the documentation
    Markdown,
    /// A sample of chatcore.toml
    Toml,
    /// A sample of .env
    Env,
}

/// What was said on the command line and in the environment: the flag, the text, and where it was.
#[derive(Debug, Clone, Default)]
pub struct Given(Vec<(String, String, &'static str)>);

impl Given {
    /// Reads it from the command line.
    #[must_use]
    pub fn of(matches: &ArgMatches) -> Self {
        let source = |id: &str| match matches.value_source(id) {
            Some(ValueSource::CommandLine) => Some("the command line"),
            Some(ValueSource::EnvVariable) => Some("the environment"),
            _ => None,
        };
        let text = |id: &str| Some(matches.get_raw(id)?.next()?.to_string_lossy().into_owned());
        let ids = matches.ids().map(clap::Id::as_str);
        Self(ids.filter_map(|id| Some((id.to_owned(), text(id)?, source(id)?))).collect())
    }

    fn of_setting(&self, setting: &Setting) -> Option<(&str, &'static str)> {
        let given = self.0.iter().find(|(id, ..)| *id == setting.id);
        given.map(|(_, text, from)| (text.as_str(), *from)).filter(|(text, _)| !text.trim().is_empty())
    }
}

/// Where settings come from.
#[derive(Debug)]
pub struct Sources {
    /// The command line and the environment.
    pub given: Given,
    /// The file.
    pub file: Option<PathBuf>,
    /// All of them together.
    pub settings: Settings,
}

impl ConfigCommand {
    /// Does it.
    ///
    /// # Errors
    /// [`CommandError`] when the settings make no sense.
    pub fn run(&self, sources: Sources, inherited: &Inherited) -> Result<Outcome, CommandError> {
        match self {
            Self::Check => {
                let config = sources.settings.resolve()?;
                say(format!("the settings make sense: {} on {}", config.store, config.listen));
            }
            Self::Print => print(&sources, inherited)?,
            Self::Reference(Reference { form: Form::Markdown }) => say(reference::page().trim_end()),
            Self::Reference(Reference { form: Form::Toml }) => say(reference::sample().trim_end()),
            Self::Reference(Reference { form: Form::Env }) => say(reference::environment().trim_end()),
        }
        Ok(Outcome::Fine)
    }
}

fn print(sources: &Sources, inherited: &Inherited) -> Result<(), ConfigError> {
    let file = sources.file.as_deref().map(Settings::table_of).transpose()?.unwrap_or_default();
    let name = sources.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    for setting in reference::settings() {
        let by_name = || inherited.said().find(|(key, ..)| Some(*key) == setting.key.as_deref());
        let (value, from) = if let Some((text, from)) = sources.given.of_setting(&setting) {
            (if setting.is_number { text.to_owned() } else { shown(&Value::from(text)) }, from.to_owned())
        } else if let Some((_, value, by)) = by_name() {
            (shown(value), by.to_owned())
        } else if let Some(value) = setting.key.as_deref().and_then(|key| at(&file, key)) {
            (shown(value), name.clone())
        } else {
            continue;
        };
        let value = if setting.is_secret { "(not shown)".to_owned() } else { value };
        say(format!("{} = {value}  # {from}", setting.key.as_deref().unwrap_or(&setting.flag)));
    }
    for rows in ["billing", "plans", "models", "oauth"] {
        match file.get(rows) {
            Some(Value::Array(all)) => say(format!("# {rows}: {} rows in {name}", all.len())),
            Some(_) => say(format!("# {rows}: in {name}")),
            None => {}
        }
    }
    for (variable, why) in inherited.ignored() {
        note(format!("{variable} has no effect: {why}"));
    }
    Ok(())
}

/// A single value as the file has it, which is as JSON has it.
fn shown(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn at<'a>(file: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((table, key)) => file.get(table)?.get(key),
        None => file.get(key),
    }
}
