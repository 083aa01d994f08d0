//! A conversation with an IMAP server (RFC 3501, RFC 9051), blocking: each step waits for its answer, and not for ever.

use async_imap::error::Error as Said;
use async_imap::imap_proto::{AttributeValue, MailboxDatum, Response, Status};
use async_imap::{Client, Session};
use chrono::TimeDelta;
use crm::inbound::LARGEST;
use crm::inbound::mailbox::Mailbox;
use kernel::config::Imap;
use kernel::mail::Security;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What may be wrong, as keys of texts.
const UNREACHABLE: &str = "inbound-imap-unreachable";
const SECURE: &str = "inbound-imap-secure";
const SIGN_IN: &str = "inbound-imap-sign-in";
const FOLDER: &str = "inbound-imap-folder";
const MOVE_TO: &str = "inbound-imap-move-to";
const ANSWER: &str = "inbound-imap-answer";

/// What is wrong with a server: a text for staff, and for the log what it said. Nothing of it names a password or what is in a mail.
pub(super) struct Problem {
    pub key: &'static str,
    pub why: String,
}

impl Problem {
    fn new(key: &'static str, why: impl Into<String>) -> Problem {
        Problem { key, why: why.into() }
    }

    fn of(error: Said) -> Problem {
        match error {
            // An answer that cannot be read comes as this one, with the whole of it in its text.
            Said::Io(error) if error.kind() == io::ErrorKind::Other => Problem::new(ANSWER, "it cannot be read"),
            Said::Io(error) => unreached(error),
            Said::ConnectionLost => Problem::new(UNREACHABLE, "it hung up"),
            Said::No(said) | Said::Bad(said) => Problem::new(ANSWER, said),
            _ => Problem::new(ANSWER, "it cannot be read"),
        }
    }
}

fn unreached(error: io::Error) -> Problem {
    Problem::new(UNREACHABLE, error.kind().to_string())
}

fn silent() -> Problem {
    Problem::new(UNREACHABLE, "it says nothing")
}

/// A connection, in the clear or not.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Wire for T {}

/// A mail as it was found.
pub(super) enum Mail {
    Whole(Vec<u8>),
    /// Its bytes were not asked for; there are this many.
    TooLarge(i64),
    Gone,
}

/// What a server told of a mail.
#[derive(Default)]
struct Found {
    size: i64,
    bytes: Vec<u8>,
}

impl Found {
    fn learn(&mut self, told: &[AttributeValue<'_>]) {
        for one in told {
            match one {
                AttributeValue::Rfc822Size(size) => self.size = i64::from(*size),
                AttributeValue::BodySection { section: None, data: Some(bytes), .. } => self.bytes = bytes.to_vec(),
                _ => {}
            }
        }
    }
}

/// A server that somebody is signed in at.
pub(super) struct Server {
    session: Session<Box<dyn Wire>>,
    runtime: Runtime,
    patience: Duration,
    /// Whether it moves mails in one step (RFC 6851), and takes single ones away (RFC 4315).
    moves: bool,
    expunges: bool,
}

impl Server {
    /// Connects and signs in. Must not be called on an async thread.
    pub(super) fn connect(settings: &Imap, patience: Duration) -> Result<Server, Problem> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(unreached)?;
        let mut session = runtime.block_on(async {
            match timeout(patience, sign_in(settings)).await {
                Ok(signed_in) => signed_in,
                Err(_) => Err(silent()),
            }
        })?;
        let can = wait(&runtime, patience, ANSWER, session.capabilities())?;
        let (moves, expunges) = (can.has_str("MOVE"), can.has_str("UIDPLUS"));
        Ok(Server { session, runtime, patience, moves, expunges })
    }

    /// Opens a folder. Answers its UIDVALIDITY and UIDNEXT.
    pub(super) fn open(&mut self, folder: &str) -> Result<(i64, i64), Problem> {
        let opened = wait(&self.runtime, self.patience, FOLDER, self.session.select(folder))?;
        match (opened.uid_validity, opened.uid_next) {
            (Some(validity), Some(next)) => Ok((validity.into(), next.into())),
            _ => Err(Problem::new(ANSWER, "it does not number its mails")),
        }
    }

    /// The UIDs of what is to be taken, in their order.
    pub(super) fn new_mails(&mut self, mailbox: &Mailbox) -> Result<Vec<i64>, Problem> {
        let first = mailbox.last_uid + 1;
        let mut found = BTreeSet::new();
        if first < mailbox.old_below {
            let wanted = match mailbox.old_since {
                // Days are of the server's zone, and the search knows no times.
                Some(at) => format!("OR UNSEEN SINCE {}", (at - TimeDelta::days(1)).format("%d-%b-%Y")),
                None => "UNSEEN".to_string(),
            };
            found.extend(self.search(format!("UID {first}:{} {wanted}", mailbox.old_below - 1))?);
        }
        // The last mail is always found: a range may be read backwards (RFC 9051, 9: seq-range).
        let first = first.max(mailbox.old_below);
        found.extend(self.search(format!("UID {first}:*"))?.into_iter().filter(|uid| *uid >= first));
        Ok(found.into_iter().collect())
    }

    fn search(&mut self, query: String) -> Result<Vec<i64>, Problem> {
        let mut found = Vec::new();
        self.ask(self.patience, ANSWER, format!("UID SEARCH {query}"), |answer| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = answer {
                found.extend(uids.iter().copied().map(i64::from));
            }
        })?;
        Ok(found)
    }

    /// A mail as it lies there; looking at it does not mark it as read.
    pub(super) fn mail(&mut self, uid: i64) -> Result<Mail, Problem> {
        let Some(told) = self.fetch(uid, "(UID RFC822.SIZE)", self.patience)? else { return Ok(Mail::Gone) };
        if told.size > LARGEST as i64 {
            return Ok(Mail::TooLarge(told.size));
        }
        let whole = self.fetch(uid, "(UID BODY.PEEK[])", self.patience * 4)?;
        Ok(whole.map_or(Mail::Gone, |whole| Mail::Whole(whole.bytes)))
    }

    /// What is told of a mail; nothing when there is none with this number any more.
    fn fetch(&mut self, uid: i64, what: &str, patience: Duration) -> Result<Option<Found>, Problem> {
        let mut found: Option<Found> = None;
        self.ask(patience, ANSWER, format!("UID FETCH {uid} {what}"), |answer| {
            let Response::Fetch(_, told) = answer else { return };
            // Others may change something about it meanwhile, which is told in between.
            if told.iter().any(|one| matches!(one, AttributeValue::Uid(of) if i64::from(*of) == uid)) {
                found.get_or_insert_with(Found::default).learn(told);
            }
        })?;
        Ok(found)
    }

    /// Marks mails as read, or moves them to a folder. Those that are gone are passed over.
    pub(super) fn settle(&mut self, uids: &[i64], move_to: Option<&str>) -> Result<(), Problem> {
        let set = uids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let Some(folder) = move_to else { return self.tell(format!("UID STORE {set} +FLAGS.SILENT (\\Seen)")) };
        if self.moves {
            return wait(&self.runtime, self.patience, MOVE_TO, self.session.uid_mv(&set, folder));
        }
        wait(&self.runtime, self.patience, MOVE_TO, self.session.uid_copy(&set, folder))?;
        self.tell(format!("UID STORE {set} +FLAGS.SILENT (\\Deleted)"))?;
        // Without it others would lose what they marked: the mails stay, marked as deleted.
        if self.expunges { self.tell(format!("UID EXPUNGE {set}")) } else { Ok(()) }
    }

    fn tell(&mut self, command: String) -> Result<(), Problem> {
        self.ask(self.patience, ANSWER, command, |_| {})
    }

    /// Says a command and hands on what is answered, up to the end of it. The client's own lists end without a word where the server hangs up or
    /// says no: a mail would be taken for gone.
    fn ask(&mut self, patience: Duration, no: &'static str, command: String, mut take: impl FnMut(&Response<'_>)) -> Result<(), Problem> {
        let session = &mut self.session;
        let asked = async move {
            let tag = session.run_command(&command).await?;
            while let Some(answer) = session.read_response().await? {
                match answer.parsed() {
                    Response::Done { tag: of, status, outcome } if *of == tag => {
                        let said = outcome.information.as_deref().unwrap_or_default().to_string();
                        return match status {
                            Status::Ok => Ok(()),
                            Status::No => Err(Said::No(said)),
                            _ => Err(Said::Bad(said)),
                        };
                    }
                    other => take(other),
                }
            }
            Err(Said::ConnectionLost)
        };
        wait(&self.runtime, patience, no, asked)
    }

    /// Takes leave. A server that does not answer is left all the same.
    pub(super) fn leave(mut self) {
        if let Err(problem) = wait(&self.runtime, self.patience, ANSWER, self.session.logout()) {
            tracing::debug!(why = problem.why, "the IMAP server did not take leave");
        }
    }
}

/// Waits for an answer. `no` says what it means when the server says no.
fn wait<T>(runtime: &Runtime, patience: Duration, no: &'static str, answer: impl Future<Output = Result<T, Said>>) -> Result<T, Problem> {
    match runtime.block_on(async { timeout(patience, answer).await }) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(Said::No(said))) => Err(Problem::new(no, said)),
        Ok(Err(error)) => Err(Problem::of(error)),
        Err(_) => Err(silent()),
    }
}

async fn sign_in(settings: &Imap) -> Result<Session<Box<dyn Wire>>, Problem> {
    let stream = TcpStream::connect((settings.host.as_str(), settings.port)).await.map_err(unreached)?;
    let client = match settings.security {
        Security::Plain => greeted(Box::new(stream)).await?,
        Security::Implicit => greeted(Box::new(secured(&settings.host, stream).await?)).await?,
        Security::StartTls => {
            let mut client = Client::new(stream);
            greeting(&mut client).await?;
            let begun = client.run_command_and_check_ok("STARTTLS", None).await;
            begun.map_err(|_| Problem::new(SECURE, "it does not take STARTTLS"))?;
            // What came in the clear behind the answer is thrown away with the client.
            let wire: Box<dyn Wire> = Box::new(secured(&settings.host, client.into_inner()).await?);
            Client::new(wire)
        }
    };
    client.login(&settings.user, settings.password.expose()).await.map_err(|(error, _)| match error {
        // A server may repeat what it was told: its words go no further.
        Said::No(_) | Said::Bad(_) | Said::Validate(_) => Problem::new(SIGN_IN, "it does not let this user in"),
        other => Problem::of(other),
    })
}

async fn greeted(wire: Box<dyn Wire>) -> Result<Client<Box<dyn Wire>>, Problem> {
    let mut client = Client::new(wire);
    greeting(&mut client).await?;
    Ok(client)
}

async fn greeting<T: Wire>(client: &mut Client<T>) -> Result<(), Problem> {
    match client.read_response().await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Problem::of(Said::ConnectionLost)),
        Err(error) => Err(Problem::of(Said::Io(error))),
    }
}

async fn secured(host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, Problem> {
    let name = ServerName::try_from(host.to_string()).map_err(|_| Problem::new(SECURE, "its name cannot be in a certificate"))?;
    let roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::new(SECURE, error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| Problem::new(SECURE, error.to_string()))
}
