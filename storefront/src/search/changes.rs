//! What happened to products while an index was being rebuilt.

use super::SearchDocument;

/// One write, kept to be told to the new index too.
pub enum Change {
    Replace(Vec<SearchDocument>),
    Remove(Vec<i64>),
    Clear,
}
