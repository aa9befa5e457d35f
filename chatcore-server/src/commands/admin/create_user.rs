//! `chatcore-server admin create-user`

use chatcore::billing::ledger::Credit;
use clap::Args;

use super::deed::{Deed, Password};
use super::password::NewPassword;
use super::{Role, Target};
use crate::commands::error::CommandError;
use crate::config::StoreUrl;

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
        let Self { target, role, password, tokens, token_micros } = self;
        let secret = password.get()?;
        let credit = tokens.map(|tokens| Credit::cost(u128::from(tokens) * u128::from(token_micros)));
        let deed = Deed::CreateUser { role: role.into(), password: Password::of(&secret), credit };
        target.order(deed, usual).await?;
        password.show(&secret);
        Ok(())
    }
}
