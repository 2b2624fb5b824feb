//! Bundles: calls of several organizations that apply together or not at all.

use super::Client;
use crate::{
	calls::{Call, DescribedCall},
	error::{Error, Result, SubmitError, UnfitCall},
	name::earlier_secrets,
	runtimes::RuntimePin,
};
use codec::Encode;
use credio_primitives::{
	BundleId, Digest, Leg, Moment, OrganizationId, Reference, RequestKey,
	bundle::{self, BundleFilter, BundleStatus, EncodedCall},
	limits,
	rpc::{At, BundleDetailJson, BundleJson, RequestState, WeightJson},
};
use std::time::Duration;

/// An encoded call of a leg, with its runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegCall {
	/// The call.
	pub call: EncodedCall,
	/// Metadata hash of that runtime; `None` if the encoder did not name it.
	pub encoded_for: Option<Digest>,
}

/// The calls of one organization in a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleLeg {
	/// The organization.
	pub organization: OrganizationId,
	/// Its calls, in order.
	pub calls: Vec<LegCall>,
}

/// The deadline of a bundle, by the chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
	/// A duration from now.
	After(Duration),
	/// A moment in milliseconds since 1970: the last one at which the bundle can execute.
	At(Moment),
}

/// A bundle to propose.
#[derive(Clone, Debug)]
pub struct NewBundle {
	/// Key of the proposing request. The bundle's reference and id follow from it.
	pub key: RequestKey,
	/// When the consents of all parties are due.
	pub deadline: Deadline,
	/// The calls of each organization.
	pub legs: Vec<BundleLeg>,
}

impl NewBundle {
	/// Returns the bundle's id if this organization proposes it.
	#[must_use]
	pub fn id(&self, proposer: OrganizationId) -> BundleId {
		BundleId::derive(proposer, &self.reference())
	}

	fn reference(&self) -> Reference {
		Reference::derive(&self.key, 0)
	}
}

impl Client {
	/// Encodes a call for a leg.
	///
	/// # Errors
	///
	/// As [`Self::sign`].
	pub async fn encoded_call(&self, call: &Call) -> Result<LegCall> {
		let runtime = self.trusted_runtime().await?;
		let encoded_for = Some(runtime.metadata_hash);
		Ok(LegCall { call: EncodedCall(call.encoded(&runtime)?), encoded_for })
	}

	/// Describes a call of a leg; `None` for a call that a bundle does not take, or if this client does not trust the
	/// runtime, which could show calls as others.
	pub async fn describe(&self, call: &[u8]) -> Option<DescribedCall> {
		self.describe_by(|metadata| DescribedCall::new(call, metadata)).await
	}

	/// Returns the key of the request that proposes a bundle: of a business key, or a random one without.
	///
	/// `HMAC(organization secret, SCALE("bundle", business key))`, with the secret that the bundle was proposed under,
	/// or else with the current one.
	///
	/// # Errors
	///
	/// [`Error::Vault`]; those of [`Self::status`] and [`Self::bundle`] if the organization has renewed its secret.
	pub async fn bundle_key(&self, business_key: Option<&[u8]>) -> Result<RequestKey> {
		let Some(key) = business_key else { return Self::new_key() };
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

	/// Proposes a bundle and consents to it, in one request. Repeating it under the same key has no effect: the first
	/// proposal stands with its deadline.
	///
	/// # Errors
	///
	/// [`Error::Argument`] for legs over the limits, [`Error::Sign`] for a leg with calls for another runtime,
	/// [`Error::Submit`], also if the key proposed other legs.
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
		// Other parties cannot consent before the bundle exists, so only a bundle of one organization executes here.
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
				// Another deadline is fine; other legs fail below.
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

	/// Returns a bundle, with its legs while it is open.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Proof`], [`Error::UnexpectedResponse`] if the node's legs do not match the digest.
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
				"the legs of the bundle do not match its digest".into(),
			));
		}
		Ok(detail)
	}

	/// Returns at most `most` bundles that match a filter.
	pub async fn bundles(&self, filter: &BundleFilter, most: usize) -> Result<Vec<BundleJson>> {
		self.all("credio_v1_bundles", filter, most).await
	}

	/// Consents to a bundle with this digest and returns its new state: the last consent executes or aborts it. The
	/// organization's leg runs as the vault's account. Repeating it has no effect.
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
		self.apply(Self::new_key()?, &[call]).await?;
		Ok(self.bundle(id).await?.bundle)
	}

	/// Withdraws this organization's consent to a bundle.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Argument`] for a bundle that has ended, [`Error::Submit`].
	pub async fn withdraw(&self, id: BundleId) -> Result<BundleJson> {
		ensure_open(&self.bundle(id).await?.bundle)?;
		self.apply(Self::new_key()?, &[Call::withdraw_from_bundle(id)]).await?;
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

/// Returns the legs for submission. A call for another runtime could be a different call in this one.
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

/// Checks the limits of legs before submission.
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
	fn cannot_propose_legs_for_another_runtime() {
		let runtimes = Runtimes::built_in();
		let pin = |version| runtimes.find(version).unwrap().unwrap();
		let (before, present) = (pin(6), pin(7));
		let call = |runtime: &RuntimePin| LegCall {
			call: EncodedCall(Call::remark(b"a").encoded(runtime).unwrap()),
			encoded_for: Some(runtime.metadata_hash),
		};
		let legs = |calls| [BundleLeg { organization: 1, calls }];
		assert!(legs_for(&legs(vec![call(&present), call(&present)]), &present).is_ok());
		// A node could name two runtimes in turn.
		for mixed in [vec![call(&before)], vec![call(&present), call(&before)]] {
			let refused = legs_for(&legs(mixed), &present);
			assert!(matches!(refused, Err(UnfitCall::Outdated { .. })), "{refused:?}");
		}
		let unsaid = LegCall { encoded_for: None, ..call(&present) };
		assert!(legs_for(&legs(vec![unsaid]), &present).is_ok());
	}
}
