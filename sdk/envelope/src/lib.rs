//! Formats and cryptography of Credio's records, for any client: `no_std`, without I/O or a random source.
//!
//! # Envelope, version 1
//!
//! All integers are little endian; `++` joins bytes; labels are ASCII without a terminator.
//!
//! ```text
//! inner      = u8(length of media type) ++ media type ++ u32(length of document) ++ document ++ zeros
//!              padded with zeros to the Padmé length of what comes before them
//! context    = genesis hash (32) ++ stream id (32) ++ u32(key epoch) ++ record id (32)
//! mac key    = HKDF-SHA256(ikm = stream secret, salt = none, info = "credio/v1/synthetic-salt")
//! salt       = HMAC-SHA256(mac key, record id ++ HMAC-SHA256(mac key, inner))
//! data key   = HKDF-SHA256(ikm = stream secret, salt = salt, info = "credio/v1/data-key" ++ context)
//! subkeys    = HKDF-SHA256-Expand(prk = data key, info = label):
//!              "credio/v1/encryption" (32), "credio/v1/nonce" (24), "credio/v1/key-commitment" (32),
//!              "credio/v1/commitment" (32)
//! envelope   = 0x01 ++ salt (32) ++ key commitment (32) ++ XChaCha20-Poly1305(encryption, nonce, inner, aad)
//! aad        = "credio/envelope/v1" ++ 0x01 ++ context ++ salt ++ key commitment
//! commitment = HMAC-SHA256(commitment key, document)
//! ```
//!
//! Salt and nonce follow from the stream secret, the record id and the plaintext: the same document under the same
//! record id gives the same bytes, so a retry is the same request, and two different plaintexts never share key and
//! nonce. The key commitment is checked before decryption, because XChaCha20-Poly1305 alone does not commit to its
//! key. Padmé is the padding of "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs"
//! (Nikitin et al., PoPETs 2019), which leaks O(log log L) bits of a length L for at most 12 % of overhead.
//!
//! # Envelope, version 2
//!
//! For objects: in chunks, so that it is sealed and opened in constant memory, and any range by itself.
//!
//! ```text
//! inner      = u8(length of media type) ++ media type ++ u64(length of document) ++ document ++ zeros
//!              padded with zeros to the Padmé length of what comes before them
//! chunks     = inner in pieces of 65,536 bytes, the last one shorter or as long
//! digest     = HMAC-SHA256(mac key, u8(length of media type) ++ media type ++ u64(length) ++ SHA-256(document))
//! salt       = HMAC-SHA256(mac key, "credio/v2" ++ record id ++ digest), the mac key as in version 1
//! data key, key commitment, commitment key as in version 1
//! subkeys    = "credio/v2/encryption" (32), "credio/v2/nonce-prefix" (19)
//! header     = 0x02 ++ salt (32) ++ key commitment (32)
//! chunk i    = XChaCha20-Poly1305(encryption, nonce prefix ++ u32 big endian(i) ++ u8(1 for the last, else 0), aad)
//! aad        = "credio/envelope/v2" ++ 0x02 ++ context ++ salt ++ key commitment
//! envelope   = header ++ all chunks, each with its tag of 16 bytes
//! root       = Merkle root over blake2_256(header), blake2_256(chunk 0), blake2_256(chunk 1), …
//! ```
//!
//! The nonces are the STREAM construction of "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance"
//! (Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015): chunks cannot be swapped, dropped or cut off.
//!
//! # Wrapped keys
//!
//! A stream secret or a data key (32 bytes) travels to an organization by HPKE (RFC 9180) with DHKEM(X25519,
//! HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305; empty associated data. To another organization: base mode. A stream
//! secret that an organization wraps to itself, as the owner of the stream: PSK mode, so that nobody else can make one.
//! Both have the same length:
//!
//! ```text
//! info    = "credio/wrap/v1" ++ genesis hash ++ resource ++ u32(key epoch) ++ u32(organization) ++ u32(key version)
//! resource= 0x00 ++ stream id, or 0x01 ++ record id
//! wrapped = encapsulated key (32) ++ ciphertext (32) ++ tag (16)
//! psk     = HKDF-SHA256(ikm = organization secret, salt = none, info = "credio/v1/own-secrets")
//! psk_id  = "credio/wrap-to-self/v1"
//! ```
//!
//! # Anchors
//!
//! Each anchored document has a separate commitment key, so that it can be disclosed alone:
//! `HKDF-SHA256(ikm = stream secret, salt = none, info = "credio/v1/anchor" ++ context ++ u32(index))`.
//!
//! Test vectors are in `sdk/vectors`, with a second implementation in Python that checks them.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod envelope;
mod error;
mod keys;
mod object;
mod padding;
mod wrap;

pub use envelope::{Document, HEADER_LENGTH, Sealed, TAG_LENGTH};
pub use error::Error;
pub use keys::{CommitmentKey, Committing, Context, DataKey, StreamSecret};
pub use object::{Layout, ObjectDescription, ObjectKey};
pub use padding::padme;
pub use wrap::{OwnerPsk, SecretKey, WRAPPED_LENGTH, WrapContext, seal_to};
