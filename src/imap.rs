//! Fetches mails from a mailbox at another server. A mail is stored and committed before the server is told to mark or move it, so that a crash
//! anywhere loses nothing; what is done twice then changes nothing ([`mailbox`]).

mod server;

use crate::state::AppState;
use crm::inbound::mailbox::{self, Mailbox};
use kernel::config::Imap;
use kernel::{Error, Result};
use server::{Mail, Problem, Server};
use std::time::{Duration, Instant};

/// The job that looks into the mailbox.
pub const JOB: &str = "inbound.fetch";
/// How long a server may say nothing; it has four times as long for a whole mail.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long one look takes at most. What is left then is fetched by the next one.
const LOOK: Duration = Duration::from_secs(240);
/// Mails that the server is told about together.
const TOGETHER: i64 = 100;

/// Why a look ended early.
enum Trouble {
    /// The server's doing: staff see it, and another look follows.
    Server(Problem),
    /// The shop's own.
    Shop(Error),
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Trouble {
        Trouble::Server(problem)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Shop(error)
    }
}

/// Looks into the mailbox of the settings when that is due. Blocks. A server that does not do what it should is no failure of the job: the next look
/// is planned by [`mailbox::failed`].
pub fn fetch(state: &AppState, patience: Duration) -> Result<()> {
    let Some(settings) = &state.config.inbound.imap else { return Ok(()) };
    let (source, now) = (settings.source(), state.clock.now());
    let Some(mailbox) = state.db.write_now(move |conn| mailbox::begin(conn, &source, now))? else { return Ok(()) };
    let (id, every) = (mailbox.id, settings.every);
    let looked = look(state, settings, &mailbox, patience);
    let now = state.clock.now();
    match looked {
        Ok(()) => state.db.write_now(move |conn| mailbox::done(conn, id, every, now)),
        Err(Trouble::Server(problem)) => {
            tracing::warn!(problem = problem.key, why = problem.why, "mails could not be fetched");
            state.db.write_now(move |conn| mailbox::failed(conn, id, problem.key, every, now))
        }
        Err(Trouble::Shop(error)) => Err(error),
    }
}

fn look(state: &AppState, settings: &Imap, mailbox: &Mailbox, patience: Duration) -> Result<(), Trouble> {
    let begun = Instant::now();
    let mut server = Server::connect(settings, patience)?;
    let (uid_validity, uid_next) = server.open(&settings.folder)?;
    let id = mailbox.id;
    let mailbox = state.db.write_now(move |conn| mailbox::opened(conn, id, uid_validity, uid_next))?;
    // First what an earlier look did not come to: whatever cannot be fetched must not keep it, and where it cannot be told, as when there is no
    // folder to move to, mails are stored all the same.
    let earlier = settle(state, settings, &mailbox, &mut server);
    store(state, &mailbox, &mut server, begun)?;
    earlier?;
    settle(state, settings, &mailbox, &mut server)?;
    server.leave();
    Ok(())
}

/// Stores what is new.
fn store(state: &AppState, mailbox: &Mailbox, server: &mut Server, begun: Instant) -> Result<(), Trouble> {
    let mut whole = true;
    for uid in server.new_mails(mailbox)? {
        if begun.elapsed() > LOOK {
            whole = false;
            break;
        }
        let (of, now) = (mailbox.clone(), state.clock.now());
        let mail = match server.mail(uid) {
            Ok(mail) => mail,
            Err(problem) => {
                state.db.write_now(move |conn| mailbox::not_given(conn, &of, uid, now))?;
                return Err(problem.into());
            }
        };
        state.db.write_now(move |conn| match &mail {
            // Somebody took it away meanwhile.
            Mail::Gone => mailbox::pass(conn, &of, uid),
            Mail::TooLarge(size) => mailbox::take(conn, &of, uid, *size, None, now),
            Mail::Whole(raw) => mailbox::take(conn, &of, uid, i64::try_from(raw.len()).unwrap_or(i64::MAX), Some(raw), now),
        })?;
    }
    if whole {
        // What lay there before and was read is not asked about again.
        let of = mailbox.clone();
        state.db.write_now(move |conn| mailbox::pass(conn, &of, of.old_below - 1))?;
    }
    Ok(())
}

/// Tells the server about what is stored.
fn settle(state: &AppState, settings: &Imap, mailbox: &Mailbox, server: &mut Server) -> Result<(), Trouble> {
    loop {
        let uids = state.db.read_now(|conn| mailbox::unsettled(conn, mailbox, TOGETHER))?;
        if uids.is_empty() {
            return Ok(());
        }
        server.settle(&uids, settings.move_to.as_deref())?;
        let (of, now) = (mailbox.clone(), state.clock.now());
        state.db.write_now(move |conn| mailbox::settled(conn, &of, &uids, now))?;
    }
}
