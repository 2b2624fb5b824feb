//! The proven and unproven facts, in words.

use crate::Verified;
use credio_primitives::{
	AccessRequestState, EntryBody, GrantStatus, OrganizationId, Permission, RecordId, Resource,
	StreamStatus,
	evidence::{Facts, Origin},
	grant::{NamedAccessRequest, NamedGrant},
};

/// Quotes text of others, without control characters.
fn quoted(text: &[u8]) -> String {
	format!("{:?}", String::from_utf8_lossy(text))
}

/// Formats a time in milliseconds since 1970 as date and time of day in UTC.
fn time(milliseconds: u64) -> String {
	let seconds = milliseconds / 1000;
	let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
	// Converts days to years, months and days, in eras of 400 years that start in March.
	let days = seconds / 86_400 + 719_468;
	let (era, day) = (days / 146_097, days % 146_097);
	let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
	let day = day - (365 * year + year / 4 - year / 100);
	let month = (5 * day + 2) / 153;
	let day = day - (153 * month + 2) / 5 + 1;
	let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
	let year = era * 400 + year + next;
	format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

fn changes(count: usize) -> String {
	match count {
		0 => "have not changed".into(),
		1 => "have changed once, by a block that those before made final".into(),
		more => {
			format!("have changed {more} times, each time by a block that those before made final")
		},
	}
}

fn permission(permission: Permission, resource: &Resource) -> &'static str {
	match (permission, resource) {
		(Permission::Read, Resource::Stream(_)) => "read the stream",
		(Permission::Read, Resource::Record(_)) => "read this record",
		(Permission::Append, _) => "append to the stream",
	}
}

fn replaced(supersedes: Option<RecordId>) -> String {
	supersedes.map_or_else(String::new, |id| format!(" It replaces the record {id}."))
}

/// Formats values of the facts.
struct Words<'a>(&'a Facts);

impl Words<'_> {
	fn organization(&self, id: OrganizationId) -> String {
		match self.0.organizations.get(&id) {
			Some(name) => format!("organization {id} ({})", quoted(name)),
			None => format!("organization {id}"),
		}
	}

	fn entry(&self) -> [String; 2] {
		let Facts { record_id, header, stream, .. } = self.0;
		[
			format!(
				"The entry {record_id} is at position {} of the stream {} ({}), which {} owns.",
				header.sequence,
				quoted(&stream.name),
				header.stream,
				self.organization(stream.owner)
			),
			format!(
				"It was appended in block {} by {}; the member {} signed for it.",
				header.block,
				self.organization(header.organization),
				header.author
			),
		]
	}

	fn body(&self) -> String {
		match &self.0.header.body {
			EntryBody::Record { epoch, commitment, size, supersedes } => {
				let digest = self.0.payload.map_or_else(String::new, |digest| {
					format!(" on the chain (blake2_256 of its encoding: {digest})")
				});
				let supersedes = replaced(*supersedes);
				format!(
					"It is a record of {size} bytes of ciphertext{digest}, encrypted under key epoch {epoch}; it commits to one \
					 document by the keyed commitment {commitment}.{supersedes}"
				)
			},
			EntryBody::Object { epoch, commitment, root, size, supersedes } => format!(
				"It is an object: {size} bytes of ciphertext in an object store, with the root {root}, encrypted under key epoch \
				 {epoch}; it commits to one document by the keyed commitment {commitment}.{}{}",
				replaced(*supersedes),
				self.erasure()
			),
			EntryBody::DigestAnchor { commitment } => format!(
				"It is an anchor, which commits to one document kept elsewhere by the keyed commitment {commitment}."
			),
			EntryBody::MerkleAnchor { root, leaves } => format!(
				"It is an anchor, which commits to {leaves} documents kept elsewhere by the Merkle root {root}."
			),
		}
	}

	fn erasure(&self) -> String {
		let Some((erasure, acknowledgements)) = &self.0.erasure else { return String::new() };
		let given = acknowledgements
			.iter()
			.map(|given| {
				format!("{} in block {}", self.organization(given.organization), given.block)
			})
			.collect::<Vec<_>>();
		let given = match given.as_slice() {
			[] => "No organization has acknowledged yet that it deleted its copies.".into(),
			given => format!("That they deleted their copies acknowledged: {}.", given.join(", ")),
		};
		format!(
			" It was erased in block {} by the stream's owner; the member {} signed for it. {given}",
			erasure.block, erasure.author
		)
	}

	fn stream(&self) -> String {
		let stream = &self.0.stream;
		let status = match stream.status {
			StreamStatus::Open => "open",
			StreamStatus::Sealed => "sealed: it takes no entries any more",
		};
		let epoch = match &self.0.epoch {
			None => String::new(),
			Some(epoch) if epoch.rotation_due => format!(
				" Its key epoch is {}, and the next one is due, since a grant has ended.",
				epoch.current
			),
			Some(epoch) => format!(" Its key epoch is {}.", epoch.current),
		};
		format!("The stream has {} entries and is {status}.{epoch}", stream.next_sequence)
	}

	fn origin(&self) -> Option<String> {
		let (origin, receipt) = self.0.origin.as_ref()?;
		let Origin { position, request_key } = origin;
		Some(match receipt {
			None => format!(
				"Its id is that of call {position} of the request {request_key}, whose receipt is not kept any more, or which a \
				 bundle held."
			),
			Some(receipt) => format!(
				"It is call {position} of the request {request_key}, which the chain has applied in block {} as extrinsic {}.",
				receipt.block, receipt.extrinsic_index
			),
		})
	}

	fn grant(&self, named: &NamedGrant) -> String {
		let NamedGrant { grant_id, grant, status } = named;
		let end = match grant.expires_at {
			None => "without end".into(),
			Some(end) => format!("until {}", time(end)),
		};
		let on = match grant.parent {
			None => String::new(),
			Some(parent) => format!(", given on under the grant {parent}"),
		};
		let holds = match status {
			GrantStatus::Active => "It holds at this block.",
			GrantStatus::Expired => "It has expired at this block.",
			GrantStatus::ParentEnded => "It has ended with the one above it.",
		};
		format!(
			"Grant {grant_id}: {} lets {} {}, from key epoch {} on, for the purpose {}, given in block {}, {end}{on}{}. \
			 {holds}",
			self.organization(grant.grantor),
			self.organization(grant.grantee),
			permission(grant.permission, &grant.resource),
			grant.from_epoch,
			quoted(&grant.purpose),
			grant.granted_at,
			if grant.delegable { "; it may be given on" } else { "" },
		)
	}

	fn grants(&self) -> Vec<String> {
		let mut sentences = self.0.grants.iter().map(|named| self.grant(named)).collect::<Vec<_>>();
		sentences.push(match sentences.is_empty() {
			true => "There is no grant on the stream or on the entry at this block.".into(),
			false => "There is no other grant on the stream or on the entry at this block.".into(),
		});
		sentences.extend(self.0.absent_grants.iter().map(|id| {
			format!(
				"Grant {id} is not there at this block: it was revoked, has expired, or never was."
			)
		}));
		sentences
	}

	fn access_request(&self, named: &NamedAccessRequest) -> String {
		let NamedAccessRequest { access_request_id, request } = named;
		let answer = match &request.state {
			AccessRequestState::Pending => "It waits for an answer.".into(),
			AccessRequestState::Approved(grant) => {
				format!("It was approved with the grant {grant}.")
			},
			AccessRequestState::Denied(reason) => {
				format!("It was denied, for the reason {}.", quoted(reason))
			},
		};
		format!(
			"Access request {access_request_id}: in block {}, {} asked {} to let it {}, for the purpose {}. {answer}",
			request.requested_at,
			self.organization(request.requester),
			self.organization(request.owner),
			permission(request.permission, &request.resource),
			quoted(&request.purpose),
		)
	}
}

impl Verified {
	/// Returns the proven facts, a sentence or two each.
	#[must_use]
	pub fn proven(&self) -> Vec<String> {
		let words = Words(&self.facts);
		let start = match (self.from.number, self.signed) {
			(0, _) => "genesis, which you trust".into(),
			(number, None) => format!("the checkpoint at block {number}, which you trust"),
			(number, Some((signed, seats))) => format!(
				"the checkpoint at block {number}, which {signed} of {seats} seats of the council signed"
			),
		};
		let mut sentences = vec![format!(
			"Block {} ({}) of the chain {} (network id {}) is final: {} of {} validators voted for it. Since {start}, the validators {}.",
			self.block.number,
			self.block.hash,
			self.genesis,
			self.facts.chain.network,
			self.voted,
			self.validators,
			changes(self.changes)
		)];
		sentences.push(format!(
			"All that follows is in the state of that block, whose time is {}.",
			time(self.facts.now)
		));
		sentences.extend(words.entry());
		sentences.push(words.body());
		if let (Some(index), Some(commitment)) = (self.documented.index, self.documented.commitment)
		{
			sentences.push(format!(
				"The keyed commitment {commitment} is that of document {index} under the anchor's Merkle root."
			));
		}
		if let Some(length) = self.documented.length {
			sentences.push(format!(
				"The document at hand, of {length} bytes, is the one that it commits to, byte for byte."
			));
		}
		sentences.push(words.stream());
		sentences.extend(words.origin());
		sentences.extend(words.grants());
		sentences.extend(self.facts.access_requests.iter().map(|one| words.access_request(one)));
		sentences
	}

	/// Returns the unproven facts.
	#[must_use]
	pub fn not_proven(&self) -> Vec<String> {
		let number = self.block.number;
		let mut sentences =
			vec!["That what the document says is true, or who wrote it.".to_owned()];
		if let Some((signed, seats)) = self.signed {
			sentences.push(format!(
				"That validators agreed to the chain up to block {}: in place of their votes stands the word of {signed} of \
				 {seats} seats of the council.",
				self.from.number
			));
		}
		if self.documented.length.is_none() {
			sentences.push(
				"Which document it is: none was held against the commitment. That takes the document and its commitment key."
					.into(),
			);
		}
		sentences.extend([
			format!(
				"Anything after block {number}: grants can have been given or have ended since, and the record can have been \
				 replaced."
			),
			"Which grants ended before that block: the chain keeps those that are there, and no list of the others."
				.into(),
			"Who has read the document, and what was done with it: a grant says who may.".into(),
			format!(
				"The minute in which it was appended: at the latest at {}, the time of the proven block as its maker gave it.",
				time(self.facts.now)
			),
			"That these are all access requests there were.".into(),
			"Which person used the member's key, and what organizations are outside of this chain.".into(),
			"That the chain kept to the same rules all the time: two thirds of its council can change them.".into(),
			"That a third or more of the validators of any set did not vote against the rules together, then or with keys \
			 that they kept."
				.into(),
		]);
		sentences
	}
}

#[cfg(test)]
mod tests {
	use super::time;

	#[test]
	fn times_match_calendar() {
		assert_eq!(time(0), "1970-01-01 00:00:00 UTC");
		assert_eq!(time(951_782_400_000), "2000-02-29 00:00:00 UTC");
		assert_eq!(time(1_795_453_176_999), "2026-11-23 16:59:36 UTC");
		assert!(time(u64::MAX).ends_with("UTC"));
	}
}
