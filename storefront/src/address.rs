//! A postal address, parsed and checked at the edge, stored as JSON in carts and frozen into orders.

use crate::tax::Place;
use crate::vat_id;
use kernel::error::Fields;
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Address {
    pub name: String,
    pub company: String,
    pub line1: String,
    pub line2: String,
    pub postal_code: String,
    pub city: String,
    pub region: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: String,
    /// The VAT identification number of a company, with its prefix; empty without one.
    pub vat_id: String,
}

/// Countries whose addresses have no postal code, and so must not ask for one (Universal Postal Union).
const NO_POSTAL_CODE: [&str; 6] = ["AE", "HK", "IE", "PA", "QA", "JM"];

impl Address {
    /// Trims every field and checks what a parcel needs. `prefix` is put before field names in errors, such as `shipping_`.
    pub fn checked(self, prefix: &str) -> Result<Address> {
        let trim = |text: String| text.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ");
        let mut address = Address {
            name: trim(self.name),
            company: trim(self.company),
            line1: trim(self.line1),
            line2: trim(self.line2),
            postal_code: trim(self.postal_code),
            city: trim(self.city),
            region: trim(self.region),
            country: trim(self.country).to_uppercase(),
            phone: trim(self.phone),
            vat_id: trim(self.vat_id),
        };
        let mut fields = Fields::default();
        let required = [("name", &address.name), ("line1", &address.line1), ("city", &address.city)];
        for (name, value) in required {
            if value.is_empty() {
                fields.add(&format!("{prefix}{name}"), "field-required");
            }
        }
        let all = [
            ("name", &address.name),
            ("company", &address.company),
            ("line1", &address.line1),
            ("line2", &address.line2),
            ("postal_code", &address.postal_code),
            ("city", &address.city),
            ("region", &address.region),
            ("phone", &address.phone),
        ];
        for (name, value) in all {
            if value.chars().count() > 120 {
                fields.add(&format!("{prefix}{name}"), "field-too-long");
            }
        }
        if address.country.len() != 2 || !address.country.bytes().all(|b| b.is_ascii_uppercase()) {
            fields.add(&format!("{prefix}country"), "country-required");
        } else if address.postal_code.is_empty() && !NO_POSTAL_CODE.contains(&address.country.as_str()) {
            fields.add(&format!("{prefix}postal_code"), "field-required");
        }
        if !address.vat_id.is_empty() {
            match vat_id::parse(&address.vat_id, &address.country) {
                Some(number) => address.vat_id = number,
                None => fields.add(&format!("{prefix}vat_id"), "vat-id-invalid"),
            }
        }
        fields.check()?;
        Ok(address)
    }

    /// Where something sent there is taxed.
    pub fn place(&self) -> Place {
        Place { country: self.country.clone(), region: self.region.clone(), postal_code: self.postal_code.clone() }
    }

    /// Reads a stored address.
    pub fn stored(text: &str) -> Result<Address> {
        serde_json::from_str(text).map_err(|error| Error::unexpected(format!("a stored address does not read: {error}")))
    }

    /// The lines as they stand on a parcel.
    pub fn lines(&self) -> Vec<String> {
        let place = [self.postal_code.as_str(), self.city.as_str()].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
        [
            self.name.clone(),
            self.company.clone(),
            self.line1.clone(),
            self.line2.clone(),
            place.join(" "),
            self.region.clone(),
            self.country.clone(),
        ]
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect()
    }
}
