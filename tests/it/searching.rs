//! Several processes over one database: every index in a folder follows the catalogue, whoever writes it and whoever was away.

use crate::support::goods::{self, EUR, now};
use kernel::Db;
use kernel::clock::Time;
use kernel::events::Event;
use std::path::{Path, PathBuf};
use storefront::catalog::{self, Saving};
use storefront::ids::VariantId;
use storefront::search::embedded::EmbeddedSearch;
use storefront::search::{Keeps, SearchEngine, SearchQuery};
use storefront::search_index::{self, Follower, ask_to_rebuild, was_rebuilt};

/// A process with an index in a folder.
struct Process {
    engine: EmbeddedSearch,
    follower: Follower,
}

impl Process {
    fn start(folder: &Path) -> Process {
        Process { engine: EmbeddedSearch::open(folder).unwrap(), follower: Follower::default() }
    }

    fn follow(&mut self, db: &Db) -> usize {
        self.follow_at(db, now())
    }

    fn follow_at(&mut self, db: &Db, at: Time) -> usize {
        self.follower.follow(db, &self.engine, at).unwrap()
    }

    fn finds(&self, text: &str) -> usize {
        self.engine.search(&SearchQuery { text: text.into(), limit: 10, ..SearchQuery::default() }).unwrap().hits.len()
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        Folder(std::env::temp_dir().join(format!("regulars_search_{name}_{}", kernel::token::random())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn rename(db: &Db, variant: VariantId, title: &'static str) {
    db.write_now(move |conn| {
        let product = catalog::product_of(conn, variant)?.unwrap();
        let mut changed = catalog::products(conn, &[product], EUR)?.remove(0);
        changed.title = title.into();
        catalog::save_product(conn, &changed, &Saving { currency: EUR, actor: "test", base: None, now: now() })?;
        search_index::changed(conn, Keeps::Own, &Event::ProductChanged { product: product.0 }, now())
    })
    .unwrap();
}

#[test]
fn every_folder_follows_and_one_process_writes_each() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 5);
    let (here, there) = (Folder::new("here"), Folder::new("there"));
    let (mut first, mut second, mut other) = (Process::start(&here.0), Process::start(&here.0), Process::start(&there.0));
    for process in [&mut first, &mut second, &mut other] {
        process.follow(&db);
        assert_eq!(process.finds("mug"), 1, "what was there before is built at the first start");
    }
    rename(&db, mug, "Beaker");
    assert_eq!(first.follow(&db), 1);
    assert_eq!(second.follow(&db), 0, "the first one holds the lock of the folder");
    assert_eq!(other.follow(&db), 1);
    for process in [&first, &second, &other] {
        assert_eq!(process.finds("beaker"), 1);
    }
    assert_eq!(first.follow(&db), 0, "nothing is made twice");

    // The writer of a folder dies; the other takes over, with what changed meanwhile.
    drop(first);
    rename(&db, mug, "Cup");
    assert_eq!(second.follow(&db), 1);
    assert_eq!(second.finds("cup"), 1);
    let built = second.engine.mark().unwrap().unwrap().rebuilt;
    drop(second);
    rename(&db, mug, "Goblet");
    let mut again = Process::start(&here.0);
    again.follow(&db);
    assert_eq!(again.finds("goblet"), 1);
    assert_eq!(again.engine.mark().unwrap().unwrap().rebuilt, built, "a restart builds nothing anew");
}

#[test]
fn a_server_builds_its_index_anew_when_it_is_asked_or_was_away_too_long() {
    let db = goods::open();
    let mug = goods::product(&db, "Mug", 1200, 5);
    let folder = Folder::new("asked");
    let mut server = Process::start(&folder.0);
    server.follow(&db);
    rename(&db, mug, "Beaker");
    server.follow(&db);
    let asked = db.write_now(|conn| ask_to_rebuild(conn, now())).unwrap();
    assert!(!was_rebuilt(&server.engine, asked).unwrap());
    server.follow(&db);
    assert!(was_rebuilt(&server.engine, asked).unwrap());
    assert_eq!(server.finds("beaker"), 1);
    let built = server.engine.mark().unwrap().unwrap();
    server.follow(&db);
    assert_eq!(server.engine.mark().unwrap().unwrap(), built, "once");

    drop(server);
    for title in ["Cup", "Goblet", "Jug"] {
        rename(&db, mug, title);
    }
    let later = now() + chrono::TimeDelta::days(4);
    assert!(db.write_now(move |conn| search_index::prune(conn, later, 500)).unwrap() > 0);
    let mut late = Process::start(&folder.0);
    late.follow_at(&db, later);
    assert_eq!(late.finds("jug"), 1);
    assert!(late.engine.mark().unwrap().unwrap().rebuilt > built.rebuilt, "what it missed is forgotten, so all is built");
}
