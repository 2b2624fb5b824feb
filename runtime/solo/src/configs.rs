//! Configuration, one file per area.

pub mod consensus;
pub mod constants;
pub mod governance;
pub mod product;
pub mod system;
