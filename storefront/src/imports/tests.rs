use super::*;
use proptest::prelude::*;

/// A file of `tests/fixtures/imports`.
pub(super) fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/../tests/fixtures/imports/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Line, column and value of each report.
pub(super) fn places(reports: &[RowError]) -> Vec<(u64, &str, &str)> {
    reports.iter().map(|error| (error.line, error.column.as_str(), error.value.as_str())).collect()
}

pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_string())
}

#[test]
fn a_customer_file_is_read_with_its_mistakes() {
    let parsed = read_customers(fixture("shopify_customers.csv").as_slice(), Currency::EUR).unwrap();
    let [anna, ming] = parsed.items.as_slice() else { panic!("{:?}", parsed.items) };
    let address = AddressDraft {
        name: text("Anna Öz"),
        address1: text("Hauptstr. 1"),
        city: text("Dresden"),
        province_code: text("SN"),
        country_code: text("DE"),
        zip: text("01067"),
        ..AddressDraft::default()
    };
    let expected = CustomerDraft {
        external_id: text("7000000000001"),
        email: text("anna@mail.example"),
        first_name: text("Anna"),
        last_name: text("Öz"),
        phone: text("+4935112345"),
        address: Some(address),
        accepts_email: Some(true),
        accepts_sms: Some(false),
        total_spent: Some(12050),
        total_orders: Some(3),
        note: text("Likes oolong,\nnot green"),
        tax_exempt: Some(false),
        tags: vec!["vip".into(), "tea".into()],
        birthday: None,
        line: 2,
    };
    assert_eq!(anna, &expected);
    assert_eq!((ming.first_name.as_deref(), ming.email.as_deref(), ming.phone.as_deref()), (Some("明"), None, Some("+8613800000000")));
    assert_eq!(
        places(&parsed.errors),
        [(4, "Email", "not-a-mail"), (4, "Accepts Email Marketing", "perhaps"), (5, "Email", "ANNA@mail.example"), (6, "Email", "")]
    );
}

#[test]
fn an_older_customer_file_says_the_same_in_other_columns() {
    let parsed = read_customers(fixture("shopify_customers_older.csv").as_slice(), Currency::EUR).unwrap();
    assert_eq!((parsed.items.len(), parsed.errors.len()), (1, 0));
    let address = parsed.items[0].address.clone().unwrap();
    assert_eq!(
        (address.company, address.country, address.country_code, address.zip),
        (text("Öz GmbH"), text("Germany"), text("DE"), text("01067"))
    );
    assert_eq!((parsed.items[0].phone.as_deref(), parsed.items[0].external_id.as_deref()), (Some("+4935112345"), None));
}

#[test]
fn an_order_has_its_lines_from_several_rows() {
    let parsed = read_orders(fixture("shopify_orders.csv").as_slice(), Currency::EUR).unwrap();
    let [first, second] = parsed.items.as_slice() else { panic!("{:?}", parsed.items) };
    assert_eq!((first.number.as_str(), first.total, first.refunded, first.discount), ("#1001", Some(4590), Some(500), Some(450)));
    assert_eq!(first.created_at.unwrap().to_rfc3339(), "2024-03-01T02:14:58+00:00");
    assert_eq!(first.fulfilled_at.unwrap().to_rfc3339(), "2024-03-02T14:00:00+00:00");
    assert_eq!(first.tax_lines, [("DE VAT 19%".to_string(), 733)]);
    assert_eq!(first.note.as_deref(), Some("Ring\ntwice"));
    let lines: Vec<_> = first.lines.iter().map(|line| (line.sku.as_deref(), line.quantity, line.price, line.discount, line.line)).collect();
    assert_eq!(lines, [(Some("00123"), 2, 1250, Some(250), 2), (Some("GW-150"), 1, 2050, Some(0), 4)]);
    let (billing, delivery) = (first.billing.clone().unwrap(), first.delivery.clone().unwrap());
    assert_eq!(
        (billing.address1, billing.address2, billing.zip, billing.province),
        (text("Hauptstr. 1"), text("Hof"), text("01067"), text("Saxony"))
    );
    assert_eq!((delivery.address1, delivery.zip, delivery.country_code), (text("Weg 2"), text("1010"), text("AT")));
    // Its own currency, which has no cents, and a state that is none.
    assert_eq!((second.currency, second.total, second.fulfillment_status.as_deref()), (Currency::JPY, Some(3000), None));
    assert!(second.cancelled_at.is_some());
    assert_eq!(
        places(&parsed.errors),
        [(6, "Currency", "XXX"), (6, "Created at", "yesterday"), (6, "Lineitem quantity", "0"), (7, "Name", "")]
    );
}

#[test]
fn a_file_of_another_kind_says_what_was_expected() {
    let error = read_products(fixture("shopify_customers.csv").as_slice(), Currency::EUR).unwrap_err().to_string();
    assert!(error.starts_with("the header belongs to a Shopify customer export; expected a Shopify product export"), "{error}");
    let error = read_orders("a,b\n1,2\n".as_bytes(), Currency::EUR).unwrap_err().to_string();
    assert_eq!(error, "the header is of no known file; expected a Shopify order export (with Name and Lineitem name); found \"a, b\"");
}

/// Cells that have gone wrong in some shop, or look as if they could.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("TRUE".into()),
        Just("variation".into()),
        Just("id:1".into()),
        Just("h".into()),
        "[-0-9.,' ]{0,24}",
        "\\PC{0,12}",
        "[\\[\\]{}\",:a\\\\>\n\r\t=+@-]{0,12}",
    ]
}

fn read_all(bytes: &[u8]) {
    let _ = read_products(bytes, Currency::KWD);
    let _ = read_customers(bytes, Currency::JPY);
    let _ = read_orders(bytes, Currency::EUR);
    if let Ok(retail) = read_retail(bytes, Currency::EUR) {
        retail.for_each(drop);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }

    #[test]
    fn no_cells_under_a_real_header_panic(which in 0usize..7, rows in prop::collection::vec(prop::collection::vec(cell(), 60), 1..6)) {
        let files = ["shopify_classic.csv", "shopify_2024.csv", "woocommerce.csv", "shopify_customers.csv", "shopify_orders.csv",
            "shopify_customers_older.csv", "retail_excerpt.csv"];
        let bytes = fixture(files[which]);
        let mut header = csv::StringRecord::new();
        csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice()).read_record(&mut header).unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header).unwrap();
        for row in &rows {
            writer.write_record(row.iter().cycle().take(header.len())).unwrap();
        }
        read_all(&writer.into_inner().unwrap());
    }
}
