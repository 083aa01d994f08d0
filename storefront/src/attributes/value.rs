//! One value of a type: read from a text, and written in the one way the type has.

use super::{Definition, Kind, decimal};
use chrono::NaiveDate;
use serde::Serialize;

/// How yes is written.
pub const YES: &str = "Yes";
/// How no is written.
pub const NO: &str = "No";
/// The longest text.
const LONGEST: usize = 2000;

/// A value that a definition could read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Choice {
        /// In the shop's own language.
        name: String,
        /// A colour as `#rrggbb`, or empty.
        swatch: String,
    },
    /// In millionths.
    Number(i64),
    YesNo(bool),
    Date(NaiveDate),
}

/// Why a text is no value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Misfit {
    Number,
    YesNo,
    Date,
    Choice,
    TooLong,
    /// More than one, where a product has one.
    Several,
}

impl Misfit {
    /// The key of the text that says so.
    pub fn key(self) -> &'static str {
        match self {
            Misfit::Number => "attribute-misfit-number",
            Misfit::YesNo => "attribute-misfit-yes-no",
            Misfit::Date => "attribute-misfit-date",
            Misfit::Choice => "attribute-misfit-choice",
            Misfit::TooLong => "attribute-misfit-long",
            Misfit::Several => "attribute-misfit-several",
        }
    }

    /// The same for the report of an import, which names the attribute and the value.
    pub(crate) fn row_word(self) -> &'static str {
        match self {
            Misfit::Number => "misfit-number",
            Misfit::YesNo => "misfit-yes-no",
            Misfit::Date => "misfit-date",
            Misfit::Choice => "misfit-choice",
            Misfit::TooLong => "misfit-long",
            Misfit::Several => "misfit-several",
        }
    }
}

impl Definition {
    /// Reads a text as a value, as people and files write it: a number may carry the unit, a choice any case of letters.
    pub fn read(&self, text: &str) -> Result<Value, Misfit> {
        let text = text.trim();
        match self.kind {
            Kind::Text if text.chars().count() > LONGEST => Err(Misfit::TooLong),
            Kind::Text => Ok(Value::Text(text.to_string())),
            Kind::Choice => {
                let small = text.to_lowercase();
                let exact = self.choices.iter().find(|choice| choice.name == text);
                let found = exact.or_else(|| self.choices.iter().find(|choice| choice.name.to_lowercase() == small));
                found.map(|choice| Value::Choice { name: choice.name.clone(), swatch: choice.swatch.clone() }).ok_or(Misfit::Choice)
            }
            Kind::Number => decimal::read(self.without_unit(text)).map(Value::Number).ok_or(Misfit::Number),
            Kind::YesNo => yes_no(text).map(Value::YesNo).ok_or(Misfit::YesNo),
            Kind::Date => date(text).map(Value::Date).ok_or(Misfit::Date),
        }
    }

    /// The text as it is stored.
    pub fn canonical(&self, text: &str) -> Result<String, Misfit> {
        self.read(text).map(|value| value.written())
    }

    fn without_unit<'t>(&self, text: &'t str) -> &'t str {
        let at = text.len().checked_sub(self.unit.len()).filter(|at| !self.unit.is_empty() && text.is_char_boundary(*at));
        match at.map(|at| text.split_at(at)) {
            Some((number, unit)) if unit.to_lowercase() == self.unit.to_lowercase() => number.trim_end(),
            _ => text,
        }
    }
}

impl Value {
    /// The one way in which it is stored.
    pub fn written(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Choice { name, .. } => name.clone(),
            Value::Number(millionths) => decimal::write(*millionths),
            Value::YesNo(true) => YES.to_string(),
            Value::YesNo(false) => NO.to_string(),
            Value::Date(day) => day.format("%Y-%m-%d").to_string(),
        }
    }
}

fn yes_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "是" | "有" => Some(true),
        "no" | "n" | "false" | "0" | "否" | "无" => Some(false),
        _ => None,
    }
}

/// `2026-11-22`, with or without a time after it, `2026/11/22`, `22.11.2026` or `2026年11月22日`; nothing whose order of day and month
/// has to be guessed.
fn date(text: &str) -> Option<NaiveDate> {
    let day = text.split_once(['T', ' ']).map_or(text, |(day, _)| day);
    let forms = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y年%m月%d日"];
    let day = forms.iter().find_map(|form| NaiveDate::parse_from_str(day, form).ok())?;
    let four_digits = NaiveDate::from_ymd_opt(1000, 1, 1)? <= day && day <= NaiveDate::from_ymd_opt(9999, 12, 31)?;
    four_digits.then_some(day)
}
