//! Bundles: calls of several organizations that apply together or not at all.

use super::Client;
use crate::{
	calls::{Call, DescribedCall, UnfitCall},
	error::{Error, Result, SubmitError},
	name::earlier_secrets,
	runtimes::RuntimePin,
};
use codec::Encode;
use credio_primitives::{
	bundle::{self, BundleFilter, BundleStatus, EncodedCall},
	limits,
	rpc::{At, BundleDetailJson, BundleJson, RequestState, WeightJson},
	BundleId, Digest, Leg, Moment, OrganizationId, Reference, RequestKey,
};
use std::time::Duration;

/// A call as it stands in a leg, with the runtime that it is encoded for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegCall {
	/// The call.
	pub call: EncodedCall,
	/// Hash of the metadata of that runtime; `None` if whoever encoded it has not said.
	pub encoded_for: Option<Digest>,
}

/// What one organization does in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleLeg {
	/// The organization.
	pub organization: OrganizationId,
	/// Its calls, in their order.
	pub calls: Vec<LegCall>,
}

/// When the deadline of a bundle passes, by the chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
	/// After so long from now.
	After(Duration),
	/// With this moment, in milliseconds since 1970: it is the last one at which the bundle can execute.
	At(Moment),
}

/// A bundle to propose.
#[derive(Clone, Debug)]
pub struct NewBundle {
	/// Key of the request that proposes it; its reference, and so its id, follows from this.
	pub key: RequestKey,
	/// Until when all have to consent.
	pub deadline: Deadline,
	/// What each organization does.
	pub legs: Vec<BundleLeg>,
}

impl NewBundle {
	/// Name of the bundle, if this organization proposes it.
	pub fn id(&self, proposer: OrganizationId) -> BundleId {
		BundleId::derive(proposer, &self.reference())
	}

	fn reference(&self) -> Reference {
		Reference::derive(&self.key, 0)
	}
}

impl Client {
	/// A call as it stands in a leg.
	///
	/// # Errors
	///
	/// As [`Self::sign`].
	pub async fn encoded_call(&self, call: &Call) -> Result<LegCall> {
		let runtime = self.trusted_runtime().await?;
		let encoded_for = Some(runtime.metadata_hash);
		Ok(LegCall { call: EncodedCall(call.encoded(&runtime)?), encoded_for })
	}

	/// A call of a leg in words; `None` if it is no call that may stand in a bundle, or if the runtime is not one that
	/// this client trusts, whose calls could be shown as others.
	pub async fn describe(&self, call: &[u8]) -> Option<DescribedCall> {
		self.describe_by(|metadata| DescribedCall::new(call, metadata)).await
	}

	/// Key of the request that proposes a bundle under a business key, or a random one without.
	///
	/// `HMAC(organization secret, SCALE("bundle", business key))`, with the secret under which the bundle was proposed, or
	/// else with the one that is in force.
	///
	/// # Errors
	///
	/// [`Error::Vault`]; those of [`Self::status`] and [`Self::bundle`] if the organization has renewed its secret.
	pub async fn bundle_key(&self, business_key: Option<&[u8]>) -> Result<RequestKey> {
		let Some(key) = business_key else { return self.new_key() };
		let name = ("bundle", key).encode();
		for secret in earlier_secrets(&*self.vault).await? {
			let key = self.vault.request_key_under(secret, &name).await?;
			if self.is_proposed(key).await? {
				return Ok(key);
			}
		}
		Ok(self.vault.request_key(&name).await?)
	}

	/// Whether a bundle was proposed under a key, or is being proposed.
	async fn is_proposed(&self, key: RequestKey) -> Result<bool> {
		let status = self.status(key).await?.status;
		if matches!(status, RequestState::Applied | RequestState::Pending) {
			return Ok(true);
		}
		let id = BundleId::derive(self.organization, &Reference::derive(&key, 0));
		match self.bundle(id).await {
			Err(Error::NotFound { .. }) => Ok(false),
			found => found.map(|_| true),
		}
	}

	/// Proposes a bundle and consents to it, in one request. Repeating it under the same key is harmless: the bundle
	/// that was proposed first stands, whatever deadline the repetition names.
	///
	/// # Errors
	///
	/// [`Error::Argument`] for legs over the bounds, [`Error::Sign`] for one with calls that are encoded for another
	/// runtime, [`Error::Submit`] if the key proposed other legs, [`Error::Submit`].
	pub async fn propose_bundle(&self, new: &NewBundle) -> Result<BundleJson> {
		let runtime = self.trusted_runtime().await?;
		let legs = legs_for(&new.legs, &runtime)?;
		check_legs(&legs)?;
		let id = new.id(self.organization);
		let deadline = match new.deadline {
			Deadline::At(moment) => moment,
			Deadline::After(time) => self.moment_in(time).await?,
		};
		let digest = self.digest(id, deadline, &legs);
		// The other consents cannot come before there is a bundle, so only a bundle of one organization executes now.
		let max_weight = match legs.as_slice() {
			[_] => self.limits.max_bundle_weight,
			_ => WeightJson { ref_time: 0, proof_size: 0 },
		};
		let calls = [
			Call::propose_bundle(new.reference(), deadline, &legs, &runtime),
			Call::consent_to_bundle(id, digest, max_weight),
		];
		let was_applied = || async {
			Ok::<_, Error>(self.status(new.key).await?.status == RequestState::Applied)
		};
		if !was_applied().await? {
			match self.apply(new.key, &calls).await {
				// It was proposed with another deadline, or with other legs, which shows below.
				Err(Error::Submit(SubmitError::KeyReused(_))) if was_applied().await? => {},
				other => other.map(|_| ())?,
			}
		}
		let bundle = self.bundle(id).await?.bundle;
		match bundle.digest == self.digest(id, bundle.deadline, &legs) {
			true => Ok(bundle),
			false => Err(SubmitError::KeyReused(new.key).into()),
		}
	}

	/// A bundle, with its legs while it is open.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::UnexpectedResponse`] if the node's legs are not those that the digest is of, and
	/// those of proofs.
	pub async fn bundle(&self, id: BundleId) -> Result<BundleDetailJson> {
		let answer: Result<At<BundleDetailJson>> = self.call("credio_v1_bundle", (id,)).await;
		let mut detail = match answer {
			Err(Error::Refused(refusal))
				if refusal.code == credio_primitives::error_codes::NOT_FOUND =>
			{
				return Err(Error::NotFound {
					what: "bundle",
					name: id.to_string(),
					hint: "`credio bundle list` shows all; they are removed some time after their deadline",
				});
			},
			other => other?.answer,
		};
		if let Some(verified) = self.verified() {
			detail.bundle = verified.bundle(id, &detail.bundle).await?;
		}
		let is_open = detail.bundle.status == BundleStatus::Open;
		let computed = detail.computed_digest(&self.limits.genesis_hash);
		let has_legs = is_open || !detail.legs.is_empty();
		if detail.bundle.bundle_id != id || (has_legs && computed != detail.bundle.digest) {
			return Err(Error::UnexpectedResponse(
				"the legs of the bundle are not those of its digest".into(),
			));
		}
		Ok(detail)
	}

	/// Bundles that match a filter, at most `most`.
	pub async fn bundles(&self, filter: &BundleFilter, most: usize) -> Result<Vec<BundleJson>> {
		self.all("credio_v1_bundles", filter, most).await
	}

	/// Consents to a bundle, as it was read under this digest, and answers what became of it: with the last consent it
	/// is executed or aborted. The leg of this organization will run as this vault's account. Repeating it is harmless.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Argument`] for another digest or a bundle that has ended, [`Error::Submit`].
	pub async fn consent(&self, id: BundleId, digest: Digest) -> Result<BundleJson> {
		let detail = self.bundle(id).await?;
		if detail.bundle.digest != digest {
			return Err(Error::Argument(format!(
				"the bundle's digest is {}: look at what it does (`credio bundle show`) before you consent",
				detail.bundle.digest
			)));
		}
		if self.has_consented(&detail.bundle) {
			return Ok(detail.bundle);
		}
		ensure_open(&detail.bundle)?;
		let call = Call::consent_to_bundle(id, digest, detail.weight);
		self.apply(self.new_key()?, &[call]).await?;
		Ok(self.bundle(id).await?.bundle)
	}

	/// Withdraws the consent of this organization to a bundle.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Argument`] for a bundle that has ended, [`Error::Submit`].
	pub async fn withdraw(&self, id: BundleId) -> Result<BundleJson> {
		ensure_open(&self.bundle(id).await?.bundle)?;
		self.apply(self.new_key()?, &[Call::withdraw_from_bundle(id)]).await?;
		Ok(self.bundle(id).await?.bundle)
	}

	fn has_consented(&self, bundle: &BundleJson) -> bool {
		bundle
			.parties
			.iter()
			.any(|party| party.organization == self.organization && party.consent.is_some())
	}

	fn digest(&self, id: BundleId, deadline: Moment, legs: &[Leg<EncodedCall>]) -> Digest {
		bundle::digest(&self.limits.genesis_hash, &id, deadline, &legs.encode())
	}
}

fn ensure_open(bundle: &BundleJson) -> Result<()> {
	let ended = match bundle.status {
		BundleStatus::Open => return Ok(()),
		BundleStatus::Executed => "was executed",
		BundleStatus::Aborted => "was aborted",
		BundleStatus::Expired => "has expired",
	};
	Err(Error::Argument(format!("the bundle {ended}: nothing can change it any more")))
}

/// The legs as they are sent. A call that is encoded for another runtime may be another call in this one.
fn legs_for(
	legs: &[BundleLeg],
	runtime: &RuntimePin,
) -> std::result::Result<Vec<Leg<EncodedCall>>, UnfitCall> {
	let encoded = |leg: &LegCall| match leg.encoded_for {
		Some(hash) if hash != runtime.metadata_hash => {
			Err(UnfitCall::Outdated { call: "a leg".into(), runtime: runtime.spec_version })
		},
		_ => Ok(leg.call.clone()),
	};
	legs.iter()
		.map(|leg| {
			let calls = leg.calls.iter().map(encoded).collect::<std::result::Result<_, _>>()?;
			Ok(Leg { organization: leg.organization, calls })
		})
		.collect()
}

/// Checks the bounds of legs before anything is sent.
fn check_legs(legs: &[Leg<EncodedCall>]) -> Result<()> {
	let calls = legs.iter().map(|leg| leg.calls.len()).sum::<usize>();
	let size = legs.encoded_size();
	let argument = |what: String| Err(Error::Argument(what));
	if legs.len() > limits::MAX_LEGS as usize {
		return argument(format!("a bundle has at most {} legs", limits::MAX_LEGS));
	}
	if calls > limits::MAX_BUNDLE_CALLS as usize {
		return argument(format!("a bundle has at most {} calls", limits::MAX_BUNDLE_CALLS));
	}
	if size > limits::MAX_LEGS_SIZE as usize {
		return argument(format!(
			"the legs take {size} bytes, and at most {} fit: anchor documents instead of storing them",
			limits::MAX_LEGS_SIZE
		));
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Runtimes;

	#[test]
	fn legs_are_proposed_for_the_runtime_that_they_are_encoded_for() {
		let runtimes = Runtimes::built_in();
		let pin = |version| runtimes.find(version).unwrap().unwrap();
		let (before, present) = (pin(5), pin(6));
		let call = |runtime: &RuntimePin| LegCall {
			call: EncodedCall(Call::remark(b"a").encoded(runtime).unwrap()),
			encoded_for: Some(runtime.metadata_hash),
		};
		let legs = |calls| [BundleLeg { organization: 1, calls }];
		assert!(legs_for(&legs(vec![call(&present), call(&present)]), &present).is_ok());
		// A node that names two runtimes in turn.
		for mixed in [vec![call(&before)], vec![call(&present), call(&before)]] {
			let refused = legs_for(&legs(mixed), &present);
			assert!(matches!(refused, Err(UnfitCall::Outdated { .. })), "{refused:?}");
		}
		let unsaid = LegCall { encoded_for: None, ..call(&present) };
		assert!(legs_for(&legs(vec![unsaid]), &present).is_ok());
	}
}
