//! Organizations, members, keys and quotas.

use super::wrappers::text;
use crate::{
	AccountId, BlockNumber, EncryptionKey, Endpoints, KeyVersion, Member, OrganizationId,
	OrganizationStatus, Quota, QuotaUse,
	organization::{OrganizationInfo, QuotaInfo},
};
use alloc::{string::String, vec::Vec};
use serde::{Deserialize, Serialize};

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrganizationJson {
	/// Its number.
	pub id: OrganizationId,
	/// Its name.
	pub name: String,
	/// Whether it takes part.
	pub status: OrganizationStatus,
	/// Number of its members.
	pub members: u32,
	/// Version of the encryption key that secrets are wrapped to from now on.
	pub key_version: KeyVersion,
	/// That key.
	pub encryption_key: EncryptionKey,
}

impl From<OrganizationInfo> for OrganizationJson {
	fn from(info: OrganizationInfo) -> Self {
		Self {
			id: info.id,
			name: text(&info.organization.name),
			status: info.organization.status,
			members: info.organization.members,
			key_version: info.organization.key_version,
			encryption_key: info.encryption_key,
		}
	}
}

/// An organization with its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrganizationDetailJson {
	/// The organization.
	#[serde(flatten)]
	pub organization: OrganizationJson,
	/// Its members.
	pub member_accounts: Vec<MemberJson>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "MemberAccount"))]
pub struct MemberJson {
	/// Its account (SS58).
	#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Ss58"))]
	pub account: AccountId,
	/// Its organization and roles.
	#[serde(flatten)]
	pub member: Member,
}

/// Quota and use of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaJson {
	/// Its quota per window.
	pub quota: Quota,
	/// Its use in the present window.
	pub used: QuotaUse,
	/// Length of a window in blocks.
	pub window_length: BlockNumber,
	/// First block of the next window.
	pub next_window_at: BlockNumber,
}

impl From<QuotaInfo> for QuotaJson {
	fn from(info: QuotaInfo) -> Self {
		Self {
			quota: info.quota,
			used: info.used,
			window_length: info.window_length,
			next_window_at: info.next_window_at,
		}
	}
}

/// The membership of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MembershipJson {
	/// Its organization and roles; null if it is no member.
	pub member: Option<Member>,
}

/// A version of an organization's encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EncryptionKeyJson {
	/// The key.
	pub encryption_key: EncryptionKey,
}

/// Where an organization serves objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EndpointsJson {
	/// The URLs, the preferred one first.
	pub endpoints: Vec<String>,
}

impl From<Endpoints> for EndpointsJson {
	fn from(endpoints: Endpoints) -> Self {
		Self { endpoints: endpoints.iter().map(|url| text(url)).collect() }
	}
}
