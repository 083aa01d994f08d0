use super::PriceListId;
use super::resolve::{Asked, Break, For, List, ListState, QuantityRule, Rows, Why, breaks, quantity, resolve};
use crate::ids::{StoreId, VariantId};
use chrono::{NaiveDate, TimeDelta};
use crm::CompanyId;
use kernel::clock::Time;
use kernel::money::Currency;
use proptest::prelude::*;

const CUP: VariantId = VariantId(7);

fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 11, 1).expect("a day").and_hms_opt(12, 0, 0).expect("a time")
}

fn list(id: i64, buyers: Vec<For>) -> List {
    List {
        id: PriceListId(id),
        name: format!("list {id}"),
        currency: Currency::EUR,
        store: None,
        priority: 0,
        state: ListState::Active,
        starts_at: None,
        ends_at: None,
        adjust_bp: None,
        buyers,
    }
}

/// A buyer of company 1, which stands below company 2, in the group "trade".
fn asked() -> Asked {
    Asked { companies: vec![CompanyId(1), CompanyId(2)], group: "trade".into(), store: StoreId(1), currency: Currency::EUR, at: noon() }
}

fn rows(all: &[(i64, &[(i64, i64)])]) -> Rows {
    let breaks = |steps: &[(i64, i64)]| steps.iter().map(|(from, unit_price)| Break { from: *from, unit_price: *unit_price }).collect();
    all.iter().map(|(list, steps)| ((PriceListId(*list), CUP), breaks(steps))).collect()
}

fn whys(lists: &[List], rows: &Rows, quantity: i64) -> Vec<(i64, Why)> {
    let mut whys: Vec<(i64, Why)> =
        resolve(lists, rows, &asked(), CUP, quantity, 1000).trace.rejected.iter().map(|one| (one.list.0, one.why)).collect();
    whys.sort_unstable();
    whys
}

#[test]
fn the_nearest_list_wins_then_priority_then_the_price_then_age() {
    let company = |id| For::Company(CompanyId(id));
    let mut lists = vec![
        list(1, vec![For::Everybody]),
        list(2, vec![For::Group("trade".into())]),
        list(3, vec![company(2)]),
        list(4, vec![company(1)]),
        list(5, vec![company(1)]),
        list(6, vec![company(1)]),
        list(7, vec![company(9)]),
    ];
    let rows =
        rows(&[(1, &[(1, 100)]), (2, &[(1, 200)]), (3, &[(1, 300)]), (4, &[(1, 800)]), (5, &[(1, 700)]), (6, &[(1, 700)]), (7, &[(1, 1)])]);
    let chosen = resolve(&lists, &rows, &asked(), CUP, 1, 1000);
    assert_eq!((chosen.unit_price, chosen.trace.chosen.map(|one| one.list.0)), (700, Some(5)));
    let expected = vec![(1, Why::Farther), (2, Why::Farther), (3, Why::Farther), (4, Why::Dearer), (6, Why::Newer), (7, Why::OtherBuyers)];
    assert_eq!(whys(&lists, &rows, 1), expected);
    lists[3].priority = 1;
    assert_eq!(resolve(&lists, &rows, &asked(), CUP, 1, 1000).unit_price, 800);
    assert!(whys(&lists, &rows, 1).contains(&(5, Why::Priority)));
    // Without lists of its own the company has those of the one above, then of the group, then of everybody.
    for (gone, price) in [(4, 700), (5, 700), (6, 300), (3, 200), (2, 100), (1, 1000)] {
        lists.retain(|one| one.id.0 != gone);
        assert_eq!(resolve(&lists, &rows, &asked(), CUP, 1, 1000).unit_price, price, "without list {gone}");
    }
}

#[test]
fn a_list_counts_only_while_it_is_live_here_and_says_a_price() {
    let everybody = |id| list(id, vec![For::Everybody]);
    let lists = [
        List { state: ListState::Paused, ..everybody(1) },
        List { currency: Currency::USD, ..everybody(2) },
        List { store: Some(StoreId(2)), ..everybody(3) },
        List { starts_at: Some(noon() + TimeDelta::seconds(1)), ..everybody(4) },
        List { ends_at: Some(noon()), ..everybody(5) },
        everybody(6),
        everybody(7),
        list(8, Vec::new()),
    ];
    let mut prices: Vec<(i64, &[(i64, i64)])> = [1, 2, 3, 4, 5, 8].into_iter().map(|id| (id, &[(1, 1)][..])).collect();
    prices.push((7, &[(10, 1)]));
    let rows = rows(&prices);
    let expected = vec![
        (1, Why::NotActive),
        (2, Why::OtherCurrency),
        (3, Why::OtherStore),
        (4, Why::NotYet),
        (5, Why::Ended),
        (6, Why::NoPrice),
        (7, Why::TooFew),
        (8, Why::OtherBuyers),
    ];
    assert_eq!(whys(&lists, &rows, 9), expected);
    assert_eq!(resolve(&lists, &rows, &asked(), CUP, 9, 1000).unit_price, 1000);
    assert_eq!(resolve(&lists, &rows, &asked(), CUP, 10, 1000).unit_price, 1);
}

#[test]
fn a_share_off_the_shops_price_holds_where_the_list_has_none() {
    let lists = [List { adjust_bp: Some(1250), ..list(1, vec![For::Everybody]) }];
    let rows = rows(&[(1, &[(10, 500)])]);
    let at = |quantity| resolve(&lists, &rows, &asked(), CUP, quantity, 999).unit_price;
    assert_eq!((at(1), at(9), at(10)), (874, 874, 500), "999 less 12.5 % is 874.125");
    let steps = breaks(&lists, &rows, &asked(), CUP, 999);
    assert_eq!(steps, vec![Break { from: 1, unit_price: 874 }, Break { from: 10, unit_price: 500 }]);
    assert_eq!(resolve(&lists, &rows, &asked(), VariantId(8), 1, 0).unit_price, 0, "nothing is off no price");
}

#[test]
fn the_quantity_rule_is_that_of_the_nearest_list() {
    let lists = [list(1, vec![For::Everybody]), list(2, vec![For::Company(CompanyId(2))]), list(3, vec![For::Company(CompanyId(9))])];
    let rule = |minimum, increment| QuantityRule { minimum, increment };
    let terms = [(1, rule(2, 2)), (2, rule(12, 6)), (3, rule(1, 1))].into_iter().map(|(id, rule)| ((PriceListId(id), CUP), rule)).collect();
    let found = quantity(&lists, &terms, &asked(), CUP).expect("a rule");
    assert_eq!(found, rule(12, 6));
    assert!(!found.allows(6) && found.allows(12) && !found.allows(13) && found.allows(18));
    assert_eq!((found.fitting(1), found.fitting(13), found.fitting(18)), (12, 18, 18));
    assert_eq!(quantity(&lists, &terms, &asked(), VariantId(8)), None);
}

fn buyers() -> impl Strategy<Value = Vec<For>> {
    let one = prop_oneof![
        (1..4i64).prop_map(|id| For::Company(CompanyId(id))),
        Just(For::Group("trade".into())),
        Just(For::Group("other".into())),
        Just(For::Everybody)
    ];
    proptest::collection::vec(one, 0..3)
}

fn some_list() -> impl Strategy<Value = (List, Vec<(i64, i64)>)> {
    let state = prop_oneof![3 => Just(ListState::Active), 1 => Just(ListState::Paused)];
    let edges = (proptest::option::of(-3..3i64), proptest::option::of(-3..3i64));
    let steps = proptest::collection::btree_map(1..20i64, 0..2000i64, 0..4);
    (buyers(), 0..3i64, state, edges, proptest::option::of(1..9999i64), steps).prop_map(
        |(buyers, priority, state, (starts, ends), adjust_bp, steps)| {
            let day = |days: i64| noon() + TimeDelta::days(days);
            let list = List { priority, state, adjust_bp, starts_at: starts.map(day), ends_at: ends.map(day), ..list(0, buyers) };
            (list, steps.into_iter().collect())
        },
    )
}

fn some_lists() -> impl Strategy<Value = (Vec<List>, Rows)> {
    proptest::collection::vec(some_list(), 0..8).prop_map(|all| {
        let mut lists = Vec::new();
        let mut rows = Rows::new();
        for (at, (list, steps)) in all.into_iter().enumerate() {
            let id = PriceListId(at as i64 + 1);
            let steps: Vec<Break> = steps.into_iter().map(|(from, unit_price)| Break { from, unit_price }).collect();
            if !steps.is_empty() {
                rows.insert((id, CUP), steps);
            }
            lists.push(List { id, ..list });
        }
        (lists, rows)
    })
}

proptest! {
    /// Every list is told of once, and the order in which they are read decides nothing.
    #[test]
    fn the_order_of_lists_does_not_matter((lists, rows) in some_lists(), count in 1..25i64, turn in 0..8usize) {
        let chosen = resolve(&lists, &rows, &asked(), CUP, count, 1000);
        let mut named: Vec<i64> = chosen.trace.rejected.iter().map(|one| one.list.0).collect();
        named.extend(chosen.trace.chosen.iter().map(|one| one.list.0));
        named.sort_unstable();
        prop_assert_eq!(named, (1..=lists.len() as i64).collect::<Vec<i64>>());
        let mut turned = lists.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        turned.reverse();
        let again = resolve(&turned, &rows, &asked(), CUP, count, 1000);
        prop_assert_eq!((again.unit_price, again.trace.chosen), (chosen.unit_price, chosen.trace.chosen));
    }

    /// Leaving out a list that lost changes nothing: what won did not need it.
    #[test]
    fn losers_decide_nothing((lists, rows) in some_lists(), count in 1..25i64) {
        let chosen = resolve(&lists, &rows, &asked(), CUP, count, 1000);
        for gone in &chosen.trace.rejected {
            let rest: Vec<List> = lists.iter().filter(|one| one.id != gone.list).cloned().collect();
            let again = resolve(&rest, &rows, &asked(), CUP, count, 1000);
            prop_assert_eq!((again.unit_price, &again.trace.chosen), (chosen.unit_price, &chosen.trace.chosen));
        }
        if chosen.trace.chosen.is_none() {
            prop_assert_eq!(chosen.unit_price, 1000);
        }
    }

    /// The table of a product page says at each quantity what the cart asks for.
    #[test]
    fn the_table_of_breaks_is_the_price_of_the_cart((lists, rows) in some_lists(), count in 1..25i64) {
        let table = breaks(&lists, &rows, &asked(), CUP, 1000);
        prop_assert_eq!(table[0].from, 1);
        let shown = table.iter().rev().find(|one| one.from <= count).map(|one| one.unit_price);
        prop_assert_eq!(shown, Some(resolve(&lists, &rows, &asked(), CUP, count, 1000).unit_price));
    }

    /// The rule's next quantity is allowed, and none between is.
    #[test]
    fn the_fitting_quantity_is_the_least_allowed(steps in 1..20i64, increment in 1..20i64, count in 1..200i64) {
        let rule = QuantityRule { minimum: steps * increment, increment };
        let next = rule.fitting(count);
        prop_assert!(next >= count && rule.allows(next));
        prop_assert!((count..next).all(|between| !rule.allows(between)));
    }
}
