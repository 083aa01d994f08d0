//! The mail that asks for reviews.

use super::{Letter, Mailer, Reader, language};
use crate::orders::{Order, OrderLine};
use crate::web::reviews::{line_path, order_path, stop_path};
use crate::web::shown;
use crate::web::views::mail::{ReviewGood, ReviewRequest};
use kernel::clock::Time;
use kernel::mail::Headers;
use kernel::{Conn, Result};

impl Mailer {
    /// Asks a buyer about these lines of their order.
    pub fn review_request(&self, conn: &mut Conn, order: &Order, lines: &[&OrderLine], topic: &str, now: Time) -> Result<()> {
        let Some(first) = lines.first() else { return Ok(()) };
        let (language, site) = (language(&order.language), self.site(conn, order.store_id)?);
        let good = |line: &&OrderLine| ReviewGood {
            title: line.title.clone(),
            variant: shown::some(&line.options),
            url: site.url(language, &line_path(&self.signer, &order.number, line.id)),
        };
        let name = order.billing_address()?.name;
        let to = Reader { email: &order.email, name: &name, language, store: order.store_id };
        let view = ReviewRequest {
            number: order.number.clone(),
            goods: lines.iter().map(good).collect(),
            stop_url: site.url(language, &order_path(&self.signer, &order.number)),
        };
        // As a mail of a campaign it is one that they allowed, and leave with one click.
        let headers = Headers {
            list_unsubscribe: site.url(language, &stop_path(&self.signer, &order.number)),
            list_id: format!("{topic}.{}", self.config.host()),
            ..Headers::default()
        };
        let cause = format!("{}:{}", order.id, first.id);
        self.post(conn, Letter { template: "review_request", cause: &cause, headers }, &to, view, now)
    }
}
