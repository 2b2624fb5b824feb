//! Organizations, members, keys and quotas.

use super::{Client, Proposed};
use crate::{calls::Call, error::Result};
use credio_primitives::{AccountId, OrganizationId, PublicKey, Quota, Roles};

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
	/// Asks the council to admit an organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`](crate::Error::Submit) if the account is not of the council, or the organization cannot be
	/// admitted.
	pub async fn register(&self, new: &NewOrganization) -> Result<Proposed> {
		let NewOrganization { name, admin, encryption_key, quota } = new;
		self.propose(&Call::admit(name.as_bytes(), admin, *encryption_key, *quota)).await
	}

	/// Asks the council to suspend an organization.
	pub async fn suspend(&self, organization: OrganizationId) -> Result<Proposed> {
		self.propose(&Call::suspend(organization)).await
	}

	/// Asks the council to reinstate an organization.
	pub async fn reinstate(&self, organization: OrganizationId) -> Result<Proposed> {
		self.propose(&Call::reinstate(organization)).await
	}

	/// Asks the council to set an organization's quota.
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

	/// Announces a new version of this organization's encryption key, which the vault has made.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn rotate_key(&self, key: PublicKey) -> Result<()> {
		self.apply(self.new_key()?, &[Call::rotate_key(key)]).await.map(|_| ())
	}
}
