//! Checks the published test vectors of `sdk/vectors`.
//!
//! `CREDIO_WRITE_VECTORS=1` writes the files again, for a new version of a format; version 1 does not change.

use codec::Encode;
use credio_envelope::{
	Context, Layout, ObjectDescription, OwnerPsk, SecretKey, StreamSecret, WrapContext,
};
use credio_primitives::{
	AccessRequestId, BundleId, Digest, GrantId, Leg, RecordId, Reference, RequestKey, Resource,
	StreamId,
	bundle::{self, EncodedCall},
	limits, merkle,
	object::{piece_digest, root},
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{fs, path::Path};
use zeroize::Zeroizing;

/// Checks a file of vectors against the code's results for its inputs.
fn check(name: &str, made: &Value) {
	let file = Path::new("../vectors").join(name);
	if std::env::var_os("CREDIO_WRITE_VECTORS").is_some() {
		let text = serde_json::to_string_pretty(made).expect("JSON is written");
		fs::write(&file, text + "\n").expect("the folder is writable");
	}
	let published = fs::read_to_string(&file).expect("the vectors are published");
	let published: Value = serde_json::from_str(&published).expect("they are JSON");
	assert_eq!(&published, made, "{name} and the code differ");
}

fn hex(bytes: &[u8]) -> String {
	format!("0x{}", hex::encode(bytes))
}

/// Returns 32 distinct bytes, different for each `n`.
fn bytes(n: u8) -> [u8; 32] {
	core::array::from_fn(|i| n.wrapping_mul(32).wrapping_add(i as u8))
}

fn stream_secret() -> StreamSecret {
	StreamSecret::from_random(&Zeroizing::new(bytes(1)))
}

fn context() -> Context {
	Context {
		genesis: Digest(bytes(2)),
		stream: StreamId(bytes(3)),
		epoch: 7,
		record_id: RecordId(bytes(4)),
	}
}

fn context_json() -> Value {
	let Context { genesis, stream, epoch, record_id } = context();
	json!({ "genesisHash": genesis, "stream": stream, "epoch": epoch, "recordId": record_id })
}

#[test]
fn envelopes() {
	let documents: [(&str, Vec<u8>); 4] = [
		("", Vec::new()),
		("text/plain", b"Invoice 2026-0001: 100.00 EUR".to_vec()),
		("application/xml", "<a>\u{e9}</a>".into()),
		("application/octet-stream", (0..1_000u32).map(|i| i as u8).collect()),
	];
	let vectors = documents.map(|(media_type, document)| {
		let sealed = stream_secret().seal(&context(), media_type, &document).expect("it fits");
		let opened = stream_secret().open(&context(), &sealed.payload).expect("it opens");
		assert_eq!((opened.media_type.as_str(), &*opened.bytes), (media_type, &document));
		let data_key = stream_secret().data_key_of(&context(), &sealed.payload).expect("ours");
		json!({
			"mediaType": media_type,
			"document": hex(&document),
			"envelope": hex(&sealed.payload),
			"commitmentKey": data_key.commitment_key().reveal(),
			"commitment": sealed.commitment,
		})
	});
	check(
		"envelope-v1.json",
		&json!({
			"streamSecret": hex(&bytes(1)),
			"context": context_json(),
			"vectors": vectors,
		}),
	);
}

#[test]
fn object_envelopes() {
	let lengths = [0, 1, 65_536 - 9, 65_536, 200_000];
	let vectors = lengths.map(|length: u32| {
		let (media_type, document) = ("text/csv", documents_of(length));
		let sha256 = Sha256::digest(&document).into();
		let description = ObjectDescription { media_type, length: length.into(), sha256 };
		let key = stream_secret().object_key(&context(), &description).expect("it fits");
		let layout = Layout::new(media_type, length.into()).expect("it fits");
		let mut inner = Layout::prefix(media_type, length.into());
		inner.extend_from_slice(&document);
		inner.resize(usize::try_from(layout.inner()).expect("it fits"), 0);
		let mut envelope = key.header().to_vec();
		let mut pieces = vec![piece_digest(key.header())];
		for (index, chunk) in (0..).zip(inner.chunks(65_536)) {
			let mut chunk = chunk.to_vec();
			let is_last = index + 1 == layout.chunks();
			key.seal_chunk(index, is_last, &mut chunk).expect("it is a chunk");
			pieces.push(piece_digest(&chunk));
			envelope.extend_from_slice(&chunk);
		}
		assert_eq!(envelope.len() as u64, layout.size());
		json!({
			"mediaType": media_type,
			"documentLength": length,
			"header": hex(key.header()),
			"envelopeLength": envelope.len(),
			"envelopeSha256": hex(&Sha256::digest(&envelope)),
			"root": root(&pieces),
			"commitmentKey": key.commitment_key().reveal(),
			"commitment": key.commitment_key().commit(&document),
		})
	});
	check(
		"envelope-v2.json",
		&json!({
			"streamSecret": hex(&bytes(1)),
			"context": context_json(),
			"vectors": vectors,
		}),
	);
}

/// Returns the document of so many bytes: the byte at each place is the place modulo 251.
fn documents_of(length: u32) -> Vec<u8> {
	(0..length).map(|i| (i % 251) as u8).collect()
}

#[test]
fn anchored_documents() {
	let document = b"Contract 17";
	let vectors = [0, 1, 1_000_000].map(|index| {
		let key = stream_secret().anchor_commitment_key(&context(), index);
		json!({
			"index": index,
			"document": hex(document),
			"commitmentKey": key.reveal(),
			"commitment": key.commit(document),
		})
	});
	check(
		"anchor-v1.json",
		&json!({
			"streamSecret": hex(&bytes(1)),
			"context": context_json(),
			"vectors": vectors,
		}),
	);
}

#[test]
fn wrapped_keys() {
	let recipient = SecretKey::from_bytes(&Zeroizing::new(bytes(5)));
	let seed = Zeroizing::new(bytes(6));
	let payload = stream_secret().seal(&context(), "", b"document").expect("it fits").payload;
	let data_key = stream_secret().data_key_of(&context(), &payload).expect("ours");
	let psk = OwnerPsk::derive(&bytes(0));
	let (stream, record) =
		(Resource::Stream(context().stream), Resource::Record(context().record_id));
	let vectors = [("base", stream), ("base", record), ("psk", stream)].map(|(mode, resource)| {
		let to = WrapContext {
			genesis: context().genesis,
			resource,
			epoch: context().epoch,
			organization: 3,
			key_version: 2,
		};
		let (kind, wrapped) = match resource {
			Resource::Stream(_) if mode == "psk" => {
				let public = recipient.public();
				let wrapped = stream_secret().wrap_to_self(&to, &public, &psk, &seed);
				let wrapped = wrapped.expect("a good key");
				let opened = recipient.unwrap_own_stream_secret(&to, &psk, &wrapped);
				assert!(opened.expect("ours").open(&context(), &payload).is_ok());
				("streamSecret", wrapped)
			},
			Resource::Stream(_) => {
				let wrapped = stream_secret().wrap(&to, &recipient.public(), &seed);
				let wrapped = wrapped.expect("a good key");
				let opened = recipient.unwrap_stream_secret(&to, &wrapped).expect("ours");
				assert!(opened.open(&context(), &payload).is_ok());
				("streamSecret", wrapped)
			},
			Resource::Record(_) => {
				let wrapped = data_key.wrap(&to, &recipient.public(), &seed);
				let wrapped = wrapped.expect("a good key");
				let opened = recipient.unwrap_data_key(&to, &wrapped).expect("ours");
				assert!(opened.open(&context(), &payload).is_ok());
				("dataKey", wrapped)
			},
		};
		json!({
			"secret": kind,
			"mode": mode,
			"resource": hex(&resource.encode()),
			"genesisHash": to.genesis,
			"epoch": to.epoch,
			"organization": to.organization,
			"keyVersion": to.key_version,
			"wrapped": hex(&wrapped),
		})
	});
	check(
		"wrapped-key-v1.json",
		&json!({
			"streamSecret": hex(&bytes(1)),
			"secretCommitment": stream_secret().commitment(
				&context().genesis,
				&context().stream,
				context().epoch
			),
			"envelopeOfDataKey": hex(&payload),
			"context": context_json(),
			"organizationSecret": hex(&bytes(0)),
			"recipientSecretKey": hex(&bytes(5)),
			"recipientPublicKey": recipient.public(),
			"ephemeralSeed": hex(&bytes(6)),
			"vectors": vectors,
		}),
	);
}

#[test]
fn merkle_trees() {
	let vectors = [1u8, 2, 3, 5, 8, 13].map(|count| {
		let leaves = (0..count).map(|n| Digest(bytes(n))).collect::<Vec<_>>();
		let tree = merkle::Tree::new(&leaves).expect("few leaves");
		let index = u32::from(count / 2);
		let proof = tree.proof(index).expect("within the tree");
		assert!(merkle::verify(
			&tree.root(),
			tree.leaves(),
			index,
			&leaves[index as usize],
			&proof
		));
		json!({ "commitments": leaves, "root": tree.root(), "index": index, "proof": proof })
	});
	check("merkle-v1.json", &json!({ "vectors": vectors }));
}

#[test]
fn ids() {
	let reference = Reference(bytes(1));
	let vectors = [0, 1, u32::MAX].map(|organization| {
		json!({
			"organization": organization,
			"reference": reference,
			"recordId": RecordId::derive(organization, &reference),
			"grantId": GrantId::derive(organization, &reference),
			"accessRequestId": AccessRequestId::derive(organization, &reference),
			"streamName": "invoices 2026",
			"stream": StreamId::derive(organization, b"invoices 2026"),
		})
	});
	let key = RequestKey(bytes(2));
	let references = [0, 1, 63].map(
		|position| json!({ "position": position, "reference": Reference::derive(&key, position) }),
	);
	check(
		"ids-v1.json",
		&json!({ "vectors": vectors, "requestKey": key, "references": references }),
	);
}

#[test]
fn bundles() {
	let (genesis, reference) = (Digest(bytes(2)), Reference(bytes(1)));
	let calls = |calls: &[&[u8]]| -> Vec<EncodedCall> {
		calls.iter().map(|call| EncodedCall(call.to_vec())).collect()
	};
	let one = vec![Leg { organization: 1, calls: calls(&[&[0x33, 0x00, 0x04, 0x61]]) }];
	let long = [0x33; 100];
	let several = vec![
		Leg { organization: 3, calls: calls(&[&[1][..], &long, &[2, 3]]) },
		Leg { organization: u32::MAX, calls: calls(&[&[4][..]; 60]) },
	];
	let vectors = [(1, 1_795_453_116_000, one), (3, limits::MAX_MOMENT, several)].map(
		|(proposer, deadline, legs)| {
			let id = BundleId::derive(proposer, &reference);
			let shown = legs.iter().map(|leg| {
				let calls = leg.calls.iter().map(|call| hex(&call.0)).collect::<Vec<_>>();
				json!({ "organization": leg.organization, "calls": calls })
			});
			json!({
				"proposer": proposer,
				"reference": reference,
				"bundleId": id,
				"deadline": deadline,
				"legs": shown.collect::<Vec<_>>(),
				"digest": bundle::digest(&genesis, &id, deadline, &legs.encode()),
			})
		},
	);
	check("bundle-v2.json", &json!({ "genesisHash": genesis, "vectors": vectors }));
}
