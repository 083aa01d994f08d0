//! What every part of the running program shares.

use crate::metrics;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::db::Limits;
use kernel::mail::Post;
use kernel::token::{Secret, Signer};
use kernel::web::i18n;
use kernel::web::templates::Templates;
use kernel::{Db, Error, Result, settings};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use storefront::gateway::offline::{BankTransfer, CashOnDelivery, OnAccount};
use storefront::gateway::stripe::{Stripe, StripeSettings};
use storefront::gateway::{Gateway, Gateways};
use storefront::search::SearchEngine;
use storefront::search::embedded::EmbeddedSearch;
use storefront::search::meilisearch::MeilisearchSearch;
use storefront::stores::Sites;
use storefront::web::door::Door;
use storefront::web::known;
use storefront::web::limits::Limits as RequestLimits;
use storefront::web::memory::Memory;
use storefront::web::recommend::counter::Counter;
use storefront::web::streams::Streams;
use storefront::web::watch::Watch;

/// The name of the setting that holds the key of all signatures. It travels with backups, so that links in mails stay valid.
const SIGNING_KEY: &str = "signing_key";
/// The index at Meilisearch that holds the shop's products.
const MEILISEARCH_INDEX: &str = "products_3";

/// The handles of one installation. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    pub db: Db,
    pub config: Arc<Config>,
    pub clock: Clock,
    pub signer: Signer,
    /// Hands mail over.
    pub post: Arc<Post>,
    pub metrics: PrometheusHandle,
    /// What the shop's handlers are given.
    pub door: Door,
}

impl AppState {
    /// Opens the database, brings its schema and the preset roles of staff up to date, and makes the shop's signing key the first time.
    /// Blocks: not for async threads. Fails with `Unavailable` when the database does not answer.
    pub fn open(config: Config, clock: Clock) -> Result<AppState> {
        languages(&config)?;
        let db = database(&config)?;
        for name in db.migrate()? {
            tracing::info!(migration = name, "migrated");
        }
        let now = clock.now();
        db.write_now(move |conn| admin::roles::set_up(conn, now))?;
        let key: String = db.write_now(move |conn| settings::get_or_make(conn, SIGNING_KEY, now, kernel::token::random))?;
        let post = Post::open(&db, &clock, &config)?;
        let signer = Signer::new(Secret::new(key));
        let base_url = config.base_url.clone();
        let sites = db.read_now(move |conn| Sites::load(conn, &base_url))?;
        let config = Arc::new(config);
        let door = Door {
            db: db.clone(),
            clock: clock.clone(),
            signer: signer.clone(),
            config: config.clone(),
            templates: Arc::new(Templates::load(None)?),
            gateways: gateways(&config)?,
            search: search(&config)?,
            limits: Arc::new(RequestLimits::new(&config.limits)),
            counter: Counter::start(db.clone(), clock.clone())?,
            memory: Arc::new(Memory::new(config.page_cache, sites)),
            faces: known::faces(db.clone()),
            watch: Arc::new(Watch::start(db.clone())),
            articles: Arc::default(),
            adviser: Arc::default(),
            streams: Arc::new(Streams::new(db.clone(), clock.clone())),
        };
        Ok(AppState { db, config, clock, signer, post: Arc::new(post), metrics: metrics::recorder(), door })
    }
}

/// Learns the languages that have a folder in the data folder. Fails with the mistakes of their files.
pub fn languages(config: &Config) -> Result<()> {
    i18n::learn(&config.data_dir.join("locales"))
}

/// Every way to pay the installation can handle. Which of them a shopper is offered, the shop's settings say: an order that was to be
/// paid by transfer is settled even after the merchant stopped offering that.
fn gateways(config: &Config) -> Result<Gateways> {
    let mut all: Vec<Arc<dyn Gateway>> = Vec::new();
    if let Some(stripe) = &config.stripe {
        let mut settings = StripeSettings::new(stripe.secret_key.clone(), vec![stripe.webhook_secret.clone()]);
        settings.api_base = Some(stripe.api_base.clone());
        all.push(Arc::new(Stripe::new(settings).map_err(Error::unexpected)?));
    }
    all.push(Arc::new(BankTransfer));
    all.push(Arc::new(CashOnDelivery));
    all.push(Arc::new(OnAccount));
    Ok(Gateways::new(all))
}

/// Meilisearch when it is configured, the embedded engine in the data folder otherwise. Calls nobody.
pub fn search(config: &Config) -> Result<Arc<dyn SearchEngine>> {
    Ok(match &config.meilisearch {
        Some(server) => {
            let key = Some(server.key.expose()).filter(|key| !key.is_empty());
            Arc::new(MeilisearchSearch::new(&server.url, key, MEILISEARCH_INDEX)?)
        }
        None => Arc::new(EmbeddedSearch::open(&config.data_dir.join("search"))?),
    })
}

/// A handle to the configured database, as it is: not migrated.
pub fn database(config: &Config) -> Result<Db> {
    Db::open(config.database.clone(), Limits { connections: config.connections, ..Limits::default() })
}
