//! Themes that come with the shop, each readable as it is.

use super::{Colour, Corners, Font, Role, Theme};

kernel::words!(
    /// A ready theme.
    Preset {
        /// Warm paper and fired clay: what a new shop wears.
        Clay = "clay",
        /// Cool white, dark pine and round corners.
        Pine = "pine",
        /// Light on dark.
        Night = "night",
    }
);

impl Preset {
    /// The colours in the order of [`Role::ALL`].
    fn colours(self) -> [u32; Role::ALL.len()] {
        match self {
            Preset::Clay => [0xfaf7f2, 0xffffff, 0xf1ebe1, 0x2b2622, 0x655c51, 0x87452a, 0xffffff, 0x2b2622, 0xffffff, 0x8c8172, 0xe3dacc],
            Preset::Pine => [0xf7faf8, 0xffffff, 0xe7efea, 0x16241d, 0x4d5f56, 0x1f6b4a, 0xffffff, 0x1f5c41, 0xffffff, 0x72857b, 0xd3dfd8],
            Preset::Night => [0x15171c, 0x1f222a, 0x262a33, 0xf0eee9, 0xb4b3b0, 0xf0b35a, 0x1a1410, 0xf0b35a, 0x1a1410, 0x7d828e, 0x353a45],
        }
    }

    pub(super) fn colour(self, role: Role) -> Colour {
        let [_, red, green, blue] = self.colours()[role as usize].to_be_bytes();
        Colour(red, green, blue)
    }

    /// The theme, without logo and icon.
    pub fn theme(self) -> Theme {
        let (heading, body, corners) = match self {
            Preset::Clay => (Font::OldStyle, Font::System, Corners::Slight),
            Preset::Pine => (Font::Geometric, Font::System, Corners::Round),
            Preset::Night => (Font::Transitional, Font::Humanist, Corners::Soft),
        };
        let colours = Role::ALL.iter().map(|role| (*role, self.colour(*role))).collect();
        Theme { colours, heading, body, corners, logo: None, icon: None }
    }
}
