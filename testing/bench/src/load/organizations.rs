//! Organizations that submit: those of a development chain, and as many more as needed.

use super::bench::{Bench, since_epoch};
use credio_client::{
	Client, Error, NewOrganization,
	primitives::{Quota, development, limits::MAX_QUOTA},
};
use credio_vault::LocalVault;
use futures::future::try_join_all;
use std::sync::Arc;

/// The example organization that is the council.
const COUNCIL: &str = "operator";
/// A quota that no load uses up.
const UNLIMITED: Quota = Quota { bytes: MAX_QUOTA, ref_time: MAX_QUOTA };

/// Connects a number of organizations, each with a stream and without limits by quota: first the example organizations
/// except for the council, then new ones, which the council admits.
///
/// # Errors
///
/// [`Error::Connect`], or the refusal of a council call if the chain is no development chain.
pub(crate) async fn connect(node: &str, count: u32, connections: u32) -> Result<Vec<Bench>, Error> {
	let council = Client::connect(node, Arc::new(example(COUNCIL)?)).await?;
	let run = since_epoch();
	let names = development::ORGANIZATIONS.iter().map(|known| known.name);
	let names = names.filter(|name| *name != COUNCIL).map(|name| (name.to_owned(), true));
	let names = names.chain((1..).map(|number| (format!("bench-{run}-{number}"), false)));
	let mut vaults = Vec::new();
	// In sequence, since the council's account signs with nonces.
	for (name, is_example) in names.take(count as usize) {
		let vault = match is_example {
			true => lift_quota(&council, example(&name)?).await?,
			false => admit(&council, &name).await?,
		};
		vaults.push((name, vault));
	}
	let benches = vaults
		.into_iter()
		.map(|(name, vault)| async move { Bench::connect(node, &name, vault, connections).await });
	try_join_all(benches).await
}

/// Returns the vault of an example organization.
fn example(name: &str) -> Result<LocalVault, Error> {
	LocalVault::development(name).ok_or_else(|| Error::NotFound {
		what: "vault of the example organization",
		name: name.into(),
		hint: "",
	})
}

/// Lifts the quota of a vault's organization.
async fn lift_quota(council: &Client, vault: LocalVault) -> Result<LocalVault, Error> {
	let organization = vault.organization();
	if council.quota(organization).await?.quota != UNLIMITED {
		council.set_quota(organization, UNLIMITED).await?;
	}
	Ok(vault)
}

/// Admits a new organization, and returns its vault. Its keys are lost when the process ends.
async fn admit(council: &Client, name: &str) -> Result<LocalVault, Error> {
	let vault = LocalVault::generate(0)?;
	let keys = vault.encryption_keys();
	let (_, encryption_key) = *keys.first().ok_or_else(|| Error::NotFound {
		what: "encryption key of the new organization",
		name: name.into(),
		hint: "",
	})?;
	let new = NewOrganization {
		name: name.into(),
		admin: vault.account(),
		encryption_key,
		quota: Some(UNLIMITED),
	};
	council.register(&new).await?;
	let organization = council.find_organization(name).await?.id;
	Ok(vault.for_organization(organization))
}
