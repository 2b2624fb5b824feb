use super::*;
use codec::Encode;
use frame_metadata::{
	RuntimeMetadataPrefixed,
	v15::{
		CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletCallMetadata, PalletMetadata,
		RuntimeMetadataV15, SignedExtensionMetadata,
	},
};
use proptest::prelude::*;
use scale_info::{MetaType, TypeDef, TypeDefVariant, TypeInfo, form::PortableForm, meta_type};

/// Calls of two pallets, as FRAME generates them.
#[allow(dead_code, non_camel_case_types)]
mod example {
	use scale_info::TypeInfo;

	#[derive(TypeInfo)]
	pub(super) struct Key([u8; 32]);
	#[derive(TypeInfo)]
	pub(super) enum Organizations {
		#[codec(index = 7)]
		rotate_key { encryption_key: Key },
	}
	#[derive(TypeInfo)]
	pub(super) enum Anchor {
		#[codec(index = 0)]
		create_stream { name: Vec<u8> },
		#[codec(index = 1)]
		seal_stream { stream: [u8; 32] },
	}
	#[derive(TypeInfo)]
	pub(super) enum Utility {
		#[codec(index = 2)]
		batch_all { calls: Vec<RuntimeCall> },
	}
	#[derive(TypeInfo)]
	pub(super) enum RuntimeCall {
		#[codec(index = 50)]
		Organizations(Organizations),
		#[codec(index = 51)]
		Anchor(Anchor),
		#[codec(index = 35)]
		Utility(Utility),
	}
}

fn pallet(name: &'static str, index: u8, calls: MetaType) -> PalletMetadata {
	PalletMetadata {
		name,
		storage: None,
		calls: Some(PalletCallMetadata { ty: calls }),
		event: None,
		constants: Vec::new(),
		error: None,
		index,
		docs: Vec::new(),
	}
}

fn metadata() -> RuntimeMetadataV15 {
	let call = meta_type::<example::RuntimeCall>();
	let none = meta_type::<()>();
	let extrinsic = ExtrinsicMetadata {
		version: 4,
		address_ty: meta_type::<[u8; 32]>(),
		call_ty: call,
		signature_ty: meta_type::<[u8; 64]>(),
		extra_ty: none,
		signed_extensions: vec![SignedExtensionMetadata {
			identifier: "CheckNonce",
			ty: meta_type::<u32>(),
			additional_signed: none,
		}],
	};
	let pallets = vec![
		pallet("Organizations", 50, meta_type::<example::Organizations>()),
		pallet("Anchor", 51, meta_type::<example::Anchor>()),
		pallet("Utility", 35, meta_type::<example::Utility>()),
	];
	let outer = OuterEnums { call_enum_ty: call, event_enum_ty: none, error_enum_ty: none };
	let custom = CustomMetadata { map: Default::default() };
	RuntimeMetadataV15::new(pallets, extrinsic, none, Vec::new(), outer, custom)
}

fn read(metadata: RuntimeMetadataV15) -> std::result::Result<RuntimePin, String> {
	RuntimePin::from_metadata(&RuntimeMetadataPrefixed::from(metadata).encode(), 6, 2)
}

/// Returns the enum of a pallet's calls, or of all calls.
fn calls_of<'a>(
	metadata: &'a mut RuntimeMetadataV15,
	name: &str,
) -> &'a mut TypeDefVariant<PortableForm> {
	let named =
		|ty: &&mut scale_info::PortableType| ty.ty.path.segments.last() == Some(&name.into());
	let ty = metadata.types.types.iter_mut().find(named).expect("it is there");
	match &mut ty.ty.type_def {
		TypeDef::Variant(variants) => variants,
		other => panic!("{other:?}"),
	}
}

fn id_of<T: TypeInfo + 'static>(metadata: &RuntimeMetadataV15) -> u32 {
	let path = T::type_info().path.segments.last().copied();
	let types = &metadata.types.types;
	let found = types.iter().find(|ty| ty.ty.path.segments.last().map(String::as_str) == path);
	found.expect("it is there").id
}

#[test]
fn built_in_runtimes_are_sorted_and_take_own_calls() {
	assert_eq!(KNOWN.len(), BUILT_IN.len(), "one cannot be parsed");
	assert!(KNOWN.is_sorted_by_key(|pin| pin.spec_version));
	let newest = Runtimes::built_in().newest().unwrap().expect("there is one");
	assert!(newest.calls.iter().all(|call| newest.takes_own_arguments(call)));
	let oldest = KNOWN.first().expect("there is one");
	assert_eq!(Runtimes::built_in().find(oldest.spec_version).unwrap().as_ref(), Some(oldest));
	assert_eq!(Runtimes::built_in().find(u32::MAX).unwrap(), None);
}

#[test]
fn metadata_yields_calls_with_indexes_and_arguments() {
	let pin = read(metadata()).unwrap();
	let shown = |call: &PinnedCall| format!("{:?} {call} {}", call.indexes, call.arguments);
	assert_eq!(
		pin.calls.iter().map(shown).collect::<Vec<_>>(),
		[
			"[35, 2] Utility.batch_all (calls: Vec<RuntimeCall>)",
			"[50, 7] Organizations.rotate_key (encryption_key: Key)",
			"[51, 0] Anchor.create_stream (name: Vec<u8>)",
			"[51, 1] Anchor.seal_stream (stream: [u8; 32])",
		]
	);
	assert_eq!(pin.extensions, ["CheckNonce"]);
	assert_eq!((pin.spec_version, pin.transaction_version), (6, 2));
	assert_eq!(pin.to_string().parse::<RuntimePin>().unwrap(), pin);
}

#[test]
fn every_change_of_a_call_changes_pin() {
	let pin = read(metadata()).unwrap();
	type Edit = fn(&mut RuntimeMetadataV15);
	let edits: [(Edit, &str); 5] = [
		(
			|metadata| {
				let calls = &mut calls_of(metadata, "Anchor").variants;
				(calls[0].index, calls[1].index) = (1, 0);
			},
			"index changed: Anchor.seal_stream from 51.1 to 51.0",
		),
		(
			|metadata| {
				let key = id_of::<example::Key>(metadata);
				calls_of(metadata, "Anchor").variants[1].fields[0].ty.id = key;
			},
			"a type within the arguments changed: Anchor.seal_stream (stream: [u8; 32])",
		),
		(
			|metadata| {
				let length =
					metadata.types.types.iter_mut().find_map(|ty| match &mut ty.ty.type_def {
						TypeDef::Array(array) if array.len == 32 => Some(&mut array.len),
						_ => None,
					});
				*length.expect("it is there") = 33;
			},
			"a type within the arguments changed: Organizations.rotate_key (encryption_key: Key)",
		),
		(
			|metadata| {
				calls_of(metadata, "Anchor").variants.pop();
			},
			"removed: Anchor.seal_stream (51.1)",
		),
		(
			|metadata| metadata.extrinsic.signed_extensions[0].identifier = "CheckTip".into(),
			"transaction extensions changed: from CheckNonce to CheckTip",
		),
	];
	for (edit, expected) in edits {
		let mut edited = metadata();
		edit(&mut edited);
		let edited = read(edited).unwrap();
		assert_ne!(edited.metadata_hash, pin.metadata_hash, "{expected}");
		let changes =
			edited.changes_since(&pin).iter().map(ToString::to_string).collect::<Vec<_>>();
		assert!(changes.iter().any(|change| change == expected), "{expected} in {changes:?}");
		assert!(!changes.iter().any(|change| change.contains("batch_all")), "{changes:?}");
	}
	assert_eq!(pin.changes_since(&pin), []);
	let mut more = pin.clone();
	more.calls.remove(2);
	let added = "added: Anchor.create_stream (51.0) (name: Vec<u8>)";
	assert_eq!(pin.changes_since(&more)[0].to_string(), added);
}

#[test]
fn call_is_encoded_for_one_runtime() {
	use crate::{calls::Call, error::UnfitCall};
	let own = own().expect("there is one");
	let remark = Call::remark(b"bytes");
	let batch = Call::batch_all(std::slice::from_ref(&remark), own).unwrap();
	let encoded = batch.encoded(own).unwrap();
	let [pallet, call] = own.call("Utility", "batch_all").expect("it is there").indexes;
	assert_eq!(encoded[..2], [pallet, call]);
	assert!(encoded.ends_with(&remark.encoded(own).unwrap()));

	// Its nested calls are encoded for another runtime, which a node has named in between.
	let other = RuntimePin { metadata_hash: Digest([1; 32]), ..(**own).clone() };
	assert!(remark.encoded(&other).is_ok());
	assert!(matches!(batch.encoded(&other), Err(UnfitCall::Outdated { .. })));
	let edited = |edit: fn(&mut PinnedCall)| {
		let mut pin = (**own).clone();
		pin.calls.iter_mut().filter(|call| call.is_named("System", "remark")).for_each(edit);
		pin
	};
	let changed = edited(|call| call.arguments_hash = Digest([1; 32]));
	assert!(matches!(remark.encoded(&changed), Err(UnfitCall::Changed { .. })));
	assert!(Call::batch_all(std::slice::from_ref(&remark), &changed).is_err());
	let renamed = edited(|call| call.name = "remarked".into());
	assert!(matches!(remark.encoded(&renamed), Err(UnfitCall::Unknown { .. })));
	let moved = edited(|call| call.indexes = [200, 7]);
	assert_eq!(remark.encoded(&moved).unwrap()[..2], [200, 7]);
}

/// The hash covers the types alone. Software looks calls up in the list of pallets, which a node could change.
#[test]
fn inconsistent_metadata_is_refused() {
	type Edit = fn(&mut RuntimeMetadataV15);
	let edits: [Edit; 7] = [
		|metadata| (metadata.pallets[0].index, metadata.pallets[1].index) = (51, 50),
		|metadata| {
			let [first, second, ..] = &mut metadata.pallets[..] else { unreachable!() };
			std::mem::swap(&mut first.calls, &mut second.calls);
		},
		|metadata| {
			let [first, second, ..] = &mut metadata.pallets[..] else { unreachable!() };
			std::mem::swap(&mut first.name, &mut second.name);
		},
		|metadata| metadata.pallets[1].index = 50,
		|metadata| metadata.pallets[1].name = "Organizations".into(),
		|metadata| {
			metadata.pallets.pop();
		},
		|metadata| {
			let anchor = id_of::<example::Anchor>(metadata);
			metadata.outer_enums.call_enum_ty.id = anchor;
		},
	];
	for (n, edit) in edits.into_iter().enumerate() {
		let mut edited = metadata();
		edit(&mut edited);
		assert!(read(edited).is_err(), "edit {n}");
	}
}

#[test]
fn oversized_metadata_is_refused() {
	let mut deep = metadata();
	// Types nested to the maximum depth.
	let first = u32::try_from(deep.types.types.len()).unwrap();
	let array = id_of::<example::Key>(&deep);
	for n in 0..3_500 {
		let mut ty = deep.types.types[array as usize].clone();
		ty.id = first + n;
		let TypeDef::Composite(inner) = &mut ty.ty.type_def else { unreachable!() };
		inner.fields[0].ty.id = first + n + 1;
		deep.types.types.push(ty);
	}
	deep.types.types.last_mut().unwrap().ty = deep.types.types[0].ty.clone();
	calls_of(&mut deep, "Anchor").variants[1].fields[0].ty.id = first;
	let mut more = deep.clone();
	assert!(read(deep).is_ok(), "its hash takes a large stack");
	for n in 3_500..5_000 {
		let mut ty = more.types.types[array as usize].clone();
		ty.id = first + n;
		more.types.types.push(ty);
	}
	assert!(read(more).is_err());
	let mut out_of_order = metadata();
	out_of_order.types.types.swap(0, 1);
	assert!(read(out_of_order).is_err());
	let mut unknown = metadata();
	calls_of(&mut unknown, "Anchor").variants[1].fields[0].ty.id = 1_000;
	assert!(read(unknown).is_err());
}

#[test]
fn cannot_replace_trusted_runtime() {
	let folder = tempfile::tempdir().unwrap();
	let file = folder.path().join("member.vault.runtimes");
	let trusted = Runtimes::with_file(file.clone());
	let mut pin = read(metadata()).unwrap();
	let versions = [1_000, 1_001];
	for version in versions {
		pin.spec_version = version;
		assert_eq!(trusted.find(version).unwrap(), None);
		trusted.trust(&pin).unwrap();
		trusted.trust(&pin).unwrap();
		assert_eq!(*trusted.find(version).unwrap().expect("it is trusted"), pin);
	}
	assert_eq!(trusted.newest().unwrap().expect("there is one").spec_version, 1_001);
	let other = RuntimePin { metadata_hash: Digest([1; 32]), ..pin.clone() };
	assert!(trusted.trust(&other).unwrap_err().to_string().contains("another runtime 1001"));
	assert_eq!(*trusted.find(1_001).unwrap().expect("it stays"), pin);
	assert!(Runtimes::built_in().trust(&pin).is_err(), "there is no place to keep it");
	// The file does not replace a built-in runtime.
	if let Some(known) = KNOWN.last() {
		let other = RuntimePin { metadata_hash: Digest([1; 32]), ..(**known).clone() };
		assert!(trusted.trust(&other).is_err());
		std::fs::write(&file, other.to_string()).unwrap();
		assert_eq!(trusted.find(known.spec_version).unwrap().as_ref(), Some(known));
	}
	for unfit in
		["nonsense".to_owned(), format!("{pin}{pin}"), pin.to_string().replace("call ", "")]
	{
		std::fs::write(&file, unfit).unwrap();
		let refused = trusted.find(1_000).unwrap_err().to_string();
		assert!(refused.contains("credio trust runtime"), "{refused}");
	}
}

#[test]
fn pin_has_one_text() {
	let text = read(metadata()).unwrap().to_string();
	for (from, to) in [
		("spec-version 6", "spec-version 06"),
		("spec-version 6", "spec-version +6"),
		("spec-version 6\n", ""),
		("spec-version", "Spec-version"),
		("credio runtime 1", "credio runtime 2"),
		("metadata-hash 0x", "metadata-hash "),
		("call 35.2", "call 35.256"),
		("call 35.2", "call 52.2"),
		("call 51.1", "call 51.0"),
		("Anchor.create_stream", "Anchor.seal_stream"),
		("Anchor.create_stream", "Anchor.créate"),
		("Anchor.create_stream", "Anchor"),
		("(name: Vec<u8>)", "(name: \u{202e}Vec<u8>)"),
		("extension CheckNonce", "extension Check Nonce"),
		("\n", "\r\n"),
		("\n", "\n\n"),
	] {
		let changed = text.replacen(from, to, 1);
		assert_ne!(changed, text);
		assert!(changed.parse::<RuntimePin>().is_err(), "{from:?} as {to:?}");
	}
	assert!(text.trim_end().parse::<RuntimePin>().is_err());
}

fn any_pin() -> impl Strategy<Value = RuntimePin> {
	let name = "[A-Za-z][A-Za-z0-9_]{0,20}";
	let call = (any::<[u8; 2]>(), name, name, any::<[u8; 32]>(), "[ -~]{0,60}");
	let calls = proptest::collection::vec(call, 0..20);
	let extensions = proptest::collection::vec(name, 0..5);
	let versions = any::<(u32, u32, [u8; 32])>();
	(versions, extensions, calls).prop_map(|((spec, transaction, hash), extensions, calls)| {
		let mut calls = calls
			.into_iter()
			.map(|(indexes, pallet, name, arguments_hash, arguments)| PinnedCall {
				pallet,
				name,
				indexes,
				arguments_hash: Digest(arguments_hash),
				arguments,
			})
			.collect::<Vec<_>>();
		calls.sort_by_key(|call| call.indexes);
		calls.dedup_by_key(|call| call.indexes);
		let mut names = std::collections::BTreeSet::new();
		calls.retain(|call| names.insert(call.to_string()));
		RuntimePin {
			spec_version: spec,
			transaction_version: transaction,
			metadata_hash: Digest(hash),
			extensions,
			calls,
		}
	})
}

proptest! {
	#[test]
	fn pin_round_trips(pin in any_pin()) {
		prop_assert_eq!(pin.to_string().parse::<RuntimePin>(), Ok(pin));
	}

	#[test]
	fn consecutive_pins_are_parsed(pins in proptest::collection::vec(any_pin(), 0..4)) {
		let text = pins.iter().map(ToString::to_string).collect::<String>();
		let versions = pins.iter().map(|pin| pin.spec_version).collect::<std::collections::BTreeSet<_>>();
		prop_assume!(versions.len() == pins.len());
		let read = file::parse(&text).unwrap();
		prop_assert_eq!(read.iter().map(|pin| (**pin).clone()).collect::<Vec<_>>(), pins);
	}

	#[test]
	fn arbitrary_text_does_not_panic(
		pin in any_pin(),
		at in any::<prop::sample::Index>(),
		inserted in proptest::collection::vec(any::<char>(), 0..12),
		any_text in proptest::collection::vec(any::<char>(), 0..200),
	) {
		let text = any_text.into_iter().collect::<String>();
		prop_assert!(text.parse::<RuntimePin>().is_err());
		let mut changed = pin.to_string().chars().collect::<Vec<_>>();
		let at = at.index(changed.len());
		changed.splice(at..at, inserted);
		let changed = changed.into_iter().collect::<String>();
		// Every accepted text is the text that would be written.
		if let Ok(taken) = changed.parse::<RuntimePin>() {
			prop_assert_eq!(taken.to_string(), changed);
		}
		let _ = file::parse(&format!("{text}{pin}"));
	}

	#[test]
	fn changes_describe_difference_of_runtimes(before in any_pin(), after in any_pin()) {
		prop_assert_eq!(after.changes_since(&after), []);
		let is_same = before.calls == after.calls && before.extensions == after.extensions;
		let hashes = |pin: &RuntimePin| {
			pin.calls.iter().map(|call| (call.to_string(), call.indexes, call.arguments_hash)).collect::<Vec<_>>()
		};
		if after.changes_since(&before).is_empty() {
			prop_assert!(is_same || hashes(&before) == hashes(&after));
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn arbitrary_metadata_does_not_panic(
		at in any::<prop::sample::Index>(),
		with in any::<u8>(),
		any_bytes in proptest::collection::vec(any::<u8>(), 0..200),
	) {
		let _ = RuntimePin::from_metadata(&any_bytes, 6, 2);
		let mut bytes = RuntimeMetadataPrefixed::from(metadata()).encode();
		let at = at.index(bytes.len());
		bytes[at] = with;
		let _ = RuntimePin::from_metadata(&bytes, 6, 2);
	}
}
