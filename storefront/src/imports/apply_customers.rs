//! Brings customers of a file into the shop: known by their mail address, filled in where the shop knows nothing yet, never
//! overwritten. So the same file twice changes nothing, and what people changed here since stays.

use super::apply::{Mode, Report, whole};
use super::draft::CustomerDraft;
use super::figure;
use super::report::RowError;
use crate::address_book;
use crate::shop::OWN_LANGUAGE;
use crm::consents::{self, Consent, Statement};
use crm::customers::{self, Customer, NewCustomer};
use crm::email::Email;
use crm::suppressions;
use crm::{CustomerId, birthdays};
use kernel::clock::Time;
use kernel::db::savepoint;
use kernel::{Conn, Error, Result};

/// Drafts between two words about the progress.
const STEP: usize = 200;

/// Writes the customers of the file called `file`, which is the proof of their consents. The caller holds the transaction. With
/// [`Mode::AllOrNothing`] an error undoes everything and is in the report. `progress` hears how many drafts are done.
pub fn apply(
    conn: &mut Conn,
    drafts: &[CustomerDraft],
    file: &str,
    mode: Mode,
    now: Time,
    progress: &mut dyn FnMut(u64),
) -> Result<Report> {
    whole(conn, mode, |conn, report| {
        let mut done = 0;
        for drafts in drafts.chunks(STEP) {
            for draft in drafts {
                match savepoint(conn, |conn| one(conn, draft, file, now, &mut report.notes)) {
                    Ok(Done::Created) => report.created += 1,
                    Ok(Done::Changed) => report.changed += 1,
                    Ok(Done::Unchanged) => report.unchanged += 1,
                    Err(Error::Conflict(reason)) => {
                        let value = draft.email.as_deref().unwrap_or("");
                        report.errors.push(RowError::new(draft.line, "Email", value, reason));
                    }
                    Err(error) => return Err(error),
                }
            }
            done += drafts.len() as u64;
            progress(done);
        }
        Ok(())
    })
}

enum Done {
    Created,
    Changed,
    Unchanged,
}

/// `Conflict` says what is wrong with the mail address.
fn one(conn: &mut Conn, draft: &CustomerDraft, file: &str, now: Time, notes: &mut Vec<RowError>) -> Result<Done> {
    let Some(address) = &draft.email else {
        return Err(Error::conflict("customers are known by their mail address here, and this one has none"));
    };
    let email = Email::parse(address, "Email").map_err(|_| Error::conflict("not a mail address"))?;
    let before = customers::find_by_email(conn, &email)?;
    let name = [draft.first_name.as_deref(), draft.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let new = NewCustomer { email, name, phone: draft.phone.clone().unwrap_or_default(), language: OWN_LANGUAGE.into() };
    let id = customers::ensure(conn, &new, now)?;
    let stored = customers::get(conn, id)?;
    let tags = joined(&stored.tags, &draft.tags);
    let note = if stored.note.is_empty() { draft.note.clone().unwrap_or_default() } else { stored.note.clone() };
    if tags != stored.tags || note != stored.note {
        customers::annotate(conn, id, &tags, &note, now)?;
    }
    if let Some(birthday) = draft.birthday.as_ref().filter(|_| stored.birthday.is_empty()) {
        birthdays::set(conn, id, birthday, now)?;
    }
    let proof = format!("{file}, line {}", draft.line);
    let mut more = false;
    for (channel, accepts) in [("email", draft.accepts_email), ("sms", draft.accepts_sms)] {
        if accepts == Some(true) && suppressions::holds(conn, channel, &new.email)? {
            let reason = format!("{channel}: whoever had this address was erased, and an old yes does not count; they can say yes anew");
            notes.push(RowError::new(draft.line, "Email", address, reason));
            continue;
        }
        more |= allow(conn, id, channel, accepts, &proof, now)?;
    }
    more |= keep_address(conn, id, draft, now, notes)?;
    let Some(before) = before else { return Ok(Done::Created) };
    let after = customers::get(conn, id)?;
    Ok(if more || said(&before) != said(&after) { Done::Changed } else { Done::Unchanged })
}

fn said(customer: &Customer) -> [&str; 5] {
    [&customer.name, &customer.phone, &customer.tags, &customer.note, &customer.birthday]
}

/// Stored tags with those of the file behind them, each once.
fn joined(stored: &str, drafted: &[String]) -> String {
    let mut tags: Vec<&str> = stored.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    for tag in drafted {
        if !tags.contains(&tag.as_str()) {
            tags.push(tag);
        }
    }
    tags.join(", ")
}

/// Records a consent of the file when the ledger has nothing: whoever said yes or no here knows better than an old file, and "no"
/// in a file mostly means that nobody ever asked.
fn allow(conn: &mut Conn, id: CustomerId, channel: &str, accepts: Option<bool>, proof: &str, now: Time) -> Result<bool> {
    if accepts != Some(true) || consents::current(conn, id, channel, "news")?.is_some() {
        return Ok(false);
    }
    let statement = Statement { channel, topic: "news", legal_basis: "import", state: Consent::Given, proof };
    consents::record(conn, id, &statement, now)?;
    Ok(true)
}

/// Keeps the address when a parcel could be sent there; else a note says why not.
fn keep_address(conn: &mut Conn, id: CustomerId, draft: &CustomerDraft, now: Time, notes: &mut Vec<RowError>) -> Result<bool> {
    let Some(address) = &draft.address else { return Ok(false) };
    let known = address_book::of_customer(conn, id)?.len();
    let kept = figure::address(Some(address)).checked("").and_then(|address| address_book::add(conn, id, &address, false, now));
    match kept {
        Ok(_) => Ok(address_book::of_customer(conn, id)?.len() > known),
        Err(Error::Invalid(fields)) => {
            let lacking: Vec<&str> = fields.0.keys().map(String::as_str).collect();
            let reason = format!("the address is not kept: see its {}", lacking.join(", "));
            notes.push(RowError::new(draft.line, "Default Address", draft.email.as_deref().unwrap_or(""), reason));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imports::read_customers;
    use crate::imports::tests::fixture;
    use kernel::clock::Clock;
    use kernel::money::Currency;

    fn file() -> Vec<CustomerDraft> {
        read_customers(fixture("shopify_customers.csv").as_slice(), Currency::EUR).unwrap().items
    }

    #[test]
    fn customers_come_once_and_a_withdrawal_stays() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let good: Vec<CustomerDraft> = file().into_iter().filter(|draft| draft.email.is_some()).collect();
            let count = good.len() as u64;
            let run = |conn: &mut Conn| apply(conn, &good, "customers.csv", Mode::AllOrNothing, now, &mut |_| ());
            let rehearsed = super::super::apply::rehearse(conn, run)?;
            assert_eq!((rehearsed.created, customers::count(conn)?), (count, 0));
            let first = run(conn)?;
            assert_eq!((first.created, first.applied, first.errors), (count, true, vec![]));
            let again = run(conn)?;
            assert_eq!((again.created, again.changed, again.unchanged), (0, 0, count));
            let email = Email::parse("anna@mail.example", "email")?;
            let anna = customers::find_by_email(conn, &email)?.ok_or(Error::NotFound)?;
            assert_eq!((anna.name.as_str(), anna.tags.as_str(), anna.note.as_str()), ("Anna Öz", "vip, tea", "Likes oolong,\nnot green"));
            assert_eq!(consents::current(conn, anna.id, "email", "news")?, Some(Consent::Given));
            assert_eq!(consents::current(conn, anna.id, "sms", "news")?, None);
            assert_eq!(address_book::of_customer(conn, anna.id)?[0].address.postal_code, "01067");
            let no = Statement { channel: "email", topic: "news", legal_basis: "consent", state: Consent::Withdrawn, proof: "account" };
            consents::record(conn, anna.id, &no, now)?;
            assert_eq!(run(conn)?.unchanged, count);
            assert_eq!(consents::current(conn, anna.id, "email", "news")?, Some(Consent::Withdrawn));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn one_without_an_address_keeps_all_out_unless_the_good_are_wanted() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let mut drafts = file();
            drafts.push(CustomerDraft { phone: Some("+49".into()), line: 9, ..CustomerDraft::default() });
            drafts.retain(|draft| draft.email.is_some() || draft.line == 9);
            let report = apply(conn, &drafts, "f", Mode::AllOrNothing, now, &mut |_| ())?;
            assert_eq!((report.applied, report.errors[0].line, customers::count(conn)?), (false, 9, 0));
            let report = apply(conn, &drafts, "f", Mode::KeepGood, now, &mut |_| ())?;
            assert_eq!((report.applied, report.created), (true, drafts.len() as u64 - 1));
            Ok(())
        })
        .unwrap();
    }
}
