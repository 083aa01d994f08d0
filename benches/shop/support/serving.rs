//! Servers that a benchmark starts in its own process.

use actix_web::dev::ServerHandle;
use std::net::{SocketAddr, TcpListener};

/// Runs a server on a thread of its own.
pub fn serve(start: impl FnOnce(TcpListener) -> actix_web::dev::Server + Send + 'static) -> (SocketAddr, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = start(listener);
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    (address, told.recv().unwrap())
}

pub fn stop(server: ServerHandle) {
    actix_web::rt::System::new().block_on(server.stop(false));
}
