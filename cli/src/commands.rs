//! What each command does, one module per group.

mod access;
mod anchor;
mod bundle;
mod checkpoint;
mod council;
mod dev;
mod evidence;
mod export;
mod grants;
mod index;
mod lane;
mod org;
mod outbox;
mod read;
mod report;
mod status;
mod stream;
mod trust;
pub(crate) mod upload;
pub(crate) mod vault;

use crate::{
	arguments::{Arguments, Command},
	exit::Failure,
	session::Session,
	standstill,
};

/// What a new vault says until the chain has admitted its organization.
pub const NO_ORGANIZATION: u32 = u32::MAX;

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
	let session = Session::new(arguments.global)?;
	tokio::select! {
		result = carry_out(&session, arguments.command) => result,
		never = standstill::tell(&session) => match never {},
	}
}

async fn carry_out(session: &Session, command: Command) -> Result<(), Failure> {
	match command {
		Command::Vault(command) => vault::run(session, command).await,
		Command::Org(command) => org::run(session, command).await,
		Command::Stream(command) => stream::run(session, command).await,
		Command::Upload(arguments) if arguments.outbox.is_some() || arguments.lane.is_some() => {
			outbox::upload(session, arguments).await
		},
		Command::Upload(arguments) => upload::run(session, arguments).await,
		Command::Outbox(command) => outbox::run(session, command).await,
		Command::Lane(command) => lane::run(session, command).await,
		Command::Status { key, stream, expires_at } => {
			status::run(session, &key, stream.as_deref(), expires_at).await
		},
		Command::Anchor { stream, proofs, files } => {
			anchor::run(session, &stream, &proofs, &files).await
		},
		Command::Verify { record, file, commitment_key, proof } => {
			anchor::verify(session, record, &file, commitment_key.as_deref(), proof.as_deref())
				.await
		},
		Command::Evidence(arguments) => evidence::run(session, *arguments).await,
		Command::Checkpoint(command) => checkpoint::run(session, command).await,
		Command::CommitmentKey { record } => anchor::commitment_key(session, record).await,
		Command::Grant(arguments) => grants::grant(session, arguments).await,
		Command::Revoke { grant } => grants::revoke(session, grant).await,
		Command::Renounce { grant } => grants::renounce(session, grant).await,
		Command::AddKeys { grant } => grants::add_keys(session, grant).await,
		Command::Grants { stream, record, from, to, active } => {
			grants::list(session, stream, record, from, to, active).await
		},
		Command::Access(command) => access::run(session, command).await,
		Command::Bundle(command) => bundle::run(session, command).await,
		Command::Query { stream, owner, from, limit } => {
			read::query(session, &stream, owner.as_deref(), from, limit).await
		},
		Command::Watch { stream, owner, from, limit } => {
			read::watch(session, &stream, owner.as_deref(), from, limit).await
		},
		Command::Fetch { record, output } => read::fetch(session, record, &output).await,
		Command::Quota { organization, set_bytes, set_ref_time } => {
			org::quota(session, organization, set_bytes.zip(set_ref_time)).await
		},
		Command::Council(command) => council::run(session, command).await,
		Command::Validator(command) => council::validators(session, command).await,
		Command::Runtime(command) => council::runtime(session, command).await,
		Command::Trust(command) => trust::run(session, command).await,
		Command::Index(command) => index::run(session, command).await,
		Command::Search(arguments) => index::search(session, arguments).await,
		Command::Aggregate(arguments) => index::aggregate(session, arguments).await,
		Command::Report(command) => report::run(session, *command).await,
		Command::Export(arguments) => export::run(session, *arguments).await,
		Command::DevVaults { folder } => dev::run(session, &folder),
	}
}
