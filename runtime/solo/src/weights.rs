//! Weights: what `scripts/weights.sh` measured on the runtime's wasm, and what storage costs.
//!
//! Two pallets keep the weights of their authors, since their benchmarks need pallets that are not here or do not give
//! what the pallet asks for: `pallet-session` (of its calls only `set_keys` is used, by `validators.setKeys`) and `pallet-grandpa` (reports of
//! validators that voted twice).

#![allow(missing_debug_implementations, reason = "generated")]

pub mod block_weights;
pub mod extrinsic_weights;
pub mod frame_system;
pub mod frame_system_extensions;
pub mod pallet_anchor;
pub mod pallet_bundles;
pub mod pallet_collective;
pub mod pallet_governance;
pub mod pallet_grants;
pub mod pallet_idempotency;
pub mod pallet_membership;
pub mod pallet_organizations;
pub mod pallet_records;
pub mod pallet_timestamp;
pub mod pallet_utility;
pub mod pallet_validators;
pub mod storage_weights;
