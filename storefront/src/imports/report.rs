//! How a reader answers: what it understood, what it refused and where, or why the whole file is none it can read.

use kernel::web::i18n::{Language, Texts};
use serde::{Deserialize, Serialize};

/// The kind of file, recognised from its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Shopify products with `Handle` and `Variant Price`.
    ShopifyClassic,
    /// Shopify products with `URL handle` and `Price`, since 2024.
    Shopify2024,
    /// Products of WooCommerce's own exporter.
    WooCommerce,
    ShopifyCustomers,
    ShopifyOrders,
}

impl Format {
    /// A name for messages.
    pub fn name(self) -> &'static str {
        match self {
            Format::ShopifyClassic => "Shopify product export (classic columns)",
            Format::Shopify2024 => "Shopify product export (columns since 2024)",
            Format::WooCommerce => "WooCommerce product export",
            Format::ShopifyCustomers => "Shopify customer export",
            Format::ShopifyOrders => "Shopify order export",
        }
    }
}

/// A row, or a cell of it, that was not taken over. `line` counts from 1, the header being line 1; `column` is the
/// header's text, or empty when the whole row is meant; `value` is at most the first 200 characters of the cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    pub line: u64,
    pub column: String,
    pub value: String,
    pub reason: Reason,
}

/// Why a row was not taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reason {
    /// A text by its key, with what stands in it by name.
    Key { key: String, args: Vec<(String, String)> },
    /// A key without arguments, or a sentence as it is: that of a file which is read on the command line alone.
    Plain(String),
}

impl Reason {
    /// The text `import-row-<word>` with its arguments.
    pub(super) fn of(word: &str, args: &[(&str, &str)]) -> Reason {
        let args = args.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Reason::Key { key: format!("import-row-{word}"), args }
    }

    /// The key or the sentence, for those who repair a program.
    pub(crate) fn word(&self) -> &str {
        match self {
            Reason::Key { key: text, .. } | Reason::Plain(text) => text,
        }
    }

    /// The sentence in a language. A key that this version does not know stands for itself.
    pub fn told(&self, texts: &Texts, language: Language) -> String {
        match self {
            Reason::Plain(text) => texts.message(language, text),
            Reason::Key { key, args } => {
                let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                texts.with(language, key, &args).unwrap_or_else(|_| key.clone())
            }
        }
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Reason {
        Reason::Plain(text.to_string())
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Reason {
        Reason::Plain(text)
    }
}

impl RowError {
    /// An error about `value` in `column`, the value cut to what a report can show.
    pub fn new(line: u64, column: &str, value: &str, reason: impl Into<Reason>) -> RowError {
        RowError { line, column: column.to_string(), value: value.chars().take(200).collect(), reason: reason.into() }
    }
}

/// What a reader understood. An item with any error in any of its rows is not among `items`.
#[derive(Debug)]
pub struct Parsed<T> {
    pub items: Vec<T>,
    /// Mistakes, by line.
    pub errors: Vec<RowError>,
    /// Correct rows, or parts of them, that this shop has no place for (a grouped product, a price for one market), by line. They are no
    /// reason to refuse the file, yet nothing is dropped in silence.
    pub notes: Vec<RowError>,
    pub format: Format,
}

/// Why nothing of the file can be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the file is larger than {0} MiB; export it in parts")]
    TooLarge(u64),
    #[error("the file is empty")]
    Empty,
    #[error("the file is {0}, not CSV; export it as CSV with UTF-8 encoding")]
    NotCsv(&'static str),
    #[error("the text is not UTF-8 (first wrong byte on line {line}); save it as \"CSV UTF-8\"")]
    Encoding { line: u64 },
    #[error("the columns are separated by {0}, not by commas; export the file with commas")]
    Separator(&'static str),
    #[error("line {line} has a cell of more than 1 MiB: probably an opening quote that is never closed")]
    Cell { line: u64 },
    #[error("the header has the column \"{0}\" twice; which one counts cannot be told")]
    Duplicate(String),
    #[error("the header lacks the column \"{0}\"")]
    Missing(&'static str),
    #[error("the header belongs to a {found}; expected {expected}")]
    OtherFile { found: &'static str, expected: &'static str },
    #[error("the header is of no known file; expected {expected}; found \"{found}\"")]
    Header { expected: &'static str, found: String },
}
