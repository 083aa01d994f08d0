//! Colours, and how well one is read on another.
//!
//! Floats: the contrast ratio of WCAG 2.2 is defined by powers of fractions. It is compared as a whole number of hundredths.
#![expect(clippy::float_arithmetic, reason = "see above")]

use serde::{Deserialize, Serialize};
use std::fmt;

/// A colour of sRGB: red, green, blue. Written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Colour(pub u8, pub u8, pub u8);

pub const BLACK: Colour = Colour(0, 0, 0);
pub const WHITE: Colour = Colour(255, 255, 255);

impl Colour {
    /// Reads `#87452a`, `87452A` and `#abc`. `None` for anything else.
    pub fn parse(text: &str) -> Option<Colour> {
        let text = text.trim();
        let digits = text.strip_prefix('#').unwrap_or(text);
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |from: usize, long: usize| u8::from_str_radix(digits.get(from..from + long)?, 16).ok();
        match digits.len() {
            6 => Some(Colour(part(0, 2)?, part(2, 2)?, part(4, 2)?)),
            3 => Some(Colour(part(0, 1)? * 17, part(1, 1)? * 17, part(2, 1)? * 17)),
            _ => None,
        }
    }

    /// How much light it gives, from 0 (black) to 1 (white): "relative luminance" of WCAG 2.2.
    fn luminance(self) -> f64 {
        let light = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * light(self.0) + 0.7152 * light(self.1) + 0.0722 * light(self.2)
    }

    /// The contrast ratio of WCAG 2.2 in hundredths, from 100 (the same) to 2100 (black on white); rounded down, so that 4.49 is not 4.5.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 100 to 2100")]
    pub fn contrast(self, other: Colour) -> u32 {
        let (one, two) = (self.luminance(), other.luminance());
        // The ratio of black and white is 21 but for the last bit of a float.
        ((one.max(two) + 0.05) / (one.min(two) + 0.05) * 100.0 + 1e-9).floor() as u32
    }

    /// The colour `step` sixty-fourths of the way to `other`.
    pub fn towards(self, other: Colour, step: u16) -> Colour {
        let mix = |from: u8, to: u8| {
            let mixed = (u16::from(from) * (64 - step) + u16::from(to) * step + 32) / 64;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        Colour(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> String {
        colour.to_string()
    }
}

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Colour, String> {
        Colour::parse(&text).ok_or_else(|| format!("{text} is no colour"))
    }
}
