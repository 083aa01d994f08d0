//! Electronic data interchange with the programs of companies: purchase orders come in as UN/EDIFACT D.96A (ORDERS) or ASC X12 4010 (850),
//! and are placed on the company's account by the rules that hold for its members; confirmations, despatch advice and invoices go out (ORDRSP,
//! DESADV, INVOIC; 855, 856, 810).
//!
//! Every message is a row. A message that came is known by its partner and control number, an outgoing one by what it is about, each by a
//! unique index: neither is taken or written twice, whatever is repeated. An order is placed, and its confirmation written, in the transaction
//! that takes the message; the others follow the shop's events, invoices in the transaction that issues them.

mod edifact;
mod edifact_out;
mod facts;
pub mod folder;
mod purchase;
mod send;
mod syntax;
mod take;
#[cfg(test)]
mod tests;
mod x12;
mod x12_out;

pub(crate) use facts::unit as net_unit;
pub use purchase::{Price, Purchase, Wanted};
pub use send::on_event;
pub(crate) use send::{answered, issued};
pub use syntax::{Interchange, Message as Part, Party, Segment, bytes, read, text};
pub use take::{Taken, again, take};

use crate::ids::{EdiInterchangeId, EdiMessageId, OrderId, PartnerId, StoreId};
use crate::schema::{edi_interchanges as interchanges, edi_messages as messages, orders, trading_partners as partners};
use crate::stores;
use crm::companies::{self, May};
use crm::{CompanyId, CustomerId, MemberId};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, on_each, token, words};
use serde::{Deserialize, Serialize};

/// The longest identification of a party, with its qualifier.
const ID: usize = 40;
/// The most bytes of an interchange.
pub const LARGEST: usize = 1 << 20;

words!(
    /// How a partner orders: by messages in one of two syntaxes, or by punch-out in one of two formats.
    Kind { Edifact = "edifact", X12 = "x12", Cxml = "cxml", Oci = "oci" }
);

impl Kind {
    /// Whether people of the partner fill a cart in the shop ([`crate::punchout`]), instead of programs that send messages.
    pub fn punches_out(self) -> bool {
        matches!(self, Kind::Cxml | Kind::Oci)
    }
}

words!(Direction { In = "in", Out = "out" });
words!(
    State {
        /// It came and is an order.
        Placed = "placed",
        /// It came and is no order: the partner was told why, and staff can try it again.
        Refused = "refused",
        /// It came and could not be read. Its sender was told at once, and sends it again.
        Unreadable = "unreadable",
        /// It waits to be fetched, or was.
        Ready = "ready",
        /// It could not be written.
        Failed = "failed",
    }
);

/// A company that orders by messages.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = partners)]
pub struct Partner {
    pub id: PartnerId,
    pub company_id: CompanyId,
    /// In whose name its orders are placed.
    pub member_id: MemberId,
    pub store_id: StoreId,
    pub kind: Kind,
    /// What the shop is called in its interchanges, as [`Party::stored`] reads it.
    pub own_id: String,
    /// What it is called itself.
    pub partner_id: String,
    secret_hash: String,
    pub active: bool,
    /// Counts every change by staff.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

impl Partner {
    pub fn own(&self) -> Party {
        Party::stored(&self.own_id)
    }

    pub fn partner(&self) -> Party {
        Party::stored(&self.partner_id)
    }
}

/// What staff set of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    pub company: CompanyId,
    pub member: MemberId,
    pub store: StoreId,
    pub kind: Kind,
    pub own_id: String,
    pub partner_id: String,
    pub active: bool,
}

impl Wish {
    pub fn of(partner: &Partner) -> Wish {
        Wish {
            company: partner.company_id,
            member: partner.member_id,
            store: partner.store_id,
            kind: partner.kind,
            own_id: partner.own_id.clone(),
            partner_id: partner.partner_id.clone(),
            active: partner.active,
        }
    }

    fn checked(&self, conn: &mut Conn) -> Result<()> {
        let mut wrong = Fields::default();
        for (field, text) in [("own_id", &self.own_id), ("partner_id", &self.partner_id)] {
            let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./ ".contains(&byte));
            let party = Party::stored(text);
            let short = text.chars().count() <= ID && party.id.len() <= if self.kind == Kind::X12 { 15 } else { 35 };
            if party.id.is_empty() || !short || !plain(&party.id) || !plain(&party.qualifier) || party.qualifier.len() > 20 {
                wrong.add(field, "edi-party-invalid");
            }
        }
        match companies::buyer(conn, self.member)? {
            Some(buyer) if buyer.company == self.company && buyer.may(May::Order) => {}
            _ => wrong.add("member", "edi-member-invalid"),
        }
        if stores::list(conn)?.iter().all(|store| store.id != self.store) {
            wrong.add("store", "edi-store-invalid");
        }
        wrong.check()
    }
}

/// Adds a partner; answers the secret of its program, which is kept nowhere.
pub fn create(conn: &mut Conn, wish: &Wish, now: Time) -> Result<(PartnerId, String)> {
    wish.checked(conn)?;
    let secret = token::random();
    let row = (
        partners::company_id.eq(wish.company),
        partners::member_id.eq(wish.member),
        partners::store_id.eq(wish.store),
        partners::kind.eq(wish.kind),
        partners::own_id.eq(wish.own_id.trim()),
        partners::partner_id.eq(wish.partner_id.trim()),
        partners::secret_hash.eq(token::hash(&secret)),
        partners::active.eq(wish.active),
        partners::created_at.eq(now),
        partners::updated_at.eq(now),
    );
    let id: PartnerId = diesel::insert_into(partners::table).values(row).returning(partners::id).get_result(conn)?;
    Ok((id, secret))
}

/// Changes a partner as it was seen at `version`; company and syntax stay.
pub fn update(conn: &mut Conn, id: PartnerId, version: i64, wish: &Wish, now: Time) -> Result<()> {
    let before = get(conn, id)?;
    let wish = Wish { company: before.company_id, kind: before.kind, ..wish.clone() };
    wish.checked(conn)?;
    let set = (
        partners::member_id.eq(wish.member),
        partners::store_id.eq(wish.store),
        partners::own_id.eq(wish.own_id.trim()),
        partners::partner_id.eq(wish.partner_id.trim()),
        partners::active.eq(wish.active),
        partners::version.eq(partners::version + 1i64),
        partners::updated_at.eq(now),
    );
    let changed = diesel::update(partners::table.find(id)).filter(partners::version.eq(version)).set(set).execute(conn)?;
    if changed == 0 { Err(Error::conflict("edi-partner-changed")) } else { Ok(()) }
}

/// Gives the partner's program another secret; the one before stops at once.
pub fn renew(conn: &mut Conn, id: PartnerId, now: Time) -> Result<String> {
    get(conn, id)?;
    let secret = token::random();
    let set = (partners::secret_hash.eq(token::hash(&secret)), partners::updated_at.eq(now));
    diesel::update(partners::table.find(id)).set(set).execute(conn)?;
    Ok(secret)
}

pub fn get(conn: &mut Conn, id: PartnerId) -> Result<Partner> {
    Ok(on_each!(conn, c => partners::table.find(id).select(Partner::as_select()).first(c))?)
}

/// The partner with this number whose program knows its secret. `Unauthorised` for anybody else, whatever exists.
pub fn known(conn: &mut Conn, id: PartnerId, secret: &str) -> Result<Partner> {
    let found = match get(conn, id) {
        Ok(found) => found,
        Err(Error::NotFound) => return Err(Error::Unauthorised),
        Err(error) => return Err(error),
    };
    // Hashes are compared: how long that takes tells nothing about the secret.
    if found.active && token::hash(secret) == found.secret_hash { Ok(found) } else { Err(Error::Unauthorised) }
}

/// Partners with the names of their companies, newest first.
pub fn list(conn: &mut Conn, before: Option<PartnerId>, limit: i64) -> Result<Vec<(Partner, String)>> {
    let query = partners::table
        .filter(partners::id.lt(before.unwrap_or(PartnerId(i64::MAX))))
        .order(partners::id.desc())
        .limit(limit)
        .select(Partner::as_select());
    let found: Vec<Partner> = query.load(conn)?;
    let ids: Vec<CompanyId> = found.iter().map(|one| one.company_id).collect();
    let names = companies::of(conn, &ids)?;
    let name = |id: CompanyId| names.iter().find(|one| one.id == id).map(|one| one.name.clone()).unwrap_or_default();
    Ok(found
        .into_iter()
        .map(|one| {
            let name = name(one.company_id);
            (one, name)
        })
        .collect())
}

/// Whether anybody is to be told anything.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let first = partners::table.filter(partners::active.eq(true)).select(partners::id);
    let found: Option<PartnerId> = on_each!(conn, c => first.first(c)).optional()?;
    Ok(found.is_some())
}

/// What is wrong with a message, or one of its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The buyer's number of the line, and what it asks for; empty for the whole message.
    pub line: String,
    pub code: String,
    /// The key of a text, or what [`kernel::error::said`] made.
    pub why: String,
}

impl Problem {
    pub fn whole(why: impl Into<String>) -> Problem {
        Problem { line: String::new(), code: String::new(), why: why.into() }
    }
}

/// A message as it was taken or written.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Message {
    pub id: EdiMessageId,
    pub partner_id: PartnerId,
    pub direction: Direction,
    pub kind: String,
    /// None of what could not be read or written.
    pub control: Option<String>,
    pub number: String,
    /// An interchange with this message alone; of what could not be read that stands in [`whole`].
    pub raw: String,
    pub state: State,
    error: String,
    pub order_id: Option<OrderId>,
    pub at: Time,
    /// What it came in.
    interchange_id: Option<EdiInterchangeId>,
}

impl Message {
    /// Why it was refused, could not be read or could not be written.
    pub fn problems(&self) -> Vec<Problem> {
        serde_json::from_str(&self.error).unwrap_or_default()
    }
}

/// Messages from and to a partner, newest first.
pub fn history(
    conn: &mut Conn,
    partner: PartnerId,
    state: Option<State>,
    before: Option<EdiMessageId>,
    limit: i64,
) -> Result<Vec<Message>> {
    let mut query = messages::table.filter(messages::partner_id.eq(partner)).into_boxed();
    if let Some(state) = state {
        query = query.filter(messages::state.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(messages::id.lt(before));
    }
    Ok(query.order(messages::id.desc()).limit(limit).select(Message::as_select()).load(conn)?)
}

/// What a partner can fetch behind the message with this number, oldest first.
pub fn outgoing(conn: &mut Conn, partner: PartnerId, after: EdiMessageId, limit: i64) -> Result<Vec<Message>> {
    let query = messages::table
        .filter(messages::partner_id.eq(partner))
        .filter(messages::direction.eq(Direction::Out))
        .filter(messages::state.eq(State::Ready))
        .filter(messages::id.gt(after))
        .order(messages::id)
        .limit(limit)
        .select(Message::as_select());
    Ok(query.load(conn)?)
}

/// A message of this partner; that of another is not found.
pub fn message(conn: &mut Conn, partner: PartnerId, id: EdiMessageId) -> Result<Message> {
    Ok(messages::table.find(id).filter(messages::partner_id.eq(partner)).select(Message::as_select()).first(conn)?)
}

/// What a message came in, as it came; its own text where nothing else is kept.
pub fn whole(conn: &mut Conn, message: &Message) -> Result<String> {
    let Some(id) = message.interchange_id else { return Ok(message.raw.clone()) };
    Ok(on_each!(conn, c => interchanges::table.find(id).select(interchanges::raw).first(c))?)
}

/// Forgets what the messages about somebody's orders say: names and addresses stand in them. That there were messages stays.
pub(crate) fn forget(conn: &mut Conn, customer: CustomerId) -> Result<()> {
    let own: Vec<OrderId> = orders::table.filter(orders::customer_id.eq(customer)).select(orders::id).load(conn)?;
    let theirs = messages::table.filter(messages::order_id.eq_any(&own));
    let within = theirs.filter(messages::interchange_id.is_not_null()).select(messages::interchange_id.assume_not_null());
    let within: Vec<EdiInterchangeId> = within.load(conn)?;
    diesel::update(interchanges::table.filter(interchanges::id.eq_any(within))).set(interchanges::raw.eq("")).execute(conn)?;
    let theirs = messages::table.filter(messages::order_id.eq_any(own));
    on_each!(conn, c => diesel::update(theirs).set(messages::raw.eq("")).execute(c))?;
    Ok(())
}
