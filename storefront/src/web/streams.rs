//! Open pages that are told what is new in a ticket, by server-sent events. One thread of each process asks once a second which of the
//! tickets moved, whichever process moved them; the streams of those read what is new. Streams are bounded, end with the server, and end by
//! themselves after a while, so that a browser that comes back is asked again who it is.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use crm::tickets::{TicketId, chat};
use futures_util::stream;
use kernel::clock::Clock;
use kernel::{Db, Error, Result};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The most streams of this process, of one who asks, and of one ticket on either side.
const ALL: usize = 500;
const EACH: usize = 50;
const TICKET: usize = 4;
/// Seconds after which somebody may ask again for whom there was no room.
const RETRY: u64 = 30;
/// How often tickets are looked at, and how often it is kept that shoppers have their chats open.
const LOOK: Duration = Duration::from_secs(1);
const KEEP: Duration = Duration::from_secs(20);
/// What keeps a silent connection open, and how often.
const SILENCE: Duration = Duration::from_secs(15);
const COMMENT: Bytes = Bytes::from_static(b": \n\n");
/// What begins a stream: browsers come back after so many milliseconds.
const FIRST: Bytes = Bytes::from_static(b"retry: 2000\n\n");
const LIFE: Duration = Duration::from_secs(300);

/// Which side of a ticket a page is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Shopper,
    Staff,
}

/// The streams of one process.
pub struct Streams {
    open: Mutex<Pages>,
    stopped: watch::Sender<bool>,
    db: Db,
    clock: Clock,
}

#[derive(Default)]
struct Pages {
    last: u64,
    all: HashMap<u64, Page>,
    /// Whether the thread runs that looks at tickets.
    looks: bool,
}

struct Page {
    ticket: TicketId,
    side: Side,
    who: String,
    version: watch::Sender<i64>,
}

/// A stream's place among the others, until it is dropped.
pub struct Open {
    id: u64,
    version: watch::Receiver<i64>,
    stopped: watch::Receiver<bool>,
    streams: Arc<Streams>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.streams.open.lock().all.remove(&self.id);
    }
}

impl Streams {
    pub fn new(db: Db, clock: Clock) -> Streams {
        Streams { open: Mutex::default(), stopped: watch::channel(false).0, db, clock }
    }

    /// A place for a stream of `who` about a ticket. `TooMany` when they have too many, `Unavailable` when there are too many in all or the
    /// server stops.
    pub fn open(self: &Arc<Streams>, ticket: TicketId, side: Side, who: &str) -> Result<Open> {
        let stopped = self.stopped.subscribe();
        let mut open = self.open.lock();
        if *stopped.borrow() || open.all.len() >= ALL {
            return Err(Error::Unavailable("no more pages can be told what is new".into()));
        }
        let like = |is: &dyn Fn(&Page) -> bool| open.all.values().filter(|page| is(page)).count();
        if like(&|page| page.ticket == ticket && page.side == side) >= TICKET || like(&|page| page.who == who) >= EACH {
            return Err(Error::TooMany(RETRY));
        }
        open.last += 1;
        let (id, (sender, version)) = (open.last, watch::channel(-1));
        open.all.insert(id, Page { ticket, side, who: who.to_string(), version: sender });
        if !open.looks {
            let streams = self.clone();
            let thread = std::thread::Builder::new().name("streams".into()).spawn(move || streams.look());
            open.looks = thread.inspect_err(|error| tracing::error!(%error, "nobody looks at open tickets")).is_ok();
        }
        drop(open);
        Ok(Open { id, version, stopped, streams: self.clone() })
    }

    /// Ends every stream, and opens no more: the server stops.
    pub fn end(&self) {
        self.stopped.send_replace(true);
    }

    /// Looks at the tickets that pages are open with, until there is none.
    fn look(&self) {
        let mut kept: Option<Instant> = None;
        loop {
            let (all, shoppers) = {
                let mut open = self.open.lock();
                if open.all.is_empty() || *self.stopped.borrow() {
                    open.looks = false;
                    return;
                }
                let of = |side: Option<Side>| {
                    let some = open.all.values().filter(|page| side.is_none_or(|side| side == page.side));
                    some.map(|page| page.ticket).collect::<BTreeSet<TicketId>>().into_iter().collect::<Vec<TicketId>>()
                };
                (of(None), of(Some(Side::Shopper)))
            };
            match self.db.read_now(move |conn| chat::versions(conn, &all)) {
                Ok(found) => self.tell(&found.into_iter().collect()),
                Err(error) => tracing::warn!(%error, "open tickets cannot be looked at"),
            }
            if !shoppers.is_empty() && kept.is_none_or(|at| at.elapsed() > KEEP) {
                let now = self.clock.now();
                if let Err(error) = self.db.write_now(move |conn| chat::kept_open(conn, &shoppers, now)) {
                    tracing::warn!(%error, "it cannot be kept who reads chats");
                }
                kept = Some(Instant::now());
            }
            std::thread::sleep(LOOK);
        }
    }

    fn tell(&self, versions: &HashMap<TicketId, i64>) {
        for page in self.open.lock().all.values() {
            if let Some(is) = versions.get(&page.ticket) {
                page.version.send_if_modified(|known| std::mem::replace(known, *is) != *is);
            }
        }
    }
}

/// What a page has seen of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The last message.
    pub after: i64,
    pub version: i64,
}

impl Place {
    /// As the id of an event.
    pub fn text(self) -> String {
        format!("{}-{}", self.after, self.version)
    }

    fn parse(text: &str) -> Option<Place> {
        let (after, version) = text.trim().split_once('-')?;
        Some(Place { after: after.parse().ok()?, version: version.parse().ok()? })
    }

    /// The last event that a browser got when it comes back, or the place that its page was made at.
    pub fn asked(request: &HttpRequest) -> Place {
        let last = request.headers().get("last-event-id").and_then(|value| value.to_str().ok()).and_then(Place::parse);
        let of_page = || form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "after");
        last.or_else(|| Place::parse(&of_page()?.1)).unwrap_or(Place { after: 0, version: 0 })
    }
}

/// What a stream says next.
#[derive(Debug)]
pub struct Told {
    pub place: Place,
    /// Events as they are sent.
    pub text: String,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// There may be more already.
    More,
    Wait,
    End,
}

/// An event as it is sent. `data` is on one line, as JSON is.
pub fn event(name: &str, place: Place, data: &serde_json::Value) -> String {
    format!("id: {}\nevent: {name}\ndata: {data}\n\n", place.text())
}

struct Stream<F> {
    open: Open,
    place: Place,
    read: F,
    reads: bool,
    first: bool,
    ends: bool,
    until: Instant,
}

/// The answer that goes on: what `read` says from `place` on, each time that the ticket moved.
pub fn answer<F, R>(open: Open, place: Place, read: F) -> HttpResponse
where
    F: Fn(Place) -> R + 'static,
    R: Future<Output = Result<Told>> + 'static,
{
    let begun = Stream { open, place, read, reads: true, first: true, ends: false, until: Instant::now() + LIFE };
    let body = stream::unfold(begun, |mut stream| async move {
        let bytes = next(&mut stream).await?;
        Some((Ok::<Bytes, Error>(bytes), stream))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Proxies that gather answers would keep them for themselves.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body)
}

/// What is sent next; `None` at the end.
async fn next<F, R>(stream: &mut Stream<F>) -> Option<Bytes>
where
    F: Fn(Place) -> R,
    R: Future<Output = Result<Told>>,
{
    if std::mem::take(&mut stream.first) {
        return Some(FIRST);
    }
    loop {
        if stream.ends || stream.until <= Instant::now() {
            return None;
        }
        if stream.reads {
            // The browser comes back, and is told then what is wrong.
            let told = (stream.read)(stream.place).await.ok()?;
            (stream.place, stream.reads, stream.ends) = (told.place, told.then == Then::More, told.then == Then::End);
            if !told.text.is_empty() {
                return Some(Bytes::from(told.text));
            }
            continue;
        }
        tokio::select! {
            _ = stream.open.stopped.wait_for(|stopped| *stopped) => return None,
            moved = stream.open.version.changed() => {
                moved.ok()?;
                stream.reads = *stream.open.version.borrow_and_update() != stream.place.version;
            }
            () = tokio::time::sleep(SILENCE) => return Some(COMMENT),
        }
    }
}
