//! Who may append to a stream: the owner's submitters, and those of organizations with a grant to append.

use core::marker::PhantomData;
use credio_primitives::{AccountId, OrganizationId, StreamId};
use pallet_support::traits::{AppendAccess, AppendGrants, Appender, Membership, Role};
use sp_runtime::DispatchError;

/// Ties membership and grants to the right to append.
#[derive(Debug)]
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
	) -> Result<Appender, DispatchError> {
		let organization = Members::ensure_role(who, Role::Submitter)?;
		let grants_read = match organization == owner {
			true => Some(0),
			false => Grants::find_append(organization, stream),
		};
		let grants_read = grants_read.ok_or(DispatchError::BadOrigin)?;
		Ok(Appender { organization, grants_read })
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_appender(stream: &StreamId, grants_read: u32) -> Option<AccountId> {
		let who: AccountId = frame_benchmarking::account("appender", 0, 0);
		let organization = Members::benchmark_member(&who);
		Grants::benchmark_append_grant(organization, stream, grants_read);
		Some(who)
	}
}
