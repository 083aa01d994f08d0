//! The whole shop in this process: its web server on a port of its own, its worker driven by hand, its clock in the test's hands.

use super::goods;
use super::visitor::Visitor;
use crm::CustomerId;
use kernel::clock::Clock;
use kernel::config::Config;
use kernel::testing::TestDb;
use regulars::app;
use regulars::state::AppState;
use regulars::worker::{SHOP, Worker};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use storefront::logins;
use storefront::search_index::Follower;
use stripe_double::Double;

static COUNT: AtomicU32 = AtomicU32::new(0);

pub struct House {
    pub db: TestDb,
    pub state: AppState,
    pub base_url: String,
    pub stripe: Double,
    folder: std::path::PathBuf,
    server: actix_web::dev::ServerHandle,
}

impl House {
    /// An empty shop that delivers in Germany and takes cards, transfers and cash.
    pub fn open() -> House {
        House::open_with(&[])
    }

    /// [`House::open`] with more settings, by the names of their environment variables.
    pub fn open_with(more: &[(&str, &str)]) -> House {
        House::open_beside(&[], more)
    }

    /// [`House::open_with`] beside files of the data folder, by their paths in it.
    pub fn open_beside(files: &[(&str, &str)], more: &[(&str, &str)]) -> House {
        let db = goods::open();
        let stripe = Double::start();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let folder = std::env::temp_dir().join(format!("regulars_house_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        for (file, text) in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let vars = [
            ("REGULARS_DATA_DIR", folder.display().to_string()),
            ("DATABASE_URL", url(&db)),
            ("REGULARS_BASE_URL", base_url.clone()),
            ("REGULARS_PAGE_CACHE_MS", "0".into()),
            ("REGULARS_VIES", "off".into()),
            ("REGULARS_STRIPE_SECRET_KEY", stripe.secret_key().into()),
            ("REGULARS_STRIPE_WEBHOOK_SECRET", stripe.webhook_secret().into()),
            ("REGULARS_STRIPE_API_BASE", stripe.base_url()),
        ];
        let more = more.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let config = Config::read(None, vars.map(|(name, value)| (name.to_string(), value)).into_iter().chain(more)).unwrap();
        let state = AppState::open(config, Clock::default()).unwrap();
        let server = serve(state.clone(), listener);
        stripe.webhooks_to(&format!("{base_url}/webhooks/stripe"));
        House { db, state, base_url, stripe, folder, server }
    }

    pub fn visitor(&self) -> Visitor {
        Visitor::new(&self.base_url)
    }

    /// A customer of this address with the browser in which they are signed in.
    pub fn signed_in(&self, email: &str) -> (CustomerId, Visitor) {
        let customer = goods::customer(&self.db, email, 0);
        let token = format!("a-session-of-{email}");
        let session = token.clone();
        let open = move |conn: &mut kernel::Conn| logins::open_session(conn, customer, &session, "test", goods::now());
        self.db.write_now(open).unwrap();
        let visitor = self.visitor();
        visitor.carry("session", &token);
        (customer, visitor)
    }

    /// Runs everything that is due: events to listeners, mails, calls to the payment provider.
    pub fn work(&self) -> usize {
        let done = Worker::new(self.state.clone(), &SHOP).run_due().unwrap();
        let engine = self.state.door.search.as_ref();
        done + Follower::default().follow(&self.state.db, engine, self.state.clock.now()).unwrap()
    }

    /// [`House::work`] until everything that is to follow has followed. Jobs of the search index wait until the second of a change is over,
    /// so that changes of one product share them: the clock is moved past it.
    pub fn follow(&self) {
        while self.work() > 0 {}
        self.state.clock.advance(chrono::TimeDelta::seconds(2));
        while self.work() > 0 {}
    }

    /// Every mail to `recipient`, oldest first.
    pub fn mails(&self, recipient: &str) -> Vec<kernel::mail::Mail> {
        let recipient = recipient.to_string();
        let mut mails = self.db.read_now(move |conn| kernel::mail::list(conn, Some(&recipient), None, 100)).unwrap();
        mails.reverse();
        mails
    }
}

fn url(db: &kernel::Db) -> String {
    match db.target() {
        kernel::db::Target::File(path) => format!("sqlite://{}", path.display()),
        kernel::db::Target::Postgres(url) => url.clone(),
    }
}

/// Runs the server on a thread of its own until the house is dropped.
fn serve(state: AppState, listener: TcpListener) -> actix_web::dev::ServerHandle {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = app::server(state, listener).unwrap();
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}

impl Drop for House {
    fn drop(&mut self) {
        let stopping = self.server.stop(false);
        actix_web::rt::System::new().block_on(stopping);
        if !std::thread::panicking() {
            goods::assert_books(&self.db);
            let dead = self.db.read_now(|conn| kernel::jobs::list(conn, Some("dead"), None, 10)).unwrap();
            assert!(dead.is_empty(), "jobs were given up: {dead:?}");
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
