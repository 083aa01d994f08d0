//! Whatever people do to orders, in whatever order: the books agree afterwards.

use crate::support::goods::{self, now, place};
use kernel::{Conn, Db};
use proptest::prelude::*;
use storefront::checkout::Settlement;
use storefront::ids::OrderId;
use storefront::orders::{self, CancelReason};
use storefront::refunds::{self, Request, RequestLine};
use storefront::returns::{self, Inspected, Reason, Return, Status, Wanted, WantedLine};
use storefront::shipments::{self, Parcel};
use storefront::{payments, stock};

/// One thing a person may do to an order.
#[derive(Clone, Debug)]
enum Deed {
    Receive,
    Ship {
        line: usize,
        units: i64,
    },
    Refund {
        line: usize,
        units: i64,
        shipping: i64,
        restock: bool,
        to_credit: bool,
    },
    AskReturn {
        line: usize,
        units: i64,
    },
    /// Takes every return a step on, whichever that is; `turn` chooses among what may come next.
    StepReturns {
        turn: i64,
    },
    SettleRefunds,
    FailRefunds,
    Cancel,
    Count {
        units: i64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Receive),
        (0usize..2, 1i64..4).prop_map(|(line, units)| Deed::Ship { line, units }),
        (0usize..2, 0i64..4, prop::sample::select(vec![0i64, 100, 490]), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(line, units, shipping, restock, to_credit)| Deed::Refund { line, units, shipping, restock, to_credit }),
        (0usize..2, 1i64..4).prop_map(|(line, units)| Deed::AskReturn { line, units }),
        (0i64..7).prop_map(|turn| Deed::StepReturns { turn }),
        Just(Deed::SettleRefunds),
        Just(Deed::FailRefunds),
        Just(Deed::Cancel),
        (0i64..20).prop_map(|units| Deed::Count { units }),
    ]
}

/// What a gift card or a customer has: nothing, a part, or more than any order costs.
fn balance() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0i64), 1i64..9000, Just(100_000i64)]
}

/// The next step of a return.
fn step_on(conn: &mut Conn, back: &Return, turn: i64) -> kernel::Result<()> {
    match (back.status, turn) {
        (Status::Requested, 0) => returns::decline(conn, back.id, "no", "test", now()),
        (Status::Requested | Status::Approved, 1) => returns::withdraw(conn, back.id, "customer", now()),
        (Status::Requested, _) => returns::approve(conn, back.id, "", "test", now()),
        (Status::Approved, _) => returns::receive(conn, back.id, "test", now()),
        (Status::Received, _) => {
            let place = stock::locations(conn)?[0].id;
            let inspected = |line: returns::ReturnLine| Inspected {
                line: line.order_line_id,
                accepted: line.quantity.min(turn - 1).max(0),
                location: (turn % 2 == 0).then_some(place),
            };
            let found: Vec<Inspected> = returns::lines_of(conn, back.id)?.into_iter().map(inspected).collect();
            returns::inspect(conn, back.id, &found, "test", now())
        }
        (Status::Inspected, 0) => returns::close(conn, back.id, "test", now()),
        (Status::Inspected, _) => {
            let (shipping, to_credit) = (if turn == 6 { 490 } else { 0 }, turn % 3 == 0);
            let amount = returns::preview(conn, back.id, shipping, to_credit)?.amount;
            returns::refund(conn, back.id, shipping, to_credit, amount, "test", now()).map(drop)
        }
        (Status::Declined | Status::Withdrawn | Status::Closed, _) => Ok(()),
    }
}

/// Does it, or is refused; a refusal must leave nothing behind.
fn act(db: &Db, order: OrderId, step: usize, deed: &Deed) {
    let deed = deed.clone();
    let outcome = db.write_now(move |conn| {
        let lines = orders::lines(conn, order)?;
        match deed {
            Deed::Receive => {
                let payment = payments::latest(conn, order)?.expect("every order has a payment").id;
                payments::record_receipt(conn, payment, "test", now())
            }
            Deed::Ship { line, units } => {
                let parcel = Parcel {
                    key: format!("step-{step}"),
                    lines: vec![(lines[line].id, units)],
                    carrier: "DHL".into(),
                    tracking_number: String::new(),
                    tracking_url: String::new(),
                    from: None,
                };
                shipments::ship(conn, order, &parcel, "test", now()).map(drop)
            }
            Deed::Refund { line, units, shipping, restock, to_credit } => {
                let wanted = RequestLine { line: lines[line].id, quantity: units, restock };
                let request = Request { lines: vec![wanted], shipping, reason: "test".into(), to_credit, ..Default::default() };
                let stored = orders::get(conn, order)?;
                let shown = refunds::preview(conn, &stored, &request)?;
                refunds::request(conn, order, &request, shown.amount, "test", now()).map(drop)
            }
            Deed::AskReturn { line, units } => {
                let line = WantedLine { line: lines[line].id, quantity: units, reason: Reason::Other };
                let wanted = Wanted { key: format!("ask-{step}"), lines: vec![line], comment: String::new() };
                returns::request(conn, order, &wanted, "customer", now()).map(drop)
            }
            Deed::StepReturns { turn } => returns::of_order(conn, order)?.iter().try_for_each(|back| step_on(conn, back, turn)),
            Deed::SettleRefunds => refunds::of_order(conn, order)?.iter().try_for_each(|refund| refunds::settle(conn, refund.id, now())),
            Deed::FailRefunds => {
                refunds::of_order(conn, order)?.iter().try_for_each(|refund| refunds::failed(conn, refund.id, "test", now()))
            }
            Deed::Cancel => orders::cancel(conn, order, CancelReason::Staff, "test", now()),
            Deed::Count { units } => {
                let variant = lines[0].variant_id.expect("the line is of a variant");
                stock::set_on_hand(conn, variant, units, "count", &format!("count-{step}"), "test", now())
            }
        }
    });
    use kernel::Error::{Conflict, Invalid};
    assert!(matches!(outcome, Ok(()) | Err(Conflict(_) | Invalid(_))), "{outcome:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_deeds_ends_with_clean_books(
        percent in 0i64..10_000, units in (1i64..4, 1i64..4), stored in (balance(), balance()), deeds in prop::collection::vec(deed(), 1..20),
    ) {
        let db = goods::open();
        let (mug, pot) = (goods::product(&db, "Mug", 1299, 9), goods::product(&db, "Pot", 4550, 9));
        goods::coupon(&db, "ANY", percent.max(1), None, None);
        let (cart, mut seen) = goods::cart(&db, &[(mug, units.0), (pot, units.1)], "ann@example.com", "bank_transfer", "ANY");
        // Sometimes a gift card, store credit or both pay a part or all of it.
        let code = (stored.0 > 0).then(|| goods::gift_card(&db, stored.0).1);
        let customer = (stored.1 > 0).then(|| goods::customer(&db, "ann@example.com", stored.1));
        if code.is_some() || customer.is_some() {
            seen = goods::pay_with(&db, cart, &code.as_deref().into_iter().collect::<Vec<_>>(), customer);
        }
        let placed = place(&db, cart, seen, Settlement::After).unwrap();
        for (step, deed) in deeds.iter().enumerate() {
            act(&db, placed.order, step, deed);
        }
        goods::assert_books(&db);
    }
}
