//! A theme as a style sheet: the custom properties that `shop.css` is written with.

use super::{Colour, Corners, Font, Role, Theme};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Colours of messages and states. They are not the merchant's to choose: red means a mistake in every shop. There is a set for bright
/// grounds and one for dark ones.
pub(super) struct States {
    dark: bool,
    /// The words of mistakes on the ground of a page.
    pub bad: Colour,
    /// The other properties, as they are written.
    rest: &'static str,
}

const BRIGHT: States = States {
    dark: false,
    bad: Colour(0xa0, 0x2c, 0x20),
    rest: "--good:#3c5f3f;--good-ground:#eaf1e6;--good-ink:#2b4a2e;--warn:#7a5200;--warn-ground:#fbf0d6;--warn-ink:#5c3e00;\
           --bad-ground:#fbe9e4;--bad-ink:#7d2018;--info-ground:#ece9f0;--notice-ink:#2b2622;--few:#b57b00",
};
const DARK: States = States {
    dark: true,
    bad: Colour(0xff, 0xa3, 0x96),
    rest: "--good:#8fc793;--good-ground:#1f3524;--good-ink:#c3e6c6;--warn:#e3b454;--warn-ground:#3b2d0d;--warn-ink:#f4dca5;\
           --bad-ground:#47190f;--bad-ink:#ffc9c0;--info-ground:#2c2936;--notice-ink:#f5f1ea;--few:#e3b454",
};

impl States {
    /// The set whose mistakes read better on the theme's grounds.
    pub fn of(theme: &Theme) -> States {
        let worst = |set: &States| [Role::Background, Role::Surface].map(|ground| set.bad.contrast(theme.colour(ground))).into_iter().min();
        if worst(&DARK) > worst(&BRIGHT) { DARK } else { BRIGHT }
    }
}

/// The property of a colour in `shop.css`.
fn property(role: Role) -> &'static str {
    match role {
        Role::Background => "--paper",
        Role::Surface => "--card",
        Role::Muted => "--sand",
        Role::Text => "--ink",
        Role::Quiet => "--quiet",
        Role::Accent => "--clay",
        Role::AccentText => "--on-clay",
        Role::Button => "--button",
        Role::ButtonText => "--on-button",
        Role::Edge => "--edge",
        Role::Line => "--line",
    }
}

impl Font {
    /// The fonts in the order in which they are looked for, Chinese ones of the same manner among them.
    fn stack(self) -> &'static str {
        match self {
            Font::System => {
                "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",Arial,\"PingFang SC\",\"Hiragino Sans GB\",\
                 \"Microsoft YaHei\",\"Noto Sans CJK SC\",\"Source Han Sans SC\",sans-serif"
            }
            Font::Humanist => {
                "Seravek,\"Gill Sans Nova\",Ubuntu,Calibri,\"DejaVu Sans\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif"
            }
            Font::Geometric => {
                "Avenir,Montserrat,Corbel,\"URW Gothic\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif"
            }
            Font::Rounded => {
                "ui-rounded,\"Hiragino Maru Gothic ProN\",Quicksand,Comfortaa,\"Arial Rounded MT Bold\",\"Yuanti SC\",\"PingFang SC\",\
                 \"Microsoft YaHei\",\"Noto Sans CJK SC\",sans-serif"
            }
            Font::OldStyle => {
                "\"Iowan Old Style\",\"Palatino Linotype\",Palatino,\"URW Palladio L\",\"Book Antiqua\",Georgia,\"Songti SC\",\
                 \"Noto Serif CJK SC\",\"Source Han Serif SC\",\"SimSun\",serif"
            }
            Font::Transitional => {
                "Charter,\"Bitstream Charter\",Cambria,\"Times New Roman\",\"Songti SC\",\"Noto Serif CJK SC\",\"Source Han Serif SC\",\"SimSun\",serif"
            }
            Font::Slab => {
                "Rockwell,\"Rockwell Nova\",\"Roboto Slab\",\"DejaVu Serif\",\"Sitka Small\",\"Songti SC\",\"Noto Serif CJK SC\",serif"
            }
            Font::Monospace => {
                "ui-monospace,\"Cascadia Code\",\"Source Code Pro\",Menlo,Consolas,\"DejaVu Sans Mono\",\"PingFang SC\",\"Microsoft YaHei\",\
                 \"Noto Sans Mono CJK SC\",monospace"
            }
        }
    }
}

impl Corners {
    /// The radius of buttons and fields, and that of panels and pictures.
    fn radii(self) -> (&'static str, &'static str) {
        match self {
            Corners::Square => ("0", "0"),
            Corners::Slight => ("2px", "0"),
            Corners::Soft => ("6px", "6px"),
            Corners::Round => ("1.5rem", "14px"),
        }
    }
}

impl Theme {
    /// The style sheet. It is for screens alone: paper is white and its text black, whatever the shop wears.
    pub fn sheet(&self) -> String {
        let states = States::of(self);
        let mut text = String::from("@media screen{:root{");
        for role in Role::ALL {
            // Writing to a string does not fail.
            let _ = write!(text, "{}:{};", property(*role), self.colour(*role));
        }
        let (radius, large) = self.corners.radii();
        let ink = self.colour(Role::Text).to_string();
        let _ = write!(
            text,
            "--heading:{};--body:{};--radius:{radius};--radius-large:{large};--bad:{};{};--arrow:url(\"data:image/svg+xml,%3Csvg \
             xmlns='http://www.w3.org/2000/svg' viewBox='0 0 12 8'%3E%3Cpath d='m1 1 5 5 5-5' fill='none' stroke='%23{}' \
             stroke-width='1.4'/%3E%3C/svg%3E\")",
            self.heading.stack(),
            self.body.stack(),
            states.bad,
            states.rest,
            &ink[1..],
        );
        if states.dark {
            text.push_str(";color-scheme:dark");
        }
        text.push_str("}}\n");
        text
    }
}

/// The first 16 hexadecimal digits of the SHA-256 of a style sheet: the part of its address that changes with it.
pub fn digest(sheet: &str) -> String {
    let mut digits = hex::encode(Sha256::digest(sheet));
    digits.truncate(16);
    digits
}
