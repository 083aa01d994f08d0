//! What a campaign brought, from the mail to the page: an order follows from a click, returns flow back, and every number leads to its rows.

use crate::support::goods::{self, now};
use crate::support::house::House;
use crate::support::office::{at_work, role};
use admin::permissions::Preset;
use chrono::TimeDelta;
use crm::CustomerId;
use crm::campaigns::attribution::{self, Share};
use crm::campaigns::{self, CampaignId, DeliveryId, Hit, Outcome, Wish, hits};
use crm::consents::{self, Consent, Statement};
use kernel::Db;
use storefront::checkout::Settlement;
use storefront::ids::{OrderId, VariantId};
use storefront::{orders, payments, rebuild, refunds};

/// Somebody who allowed news.
fn reader(db: &Db, email: &str) -> CustomerId {
    let customer = goods::customer(db, email, 0);
    let said = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Given, proof: "test" };
    db.write_now(move |conn| consents::record(conn, customer, &said, now())).unwrap();
    customer
}

/// A campaign to everybody whose mails a server took half an hour ago, the mails in the order of their customers.
fn sent(house: &House, name: &str) -> (CampaignId, Vec<DeliveryId>) {
    let wish = Wish { name: name.into(), control_bp: 0, ..Wish::default() };
    let id = house
        .db
        .write_now(move |conn| {
            let id = campaigns::create(conn, &wish, now())?;
            let first = campaigns::variants(conn, id)?.remove(0);
            campaigns::put_variant(conn, first.id, first.version, "{\"from_name\":\"Shop\"}", now())?;
            let version = campaigns::get(conn, id)?.version;
            campaigns::schedule(conn, id, version, ("UTC", "shop.test"), now() - TimeDelta::hours(1))?;
            Ok(id)
        })
        .unwrap();
    campaigns::freeze(&house.db, id, &house.state.clock).unwrap();
    let mut mails = house
        .db
        .write_now(move |conn| {
            let claimed = campaigns::claim(conn, now(), 20)?;
            let taken = |one: &campaigns::Claimed| (one.id, Outcome::Accepted { transport: "test".into() });
            campaigns::record(conn, &claimed.iter().map(taken).collect::<Vec<_>>(), now() - TimeDelta::minutes(30))?;
            Ok(claimed.into_iter().map(|one| (one.customer, one.id)).collect::<Vec<_>>())
        })
        .unwrap();
    mails.sort();
    (id, mails.into_iter().map(|(_, id)| id).collect())
}

/// An order that was paid by transfer.
fn bought(db: &Db, variant: VariantId, units: i64, email: &str) -> OrderId {
    let (cart, seen) = goods::cart(db, &[(variant, units)], email, "bank_transfer", "");
    let placed = goods::place(db, cart, seen, Settlement::After).unwrap();
    db.write_now(move |conn| payments::record_receipt(conn, placed.payment, "test", now()).map(drop)).unwrap();
    placed.order
}

fn shares(db: &Db, order: OrderId) -> Vec<Share> {
    db.read_now(move |conn| attribution::of_order(conn, order.0)).unwrap()
}

#[test]
fn an_order_follows_from_a_click_and_every_number_leads_to_its_rows() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1200, 50);
    let (ann, _) = (reader(&house.db, "ann@example.com"), reader(&house.db, "bea@example.com"));
    let (tea, mails) = sent(&house, "Tea");
    assert_eq!(mails.len(), 2);
    let (clicked, scanned) = (mails[0], mails[1]);
    house
        .db
        .write_now(move |conn| {
            hits::record(conn, clicked, Hit::Click, "/products/mug", "", now() - TimeDelta::minutes(10))?;
            hits::record(conn, scanned, Hit::Click, "/products/mug", "scanner", now() - TimeDelta::minutes(10))?;
            Ok(())
        })
        .unwrap();
    let (order, other) = (bought(&house.db, mug, 3, "ann@example.com"), bought(&house.db, mug, 1, "bea@example.com"));
    assert!(shares(&house.db, order).is_empty(), "it follows by a listener");
    house.follow();
    let total = house.db.read_now(move |conn| Ok(orders::get(conn, order)?.total)).unwrap();
    let own = shares(&house.db, order);
    assert_eq!(own.iter().map(|one| (one.delivery, one.revenue, one.refunded)).collect::<Vec<_>>(), [(clicked, total, 0)]);
    assert!(shares(&house.db, other).is_empty(), "a machine ordered nothing");
    // What comes back flows back in the same commit.
    house
        .db
        .write_now(move |conn| {
            let line = orders::lines(conn, order)?[0].id;
            let lines = vec![refunds::RequestLine { line, quantity: 1, restock: true }];
            let request = refunds::Request { lines, ..refunds::Request::default() };
            refunds::request(conn, order, &request, 1200, "staff", now()).map(drop)
        })
        .unwrap();
    assert_eq!(shares(&house.db, order)[0].refunded, 1200);
    goods::assert_books(&house.db);
    let before = shares(&house.db, order);
    rebuild::run(&house.db, now(), &mut |_| {}).unwrap();
    assert_eq!(shares(&house.db, order), before, "made anew it is the same");
    assert!(shares(&house.db, other).is_empty());

    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let address = format!("/admin/campaigns/{tea}/results");
    let page = olga.get(&address).says(200, "Accepted by a mail server").says(200, "Results are figured each hour");
    olga.submit(&page, &format!("{address}/figure"), &[]).says(200, "The results are being figured");
    house.work();
    let page = olga
        .get(&address)
        .says(200, "1 by a machine")
        .says(200, "Too small to tell: at least 30 customers are needed on both sides")
        .says(200, "followed a link last, within 5 days")
        .says(200, "/products/mug")
        .says(200, "€12.00");
    for (words, says) in [
        ("what=accepted", "bea@example.com"),
        ("what=clicked", "Ann"),
        ("machines=1", "scanner"),
        ("target=", "Clicked"),
        ("results/orders", "R1001"),
        ("returned=1", "€12.00"),
        ("product=", "R1001"),
    ] {
        let each = page.body.split('"').map(|link| link.replace("&amp;", "&"));
        let link = each.filter(|link| link.starts_with(&address)).find(|link| link.contains(words));
        let rows = olga.get(&link.unwrap_or_else(|| panic!("no link with {words}: {}", page.text())));
        // Everybody's name is Ann; who has one is shown by it.
        rows.says(200, if says == "bea@example.com" { "Ann" } else { says });
    }
    assert_eq!(olga.get(&format!("{address}/deliveries?what=lost")).status, 404);
    let file = olga.get(&format!("{address}.csv")).body;
    assert!(file.starts_with("Delivery ID,Customer ID,Email,Group"), "{file}");
    let line = file.lines().find(|line| line.contains("ann@example.com")).unwrap();
    assert!(line.contains(&format!(",{ann},")) && line.ends_with(",12.00 EUR"), "{line}");
    assert_eq!(file.lines().count(), 3);
    // Who may see customers' orders and not campaigns sees no results.
    let (_, guard) = at_work(&house, "guard", role(&house, Preset::Accountant));
    assert_eq!(guard.get(&address).status, 404);
}

#[test]
fn other_rules_share_every_order_anew_and_two_people_deciding_are_told() {
    let house = House::open();
    let mug = goods::product(&house.db, "Mug", 1001, 50);
    reader(&house.db, "ann@example.com");
    let (first, second) = (sent(&house, "Tea").1[0], sent(&house, "Coffee").1[0]);
    house
        .db
        .write_now(move |conn| {
            hits::record(conn, first, Hit::Click, "/products/mug", "", now() - TimeDelta::minutes(20))?;
            hits::record(conn, second, Hit::Click, "/products/mug", "", now() - TimeDelta::minutes(10))?;
            Ok(())
        })
        .unwrap();
    let order = bought(&house.db, mug, 1, "ann@example.com");
    house.follow();
    assert_eq!(shares(&house.db, order).iter().map(|one| one.delivery).collect::<Vec<_>>(), [second]);
    let (_, olga) = at_work(&house, "olga", role(&house, Preset::Owner));
    let (_, mei) = at_work(&house, "mei", role(&house, Preset::Marketer));
    let to = "/admin/attribution";
    let (page, late) = (olga.get(to).says(200, "Which mail an order followed from"), mei.get(to));
    olga.submit(&page, to, &[("days", "91")]).says(422, "Between 1 and 90 days");
    olga.submit(&page, to, &[("model", "linear")]).says(200, "Saved").says(200, "Orders are being shared");
    mei.submit(&late, to, &[("days", "9")]).says(409, "all mails that were followed");
    house.follow();
    let total = house.db.read_now(move |conn| Ok(orders::get(conn, order)?.total)).unwrap();
    let own = shares(&house.db, order);
    assert_eq!(own.iter().map(|one| one.delivery).collect::<Vec<_>>(), [first, second]);
    assert_eq!(own.iter().map(|one| one.revenue).sum::<i64>(), total);
    assert!((own[0].revenue - own[1].revenue).abs() <= 1, "{own:?}");
    goods::assert_books(&house.db);
    house.db.write_now(move |conn| orders::cancel(conn, order, orders::CancelReason::Staff, "test", now())).unwrap();
    assert!(shares(&house.db, order).is_empty());
    goods::assert_books(&house.db);
}
