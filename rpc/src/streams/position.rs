//! Entries that a subscription has yet to send.

use credio_primitives::{Entry, RecordId, Sequence};

/// How far a subscription has come.
pub(super) struct Position {
	/// Sequence number of the next entry to become final.
	pub next: Sequence,
	/// The entries from `next` on that were sent before they were final.
	ahead: Vec<RecordId>,
}

impl Position {
	/// Starts at a sequence number.
	pub(super) fn new(next: Sequence) -> Self {
		Self { next, ahead: Vec::new() }
	}

	/// Notes a final entry. Returns whether to send it.
	pub(super) fn settle(&mut self, entry: &Entry) -> bool {
		self.next = entry.header.sequence.saturating_add(1);
		if self.ahead.first() == Some(&entry.record_id) {
			self.ahead.remove(0);
			return false;
		}
		self.ahead.clear();
		true
	}

	/// Notes an entry that is not final. Returns whether to send it.
	pub(super) fn look_ahead(&mut self, entry: &Entry) -> bool {
		let offset = entry.header.sequence.saturating_sub(self.next) as usize;
		if self.ahead.get(offset) == Some(&entry.record_id) {
			return false;
		}
		self.ahead.truncate(offset);
		self.ahead.push(entry.record_id);
		true
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use credio_primitives::{AccountId, Digest, EntryBody, EntryHeader, StreamId};

	fn entry(sequence: Sequence, name: u8) -> Entry {
		Entry {
			record_id: RecordId([name; 32]),
			header: EntryHeader {
				stream: StreamId([0; 32]),
				sequence,
				organization: 0,
				author: AccountId::new([0; 32]),
				block: 1,
				body: EntryBody::DigestAnchor { commitment: Digest([0; 32]) },
			},
		}
	}

	#[test]
	fn entry_sent_before_it_was_final_is_not_sent_again() {
		let mut position = Position::new(3);
		assert!(position.look_ahead(&entry(3, 1)));
		assert!(position.look_ahead(&entry(4, 2)));
		assert!(!position.look_ahead(&entry(3, 1)));
		assert!(!position.settle(&entry(3, 1)));
		assert!(!position.look_ahead(&entry(4, 2)));
		assert!(!position.settle(&entry(4, 2)));
		assert!(position.settle(&entry(5, 3)));
		assert_eq!(position.next, 6);
	}

	#[test]
	fn changed_positions_are_sent_again_after_a_fork() {
		let mut position = Position::new(0);
		assert!(position.look_ahead(&entry(0, 1)));
		assert!(position.look_ahead(&entry(1, 2)));
		assert!(position.look_ahead(&entry(0, 9)));
		assert!(position.look_ahead(&entry(1, 2)));
		assert!(!position.settle(&entry(0, 9)));
		assert!(position.settle(&entry(1, 8)));
	}
}
