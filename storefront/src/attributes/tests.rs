use super::*;

fn definition(name: &str, kind: Kind) -> Definition {
    let choice = |name: &str| Choice { name: name.into(), ..Choice::default() };
    let choices = if kind == Kind::Choice { vec![choice("Oak"), choice("Walnut")] } else { Vec::new() };
    Definition { name: name.into(), kind, unit: "ml".into(), choices, ..Definition::default() }
}

#[test]
fn each_type_is_read_as_people_write_it_and_written_in_one_way() {
    for (kind, typed, stored) in [
        (Kind::Number, "350 ml", "350"),
        (Kind::Number, "1,250.50ML", "1250.5"),
        (Kind::YesNo, "TRUE", "Yes"),
        (Kind::YesNo, "否", "No"),
        (Kind::Date, "2026-11-22T10:00:00Z", "2026-11-22"),
        (Kind::Date, "22.11.2026", "2026-11-22"),
        (Kind::Date, "2026年11月22日", "2026-11-22"),
        (Kind::Choice, " oak ", "Oak"),
        (Kind::Text, " as it is ", "as it is"),
    ] {
        let of = definition("Any", kind);
        let written = of.canonical(typed);
        assert_eq!(written.as_deref(), Ok(stored), "{typed}");
        assert_eq!(of.canonical(stored).as_deref(), Ok(stored), "what is stored reads as itself");
    }
    for (kind, typed, why) in [
        (Kind::Number, "about 300", Misfit::Number),
        (Kind::Number, "1,5", Misfit::Number),
        (Kind::Number, "ml", Misfit::Number),
        (Kind::YesNo, "maybe", Misfit::YesNo),
        (Kind::Date, "11/12/2026", Misfit::Date),
        (Kind::Date, "2026-02-30", Misfit::Date),
        (Kind::Choice, "Pine", Misfit::Choice),
    ] {
        assert_eq!(definition("Any", kind).read(typed), Err(why), "{typed}");
    }
}

#[test]
fn what_a_product_had_before_may_stay_and_nothing_new_that_does_not_fit() {
    let definitions = Definitions::of(vec![definition("Volume", Kind::Number), definition("Wood", Kind::Choice)]);
    let pair = |name: &str, value: &str| (name.to_string(), value.to_string());
    let wanted = [pair("Volume", "350 ml"), pair("Care", "by hand"), pair("Wood", "Pine"), pair("Wood", "oak")];
    let (fitted, unfit) = definitions.fit(&wanted, &[]);
    assert_eq!(fitted, [pair("Volume", "350"), pair("Care", "by hand"), pair("Wood", "Pine"), pair("Wood", "Oak")]);
    let why: Vec<Misfit> = unfit.iter().map(|unfit| unfit.why).collect();
    assert_eq!(why, [Misfit::Choice, Misfit::Several]);
    let (_, unfit) = definitions.fit(&wanted[..3], &[pair("Wood", "Pine")]);
    assert!(unfit.is_empty(), "it was there before there was a definition");
}
