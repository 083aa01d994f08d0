//! One index: its writer, and the view of it that searches share.

use crate::search::SearchDocument;
use crate::search::schema::{Fields, VERSION, columns, document, schema};
use crate::search::segment::Segment;
use kernel::error::{Error, Result};
use parking_lot::{Mutex, RwLock};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term};

/// What the writer may hold before it writes a segment.
const WRITER_BYTES: usize = 50_000_000;

/// An index as it was at one commit.
pub struct Snapshot {
    pub searcher: Searcher,
    /// In the order of the searcher's segments.
    pub segments: Vec<Arc<Segment>>,
    stamp: u64,
}

/// One index, in a folder or in memory.
pub struct Generation {
    name: String,
    fields: Fields,
    index: Index,
    reader: IndexReader,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Taken at the first write: readers need no lock on the folder.
    writer: Mutex<Option<IndexWriter>>,
}

/// A failure of the index in the words of the house.
pub fn failed(error: TantivyError) -> Error {
    match error {
        TantivyError::LockFailure(..) => Error::Unavailable("another process is writing the search index".to_string()),
        TantivyError::IoError(_)
        | TantivyError::OpenReadError(_)
        | TantivyError::OpenWriteError(_)
        | TantivyError::OpenDirectoryError(_) => Error::Unavailable(format!("the search index cannot be read or written: {error}")),
        other => Error::unexpected(other),
    }
}

impl Generation {
    pub fn in_memory(fields: Fields) -> Result<Generation> {
        Generation::of(Index::create_in_ram(schema().0), String::new(), fields)
    }

    pub fn create(home: &Path, name: &str, fields: Fields) -> Result<Generation> {
        let folder = home.join(name);
        fs::create_dir_all(&folder).map_err(super::unwritable)?;
        Generation::of(Index::create_in_dir(folder, schema().0).map_err(failed)?, name.to_string(), fields)
    }

    pub fn open(home: &Path, name: &str, fields: Fields) -> Result<Generation> {
        Generation::of(Index::open_in_dir(home.join(name)).map_err(failed)?, name.to_string(), fields)
    }

    fn of(index: Index, name: String, fields: Fields) -> Result<Generation> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(failed)?;
        let snapshot = view(&index, &reader, &[])?;
        Ok(Generation { name, fields, index, reader, snapshot: RwLock::new(Arc::new(snapshot)), writer: Mutex::new(None) })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a folder of this name was made by this version of the program.
    pub fn is_readable_name(name: &str) -> bool {
        name.strip_prefix(VERSION).and_then(|rest| rest.strip_prefix('-')).is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
    }

    /// A name that no folder has: later ones sort later.
    pub fn free_name(home: &Path) -> String {
        let mut number = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        while home.join(format!("{VERSION}-{number}")).exists() {
            number += 1;
        }
        format!("{VERSION}-{number}")
    }

    /// Removes every generation but one. What stays behind, because it is in use, goes next time.
    pub fn remove_others(home: &Path, keep: &str) {
        let Ok(entries) = fs::read_dir(home) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let generation = name.to_str().is_some_and(|name| name != keep && name.starts_with('v') && name.contains('-'));
            if generation && let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::debug!(%error, "an old search index stays for now");
            }
        }
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().clone()
    }

    /// Products in the view.
    pub fn len(&self) -> usize {
        self.snapshot().searcher.num_docs() as usize
    }

    pub fn replace(&self, documents: &[SearchDocument]) -> Result<()> {
        self.put(documents, document)
    }

    /// Keeps what filters, facets and orders look at, and no word.
    pub fn replace_columns(&self, documents: &[SearchDocument]) -> Result<()> {
        self.put(documents, columns)
    }

    fn put(&self, products: &[SearchDocument], made: fn(&Fields, &SearchDocument) -> TantivyDocument) -> Result<()> {
        self.write(|writer| {
            for product in products {
                writer.delete_term(Term::from_field_i64(self.fields.id, product.product_id));
                writer.add_document(made(&self.fields, product))?;
            }
            Ok(())
        })
    }

    pub fn remove(&self, ids: &[i64]) -> Result<()> {
        self.write(|writer| {
            ids.iter().for_each(|id| {
                writer.delete_term(Term::from_field_i64(self.fields.id, *id));
            });
            Ok(())
        })
    }

    pub fn clear(&self) -> Result<()> {
        self.write(|writer| writer.delete_all_documents().map(|_| ()))
    }

    /// Durable, then visible.
    pub fn commit(&self) -> Result<()> {
        if let Some(writer) = self.writer.lock().as_mut() {
            writer.commit().map_err(failed)?;
        }
        self.reload()
    }

    /// Shows the last commit of any process.
    pub fn reload(&self) -> Result<()> {
        let stamp = self.index.load_metas().map_err(failed)?.opstamp;
        let old = self.snapshot();
        if old.stamp != stamp || old.segments.len() != self.index.searchable_segment_ids().map_err(failed)?.len() {
            self.reader.reload().map_err(failed)?;
            *self.snapshot.write() = Arc::new(view(&self.index, &self.reader, &old.segments)?);
        }
        Ok(())
    }

    pub fn check(&self) -> Result<()> {
        self.index.load_metas().map(|_| ()).map_err(failed)
    }

    fn write(&self, change: impl FnOnce(&mut IndexWriter) -> tantivy::Result<()>) -> Result<()> {
        let mut writer = self.writer.lock();
        if writer.is_none() {
            *writer = Some(self.index.writer_with_num_threads(1, WRITER_BYTES).map_err(failed)?);
        }
        writer.as_mut().map_or(Ok(()), change).map_err(failed)
    }
}

/// The last commit, with the columns of known segments taken over.
fn view(index: &Index, reader: &IndexReader, known: &[Arc<Segment>]) -> Result<Snapshot> {
    let stamp = index.load_metas().map_err(failed)?.opstamp;
    let searcher = reader.searcher();
    let mut segments = Vec::with_capacity(searcher.segment_readers().len());
    for reader in searcher.segment_readers() {
        let found = known.iter().find(|segment| segment.id == reader.segment_id());
        segments.push(match found {
            Some(segment) => segment.clone(),
            None => Arc::new(Segment::open(reader).map_err(failed)?),
        });
    }
    Ok(Snapshot { searcher, segments, stamp })
}
