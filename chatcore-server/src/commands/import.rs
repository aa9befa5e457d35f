//! `chatcore-server import`

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use chatcore::billing::ledger::{Credit, CreditRules, Ledger};
use chatcore::import::{Importer, Met};
use chatcore::{RandomIds, Subject, UserId};
use chatcore_llm::SystemClock;
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{note, say};
use super::{Outcome, chosen, unless_interrupted};
use crate::compat::TOKENS;
use crate::config::Usual;
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
    balances: usize,
}

impl Import {
    pub(super) async fn run(self, usual: Usual) -> Result<Outcome, CommandError> {
        let text = std::fs::read_to_string(&self.dump).map_err(CommandError::file(&self.dump))?;
        let dump = read(self.from, &text)?;
        for reason in &dump.passed_over {
            note(format!("passed over: {reason}"));
        }
        let token = usual.tokens.credit()?;
        if token.is_none() && !dump.tokens.is_empty() {
            note(
                "balances stay behind: CHATCORE_COMPAT_TOKEN_MICROS says what a token is worth where credit is charged for",
            );
        }
        let open = stores::open_kept(&chosen(self.store.as_ref(), usual.store)?).await.map_err(OpenError::or_in_use)?;
        let done = unless_interrupted(self.bring(&open, &dump, token), "the same command goes on where it was").await;
        open.close().await;
        let Count { made, there, refused, dialogues, messages, left_out, balances } = done?;
        let would = if self.dry_run { "would import" } else { "imported" };
        say(format!("{would} {made} users, {dialogues} conversations and {messages} messages"));
        say(format!("{there} users were there already, {refused} cannot come; {left_out} messages were left out"));
        if !dump.tokens.is_empty() {
            say(format!("{would} {balances} balances of tokens"));
        }
        Ok(if refused == 0 { Outcome::Fine } else { Outcome::Defects })
    }

    async fn bring(&self, open: &OpenStore, dump: &Dump, token: Option<Credit>) -> Result<Count, chatcore::Error> {
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
        if let Some(token) = token {
            count.balances = self.bring_tokens(open, dump, &owners, token).await?;
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

    /// What people have left, in place of what whoever is new to the mount gets there. Returns how many were booked, or would be.
    async fn bring_tokens(
        &self,
        open: &OpenStore,
        dump: &Dump,
        owners: &HashMap<&str, UserId>,
        token: Credit,
    ) -> Result<usize, chatcore::Error> {
        let ledger = Ledger::new(open.store().clone(), Arc::new(SystemClock), CreditRules::default());
        let each = u128::try_from(token.as_micros()).unwrap_or_default();
        let mut brought = 0;
        for (person, tokens) in &dump.tokens {
            let Some(owner) = owners.get(person.as_str()).copied().map(Subject::User) else { continue };
            let amount = Credit::cost(u128::from(*tokens).saturating_mul(each));
            brought += usize::from(match self.dry_run {
                true => !ledger.knows(owner, TOKENS).await?,
                false => ledger.bring(owner, TOKENS, amount).await?,
            });
        }
        Ok(brought)
    }
}
