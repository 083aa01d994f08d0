//! A CSV file as rows with line numbers and columns found by name. Everything hostile about files ends here: size, encoding,
//! separators, ragged rows, doubled columns.
//!
//! Only UTF-8 is read. Other encodings are refused rather than guessed: the same bytes are an "ö" in one code page and half a
//! Chinese character in another, and a wrong guess would be stored in silence. Exporters write UTF-8 anyway; other encodings
//! come from a spreadsheet in between, and that can save UTF-8 too.

use super::report::{FileError, Format, Reason, RowError};
use csv::StringRecord;
use std::collections::HashMap;
use std::io::Read;

/// The largest file read, in MiB. It is held in memory once as text and once as rows.
const FILE_LIMIT: u64 = 256;
/// The longest cell, in bytes. No text of a product comes near it; an unclosed quote passes it soon.
const CELL_LIMIT: usize = 1 << 20;

/// A whole file whose header is known.
pub(super) struct Table {
    pub header: Vec<String>,
    pub records: Vec<(u64, StringRecord)>,
    pub format: Format,
    by_name: HashMap<String, Vec<usize>>,
}

/// A row for reading cells by column position.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    pub line: u64,
    record: &'t StringRecord,
    header: &'t [String],
}

/// The position of a column, or nothing when the file lacks it.
pub(super) type Column = Option<usize>;

impl Table {
    /// Reads the whole input and recognises its header.
    pub fn read(input: impl Read, expected: &'static str) -> Result<Table, FileError> {
        let mut bytes = Vec::new();
        input.take((FILE_LIMIT << 20) + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_LIMIT << 20 {
            return Err(FileError::TooLarge(FILE_LIMIT));
        }
        let text = decode(&bytes)?;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut lines = Lines { text, at: 0, line: 1 };
        let mut records: Vec<(u64, StringRecord)> = Vec::new();
        let mut record = StringRecord::new();
        let mut header: Option<Vec<String>> = None;
        // The text is UTF-8 and the reader is flexible: nothing is left that could fail but the input, which is memory.
        while reader.read_record(&mut record).map_err(|error| FileError::Io(std::io::Error::other(error)))? {
            let line = lines.of(record.position().map_or(0, csv::Position::byte));
            if record.iter().any(|cell| cell.len() > CELL_LIMIT) {
                return Err(FileError::Cell { line });
            }
            if header.is_none() {
                header = Some(record.iter().map(|name| unguard(name.trim()).to_string()).collect());
            } else if record.iter().any(|cell| !cell.trim().is_empty()) {
                records.push((line, record.clone()));
            }
        }
        let header = header.ok_or(FileError::Empty)?;
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, name) in header.iter().enumerate() {
            by_name.entry(name.to_lowercase()).or_default().push(at);
        }
        let format = recognise(&by_name).ok_or_else(|| unknown(&header, expected))?;
        Ok(Table { header, records, format, by_name })
    }

    /// The column of that name, whatever the case. Fails when the header has it twice.
    pub fn column(&self, name: &str) -> Result<Column, FileError> {
        match self.by_name.get(&name.to_lowercase()).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([at]) => Ok(Some(*at)),
            Some([at, ..]) => Err(FileError::Duplicate(self.header[*at].clone())),
        }
    }

    /// The column that has one of two names, of newer and older files. Fails when the header has both, or one twice.
    pub fn either(&self, name: &str, older: &str) -> Result<Column, FileError> {
        match (self.column(name)?, self.column(older)?) {
            (Some(_), Some(_)) => Err(FileError::Duplicate(format!("{name} or {older}"))),
            (first, second) => Ok(first.or(second)),
        }
    }

    /// The column of that name. Fails when the header lacks it or has it twice.
    pub fn required(&self, name: &'static str) -> Result<usize, FileError> {
        self.column(name)?.ok_or(FileError::Missing(name))
    }

    /// All rows that are not blank, in the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|(line, record)| Row { line: *line, record, header: &self.header })
    }
}

impl<'t> Row<'t> {
    /// The cell trimmed, and freed of the apostrophe that guards formulas; empty when the column or the cell is not there.
    pub fn get(self, column: Column) -> &'t str {
        unguard(column.and_then(|at| self.record.get(at)).unwrap_or("").trim()).trim()
    }

    /// The cell with its white space, for long texts.
    pub fn raw(self, column: Column) -> &'t str {
        unguard(column.and_then(|at| self.record.get(at)).unwrap_or(""))
    }

    /// The cell, if anything is in it.
    pub fn text(self, column: Column) -> Option<String> {
        Some(self.get(column)).filter(|text| !text.is_empty()).map(str::to_string)
    }

    /// An id or postcode, without the leading apostrophe that keeps spreadsheets from making a number of it.
    pub fn id(self, column: Column) -> Option<String> {
        let text = self.get(column);
        Some(text.strip_prefix('\'').unwrap_or(text).trim()).filter(|text| !text.is_empty()).map(str::to_string)
    }

    /// The header's text for a column.
    pub fn name(self, column: Column) -> &'t str {
        column.and_then(|at| self.header.get(at)).map_or("", String::as_str)
    }

    /// An error about this row's cell in that column.
    pub fn error(self, column: Column, reason: impl Into<Reason>) -> RowError {
        RowError::new(self.line, self.name(column), self.get(column), reason)
    }

    /// Says whether the row has as many cells as the header; empty cells too many at its end do no harm.
    pub fn check_width(self) -> Result<(), RowError> {
        let (cells, expected) = (self.record.len(), self.header.len());
        let surplus = self.record.iter().skip(expected).any(|cell| !cell.trim().is_empty());
        if cells < expected || surplus {
            let reason = Reason::of("width", &[("cells", &cells.to_string()), ("expected", &expected.to_string())]);
            return Err(RowError::new(self.line, "", self.record.get(0).unwrap_or(""), reason));
        }
        Ok(())
    }
}

/// Counts lines up to byte offsets that only grow. A record's own offset may stand before the line ends that precede it.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, byte: u64) -> u64 {
        let bytes = self.text.as_bytes();
        let mut until = usize::try_from(byte).unwrap_or(usize::MAX).min(bytes.len());
        while matches!(bytes.get(until), Some(b'\n' | b'\r')) {
            until += 1;
        }
        while self.at < until {
            let next = bytes.get(self.at + 1);
            match bytes[self.at] {
                b'\n' => self.line += 1,
                b'\r' if next != Some(&b'\n') => self.line += 1,
                _ => {}
            }
            self.at += 1;
        }
        self.line
    }
}

/// What begins a formula in a spreadsheet, when it is the first character of a cell.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// Puts an apostrophe before a cell that a spreadsheet would run as a formula, and before one that already looks so guarded,
/// so that [`unguard`] gives back every cell exactly. A negative number stays a number.
pub(crate) fn guard(cell: &str) -> std::borrow::Cow<'_, str> {
    let number = cell.strip_prefix('-').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    if is_formula(cell) && !number { format!("'{cell}").into() } else { cell.into() }
}

/// Undoes [`guard`], as done by this shop or by WooCommerce.
pub(crate) fn unguard(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|_| is_formula(cell)).unwrap_or(cell)
}

fn decode(bytes: &[u8]) -> Result<&str, FileError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let kind = match bytes {
        [] => return Err(FileError::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16 text"),
        [b'P', b'K', 3, 4, ..] => Some("a spreadsheet or ZIP archive"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("an old Excel workbook"),
        [0x1f, 0x8b, ..] => Some("compressed with gzip"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        _ if bytes.contains(&0) => Some("binary"),
        _ => None,
    };
    if let Some(kind) = kind {
        return Err(FileError::NotCsv(kind));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        FileError::Encoding { line: 1 + before.filter(|byte| **byte == b'\n').count() as u64 }
    })
}

fn recognise(header: &HashMap<String, Vec<usize>>) -> Option<Format> {
    let has = |name: &str| header.contains_key(name);
    if has("lineitem name") && has("name") {
        Some(Format::ShopifyOrders)
    } else if has("url handle") {
        Some(Format::Shopify2024)
    // Shopify's inventory file has handles too, and says where the stock lies; its stock is no product.
    } else if has("handle") && !has("location") {
        Some(Format::ShopifyClassic)
    } else if has("type") && has("name") && (has("sku") || has("id")) {
        Some(Format::WooCommerce)
    } else if has("email") && (has("first name") || has("customer id")) {
        Some(Format::ShopifyCustomers)
    } else {
        None
    }
}

fn unknown(header: &[String], expected: &'static str) -> FileError {
    if let [only] = header {
        for (mark, name) in [(';', "semicolons"), ('\t', "tabs")] {
            if only.contains(mark) {
                return FileError::Separator(name);
            }
        }
    }
    FileError::Header { expected, found: header.join(", ").chars().take(200).collect() }
}

#[cfg(test)]
mod tests;
