//! How the customers divide into groups and stages.

use super::Stage;
use crate::rfm::Group;
use serde::{Deserialize, Serialize};

/// The customers of one part, and what they brought so far in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub customers: i64,
    pub value: i64,
}

/// Every group and every stage, also those that nobody is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    pub groups: Vec<(Group, Part)>,
    pub stages: Vec<(Stage, Part)>,
}

impl Parts {
    /// Of customers with their group, stage and value.
    pub fn count(all: impl Iterator<Item = (Group, Stage, i64)>) -> Parts {
        let mut parts = Parts {
            groups: Group::ALL.iter().map(|group| (*group, Part::default())).collect(),
            stages: Stage::ALL.iter().map(|stage| (*stage, Part::default())).collect(),
        };
        for (group, stage, value) in all {
            let of_group = parts.groups.iter_mut().find(|(known, _)| *known == group).map(|(_, part)| part);
            let of_stage = parts.stages.iter_mut().find(|(known, _)| *known == stage).map(|(_, part)| part);
            for part in of_group.into_iter().chain(of_stage) {
                part.customers += 1;
                part.value += value;
            }
        }
        parts
    }
}
