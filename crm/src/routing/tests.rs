use super::*;
use crate::rules::trees::noon;
use crate::tickets::log::{self, What};
use crate::tickets::tests::{ANN, wish as asked};
use crate::tickets::{self, New, Outcome, open, solve};
use kernel::testing::db;

fn rule(position: i64, name: &str) -> Wish {
    Wish {
        position,
        name: name.into(),
        kind: None,
        channel: None,
        store: None,
        language: String::new(),
        words: String::new(),
        segment: None,
        queue: String::new(),
        way: Way::LeastLoaded,
        person: None,
        skills: String::new(),
        speaks: false,
    }
}

fn taker(staff_id: i64, skills: &str, most: i64) -> Taker {
    Taker { staff_id, skills: skills.into(), most, away: false }
}

fn opened(conn: &mut Conn, language: &str, body: &str) -> Result<Ticket> {
    Ok(open(conn, &New { language: language.into(), ..asked("ann@example.com", body) }, noon())?.ticket)
}

#[test]
fn the_first_rule_that_is_met_gives_a_ticket_to_the_least_loaded_who_can() {
    db().write_now(|conn| {
        assert_eq!(opened(conn, "en", "?")?.assignee, None);
        save(conn, None, &Wish { queue: "Money".into(), words: "refund, money back".into(), skills: "Money".into(), ..rule(1, "Money") })?;
        save(conn, None, &Wish { speaks: true, ..rule(2, "Speaks") })?;
        save(conn, None, &Wish { language: "de".into(), way: Way::Person, person: Some(4), ..rule(0, "German") })?;
        for one in [taker(1, "EN, money", 2), taker(2, "en", 9), taker(3, "zh, money", 9)] {
            take_part(conn, &one)?;
        }
        let money = opened(conn, "en", "I want my MONEY BACK")?;
        assert_eq!((money.queue.as_str(), money.assignee), ("Money", Some(1)));
        let kinds: Vec<(What, String)> = log::of(conn, money.id)?.into_iter().map(|one| (one.kind, one.detail)).collect();
        assert_eq!(kinds[1..], [(What::Routed, "Money".into()), (What::Queued, "Money".into()), (What::Assigned, "1".into())]);
        assert_eq!(opened(conn, "en", "a refund")?.assignee, Some(3), "one of the two has none yet");
        assert_eq!(opened(conn, "zh", "?")?.assignee, Some(3), "nobody else speaks it");
        assert_eq!(opened(conn, "en", "?")?.assignee, Some(2));
        // Of those who speak English both have one; the next one fills the first.
        assert_eq!(opened(conn, "en", "?")?.assignee, Some(1));
        for _ in 0..3 {
            assert_eq!(opened(conn, "en", "?")?.assignee, Some(2), "somebody takes two and no more");
        }
        solve(conn, money.id, Outcome::Answered, ANN.actor, None, noon())?;
        assert_eq!(opened(conn, "en", "?")?.assignee, Some(1), "what is solved is no load");
        take_part(conn, &Taker { away: true, ..taker(2, "en", 9) })?;
        assert_eq!(opened(conn, "en", "?")?.assignee, None, "who is away is given nothing");
        assert_eq!(opened(conn, "de", "?")?.assignee, None, "nor is somebody who takes no part");
        take_part(conn, &taker(4, "", 1))?;
        assert_eq!(opened(conn, "de", "?")?.assignee, Some(4));
        leave(conn, 4)?;
        assert_eq!(opened(conn, "de", "?")?.assignee, None);
        assert!(matches!(take_part(conn, &taker(5, "", 0)), Err(Error::Invalid(_))));
        assert!(matches!(save(conn, None, &Wish { way: Way::Person, ..rule(0, "X") }), Err(Error::Invalid(_))));
        let proofs = tickets::proofs(conn, crate::tickets::TicketId(0), 99)?;
        assert!(proofs.iter().all(|proof| Some(&proof.stored) == proof.folded.as_ref()));
        Ok(())
    })
    .expect("routing");
}
