//! The runtimes that clients sign for, pinned, so that no node decides about what a member signs.
//!
//! A node reports its runtime's calls and their encoding. If it swapped two indexes, a member would sign another call
//! than intended. So a client signs only for pinned runtimes, encodes calls by the pin, and signs the hash of the
//! runtime's metadata along (extension `CheckMetadataHash`): the chain rejects a transaction that was signed for
//! another runtime.
//!
//! The runtimes of this release and of the one before are built in. Members pin a newer one once they have its hash
//! from the council: `credio trust runtime`.

mod file;
mod format;
mod metadata;
#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use credio_primitives::Digest;
use std::{
	fmt,
	path::{Path, PathBuf},
	sync::{Arc, LazyLock},
};

/// Pins of the known runtimes, the oldest first.
const BUILT_IN: &[&str] =
	&[include_str!("../runtimes/6.runtime"), include_str!("../runtimes/7.runtime")];

static KNOWN: LazyLock<Vec<Arc<RuntimePin>>> = LazyLock::new(|| {
	let parsed = BUILT_IN.iter().filter_map(|text| text.parse().ok());
	parsed.map(Arc::new).collect()
});

/// Returns the runtime of this software's calls: the newest built-in one.
fn own() -> Option<&'static Arc<RuntimePin>> {
	KNOWN.last()
}

/// The pin of a runtime: its versions, metadata hash and calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimePin {
	/// Its version.
	pub spec_version: u32,
	/// Version of its transaction format.
	pub transaction_version: u32,
	/// Hash of its metadata by RFC 78, with the token `CRED` of 0 decimals and the SS58 prefix 42.
	pub metadata_hash: Digest,
	/// Names of its transaction extensions, in order.
	pub extensions: Vec<String>,
	/// Its calls, by their indexes.
	pub calls: Vec<PinnedCall>,
}

/// A call of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedCall {
	/// Its pallet.
	pub pallet: String,
	/// Its name.
	pub name: String,
	/// Index of the pallet, and of the call in it.
	pub indexes: [u8; 2],
	/// Hash of the types of its arguments, including nested types. Calls in arguments count as one type.
	pub arguments_hash: Digest,
	/// Its arguments, readable.
	pub arguments: String,
}

/// A difference between the calls of two runtimes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
	/// A new call.
	Added(PinnedCall),
	/// A removed call.
	Removed(PinnedCall),
	/// A call with new indexes.
	Moved {
		/// The call.
		call: PinnedCall,
		/// Its earlier indexes.
		from: [u8; 2],
	},
	/// A call with other arguments.
	Arguments {
		/// The call.
		call: PinnedCall,
		/// Its earlier arguments.
		from: String,
	},
	/// Transactions have other extensions.
	Extensions {
		/// The present extensions.
		now: Vec<String>,
		/// The earlier extensions.
		from: Vec<String>,
	},
}

impl PinnedCall {
	fn is_named(&self, pallet: &str, name: &str) -> bool {
		self.pallet == pallet && self.name == name
	}
}

/// Its name, as `Pallet.call`.
impl fmt::Display for PinnedCall {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}.{}", self.pallet, self.name)
	}
}

impl fmt::Display for Change {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let index = |[pallet, call]: [u8; 2]| format!("{pallet}.{call}");
		match self {
			Self::Added(call) => {
				write!(f, "added: {call} ({}) {}", index(call.indexes), call.arguments)
			},
			Self::Removed(call) => write!(f, "removed: {call} ({})", index(call.indexes)),
			Self::Moved { call, from } => {
				write!(f, "index changed: {call} from {} to {}", index(*from), index(call.indexes))
			},
			Self::Arguments { call, from } if *from == call.arguments => {
				write!(f, "a type within the arguments changed: {call} {from}")
			},
			Self::Arguments { call, from } => {
				write!(f, "arguments changed: {call} from {from} to {}", call.arguments)
			},
			Self::Extensions { now, from } => {
				let (from, now) = (from.join(", "), now.join(", "));
				write!(f, "transaction extensions changed: from {from} to {now}")
			},
		}
	}
}

impl RuntimePin {
	/// Decodes a runtime from its metadata, in version 15 and encoded as the runtime returns it. Takes some
	/// milliseconds.
	///
	/// # Errors
	///
	/// If the metadata has another version, is too large, or is inconsistent.
	pub fn from_metadata(
		metadata: &[u8],
		spec_version: u32,
		transaction_version: u32,
	) -> std::result::Result<Self, String> {
		metadata::read(metadata, spec_version, transaction_version)
	}

	/// Returns a call by its name.
	#[must_use]
	pub fn call(&self, pallet: &str, name: &str) -> Option<&PinnedCall> {
		self.calls.iter().find(|call| call.is_named(pallet, name))
	}

	/// Whether this software encodes a call with the arguments that this runtime takes.
	#[must_use]
	pub fn takes_own_arguments(&self, call: &PinnedCall) -> bool {
		let known = own().and_then(|own| own.call(&call.pallet, &call.name));
		known.is_some_and(|known| known.arguments_hash == call.arguments_hash)
	}

	/// Returns the differences of its calls to an earlier runtime, in the order of their indexes.
	pub fn changes_since(&self, earlier: &Self) -> Vec<Change> {
		let mut changes = Vec::new();
		if self.extensions != earlier.extensions {
			let (now, from) = (self.extensions.clone(), earlier.extensions.clone());
			changes.push(Change::Extensions { now, from });
		}
		for call in &self.calls {
			let Some(before) = earlier.call(&call.pallet, &call.name) else {
				changes.push(Change::Added(call.clone()));
				continue;
			};
			if before.indexes != call.indexes {
				changes.push(Change::Moved { call: call.clone(), from: before.indexes });
			}
			if before.arguments_hash != call.arguments_hash {
				let from = before.arguments.clone();
				changes.push(Change::Arguments { call: call.clone(), from });
			}
		}
		let is_gone = |call: &&PinnedCall| self.call(&call.pallet, &call.name).is_none();
		changes.extend(earlier.calls.iter().filter(is_gone).cloned().map(Change::Removed));
		changes
	}
}

/// The runtimes that a client signs for: the built-in ones, and those of a file of the member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtimes {
	file: Option<PathBuf>,
}

impl Runtimes {
	/// Returns the built-in runtimes.
	#[must_use]
	pub fn built_in() -> Self {
		Self::default()
	}

	/// Returns the built-in runtimes and those of a file. The file need not exist, and is read again for each runtime
	/// that is not built in.
	#[must_use]
	pub fn with_file(file: PathBuf) -> Self {
		Self { file: Some(file) }
	}

	/// Returns the file that runtimes are added to.
	#[must_use]
	pub fn file(&self) -> Option<&Path> {
		self.file.as_deref()
	}

	/// Returns the pin of a runtime. Built-in pins take precedence over the file.
	///
	/// # Errors
	///
	/// [`Error::Argument`] if the file cannot be read.
	pub fn find(&self, spec_version: u32) -> Result<Option<Arc<RuntimePin>>> {
		let is_wanted = |pin: &&Arc<RuntimePin>| pin.spec_version == spec_version;
		if let Some(known) = KNOWN.iter().find(is_wanted) {
			return Ok(Some(known.clone()));
		}
		Ok(self.added()?.iter().find(is_wanted).cloned())
	}

	/// Returns the pin of the newest runtime.
	///
	/// # Errors
	///
	/// [`Error::Argument`] if the file cannot be read.
	pub fn newest(&self) -> Result<Option<Arc<RuntimePin>>> {
		let added = self.added()?;
		Ok(KNOWN.iter().chain(&added).max_by_key(|pin| pin.spec_version).cloned())
	}

	/// Adds a runtime to the file. Does nothing for a known one.
	///
	/// # Errors
	///
	/// [`Error::Argument`] without a file, if it cannot be read or written, or if another runtime of that version is
	/// known.
	pub fn trust(&self, pin: &RuntimePin) -> Result<()> {
		let Some(file) = &self.file else {
			return Err(Error::Argument("no file for trusted runtimes is set".into()));
		};
		let _lock = file::lock(file)?;
		match self.find(pin.spec_version)? {
			Some(known) if *known == *pin => Ok(()),
			Some(known) => Err(Error::Argument(format!(
				"another runtime {} is trusted already, of the metadata hash {}",
				pin.spec_version, known.metadata_hash
			))),
			None => {
				let mut added = self.added()?;
				added.push(Arc::new(pin.clone()));
				file::write(file, &added)
			},
		}
	}

	fn added(&self) -> Result<Vec<Arc<RuntimePin>>> {
		self.file.as_deref().map_or_else(|| Ok(Vec::new()), file::read)
	}
}
