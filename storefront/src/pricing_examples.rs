//! Worked examples of tax offices, and their rules with figures of our own. Amounts are minor units.

use super::*;
use crate::promotions::Decision;
use crate::tax::Place;
use crate::tax_rates::TaxRate;
use crate::tax_zones::rates_at;
use proptest::prelude::*;

/// (region, class, level, name, millionths, compound)
type Row = (&'static str, &'static str, i64, &'static str, i64, bool);

fn rates(country: &str, region: &str, rows: &[Row]) -> Rates {
    let row = |(at, (region, class, level, name, rate_ppm, compound)): (usize, &Row)| TaxRate {
        id: crate::ids::TaxRateId(at as i64 + 1),
        region: (*region).into(),
        level: *level,
        compound: *compound,
        rate_ppm: *rate_ppm,
        ..TaxRate::plain(country, class, name, 0)
    };
    let rows: Vec<TaxRate> = rows.iter().enumerate().map(row).collect();
    rates_at(&Place { region: region.into(), ..Place::country(country) }, &rows)
}

fn plain(name: &'static str, rate_ppm: i64) -> Vec<Row> {
    vec![("", "standard", 1, name, rate_ppm, false)]
}

/// Prices lines of (unit price, units, class), and a delivery.
fn priced(lines: &[(i64, i64, &str)], delivery: i64, included: bool, rounding: Rounding, rates: &Rates) -> Priced {
    let line = |(unit_price, quantity, class): &(i64, i64, &str)| Line {
        unit_price: *unit_price,
        quantity: *quantity,
        per: 1,
        tax_class: (*class).into(),
        taxable: true,
        gift_card: false,
    };
    let lines: Vec<Line> = lines.iter().map(line).collect();
    let decision = Decision { discounts: vec![0; lines.len()], ..Decision::default() };
    let delivery = (delivery > 0).then_some(Delivery { price: DeliveryPrice::Fixed(delivery), free_over: None });
    price(&Basket { lines: &lines, decision: &decision, delivery, prices_include_tax: included, rounding }, rates)
}

struct Example {
    /// The office, and what it says.
    source: &'static str,
    rates: Vec<Row>,
    lines: Vec<(i64, i64, &'static str)>,
    included: bool,
    rounding: Rounding,
    /// The tax of each name, in the order of the lines that bear them.
    taxes: Vec<(&'static str, i64)>,
    total: i64,
}

fn one(source: &'static str, name: &'static str, rate_ppm: i64, amount: i64, included: bool, tax: i64, total: i64) -> Example {
    let (rates, lines) = (plain(name, rate_ppm), vec![(amount, 1, "standard")]);
    Example { source, rates, lines, included, rounding: Rounding::Line, taxes: vec![(name, tax)], total }
}

const PENS: [(i64, i64, &str); 3] = [(177, 1, "standard"), (177, 1, "standard"), (177, 1, "standard")];

fn examples() -> Vec<Example> {
    let quebec = || vec![("", "standard", 1, "GST", 50_000, false), ("QC", "standard", 2, "QST", 99_750, false)];
    let japan = || vec![("", "standard", 1, "10%", 100_000, false), ("", "reduced", 1, "8%", 80_000, false)];
    let city = || {
        let rows = [("State", 40_000), ("City", 45_000), ("MCTD", 3_750)];
        rows.iter().zip(1..).map(|((name, rate), level)| ("", "standard", level, *name, *rate, false)).collect::<Vec<Row>>()
    };
    vec![
        // Revenu Québec, "Calculating the taxes": 100.00 bears 5.00 and 9.98.
        Example {
            source: "Revenu Québec, two taxes",
            rates: quebec(),
            lines: vec![(10_000, 1, "standard")],
            included: false,
            rounding: Rounding::Line,
            taxes: vec![("GST", 500), ("QST", 998)],
            total: 11_498,
        },
        // The same page allows one rate of 14.975 % for both taxes.
        one("Revenu Québec, one stage", "GST and QST", 149_750, 10_000, false, 1498, 11_498),
        // Revenu Québec, general information of 2008: 7.5 % on 105.00 is 7.88.
        Example {
            source: "Revenu Québec 2008, tax on tax",
            rates: vec![("", "standard", 1, "GST", 50_000, false), ("QC", "standard", 2, "QST", 75_000, true)],
            lines: vec![(10_000, 1, "standard")],
            included: false,
            rounding: Rounding::Line,
            taxes: vec![("GST", 500), ("QST", 788)],
            total: 11_288,
        },
        // Both taxes taken out of the price of the first example, as the office's reverse calculation does.
        Example {
            source: "Revenu Québec, taxes in the price",
            rates: quebec(),
            lines: vec![(11_498, 1, "standard")],
            included: true,
            rounding: Rounding::Line,
            taxes: vec![("GST", 500), ("QST", 998)],
            total: 11_498,
        },
        // British Columbia takes 7 % on the price before GST.
        Example {
            source: "British Columbia, GST and PST",
            rates: vec![("", "standard", 1, "GST", 50_000, false), ("QC", "standard", 2, "PST", 70_000, false)],
            lines: vec![(5000, 1, "standard")],
            included: false,
            rounding: Rounding::Line,
            taxes: vec![("GST", 250), ("PST", 350)],
            total: 5600,
        },
        one("Canada Revenue Agency, HST of Ontario", "HST", 130_000, 10_000, false, 1300, 11_300),
        // Inland Revenue of New Zealand, "Calculating GST": 1,500.00 and 225.00 make 1,725.00.
        one("Inland Revenue NZ, on top", "GST", 150_000, 150_000, false, 22_500, 172_500),
        one("Inland Revenue NZ, three twenty-thirds", "GST", 150_000, 172_500, true, 22_500, 172_500),
        // IR375: 115.00 holds 15.00; 200.00 holds 26.09.
        one("Inland Revenue NZ, IR375", "GST", 150_000, 11_500, true, 1500, 11_500),
        one("Inland Revenue NZ, rounded", "GST", 150_000, 20_000, true, 2609, 20_000),
        // Before October 2010: 12.5 % inside a price is a ninth of it.
        one("Inland Revenue NZ, a ninth", "GST", 125_000, 90_000, true, 10_000, 90_000),
        // The Australian Taxation Office: an eleventh of the price.
        one("ATO, an eleventh", "GST", 100_000, 11_000, true, 1000, 11_000),
        // GST Act 1999, section 9-90 (1): half a cent goes up.
        one("ATO, half a cent", "GST", 100_000, 5, false, 1, 6),
        // HM Revenue & Customs: VAT is a sixth of a price with 20 %, and a twenty-first with 5 %.
        one("HMRC, a sixth", "VAT", 200_000, 12_000, true, 2000, 12_000),
        one("HMRC, on top", "VAT", 200_000, 10_000, false, 2000, 12_000),
        one("HMRC, a twenty-first", "VAT", 50_000, 10_500, true, 500, 10_500),
        // The Revenue Commissioners of Ireland: 23 % and 13.5 %.
        one("Revenue IE, standard", "VAT", 230_000, 100_000, false, 23_000, 123_000),
        one("Revenue IE, reduced inside", "VAT", 135_000, 113_500, true, 13_500, 113_500),
        // German Value Added Tax Act, section 12: 19 and 7 per cent, 19/119 and 7/107 of a price.
        one("BMF, 19/119", "VAT", 190_000, 11_900, true, 1900, 11_900),
        one("BMF, 7/107", "VAT", 70_000, 10_700, true, 700, 10_700),
        // South African Revenue Service: the tax fraction 15/115.
        one("SARS, 15/115", "VAT", 150_000, 11_500, true, 1500, 11_500),
        // Swiss Federal Tax Administration: 8.1 % inside is 8.1/108.1.
        one("ESTV, 8.1", "VAT", 81_000, 10_810, true, 810, 10_810),
        // City of New York, "Sales tax": 4 %, 4.5 % and 0.375 % make 8.875 %.
        Example {
            source: "New York City, three taxes",
            rates: city(),
            lines: vec![(11_000, 1, "standard")],
            included: false,
            rounding: Rounding::Line,
            taxes: vec![("State", 440), ("City", 495), ("MCTD", 41)],
            total: 11_976,
        },
        one("New York City, one rate", "Sales tax", 88_750, 11_000, false, 976, 11_976),
        // National Tax Agency of Japan, the qualified invoice: one rounding for each rate. 80,000 at 10 %, 40,000 at 8 %.
        Example {
            source: "NTA, by rate",
            rates: japan(),
            lines: vec![(30_000, 2, "standard"), (40_000, 1, "reduced"), (20_000, 1, "standard")],
            included: false,
            rounding: Rounding::Order,
            taxes: vec![("10%", 8000), ("8%", 3200)],
            total: 131_200,
        },
        // Rounding by rate shows: three times 99 at 8 % are 24 by line and 23.76, so 24, by order; at 95 they are 24 and 23.
        Example {
            source: "NTA, three small lines",
            rates: japan(),
            lines: vec![(95, 1, "reduced"), (95, 1, "reduced"), (95, 1, "reduced")],
            included: false,
            rounding: Rounding::Order,
            taxes: vec![("8%", 23)],
            total: 308,
        },
        // Inland Revenue Authority of Singapore, "Calculate GST on tax invoices": by item or on the sum, here at 6 %.
        Example {
            source: "IRAS, by item",
            rates: plain("GST", 60_000),
            lines: PENS.to_vec(),
            included: false,
            rounding: Rounding::Line,
            taxes: vec![("GST", 33)],
            total: 564,
        },
        Example {
            source: "IRAS, on the sum",
            rates: plain("GST", 60_000),
            lines: PENS.to_vec(),
            included: false,
            rounding: Rounding::Order,
            taxes: vec![("GST", 32)],
            total: 563,
        },
        // The total invoice rule of section 9-90 (2) (a) with prices that hold the tax: three times 1.04 hold 28.36 cents.
        Example {
            source: "ATO, total invoice rule",
            rates: plain("GST", 100_000),
            lines: vec![(104, 1, "standard"), (104, 1, "standard"), (104, 1, "standard")],
            included: true,
            rounding: Rounding::Order,
            taxes: vec![("GST", 28)],
            total: 312,
        },
        Example {
            source: "ATO, taxable supply rule",
            rates: plain("GST", 100_000),
            lines: vec![(104, 1, "standard"), (104, 1, "standard"), (104, 1, "standard")],
            included: true,
            rounding: Rounding::Line,
            taxes: vec![("GST", 27)],
            total: 312,
        },
    ]
}

#[test]
fn offices_and_the_shop_agree() {
    let examples = examples();
    assert!(examples.len() >= 20);
    for example in examples {
        let rates = rates("CA", "QC", &example.rates);
        let priced = priced(&example.lines, 0, example.included, example.rounding, &rates);
        let mut sums = Vec::new();
        priced.lines.iter().for_each(|line| crate::tax::join(&mut sums, &line.taxes));
        let taxes: Vec<(&str, i64)> = sums.iter().map(|part| (part.name.as_str(), part.tax)).collect();
        assert_eq!(taxes, example.taxes, "{}", example.source);
        let tax: i64 = example.taxes.iter().map(|(_, tax)| tax).sum();
        assert_eq!((priced.tax, priced.total), (tax, example.total), "{}", example.source);
        assert_eq!(priced.lines.iter().map(|line| line.total).sum::<i64>(), example.total, "{}", example.source);
    }
}

#[test]
fn each_tax_that_adds_up_is_in_the_trace() {
    let rows = [("", "standard", 1, "GST 5 %", 50_000, false), ("QC", "standard", 2, "QST 9.975 %", 99_750, false)];
    let priced = priced(&[(10_000, 1, "standard")], 1000, false, Rounding::Line, &rates("CA", "QC", &rows));
    let line = &priced.lines[0];
    let steps: Vec<(&str, i64)> =
        line.trace.iter().filter(|step| step.rule == "tax").map(|step| (step.outcome.as_str(), step.amount)).collect();
    assert_eq!(steps, [("CA standard: GST 5 %", 500), ("CA QC standard: QST 9.975 %", 998)]);
    assert_eq!(line.tax_reason, "CA standard: GST 5 %; CA QC standard: QST 9.975 %");
    // Delivery bears both as well: 10.00 bears 0.50 and 1.00 (0.9975).
    let taxes: Vec<i64> = priced.shipping_taxes[0].taxes.iter().map(|part| part.tax).collect();
    assert_eq!((taxes.as_slice(), priced.shipping_tax, priced.total), ([50, 100].as_slice(), 150, 11_498 + 1150));
}

fn any_rates() -> impl Strategy<Value = Rates> {
    let levy = (0i64..400_000, any::<bool>());
    (prop::collection::vec(levy, 0..4), prop::collection::vec(0i64..300_000, 0..2)).prop_map(|(standard, reduced)| {
        let mut rows: Vec<Row> = Vec::new();
        for ((rate, compound), level) in standard.into_iter().zip(1..) {
            rows.push(("", "standard", level, ["A", "B", "C"][level as usize - 1], rate, compound));
        }
        rows.extend(reduced.into_iter().map(|rate| ("", "reduced", 1, "R", rate, false)));
        rates("XX", "", &rows)
    })
}

proptest! {
    #[test]
    fn lines_sum_to_the_order_whichever_way_it_is_rounded(
        lines in prop::collection::vec((0i64..200_000, 1i64..30, prop::sample::select(vec!["standard", "reduced"])), 1..25),
        delivery in 0i64..5000, included in any::<bool>(), by_order in any::<bool>(), rates in any_rates(),
    ) {
        let rounding = if by_order { Rounding::Order } else { Rounding::Line };
        let priced = priced(&lines, delivery, included, rounding, &rates);
        let tax: i64 = priced.lines.iter().map(|line| line.tax).sum();
        prop_assert_eq!(tax + priced.shipping_tax, priced.tax);
        let goods: i64 = priced.lines.iter().map(|line| line.total).sum();
        prop_assert_eq!(goods + priced.shipping + if included { 0 } else { priced.shipping_tax }, priced.total);
        for line in &priced.lines {
            prop_assert_eq!(line.taxes.iter().map(|part| part.tax).sum::<i64>(), line.tax);
            prop_assert!(line.taxes.iter().all(|part| part.tax >= 0));
            prop_assert!(line.tax <= line.total, "no amount holds more tax than itself");
        }
        if delivery > 0 {
            prop_assert_eq!(priced.shipping_taxes.iter().map(|part| part.amount).sum::<i64>(), priced.shipping);
        }
        for part in &priced.shipping_taxes {
            prop_assert_eq!(part.taxes.iter().map(|levied| levied.tax).sum::<i64>(), part.tax);
        }
    }

    #[test]
    fn rounding_by_order_is_within_half_a_unit_of_the_exact_tax(
        amounts in prop::collection::vec(0i64..100_000, 1..30), rate_ppm in 0i64..500_000, included in any::<bool>(),
    ) {
        let rates = rates("XX", "", &plain("VAT", rate_ppm));
        let lines: Vec<(i64, i64, &str)> = amounts.iter().map(|amount| (*amount, 1, "standard")).collect();
        let priced = priced(&lines, 0, included, Rounding::Order, &rates);
        let sum: i128 = amounts.iter().map(|amount| i128::from(*amount)).sum();
        let whole = i128::from(if included { crate::tax::PPM + rate_ppm } else { crate::tax::PPM });
        let off = (i128::from(priced.tax) * whole - sum * i128::from(rate_ppm)).abs();
        prop_assert!(2 * off <= whole);
    }
}
