//! Organizations, members, keys and quotas.

use super::Client;
use crate::{
	calls::Call,
	error::{Error, Result},
};
use codec::Decode;
use credio_primitives::{
	rpc::OrganizationJson, AccountId, OrganizationId, PublicKey, Quota, Roles,
};

/// An organization that the council is asked to admit.
#[derive(Clone, Debug)]
pub struct NewOrganization {
	/// Its name. Public to all members.
	pub name: String,
	/// Account of its first member.
	pub admin: AccountId,
	/// The first version of its encryption key.
	pub encryption_key: PublicKey,
	/// What it may use per window of blocks; the chain's default without one.
	pub quota: Option<Quota>,
}

impl Client {
	/// Proposes a call to the council. In a council of one it is executed at once; else the other members vote, for
	/// instance in polkadot.js Apps.
	async fn propose(&self, call: &Call) -> Result<()> {
		let members = self.council_size().await?;
		let threshold = members / 2 + 1;
		let proposal = Call::propose(threshold, call, self.at_block.metadata_ref())
			.map_err(crate::error::chain)?;
		self.submit_call(&proposal).await
	}

	/// Number of the council's members.
	async fn council_size(&self) -> Result<u32> {
		let key = ["Council", "Members"].map(|name| sp_crypto_hashing::twox_128(name.as_bytes()));
		let key = format!("0x{}", hex::encode(key.concat()));
		let stored: Option<String> = self.call("state_getStorage", (key,)).await?;
		let bytes = hex::decode(stored.unwrap_or_default().trim_start_matches("0x"))
			.map_err(crate::error::chain)?;
		let members =
			Vec::<AccountId>::decode(&mut bytes.as_slice()).map_err(crate::error::chain)?;
		Ok(members.len() as u32)
	}

	/// Asks the council to admit an organization; answers it if it was admitted at once.
	///
	/// Errors: [`Error::CallFailed`] if the account is not of the council.
	pub async fn register(&self, new: &NewOrganization) -> Result<Option<OrganizationJson>> {
		self.propose(&Call::admit(new.name.as_bytes(), &new.admin, new.encryption_key, new.quota))
			.await?;
		match self.find_organization(&new.name).await {
			Ok(organization) => Ok(Some(organization)),
			Err(Error::NotFound { .. }) => Ok(None),
			Err(error) => Err(error),
		}
	}

	/// Asks the council to suspend an organization.
	pub async fn suspend(&self, organization: OrganizationId) -> Result<()> {
		self.propose(&Call::suspend(organization)).await
	}

	/// Asks the council to reinstate an organization.
	pub async fn reinstate(&self, organization: OrganizationId) -> Result<()> {
		self.propose(&Call::reinstate(organization)).await
	}

	/// Asks the council to set an organization's quota.
	pub async fn set_quota(&self, organization: OrganizationId, quota: Quota) -> Result<()> {
		self.propose(&Call::set_quota(organization, quota)).await
	}

	/// Adds a member to this organization.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn add_member(&self, account: &AccountId, roles: Roles) -> Result<()> {
		self.apply(self.new_key()?, &[Call::add_member(account, roles)]).await.map(|_| ())
	}

	/// Sets the roles of a member of this organization.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn set_roles(&self, account: &AccountId, roles: Roles) -> Result<()> {
		self.apply(self.new_key()?, &[Call::set_roles(account, roles)]).await.map(|_| ())
	}

	/// Removes a member from this organization.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn remove_member(&self, account: &AccountId) -> Result<()> {
		self.apply(self.new_key()?, &[Call::remove_member(account)]).await.map(|_| ())
	}

	/// Announces a new version of this organization's encryption key, which the vault has made.
	///
	/// Errors: [`Error::Rejected`].
	pub async fn rotate_key(&self, key: PublicKey) -> Result<()> {
		self.apply(self.new_key()?, &[Call::rotate_key(key)]).await.map(|_| ())
	}
}
