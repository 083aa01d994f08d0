//! A coupon that one person may use once: a promotion of its own behind a code that nobody guesses.

use crate::promotions::{self, Conditions, Effect, Rules, Terms, codes};
use crm::email::Email;
use kernel::clock::Time;
use kernel::money::Currency;
use kernel::{Conn, Result};

/// What is given to whom.
pub(super) struct Coupon<'a> {
    /// What it follows from, such as the number of a ticket.
    pub name: &'a str,
    pub email: &'a Email,
    pub effect: Effect,
    /// The group of promotions that it is in.
    pub stacking: i64,
    pub currency: Currency,
    pub until: Time,
}

/// The group of coupons that customers get, as that of those that merchants make.
pub(super) const ORDINARY: i64 = 5;

/// Makes a coupon and answers its code. `Invalid` when it would give nothing or more than everything.
pub(super) fn make(conn: &mut Conn, coupon: Coupon, now: Time) -> Result<String> {
    let code = codes::draw("");
    let conditions = Conditions { customers: vec![coupon.email.key()], ..Conditions::default() };
    let rules = Rules { effect: coupon.effect, conditions, ..Rules::default() };
    let terms = Terms {
        needs_code: true,
        stacking: coupon.stacking,
        code: code.clone(),
        max_uses: Some(1),
        ends_at: Some(coupon.until),
        ..Terms::automatic(coupon.name, rules, coupon.currency)
    };
    promotions::create(conn, terms, now)?;
    Ok(code)
}
