use super::*;

fn table(text: &str) -> Result<Table, FileError> {
    Table::read(text.as_bytes(), "something else")
}

fn message(bytes: &[u8]) -> String {
    Table::read(bytes, "something else").err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn lines_count_from_the_first_and_through_cells_of_several() {
    let table = table("\u{feff}Handle,Title\r\n\r\na,\"one\r\ntwo\"\r\n\n\nb,three\n,\n\"c\",\"x\ny\nz\"\nd,four").unwrap();
    let lines: Vec<_> = table.rows().map(|row| (row.line, row.get(Some(0)))).collect();
    assert_eq!(lines, [(3, "a"), (7, "b"), (9, "c"), (12, "d")]);
}

#[test]
fn files_that_are_no_csv_say_what_they_are() {
    assert_eq!(message(b""), "the file is empty");
    assert_eq!(message(b"\xef\xbb\xbf"), "the file is empty");
    assert_eq!(message(b"\n\n"), "the file is empty");
    assert_eq!(message(b"PK\x03\x04..."), "the file is a spreadsheet or ZIP archive, not CSV; export it as CSV with UTF-8 encoding");
    assert_eq!(message(b"\xff\xfeH\0a\0"), "the file is UTF-16 text, not CSV; export it as CSV with UTF-8 encoding");
    assert_eq!(message(b"Handle\0"), "the file is binary, not CSV; export it as CSV with UTF-8 encoding");
    assert_eq!(message(b"Handle,Title\na,b\nc,caf\xe9\n"), "the text is not UTF-8 (first wrong byte on line 3); save it as \"CSV UTF-8\"");
    assert_eq!(message(b"Handle;Title\na;b\n"), "the columns are separated by semicolons, not by commas; export the file with commas");
}

#[test]
fn an_endless_cell_is_an_unclosed_quote() {
    let text = format!("Handle,Title\na,b\nc,\"{}", "x".repeat(CELL_LIMIT + 1));
    assert_eq!(message(text.as_bytes()), "line 3 has a cell of more than 1 MiB: probably an opening quote that is never closed");
}

#[test]
fn an_endless_file_is_refused_at_the_limit() {
    let error = Table::read(std::io::repeat(b'x'), "something else").err().unwrap();
    assert_eq!(error.to_string(), "the file is larger than 256 MiB; export it in parts");
}

#[test]
fn columns_are_found_in_any_case_and_refused_twice() {
    let table = table("HANDLE,title,Tags,tags\n").unwrap();
    assert_eq!(
        (table.column("Handle").unwrap(), table.column("Title").unwrap(), table.column("Vendor").unwrap()),
        (Some(0), Some(1), None)
    );
    assert_eq!(table.column("Tags").unwrap_err().to_string(), "the header has the column \"Tags\" twice; which one counts cannot be told");
    assert_eq!(table.required("Vendor").unwrap_err().to_string(), "the header lacks the column \"Vendor\"");
}

#[test]
fn rows_have_the_width_of_the_header() {
    let table = table("Handle,Title\na\na,b,c\na,b,,\na,b\n").unwrap();
    let fits: Vec<bool> = table.rows().map(|row| row.check_width().is_ok()).collect();
    assert_eq!(fits, [false, false, true, true]);
}

#[test]
fn formulas_are_guarded_and_freed() {
    for (cell, guarded) in
        [("=1+1", "'=1+1"), ("+49", "'+49"), ("@a", "'@a"), ("\tx", "'\tx"), ("'=a", "''=a"), ("-3", "-3"), ("-a", "'-a"), ("-", "'-")]
    {
        assert_eq!((guard(cell).as_ref(), unguard(guarded)), (guarded, cell));
    }
    for plain in ["", "tea", "'tea", "1-2", "a=b"] {
        assert_eq!((guard(plain).as_ref(), unguard(plain)), (plain, plain));
    }
}
