//! The statements that placing an order writes, and nothing else: prepared and kept by their text.

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Text, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Result, on_each};

pub enum Bind<'a> {
    Text(&'a str),
    Int(i64),
    Time(Time),
}

/// A statement with a question mark for each of its binds.
struct Bare<'a> {
    sql: &'static str,
    binds: &'a [Bind<'a>],
}

impl QueryId for Bare<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Bare<'_> {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for Bare<'_> {}

impl<DB> QueryFragment<DB> for Bare<'_>
where
    DB: Backend + HasSqlType<BigInt> + HasSqlType<Text> + HasSqlType<Timestamp>,
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
    Time: ToSql<Timestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut pieces = self.sql.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (bind, piece) in self.binds.iter().zip(pieces) {
            match bind {
                Bind::Text(text) => out.push_bind_param::<Text, str>(text)?,
                Bind::Int(number) => out.push_bind_param::<BigInt, i64>(number)?,
                Bind::Time(time) => out.push_bind_param::<Timestamp, Time>(time)?,
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

fn run(conn: &mut Conn, sql: &'static str, binds: &[Bind]) -> Result<usize> {
    Ok(on_each!(conn, c => Bare { sql, binds }.execute(c))?)
}

fn returning(conn: &mut Conn, sql: &'static str, binds: &[Bind]) -> Result<i64> {
    Ok(on_each!(conn, c => Bare { sql, binds }.get_result::<i64>(c))?)
}

pub fn count(conn: &mut Conn, sql: &'static str) -> Result<i64> {
    returning(conn, sql, &[])
}

/// What an order needs, all known before.
pub struct Plan {
    pub cart: i64,
    pub email: String,
    /// (variant, quantity) in the order of the variants.
    pub lines: Vec<(i64, i64)>,
    pub coupon: i64,
    pub code: &'static str,
    pub now: Time,
}

const ADDRESS: &str = r#"{"name":"Ann Ash","company":"","line1":"Hauptstraße 1","line2":"","postal_code":"10115","city":"Berlin","region":"","country":"DE","phone":""}"#;
const TRACE: &str = r#"[{"step":"list","amount":1200},{"step":"coupon","source":"coupon:SPRING","amount":-120}]"#;

const INVOICE: &str = r#"{"number":"R1001","placed_at":"2026-01-01T00:00:00","seller":["Shop","Hauptstraße 1","10115 Berlin"],"buyer":["Ann Ash","Hauptstraße 1","10115 Berlin"],"delivery":["Ann Ash","Hauptstraße 1","10115 Berlin"],"lines":[{"title":"Mug 17","options":"","sku":"MUG 17","quantity":1,"unit_price":1200,"discount":120,"rate_bp":1900,"tax":172,"total":1080},{"title":"Mug 17","options":"","sku":"MUG 17","quantity":1,"unit_price":1200,"discount":120,"rate_bp":1900,"tax":172,"total":1080},{"title":"Mug 17","options":"","sku":"MUG 17","quantity":1,"unit_price":1200,"discount":120,"rate_bp":1900,"tax":172,"total":1080}],"shipping":{"name":"Standard","total":490,"tax":78},"rates":[{"rate_bp":1900,"total":4810,"tax":768}],"payment_method":"bank_transfer"}"#;

/// Writes what `checkout::place` writes for an order of a new customer on terms.
pub fn place_bare(conn: &mut Conn, plan: &Plan) -> Result<()> {
    use Bind::{Int, Text, Time};
    let now = || Time(plan.now);
    run(conn, "UPDATE carts SET state = 'placed', updated_at = ? WHERE id = ? AND state = 'open'", &[now(), Int(plan.cart)])?;
    let customer = returning(
        conn,
        "INSERT INTO customers (email, email_key, name, phone, language, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING RETURNING id",
        &[Text(&plan.email), Text(&plan.email), Text("Ann Ash"), Text(""), Text("en"), now(), now()],
    )?;
    let key = format!("cart:{}", plan.cart);
    let order = returning(
        conn,
        "INSERT INTO orders (number, cart_id, customer_id, email, language, currency, status, payment_status, fulfilment_status, subtotal,
         discount, shipping, shipping_tax, tax, total, prices_include_tax, billing_address, shipping_address, shipping_method,
         payment_method, coupon_code, note, payment_due_at, placed_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
         TRUE, ?, ?, ?, ?, ?, ?, NULL, ?, ?) RETURNING id",
        &[
            Text(&key),
            Int(plan.cart),
            Int(customer),
            Text(&plan.email),
            Text("en"),
            Text("EUR"),
            Text("pending"),
            Text("pending"),
            Text("unfulfilled"),
            Int(4800),
            Int(480),
            Int(490),
            Int(78),
            Int(768),
            Int(4810),
            Text(ADDRESS),
            Text(ADDRESS),
            Text("Standard"),
            Text("bank_transfer"),
            Text(plan.code),
            Text(""),
            now(),
            now(),
        ],
    )?;
    run(conn, "UPDATE orders SET number = ? WHERE id = ?", &[Text(&format!("R{}", 1000 + order)), Int(order)])?;
    let words = format!(r#"["ann","ash","example.com","r{order}","{order}","{}"]"#, plan.email);
    let terms = match conn {
        Conn::Sqlite(_) => "INSERT INTO order_terms (term, order_id) SELECT value, ? FROM json_each(?)",
        Conn::Postgres(_) => "INSERT INTO order_terms (order_id, term) SELECT ?, json_array_elements_text(?::json)",
    };
    run(conn, terms, &[Int(order), Text(&words)])?;
    for (position, (variant, quantity)) in (1i64..).zip(&plan.lines) {
        line(conn, plan, order, position, *variant, *quantity)?;
    }
    for (variant, quantity) in &plan.lines {
        stock(conn, plan, order, *variant, *quantity)?;
    }
    coupon(conn, plan, order, customer)?;
    run(
        conn,
        "INSERT INTO purchases (order_id, customer_id, purchased_at, currency, revenue, units) VALUES (?, ?, ?, ?, ?, ?)",
        &[Int(order), Int(customer), now(), Text("EUR"), Int(4810), Int(4)],
    )?;
    memory(conn, plan, order, customer)?;
    let key = format!("pay_{}", kernel::token::random());
    returning(
        conn,
        "INSERT INTO payments (key, order_id, provider, state, currency, amount, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         RETURNING id",
        &[Text(&key), Int(order), Text("bank_transfer"), Text("open"), Text("EUR"), Int(4810), now(), now()],
    )?;
    happened(conn, plan, order, "placed")?;
    run(
        conn,
        "UPDATE orders SET status = ?, payment_due_at = NULL, updated_at = ? WHERE id = ? AND status = 'pending'",
        &[Text("confirmed"), now(), Int(order)],
    )?;
    happened(conn, plan, order, "confirmed")?;
    run(
        conn,
        "UPDATE orders SET status = ?, payment_status = ?, fulfilment_status = ?, updated_at = ? WHERE id = ?",
        &[Text("confirmed"), Text("pending"), Text("unfulfilled"), now(), Int(order)],
    )?;
    invoice(conn, plan, order)
}

/// What is known of the customer from now on: the goods of the purchase, the score and its stage.
fn memory(conn: &mut Conn, plan: &Plan, order: i64, customer: i64) -> Result<()> {
    use Bind::{Int, Text, Time};
    let now = || Time(plan.now);
    for (variant, quantity) in &plan.lines {
        run(
            conn,
            "INSERT INTO purchase_lines (customer_id, order_id, variant_id, product_id, purchased_at, quantity, amount)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
            &[Int(customer), Int(order), Int(*variant), Int(*variant), now(), Int(*quantity), Int(1080 * quantity)],
        )?;
    }
    run(conn, "INSERT INTO stage_changes (customer_id, stage, changed_at) VALUES (?, ?, ?)", &[Int(customer), Text("new"), now()])?;
    run(
        conn,
        "INSERT INTO scores (customer_id, currency, orders, value, first_at, last_at, stage) VALUES (?, ?, 1, ?, ?, ?, ?)
         ON CONFLICT (customer_id) DO UPDATE SET orders = excluded.orders, value = excluded.value, last_at = excluded.last_at",
        &[Int(customer), Text("EUR"), Int(4810), now(), now(), Text("new")],
    )?;
    Ok(())
}

/// The invoice that follows the confirmation: the next number, the frozen document and its entry in the history.
fn invoice(conn: &mut Conn, plan: &Plan, order: i64) -> Result<()> {
    use Bind::{Int, Text, Time};
    let number = returning(
        conn,
        "INSERT INTO document_series (name, last) VALUES ('invoice', 1) ON CONFLICT (name) DO UPDATE SET last = document_series.last + 1
         RETURNING last",
        &[],
    )?;
    let label = format!("INV-{number:05}");
    run(
        conn,
        "INSERT INTO documents (kind, number, label, order_id, invoice_id, refund_id, currency, tax, total, content, issued_at)
         VALUES ('invoice', ?, ?, ?, NULL, NULL, 'EUR', ?, ?, ?, ?)",
        &[Int(number), Text(&label), Int(order), Int(768), Int(4810), Text(INVOICE), Time(plan.now)],
    )?;
    run(
        conn,
        "INSERT INTO order_history (order_id, kind, detail, actor, created_at) VALUES (?, ?, ?, ?, ?)",
        &[Int(order), Text("invoice_issued"), Text(&label), Text("system"), Time(plan.now)],
    )?;
    Ok(())
}

fn line(conn: &mut Conn, plan: &Plan, order: i64, position: i64, variant: i64, quantity: i64) -> Result<()> {
    use Bind::{Int, Text};
    let line = returning(
        conn,
        "INSERT INTO order_lines (order_id, position, variant_id, sku, title, options, slug, picture_hash, quantity, unit_price, cost,
         subtotal, discount, tax, total, tax_rate_bp, tax_reason, weight_grams, requires_shipping, stocked, trace)
         VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, TRUE, TRUE, ?) RETURNING id",
        &[
            Int(order),
            Int(position),
            Int(variant),
            Text("MUG 17"),
            Text("Mug 17"),
            Text(""),
            Text("mug-17"),
            Int(quantity),
            Int(1200),
            Int(1200 * quantity),
            Int(120 * quantity),
            Int(172),
            Int(1080 * quantity),
            Int(1900),
            Text("DE standard VAT 1900"),
            Int(300),
            Text(TRACE),
        ],
    )?;
    run(
        conn,
        "INSERT INTO adjustments (order_id, order_line_id, source, label, amount) VALUES (?, ?, ?, ?, ?)",
        &[Int(order), Int(line), Text("coupon:SPRING"), Text(plan.code), Int(-120 * quantity)],
    )?;
    Ok(())
}

fn stock(conn: &mut Conn, plan: &Plan, order: i64, variant: i64, quantity: i64) -> Result<()> {
    use Bind::{Int, Text, Time};
    returning(
        conn,
        "UPDATE stock_levels SET allocated = allocated + ? WHERE variant_id = ? AND on_hand - allocated - held >= ? RETURNING on_hand",
        &[Int(quantity), Int(variant), Int(quantity)],
    )?;
    let key = format!("allocate:{order}:{variant}");
    run(
        conn,
        "INSERT INTO stock_movements (variant_id, kind, on_hand, allocated, held, dedupe_key, order_id, reason, actor, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &[
            Int(variant),
            Text("allocate"),
            Int(0),
            Int(quantity),
            Int(0),
            Text(&key),
            Int(order),
            Text(""),
            Text("customer"),
            Time(plan.now),
        ],
    )?;
    Ok(())
}

fn coupon(conn: &mut Conn, plan: &Plan, order: i64, customer: i64) -> Result<()> {
    use Bind::{Int, Time};
    run(
        conn,
        "UPDATE promotions SET uses = uses + 1 WHERE id = ? AND state = 'active' AND (max_uses IS NULL OR uses < max_uses)",
        &[Int(plan.coupon)],
    )?;
    run(
        conn,
        "INSERT INTO promotion_balances (promotion_id, customer_id, uses) VALUES (?, ?, 0) ON CONFLICT DO NOTHING",
        &[Int(plan.coupon), Int(customer)],
    )?;
    run(
        conn,
        "UPDATE promotion_balances SET uses = uses + 1 WHERE promotion_id = ? AND customer_id = ?",
        &[Int(plan.coupon), Int(customer)],
    )?;
    let code = returning(
        conn,
        "UPDATE promotion_codes SET uses = uses + 1 WHERE promotion_id = ? AND (NOT once OR uses < 1) RETURNING id",
        &[Int(plan.coupon)],
    )?;
    run(
        conn,
        "INSERT INTO promotion_movements (promotion_id, code_id, customer_id, order_id, uses, created_at) VALUES (?, ?, ?, ?, 1, ?)",
        &[Int(plan.coupon), Int(code), Int(customer), Int(order), Time(plan.now)],
    )?;
    Ok(())
}

fn happened(conn: &mut Conn, plan: &Plan, order: i64, kind: &str) -> Result<()> {
    use Bind::{Int, Text, Time};
    run(
        conn,
        "INSERT INTO order_history (order_id, kind, detail, actor, created_at) VALUES (?, ?, ?, ?, ?)",
        &[Int(order), Text(kind), Text(""), Text("customer"), Time(plan.now)],
    )?;
    let (name, payload) = (format!("order_{kind}"), format!(r#"{{"kind":"order_{kind}","order":{order}}}"#));
    run(
        conn,
        "INSERT INTO events (kind, payload, source, dedupe_key, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        &[Text(&name), Text(&payload), Text("orders"), Text(&format!("{kind}:{order}")), Time(plan.now)],
    )?;
    Ok(())
}
