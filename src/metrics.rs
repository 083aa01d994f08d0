//! Figures for Prometheus: requests as they pass, queues and connections as they are when asked.

use crate::state::AppState;
use ::metrics::gauge;
use kernel::{Result, events, jobs, mail};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// Name of the histogram of answered requests, in seconds.
pub const REQUESTS: &str = "regulars_http_request_duration_seconds";
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The process's one recorder: the metrics of every room go to it.
pub fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    // Only an empty list of buckets is refused; then the default summary would do.
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(REQUESTS.into()), &BUCKETS).unwrap_or_default();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    // A recorder that is there already belongs to a program around this one, which then has the figures.
    let _ = ::metrics::set_global_recorder(recorder);
    ::metrics::describe_histogram!(REQUESTS, "Time to answer, by method, route pattern and status.");
    ::metrics::describe_gauge!("regulars_jobs_waiting", "Jobs due or waiting for their time.");
    ::metrics::describe_gauge!("regulars_jobs_dead", "Jobs given up, for a person to look at.");
    ::metrics::describe_gauge!("regulars_jobs_oldest_due_seconds", "Age of the oldest overdue job.");
    ::metrics::describe_gauge!("regulars_events_backlog", "Events that no listener was told of yet.");
    ::metrics::describe_gauge!("regulars_mails_queued", "Mails not yet handed over.");
    ::metrics::describe_gauge!("regulars_db_connections_in_use", "Database connections that requests use.");
    ::metrics::describe_gauge!("regulars_db_connections_max", "Database connections there are for requests.");
    handle
}

/// All figures in Prometheus' text form. Fails with `Unavailable` when the database does not answer.
pub async fn render(state: &AppState) -> Result<String> {
    let now = state.clock.now();
    let (depth, backlog, queued) =
        state.db.read(move |conn| Ok((jobs::depth(conn, now)?, events::backlog(conn)?, mail::queued(conn)?))).await?;
    let age = depth.oldest_due.map_or(0, |at| (now - at).num_seconds().max(0));
    let (in_use, connections) = state.db.usage();
    set("regulars_jobs_waiting", depth.waiting);
    set("regulars_jobs_dead", depth.dead);
    set("regulars_jobs_oldest_due_seconds", age);
    set("regulars_events_backlog", backlog);
    set("regulars_mails_queued", queued);
    set("regulars_db_connections_in_use", i64::try_from(in_use).unwrap_or(i64::MAX));
    set("regulars_db_connections_max", i64::try_from(connections).unwrap_or(i64::MAX));
    // Moves recorded samples into their buckets, which otherwise grow until somebody asks.
    state.metrics.run_upkeep();
    Ok(state.metrics.render())
}

fn set(name: &'static str, value: i64) {
    // Gauges are floats in Prometheus; these are counts and seconds, exact up to 2^53.
    gauge!(name).set(value as f64);
}
