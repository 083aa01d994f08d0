//! A requisition list as a file that quick order reads.

use super::export::write_row;
use super::export_catalogue::unwritable;
use kernel::Result;
use std::io::Write;

const COLUMNS: [&str; 4] = ["SKU", "Quantity", "Title", "Options"];

/// Writes the lines of a list: SKU, title, options and units of each.
pub fn export_list(lines: &[(String, String, String, String)], out: impl Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    write_row(&mut writer, &COLUMNS.map(str::to_string)).map_err(unwritable)?;
    for (sku, title, options, quantity) in lines {
        write_row(&mut writer, &[sku.clone(), quantity.clone(), title.clone(), options.clone()]).map_err(unwritable)?;
    }
    writer.flush().map_err(unwritable)
}
