use crate::state::AppState;
use kernel::clock::Clock;
use kernel::config::Config;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;

/// Opening blocks, so it happens off the async threads.
async fn open(config: Config) -> AppState {
    let opened = actix_web::web::block(move || AppState::open(config, Clock::default()));
    opened.await.expect("no panic").expect("opens")
}

/// The whole shop on a free port, with a folder of its own.
struct Shop {
    folder: PathBuf,
    address: SocketAddr,
    state: AppState,
    handle: actix_web::dev::ServerHandle,
}

impl Shop {
    async fn open() -> Shop {
        let folder = std::env::temp_dir().join(format!("regulars-app-{}", kernel::token::random()));
        let vars = [("REGULARS_DATA_DIR".to_string(), folder.display().to_string())];
        let state = open(Config::read(None, vars).expect("settings")).await;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = super::server(state.clone(), listener).expect("a server");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Shop { folder, address, state, handle }
    }

    /// The answer to a request with these header lines, as text.
    async fn get(&self, path: &str, headers: &str) -> String {
        let (address, request) = (self.address, format!("GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{headers}\r\n"));
        let asked = actix_web::web::block(move || {
            let mut stream = TcpStream::connect(address).expect("connects");
            stream.write_all(request.as_bytes()).expect("asks");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("answers");
            answer
        });
        asked.await.expect("no panic")
    }

    async fn close(self) {
        self.handle.stop(true).await;
        std::fs::remove_dir_all(&self.folder).expect("removed");
    }
}

#[actix_web::test]
async fn a_shop_in_this_process_answers_and_stops() {
    let shop = Shop::open().await;
    assert!(shop.get("/healthz", "").await.starts_with("HTTP/1.1 200"));
    assert!(shop.get("/readyz", "").await.ends_with("ready\n"));
    let missing = shop.get("/nothing?email=a@b.c", "X-Request-Id: id-of-a-stranger\r\n").await;
    assert!(missing.starts_with("HTTP/1.1 404"), "{missing}");
    for header in
        ["content-security-policy: default-src 'self';", "x-content-type-options: nosniff", "x-request-id: ", "permissions-policy: "]
    {
        assert!(missing.to_lowercase().contains(header), "{header} is not in {missing}");
    }
    assert!(!missing.contains("id-of-a-stranger"), "an id is believed from a proxy only");
    shop.close().await;
}

#[actix_web::test]
async fn figures_are_for_the_operator_only() {
    let shop = Shop::open().await;
    shop.get("/healthz", "").await;
    let figures = shop.get("/metrics", "").await;
    for line in [
        "regulars_http_request_duration_seconds_bucket{method=\"GET\",route=\"/healthz\",status=\"200\"",
        "regulars_jobs_waiting 0",
        "regulars_events_backlog 0",
        "regulars_mails_queued 0",
        "regulars_db_connections_max 4",
    ] {
        assert!(figures.contains(line), "{line} is not in {figures}");
    }
    assert!(shop.get("/metrics", "X-Forwarded-For: 10.0.0.1\r\n").await.starts_with("HTTP/1.1 404"));
    shop.close().await;
}

#[actix_web::test]
async fn the_signing_key_outlives_the_process() {
    let shop = Shop::open().await;
    let again = open((*shop.state.config).clone()).await;
    assert!(again.signer.verify("order", "R1001", &shop.state.signer.sign("order", "R1001")));
    shop.close().await;
}

#[actix_web::test]
async fn an_asset_is_kept_for_long_under_its_digest_only() {
    let shop = Shop::open().await;
    let plain = shop.get("/assets/shop.css", "").await;
    assert!(plain.starts_with("HTTP/1.1 200") && plain.contains("text/css") && plain.contains("no-cache"), "{plain}");
    let digest = kernel::web::assets::find("shop.css", None).expect("a style sheet").digest;
    assert!(shop.get(&format!("/assets/shop.css?v={digest}"), "").await.contains("immutable"));
    assert!(shop.get("/assets/shop.css", &format!("If-None-Match: \"{digest}\"\r\n")).await.starts_with("HTTP/1.1 304"));
    for path in ["/assets/nothing.css", "/assets/../Cargo.toml", "/assets/"] {
        assert!(shop.get(path, "").await.starts_with("HTTP/1.1 404"), "{path}");
    }
    shop.close().await;
}
