use super::*;
use crate::ids::TaxRateId;

fn row(id: i64, region: &str, codes: &str, class: &str, level: i64, name: &str) -> TaxRate {
    TaxRate {
        id: TaxRateId(id),
        region: region.into(),
        postal_codes: postal_codes(codes).expect("codes of a test"),
        level,
        ..TaxRate::plain("US", class, name, 100)
    }
}

fn place(region: &str, postal_code: &str) -> Place {
    Place { country: "US".into(), region: region.into(), postal_code: postal_code.into() }
}

fn names(rates: &Rates, class: &str) -> Vec<String> {
    rates.of(class).levies.into_iter().map(|levy| levy.name).collect()
}

#[test]
fn the_most_specific_zone_wins_and_levels_add_up() {
    let rows = [
        row(1, "", "", "standard", 1, "country"),
        row(2, "NY, New York", "", "standard", 1, "state"),
        row(3, "NY", "10001..10299", "standard", 2, "city"),
        row(4, "NY", "100*", "standard", 2, "borough"),
        row(5, "", "10007", "standard", 2, "street"),
        row(6, "", "", "clothing", 1, "clothing"),
    ];
    let at = |region: &str, code: &str| rates_at(&place(region, code), &rows);
    assert_eq!(names(&at("CA", "94105"), "standard"), ["country"]);
    assert_eq!(names(&at(" new york ", ""), "standard"), ["state"]);
    assert_eq!(names(&at("NY", "10250"), "standard"), ["state", "city"]);
    // A range of five letters is more specific than a beginning of three, and one code more than both.
    assert_eq!(names(&at("NY", "10001-1234"), "standard"), ["state", "city"]);
    assert_eq!(names(&at("NY", "10007"), "standard"), ["state", "street"]);
    assert_eq!(names(&at("NY", "10007"), "clothing"), ["clothing"], "a class with rates of its own takes no others");
    assert_eq!(names(&at("NY", "10007"), "unknown"), ["state", "street"]);
    assert_eq!(at("NY", "10250").of("standard").reason, "US NY, New York standard: state; US NY 10001..10299 standard: city");
    assert!(rates_at(&Place::country("FR"), &rows).of("standard").reason.starts_with("FR: no tax rate"));
}

#[test]
fn codes_compare_without_blanks_and_case() {
    let rows = [row(1, "", "k1a 0b1, BT*, 00-950..00-960", "standard", 1, "zone")];
    for code in ["K1A0B1", "k1a 0b1", "bt7 1nn", "00-955", "00950"] {
        assert_eq!(names(&rates_at(&place("", code), &rows), "standard"), ["zone"], "{code}");
    }
    for code in ["", "K1A 0B2", "B", "00-961", "0095"] {
        assert!(names(&rates_at(&place("", code), &rows), "standard").is_empty(), "{code}");
    }
}

#[test]
fn what_names_no_codes_is_refused() {
    assert_eq!(postal_codes(" 10115 , 10*;\n20001 .. 20999").as_deref(), Some("10115 10* 20001..20999"));
    assert_eq!(postal_codes("").as_deref(), Some(""));
    for wrong in ["*", "..", "1..22", "9..1", "a*b", "1**", "%", "1...2"] {
        assert_eq!(postal_codes(wrong), None, "{wrong}");
    }
}
