//! What is worked out over all buyers at once, and what it says of one.
#![allow(clippy::float_arithmetic)] // Statistics, no money.

use super::buyer::Buyer;
use crate::rfm::{self, Edges, Quintiles};
use crate::{bg_nbd, gamma_gamma};
use chrono::{NaiveDate, TimeDelta};
use kernel::words;
use serde::{Deserialize, Serialize};

words!(
    /// Where a customer stands in their time with the shop, by how long they are silent against the pace they buy at.
    Stage {
        /// One visit, not long ago.
        New = "new",
        /// Came back, and is not overdue.
        Regular = "regular",
        /// Silent for more than twice their pace.
        Slipping = "slipping",
        /// Silent for more than four times their pace.
        Lapsed = "lapsed",
    }
);

/// The pace of a shop of which too little is known: a visit in so many days.
const USUAL_DAYS: f64 = 60.0;
/// Fewer gaps between visits say nothing about the next ones.
const FEWEST_GAPS: usize = 30;
const WEEKS_OF_YEAR: f64 = 365.0 / 7.0;
/// The longest time a forecast is tried on.
const TRIED_DAYS: i64 = 90;

/// Everything one run over all buyers found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    pub edges: Edges,
    /// The median of days between two visits; none with too few of them.
    pub pace: Option<f64>,
    /// None with too little data.
    pub repeat_buying: Option<bg_nbd::Model>,
    pub values: Option<gamma_gamma::Model>,
    pub back_test: Option<BackTest>,
}

/// What a forecast from the shop's own past would have said, beside what came. It misses trends and seasons, and shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackTest {
    /// The days that were hidden from the forecast.
    pub days: i64,
    pub customers: i64,
    pub expected_visits: f64,
    pub visits: i64,
    /// Customers of whom a visit was expected, as the sum of their chances, and those who came.
    pub expected_to_come: f64,
    pub came: i64,
    /// Of the fifth with the best chances, how many there are and how many came.
    pub best: i64,
    pub best_came: i64,
}

/// What the models say of one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forecast {
    /// The chance that they did not give up. 1 for whoever bought once: no score of churn.
    pub alive: f64,
    /// The chance of a visit in 30, 90 and 365 days.
    pub again: [f64; 3],
    /// Visits expected in 30, 90 and 365 days.
    pub expected: [f64; 3],
    /// The value expected of a visit, and of a year, in minor units; none while values cannot be told.
    pub visit: Option<i64>,
    pub year: Option<i64>,
}

/// The days forecasts are made for.
pub const HORIZONS: [i64; 3] = [30, 90, 365];

fn weeks(days: i64) -> f64 {
    days as f64 / 7.0
}

/// All of it, and the quintiles of each of `buyers` in their order.
pub fn figure(buyers: &[Buyer], today: NaiveDate) -> (Figures, Vec<Quintiles>) {
    let short: Vec<rfm::Orders> = buyers.iter().map(Buyer::in_short).collect();
    let (places, edges) = rfm::quintiles(&short);
    let figures = Figures {
        edges,
        pace: pace(buyers),
        repeat_buying: model(buyers, today),
        values: gamma_gamma::fit(&buyers.iter().map(Buyer::spending).collect::<Vec<_>>()),
        back_test: back_test(buyers, today),
    };
    (figures, places)
}

fn model(buyers: &[Buyer], today: NaiveDate) -> Option<bg_nbd::Model> {
    bg_nbd::fit(&buyers.iter().map(|buyer| buyer.history(today)).collect::<Vec<_>>())
}

fn pace(buyers: &[Buyer]) -> Option<f64> {
    let mut gaps: Vec<f64> =
        buyers.iter().filter(|buyer| buyer.repeats() > 0).map(|buyer| buyer.span() as f64 / buyer.repeats() as f64).collect();
    if gaps.len() < FEWEST_GAPS {
        return None;
    }
    gaps.sort_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).copied()
}

/// Hides the last quarter of the shop's time, 90 days at most, from the models and asks them for it.
fn back_test(buyers: &[Buyer], today: NaiveDate) -> Option<BackTest> {
    let began = buyers.iter().map(|buyer| buyer.first_at.date()).min()?;
    let days = ((today - began).num_days() / 4).min(TRIED_DAYS);
    let until = today - TimeDelta::days(days);
    let known: Vec<(Buyer, i64)> = buyers.iter().filter_map(|buyer| buyer.known_on(until)).collect();
    let past: Vec<Buyer> = known.iter().map(|(buyer, _)| buyer.clone()).collect();
    let model = model(&past, until)?;
    let mut asked: Vec<(f64, i64)> = Vec::with_capacity(known.len());
    let mut expected_visits = 0.0;
    for (buyer, after) in &known {
        let history = buyer.history(until);
        expected_visits += model.expected(&history, weeks(days));
        asked.push((model.again(&history, weeks(days)), *after));
    }
    asked.sort_by(|one, other| other.0.total_cmp(&one.0));
    let came = |some: &[(f64, i64)]| some.iter().filter(|(_, visits)| *visits > 0).count() as i64;
    let best = asked.len() / 5;
    Some(BackTest {
        days,
        customers: asked.len() as i64,
        expected_visits,
        visits: asked.iter().map(|(_, visits)| visits).sum(),
        expected_to_come: asked.iter().map(|(chance, _)| chance).sum(),
        came: came(&asked),
        best: best as i64,
        best_came: came(asked.get(..best).unwrap_or_default()),
    })
}

impl Figures {
    pub fn stage(&self, buyer: &Buyer, today: NaiveDate) -> Stage {
        // The shop's pace counts as one visit beside the customer's own.
        let usual = self.pace.unwrap_or(USUAL_DAYS);
        let pace = ((buyer.span() as f64 + usual) / (buyer.repeats() as f64 + 1.0)).max(1.0);
        match buyer.silence(today) as f64 / pace {
            silence if silence > 4.0 => Stage::Lapsed,
            silence if silence > 2.0 => Stage::Slipping,
            _ if buyer.repeats() > 0 => Stage::Regular,
            _ => Stage::New,
        }
    }

    /// None while too little is known of the shop.
    pub fn forecast(&self, buyer: &Buyer, today: NaiveDate) -> Option<Forecast> {
        let model = self.repeat_buying?;
        let history = buyer.history(today);
        let visit = self.values.and_then(|values| values.expected(&buyer.spending()));
        let year = visit.map(|visit| visit * model.expected(&history, WEEKS_OF_YEAR));
        Some(Forecast {
            alive: model.alive(&history),
            again: HORIZONS.map(|days| model.again(&history, weeks(days))),
            expected: HORIZONS.map(|days| model.expected(&history, weeks(days))),
            visit: visit.map(|visit| visit.round() as i64),
            year: year.map(|year| year.round() as i64),
        })
    }
}
