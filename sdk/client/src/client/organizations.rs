//! Organizations, members, keys and quotas.

use super::{Client, Proposed};
use crate::{calls::Call, error::Result};
use credio_primitives::{AccountId, OrganizationId, PublicKey, Quota, Roles};

/// An organization to propose to the council.
#[derive(Clone, Debug)]
pub struct NewOrganization {
	/// Its name. Public to all members.
	pub name: String,
	/// Account of its first member.
	pub admin: AccountId,
	/// The first version of its encryption key.
	pub encryption_key: PublicKey,
	/// Its quota per window of blocks; by default the chain's.
	pub quota: Option<Quota>,
}

impl Client {
	/// Proposes admitting an organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`](crate::Error::Submit) if the account is not a council member, or the organization cannot be
	/// admitted.
	pub async fn register(&self, new: &NewOrganization) -> Result<Proposed> {
		let NewOrganization { name, admin, encryption_key, quota } = new;
		self.propose(&Call::admit(name.as_bytes(), admin, *encryption_key, *quota)).await
	}

	/// Proposes suspending an organization.
	pub async fn suspend(&self, organization: OrganizationId) -> Result<Proposed> {
		self.propose(&Call::suspend(organization)).await
	}

	/// Proposes reinstating an organization.
	pub async fn reinstate(&self, organization: OrganizationId) -> Result<Proposed> {
		self.propose(&Call::reinstate(organization)).await
	}

	/// Proposes an organization's quota.
	pub async fn set_quota(&self, organization: OrganizationId, quota: Quota) -> Result<Proposed> {
		self.propose(&Call::set_quota(organization, quota)).await
	}

	/// Adds a member to this organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn add_member(&self, account: &AccountId, roles: Roles) -> Result<()> {
		self.apply(self.new_key()?, &[Call::add_member(account, roles)]).await.map(|_| ())
	}

	/// Sets the roles of a member of this organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn set_roles(&self, account: &AccountId, roles: Roles) -> Result<()> {
		self.apply(self.new_key()?, &[Call::set_roles(account, roles)]).await.map(|_| ())
	}

	/// Removes a member from this organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn remove_member(&self, account: &AccountId) -> Result<()> {
		self.apply(self.new_key()?, &[Call::remove_member(account)]).await.map(|_| ())
	}

	/// Announces a new version of this organization's encryption key, which the vault has generated.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn rotate_key(&self, key: PublicKey) -> Result<()> {
		self.apply(self.new_key()?, &[Call::rotate_key(key)]).await.map(|_| ())
	}
}
