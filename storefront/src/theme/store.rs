//! The published themes and the drafts, of each store.

use super::{Preset, Theme, digest};
use crate::ids::StoreId;
use crate::schema::themes;
use crate::stores::MAIN;
use crate::{pictures, stores};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, settings};

/// How many themes are kept besides the one that is worn.
pub const EARLIER: i64 = 10;
/// The setting that holds the draft.
const DRAFT: &str = "theme_draft";

/// A theme that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Counts from 1; 0 is what a shop wears that never published one.
    pub number: i64,
    pub theme: Theme,
    /// Who did it, as histories name them.
    pub by: String,
    pub at: Option<Time>,
}

type Row = (i64, String, String, Time);
type Columns = (themes::id, themes::content, themes::published_by, themes::published_at);
const COLUMNS: Columns = (themes::id, themes::content, themes::published_by, themes::published_at);

fn read((number, content, by, at): Row) -> Published {
    let theme = serde_json::from_str(&content).unwrap_or_else(|error| {
        tracing::warn!(number, %error, "a stored theme does not read");
        Theme::default()
    });
    Published { number, theme, by, at: Some(at) }
}

/// What a store wears: the theme that was published for it last, or else that of the main store.
pub fn published(conn: &mut Conn, store: StoreId) -> Result<Published> {
    let row: Option<Row> =
        themes::table.filter(themes::store_id.eq(store)).order(themes::id.desc()).select(COLUMNS).first(conn).optional()?;
    match row {
        Some(row) => Ok(read(row)),
        None if store == MAIN => Ok(Published { number: 0, theme: Theme::default(), by: String::new(), at: None }),
        None => Ok(Published { number: 0, ..published(conn, MAIN)? }),
    }
}

/// The themes a store wore before, the last first.
pub fn earlier(conn: &mut Conn, store: StoreId) -> Result<Vec<Published>> {
    let own = themes::table.filter(themes::store_id.eq(store));
    let rows: Vec<Row> = own.order(themes::id.desc()).offset(1).limit(EARLIER).select(COLUMNS).load(conn)?;
    Ok(rows.into_iter().map(read).collect())
}

/// A published theme of a store by its number. `NotFound` when it is not kept any more.
pub fn numbered(conn: &mut Conn, store: StoreId, number: i64) -> Result<Theme> {
    let row: Row = themes::table.find((store, number)).select(COLUMNS).first(conn)?;
    Ok(read(row).theme)
}

/// The setting that holds a store's draft.
fn draft_name(store: StoreId) -> String {
    if store == MAIN { DRAFT.to_string() } else { format!("{DRAFT}_{store}") }
}

/// What is being worked on for a store, if anything is. It need not be readable yet.
pub fn draft(conn: &mut Conn, store: StoreId) -> Result<Option<Theme>> {
    Ok(settings::find::<Option<Theme>>(conn, &draft_name(store))?.flatten())
}

/// The draft, or what the store wears where there is none.
pub fn working(conn: &mut Conn, store: StoreId) -> Result<Theme> {
    match draft(conn, store)? {
        Some(theme) => Ok(theme),
        None => Ok(published(conn, store)?.theme),
    }
}

/// Keeps `theme` as the draft of a store.
pub fn begin(conn: &mut Conn, store: StoreId, theme: &Theme, now: Time) -> Result<()> {
    settings::set(conn, &draft_name(store), &Some(theme), now)
}

/// Drops the draft of a store.
pub fn discard(conn: &mut Conn, store: StoreId, now: Time) -> Result<()> {
    settings::set(conn, &draft_name(store), &None::<Theme>, now)
}

/// Lets a store wear `theme` from the commit on, drops the draft and forgets what was worn before the last [`EARLIER`]. Answers
/// whether anything is different. `seen` is the number of the theme that was worn when the form was made: `Conflict` when somebody
/// published another one since. `Invalid` names the colours that cannot be read.
pub fn publish(conn: &mut Conn, store: StoreId, theme: &Theme, seen: i64, by: &str, now: Time) -> Result<bool> {
    theme.readable()?;
    let before = published(conn, store)?;
    let changed = || Error::conflict("admin-theme-published-meanwhile");
    if before.number != seen {
        return Err(changed());
    }
    let hashes: Vec<String> = [&theme.logo, &theme.icon].into_iter().flatten().cloned().collect();
    if pictures::measures_of(conn, &hashes)?.len() != hashes.iter().collect::<std::collections::BTreeSet<_>>().len() {
        return Err(Error::NotFound);
    }
    discard(conn, store, now)?;
    if before.theme == *theme {
        return Ok(false);
    }
    let content = kernel::json::text(theme)?;
    let row = (
        themes::store_id.eq(store),
        themes::id.eq(before.number + 1),
        themes::content.eq(content),
        themes::published_by.eq(by),
        themes::published_at.eq(now),
    );
    // Of two who publish at the same moment one gets the number.
    let added = on_each!(conn, c => diesel::insert_into(themes::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Err(changed());
    }
    diesel::delete(themes::table.filter(themes::store_id.eq(store)).filter(themes::id.le(before.number - EARLIER))).execute(conn)?;
    Ok(true)
}

/// Lets a store wear the theme of the main store again, and forgets its own with its draft. `seen` is as in [`publish`].
pub fn follow(conn: &mut Conn, store: StoreId, seen: i64, now: Time) -> Result<()> {
    if store == MAIN {
        return Err(Error::NotFound);
    }
    discard(conn, store, now)?;
    let own = themes::table.filter(themes::store_id.eq(store));
    let newer: i64 = own.filter(themes::id.gt(seen)).count().get_result(conn)?;
    if newer > 0 {
        return Err(Error::conflict("admin-theme-published-meanwhile"));
    }
    diesel::delete(own).execute(conn)?;
    Ok(())
}

/// The style sheet with this digest, of any theme that is worn, kept, ready-made or worked on. `NotFound` for others.
pub fn sheet(conn: &mut Conn, wanted: &str) -> Result<String> {
    let mut worn: Vec<Theme> = vec![Theme::default()];
    worn.extend(Preset::ALL.iter().map(|preset| preset.theme()));
    let rows: Vec<Row> = themes::table.order((themes::store_id, themes::id.desc())).select(COLUMNS).load(conn)?;
    worn.extend(rows.into_iter().map(|row| read(row).theme));
    for store in stores::list(conn)? {
        worn.extend(draft(conn, store.id)?);
    }
    worn.iter().map(Theme::sheet).find(|sheet| digest(sheet) == wanted).ok_or(Error::NotFound)
}
