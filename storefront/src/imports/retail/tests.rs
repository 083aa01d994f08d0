use super::super::tests::fixture;
use super::*;
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    lines: usize,
    orders: usize,
    customers: usize,
    items: usize,
    revenue: i64,
}

fn figures(input: impl Read) -> Figures {
    let pounds = Currency::parse("GBP").unwrap();
    let (mut sum, mut customers, mut items, mut invoices) = (Figures::default(), HashSet::new(), HashSet::new(), HashSet::new());
    for order in read_retail(input, pounds).unwrap() {
        let order = order.unwrap();
        sum.lines += order.lines.len();
        sum.orders += 1;
        sum.revenue += order.total();
        items.extend(order.lines.iter().map(|line| line.sku.clone()));
        customers.insert(order.customer);
        assert!(invoices.insert(order.invoice), "an invoice came in two parts");
    }
    (sum.customers, sum.items) = (customers.len(), items.len());
    sum
}

/// The whole data stands beside a checkout, not in it.
#[test]
fn the_whole_data_comes_to_its_published_figures() {
    let name = "shared/data/retail/online_retail_until_2011-11-08.csv.gz";
    let Some(path) = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join(name)).find(|path| path.exists()) else {
        eprintln!("NOT RUN: {name} is in no folder above; only the excerpt was checked");
        return;
    };
    let expected = Figures { lines: 322_737, orders: 15_615, customers: 4_063, items: 3_618, revenue: 739_798_198 };
    assert_eq!(figures(File::open(path).unwrap()), expected);
}

#[test]
fn an_excerpt_comes_to_its_figures() {
    let bytes = fixture("retail_excerpt.csv");
    let expected = Figures { lines: 113, orders: 5, customers: 4, items: 110, revenue: 165_644 };
    assert_eq!(figures(bytes.as_slice()), expected);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &bytes).unwrap();
    assert_eq!(figures(packed.finish().unwrap().as_slice()), expected);
}

#[test]
fn an_order_has_one_line_for_an_item() {
    let bytes = fixture("retail_excerpt.csv");
    let orders: Vec<RetailOrder> = read_retail(bytes.as_slice(), Currency::EUR).unwrap().collect::<Result<_, _>>().unwrap();
    let first = &orders[0];
    assert_eq!(
        (first.invoice.as_str(), first.customer.as_str(), first.country.as_str(), first.line),
        ("536365", "17850", "United Kingdom", 2)
    );
    assert_eq!((first.lines.len(), first.total(), first.ordered_at.to_string()), (7, 13912, "2010-12-01 08:26:00".to_string()));
    let lantern = RetailLine { sku: "71053".into(), name: "WHITE METAL LANTERN".into(), quantity: 6, price: 339, amount: 2034 };
    assert_eq!(first.lines[1], lantern);
}

#[test]
fn a_wrong_row_is_reported_and_the_rest_read() {
    let header = "Country,InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID";
    let good = "UK,1,12345a,Cup,2,2010-12-01 08:26:00,1.50,7";
    let text =
        format!("\u{feff}{header}\r\n{good}\r\nUK,2,12345,Cup,two,2010-12-01 08:26:00,1.50,7\nUK,3\n{good}\nUK,4,POST,Post,1,never,1,7\n");
    let read: Vec<_> = read_retail(text.as_bytes(), Currency::EUR).unwrap().collect();
    let errors: Vec<_> = read.iter().filter_map(|row| row.as_ref().err()).map(|error| (error.line, error.column.as_str())).collect();
    assert_eq!(errors, [(3, "Quantity"), (4, "")]);
    let orders: Vec<_> = read.into_iter().flatten().collect();
    assert_eq!((orders.len(), orders[0].lines[0].quantity, orders[0].lines[0].sku.as_str()), (1, 4, "12345A"));
    assert!(read_retail("a,b\n".as_bytes(), Currency::EUR).err().unwrap().to_string().contains("expected InvoiceNo"));
    let endless = read_retail(header.as_bytes().chain(&b"\n"[..]).chain(std::io::repeat(b'x')), Currency::EUR).unwrap();
    assert_eq!(endless.filter(Result::is_err).count(), 1);
}
