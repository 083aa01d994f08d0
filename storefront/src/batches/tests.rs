use super::*;
use crate::catalog::{self, Filter, Product, Saving, Status, Variant, products};
use crate::imports::read_products;
use chrono::TimeDelta;
use kernel::clock::Clock;
use kernel::events;
use kernel::money::Currency;
use kernel::testing::TestDb;

fn saving(now: Time) -> Saving<'static> {
    Saving { currency: Currency::EUR, actor: "test", base: None, now }
}

/// Products with two variants each.
fn shop(count: i64) -> (TestDb, Vec<ProductId>) {
    let db = kernel::testing::db();
    let now = Clock::default().now() - TimeDelta::hours(1);
    let ids = db
        .write_now(move |conn| {
            let variant = |at: i64, size: &str, price| Variant {
                sku: Some(format!("P{at}-{size}")),
                options: vec![size.into()],
                price: Some(price),
                count: Some(3),
                ..Variant::default()
            };
            (0..count)
                .map(|at| {
                    let product = Product {
                        title: format!("Product {at}"),
                        status: Status::Active,
                        tags: vec!["old".into()],
                        options: vec!["Size".into()],
                        variants: vec![variant(at, "S", 1000), variant(at, "L", 2000)],
                        ..Product::default()
                    };
                    Ok(catalog::save_product(conn, &product, &saving(now))?.id)
                })
                .collect()
        })
        .unwrap();
    (db, ids)
}

fn product(db: &TestDb, id: ProductId) -> Product {
    db.read_now(move |conn| products(conn, &[id], Currency::EUR)?.pop().ok_or(Error::NotFound)).unwrap()
}

fn plan_of(db: &TestDb, filter: Filter, rules: Rules) -> Planned {
    db.read_now(move |conn| plan(conn, &filter, &rules, Currency::EUR)).unwrap()
}

fn draft(db: &TestDb, edits: Vec<Edit>) -> BatchId {
    let now = Clock::default().now();
    db.write_now(move |conn| draft_edit(conn, "test", "staff:1", "EUR", &edits, now)).unwrap()
}

fn confirm(db: &TestDb, id: BatchId) -> Batch {
    let clock = Clock::default();
    let now = clock.now();
    db.write_now(move |conn| start(conn, id, now)).unwrap();
    run(db, &clock, id).unwrap();
    db.read_now(|conn| get(conn, id)).unwrap()
}

#[test]
fn rules_change_what_a_filter_means_and_nothing_before_it_is_confirmed() {
    let (db, ids) = shop(3);
    let rules = Rules { price: Some(PriceRule::Add(50)), add_tags: vec!["sale".into()], ..Rules::default() };
    let filter = Filter { price: (None, Some(1500)), ..Filter::default() };
    assert_eq!(db.read_now(|conn| count(conn, &filter, Currency::EUR)).unwrap(), Some((3, 3)));
    let planned = plan_of(&db, filter, rules);
    let id = draft(&db, planned.edits);
    assert_eq!(product(&db, ids[0]).variants[0].price, Some(1000));
    // Somebody saves one of them between preview and confirmation.
    let mut other = product(&db, ids[1]);
    other.title = "Renamed".into();
    let now = Clock::default().now();
    db.write_now(move |conn| catalog::save_product(conn, &other, &saving(now))).unwrap();
    let told = db.read_now(events::backlog).unwrap();
    let batch = confirm(&db, id);
    assert_eq!((batch.state, batch.finished, batch.changed, batch.skipped), (State::Done, 3, 2, 1));
    let after = product(&db, ids[0]);
    assert_eq!(after.variants.iter().map(|variant| variant.price).collect::<Vec<_>>(), [Some(1050), Some(2000)]);
    assert_eq!(after.tags, ["old", "sale"]);
    assert_eq!(product(&db, ids[1]).variants[0].price, Some(1000));
    let skipped = db.read_now(|conn| rows_of(conn, id, &[Outcome::Skipped], None, 10)).unwrap();
    assert_eq!((skipped.len(), skipped[0].product_id, skipped[0].note.as_str()), (1, Some(ids[1]), "batch-stale"));
    // One event for all, and the log names the batch.
    assert_eq!(db.read_now(events::backlog).unwrap(), told + 1);
    let variant = after.variants[0].id.unwrap();
    let log = db.read_now(|conn| catalog::price_changes(conn, &[variant], Currency::EUR, 10)).unwrap();
    assert_eq!((log[0].old_amount, log[0].new_amount, log[0].actor.clone()), (Some(1000), Some(1050), format!("edit:{id}")));
    // Found by its new tag; run again, nothing happens.
    let tagged = Filter { tag: "sale".into(), ..Filter::default() };
    assert_eq!(db.read_now(|conn| catalog::found(conn, &tagged, Currency::EUR, 10)).unwrap(), [ids[2], ids[0]]);
    run(&db, &Clock::default(), id).unwrap();
    assert!(matches!(db.write_now(move |conn| start(conn, id, now)), Err(Error::Conflict(_))));
}

#[test]
fn what_cannot_be_stored_is_told_and_the_rest_goes_on() {
    let (db, ids) = shop(2);
    let before = product(&db, ids[0]);
    let mut after = before.clone();
    after.variants[0].sku = Some("P1-S".into());
    let mut other = product(&db, ids[1]);
    let old = other.clone();
    other.brand = "Kiln".into();
    let edits = db
        .read_now(|conn| {
            let seen = catalog::updated_of(conn, &ids)?;
            let edit = |id: ProductId, before: &Product, after: &Product| Edit {
                product: id,
                title: before.title.clone(),
                seen: seen[&id],
                wanted: Wanted::between(before, after).unwrap(),
            };
            Ok(vec![edit(ids[0], &before, &after), edit(ids[1], &old, &other)])
        })
        .unwrap();
    let batch = confirm(&db, draft(&db, edits));
    assert_eq!((batch.changed, batch.skipped), (1, 1));
    assert_eq!((product(&db, ids[0]), product(&db, ids[1]).brand.as_str()), (before, "Kiln"));
    assert!(matches!(db.write_now(|conn| draft_edit(conn, "x", "staff:1", "EUR", &[], Clock::default().now())), Err(Error::Invalid(_))));
}

#[test]
fn drafts_are_discarded_and_pruned() {
    let (db, _) = shop(1);
    let rules = Rules { status: Some(Status::Draft), ..Rules::default() };
    let (first, second) =
        (draft(&db, plan_of(&db, Filter::default(), rules.clone()).edits), draft(&db, plan_of(&db, Filter::default(), rules).edits));
    db.write_now(move |conn| discard(conn, first)).unwrap();
    let later = Clock::default().now() + TimeDelta::days(3);
    db.write_now(move |conn| prune(conn, later)).unwrap();
    for id in [first, second] {
        assert!(matches!(db.read_now(|conn| get(conn, id)), Err(Error::NotFound)));
    }
}

const FILE: &str = "Handle,Title,Tags,Status,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Variant Inventory Tracker\n\
    product-0,Changed,new,active,Size,S,P0-S,12.00,9,shopify\n\
    product-0,,,,,L,P0-L,20.00,3,shopify\n\
    product-1,Also changed,,active,Size,S,P1-S,11.00,3,shopify\n\
    product-1,,,,,L,P1-L,20.00,3,shopify\n\
    new-one,New one,,active,Title,Default Title,N1,5.00,4,shopify\n\
    new-two,New two,,active,Title,Default Title,N2,6.00,4,shopify\n\
    bad,Bad,,active,Title,Default Title,B1,not a price,4,shopify\n";

fn import(db: &TestDb, file: &str) -> BatchId {
    let parsed = read_products(file.as_bytes(), Currency::EUR).unwrap();
    let lines = db.read_now(|conn| compare(conn, &parsed, Currency::EUR)).unwrap();
    let now = Clock::default().now();
    db.write_now(move |conn| draft_import(conn, "file.csv", "staff:1", "EUR", &lines, now)).unwrap()
}

fn undone(db: &TestDb, id: BatchId) -> Batch {
    let clock = Clock::default();
    let now = clock.now();
    db.write_now(move |conn| start_undo(conn, id, now)).unwrap();
    run(db, &clock, id).unwrap();
    db.read_now(|conn| get(conn, id)).unwrap()
}

#[test]
fn a_file_is_compared_imported_and_undone() {
    let (db, ids) = shop(2);
    let before: Vec<Product> = ids.iter().map(|id| product(&db, *id)).collect();
    let id = import(&db, FILE);
    let lines = db.read_now(|conn| rows_of(conn, id, &[], None, 10)).unwrap();
    let told: Vec<(&str, Outcome)> = lines.iter().map(|row| (row.label.as_str(), row.state)).collect();
    assert_eq!(
        told[..4],
        [("product-0", Outcome::Waiting), ("product-1", Outcome::Waiting), ("new-one", Outcome::Waiting), ("new-two", Outcome::Waiting)]
    );
    assert_eq!(told[4].1, Outcome::Refused);
    let mistakes = mistakes(&lines[4]).unwrap();
    assert_eq!((mistakes.len(), mistakes[0].line, mistakes[0].column.as_str()), (1, 8, "Variant Price"));
    let fields = db.read_now(|conn| fields_of(conn, id, &[0])).unwrap();
    assert!(fields[&0].iter().any(|field| (field.before.as_str(), field.after.as_str()) == ("10.00", "12.00")), "{fields:?}");
    assert_eq!(product(&db, ids[0]), before[0]);

    let batch = confirm(&db, id);
    assert_eq!((batch.created, batch.changed, batch.skipped, batch.finished), (2, 2, 1, 4));
    let changed = product(&db, ids[0]);
    assert_eq!((changed.title.as_str(), changed.variants[0].price, changed.variants[0].on_hand), ("Changed", Some(1200), 9));
    // The same file again finds nothing to do.
    let again = import(&db, FILE);
    assert_eq!(db.read_now(|conn| get(conn, again)).unwrap().total, 0);

    // Meanwhile somebody changes one of them, and somebody buys a new one.
    let mut edited = product(&db, ids[1]);
    edited.title = "By hand".into();
    edited.variants[0].count = Some(2);
    let now = Clock::default().now();
    db.write_now(move |conn| catalog::save_product(conn, &edited, &saving(now))).unwrap();
    let new = |slug: &'static str| db.read_now(move |conn| catalog::find(conn, slug)).unwrap();
    let (one, two) = (new("new-one").unwrap(), new("new-two").unwrap());
    let variant = product(&db, two).variants[0].id.unwrap();
    db.write_now(move |conn| {
        let cart = crate::carts::create(conn, None, &crate::shop::Shop::default(), "en", now)?;
        crate::carts::add(conn, cart, variant, 1, now)
    })
    .unwrap();

    let plan = db.read_now(|conn| undo_plan(conn, id)).unwrap();
    let kept = Undoing::Restore { kept: vec!["title".into()] };
    assert_eq!(
        plan.iter().map(|(_, _, what)| what.clone()).collect::<Vec<_>>(),
        [Undoing::Restore { kept: vec![] }, kept, Undoing::Remove, Undoing::Archive]
    );
    assert_eq!(undone(&db, id).state, State::Undone);
    assert_eq!(product(&db, ids[0]), before[0]);
    let restored = product(&db, ids[1]);
    assert_eq!((restored.title.as_str(), restored.variants[0].price, restored.variants[0].on_hand), ("By hand", Some(1000), 2));
    assert_eq!((new("new-one"), product(&db, two).status), (None, Status::Archived));
    assert!(db.read_now(move |conn| catalog::products(conn, &[one], Currency::EUR)).unwrap().is_empty());
    assert!(matches!(db.write_now(move |conn| start_undo(conn, id, now)), Err(Error::Conflict(_))));
    let findings = db.read_now(|conn| crate::doctor::examine(conn, &mut |_| {})).unwrap();
    assert!(findings.iter().all(|finding| finding.problems.is_empty()));
    // And it can come once more.
    let third = import(&db, FILE);
    assert_eq!(db.read_now(|conn| get(conn, third)).unwrap().total, 4);
}

#[test]
fn a_batch_that_died_goes_on_where_it_was() {
    let (db, ids) = shop(5);
    let rules = Rules { price: Some(PriceRule::Set(700)), ..Rules::default() };
    let id = draft(&db, plan_of(&db, Filter::default(), rules).edits);
    let now = Clock::default().now();
    db.write_now(move |conn| {
        start(conn, id, now)?;
        // As after a crash: three rows are through, the transaction of the others never ended.
        diesel::update(rows::table.filter(rows::batch_id.eq(id)).filter(rows::position.lt(3)))
            .set(rows::state.eq(Outcome::Changed))
            .execute(conn)?;
        Ok(())
    })
    .unwrap();
    run(&db, &Clock::default(), id).unwrap();
    let changed = ids.iter().filter(|one| product(&db, **one).variants[0].price == Some(700)).count();
    assert_eq!((changed, db.read_now(|conn| get(conn, id)).unwrap().state), (2, State::Done));
}
