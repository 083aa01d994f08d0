//! What attributes of products mean: a definition gives an attribute of a name its type.
//!
//! The values stay what they are without a definition, pairs of a name and a text of each product. A definition knows the one way in
//! which its type is written (`350`, `Yes`, `2026-11-22`, the name of a choice), so that files, batches, undoing and facets need
//! not know of types. What a definition could not read stays as it was written, and is shown like that.

pub mod decimal;
mod fit;
mod store;
mod takeover;
#[cfg(test)]
mod tests;
mod value;

use crate::ids::{AttributeId, CategoryId};
use serde::{Deserialize, Serialize};

pub use fit::{Definitions, Unfit};
pub(crate) use store::forget_category;
pub use store::{COUNTED, check, free_names, get, misfits, products_with, remove, save, shift, values_of};
pub use takeover::{InUse, Takeover, takeover};
pub use value::{Misfit, NO, Value, YES};

kernel::words!(
    /// The type of an attribute's values.
    Kind {
        Text = "text",
        /// One of named values, or several.
        Choice = "choice",
        /// A decimal number, with a unit.
        Number = "number",
        YesNo = "yes_no",
        Date = "date",
    }
);

/// What an attribute means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// None before it is stored.
    pub id: Option<AttributeId>,
    /// How programs call it; made of the name when empty.
    pub code: String,
    /// In the shop's own language: the name under which products have it. Translations are those of [`crate::labels`].
    pub name: String,
    pub kind: Kind,
    /// What a number counts, such as `ml`.
    pub unit: String,
    /// Whether a product may have several of the choices.
    pub several: bool,
    /// Whether lists of products can be narrowed by it.
    pub facet: bool,
    /// Whether the product page shows it.
    pub shown: bool,
    /// In their order.
    pub choices: Vec<Choice>,
    /// The product form asks for it in these categories and below them; everywhere when there are none.
    pub categories: Vec<CategoryId>,
    /// Counts the changes: what a form keeps to tell later whether it is stale.
    pub version: i64,
}

/// A value that can be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// In the shop's own language.
    pub name: String,
    /// A colour as `#rrggbb`, or empty.
    pub swatch: String,
    /// The name it was stored under; empty for a new one. Products that have it follow a new name.
    #[serde(skip)]
    pub was: String,
}

impl Default for Definition {
    fn default() -> Definition {
        Definition {
            id: None,
            code: String::new(),
            name: String::new(),
            kind: Kind::Text,
            unit: String::new(),
            several: false,
            facet: true,
            shown: true,
            choices: Vec::new(),
            categories: Vec::new(),
            version: 0,
        }
    }
}
