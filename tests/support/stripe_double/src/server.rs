//! The double over HTTP: Stripe's API under `/v1/`, the payment page under `/pay/`.

use crate::Inner;
use crate::api::{self, Reply, Request};
use crate::errors::Refusal;
use crate::faults::Fault;
use crate::pages;
use crate::params::Params;
use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};
use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A running server; the account outlives it.
pub struct Running {
    handle: ServerHandle,
    thread: JoinHandle<()>,
}

impl Running {
    /// Serves on `listener` from a thread of its own. Panics when the machine refuses: a test can do nothing then.
    pub fn start(inner: Arc<Inner>, listener: TcpListener) -> Running {
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let serve = async move {
                let app = move || {
                    App::new()
                        .app_data(Data::from(inner.clone()))
                        .route("/pay/{session}", web::get().to(pages::show))
                        .route("/pay/{session}", web::post().to(pages::attempt))
                        .route("/pay/{session}/authenticate", web::get().to(pages::challenge))
                        .route("/pay/{session}/authenticate", web::post().to(pages::authenticate))
                        .default_service(web::to(call))
                };
                let server =
                    HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(0).listen(listener).expect("the double listens");
                let server = server.run();
                tell.send(server.handle()).expect("the double is awaited");
                server.await.expect("the double serves");
            };
            rt::System::new().block_on(serve);
        });
        let handle = told.recv().expect("the double starts");
        Running { handle, thread }
    }

    /// Stops at once; from then on connections are refused.
    pub fn stop(self) {
        drop(self.handle.stop(false));
        let _ended = self.thread.join();
    }
}

async fn call(request: HttpRequest, body: Bytes, inner: Data<Inner>) -> HttpResponse {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_string);
    let (method, path) = (request.method().as_str().to_string(), request.path().to_string());
    let params = if method == "GET" { Params::read(request.query_string().as_bytes()) } else { Params::read(&body) };
    let key = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_string)).unwrap_or_default();
    let fault = inner.fault_of_call(&method, &path);
    inner.calls.lock().push(format!("{method} {path}"));
    let request = Request { method, path, params, key, idempotency_key: header("idempotency-key") };
    let instead = match fault {
        Some(Fault::Error500) => Some(Refusal::server(false)),
        Some(Fault::Error500Kept) => Some(Refusal::server(true)),
        Some(Fault::TooMany) => Some(Refusal::too_many()),
        _ => None,
    };
    let reply = api::answer(&mut inner.books.lock(), &request, &inner.secret_key, instead);
    inner.clone().into_inner().post_new_events();
    match fault {
        Some(Fault::LoseReply) => broken(),
        Some(Fault::Garbage) => HttpResponse::Ok().content_type("application/json").body("<html>Bad gateway</html>"),
        Some(Fault::Slow(late)) => {
            rt::time::sleep(Duration::from_millis(late)).await;
            json(&reply)
        }
        _ => json(&reply),
    }
}

fn json(reply: &Reply) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(reply.status).unwrap_or_default();
    let mut response = HttpResponse::build(status);
    response.content_type("application/json").insert_header(("Request-Id", "req_double"));
    if reply.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    response.body(reply.body.to_string())
}

/// An answer whose connection breaks before its body.
fn broken() -> HttpResponse {
    let cut = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset)) });
    HttpResponse::Ok().content_type("application/json").streaming(cut)
}
