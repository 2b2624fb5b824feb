//! Reads by proof: everything on which secrecy or an outcome depends.

mod objects;

use super::Client;
use crate::{
	error::{Error, ProofError, Result},
	verifier::{Need, Proven, Source, Trust, Verifier},
};
use credio_primitives::{
	AccessRequest, AccessRequestId, BlockNumber, Bundle, BundleId, Digest, EncryptionKey, Entry,
	EntryHeader, EpochSecret, Grant, GrantId, KeyEpoch, KeyEpochState, KeyVersion, Member, Moment,
	Organization, OrganizationId, OrganizationName, Outcome, PublicKey, Receipt, RecordId, Request,
	RequestKey, Resource, Sequence, Stream, StreamId,
	bundle::NamedBundle,
	error_codes as codes,
	evidence::{FactsError, grants_on},
	grant::{NamedAccessRequest, NamedGrant},
	limits,
	rpc::{
		AccessRequestJson, At, BlockRef, BundleJson, Bytes, ErrorNameJson, FetchedEntryJson,
		FinalityJson, GrantJson, OrganizationJson, ReceiptJson, RequestState, RequestStatusJson,
		StreamJson,
	},
	storage,
};
use credio_vault::Recipient;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// How often a list is read again because another block has become final in between.
const ATTEMPTS: usize = 10;
/// Name of a wrong outcome in errors.
const OUTCOME: &str = "outcome of the request";
/// JSON-RPC's code for an unknown method.
const METHOD_NOT_FOUND: i32 = -32601;

impl Client {
	/// Sets whether this client trusts its node; by default it verifies responses, starting from the first node's
	/// genesis.
	#[must_use]
	pub fn with_trust(mut self, trust: Trust) -> Self {
		self.trust = trust;
		self
	}

	/// Returns whether this client trusts its node.
	pub fn trust(&self) -> &Trust {
		&self.trust
	}

	/// Returns the reader by proof; `None` if the node is trusted.
	pub(crate) fn verified(&self) -> Option<Verified<'_>> {
		match &self.trust {
			Trust::Proofs(verifier) => Some(Verified { client: self, verifier }),
			Trust::Node => None,
		}
	}
}

/// Nodes of a state trie, from `state_getReadProof`.
#[derive(Deserialize)]
struct ReadProof {
	proof: Vec<Bytes>,
}

impl Source for Client {
	fn genesis(&self) -> Digest {
		self.limits.genesis_hash
	}

	async fn header(&self, block: Digest) -> Result<Option<serde_json::Value>> {
		self.call("chain_getHeader", (block,)).await
	}

	async fn finality(&self, from: Digest) -> Result<FinalityJson> {
		let answer: Result<At<FinalityJson>> = self.call("credio_v1_finality", (from,)).await;
		match answer {
			Ok(At { answer, .. }) => Ok(answer),
			Err(Error::Refused(refusal)) if refusal.code == METHOD_NOT_FOUND => {
				Err(ProofError::NoProofs("its release is older".into()).into())
			},
			// It does not have the block that the proof has to start from.
			Err(Error::Refused(refusal)) if refusal.code == codes::INVALID_PARAMETERS => {
				Err(Error::Proof(ProofError::NotFinal(format!(
					"the node is behind the last verified block, or of another chain ({})",
					refusal.message
				))))
			},
			Err(error) => Err(error),
		}
	}

	async fn proof(&self, keys: &[Vec<u8>], at: Digest) -> Result<Vec<Bytes>> {
		let keys = keys.iter().cloned().map(Bytes).collect::<Vec<_>>();
		let answer: Result<ReadProof> = self.call("state_getReadProof", (keys, at)).await;
		match answer {
			Ok(ReadProof { proof }) => Ok(proof),
			Err(Error::Refused(refusal)) => Err(Error::Proof(ProofError::NotFinal(format!(
				"the node does not serve storage proofs ({})",
				refusal.message
			)))),
			Err(error) => Err(error),
		}
	}
}

/// Reads by proof.
#[derive(Clone, Copy)]
pub(crate) struct Verified<'a> {
	client: &'a Client,
	verifier: &'a Verifier,
}

#[allow(clippy::needless_pass_by_value, reason = "ids are small")]
fn not_found(what: &'static str, name: impl ToString, hint: &'static str) -> Error {
	Error::NotFound { what, name: name.to_string(), hint }
}

fn unreadable(error: FactsError<Error>) -> Error {
	match error {
		FactsError::Read(error) => error,
		other => Error::UnexpectedResponse(other.to_string()),
	}
}

impl Verified<'_> {
	async fn read(&self, keys: &[Vec<u8>], need: Need) -> Result<Proven> {
		self.check_membership(keys).await?;
		self.verifier.read(self.client, keys, need).await
	}

	/// Proves once that the vault's account acts for the organization that the node has named, since names and the
	/// owner's own streams depend on it. `keys` are read afterwards.
	async fn check_membership(&self, keys: &[Vec<u8>]) -> Result<()> {
		let Client { is_member, membership, account, organization, .. } = self.client;
		if !is_member || membership.initialized() {
			return Ok(());
		}
		let check = || async {
			let key = storage::member(account);
			self.verifier.want(keys.iter().cloned());
			let proven = self.verifier.read(self.client, std::slice::from_ref(&key), Need::Newest);
			let member: Option<Member> = proven.await?.get(&key)?;
			match member {
				Some(member) if member.organization == *organization => Ok(()),
				_ => Err(ProofError::Contradicted("organization of the account").into()),
			}
		};
		membership.get_or_try_init(check).await.map(|_| ())
	}

	/// Returns the time of the newest final block.
	pub(crate) async fn now(&self) -> Result<Moment> {
		Ok(self.read(&[storage::now()], Need::Newest).await?.now)
	}

	/// Returns a stream with its key epoch.
	pub(crate) async fn stream(&self, id: StreamId) -> Result<StreamJson> {
		let keys = [storage::stream(&id), storage::key_epoch(&id), storage::objects_demanded(&id)];
		let proven = self.read(&keys, Need::Newest).await?;
		let stream: Option<Stream> = proven.get(&keys[0])?;
		let stream = stream.ok_or_else(|| not_found("stream", id, ""))?;
		let epoch: Option<KeyEpochState> = proven.get(&keys[1])?;
		let demanded: Option<()> = proven.get(&keys[2])?;
		let info = credio_primitives::entry::StreamInfo { id, stream, epoch };
		Ok(StreamJson::of(info, demanded.is_some()))
	}

	/// Returns an organization with its current encryption key.
	pub(crate) async fn organization(&self, id: OrganizationId) -> Result<OrganizationJson> {
		let key = storage::organization(id);
		let organization: Option<Organization> =
			self.read(std::slice::from_ref(&key), Need::Newest).await?.get(&key)?;
		let organization = organization
			.ok_or_else(|| not_found("organization", id, "`credio org list` shows all"))?;
		let key = storage::encryption_key(id, organization.key_version);
		let encryption_key: Option<EncryptionKey> =
			self.read(std::slice::from_ref(&key), Need::Recent).await?.get(&key)?;
		let encryption_key = encryption_key
			.ok_or_else(|| not_found("encryption key", organization.key_version, ""))?;
		let info =
			credio_primitives::organization::OrganizationInfo { id, organization, encryption_key };
		Ok(info.into())
	}

	/// Returns an organization by name or number.
	pub(crate) async fn find_organization(&self, name: &str) -> Result<OrganizationJson> {
		let unknown = || not_found("organization", name, "`credio org list` shows all");
		let text = name.as_bytes().to_vec();
		let named: Option<OrganizationId> = match OrganizationName::try_from(text) {
			Err(_) => None,
			Ok(text) => {
				let key = storage::organization_named(&text);
				self.read(std::slice::from_ref(&key), Need::Newest).await?.get(&key)?
			},
		};
		let id = named.or_else(|| name.parse().ok()).ok_or_else(unknown)?;
		match self.organization(id).await {
			Err(error) if error.is_not_found() => Err(unknown()),
			found => found,
		}
	}

	/// Returns the public halves of all versions of an organization's encryption key.
	pub(crate) async fn encryption_keys(
		&self,
		id: OrganizationId,
	) -> Result<Vec<(KeyVersion, PublicKey)>> {
		let current = self.organization(id).await?.key_version;
		let keys = (0..=current).map(|version| storage::encryption_key(id, version));
		let keys = keys.collect::<Vec<_>>();
		let proven = self.read(&keys, Need::Recent).await?;
		(0..)
			.zip(&keys)
			.map(|(version, key)| {
				let found: Option<EncryptionKey> = proven.get(key)?;
				let found = found.ok_or_else(|| not_found("encryption key", version, ""))?;
				Ok((version, found.public))
			})
			.collect()
	}

	/// Returns the recipient for secrets that are wrapped to an organization.
	pub(crate) async fn recipient(&self, id: OrganizationId) -> Result<Recipient> {
		let found = self.organization(id).await?;
		let (key_version, public) = (found.key_version, found.encryption_key.public);
		Ok(Recipient { organization: id, key_version, public })
	}

	/// Returns all grants on a stream or record. Their number and their places prove that none is missing.
	pub(crate) async fn grants_on(&self, resource: Resource) -> Result<Vec<GrantJson>> {
		let count = storage::grant_count(&resource);
		let mut need = Need::Newest;
		for _ in 0..ATTEMPTS {
			let first = self.read(std::slice::from_ref(&count), need).await?;
			let number: u32 = first.get(&count)?.unwrap_or_default();
			let places = (0..number.min(limits::MAX_GRANTS_PER_RESOURCE))
				.map(|slot| storage::grant_on(&resource, slot))
				.collect::<Vec<_>>();
			need = Need::Block(first.at.number);
			let second = self.read(&places, need).await?;
			let ids = places.iter().map(|place| second.get::<GrantId>(place));
			let ids = ids.collect::<Result<Vec<_>>>()?;
			let grants = ids.iter().flatten().map(storage::grant);
			let keys = grants.chain(places).chain([count.clone()]).collect::<Vec<_>>();
			let proven = self.read(&keys, need).await?;
			// Grants can change: all reads have to be at one block.
			if (first.at, second.at) == (proven.at, proven.at) {
				let grants = grants_on(&proven, &resource).map_err(unreadable)?;
				let named = grants.iter().map(|(id, grant)| NamedGrant {
					grant_id: *id,
					grant: grant.clone(),
					status: grant.status(proven.now, |above| grants.get(above).cloned()),
				});
				return Ok(named.map(GrantJson::from).collect());
			}
		}
		Err(Error::Proof(ProofError::NotFinal(
			"the grants could not be read at one block: try again".into(),
		)))
	}

	/// Returns a grant and whether it is active.
	pub(crate) async fn grant(&self, id: GrantId) -> Result<GrantJson> {
		let (mut chain, mut next, mut now) = (HashMap::new(), Some(id), 0);
		while let Some(name) = next.filter(|_| chain.len() <= limits::MAX_DELEGATION_DEPTH as usize)
		{
			let key = storage::grant(&name);
			let need = if chain.is_empty() { Need::Newest } else { Need::Recent };
			let proven = self.read(std::slice::from_ref(&key), need).await?;
			let grant: Option<Grant> = proven.get(&key)?;
			(now, next) = (proven.now, grant.as_ref().and_then(|grant| grant.parent));
			if let Some(grant) = grant {
				chain.insert(name, grant);
			}
		}
		let grant = chain.get(&id).cloned().ok_or_else(|| {
			not_found("grant", id, "it was revoked, has expired, or never existed")
		})?;
		let status = grant.status(now, |above| chain.get(above).cloned());
		Ok(NamedGrant { grant_id: id, grant, status }.into())
	}

	/// Returns an access request.
	pub(crate) async fn access_request(&self, id: AccessRequestId) -> Result<AccessRequestJson> {
		let key = storage::access_request(&id);
		let request: Option<AccessRequest> =
			self.read(std::slice::from_ref(&key), Need::Newest).await?.get(&key)?;
		let request = request
			.ok_or_else(|| not_found("access request", id, "`credio access list` shows all"))?;
		Ok(NamedAccessRequest { access_request_id: id, request }.into())
	}

	/// Returns a bundle and its state. The description of its error is the node's.
	pub(crate) async fn bundle(&self, id: BundleId, reported: &BundleJson) -> Result<BundleJson> {
		let key = storage::bundle(&id);
		let proven = self.read(std::slice::from_ref(&key), Need::Newest).await?;
		let bundle: Option<Bundle> = proven.get(&key)?;
		let mut bundle = bundle.ok_or_else(|| not_found("bundle", id, ""))?;
		bundle.state = bundle.state_at(proven.now);
		let described = reported.abort.as_ref().map(|abort| &abort.error);
		BundleJson::new(NamedBundle { bundle_id: id, bundle }, |error| {
			let known = self.error_name(error);
			let name = known.or_else(|| described.map(|error| error.name.clone()));
			let description = described.map(|error| error.description.clone());
			Ok(ErrorNameJson {
				name: name.unwrap_or_default(),
				description: description.unwrap_or_default(),
			})
		})
	}

	/// Returns an entry, at this block or a later one; at the newest without.
	pub(crate) async fn entry(&self, id: RecordId, at: Option<BlockNumber>) -> Result<Entry> {
		let key = storage::header(&id);
		let need = at.map_or(Need::Newest, Need::Block);
		let header: Option<EntryHeader> =
			self.read(std::slice::from_ref(&key), need).await?.get(&key)?;
		let header = header.ok_or_else(|| not_found("entry", id, ""))?;
		Ok(Entry { record_id: id, header })
	}

	/// Checks a node's entry, and the commitment of the secret that encrypts it, as of a block.
	pub(crate) async fn check_record(
		&self,
		asked: RecordId,
		entry: &Entry,
		secret: Digest,
		at: BlockRef,
	) -> Result<()> {
		let Some(epoch) = entry.header.body.epoch() else {
			return Err(ProofError::Contradicted("record").into());
		};
		let keys = [storage::header(&asked), storage::epoch_secret(&entry.header.stream, epoch)];
		let proven = self.read(&keys, Need::Block(at.number)).await?;
		let header: Option<EntryHeader> = proven.get(&keys[0])?;
		if entry.record_id != asked || header.as_ref() != Some(&entry.header) {
			return Err(ProofError::Contradicted("header of the record").into());
		}
		check_secret(proven.get(&keys[1])?, secret)
	}

	/// Checks a node's part of a stream as of a block: the entries from a position on without gaps, and the commitments
	/// of the secrets that encrypt them.
	pub(crate) async fn check_part(
		&self,
		stream: StreamId,
		from: Sequence,
		items: &[FetchedEntryJson],
		at: BlockRef,
	) -> Result<()> {
		let secret = |item: &FetchedEntryJson| {
			let epoch = item.entry.header.body.epoch()?;
			Some((storage::epoch_secret(&stream, epoch), item.secret_commitment?))
		};
		let secrets = items.iter().filter_map(secret).collect::<BTreeMap<_, _>>();
		let headers = items.iter().map(|item| storage::header(&item.entry.record_id));
		let keys = headers.chain(secrets.keys().cloned()).collect::<Vec<_>>();
		if keys.is_empty() {
			return Ok(());
		}
		let proven = self.read(&keys, Need::Block(at.number)).await?;
		for ((item, key), sequence) in items.iter().zip(&keys).zip(from..) {
			let header: Option<EntryHeader> = proven.get(key)?;
			let reported = &item.entry.header;
			if header.as_ref() != Some(reported)
				|| (reported.stream, reported.sequence) != (stream, sequence)
			{
				return Err(ProofError::Contradicted("entry of the stream").into());
			}
			if let Some((key, reported)) = secret(item) {
				check_secret(proven.get(&key)?, reported)?;
			}
		}
		Ok(())
	}

	/// Checks a node's commitment to the secret of an epoch, as of a block.
	pub(crate) async fn check_secret(
		&self,
		stream: StreamId,
		epoch: KeyEpoch,
		secret: Digest,
		at: BlockRef,
	) -> Result<()> {
		let key = storage::epoch_secret(&stream, epoch);
		let proven = self.read(std::slice::from_ref(&key), Need::Block(at.number)).await?;
		check_secret(proven.get(&key)?, secret)
	}

	/// Checks a node's outcome of a request by a block (0 if it names none), and returns the block that proves it;
	/// `None` for a request that is undecided, which is not proven.
	///
	/// `expires_at` is the last expiry that it was signed with. Without it, a missing receipt is proven, but expiry is
	/// not.
	pub(crate) async fn check_status(
		&self,
		(organization, key): (OrganizationId, RequestKey),
		expires_at: Option<BlockNumber>,
		status: &RequestStatusJson,
		by: BlockNumber,
	) -> Result<Option<BlockRef>> {
		if (status.organization, status.request_key) != (organization, key) {
			return Err(ProofError::Contradicted(OUTCOME).into());
		}
		let need = match (status.status, &status.receipt) {
			// Unknown and too late to be applied: final, too.
			(RequestState::Unknown, None) if expires_at.is_some_and(|last| last < by) => {
				Need::Block(expires_at.unwrap_or_default().saturating_add(1))
			},
			(RequestState::Pending | RequestState::Unknown, _) => return Ok(None),
			(RequestState::Applied | RequestState::Rejected, Some(receipt)) => {
				Need::Block(receipt.block)
			},
			(RequestState::Expired, None) => Need::Newest,
			_ => return Err(ProofError::Contradicted(OUTCOME).into()),
		};
		let key = [storage::receipt(organization, &key)];
		let mut proven = self.read(&key, need).await?;
		let is_early = expires_at.is_some_and(|last| proven.at.number <= last);
		if let (RequestState::Expired, None, true, Some(last)) =
			(status.status, proven.get::<Receipt>(&key[0])?, is_early, expires_at)
		{
			proven = self.read(&key, Need::Block(last.saturating_add(1))).await?;
		}
		let at = proven.at.number;
		let retention = self.client.limits.receipt_retention;
		match (&status.receipt, proven.get::<Receipt>(&key[0])?) {
			// After that its receipt may have been removed, and the chain cannot prove anything.
			(None, None)
				if status.status == RequestState::Expired
					&& expires_at
						.is_some_and(|last| !Request::has_expired(at, last, last, retention)) =>
			{
				Err(ProofError::Contradicted(OUTCOME).into())
			},
			(None, None) => Ok(Some(proven.at)),
			(Some(reported), Some(receipt))
				if self.matches_receipt(status.status, reported, &receipt) =>
			{
				Ok(Some(proven.at))
			},
			_ => Err(ProofError::Contradicted(OUTCOME).into()),
		}
	}

	/// Whether a node's receipt equals the proven one.
	fn matches_receipt(
		&self,
		state: RequestState,
		reported: &ReceiptJson,
		receipt: &Receipt,
	) -> bool {
		let Receipt { body_digest, block, extrinsic_index, expires_at, lane, outcome } = *receipt;
		let is_same = (
			reported.body_digest,
			reported.block,
			reported.extrinsic_index,
			reported.expires_at,
			reported.lane,
		) == (body_digest, block, extrinsic_index, expires_at, lane);
		let has_outcome = match outcome {
			Outcome::Applied => {
				state == RequestState::Applied
					&& reported.failed_call.is_none()
					&& reported.error.is_none()
			},
			Outcome::Rejected { call_index, error } => {
				let name = reported.error.as_ref().map(|error| error.name.as_str());
				state == RequestState::Rejected
					&& reported.failed_call == Some(call_index)
					&& self.error_name(error).is_none_or(|known| name == Some(known.as_str()))
			},
		};
		is_same && has_outcome
	}

	/// Returns the name of a module's error; `None` for other errors.
	fn error_name(&self, error: sp_runtime::DispatchError) -> Option<String> {
		let sp_runtime::DispatchError::Module(error) = error else { return None };
		let runtime = self.client.runtime();
		let pallet = runtime.metadata_ref().pallet_by_error_index(error.index)?;
		let variant = pallet.error_variant_by_index(*error.error.first()?)?;
		Some(format!("{}.{}", pallet.name(), variant.name))
	}
}

fn check_secret(found: Option<EpochSecret>, reported: Digest) -> Result<()> {
	match found {
		Some(found) if found.commitment == reported => Ok(()),
		_ => Err(ProofError::Contradicted("commitment to the stream's secret").into()),
	}
}
