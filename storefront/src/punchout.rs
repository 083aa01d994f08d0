//! Punch-out: people of a company fill a cart in the shop from their procurement system, which takes the cart back and orders by itself, by cXML
//! (PunchOutSetupRequest, PunchOutOrderMessage) or OCI (Open Catalog Interface).
//!
//! Whoever comes that way is nobody's customer: the browser holds the secret of a [`Punchout`], which has the prices and goods of the
//! partner's member, and no account. Its cart belongs to it alone (`carts.punchout_id`), and is never placed here.

pub mod xml;

use crate::carts::{self, Quote};
use crate::edi::{self, Kind, Partner, net_unit};
use crate::ids::{CartId, PartnerId, PunchoutId};
use crate::schema::{carts as cart_rows, punchouts as rows};
use crate::units::Unit;
use chrono::TimeDelta;
use crm::MemberId;
use crm::companies::{self, Buyer, May};
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::{Conn, Error, Result, on_each, token};
use serde::{Deserialize, Serialize};
use xml::escaped;

/// How long somebody has to follow the link, and to shop.
const START_MINUTES: i64 = 15;
pub const HOURS: i64 = 8;
/// The longest address to return to, and the longest word of the buyer's system, in bytes.
const ADDRESS: usize = 2000;
const COOKIE: usize = 1000;
/// The message key of an answer to what was used, or is over.
pub const OVER: &str = "punchout-over";

/// A way in, which the shop signs and the browser brings. Nothing is stored before it is used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    pub partner: PartnerId,
    nonce: String,
    /// Where the cart goes.
    pub url: String,
    /// What the buyer's system knows its session by; empty with OCI.
    cookie: String,
    until: i64,
}

/// Somebody who shops for their procurement system.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = rows)]
pub struct Punchout {
    pub id: PunchoutId,
    pub partner_id: PartnerId,
    pub return_url: String,
    pub cookie: String,
    pub expires_at: Time,
}

/// The scheme, host and port of an address that a cart may be returned to; `None` for what is none.
pub fn origin(address: &str) -> Option<String> {
    let parsed = url::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some())?;
    (address.len() <= ADDRESS && parsed.username().is_empty() && parsed.password().is_none()).then(|| parsed.origin().ascii_serialization())
}

/// A ticket for a partner that proved who it is. `Invalid` when there is nowhere to return to.
pub fn ticket(partner: &Partner, url: &str, cookie: &str, now: Time) -> Result<Ticket> {
    let url = url.trim();
    if origin(url).is_none() || cookie.len() > COOKIE {
        return Err(Error::field("url", "punchout-address"));
    }
    let until = (now + TimeDelta::minutes(START_MINUTES)).and_utc().timestamp();
    Ok(Ticket { partner: partner.id, nonce: token::random(), url: url.to_string(), cookie: cookie.to_string(), until })
}

/// In whose name a partner's people shop. `None` when that one may not order any more.
fn shopper(conn: &mut Conn, partner: &Partner) -> Result<Option<Buyer>> {
    if !partner.active || !partner.kind.punches_out() {
        return Ok(None);
    }
    let buyer = companies::buyer(conn, partner.member_id)?;
    Ok(buyer.filter(|buyer| buyer.company == partner.company_id && buyer.may(May::Order)))
}

/// The partner of a ticket that can still be used, with the name of its company. `Conflict` otherwise.
pub fn waiting(conn: &mut Conn, ticket: &Ticket, now: Time) -> Result<(Partner, String)> {
    let partner = edi::get(conn, ticket.partner)?;
    let used = rows::table.filter(rows::nonce.eq(&ticket.nonce)).select(rows::id);
    let used: Option<PunchoutId> = on_each!(conn, c => used.first(c)).optional()?;
    match shopper(conn, &partner)? {
        Some(buyer) if used.is_none() && ticket.until > now.and_utc().timestamp() => Ok((partner, buyer.name)),
        _ => Err(Error::conflict(OVER)),
    }
}

/// Begins to shop with a ticket, once; `secret` is for the browser.
pub fn start(conn: &mut Conn, ticket: &Ticket, secret: &str, now: Time) -> Result<PunchoutId> {
    let (partner, _) = waiting(conn, ticket, now)?;
    let row = (
        rows::partner_id.eq(partner.id),
        rows::token_hash.eq(token::hash(secret)),
        rows::nonce.eq(&ticket.nonce),
        rows::return_url.eq(&ticket.url),
        rows::cookie.eq(&ticket.cookie),
        rows::created_at.eq(now),
        rows::expires_at.eq(now + TimeDelta::hours(HOURS)),
    );
    let insert = diesel::insert_into(rows::table).values(row).on_conflict_do_nothing().returning(rows::id);
    let added: Option<PunchoutId> = on_each!(conn, c => insert.get_result(c).optional())?;
    added.ok_or_else(|| Error::conflict(OVER))
}

/// Who shops with this secret, and for which partner; `None` without one, when it is over, or when the partner's member may not order.
pub fn standing(conn: &mut Conn, secret: Option<&str>, now: Time) -> Result<Option<(Punchout, Partner, Buyer)>> {
    let Some(secret) = secret else { return Ok(None) };
    let found: Option<Punchout> = on_each!(conn, c => rows::table
        .filter(rows::token_hash.eq(token::hash(secret)))
        .filter(rows::expires_at.gt(now))
        .select(Punchout::as_select())
        .first(c))
    .optional()?;
    let Some(found) = found else { return Ok(None) };
    let partner = edi::get(conn, found.partner_id)?;
    Ok(shopper(conn, &partner)?.map(|buyer| (found, partner, buyer)))
}

/// By whose prices somebody with this secret shops.
pub fn buyer(conn: &mut Conn, secret: Option<&str>, now: Time) -> Result<Option<Buyer>> {
    Ok(standing(conn, secret, now)?.map(|(_, _, buyer)| buyer))
}

/// Makes a new cart one of a punch-out.
pub fn take(conn: &mut Conn, cart: CartId, punchout: PunchoutId, member: MemberId, now: Time) -> Result<()> {
    carts::give(conn, cart, Some(member), now)?;
    diesel::update(cart_rows::table.find(cart)).set(cart_rows::punchout_id.eq(Some(punchout))).execute(conn)?;
    Ok(())
}

/// The field, or the fields, that carry a cart to the buyer's system. Prices are before tax.
pub fn fields(partner: &Partner, punchout: &Punchout, quote: &Quote, now: Time) -> Vec<(String, String)> {
    match partner.kind {
        Kind::Oci => oci(quote),
        Kind::Edifact | Kind::X12 | Kind::Cxml => vec![("cxml-urlencoded".to_string(), order_message(partner, punchout, quote, now))],
    }
}

/// What stands of an article in either format.
struct Item<'a> {
    sku: &'a str,
    title: &'a str,
    quantity: String,
    /// UN/ECE Recommendation 20; each as X12 calls it.
    unit: &'static str,
    price: String,
}

/// What buyers' systems call a unit.
fn unit(of: Unit) -> &'static str {
    if of == Unit::Piece { of.x12() } else { of.as_str() }
}

fn items(quote: &Quote) -> Vec<Item<'_>> {
    let mut found = Vec::with_capacity(quote.lines.len());
    for (line, priced) in quote.lines.iter().zip(&quote.priced.lines) {
        let price = net_unit(priced.total - priced.tax, line.quantity, line.variant.measure.per(), quote.currency);
        let sku = line.variant.sku.as_deref().unwrap_or_default();
        found.push(Item {
            sku,
            title: &line.variant.title,
            quantity: line.variant.measure.number(line.quantity),
            unit: unit(line.variant.measure.unit),
            price,
        });
    }
    found
}

/// The fields of OCI 4.0, which count from 1.
fn oci(quote: &Quote) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    for (at, item) in items(quote).into_iter().enumerate() {
        let title: String = item.title.chars().take(40).collect();
        let one: [(&str, &str); 7] = [
            ("DESCRIPTION", title.as_str()),
            ("QUANTITY", &item.quantity),
            ("UNIT", item.unit),
            ("PRICE", &item.price),
            ("PRICEUNIT", "1"),
            ("CURRENCY", quote.currency.code()),
            ("VENDORMAT", item.sku),
        ];
        fields.extend(one.iter().map(|(name, value)| (format!("NEW_ITEM-{name}[{}]", at + 1), (*value).to_string())));
    }
    fields
}

/// The head that every document of ours has.
fn opening(now: Time) -> String {
    let (id, at) = (token::random(), now.format("%Y-%m-%dT%H:%M:%S+00:00"));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd\">\n\
         <cXML payloadID=\"{id}@regulars\" timestamp=\"{at}\">"
    )
}

fn credential(party: &edi::Party) -> String {
    let domain = if party.qualifier.is_empty() { "NetworkId" } else { &party.qualifier };
    format!("<Credential domain=\"{}\"><Identity>{}</Identity></Credential>", escaped(domain), escaped(&party.id))
}

/// A cXML 1.2 PunchOutOrderMessage.
fn order_message(partner: &Partner, punchout: &Punchout, quote: &Quote, now: Time) -> String {
    let (own, theirs, currency) = (credential(&partner.own()), credential(&partner.partner()), quote.currency.code());
    let money = |amount: &str| format!("<Money currency=\"{currency}\">{amount}</Money>");
    let net: i64 = quote.priced.lines.iter().map(|line| line.total - line.tax).sum();
    let mut out = opening(now);
    out.push_str(&format!(
        "<Header><From>{own}</From><To>{theirs}</To><Sender>{own}<UserAgent>Regulars</UserAgent></Sender></Header><Message>\
         <PunchOutOrderMessage><BuyerCookie>{}</BuyerCookie><PunchOutOrderMessageHeader operationAllowed=\"create\"><Total>{}</Total>\
         </PunchOutOrderMessageHeader>",
        escaped(&punchout.cookie),
        money(&net_unit(net, 1, 1, quote.currency))
    ));
    for item in items(quote) {
        out.push_str(&format!(
            "<ItemIn quantity=\"{}\"><ItemID><SupplierPartID>{}</SupplierPartID></ItemID><ItemDetail><UnitPrice>{}</UnitPrice>\
             <Description xml:lang=\"{}\">{}</Description><UnitOfMeasure>{}</UnitOfMeasure>\
             <Classification domain=\"SupplierPartID\">{}</Classification></ItemDetail></ItemIn>",
            item.quantity,
            escaped(item.sku),
            money(&item.price),
            escaped(&quote.cart.language),
            escaped(item.title),
            item.unit,
            escaped(item.sku)
        ));
    }
    out.push_str("</PunchOutOrderMessage></Message></cXML>");
    out
}

/// What a PunchOutSetupRequest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    pub identity: String,
    pub secret: String,
    pub cookie: String,
    pub url: String,
    /// `create`, `edit`, `inspect` or `source`.
    pub operation: String,
}

/// Reads a request; `None` for what is none.
pub fn setup(document: &str) -> Option<Setup> {
    let all = xml::elements(document)?;
    let find = |path: &str| all.iter().find(|one| one.path == path);
    let text = |path: &str| find(path).map(|one| one.text.trim().to_string());
    let request = find("cXML/Request/PunchOutSetupRequest")?;
    let operation = request.attributes.iter().find(|(name, _)| name == "operation").map(|(_, value)| value.clone())?;
    Some(Setup {
        identity: text("cXML/Header/Sender/Credential/Identity")?,
        secret: text("cXML/Header/Sender/Credential/SharedSecret")?,
        cookie: text("cXML/Request/PunchOutSetupRequest/BuyerCookie").unwrap_or_default(),
        url: text("cXML/Request/PunchOutSetupRequest/BrowserFormPost/URL")?,
        operation,
    })
}

/// The answer to a request: where to start, or a status of cXML with its reason.
pub fn response(start: Result<&str, (u16, &str)>, now: Time) -> String {
    let mut out = opening(now);
    out.push_str("<Response>");
    match start {
        Ok(url) => out.push_str(&format!(
            "<Status code=\"200\" text=\"OK\"/><PunchOutSetupResponse><StartPage><URL>{}</URL></StartPage></PunchOutSetupResponse>",
            escaped(url)
        )),
        Err((code, reason)) => out.push_str(&format!("<Status code=\"{code}\" text=\"{}\"/>", escaped(reason))),
    }
    out.push_str("</Response></cXML>");
    out
}
