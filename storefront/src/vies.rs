//! Asking whether VAT identification numbers of companies are in use: VIES, the service of the European Commission
//! (<https://ec.europa.eu/taxation_customs/vies>, REST: `GET /ms/{country}/vat/{number}`). A job asks after somebody applied or a
//! number changed, so that nobody waits for it; what it answered is kept as evidence. While it cannot be reached it is asked again, each time
//! after twice as long.

use crate::outbound;
use crate::vat_id;
use chrono::TimeDelta;
use crm::CompanyId;
use crm::companies::{self, VatStanding};
use kernel::clock::Time;
use kernel::jobs::{self, Class};
use kernel::{Conn, Db, Result};
use serde_json::{Value, json};
use std::time::Duration;

/// The job; its payload is the company and how often it was asked about in vain, with a colon between.
pub const JOB: &str = "companies.vat";
const LIMIT: Duration = Duration::from_secs(20);
/// Minutes until the second try; each further one waits twice as long, up to a day.
const FIRST: i64 = 5;
const LONGEST: i64 = 24 * 60;
/// Tries after which staff have to ask by themselves.
const TRIES: u32 = 12;
/// Bytes of an answer that are read.
const ANSWER: u64 = 64 * 1024;

/// What an office said of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub standing: VatStanding,
    /// Its words: who it belongs to, the number of the request, or why it could not be asked.
    pub said: Value,
}

/// Whoever knows which numbers are in use.
pub trait Office {
    /// `country` and `number` as VIES has them: `EL` for Greece, and the number without it.
    fn ask(&self, country: &str, number: &str) -> Answer;
}

/// VIES, or what answers like it.
pub struct Vies {
    /// Without a slash at the end.
    pub base_url: String,
}

impl Office for Vies {
    fn ask(&self, country: &str, number: &str) -> Answer {
        // The address is the installation's own setting, not somebody's who applies.
        let called = outbound::agent(LIMIT, 0, true)
            .get(format!("{}/ms/{country}/vat/{number}", self.base_url))
            .header("accept", "application/json")
            .header("user-agent", concat!("Regulars/", env!("CARGO_PKG_VERSION")))
            .call();
        let mut answer = match called {
            Ok(answer) => answer,
            Err(error) => return unreachable(&error.to_string()),
        };
        let status = answer.status().as_u16();
        match answer.body_mut().with_config().limit(ANSWER).read_to_string() {
            Ok(text) => read(status, &text),
            Err(error) => unreachable(&error.to_string()),
        }
    }
}

fn unreachable(why: &str) -> Answer {
    let why: String = why.chars().take(300).collect();
    Answer { standing: VatStanding::Unreachable, said: json!({ "error": why }) }
}

/// Reads an answer. Only `isValid` together with the office's word for it says yes or no: a busy member state says neither.
fn read(status: u16, text: &str) -> Answer {
    let Ok(said) = serde_json::from_str::<Value>(text) else { return unreachable(&format!("status {status} without JSON")) };
    let error = said.get("userError").and_then(Value::as_str).unwrap_or("");
    let standing = match (said.get("isValid").and_then(Value::as_bool), error) {
        (Some(true), "VALID" | "") => VatStanding::Valid,
        (Some(false), "INVALID" | "INVALID_INPUT" | "") if status == 200 => VatStanding::Invalid,
        _ => VatStanding::Unreachable,
    };
    let kept = ["isValid", "requestDate", "userError", "name", "address", "requestIdentifier", "vatNumber", "countryCode"];
    let kept = kept.iter().filter_map(|key| Some(((*key).to_string(), said.get(*key)?.clone())));
    Answer { standing, said: Value::Object(kept.collect()) }
}

/// Has a company's number asked about, if it has one of the Union.
pub fn ask(conn: &mut Conn, company: CompanyId, now: Time) -> Result<()> {
    let found = companies::get(conn, company)?;
    if vat_id::member(&found.vat_id).is_none() {
        return Ok(());
    }
    enqueue(conn, company, 0, now, now)
}

fn enqueue(conn: &mut Conn, company: CompanyId, tries: u32, at: Time, now: Time) -> Result<()> {
    jobs::enqueue_as(conn, Class::Bulk, JOB, &format!("{company}:{tries}"), Some(&format!("vat:{company}:{tries}")), at, now)
}

/// Does the job. `office` is nobody where the installation asks nobody.
pub fn run(db: &Db, office: Option<&dyn Office>, payload: &str, now: Time) -> Result<()> {
    let (company, tries) = payload.split_once(':').unwrap_or((payload, "0"));
    let (Ok(company), Ok(tries)) = (company.parse::<CompanyId>(), tries.parse::<u32>()) else { return Ok(()) };
    let Some(office) = office else { return Ok(()) };
    let number = db.read_now(move |conn| Ok(companies::get(conn, company)?.vat_id))?;
    if vat_id::member(&number).is_none() {
        return Ok(());
    }
    let Some((country, rest)) = number.split_at_checked(2) else { return Ok(()) };
    let answer = office.ask(country, rest);
    let standing = answer.standing;
    let evidence = json!({ "asked_at": now, "vat_id": number, "answer": answer.said }).to_string();
    let asked = number.clone();
    db.write_now(move |conn| {
        companies::vat_said(conn, company, &asked, standing, &evidence, now)?;
        if standing == VatStanding::Unreachable && tries + 1 < TRIES {
            let minutes = (FIRST << tries.min(16)).min(LONGEST);
            enqueue(conn, company, tries + 1, now + TimeDelta::minutes(minutes), now)?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_says_yes_or_no() {
        let standing = |status: u16, text: &str| read(status, text).standing;
        assert_eq!(standing(200, r#"{"isValid":true,"userError":"VALID","requestIdentifier":"W1"}"#), VatStanding::Valid);
        assert_eq!(standing(200, r#"{"isValid":false,"userError":"INVALID"}"#), VatStanding::Invalid);
        for busy in [r#"{"isValid":false,"userError":"MS_UNAVAILABLE"}"#, r#"{"actionSucceed":false}"#, "<html>", ""] {
            assert_eq!(standing(200, busy), VatStanding::Unreachable, "{busy}");
        }
        assert_eq!(standing(500, r#"{"isValid":false,"userError":"INVALID"}"#), VatStanding::Unreachable);
        assert_eq!(
            read(200, r#"{"isValid":true,"requestIdentifier":"W1","x":1}"#).said,
            json!({ "isValid": true, "requestIdentifier": "W1" })
        );
    }
}
