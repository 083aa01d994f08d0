//! The links by which surveys are answered: each for one round and one person, signed, so that nobody answers for somebody else.
//!
//! `/surveys/{survey}/{round}/{who}?key=…`: who is the delivery of the mail that asked (`d7`) or a customer (`p7`). A delivery that became
//! somebody else's by a merge takes the answer of that one.

use crm::CustomerId;
use crm::campaigns::{DeliveryId, hits};
use crm::identities;
use crm::surveys::SurveyId;
use kernel::token::Signer;
use kernel::{Conn, Error, Result};

/// What signatures of links to surveys are for.
const LINK: &str = "survey";

/// Whose answer a link takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Delivery(DeliveryId),
    Person(CustomerId),
}

impl Who {
    fn text(self) -> String {
        match self {
            Who::Delivery(id) => format!("d{id}"),
            Who::Person(id) => format!("p{id}"),
        }
    }

    /// What [`Who::text`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Who> {
        if let Some(id) = text.strip_prefix('d') {
            return id.parse().ok().map(Who::Delivery);
        }
        text.strip_prefix('p')?.parse().ok().map(Who::Person)
    }

    /// The mail that asked.
    pub fn delivery(self) -> Option<DeliveryId> {
        match self {
            Who::Delivery(id) => Some(id),
            Who::Person(_) => None,
        }
    }

    /// Who answers. `NotFound` for nobody.
    pub fn customer(self, conn: &mut Conn) -> Result<CustomerId> {
        let id = match self {
            Who::Delivery(id) => hits::get(conn, id)?.customer,
            Who::Person(id) => id,
        };
        identities::standing(conn, id)
    }
}

/// A round of a survey that somebody is asked to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub survey: SurveyId,
    pub round: i64,
    pub who: Who,
}

impl Link {
    fn text(self) -> String {
        format!("{}/{}/{}", self.survey, self.round, self.who.text())
    }

    /// The address without the key.
    pub fn address(self) -> String {
        format!("/surveys/{}", self.text())
    }
}

/// The signed link, without language and host.
pub fn path(signer: &Signer, link: Link) -> String {
    format!("{}?key={}", link.address(), signer.sign(LINK, &link.text()))
}

/// Lets pass what was signed here. `NotFound` for anything else.
pub fn check(signer: &Signer, link: Link, key: &str) -> Result<()> {
    if signer.verify(LINK, &link.text(), key) { Ok(()) } else { Err(Error::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::token::Secret;

    #[test]
    fn a_link_takes_the_answer_of_one_person_in_one_round() {
        let signer = Signer::new(Secret::new("key"));
        let link = Link { survey: SurveyId(1), round: 2, who: Who::Delivery(DeliveryId(7)) };
        let path = path(&signer, link);
        let key = path.split_once("?key=").unwrap().1;
        assert!(path.starts_with("/surveys/1/2/d7?key=") && check(&signer, link, key).is_ok());
        let other = |link: Link| check(&signer, link, key).is_err();
        assert!(other(Link { round: 3, ..link }) && other(Link { survey: SurveyId(2), ..link }));
        assert!(other(Link { who: Who::Person(CustomerId(7)), ..link }) && other(Link { who: Who::Delivery(DeliveryId(8)), ..link }));
        assert_eq!(Who::parse("d7"), Some(link.who));
        assert_eq!([Who::parse(""), Who::parse("x7"), Who::parse("d"), Who::parse("é7")], [None; 4]);
    }
}
