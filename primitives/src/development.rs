//! The example organizations of development chains. Their secrets are derived from their names, so they are
//! public and protect nothing.
//!
//! - encryption key: the X25519 secret `blake2_256("credio/development/encryption-key/v1" ++ name)`;
//! - organization secret: `blake2_256("credio/development/organization-secret/v1" ++ name)`;
//! - account: the well-known development account of the SDK that [`DevelopmentOrganization::account`] names.

use crate::PublicKey;

/// An organization of development chains. Its number is its position in [`ORGANIZATIONS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevelopmentOrganization {
	/// Its name.
	pub name: &'static str,
	/// Derivation path of its one member's account, which has all roles.
	pub account: &'static str,
	/// Its encryption key.
	pub encryption_key: PublicKey,
}

/// An operator, two asset channels and two funders.
pub const ORGANIZATIONS: [DevelopmentOrganization; 5] = [
	DevelopmentOrganization {
		name: "operator",
		account: "//Alice",
		encryption_key: PublicKey([
			0xe4, 0x87, 0x5f, 0x87, 0x00, 0x10, 0x74, 0xe4, 0xde, 0xb5, 0x8d, 0x61, 0x99, 0xe7,
			0x34, 0xd3, 0x53, 0x6a, 0xc7, 0xeb, 0x99, 0x65, 0x37, 0xf3, 0xf2, 0xf7, 0x0b, 0x52,
			0x71, 0xd5, 0x0e, 0x4c,
		]),
	},
	DevelopmentOrganization {
		name: "channel-one",
		account: "//Bob",
		encryption_key: PublicKey([
			0xc4, 0xbb, 0xe9, 0xc4, 0x84, 0xa7, 0xf0, 0xac, 0x1a, 0xd9, 0x78, 0x65, 0xf5, 0xce,
			0x96, 0x37, 0x25, 0x0a, 0xad, 0x07, 0xa6, 0xa3, 0xa0, 0x3d, 0x2f, 0x02, 0xb8, 0x00,
			0xbb, 0xd9, 0xdf, 0x31,
		]),
	},
	DevelopmentOrganization {
		name: "channel-two",
		account: "//Charlie",
		encryption_key: PublicKey([
			0x01, 0x71, 0x69, 0x17, 0xe5, 0x71, 0xf7, 0x5c, 0x5f, 0x08, 0xcd, 0x8f, 0xe0, 0xd3,
			0x29, 0x88, 0x79, 0x26, 0xe4, 0x26, 0xea, 0xf9, 0x96, 0xed, 0x99, 0x74, 0x57, 0x39,
			0x72, 0xfe, 0xe3, 0x59,
		]),
	},
	DevelopmentOrganization {
		name: "funder-one",
		account: "//Dave",
		encryption_key: PublicKey([
			0x67, 0xc6, 0x7f, 0x1a, 0x0b, 0x86, 0x49, 0xfc, 0xfa, 0xd9, 0x0a, 0x8b, 0x34, 0x97,
			0x00, 0x7b, 0x61, 0xaf, 0x7d, 0xeb, 0xe1, 0x02, 0xca, 0xe0, 0xfb, 0x82, 0x66, 0xf7,
			0x82, 0x33, 0x71, 0x54,
		]),
	},
	DevelopmentOrganization {
		name: "funder-two",
		account: "//Eve",
		encryption_key: PublicKey([
			0x22, 0xa9, 0x01, 0x03, 0xf5, 0x20, 0xc3, 0xa7, 0xb6, 0xec, 0x24, 0xf5, 0x0c, 0x4c,
			0xc9, 0x54, 0x1a, 0x57, 0x74, 0x37, 0xe2, 0xb4, 0x41, 0xaf, 0xc8, 0x91, 0x81, 0xa8,
			0xf8, 0x46, 0xd8, 0x31,
		]),
	},
];

/// The network id of the presets `development` and `local`. It is public, so a signature for one chain of
/// these presets is good for all of them. No other network may have it.
pub const NETWORK_ID: [u8; 32] = *b"credio/development/network-id/v1";

/// Returns the X25519 secret of a development organization's encryption key.
#[must_use]
pub fn encryption_secret(name: &str) -> [u8; 32] {
	derive(b"credio/development/encryption-key/v1", name)
}

/// Returns the secret from which a development organization derives request keys.
#[must_use]
pub fn organization_secret(name: &str) -> [u8; 32] {
	derive(b"credio/development/organization-secret/v1", name)
}

fn derive(domain: &[u8], name: &str) -> [u8; 32] {
	sp_crypto_hashing::blake2_256(&[domain, name.as_bytes()].concat())
}
