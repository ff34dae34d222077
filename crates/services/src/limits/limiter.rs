//! Counting attempts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tessera_domain::{Allowance, RateLimitSecret, Timestamp};
use tessera_repositories::RateLimitRepository;

use super::attempt::{Counter, Hurdle};
use super::known::KnownArrivals;
use super::{Attempt, Quotas, Standing, Tally};
use crate::ports::Clock;
use crate::{ClientInfo, Outage};

/// Says whether something may be tried.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts an attempt, unless it is one that is counted when it has [proved wrong](RateLimiter::condemn). If a limit is
    /// reached it is [`Outage::Limited`] and may not be made, whatever the secret that would be compared; it then costs
    /// nothing. Where the client stands is noted in its standings.
    async fn admit(&self, attempt: &Attempt, client: &ClientInfo) -> Result<Admission, Outage>;

    /// Takes back an attempt of this client, since it was no wrong guess.
    async fn forgive(&self, admission: Admission, client: &ClientInfo);

    /// Counts an attempt of this client that was a wrong guess, if that was not done before. If a limit is reached it is
    /// [`Outage::Limited`], and that is all that the client may be told.
    async fn condemn(&self, admission: Admission, client: &ClientInfo) -> Result<(), Outage>;
}

/// An attempt that was admitted.
#[must_use]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// What it was counted by.
    counted: Vec<Counter>,
    /// What it is counted by if it proves wrong.
    uncounted: Vec<Counter>,
}

/// A limit is reached. It says nothing about the secret that was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts")]
pub struct TooManyAttempts {
    /// When the next one may be made.
    pub retry_after: Duration,
}

/// The implementation of [`RateLimiter`].
pub struct Limits {
    /// Where attempts are counted.
    pub counters: Arc<dyn RateLimitRepository>,
    /// How many are allowed.
    pub quotas: Quotas,
    /// What the keys of counters are made with.
    pub secret: RateLimitSecret,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where decisions are counted.
    pub tally: Arc<Tally>,
    /// What was heard of counters that are not asked before an attempt.
    pub known: KnownArrivals,
}

#[async_trait]
impl RateLimiter for Limits {
    async fn admit(&self, attempt: &Attempt, client: &ClientInfo) -> Result<Admission, Outage> {
        let now = self.clock.now();
        let mut admission = Admission::default();
        for hurdle in attempt.hurdles(&self.secret, client.ip) {
            if !attempt.can_be_guessed() {
                admission.uncounted.push(self.look(hurdle.counter, client, now)?);
                continue;
            }
            match self.take(hurdle, client, now).await {
                Ok(counter) => admission.counted.push(counter),
                Err(refused) => {
                    self.forgive(admission, client).await;
                    return Err(refused);
                }
            }
        }
        Ok(admission)
    }

    /// What cannot be given back comes back by itself.
    async fn forgive(&self, admission: Admission, client: &ClientInfo) {
        let now = self.clock.now();
        for Counter { policy, key } in admission.counted {
            let quota = self.quotas.of(policy);
            if let Err(error) = self.counters.forgive(key, quota, now).await {
                tracing::warn!(%error, "an attempt that was no guess stays counted");
            } else if let Some(standing) = client.standings.of(policy) {
                client.standings.note(Standing { allowance: standing.allowance.forgiven(quota), ..standing });
            }
        }
    }

    async fn condemn(&self, admission: Admission, client: &ClientInfo) -> Result<(), Outage> {
        let now = self.clock.now();
        for counter in admission.uncounted {
            let standing = self.count(counter, now).await?;
            self.known.note(counter.key, now.plus(standing.allowance.reset_after), now);
            client.standings.note(standing);
            if !standing.allowance.allowed {
                self.tally.note(counter.policy, false);
                return Err(TooManyAttempts { retry_after: standing.allowance.retry_after }.into());
            }
        }
        Ok(())
    }
}

impl Limits {
    /// Where a counter stands, as far as it was heard of.
    fn look(&self, counter: Counter, client: &ClientInfo, now: Timestamp) -> Result<Counter, TooManyAttempts> {
        let Counter { policy, key } = counter;
        let quota = self.quotas.of(policy);
        let (_, next) = quota.judge(self.known.of(key), now);
        self.tally.note(policy, next.allowed);
        let allowance = if next.allowed { next.forgiven(quota) } else { next };
        client.standings.note(Standing { policy, quota, allowance });
        if next.allowed { Ok(counter) } else { Err(TooManyAttempts { retry_after: next.retry_after }) }
    }

    /// Counts by the first counter that allows it. Returns which one that was.
    async fn take(&self, hurdle: Hurdle, client: &ClientInfo, now: Timestamp) -> Result<Counter, Outage> {
        let mut refusals = Vec::new();
        for counter in [Some(hurdle.counter), hurdle.otherwise].into_iter().flatten() {
            let standing = self.count(counter, now).await?;
            self.tally.note(counter.policy, standing.allowance.allowed);
            if standing.allowance.allowed {
                if counter.policy.is_ones_own() {
                    client.standings.note(standing);
                }
                return Ok(counter);
            }
            refusals.push(standing);
        }
        for standing in &refusals {
            client.standings.note(*standing);
        }
        let waits = refusals.iter().map(|standing| standing.allowance.retry_after);
        Err(TooManyAttempts { retry_after: waits.min().unwrap_or_default() }.into())
    }

    async fn count(&self, counter: Counter, now: Timestamp) -> Result<Standing, Outage> {
        let Counter { policy, key } = counter;
        let quota = self.quotas.of(policy);
        let allowance = self.counters.take(key, quota, now).await?;
        if matches!(allowance, Allowance { allowed: true, remaining: 0, .. }) {
            // When it is reached, and not at every refusal after that: whoever hammers on does not fill the log.
            tracing::warn!(target: "audit", event = "limit_reached", policy = policy.name());
        }
        Ok(Standing { policy, quota, allowance })
    }
}

/// No limits at all: everything may be tried, and nothing is counted.
#[derive(Debug, Clone, Copy)]
pub struct Unlimited;

#[async_trait]
impl RateLimiter for Unlimited {
    async fn admit(&self, _: &Attempt, _: &ClientInfo) -> Result<Admission, Outage> {
        Ok(Admission::default())
    }

    async fn forgive(&self, _: Admission, _: &ClientInfo) {}

    async fn condemn(&self, _: Admission, _: &ClientInfo) -> Result<(), Outage> {
        Ok(())
    }
}
