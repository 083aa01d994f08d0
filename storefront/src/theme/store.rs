//! The published themes and the draft.

use super::{Preset, Theme, digest};
use crate::pictures;
use crate::schema::themes;
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

fn read((number, content, by, at): Row) -> Published {
    let theme = serde_json::from_str(&content).unwrap_or_else(|error| {
        tracing::warn!(number, %error, "a stored theme does not read");
        Theme::default()
    });
    Published { number, theme, by, at: Some(at) }
}

/// What the shop wears.
pub fn published(conn: &mut Conn) -> Result<Published> {
    let row: Option<Row> = themes::table.order(themes::id.desc()).first(conn).optional()?;
    Ok(row.map_or_else(|| Published { number: 0, theme: Theme::default(), by: String::new(), at: None }, read))
}

/// The themes worn before, the last first.
pub fn earlier(conn: &mut Conn) -> Result<Vec<Published>> {
    let rows: Vec<Row> = themes::table.order(themes::id.desc()).offset(1).limit(EARLIER).load(conn)?;
    Ok(rows.into_iter().map(read).collect())
}

/// A published theme by its number. `NotFound` when it is not kept any more.
pub fn numbered(conn: &mut Conn, number: i64) -> Result<Theme> {
    let row: Row = themes::table.find(number).first(conn)?;
    Ok(read(row).theme)
}

/// What is being worked on, if anything is. It need not be readable yet.
pub fn draft(conn: &mut Conn) -> Result<Option<Theme>> {
    Ok(settings::find::<Option<Theme>>(conn, DRAFT)?.flatten())
}

/// The draft, or what the shop wears where there is none.
pub fn working(conn: &mut Conn) -> Result<Theme> {
    match draft(conn)? {
        Some(theme) => Ok(theme),
        None => Ok(published(conn)?.theme),
    }
}

/// Keeps `theme` as the draft.
pub fn begin(conn: &mut Conn, theme: &Theme, now: Time) -> Result<()> {
    settings::set(conn, DRAFT, &Some(theme), now)
}

/// Drops the draft.
pub fn discard(conn: &mut Conn, now: Time) -> Result<()> {
    settings::set(conn, DRAFT, &None::<Theme>, now)
}

/// Lets the shop wear `theme` from the commit on, drops the draft and forgets what was worn before the last [`EARLIER`]. Answers
/// whether anything is different. `seen` is the number of the theme that was worn when the form was made: `Conflict` when somebody
/// published another one since. `Invalid` names the colours that cannot be read.
pub fn publish(conn: &mut Conn, theme: &Theme, seen: i64, by: &str, now: Time) -> Result<bool> {
    theme.readable()?;
    let before = published(conn)?;
    let changed = || Error::conflict("admin-theme-published-meanwhile");
    if before.number != seen {
        return Err(changed());
    }
    let hashes: Vec<String> = [&theme.logo, &theme.icon].into_iter().flatten().cloned().collect();
    if pictures::measures_of(conn, &hashes)?.len() != hashes.iter().collect::<std::collections::BTreeSet<_>>().len() {
        return Err(Error::NotFound);
    }
    discard(conn, now)?;
    if before.theme == *theme {
        return Ok(false);
    }
    let content = kernel::json::text(theme)?;
    let row = (themes::id.eq(seen + 1), themes::content.eq(content), themes::published_by.eq(by), themes::published_at.eq(now));
    // Of two who publish at the same moment one gets the number.
    let added = on_each!(conn, c => diesel::insert_into(themes::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 0 {
        return Err(changed());
    }
    diesel::delete(themes::table.filter(themes::id.le(seen - EARLIER))).execute(conn)?;
    Ok(true)
}

/// The style sheet with this digest, of any theme that is worn, kept, ready-made or worked on. `NotFound` for others.
pub fn sheet(conn: &mut Conn, wanted: &str) -> Result<String> {
    let mut themes: Vec<Theme> = vec![published(conn)?.theme];
    themes.extend(draft(conn)?);
    themes.extend(Preset::ALL.iter().map(|preset| preset.theme()));
    themes.extend(earlier(conn)?.into_iter().map(|one| one.theme));
    themes.iter().map(Theme::sheet).find(|sheet| digest(sheet) == wanted).ok_or(Error::NotFound)
}
