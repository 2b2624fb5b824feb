//! Reads at the finalized block, and the server trait that ties all areas.

use crate::{
	api::CredioApiServer,
	handler::{hash, limit, page, CredioBlock},
	token, Credio, Error,
};
use credio_primitives::grant::ReadRecord;
use credio_primitives::{
	bundle::BundleFilter,
	entry::EntryFilter,
	grant::{AccessRequestFilter, GrantFilter},
	limits,
	rpc::{
		wrapped_keys, AccessRequestJson, AccessToken, At, BlockRef, BundleDetailJson, BundleJson,
		Bytes, EncryptionKeyAnswer, EvidenceJson, EvidenceOptions, Fetched, FetchedEntries,
		FetchedEntry, FinalityJson, GrantJson, Inclusion, Items, LaneJson, Limits, MemberJson,
		MembershipAnswer, OrganizationDetail, OrganizationJson, PageRequest, PoolFilter, PoolPage,
		QuotaJson, RequestStatus, StreamJson, StreamKeyJson, Uploaded, ValidatorJson,
	},
	AccountId, BlockNumber, BundleId, Denial, Digest, Entry, KeyEpoch, KeyVersion, OrganizationId,
	RecordId, RequestKey, Sequence, StreamId,
};
use jsonrpsee::{
	core::{async_trait, SubscriptionResult},
	PendingSubscriptionSink,
};
use pallet_support::apis::{
	BundlesApi, GrantsApi, OrganizationsApi, RecordsApi, RequestsApi, StreamsApi, ValidatorsApi,
};
use sc_transaction_pool_api::TransactionPool;
use sp_api::{ApiExt, CallApiAt, ProvideRuntimeApi};
use sp_blockchain::HeaderBackend;
use sp_core::H256;

/// The first version of [`RecordsApi`] that reads a record by one call, where runtimes before it take three.
const READ_SINCE: u32 = 2;

fn items<Item, Json: From<Item>>((items, next): (Vec<Item>, Option<Digest>)) -> Items<Json> {
	Items { items: items.into_iter().map(Json::from).collect(), next }
}

#[async_trait]
impl<Block, Client, Pool> CredioApiServer for Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ ProvideRuntimeApi<
			Block,
			Api: OrganizationsApi<Block>
			         + StreamsApi<Block>
			         + RecordsApi<Block>
			         + GrantsApi<Block>
			         + RequestsApi<Block>
			         + BundlesApi<Block>
			         + ValidatorsApi<Block>,
		> + CallApiAt<Block>
		+ Send
		+ Sync
		+ 'static,
	Pool: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	async fn upload(&self, extrinsic: Bytes) -> Result<Uploaded, Error> {
		self.do_upload(extrinsic).await
	}

	async fn upload_and_watch(
		&self,
		pending: PendingSubscriptionSink,
		extrinsic: Bytes,
	) -> SubscriptionResult {
		self.do_upload_and_watch(pending, extrinsic).await
	}

	fn pool(&self, filter: PoolFilter, request: Option<PageRequest>) -> Result<PoolPage, Error> {
		let (cursor, limit) = page(request)?;
		let is_no_cursor = || Error::InvalidParameters("the cursor is of no page".into());
		self.contents.page(filter, cursor, limit).ok_or_else(is_no_cursor)
	}

	fn status(
		&self,
		organization: OrganizationId,
		request_key: RequestKey,
		expires_at: Option<BlockNumber>,
	) -> Result<At<RequestStatus>, Error> {
		self.at_finalized(|at| self.do_status(&at, organization, request_key, expires_at))
	}

	fn record(&self, record_id: RecordId) -> Result<At<Entry>, Error> {
		self.at_finalized(|at| self.entry(hash(&at), record_id))
	}

	fn fetch(&self, record_id: RecordId, access_token: AccessToken) -> Result<At<Fetched>, Error> {
		let answer = self.at_finalized(|at| {
			let (genesis, now) = (self.genesis(), at.number);
			token::verify(&access_token, &genesis, now, "credio_v1_fetch", &record_id)?;
			let ReadRecord { access, header, payload } =
				self.readable(hash(&at), &access_token.account, record_id)?;
			let (secret_commitment, wrapped_keys) = wrapped_keys(access);
			Ok(Fetched {
				entry: Entry { record_id, header },
				payload: Bytes(payload.into_inner()),
				secret_commitment,
				wrapped_keys,
			})
		});
		self.served.fetch(&answer);
		answer
	}

	fn fetch_stream(
		&self,
		stream: StreamId,
		from_sequence: Sequence,
		access_token: AccessToken,
		count: Option<u32>,
		include_unfinalized: Option<bool>,
	) -> Result<At<FetchedEntries>, Error> {
		let limit = limit(count)?;
		let parameters = (stream, from_sequence, count, include_unfinalized);
		let now = self.finalized().number;
		let method = "credio_v1_fetchStream";
		token::verify(&access_token, &self.genesis(), now, method, &parameters)?;
		let at = if include_unfinalized == Some(true) { self.best() } else { self.finalized() };
		let answer =
			self.stream_part(hash(&at), &access_token.account, stream, from_sequence, limit)?;
		Ok(At { at, answer })
	}

	fn query(
		&self,
		filter: EntryFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<Entry>>, Error> {
		let (cursor, limit) = page(request)?;
		self.at_finalized(|at| {
			let found = self.client.runtime_api().query_entries(hash(&at), filter, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}

	async fn subscribe_stream(
		&self,
		pending: PendingSubscriptionSink,
		stream: StreamId,
		from_sequence: Sequence,
		include_unfinalized: Option<bool>,
	) -> SubscriptionResult {
		self.do_subscribe_stream(pending, stream, from_sequence, include_unfinalized == Some(true))
			.await
	}

	fn grants(
		&self,
		filter: GrantFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<GrantJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.at_finalized(|at| {
			let found = self.client.runtime_api().grants(hash(&at), filter, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}

	fn access_requests(
		&self,
		filter: AccessRequestFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<AccessRequestJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.at_finalized(|at| {
			let found = self.client.runtime_api().access_requests(hash(&at), filter, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}

	fn organization(&self, id: OrganizationId) -> Result<At<OrganizationDetail>, Error> {
		self.at_finalized(|at| {
			let api = self.client.runtime_api();
			let organization = api
				.organization(hash(&at), id)
				.map_err(Error::internal)?
				.ok_or(Error::NotFound("organization"))?;
			let members = api.members(hash(&at), id).map_err(Error::internal)?;
			Ok(OrganizationDetail {
				organization: organization.into(),
				member_accounts: members
					.into_iter()
					.map(|info| MemberJson { account: info.account, member: info.member })
					.collect(),
			})
		})
	}

	fn organizations(
		&self,
		from: Option<OrganizationId>,
		count: Option<u32>,
	) -> Result<At<Items<OrganizationJson>>, Error> {
		let limit = limit(count)?;
		self.at_finalized(|at| {
			let found = self
				.client
				.runtime_api()
				.organizations(hash(&at), from.unwrap_or_default(), limit)
				.map_err(Error::internal)?;
			Ok(items((found, None)))
		})
	}

	fn member(&self, account: AccountId) -> Result<At<MembershipAnswer>, Error> {
		self.at_finalized(|at| {
			let member = self.client.runtime_api().member(hash(&at), account);
			Ok(MembershipAnswer { member: member.map_err(Error::internal)? })
		})
	}

	fn encryption_key(
		&self,
		organization: OrganizationId,
		version: KeyVersion,
	) -> Result<At<EncryptionKeyAnswer>, Error> {
		self.at_finalized(|at| {
			let encryption_key = self
				.client
				.runtime_api()
				.encryption_key(hash(&at), organization, version)
				.map_err(Error::internal)?
				.ok_or(Error::NotFound("encryption key"))?;
			Ok(EncryptionKeyAnswer { encryption_key })
		})
	}

	fn quota(&self, id: OrganizationId) -> Result<At<QuotaJson>, Error> {
		self.at_finalized(|at| {
			let quota = self
				.client
				.runtime_api()
				.quota(hash(&at), id)
				.map_err(Error::internal)?
				.ok_or(Error::NotFound("organization"))?;
			Ok(quota.into())
		})
	}

	fn stream(&self, id: StreamId) -> Result<At<StreamJson>, Error> {
		self.at_finalized(|at| {
			let stream = self
				.client
				.runtime_api()
				.stream(hash(&at), id)
				.map_err(Error::internal)?
				.ok_or(Error::NotFound("stream"))?;
			Ok(stream.into())
		})
	}

	fn streams(
		&self,
		owner: Option<OrganizationId>,
		request: Option<PageRequest>,
	) -> Result<At<Items<StreamJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.at_finalized(|at| {
			let found = self.client.runtime_api().streams(hash(&at), owner, cursor, limit);
			Ok(items(found.map_err(Error::internal)?))
		})
	}

	fn stream_keys(
		&self,
		stream: StreamId,
		from: KeyEpoch,
		access_token: AccessToken,
	) -> Result<At<Items<StreamKeyJson>>, Error> {
		self.at_finalized(|at| {
			let parameters = (stream, from);
			token::verify(
				&access_token,
				&self.genesis(),
				at.number,
				"credio_v1_streamKeys",
				&parameters,
			)?;
			let at = hash(&at);
			let api = self.client.runtime_api();
			let member = api
				.member(at, access_token.account)
				.map_err(Error::internal)?
				.ok_or(Error::AccessDenied(Denial::NotAMember))?;
			let keys = api
				.stream_keys(at, stream, member.organization, from, limits::MAX_PAGE_SIZE)
				.map_err(Error::internal)?;
			Ok(items((keys, None)))
		})
	}

	fn verify_inclusion(
		&self,
		record_id: RecordId,
		index: u32,
		commitment: Digest,
		proof: Vec<Digest>,
	) -> Result<At<Inclusion>, Error> {
		if proof.len() > limits::MAX_PROOF_LENGTH as usize {
			return Err(Error::InvalidParameters(format!(
				"the proof has {} hashes, and at most {} make sense",
				proof.len(),
				limits::MAX_PROOF_LENGTH
			)));
		}
		self.at_finalized(|at| {
			let included = self
				.client
				.runtime_api()
				.verify_inclusion(hash(&at), record_id, index, commitment, proof)
				.map_err(Error::internal)?
				.ok_or(Error::NotFound("Merkle anchor"))?;
			Ok(Inclusion { included })
		})
	}

	fn evidence(
		&self,
		record_id: RecordId,
		options: Option<EvidenceOptions>,
	) -> Result<At<EvidenceJson>, Error> {
		self.do_evidence(record_id, options.unwrap_or_default())
	}

	fn finality(&self, from: Option<Digest>) -> Result<At<FinalityJson>, Error> {
		self.do_finality(from)
	}

	fn lane(&self, organization: OrganizationId, lane: u32) -> Result<At<LaneJson>, Error> {
		if lane >= limits::MAX_LANES {
			return Err(Error::no_such_lane());
		}
		let next = |at: &BlockRef| {
			let api = self.client.runtime_api();
			api.next_position(hash(at), organization, lane).map_err(Error::internal)
		};
		self.at_finalized(|at| {
			let (next, next_at_best) = (next(&at)?, next(&self.best())?);
			Ok(LaneJson { organization, lane, next, next_at_best })
		})
	}

	fn bundle(&self, bundle_id: BundleId) -> Result<At<BundleDetailJson>, Error> {
		self.at_finalized(|at| self.do_bundle(&at, bundle_id))
	}

	fn bundles(
		&self,
		filter: BundleFilter,
		request: Option<PageRequest>,
	) -> Result<At<Items<BundleJson>>, Error> {
		self.at_finalized(|at| self.do_bundles(&at, filter, request))
	}

	fn validators(&self) -> Result<At<Items<ValidatorJson>>, Error> {
		self.at_finalized(|at| {
			let found = self.client.runtime_api().validators(hash(&at)).map_err(Error::internal)?;
			Ok(items((found, None)))
		})
	}

	fn limits(&self) -> Result<Limits, Error> {
		let at = hash(&self.finalized());
		let api = self.client.runtime_api();
		let bounds = api.request_limits(at).map_err(Error::internal)?;
		let of_bundles = api.bundle_limits(at).map_err(Error::internal)?;
		Ok(Limits {
			genesis_hash: self.genesis(),
			max_document_size: limits::MAX_DOCUMENT_SIZE,
			max_payload_size: limits::MAX_PAYLOAD_SIZE,
			max_request_lifetime: bounds.max_request_lifetime,
			receipt_retention: bounds.receipt_retention,
			max_calls: bounds.max_calls,
			max_lanes: bounds.max_lanes,
			max_positions_ahead: bounds.max_positions_ahead,
			max_page_size: limits::MAX_PAGE_SIZE,
			max_bundle_lifetime: of_bundles.max_bundle_lifetime,
			bundle_retention: of_bundles.bundle_retention,
			max_bundle_weight: of_bundles.max_bundle_weight.into(),
		})
	}

	fn discover(&self) -> Result<serde_json::Value, Error> {
		crate::openrpc::document()
	}
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block> + ProvideRuntimeApi<Block, Api: StreamsApi<Block>>,
{
	fn entry(&self, at: H256, record_id: RecordId) -> Result<Entry, Error> {
		let header = self
			.client
			.runtime_api()
			.header(at, record_id)
			.map_err(Error::internal)?
			.ok_or(Error::NotFound("entry"))?;
		Ok(Entry { record_id, header })
	}
}

impl<Block, Client, Pool> Credio<Block, Client, Pool>
where
	Block: CredioBlock,
	Client: HeaderBackend<Block>
		+ ProvideRuntimeApi<Block, Api: GrantsApi<Block> + RecordsApi<Block> + StreamsApi<Block>>,
{
	/// Entries of a stream, with what the account's organization may read.
	fn stream_part(
		&self,
		at: H256,
		account: &AccountId,
		stream: StreamId,
		from_sequence: Sequence,
		limit: u32,
	) -> Result<FetchedEntries, Error> {
		let api = self.client.runtime_api();
		let end = api
			.stream(at, stream)
			.map_err(Error::internal)?
			.ok_or(Error::NotFound("stream"))?
			.stream
			.next_sequence;
		let filter = EntryFilter {
			stream: Some(stream),
			from_sequence: Some(from_sequence),
			..EntryFilter::default()
		};
		let (entries, _) = api.query_entries(at, filter, None, limit).map_err(Error::internal)?;
		let mut items = Vec::new();
		let (mut size, mut next) = (0, from_sequence);
		for entry in entries {
			next = entry.header.sequence.saturating_add(1);
			let read = self.readable(at, account, entry.record_id);
			let (read, denial) = match read {
				Ok(read) => {
					self.served.count_served();
					(Some(read), None)
				},
				Err(Error::AccessDenied(denial)) => (None, Some(denial)),
				Err(error) => return Err(error),
			};
			let (payload, access) =
				read.map(|read| (Bytes(read.payload.into_inner()), read.access)).unzip();
			size = payload.as_ref().map_or(size, |payload| payload.0.len().saturating_add(size));
			let (secret_commitment, keys) = access.map(wrapped_keys).unzip();
			let wrapped_keys = keys.unwrap_or_default();
			items.push(FetchedEntry { entry, payload, secret_commitment, wrapped_keys, denial });
			if size >= limits::MAX_FETCHED_SIZE {
				break;
			}
		}
		Ok(FetchedEntries { items, next_sequence: (next < end).then_some(next) })
	}

	/// A record and the key to it, if the account's organization may read it.
	fn readable(
		&self,
		at: H256,
		account: &AccountId,
		record_id: RecordId,
	) -> Result<ReadRecord, Error> {
		let api = self.client.runtime_api();
		let in_one =
			api.has_api_with::<dyn RecordsApi<Block>, _>(at, |version| version >= READ_SINCE);
		if in_one.map_err(Error::internal)? {
			let read = api.read(at, account.clone(), record_id).map_err(Error::internal)?;
			return read.map_err(denied);
		}
		let access = api.read_access(at, account.clone(), record_id).map_err(Error::internal)?;
		let access = access.map_err(denied)?;
		let header = api.header(at, record_id).map_err(Error::internal)?;
		let payload = api.payload(at, record_id).map_err(Error::internal)?;
		let (header, payload) = header.zip(payload).ok_or(Error::NotFound("record"))?;
		Ok(ReadRecord { access, header, payload })
	}
}

fn denied(denial: Denial) -> Error {
	match denial {
		Denial::RecordNotFound => Error::NotFound("record"),
		denial => Error::AccessDenied(denial),
	}
}
