//! Decodes a runtime from metadata that a node may have forged.

use super::{PinnedCall, RuntimePin, format};
use codec::{Decode, Encode};
use credio_primitives::Digest;
use frame_metadata::{
	META_RESERVED, RuntimeMetadata, RuntimeMetadataPrefixed,
	v15::{PalletMetadata, RuntimeMetadataV15},
};
use merkleized_metadata::{ExtraInfo, generate_metadata_digest};
use scale_info::{
	Field, PortableRegistry, Type, TypeDef, TypeDefVariant, Variant, form::PortableForm,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	thread,
};

/// Maximum size of the metadata.
const MAX_SIZE: usize = 4 * 1024 * 1024;
/// Maximum number of types. The recursion of hashing is at most that deep.
const MAX_TYPES: usize = 4_096;
/// Stack for that recursion.
const STACK_SIZE: usize = 64 * 1024 * 1024;
/// Stands for a call as an argument.
const ANY_CALL: u32 = u32::MAX;

/// Inputs of the hash beside the types: the runtime's name, the SS58 prefix of its accounts, and its token.
const SPEC_NAME: &str = "credio";
const SS58_PREFIX: u16 = 42;
const DECIMALS: u8 = 0;
const TOKEN_SYMBOL: &str = "CRED";

type Registry = PortableRegistry;
type Fields = [Field<PortableForm>];
type Read<Answer> = Result<Answer, String>;

/// Decodes a runtime from the result of `Metadata_metadata_at_version`.
pub(super) fn read(bytes: &[u8], spec_version: u32, transaction_version: u32) -> Read<RuntimePin> {
	let metadata = decode(bytes)?;
	let calls = calls(&metadata)?;
	let extensions = metadata.extrinsic.signed_extensions.iter();
	let extensions = extensions.map(|extension| extension.identifier.clone()).collect();
	let metadata_hash = hash(metadata, spec_version)?;
	let pin = RuntimePin { spec_version, transaction_version, metadata_hash, extensions, calls };
	pin.check()?;
	Ok(pin)
}

fn decode(bytes: &[u8]) -> Read<RuntimeMetadataV15> {
	if bytes.len() > MAX_SIZE {
		return Err(format!("the metadata has more than {MAX_SIZE} bytes"));
	}
	let mut input = bytes;
	let decoded = RuntimeMetadataPrefixed::decode(&mut input)
		.map_err(|error| format!("the metadata cannot be decoded: {error}"))?;
	match decoded {
		RuntimeMetadataPrefixed(META_RESERVED, RuntimeMetadata::V15(metadata))
			if input.is_empty() =>
		{
			Ok(metadata)
		},
		_ => Err("the metadata is not of version 15".into()),
	}
}

/// Returns the hash of RFC 78, over everything that determines the encoding of transactions.
fn hash(metadata: RuntimeMetadataV15, spec_version: u32) -> Read<Digest> {
	let compute = move || {
		let information = ExtraInfo {
			spec_version,
			spec_name: SPEC_NAME.into(),
			base58_prefix: SS58_PREFIX,
			decimals: DECIMALS,
			token_symbol: TOKEN_SYMBOL.into(),
		};
		let digest = generate_metadata_digest(&RuntimeMetadata::V15(metadata), information)?;
		Ok(Digest(digest.hash()))
	};
	// In a separate thread, for its stack.
	let thread = thread::Builder::new().name("metadata-hash".into()).stack_size(STACK_SIZE);
	let running = thread.spawn(compute).map_err(|error| format!("no thread: {error}"))?;
	running.join().map_err(|_| "the metadata cannot be hashed".to_owned())?
}

/// Returns all calls by their indexes. The hash covers the types, starting from the type of all calls, but not the list
/// of pallets, where software looks calls up. So this checks that both agree.
fn calls(metadata: &RuntimeMetadataV15) -> Read<Vec<PinnedCall>> {
	let types = &metadata.types;
	let is_in_place = |(at, ty): (usize, &scale_info::PortableType)| ty.id as usize == at;
	if types.types.len() > MAX_TYPES || !types.types.iter().enumerate().all(is_in_place) {
		return Err(format!("the metadata has more than {MAX_TYPES} types, or not in their order"));
	}
	let any_call = metadata.extrinsic.call_ty.id;
	if metadata.outer_enums.call_enum_ty.id != any_call {
		return Err("the metadata has two types of calls".into());
	}
	let of_all = variants(types, any_call)?;
	check_pallets(&metadata.pallets, of_all)?;
	let mut calls = Vec::new();
	for of_pallet in &of_all.variants {
		let [inner] = of_pallet.fields.as_slice() else {
			return Err(format!("the calls of {} are not a single type", of_pallet.name));
		};
		let pallet = metadata.pallets.iter().find(|pallet| pallet.name == of_pallet.name);
		let is_same = pallet.is_some_and(|pallet| {
			let ty = pallet.calls.as_ref().map(|calls| calls.ty.id);
			pallet.index == of_pallet.index && ty == Some(inner.ty.id)
		});
		if !is_same {
			return Err(format!(
				"the metadata is inconsistent about the calls of {}",
				of_pallet.name
			));
		}
		for call in &variants(types, inner.ty.id)?.variants {
			if calls.len() == format::MAX_CALLS {
				return Err("the metadata has too many calls".into());
			}
			calls.push(PinnedCall {
				pallet: of_pallet.name.clone(),
				name: call.name.clone(),
				indexes: [of_pallet.index, call.index],
				arguments_hash: hash_of_arguments(call, types, any_call)?,
				arguments: readable(call, types),
			});
		}
	}
	calls.sort_by_key(|call| call.indexes);
	Ok(calls)
}

/// Checks that names and indexes of pallets are unique, and that each pallet with calls is in the type of all calls.
fn check_pallets(
	pallets: &[PalletMetadata<PortableForm>],
	of_all: &TypeDefVariant<PortableForm>,
) -> Read<()> {
	let names: BTreeSet<_> = pallets.iter().map(|pallet| &pallet.name).collect();
	let indexes: BTreeSet<_> = pallets.iter().map(|pallet| pallet.index).collect();
	if names.len() != pallets.len() || indexes.len() != pallets.len() {
		return Err("the metadata has two pallets of one name or index".into());
	}
	let named = |name: &String| of_all.variants.iter().any(|variant| variant.name == *name);
	let left_out = pallets.iter().find(|pallet| pallet.calls.is_some() && !named(&pallet.name));
	match left_out {
		None => Ok(()),
		Some(pallet) => Err(format!("the type of all calls leaves out those of {}", pallet.name)),
	}
}

fn resolve(types: &Registry, id: u32) -> Read<&Type<PortableForm>> {
	types.resolve(id).ok_or_else(|| format!("the metadata has no type {id}"))
}

fn variants(types: &Registry, id: u32) -> Read<&TypeDefVariant<PortableForm>> {
	match &resolve(types, id)?.type_def {
		TypeDef::Variant(variants) => Ok(variants),
		_ => Err("the calls are no enum".into()),
	}
}

/// The types of a call's arguments, each described once, in the order of their first use.
struct Described<'a> {
	types: &'a Registry,
	any_call: u32,
	numbers: BTreeMap<u32, u32>,
	waiting: Vec<u32>,
	encoded: Vec<u8>,
}

/// Hashes everything that determines the encoding and meaning of a call's arguments: the structure of their types, and
/// the names in them.
fn hash_of_arguments(
	call: &Variant<PortableForm>,
	types: &Registry,
	any_call: u32,
) -> Read<Digest> {
	let mut described = Described {
		types,
		any_call,
		numbers: BTreeMap::new(),
		waiting: Vec::new(),
		encoded: Vec::new(),
	};
	described.fields(&call.fields);
	let mut next = 0;
	while let Some(id) = described.waiting.get(next).copied() {
		described.one(id)?;
		next = next.saturating_add(1);
	}
	Ok(Digest(sp_crypto_hashing::blake2_256(&described.encoded)))
}

impl Described<'_> {
	/// Adds a part to the hash.
	fn add(&mut self, part: impl Encode) {
		part.encode_to(&mut self.encoded);
	}

	/// Refers to a type, and queues its description once.
	fn refer(&mut self, id: u32) {
		let number = if id == self.any_call {
			ANY_CALL
		} else if let Some(number) = self.numbers.get(&id) {
			*number
		} else {
			let number = u32::try_from(self.waiting.len()).unwrap_or(ANY_CALL);
			self.numbers.insert(id, number);
			self.waiting.push(id);
			number
		};
		self.add(number);
	}

	fn fields(&mut self, fields: &Fields) {
		self.add(fields.len() as u64);
		for field in fields {
			self.add(&field.name);
			self.refer(field.ty.id);
		}
	}

	fn one(&mut self, id: u32) -> Read<()> {
		let ty = resolve(self.types, id)?;
		self.add(ty.path.segments.last());
		match &ty.type_def {
			TypeDef::Composite(composite) => {
				self.add(0u8);
				self.fields(&composite.fields);
			},
			TypeDef::Variant(variants) => {
				self.add(1u8);
				self.add(variants.variants.len() as u64);
				for variant in &variants.variants {
					self.add((&variant.name, variant.index));
					self.fields(&variant.fields);
				}
			},
			TypeDef::Sequence(sequence) => {
				self.add(2u8);
				self.refer(sequence.type_param.id);
			},
			TypeDef::Array(array) => {
				self.add((3u8, array.len));
				self.refer(array.type_param.id);
			},
			TypeDef::Tuple(tuple) => {
				self.add((4u8, tuple.fields.len() as u64));
				tuple.fields.iter().for_each(|field| self.refer(field.id));
			},
			TypeDef::Primitive(primitive) => self.add((5u8, primitive)),
			TypeDef::Compact(compact) => {
				self.add(6u8);
				self.refer(compact.type_param.id);
			},
			TypeDef::BitSequence(bits) => {
				self.add(7u8);
				self.refer(bits.bit_store_type.id);
				self.refer(bits.bit_order_type.id);
			},
		}
		Ok(())
	}
}

/// Formats the arguments of a call as in its source: `(stream: StreamId)`.
fn readable(call: &Variant<PortableForm>, types: &Registry) -> String {
	let of_type = |field: &Field<PortableForm>| {
		let path = types.resolve(field.ty.id).and_then(|ty| ty.path.segments.last().cloned());
		field.type_name.clone().or(path).unwrap_or_else(|| "?".into())
	};
	let arguments = call.fields.iter().map(|field| match &field.name {
		Some(name) => format!("{name}: {}", of_type(field)),
		None => of_type(field),
	});
	let text = format!("({})", arguments.collect::<Vec<_>>().join(", "));
	let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
	let shown = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
	words.chars().map(shown).take(format::MAX_ARGUMENTS).collect()
}
