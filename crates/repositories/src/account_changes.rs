//! Changes of an account that take its sessions, its links and its mails with them.
//!
//! Each is one step: what a change ends has ended when the change is there, and if the change is refused nothing of it
//! happened (invariants I2 and I4).

use async_trait::async_trait;
use tessera_domain::{
    Digest, Email, EndReason, FullName, PasswordHash, QueuedMail, SecurityVersion, SessionId, Timestamp, User, UserId,
    Username,
};

use crate::Result;

/// Changes accounts. It stands beside [`UserRepository`](crate::UserRepository), on the same storage.
///
/// A *link* is a one-time token for `PasswordReset` or `EmailVerification`. It is kept on this storage too, so that a
/// change can end it in its own step.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountChangeRepository: Send + Sync {
    /// Replaces the password, if `change.authority` still holds, and with it spends the link that it may be.
    ///
    /// In the same step the [`SecurityVersion`] rises, every session of the account ends for the reason that the authority
    /// gives ([`Authority::end_reason`]) and its revocation is recorded, every link of the account is forgotten, waiting
    /// mails to its address that would carry one are deleted, and `change.notice` is queued. Of any number of simultaneous
    /// calls with one authority, one changes.
    async fn change_password(&self, change: &PasswordChange) -> Result<PasswordChangeOutcome>;

    /// Changes what is given of a profile, all or nothing.
    ///
    /// With a new address, in the same step: it is unverified, every link of the account is forgotten, waiting mails to the
    /// old address that would carry one are deleted, and the mails of the change are queued. Sessions go on. The address
    /// that the account has already is no new one: it stays as it is, and nothing is queued.
    async fn change_profile(&self, change: &ProfileChange) -> Result<ProfileChangeOutcome>;

    /// Spends a link that confirms an address, live at `at`: the address of its account is verified from now on. `None` if
    /// there is no such link, or its account is inactive; nothing is changed then.
    async fn confirm_email(&self, link: &Digest, at: Timestamp) -> Result<Option<User>>;

    /// Enables an account or disables it; see [`PasswordChange::at`] and [`PasswordChange::revoke_until`].
    ///
    /// Disabling ends everything that the account can do, in the same step: the [`SecurityVersion`] rises, every session
    /// ends with [`EndReason::Disabled`] and its revocation is recorded, every one-time token and link is forgotten, and
    /// waiting mails to its address that would carry one are deleted. Enabling gives nothing of that back.
    async fn set_active(
        &self,
        id: UserId,
        is_active: bool,
        at: Timestamp,
        revoke_until: Timestamp,
    ) -> Result<ActivationOutcome>;

    /// Deletes an account, if its credentials are still of `deletion.version` and it is active. Its address and its username
    /// are free again.
    ///
    /// In the same step everything goes that belongs to it: its sessions, whose revocations are recorded; its links, and
    /// whatever one-time tokens of it are kept on this storage; its activity log; and waiting mails to its address that
    /// would carry a link. News that wait are still sent: whoever took an account over is not to keep its owner from
    /// learning what was done to it. The last active superuser is not deleted, also where two leave at the same moment.
    async fn delete(&self, deletion: &AccountDeletion) -> Result<DeletionOutcome>;
}

/// A new password.
#[derive(Debug, Clone)]
pub struct PasswordChange {
    /// By whose leave.
    pub authority: Authority,
    /// Its hash.
    pub password_hash: PasswordHash,
    /// When. [`User::updated_at`] becomes this, or a tick after what it was if that is later: a version is never used twice.
    pub at: Timestamp,
    /// Until when to keep the revocations of the sessions that end: when their last access tokens have expired.
    pub revoke_until: Timestamp,
    /// What tells the owner.
    pub notice: QueuedMail,
}

/// What permits a change of password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// The old password, verified under this version of the credentials. It holds while the account is active and the
    /// version is the same.
    Password {
        /// Whose.
        user_id: UserId,
        /// The version.
        version: SecurityVersion,
    },
    /// A link for a new password, by the digest of its secret. It holds while it is live and its account is active.
    Link(Digest),
}

impl Authority {
    /// Why the sessions of an account end by a change of password that it permits.
    pub const fn end_reason(&self) -> EndReason {
        match self {
            Self::Password { .. } => EndReason::PasswordChanged,
            Self::Link(_) => EndReason::PasswordReset,
        }
    }
}

/// What became of a change of password.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordChangeOutcome {
    /// It was made.
    Changed {
        /// The account as it is now.
        user: User,
        /// The version of its credentials now.
        version: SecurityVersion,
        /// The sessions that ended by it.
        ended: Vec<SessionId>,
    },
    /// Nothing was changed: the authority does not hold, or not any longer.
    Refused,
}

/// A change of what an account says about its owner. What is `None` stays as it is.
#[derive(Debug, Clone)]
pub struct ProfileChange {
    /// Whose.
    pub user_id: UserId,
    /// The new full name.
    pub full_name: Option<FullName>,
    /// The new username.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<EmailChange>,
    /// When; see [`PasswordChange::at`].
    pub at: Timestamp,
}

/// A new address, for an account whose owner has just proved to know the password.
#[derive(Debug, Clone)]
pub struct EmailChange {
    /// The address.
    pub email: Email,
    /// The version of the credentials that the password was verified under.
    pub version: SecurityVersion,
    /// What is sent: the news to the old address, the link to the new one.
    pub mails: Vec<QueuedMail>,
}

/// What became of a change of profile.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileChangeOutcome {
    /// It was made; the account as it is now.
    Changed(User),
    /// Nothing was changed: at least one of the two belongs to another account.
    Taken {
        /// Whether the address does.
        email: bool,
        /// Whether the username does.
        username: bool,
    },
    /// Nothing was changed: the account is gone or inactive, or its credentials changed since they were verified.
    Superseded,
}

/// What became of the enabling or disabling of an account.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivationOutcome {
    /// It is as asked for.
    Set {
        /// The account as it is now.
        user: User,
        /// The sessions that ended by it.
        ended: Vec<SessionId>,
    },
    /// There is no such account.
    Unknown,
}

/// The deletion of an account, whose owner has just proved to know the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountDeletion {
    /// Which.
    pub user_id: UserId,
    /// The version of the credentials that the password was verified under.
    pub version: SecurityVersion,
    /// When.
    pub at: Timestamp,
    /// See [`PasswordChange::revoke_until`].
    pub revoke_until: Timestamp,
}

/// What became of the deletion of an account.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeletionOutcome {
    /// It is gone.
    Deleted {
        /// The account as it was, one version on (see [`PasswordChange::at`]): caches forget everything before it.
        user: User,
        /// The sessions that ended by it.
        ended: Vec<SessionId>,
    },
    /// Nothing was changed: nobody would be left who may do everything.
    LastSuperuser,
    /// Nothing was changed: the account is gone or inactive, or its credentials changed since they were verified.
    Superseded,
}
