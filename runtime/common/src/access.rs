//! Who may append to a stream: the owner's submitters, and those of organizations with a grant to append.

use core::marker::PhantomData;
use credio_primitives::{
	traits::{AppendAccess, AppendGrants, Membership, Role},
	AccountId, OrganizationId, StreamId,
};
use sp_runtime::DispatchError;

/// Ties membership and grants to the right to append.
pub struct StreamAccess<Members, Grants>(PhantomData<(Members, Grants)>);

impl<Members, Grants> AppendAccess<AccountId> for StreamAccess<Members, Grants>
where
	Members: Membership<AccountId>,
	Grants: AppendGrants,
{
	fn ensure_may_append(
		who: &AccountId,
		stream: &StreamId,
		owner: OrganizationId,
	) -> Result<OrganizationId, DispatchError> {
		let organization = Members::ensure_role(who, Role::Submitter)?;
		if organization == owner || Grants::may_append(organization, stream) {
			Ok(organization)
		} else {
			Err(DispatchError::BadOrigin)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(stream: &StreamId, _owner: OrganizationId) -> Option<AccountId> {
		let who: AccountId = frame_benchmarking::account("appender", 0, 0);
		let organization = Members::benchmark_member(&who);
		Grants::benchmark_append_grant(organization, stream);
		Some(who)
	}
}
