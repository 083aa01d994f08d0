use super::*;

/// Examples that the offices, or libraries that quote them, publish.
const VALID: &[&str] = &[
    "ATU13585627",
    "BE0428759497",
    "BG175074752",
    "BG7523169263",
    "CY10259033P",
    "CZ25123891",
    "CZ640903926",
    "CZ7103192745",
    "DE136695976",
    "DK13585628",
    "EE100931558",
    "EL094259216",
    "ES54362315K",
    "ESX2482300W",
    "ESJ99216582",
    "ESB58378431",
    "FI20774740",
    "FR40303265045",
    "FR23334175221",
    "FRK7399859412",
    "FR4Z123456782",
    "HR33392005961",
    "HU12892312",
    "IE6433435F",
    "IE6433435OA",
    "IE8D79739I",
    "IT00743110157",
    "LT119511515",
    "LT100001919017",
    "LT100004801610",
    "LU15027442",
    "LV40003521600",
    "LV16117519997",
    "MT11679112",
    "NL004495445B01",
    "NL002455799B11",
    "PL8567346215",
    "PT501964843",
    "RO18547290",
    "SE123456789701",
    "SI50223054",
    "SK2022749619",
    "XI980780684",
    "XIGD001",
    "XIHA500",
];

#[test]
fn published_numbers_are_well_formed() {
    for number in VALID {
        assert!(member(number).is_some(), "{number}");
        assert_eq!(parse(number, "US").as_deref(), Some(*number));
    }
    for country in MEMBERS {
        let prefix = if country == "GR" { "EL" } else { country };
        assert!(VALID.iter().any(|number| number.starts_with(prefix)), "{country} has an example");
    }
}

#[test]
fn a_wrong_digit_is_noticed() {
    for number in VALID.iter().filter(|number| !number.starts_with("XIGD") && !number.starts_with("XIHA")) {
        // The last digit is a check digit, or counts in one, in every scheme but those with a serial number at the end.
        let at = match &number[..2] {
            "NL" => 10,
            "SE" => 11,
            "FR" => 12,
            _ => number.rfind(|c: char| c.is_ascii_digit()).unwrap(),
        };
        let digit = number.as_bytes()[at];
        let other = char::from(if digit == b'9' { b'0' } else { digit + 1 });
        let wrong = format!("{}{other}{}", &number[..at], &number[at + 1..]);
        assert_eq!(member(&wrong), None, "{number} became {wrong}");
    }
}

#[test]
fn numbers_read_as_people_type_them() {
    assert_eq!(parse("de 136.695.976", "DE").as_deref(), Some("DE136695976"));
    assert_eq!(parse("136695976", "DE").as_deref(), Some("DE136695976"));
    assert_eq!(parse("GR 094259216", "GR").as_deref(), Some("EL094259216"));
    assert_eq!(parse("094259216", "GR").as_deref(), Some("EL094259216"));
    assert_eq!(parse("XI 980 7806 84", "GB").as_deref(), Some("XI980780684"));
    assert_eq!(parse("CHE-123.456.788", "CH").as_deref(), Some("CHE123456788"));
    for (wrong, country) in [("DE136695977", "DE"), ("hello", "DE"), ("GB980780684", "DE"), ("FR123", "US"), ("", "DE"), ("é12345", "US")]
    {
        assert_eq!(parse(wrong, country), None, "{wrong}");
    }
    assert_eq!((member("EL094259216"), member("XI980780684")), (Some("GR"), Some("XI")));
}

#[test]
fn any_text_is_answered() {
    for text in
        ["", "A", "AT", "ATU", "ATU1358562ü", "IE1", "IE+", "IEé234567", "NLB01", "ES", "ESX", "CY1", "FR", "ROé", "XI", "XIGD1", "日本"]
    {
        assert_eq!(member(text), None, "{text}");
    }
}
