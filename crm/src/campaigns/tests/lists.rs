use super::*;

#[test]
fn freezing_gives_everybody_what_chance_says_of_them_alone_and_goes_on_where_it_was() {
    let db = kernel::testing::db();
    let all = people(&db, 300);
    let wish = Wish { control_bp: 2000, trial: Trial { share_bp: 6000, ..Trial::default() }, ..wish() };
    let id = scheduled(&db, wish, 2);
    let half = all[149];
    db.write_now(move |conn| {
        // As a crash left it in the middle.
        diesel::update(crate::schema::campaigns::table.find(id)).set(crate::schema::campaigns::frozen_to.eq(half)).execute(conn)?;
        Ok(())
    })
    .expect("begun");
    freeze(&db, id, &clock(noon())).expect("freezes");
    type Frozen = (CustomerId, Arm, Option<VariantId>, String);
    let (campaign, variants, rows) = db
        .read_now(move |conn| {
            let columns = (deliveries::customer_id, deliveries::arm, deliveries::variant_id, deliveries::message_id);
            let rows: Vec<Frozen> = deliveries::table.order(deliveries::customer_id).select(columns).load(conn)?;
            let variants: Vec<VariantId> = variants(conn, id)?.into_iter().map(|one| one.id).collect();
            Ok((get(conn, id)?, variants, rows))
        })
        .expect("rows");
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), all[150..]);
    for (customer, arm, variant, message) in &rows {
        assert_eq!((*arm, *variant), crate::campaigns::freeze::drawn(&campaign, &variants, *customer, 0), "customer {customer}");
        assert!(message.ends_with("@shop.example"), "{message}");
    }
    let mut messages: Vec<&String> = rows.iter().map(|row| &row.3).collect();
    messages.sort();
    messages.dedup();
    assert_eq!(messages.len(), rows.len());
    // Nobody has a delivery who is no customer.
    let nobody = db.write_now(move |conn| {
        let row = (
            deliveries::campaign_id.eq(id),
            deliveries::customer_id.eq(CustomerId(999_999)),
            deliveries::arm.eq(Arm::Given),
            deliveries::state.eq(Standing::Waiting),
            deliveries::due_at.eq(noon()),
            deliveries::message_id.eq("nobody"),
        );
        diesel::insert_into(deliveries::table).values(row).execute(conn)?;
        Ok(())
    });
    assert!(nobody.is_err());
    sound(&db);
}

#[test]
fn lists_have_every_delivery_once_whatever_the_size_of_their_pages() {
    let db = kernel::testing::db();
    people(&db, 120);
    let id = frozen(&db, Wish { control_bp: 1000, trial: Trial { share_bp: 5000, ..Trial::default() }, ..wish() }, 1);
    let first = taken(&db, noon(), 20);
    accepted(&db, &first, noon());
    taken(&db, noon(), 10);
    for state in [Standing::Waiting, Standing::Accepted, Standing::Sending, Standing::Control, Standing::Skipped] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = db.read_now(move |conn| listed(conn, id, state, after, 7)).expect("a page");
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            assert!(page.iter().all(|row| row.state == state));
            found.extend(page.into_iter().map(|row| row.id));
        }
        let count = found.len() as i64;
        found.sort_unstable();
        found.dedup();
        assert_eq!((found.len() as i64, count), (count, standing(&db, id, state)), "{state:?}");
    }
    sound(&db);
}
