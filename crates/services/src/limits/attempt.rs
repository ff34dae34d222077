//! What may be tried only so often, and which counters it is counted by.

use std::net::IpAddr;

use tessera_domain::{Email, Identifier, Network, RateLimitKey, RateLimitSecret};

use super::Policy;

/// Something that is tried.
///
/// Accounts go by the name that was typed, folded, and not by what is found under it: a counter then says nothing about
/// which accounts there are, nor which names belong to one (requirement A1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// A password for the account of this name. All names that can be nobody's are one, `None`.
    Password(Option<Identifier>),
    /// A password of the demonstration, for this name.
    DemonstrationPassword(String),
    /// A token that proves itself: one to refresh with, a one-time token, that of a mailed link.
    Token,
    /// The secret of another service.
    ServiceSecret,
    /// Making an account.
    Registration,
    /// Asking for a link to choose a new password with, for the account of this address.
    PasswordLink(Email),
    /// Asking for a link to confirm this address of one's own account with.
    ConfirmationLink(Email),
}

/// One counter of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counter {
    pub policy: Policy,
    pub key: RateLimitKey,
}

/// A counter that has to allow an attempt, or the one that may in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hurdle {
    pub counter: Counter,
    pub otherwise: Option<Counter>,
}

impl Attempt {
    /// Whether somebody who may try often enough gets it right. The others are 256 bits of chance or signed: of those that
    /// are wrong each is counted, and one that is right is so whatever was tried before it.
    pub(super) const fn can_be_guessed(&self) -> bool {
        !matches!(self, Self::Token)
    }

    /// Its hurdles, in the order in which they are taken: first the one of the network that tries, so that whoever has used
    /// that up makes no new keys.
    pub(super) fn hurdles(&self, secret: &RateLimitSecret, ip: Option<IpAddr>) -> Vec<Hurdle> {
        let counter = |policy, of: &[&[u8]]| Counter { policy, key: key(secret, policy, of) };
        let only = |policy, of: &[&[u8]]| Hurdle { counter: counter(policy, of), otherwise: None };
        let (here, around) = (bytes(ip.map(Network::of)), bytes(ip.map(Network::around)));
        match self {
            Self::Password(name) => {
                let [kind, name] = account(name.as_ref());
                let whose = [kind.as_bytes(), name.as_bytes()];
                vec![
                    only(Policy::PasswordsPerAddress, &[&here]),
                    only(Policy::Passwords, &[&here, whose[0], whose[1]]),
                    Hurdle {
                        counter: counter(Policy::PasswordsPerAccount, &whose),
                        otherwise: Some(counter(Policy::PasswordsUnderAttack, &[&around, whose[0], whose[1]])),
                    },
                ]
            }
            Self::DemonstrationPassword(name) => vec![
                only(Policy::PasswordsPerAddress, &[&here]),
                only(Policy::Passwords, &[&here, b"demonstration", name.as_bytes()]),
            ],
            Self::Token => vec![only(Policy::Tokens, &[&here])],
            Self::ServiceSecret => vec![only(Policy::ServiceSecrets, &[&here])],
            Self::Registration => vec![only(Policy::Registrations, &[&here])],
            Self::PasswordLink(email) => vec![
                only(Policy::PasswordLinksPerAddress, &[&here]),
                only(Policy::PasswordLinks, &[email.as_str().as_bytes()]),
            ],
            Self::ConfirmationLink(email) => vec![
                only(Policy::PasswordLinksPerAddress, &[&here]),
                only(Policy::ConfirmationLinks, &[email.as_str().as_bytes()]),
            ],
        }
    }
}

fn key(secret: &RateLimitSecret, policy: Policy, of: &[&[u8]]) -> RateLimitKey {
    secret.key(&[&[policy.name().as_bytes()], of].concat())
}

/// Without an address there is no telling clients apart: they are one.
fn bytes(network: Option<Network>) -> Vec<u8> {
    network.map(|network| network.to_bytes().to_vec()).unwrap_or_default()
}

/// The kind of a name, and the name in the form that is compared. A username may look like an address.
fn account(name: Option<&Identifier>) -> [String; 2] {
    match name {
        Some(Identifier::Email(email)) => ["email".to_owned(), email.as_str().to_owned()],
        Some(Identifier::Username(username)) => ["username".to_owned(), username.key().to_owned()],
        Some(Identifier::Id(id)) => ["id".to_owned(), id.to_string()],
        None => ["nobody".to_owned(), String::new()],
    }
}

#[cfg(test)]
mod tests {
    use tessera_domain::Username;

    use super::*;

    /// All counters, those that stand in for others at the end.
    fn counters(attempt: &Attempt, ip: &str) -> Vec<Counter> {
        let hurdles = attempt.hurdles(&RateLimitSecret::new([1; 32]), ip.parse().ok());
        let otherwise = hurdles.iter().filter_map(|hurdle| hurdle.otherwise);
        hurdles.iter().map(|hurdle| hurdle.counter).chain(otherwise).collect()
    }

    fn email(text: &str) -> Attempt {
        Attempt::Password(Identifier::from_email(text).expect("well-formed"))
    }

    fn username(text: &str) -> Attempt {
        Attempt::Password(Some(Identifier::Username(Username::parse(text).expect("a name"))))
    }

    #[test]
    fn one_account_is_one_however_its_name_is_written() {
        let ana = counters(&email("ana@example.com"), "192.0.2.1");
        assert_eq!(counters(&email(" ANA@Example.COM "), "::ffff:192.0.2.1"), ana);
        assert_eq!(counters(&username("Ana"), "192.0.2.1"), counters(&username("ａｎａ"), "192.0.2.1"));
    }

    #[test]
    fn accounts_share_the_counter_of_their_network_and_nothing_else() {
        let ana = counters(&email("ana@example.com"), "2001:db8::1");
        assert_eq!(ana.len(), 4);
        for other in [email("ben@example.com"), username("ana@example.com"), email("no address")] {
            let other = counters(&other, "2001:db8::ffff:2");
            assert_eq!(ana[0], other[0]);
            assert!(ana.iter().zip(&other).skip(1).all(|(ana, other)| ana.key != other.key));
        }
    }

    #[test]
    fn networks_share_the_counter_of_the_account_and_neighbours_the_one_in_its_place() {
        let ana = email("ana@example.com");
        let [here, next_door, far] = ["192.0.2.1", "192.0.2.2", "2001:db8::1"].map(|ip| counters(&ana, ip));
        let shared = |other: &[Counter]| here.iter().zip(other).map(|(a, b)| a == b).collect::<Vec<_>>();
        assert_eq!(shared(&next_door), [false, false, true, true]);
        assert_eq!(shared(&far), [false, false, true, false]);
        let email = Email::parse("ana@example.com").expect("an address");
        let (reset, confirmation) = (Attempt::PasswordLink(email.clone()), Attempt::ConfirmationLink(email));
        for link in [&reset, &confirmation] {
            let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|ip| counters(link, ip));
            assert!(here[0] != there[0] && here[1] == there[1]);
        }
        let [reset, confirmation] = [reset, confirmation].map(|link| counters(&link, "192.0.2.1"));
        assert!(reset[0] == confirmation[0] && reset[1] != confirmation[1], "strangers ask for one kind only");
    }

    #[test]
    fn no_two_policies_share_a_key() {
        let attempts = [
            email("no address"),
            Attempt::DemonstrationPassword(String::new()),
            Attempt::Token,
            Attempt::ServiceSecret,
            Attempt::Registration,
        ];
        let all: Vec<_> = attempts.iter().flat_map(|attempt| counters(attempt, "192.0.2.1")).collect();
        for (index, Counter { policy, key }) in all.iter().enumerate() {
            let twin = all.iter().skip(index + 1).find(|twin| *key == twin.key && *policy != twin.policy);
            assert_eq!(twin, None, "{policy:?}");
        }
    }
}
