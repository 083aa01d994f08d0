//! The listener for mail: SMTP (RFC 5321) and LMTP (RFC 2033) on one port, for the mail server in front of the shop. A mail is answered with
//! 250 when it is stored, and not before; whoever gets another answer, or none, keeps the mail and tries again.

mod dots;
mod session;

use crate::state::AppState;
use crm::inbound::{self, Envelope, InboundId, LARGEST, Way};
use dots::Dots;
use kernel::{Error, Result};
use session::{Session, Step};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

/// Clients that are served at the same time.
const CLIENTS: usize = 100;
/// How long a client may say nothing (RFC 5321, 4.5.3.2.7), and how long it may stay.
const SILENCE: Duration = Duration::from_secs(300);
const STAY: Duration = Duration::from_secs(1800);
/// Bytes of a command with its line end. RFC 5321 asks for 512, extensions for more.
const COMMAND: usize = 4096;
/// MiB of mails that are being received, of all clients together.
const MEMORY: usize = 160;
const MIB: usize = 1024 * 1024;

/// What all clients share.
struct Desk {
    state: AppState,
    memory: Arc<Semaphore>,
}

/// A listener of the standard library, for the runtime that this is called in.
pub fn listener(listener: std::net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Receives mails until `stop` becomes true. Clients that are there then are cut off; what was answered is stored.
pub async fn serve(listener: TcpListener, state: AppState, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CLIENTS));
    let desk = Arc::new(Desk { state, memory: Arc::new(Semaphore::new(MEMORY)) });
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((mut stream, _)) = accepted else {
            // No descriptor left: one is given back when a client leaves.
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            tokio::spawn(async move {
                let told = stream.write_all(b"421 4.3.2 too many connections, try again later\r\n");
                drop(timeout(Duration::from_secs(1), told).await);
            });
            continue;
        };
        let (desk, mut stop) = (desk.clone(), stop.clone());
        tokio::spawn(async move {
            let _place = place;
            let served = tokio::select! {
                _ = stop.changed() => return,
                served = timeout(STAY, Client::new(stream, &desk).serve()) => served,
            };
            if let Ok(Err(error)) = served {
                tracing::debug!(%error, "a mail client left");
            }
        });
    }
}

/// One connection.
struct Client<'a> {
    from: BufReader<OwnedReadHalf>,
    to: OwnedWriteHalf,
    desk: &'a Desk,
}

/// How a mail's bytes ended.
enum Body {
    Whole(Vec<u8>, Vec<OwnedSemaphorePermit>),
    TooLarge,
    /// There is no memory for it now.
    Crowded,
}

impl Client<'_> {
    fn new(stream: TcpStream, desk: &Desk) -> Client<'_> {
        let (from, to) = stream.into_split();
        Client { from: BufReader::new(from), to, desk }
    }

    async fn serve(mut self) -> io::Result<()> {
        let (host, domain) =
            (self.desk.state.config.host().to_string(), self.desk.state.config.mail.reply_domain.clone().unwrap_or_default());
        let mut session = Session::new(&host, &domain);
        self.say(&session.greeting()).await?;
        while let Some(line) = self.line().await? {
            match session.command(&line) {
                Step::Say(text) => self.say(&text).await?,
                Step::Leave(text) => {
                    self.say(&text).await?;
                    break;
                }
                Step::Receive => {
                    self.say("354 end with a dot on a line of its own\r\n").await?;
                    let body = self.body().await?;
                    let answer = self.store(&session, body).await;
                    let answers = session.received(answer);
                    self.say(&answers).await?;
                }
            }
        }
        self.to.shutdown().await
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        timeout(SILENCE, self.to.write_all(text.as_bytes())).await?
    }

    /// The next command without its line end; `None` when the client is gone. One that is too long is read to its end and nothing.
    async fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut line, mut long) = (Vec::new(), false);
        loop {
            let bytes = timeout(SILENCE, self.from.fill_buf()).await??;
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            long |= line.len() + taken > COMMAND;
            if !long {
                line.extend_from_slice(&bytes[..taken]);
            }
            self.from.consume(taken);
            if end.is_some() {
                return Ok(Some(if long { Vec::new() } else { line.trim_ascii_end().to_vec() }));
            }
        }
    }

    /// The bytes of a mail, to the dot that ends it: what cannot be kept is read all the same, so that the answer has its place.
    async fn body(&mut self) -> io::Result<Body> {
        let (mut dots, mut raw, mut held) = (Dots::default(), Vec::new(), Vec::new());
        let mut lost = None;
        loop {
            let bytes = timeout(SILENCE, self.from.fill_buf()).await??;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if lost.is_none() && raw.len() + bytes.len() > held.len() * MIB {
                match self.desk.memory.clone().try_acquire_owned() {
                    Ok(permit) => held.push(permit),
                    Err(_) => lost = Some(Body::Crowded),
                }
            }
            let (taken, ended) = dots.feed(bytes, &mut raw);
            self.from.consume(taken);
            if raw.len() > LARGEST {
                lost = Some(Body::TooLarge);
            }
            if lost.is_some() {
                raw = Vec::new();
                held.clear();
            }
            if ended {
                return Ok(lost.unwrap_or(Body::Whole(raw, held)));
            }
        }
    }

    /// Stores a mail, and says what the client is told about it.
    async fn store(&self, session: &Session<'_>, body: Body) -> &'static str {
        let (raw, _held) = match body {
            Body::Whole(raw, _) if raw.is_empty() => return "554 5.6.0 there is nothing in it",
            Body::Whole(raw, held) => (Arc::new(raw), held),
            Body::TooLarge => return "552 5.3.4 it is too large",
            Body::Crowded => return "452 4.3.1 too much mail at once, try again later",
        };
        let envelope = Envelope { way: Way::Smtp, sender: session.sender(), recipients: session.recipients().to_vec() };
        let now = self.desk.state.clock.now();
        let stored: Result<InboundId> = self.desk.state.db.write(move |conn| inbound::receive(conn, &raw, &envelope, now)).await;
        match stored {
            Ok(_) => "250 2.6.0 stored",
            Err(Error::Invalid(_)) => "554 5.6.0 it cannot be stored",
            Err(error) => {
                tracing::warn!(%error, "a mail could not be stored");
                "451 4.3.0 try again later"
            }
        }
    }
}
