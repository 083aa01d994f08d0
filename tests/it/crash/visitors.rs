//! Those who buy while the process is killed, and what they were told.

use super::{Shop, chance};
use crate::buying::CONTACT;
use crate::support::visitor::{Page, Visitor};
use parking_lot::Mutex;
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub(super) const VISITOR: &str = "visitor";
static BUYERS: AtomicUsize = AtomicUsize::new(0);

/// What visitors were told, and what should not have happened to them.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Numbers of orders whose page was shown.
    pub(super) placed: Mutex<BTreeSet<String>>,
    /// Those among them that were shown as paid by card.
    pub(super) paid: Mutex<BTreeSet<String>>,
    pub(super) faults: Mutex<Vec<String>>,
}

/// Buys until the process is killed. Returns the order that was on its way then, if it was sent but not answered.
pub(super) fn visit(shop: &Shop, told: &Told, killed: &AtomicBool, round: usize, again: Option<Placing>) -> Option<Placing> {
    let current = Mutex::new(again);
    let bought = catch_unwind(AssertUnwindSafe(|| {
        for turn in 0.. {
            let waiting = current.lock().clone();
            if let Some(placing) = waiting {
                placing.press(told);
                *current.lock() = None;
            }
            let goods = if turn < 2 { format!("mug{round}") } else { "pot".into() };
            let method = if chance(2) == 0 { "stripe" } else { "bank_transfer" };
            *current.lock() = to_review(shop, &goods, method);
        }
    }));
    let fault = bought.err().map(|payload| message(payload.as_ref()));
    if let Some(fault) = fault.filter(|_| !killed.load(Ordering::SeqCst)) {
        told.faults.lock().push(fault);
    }
    current.into_inner()
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
}

/// Visitors fail whenever the process is killed; only what they report counts.
pub(super) fn hush_visitors() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some(VISITOR) {
            usual(info);
        }
    }));
}

/// A new visitor goes through the checkout with one unit. `None` when the goods were sold out on the way.
pub(super) fn to_review(shop: &Shop, goods: &str, method: &str) -> Option<Placing> {
    let email = format!("buyer{}@example.com", BUYERS.fetch_add(1, Ordering::SeqCst));
    let contact: Vec<(&str, &str)> =
        CONTACT.iter().map(|(name, value)| (*name, if *name == "email" { email.as_str() } else { *value })).collect();
    let ann = Visitor::new(&shop.base);
    let product = ann.get(&format!("/products/{goods}")).says(200, "");
    step(&ann, &product, "/cart/lines", &[])?;
    let shipping = step(&ann, &ann.get("/checkout").says(200, ""), "/checkout", &contact)?;
    let payment = step(&ann, &shipping, "/checkout/shipping", &[])?;
    let review = step(&ann, &payment, "/checkout/payment", &[("method", method)])?;
    let form = offers(&review, "/checkout/place").then(|| review.form("/checkout/place", &[]))?;
    Some(Placing { visitor: Arc::new(Mutex::new(ann)), form, stripe: shop.stripe.base_url() })
}

/// Submits a form that is only there while the goods are.
fn step(ann: &Visitor, page: &Page, action: &str, typed: &[(&str, &str)]) -> Option<Page> {
    offers(page, action).then(|| ann.submit(page, action, typed).says(200, ""))
}

fn offers(page: &Page, action: &str) -> bool {
    page.body.contains(&format!("action=\"{action}\""))
}

/// A filled checkout whose last button is about to be pressed, or was pressed without an answer.
#[derive(Clone)]
pub(super) struct Placing {
    visitor: Arc<Mutex<Visitor>>,
    form: Vec<(String, String)>,
    /// Where Stripe is.
    stripe: String,
}

impl Placing {
    /// Presses the button, pays when asked to, and notes what the order's page says. `false` when the goods were gone.
    pub(super) fn press(&self, told: &Told) -> bool {
        let ann = self.visitor.lock();
        let fields: Vec<(&str, &str)> = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = ann.post_once("/checkout/place", &fields);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let to = &answer.headers["location"];
        let page = match to.starts_with(&self.stripe) {
            true => pay(&ann, to),
            false => ann.get(to),
        };
        assert_eq!(page.status, 200, "{}", page.text());
        let Some(number) = number(&page) else { return false };
        if page.text().contains("Payment authorised") {
            told.paid.lock().insert(number.clone());
        }
        told.placed.lock().insert(number);
        true
    }
}

/// Pays with a good card and goes back to the shop. Who pays for the second time is told that all is done, with the link back.
fn pay(ann: &Visitor, to: &str) -> Page {
    let page = ann.post(to, &[("card", "4242424242424242")]);
    match page.body.split_once("<a href=\"").and_then(|(_, rest)| rest.split_once('"')) {
        Some((link, _)) if page.body.contains("all done here") => ann.get(&link.replace("&amp;", "&")),
        _ => page,
    }
}

/// The order whose page this is.
fn number(page: &Page) -> Option<String> {
    let path = page.at.strip_prefix("/orders/")?;
    path.split(['/', '?']).next().map(str::to_string)
}
