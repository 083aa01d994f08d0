//! Pictures: checked and resized outside any transaction, stored once by content, served in a few widths.

mod fetch;
mod prepare;

pub use fetch::{FETCH_LIMIT, fetch};
pub use prepare::{MAX_BYTES, MAX_PIXELS, Prepared, WIDTHS, prepare};

use crate::schema::{picture_sizes, pictures, product_pictures};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::events::{self, Event};
use kernel::{Conn, Error, Result, token};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The type that every stored size is served with.
pub const CONTENT_TYPE: &str = "image/webp";

/// Sources of pictures that come with the program or were uploaded: they are stored directly and never fetched.
const EMBEDDED: [&str; 2] = ["demo:", "upload:"];

pub(crate) fn is_embedded(source: &str) -> bool {
    EMBEDDED.iter().any(|prefix| source.starts_with(prefix))
}

/// Stores a prepared picture and answers its hash. Storing it again changes nothing.
pub fn store(conn: &mut Conn, picture: &Prepared, now: Time) -> Result<String> {
    let row = (
        pictures::hash.eq(&picture.hash),
        pictures::width.eq(picture.width),
        pictures::height.eq(picture.height),
        pictures::created_at.eq(now),
    );
    let added = kernel::on_each!(conn, c => diesel::insert_into(pictures::table).values(row).on_conflict_do_nothing().execute(c))?;
    if added == 1 {
        let sizes: Vec<_> = picture
            .sizes
            .iter()
            .map(|(width, bytes)| (picture_sizes::hash.eq(&picture.hash), picture_sizes::width.eq(width), picture_sizes::bytes.eq(bytes)))
            .collect();
        kernel::on_each!(conn, c => diesel::insert_into(picture_sizes::table).values(sizes).execute(c))?;
    }
    Ok(picture.hash.clone())
}

/// The WebP bytes of the smallest stored size that is at least `width` pixels wide, or else of the largest. `NotFound` for an
/// unknown hash.
pub fn get(conn: &mut Conn, hash: &str, width: i64) -> Result<Vec<u8>> {
    let of = picture_sizes::table.filter(picture_sizes::hash.eq(hash)).select(picture_sizes::bytes);
    let fitting: Option<Vec<u8>> = of.filter(picture_sizes::width.ge(width)).order(picture_sizes::width).first(conn).optional()?;
    match fitting {
        Some(bytes) => Ok(bytes),
        None => Ok(of.order(picture_sizes::width.desc()).first(conn)?),
    }
}

/// Width and height in pixels. `NotFound` for an unknown hash.
pub fn measures(conn: &mut Conn, hash: &str) -> Result<(i64, i64)> {
    Ok(pictures::table.find(hash).select((pictures::width, pictures::height)).first(conn)?)
}

/// [`measures`] of several pictures by hash; unknown ones are left out.
pub fn measures_of(conn: &mut Conn, hashes: &[String]) -> Result<HashMap<String, (i64, i64)>> {
    let rows: Vec<(String, i64, i64)> =
        pictures::table.filter(pictures::hash.eq_any(hashes)).select((pictures::hash, pictures::width, pictures::height)).load(conn)?;
    Ok(rows.into_iter().map(|(hash, width, height)| (hash, (width, height))).collect())
}

/// The payload of a job that fetches a product's picture: the row, and the folder for sources that are paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchJob {
    pub picture: i64,
    pub base: Option<String>,
}

/// What there is to fetch for a job's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchPlan {
    pub id: i64,
    pub source: String,
    pub base: Option<String>,
}

/// What a fetch job has to do: nothing when the picture is there already or is not wanted any more.
pub fn fetch_plan(conn: &mut Conn, payload: &str) -> Result<Option<FetchPlan>> {
    let job: FetchJob = serde_json::from_str(payload)?;
    let row: Option<(String, Option<String>)> = product_pictures::table
        .find(job.picture)
        .select((product_pictures::source, product_pictures::picture_hash))
        .first(conn)
        .optional()?;
    Ok(row.filter(|(_, hash)| hash.is_none()).map(|(source, _)| FetchPlan { id: job.picture, source, base: job.base }))
}

/// Ends a fetch: stores the picture and shows it on its product, or notes the reason why there is none. A failure is noted and
/// answered with `Ok`; the caller lets the job fail so that it is tried again. Nothing happens when the row is gone.
pub fn attach(conn: &mut Conn, id: i64, picture: &std::result::Result<Prepared, String>, now: Time) -> Result<()> {
    let product: Option<i64> = product_pictures::table.find(id).select(product_pictures::product_id).first(conn).optional()?;
    let Some(product) = product else { return Ok(()) };
    match picture {
        Ok(picture) => {
            let hash = store(conn, picture, now)?;
            diesel::update(product_pictures::table.find(id))
                .set((product_pictures::picture_hash.eq(hash), product_pictures::error.eq(None::<String>)))
                .execute(conn)?;
            events::record(conn, "pictures", &format!("{id}:{}", token::random()), &Event::ProductChanged { product }, now)?;
        }
        Err(reason) => {
            let reason: String = reason.chars().filter(|c| *c != '\0').take(500).collect();
            diesel::update(product_pictures::table.find(id)).set(product_pictures::error.eq(reason)).execute(conn)?;
        }
    }
    Ok(())
}

/// Gives the picture `hash` to every product that has `source` in its gallery and no picture for it yet. Answers the rows changed.
pub fn attach_source(conn: &mut Conn, source: &str, hash: &str) -> Result<usize> {
    let waiting = product_pictures::table.filter(product_pictures::source.eq(source)).filter(product_pictures::picture_hash.is_null());
    diesel::update(waiting).set(product_pictures::picture_hash.eq(hash)).execute(conn).map_err(Error::from)
}

#[cfg(test)]
mod tests;
