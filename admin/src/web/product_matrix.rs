//! All variants of a product from what it comes in: each combination of the values of its options that has no row in the form gets one.

use super::product_form::{VARIANT, list, rows};
use kernel::error::said;
use storefront::web::posted::Posted;

/// The most combinations made at once: more rows than that nobody fills in by hand.
const MOST: usize = 250;
/// What a new row takes over from the first row that has a price.
const TAKEN_OVER: [&str; 12] = [
    "price",
    "compare_at",
    "cost",
    "weight",
    "unit",
    "precision",
    "tax_class",
    "tracked",
    "oversell",
    "requires_shipping",
    "taxable",
    "active",
];

/// An option with its values.
#[derive(Debug, PartialEq, Eq)]
struct Axis {
    name: String,
    values: Vec<String>,
}

/// The form with a row for every combination of the values in its field `matrix`, one option a line, and how many rows that added or
/// completed. Rows that say less than the options ask for are completed first. The error is a message about the field.
pub fn spread(posted: &Posted) -> Result<(Posted, usize), String> {
    let axes = read(posted.get("matrix"), &list(posted.get("options"), ','))?;
    let combinations = combinations(&axes);
    let (count, first) = (rows(posted), (0..rows(posted)).find(|at| !posted.get(&field(*at, "price")).trim().is_empty()).unwrap_or(0));
    let mut named: Vec<Vec<String>> = (0..count).map(|at| list(posted.get(&field(at, "options")), '/')).collect();
    let (mut missing, mut made): (Vec<Vec<String>>, Vec<usize>) =
        (combinations.into_iter().filter(|one| !named.contains(one)).collect(), Vec::new());
    for (at, values) in named.iter_mut().enumerate().filter(|(_, values)| values.len() < axes.len()) {
        if let Some(fit) = missing.iter().position(|one| one.starts_with(values)) {
            *values = missing.remove(fit);
            made.push(at);
        }
    }
    made.extend(count..count + missing.len());
    named.extend(missing);

    let mut pairs: Vec<(String, String)> = posted.pairs().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let names: Vec<&str> = axes.iter().map(|axis| axis.name.as_str()).collect();
    pairs.push(("options".into(), names.join(", ")));
    for at in &made {
        pairs.push((field(*at, "options"), named[*at].join(" / ")));
        if !posted.get(&field(*at, "price")).trim().is_empty() {
            continue;
        }
        for name in VARIANT.iter().filter(|name| TAKEN_OVER.contains(name)) {
            pairs.push((field(*at, name), posted.get(&field(first, name)).to_string()));
        }
    }
    Ok((pairs.into_iter().collect(), made.len()))
}

fn field(at: usize, name: &str) -> String {
    format!("v{at}_{name}")
}

/// Options with their values, a line each: `Colour: Blue, Red`. Those that the product has come first, in its order, and none of them may be
/// left out.
fn read(text: &str, known: &[String]) -> Result<Vec<Axis>, String> {
    let mut axes: Vec<Axis> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, values) = line.split_once([':', '：']).ok_or("admin-matrix-invalid")?;
        let mut axis = Axis { name: name.trim().to_string(), values: Vec::new() };
        for value in values.split([',', '，', '、']).map(str::trim).filter(|value| !value.is_empty()) {
            if !axis.values.iter().any(|known| known == value) {
                axis.values.push(value.to_string());
            }
        }
        // A comma parts options in their field, a slash values in theirs.
        let readable = !axis.name.is_empty() && !axis.name.contains(',') && !axis.values.is_empty();
        if !readable || axis.values.iter().any(|value| value.contains('/')) || axes.iter().any(|other| other.name == axis.name) {
            return Err("admin-matrix-invalid".into());
        }
        axes.push(axis);
    }
    if axes.is_empty() {
        return Err("admin-matrix-invalid".into());
    }
    if axes.len() > 3 {
        return Err("admin-options-too-many".into());
    }
    if let Some(lacking) = known.iter().find(|name| axes.iter().all(|axis| axis.name != **name)) {
        return Err(said("admin-matrix-option-lacking", &[("name", lacking)]));
    }
    axes.sort_by_key(|axis| known.iter().position(|name| *name == axis.name).unwrap_or(usize::MAX));
    let all = axes.iter().fold(1usize, |all, axis| all.saturating_mul(axis.values.len()));
    if all > MOST { Err(said("admin-matrix-too-many", &[("count", &all), ("most", &MOST)])) } else { Ok(axes) }
}

/// A value of each option, the last option turning fastest.
fn combinations(axes: &[Axis]) -> Vec<Vec<String>> {
    axes.iter().fold(vec![Vec::new()], |made, axis| {
        let with =
            |before: &Vec<String>| axis.values.iter().map(|value| [before.as_slice(), std::slice::from_ref(value)].concat()).collect();
        made.iter().flat_map(|before| -> Vec<Vec<String>> { with(before) }).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(pairs: &[(&str, &str)]) -> Posted {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn a_new_product_gets_all_its_variants() {
        let form = posted(&[("matrix", "Colour: Blue, Red\nSize: M, L"), ("v0_price", "9.00"), ("v0_options", ""), ("v0_tracked", "on")]);
        let (made, added) = spread(&form).unwrap();
        assert_eq!((made.get("options"), added, rows(&made)), ("Colour, Size", 4, 4));
        let named: Vec<&str> = ["v0_options", "v1_options", "v2_options", "v3_options"].map(|name| made.get(name)).to_vec();
        assert_eq!(named, ["Blue / M", "Blue / L", "Red / M", "Red / L"]);
        assert_eq!((made.get("v3_price"), made.get("v3_tracked"), made.get("v3_id")), ("9.00", "on", ""));
        assert_eq!(spread(&made).unwrap().1, 0, "asked again, nothing is missing");
    }

    #[test]
    fn rows_that_are_there_stay_and_say_more() {
        let form = posted(&[
            ("options", "Colour"),
            ("matrix", "Size: M, L\nColour：Red、Blue"),
            ("v0_id", "7"),
            ("v0_price", "9.00"),
            ("v0_options", "Blue"),
            ("v1_price", ""),
            ("v1_options", ""),
        ]);
        let (made, added) = spread(&form).unwrap();
        assert_eq!((made.get("options"), added, rows(&made)), ("Colour, Size", 4, 4));
        assert_eq!((made.get("v0_id"), made.get("v0_options"), made.get("v1_options")), ("7", "Blue / M", "Red / M"));
        assert_eq!(made.get("v1_price"), "9.00", "an empty row takes the price over");
    }

    #[test]
    fn what_does_not_read_is_told() {
        let told = |matrix: &str| spread(&posted(&[("matrix", matrix), ("options", "Glaze"), ("v0_price", "1")])).unwrap_err();
        for odd in ["", "Glaze", "Glaze:", ": White", "Glaze: a/b", "Glaze: a\nGlaze: b"] {
            assert_eq!(told(odd), "admin-matrix-invalid", "{odd}");
        }
        assert!(told("Size: M").starts_with("admin-matrix-option-lacking"));
        assert_eq!(told("Glaze: a\nA: 1\nB: 1\nC: 1"), "admin-options-too-many");
        let many: Vec<String> = (0..251).map(|n| n.to_string()).collect();
        assert!(told(&format!("Glaze: {}", many.join(","))).starts_with("admin-matrix-too-many"));
    }
}
