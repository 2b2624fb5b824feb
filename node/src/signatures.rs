//! Signatures that this node has found good, so that each is verified once: when its transaction comes in, and not again
//! when the runtime validates it and when a block with it is made or executed.
//!
//! Only what was found good is remembered, by a hash of signature, account and message; verifying again would answer the
//! same. Whoever fills the memory with good signatures of other transactions costs the node what it would cost without it.

use crate::lock::lock;
use credio_runtime::{AccountId, Signature};
use schnellru::{ByLength, LruMap};
use sp_core::{sr25519, Pair};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Verify, MultiSignature};
use sp_runtime_interface::{
	pass_by::{PassFatPointerAndRead, PassPointerAndRead},
	runtime_interface,
};
use std::sync::{LazyLock, Mutex};

/// Most signatures that are remembered: several times what the pool and the blocks until finality hold, in about 4 MiB.
const MAX_REMEMBERED: u32 = 65_536;

static GOOD: LazyLock<Mutex<LruMap<[u8; 32], ()>>> =
	LazyLock::new(|| Mutex::new(LruMap::new(ByLength::new(MAX_REMEMBERED))));

/// What a node offers the runtime in place of the SDK's functions of the same names.
pub type HostFunctions = sp_wasm_interface::ExtendedHostFunctions<
	sp_io::SubstrateHostFunctions,
	host::crypto::HostFunctions,
>;

/// Whether a message was signed by an account.
pub fn is_good(signature: &Signature, message: &[u8], signer: &AccountId) -> bool {
	match signature {
		MultiSignature::Sr25519(signature) => {
			verify_once(signature, message, &sr25519::Public::from_raw(*signer.as_ref()))
		},
		other => other.verify(message, signer),
	}
}

/// As `sp_io::crypto::sr25519_verify`.
fn verify_once(signature: &sr25519::Signature, message: &[u8], signer: &sr25519::Public) -> bool {
	// The lengths of the first two are fixed, so no other three make the same bytes.
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

// The macro makes functions for the runtime to call as well.
#[allow(dead_code)]
mod host {
	use super::*;

	/// The functions that the runtime verifies sr25519 signatures with, in both versions that there are. Their names, and
	/// so that of the trait, are the SDK's.
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
	fn a_good_signature_is_remembered_and_nothing_else_is() {
		let (pair, _) = sr25519::Pair::generate();
		let (other, _) = sr25519::Pair::generate();
		let message = b"a message".as_slice();
		let signature = pair.sign(message);
		let signer = pair.public();
		for _ in 0..2 {
			assert!(verify_once(&signature, message, &signer));
			// Whatever of the three is another, what is remembered does not answer for it.
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
	fn accounts_of_every_kind_are_told_from_others() {
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
	fn the_runtime_verifies_by_these_functions() {
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
