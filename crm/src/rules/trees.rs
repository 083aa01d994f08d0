//! Random trees and random people, the same for the same number.

use super::*;
use crate::CustomerId;
use crate::consents::{self, Consent, Statement};
use crate::customers::{self, NewCustomer};
use crate::email::Email;
use crate::products::{self, Kin};
use crate::purchases::{self, Line, Margin, Place, Purchase};
use crate::schema::{activities, companies, company_members, scores};
use crate::surveys;
use crate::tickets::{self, Kind as TicketKind};
use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::money::Money;
use kernel::{Conn, Db};

/// A source of chance.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Below `sides`.
    pub fn below(&mut self, sides: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as i64 % sides
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as i64) as usize]
    }

    fn chance(&mut self, of: i64) -> bool {
        self.below(of) == 0
    }
}

pub fn noon() -> Time {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap().and_hms_opt(12, 0, 0).unwrap()
}

/// A moment up to 60 days ago, mostly on the hour, so that some lie exactly at the edge of a span.
pub fn some_time(dice: &mut Dice) -> Time {
    let odd = if dice.chance(4) { TimeDelta::microseconds(dice.below(3_000_000)) } else { TimeDelta::zero() };
    noon() - TimeDelta::hours(dice.below(60 * 24 / 6) * 6) + odd
}

const SPANS: [Span; 6] = [Span::Hours(6), Span::Hours(12), Span::Days(1), Span::Days(7), Span::Days(30), Span::Days(45)];
const NAMES: [&str; 6] = ["Ann Tee", "bea oolong", "Çelik Ümit", "李明", "", "Jo_%o"];
const TAGS: [&str; 4] = ["vip", "VIP", "tea lover", "b2b"];
const KINDS: [&str; 3] = ["product_viewed", "searched", "order_placed"];
const PLACES: [(&str, &str); 5] = [("DE", "10115"), ("DE", "80331"), ("AT", "1010"), ("GB", "SW1A 1AA"), ("", "")];
const COMPANIES: [&str; 4] = ["", "ÇA Teas", "Acme Ltd", "tea & co"];

/// A tree with leaves of every kind, at most `depth` levels below it.
pub fn tree(dice: &mut Dice, depth: i64, known: &[SegmentId]) -> Rule {
    let some = |dice: &mut Dice| (0..1 + dice.below(4)).map(|_| tree(dice, depth - 1, known)).collect();
    match dice.below(if depth > 0 { 9 } else { 6 }) {
        6 => Rule::All(some(dice)),
        7 => Rule::Any(some(dice)),
        8 => Rule::Not(Box::new(tree(dice, depth - 1, known))),
        _ => leaf(dice, known),
    }
}

fn age(dice: &mut Dice) -> Age {
    let span = *dice.pick(&SPANS);
    if dice.chance(2) { Age::Within(span) } else { Age::Before(span) }
}

fn counts(dice: &mut Dice) -> (Option<i64>, Option<i64>) {
    let least = 1 + dice.below(3);
    match dice.below(3) {
        0 => (Some(least), None),
        1 => (None, Some(least - 1)),
        _ => (Some(least), Some(least + dice.below(3))),
    }
}

fn leaf(dice: &mut Dice, known: &[SegmentId]) -> Rule {
    let within = if dice.chance(3) { None } else { Some(*dice.pick(&SPANS)) };
    let (at_least, at_most) = counts(dice);
    match dice.below(26) {
        0 => Rule::Name(match dice.below(3) {
            0 => Words::Is(dice.pick(&NAMES[..4]).to_string()),
            1 => Words::Begins(dice.pick(&["an", "ÇE", "李", "jo_"]).to_string()),
            _ => Words::Contains(dice.pick(&["oo", "%", "_", "明", "e"]).to_string()),
        }),
        1 => Rule::EmailDomain(vec![dice.pick(&["example.com", "tea.test", "xample.com"]).to_string()]),
        2 => Rule::Language(vec![dice.pick(&["en", "zh"]).to_string()]),
        3 => Rule::Tag(dice.pick(&["vip", "VIP", "tea", "tea lover", "b2b"]).to_string()),
        4 => Rule::Known(age(dice)),
        5 => Rule::Country(vec![dice.pick(&["DE", "AT", "GB"]).to_string()]),
        6 if dice.chance(2) => Rule::Company(dice.pick(&[&[][..], &["ça"], &["acme", "tea_"]]).iter().map(ToString::to_string).collect()),
        6 => Rule::Postcode(vec![dice.pick(&["10", "8", "SW1A1", "101"]).to_string()]),
        7 | 8 => {
            Rule::Consent(Allowed { channel: dice.pick(&["email", "sms"]).to_string(), topic: "news".into(), state: *dice.pick(Said::ALL) })
        }
        9 => {
            let measure = *dice.pick(Measure::ALL);
            let currency = measure.is_money().then(|| *dice.pick(&[Currency::EUR, Currency::USD]));
            let scale = if measure.is_money() { 1000 } else { 1 };
            let (at_least, at_most) = (at_least.map(|n| n * scale), at_most.map(|n| n * scale));
            Rule::Score(Scored { measure, at_least, at_most, currency })
        }
        10 => Rule::Stage(vec![*dice.pick(Stage::ALL)]),
        11 => Rule::Group(vec![*dice.pick(Group::ALL), *dice.pick(Group::ALL)]),
        12 => Rule::FirstOrder(age(dice)),
        13 => Rule::LastOrder(age(dice)),
        14 => {
            let worth = dice.chance(2).then(|| Worth { amount: 1000 * dice.below(4), currency: Currency::EUR });
            Rule::Orders(Orders { at_least, at_most, worth, within })
        }
        15 | 16 => {
            let what = match dice.below(4) {
                0 => Goods::Product(1 + dice.below(3)),
                1 => Goods::Variant(10 + dice.below(4)),
                2 => Goods::Category(7),
                _ => Goods::Brand("Leaf & Co".into()),
            };
            Rule::Bought(Bought { what, at_least, at_most, within })
        }
        18 | 19 => Rule::Tickets(Tickets {
            open: dice.chance(3),
            kind: dice.chance(2).then(|| *dice.pick(&[TicketKind::Complaint, TicketKind::Question])),
            outcome: dice.chance(3).then(|| *dice.pick(&[Outcome::Answered, Outcome::Refunded, Outcome::Merged])),
            at_least,
            at_most,
            within,
        }),
        20 => Rule::Rated(Rated { at_least, at_most }),
        24 => Rule::Member(dice.pick(&[&[][..], &["gold"], &["gold", "silver"]]).iter().map(ToString::to_string).collect()),
        21 | 22 => {
            let currency = *dice.pick(&[Currency::EUR, Currency::USD]);
            let (at_least, at_most) = (at_least.map(|n| n * 500), at_most.map(|n| n * 500));
            Rule::ServiceCost(ServiceCost { currency, at_least, at_most, within })
        }
        23 => {
            let survey = (!dice.chance(3)).then(|| SurveyId(1 + dice.below(3)));
            Rule::SurveyScore(SurveyScore { survey, at_least: at_least.map(|n| n * 2), at_most: at_most.map(|n| n * 2) })
        }
        17 if !known.is_empty() => Rule::Segment(*dice.pick(known)),
        _ => {
            let kind = *dice.pick(&KINDS);
            let product = (kind == KINDS[0] && dice.chance(2)).then(|| 1 + dice.below(3));
            Rule::Did(Did { kind: kind.into(), product, at_least, at_most, within })
        }
    }
}

/// Fills a shop with people of whom different things are known; answers them.
pub fn people(db: &Db, seed: u64, count: i64) -> Vec<CustomerId> {
    db.write_now(move |conn| {
        let mut dice = Dice::new(seed);
        products::learn(conn, 1, vec![(Kin::Category, "7".into()), (Kin::Brand, "Leaf & Co".into())])?;
        products::learn(conn, 2, vec![(Kin::Category, "7".into()), (Kin::Category, "8".into())])?;
        let ids = (0..count).map(|n| person(conn, &mut dice, n)).collect::<kernel::Result<Vec<CustomerId>>>()?;
        for id in &ids {
            // Figures of a night, whatever they are.
            let (number, group) = (dice.below(6), *dice.pick(Group::ALL));
            let figures = (
                scores::recency.eq(Some(1 + number.min(4))),
                scores::standing.eq(Some(group)),
                scores::again_90.eq((number > 2).then_some(number)),
                scores::value_365.eq((number > 1).then_some(number * 900)),
            );
            diesel::update(scores::table.find(id)).set(figures).execute(conn)?;
        }
        let mut survey = |name: &str| {
            let texts = surveys::Asked { question: [("en".to_string(), "How likely?".to_string())].into(), ..surveys::Asked::default() };
            surveys::create(conn, &surveys::Wish { name: name.into(), texts, open: true }, noon())
        };
        let asked = [survey("Shop")?, survey("Delivery")?];
        for round in 1..=2 {
            for id in &ids {
                for survey in asked {
                    if dice.chance(2) {
                        let at = some_time(&mut dice);
                        say(conn, &mut dice, survey, *id, at)?;
                    }
                }
            }
            asked.into_iter().try_for_each(|survey| surveys::begin_round(conn, survey, round, noon()))?;
        }
        Ok(ids)
    })
    .unwrap()
}

fn person(conn: &mut Conn, dice: &mut Dice, n: i64) -> kernel::Result<CustomerId> {
    let domain = dice.pick(&["example.com", "tea.test", "sub.example.com"]).to_string();
    let new = NewCustomer {
        email: Email::parse(&format!("p{n}@{domain}"), "email")?,
        name: dice.pick(&NAMES).to_string(),
        phone: String::new(),
        language: dice.pick(&["en", "zh"]).to_string(),
    };
    let id = customers::ensure(conn, &new, some_time(dice))?;
    if dice.chance(2) {
        let tags: Vec<&str> = (0..dice.below(3)).map(|_| *dice.pick(&TAGS)).collect();
        customers::annotate(conn, id, &tags.join(","), "", some_time(dice))?;
    }
    for _ in 0..dice.below(4) {
        let state = if dice.chance(3) { Consent::Withdrawn } else { Consent::Given };
        let channel = dice.pick(&["email", "sms"]);
        let statement = Statement { channel, topic: "news", legal_basis: "consent", state, proof: "test" };
        consents::record(conn, id, &statement, noon())?;
    }
    for _ in 0..dice.below(5) {
        buy(conn, dice, id)?;
    }
    for _ in 0..dice.below(8) {
        view(conn, dice, id)?;
    }
    for _ in 0..dice.below(4) {
        ask(conn, dice, id)?;
    }
    // By dice of its own, so that what else is known of people stays what it is.
    join(conn, &mut Dice::new(u64::try_from(n).unwrap_or(0) + 7), id)?;
    Ok(id)
}

/// Companies of a customer, which may have been approved, and which they may have left.
fn join(conn: &mut Conn, dice: &mut Dice, customer: CustomerId) -> kernel::Result<()> {
    use crate::companies::State;
    use crate::companies::members::MemberState;
    use crate::companies::roles::{ADMINISTRATOR, built_in};
    let role = built_in(conn, ADMINISTRATOR)?;
    for _ in 0..dice.below(3) {
        let state = if dice.chance(4) { State::Applied } else { State::Approved };
        let row = (
            companies::name.eq("Kiln"),
            companies::name_key.eq("kiln"),
            companies::price_group.eq(*dice.pick(&["", "gold", "silver", "Gold"])),
            companies::state.eq(state),
            companies::created_at.eq(noon()),
            companies::updated_at.eq(noon()),
        );
        let company: crate::CompanyId = diesel::insert_into(companies::table).values(row).returning(companies::id).get_result(conn)?;
        let state = if dice.chance(4) { MemberState::Removed } else { MemberState::Active };
        let row = (
            company_members::company_id.eq(company),
            company_members::customer_id.eq(customer),
            company_members::role_id.eq(role),
            company_members::state.eq(state),
            company_members::joined_at.eq(noon()),
        );
        diesel::insert_into(company_members::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// A ticket of a customer, opened at some time: it may be solved, rated, or merged into the one before.
pub fn ask(conn: &mut Conn, dice: &mut Dice, customer: CustomerId) -> kernel::Result<()> {
    let at = some_time(dice);
    let before = tickets::of_customer(conn, customer, None, 1)?.pop();
    let new = tickets::New {
        kind: *dice.pick(&[TicketKind::Complaint, TicketKind::Question]),
        channel: tickets::Channel::Web,
        subject: "Mug".into(),
        asker: tickets::Asker { customer: Some(customer), ..tickets::Asker::default() },
        order: None,
        lines: Vec::new(),
        store: 1,
        language: "en".into(),
        call: None,
        queue: String::new(),
        priority: tickets::ORDINARY,
        message: tickets::NewMessage::text("?"),
        logged_by: None,
        request_key: None,
    };
    let made = tickets::open(conn, &new, at)?.ticket;
    for _ in 0..dice.below(3) {
        let currency = if dice.chance(4) { Currency::USD } else { Currency::EUR };
        let (deed, amount) = (*dice.pick(&["refund", "credit", "resend"]), Money::new(500 * (1 + dice.below(3)), currency));
        tickets::costs::keep(conn, made.id, deed, amount, some_time(dice))?;
    }
    let agent = tickets::Agent { id: 1, actor: "staff:1" };
    match (dice.below(4), before) {
        (0, _) => {}
        (1, Some(before)) => return tickets::merge(conn, made.id, before.id, agent, [made.version, before.version], at),
        _ => {
            tickets::solve(conn, made.id, *dice.pick(&[Outcome::Answered, Outcome::Refunded]), "staff:1", None, at)?;
            if dice.chance(2) {
                tickets::rate(conn, made.id, 1 + dice.below(5), "", at)?;
            }
        }
    }
    Ok(())
}

/// What a customer says to a survey, or thinks better of while they may.
pub fn say(conn: &mut Conn, dice: &mut Dice, survey: SurveyId, customer: CustomerId, at: Time) -> kernel::Result<()> {
    let round = surveys::get(conn, survey)?.round;
    if surveys::given(conn, survey, round, customer)?.is_some_and(|before| !before.changeable(at)) {
        return Ok(());
    }
    let said = surveys::Given { survey, round, customer, delivery: None, score: dice.below(surveys::TOP + 1), words: String::new() };
    surveys::answer(conn, &said, at)
}

/// An order of a customer at some time.
pub fn buy(conn: &mut Conn, dice: &mut Dice, customer: CustomerId) -> kernel::Result<i64> {
    use std::sync::atomic::{AtomicI64, Ordering};
    static ORDER: AtomicI64 = AtomicI64::new(1);
    let order = ORDER.fetch_add(1, Ordering::Relaxed);
    let currency = if dice.chance(5) { Currency::USD } else { Currency::EUR };
    let line = |dice: &mut Dice| {
        let product = 1 + dice.below(3);
        Line { variant: 9 + product, product, quantity: 1 + dice.below(3), amount: 500 }
    };
    let lines: Vec<Line> = (0..1 + dice.below(2)).map(|_| line(dice)).collect();
    let (country, postcode) = *dice.pick(&PLACES);
    let company = *dice.pick(&COMPANIES);
    let at = some_time(dice);
    let revenue = Money::new(1000 * (1 + dice.below(4)), currency);
    let units = lines.iter().map(|line| line.quantity).sum();
    let margin = Margin { goods: 100 * dice.below(9), cost: 100 * dice.below(9), ..Margin::default() };
    let purchase = Purchase { order, customer, at, revenue, units, lines, place: Place::new(country, postcode, company), margin };
    purchases::learn(conn, &purchase, at)?;
    if dice.chance(4) {
        purchases::refund(conn, order, 1000, at)?;
    }
    Ok(order)
}

/// An event of a customer at some time.
pub fn view(conn: &mut Conn, dice: &mut Dice, customer: CustomerId) -> kernel::Result<()> {
    use std::sync::atomic::{AtomicI64, Ordering};
    static EVENT: AtomicI64 = AtomicI64::new(1);
    let row = (
        activities::customer_id.eq(Some(customer.0)),
        activities::kind.eq(*dice.pick(&KINDS)),
        activities::happened_at.eq(some_time(dice)),
        activities::source.eq("test"),
        activities::dedupe_key.eq(EVENT.fetch_add(1, Ordering::Relaxed).to_string()),
        activities::subject.eq((!dice.chance(3)).then(|| 1 + dice.below(3))),
    );
    diesel::insert_into(activities::table).values(row).execute(conn)?;
    Ok(())
}

/// Every moment at which time alone could change something for a rule, as far as these facts go.
pub fn edges(rule: &Rule, facts: &Facts, others: &Others) -> Vec<Time> {
    let mut times: Vec<Time> = vec![facts.profile.created_at];
    times.extend(facts.score.iter().flat_map(|score| [score.first_at, score.last_at]));
    times.extend(facts.orders.iter().map(|order| order.at));
    times.extend(facts.lines.iter().map(|line| line.at));
    times.extend(facts.events.values().flatten());
    times.extend(facts.tickets.iter().map(|ticket| ticket.at));
    times.extend(facts.costs.iter().map(|cost| cost.at));
    let mut spans = Vec::new();
    gather(rule, others, &mut spans);
    let mut edges: Vec<Time> = times.iter().flat_map(|at| spans.iter().map(|span: &Span| *at + span.length())).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

fn gather(rule: &Rule, others: &Others, spans: &mut Vec<Span>) {
    rule.each(&mut |node| match node {
        Rule::Known(age) | Rule::FirstOrder(age) | Rule::LastOrder(age) => spans.push(age.span()),
        Rule::Orders(orders) => spans.extend(orders.within),
        Rule::Bought(bought) => spans.extend(bought.within),
        Rule::Did(did) => spans.extend(did.within),
        Rule::Tickets(tickets) => spans.extend(tickets.within),
        Rule::ServiceCost(cost) => spans.extend(cost.within),
        Rule::Segment(id) => {
            if let Some(other) = others.get(id) {
                gather(other, others, spans);
            }
        }
        _ => {}
    });
}
