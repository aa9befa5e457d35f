//! `chatcore-server admin create-user`

use std::sync::Arc;

use chatcore::Subject;
use chatcore::account::{Accounts, NewAccount, PasswordPolicy};
use chatcore::billing::ledger::{Credit, CreditRules, Ledger};
use chatcore_llm::SystemClock;
use clap::Args;
use secrecy::ExposeSecret;

use super::password::NewPassword;
use super::{Role, Target, within};
use crate::commands::chosen;
use crate::commands::error::CommandError;
use crate::commands::output::say;
use crate::compat::TOKENS;
use crate::config::StoreUrl;
use crate::stores::{self, OpenError};

/// Which account to make.
#[derive(Debug, Args)]
pub struct CreateUser {
    #[command(flatten)]
    target: Target,
    /// What they may do
    #[arg(long, value_enum, default_value_t = Role::User)]
    role: Role,
    #[command(flatten)]
    password: NewPassword,
    /// Tokens of /compat/ai-chat-system that they begin with, in place of what whoever is new gets there
    #[arg(long, value_name = "COUNT", num_args = 0..=1, default_missing_value = "10000")]
    tokens: Option<u32>,
    /// Micro-units of credit that such a token is worth, as the server has it
    #[arg(long, env = "CHATCORE_COMPAT_TOKEN_MICROS", value_name = "MICROS", default_value_t = 1)]
    token_micros: u64,
}

impl CreateUser {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let Self { target: Target { login, store }, role, password, tokens, token_micros } = self;
        let secret = password.get()?;
        let (email, username) = if login.contains('@') { (Some(login), None) } else { (None, Some(login)) };
        let policy = PasswordPolicy::default();
        let new = NewAccount { username, email, password: secret.expose_secret().to_owned(), policy };
        // the one who sets a server up may do so before it ran
        let open = stores::open_kept(&chosen(store.as_ref(), usual)?).await.map_err(OpenError::or_in_use)?;
        let ledger = Ledger::new(open.store().clone(), Arc::new(SystemClock), CreditRules::default());
        let amount = tokens.map(|tokens| Credit::cost(u128::from(tokens) * u128::from(token_micros)));
        let user = within(open, async |accounts: &Accounts| {
            let user = accounts.create(new, role.into()).await?;
            if let Some(amount) = amount {
                ledger.welcome(Subject::User(user.id), TOKENS, amount).await?;
            }
            Ok(user)
        })
        .await?;
        say(format!("made {}", user.id));
        password.show(&secret);
        Ok(())
    }
}
