//! A pin as text, one fact a line:
//!
//! ```text
//! credio runtime 1
//! spec-version 6
//! transaction-version 2
//! metadata-hash 0x…
//! extension CheckNonZeroSender
//! call 51.1 Anchor.seal_stream 0x… (stream: StreamId)
//! ```
//!
//! Each pin has exactly one text: calls are sorted by their indexes, and other forms are rejected.

use super::{PinnedCall, RuntimePin};
use credio_primitives::Digest;
use std::{fmt, str::FromStr};

/// First line of a pin, with the version of the format.
pub(super) const HEADER: &str = "credio runtime 1";
/// Maximum size of a pin's text.
pub(super) const MAX_SIZE: usize = 256 * 1024;
/// Maximum number of calls.
pub(super) const MAX_CALLS: usize = 1_024;
/// Maximum number of transaction extensions.
pub(super) const MAX_EXTENSIONS: usize = 64;
/// Maximum length of the name of a pallet, call or extension.
pub(super) const MAX_NAME: usize = 64;
/// Maximum length of the description of a call's arguments.
pub(super) const MAX_ARGUMENTS: usize = 512;

impl fmt::Display for RuntimePin {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(f, "{HEADER}")?;
		writeln!(f, "spec-version {}", self.spec_version)?;
		writeln!(f, "transaction-version {}", self.transaction_version)?;
		writeln!(f, "metadata-hash {}", self.metadata_hash)?;
		for extension in &self.extensions {
			writeln!(f, "extension {extension}")?;
		}
		for call in &self.calls {
			let PinnedCall { indexes: [pallet, index], arguments_hash, arguments, .. } = call;
			writeln!(f, "call {pallet}.{index} {call} {arguments_hash} {arguments}")?;
		}
		Ok(())
	}
}

/// The error is the reason in words.
impl FromStr for RuntimePin {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		if text.len() > MAX_SIZE {
			return Err(format!("it has more than {MAX_SIZE} bytes"));
		}
		let mut lines = text.lines();
		if lines.next() != Some(HEADER) {
			return Err(format!("it does not begin with {HEADER:?}"));
		}
		let spec_version = value_of(lines.next(), "spec-version")?;
		let transaction_version = value_of(lines.next(), "transaction-version")?;
		let metadata_hash = value_of(lines.next(), "metadata-hash")?;
		let mut pin = Self {
			spec_version,
			transaction_version,
			metadata_hash,
			extensions: Vec::new(),
			calls: Vec::new(),
		};
		for line in lines {
			let unfit = || {
				let beginning = line.chars().take(MAX_NAME).collect::<String>();
				format!("it has an unknown line: {beginning:?}")
			};
			match line.split_once(' ').ok_or_else(unfit)? {
				("extension", name) if pin.extensions.len() < MAX_EXTENSIONS => {
					pin.extensions.push(check_name(name)?.into());
				},
				("call", rest) if pin.calls.len() < MAX_CALLS => {
					pin.calls.push(call(rest).ok_or_else(unfit)?);
				},
				_ => return Err(unfit()),
			}
		}
		pin.check()?;
		match pin.to_string() == text {
			true => Ok(pin),
			false => Err("it is not in canonical form".into()),
		}
	}
}

impl RuntimePin {
	/// Checks that names and indexes of calls are unique and sorted, and the limits.
	pub(super) fn check(&self) -> Result<(), String> {
		if self.extensions.len() > MAX_EXTENSIONS || self.calls.len() > MAX_CALLS {
			return Err("the runtime has too many calls or extensions".into());
		}
		self.extensions.iter().try_for_each(|name| check_name(name).map(|_| ()))?;
		let mut names = std::collections::BTreeSet::new();
		let mut before = None;
		for call in &self.calls {
			check_name(&call.pallet)?;
			check_name(&call.name)?;
			let is_visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
			if call.arguments.len() > MAX_ARGUMENTS || !call.arguments.bytes().all(is_visible) {
				return Err(format!("the arguments of {call} cannot be shown"));
			}
			if before.replace(call.indexes).is_some_and(|before| before >= call.indexes) {
				return Err(format!("{call} is not in the order of the indexes"));
			}
			if !names.insert((&call.pallet, &call.name)) {
				return Err(format!("there are two calls {call}"));
			}
		}
		Ok(())
	}
}

/// Checks that a name is a Rust identifier.
pub(super) fn check_name(name: &str) -> Result<&str, String> {
	let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
	match !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_plain) {
		true => Ok(name),
		false => Err(format!("{:?} is no name", name.chars().take(MAX_NAME).collect::<String>())),
	}
}

/// Returns the value on a line that begins with this word.
fn value_of<Value: FromStr>(line: Option<&str>, word: &str) -> Result<Value, String> {
	let value = line.and_then(|line| line.strip_prefix(word)?.strip_prefix(' ')?.parse().ok());
	value.ok_or_else(|| format!("it does not say its {word} where it should"))
}

/// Parses a call, without the word before it.
fn call(text: &str) -> Option<PinnedCall> {
	let (indexes, rest) = text.split_once(' ')?;
	let (full_name, rest) = rest.split_once(' ')?;
	let (hash, arguments) = rest.split_once(' ')?;
	let (pallet_index, call_index) = indexes.split_once('.')?;
	let (pallet, name) = full_name.split_once('.')?;
	let arguments_hash: Digest = hash.parse().ok()?;
	Some(PinnedCall {
		pallet: pallet.into(),
		name: name.into(),
		indexes: [pallet_index.parse().ok()?, call_index.parse().ok()?],
		arguments_hash,
		arguments: arguments.into(),
	})
}
