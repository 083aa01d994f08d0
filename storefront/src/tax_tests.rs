use super::*;
use proptest::prelude::*;

fn rate(levies: &[(i64, bool)]) -> Rate {
    let levy = |(rate_ppm, compound): &(i64, bool)| Levy {
        name: rate_ppm.to_string(),
        rate_ppm: *rate_ppm,
        compound: *compound,
        reason: String::new(),
    };
    Rate { levies: levies.iter().map(levy).collect(), reason: String::new() }
}

#[test]
fn worked_examples() {
    // 19 % inside 119.00 is 19.00; 7 % inside 1.00 is 0.0654 -> 0.07; 8.88 % on 9.99 is 0.8871 -> 0.89.
    assert_eq!(amount(11_900, 1900, true), 1900);
    assert_eq!(amount(100, 700, true), 7);
    assert_eq!(amount(999, 888, false), 89);
    // Half goes up: 5 % on 0.10 is 0.005 -> 0.01.
    assert_eq!(amount(10, 500, false), 1);
}

#[test]
fn a_tax_on_a_tax_is_the_same_inside_and_on_top() {
    // 5 %, and 10 % of the price with it: 15.5 % in all.
    let both = rate(&[(50_000, false), (100_000, true)]);
    assert_eq!(both.tax(10_000, false), Taxed { taxes: vec![500, 1050], tax: 1550, gross: 11_550 });
    assert_eq!(both.tax(11_550, true), Taxed { taxes: vec![500, 1050], tax: 1550, gross: 11_550 });
    assert_eq!(both.basis_points(), 1550);
    assert_eq!(combined(&both.parts(&[500, 1050])), 155_000);
}

#[test]
fn parts_follow_the_amount_they_are_of() {
    let whole = rate(&[(50_000, false), (99_750, false)]).parts(&[500, 998]);
    let half: Vec<i64> = split(&whole, 749).iter().map(|part| part.tax).collect();
    assert_eq!(half, [250, 499]);
    let mut sums = Vec::new();
    join(&mut sums, &whole);
    join(&mut sums, &split(&whole, 749));
    assert_eq!(sums.iter().map(|part| part.tax).collect::<Vec<_>>(), [750, 1497]);
    assert!(split(&[], 5).is_empty());
}

proptest! {
    #[test]
    fn net_and_tax_make_the_gross(amount in 0i64..1_000_000_000, rates in prop::collection::vec((0i64..1_000_000, any::<bool>()), 0..5)) {
        let rate = rate(&rates);
        let inside = rate.tax(amount, true);
        prop_assert_eq!(inside.gross, amount);
        prop_assert!(inside.tax >= 0 && inside.tax <= amount);
        prop_assert_eq!(inside.taxes.iter().sum::<i64>(), inside.tax);
        let on_top = rate.tax(amount - inside.tax, false);
        prop_assert_eq!(on_top.gross, amount - inside.tax + on_top.tax);
    }

    #[test]
    fn what_is_dealt_out_sums_to_the_tax_of_all(
        amounts in prop::collection::vec(0i64..10_000_000, 1..20), rates in prop::collection::vec((0i64..1_000_000, any::<bool>()), 0..4),
        included in any::<bool>(),
    ) {
        let rate = rate(&rates);
        let all = rate.tax(amounts.iter().sum(), included);
        let dealt = rate.spread(&amounts, included);
        for (levy, tax) in all.taxes.iter().enumerate() {
            prop_assert_eq!(dealt.iter().map(|taxes| taxes[levy]).sum::<i64>(), *tax);
        }
        for (amount, taxes) in amounts.iter().zip(&dealt) {
            prop_assert!(!included || taxes.iter().sum::<i64>() <= *amount);
        }
    }
}
