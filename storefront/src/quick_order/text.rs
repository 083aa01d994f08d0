//! Rows out of pasted text and files. A row is a SKU and a number; what stands between them may be a tab, a semicolon, a comma or a blank.

use super::{MOST, Row};

/// How the column of SKUs or of barcodes, and that of units, may be called, in small letters.
const CODES: &[&str] =
    &["sku", "article", "article number", "item", "code", "barcode", "gtin", "ean", "artikel", "编号", "商品编号", "条码"];
const UNITS: &[&str] = &["quantity", "qty", "units", "menge", "anzahl", "数量"];

/// Why a file was not read, as the key of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub &'static str);

/// The rows of a text that was copied out of a mail or a table. A SKU without a number is one unit.
pub fn pasted(text: &str) -> Vec<Row> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let rows: Vec<Row> = lines.enumerate().filter(|(at, line)| *at > 0 || !headed(line)).map(|(_, line)| row(line)).collect();
    // One more than there may be says that there are too many.
    rows.into_iter().take(MOST + 1).collect()
}

/// Whether a first line names columns.
fn headed(line: &str) -> bool {
    line.split(['\t', ';', ',']).map(|cell| cell.trim().to_lowercase()).any(|cell| CODES.contains(&cell.as_str()))
}

fn row(line: &str) -> Row {
    // A tab or semicolon stands in no SKU; a comma or blank may, so the number is looked for behind the last.
    for between in ['\t', ';'] {
        if let Some((sku, rest)) = line.split_once(between) {
            let quantity = rest.split(between).next().unwrap_or("").trim();
            return Row::typed(sku, if quantity.is_empty() { "1" } else { quantity });
        }
    }
    match line.rsplit_once(|letter: char| letter == ',' || letter.is_whitespace()) {
        Some((sku, quantity)) if !quantity.is_empty() && quantity.bytes().all(|byte| byte.is_ascii_digit()) => {
            Row::typed(sku.trim_end_matches([',', ' ']), quantity)
        }
        _ => Row::typed(line, "1"),
    }
}

/// The rows of a CSV file in UTF-8. Columns are found by their names; without a header the first is the SKU and the second the number.
pub fn read_file(bytes: &[u8]) -> Result<Vec<Row>, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unreadable("quick-order-not-utf8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or("");
    let between = [b';', b'\t', b','].into_iter().max_by_key(|between| first.bytes().filter(|byte| byte == between).count());
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(between.unwrap_or(b',')).from_reader(text.as_bytes());
    let (mut code, mut units) = (0, 1);
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|_| Unreadable("quick-order-unreadable"))?;
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_lowercase()).collect();
        if at == 0
            && let Some(named) = cells.iter().position(|cell| CODES.contains(&cell.as_str()))
        {
            code = named;
            units = cells.iter().position(|cell| UNITS.contains(&cell.as_str())).unwrap_or(usize::MAX);
            continue;
        }
        // The apostrophe keeps spreadsheets from making a number of a SKU.
        let sku = record.get(code).unwrap_or("").trim().trim_start_matches('\'');
        let quantity = record.get(units).unwrap_or("").trim();
        if !sku.is_empty() || !quantity.is_empty() {
            rows.push(Row::typed(sku, if quantity.is_empty() { "1" } else { quantity }));
        }
        if rows.len() > MOST {
            break;
        }
    }
    if rows.is_empty() { Err(Unreadable("quick-order-file-empty")) } else { Ok(rows) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said(rows: Vec<Row>) -> Vec<(String, String)> {
        rows.into_iter().map(|row| (row.sku, row.quantity)).collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(sku, quantity)| (sku.to_string(), quantity.to_string())).collect()
    }

    #[test]
    fn a_text_is_read_whatever_stands_between() {
        let text = "SKU;Quantity\nMUG-1\t3\r\nMUG 2;4;a note\nMUG,3, 5\n\nMUG 4 6\nMUG-5\nMUG 6 blue\nMUG-7\tx\nMUG-8\t\n";
        let rows = [
            ("MUG-1", "3"),
            ("MUG 2", "4"),
            ("MUG,3", "5"),
            ("MUG 4", "6"),
            ("MUG-5", "1"),
            ("MUG 6 blue", "1"),
            ("MUG-7", "x"),
            ("MUG-8", "1"),
        ];
        assert_eq!(said(pasted(text)), pairs(&rows));
        assert!(pasted(" \n\t\n").is_empty());
        assert_eq!(pasted(&"A 1\n".repeat(MOST + 50)).len(), MOST + 1);
    }

    #[test]
    fn a_file_is_read_with_and_without_a_header() {
        let rows = [("MUG;1", "3"), ("MUG-2", "1"), ("", "4")];
        let headed = "\u{feff}Name;Menge;SKU\r\nMug;3;\"MUG;1\"\r\nBowl;;'MUG-2\r\n;4;\r\n;;\r\n";
        assert_eq!(said(read_file(headed.as_bytes()).unwrap()), pairs(&rows));
        assert_eq!(said(read_file(b"MUG-1,3\nMUG-2,4\n").unwrap()), pairs(&[("MUG-1", "3"), ("MUG-2", "4")]));
        assert_eq!(said(read_file("编号,数量\nA-1,2\n".as_bytes()).unwrap()), pairs(&[("A-1", "2")]));
        assert_eq!(read_file(b"\xff\xfe"), Err(Unreadable("quick-order-not-utf8")));
        assert_eq!(read_file(b"SKU,Quantity\n"), Err(Unreadable("quick-order-file-empty")));
        assert_eq!(read_file(b""), Err(Unreadable("quick-order-file-empty")));
    }
}
