//! Logging: lines for people or JSON for machines, on standard error, so that what a command prints stays clean.

use kernel::config::Log;
use tracing_subscriber::EnvFilter;

/// Starts logging for the process. The first call wins.
pub fn start(log: &Log) {
    // The filter was checked with the configuration; what the subscriber still does not understand, it leaves out.
    // The IMAP client traces whole commands, the one with the password too: nobody hears those, whatever is asked for.
    let filter = EnvFilter::builder().parse_lossy(format!("{},async_imap=off", log.filter));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if log.json {
        subscriber.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    } else {
        subscriber.try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
