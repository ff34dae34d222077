//! What can go wrong below the ports, and which of it is worth a retry.
//!
//! The rule for callers (invariant I3): a server that is away, starting, full, a replica, or does not let us in is
//! *transient* and becomes a 503; an answer that makes no sense is *permanent*. Nothing here is ever shown to a client.

use std::error::Error;
use std::sync::Arc;

use deadpool_redis::redis::{ErrorKind, RedisError, ServerError, Value, parse_redis_value};
use tessera_repositories::RepositoryError;

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no connection to the server: {0}")]
    Away(Arc<Failure>),
    #[error("it cannot be connected to: {0}")]
    Connect(String),
    #[error("the server refused: {0}")]
    Server(RedisError),
    #[error("no answer in time")]
    Late,
    #[error("the server is a replica")]
    Replica,
    #[error("the server does not name the history of its data (INFO replication: master_replid)")]
    NoHistory,
    #[error("what is stored is not what it should be: {0}")]
    Corrupt(&'static str),
    #[error("no attempt to connect has come to its end yet")]
    NotYet,
    #[error("whoever was to ask the server went away")]
    Abandoned,
}

/// What it says is told with the failure, and not once more as its cause.
impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Self::Server(error)
    }
}

/// How answers begin that say that the server cannot do anything now, whatever it is asked. Older servers wrap what
/// went wrong within a script in a message of their own.
const PASSING: [&str; 12] = [
    "OOM",
    "READONLY",
    "MISCONF",
    "LOADING",
    "BUSY",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "NOREPLICAS",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
];

impl Failure {
    /// What the server said within an answer, a code first.
    pub fn said(text: &str) -> Self {
        let error = format!("-{}\r\n", text.replace(['\r', '\n'], " "));
        match parse_redis_value(error.as_bytes()).and_then(Value::extract_error) {
            Err(error) => error.into(),
            Ok(_) => Self::Corrupt("an error within an answer"),
        }
    }

    /// Whether the same question may be answered later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Away(_) | Self::Connect(_) | Self::Late | Self::Replica | Self::NotYet | Self::Abandoned => true,
            Self::Server(error) => is_passing(error),
            Self::NoHistory | Self::Corrupt(_) => false,
        }
    }

    /// Whether it is worth looking if the connection still leads to a server that can be used.
    pub fn is_about_the_connection(&self) -> bool {
        match self {
            Self::Late | Self::Replica => true,
            Self::Server(error) => has_code(error, "READONLY") || !is_answer(error),
            _ => false,
        }
    }

    /// Whether the server is there and does not let us in: nothing that time alone will change.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Server(error) => {
                let kind = error.kind();
                let of_credentials = ["NOAUTH", "WRONGPASS", "NOPERM"].iter().any(|code| has_code(error, code));
                of_credentials || matches!(kind, ErrorKind::AuthenticationFailed | ErrorKind::RESP3NotSupported)
            }
            Self::NoHistory => true,
            _ => false,
        }
    }

    /// Whether the server asks for a password and was given none.
    pub fn asks_for_a_password(&self) -> bool {
        matches!(self, Self::Server(error) if has_code(error, "NOAUTH"))
    }

    /// The same failure as the ports tell it.
    pub fn into_repository_error(self, context: &'static str) -> RepositoryError {
        let transient = self.is_transient();
        let cause: Box<dyn Error + Send + Sync> = Box::new(self);
        if transient { RepositoryError::transient(context, cause) } else { RepositoryError::permanent(context, cause) }
    }
}

/// Whether the trouble is with the server and its surroundings, not with what it was asked.
fn is_passing(error: &RedisError) -> bool {
    let of_us = matches!(
        error.kind(),
        ErrorKind::UnexpectedReturnType | ErrorKind::InvalidClientConfig | ErrorKind::Client | ErrorKind::Extension
    );
    PASSING.iter().any(|code| has_code(error, code)) || !(is_answer(error) || of_us)
}

/// Whether the server itself said so; otherwise it is the connection that failed.
fn is_answer(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension | ErrorKind::UnexpectedReturnType)
}

/// Whether the server, or any of several commands, answered with this code.
fn has_code(error: &RedisError, code: &str) -> bool {
    let answers = error.clone().into_server_errors();
    answers.is_some_and(|answers| answers.iter().any(|(_, answer)| is_of_code(answer, code)))
}

fn is_of_code(answer: &ServerError, code: &str) -> bool {
    let wraps = |detail: &str| detail.contains(&format!("-{code} "));
    answer.code() == code || (answer.code() == "ERR" && answer.details().is_some_and(wraps))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn trouble_around_the_server_is_worth_a_retry() {
        for text in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "READONLY You can't write against a read only replica.",
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
            "LOADING Redis is loading the dataset in memory",
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "NOAUTH Authentication required.",
            "NOPERM this user has no permissions to run the 'info' command",
            "ERR Error running script (call to f_1): @user_script:5: -OOM command not allowed",
        ] {
            assert!(Failure::said(text).is_transient(), "{text}");
        }
        let dropped = RedisError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(Failure::from(dropped).is_transient());
        assert!(Failure::Late.is_transient() && Failure::Replica.is_transient() && Failure::NotYet.is_transient());
    }

    #[test]
    fn what_makes_no_sense_is_permanent() {
        for text in [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "ERR unknown command 'HELO'",
            "NOSCRIPT No matching script. Please use EVAL.",
        ] {
            assert!(!Failure::said(text).is_transient(), "{text}");
        }
        assert!(!Failure::Corrupt("a token").is_transient() && !Failure::NoHistory.is_transient());
    }

    #[test]
    fn a_replica_and_a_broken_line_are_reasons_to_look_again() {
        let dropped = RedisError::from(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(Failure::from(dropped).is_about_the_connection());
        assert!(Failure::said("READONLY You can't write against a read only replica.").is_about_the_connection());
        assert!(!Failure::said("OOM command not allowed").is_about_the_connection());
        assert!(!Failure::said("WRONGTYPE Operation against a key").is_about_the_connection());
    }

    #[test]
    fn what_the_server_said_is_told_once() {
        let refused = Failure::said("WRONGPASS invalid username-password pair");
        assert!(refused.to_string().contains("invalid username-password pair") && refused.source().is_none());
    }

    #[test]
    fn wrong_credentials_are_no_outage() {
        assert!(Failure::said("WRONGPASS invalid username-password pair or user is disabled.").is_refusal());
        assert!(Failure::said("NOAUTH Authentication required.").is_refusal());
        assert!(!Failure::said("LOADING Redis is loading the dataset in memory").is_refusal());
        assert!(!Failure::said("ERR max number of clients reached").is_refusal());
        assert!(
            Failure::said("NOAUTH HELLO must be called with the client already authenticated").asks_for_a_password()
        );
    }
}
