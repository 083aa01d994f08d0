//! Shopify's customer export, old and new columns.

use super::cell::{self, Decimals, keep};
use super::draft::{AddressDraft, CustomerDraft};
use super::report::{FileError, Parsed, RowError};
use super::table::{Column, Row, Table};
use kernel::money::Currency;
use std::collections::HashMap;

struct Columns {
    id: Column,
    email: usize,
    first_name: Column,
    last_name: Column,
    phone: Column,
    accepts_email: Column,
    accepts_sms: Column,
    total_spent: Column,
    total_orders: Column,
    note: Column,
    tax_exempt: Column,
    tags: Column,
    /// Of this shop's own exports; Shopify's have none.
    birthday: Column,
    company: Column,
    address1: Column,
    address2: Column,
    city: Column,
    province: Column,
    province_code: Column,
    country: Column,
    country_code: Column,
    zip: Column,
    /// The address's own phone; older files have one phone for both.
    address_phone: Column,
}

impl Columns {
    fn of(table: &Table) -> Result<Columns, FileError> {
        let address = |name: &str| table.either(&format!("Default Address {name}"), name);
        Ok(Columns {
            id: table.column("Customer ID")?,
            email: table.required("Email")?,
            first_name: table.column("First Name")?,
            last_name: table.column("Last Name")?,
            phone: table.column("Phone")?,
            accepts_email: table.either("Accepts Email Marketing", "Accepts Marketing")?,
            accepts_sms: table.column("Accepts SMS Marketing")?,
            total_spent: table.column("Total Spent")?,
            total_orders: table.column("Total Orders")?,
            note: table.column("Note")?,
            tax_exempt: table.column("Tax Exempt")?,
            tags: table.column("Tags")?,
            birthday: table.column("Birthday")?,
            company: address("Company")?,
            address1: address("Address1")?,
            address2: address("Address2")?,
            city: address("City")?,
            province: address("Province")?,
            province_code: address("Province Code")?,
            country: address("Country")?,
            country_code: address("Country Code")?,
            zip: address("Zip")?,
            address_phone: table.column("Default Address Phone")?,
        })
    }
}

pub(super) fn read(table: &Table, currency: Currency) -> Result<Parsed<CustomerDraft>, FileError> {
    let columns = Columns::of(table)?;
    let mut items = Vec::new();
    let mut errors = Vec::new();
    let mut seen: HashMap<String, u64> = HashMap::new();
    for row in table.rows() {
        let before = errors.len();
        if let Err(error) = row.check_width() {
            errors.push(error);
            continue;
        }
        let draft = customer(row, &columns, currency, &mut errors);
        for (column, key) in
            [(Some(columns.email), draft.email.as_ref().map(|email| email.to_lowercase())), (columns.id, draft.external_id.clone())]
        {
            let Some(key) = key else { continue };
            match seen.get(&key) {
                Some(first) => errors.push(row.error(column, format!("line {first} is the same customer"))),
                None => drop(seen.insert(key, row.line)),
            }
        }
        if errors.len() == before {
            items.push(draft);
        }
    }
    Ok(Parsed { items, errors, notes: Vec::new(), format: table.format })
}

fn customer(row: Row<'_>, columns: &Columns, currency: Currency, errors: &mut Vec<RowError>) -> CustomerDraft {
    let mailless = row.get(Some(columns.email)).is_empty();
    let draft = CustomerDraft {
        external_id: row.id(columns.id),
        email: keep(cell::email(row, Some(columns.email)), errors),
        first_name: row.text(columns.first_name),
        last_name: row.text(columns.last_name),
        phone: row.id(columns.phone),
        address: address(row, columns),
        accepts_email: keep(cell::flag(row, columns.accepts_email), errors),
        accepts_sms: keep(cell::flag(row, columns.accepts_sms), errors),
        total_spent: keep(cell::amount(row, columns.total_spent, currency, Decimals::Point), errors),
        total_orders: keep(cell::count(row, columns.total_orders), errors),
        note: row.text(columns.note),
        tax_exempt: keep(cell::flag(row, columns.tax_exempt), errors),
        tags: cell::list(row.get(columns.tags)),
        birthday: keep(cell::birthday(row, columns.birthday), errors),
        line: row.line,
    };
    if mailless && draft.phone.is_none() && draft.external_id.is_none() {
        errors.push(row.error(Some(columns.email), "the customer has neither mail address nor phone nor id"));
    }
    draft
}

/// The default address, if the row has anything of one. The name on it is the customer's.
fn address(row: Row<'_>, columns: &Columns) -> Option<AddressDraft> {
    let name = [row.get(columns.first_name), row.get(columns.last_name)].join(" ");
    let address = AddressDraft {
        name: None,
        company: row.text(columns.company),
        address1: row.text(columns.address1),
        address2: row.text(columns.address2),
        city: row.text(columns.city),
        province: row.text(columns.province),
        province_code: row.text(columns.province_code),
        country: row.text(columns.country),
        country_code: row.text(columns.country_code),
        zip: row.id(columns.zip),
        phone: row.id(columns.address_phone),
    };
    let name = Some(name.trim().to_string()).filter(|name| !name.is_empty());
    (address != AddressDraft::default()).then_some(AddressDraft { name, ..address })
}
