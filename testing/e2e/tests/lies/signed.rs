//! Checks of a client's messages under lies: they contain no secret, and only the intended calls are signed.

use serde_json::Value as Json;
use subxt::{
	Metadata,
	ext::{
		codec::{Compact, Decode},
		scale_value::{Value, ValueDef, scale},
	},
};

/// The call that submits a request.
const SUBMIT: &str = "Idempotency.submit";
/// Signed, by an account that is named by its id.
const SIGNED_BY_ID: [u8; 2] = [0x84, 0];

/// The calls that may be signed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meant<'a> {
	/// A request of such calls.
	Request(&'a [&'a str]),
	/// A vote on a motion by its hash, and to close that motion.
	Vote { motion: [u8; 32], agree: bool },
}

/// Checks all messages of a client: a secret appears neither as text nor in hex, and only permitted calls are signed.
pub(super) fn check(
	metadata: &Metadata,
	messages: &[String],
	secret: &[u8],
	meant: Meant<'_>,
) -> Result<(), String> {
	let text = String::from_utf8_lossy(secret).into_owned();
	let secret = hex::encode(secret);
	for message in messages {
		if message.contains(&text) || message.contains(&secret) {
			return Err(format!("it gave away what is secret: {message}"));
		}
		let Ok(call) = serde_json::from_str::<Json>(message) else { continue };
		let method = call["method"].as_str().unwrap_or_default();
		let submits = ["credio_v1_upload", "author_submit", "transaction"];
		if !submits.iter().any(|beginning| method.starts_with(beginning)) {
			continue;
		}
		let extrinsic = call["params"][0].as_str().unwrap_or_default();
		let extrinsic = hex::decode(extrinsic.trim_start_matches("0x")).unwrap_or_default();
		let call =
			call_of(&extrinsic).ok_or("it signed what is no transaction of this software")?;
		let names = names_in(metadata, call);
		if !is_meant(&names, call, meant) {
			return Err(format!("it signed {names:?}"));
		}
	}
	Ok(())
}

fn is_meant(names: &[String], call: &[u8], meant: Meant<'_>) -> bool {
	let Some((outer, inner)) = names.split_first() else { return false };
	match meant {
		Meant::Request(calls) => {
			outer == SUBMIT && inner.iter().all(|name| calls.contains(&name.as_str()))
		},
		// Both begin with the hash of the motion, after the two indexes of the call.
		Meant::Vote { motion, .. } if call.get(2..34) != Some(&motion[..]) => false,
		Meant::Vote { agree, .. } => {
			inner.is_empty()
				&& (outer == "Council.close"
					|| (outer == "Council.vote" && call.last() == Some(&u8::from(agree))))
		},
	}
}

/// The call of a transaction, as this software signs it: after the signature, it carries its era, its nonce and whether the
/// metadata's hash was signed.
fn call_of(extrinsic: &[u8]) -> Option<&[u8]> {
	let mut rest = extrinsic;
	let length = Compact::<u32>::decode(&mut rest).ok()?.0;
	let rest = rest.strip_prefix(&SIGNED_BY_ID).filter(|_| rest.len() == length as usize)?;
	let (kind, rest) = rest.get(32..)?.split_first()?;
	let rest = rest.get(if *kind < 2 { 64 } else { 65 }..)?;
	let mut rest = rest.get(if *rest.first()? == 0 { 1 } else { 2 }..)?;
	Compact::<u64>::decode(&mut rest).ok()?;
	rest.get(1..)
}

/// The names of a call and of those in it.
fn names_in(metadata: &Metadata, mut call: &[u8]) -> Vec<String> {
	let of_call = metadata.outer_enums().call_enum_ty();
	let call = scale::decode_as_type(&mut call, of_call, metadata.types());
	let mut found = Vec::new();
	names(&call.expect("it is a call of the runtime"), of_call, &mut found);
	found
}

fn names(value: &Value<u32>, of_call: u32, found: &mut Vec<String>) {
	match &value.value {
		ValueDef::Variant(pallet) => {
			if value.context == of_call
				&& let Some(ValueDef::Variant(call)) =
					pallet.values.values().next().map(|inner| &inner.value)
			{
				found.push(format!("{}.{}", pallet.name, call.name));
			}
			pallet.values.values().for_each(|inner| names(inner, of_call, found));
		},
		ValueDef::Composite(values) => {
			values.values().for_each(|inner| names(inner, of_call, found));
		},
		_ => {},
	}
}
