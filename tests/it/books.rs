//! Whatever people do to orders, in whatever order: the books agree afterwards.

use crate::support::goods::{self, now, place};
use kernel::{Conn, Db};
use proptest::prelude::*;
use storefront::checkout::Settlement;
use storefront::edits::{self, Expected};
use storefront::exchanges;
use storefront::gateway::{Standing, State};
use storefront::ids::{OrderId, VariantId};
use storefront::orders::{self, CancelReason, OrderLine};
use storefront::payments::{Payment, PaymentState, WishState};
use storefront::refunds::{self, LineAmount, Request, RequestLine};
use storefront::returns::{self, Inspected, Reason, Return, Status, Wanted, WantedLine};
use storefront::shipments::{self, Parcel};
use storefront::shop::{self, InvoiceAt, Shop};
use storefront::{payments, shipping, stock};

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
    /// An amount of a line without any unit, in thousandths of what is left of it.
    RefundAmount {
        line: usize,
        part: i64,
    },
    AskReturn {
        line: usize,
        units: i64,
    },
    /// Takes every return a step on, whichever that is; `turn` chooses among what may come next.
    StepReturns {
        turn: i64,
    },
    /// Takes the orders of goods in exchange a step on.
    StepExchanges {
        turn: i64,
    },
    SettleRefunds,
    FailRefunds,
    /// Refunds that went through come back, the latest or all.
    BounceRefunds {
        all: bool,
    },
    Cancel,
    Count {
        units: i64,
    },
    /// Staff change the order: how much of a line is to be sent, what is added, another delivery, how a balance is paid.
    Edit {
        line: usize,
        open: i64,
        add: i64,
        express: bool,
        by_card: bool,
    },
    /// The buyer pays by card; also a payment that was closed meanwhile.
    Pay {
        which: usize,
        hold: bool,
    },
    /// Staff ask for held money; the provider answers at once or later.
    Capture {
        at_once: bool,
    },
    /// The provider fulfils what it was told: captures and voids.
    Provider,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        Just(Deed::Receive),
        (0usize..2, 1i64..4).prop_map(|(line, units)| Deed::Ship { line, units }),
        (0usize..2, 0i64..4, prop::sample::select(vec![0i64, 100, 490]), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(line, units, shipping, restock, to_credit)| Deed::Refund { line, units, shipping, restock, to_credit }),
        (0usize..2, 1i64..=1000).prop_map(|(line, part)| Deed::RefundAmount { line, part }),
        (0usize..2, 1i64..4).prop_map(|(line, units)| Deed::AskReturn { line, units }),
        (0i64..7).prop_map(|turn| Deed::StepReturns { turn }),
        (0i64..7).prop_map(|turn| Deed::StepReturns { turn }),
        (0i64..4).prop_map(|turn| Deed::StepExchanges { turn }),
        Just(Deed::SettleRefunds),
        Just(Deed::FailRefunds),
        any::<bool>().prop_map(|all| Deed::BounceRefunds { all }),
        Just(Deed::Cancel),
        (0i64..20).prop_map(|units| Deed::Count { units }),
        edit(),
        edit(),
        edit(),
        (0usize..4, any::<bool>()).prop_map(|(which, hold)| Deed::Pay { which, hold }),
        (0usize..4, any::<bool>()).prop_map(|(which, hold)| Deed::Pay { which, hold }),
        any::<bool>().prop_map(|at_once| Deed::Capture { at_once }),
        Just(Deed::Provider),
    ]
}

fn edit() -> impl Strategy<Value = Deed> {
    (0usize..3, 0i64..5, prop::sample::select(vec![0i64, 0, 1, 2]), prop::bool::weighted(0.2), any::<bool>())
        .prop_map(|(line, open, add, express, by_card)| Deed::Edit { line, open, add, express, by_card })
}

/// The name of a provider that the shop is told about money by.
const CARD: &str = "card";

/// What the provider says of a card payment.
fn told(conn: &mut Conn, payment: &Payment, standing: Standing, captured: i64) -> kernel::Result<()> {
    let authorised = if standing == Standing::Cancelled { 0 } else { payment.amount };
    let state = State {
        reference: format!("ref-{}", payment.id),
        payment_reference: None,
        payment_key: Some(payment.key.clone()),
        standing,
        currency: goods::EUR,
        asked: payment.amount,
        authorised,
        captured,
        refunded: 0,
        last_decline: None,
    };
    payments::settle(conn, payment.id, &state, now()).map(drop)
}

fn by_card(conn: &mut Conn, order: OrderId) -> kernel::Result<Vec<Payment>> {
    Ok(payments::of_order(conn, order)?.into_iter().filter(|payment| payment.provider == CARD).collect())
}

/// The buyer pays: only what was opened at the provider can be paid, also when the shop closed it a moment ago.
fn pay(conn: &mut Conn, order: OrderId, which: usize, hold: bool) -> kernel::Result<()> {
    let all = by_card(conn, order)?;
    if all.is_empty() {
        return Ok(());
    }
    let payment = &all[which % all.len()];
    match payment.state {
        PaymentState::Open => {
            payments::opened(conn, payment.id, &format!("ref-{}", payment.id), None, now())?;
            // Sometimes the shopper only looks at the page.
            if which == 3 {
                return Ok(());
            }
        }
        PaymentState::Expired if payment.provider_reference.is_some() => {}
        _ => return Ok(()),
    }
    let (standing, captured) = if hold { (Standing::Authorised, 0) } else { (Standing::Captured, payment.amount) };
    told(conn, payment, standing, captured)
}

fn capture(conn: &mut Conn, order: OrderId, at_once: bool) -> kernel::Result<()> {
    for payment in by_card(conn, order)? {
        let amount = payments::capturable(conn, &payment)?;
        if amount > 0 {
            payments::request_capture(conn, payment.id, amount, "test", now())?;
        }
    }
    if at_once { provider(conn, order) } else { Ok(()) }
}

/// The provider does what jobs told it.
fn provider(conn: &mut Conn, order: OrderId) -> kernel::Result<()> {
    for payment in by_card(conn, order)? {
        let wishes = payments::captures_of(conn, payment.id)?;
        let asked: i64 = wishes.iter().filter(|wish| wish.state == WishState::Requested).map(|wish| wish.amount).sum();
        if asked > 0 {
            told(conn, &payment, Standing::Captured, payment.captured + asked)?;
        }
    }
    let voids: Vec<String> = kernel::jobs::list(conn, None, None, 1000)?
        .into_iter()
        .filter(|job| job.kind == payments::VOID_JOB)
        .map(|job| job.payload)
        .collect();
    for payment in by_card(conn, order)? {
        let gone = matches!(payment.state, PaymentState::Captured | PaymentState::Voided);
        if voids.contains(&payment.id.to_string()) && !gone {
            told(conn, &payment, Standing::Cancelled, 0)?;
        }
    }
    Ok(())
}

/// Staff change the order at the figures that they were shown.
fn change(conn: &mut Conn, order: OrderId, line: &OrderLine, wish: (i64, i64, bool, bool), extra: VariantId) -> kernel::Result<()> {
    let (open, add, express, by_card) = wish;
    let rate = shipping::list(conn)?.into_iter().find(|rate| rate.name == "Express").map(|rate| rate.id);
    let wish = edits::Wish {
        open: vec![(line.id, open)],
        added: if add > 0 { vec![(extra, add)] } else { Vec::new() },
        rate: rate.filter(|_| express),
        method: if by_card { CARD.into() } else { "bank_transfer".into() },
        ..edits::Wish::default()
    };
    let stored = orders::get(conn, order)?;
    let plan = edits::preview(conn, &stored, &wish, now())?;
    edits::edit(conn, order, &wish, Expected::of(&plan), "test", now())?;
    let after = orders::get(conn, order)?;
    assert_eq!(after.total, plan.after.total);
    Ok(())
}

/// What a gift card or a customer has: nothing, a part, or more than any order costs.
fn balance() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0i64), 1i64..9000, Just(100_000i64)]
}

/// The next step of a return.
fn step_on(conn: &mut Conn, back: &Return, turn: i64, extra: VariantId) -> kernel::Result<()> {
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
        (Status::Inspected, 4 | 5) => exchange(conn, back, extra, turn),
        (Status::Inspected, _) => {
            let (shipping, to_credit) = (if turn == 6 { 490 } else { 0 }, turn % 3 == 0);
            let amount = returns::preview(conn, back.id, shipping, to_credit)?.amount;
            returns::refund(conn, back.id, shipping, to_credit, amount, "test", now()).map(drop)
        }
        (Status::Declined | Status::Withdrawn | Status::Closed, _) => Ok(()),
    }
}

/// Gives other goods for what came back: fewer or more, what is missing paid by transfer or by a link.
fn exchange(conn: &mut Conn, back: &Return, extra: VariantId, turn: i64) -> kernel::Result<()> {
    let (units, method) = if turn == 4 { (9, CARD) } else { (1, "bank_transfer") };
    let wish = exchanges::Wish { goods: vec![(extra, units)], method: method.into() };
    let cart = exchanges::draft(conn, back.id, &wish, now())?;
    let plan = exchanges::preview(conn, back.id, cart, 0, now())?;
    let seen = exchanges::Expected { version: plan.quote.cart.version, total: plan.quote.priced.total, refund: plan.refund.amount };
    exchanges::make(conn, back.id, &exchanges::Deal { cart, shipping: 0, hours: 24 }, seen, "test", now()).map(drop)
}

/// What happens to the goods that were given in exchange: paid, and then cancelled, given back in part or sent.
fn step_exchanges(conn: &mut Conn, order: OrderId, turn: i64, step: usize) -> kernel::Result<()> {
    for back in returns::of_order(conn, order)? {
        let Some(made) = exchanges::of_return(conn, back.id)? else { continue };
        let new = made.order_id;
        match turn {
            0 => orders::cancel(conn, new, CancelReason::Staff, "test", now())?,
            1 => pay(conn, new, 0, false)?,
            2 => {
                let line = orders::lines(conn, new)?[0].id;
                let request = Request { lines: vec![RequestLine { line, quantity: 1, restock: false }], ..Default::default() };
                let stored = orders::get(conn, new)?;
                let amount = refunds::preview(conn, &stored, &request)?.amount;
                refunds::request(conn, new, &request, amount, "test", now())?;
            }
            _ => {
                let line = orders::lines(conn, new)?[0].id;
                let parcel = Parcel { key: format!("new-{step}"), lines: vec![(line, 1)], ..Parcel::default() };
                shipments::ship(conn, new, &parcel, "test", now())?;
            }
        }
    }
    Ok(())
}

/// Does it, or is refused; a refusal must leave nothing behind.
fn act(db: &Db, order: OrderId, step: usize, deed: &Deed, extra: VariantId) {
    let deed = deed.clone();
    let outcome = db.write_now(move |conn| {
        let lines = orders::lines(conn, order)?;
        // A change may have taken lines off.
        let line_of = |at: usize| &lines[at.min(lines.len() - 1)];
        match deed {
            Deed::Receive => {
                let payment = payments::latest(conn, order)?.expect("every order has a payment").id;
                payments::record_receipt(conn, payment, "test", now())
            }
            Deed::Ship { line, units } => {
                let parcel = Parcel {
                    key: format!("step-{step}"),
                    lines: vec![(line_of(line).id, units)],
                    carrier: "DHL".into(),
                    tracking_number: String::new(),
                    tracking_url: String::new(),
                    from: None,
                    despite_balance: false,
                };
                shipments::ship(conn, order, &parcel, "test", now()).map(drop)
            }
            Deed::Refund { line, units, shipping, restock, to_credit } => {
                let wanted = RequestLine { line: line_of(line).id, quantity: units, restock };
                let request = Request { lines: vec![wanted], shipping, reason: "test".into(), to_credit, ..Default::default() };
                let stored = orders::get(conn, order)?;
                let shown = refunds::preview(conn, &stored, &request)?;
                refunds::request(conn, order, &request, shown.amount, "test", now()).map(drop)
            }
            Deed::RefundAmount { line, part } => {
                let line = line_of(line).id;
                let left = refunds::left_of_lines(conn, order, &lines)?[&line];
                let amount = (left * part / 1000).max(1);
                let request = Request { amounts: vec![LineAmount { line, amount }], ..Default::default() };
                let stored = orders::get(conn, order)?;
                let shown = refunds::preview(conn, &stored, &request)?;
                assert_eq!(shown.amount, amount);
                refunds::request(conn, order, &request, amount, "test", now())?;
                assert_eq!(refunds::left_of_lines(conn, order, &lines)?[&line], left - amount);
                Ok(())
            }
            Deed::AskReturn { line, units } => {
                let line = WantedLine { line: line_of(line).id, quantity: units, reason: Reason::Other };
                let wanted = Wanted { key: format!("ask-{step}"), lines: vec![line], ..Default::default() };
                returns::request(conn, order, &wanted, "customer", now()).map(drop)
            }
            Deed::StepReturns { turn } => returns::of_order(conn, order)?.iter().try_for_each(|back| step_on(conn, back, turn, extra)),
            Deed::StepExchanges { turn } => step_exchanges(conn, order, turn, step),
            Deed::SettleRefunds => refunds::of_order(conn, order)?.iter().try_for_each(|refund| refunds::settle(conn, refund.id, now())),
            Deed::FailRefunds => {
                refunds::of_order(conn, order)?.iter().try_for_each(|refund| refunds::failed(conn, refund.id, "test", now()))
            }
            Deed::BounceRefunds { all } => {
                let settled = refunds::of_order(conn, order)?.into_iter().rev().filter(|one| one.state == WishState::Settled);
                settled.take(if all { 99 } else { 1 }).try_for_each(|one| refunds::came_back(conn, one.id, "account closed", now()))
            }
            Deed::Cancel => orders::cancel(conn, order, CancelReason::Staff, "test", now()),
            Deed::Edit { line, open, add, express, by_card } => {
                let line = line_of(line).clone();
                change(conn, order, &line, (open, add, express, by_card), extra)
            }
            Deed::Pay { which, hold } => pay(conn, order, which, hold),
            Deed::Capture { at_once } => capture(conn, order, at_once),
            Deed::Provider => provider(conn, order),
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
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_deeds_ends_with_clean_books(
        percent in 0i64..10_000, units in (1i64..4, 1i64..4), stored in (balance(), balance()), shop in (any::<bool>(), any::<bool>()),
        paid_by_card: bool, deeds in prop::collection::vec(deed(), 1..24),
    ) {
        let db = goods::open();
        let (prices_include_tax, late) = shop;
        let invoice_at = if late { InvoiceAt::Payment } else { InvoiceAt::Confirmation };
        db.write_now(move |conn| {
            shop::set(conn, &Shop { prices_include_tax, invoice_at, ..Shop::default() }, now())?;
            let standard = shipping::list(conn)?.remove(0);
            let express = shipping::NewShippingRate::flat("Express", kernel::money::Currency::EUR, 990);
            shipping::create(conn, shipping::NewShippingRate {
                countries: standard.countries, free_over: Some(20_000), delivery_days: "1".into(), position: 1, ..express
            })
        }).unwrap();
        let (mug, pot) = (goods::product(&db, "Mug", 1299, 9), goods::product(&db, "Pot", 4550, 9));
        let extra = goods::product(&db, "Cup", 333, 30);
        goods::coupon(&db, "ANY", percent.max(1), None, None);
        let method = if paid_by_card { CARD } else { "bank_transfer" };
        let (cart, mut seen) = goods::cart(&db, &[(mug, units.0), (pot, units.1)], "ann@example.com", method, "ANY");
        // Sometimes a gift card, store credit or both pay a part or all of it.
        let code = (stored.0 > 0).then(|| goods::gift_card(&db, stored.0).1);
        let customer = (stored.1 > 0).then(|| goods::customer(&db, "ann@example.com", stored.1));
        if code.is_some() || customer.is_some() {
            seen = goods::pay_with(&db, cart, &code.as_deref().into_iter().collect::<Vec<_>>(), customer);
        }
        let settlement = if paid_by_card { Settlement::Before } else { Settlement::After };
        let placed = place(&db, cart, seen, settlement).unwrap();
        if paid_by_card {
            act(&db, placed.order, 1000, &Deed::Pay { which: 0, hold: late }, extra);
        }
        for (step, deed) in deeds.iter().enumerate() {
            act(&db, placed.order, step, deed, extra);
        }
        goods::assert_books(&db);
    }
}
