//! The names of all metrics. `docs/operations.md` says what to do about each.

use std::fmt;
use std::time::Duration;

use tessera_api::http::traffic::{BOUNDS, RouteTraffic};
use tessera_repositories::PoolLoad;

use super::page::{Histogram, Labels, Page};
use super::{Gauges, process};
use crate::log;

/// Writes all of them.
pub fn write(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    requests(gauges, page)?;
    hash_pool(gauges, page)?;
    pools(gauges, page)?;
    backends(gauges, page)?;
    mails(gauges, page)?;
    revocations(gauges, page)?;
    limits(gauges, page)?;
    queues(gauges, page)?;
    tables(gauges, page)?;
    this_process(gauges, page)
}

fn requests(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let routes = gauges.traffic.by_route();
    let statuses: Vec<_> = routes
        .iter()
        .flat_map(|it| it.answers.iter().map(move |(status, count)| (it, status_text(*status), *count)))
        .collect();
    let counts = statuses.iter().map(|(it, status, count)| {
        let labels = [of_route(it), vec![("status", status.as_str())]].concat();
        (labels, *count)
    });
    page.counters("tessera_http_requests", "Answered requests, by contract, route and status", counts)?;
    let answered = routes.iter().filter(|it| !it.answers.is_empty());
    let durations = answered.map(|it| Histogram {
        labels: of_route(it),
        classes: BOUNDS.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]).zip(it.classes).collect(),
        sum: it.total.as_secs_f64(),
    });
    page.histograms("tessera_http_request_duration_seconds", "How long requests took to be answered", durations)?;
    page.gauge("tessera_http_requests_in_flight", "Requests that are being answered", count(gauges.traffic.in_flight()))
}

fn of_route(traffic: &RouteTraffic) -> Labels<'_> {
    let route = &traffic.route;
    vec![("contract", route.contract), ("method", route.method.as_str()), ("route", route.path)]
}

fn status_text(status: Option<u16>) -> String {
    status.map_or("other".to_owned(), |status| status.to_string())
}

fn hash_pool(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let pool = gauges.hashing.read();
    page.gauge("tessera_hash_pool_threads", "Threads that hash passwords", size(pool.threads))?;
    page.gauge("tessera_hash_pool_busy", "Threads that are hashing", size(pool.busy))?;
    page.gauge("tessera_hash_pool_waiting", "Passwords that wait to be hashed", size(pool.waiting))?;
    page.counter("tessera_hash_pool_refused", "Passwords that were not hashed, since too many waited", pool.refused)?;
    page.counter("tessera_hash_pool_jobs", "Passwords that were hashed", pool.done)?;
    page.seconds("tessera_hash_pool_seconds", "Time spent hashing, without waiting", pool.total.as_secs_f64())
}

fn pools(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let (backend, pools) = (gauges.storage.name(), gauges.storage.pools());
    let by_pool = |value: fn(&PoolLoad) -> u64| {
        let labels = move |pool: &PoolLoad| vec![("backend", backend), ("pool", pool.name)];
        pools.iter().map(move |pool| (labels(pool), value(pool)))
    };
    let gauge = |value: fn(&PoolLoad) -> u64| by_pool(value).map(|(labels, value)| (labels, count(value)));
    page.gauges("tessera_pool_size", "Threads or connections of a database at the most", gauge(|pool| pool.size))?;
    page.gauges("tessera_pool_busy", "Those that are at work", gauge(|pool| pool.busy))?;
    page.gauges("tessera_pool_waiting", "Jobs that wait for one", gauge(|pool| pool.waiting))?;
    page.counters("tessera_pool_refused", "Jobs that were refused, since too many waited", by_pool(|it| it.refused))?;
    page.counters("tessera_pool_timeouts", "Jobs that had no answer in time", by_pool(|pool| pool.late))
}

fn backends(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let samples = gauges.samples.read();
    let backends = samples.health.iter().flat_map(|health| &health.backends);
    let name = |name: &'static str| vec![("backend", name)];
    let up = backends.clone().map(|it| (name(it.name), f64::from(u8::from(it.is_up))));
    page.gauges("tessera_backend_up", "Whether a storage answered when it was last asked", up)?;
    let latency = backends.clone().map(|it| (name(it.name), it.latency.as_secs_f64()));
    page.gauges("tessera_backend_latency_seconds", "How long its answer took", latency)?;
    let concerns = backends.map(|it| (name(it.name), f64::from(u8::from(it.concern.is_some()))));
    page.gauges("tessera_backend_concern", "Whether /readyz names a concern about it", concerns)
}

fn mails(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let samples = gauges.samples.read();
    let outbox = |value: f64| (Labels::new(), value);
    let waiting = samples.outbox.map(|it| outbox(count(it.waiting)));
    page.gauges("tessera_mail_outbox_waiting", "Mails that wait to be sent", waiting)?;
    let age = samples.oldest_mail.map(|age| outbox(age.as_secs_f64()));
    page.gauges("tessera_mail_outbox_oldest_seconds", "How long the oldest of them has waited", age)?;
    let given_up = samples.outbox.map(|it| outbox(count(it.given_up)));
    page.gauges("tessera_mail_outbox_given_up", "Mails of the last week that nobody will get", given_up)
}

fn revocations(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let mirror = gauges.mirror.standing();
    page.gauge("tessera_revocation_mirror_entries", "Revoked sessions in memory", size(mirror.entries))?;
    let lag = mirror.lag.map(|lag| (Labels::new(), lag.as_secs_f64()));
    page.gauges("tessera_revocation_mirror_lag_seconds", "How far the memory is behind the log", lag)
}

fn limits(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let decisions = gauges.tally.decisions().flat_map(|it| {
        let labels = move |outcome| vec![("policy", it.policy.name()), ("outcome", outcome)];
        [(labels("admitted"), it.admitted), (labels("refused"), it.refused)]
    });
    page.counters("tessera_rate_limit_decisions", "Attempts that a limit admitted or refused", decisions)?;
    let in_use = gauges.fallback.as_ref().is_some_and(|fallback| fallback.is_in_use());
    page.gauge(
        "tessera_rate_limit_fallback",
        "Whether attempts are counted here, by stricter limits",
        f64::from(in_use),
    )
}

fn queues(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let activity = &gauges.activity;
    page.gauge("tessera_activity_queue_length", "Entries of the activity log that wait", size(activity.waiting()))?;
    page.counter("tessera_activity_dropped", "Entries of the activity log that were dropped", activity.dropped())?;
    page.counter("tessera_log_lines_lost", "Lines of the log that nobody read in time", log::lines_lost())
}

fn tables(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let samples = gauges.samples.read();
    let rows = samples.tables.iter().map(|it| (vec![("table", it.table.as_str())], count(it.rows)));
    page.gauges("tessera_table_rows", "Rows of a table, about; counted every five minutes", rows)?;
    let keys = samples.keys.iter().map(|(kid, age)| (vec![("kid", kid.as_str())], age.as_secs_f64()));
    page.gauges("tessera_signing_key_age_seconds", "How long ago a signing key was made", keys)
}

fn this_process(gauges: &Gauges, page: &mut Page<'_, '_>) -> fmt::Result {
    let build = vec![("version", env!("CARGO_PKG_VERSION"))];
    page.gauges("tessera_build_info", "The version that runs", [(build, 1.0)])?;
    let started_at = gauges.started_at.unix_seconds();
    page.gauge(
        "process_start_time_seconds",
        "When this process began to serve",
        count(u64::try_from(started_at).unwrap_or(0)),
    )?;
    let reading = process::read();
    let alone = |value: Option<f64>| value.map(|value| (Labels::new(), value));
    page.gauges("process_resident_memory_bytes", "Memory in use", alone(reading.memory))?;
    page.gauges("process_open_fds", "Open file descriptors", alone(reading.descriptors))?;
    page.gauges("process_max_fds", "File descriptors at the most", alone(reading.most_descriptors))?;
    page.seconds("process_cpu_seconds", "Time of the processor", reading.cpu.unwrap_or_default())
}

#[expect(clippy::cast_precision_loss, reason = "what is counted here never gets to 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

fn size(number: usize) -> f64 {
    count(number as u64)
}
