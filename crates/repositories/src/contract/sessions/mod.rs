//! The promises of a [`SessionRepository`], with what it shares with its neighbours: an account that a session is
//! opened for, and the revocations that its end records.

mod behaviour;
mod concurrency;
mod expiry;
mod of_account;

use std::sync::Arc;
use std::time::Duration;

pub use behaviour::*;
pub use concurrency::*;
pub use expiry::*;
pub use of_account::*;
use tessera_domain::{
    EndReason, Generation, Revocation, RevokedKey, SecurityVersion, Session, SessionClient, SessionId, SessionState,
    Timestamp, UserId,
};

use super::ANSWERS;
use super::sample::{LIMITS, NOW, after, new_user, session, user_id};
use crate::{
    InsertOutcome, OpenOutcome, RevocationRepository, RotateOutcome, RotateSession, SessionEnding, SessionRepository,
    UserRepository,
};

/// Runs the suite of [`SessionRepository`](crate::SessionRepository): see [`contract`](crate::contract).
#[macro_export]
macro_rules! session_contract {
    ($fresh:expr) => {
        mod session_repository {
            use super::*;

            $crate::contract_tier! { sessions::behaviour, $fresh, |ports| &ports,
                an_opened_session_is_found_as_it_was_given
                no_session_is_found_in_an_empty_store
                no_session_opens_for_an_absent_account
                no_session_opens_for_an_inactive_account
                no_session_opens_for_credentials_of_another_version
                the_current_token_rotates
                a_session_rotates_again_and_again
                the_predecessor_is_a_retry_that_changes_nothing
                an_older_token_ends_the_session_at_once
                reuse_records_the_revocation_in_the_same_step
                a_generation_of_the_future_is_unknown_and_harmless
                a_token_of_no_session_is_unknown
                a_token_of_another_account_is_unknown_and_harmless
                an_ended_session_never_rotates
                a_session_ends_with_its_revocations
                only_the_named_sessions_end
                several_sessions_end_together
                a_second_end_keeps_the_first_reason
                the_end_of_a_session_that_is_gone_still_revokes
                an_empty_end_is_no_error
                a_session_shows_who_used_it_last
                a_token_that_rotates_nothing_is_no_use
                a_use_without_rotation_is_noted
                what_ended_is_not_used
                the_open_sessions_of_an_account_are_listed
                pages_of_sessions_follow_each_other
                one_session_of_an_account_ends
                nobody_ends_the_session_of_another_account
                all_sessions_but_one_end
            }
            $crate::contract_tier! { sessions::expiry, $fresh, |ports| &ports,
                the_retry_window_closes_on_time
                a_clock_that_goes_back_logs_nobody_out
                a_token_expires_on_time
                an_expired_token_is_unknown_and_not_reused
                rotation_never_passes_the_absolute_limit
                the_revocation_of_reuse_lasts_as_long_as_asked
                an_expired_session_is_found_until_it_is_deleted
                deletion_begins_at_the_moment_of_expiry
                deletion_keeps_to_its_limit
                deletion_spares_what_is_live_and_what_ended_early
                an_expired_session_is_not_listed
                an_expired_session_ends_too
            }
            $crate::contract_tier! { sessions::concurrency, $fresh, |ports| &ports,
                one_token_rotates_once
                one_reuse_ends_the_session_once
                an_end_is_final_whatever_races_with_it
                an_end_is_seen_entirely_or_not_at_all
                a_reuse_is_seen_entirely_or_not_at_all
                simultaneous_logins_each_get_their_session
                simultaneous_ends_keep_one_reason
                simultaneous_deletions_count_each_session_once
                sessions_of_an_account_end_in_one_step
                no_refresh_outlives_the_end_of_all_sessions
            }
        }
    };
}

/// A session repository and its neighbours in the same storage.
#[derive(Clone)]
pub struct SessionPorts {
    /// Where the accounts are that sessions are opened for.
    pub users: Arc<dyn UserRepository>,
    /// What is tested.
    pub sessions: Arc<dyn SessionRepository>,
    /// Where the ends of sessions are recorded.
    pub revocations: Arc<dyn RevocationRepository>,
}

const WINDOW: Duration = Duration::from_secs(10);

/// A moment at which nothing here has expired.
const SOON: Timestamp = NOW;

/// What a test does with the ports.
impl SessionPorts {
    async fn account(&self, number: usize) -> UserId {
        let new = new_user(number);
        assert_eq!(self.users.insert(&new).await.expect(ANSWERS), InsertOutcome::Inserted);
        new.user.id
    }

    /// A session of account 1, which is made on the way.
    async fn opened(&self) -> Session {
        let user = self.account(1).await;
        self.opened_for(1, user).await
    }

    async fn opened_for(&self, number: usize, user: UserId) -> Session {
        let session = session(number, user);
        let outcome = self.sessions.open(&session, SecurityVersion::FIRST).await.expect(ANSWERS);
        assert_eq!(outcome, OpenOutcome::Opened);
        session
    }

    /// A session after `rotations`, the last one of them at `after(rotations)`.
    async fn rotated(&self, rotations: u32) -> Session {
        let mut session = self.opened().await;
        for generation in 0..rotations {
            let now = after(u64::from(generation) + 1);
            session = session.rotated(now, LIMITS.idle);
            assert_eq!(self.rotate(session.id, generation, now).await, RotateOutcome::Rotated(session.clone()));
        }
        session
    }

    /// Presents a token of account 1.
    async fn rotate(&self, id: SessionId, generation: u32, now: Timestamp) -> RotateOutcome {
        self.sessions.rotate(&rotation(id, generation, now)).await.expect(ANSWERS)
    }

    async fn find(&self, id: SessionId) -> Option<Session> {
        self.sessions.find(id).await.expect(ANSWERS)
    }

    async fn end(&self, ending: &SessionEnding) {
        self.sessions.end(ending).await.expect(ANSWERS);
    }

    async fn is_revoked(&self, id: SessionId, now: Timestamp) -> bool {
        self.revocations.is_revoked(&[RevokedKey::Session(id)], now).await.expect(ANSWERS)
    }
}

fn rotation(id: SessionId, generation: u32, now: Timestamp) -> RotateSession {
    RotateSession {
        id,
        user_id: user_id(1),
        generation: Generation::from_number(generation),
        client: SessionClient::default(),
        now,
        idle: LIMITS.idle,
        retry_window: WINDOW,
        revoke_until: after(900),
    }
}

/// A logout, with the revocation of the session for an hour.
fn logout(sessions: &[SessionId], at: Timestamp) -> SessionEnding {
    let revocations =
        sessions.iter().map(|&id| Revocation { key: RevokedKey::Session(id), until: after(3_600) }).collect();
    SessionEnding { sessions: sessions.to_vec(), reason: EndReason::LoggedOut, at, revocations }
}

fn is_ended(session: Option<&Session>) -> bool {
    session.is_some_and(|session| matches!(session.state, SessionState::Ended { .. }))
}
