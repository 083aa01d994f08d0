//! The engine beside the binary: a Meilisearch server, for shops that run on several machines.
//!
//! One document per product, with what the embedded index has in its columns, and the same tests (`search::tests`, `search::alike`). The
//! server says which products a text finds and in which order, or which a group holds, as a list of numbers in parts; everything else is
//! looked at here, in a [`table`] of what it keeps of them. Of products whose stamp in the list is another than in the table the server is
//! asked once more, so a process needs no word of changes that others make. Lists are kept until the index changes.

mod document;
#[cfg(test)]
pub mod double;
mod list;
mod suggest;
mod table;

use super::changes::Change;
use super::cursor;
use super::page::Gathering;
use super::{Documents, SearchDocument, SearchEngine, SearchPage, SearchQuery, Suggestion, Within};
use document::{Document, settings};
use kernel::error::{Error, Result};
use list::{Joined, Listed};
use lru::LruCache;
use meilisearch_sdk::client::{Client, SwapIndexes};
use meilisearch_sdk::errors::{Error as Failure, ErrorCode};
use meilisearch_sdk::task_info::TaskInfo;
use parking_lot::Mutex;
use std::future::Future;
use std::num::NonZeroUsize;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use table::{Table, is_by_match};
use tokio::runtime::{Builder, Runtime};

/// A question is answered in this time or not at all: the shop goes on without.
const PATIENCE: Duration = Duration::from_millis(900);
/// What goes on behind the first answer of a long list may take longer: the server has just shown that it is there.
const READING: Duration = Duration::from_secs(5);
/// Handing over a batch.
const HANDING_OVER: Duration = Duration::from_secs(10);
/// Until handed-over batches are indexed.
const INDEXING: Duration = Duration::from_secs(600);
/// Products that are listed in the first answer, of about half a megabyte. Each further one has twice as many as the one before, since the
/// server orders everything that a text finds anew for each.
const AT_ONCE: usize = 10_000;
/// Products of which the facts are in one answer: half a megabyte too, and many times that where they have a hundred variants each.
const TOLD_AT_ONCE: usize = 1_000;
/// Lists that are kept, and how many products all of them together may have, of sixteen bytes each.
const MOST_LISTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);
const MOST_LISTED: usize = 2_000_000;
/// From this many products in the table on it is asked whether most of them are gone.
const MANY: usize = 100_000;
/// Of longer texts no word is left out: each is a search of its own.
const MOST_WORDS_LEFT_OUT: usize = 6;
/// As many hits of the page before are named in the key of the next: if the last one vanished, those before it tell the place.
const NAMED: usize = 3;
/// Between the place of the last hit and the names of those before.
const BEFORE: char = '~';

/// What a list is of, text and filter; and the index that it was read from, with the list.
type Lists = LruCache<(String, String), (String, Arc<Vec<Listed>>)>;

/// A Meilisearch server and the name of the shop's index there.
pub struct MeilisearchSearch {
    client: Client,
    index: String,
    runtime: Option<Runtime>,
    /// Batches that are handed over and not known to be indexed.
    tasks: Mutex<Vec<u32>>,
    /// Held by every write; gathers what a rebuild has to be told at its end.
    changes: Mutex<Option<Vec<Change>>>,
    table: Table,
    /// Held while the table learns, so that several searches do not fetch the same.
    learning: Mutex<()>,
    lists: Mutex<Lists>,
    at_once: usize,
}

impl MeilisearchSearch {
    /// Speaks to nobody yet. `url` as in `http://127.0.0.1:7700`. Fails when the key cannot be sent in a header.
    pub fn new(url: &str, key: Option<&str>, index: &str) -> Result<MeilisearchSearch> {
        if key.is_some_and(|key| !key.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Error::field("search.meilisearch_key", "letters, digits and signs only"));
        }
        let client = Client::new(url.trim_end_matches('/'), key).map_err(Error::unexpected)?;
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("meilisearch").enable_all().build().map_err(Error::unexpected)?;
        Ok(MeilisearchSearch {
            client,
            index: index.to_string(),
            runtime: Some(runtime),
            tasks: Mutex::new(Vec::new()),
            changes: Mutex::new(None),
            table: Table::new()?,
            learning: Mutex::new(()),
            lists: Mutex::new(LruCache::new(MOST_LISTS)),
            at_once: AT_ONCE,
        })
    }

    /// Runs a call on the engine's own threads and waits here, so that it may be called from anywhere and never hangs.
    fn call<T: Send + 'static>(&self, patience: Duration, call: impl Future<Output = Result<T, Failure>> + Send + 'static) -> Result<T> {
        let silent = || Error::Unavailable("the search server does not answer".to_string());
        let Some(runtime) = &self.runtime else { return Err(silent()) };
        let (tell, told) = mpsc::sync_channel(1);
        runtime.spawn(async move {
            // Nobody listens any more when the caller's patience ended first.
            let _ = tell.send(tokio::time::timeout(patience, call).await);
        });
        match told.recv_timeout(patience + Duration::from_millis(100)) {
            Ok(Ok(answer)) => answer.map_err(failed),
            _ => Err(silent()),
        }
    }

    fn hand_over(&self, call: impl Future<Output = Result<TaskInfo, Failure>> + Send + 'static) -> Result<()> {
        let task = self.call(HANDING_OVER, call)?;
        self.tasks.lock().push(task.task_uid);
        Ok(())
    }

    /// Waits for the batches; a refused one is an error, unless an index was there already.
    fn settle(&self) -> Result<()> {
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            let client = self.client.clone();
            let done =
                self.call(
                    INDEXING,
                    async move { client.wait_for_task(WaitFor(task), Some(Duration::from_millis(100)), Some(INDEXING)).await },
                )?;
            if done.is_failure() {
                let refused = done.unwrap_failure();
                if !matches!(refused.error_code, ErrorCode::IndexAlreadyExists | ErrorCode::IndexNotFound) {
                    return Err(failed(Failure::Meilisearch(refused)));
                }
            }
        }
        Ok(())
    }

    /// What the server lists. Where all words together find nothing, the most that are found with one of them left out, as a word that
    /// nobody knows must not hide what the others find.
    fn listed(&self, text: String, filter: String) -> Result<Arc<Vec<Listed>>> {
        let (client, name) = (self.client.clone(), self.index.clone());
        let index = self.call(PATIENCE, async move { client.get_raw_index(name).await })?;
        // Taken before the list is read: what changes meanwhile makes the next search read it again.
        let changed = index["updatedAt"].as_str().unwrap_or_default().to_string();
        let of = (text, filter);
        if let Some((at, listed)) = self.lists.lock().get(&of)
            && *at == changed
            && !changed.is_empty()
        {
            return Ok(listed.clone());
        }
        let (text, filter) = (&of.0, &of.1);
        let mut listed = self.whole(text, filter)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        if listed.is_empty() && (2..=MOST_WORDS_LEFT_OUT).contains(&words.len()) {
            for left_out in 0..words.len() {
                let rest: Vec<&str> = words.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, word)| *word).collect();
                let rest = rest.join(" ");
                let found = if rest.chars().any(char::is_alphanumeric) { self.whole(&rest, filter)? } else { Vec::new() };
                if found.len() > listed.len() {
                    listed = found;
                }
            }
        }
        let listed = Arc::new(listed);
        let mut lists = self.lists.lock();
        lists.put(of, (changed, listed.clone()));
        while lists.iter().map(|(_, (_, listed))| listed.len()).sum::<usize>() > MOST_LISTED {
            lists.pop_lru();
        }
        drop(lists);
        Ok(listed)
    }

    /// The whole list, part by part.
    fn whole(&self, text: &str, filter: &str) -> Result<Vec<Listed>> {
        let (mut joined, mut from, mut most, mut patience) = (Joined::default(), 0, self.at_once, PATIENCE);
        loop {
            let (index, text, filter) = (self.client.index(&self.index), text.to_string(), filter.to_string());
            let part = self.call(patience, async move { list::part(&index, &text, &filter, from, most).await })?;
            let read = part.len();
            joined.add(part);
            if read < most {
                return Ok(joined.all);
            }
            (from, most, patience) = (from + read, most.saturating_mul(2), READING);
        }
    }

    /// Makes the table know what is listed as the server does.
    fn learn(&self, listed: &[Listed]) -> Result<()> {
        if self.table.unknown(listed).is_empty() {
            return Ok(());
        }
        // Whoever waits in vain fetches too.
        let _alone = self.learning.try_lock_for(PATIENCE);
        let unknown = self.table.unknown(listed);
        if self.table.len() + unknown.len() > MANY && self.table.len() > self.len()?.saturating_mul(2) {
            // Most are gone from the server: what is still there is soon learned again.
            self.table.clear()?;
        }
        for many in self.table.unknown(listed).chunks(self.at_once) {
            let mut known = Vec::with_capacity(many.len());
            for ids in many.chunks(TOLD_AT_ONCE) {
                let (index, ids) = (self.client.index(&self.index), ids.to_vec());
                known.extend(self.call(READING, async move { list::known(&index, &ids).await })?);
            }
            self.table.learn(known)?;
        }
        Ok(())
    }

    fn apply(&self, index: &str, change: &Change) -> Result<()> {
        let index = self.client.index(index);
        match change {
            Change::Replace(products) => {
                let documents = products.iter().map(Document::of).collect::<Result<Vec<Document>>>()?;
                self.hand_over(async move { index.add_or_replace(&documents, Some("id")).await })
            }
            Change::Remove(ids) => {
                let ids = ids.clone();
                self.hand_over(async move { index.delete_documents(&ids).await })
            }
            Change::Clear => self.hand_over(async move { index.delete_all_documents().await }),
        }
    }

    fn change(&self, change: Change) -> Result<()> {
        let mut pending = self.changes.lock();
        self.apply(&self.index, &change)?;
        if let Some(pending) = pending.as_mut() {
            pending.push(change);
        }
        Ok(())
    }

    fn build(&self, documents: &mut Documents<'_>) -> Result<usize> {
        let building = format!("{}_next", self.index);
        let (client, name) = (self.client.clone(), building.clone());
        self.hand_over(async move { client.delete_index(name).await })?;
        for name in [self.index.clone(), building.clone()] {
            let client = self.client.clone();
            self.hand_over(async move { client.create_index(name, Some("id")).await })?;
        }
        let index = self.client.index(&building);
        self.hand_over(async move { index.set_settings(&settings()).await })?;
        let mut count = 0;
        for batch in documents {
            let batch = batch?;
            count += batch.len();
            self.apply(&building, &Change::Replace(batch))?;
        }
        self.settle()?;
        let mut pending = self.changes.lock();
        for change in pending.take().unwrap_or_default() {
            self.apply(&building, &change)?;
        }
        let (client, swap) = (self.client.clone(), SwapIndexes { indexes: (self.index.clone(), building.clone()), rename: None });
        self.hand_over(async move { client.swap_indexes([&swap]).await })?;
        let client = self.client.clone();
        self.hand_over(async move { client.delete_index(building).await })?;
        self.settle()?;
        Ok(count)
    }
}

/// The query as the page before it left it, and the last hits of that page, the very last first. Fails with `Invalid` on a foreign key.
fn named(query: &SearchQuery) -> Result<(SearchQuery, Vec<i64>)> {
    let mut query = query.clone();
    let Some(after) = query.after.clone().filter(|_| is_by_match(&query)) else { return Ok((query, Vec::new())) };
    let mut parts = after.split(BEFORE);
    let last = parts.next().unwrap_or_default();
    let before: Option<Vec<i64>> = parts.map(|id| id.parse().ok()).collect();
    let before = before.filter(|before| before.len() < NAMED).ok_or_else(|| Error::field("after", "this is not a page of this list"))?;
    let named = std::iter::once(cursor::read(query.sort, last)?.id).chain(before).collect();
    query.after = Some(last.to_string());
    Ok((query, named))
}

/// A task id where the client library wants something that lends one.
struct WaitFor(u32);

impl AsRef<u32> for WaitFor {
    fn as_ref(&self) -> &u32 {
        &self.0
    }
}

impl Drop for MeilisearchSearch {
    fn drop(&mut self) {
        // Waiting for a runtime inside another one would panic.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A refusal is a mistake of the shop or its settings; everything else is a server that cannot answer now.
fn failed(failure: Failure) -> Error {
    match failure {
        Failure::Meilisearch(refused) if refused.error_code == ErrorCode::IndexNotFound => {
            Error::Unavailable("the search index is not built yet; run reindex".to_string())
        }
        Failure::Meilisearch(refused) => Error::unexpected(format!("the search server refused: {}", refused.error_message)),
        other => Error::Unavailable(format!("the search server does not answer as it should: {other}")),
    }
}

impl SearchEngine for MeilisearchSearch {
    fn replace(&self, documents: &[SearchDocument]) -> Result<()> {
        self.change(Change::Replace(documents.to_vec()))
    }

    fn remove(&self, ids: &[i64]) -> Result<()> {
        self.change(Change::Remove(ids.to_vec()))
    }

    fn commit(&self) -> Result<()> {
        self.settle()
    }

    fn clear(&self) -> Result<()> {
        self.change(Change::Clear)?;
        self.settle()
    }

    fn rebuild(&self, documents: &mut Documents<'_>) -> Result<usize> {
        {
            let mut pending = self.changes.lock();
            if pending.is_some() {
                return Err(Error::conflict("the search index is being rebuilt already; wait until that is done"));
            }
            *pending = Some(Vec::new());
        }
        let built = self.build(documents);
        if built.is_err() {
            *self.changes.lock() = None;
        }
        built
    }

    fn refresh(&self) -> Result<()> {
        Ok(())
    }

    fn search(&self, query: &SearchQuery) -> Result<SearchPage> {
        let (query, named) = named(query)?;
        let mut gathering = Gathering::new(&query)?;
        let text = list::folded(&query.text);
        if !query.text.trim().is_empty() && !text.chars().any(char::is_alphanumeric) {
            return Ok(gathering.finish());
        }
        let listed = self.listed(text, list::filter(query.category, &query.within))?;
        self.learn(&listed)?;
        self.table.view().gather(&query, &mut gathering, &listed, &named)?;
        let mut page = gathering.finish();
        if is_by_match(&query)
            && let Some(next) = &mut page.next
        {
            page.hits.iter().rev().skip(1).take(NAMED - 1).for_each(|id| next.push_str(&format!("{BEFORE}{id}")));
        }
        Ok(page)
    }

    fn suggest(&self, text: &str, within: &Within, limit: usize) -> Result<Vec<Suggestion>> {
        if text.trim().is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let (index, text, within) = (self.client.index(&self.index), text.to_string(), *within);
        self.call(PATIENCE, async move { suggest::suggestions(&index, &text, &within, limit).await })
    }

    fn len(&self) -> Result<usize> {
        let index = self.client.index(&self.index);
        self.call(PATIENCE, async move {
            match index.get_stats().await {
                Ok(stats) => Ok(stats.number_of_documents),
                Err(Failure::Meilisearch(refused)) if refused.error_code == ErrorCode::IndexNotFound => Ok(0),
                Err(error) => Err(error),
            }
        })
    }

    fn healthy(&self) -> Result<()> {
        let client = self.client.clone();
        let health = self.call(PATIENCE, async move { client.health().await })?;
        if health.status == "available" { Ok(()) } else { Err(Error::Unavailable(format!("the search server is {}", health.status))) }
    }
}

#[cfg(test)]
mod tests;
