//! Having a message answered that is there: again, for the first time, from where it broke off, with what tools gave.

use chatcore::account::Caller;
use chatcore::turn::{Ask, Turn};
use chatcore::{Chat, Error, MessageId};

use super::dto::Render;
use super::once::Key;
use super::support::{Answer, Auth, path_id};
use super::turn::{Asking, Began, wait_for};

/// A request that has a stored message answered, in one way or another.
pub(super) struct OfMessage<'a> {
    pub(super) auth: Auth,
    pub(super) id: &'a str,
    pub(super) key: Key,
    pub(super) render: Option<Render>,
}

impl OfMessage<'_> {
    /// Begins the turn, and answers as its caller wants to wait for it.
    pub(super) async fn begin<B, F>(
        self,
        mut body: B,
        begin: impl FnOnce(Chat, Caller, MessageId, B, Ask) -> F,
    ) -> Answer<Began>
    where
        B: Asking,
        F: Future<Output = Result<Turn, Error>> + Send + 'static,
    {
        let Self { auth, id, key, render } = self;
        let once = key.once()?;
        let (id, me) = (path_id(id, "message")?, auth.caller().clone());
        let (wait, ask) = (body.wait()?, body.ask(once)?);
        let begun = auth.app.begin(|chat| begin(chat, me, id, body, ask)).await?;
        wait_for(&auth.app, auth.caller(), begun, wait, render).await
    }
}
