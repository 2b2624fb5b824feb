//! Organizations, members, keys and quotas.

use super::{Client, Proposed, calling::continues_list};
use crate::{
	calls::Call,
	error::{Error, Result},
};
use credio_primitives::{
	AccountId, OrganizationId, PublicKey, Quota, Roles,
	rpc::{At, Items, OrganizationDetailJson, OrganizationJson, QuotaJson},
};

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
	/// Returns an organization, proven, with its members as the node lists them.
	///
	/// # Errors
	///
	/// [`Error::Refused`] with the code for "not found", [`Error::Proof`].
	pub async fn organization(&self, id: OrganizationId) -> Result<OrganizationDetailJson> {
		let answer: At<OrganizationDetailJson> = self.call("credio_v1_organization", (id,)).await?;
		let mut detail = answer.answer;
		if let Some(verified) = self.verified() {
			detail.organization = verified.organization(id).await?;
		}
		Ok(detail)
	}

	/// Returns all organizations as the node lists them.
	///
	/// # Errors
	///
	/// [`Error::UnexpectedResponse`] for a list that is not in the order of numbers, which could be endless.
	pub async fn organizations(&self) -> Result<Vec<OrganizationJson>> {
		let mut organizations: Vec<OrganizationJson> = Vec::new();
		loop {
			let from = organizations.last().map_or(0, |last| last.id.saturating_add(1));
			let answer: At<Items<OrganizationJson>> =
				self.call("credio_v1_organizations", (from,)).await?;
			let items = answer.answer.items;
			if items.is_empty() {
				return Ok(organizations);
			}
			if !continues_list(items.iter().map(|item| item.id), from) {
				return Err(Error::UnexpectedResponse(
					"the list of organizations is out of order".into(),
				));
			}
			organizations.extend(items);
		}
	}

	/// Returns an organization by name or number, proven, so that a name never leads to another organization.
	///
	/// # Errors
	///
	/// [`Error::NotFound`], [`Error::Proof`].
	pub async fn find_organization(&self, name: &str) -> Result<OrganizationJson> {
		if let Some(verified) = self.verified() {
			return verified.find_organization(name).await;
		}
		let number = name.parse::<OrganizationId>().ok();
		self.organizations()
			.await?
			.into_iter()
			.find(|organization| organization.name == name || Some(organization.id) == number)
			.ok_or_else(|| Error::NotFound {
				what: "organization",
				name: name.into(),
				hint: "`credio org list` shows all",
			})
	}

	/// Returns the quota of an organization and its use.
	pub async fn quota(&self, id: OrganizationId) -> Result<QuotaJson> {
		let answer: At<QuotaJson> = self.call("credio_v1_quota", (id,)).await?;
		Ok(answer.answer)
	}

	/// Proposes admitting an organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`] if the account is not a council member, or the organization cannot be
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
		self.apply(Self::new_key()?, &[Call::add_member(account, roles)]).await.map(|_| ())
	}

	/// Sets the roles of a member of this organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn set_roles(&self, account: &AccountId, roles: Roles) -> Result<()> {
		self.apply(Self::new_key()?, &[Call::set_roles(account, roles)]).await.map(|_| ())
	}

	/// Removes a member from this organization.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn remove_member(&self, account: &AccountId) -> Result<()> {
		self.apply(Self::new_key()?, &[Call::remove_member(account)]).await.map(|_| ())
	}

	/// Announces a new version of this organization's encryption key, which the vault has generated.
	///
	/// # Errors
	///
	/// [`Error::Submit`].
	pub async fn rotate_key(&self, key: PublicKey) -> Result<()> {
		self.apply(Self::new_key()?, &[Call::rotate_key(key)]).await.map(|_| ())
	}
}
