use super::*;
use crate::db::{Conn, Limits, Target};
use crate::events::Event;
use crate::{Db, events, jobs, mail, on_each, settings};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let path = std::env::temp_dir().join(format!("regulars-backup-{}", crate::token::random()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn database(&self, name: &str) -> Target {
        Target::File(self.file(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new database on the test server, when there is one; dropped with the handle.
struct Server {
    admin: Target,
    name: String,
}

impl Server {
    fn new() -> Option<Server> {
        let admin = Target::parse(&std::env::var("TEST_DATABASE_URL").ok()?).expect("a URL");
        let name = format!("backup_{}", crate::token::hash(&crate::token::random())[..16].to_lowercase());
        admin.connect().expect("the server answers").batch_execute(&format!("CREATE DATABASE {name}")).expect("created");
        Some(Server { admin, name })
    }

    fn target(&self) -> Target {
        let Target::Postgres(url) = &self.admin else { panic!("TEST_DATABASE_URL is no server") };
        let (address, options) = url.split_once('?').map_or((url.as_str(), String::new()), |(a, o)| (a, format!("?{o}")));
        let (server, _) = address.rsplit_once('/').expect("a database in the URL");
        Target::Postgres(format!("{server}/{}{options}", self.name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.admin.connect().and_then(|mut conn| Ok(conn.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name))?));
    }
}

/// Rows of every type, with what is hard to carry: quotes, other scripts, nothing, bytes, big numbers, rows that refer to each other.
fn shop(target: &Target) -> Db {
    let db = Db::open(target.clone(), Limits::default()).expect("opens");
    db.migrate().expect("migrates");
    db.write_now(|conn| {
        let now = crate::clock::Clock::default().now();
        let whole = now.date().and_hms_opt(4, 5, 6).expect("a time");
        for (at, time) in [(1, now), (2, whole), (3, whole + chrono::TimeDelta::milliseconds(120))] {
            events::record(conn, "test", &format!("{at}"), &Event::OrderPlaced { order: at }, time)?;
        }
        events::mark_dispatched(conn, 2, whole)?;
        settings::set(conn, "text", &"quote \" ' \\ \n 茶壶 🍵 \u{7f}", now)?;
        let draft = mail::Draft {
            dedupe_key: "a".into(),
            template: "t".into(),
            recipient: "a@b.c".into(),
            subject: "s".into(),
            text: "t\r\n".into(),
            html: "<p>".into(),
            headers: mail::Headers::default(),
        };
        mail::queue(conn, &draft, "host", now)?;
        jobs::enqueue(conn, "gone", "", None, now, now)?;
        let gone = jobs::list(conn, None, None, 1)?.remove(0);
        assert!(jobs::complete(conn, &gone)?);
        let bytes = match conn {
            Conn::Sqlite(_) => "x'00ff10'",
            Conn::Postgres(_) => "'\\x00ff10'",
        };
        conn.batch_execute(&format!(
            "INSERT INTO categories (id, parent_id, slug, name) VALUES (9, NULL, 'tea', 'Tea');
             INSERT INTO categories (id, parent_id, slug, name) VALUES (3, 9, 'green', 'Green');
             INSERT INTO pictures (hash, width, height, created_at) VALUES ('h', 1, 1, '2026-11-22 04:05:06');
             INSERT INTO picture_sizes (hash, width, bytes) VALUES ('h', 320, {bytes});
             INSERT INTO products (id, slug, status, title, published_at, created_at, updated_at)
             VALUES (9007199254740993, 'mug', 'active', 'Mug', '2026-11-22 04:05:06', '2026-11-22 04:05:06', '2026-11-22 04:05:06');
             INSERT INTO variants (id, product_id, position, taxable) VALUES (1, 9007199254740993, 1, FALSE);"
        ))?;
        for at in 0..1200 {
            let name = format!("INSERT INTO label_translations (language, source, text) VALUES ('zh', 'source {at}', 'text')");
            conn.batch_execute(&name)?;
        }
        Ok(())
    })
    .expect("filled");
    db
}

/// The lines of a backup, sorted, for the engines give rows in different orders.
fn lines(file: &Path) -> Vec<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).expect("opens")).read_to_string(&mut text).expect("reads");
    let mut lines: Vec<String> =
        text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON").to_string()).collect();
    lines.sort();
    lines
}

fn round_trip(folder: &Folder, from: &Target, to: &Target) {
    let (first, second) = (folder.file("first"), folder.file("second"));
    let db = shop(from);
    let mut last = 0;
    let rows = dump(from, &first, &mut |progress| last = progress.done).expect("dumps");
    assert_eq!(rows, last);
    drop(db);
    let restored = restore(&first, to, Over::Empty, &mut |_| {}).expect("restores");
    assert_eq!(restored.rows, rows);
    assert_eq!(dump(to, &second, &mut |_| {}).expect("dumps again"), rows);
    let (before, after) = (lines(&first), lines(&second));
    let lost: Vec<_> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(lost.is_empty() && new.is_empty(), "lost {lost:?}\nnew {new:?}");

    let db = Db::open(to.clone(), Limits::default()).expect("opens");
    assert!(db.pending_migrations().expect("reads").is_empty());
    // A deleted job's number is not given out again, and the times compare as before.
    let now = crate::clock::Clock::default().now();
    db.write_now(move |conn| jobs::enqueue(conn, "new", "", None, now, now)).expect("adds");
    let (newest, parked) =
        db.read_now(|conn| Ok((jobs::list(conn, Some("due"), None, 1)?.remove(0), events::backlog(conn)?))).expect("reads");
    assert_eq!((newest.id, parked), (3, 2));
}

#[test]
fn from_file_to_file() {
    let folder = Folder::new();
    round_trip(&folder, &folder.database("a.db"), &folder.database("b.db"));
}

#[test]
fn from_file_to_server_and_back() {
    let (Some(server), Some(other)) = (Server::new(), Server::new()) else { return };
    let folder = Folder::new();
    round_trip(&folder, &folder.database("a.db"), &server.target());
    let folder = Folder::new();
    round_trip(&folder, &other.target(), &folder.database("b.db"));
}

#[test]
fn on_a_server_everything_is_one_transaction() {
    let Some(server) = Server::new() else { return };
    let folder = Folder::new();
    let db = shop(&server.target());
    dump(&server.target(), &folder.file("a"), &mut |_| {}).expect("dumps");
    let refused = restore(&folder.file("a"), &server.target(), Over::Empty, &mut |_| {}).expect_err("refuses");
    assert!(refused.to_string().contains("--force"), "{refused}");
    damage(&folder.file("a"), &folder.file("b"));
    restore(&folder.file("b"), &server.target(), Over::Everything, &mut |_| {}).expect_err("refuses");
    assert_eq!(db.read_now(events::backlog).expect("the old data is there"), 2);
    restore(&folder.file("a"), &server.target(), Over::Everything, &mut |_| {}).expect("restores");
    assert_eq!(db.read_now(events::backlog).expect("reads"), 2);
}

/// A copy of a backup without its last row.
fn damage(from: &Path, to: &Path) {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(from).expect("opens")).read_to_string(&mut text).expect("reads");
    let mut kept: Vec<&str> = text.lines().collect();
    let row = kept.iter().rposition(|line| line.starts_with('[')).expect("a row");
    kept.remove(row);
    let mut out = flate2::write::GzEncoder::new(std::fs::File::create(to).expect("creates"), flate2::Compression::fast());
    std::io::Write::write_all(&mut out, (kept.join("\n") + "\n").as_bytes()).expect("writes");
    out.finish().expect("writes");
}

#[test]
fn a_file_with_data_is_replaced_only_when_told_and_stays_beside() {
    let folder = Folder::new();
    let target = folder.database("a.db");
    let db = shop(&target);
    dump(&target, &folder.file("backup"), &mut |_| {}).expect("dumps");
    dump(&target, &folder.file("backup"), &mut |_| {}).expect_err("does not write over a backup");
    let refused = restore(&folder.file("backup"), &target, Over::Empty, &mut |_| {}).expect_err("refuses");
    assert!(refused.to_string().contains("--force"), "{refused}");
    let used = restore(&folder.file("backup"), &target, Over::Everything, &mut |_| {}).expect_err("refuses");
    assert!(used.to_string().contains("in use"), "{used}");
    assert!(!folder.file("a.db.restoring").exists());
    drop(db);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let restored = restore(&folder.file("backup"), &target, Over::Everything, &mut |_| {}).expect("restores");
    assert_eq!(restored.kept, Some(folder.file("a.db.before-restore")));
    for path in [folder.file("a.db"), folder.file("a.db.before-restore")] {
        let mut conn = Target::File(path).connect().expect("opens");
        assert_eq!(events::backlog(&mut conn).expect("reads"), 2);
    }
}

#[test]
fn a_damaged_or_foreign_file_changes_nothing() {
    let folder = Folder::new();
    let (target, other) = (folder.database("a.db"), folder.database("b.db"));
    let _db = shop(&target);
    dump(&target, &folder.file("a"), &mut |_| {}).expect("dumps");
    damage(&folder.file("a"), &folder.file("lacking"));
    let whole = std::fs::read(folder.file("a")).expect("reads");
    std::fs::write(folder.file("cut"), &whole[..whole.len() / 2]).expect("writes");
    std::fs::write(folder.file("other"), "id,name\n1,x\n").expect("writes");
    for name in ["lacking", "cut", "other", "absent"] {
        let error = restore(&folder.file(name), &other, Over::Empty, &mut |_| {}).expect_err(name);
        assert!(matches!(error, Error::Conflict(_)), "{name}: {error}");
        assert!(!folder.file("b.db").exists() && !folder.file("b.db.restoring").exists(), "{name}");
    }
}

#[test]
fn a_dump_is_of_one_moment_while_others_write() {
    let folder = Folder::new();
    let target = folder.database("a.db");
    let db = shop(&target);
    let mut writes = 0;
    let rows = dump(&target, &folder.file("a"), &mut |_| {
        writes += 1;
        let key = format!("during {writes}");
        let now = crate::clock::Clock::default().now();
        db.write_now(move |conn| events::record(conn, "test", &key, &Event::ProductChanged { product: 1 }, now).map(drop)).expect("writes");
    })
    .expect("dumps");
    assert!(writes > 1);
    assert_eq!(lines(&folder.file("a")).len() as u64, rows + 2 + tables_in(&target));
}

fn tables_in(target: &Target) -> u64 {
    let mut conn = target.connect().expect("opens");
    let query = "SELECT count(*) AS number FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '~_~_%' ESCAPE '~'";
    count(on_each!(&mut conn, c => diesel::sql_query(query).get_result::<tables::Number>(c)).expect("counts").number).expect("positive")
}
