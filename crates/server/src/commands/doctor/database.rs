//! The database: whether it is there, its schema, its clock, the hashes and keys in it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tessera_adapters::passwords::strong_beginnings;
use tessera_domain::{Algorithm, KeySchedule, SigningKey, Timestamp};
use tessera_repositories::{Contents, Inspection, SchemaState, StorageInspection};
use tessera_repositories_postgres::PostgresInspection;
use tessera_repositories_sqlite::SqliteInspection;
use tessera_services::ports::Clock;

use super::finding::Finding;
use crate::config::{Config, Database};
use crate::wiring;

const SUBJECT: &str = "database";
/// From here on each request feels it.
const SLOW: Duration = Duration::from_millis(500);
/// Tokens are accepted from clocks that are wrong by this much (requirement T2).
const LEEWAY: Duration = Duration::from_secs(5);
const YEAR: Duration = Duration::from_hours(365 * 24);

/// Looks at the database, and at what is in it.
pub async fn check(config: &Config, clock: &Arc<dyn Clock>) -> Vec<Finding> {
    let storage: Box<dyn StorageInspection> = match &config.storage.database {
        Database::Sqlite { path } if !path.exists() => {
            let text = format!("{} is not there yet; the first start makes it", path.display());
            return vec![Finding::note(SUBJECT, text)];
        }
        Database::Sqlite { path } => Box::new(SqliteInspection::new(path)),
        Database::Postgres { url } => Box::new(PostgresInspection::new(url.clone())),
    };
    let (started, before) = (Instant::now(), clock.now());
    match storage.inspect(&strong_beginnings(config.passwords.bcrypt_cost)).await {
        Ok(found) => {
            let mut findings = findings(&found, before, started.elapsed(), clock.now());
            findings.extend(found.contents.map(|contents| keys(config, contents.keys, clock)));
            findings
        }
        Err(error) => {
            let text = format!("does not answer: {}", chain(&error));
            vec![Finding::problem(SUBJECT, text).advise("start it, or correct DATABASE_URL; nothing works without it")]
        }
    }
}

fn findings(found: &Inspection, before: Timestamp, took: Duration, now: Timestamp) -> Vec<Finding> {
    let mut findings = vec![answer(took), schema(found.schema)];
    findings.extend(found.now.map(|theirs| clocks(SUBJECT, before, theirs, now)));
    if let Some(contents) = &found.contents {
        findings.push(passwords(contents));
    }
    findings
}

fn answer(took: Duration) -> Finding {
    let text = format!("answers; it was looked at in {} ms", took.as_millis());
    if took < SLOW {
        return Finding::ok(SUBJECT, text);
    }
    Finding::note(SUBJECT, text).advise("many accounts take their time; otherwise look at its disk and the way to it")
}

fn schema(SchemaState { missing, unknown }: SchemaState) -> Finding {
    const SUBJECT: &str = "schema";
    match (missing, unknown) {
        (0, 0) => Finding::ok(SUBJECT, "is that of this version"),
        (_, 0) => Finding::note(SUBJECT, format!("lacks {missing} migrations"))
            .advise("the next start makes them, or `tessera migrate` does"),
        _ => Finding::warning(SUBJECT, format!("has {unknown} migrations that this version does not know"))
            .advise("a newer version was here: run that one"),
    }
}

/// Compares a clock with ours, which read `before` when it was asked and `after` when it had answered.
pub fn clocks(whose: &str, before: Timestamp, theirs: Timestamp, after: Timestamp) -> Finding {
    const SUBJECT: &str = "clock";
    // One of the two is zero: a time does not go below it.
    let wrong = before.since(theirs).max(theirs.since(after));
    let text = format!("{whose} and this machine are {:.1} s apart", wrong.as_secs_f64());
    let advice = "set both clocks by NTP: tokens of one machine are not yet, or no longer, valid on another";
    match wrong {
        wrong if wrong >= LEEWAY => Finding::problem(SUBJECT, text).advise(advice),
        wrong if wrong >= Duration::from_secs(1) => Finding::warning(SUBJECT, text).advise(advice),
        _ => Finding::ok(SUBJECT, format!("{whose} and this machine agree")),
    }
}

fn passwords(&Contents { passwords, weak, .. }: &Contents) -> Finding {
    const SUBJECT: &str = "passwords";
    if weak == 0 {
        return Finding::ok(SUBJECT, format!("{passwords} hashes, none of them weak"));
    }
    let text = format!("{weak} of {passwords} hashes are of an older scheme or a lower cost");
    let advice = "each is replaced when its owner logs in; disable accounts that nobody uses";
    if weak.saturating_mul(10) <= passwords {
        Finding::note(SUBJECT, text).advise(advice)
    } else {
        Finding::warning(SUBJECT, text).advise(advice)
    }
}

/// The keys are opened as at a start.
fn keys(config: &Config, stored: Vec<SigningKey>, clock: &Arc<dyn Clock>) -> Finding {
    const SUBJECT: &str = "signing keys";
    if config.tokens.algorithm == Algorithm::Hs256 {
        return Finding::ok(SUBJECT, "are not used: SECRET_KEY signs, as JWT_ALGORITHM says");
    }
    let (schedule, now) = (KeySchedule::of(stored), clock.now());
    let Some(active) = schedule.signing(now) else {
        return Finding::note(SUBJECT, "there is none yet; the first start makes it");
    };
    if let Err(error) = wiring::try_open_keys(config, &schedule, clock) {
        return Finding::problem(SUBJECT, chain(error.as_ref())).advise("the service does not start like this");
    }
    let age = now.since(active.active_from);
    let text = format!("{}, which signs, is {} days old", active.id, age.as_secs() / 86_400);
    if age < YEAR {
        return Finding::ok(SUBJECT, text);
    }
    Finding::note(SUBJECT, text).advise("`tessera keys rotate` has the next one take over, without anybody noticing")
}

/// An error with its causes, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

    #[test]
    fn a_clock_is_judged_by_what_tokens_bear() {
        let later = |millis| NOW.plus(Duration::from_millis(millis));
        let judged = |theirs| clocks("x", NOW, theirs, later(100)).verdict;
        for (theirs, verdict) in [
            (NOW, Verdict::Ok),
            (later(100), Verdict::Ok),
            (later(1_200), Verdict::Warning),
            (later(5_100), Verdict::Problem),
            (NOW.minus(Duration::from_secs(2)), Verdict::Warning),
            (NOW.minus(Duration::from_hours(1)), Verdict::Problem),
        ] {
            assert_eq!(judged(theirs), verdict, "{theirs:?}");
        }
    }

    #[test]
    fn a_few_weak_hashes_are_worth_knowing_and_many_a_warning() {
        let judged = |all, weak| passwords(&Contents { passwords: all, weak, keys: Vec::new() }).verdict;
        assert_eq!(judged(0, 0), Verdict::Ok);
        assert_eq!(judged(100, 10), Verdict::Note);
        assert_eq!(judged(100, 11), Verdict::Warning);
    }

    #[test]
    fn a_schema_of_another_version_says_which_of_the_two_to_change() {
        assert_eq!(schema(SchemaState { missing: 0, unknown: 0 }).verdict, Verdict::Ok);
        assert_eq!(schema(SchemaState { missing: 1, unknown: 0 }).verdict, Verdict::Note);
        assert_eq!(schema(SchemaState { missing: 1, unknown: 1 }).verdict, Verdict::Warning);
    }
}
