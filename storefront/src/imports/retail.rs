//! The transactions of a wholesaler over two years ("Online Retail", UCI), as a real history to look at: a stream of orders, plain
//! or compressed with gzip, one order in memory at a time.
//!
//! Kept are the rows of known customers that are sales of goods: no cancellation (invoice `C...`), quantity and price above zero,
//! a stock code of five digits and at most two letters (postage, fees and samples have other codes). Rows of one invoice and one
//! item become one line.

use super::report::{FileError, RowError};
use chrono::NaiveDateTime;
use flate2::read::MultiGzDecoder;
use kernel::money::{Currency, Money};
use std::io::{BufRead, BufReader, Read};

const COLUMNS: [&str; 8] = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];
const EXPECTED: &str = "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country";
/// No row of the data is a tenth of this; a file that is one endless line stops here, in bytes.
const ROW_LIMIT: u64 = 64 << 10;

/// A past order. Times are the wholesaler's local ones, as in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetailOrder {
    pub invoice: String,
    pub customer: String,
    pub country: String,
    pub ordered_at: NaiveDateTime,
    pub lines: Vec<RetailLine>,
    pub line: u64,
}

impl RetailOrder {
    /// The sum of the lines, in minor units.
    pub fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }
}

/// An item of an order. `price` is that of its first row; `amount` is exact, also where rows of one item had two prices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetailLine {
    pub sku: String,
    pub name: String,
    pub quantity: i64,
    /// Minor units for one.
    pub price: i64,
    /// Minor units for all.
    pub amount: i64,
}

/// The orders of a file, in its order. A row that cannot be read comes as an error, and the stream goes on behind it.
pub struct RetailReader<R> {
    input: BufReader<R>,
    currency: Currency,
    positions: [usize; 8],
    width: usize,
    line: u64,
    open: Option<RetailOrder>,
    ended: bool,
}

/// Opens the transactions, plain or gzip, with prices in `currency`. Fails when the header is another file's.
pub fn read_retail<'r>(input: impl Read + 'r, currency: Currency) -> Result<RetailReader<Box<dyn Read + 'r>>, FileError> {
    let mut buffered = BufReader::new(input);
    let compressed = buffered.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let plain: Box<dyn Read + 'r> = if compressed { Box::new(MultiGzDecoder::new(buffered)) } else { Box::new(buffered) };
    let mut reader =
        RetailReader { input: BufReader::new(plain), currency, positions: [0; 8], width: 0, line: 0, open: None, ended: false };
    let header = match reader.record() {
        Some(Ok(header)) => header,
        Some(Err(error)) => return Err(FileError::Header { expected: EXPECTED, found: error.reason.word().to_string() }),
        None => return Err(FileError::Empty),
    };
    reader.width = header.len();
    for (at, name) in COLUMNS.iter().enumerate() {
        let named = |cell: &str| cell.trim_start_matches('\u{feff}').trim() == *name;
        let found =
            || FileError::Header { expected: EXPECTED, found: header.iter().collect::<Vec<_>>().join(", ").chars().take(200).collect() };
        reader.positions[at] = header.iter().position(named).ok_or_else(found)?;
    }
    Ok(reader)
}

/// A row that is a sale of goods.
struct Sale {
    invoice: String,
    customer: String,
    country: String,
    ordered_at: NaiveDateTime,
    item: RetailLine,
}

impl<R: Read> RetailReader<R> {
    /// The next row's cells. Rows of this file are single lines, which bounds what is held of a hostile one.
    fn record(&mut self) -> Option<Result<csv::StringRecord, RowError>> {
        let mut bytes = Vec::new();
        let whole = RowError::new(self.line + 1, "", "", "");
        match (&mut self.input).take(ROW_LIMIT).read_until(b'\n', &mut bytes) {
            Ok(0) => return None,
            Ok(read) if read as u64 == ROW_LIMIT => {
                self.ended = true;
                return Some(Err(RowError { reason: "the row is too long; reading stops here".into(), ..whole }));
            }
            Ok(_) => {}
            Err(error) => {
                self.ended = true;
                return Some(Err(RowError { reason: format!("the file cannot be read on: {error}").into(), ..whole }));
            }
        }
        self.line += 1;
        let mut record = csv::StringRecord::new();
        let parsed = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes.as_slice()).read_record(&mut record);
        match parsed {
            Ok(_) => Some(Ok(record)),
            Err(_) => Some(Err(RowError { reason: "the row is not UTF-8".into(), ..whole })),
        }
    }

    /// The row as a sale, nothing when it is none, an error when it cannot be told.
    fn sale(&self, record: &csv::StringRecord) -> Result<Option<Sale>, RowError> {
        if record.is_empty() {
            return Ok(None);
        }
        if record.len() != self.width {
            let reason = format!("the row has {} cells where the header has {}", record.len(), self.width);
            return Err(RowError::new(self.line, "", &record[0], reason));
        }
        let [invoice, code, name, quantity, time, price, customer, country] = self.positions.map(|at| record[at].trim());
        let wrong = |column: usize, reason: &str| RowError::new(self.line, COLUMNS[column], &record[self.positions[column]], reason);
        if customer.is_empty() || invoice.starts_with('C') {
            return Ok(None);
        }
        let quantity: i64 = quantity.parse().map_err(|_| wrong(3, "not a whole number"))?;
        let sku = code.to_uppercase();
        if quantity <= 0 || !is_item(&sku) {
            return Ok(None);
        }
        // Only now: fees have prices in fractions of a cent, which no item has.
        let money = Money::parse(price, self.currency).map_err(|error| wrong(5, &error.to_string()))?;
        if money.minor <= 0 {
            return Ok(None);
        }
        let ordered_at =
            NaiveDateTime::parse_from_str(time, "%Y-%m-%d %H:%M:%S").map_err(|_| wrong(4, "not a time such as 2010-12-01 08:26:00"))?;
        let amount = money
            .minor
            .checked_mul(quantity)
            .filter(|amount| *amount < i64::MAX >> 20)
            .ok_or_else(|| wrong(3, "the amount is too large"))?;
        let item = RetailLine { sku, name: name.to_string(), quantity, price: money.minor, amount };
        Ok(Some(Sale { invoice: invoice.into(), customer: customer.into(), country: country.into(), ordered_at, item }))
    }

    /// Adds the sale to the open order, or opens its own and gives back the one before.
    fn take(&mut self, sale: Sale) -> Option<RetailOrder> {
        let Sale { invoice, customer, country, ordered_at, item } = sale;
        match &mut self.open {
            Some(order) if order.invoice == invoice => {
                match order.lines.iter_mut().find(|line| line.sku == item.sku) {
                    Some(line) => {
                        line.quantity = line.quantity.saturating_add(item.quantity);
                        line.amount = line.amount.saturating_add(item.amount);
                    }
                    None => order.lines.push(item),
                }
                None
            }
            _ => self.open.replace(RetailOrder { invoice, customer, country, ordered_at, lines: vec![item], line: self.line }),
        }
    }
}

impl<R: Read> Iterator for RetailReader<R> {
    type Item = Result<RetailOrder, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            match self.record() {
                None => self.ended = true,
                Some(Err(error)) => return Some(Err(error)),
                Some(Ok(record)) => match self.sale(&record) {
                    Err(error) => return Some(Err(error)),
                    Ok(None) => {}
                    Ok(Some(sale)) => {
                        if let Some(done) = self.take(sale) {
                            return Some(Ok(done));
                        }
                    }
                },
            }
        }
        self.open.take().map(Ok)
    }
}

/// Five digits and at most two letters.
fn is_item(code: &str) -> bool {
    let bytes = code.as_bytes();
    (5..=7).contains(&bytes.len()) && bytes[..5].iter().all(u8::is_ascii_digit) && bytes[5..].iter().all(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests;
