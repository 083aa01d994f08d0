use super::*;
use crate::catalog::{Product, Saving, Status, Variant, page, products, save_product};
use crate::promotions::{Conditions, Cut, Effect, Hours, Terms, create, set_state, update};
use kernel::Error;
use kernel::clock::Clock;
use kernel::money::Currency;

/// A promotion of the shop's past: made so many days ago, over so many days ago, percent off, and its conditions.
type Sale = (i64, Option<i64>, i64, Conditions);

fn sale(from: i64, until: Option<i64>, percent: i64) -> Sale {
    (from, until, percent, Conditions::default())
}

fn terms(percent: i64, conditions: &Conditions) -> Terms {
    let effect = Effect::Reduce { cut: Cut::Percentage(percent * 100), on: Default::default() };
    Terms::automatic("Sale", Rules { effect, conditions: conditions.clone(), ..Rules::default() }, Currency::EUR)
}

/// What the page of a mug names after these list prices (days ago, price, former price) and promotions.
fn named(prices: &[(i64, i64, Option<i64>)], sales: &[Sale]) -> Option<i64> {
    let db = kernel::testing::db();
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
    let now = Clock::default().now().date().and_time(noon);
    let ago = move |days: i64| now - TimeDelta::days(days);
    let (prices, sales) = (prices.to_vec(), sales.to_vec());
    db.write_now(move |conn| {
        let shop = Shop { time_zone: "UTC".into(), ..Shop::default() };
        let mut id = None;
        for (days, price, compare_at) in &prices {
            let saving = Saving { currency: Currency::EUR, actor: "test", base: None, now: ago(*days) };
            let mut product = match id {
                None => Product {
                    title: "Mug".into(),
                    status: Status::Active,
                    variants: vec![Variant { sku: Some("M".into()), ..Variant::default() }],
                    ..Product::default()
                },
                Some(id) => products(conn, &[id], Currency::EUR)?.pop().ok_or(Error::NotFound)?,
            };
            product.variants[0].price = Some(*price);
            product.variants[0].compare_at = *compare_at;
            id = Some(save_product(conn, &product, &saving)?.id);
        }
        for (from, until, percent, conditions) in &sales {
            let id = create(conn, terms(*percent, conditions), ago(*from))?;
            if let Some(until) = until {
                set_state(conn, id, State::Paused, ago(*until))?;
            }
        }
        let found = page(conn, &shop, "mug", "en")?;
        let variant = &found.variants[0];
        let listed = [Priced { product: found.id, variant: Some(variant.id), price: variant.price, reduced: variant.compare_at.is_some() }];
        Ok(lowest(conn, &shop, &listed, now)?.and_then(|lowest| lowest.get(&variant.id).copied()))
    })
    .unwrap()
}

#[test]
fn what_a_promotion_showed_counts_into_the_lowest_price() {
    // A promotion that ended ten days ago was the lowest price before today's former price was named.
    assert_eq!(named(&[(100, 10000, None), (5, 8000, Some(10000))], &[sale(20, Some(10), 30)]), Some(7000));
    // One that ended more than 30 days before the reduction counts no more; one that ended 29 days before does.
    assert_eq!(named(&[(100, 10000, None), (5, 8000, Some(10000))], &[sale(60, Some(36), 30)]), Some(10000));
    assert_eq!(named(&[(100, 10000, None), (5, 8000, Some(10000))], &[sale(60, Some(34), 30)]), Some(7000));
    // One that came after the reduction is a reduction of its own, from what was shown before.
    assert_eq!(named(&[(100, 10000, None), (5, 8000, Some(10000))], &[sale(2, None, 30)]), Some(8000));
    // A promotion alone is a reduction: it is measured by what stood there before it began, not by itself.
    assert_eq!(named(&[(100, 10000, None)], &[sale(3, None, 20)]), Some(10000));
    assert_eq!(named(&[(100, 10000, None)], &[sale(50, None, 20)]), Some(10000));
    assert_eq!(named(&[(100, 10000, None)], &[sale(25, Some(15), 40), sale(3, None, 20)]), Some(6000));
    // Its goods have a price in the log too.
    assert_eq!(named(&[(100, 9000, None), (20, 10000, None)], &[sale(3, None, 20)]), Some(9000));
    // Never sold for anything else, not reduced now, or no promotion at all.
    assert_eq!(named(&[(3, 10000, None)], &[sale(4, None, 20)]), None);
    assert_eq!(named(&[(100, 10000, None)], &[sale(20, Some(10), 30)]), None);
    assert_eq!(named(&[(100, 10000, None), (5, 8000, Some(10000))], &[]), None);
}

#[test]
fn only_what_everybody_was_shown_counts_and_hours_do() {
    let prices = [(100, 10000, None), (5, 8000, Some(10000))];
    let some = Conditions { signed_in: true, ..Conditions::default() };
    assert_eq!(named(&prices, &[(20, Some(10), 30, some)]), None, "nothing touched a shelf");
    let large = Conditions { amount: 50000, ..Conditions::default() };
    assert_eq!(named(&prices, &[(20, Some(10), 30, large)]), None);
    let evening = Conditions { hours: Some(Hours { from: 18 * 60, until: 20 * 60 }), ..Conditions::default() };
    assert_eq!(named(&prices, &[(20, Some(10), 30, evening.clone())]), Some(7000), "two hours of a day are enough");
    // At noon the happy hour reduces nothing, and it does not count between 30 days and now when it was over before.
    assert_eq!(named(&prices, &[(60, Some(40), 30, evening.clone())]), Some(10000));
    let noon = Conditions { hours: Some(Hours { from: 11 * 60, until: 13 * 60 }), ..Conditions::default() };
    assert_eq!(named(&[(100, 10000, None)], &[(20, None, 30, noon)]), Some(7000), "yesterday's noon was as cheap");
}

#[test]
fn a_changed_promotion_keeps_what_it_was() {
    let db = kernel::testing::db();
    let now = Clock::default().now();
    let rows = db.write_now(move |conn| {
        let ago = |days: i64| now - TimeDelta::days(days);
        let plain = Conditions::default();
        let id = create(conn, terms(30, &plain), ago(20))?;
        update(conn, id, 1, Terms { name: "Named anew".into(), ..terms(30, &plain) }, ago(15))?;
        update(conn, id, 2, terms(10, &plain), ago(10))?;
        update(conn, id, 3, Terms { starts_at: Some(now + TimeDelta::days(2)), ..terms(50, &plain) }, ago(5))?;
        update(conn, id, 4, terms(20, &plain), ago(4))?;
        update(conn, id, 5, Terms { needs_code: true, code: "MUG".into(), ..terms(20, &plain) }, ago(1))?;
        Ok(load(conn)?.into_iter().map(|past| (past.from, past.until, past.offer.rules.effect)).collect::<Vec<_>>())
    });
    let day = |days: i64| now - TimeDelta::days(days);
    let percent = |percent: i64| terms(percent, &Conditions::default()).rules.effect;
    let kept = vec![(day(20), Some(day(10)), percent(30)), (day(10), Some(day(5)), percent(10)), (day(4), Some(day(1)), percent(20))];
    assert_eq!(rows.unwrap(), kept, "a name is no term, and what never began is not kept");
}
