//! What every part of the running program shares.

use crate::metrics;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::Limits;
use kernel::mail::Transport;
use kernel::token::{Secret, Signer};
use kernel::{Db, Result, settings};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;

/// The name of the setting that holds the key of all signatures. It travels with backups, so that links in mails stay valid.
const SIGNING_KEY: &str = "signing_key";

/// The handles of one installation. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub db: Db,
    pub config: Arc<Config>,
    pub clock: Clock,
    pub signer: Signer,
    pub transport: Arc<Transport>,
    pub metrics: PrometheusHandle,
}

impl AppState {
    /// Opens the database, brings its schema up to date, and makes the shop's signing key the first time. Blocks:
    /// not for async threads. Fails with `Unavailable`
    /// when the database does not answer.
    pub fn open(config: Config, clock: Clock) -> Result<AppState> {
        let db = database(&config)?;
        for name in db.migrate()? {
            tracing::info!(migration = name, "migrated");
        }
        let now = clock.now();
        let key: String = db.write_now(move |conn| settings::get_or_make(conn, SIGNING_KEY, now, kernel::token::random))?;
        let transport = match &config.mail.smtp {
            Some(smtp) => Transport::smtp(smtp, &config.mail.from)?,
            None => Transport::files(config.mail_folder(), &config.mail.from)?,
        };
        let signer = Signer::new(Secret::new(key));
        Ok(AppState { db, config: Arc::new(config), clock, signer, transport: Arc::new(transport), metrics: metrics::recorder() })
    }
}

/// A handle to the configured database, as it is: not migrated.
pub fn database(config: &Config) -> Result<Db> {
    Db::open(config.database.clone(), Limits { connections: config.connections, ..Limits::default() })
}
