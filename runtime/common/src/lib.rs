//! What every Credio runtime shares, so that a second one takes it over without a copy: who may append, which
//! calls travel in a request, the configuration of the product's pallets, and the bodies of their runtime APIs.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod access;
pub mod apis;
mod configs;
pub mod roles;

pub use configs::half_a_block;

#[doc(hidden)]
pub use {
	credio_primitives, frame_support, pallet_anchor, pallet_bundles, pallet_grants,
	pallet_idempotency, pallet_organizations, pallet_records, pallet_support,
};
