//! What tables there are, asked of the database itself, and how a value of each type travels through JSON.

use super::quoted;
use crate::db::Conn;
use crate::{Error, Result, on_each};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::{BTreeMap, BTreeSet};

/// A type both engines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Integer,
    Text,
    Time,
    Boolean,
    Bytes,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    pub columns: Vec<(String, Type)>,
    /// Tables it refers to, without itself.
    refers_to: BTreeSet<String>,
    /// Whether its rows refer to each other. They then have to arrive in one statement.
    pub own_reference: bool,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    in_table: String,
    #[diesel(sql_type = Text)]
    called: String,
    #[diesel(sql_type = Text)]
    declared: String,
}

/// Two names: a table and the one it refers to, or a numbered column and its sequence.
#[derive(QueryableByName)]
struct Reference {
    #[diesel(sql_type = Text)]
    in_table: String,
    #[diesel(sql_type = Text)]
    called: String,
}

#[derive(QueryableByName)]
pub struct Number {
    #[diesel(sql_type = BigInt)]
    pub number: i64,
}

/// What tables refer to on PostgreSQL without foreign keys: triggers see to it, for many rows at a time.
const BESIDE: &[(&str, &str)] = &[("deliveries", "campaigns"), ("deliveries", "campaign_variants"), ("deliveries", "customers")];

/// Every table of the shop, a table after those it refers to.
pub fn all(conn: &mut Conn) -> Result<Vec<Table>> {
    let (columns, references) = match conn {
        Conn::Sqlite(_) => (
            "SELECT m.name AS in_table, p.name AS called, p.type AS declared FROM sqlite_master m JOIN pragma_table_info(m.name) p
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND m.name <> '__diesel_schema_migrations'
             ORDER BY m.name, p.cid",
            "SELECT m.name AS in_table, f.\"table\" AS called FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
        ),
        Conn::Postgres(_) => (
            "SELECT c.table_name::text AS in_table, c.column_name::text AS called, c.data_type::text AS declared
             FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name <> '__diesel_schema_migrations'
             ORDER BY c.table_name COLLATE \"C\", c.ordinal_position",
            "SELECT a.relname::text AS in_table, b.relname::text AS called FROM pg_constraint f
             JOIN pg_class a ON a.oid = f.conrelid JOIN pg_class b ON b.oid = f.confrelid JOIN pg_namespace n ON n.oid = a.relnamespace
             WHERE f.contype = 'f' AND n.nspname = current_schema()",
        ),
    };
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for column in on_each!(conn, c => diesel::sql_query(columns).load::<Column>(c))? {
        let name = column.in_table;
        let table = tables.entry(name.clone()).or_insert_with(|| Table {
            name: name.clone(),
            columns: Vec::new(),
            refers_to: BTreeSet::new(),
            own_reference: false,
        });
        table.columns.push((column.called.clone(), parse(&column.declared, &name, &column.called)?));
    }
    for reference in on_each!(conn, c => diesel::sql_query(references).load::<Reference>(c))? {
        let Some(table) = tables.get_mut(&reference.in_table) else { continue };
        if reference.called == reference.in_table {
            table.own_reference = true;
        } else {
            table.refers_to.insert(reference.called);
        }
    }
    for (table, other) in BESIDE {
        if let Some(table) = tables.get_mut(*table) {
            table.refers_to.insert(other.to_string());
        }
    }
    sorted(tables)
}

fn sorted(mut tables: BTreeMap<String, Table>) -> Result<Vec<Table>> {
    let mut sorted: Vec<Table> = Vec::with_capacity(tables.len());
    while !tables.is_empty() {
        let free: Vec<String> = tables
            .values()
            .filter(|table| !table.refers_to.iter().any(|other| tables.contains_key(other)))
            .map(|table| table.name.clone())
            .collect();
        if free.is_empty() {
            return Err(Error::unexpected(format!("tables refer to each other in a circle: {:?}", tables.keys())));
        }
        sorted.extend(free.iter().filter_map(|name| tables.remove(name)));
    }
    Ok(sorted)
}

fn parse(declared: &str, table: &str, column: &str) -> Result<Type> {
    match declared.to_ascii_lowercase().as_str() {
        "bigint" | "integer" => Ok(Type::Integer),
        "text" => Ok(Type::Text),
        "timestamp" | "timestamp without time zone" => Ok(Type::Time),
        "boolean" => Ok(Type::Boolean),
        "blob" | "bytea" => Ok(Type::Bytes),
        other => Err(Error::unexpected(format!("{table}.{column} has the type {other}, which no backup can hold"))),
    }
}

impl Table {
    /// A query for its rows, each as the text of a JSON array.
    pub fn select(&self, conn: &Conn) -> String {
        let values: Vec<String> = self.columns.iter().map(|(name, kind)| read(conn, &quoted(name), *kind)).collect();
        let array = match conn {
            Conn::Sqlite(_) => format!("json_array({})", values.join(", ")),
            Conn::Postgres(_) => format!("json_build_array({})::text", values.join(", ")),
        };
        format!("SELECT {array} AS line FROM {}", quoted(&self.name))
    }

    /// A statement that inserts rows given as one JSON array of arrays, whose values stand for `columns`.
    pub fn insert(&self, conn: &Conn, columns: &[(String, Type)]) -> String {
        let names: Vec<String> = columns.iter().map(|(name, _)| quoted(name)).collect();
        let values: Vec<String> = columns.iter().enumerate().map(|(at, (_, kind))| write(conn, at, *kind)).collect();
        let rows = match conn {
            Conn::Sqlite(_) => "json_each(?)",
            Conn::Postgres(_) => "json_array_elements($1::json)",
        };
        format!("INSERT INTO {} ({}) SELECT {} FROM {rows} AS given", quoted(&self.name), names.join(", "), values.join(", "))
    }

    pub fn count(&self, conn: &mut Conn) -> Result<i64> {
        let query = format!("SELECT count(*) AS number FROM {}", quoted(&self.name));
        Ok(on_each!(conn, c => diesel::sql_query(&query).get_result::<Number>(c))?.number)
    }

    /// The last number its key gave out; `None` when the database does not number its rows.
    pub fn sequence(&self, conn: &mut Conn) -> Result<Option<i64>> {
        match conn {
            Conn::Sqlite(conn) => {
                let query = "SELECT seq AS number FROM sqlite_sequence WHERE name = ?";
                let found: Option<Number> = diesel::sql_query(query).bind::<Text, _>(&self.name).get_result(conn).optional()?;
                // An insertion that selected nothing leaves a zero.
                Ok(found.map(|found| found.number).filter(|number| *number > 0))
            }
            Conn::Postgres(conn) => {
                let Some((column, sequence)) = numbered(conn, &self.name)? else { return Ok(None) };
                // Rows that brought their own number did not move the sequence.
                let query = format!(
                    "SELECT greatest((SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}),
                                     (SELECT coalesce(max({}), 0) FROM {})) AS number",
                    quoted(&column),
                    quoted(&self.name)
                );
                Ok(Some(diesel::sql_query(query).get_result::<Number>(conn)?.number).filter(|number| *number > 0))
            }
        }
    }

    /// Lets its key go on after `last`.
    pub fn go_on_after(&self, conn: &mut Conn, last: i64) -> Result<()> {
        match conn {
            Conn::Sqlite(conn) => {
                diesel::sql_query("DELETE FROM sqlite_sequence WHERE name = ?").bind::<Text, _>(&self.name).execute(conn)?;
                let query = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)";
                diesel::sql_query(query).bind::<Text, _>(&self.name).bind::<BigInt, _>(last).execute(conn)?;
            }
            Conn::Postgres(conn) => {
                if let Some((_, sequence)) = numbered(conn, &self.name)? {
                    let query = "SELECT setval($1::regclass, $2) AS number";
                    diesel::sql_query(query).bind::<Text, _>(sequence).bind::<BigInt, _>(last).execute(conn)?;
                }
            }
        }
        Ok(())
    }
}

/// The column that the database numbers, and the sequence it takes the numbers from.
fn numbered(conn: &mut PgConnection, table: &str) -> Result<Option<(String, String)>> {
    let query = "SELECT column_name::text AS in_table, pg_get_serial_sequence(quote_ident(table_name), column_name) AS called
                 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND is_identity = 'YES'";
    let found: Option<Reference> = diesel::sql_query(query).bind::<Text, _>(table).get_result(conn).optional()?;
    Ok(found.map(|found| (found.in_table, found.called)))
}

/// An expression for a column's value as it stands in the file.
fn read(conn: &Conn, name: &str, kind: Type) -> String {
    match (conn, kind) {
        (_, Type::Integer | Type::Text) | (Conn::Sqlite(_), Type::Time) | (Conn::Postgres(_), Type::Boolean) => name.to_string(),
        (Conn::Sqlite(_), Type::Boolean) => format!("json(CASE {name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"),
        (Conn::Sqlite(_), Type::Bytes) => format!("CASE WHEN {name} IS NULL THEN NULL ELSE lower(hex({name})) END"),
        (Conn::Postgres(_), Type::Bytes) => format!("encode({name}, 'hex')"),
        // Without the zeros that the other engine does not store either: SQLite compares times as text.
        (Conn::Postgres(_), Type::Time) => {
            format!("regexp_replace(to_char({name}, 'YYYY-MM-DD HH24:MI:SS.US'), '(\\.000000|000)$', '')")
        }
    }
}

/// An expression for the value at `at` of a row in the file, as the column stores it.
fn write(conn: &Conn, at: usize, kind: Type) -> String {
    match conn {
        Conn::Sqlite(_) => match kind {
            Type::Bytes => format!("unhex(given.value ->> {at})"),
            _ => format!("given.value ->> {at}"),
        },
        Conn::Postgres(_) => match kind {
            Type::Integer => format!("(given.value ->> {at})::bigint"),
            Type::Text => format!("given.value ->> {at}"),
            Type::Time => format!("(given.value ->> {at})::timestamp"),
            Type::Boolean => format!("(given.value ->> {at})::boolean"),
            Type::Bytes => format!("decode(given.value ->> {at}, 'hex')"),
        },
    }
}
