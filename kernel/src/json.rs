//! A JSON value in a text column, which both engines store alike.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::sql_types::Text;
use serde::de::DeserializeOwned;

/// Reads and writes `T` as JSON text. To write, use [`text`].
#[derive(Clone, Debug, PartialEq, Eq, Default, FromSqlRow, serde::Serialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, DB: Backend> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Json(serde_json::from_str(&String::from_sql(bytes)?)?))
    }
}

/// The JSON text of a value for a text column.
pub fn text(value: &impl serde::Serialize) -> crate::Result<String> {
    Ok(serde_json::to_string(value)?)
}
