//! Shopify's order export: a row for each line item; what is the order's own stands on the first row of its number.

use super::cell::{self, Decimals, keep};
use super::draft::{AddressDraft, OrderDraft, OrderLineDraft};
use super::report::{FileError, Parsed, RowError};
use super::table::{Column, Row, Table};
use kernel::money::Currency;
use std::collections::HashMap;

/// Columns are looked up once, by these names; a name the file lacks reads as empty.
struct Columns(HashMap<&'static str, Column>);

const NAMES: &[&str] = &[
    "Name",
    "Email",
    "Financial Status",
    "Paid at",
    "Fulfillment Status",
    "Fulfilled at",
    "Accepts Marketing",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Code",
    "Discount Amount",
    "Shipping Method",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem compare at price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem taxable",
    "Lineitem fulfillment status",
    "Billing Name",
    "Billing Street",
    "Billing Address1",
    "Billing Address2",
    "Billing Company",
    "Billing City",
    "Billing Zip",
    "Billing Province",
    "Billing Country",
    "Billing Phone",
    "Shipping Name",
    "Shipping Street",
    "Shipping Address1",
    "Shipping Address2",
    "Shipping Company",
    "Shipping City",
    "Shipping Zip",
    "Shipping Province",
    "Shipping Country",
    "Shipping Phone",
    "Notes",
    "Cancelled at",
    "Payment Method",
    "Payment Reference",
    "Payment References",
    "Refunded Amount",
    "Vendor",
    "Outstanding Balance",
    "Id",
    "Tags",
    "Source",
    "Lineitem discount",
    "Tax 1 Name",
    "Tax 1 Value",
    "Tax 2 Name",
    "Tax 2 Value",
    "Tax 3 Name",
    "Tax 3 Value",
    "Tax 4 Name",
    "Tax 4 Value",
    "Tax 5 Name",
    "Tax 5 Value",
    "Phone",
    "Billing Province Name",
    "Shipping Province Name",
];

impl Columns {
    fn of(table: &Table) -> Result<Columns, FileError> {
        for name in ["Name", "Lineitem quantity", "Lineitem name", "Lineitem price"] {
            table.required(name)?;
        }
        NAMES.iter().map(|name| Ok((*name, table.column(name)?))).collect::<Result<_, FileError>>().map(Columns)
    }

    fn at(&self, name: &str) -> Column {
        self.0.get(name).copied().flatten()
    }
}

struct Reader<'c> {
    columns: &'c Columns,
    shop: Currency,
    orders: Vec<(OrderDraft, bool)>,
    places: HashMap<String, usize>,
    errors: Vec<RowError>,
}

pub(super) fn read(table: &Table, shop: Currency) -> Result<Parsed<OrderDraft>, FileError> {
    let columns = Columns::of(table)?;
    let mut reader = Reader { columns: &columns, shop, orders: Vec::new(), places: HashMap::new(), errors: Vec::new() };
    for row in table.rows() {
        reader.row(row);
    }
    let Reader { orders, errors, .. } = reader;
    let items = orders.into_iter().filter(|(_, bad)| !bad).map(|(order, _)| order).collect();
    Ok(Parsed { items, errors, notes: Vec::new(), format: table.format })
}

impl Reader<'_> {
    fn row(&mut self, row: Row<'_>) {
        let before = self.errors.len();
        let name = self.columns.at("Name");
        let wide = row.check_width();
        let Some(number) = row.id(name) else {
            self.errors.push(wide.err().unwrap_or_else(|| row.error(name, "the row has no order number")));
            return;
        };
        let known = self.places.get(&number).copied();
        let place = match known {
            Some(place) => place,
            None => {
                let order = self.order(row, number.clone());
                self.orders.push((order, false));
                self.places.insert(number, self.orders.len() - 1);
                self.orders.len() - 1
            }
        };
        match wide {
            Err(error) => {
                // Its cells may stand in wrong columns: what was read of it says nothing.
                self.errors.truncate(before);
                self.errors.push(error);
            }
            Ok(()) => {
                self.repeated(row, place, known.is_some());
                let currency = self.orders[place].0.currency;
                if let Some(line) = self.line(row, currency) {
                    self.orders[place].0.lines.push(line);
                }
            }
        }
        self.orders[place].1 |= self.errors.len() > before;
    }

    /// Two orders of one number would melt into one: the export has the order's own fields on its first row only.
    fn repeated(&mut self, row: Row<'_>, place: usize, known: bool) {
        let column = self.columns.at("Id");
        let order = &self.orders[place].0;
        if known && row.id(column).is_some_and(|id| order.external_id.as_ref().is_some_and(|first| *first != id)) {
            let reason = format!("the order on line {} has the same number and another id", order.line);
            self.errors.push(row.error(column, reason));
        }
    }

    fn order(&mut self, row: Row<'_>, number: String) -> OrderDraft {
        let columns = self.columns;
        let at = |name: &str| columns.at(name);
        let errors = &mut self.errors;
        let code = row.get(at("Currency")).to_uppercase();
        let currency = match Currency::parse(&code) {
            Some(currency) => currency,
            None if code.is_empty() => self.shop,
            None => {
                errors.push(row.error(at("Currency"), "not a currency code such as EUR"));
                self.shop
            }
        };
        let mut amount = |name| keep(cell::amount(row, at(name), currency, Decimals::Point), errors);
        let (subtotal, shipping, taxes, total) = (amount("Subtotal"), amount("Shipping"), amount("Taxes"), amount("Total"));
        let (refunded, outstanding, discount) = (amount("Refunded Amount"), amount("Outstanding Balance"), amount("Discount Amount"));
        let tax = |n: u8| (at(&format!("Tax {n} Name")), at(&format!("Tax {n} Value")));
        let mut tax_lines = Vec::new();
        for (name, value) in (1..=5).map(tax) {
            if let Some(minor) = keep(cell::amount(row, value, currency, Decimals::Point), errors) {
                tax_lines.push((row.get(name).to_string(), minor));
            }
        }
        let lower = |name| row.text(at(name)).map(|text| text.to_lowercase());
        OrderDraft {
            number,
            external_id: row.id(at("Id")),
            email: keep(cell::email(row, at("Email")), errors),
            phone: row.id(at("Phone")),
            financial_status: lower("Financial Status"),
            fulfillment_status: lower("Fulfillment Status").filter(|status| status != "unfulfilled"),
            created_at: keep(cell::instant(row, at("Created at")), errors),
            paid_at: keep(cell::instant(row, at("Paid at")), errors),
            fulfilled_at: keep(cell::instant(row, at("Fulfilled at")), errors),
            cancelled_at: keep(cell::instant(row, at("Cancelled at")), errors),
            accepts_marketing: keep(cell::flag(row, at("Accepts Marketing")), errors),
            currency,
            subtotal,
            shipping,
            taxes,
            total,
            refunded,
            outstanding,
            discount_code: row.text(at("Discount Code")),
            discount,
            tax_lines,
            shipping_method: row.text(at("Shipping Method")),
            payment_method: row.text(at("Payment Method")),
            payment_reference: row.id(at("Payment Reference")).or_else(|| row.id(at("Payment References"))),
            billing: address(row, columns, "Billing"),
            delivery: address(row, columns, "Shipping"),
            note: row.text(at("Notes")),
            tags: cell::list(row.get(at("Tags"))),
            source: row.text(at("Source")),
            lines: Vec::new(),
            line: row.line,
        }
    }

    fn line(&mut self, row: Row<'_>, currency: Currency) -> Option<OrderLineDraft> {
        let columns = self.columns;
        let at = |name| columns.at(name);
        let errors = &mut self.errors;
        let before = errors.len();
        let price = keep(cell::price(row, at("Lineitem price"), currency, Decimals::Point), errors);
        let quantity = keep(cell::count(row, at("Lineitem quantity")), errors);
        let line = OrderLineDraft {
            sku: row.id(at("Lineitem sku")),
            name: row.get(at("Lineitem name")).to_string(),
            quantity: quantity.unwrap_or(0),
            price: price.unwrap_or(0),
            compare_at: keep(cell::price(row, at("Lineitem compare at price"), currency, Decimals::Point), errors),
            discount: keep(cell::price(row, at("Lineitem discount"), currency, Decimals::Point), errors),
            requires_shipping: keep(cell::flag(row, at("Lineitem requires shipping")), errors),
            taxable: keep(cell::flag(row, at("Lineitem taxable")), errors),
            fulfillment_status: row.text(at("Lineitem fulfillment status")).map(|text| text.to_lowercase()),
            vendor: row.text(at("Vendor")),
            line: row.line,
        };
        if errors.len() == before {
            if line.name.is_empty() {
                errors.push(row.error(at("Lineitem name"), "the line has no name"));
            } else if quantity.is_none_or(|quantity| quantity <= 0) {
                errors.push(row.error(at("Lineitem quantity"), "the line needs a quantity of at least 1"));
            } else if price.is_none() {
                errors.push(row.error(at("Lineitem price"), "the line has no price"));
            }
        }
        (errors.len() == before).then_some(line)
    }
}

/// One of the two addresses, if the row has anything of it. Country and province are codes in this export; the province's name has
/// a column of its own.
fn address(row: Row<'_>, columns: &Columns, kind: &str) -> Option<AddressDraft> {
    let at = |name: &str| columns.at(&format!("{kind} {name}"));
    let address = AddressDraft {
        name: row.text(at("Name")),
        company: row.text(at("Company")),
        // "Street" is both lines in one; files without the lines have it alone.
        address1: row.text(at("Address1")).or_else(|| row.text(at("Street"))),
        address2: row.text(at("Address2")),
        city: row.text(at("City")),
        province: row.text(at("Province Name")),
        province_code: row.text(at("Province")),
        country: None,
        country_code: row.text(at("Country")),
        zip: row.id(at("Zip")),
        phone: row.id(at("Phone")),
    };
    (address != AddressDraft::default()).then_some(address)
}
