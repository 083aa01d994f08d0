//! How the shop looks: colours by what they are for, fonts, corners, logo and icon.
//!
//! A theme is worn by the shop's pages as a style sheet of custom properties ([`Theme::sheet`]), which `shop.css` is written with. What is
//! being worked on is the draft; publishing it is one row, and the row with the highest number is what the shop wears ([`store`]).

mod check;
mod colour;
mod presets;
mod sheet;
mod store;

pub use check::{BODY, Check, GRAPHICS};
pub use colour::Colour;
pub use presets::Preset;
pub use sheet::digest;
pub use store::{EARLIER, Published, begin, discard, draft, earlier, follow, numbered, publish, published, sheet, working};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

kernel::words!(
    /// What a colour is for.
    Role {
        /// The ground of every page.
        Background = "background",
        /// Fields, panels and cards.
        Surface = "surface",
        /// The foot, bands, and what stands behind pictures.
        Muted = "muted",
        Text = "text",
        /// Hints, notes and what was struck out.
        Quiet = "quiet",
        /// Reduced prices, marks, and links that are pointed at.
        Accent = "accent",
        AccentText = "accent_text",
        Button = "button",
        ButtonText = "button_text",
        /// The border of what can be filled in or chosen.
        Edge = "edge",
        /// Lines that only divide.
        Line = "line",
    }
);

kernel::words!(
    /// A family of fonts that are on people's machines already: nothing is loaded, from nowhere.
    Font {
        System = "system",
        Humanist = "humanist",
        Geometric = "geometric",
        Rounded = "rounded",
        OldStyle = "old_style",
        Transitional = "transitional",
        Slab = "slab",
        Monospace = "monospace",
    }
);

kernel::words!(
    /// How round buttons, fields and panels are.
    Corners {
        Square = "square",
        Slight = "slight",
        Soft = "soft",
        Round = "round",
    }
);

/// A theme. The default one is what a new shop wears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Theme {
    /// A role that is missing has the colour of the default theme, so that themes of earlier versions read.
    colours: BTreeMap<Role, Colour>,
    pub heading: Font,
    pub body: Font,
    pub corners: Corners,
    /// The hash of a stored picture; the shop's name is written without one.
    pub logo: Option<String>,
    /// The hash of a stored picture for tabs and bookmarks.
    pub icon: Option<String>,
}

impl Default for Theme {
    fn default() -> Theme {
        Preset::Clay.theme()
    }
}

impl Theme {
    pub fn colour(&self, role: Role) -> Colour {
        self.colours.get(&role).copied().unwrap_or_else(|| Preset::Clay.colour(role))
    }

    pub fn set_colour(&mut self, role: Role, colour: Colour) {
        self.colours.insert(role, colour);
    }

    /// The theme with the colours, fonts and corners of a preset, and its own logo and icon.
    pub fn dressed(self, preset: Preset) -> Theme {
        Theme { logo: self.logo, icon: self.icon, ..preset.theme() }
    }
}

#[cfg(test)]
mod tests;
