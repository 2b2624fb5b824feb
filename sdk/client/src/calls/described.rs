//! Readable descriptions of calls, for an organization that is asked for its consent.

use credio_primitives::{AccountId, text::Visible};
use scale_info::{PortableRegistry, TypeDef, TypeDefPrimitive};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use subxt::{
	Metadata,
	ext::scale_value::{Composite, Primitive, Value, ValueDef, scale},
};

/// Pallets without nested calls, so that describing a call ends. A bundle takes calls of these pallets only.
const PALLETS: [&str; 4] = ["Organizations", "Anchor", "Records", "Grants"];
/// Further pallets without nested calls, for calls of the council.
const GOVERNED: [&str; 5] = ["System", "Session", "Grandpa", "CouncilMembership", "Validators"];
/// Arguments that are shown as text where possible.
const TEXTS: [&str; 3] = ["name", "purpose", "reason"];

/// A readable call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribedCall {
	/// `Pallet.call`.
	pub call: String,
	/// Its arguments by name: bytes as `0x` hex, accounts in SS58, names and purposes as text.
	pub arguments: Map<String, Json>,
}

impl DescribedCall {
	/// Decodes a call with the chain's metadata; `None` for a call that a bundle does not take.
	#[must_use]
	pub fn new(encoded: &[u8], metadata: &Metadata) -> Option<Self> {
		let pallet = metadata.pallet_by_call_index(*encoded.first()?)?;
		if !PALLETS.contains(&pallet.name()) {
			return None;
		}
		Self::of_plain(encoded, metadata)
	}

	/// Decodes the call of a motion of the council; `None` if this software cannot show it.
	#[must_use]
	pub fn of_motion(encoded: &[u8], metadata: &Metadata) -> Option<Self> {
		let (pallet, index) = (metadata.pallet_by_call_index(*encoded.first()?)?, encoded.get(1)?);
		if pallet.name() == "Governance" {
			let call = pallet.call_variant_by_index(*index)?;
			let inner = Self::of_governance(encoded.get(2..)?, metadata)?;
			let name = format!("{}.{}: {}", pallet.name(), call.name, inner.call);
			return Some(Self { call: name, arguments: inner.arguments });
		}
		Self::of_governance(encoded, metadata)
	}

	fn of_governance(encoded: &[u8], metadata: &Metadata) -> Option<Self> {
		let pallet = metadata.pallet_by_call_index(*encoded.first()?)?;
		let is_plain = PALLETS.iter().chain(&GOVERNED).any(|plain| *plain == pallet.name());
		is_plain.then(|| Self::of_plain(encoded, metadata)).flatten()
	}

	/// Decodes a call without nested calls.
	fn of_plain(encoded: &[u8], metadata: &Metadata) -> Option<Self> {
		let mut input = encoded;
		let ty = metadata.outer_enums().call_enum_ty();
		let call = scale::decode_as_type(&mut input, ty, metadata.types()).ok()?;
		if !input.is_empty() {
			return None;
		}
		let ValueDef::Variant(of_pallet) = call.value else { return None };
		let ValueDef::Variant(call) = of_pallet.values.into_values().next()?.value else {
			return None;
		};
		let name = format!("{}.{}", of_pallet.name, call.name);
		let arguments = match fields(call.values, false, metadata.types()) {
			Json::Object(arguments) => arguments,
			_ => Map::new(),
		};
		Some(Self { call: name, arguments })
	}
}

/// Returns the first bytes of hex that is too long to be shown, and the number of all bytes.
fn long_hex(text: &str) -> Option<(&str, usize)> {
	let digits = text.strip_prefix("0x")?;
	let is_long = text.len() > 200 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
	Some((text.get(..66)?, digits.len() / 2)).filter(|_| is_long)
}

/// One line for each argument, no matter what others have written into the call: see [`Visible`].
impl std::fmt::Display for DescribedCall {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		write!(f, "{}", Visible(&self.call))?;
		for (name, value) in &self.arguments {
			match value {
				Json::String(text) => match long_hex(text) {
					Some((head, bytes)) => write!(f, "\n  {name}: {head}… ({bytes} bytes)")?,
					None => write!(f, "\n  {name}: {}", Visible(text))?,
				},
				other => write!(f, "\n  {name}: {}", Visible(&other.to_string()))?,
			}
		}
		Ok(())
	}
}

/// Converts a value to JSON. With `is_text`, bytes that are valid text become text.
fn json(value: Value<u32>, is_text: bool, types: &PortableRegistry) -> Json {
	let of_bytes = is_bytes(value.context, types);
	let is_account = types
		.resolve(value.context)
		.is_some_and(|ty| ty.path.ident().as_deref() == Some("AccountId32"));
	match value.value {
		ValueDef::Primitive(primitive) => match primitive {
			Primitive::Bool(value) => Json::Bool(value),
			Primitive::Char(value) => Json::String(value.into()),
			Primitive::String(value) => Json::String(value),
			Primitive::U128(value) => match u64::try_from(value) {
				Ok(value) => value.into(),
				Err(_) => Json::String(value.to_string()),
			},
			Primitive::I128(value) => Json::String(value.to_string()),
			Primitive::U256(bytes) | Primitive::I256(bytes) => shown(&bytes, false),
		},
		ValueDef::BitSequence(bits) => Json::String(format!("{bits:?}")),
		ValueDef::Variant(variant) => {
			let is_some = variant.name == "Some";
			match variant.values.is_empty() {
				true if variant.name == "None" => Json::Null,
				true => Json::String(variant.name),
				false => match fields(variant.values, is_text, types) {
					inner if is_some => inner,
					inner => Json::Object([(variant.name, inner)].into_iter().collect()),
				},
			}
		},
		ValueDef::Composite(values) if of_bytes => {
			let bytes = bytes(values);
			match <[u8; 32]>::try_from(bytes.as_slice()) {
				Ok(account) if is_account => Json::String(AccountId::from(account).to_string()),
				_ => shown(&bytes, is_text),
			}
		},
		ValueDef::Composite(values) => match is_list(value.context, types) {
			true => values.into_values().map(|item| json(item, false, types)).collect(),
			false => fields(values, is_text, types),
		},
	}
}

/// The fields of a structure, or the content of a wrapper.
fn fields(values: Composite<u32>, is_text: bool, types: &PortableRegistry) -> Json {
	match values {
		Composite::Named(fields) => {
			let fields = fields.into_iter().map(|(name, value)| {
				let is_text = TEXTS.contains(&name.as_str());
				let shown = json(value, is_text, types);
				(name, shown)
			});
			Json::Object(fields.collect())
		},
		Composite::Unnamed(mut items) if items.len() == 1 => json(items.remove(0), is_text, types),
		Composite::Unnamed(items) => {
			items.into_iter().map(|item| json(item, is_text, types)).collect()
		},
	}
}

fn is_list(ty: u32, types: &PortableRegistry) -> bool {
	types
		.resolve(ty)
		.is_some_and(|ty| matches!(ty.type_def, TypeDef::Sequence(_) | TypeDef::Array(_)))
}

/// Whether values of a type are bytes, possibly in wrappers.
fn is_bytes(ty: u32, types: &PortableRegistry) -> bool {
	let item = match types.resolve(ty).map(|ty| &ty.type_def) {
		Some(TypeDef::Sequence(list)) => list.type_param.id,
		Some(TypeDef::Array(list)) => list.type_param.id,
		Some(TypeDef::Composite(of)) => match of.fields.as_slice() {
			[wrapped] => return is_bytes(wrapped.ty.id, types),
			_ => return false,
		},
		_ => return false,
	};
	types
		.resolve(item)
		.is_some_and(|ty| matches!(ty.type_def, TypeDef::Primitive(TypeDefPrimitive::U8)))
}

/// The bytes of a value that [`is_bytes`].
fn bytes(values: Composite<u32>) -> Vec<u8> {
	values
		.into_values()
		.flat_map(|value| match value.value {
			ValueDef::Composite(inner) => bytes(inner),
			ValueDef::Primitive(Primitive::U128(byte)) => u8::try_from(byte).into_iter().collect(),
			_ => Vec::new(),
		})
		.collect()
}

fn shown(bytes: &[u8], is_text: bool) -> Json {
	match std::str::from_utf8(bytes) {
		Ok(text) if is_text && !text.chars().any(char::is_control) => Json::String(text.into()),
		_ => Json::String(format!("0x{}", hex::encode(bytes))),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn described(arguments: impl IntoIterator<Item = (String, Json)>) -> String {
		let arguments = arguments.into_iter().collect();
		DescribedCall { call: "Grants.grant".into(), arguments }.to_string()
	}

	#[test]
	fn only_bytes_are_truncated() {
		let hex = format!("0x{}", "ab".repeat(150));
		let shown = described([("data".into(), Json::String(hex))]);
		assert_eq!(shown, format!("Grants.grant\n  data: 0x{}… (150 bytes)", "ab".repeat(32)));
		// A purpose that looks like hex bytes is shown in full.
		let purpose = format!("0x{}", "é".repeat(150));
		let shown = described([("purpose".into(), Json::String(purpose.clone()))]);
		assert_eq!(shown, format!("Grants.grant\n  purpose: {purpose}"));
	}

	proptest! {
		#[test]
		fn hostile_text_neither_panics_nor_adds_a_line(
			prefix in prop::sample::select(vec!["", "0x"]),
			text in proptest::collection::vec(any::<char>(), 0..300),
		) {
			let text = format!("{prefix}{}", text.into_iter().collect::<String>());
			let list = Json::Array(vec![Json::String(text.clone())]);
			let shown = described([("a".into(), Json::String(text)), ("b".into(), list)]);
			prop_assert_eq!(shown.lines().count(), 3);
			prop_assert!(shown.chars().all(|c| c == '\n' || credio_primitives::text::is_visible(c)));
		}
	}
}
