use super::*;
use crate::campaigns::{Arm, Kind, Standing, State};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::purchases::{self, Line, Purchase};
use crate::rules::trees::{Dice, noon};
use crate::schema::{campaign_variants, campaigns, customers as people, order_shares};
use kernel::Db;
use kernel::money::{Currency, Money};

pub fn someone(db: &Db, name: &str) -> CustomerId {
    let email = Email::parse(&format!("{name}@example.com"), "email").unwrap();
    let new = NewCustomer { email, name: name.to_string(), phone: String::new(), language: "en".into() };
    db.write_now(move |conn| customers::ensure(conn, &new, noon())).unwrap()
}

/// A campaign whose audience was frozen at noon, with a variant.
pub fn campaign(db: &Db, name: &str, audience: &str) -> (CampaignId, VariantId) {
    let (name, audience) = (name.to_string(), audience.to_string());
    db.write_now(move |conn| {
        let row = (
            campaigns::kind.eq(Kind::Campaign),
            campaigns::name.eq(&name),
            campaigns::store_id.eq(1),
            campaigns::topic.eq("news"),
            campaigns::state.eq(State::Scheduled),
            campaigns::audience.eq(&audience),
            campaigns::control_bp.eq(1000),
            campaigns::plan.eq("{}"),
            campaigns::trial.eq("{}"),
            campaigns::starts_at.eq(noon()),
            campaigns::frozen_at.eq(noon()),
            campaigns::created_at.eq(noon()),
            campaigns::changed_at.eq(noon()),
        );
        let id: CampaignId = on_each!(conn, c => diesel::insert_into(campaigns::table).values(row).returning(campaigns::id).get_result(c))?;
        let row = (
            campaign_variants::campaign_id.eq(id),
            campaign_variants::position.eq(1),
            campaign_variants::content.eq("{}"),
            campaign_variants::changed_at.eq(noon()),
        );
        let variant: VariantId =
            on_each!(conn, c => diesel::insert_into(campaign_variants::table).values(row).returning(campaign_variants::id).get_result(c))?;
        Ok((id, variant))
    })
    .unwrap()
}

/// A mail of a campaign that was taken at noon, or the row of somebody in its control group.
pub fn delivery(db: &Db, of: (CampaignId, VariantId), customer: CustomerId, arm: Arm) -> DeliveryId {
    let (campaign, variant) = of;
    db.write_now(move |conn| {
        let given = arm == Arm::Given;
        let row = (
            deliveries::campaign_id.eq(campaign),
            deliveries::customer_id.eq(customer),
            deliveries::arm.eq(arm),
            deliveries::variant_id.eq(given.then_some(variant)),
            deliveries::state.eq(if given { Standing::Accepted } else { Standing::Control }),
            deliveries::due_at.eq(noon()),
            deliveries::attempts.eq(i64::from(given)),
            deliveries::message_id.eq(format!("{campaign}.{customer}@example.com")),
            deliveries::sent_at.eq(given.then_some(noon())),
        );
        Ok(on_each!(conn, c => diesel::insert_into(deliveries::table).values(row).returning(deliveries::id).get_result(c))?)
    })
    .unwrap()
}

pub fn hit(db: &Db, delivery: DeliveryId, hit: Hit, machine: &'static str, at: Time) {
    db.write_now(move |conn| {
        let of = deliveries::table.find(delivery).select((deliveries::campaign_id, deliveries::variant_id));
        let (campaign, variant): (CampaignId, Option<VariantId>) = of.first(conn)?;
        let row = (
            hits::campaign_id.eq(campaign),
            hits::variant_id.eq(variant.unwrap_or(VariantId(0))),
            hits::delivery_id.eq(delivery),
            hits::kind.eq(hit),
            hits::target.eq(if hit == Hit::Click { "/products/mug" } else { "" }),
            hits::machine.eq(machine),
            hits::happened_at.eq(at),
        );
        on_each!(conn, c => diesel::insert_into(hits::table).values(row).execute(c))?;
        Ok(())
    })
    .unwrap();
}

pub fn buys(db: &Db, customer: CustomerId, order: i64, at: Time, minor: i64) {
    let line = Line { variant: 1, product: 1, quantity: 2, amount: minor };
    let purchase = Purchase {
        order,
        customer,
        at,
        revenue: Money::new(minor, Currency::EUR),
        units: 2,
        lines: vec![line],
        place: Default::default(),
        margin: Default::default(),
    };
    db.write_now(move |conn| purchases::learn(conn, &purchase, at)).unwrap();
}

fn shared(db: &Db, order: i64) -> Vec<(DeliveryId, i64, i64)> {
    let own = db.read_now(move |conn| of_order(conn, order)).unwrap();
    own.iter().map(|share| (share.delivery, share.revenue, share.refunded)).collect()
}

fn by(db: &Db, rules: Rules, order: i64) -> Vec<(DeliveryId, i64, i64)> {
    db.write_now(move |conn| {
        set_rules(conn, &rules, noon())?;
        attribute(conn, order)
    })
    .unwrap();
    shared(db, order)
}

#[test]
fn an_order_follows_from_what_the_person_did_in_the_days_before_it() {
    let db = kernel::testing::db();
    let ann = someone(&db, "ann");
    let mails: Vec<DeliveryId> =
        ["one", "two", "three"].iter().map(|name| delivery(&db, campaign(&db, name, "{}"), ann, Arm::Given)).collect();
    let at = noon() + TimeDelta::days(3);
    let before = |hours: i64| at - TimeDelta::hours(hours);
    hit(&db, mails[0], Hit::Click, "", before(60));
    hit(&db, mails[0], Hit::Click, "scanner", before(1));
    hit(&db, mails[1], Hit::Click, "", before(30));
    hit(&db, mails[2], Hit::Open, "", before(2));
    // What came after the order does not count.
    hit(&db, mails[2], Hit::Click, "", at + TimeDelta::minutes(1));
    buys(&db, ann, 7, at, 1001);
    let (last, linear) = (Rules::default(), Rules { model: Model::Linear, ..Rules::default() });
    assert_eq!(by(&db, last, 7), [(mails[1], 1001, 0)]);
    assert_eq!(by(&db, linear, 7), [(mails[0], 501, 0), (mails[1], 500, 0)]);
    db.write_now(move |conn| purchases::refund(conn, 7, 334, at)).unwrap();
    assert_eq!(shared(&db, 7), [(mails[0], 501, 167), (mails[1], 500, 167)]);
    // A day: nobody followed a link, and opens count only where that was decided.
    assert!(by(&db, Rules { days: 1, ..last }, 7).is_empty());
    assert_eq!(by(&db, Rules { days: 1, opens: true, ..last }, 7), [(mails[2], 1001, 334)]);
    assert!(db.write_now(move |conn| set_rules(conn, &Rules { days: 0, ..last }, at)).is_err());
    // What a number did that was merged into hers is hers.
    let twin = someone(&db, "twin");
    let other = delivery(&db, campaign(&db, "four", "{}"), twin, Arm::Given);
    hit(&db, other, Hit::Click, "", before(5));
    assert_eq!(by(&db, last, 7), [(mails[1], 1001, 334)]);
    db.write_now(move |conn| Ok(diesel::update(people::table.find(twin)).set(people::merged_into.eq(ann)).execute(conn)?)).unwrap();
    assert_eq!(by(&db, last, 7), [(other, 1001, 334)]);
    db.write_now(move |conn| purchases::forget(conn, 7, at)).unwrap();
    assert!(shared(&db, 7).is_empty());
}

/// All shares there are, and by campaign what they come to.
fn everything(db: &Db) -> (Vec<Share>, BTreeMap<CampaignId, i64>) {
    let all: Vec<Share> = db
        .read_now(|conn| {
            let rows = order_shares::table.order((order_shares::order_id, order_shares::delivery_id));
            Ok(on_each!(conn, c => rows.select(Share::as_select()).load(c))?)
        })
        .unwrap();
    let mut sums = BTreeMap::new();
    all.iter().for_each(|share| *sums.entry(share.campaign).or_default() += share.revenue - share.refunded);
    (all, sums)
}

/// Shares sum to their orders to the cent, whatever came back; campaigns together never have more than the ledger; made anew they are equal.
#[test]
fn shares_are_the_ledger_split_whatever_happens_to_it() {
    let db = kernel::testing::db();
    let mut dice = Dice::new(11);
    let campaigns: Vec<(CampaignId, VariantId)> = (0..5).map(|n| campaign(&db, &format!("campaign {n}"), "{}")).collect();
    let mut orders = Vec::new();
    for n in 0..25 {
        let customer = someone(&db, &format!("person{n}"));
        for of in &campaigns {
            if dice.below(3) == 0 {
                continue;
            }
            let mail = delivery(&db, *of, customer, Arm::Given);
            for _ in 0..dice.below(4) {
                let (kind, machine) = (*dice.pick(Hit::ALL), *dice.pick(&["", "", "proxy"]));
                hit(&db, mail, kind, machine, noon() + TimeDelta::hours(dice.below(10 * 24)));
            }
        }
        for _ in 0..dice.below(4) {
            let order = 100 + orders.len() as i64;
            buys(&db, customer, order, noon() + TimeDelta::hours(dice.below(12 * 24)), dice.below(50_000));
            orders.push(order);
        }
    }
    for (model, days, opens) in [(Model::Last, 5, false), (Model::Linear, 5, false), (Model::Linear, 30, true), (Model::Last, 2, true)] {
        let all = orders.clone();
        let anew = move |conn: &mut Conn| {
            set_rules(conn, &Rules { model, days, opens }, noon())?;
            all.iter().try_for_each(|order| attribute(conn, *order))
        };
        db.write_now(anew.clone()).unwrap();
        for _ in 0..40 {
            let (order, back) = (*dice.pick(&orders), dice.below(500));
            let deed = dice.below(12);
            db.write_now(move |conn| {
                let Some((revenue, refunded)) = purchases::of_order(conn, order)? else { return Ok(()) };
                match deed {
                    0 => purchases::forget(conn, order, noon()),
                    1 => purchases::refund(conn, order, -refunded, noon()),
                    2 => purchases::change(conn, order, revenue.max(refunded) + back, 1, &[], &Default::default(), noon()),
                    _ => purchases::refund(conn, order, back.min(revenue - refunded), noon()),
                }
            })
            .unwrap();
        }
        let (kept, sums) = everything(&db);
        assert!(!kept.is_empty());
        for share in &kept {
            assert!((0..=share.revenue).contains(&share.refunded), "{share:?}");
        }
        let proofs = db.read_now(|conn| proofs(conn, 0, 1000)).unwrap();
        for proof in &proofs {
            assert_eq!(Some(proof.shares), proof.books, "{proof:?}");
        }
        let ledger: i64 = proofs.iter().filter_map(|proof| proof.books).map(|(revenue, refunded)| revenue - refunded).sum();
        assert_eq!(sums.values().sum::<i64>(), ledger);
        db.write_now(anew).unwrap();
        assert_eq!(everything(&db).0, kept, "made anew by {model:?}, {days} days");
    }
}
