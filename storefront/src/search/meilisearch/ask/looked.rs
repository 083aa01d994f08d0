//! The page from the variants themselves: what the server leaves is fetched whole and looked at here.

use super::{Ask, groups};
use crate::search::SearchPage;
use crate::search::meilisearch::exact::Candidate;
use crate::search::meilisearch::place::Place;
use meilisearch_sdk::errors::Error as Failure;
use meilisearch_sdk::indexes::Index;
use meilisearch_sdk::search::SearchResults;
use std::time::Duration;

/// The first question asks for this part of the most that are fetched, a second one for the rest of a longer list.
const FIRST: usize = 10;
/// A list that takes longer to fetch is counted by the server, which still has time to then.
const LOOKING: Duration = Duration::from_millis(500);

impl Ask {
    /// The page from the variants of what the text, the category and the store leave; `None` when that is too much or takes too long.
    pub(super) async fn looked_at(&self, index: &Index) -> std::result::Result<Option<SearchPage>, Failure> {
        let Ok(fetched) = tokio::time::timeout(LOOKING, self.candidates(index)).await else { return Ok(None) };
        let Some(candidates) = fetched? else { return Ok(None) };
        let list = self.choices.list(&candidates);
        let begin = self.after.in_whole(&list.hits);
        let hits: Vec<i64> = list.hits.iter().skip(begin).take(self.limit).copied().collect();
        let end = begin + hits.len();
        Ok(Some(SearchPage {
            total: list.hits.len(),
            next: (list.hits.len() > end && self.limit > 0).then(|| Place::behind(end, &hits).write(self.sort)),
            hits,
            facets: if self.with_facets { self.facets(list.counts, &list.options) } else { Vec::new() },
            price_range: list.price_range.filter(|_| self.with_facets),
            corrected: None,
        }))
    }

    async fn candidates(&self, index: &Index) -> std::result::Result<Option<Vec<Candidate>>, Failure> {
        let wide = groups(self.category, &self.within).join(" AND ");
        let shown = &["id", "labels", "offers"];
        let at_once = self.fetched.div_ceil(FIRST);
        let first: SearchResults<Candidate> = self.results(index, wide.clone(), &[], (0, at_once), shown).await?;
        if first.estimated_total_hits.unwrap_or(0).max(first.hits.len()) > self.fetched {
            return Ok(None);
        }
        let mut hits = first.hits;
        if hits.len() == at_once {
            let rest: SearchResults<Candidate> = self.results(index, wide, &[], (at_once, self.fetched + 1 - at_once), shown).await?;
            hits.extend(rest.hits);
        }
        Ok((hits.len() <= self.fetched).then(|| hits.into_iter().map(|hit| hit.result).collect()))
    }
}
