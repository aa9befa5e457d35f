//! Users, and what belongs to them.

use super::changes::{Absent, Insert, Remove, Same, Swap};
use super::counters;
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::account::{AccountRole, AccountState, Identity, IdentityKey, Session, User};
use crate::id::{JobId, UserId};
use crate::job::{Job, Work};
use crate::store::{Batch, Store, StoreError};

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut users = Pages::<User>::new();
    let mut admins = 0;
    while let Some(user) = users.next(walk).await? {
        admins += u64::from(user.role == AccountRole::Admin && user.state == AccountState::Active);
        if let Some(found) = readable(walk.store.user_by_number(user.number).await)? {
            counters::number(walk, &user, found).await?;
        }
        links(walk, user).await?;
    }
    let admins = (!users.is_broken()).then_some(admins);
    super::access::check(walk, admins).await?;
    let mut identities = Pages::<Identity>::new();
    while let Some(identity) = identities.next(walk).await? {
        self::identity(walk, identity).await?;
    }
    let mut sessions = Pages::<Session>::new();
    while let Some(session) = sessions.next(walk).await? {
        self::session(walk, session).await?;
    }
    Ok(())
}

/// Whether a user's links are counted right, and whether one who is deleted is erased.
async fn links(walk: &mut Walk<'_>, user: User) -> Result<(), StoreError> {
    let Some(found) = readable(walk.store.identities(user.id).await)? else { return Ok(()) };
    let is_known = !found.is_empty() || user.username.is_some() || user.email.is_some() || user.display_name.is_some();
    if user.state == AccountState::Deleted && is_known && !walk.jobs.erases(user.id) {
        unerased(walk, &user).await?;
    }
    let links = found.iter().filter(|identity| identity.key.is_link()).count() as u64;
    if links == user.links {
        return Ok(());
    }
    let detail = format!("it says {}, there are {links}", user.links);
    let finding = Finding::on::<User>("links_differ", &user.id, detail);
    let after = User { links, ..user.clone() };
    walk.found(Group::of(finding, Batch::of(Swap { before: user, after }))).await.map(drop)
}

/// A deleted account of which something is left, and which nobody will erase: an earlier version deleted it, say.
async fn unerased(walk: &mut Walk<'_>, user: &User) -> Result<(), StoreError> {
    let finding = Finding::on::<User>("deleted_user_without_job", &user.id, "it is deleted, and no job will erase it");
    let work = Work::Erase { user: user.id, looked_at: None };
    let job = Job { id: JobId::from_uuid(*user.id.as_uuid()), work, created_at: user.created_at };
    walk.found(Group::of(finding, Batch::of(Same(user.clone())).and(Insert(job)))).await.map(drop)
}

/// Whether there is a user; `None` when that cannot be read.
pub(super) async fn user(store: &dyn Store, id: UserId) -> Result<Option<Option<User>>, StoreError> {
    readable(store.user(id).await)
}

async fn identity(walk: &mut Walk<'_>, identity: Identity) -> Result<(), StoreError> {
    let key = identity.key.clone();
    if let IdentityKey::Password(owner) = identity.key
        && owner != identity.user
        && let Some(Some(user)) = user(walk.store, owner).await?
    {
        let finding = Finding::on::<Identity>("password_of_another", &key, "it is kept as another user's");
        let after = Identity { user: owner, ..identity.clone() };
        let mend = Batch::of(Same(user)).and(Swap { before: identity, after });
        return walk.found(Group::of(finding, mend)).await.map(drop);
    }
    if let Some(None) = user(walk.store, identity.user).await? {
        let finding = Finding::on::<Identity>("identity_without_user", &key, format!("{} is not there", identity.user));
        let mend = Batch::of(Absent::<User>(identity.user)).and(Remove(identity));
        walk.found(Group::of(finding, mend)).await?;
    }
    Ok(())
}

async fn session(walk: &mut Walk<'_>, session: Session) -> Result<(), StoreError> {
    let id = session.id;
    let group = match user(walk.store, session.user).await? {
        None => return Ok(()),
        Some(None) => {
            let finding = Finding::on::<Session>("session_without_user", &id, format!("{} is not there", session.user));
            Group::of(finding, Batch::of(Absent::<User>(session.user)).and(Remove(session)))
        }
        Some(Some(user)) if session.epoch > user.epoch => {
            let detail = format!("its epoch is {}, the user's is {}", session.epoch, user.epoch);
            // it would come alive when the user ends all sessions
            let ended_at = session.ended_at.or(Some(session.rotated_at));
            let after = Session { epoch: user.epoch, ended_at, ..session.clone() };
            let mend = Batch::of(Same(user)).and(Swap { before: session, after });
            Group::of(Finding::on::<Session>("session_epoch_ahead", &id, detail), mend)
        }
        Some(Some(_)) => return Ok(()),
    };
    walk.found(group).await.map(drop)
}
