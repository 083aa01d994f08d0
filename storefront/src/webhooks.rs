//! Programs of the merchant that are told of what happens in the shop, after the Standard Webhooks specification
//! (<https://www.standardwebhooks.com>): a message is frozen when its event is dispatched, signed when it is sent, and tried again over
//! days. Every message and every attempt is kept for [`KEPT_DAYS`] and can be sent once more.

mod deliver;
mod sign;

pub use deliver::{DELIVER_JOB, deliver};

use crate::ids::{WebhookEndpointId, WebhookMessageId};
use crate::schema::{webhook_attempts as attempts, webhook_endpoints as endpoints, webhook_messages as messages};
use chrono::TimeDelta;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::jobs::{self, Class};
use kernel::{Conn, Error, Result, token, words};
use serde_json::{Value, json};

/// Days that a message and its attempts are kept.
pub const KEPT_DAYS: i64 = 30;
/// How long a secret that was replaced still signs, so that the receiver can change over.
const OVERLAP: TimeDelta = TimeDelta::hours(24);
/// Endpoints a shop can have: each is sent every message.
const MOST: i64 = 20;

words!(
    /// What a program can be told of.
    Topic {
        OrderPlaced = "order.placed",
        OrderConfirmed = "order.confirmed",
        OrderCancelled = "order.cancelled",
        OrderEdited = "order.edited",
        OrderPaid = "order.payment_settled",
        OrderShipped = "order.shipped",
        OrderRefunded = "order.refunded",
        RefundCameBack = "order.refund_came_back",
        ReturnUpdated = "return.updated",
        CustomerCreated = "customer.created",
        CustomerMerged = "customer.merged",
        CustomerUnmerged = "customer.unmerged",
        CustomerUpdated = "customer.updated",
        CustomerErased = "customer.erased",
        /// Somebody came to a step of a journey that programs are told of.
        JourneyReached = "journey.reached",
        ProductUpdated = "product.updated",
        StockUpdated = "stock.updated",
        TicketOpened = "ticket.opened",
        TicketReplied = "ticket.replied",
        TicketSolved = "ticket.solved",
        /// A ticket waited longer than its policy allows.
        TicketOverdue = "ticket.overdue",
        /// Sent by a person who wants to see whether messages arrive.
        Test = "test",
    }
);

words!(
    MessageState {
        /// To be sent, for the first time or again.
        Waiting = "waiting",
        /// The receiver answered with a 2xx.
        Delivered = "delivered",
        /// Given up: every attempt failed, or the endpoint was switched off.
        Failed = "failed",
    }
);

/// Where messages go. The secret is shown to those who manage it: the receiver needs it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = endpoints)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    /// Topics separated by blanks; empty for all.
    pub kinds: String,
    pub secret: String,
    pub old_secret: Option<String>,
    pub old_until: Option<Time>,
    pub active: bool,
    /// Failed attempts since the last one that arrived.
    pub failures: i64,
    pub updated_at: Time,
}

impl Endpoint {
    pub fn hears(&self, topic: Topic) -> bool {
        topic == Topic::Test || self.kinds.is_empty() || self.kinds.split(' ').any(|kind| kind == topic.as_str())
    }
}

/// What is sent: the bytes of the payload are the same in every attempt.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Message {
    pub id: WebhookMessageId,
    pub endpoint_id: WebhookEndpointId,
    /// The `webhook-id`, by which a receiver knows a repetition.
    pub key: String,
    pub kind: String,
    pub payload: String,
    pub state: MessageState,
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Time>,
    pub created_at: Time,
}

/// One try to hand a message over.
#[derive(Clone, Debug, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = attempts)]
pub struct Attempt {
    /// The status of the answer; none when there was no answer.
    pub status: Option<i64>,
    pub error: String,
    pub millis: i64,
    pub created_at: Time,
}

/// What a person sets of an endpoint.
#[derive(Clone, Debug)]
pub struct Wish {
    pub url: String,
    /// None for all.
    pub topics: Vec<Topic>,
    pub active: bool,
}

impl Wish {
    /// The wish as it is stored. `Invalid` when the address cannot be called.
    fn checked(&self) -> Result<(String, String)> {
        let mut fields = Fields::default();
        let url = self.url.trim();
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some());
        let plain = parsed.as_ref().is_some_and(|url| url.username().is_empty() && url.password().is_none());
        if url.len() > 2000 || !plain {
            fields.add("url", "admin-webhook-url-invalid");
        }
        fields.check()?;
        let mut topics: Vec<&str> = self.topics.iter().map(|topic| topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        Ok((url.to_string(), topics.join(" ")))
    }
}

/// Adds an endpoint with a secret of its own. `Invalid` names the field; `Conflict` when there are too many.
pub fn create(conn: &mut Conn, wish: &Wish, now: Time) -> Result<WebhookEndpointId> {
    let (url, kinds) = wish.checked()?;
    if endpoints::table.count().get_result::<i64>(conn)? >= MOST {
        return Err(Error::conflict("admin-webhook-too-many"));
    }
    Ok(diesel::insert_into(endpoints::table)
        .values((
            endpoints::url.eq(url),
            endpoints::kinds.eq(kinds),
            endpoints::secret.eq(sign::secret()),
            endpoints::active.eq(wish.active),
            endpoints::created_at.eq(now),
            endpoints::updated_at.eq(now),
        ))
        .returning(endpoints::id)
        .get_result(conn)?)
}

/// Changes an endpoint. Messages that wait are given up when it is switched off.
pub fn update(conn: &mut Conn, id: WebhookEndpointId, wish: &Wish, now: Time) -> Result<()> {
    let (url, kinds) = wish.checked()?;
    let before = get(conn, id)?;
    let set = (
        endpoints::url.eq(url),
        endpoints::kinds.eq(kinds),
        endpoints::active.eq(wish.active),
        endpoints::failures.eq(0i64),
        endpoints::updated_at.eq(now),
    );
    diesel::update(endpoints::table.find(id)).set(set).execute(conn)?;
    if before.active && !wish.active {
        give_up(conn, id)?;
    }
    Ok(())
}

fn give_up(conn: &mut Conn, id: WebhookEndpointId) -> Result<()> {
    diesel::update(messages::table)
        .filter(messages::endpoint_id.eq(id))
        .filter(messages::state.eq(MessageState::Waiting))
        .set((messages::state.eq(MessageState::Failed), messages::next_at.eq(None::<Time>)))
        .execute(conn)?;
    Ok(())
}

/// Gives an endpoint a new secret. The old one signs beside it for a day.
pub fn rotate(conn: &mut Conn, id: WebhookEndpointId, now: Time) -> Result<()> {
    let before = get(conn, id)?;
    let set = (
        endpoints::secret.eq(sign::secret()),
        endpoints::old_secret.eq(before.secret),
        endpoints::old_until.eq(now + OVERLAP),
        endpoints::updated_at.eq(now),
    );
    diesel::update(endpoints::table.find(id)).set(set).execute(conn)?;
    Ok(())
}

/// Takes an endpoint away with its messages.
pub fn remove(conn: &mut Conn, id: WebhookEndpointId) -> Result<()> {
    get(conn, id)?;
    diesel::delete(endpoints::table.find(id)).execute(conn)?;
    Ok(())
}

pub fn list(conn: &mut Conn) -> Result<Vec<Endpoint>> {
    Ok(endpoints::table.order(endpoints::id).select(Endpoint::as_select()).load(conn)?)
}

/// Whether any endpoint is switched on.
pub fn any(conn: &mut Conn) -> Result<bool> {
    let found: Option<WebhookEndpointId> =
        endpoints::table.filter(endpoints::active.eq(true)).select(endpoints::id).first(conn).optional()?;
    Ok(found.is_some())
}

pub fn get(conn: &mut Conn, id: WebhookEndpointId) -> Result<Endpoint> {
    Ok(endpoints::table.find(id).select(Endpoint::as_select()).first(conn)?)
}

/// Writes a message about `topic` for every endpoint that hears of it. `data` is asked for once, and only when somebody listens.
pub fn tell(conn: &mut Conn, topic: Topic, data: impl FnOnce(&mut Conn) -> Result<Option<Value>>, now: Time) -> Result<()> {
    let told: Vec<Endpoint> = list(conn)?.into_iter().filter(|endpoint| endpoint.active && endpoint.hears(topic)).collect();
    if told.is_empty() {
        return Ok(());
    }
    let Some(data) = data(conn)? else { return Ok(()) };
    for endpoint in told {
        queue(conn, &endpoint, topic, &data, now)?;
    }
    Ok(())
}

/// Sends a test message to one endpoint. `Conflict` when it is switched off.
pub fn test(conn: &mut Conn, id: WebhookEndpointId, now: Time) -> Result<WebhookMessageId> {
    let endpoint = get(conn, id)?;
    if !endpoint.active {
        return Err(Error::conflict("admin-webhook-is-off"));
    }
    queue(conn, &endpoint, Topic::Test, &json!({}), now)
}

fn queue(conn: &mut Conn, endpoint: &Endpoint, topic: Topic, data: &Value, now: Time) -> Result<WebhookMessageId> {
    let payload = json!({ "type": topic, "timestamp": now.and_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true), "data": data });
    let id: WebhookMessageId = diesel::insert_into(messages::table)
        .values((
            messages::endpoint_id.eq(endpoint.id),
            messages::key.eq(format!("msg_{}", token::random())),
            messages::kind.eq(topic.as_str()),
            messages::payload.eq(kernel::json::text(&payload)?),
            messages::state.eq(MessageState::Waiting),
            messages::next_at.eq(now),
            messages::created_at.eq(now),
        ))
        .returning(messages::id)
        .get_result(conn)?;
    jobs::enqueue_as(conn, Class::Outside, DELIVER_JOB, &id.to_string(), None, now, now)?;
    Ok(id)
}

/// Messages of an endpoint, the newest first, below the id `before`.
pub fn messages(
    conn: &mut Conn,
    id: WebhookEndpointId,
    state: Option<MessageState>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Message>> {
    let mut query = messages::table.filter(messages::endpoint_id.eq(id)).into_boxed();
    if let Some(state) = state {
        query = query.filter(messages::state.eq(state));
    }
    if let Some(before) = before {
        query = query.filter(messages::id.lt(WebhookMessageId(before)));
    }
    Ok(query.order(messages::id.desc()).limit(limit).select(Message::as_select()).load(conn)?)
}

/// A message with its attempts, the last one first.
pub fn message(conn: &mut Conn, id: WebhookMessageId) -> Result<(Message, Vec<Attempt>)> {
    let message = messages::table.find(id).select(Message::as_select()).first(conn)?;
    let tries = attempts::table.filter(attempts::message_id.eq(id)).order(attempts::id.desc()).select(Attempt::as_select()).load(conn)?;
    Ok((message, tries))
}

/// Sends a message once more, with the same id and payload. `Conflict` when it waits already or its endpoint is switched off.
pub fn replay(conn: &mut Conn, id: WebhookMessageId, now: Time) -> Result<()> {
    let (message, _) = message(conn, id)?;
    if !get(conn, message.endpoint_id)?.active {
        return Err(Error::conflict("admin-webhook-is-off"));
    }
    let set = (messages::state.eq(MessageState::Waiting), messages::attempts.eq(0i64), messages::next_at.eq(now));
    let set = diesel::update(messages::table.find(id)).filter(messages::state.ne(MessageState::Waiting)).set(set).execute(conn)?;
    if set == 0 {
        return Err(Error::conflict("admin-webhook-waits"));
    }
    jobs::enqueue_as(conn, Class::Outside, DELIVER_JOB, &id.to_string(), None, now, now)
}

/// Forgets messages that are older than [`KEPT_DAYS`] and settled, at most `limit`; answers how many.
pub fn prune(conn: &mut Conn, now: Time, limit: i64) -> Result<usize> {
    let old: Vec<WebhookMessageId> = messages::table
        .filter(messages::created_at.lt(now - TimeDelta::days(KEPT_DAYS)))
        .filter(messages::state.ne(MessageState::Waiting))
        .order(messages::created_at)
        .limit(limit)
        .select(messages::id)
        .load(conn)?;
    Ok(diesel::delete(messages::table.filter(messages::id.eq_any(&old))).execute(conn)?)
}
