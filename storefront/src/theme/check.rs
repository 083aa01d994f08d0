//! Whether everything in a theme can be read: success criteria 1.4.3 (text) and 1.4.11 (borders of fields) of WCAG 2.2 at level AA.

use super::colour::{BLACK, Colour, WHITE};
use super::sheet::States;
use super::{Role, Theme};
use kernel::Result;
use kernel::error::Fields;

/// What text needs, in hundredths.
pub const BODY: u32 = 450;
/// What borders need that show where something can be filled in, in hundredths.
pub const GRAPHICS: u32 = 300;

/// Which colour stands on which, and the contrast they need.
const PAIRS: &[(Role, &[Role], u32)] = &[
    (Role::Text, &[Role::Background, Role::Surface, Role::Muted], BODY),
    (Role::Quiet, &[Role::Background, Role::Surface, Role::Muted], BODY),
    (Role::Accent, &[Role::Background, Role::Surface, Role::Muted], BODY),
    (Role::AccentText, &[Role::Accent], BODY),
    (Role::ButtonText, &[Role::Button], BODY),
    (Role::Edge, &[Role::Background, Role::Surface], GRAPHICS),
];

/// The measure of one colour on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The colour in front; `None` for the words of error messages, whose colour follows from the ground.
    pub front: Option<Role>,
    pub ground: Role,
    /// Contrast ratio in hundredths: measured, and needed.
    pub ratio: u32,
    pub needed: u32,
    /// The nearest colour in front that is readable on all its grounds, where there is one.
    pub instead: Option<Colour>,
}

impl Check {
    pub fn holds(&self) -> bool {
        self.ratio >= self.needed
    }

    /// The colour to change.
    pub fn role(&self) -> Role {
        self.front.unwrap_or(self.ground)
    }
}

impl Theme {
    /// Every measure there is to take, also those that hold.
    pub fn checks(&self) -> Vec<Check> {
        let mut all = Vec::new();
        for (front, grounds, needed) in PAIRS {
            let colour = self.colour(*front);
            let behind: Vec<Colour> = grounds.iter().map(|ground| self.colour(*ground)).collect();
            for (ground, behind_it) in grounds.iter().zip(&behind) {
                let ratio = colour.contrast(*behind_it);
                let instead = if ratio < *needed { nearest(colour, &behind, *needed) } else { None };
                all.push(Check { front: Some(*front), ground: *ground, ratio, needed: *needed, instead });
            }
        }
        let bad = States::of(self).bad;
        for ground in [Role::Background, Role::Surface] {
            all.push(Check { front: None, ground, ratio: bad.contrast(self.colour(ground)), needed: BODY, instead: None });
        }
        all
    }

    /// `Invalid` for the colour of every pair that cannot be read.
    pub fn readable(&self) -> Result<()> {
        let mut wrong = Fields::default();
        for check in self.checks().iter().filter(|check| !check.holds()) {
            wrong.add(check.role().as_str(), "admin-theme-unreadable");
        }
        wrong.check()
    }
}

/// The colour nearest to `colour`, on its way to black or to white, that has the contrast `needed` on all of `grounds`.
fn nearest(colour: Colour, grounds: &[Colour], needed: u32) -> Option<Colour> {
    let fits = |colour: &Colour| grounds.iter().all(|ground| colour.contrast(*ground) >= needed);
    (1..=64).flat_map(|step| [colour.towards(BLACK, step), colour.towards(WHITE, step)]).find(fits)
}
