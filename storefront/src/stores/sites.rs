//! The stores as requests meet them: kept in memory, found by host.

use super::{MAIN, PricesFor, Store, list};
use crate::catalog::{self, Categories};
use crate::ids::{CategoryId, StoreId};
use crate::shop::Shop;
use kernel::web::i18n::{Language, Spoken};
use kernel::{Conn, Result};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the categories of a store are kept in memory.
const MOMENT: Duration = Duration::from_secs(1);

/// The categories that hold something of a store's part, and since when that is known.
type Held = Option<(Instant, Arc<HashSet<CategoryId>>)>;

/// A store behind a host.
#[derive(Debug)]
pub struct Site {
    pub id: StoreId,
    /// Scheme, host and port, without a slash at the end.
    pub base_url: String,
    pub languages: Vec<Language>,
    pub open: bool,
    /// To whom it shows its prices.
    pub prices_for: PricesFor,
    held: Mutex<Held>,
}

impl PartialEq for Site {
    fn eq(&self, other: &Site) -> bool {
        let facts = |site: &Site| (site.id, site.open, site.prices_for);
        facts(self) == facts(other) && self.base_url == other.base_url && self.languages == other.languages
    }
}

impl Site {
    /// The store at its public address. Other stores than the main one are reached as it is, at a host of their own.
    pub fn of(store: &Store, base_url: &str) -> Site {
        let base_url = if store.domain.is_empty() { base_url.to_string() } else { moved(base_url, &store.domain) };
        Site {
            id: store.id,
            base_url,
            languages: store.languages.clone(),
            open: store.open,
            prices_for: store.prices_for,
            held: Mutex::default(),
        }
    }

    /// The main store before anything is known of the others.
    pub fn main(base_url: &str) -> Site {
        let (languages, prices_for) = (Language::all().to_vec(), PricesFor::Everybody);
        Site { id: MAIN, base_url: base_url.to_string(), languages, open: true, prices_for, held: Mutex::default() }
    }

    /// The language whose pages have no prefix.
    pub fn first(&self) -> Language {
        self.languages.first().copied().unwrap_or_default()
    }

    /// A language as the store speaks it: the first one for a language it does not speak.
    pub fn spoken(&self, language: Language) -> Spoken {
        let language = if self.languages.contains(&language) { language } else { self.first() };
        Spoken { language, first: self.first() }
    }

    /// The language of an address and the address without it. An address that names the first language, or one that the store does not
    /// speak, is no address of a page: see [`Site::straight`].
    pub fn read<'p>(&self, path: &'p str) -> (Language, &'p str) {
        match Language::named_by(path) {
            Some((language, rest)) if language != self.first() && self.languages.contains(&language) => (language, rest),
            _ => (self.first(), path),
        }
    }

    /// The address without the language it names, when it should not name one.
    pub fn straight<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (language, rest) = Language::named_by(path)?;
        (language == self.first() || !self.languages.contains(&language)).then_some(rest)
    }

    /// The categories that the store shows. Which of them hold something of a part is asked once in a moment: a large part takes a while.
    pub fn categories(&self, conn: &mut Conn, shop: &Shop, language: &str) -> Result<Categories> {
        let tree = catalog::categories(conn, language)?;
        if shop.part.is_none() {
            return Ok(tree);
        }
        let known = self.held.lock().clone().filter(|(since, _)| since.elapsed() < MOMENT);
        let held = match known {
            Some((_, held)) => held,
            None => {
                let held = Arc::new(shop.assortment().held(conn)?.unwrap_or_default());
                *self.held.lock() = Some((Instant::now(), held.clone()));
                held
            }
        };
        Ok(tree.narrowed(&held))
    }

    /// The absolute address of a page in a language.
    pub fn url(&self, language: Language, path: &str) -> String {
        format!("{}{}", self.base_url, self.spoken(language).path(path))
    }
}

/// `base_url` at another host, with the same scheme and port.
fn moved(base_url: &str, host: &str) -> String {
    let (scheme, authority) = base_url.split_once("://").unwrap_or(("http", base_url));
    let after = authority.rsplit_once(']').map_or(authority, |(_, rest)| rest);
    match after.rsplit_once(':') {
        Some((_, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    }
}

/// The host that a request names, in small letters, without its port and the dot that may end it.
pub fn host_of(header: &str) -> String {
    let header = header.trim();
    let host = match header.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => header,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// All stores of the installation.
#[derive(Clone, Debug, PartialEq)]
pub struct Sites {
    main: Arc<Site>,
    /// The main store as the back office speaks: English first and every language, whatever shoppers read first.
    desk: Arc<Site>,
    others: HashMap<String, Arc<Site>>,
}

impl Sites {
    /// The main store alone.
    pub fn new(base_url: &str) -> Sites {
        Sites { main: Arc::new(Site::main(base_url)), desk: Arc::new(Site::main(base_url)), others: HashMap::new() }
    }

    /// The stores as they are stored.
    pub fn load(conn: &mut Conn, base_url: &str) -> Result<Sites> {
        let mut sites = Sites::new(base_url);
        for store in list(conn)? {
            let site = Arc::new(Site::of(&store, base_url));
            if store.id == MAIN { sites.main = site } else { drop(sites.others.insert(store.domain, site)) }
        }
        Ok(sites)
    }

    /// The main store.
    pub fn main(&self) -> &Arc<Site> {
        &self.main
    }

    /// The main store as the back office speaks.
    pub fn desk(&self) -> &Arc<Site> {
        &self.desk
    }

    /// The store of a host as [`host_of`] answers it; `None` when it is no other store's.
    pub fn other(&self, host: &str) -> Option<&Arc<Site>> {
        self.others.get(host)
    }

    /// The store with this id; the main one when there is none.
    pub fn get(&self, id: StoreId) -> &Arc<Site> {
        self.others.values().find(|site| site.id == id).unwrap_or(&self.main)
    }

    /// Whether there is any but the main store.
    pub fn several(&self) -> bool {
        !self.others.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_reached_as_the_main_one_is() {
        assert_eq!(moved("https://shop.example.com", "ch.example.com"), "https://ch.example.com");
        assert_eq!(moved("http://127.0.0.1:8080", "ch.test"), "http://ch.test:8080");
        assert_eq!(moved("http://[::1]:8080", "ch.test"), "http://ch.test:8080");
        assert_eq!(moved("http://[::1]", "ch.test"), "http://ch.test");
    }

    #[test]
    fn a_host_is_read_without_port_case_and_dot() {
        for (sent, host) in [("CH.Example.com:8080", "ch.example.com"), ("ch.test.", "ch.test"), ("ch.test.:80", "ch.test"), (" a ", "a")] {
            assert_eq!(host_of(sent), host);
        }
        assert_eq!((host_of("[::1]:80"), host_of("[::1]"), host_of("")), ("[::1]".into(), "[::1]".into(), "".into()));
    }

    #[test]
    fn the_first_language_has_no_prefix() {
        let both = Site { languages: vec![Language::CHINESE, Language::ENGLISH], ..Site::main("http://x") };
        assert_eq!(both.read("/cart"), (Language::CHINESE, "/cart"));
        assert_eq!(both.read("/en/cart"), (Language::ENGLISH, "/cart"));
        assert_eq!((both.straight("/zh/cart"), both.straight("/en/cart"), both.straight("/cart")), (Some("/cart"), None, None));
        assert_eq!((both.url(Language::ENGLISH, "/"), both.url(Language::CHINESE, "/")), ("http://x/en".into(), "http://x/".into()));
        let one = Site { languages: vec![Language::ENGLISH], ..Site::main("http://x") };
        assert_eq!((one.straight("/zh"), one.url(Language::CHINESE, "/cart")), (Some("/"), "http://x/cart".into()));
    }
}
