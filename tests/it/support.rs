//! What the tests share.

pub mod double;
pub mod goods;
pub mod house;
pub mod office;
pub mod visitor;
