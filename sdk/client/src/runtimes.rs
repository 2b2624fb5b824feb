//! Runtimes that clients sign for: what is known of each, so that no node decides what a member signs.
//!
//! A node says which calls its runtime has and how they are encoded. With two of their indexes swapped, a member would
//! sign another call than the one it means. So a client signs only for runtimes that are pinned, encodes calls by the
//! pin, and signs the hash of the runtime's metadata along (extension `CheckMetadataHash`): the chain itself refuses what
//! was signed for another runtime.
//!
//! The runtimes of this release and of the one before are built in. A newer one is pinned by its members, once they have
//! its hash from the council: `credio trust runtime`.

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

/// Pins of the runtimes that this software knows, the oldest first.
const BUILT_IN: &[&str] =
	&[include_str!("../runtimes/5.runtime"), include_str!("../runtimes/6.runtime")];

static KNOWN: LazyLock<Vec<Arc<RuntimePin>>> = LazyLock::new(|| {
	let parsed = BUILT_IN.iter().filter_map(|text| text.parse().ok());
	parsed.map(Arc::new).collect()
});

/// The runtime whose calls this software makes: the newest one that is built in.
fn own() -> Option<&'static Arc<RuntimePin>> {
	KNOWN.last()
}

/// What is known of a runtime: its name among all, and its calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimePin {
	/// Its version.
	pub spec_version: u32,
	/// Version of its transaction format.
	pub transaction_version: u32,
	/// Hash of its metadata, as RFC 78 defines it, with the token `CRED` of 0 decimals and the SS58 prefix 42.
	pub metadata_hash: Digest,
	/// Names of its transaction extensions, in their order.
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
	/// Hash of the types of its arguments, down to the last one. Calls that are arguments themselves count as one type.
	pub arguments_hash: Digest,
	/// Its arguments, for people.
	pub arguments: String,
}

/// How the calls of one runtime differ from those of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
	/// A call that was not there.
	Added(PinnedCall),
	/// A call that is not there any more.
	Removed(PinnedCall),
	/// A call that has other indexes.
	Moved {
		/// The call as it is.
		call: PinnedCall,
		/// The indexes that it had.
		from: [u8; 2],
	},
	/// A call that has other arguments.
	Arguments {
		/// The call as it is.
		call: PinnedCall,
		/// The arguments that it had.
		from: String,
	},
	/// Transactions carry something else beside their call.
	Extensions {
		/// The extensions as they are.
		now: Vec<String>,
		/// The extensions that there were.
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
	/// Reads a runtime from its metadata, in version 15 and encoded as the runtime returns it. Takes some
	/// milliseconds.
	///
	/// # Errors
	///
	/// What is wrong with the metadata: it is of another version, larger than can be, or contradicts itself.
	pub fn from_metadata(
		metadata: &[u8],
		spec_version: u32,
		transaction_version: u32,
	) -> std::result::Result<Self, String> {
		metadata::read(metadata, spec_version, transaction_version)
	}

	/// Returns a call by its name.
	pub fn call(&self, pallet: &str, name: &str) -> Option<&PinnedCall> {
		self.calls.iter().find(|call| call.is_named(pallet, name))
	}

	/// Returns whether this software makes a call with the arguments that it has in this runtime.
	pub fn takes_own_arguments(&self, call: &PinnedCall) -> bool {
		let known = own().and_then(|own| own.call(&call.pallet, &call.name));
		known.is_some_and(|known| known.arguments_hash == call.arguments_hash)
	}

	/// Returns how its calls differ from those of an earlier runtime, in the order of their indexes.
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

/// The runtimes that a client signs for: those that are built in, and those that its member has added to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Runtimes {
	file: Option<PathBuf>,
}

impl Runtimes {
	/// Those that are built in.
	pub fn built_in() -> Self {
		Self::default()
	}

	/// Those that are built in, and those of a file. It need not be there, and is read again whenever a runtime is met
	/// that is not built in.
	pub fn with_file(file: PathBuf) -> Self {
		Self { file: Some(file) }
	}

	/// Returns the file to which runtimes are added.
	pub fn file(&self) -> Option<&Path> {
		self.file.as_deref()
	}

	/// Returns the pin of a runtime. One that is built in comes before one of the file.
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

	/// Adds a runtime to the file. Does nothing if it is known.
	///
	/// # Errors
	///
	/// [`Error::Argument`] without a file, if it cannot be read or written, or if another runtime of that version is
	/// known.
	pub fn trust(&self, pin: &RuntimePin) -> Result<()> {
		let Some(file) = &self.file else {
			return Err(Error::Argument("there is no file to which runtimes are added".into()));
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
