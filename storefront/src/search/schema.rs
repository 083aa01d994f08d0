//! The fields of the embedded index, and how a product becomes one document of it.
//!
//! One field, `text`, holds the words of the whole product, those of the title several times: a weighted
//! frequency over one length is what BM25F asks for, rare words are rare in the product and not in one of its fields, and a
//! word costs one posting list to look up instead of six.

use super::text::bare;
use super::tokens::{Cut, Word, characters, words};
use super::{SearchDocument, SearchVariant};
use kernel::money::Currency;
use tantivy::TantivyDocument;
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{PreTokenizedString, Token};

/// Between the key and the value of a label, and before the names of a category.
pub const INNER: char = '\u{1f}';
/// Between the labels of a variant.
pub const OUTER: char = '\u{1e}';

/// Changes when the fields or the tokens do: an index of another version is not opened but built anew.
pub const VERSION: &str = "v3";

/// A word of the title counts as often as four in the description.
const TITLE_TIMES: usize = 4;

/// The fields of the index.
#[derive(Debug, Clone, Copy)]
pub struct Fields {
    pub id: Field,
    /// Every word, weighted by repetition.
    pub text: Field,
    /// Words of the titles with their positions.
    pub title: Field,
    /// Words of categories and product type.
    pub kind: Field,
    /// Single Chinese characters with their positions.
    pub han: Field,
    /// Words before stemming: the dictionary for completion and correction.
    pub words: Field,
    /// Bare SKUs.
    pub sku: Field,
    pub category: Field,
    /// Column: labels of the product.
    pub label: Field,
    /// Column: labels of each variant, in one value.
    pub variant: Field,
    /// Column: price of each variant, in the order of `variant`. A variant with prices in several currencies stands there for each.
    pub price: Field,
    /// Column: the currency of each `price`.
    pub currency: Field,
    /// Column: 1 when a variant can be bought.
    pub available: Field,
    pub popularity: Field,
    pub published: Field,
    pub slug: Field,
    pub name: Field,
}

/// The schema and its fields.
pub fn schema() -> (Schema, Fields) {
    let indexed =
        |option| TextOptions::default().set_indexing_options(TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option));
    let fast = || TextOptions::default().set_fast("raw");
    let mut schema = Schema::builder();
    let fields = Fields {
        id: schema.add_i64_field("id", INDEXED | FAST),
        text: schema.add_text_field("text", indexed(IndexRecordOption::WithFreqs)),
        title: schema.add_text_field("title", indexed(IndexRecordOption::WithFreqsAndPositions)),
        kind: schema.add_text_field("kind", indexed(IndexRecordOption::WithFreqs)),
        han: schema.add_text_field("han", indexed(IndexRecordOption::WithFreqsAndPositions)),
        words: schema.add_text_field("words", indexed(IndexRecordOption::Basic)),
        sku: schema.add_text_field("sku", STRING),
        category: schema.add_i64_field("category", INDEXED),
        label: schema.add_text_field("label", fast()),
        variant: schema.add_text_field("variant", fast()),
        price: schema.add_i64_field("price", FAST),
        currency: schema.add_u64_field("currency", FAST),
        available: schema.add_u64_field("available", FAST),
        popularity: schema.add_i64_field("popularity", FAST),
        published: schema.add_i64_field("published", FAST),
        slug: schema.add_text_field("slug", STORED),
        name: schema.add_text_field("name", STORED),
    };
    (schema.build(), fields)
}

/// A key or value as it stands in a label: without the characters that hold labels together.
pub fn clean(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn label(key: &str, value: &str) -> Option<String> {
    let (key, value) = (clean(key), clean(value));
    (!key.is_empty() && !value.is_empty()).then(|| format!("{key}{INNER}{value}"))
}

/// Facet labels that hold for the product as a whole.
pub fn product_labels(document: &SearchDocument) -> Vec<String> {
    let brand = document.brand.iter().filter_map(|brand| label("brand", brand));
    let categories = document.categories.iter().map(|(id, names)| {
        let names: String = names.chars().map(|c| if c == '\n' || !c.is_control() { c } else { ' ' }).collect();
        format!("category{INNER}{id}{INNER}{names}")
    });
    let own = document.attributes.iter().filter(|(name, _)| !document.has_option(name));
    let attributes = own.filter_map(|(name, value)| label(&format!("attribute:{name}"), value));
    let mut labels: Vec<String> = brand.chain(categories).chain(attributes).collect();
    labels.sort();
    labels.dedup();
    labels
}

/// Facet labels of one variant, sorted, so that equal variants have equal labels. An attribute that the product has under the name of
/// one of its options is a label of each variant: so no product has two kinds of label of one name, and counts once in their facet.
pub fn variant_labels(document: &SearchDocument, variant: &SearchVariant) -> Vec<String> {
    let availability = label("availability", if variant.available { "in" } else { "out" });
    let both = document.attributes.iter().filter(|(name, _)| document.has_option(name));
    let options = variant.options.iter().chain(both).filter_map(|(name, value)| label(&format!("option:{name}"), value));
    let mut labels: Vec<String> = options.chain(availability).collect();
    labels.sort();
    labels.dedup();
    labels
}

/// A currency in a column: the letters of its code.
pub fn currency_number(currency: Currency) -> u64 {
    currency.code().bytes().fold(0, |number, letter| number << 8 | u64::from(letter))
}

/// The words of one product, by field.
#[derive(Default)]
struct Texts {
    text: Vec<String>,
    title: Vec<String>,
    kind: Vec<String>,
    words: Vec<String>,
    han: Vec<Vec<char>>,
}

impl Texts {
    fn add(&mut self, text: &str, times: usize) -> Vec<String> {
        let mut terms = Vec::new();
        for word in words(text, Cut::Index) {
            terms.push(word.term());
            for part in &word.parts {
                terms.push(Word { surface: part.clone(), parts: Vec::new(), han: false }.term());
                self.words.push(part.clone());
            }
            self.words.push(word.surface);
        }
        for _ in 0..times {
            self.text.extend_from_slice(&terms);
        }
        self.han.extend(characters(text));
        terms
    }

    fn add_title(&mut self, text: &str) {
        let terms = self.add(text, TITLE_TIMES);
        self.title.extend(terms);
    }

    fn add_kind(&mut self, text: &str) {
        let terms = self.add(text, 1);
        self.kind.extend(terms);
    }
}

/// The document of a product.
pub fn document(fields: &Fields, product: &SearchDocument) -> TantivyDocument {
    let mut texts = Texts::default();
    product.titles.iter().for_each(|title| texts.add_title(title));
    product.categories.iter().map(|(_, names)| names).chain(&product.product_type).for_each(|kind| texts.add_kind(kind));
    if let Some(brand) = &product.brand {
        texts.add(brand, 1);
    }
    let options = product.variants.iter().flat_map(|variant| &variant.options).map(|(_, value)| value);
    let mut once: Vec<&String> = product.attributes.iter().map(|(_, value)| value).chain(options).chain(&product.tags).collect();
    once.sort();
    once.dedup();
    once.into_iter().chain(&product.descriptions).chain(&product.skus).for_each(|text| {
        texts.add(text, 1);
    });
    texts.words.sort();
    texts.words.dedup();

    let mut document = columns(fields, product);
    document.add_pre_tokenized_text(fields.text, tokens(texts.text));
    document.add_pre_tokenized_text(fields.title, tokens(texts.title));
    document.add_pre_tokenized_text(fields.kind, tokens(texts.kind));
    document.add_pre_tokenized_text(fields.words, tokens(texts.words));
    for run in texts.han {
        document.add_pre_tokenized_text(fields.han, tokens(run.into_iter().map(String::from).collect()));
    }
    product.skus.iter().map(|sku| bare(sku)).filter(|sku| !sku.is_empty()).for_each(|sku| document.add_text(fields.sku, sku));
    let groups = product.categories.iter().map(|(id, _)| id).chain(&product.collections);
    groups.for_each(|id| document.add_i64(fields.category, *id));
    document
}

/// What filters, facets and orders look at: the whole document where words are looked for elsewhere.
pub fn columns(fields: &Fields, product: &SearchDocument) -> TantivyDocument {
    let mut document = TantivyDocument::default();
    document.add_i64(fields.id, product.product_id);
    product_labels(product).into_iter().for_each(|label| document.add_text(fields.label, label));
    for variant in &product.variants {
        let labels = variant_labels(product, variant).join(&OUTER.to_string());
        for (currency, price) in &variant.prices {
            document.add_text(fields.variant, &labels);
            document.add_i64(fields.price, *price);
            document.add_u64(fields.currency, currency_number(*currency));
        }
    }
    document.add_u64(fields.available, u64::from(product.variants.iter().any(|variant| variant.available)));
    document.add_i64(fields.popularity, product.popularity);
    document.add_i64(fields.published, product.published_at);
    document.add_text(fields.slug, &product.slug);
    document.add_text(fields.name, product.titles.first().map_or("", String::as_str));
    document
}

fn tokens(terms: Vec<String>) -> PreTokenizedString {
    let tokens =
        terms.into_iter().enumerate().map(|(position, text)| Token { offset_from: 0, offset_to: 0, position, text, position_length: 1 });
    PreTokenizedString { text: String::new(), tokens: tokens.collect() }
}
