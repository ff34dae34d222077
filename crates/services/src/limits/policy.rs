//! What is counted together, and how much of it is allowed.

use tessera_domain::Quota;

/// A kind of counter. Each key of it is allowed the same quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Wrong passwords for one account, from one network.
    Passwords,
    /// Wrong passwords from one network, for whatever account.
    PasswordsPerAddress,
    /// Wrong passwords for one account, from everywhere together.
    PasswordsPerAccount,
    /// Wrong passwords for an account that used up the quota before, from one neighbourhood.
    PasswordsUnderAttack,
    /// Wrong tokens from one network.
    Tokens,
    /// Wrong secrets of services from one network.
    ServiceSecrets,
    /// New accounts from one network.
    Registrations,
    /// Links for a new password to one account.
    PasswordLinks,
    /// Links that one network asks for, of either kind.
    PasswordLinksPerAddress,
    /// Links to confirm the address of one account.
    ConfirmationLinks,
}

impl Policy {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 10] = [
        Self::Passwords,
        Self::PasswordsPerAddress,
        Self::PasswordsPerAccount,
        Self::PasswordsUnderAttack,
        Self::Tokens,
        Self::ServiceSecrets,
        Self::Registrations,
        Self::PasswordLinks,
        Self::PasswordLinksPerAddress,
        Self::ConfirmationLinks,
    ];

    /// Its name: in the header fields, in the audit log and the metrics, and in the digest of its keys.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passwords => "passwords",
            Self::PasswordsPerAddress => "passwords-per-address",
            Self::PasswordsPerAccount => "passwords-per-account",
            Self::PasswordsUnderAttack => "passwords-under-attack",
            Self::Tokens => "tokens",
            Self::ServiceSecrets => "service-secrets",
            Self::Registrations => "registrations",
            Self::PasswordLinks => "password-links",
            Self::PasswordLinksPerAddress => "password-links-per-address",
            Self::ConfirmationLinks => "confirmation-links",
        }
    }

    /// Whether its counters move by what this client does. Where others stand is told to nobody whom it does not stop.
    pub(super) const fn is_ones_own(self) -> bool {
        !matches!(self, Self::PasswordsPerAccount | Self::PasswordsUnderAttack | Self::PasswordLinks)
    }
}

/// How much each policy allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Of [`Policy::Passwords`].
    pub passwords: Quota,
    /// Of [`Policy::PasswordsPerAddress`].
    pub passwords_per_address: Quota,
    /// Of [`Policy::PasswordsPerAccount`].
    pub passwords_per_account: Quota,
    /// Of [`Policy::PasswordsUnderAttack`].
    pub passwords_under_attack: Quota,
    /// Of [`Policy::Tokens`].
    pub tokens: Quota,
    /// Of [`Policy::ServiceSecrets`].
    pub service_secrets: Quota,
    /// Of [`Policy::Registrations`].
    pub registrations: Quota,
    /// Of [`Policy::PasswordLinks`], and of [`Policy::ConfirmationLinks`].
    pub password_links: Quota,
    /// Of [`Policy::PasswordLinksPerAddress`].
    pub password_links_per_address: Quota,
}

impl Quotas {
    /// What `policy` allows.
    pub const fn of(&self, policy: Policy) -> Quota {
        match policy {
            Policy::Passwords => self.passwords,
            Policy::PasswordsPerAddress => self.passwords_per_address,
            Policy::PasswordsPerAccount => self.passwords_per_account,
            Policy::PasswordsUnderAttack => self.passwords_under_attack,
            Policy::Tokens => self.tokens,
            Policy::ServiceSecrets => self.service_secrets,
            Policy::Registrations => self.registrations,
            Policy::PasswordLinks | Policy::ConfirmationLinks => self.password_links,
            Policy::PasswordLinksPerAddress => self.password_links_per_address,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::successors;

    use super::*;

    /// The one that is declared after this one. A policy that is added does not compile before it has its place here.
    const fn after(policy: Policy) -> Option<Policy> {
        match policy {
            Policy::Passwords => Some(Policy::PasswordsPerAddress),
            Policy::PasswordsPerAddress => Some(Policy::PasswordsPerAccount),
            Policy::PasswordsPerAccount => Some(Policy::PasswordsUnderAttack),
            Policy::PasswordsUnderAttack => Some(Policy::Tokens),
            Policy::Tokens => Some(Policy::ServiceSecrets),
            Policy::ServiceSecrets => Some(Policy::Registrations),
            Policy::Registrations => Some(Policy::PasswordLinks),
            Policy::PasswordLinks => Some(Policy::PasswordLinksPerAddress),
            Policy::PasswordLinksPerAddress => Some(Policy::ConfirmationLinks),
            Policy::ConfirmationLinks => None,
        }
    }

    #[test]
    fn all_are_all_of_them_in_the_order_of_their_declaration() {
        let declared: Vec<_> = successors(Some(Policy::Passwords), |policy| after(*policy)).collect();
        assert_eq!(Policy::ALL.as_slice(), declared);
        for (place, policy) in declared.into_iter().enumerate() {
            assert_eq!(policy as usize, place, "{policy:?}");
        }
    }
}
