//! What roles may do, and the rules by which accounts get and lose them.
//!
//! | permission | user | staff | admin |
//! | --- | --- | --- | --- |
//! | [`Permission::SeeAccounts`] | | yes | yes |
//! | [`Permission::SeeUsage`] | | yes | yes |
//! | [`Permission::SeeFeedback`] | | | yes |
//! | [`Permission::Suspend`] | | users only | yes |
//! | [`Permission::EndSessions`] | | users only | yes |
//! | [`Permission::SetPasswords`] | | | yes |
//! | [`Permission::SetRoles`] | | | yes |
//! | [`Permission::DeleteAccounts`] | | | yes |
//! | [`Permission::AdjustBalances`] | | | yes |
//! | [`Permission::Configure`] | | | yes |
//! | [`Permission::FindChats`] | | | yes |
//! | [`Permission::ReadChats`] | | | yes, with a reason |
//! | [`Permission::DeleteChats`] | | | yes, with a reason |
//! | [`Permission::SeeAudit`] | | | yes |
//!
//! Nobody has power over whoever has a higher role, or, but for admins, the same. A key never has more than a user.

use serde::{Deserialize, Serialize};

use super::user::{AccountRole, AccountState, User};
use crate::id::UserId;
use crate::store::{Change, Conflict, Kind, OrderedKey, Record, Stop, Tx};

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// Look at accounts of others: who they are and how they sign in, not what they write.
    SeeAccounts,
    /// Look at what others use.
    SeeUsage,
    /// Read what people think of answers, and why.
    SeeFeedback,
    /// Shut somebody out, and let them in again.
    Suspend,
    /// Sign somebody out.
    EndSessions,
    /// Set somebody's password.
    SetPasswords,
    /// Say who has which role.
    SetRoles,
    /// Delete accounts.
    DeleteAccounts,
    /// Give and take credit.
    AdjustBalances,
    /// Change how the service works: models, plans, limits.
    Configure,
    /// Find conversations of others: whose they are, and their titles.
    FindChats,
    /// Read what others write. It takes a reason, and they can see that it was done.
    ReadChats,
    /// Delete what others write.
    DeleteChats,
    /// Look at what those who run the service did.
    SeeAudit,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Self; 14] = [
        Self::SeeAccounts,
        Self::SeeUsage,
        Self::SeeFeedback,
        Self::Suspend,
        Self::EndSessions,
        Self::SetPasswords,
        Self::SetRoles,
        Self::DeleteAccounts,
        Self::AdjustBalances,
        Self::Configure,
        Self::FindChats,
        Self::ReadChats,
        Self::DeleteChats,
        Self::SeeAudit,
    ];
}

impl AccountRole {
    /// All roles, the lowest first.
    pub const ALL: [Self; 3] = [Self::User, Self::Staff, Self::Admin];

    /// Its name, as in requests.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }

    /// What the role may do.
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::{EndSessions, SeeAccounts, SeeUsage, Suspend};
        match self {
            Self::User => &[],
            Self::Staff => &[SeeAccounts, SeeUsage, Suspend, EndSessions],
            Self::Admin => &Permission::ALL,
        }
    }

    /// Whether the role may do that.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// Whether it may be done to somebody of that role: who runs the service is above all, others are above users.
    #[must_use]
    pub fn is_above(self, other: Self) -> bool {
        self == Self::Admin || self > other
    }
}

impl OrderedKey for AccountRole {
    fn write(&self, out: &mut Vec<u8>) {
        let tag: u8 = match self {
            Self::User => 0,
            Self::Staff => 1,
            Self::Admin => 2,
        };
        tag.write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => Some(Self::User),
            1 => Some(Self::Staff),
            2 => Some(Self::Admin),
            _ => None,
        }
    }
}

/// How many active accounts have a role. It is kept for admins alone: there must always be one, once there was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleCount {
    /// The role.
    pub role: AccountRole,
    /// How many.
    pub active: u64,
}

impl Record for RoleCount {
    type Key = AccountRole;
    const KIND: Kind = Kind::RoleCount;

    fn key(&self) -> AccountRole {
        self.role
    }
}

/// Whether a user counts as an admin.
fn counts(user: &User) -> bool {
    user.role == AccountRole::Admin && user.state == AccountState::Active
}

/// Counts admins. The last one stays.
pub(super) fn recount(tx: &mut Tx<'_>, before: Option<&User>, after: &User) -> Result<(), Stop> {
    let (was, is) = (before.is_some_and(counts), counts(after));
    if was == is {
        return Ok(());
    }
    let role = AccountRole::Admin;
    match (tx.get::<RoleCount>(&role)?, is) {
        (None, true) => tx.insert(RoleCount { role, active: 1 }),
        (Some(count), true) => tx.update(RoleCount { active: count.active + 1, ..count }),
        (Some(count), false) if count.active > 1 => tx.update(RoleCount { active: count.active - 1, ..count }),
        (_, false) => Err(Conflict::LastAdmin.into()),
    }
}

/// Refuses an admin who has no power over somebody, or who has lost their own meanwhile.
pub(super) fn expect_power(
    tx: &mut Tx<'_>,
    by: Option<UserId>,
    over: &User,
    permission: Permission,
) -> Result<(), Stop> {
    let Some(by) = by else { return Ok(()) };
    let by = tx.require::<User>(&by)?;
    by.expect_active()?;
    if by.role.may(permission) && by.role.is_above(over.role) { Ok(()) } else { Err(Conflict::NotAllowed.into()) }
}

/// Somebody gets another role.
#[derive(Debug, Clone)]
pub struct SetRole {
    /// Who says so; `None` is the program itself.
    pub by: Option<UserId>,
    /// Who.
    pub user: UserId,
    /// The role.
    pub role: AccountRole,
}

impl Change for SetRole {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.user)?;
        expect_power(tx, self.by, &user, Permission::SetRoles)?;
        if user.state == AccountState::Deleted {
            return Err(Conflict::AccountInactive.into());
        }
        let after = User { role: self.role, ..user.clone() };
        recount(tx, Some(&user), &after)?;
        tx.update(after)
    }
}

/// Somebody is shut out, or let in again. Their sessions and codes are over at once. Deleting is [another change]: it leaves
/// work behind.
///
/// [another change]: super::DeleteUser
#[derive(Debug, Clone)]
pub struct SetState {
    /// Who says so; `None` is the program itself.
    pub by: Option<UserId>,
    /// Who.
    pub user: UserId,
    /// The state.
    pub state: AccountState,
}

impl Change for SetState {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.user)?;
        expect_power(tx, self.by, &user, Permission::Suspend)?;
        if self.state == AccountState::Deleted {
            return Err(Conflict::Rule("an account is deleted with the job that erases it").into());
        }
        if user.state == self.state {
            return Ok(());
        }
        if user.state == AccountState::Deleted {
            return Err(Conflict::AccountInactive.into());
        }
        let after = User { state: self.state, epoch: user.epoch + 1, ..user.clone() };
        recount(tx, Some(&user), &after)?;
        tx.update(after)
    }
}

/// Refuses what comes with it in the batch once there is an admin. A code of the set-up is void then, which is what the
/// refusal says.
#[derive(Debug, Clone)]
pub struct ExpectNoAdmin;

impl Change for ExpectNoAdmin {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match tx.get::<RoleCount>(&AccountRole::Admin)? {
            Some(count) if count.active > 0 => Err(Conflict::SpentCode.into()),
            _ => Ok(()),
        }
    }
}

/// Refuses what follows in the batch unless somebody has the power for it, now.
#[derive(Debug, Clone)]
pub struct ExpectPower {
    /// Who says so; `None` is the program itself.
    pub by: Option<UserId>,
    /// Over whom.
    pub user: UserId,
    /// What they are about to do.
    pub permission: Permission,
}

impl Change for ExpectPower {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let user = tx.require::<User>(&self.user)?;
        expect_power(tx, self.by, &user, self.permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_role_may_do_all_that_a_lower_one_may() {
        for (lower, higher) in [(AccountRole::User, AccountRole::Staff), (AccountRole::Staff, AccountRole::Admin)] {
            assert!(lower.permissions().iter().all(|permission| higher.may(*permission)));
            assert!(lower.permissions().len() < higher.permissions().len());
            assert!(higher.is_above(lower) && !lower.is_above(higher));
        }
        assert!(!AccountRole::Staff.is_above(AccountRole::Staff) && AccountRole::Admin.is_above(AccountRole::Admin));
    }
}
