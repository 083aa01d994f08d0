//! What the tests share.

pub mod goods;
pub mod house;
pub mod office;
pub mod servers;
pub mod visitor;
