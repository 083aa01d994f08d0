//! What the tests share.

pub mod goods;
