//! Reads streams and sends their entries.

use super::{api::StreamsRpcServer, position::Position};
use crate::{
	chain::{Chain, CredioBlock, CredioClient, hash},
	error::Error,
	page::{items, page},
	served::Served,
	token,
	watcher::{Subscription, Topic},
};
use credio_primitives::{
	Denial, Entry, KeyEpoch, OrganizationId, Sequence, StreamId,
	entry::StreamInfo,
	limits::MAX_PAGE_SIZE,
	rpc::{AccessToken, At, BlockRef, Items, PageRequest, StreamJson, StreamKeyJson},
};
use jsonrpsee::{
	PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink,
	core::{SubscriptionResult, async_trait},
};
use pallet_support::apis::{GrantsApi, OrganizationsApi, RecordsApi, StreamsApi};
use std::sync::Arc;

/// Implements the methods of this area.
pub(crate) struct Streams<Block, Client> {
	pub chain: Chain<Block, Client>,
	pub served: Arc<Served>,
}

#[async_trait]
impl<Block: CredioBlock, Client: CredioClient<Block>> StreamsRpcServer for Streams<Block, Client> {
	fn stream(&self, id: StreamId) -> Result<At<StreamJson>, Error> {
		self.chain.at_finalized(|at| {
			let stream = self.chain.api().stream(hash(&at), id).map_err(Error::internal)?;
			self.json(&at, stream.ok_or(Error::NotFound("stream"))?)
		})
	}

	fn streams(
		&self,
		owner: Option<OrganizationId>,
		request: Option<PageRequest>,
	) -> Result<At<Items<StreamJson>>, Error> {
		let (cursor, limit) = page(request)?;
		self.chain.at_finalized(|at| {
			let found = self.chain.api().streams(hash(&at), owner, cursor, limit);
			let (streams, next) = found.map_err(Error::internal)?;
			let streams = streams.into_iter().map(|stream| self.json(&at, stream));
			Ok(items((streams.collect::<Result<Vec<_>, _>>()?, next)))
		})
	}

	fn stream_keys(
		&self,
		stream: StreamId,
		from: KeyEpoch,
		access_token: AccessToken,
	) -> Result<At<Items<StreamKeyJson>>, Error> {
		self.chain.at_finalized(|at| {
			let (genesis, method) = (self.chain.genesis(), "credio_v1_streamKeys");
			token::verify(&access_token, &genesis, at.number, method, &(stream, from))?;
			let (at, api) = (hash(&at), self.chain.api());
			let member = api.member(at, access_token.account).map_err(Error::internal)?;
			let member = member.ok_or(Error::AccessDenied(Denial::NotAMember))?;
			let keys = api.stream_keys(at, stream, member.organization, from, MAX_PAGE_SIZE);
			Ok(items((keys.map_err(Error::internal)?, None)))
		})
	}

	async fn subscribe_stream(
		&self,
		pending: PendingSubscriptionSink,
		stream: StreamId,
		from_sequence: Sequence,
		include_unfinalized: Option<bool>,
	) -> SubscriptionResult {
		let include_unfinalized = include_unfinalized == Some(true);
		let subscription = match self.subscribe(stream, include_unfinalized) {
			Ok(subscription) => subscription,
			Err(error) => {
				pending.reject(error).await;
				return Ok(());
			},
		};
		let sink = pending.accept().await?;
		let mut position = Position::new(from_sequence);
		loop {
			self.send_finalized(&sink, stream, &mut position).await?;
			if include_unfinalized {
				self.send_best(&sink, stream, &mut position).await?;
			}
			tokio::select! {
				() = subscription.woken() => {},
				() = sink.closed() => return Ok(()),
			}
		}
	}
}

impl<Block: CredioBlock, Client: CredioClient<Block>> Streams<Block, Client> {
	fn json(&self, at: &BlockRef, stream: StreamInfo) -> Result<StreamJson, Error> {
		let at = hash(at);
		let demands_objects = self.chain.has_objects(at)?
			&& self.chain.api().demands_objects(at, stream.id).map_err(Error::internal)?;
		Ok(StreamJson::of(stream, demands_objects))
	}

	/// Subscribes to a stream, before the first read, so that no block falls between history and new entries.
	fn subscribe(
		&self,
		stream: StreamId,
		include_unfinalized: bool,
	) -> Result<Subscription, Error> {
		let finalized = hash(&self.chain.finalized());
		let found = self.chain.api().stream(finalized, stream).map_err(Error::internal)?;
		found.ok_or(Error::NotFound("stream"))?;
		self.served.watcher.subscribe(Topic::Stream(stream), include_unfinalized)
	}

	fn entries_at(
		&self,
		at: &BlockRef,
		stream: StreamId,
		from: Sequence,
	) -> Result<Arc<Vec<Entry>>, Error> {
		self.served.pages.get(at, stream, from, || {
			let entries = self.chain.api().entries(hash(at), stream, from, MAX_PAGE_SIZE);
			entries.map_err(Error::internal)
		})
	}

	/// Sends the final entries that were not sent yet, or that differ from those sent before a fork.
	async fn send_finalized(
		&self,
		sink: &SubscriptionSink,
		stream: StreamId,
		position: &mut Position,
	) -> SubscriptionResult {
		let at = self.chain.finalized();
		loop {
			let entries = self.entries_at(&at, stream, position.next)?;
			if entries.is_empty() {
				return Ok(());
			}
			for entry in entries.iter() {
				if position.settle(entry) {
					sink.send(SubscriptionMessage::from_json(entry)?).await?;
				}
			}
		}
	}

	/// Sends the entries between the finalized and the best block. After a fork, changed positions are sent again.
	async fn send_best(
		&self,
		sink: &SubscriptionSink,
		stream: StreamId,
		position: &mut Position,
	) -> SubscriptionResult {
		let at = self.chain.best();
		let mut from = position.next;
		loop {
			let entries = self.entries_at(&at, stream, from)?;
			if entries.is_empty() {
				return Ok(());
			}
			for entry in entries.iter() {
				from = entry.header.sequence.saturating_add(1);
				if position.look_ahead(entry) {
					sink.send(SubscriptionMessage::from_json(entry)?).await?;
				}
			}
		}
	}
}
