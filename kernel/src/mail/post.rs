//! The post: hands mail to the servers that are configured, each with its share, its limits and the others to fall back to. Mail from a
//! sending domain is signed on the way.

mod dkim;
mod limits;
mod message;
mod setbacks;
mod smtp;

pub use dkim::{Algorithm, DkimKey, NewKey, record};
pub use limits::{
    Rate, RateId, Terms, TermsWish, TransportId, prune, rate, rate_of, rates, remove_rate, set_rate, set_terms, transport, transports,
    used_today,
};
pub use message::{Parcel, mailbox, message};
pub use setbacks::{Setback, setbacks, try_again};

use super::domains;
use super::{HandOver, Mail};
use crate::clock::{Clock, Time};
use crate::config::Config;
use crate::{Conn, Db, Error, Result};
use chrono::TimeDelta;
use lettre::Address;
use limits::{Limit, Purse};
use parking_lot::Mutex;
use smtp::{Attempt, Server};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The name of the first mail server.
pub const MAIN: &str = "main";
/// The name of the folder that mails go to when no server is configured.
pub const FILES: &str = "files";
/// The mailbox at a return path that bounces go to.
const BOUNCES: &str = "bounces";
/// How long what the tables say is believed.
const BELIEVED: TimeDelta = TimeDelta::seconds(5);
/// A server that did not answer is passed over for so many seconds, each time twice as long, up to the second.
const AWAY_SECONDS: i64 = 10;
const AWAY_MOST: i64 = 300;

/// What becomes of mail that is handed over. One for a process; every method may be called from any thread, and blocks.
pub struct Post {
    db: Db,
    clock: Clock,
    from: String,
    ways: Vec<Way>,
    told: Mutex<Arc<Told>>,
    purse: Purse,
    /// Servers that did not answer: until when they are passed over, and how often in a row.
    away: Mutex<HashMap<TransportId, (Time, u32)>>,
}

/// Somewhere mail goes.
struct Way {
    id: TransportId,
    carrier: Carrier,
}

enum Carrier {
    /// One file for each mail.
    Files(PathBuf),
    Smtp(Server),
}

/// What the tables say, as it was read last.
struct Told {
    at: Time,
    terms: HashMap<TransportId, Terms>,
    rates: HashMap<String, Rate>,
    senders: HashMap<String, Sender>,
    setbacks: Vec<Setback>,
}

/// What is known of a sending domain.
#[derive(Clone)]
struct Sender {
    /// The domain of the address that bounces go to; empty: the sender's own.
    return_path: String,
    keys: Arc<Vec<DkimKey>>,
}

impl Post {
    /// Opens what `config` says. Connects to no mail server yet. Blocks, and writes rows for servers that have none.
    pub fn open(db: &Db, clock: &Clock, config: &Config) -> Result<Post> {
        let from = config.mail.from.clone();
        mailbox(&from).map_err(|_| Error::field("mail.from", "must be an address such as Shop <shop@example.com>"))?;
        let mut carriers = Vec::new();
        match &config.mail.smtp {
            Some(main) => {
                carriers.push((MAIN.to_string(), Carrier::Smtp(Server::new(main)?)));
                for (name, relay) in &config.mail.relays {
                    carriers.push((name.clone(), Carrier::Smtp(Server::new(relay)?)));
                }
            }
            None => {
                let folder = config.mail_folder();
                std::fs::create_dir_all(&folder)
                    .map_err(|error| Error::Unavailable(format!("cannot create {}: {error}", folder.display())))?;
                carriers.push((FILES.to_string(), Carrier::Files(folder)));
            }
        }
        let names: Vec<String> = carriers.iter().map(|(name, _)| name.clone()).collect();
        db.write_now(move |conn| limits::set_up(conn, &names))?;
        let told = read(db, clock.now(), &HashMap::new())?;
        let ids: HashMap<String, TransportId> = told.terms.values().map(|terms| (terms.name.clone(), terms.id)).collect();
        let ways = carriers.into_iter().filter_map(|(name, carrier)| Some(Way { id: *ids.get(&name)?, carrier })).collect();
        let (told, away, purse) = (Mutex::new(Arc::new(told)), Mutex::default(), Purse::default());
        Ok(Post { db: db.clone(), clock: clock.clone(), from, ways, told, purse, away })
    }

    /// A server that could take a mail to a mailbox of `domain` at `now`; none while every one of them has reached a limit or is away.
    /// Counts nothing, so the answer may be out of date at once: [`Post::hand_over`] counts. Reads the database at most.
    pub fn pick(&self, domain: &str, now: Time) -> Option<TransportId> {
        let told = self.told(now);
        let domain = domain.to_lowercase();
        let free = |way: &&Way| {
            !self.is_away(way.id, now) && !told.aside(way.id, "", now) && self.purse.has(&self.db, &told.limits(way.id, &domain, now), now)
        };
        self.order(&told, now).into_iter().find(free).map(|way| way.id)
    }

    /// Hands the bytes of one mail to a server that may take it, counted against its limits, and to the next when that one does not
    /// answer. `from` is the sender of the envelope. Answers who had it last: nobody (0) while all have reached a limit or are away. No
    /// transaction may be open.
    pub fn hand_over(&self, raw: &[u8], from: &str, to: &str) -> (TransportId, HandOver) {
        self.carry(raw, from, to, &file_name(raw), true)
    }

    /// [`message`] with the keys of its sender's domain, handed over with the sender that bounces go to.
    pub fn send_parcel(&self, parcel: &Parcel) -> (TransportId, HandOver) {
        match message(parcel, &self.keys(&parcel.from)) {
            Ok(raw) => self.hand_over(&raw, &self.return_path(&parcel.from), &parcel.to),
            Err(reason) => (TransportId(0), HandOver::Refused(reason)),
        }
    }

    /// Hands a mail of the outbox over. No limit holds it back: somebody waits for it.
    pub fn send(&self, mail: &Mail) -> HandOver {
        let name = format!("{:08}-{}.eml", mail.id, mail.template);
        match message::of_mail(mail, &self.from, &self.keys(&self.from)) {
            Ok(raw) => self.carry(&raw, &self.return_path(&self.from), &mail.recipient, &name, false).1,
            Err(reason) => HandOver::Refused(reason),
        }
    }

    /// The keys that mail from this mailbox is signed with; empty when its domain has none whose record was seen.
    pub fn keys(&self, from: &str) -> Arc<Vec<DkimKey>> {
        self.sender(from).map(|sender| sender.keys).unwrap_or_default()
    }

    /// The sender of the envelope of mail from this mailbox: where bounces go (RFC 5321, 4.4).
    pub fn return_path(&self, from: &str) -> String {
        match self.sender(from) {
            Some(sender) if !sender.return_path.is_empty() => format!("{BOUNCES}@{}", sender.return_path),
            _ => from.to_string(),
        }
    }

    fn sender(&self, from: &str) -> Option<Sender> {
        let domain = mailbox(from).ok()?.email.domain().to_lowercase();
        self.told(self.clock.now()).senders.get(&domain).cloned()
    }

    fn carry(&self, raw: &[u8], from: &str, to: &str, name: &str, limited: bool) -> (TransportId, HandOver) {
        let addresses = mailbox(from).and_then(|from| Ok((from.email, mailbox(to)?.email)));
        let (from, to) = match addresses {
            Ok(addresses) => addresses,
            Err(reason) => return (TransportId(0), HandOver::Refused(format!("the address cannot be used: {reason}"))),
        };
        let now = self.clock.now();
        let told = self.told(now);
        let came = self.try_each(&told, raw, (&from, &to), name, limited, now);
        match came {
            // Whoever was set aside may have been allowed to be tried again since that was read.
            (TransportId(0), HandOver::Failed(_)) if !told.setbacks.is_empty() => {
                self.try_each(&self.anew(now, &told), raw, (&from, &to), name, limited, now)
            }
            came => came,
        }
    }

    /// Tries one server after the other until one says something about the mail.
    fn try_each(
        &self,
        told: &Told,
        raw: &[u8],
        (from, to): (&Address, &Address),
        name: &str,
        limited: bool,
        now: Time,
    ) -> (TransportId, HandOver) {
        let (domain, sender) = (to.domain().to_lowercase(), from.domain().to_lowercase());
        let mut last = (TransportId(0), HandOver::Failed("no mail server can take it now".to_string()));
        let mut order = self.order(told, now);
        order.sort_by_key(|way| told.aside(way.id, &sender, now));
        for way in order {
            // A million mails do not each wait for a server that is down; one that somebody waits for is tried all the same.
            if limited && (self.is_away(way.id, now) || told.aside(way.id, &sender, now)) {
                continue;
            }
            let limits = if limited { told.limits(way.id, &domain, now) } else { Vec::new() };
            if !self.purse.take(&self.db, &limits, now) {
                continue;
            }
            match way.carrier.deliver(raw, from, to, name) {
                Attempt::Came(outcome) => {
                    self.away.lock().remove(&way.id);
                    if told.setbacks.iter().any(|one| one.concerns(way.id, &sender)) {
                        let (id, sender) = (way.id, sender.clone());
                        self.note(told, now, move |conn| setbacks::took(conn, id, &sender));
                    }
                    return (way.id, outcome);
                }
                Attempt::Aside { reason, sender: whose } => {
                    self.purse.give_all_back(&limits, now);
                    let (id, sender) = (way.id, if whose { sender.clone() } else { String::new() });
                    let told_log = super::without_people(&reason);
                    tracing::warn!(reason = told_log, sender = sender.as_str(), "a mail server refuses the shop and is set aside");
                    // Nobody was named to it yet: its words are about the shop alone.
                    let words = reason.clone();
                    self.note(told, now, move |conn| setbacks::set_aside(conn, id, &sender, &words, now));
                    last = (way.id, HandOver::Failed(reason));
                }
                Attempt::Away(reason) => {
                    self.purse.give_all_back(&limits, now);
                    self.pass_over(way.id, now);
                    last = (way.id, HandOver::Failed(reason));
                }
            }
        }
        last
    }

    /// The servers in the order they are asked: by chance in proportion to their shares, then those without a share, and those that did
    /// not answer at the end.
    fn order(&self, told: &Told, now: Time) -> Vec<&Way> {
        let mut rest: Vec<(&Way, u64)> = self.ways.iter().map(|way| (way, told.weight(way.id))).collect();
        let mut order = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            let total: u64 = rest.iter().map(|(_, weight)| *weight).sum();
            let mut at = if total == 0 { 0 } else { rand::random::<u64>() % total };
            let mut chosen = 0;
            for (index, (_, weight)) in rest.iter().enumerate() {
                chosen = index;
                if total == 0 || at < *weight {
                    break;
                }
                at -= *weight;
            }
            order.push(rest.remove(chosen).0);
        }
        order.sort_by_key(|way| self.is_away(way.id, now));
        order
    }

    fn is_away(&self, id: TransportId, now: Time) -> bool {
        self.away.lock().get(&id).is_some_and(|(until, _)| now < *until)
    }

    fn pass_over(&self, id: TransportId, now: Time) {
        let mut away = self.away.lock();
        // Several mails may have met it at once: that counts as one time.
        if away.get(&id).is_some_and(|(until, _)| now < *until) {
            return;
        }
        let times = away.get(&id).map_or(0, |(_, times)| *times);
        let seconds = AWAY_SECONDS.saturating_mul(1 << times.min(10)).min(AWAY_MOST);
        away.insert(id, (now + TimeDelta::seconds(seconds), times.saturating_add(1)));
    }

    /// Why none of the servers takes mail from this mailbox, in their words; none while one of them may. Asks the database.
    pub fn barred(&self, from: &str) -> Result<Option<String>> {
        let Ok(envelope) = mailbox(&self.return_path(from)) else { return Ok(None) };
        let (sender, now) = (envelope.email.domain().to_lowercase(), self.clock.now());
        let (said, terms) = self.db.read_now(|conn| Ok((setbacks(conn)?, transports(conn)?)))?;
        let mut words = Vec::new();
        for way in &self.ways {
            let Some(held) = said.iter().find(|one| one.holds(way.id, &sender, now)) else { return Ok(None) };
            let name = terms.iter().find(|terms| terms.id == way.id).map_or("", |terms| terms.name.as_str());
            words.push(format!("{name}: {}", held.reason));
        }
        Ok((!words.is_empty()).then(|| words.join("; ")))
    }

    /// Writes what was found out about a server, and reads the tables again. A server that cannot be noted is asked again by the next mail.
    fn note(&self, told: &Told, now: Time, write: impl FnMut(&mut Conn) -> Result<()> + Send + 'static) {
        if let Err(error) = self.db.write_now(write) {
            tracing::warn!(%error, "what a mail server said cannot be noted");
        }
        self.anew(now, told);
    }

    /// What the tables say; as it was read last when they cannot be read.
    fn told(&self, now: Time) -> Arc<Told> {
        let before = self.told.lock().clone();
        if now >= before.at && now - before.at < BELIEVED {
            return before;
        }
        self.anew(now, &before)
    }

    /// [`Post::told`], read now.
    fn anew(&self, now: Time, known: &Told) -> Arc<Told> {
        match read(&self.db, now, &known.senders) {
            Ok(told) => {
                let told = Arc::new(told);
                *self.told.lock() = told.clone();
                told
            }
            Err(error) => {
                tracing::warn!(%error, "what holds for mail servers cannot be read");
                self.told.lock().clone()
            }
        }
    }
}

impl Told {
    fn weight(&self, id: TransportId) -> u64 {
        self.terms.get(&id).map_or(0, |terms| u64::try_from(terms.weight).unwrap_or(0))
    }

    /// Whether a server wants no mail of this sender's domain.
    fn aside(&self, id: TransportId, sender: &str, now: Time) -> bool {
        self.setbacks.iter().any(|one| one.holds(id, sender, now))
    }

    fn limits(&self, id: TransportId, domain: &str, now: Time) -> Vec<Limit> {
        self.terms.get(&id).map(|terms| limits::limits(terms, self.rates.get(domain), now)).unwrap_or_default()
    }
}

/// Reads the tables. Keys that were known before are not read from their text again.
fn read(db: &Db, now: Time, before: &HashMap<String, Sender>) -> Result<Told> {
    let (terms, rates, signing, setbacks) =
        db.read_now(|conn| Ok((transports(conn)?, rates(conn)?, domains::signing(conn)?, setbacks(conn)?)))?;
    let mut senders = HashMap::new();
    for domain in signing {
        let known = before.get(&domain.domain).filter(|known| {
            known.keys.len() == domain.keys.len() && known.keys.iter().all(|key| domain.keys.iter().any(|new| new.selector == key.selector))
        });
        let keys = match known {
            Some(known) => known.keys.clone(),
            None => {
                let mut keys = Vec::new();
                for key in &domain.keys {
                    match DkimKey::new(&domain.domain, &key.selector, key.algorithm, &key.private) {
                        Ok(key) => keys.push(key),
                        // Mail that is not signed by it goes out all the same.
                        Err(error) => tracing::warn!(%error, selector = key.selector, "a key cannot sign"),
                    }
                }
                Arc::new(keys)
            }
        };
        senders.insert(domain.domain, Sender { return_path: domain.return_path, keys });
    }
    Ok(Told {
        at: now,
        terms: terms.into_iter().map(|terms| (terms.id, terms)).collect(),
        rates: rates.into_iter().map(|rate| (rate.domain.clone(), rate)).collect(),
        senders,
        setbacks,
    })
}

impl Carrier {
    fn deliver(&self, raw: &[u8], from: &Address, to: &Address, name: &str) -> Attempt {
        match self {
            Carrier::Files(folder) => Attempt::Came(match std::fs::write(folder.join(name), raw) {
                Ok(()) => HandOver::Accepted,
                Err(error) => HandOver::Failed(error.to_string()),
            }),
            Carrier::Smtp(server) => server.deliver(raw, from, to),
        }
    }
}

/// A file for a mail, called by its Message-ID.
fn file_name(raw: &[u8]) -> String {
    let head = String::from_utf8_lossy(raw);
    let mut lines = head.lines().take_while(|line| !line.is_empty());
    let id = lines.find_map(|line| line.strip_prefix("Message-ID: ")).unwrap_or_default();
    let plain: String = id.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '@')).collect();
    let plain = plain.trim_start_matches('.');
    if plain.is_empty() { format!("{}.eml", crate::token::random()) } else { format!("{plain}.eml") }
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;
