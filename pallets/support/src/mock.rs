//! The mock that the tests of the pallets share.
//!
//! [`mock_runtime!`](crate::mock_runtime) declares a runtime, [`World`] implements the traits of [`traits`](crate::traits)
//! on small tables in storage, and [`scratch`] is a pallet with calls for requests and bundles. [`new_test_ext`] starts with
//! the organizations and accounts below.

mod accounts;
pub mod errors;
mod runtime;
pub mod scratch;
mod values;
mod world;

pub use accounts::*;
pub use runtime::{execute, new_test_ext};
pub use values::{digest, envelope, proptest_cases, reference};
pub use world::{Clock, GRANTS_READ, World};
