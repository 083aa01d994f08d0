//! The columns of one segment, with its label dictionaries read once: segments never change, only which products live.

use super::kept::Kept;
use super::schema::{INNER, OUTER};
use std::collections::BTreeMap;
use std::ops::Range;
use tantivy::columnar::{Column, StrColumn};
use tantivy::index::SegmentId;
use tantivy::{SegmentReader, TantivyError};

/// A value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    pub key: String,
    pub value: String,
    /// Only of categories.
    pub names: String,
}

impl Label {
    fn parse(text: &str) -> Label {
        let mut parts = text.splitn(3, INNER).map(str::to_string);
        let mut next = || parts.next().unwrap_or_default();
        Label { key: next(), value: next(), names: next() }
    }
}

/// Labels in order, so that those of one key stand together.
#[derive(Debug, Default)]
pub struct Labels(pub Vec<Label>);

impl Labels {
    /// Where the labels of `key` stand.
    pub fn of(&self, key: &str) -> Range<usize> {
        let start = self.0.partition_point(|label| label.key.as_str() < key);
        let end = self.0.partition_point(|label| label.key.as_str() <= key);
        start..end
    }

    /// The places of the label: several where a category was renamed between two commits.
    pub fn find(&self, key: &str, value: &str) -> impl Iterator<Item = usize> + '_ {
        let all = self.of(key);
        let offset = all.start;
        let inside = &self.0[all];
        let start = inside.partition_point(|label| label.value.as_str() < value);
        let end = inside.partition_point(|label| label.value.as_str() <= value);
        offset + start..offset + end
    }
}

/// Everything but the words.
pub struct Segment {
    pub id: SegmentId,
    pub ids: Column<i64>,
    pub popularity: Column<i64>,
    pub published: Column<i64>,
    pub available: Column<u64>,
    pub prices: Column<i64>,
    /// Per product, in the order of `prices`.
    pub currencies: Column<u64>,
    /// Per product, places in `labels`.
    pub product_labels: Column<u64>,
    pub labels: Labels,
    /// Per product, in the order of `prices`, places in `combinations`.
    pub variants: Column<u64>,
    /// Places in `options`.
    pub combinations: Vec<Vec<u32>>,
    pub options: Labels,
    /// Per combination, whether it can be bought.
    pub in_stock: Vec<bool>,
    pub kept: Kept,
}

impl Segment {
    /// Whether any price is in another currency than this.
    pub fn is_mixed(&self, currency: u64) -> bool {
        self.currencies.min_value() != currency || self.currencies.max_value() != currency
    }

    /// Reads the dictionaries of a segment.
    pub fn open(reader: &SegmentReader) -> tantivy::Result<Segment> {
        let fast = reader.fast_fields();
        let documents = reader.max_doc();
        let (product_labels, texts) = dictionary(fast.str("label")?, documents)?;
        // The separator sorts before every character a key may hold: the order of the bytes is that of (key, value, names).
        let labels = Labels(texts.iter().map(|text| Label::parse(text)).collect());
        let (variants, texts) = dictionary(fast.str("variant")?, documents)?;
        let (combinations, options) = combinations(&texts);
        let bought = options.find("availability", "in").next();
        let in_stock = combinations.iter().map(|labels| labels.iter().any(|label| Some(*label as usize) == bought)).collect();
        Ok(Segment {
            id: reader.segment_id(),
            ids: fast.i64("id")?,
            popularity: fast.i64("popularity")?,
            published: fast.i64("published")?,
            available: fast.u64("available")?,
            prices: fast.i64("price")?,
            currencies: fast.u64("currency")?,
            product_labels,
            labels,
            variants,
            combinations,
            options,
            in_stock,
            kept: Kept::default(),
        })
    }
}

fn dictionary(column: Option<StrColumn>, documents: u32) -> tantivy::Result<(Column<u64>, Vec<String>)> {
    let Some(column) = column else { return Ok((Column::build_empty_column(documents), Vec::new())) };
    let mut texts = Vec::with_capacity(column.num_terms());
    let mut stream = column.dictionary().stream()?;
    while stream.advance() {
        let text = std::str::from_utf8(stream.key()).map_err(|error| TantivyError::InternalError(error.to_string()))?;
        texts.push(text.to_string());
    }
    Ok((column.ords().clone(), texts))
}

fn combinations(texts: &[String]) -> (Vec<Vec<u32>>, Labels) {
    let mut places: BTreeMap<Label, u32> = BTreeMap::new();
    let parsed: Vec<Vec<Label>> = texts.iter().map(|text| text.split(OUTER).map(Label::parse).collect()).collect();
    for label in parsed.iter().flatten() {
        places.entry(label.clone()).or_insert(0);
    }
    for (place, at) in places.values_mut().zip(0..) {
        *place = at;
    }
    let combinations = parsed.iter().map(|labels| labels.iter().filter_map(|label| places.get(label).copied()).collect()).collect();
    (combinations, Labels(places.into_keys().collect()))
}
