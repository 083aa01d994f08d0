//! Texts of SQL with the values that belong to them, put together piece by piece for either engine.

use super::Span;
use crate::CustomerId;
use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text, Timestamp};
use kernel::clock::Time;
use kernel::{Conn, Result};

/// A value that a statement is given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bind {
    Int(i64),
    Text(String),
    Time(Time),
}

/// What the engines say differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub fn of(conn: &Conn) -> Dialect {
        match conn {
            Conn::Sqlite(_) => Dialect::Sqlite,
            Conn::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The function that finds a text in another, from 1 on.
    pub fn finds(self) -> &'static str {
        match self {
            Dialect::Sqlite => "instr",
            Dialect::Postgres => "strpos",
        }
    }

    /// The earliest of some moments.
    pub fn least(self, of: &[String]) -> String {
        self.pick("MIN", "LEAST", of)
    }

    /// The latest of some moments.
    pub fn greatest(self, of: &[String]) -> String {
        self.pick("MAX", "GREATEST", of)
    }

    fn pick(self, sqlite: &str, postgres: &str, of: &[String]) -> String {
        match of {
            // Of one argument, SQLite's functions would be aggregates.
            [one] => one.clone(),
            many => format!("{}({})", if self == Dialect::Sqlite { sqlite } else { postgres }, many.join(", ")),
        }
    }

    /// A moment that no span reaches, as the engine writes it.
    pub fn moment(self, text: &str) -> String {
        match self {
            Dialect::Sqlite => format!("'{text}'"),
            Dialect::Postgres => format!("TIMESTAMP '{text}'"),
        }
    }

    /// The moment `at` a span later. SQLite cuts it to whole seconds, which is never too late.
    pub fn later(self, at: &str, span: Span) -> Fragment {
        let mut sql = Fragment::default();
        match self {
            Dialect::Sqlite => {
                sql.push(&format!("datetime({at}, ")).text(format!("+{} seconds", span.seconds())).push(")");
            }
            Dialect::Postgres => {
                sql.push(&format!("({at} + ")).int(span.seconds()).push(" * INTERVAL '1 second')");
            }
        }
        sql
    }
}

/// Stands for a value in the text of a [`Fragment`]. No text of SQL here has such a letter.
const PLACE: char = '\u{1}';

/// A piece of SQL and the values in it, in the order in which the text has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fragment {
    text: String,
    binds: Vec<Bind>,
}

impl Fragment {
    pub fn of(text: &str) -> Fragment {
        Fragment { text: text.to_string(), binds: Vec::new() }
    }

    /// Text of the program; what people wrote goes through [`Fragment::text`].
    pub fn push(&mut self, text: &str) -> &mut Fragment {
        self.text.push_str(text);
        self
    }

    pub fn int(&mut self, value: i64) -> &mut Fragment {
        self.bind(Bind::Int(value))
    }

    pub fn text(&mut self, value: impl Into<String>) -> &mut Fragment {
        self.bind(Bind::Text(value.into()))
    }

    pub fn time(&mut self, value: Time) -> &mut Fragment {
        self.bind(Bind::Time(value))
    }

    fn bind(&mut self, value: Bind) -> &mut Fragment {
        self.text.push(PLACE);
        self.binds.push(value);
        self
    }

    pub fn add(&mut self, other: &Fragment) -> &mut Fragment {
        self.text.push_str(&other.text);
        self.binds.extend_from_slice(&other.binds);
        self
    }

    /// The pieces with `between` them.
    pub fn join(&mut self, pieces: &[Fragment], between: &str) -> &mut Fragment {
        for (n, piece) in pieces.iter().enumerate() {
            if n > 0 {
                self.push(between);
            }
            self.add(piece);
        }
        self
    }

    /// `column IN (values)`.
    pub fn among(&mut self, column: &str, values: &[String]) -> &mut Fragment {
        self.push(column).push(" IN (");
        for (n, value) in values.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.text(value.as_str());
        }
        self.push(")")
    }

    /// Whether `column` begins with a text.
    pub fn begins(column: &str, text: &str) -> Fragment {
        let letters = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        let mut sql = Fragment::of(&format!("substr({column}, 1, CAST("));
        sql.int(letters).push(" AS INTEGER)) = ").text(text);
        sql
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text with the engine's own marks for values.
    fn rendered(&self, dialect: Dialect) -> String {
        let mut text = String::with_capacity(self.text.len() + self.binds.len() * 3);
        let mut number = 0;
        for letter in self.text.chars() {
            match (letter, dialect) {
                (PLACE, Dialect::Sqlite) => text.push('?'),
                (PLACE, Dialect::Postgres) => {
                    number += 1;
                    text.push_str(&format!("${number}"));
                }
                (letter, _) => text.push(letter),
            }
        }
        text
    }
}

/// Makes a statement of a fragment for each engine and runs it.
macro_rules! bound {
    ($conn:expr, $sql:expr, $run:ident) => {{
        let sql: &Fragment = $sql;
        let text = sql.rendered(Dialect::of($conn));
        match $conn {
            Conn::Sqlite(c) => bound!(sql, text, diesel::sqlite::Sqlite).$run(c),
            Conn::Postgres(c) => bound!(sql, text, diesel::pg::Pg).$run(c),
        }
    }};
    ($sql:expr, $text:expr, $backend:ty) => {{
        let mut query = diesel::sql_query($text).into_boxed::<$backend>();
        for value in &$sql.binds {
            query = match value {
                Bind::Int(number) => query.bind::<BigInt, _>(*number),
                Bind::Text(text) => query.bind::<Text, _>(text.clone()),
                Bind::Time(time) => query.bind::<Timestamp, _>(*time),
            };
        }
        query
    }};
}

impl Fragment {
    /// Runs it; answers how many rows it touched.
    pub fn execute(&self, conn: &mut Conn) -> Result<usize> {
        Ok(bound!(conn, self, execute)?)
    }

    /// Runs it and reads its rows.
    pub fn load<T>(&self, conn: &mut Conn) -> Result<Vec<T>>
    where
        T: diesel::deserialize::QueryableByName<diesel::sqlite::Sqlite> + diesel::deserialize::QueryableByName<diesel::pg::Pg> + 'static,
    {
        Ok(bound!(conn, self, load)?)
    }
}

/// The customers that a query is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Among<'a> {
    Everybody,
    /// Above the first id up to the second.
    Range(i64, i64),
    These(&'a [CustomerId]),
}

impl Among<'_> {
    /// What follows a condition of the query.
    pub fn condition(&self, column: &str) -> Fragment {
        let mut sql = Fragment::default();
        match self {
            Among::Everybody => {}
            Among::Range(above, last) => {
                sql.push(&format!(" AND {column} > ")).int(*above).push(&format!(" AND {column} <= ")).int(*last);
            }
            Among::These([]) => drop(sql.push(" AND FALSE")),
            Among::These(ids) => {
                let ids: Vec<String> = ids.iter().map(CustomerId::to_string).collect();
                sql.push(&format!(" AND {column} IN ({})", ids.join(", ")));
            }
        }
        sql
    }
}

/// Later than everything, and earlier, in the place of a moment that there is not.
pub(crate) fn far(dialect: Dialect) -> (String, String) {
    (dialect.moment("9999-12-31 00:00:00"), dialect.moment("0001-01-01 00:00:00"))
}
