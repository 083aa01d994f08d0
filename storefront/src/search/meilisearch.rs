//! The engine beside the binary: a Meilisearch server, for shops that run on several machines.
//!
//! One document per product, with the same labels as the embedded index, and the same tests (`search::tests`). What only one variant can
//! fulfil is looked at here, see [`exact`]. Beyond that many products, or when the server takes long to hand them over, hits are still checked here, but Meilisearch counts and orders: totals are
//! estimates, a price order goes by the product's lowest or highest price, and where several values of an option are chosen the other
//! facets may count a product once for each. A page goes on behind the last hits, see [`place`].

mod ask;
mod document;
#[cfg(test)]
pub mod double;
mod exact;
mod place;
mod suggest;
mod ways;

use super::changes::Change;
use super::{Documents, SearchDocument, SearchEngine, SearchPage, SearchQuery, Suggestion, Within};
use document::{Document, settings};
use kernel::error::{Error, Result};
use meilisearch_sdk::client::{Client, SwapIndexes};
use meilisearch_sdk::errors::{Error as Failure, ErrorCode};
use meilisearch_sdk::task_info::TaskInfo;
use parking_lot::Mutex;
use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// A search is answered in this time or not at all: the shop goes on without.
const PATIENCE: Duration = Duration::from_millis(900);
/// Handing over a batch.
const HANDING_OVER: Duration = Duration::from_secs(10);
/// Until handed-over batches are indexed.
const INDEXING: Duration = Duration::from_secs(600);

/// A Meilisearch server and the name of the shop's index there.
pub struct MeilisearchSearch {
    client: Client,
    index: String,
    runtime: Option<Runtime>,
    /// Batches that are handed over and not known to be indexed.
    tasks: Mutex<Vec<u32>>,
    /// Held by every write; gathers what a rebuild has to be told at its end.
    changes: Mutex<Option<Vec<Change>>>,
    /// Products whose variants are looked at here at most.
    fetched: usize,
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
            fetched: exact::MOST,
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

    fn apply(&self, index: &str, change: &Change) -> Result<()> {
        let index = self.client.index(index);
        match change {
            Change::Replace(products) => {
                let documents: Vec<Document> = products.iter().map(Document::of).collect();
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
        let ask = ask::Ask::new(query, self.fetched)?;
        let index = self.client.index(&self.index);
        self.call(PATIENCE, async move { ask.page(&index).await })
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
