//! Every setting with its names, from the one place where each is declared: the command line. Which key of the file says
//! the same is found out by saying it both ways.

use clap::builder::Resettable;
use clap::{Arg, Args, Command, FromArgMatches};
use toml::{Table, Value};

use super::Settings;
use super::inherited::{Effect, INHERITED};

/// A setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// What the command line calls it inside.
    pub id: String,
    /// What it is called on the command line, without dashes in front.
    pub flag: String,
    /// Its variable.
    pub variable: Option<String>,
    /// Its key in the file, `table.key`; none if no file has it.
    pub key: Option<String>,
    /// Whether it is a number.
    pub is_number: bool,
    /// What it says.
    pub help: String,
    /// What is so if nobody says; in words, if it is no value.
    pub default: Option<String>,
    /// Whether it is never shown.
    pub is_secret: bool,
    /// Whether it is another system's name of a setting that has one.
    pub is_alias: bool,
}

/// The tables of the file that hold single settings.
const TABLES: [&str; 12] = [
    "",
    "sign_in",
    "jwt",
    "mail",
    "payments",
    "limits",
    "charging",
    "attachments",
    "http",
    "tls",
    "telemetry",
    "compat",
];

/// A key that is not what its flag is called.
const IRREGULAR: [(&str, &str); 2] = [("user_limits", "users"), ("visitor_limits", "visitors")];

fn command() -> Command {
    // what is set around this program says nothing about the settings themselves
    Settings::augment_args(Command::new("settings")).mut_args(|arg| arg.env(Resettable::Reset))
}

/// The variables that the command line reads.
#[cfg(test)]
pub(super) fn variables() -> impl Iterator<Item = String> {
    let command = Settings::augment_args(Command::new("settings"));
    let names: Vec<String> = command.get_arguments().filter_map(variable).collect();
    names.into_iter()
}

fn variable(arg: &Arg) -> Option<String> {
    arg.get_env().map(|name| name.to_string_lossy().into_owned())
}

/// All settings that have a flag, in the order in which they are declared.
#[must_use]
pub fn settings() -> Vec<Setting> {
    let declared = Settings::augment_args(Command::new("settings"));
    declared.get_arguments().filter_map(setting).collect()
}

fn setting(arg: &Arg) -> Option<Setting> {
    let flag = arg.get_long()?.to_owned();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let (help, default) = match help.split_once(" [default: ") {
        Some((help, default)) => (help.to_owned(), Some(default.trim_end_matches(']').to_owned())),
        None => (help, None),
    };
    let (key, is_number) = key(arg.get_id().as_str(), &flag).map_or((None, false), |(key, number)| (Some(key), number));
    Some(Setting {
        id: arg.get_id().to_string(),
        flag,
        variable: variable(arg),
        key,
        is_number,
        help,
        default,
        is_secret: arg.is_hide_env_values_set(),
        is_alias: arg.is_hide_set(),
    })
}

/// The key in the file that has the effect of a flag, and whether it holds a number.
fn key(id: &str, flag: &str) -> Option<(String, bool)> {
    let matches = command().try_get_matches_from(["settings", &format!("--{flag}"), "1"]).ok()?;
    let by_flag = format!("{:?}", Settings::from_arg_matches(&matches).ok()?);
    let irregular = IRREGULAR.iter().find(|(known, _)| *known == id).map(|(_, key)| *key);
    for table in TABLES {
        let short = id.strip_prefix(table).map(|rest| rest.trim_start_matches('_'));
        for key in [Some(id), short, irregular].into_iter().flatten() {
            for value in [Value::Integer(1), Value::String("1".to_owned())] {
                let is_number = value.is_integer();
                let table = table.to_owned();
                let file = Table::from_iter([(key.to_owned(), value)]);
                let file = if table.is_empty() { file } else { Table::from_iter([(table.clone(), file.into())]) };
                // secrets do not show what they are, but they show that they are there
                if file.try_into::<Settings>().is_ok_and(|said| format!("{said:?}") == by_flag) {
                    let path = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
                    return Some((path, is_number));
                }
            }
        }
    }
    None
}

impl Setting {
    fn table(&self) -> &str {
        self.key.as_deref().and_then(|key| key.split_once('.')).map_or("", |(table, _)| table)
    }

    /// Its value if nobody says, where that is a value.
    fn usual(&self) -> Option<&str> {
        self.default.as_deref().filter(|text| !text.contains([' ', ',', '`']) && *text != "none" && *text != "nothing")
    }

    /// The line that says it in the file.
    fn line(&self, key: &str) -> String {
        let key = key.rsplit('.').next().unwrap_or(key);
        match (self.usual(), self.is_number) {
            (Some(value), true) => format!("{key} = {value}"),
            (None, true) => format!("{key} = 0"),
            (Some(value), false) => format!("{key} = \"{value}\""),
            (None, false) => format!("{key} = \"\""),
        }
    }
}

/// A sample of the file: every setting with what it says, switched off.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(
        "# Settings of chatcore-server. What stands here behind a # is what is so anyway, or nothing.\n\
         # Flags come before variables, variables before a .env file, and that before this file.\n",
    );
    let settings = settings();
    for table in TABLES {
        if !table.is_empty() {
            text.push_str(&format!("\n[{table}]\n"));
        }
        for setting in settings.iter().filter(|setting| !setting.is_alias && setting.table() == table) {
            let Some(key) = &setting.key else { continue };
            text.push_str(&format!("\n{}", commented(&setting.explained())));
            text.push_str(&format!("# {}\n", setting.line(key)));
        }
    }
    text + TABLES_OF_ROWS
}

/// What has rows, and so no flag.
const TABLES_OF_ROWS: &str = r#"
# What may be bought, and what people have who bought nothing.
# [billing]
# default_plan = "free"
# visitor_plan = "visitor"
# grace_days = 7

# [[plans]]
# id = "free"
# name = "Free"
# limits = [{ meter = "messages", window = "calendar_day", limit = 20 }]

# [[plans]]
# id = "visitor"
# name = "Visitor"
# limits = [{ meter = "messages", window = "calendar_day", limit = 5 }]

# [[plans]]
# id = "pro"
# name = "Pro"
# price = { reference = "price_1Abc", amount = 1900, currency = "usd", interval = "month" }
# trial_days = 14
# limits = [{ meter = "messages", window = "calendar_day", limit = 500 }]
# grants = [{ amount = 10_000_000 }]

# Models beside those that a key or an address brings. Prices are millionths of the currency for a million tokens.
# [[models]]
# id = "claude"
# kind = "anthropic"
# upstream = "claude-sonnet-4-5"
# api_key_env = "ANTHROPIC_API_KEY"
# context_tokens = 200_000
# max_output_tokens = 64_000
# capabilities = { images = true, files = true, tools = true, reasoning = true }
# prices = { input = 3_000_000, output = 15_000_000 }
# fallback = []

# Providers at which people may sign in, beside those whose keys are in the environment.
# [[oauth]]
# name = "corp"
# kind = "oidc"
# issuer = "https://id.example.org"
# client_id = "chat"
# client_secret = "..."
# redirect_uris = ["https://chat.example.org/api/v1/auth/oauth/corp/callback"]

# A key that signs no more, but whose tokens are taken for a while.
# [[jwt.retired]]
# public_key_file = "keys/2025.pem"
# until = "2026-01-31T00:00:00Z"
"#;

/// A sample of `.env`: every variable with what it says, switched off.
#[must_use]
pub fn environment() -> String {
    let mut text = String::from("# Copy this to .env. What stands here behind a # is what is so anyway, or nothing.\n");
    for setting in settings().iter().filter(|setting| !setting.is_alias) {
        let Some(variable) = &setting.variable else { continue };
        text.push_str(&format!("\n{}", commented(&setting.explained())));
        text.push_str(&format!("# {variable}={}\n", setting.usual().unwrap_or_default()));
    }
    text
}

/// All settings as a page of the documentation.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "# Settings\n\nFlags come before environment variables, variables before a `.env` file in the working folder, and \
         that before `chatcore.toml` (`--config` names another file). A text with nothing in it says nothing. \
         `chatcore-server config check` says what is wrong, `config print` what is in force and where it comes from.\n\n\
         This page is printed by `chatcore-server config reference`.\n\n\
         | flag | environment | file | what |\n| --- | --- | --- | --- |\n",
    );
    for setting in settings().iter().filter(|setting| !setting.is_alias) {
        let named = |name: &Option<String>| name.as_ref().map_or_else(|| "–".to_owned(), |name| format!("`{name}`"));
        let explained = setting.explained().replace('|', "\\|");
        let (variable, key) = (named(&setting.variable), named(&setting.key));
        text.push_str(&format!("| `--{}` | {variable} | {key} | {explained} |\n", setting.flag));
    }
    text.push_str(
        "\nOnly in the file, because they have rows: `[billing]`, `[[plans]]`, `[[models]]`, `[[oauth]]` and \
         `[[jwt.retired]]`; `chatcore.example.toml` has a sample of each.\n\n\
         ## Names that other systems use\n\nWhoever comes from another server, or runs on a platform that sets variables \
         of its own, keeps them. Our own names come before these, and these before the file.\n\n\
         | variable | effect |\n| --- | --- |\n",
    );
    for (name, effect) in INHERITED {
        let effect = match effect {
            Effect::Own => "known by this name, too".to_owned(),
            Effect::Says(key) => format!("says `{key}`"),
            Effect::PartOf(key) => format!("says `{key}`, with others of its kind"),
            Effect::Nothing(why) => format!("none, and the log says so: {why}"),
        };
        text.push_str(&format!("| `{name}` | {effect} |\n"));
    }
    text
}

impl Setting {
    fn explained(&self) -> String {
        match &self.default {
            Some(default) => format!("{} [default: {default}]", self.help),
            None => self.help.clone(),
        }
    }
}

/// A text as lines that are no settings.
fn commented(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 110 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!(" {word}")),
        }
    }
    lines.iter().map(|line| format!("#{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OAuthKeys;

    #[test]
    fn every_setting_is_in_the_file_too_but_for_keys_of_providers() {
        let providers = OAuthKeys::augment_args(Command::new("keys"));
        let providers: Vec<&str> = providers.get_arguments().filter_map(Arg::get_long).collect();
        for setting in settings() {
            let in_environment_only = providers.contains(&setting.flag.as_str()) || setting.is_alias;
            assert!(setting.key.is_some() || in_environment_only, "{setting:?}");
            assert!(setting.variable.is_some() && (setting.is_alias || !setting.help.is_empty()), "{setting:?}");
        }
        let listen = &settings()[0];
        assert_eq!((listen.key.as_deref(), listen.usual()), (Some("listen"), Some("127.0.0.1:8000")));
    }

    #[test]
    fn the_sample_is_a_file_once_its_lines_are_switched_on() {
        let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]".contains(&byte));
        let is_setting =
            |line: &str| line.split_once(" = ").map_or(line.starts_with('[') && is_word(line), |(key, _)| is_word(key));
        let on: String = sample()
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|text| is_setting(text)).unwrap_or(line).to_owned() + "\n")
            .collect();
        let read: Settings = toml::from_str(&on).unwrap_or_else(|error| panic!("{error}\n{on}"));
        assert_eq!((read.plans.len(), read.models.len(), read.oauth.len()), (3, 1, 1));
        toml::from_str::<Settings>(&sample()).unwrap();
    }

    #[test]
    fn what_is_committed_is_what_is_printed() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        for (path, text) in [
            ("chatcore-server/docs/settings.md", page()),
            (".env.example", environment()),
            ("chatcore.example.toml", sample()),
        ] {
            let committed = std::fs::read_to_string(format!("{root}/{path}")).unwrap_or_default();
            assert!(committed == text, "{path} is out of date: see `chatcore-server config reference --help`");
        }
    }
}
