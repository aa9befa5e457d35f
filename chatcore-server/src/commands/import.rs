//! `chatcore-server import`

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use chatcore::import::{Importer, Met};
use chatcore::{RandomIds, UserId};
use chatcore_llm::SystemClock;
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{note, say};
use super::{Outcome, chosen, unless_interrupted};
use crate::config::StoreUrl;
use crate::import::{Dump, System, read};
use crate::stores::{self, OpenError, OpenStore};

/// From which system, and into which store.
#[derive(Debug, Args)]
pub struct Import {
    /// The system that the dump is of
    #[arg(long, value_name = "SYSTEM")]
    from: System,
    /// The dump: what `manage.py dumpdata` writes, or an object of tables
    #[arg(value_name = "FILE")]
    dump: PathBuf,
    /// The store to fill [default: that of the settings]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was done, or would be.
#[derive(Default)]
struct Count {
    made: usize,
    there: usize,
    refused: usize,
    dialogues: usize,
    messages: usize,
    left_out: usize,
}

impl Import {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<Outcome, CommandError> {
        let text = std::fs::read_to_string(&self.dump).map_err(CommandError::file(&self.dump))?;
        let dump = read(self.from, &text)?;
        for reason in &dump.passed_over {
            note(format!("passed over: {reason}"));
        }
        let open = stores::open_kept(&chosen(self.store.as_ref(), usual)?).await.map_err(OpenError::or_in_use)?;
        let done = unless_interrupted(self.bring(&open, &dump), "the same command goes on where it was").await;
        open.close().await;
        let Count { made, there, refused, dialogues, messages, left_out } = done?;
        let would = if self.dry_run { "would import" } else { "imported" };
        say(format!("{would} {made} users, {dialogues} conversations and {messages} messages"));
        say(format!("{there} users were there already, {refused} cannot come; {left_out} messages were left out"));
        Ok(if refused == 0 { Outcome::Fine } else { Outcome::Defects })
    }

    async fn bring(&self, open: &OpenStore, dump: &Dump) -> Result<Count, chatcore::Error> {
        let importer =
            Importer::new(open.store().clone(), Arc::new(SystemClock), Arc::new(RandomIds), self.from.name());
        let (mut count, mut owners) = (Count::default(), HashMap::<&str, UserId>::new());
        for person in &dump.people {
            let met = if self.dry_run { importer.look(person).await? } else { importer.person(person).await? };
            match met {
                Met::Made(id) => {
                    count.made += 1;
                    owners.insert(&person.key, id);
                }
                Met::There(id) => {
                    count.there += 1;
                    owners.insert(&person.key, id);
                }
                Met::Refused(why) => {
                    count.refused += 1;
                    note(format!("user {} cannot come: {why}", person.key));
                }
            }
        }
        for (owner, dialogue) in &dump.dialogues {
            let Some(owner) = owners.get(owner.as_str()) else { continue };
            let brought = match self.dry_run {
                true => importer.look_at(*owner, dialogue).await?,
                false => importer.dialogue(*owner, dialogue).await?,
            };
            count.dialogues += usize::from(brought.is_new);
            count.messages += brought.messages;
            count.left_out += brought.left_out;
        }
        Ok(count)
    }
}
