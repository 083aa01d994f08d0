//! The house itself: who may know what, how large a file may grow, and that the schemas are what the migrations make.

use diesel::connection::SimpleConnection;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Schemas are lists, and tests tell stories; everything else is split by idea before this.
const LINES: usize = 400;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in `ending`.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

fn sources(room: &str) -> Vec<PathBuf> {
    let found = files(&root().join(room), ".rs");
    assert!(!found.is_empty(), "{room} has no sources");
    found
}

#[test]
fn handlers_hold_no_query_and_the_memory_knows_no_http() {
    for room in ["storefront/src/web", "storefront/src/api", "admin/src/web"] {
        for file in sources(room) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(!text.contains("diesel"), "{} speaks SQL", file.display());
        }
    }
    for file in sources("crm/src") {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("actix"), "{} speaks HTTP", file.display());
    }
}

#[test]
fn files_are_split_by_idea_before_they_need_scrolling() {
    let too_long: Vec<String> = ["kernel/src", "crm/src", "storefront/src", "admin/src", "src"]
        .iter()
        .flat_map(|room| sources(room))
        .filter(|file| !file.ends_with("schema.rs"))
        .filter_map(|file| {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            (lines > LINES).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(too_long.is_empty(), "{too_long:#?}");
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |side: &str| -> BTreeSet<String> {
        let folders = std::fs::read_dir(root().join("migrations").join(side)).unwrap();
        folders.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

/// Tables and their columns as a `schema.rs` names them.
fn tables(schema: &str) -> Vec<(String, Vec<String>)> {
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in schema.lines().map(str::trim) {
        if let Some((column, _)) = line.split_once(" -> ") {
            tables.last_mut().expect("columns stand below their table").1.push(column.to_string());
        } else if line.ends_with('{') && line.contains(" (") {
            tables.push((line.split(" (").next().unwrap().to_string(), Vec::new()));
        }
    }
    tables
}

#[test]
fn every_schema_is_what_the_migrations_make() {
    let db = kernel::testing::db();
    let mut checked = 0;
    for room in ["kernel", "crm", "storefront", "admin"] {
        let schema = std::fs::read_to_string(root().join(room).join("src/schema.rs")).unwrap();
        for (table, columns) in tables(&schema) {
            let query = format!("SELECT \"{}\" FROM \"{table}\" LIMIT 0", columns.join("\", \""));
            let answer = db.read_now(move |conn| Ok(kernel::on_each!(conn, c => c.batch_execute(&query))?));
            assert!(answer.is_ok(), "{room}: {table}: {answer:?}");
            checked += 1;
        }
    }
    assert!(checked > 40, "only {checked} tables were read");
}

/// Sentences that a file says instead of keys: string literals that begin with a capital and have a blank, in what makes a refusal.
fn sentences(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for call in ["conflict(", "field(", ".add(", "refuse("] {
        for (at, _) in text.match_indices(call) {
            let rest = &text[at + call.len()..];
            let ends = rest.find(';').unwrap_or(rest.len());
            // Every second piece between quotation marks is a literal.
            let literals = rest[..ends].split('"').skip(1).step_by(2);
            found.extend(literals.filter(|one| one.starts_with(|c: char| c.is_ascii_uppercase()) && one.contains(' ')).map(str::to_string));
        }
    }
    found
}

#[test]
fn refusals_are_keys_and_no_english() {
    // The API speaks English, and so does the command line.
    let spoken = |file: &Path| file.components().any(|part| part.as_os_str() == "api") || file.ends_with("idempotency.rs");
    let mut told = Vec::new();
    for room in ["crm/src", "storefront/src", "admin/src"] {
        for file in sources(room).into_iter().filter(|file| !spoken(file) && !file.ends_with("demo.rs")) {
            if file.file_name().is_some_and(|name| name.to_string_lossy().ends_with("tests.rs")) {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            told.extend(sentences(&text).into_iter().map(|sentence| format!("{}: {sentence}", file.display())));
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}
