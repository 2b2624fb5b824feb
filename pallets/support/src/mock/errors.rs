//! Errors that [`World`](super::World) returns.

use sp_runtime::{DispatchError, ModuleError};

/// The account is no member of an organization.
pub const NOT_A_MEMBER: DispatchError = error(0, "NotAMember");
/// The organization of the account is suspended.
pub const ORGANIZATION_SUSPENDED: DispatchError = error(1, "OrganizationSuspended");
/// The account lacks the role.
pub const ROLE_MISSING: DispatchError = error(2, "RoleMissing");
/// The stream does not exist.
pub const STREAM_NOT_FOUND: DispatchError = error(3, "StreamNotFound");
/// The stream is sealed.
pub const STREAM_SEALED: DispatchError = error(4, "StreamSealed");
/// The organization has used the reference for another entry.
pub const REFERENCE_USED: DispatchError = error(5, "ReferenceUsed");
/// The organization neither owns the stream nor holds a grant to append to it.
pub const NO_GRANT: DispatchError = error(6, "NoGrant");
/// The stream has no key epoch.
pub const NO_EPOCH: DispatchError = error(7, "NoKeyEpoch");
/// The epoch is not the current one.
pub const EPOCH_NOT_CURRENT: DispatchError = error(8, "EpochNotCurrent");
/// The next epoch has to be opened first.
pub const ROTATION_DUE: DispatchError = error(9, "RotationDue");

/// Returns an error of a pallet that no runtime has. Unlike `DispatchError::Other`, it survives being stored.
const fn error(number: u8, name: &'static str) -> DispatchError {
	DispatchError::Module(ModuleError {
		index: u8::MAX,
		error: [number, 0, 0, 0],
		message: Some(name),
	})
}
