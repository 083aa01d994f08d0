//! Files that are written while they are sent, so that a large one is never whole in memory.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream;
use kernel::{Error, Result};
use std::io::Write;
use tokio::sync::mpsc;

/// Bytes gathered before they are sent.
const PIECE: usize = 64 * 1024;
/// Pieces that may wait for a slow reader.
const WAITING: usize = 8;

/// A CSV file under a name of letters, digits, dots and hyphens. `write` runs on a thread of its own; when it fails the connection
/// breaks off, so that half a file does not pass for a whole one.
pub fn csv(name: &str, write: impl FnOnce(&mut dyn Write) -> Result<()> + Send + 'static) -> HttpResponse {
    let (sender, mut pieces) = mpsc::channel::<Result<Bytes>>(WAITING);
    actix_web::rt::task::spawn_blocking(move || {
        let mut out = Pieces { sender, gathered: Vec::with_capacity(PIECE) };
        let written = write(&mut out).and_then(|()| out.flush().map_err(|error| Error::Unavailable(error.to_string())));
        if let Err(error) = written {
            tracing::warn!(%error, "a download broke off");
            // A reader that went away does not need to be told.
            let _ = out.sender.blocking_send(Err(error));
        }
    });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(stream::poll_fn(move |context| pieces.poll_recv(context)))
}

struct Pieces {
    sender: mpsc::Sender<Result<Bytes>>,
    gathered: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let piece = Bytes::from(std::mem::replace(&mut self.gathered, Vec::with_capacity(PIECE)));
        self.sender.blocking_send(Ok(piece)).map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe))
    }
}
