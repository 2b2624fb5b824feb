//! Calls of the node's methods: parameters, retries, access tokens and pages.

use super::{Client, backoff::back_off};
use crate::error::{Error, Result};
use codec::Encode;
use credio_primitives::{
	BlockNumber,
	rpc::{AccessToken, At, Bytes, Items, PageRequest},
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::{Duration, Instant};
use subxt::rpcs::client::{RpcParams, RpcSubscription};

/// Lifetime of an access token in blocks: longer than a call is retried.
const TOKEN_LIFETIME: BlockNumber = 200;
/// Maximum number of pages of a list.
const MAX_PAGES: usize = 64 * 1024;
/// How long the numbers of the last blocks are cached: far less than [`TOKEN_LIFETIME`].
const LAST_BLOCKS_TTL: Duration = Duration::from_secs(5);

/// Numbers of the last blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
	pub finalized: BlockNumber,
	pub best: BlockNumber,
}

impl Client {
	/// Calls any method of the node. The parameters are a tuple, passed by position. Retries if the node limits the
	/// rate of calls.
	///
	/// # Errors
	///
	/// [`Error::Refused`], [`Error::Connect`].
	pub async fn call<Answer: DeserializeOwned>(
		&self,
		method: &str,
		params: impl Serialize,
	) -> Result<Answer> {
		let params = by_position(&params)?;
		back_off(|| async { Ok(self.rpc.request(method, params.clone()).await?) }).await
	}

	/// Subscribes, with the retries of [`Self::call`].
	pub(super) async fn subscribe<Item: DeserializeOwned>(
		&self,
		methods: (&str, &str),
		params: RpcParams,
	) -> Result<RpcSubscription<Item>> {
		let (subscribe, unsubscribe) = methods;
		back_off(|| async { Ok(self.rpc.subscribe(subscribe, params.clone(), unsubscribe).await?) })
			.await
	}

	/// Signs an access token for one call of a method.
	pub(crate) async fn token(
		&self,
		method: &str,
		parameters: &impl Encode,
	) -> Result<AccessToken> {
		let expires_at = self.now().await?.finalized.saturating_add(TOKEN_LIFETIME);
		let payload = AccessToken::payload(
			&self.limits.genesis_hash,
			method,
			&parameters.encode(),
			expires_at,
		);
		let digest = sp_crypto_hashing::blake2_256(&payload);
		let signature = Bytes(self.vault.sign(&digest).await?.encode());
		Ok(AccessToken { account: self.account.clone(), expires_at, signature })
	}

	/// Returns the last blocks, cached for a few seconds.
	pub(super) async fn now(&self) -> Result<Now> {
		let mut known = self.now.lock().await;
		if let Some((at, now)) = *known
			&& at.elapsed() < LAST_BLOCKS_TTL
		{
			return Ok(now);
		}
		let (finalized, best) = futures::try_join!(self.finalized_number(), self.best_number())?;
		let now = Now { finalized, best };
		*known = Some((Instant::now(), now));
		Ok(now)
	}

	/// Returns all items of a query, page by page, at most `most`.
	pub(crate) async fn all<Item: DeserializeOwned>(
		&self,
		method: &str,
		filter: impl Serialize,
		most: usize,
	) -> Result<Vec<Item>> {
		let mut items = Vec::new();
		let mut page = PageRequest::default();
		for _ in 0..MAX_PAGES {
			let answer: At<Items<Item>> = self.call(method, (&filter, &page)).await?;
			items.extend(answer.answer.items);
			if items.len() >= most {
				items.truncate(most);
				return Ok(items);
			}
			match answer.answer.next {
				Some(next) if page.cursor.as_ref() == Some(&next) => break,
				Some(next) => page.cursor = Some(next),
				None => return Ok(items),
			}
		}
		Err(Error::UnexpectedResponse("a list has endless pages".into()))
	}
}

/// Whether a page continues a list: its numbers are at least `from` and strictly increasing. A list of such pages ends.
pub(super) fn continues_list(mut page: impl Iterator<Item = u32> + Clone, from: u32) -> bool {
	page.clone().is_sorted_by(|a, b| a < b) && page.next().is_none_or(|first| first >= from)
}

/// Encodes parameters by position from a tuple.
pub(super) fn by_position(params: &impl Serialize) -> Result<RpcParams> {
	let argument = |error: &dyn std::fmt::Display| Error::Argument(error.to_string());
	let values = match serde_json::to_value(params).map_err(|error| argument(&error))? {
		serde_json::Value::Null => Vec::new(),
		serde_json::Value::Array(values) => values,
		single => vec![single],
	};
	let mut params = RpcParams::new();
	for value in values {
		params.push(value).map_err(|error| argument(&error))?;
	}
	Ok(params)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn pages_continue_in_order_only() {
		let continues = |page: &[u32], from| continues_list(page.iter().copied(), from);
		assert!(continues(&[], 3));
		assert!(continues(&[3, 4, 9], 3));
		assert!(!continues(&[2, 3], 3));
		assert!(!continues(&[3, 3], 3));
		assert!(!continues(&[4, 3], 3));
	}

	#[test]
	fn parameters_are_encoded_by_position() {
		let encoded = |params: Result<RpcParams>| {
			params.unwrap().build().map(|json| json.get().to_owned()).unwrap_or_default()
		};
		assert_eq!(encoded(by_position(&())), "");
		assert_eq!(encoded(by_position(&(1,))), "[1]");
		assert_eq!(encoded(by_position(&("a", Some(2), None::<u32>))), "[\"a\",2,null]");
		assert_eq!(encoded(by_position(&7)), "[7]");
	}
}
