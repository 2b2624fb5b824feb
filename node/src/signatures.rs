//! A cache of valid signatures. Each signature is verified once, when its transaction arrives, and not again when the runtime
//! validates it and when a block with it is made or executed.
//!
//! Only valid signatures are cached, by a hash of signature, account and message; verifying again would return the same. A
//! flood of valid signatures of other transactions costs no more than without the cache.

use crate::lock::lock;
use credio_runtime::{AccountId, Signature};
use schnellru::{ByLength, LruMap};
use sp_core::{Pair, sr25519};
use sp_io::hashing::blake2_256;
use sp_runtime::{MultiSignature, traits::Verify};
use sp_runtime_interface::{
	pass_by::{PassFatPointerAndRead, PassPointerAndRead},
	runtime_interface,
};
use std::sync::{LazyLock, Mutex};

/// Most cached signatures: several times those in the pool and in unfinalized blocks, in about 4 MiB.
const MAX_CACHED: u32 = 65_536;

static GOOD: LazyLock<Mutex<LruMap<[u8; 32], ()>>> =
	LazyLock::new(|| Mutex::new(LruMap::new(ByLength::new(MAX_CACHED))));

/// The host functions of the node, which replace the SDK's functions of the same names.
pub(crate) type HostFunctions = sp_wasm_interface::ExtendedHostFunctions<
	sp_io::SubstrateHostFunctions,
	host::crypto::HostFunctions,
>;

/// Returns whether a message was signed by an account.
pub(crate) fn is_good(signature: &Signature, message: &[u8], signer: &AccountId) -> bool {
	match signature {
		MultiSignature::Sr25519(signature) => {
			verify_once(signature, message, &sr25519::Public::from_raw(*signer.as_ref()))
		},
		other => other.verify(message, signer),
	}
}

/// Verifies as `sp_io::crypto::sr25519_verify` does, through the cache.
fn verify_once(signature: &sr25519::Signature, message: &[u8], signer: &sr25519::Public) -> bool {
	// The first two have fixed lengths, so the concatenation is unambiguous.
	let key = blake2_256(&[&signature.0[..], &signer.0[..], message].concat());
	if lock(&GOOD).get(&key).is_some() {
		return true;
	}
	let is_good = sr25519::Pair::verify(signature, message, signer);
	if is_good {
		lock(&GOOD).insert(key, ());
	}
	is_good
}

// The macro also makes functions for the runtime's side.
#[allow(dead_code, unreachable_pub)]
mod host {
	use super::*;

	/// Both versions of the function by which the runtime verifies sr25519 signatures. The names of the functions and of
	/// the trait are the SDK's.
	#[runtime_interface]
	pub trait Crypto {
		fn sr25519_verify(
			sig: PassPointerAndRead<&sr25519::Signature, 64>,
			msg: PassFatPointerAndRead<&[u8]>,
			pubkey: PassPointerAndRead<&sr25519::Public, 32>,
		) -> bool {
			sr25519::Pair::verify_deprecated(sig, msg, pubkey)
		}

		#[version(2)]
		fn sr25519_verify(
			sig: PassPointerAndRead<&sr25519::Signature, 64>,
			msg: PassFatPointerAndRead<&[u8]>,
			pub_key: PassPointerAndRead<&sr25519::Public, 32>,
		) -> bool {
			verify_once(sig, msg, pub_key)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_wasm_interface::HostFunctions as _;

	#[test]
	fn only_valid_signatures_are_cached() {
		let (pair, _) = sr25519::Pair::generate();
		let (other, _) = sr25519::Pair::generate();
		let message = b"a message".as_slice();
		let signature = pair.sign(message);
		let signer = pair.public();
		for _ in 0..2 {
			assert!(verify_once(&signature, message, &signer));
			// The cached entry matches only its own signature, message and account.
			assert!(!verify_once(&signature, b"another message", &signer));
			assert!(!verify_once(&signature, &message[..8], &signer));
			assert!(!verify_once(&signature, message, &other.public()));
			assert!(!verify_once(&other.sign(message), message, &signer));
			let mut changed = signature;
			changed.0[0] ^= 1;
			assert!(!verify_once(&changed, message, &signer));
		}
	}

	#[test]
	fn signatures_of_every_kind_are_verified_against_their_account() {
		let message = b"a message".as_slice();
		let (sr25519, ed25519, ecdsa) = (
			sr25519::Pair::generate().0,
			sp_core::ed25519::Pair::generate().0,
			sp_core::ecdsa::Pair::generate().0,
		);
		let signatures: [(Signature, AccountId); 3] = [
			(sr25519.sign(message).into(), sr25519.public().into()),
			(ed25519.sign(message).into(), ed25519.public().into()),
			(ecdsa.sign(message).into(), blake2_256(ecdsa.public().as_ref()).into()),
		];
		for (signature, _) in &signatures {
			let good = signatures.iter().filter(|(_, signer)| is_good(signature, message, signer));
			assert_eq!(good.count(), 1);
			assert!(signatures.iter().all(|(_, signer)| !is_good(signature, b"another", signer)));
		}
	}

	#[test]
	fn host_functions_replace_those_of_the_sdk() {
		for name in ["ext_crypto_sr25519_verify_version_1", "ext_crypto_sr25519_verify_version_2"] {
			let own = host::crypto::HostFunctions::host_functions();
			assert!(own.iter().any(|function| function.name() == name), "{name}");
			let all = HostFunctions::host_functions();
			assert_eq!(all.iter().filter(|function| function.name() == name).count(), 1);
		}
		let standard = sp_io::SubstrateHostFunctions::host_functions().len();
		assert_eq!(HostFunctions::host_functions().len(), standard);
	}
}
