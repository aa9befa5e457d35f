//! Accounts and sessions.

use chatcore::account::IdentityKey;
use chatcore::{Error, UserId};

use super::super::journal::Work;
use super::Audit;

impl Audit<'_> {
    pub(super) async fn accounts(&mut self) -> Result<(), Error> {
        for (name, user) in std::mem::take(&mut self.ledger.accounts) {
            if self.account(&name).await? != Found::Whole(user) {
                self.tally.lost(format!("the account {name}"));
            }
        }
        for (session, _) in std::mem::take(&mut self.ledger.sessions) {
            if self.opened.accounts.by_session(session).await.is_err() {
                self.tally.lost(format!("the session {session}"));
            }
        }
        for session in std::mem::take(&mut self.ledger.gone_sessions) {
            if self.opened.accounts.by_session(session).await.is_ok() {
                self.tally.lost(format!("the end of the session {session}"));
            }
        }
        self.unsure_accounts().await
    }

    async fn unsure_accounts(&mut self) -> Result<(), Error> {
        let signing = |work: &Work| matches!(work, Work::SignUp { .. } | Work::SignIn { .. } | Work::SignOut { .. });
        for open in self.unsure(|open| signing(&open.work)) {
            match open.work {
                Work::SignUp { name } => match self.account(&name).await? {
                    Found::Whole(_) => self.tally.settle(true),
                    Found::Nothing => self.tally.settle(false),
                    Found::Part => self.tally.torn(format!("the account {name} is there in part")),
                },
                Work::SignOut { session } => {
                    let gone = self.opened.accounts.by_session(session).await.is_err();
                    self.tally.settle(gone);
                }
                // nobody knows the session that was being opened; the check of the store sees whether it is whole
                _ => self.tally.settle(false),
            }
        }
        Ok(())
    }

    async fn account(&self, name: &str) -> Result<Found, Error> {
        let store = &self.opened.store;
        let by = async |login: &str| store.identity(&IdentityKey::of_login(login)).await.map_err(Error::Store);
        let named = by(name).await?.map(|found| found.user);
        let addressed = by(&format!("{name}@example.com")).await?.map(|found| found.user);
        Ok(match (named, addressed) {
            (None, None) => Found::Nothing,
            (Some(user), Some(same)) if user == same => {
                let password = store.identity(&IdentityKey::Password(user)).await.map_err(Error::Store)?;
                let record = store.user(user).await.map_err(Error::Store)?;
                if password.is_some() && record.is_some() { Found::Whole(user) } else { Found::Part }
            }
            _ => Found::Part,
        })
    }
}

#[derive(PartialEq, Eq)]
enum Found {
    Whole(UserId),
    Part,
    Nothing,
}
