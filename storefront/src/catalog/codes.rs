//! Variants by what people type: a SKU in whatever letters, or the number below a barcode.

use super::CHUNK;
use crate::gs1;
use crate::ids::VariantId;
use crate::schema::variants;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use kernel::{Conn, Result, on_each};
use std::collections::{BTreeSet, HashMap};

/// The lengths of a GTIN (GS1 General Specifications, 3.3): one without its leading zeros is the same number.
const GTIN: [usize; 4] = [8, 12, 13, 14];

/// What a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coded {
    Variant(VariantId),
    /// Several variants go by it, and none by exactly these letters.
    Several,
}

/// What each of these codes names; one that names nothing is left out. The SKU as typed comes first, then the SKU in other letters (only
/// those of ASCII are folded), then the number of a barcode. A few queries for all of them.
pub fn coded(conn: &mut Conn, codes: &[String]) -> Result<HashMap<String, Coded>> {
    let typed: BTreeSet<&str> = codes.iter().map(String::as_str).filter(|code| !code.is_empty()).collect();
    let by_sku = skus(conn, &typed)?;
    let mut found: HashMap<String, Coded> = HashMap::with_capacity(typed.len());
    let mut open: Vec<&str> = Vec::new();
    for code in typed {
        match by_sku.get(&code.to_ascii_lowercase()) {
            Some(all) => {
                let exact = all.iter().find(|(sku, _)| sku == code).or(all.first().filter(|_| all.len() == 1));
                found.insert(code.to_string(), exact.map_or(Coded::Several, |(_, id)| Coded::Variant(*id)));
            }
            None => open.push(code),
        }
    }
    let by_number = barcodes(conn, &open)?;
    for code in open {
        let mut ids: Vec<VariantId> = numbers(code).iter().filter_map(|number| by_number.get(number)).flatten().copied().collect();
        ids.sort_unstable();
        ids.dedup();
        match ids.as_slice() {
            [] => {}
            [id] => {
                found.insert(code.to_string(), Coded::Variant(*id));
            }
            _ => {
                found.insert(code.to_string(), Coded::Several);
            }
        }
    }
    Ok(found)
}

/// The variants of each SKU, by its folded letters.
fn skus(conn: &mut Conn, typed: &BTreeSet<&str>) -> Result<HashMap<String, Vec<(String, VariantId)>>> {
    let folded: BTreeSet<String> = typed.iter().map(|code| code.to_ascii_lowercase()).collect();
    let folded: Vec<String> = folded.into_iter().collect();
    let mut found: HashMap<String, Vec<(String, VariantId)>> = HashMap::with_capacity(folded.len());
    for some in folded.chunks(CHUNK) {
        // Written as in the index `variants_by_folded_sku` of each database.
        let rows: Vec<(VariantId, Option<String>)> = match conn {
            Conn::Postgres(c) => variants::table
                .filter(sql::<Text>("lower(variants.sku COLLATE \"C\")").eq_any(some.to_vec()))
                .select((variants::id, variants::sku))
                .load(c)?,
            Conn::Sqlite(c) => variants::table
                .filter(sql::<Text>("lower(variants.sku)").eq_any(some.to_vec()))
                .select((variants::id, variants::sku))
                .load(c)?,
        };
        for (id, sku) in rows {
            let Some(sku) = sku else { continue };
            found.entry(sku.to_ascii_lowercase()).or_default().push((sku, id));
        }
    }
    Ok(found)
}

/// The variants of each number.
fn barcodes(conn: &mut Conn, codes: &[&str]) -> Result<HashMap<String, Vec<VariantId>>> {
    let all: BTreeSet<String> = codes.iter().flat_map(|code| numbers(code)).collect();
    let all: Vec<String> = all.into_iter().collect();
    let mut found: HashMap<String, Vec<VariantId>> = HashMap::new();
    for some in all.chunks(CHUNK) {
        let rows: Vec<(VariantId, String)> = on_each!(conn, c => variants::table
            .filter(variants::barcode.eq_any(some.to_vec()))
            .select((variants::id, variants::barcode))
            .load(c))?;
        for (id, barcode) in rows {
            found.entry(barcode).or_default().push(id);
        }
    }
    Ok(found)
}

/// How the number below a barcode, or in what a scanner reads of it, may be stored; none for what is no such number.
pub(crate) fn numbers(code: &str) -> Vec<String> {
    let scan = gs1::read(code);
    let code = scan.as_ref().map_or(code, |scan| scan.gtin.as_str());
    let digits: String = code.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !GTIN.contains(&digits.len()) {
        return Vec::new();
    }
    let core = digits.trim_start_matches('0');
    GTIN.into_iter().filter(|length| (1..=*length).contains(&core.len())).map(|length| format!("{core:0>length$}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::{Product, Saving, Status, Variant, find_variant, save_product};
    use kernel::money::Currency;
    use kernel::testing;

    #[test]
    fn a_number_is_known_in_each_of_its_lengths() {
        assert_eq!(numbers("012345678905"), ["012345678905", "0012345678905", "00012345678905"]);
        assert_eq!(numbers("4 006381-333931"), ["4006381333931", "04006381333931"]);
        assert_eq!(numbers("(01)04006381333931(10)A1"), ["4006381333931", "04006381333931"]);
        assert!(numbers("0000000000000").is_empty() && numbers("12345").is_empty() && numbers("400638133393A").is_empty());
    }

    #[test]
    fn letters_do_not_matter_unless_they_tell_two_apart() {
        let db = testing::db();
        let now = kernel::clock::Clock::default().now();
        db.write_now(move |conn| {
            let one = |sku: &str, barcode: &str, size: &str| Variant {
                sku: Some(sku.into()),
                barcode: barcode.into(),
                options: vec![size.into()],
                price: Some(500),
                ..Variant::default()
            };
            let product = Product {
                title: "Mug".into(),
                status: Status::Active,
                options: vec!["Size".into()],
                variants: vec![one("Mug-S", "012345678905", "S"), one("ab", "", "M"), one("AB", "", "L"), one("Ä-1", "", "XL")],
                ..Product::default()
            };
            save_product(conn, &product, &Saving { currency: Currency::EUR, actor: "test", base: None, now })?;
            let codes: Vec<String> =
                ["mug-s", "MUG-S", "ab", "AB", "aB", "0012345678905", "Ä-1", "nothing", ""].iter().map(ToString::to_string).collect();
            let found = coded(conn, &codes)?;
            let of = |sku: &str, conn: &mut Conn| find_variant(conn, sku).map(|id| Coded::Variant(id.unwrap()));
            let (mug, small, large, other) = (of("Mug-S", conn)?, of("ab", conn)?, of("AB", conn)?, of("Ä-1", conn)?);
            assert_eq!([found["mug-s"], found["MUG-S"], found["0012345678905"]], [mug; 3]);
            assert_eq!((found["ab"], found["AB"], found["aB"], found["Ä-1"]), (small, large, Coded::Several, other));
            assert_eq!(found.len(), 7);
            Ok(())
        })
        .unwrap();
    }
}
