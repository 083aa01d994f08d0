//! The engine inside the binary: an index in a folder of the shop, or in memory.
//!
//! The folder holds a generation per rebuild and a file `current` that names the living one; a rebuild fills a new folder and
//! then changes that file by a rename. One process writes, as the lock of the index demands; others read and `refresh`.

pub(super) mod generation;

use super::changes::Change;
use super::page::Gathering;
use super::plan::Plan;
use super::schema::{Fields, schema};
use super::{Documents, Keeps, Mark, SearchDocument, SearchEngine, SearchPage, SearchQuery, Suggestion, Within, suggest};
pub(super) use generation::failed;
use generation::{Generation, Snapshot};
use kernel::error::{Error, Result};
use parking_lot::{Mutex, RwLock};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tantivy::query::{AllQuery, BooleanQuery, ConstScoreQuery, EnableScoring, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};

/// From this many matches on, worse ways of matching are not tried. The same for every page, filter and sort, so that
/// counts, facets and pages of one text agree.
const ENOUGH: usize = 10;
const CURRENT: &str = "current";
/// The file with the mark of the changes that the index has.
const FOLLOWED: &str = "followed";

/// The embedded index.
pub struct EmbeddedSearch {
    home: Option<PathBuf>,
    fields: Fields,
    live: RwLock<Arc<Generation>>,
    /// Held by every write. While a rebuild runs it gathers what the new generation has to be told at the end.
    changes: Mutex<Option<Vec<Change>>>,
    /// The mark of an index in memory.
    mark: Mutex<Option<Mark>>,
}

impl EmbeddedSearch {
    /// Opens the index in the folder `home`, which is made when missing. What cannot be read, or is of another version of this
    /// program, is left aside for an empty index: `is_empty` then says that it has to be built. Fails when the folder cannot be
    /// written.
    pub fn open(home: &Path) -> Result<EmbeddedSearch> {
        let (_, fields) = schema();
        fs::create_dir_all(home).map_err(unwritable)?;
        let known = living(home).filter(|name| Generation::is_readable_name(name));
        let live = match known.map(|name| Generation::open(home, &name, fields)) {
            Some(Ok(generation)) => generation,
            other => {
                if let Some(Err(error)) = other {
                    tracing::warn!(%error, "the search index cannot be read and starts empty");
                }
                let fresh = Generation::create(home, &Generation::free_name(home), fields)?;
                point(home, fresh.name())?;
                fresh
            }
        };
        Ok(EmbeddedSearch {
            home: Some(home.to_path_buf()),
            fields,
            live: RwLock::new(Arc::new(live)),
            changes: Mutex::new(None),
            mark: Mutex::new(None),
        })
    }

    /// An index that lives and dies with this value.
    pub fn in_memory() -> Result<EmbeddedSearch> {
        let (_, fields) = schema();
        let live = Generation::in_memory(fields)?;
        Ok(EmbeddedSearch { home: None, fields, live: RwLock::new(Arc::new(live)), changes: Mutex::new(None), mark: Mutex::new(None) })
    }

    fn live(&self) -> Arc<Generation> {
        self.live.read().clone()
    }

    /// Turns to the generation that another process made the living one.
    fn follow(&self) -> Result<()> {
        let Some(home) = &self.home else { return Ok(()) };
        let Some(name) = living(home).filter(|name| Generation::is_readable_name(name)) else { return Ok(()) };
        if name != self.live().name() {
            let generation = Generation::open(home, &name, self.fields)?;
            *self.live.write() = Arc::new(generation);
        }
        Ok(())
    }

    fn change(&self, change: Change) -> Result<()> {
        let mut pending = self.changes.lock();
        if pending.is_none() {
            self.follow()?;
        }
        apply(&self.live(), &change)?;
        if let Some(pending) = pending.as_mut() {
            pending.push(change);
        }
        Ok(())
    }

    fn build(&self, documents: &mut Documents<'_>) -> Result<usize> {
        let fresh = match &self.home {
            Some(home) => Generation::create(home, &Generation::free_name(home), self.fields)?,
            None => Generation::in_memory(self.fields)?,
        };
        for batch in documents {
            fresh.replace(&batch?)?;
        }
        fresh.commit()?;
        let mut pending = self.changes.lock();
        let missed = pending.take().unwrap_or_default();
        if !missed.is_empty() {
            missed.iter().try_for_each(|change| apply(&fresh, change))?;
            fresh.commit()?;
        }
        let count = fresh.len();
        if let Some(home) = &self.home {
            point(home, fresh.name())?;
            *self.live.write() = Arc::new(fresh);
            Generation::remove_others(home, self.live().name());
        } else {
            *self.live.write() = Arc::new(fresh);
        }
        Ok(count)
    }
}

fn apply(generation: &Generation, change: &Change) -> Result<()> {
    match change {
        Change::Replace(documents) => generation.replace(documents),
        Change::Remove(ids) => generation.remove(ids),
        Change::Clear => generation.clear(),
    }
}

fn living(home: &Path) -> Option<String> {
    fs::read_to_string(home.join(CURRENT)).ok().map(|name| name.trim().to_string())
}

/// Names the living generation.
fn point(home: &Path, name: &str) -> Result<()> {
    put(home, CURRENT, name)
}

/// Writes a small file, whole or not at all.
fn put(home: &Path, file: &str, text: &str) -> Result<()> {
    let draft = home.join(format!("{file}.new"));
    fs::write(&draft, text)
        .and_then(|()| fs::File::open(&draft)?.sync_all())
        .and_then(|()| fs::rename(&draft, home.join(file)))
        .map_err(unwritable)
}

fn unwritable(error: std::io::Error) -> Error {
    Error::Unavailable(format!("the folder of the search index cannot be written: {error}"))
}

impl SearchEngine for EmbeddedSearch {
    fn replace(&self, documents: &[SearchDocument]) -> Result<()> {
        self.change(Change::Replace(documents.to_vec()))
    }

    fn remove(&self, ids: &[i64]) -> Result<()> {
        self.change(Change::Remove(ids.to_vec()))
    }

    fn commit(&self) -> Result<()> {
        let _alone = self.changes.lock();
        self.live().commit()
    }

    fn clear(&self) -> Result<()> {
        self.change(Change::Clear)?;
        self.commit()
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

    fn keeps(&self) -> Keeps {
        Keeps::Own
    }

    fn mark(&self) -> Result<Option<Mark>> {
        let Some(home) = &self.home else { return Ok(*self.mark.lock()) };
        let text = match fs::read_to_string(home.join(FOLLOWED)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(error)),
        };
        // What does not read is as if there was none: the index is built anew.
        let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
        Ok(numbers.next().zip(numbers.next()).map(|(change, rebuilt)| Mark { change, rebuilt }))
    }

    fn set_mark(&self, mark: Mark) -> Result<()> {
        match &self.home {
            Some(home) => put(home, FOLLOWED, &format!("{} {}", mark.change, mark.rebuilt)),
            None => {
                *self.mark.lock() = Some(mark);
                Ok(())
            }
        }
    }

    fn refresh(&self) -> Result<()> {
        self.follow()?;
        self.live().reload()
    }

    fn search(&self, query: &SearchQuery) -> Result<SearchPage> {
        run(&self.live().snapshot(), &self.fields, query)
    }

    fn suggest(&self, text: &str, within: &Within, limit: usize) -> Result<Vec<Suggestion>> {
        let snapshot = self.live().snapshot();
        let search = |query: SearchQuery| run(&snapshot, &self.fields, &SearchQuery { within: *within, ..query });
        suggest::suggest(&snapshot.searcher, &snapshot.segments, &self.fields, text, limit, &search)
    }

    fn len(&self) -> Result<usize> {
        Ok(self.live().len())
    }

    fn healthy(&self) -> Result<()> {
        self.live().check()
    }
}

/// A search over one view of the index.
fn run(snapshot: &Snapshot, fields: &Fields, query: &SearchQuery) -> Result<SearchPage> {
    if query.text.trim().is_empty() {
        return list(snapshot, fields, query);
    }
    let (groups, gathering) = (groups(fields, query), Gathering::new(query)?);
    let mut pass = Pass { snapshot, groups, gathering, seen: Vec::new(), matched: 0 };
    let searcher = &snapshot.searcher;
    let Some(mut plan) = Plan::new(searcher, fields, &query.text).map_err(failed)? else { return Ok(pass.gathering.finish()) };
    let mut corrected = None;
    let scored = |pass: &mut Pass<'_>, plan: &Plan<'_>, tier: u8, text: Box<dyn Query>| {
        pass.gather(tier, text, EnableScoring::enabled_from_statistics_provider(&plan.statistics(), searcher))
    };
    scored(&mut pass, &plan, 0, plan.sku())?;
    let by_sku = pass.matched > 0;
    if pass.matched < ENOUGH {
        scored(&mut pass, &plan, 1, plan.as_typed())?;
    }
    if pass.matched < ENOUGH && !by_sku {
        let as_typed = pass.matched;
        if let Some(text) = plan.with_errors().map_err(failed)? {
            scored(&mut pass, &plan, 2, text)?;
        }
        if as_typed == 0 && pass.matched > 0 {
            corrected = plan.correction();
        }
    }
    if pass.matched < ENOUGH
        && !by_sku
        && let Some(text) = plan.one_dropped()
    {
        scored(&mut pass, &plan, 3, text)?;
    }
    Ok(SearchPage { corrected, ..pass.gathering.finish() })
}

/// A list without a text: everything, or a category.
fn list(snapshot: &Snapshot, fields: &Fields, query: &SearchQuery) -> Result<SearchPage> {
    let searcher = &snapshot.searcher;
    let groups = groups(fields, query);
    let all: Box<dyn Query> = match groups.as_slice() {
        [] => Box::new(AllQuery),
        [one] => Box::new(one.clone()),
        several => Box::new(BooleanQuery::intersection(several.iter().map(|group| Box::new(group.clone()) as Box<dyn Query>).collect())),
    };
    let weight = all.weight(EnableScoring::disabled_from_searcher(searcher)).map_err(failed)?;
    let mut whole = Gathering::new(query)?;
    for (reader, segment) in searcher.segment_readers().iter().zip(&snapshot.segments) {
        let walk = || {
            let mut gathering = Gathering::new(query)?;
            let mut counting = gathering.begin(segment);
            let mut consider = |documents: &[u32]| {
                for document in documents.iter().filter(|document| !reader.is_deleted(**document)) {
                    gathering.offer(segment, &mut counting, *document, 1, 0);
                }
            };
            weight.for_each_no_score(reader, &mut consider).map_err(failed)?;
            gathering.end(segment, counting);
            Ok(gathering.part())
        };
        whole.add(segment.kept.part(query, reader.num_deleted_docs(), walk)?.as_ref());
    }
    Ok(whole.finish())
}

/// The category, and the part of the catalogue, that a product has to be in.
fn groups(fields: &Fields, query: &SearchQuery) -> Vec<TermQuery> {
    let ids = query.category.into_iter().chain(query.within.part).chain(query.within.contract);
    ids.map(|id| TermQuery::new(Term::from_field_i64(fields.category, id), IndexRecordOption::Basic)).collect()
}

/// The passes of one search over the segments.
struct Pass<'a> {
    snapshot: &'a Snapshot,
    /// What a product has to be in, all of it.
    groups: Vec<TermQuery>,
    gathering: Gathering<'a>,
    /// Matches of the tiers before, by segment and document. Short: a tier is only tried after fewer than `ENOUGH`.
    seen: Vec<(usize, u32)>,
    matched: usize,
}

impl Pass<'_> {
    fn gather(&mut self, tier: u8, text: Box<dyn Query>, scoring: EnableScoring<'_>) -> Result<()> {
        let query = self.in_groups(text);
        let weight = query.weight(scoring).map_err(failed)?;
        let searcher: &Searcher = &self.snapshot.searcher;
        let before = self.seen.clone();
        for (at, (reader, segment)) in searcher.segment_readers().iter().zip(&self.snapshot.segments).enumerate() {
            let mut counting = self.gathering.begin(segment);
            let (gathering, seen, matched) = (&mut self.gathering, &mut self.seen, &mut self.matched);
            let mut consider = |document: u32, score: f32| {
                if reader.is_deleted(document) || before.contains(&(at, document)) {
                    return;
                }
                *matched += 1;
                if seen.len() < ENOUGH {
                    seen.push((at, document));
                }
                gathering.offer(segment, &mut counting, document, tier, in_thousandths(score));
            };
            weight.for_each(reader, &mut consider).map_err(failed)?;
            self.gathering.end(segment, counting);
        }
        Ok(())
    }

    fn in_groups(&self, text: Box<dyn Query>) -> Box<dyn Query> {
        if self.groups.is_empty() {
            return text;
        }
        let inside = |group: &TermQuery| {
            let inside: Box<dyn Query> = Box::new(ConstScoreQuery::new(Box::new(group.clone()), 0.0));
            (Occur::Must, inside)
        };
        Box::new(BooleanQuery::from(self.groups.iter().map(inside).chain([(Occur::Must, text)]).collect::<Vec<_>>()))
    }
}

/// A score as a whole number above 0, fit for a cursor.
#[allow(clippy::float_arithmetic)] // A score of the engine, no money.
fn in_thousandths(score: f32) -> i64 {
    ((score * 1000.0) as i64).max(1)
}

#[cfg(test)]
mod tests;
