//! What the tests share.

pub mod goods;
pub mod house;
pub mod office;
pub mod visitor;
