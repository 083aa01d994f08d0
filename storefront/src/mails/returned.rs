//! Mails about a return: one for each of its steps.

use super::order::Subject;
use super::{Mailer, language};
use crate::ids::ReturnId;
use crate::returns::{self, Status};
use crate::web::orders::return_contents;
use crate::web::views::mail::ReturnUpdate;
use kernel::clock::Time;
use kernel::{Conn, Result};

/// Tells the buyer of a step.
pub fn update(conn: &mut Conn, order: i64, back: i64, status: &str, now: Time, mailer: &Mailer) -> Result<()> {
    let Some(told) = Status::parse(status) else { return Ok(()) };
    let back = returns::get(conn, ReturnId(back))?;
    let subject = Subject::load(conn, order, mailer)?;
    let words = mailer.words(language(&subject.order.language))?;
    let text = match (told, back.outcome) {
        (Status::Closed, Some(outcome)) => format!("mail-return-text-closed-{}", outcome.as_str()),
        _ => format!("mail-return-text-{status}"),
    };
    let answered = matches!(told, Status::Approved | Status::Declined);
    let view = ReturnUpdate {
        number: back.number.clone(),
        order_number: subject.order.number.clone(),
        status: status.to_string(),
        text: words.get(&text),
        message: if answered { back.message.lines().map(str::to_string).collect() } else { Vec::new() },
        contents: return_contents(conn, &back, &subject.lines, &words)?,
        label: told == Status::Approved && returns::has_label(conn, back.id)?,
        url: mailer.order_url(conn, &subject.order)?,
    };
    mailer.queue(conn, "return_update", &format!("{}:{status}", back.id), &subject.reader(), view, now)
}
