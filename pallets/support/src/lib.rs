//! Where pallets meet: [traits], the declarations of the [runtime APIs](apis), and the mock that their tests share.
//!
//! No pallet depends on another. Each names the traits that it needs in its `Config`; `runtime/common` ties them.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod apis;
pub mod idle;
#[cfg(feature = "mock")]
pub mod mock;
pub mod traits;
