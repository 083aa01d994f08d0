//! Keys of programs that use the JSON API. A key is shown once; the database keeps its hash.
//!
//! A key stands for a program of the merchant on a server, not for a shopper: with `orders:read` it sees every order, and it must
//! never be sent to a browser.

use crate::erp::feed;
use crate::ids::ApiKeyId;
use crate::schema::api_keys;
use diesel::prelude::*;
use kernel::clock::Time;
use kernel::error::Fields;
use kernel::{Conn, Error, Result, token, words};

/// What every key begins with, so that a leaked one is recognised.
const PREFIX: &str = "rk_";

words!(
    /// What a key may do.
    Scope {
        /// Categories, products, search.
        CatalogueRead = "catalogue:read",
        /// Carts, from the first line to the placed order.
        CartWrite = "cart:write",
        /// Every order of the shop, with the buyers' addresses.
        OrdersRead = "orders:read",
        /// Capture, ship, cancel and refund.
        OrdersWrite = "orders:write",
        /// Every product whatever its status, its texts, variants and prices; adding and changing them.
        ProductsWrite = "products:write",
        /// Prices alone.
        PricesWrite = "prices:write",
        /// What lies where; receiving, counting and adjusting.
        StockWrite = "stock:write",
        ReturnsRead = "returns:read",
        /// Approving, receiving, inspecting and refunding returns.
        ReturnsWrite = "returns:write",
        /// Every customer of the shop, with what they allowed.
        CustomersRead = "customers:read",
        /// Adding and changing customers, and recording what they allow.
        CustomersWrite = "customers:write",
        /// Adding and changing companies.
        CompaniesWrite = "companies:write",
    }
);

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    /// Words separated by blanks.
    pub scopes: String,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

impl ApiKey {
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.split(' ').any(|word| word == scope.as_str())
    }
}

/// Makes a key. Returns its id and its secret, which cannot be read again. Fails with `Invalid` naming the field.
pub fn create(conn: &mut Conn, name: &str, scopes: &[Scope], expires: Option<Time>, now: Time) -> Result<(ApiKeyId, String)> {
    let name = name.trim();
    let mut fields = Fields::default();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        fields.add("name", "api-key-name");
    }
    if scopes.is_empty() {
        fields.add("scopes", "api-key-scopes");
    }
    if expires.is_some_and(|at| at <= now) {
        fields.add("expires_at", "api-key-expired");
    }
    fields.check()?;
    let secret = format!("{PREFIX}{}", token::random());
    let mut words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let id = diesel::insert_into(api_keys::table)
        .values((
            api_keys::name.eq(name),
            api_keys::key_hash.eq(token::hash(&secret)),
            api_keys::scopes.eq(words.join(" ")),
            api_keys::created_at.eq(now),
            api_keys::expires_at.eq(expires),
        ))
        .returning(api_keys::id)
        .get_result(conn)?;
    // Whoever sees orders may follow their changes.
    if scopes.contains(&Scope::OrdersRead) {
        feed::begin(conn, now)?;
    }
    Ok((id, secret))
}

/// Every key, newest first, those that do not work any more among them.
pub fn list(conn: &mut Conn) -> Result<Vec<ApiKey>> {
    Ok(api_keys::table.order(api_keys::id.desc()).select(ApiKey::as_select()).load(conn)?)
}

/// Ends a key now; one that is revoked keeps its time. `NotFound` for an unknown one.
pub fn revoke(conn: &mut Conn, id: ApiKeyId, now: Time) -> Result<()> {
    let revoked = diesel::update(api_keys::table.find(id)).filter(api_keys::revoked_at.is_null()).set(api_keys::revoked_at.eq(now));
    if revoked.execute(conn)? == 0 {
        api_keys::table.find(id).select(api_keys::id).first::<ApiKeyId>(conn)?;
    }
    Ok(())
}

/// The key behind a bearer token. `Unauthorised` when it is unknown, expired or revoked.
pub fn authenticate(conn: &mut Conn, bearer: &str, now: Time) -> Result<ApiKey> {
    if !bearer.starts_with(PREFIX) {
        return Err(Error::Unauthorised);
    }
    let found: Option<ApiKey> =
        api_keys::table.filter(api_keys::key_hash.eq(token::hash(bearer))).select(ApiKey::as_select()).first(conn).optional()?;
    let works = |key: &ApiKey| key.revoked_at.is_none() && key.expires_at.is_none_or(|at| now < at);
    found.filter(works).ok_or(Error::Unauthorised)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use chrono::TimeDelta;
    use kernel::clock::Clock;

    #[test]
    fn a_key_works_until_it_expires_or_is_revoked() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        db.write_now(move |conn| {
            let (id, secret) = create(conn, " Till ", &[Scope::OrdersRead, Scope::CartWrite], Some(now + TimeDelta::days(1)), now)?;
            let key = authenticate(conn, &secret, now)?;
            assert_eq!((key.name.as_str(), key.may(Scope::CartWrite), key.may(Scope::OrdersWrite)), ("Till", true, false));
            assert!(!list(conn)?.iter().any(|key| format!("{key:?}").contains(&secret)), "the secret is nowhere");
            for wrong in ["", "rk_", "rk_\0", &secret[1..], &secret.to_uppercase()] {
                assert!(matches!(authenticate(conn, wrong, now), Err(Error::Unauthorised)), "{wrong:?}");
            }
            assert!(authenticate(conn, &secret, now + TimeDelta::days(1)).is_err());
            revoke(conn, id, now)?;
            revoke(conn, id, now + TimeDelta::hours(1))?;
            assert_eq!(list(conn)?[0].revoked_at, Some(now));
            assert!(authenticate(conn, &secret, now).is_err());
            assert!(matches!(revoke(conn, ApiKeyId(i64::MAX), now), Err(Error::NotFound)));
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_key_without_name_or_scope_or_future_is_refused() {
        let db = kernel::testing::db();
        let now = Clock::default().now();
        let error = db.write_now(move |conn| create(conn, "\n", &[], Some(now), now)).unwrap_err();
        let Error::Invalid(fields) = error else { panic!("{error}") };
        assert_eq!(fields.0.keys().collect::<Vec<_>>(), ["expires_at", "name", "scopes"]);
    }
}
