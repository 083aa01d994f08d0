//! Reading a file of prices: pure, without the database.

use super::entries::{MAX_BREAKS, check};
use super::resolve::{Break, QuantityRule};
use crate::imports::unguard;
use crate::units::Measure;
use kernel::Error;
use kernel::error::said;
use kernel::money::{Currency, Money};
use std::collections::{HashMap, HashSet};

/// The columns of a file. `sku` has to be there, and a price or a quantity rule in each row. Quantities are in the unit of the goods, such as 2.50;
/// `unit` is its code and only says that who wrote the file means the same.
pub const COLUMNS: [&str; 6] = ["sku", "min_quantity", "price", "minimum", "increment", "unit"];
/// Rows of one file.
const MOST: usize = 200_000;

/// Why nothing of a file can be read. Each is a text key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    NotText,
    NotCsv,
    NoSku,
    Empty,
    TooLong,
}

impl FileError {
    pub fn key(self) -> &'static str {
        match self {
            FileError::NotText => "price-file-not-text",
            FileError::NotCsv => "price-file-not-csv",
            FileError::NoSku => "price-file-no-sku",
            FileError::Empty => "price-file-empty",
            FileError::TooLong => "price-file-too-long",
        }
    }
}

/// What a row wants of the variant with its SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    pub line: u64,
    pub sku: String,
    pub price: Option<Break>,
    pub rule: Option<QuantityRule>,
}

/// A row that cannot be taken over: its line, and why as a text key with arguments.
pub type Mistake = (u64, String);

/// The SKUs of a file, each as often as it stands there; what cannot be read has none.
pub fn skus(bytes: &[u8]) -> Vec<String> {
    let Ok((mut reader, names)) = opened(bytes) else { return Vec::new() };
    let Some(sku) = names.iter().position(|known| known == COLUMNS[0]) else { return Vec::new() };
    let cell = |record: csv::StringRecord| record.get(sku).map(|text| unguard(text.trim()).to_string());
    reader.records().filter_map(|record| record.ok().and_then(cell)).collect()
}

/// The rows of a file, and what its columns are called.
fn opened(bytes: &[u8]) -> Result<(csv::Reader<&[u8]>, Vec<String>), FileError> {
    let text = std::str::from_utf8(bytes).map_err(|_| FileError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains('\0') {
        return Err(FileError::NotText);
    }
    let header = text.lines().next().ok_or(FileError::Empty)?;
    let separator = if header.contains(';') && !header.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(|_| FileError::NotCsv)?.iter().map(|name| name.trim().to_lowercase()).collect();
    Ok((reader, names))
}

/// Reads a file whose columns are separated by commas or semicolons, with prices in `currency`. `measures` says in what the goods of a SKU are
/// counted that are no pieces. A row's mistakes are in the result.
pub fn read(bytes: &[u8], currency: Currency, measures: &HashMap<String, Measure>) -> Result<(Vec<FileRow>, Vec<Mistake>), FileError> {
    let (mut reader, names) = opened(bytes)?;
    let column = |name: &str| names.iter().position(|known| known == name);
    let [sku, from, price, minimum, increment, unit] = COLUMNS.map(column);
    let Some(sku) = sku else { return Err(FileError::NoSku) };
    let (mut rows, mut mistakes) = (Vec::new(), Vec::new());
    let mut prices: HashMap<String, HashSet<i64>> = HashMap::new();
    let mut rules: HashMap<String, QuantityRule> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|_| FileError::NotCsv)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |column: Option<usize>| column.and_then(|at| record.get(at)).map_or("", str::trim);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() + mistakes.len() >= MOST {
            return Err(FileError::TooLong);
        }
        let own = unguard(cell(Some(sku)));
        let measure = measures.get(own).copied().unwrap_or_default();
        let cells = [cell(from), cell(price), cell(minimum), cell(increment)];
        let read = same_unit(cell(unit), measure).and_then(|()| row(line, own, cells, currency, measure));
        let twice = |row: &FileRow| {
            let known = prices.get(&row.sku);
            let again = row.price.is_some_and(|one| known.is_some_and(|known| known.contains(&one.from)));
            let other = row.rule.is_some_and(|rule| rules.get(&row.sku).is_some_and(|known| *known != rule));
            let many = row.price.is_some() && known.is_some_and(|known| known.len() >= MAX_BREAKS);
            if again || other {
                Some(said("price-row-twice", &[("sku", &row.sku)]))
            } else {
                many.then(|| "price-list-breaks-many".to_string())
            }
        };
        match read.and_then(|row| twice(&row).map_or(Ok(row), Err)) {
            Ok(row) => {
                if let Some(one) = row.price {
                    prices.entry(row.sku.clone()).or_default().insert(one.from);
                }
                rules.extend(row.rule.map(|rule| (row.sku.clone(), rule)));
                rows.push(row);
            }
            Err(reason) => mistakes.push((line, reason)),
        }
    }
    if rows.is_empty() && mistakes.is_empty() { Err(FileError::Empty) } else { Ok((rows, mistakes)) }
}

/// Whether a row means the unit that its goods are sold in; without one it does.
fn same_unit(written: &str, measure: Measure) -> Result<(), String> {
    let same = written.is_empty() || written.eq_ignore_ascii_case(measure.unit.as_str());
    if same { Ok(()) } else { Err(said("price-row-unit", &[("value", &short(written)), ("unit", &measure.unit.as_str())])) }
}

fn row(
    line: u64,
    sku: &str,
    [from, price, minimum, increment]: [&str; 4],
    currency: Currency,
    measure: Measure,
) -> Result<FileRow, String> {
    if sku.is_empty() {
        return Err("price-row-no-sku".into());
    }
    let number = |text: &str| match text {
        "" => Ok(1),
        text => measure.read(text).ok_or_else(|| said("price-row-number", &[("value", &short(text))])),
    };
    let price = match price {
        "" => None,
        text => match Money::parse(text, currency) {
            Ok(money) => Some(Break { from: number(from)?, unit_price: money.minor }),
            Err(_) => return Err(said("price-row-price", &[("value", &short(text))])),
        },
    };
    let rule = match (minimum, increment) {
        ("", "") => None,
        (minimum, increment) => {
            let increment = number(increment)?;
            let minimum = if minimum.is_empty() { increment } else { number(minimum)? };
            Some(QuantityRule { minimum, increment })
        }
    };
    if price.is_none() && rule.is_none() {
        return Err("price-row-empty".into());
    }
    match check(price.as_slice(), rule, measure) {
        Ok(()) => Ok(FileRow { line, sku: sku.to_string(), price, rule }),
        Err(Error::Invalid(fields)) => Err(fields.0.into_values().next().unwrap_or_default()),
        Err(error) => Err(error.to_string()),
    }
}

/// The beginning of what somebody wrote, to be told.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;

    #[test]
    fn rows_are_read_and_each_mistake_is_told_with_its_line() {
        let file = "\u{feff}SKU;Price;Min_quantity;minimum;increment\nMUG;12.50;;6;6\nMUG;11;10;;\nCUP;;;4;\nCUP;x;;;\n;1;;;\nMUG;9;10;;\nBOWL;1;;5;2\n;;;;\nBOWL;;;;\n";
        let (rows, mistakes) = read(file.as_bytes(), Currency::EUR, &HashMap::new()).expect("a file");
        let rule = |minimum, increment| Some(QuantityRule { minimum, increment });
        let price = |from, unit_price| Some(Break { from, unit_price });
        let wanted = [("MUG", price(1, 1250), rule(6, 6)), ("MUG", price(10, 1100), None), ("CUP", None, rule(4, 1))];
        let found: Vec<_> = rows.iter().map(|row| (row.sku.as_str(), row.price, row.rule)).collect();
        assert_eq!(found, wanted);
        let lines: Vec<u64> = mistakes.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, vec![5, 6, 7, 8, 10], "{mistakes:?}");
        assert_eq!(read(b"a,b\n1,2\n", Currency::EUR, &HashMap::new()), Err(FileError::NoSku));
        assert_eq!(read(b"sku,price\n", Currency::EUR, &HashMap::new()), Err(FileError::Empty));
        // Quantities of cloth are metres, and a unit that is another is told.
        let measures = HashMap::from([("CLOTH".to_string(), Measure::new(Unit::Metre, 2))]);
        let file = "sku,min_quantity,price,minimum,increment,unit\nCLOTH,2.5,9.00,0.50,0.25,MTR\nCLOTH,5,8,,,C62\nCLOTH,1.234,8,,,\n";
        let (rows, mistakes) = read(file.as_bytes(), Currency::EUR, &measures).expect("a file");
        assert_eq!(rows.iter().map(|row| (row.price, row.rule)).collect::<Vec<_>>(), [(price(250, 900), rule(50, 25))]);
        assert_eq!(mistakes.iter().map(|(line, _)| *line).collect::<Vec<u64>>(), vec![3, 4]);
        assert_eq!(read(&[0xff, 0xfe], Currency::EUR, &HashMap::new()), Err(FileError::NotText));
    }
}
