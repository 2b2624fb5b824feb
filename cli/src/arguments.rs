//! The command line.

mod evidence;
pub mod export;
mod report;

pub use evidence::{
	CheckpointCommand, EvidenceArguments, EvidenceCommand, TrustArguments, VerifyEvidenceArguments,
};
pub use report::{ActivityArguments, AssetsArguments, ReportCommand, ReportOutput};

use clap::{Args, Parser, Subcommand};
use credio_client::primitives::{
	AccessRequestId, AccountId, BlockNumber, BundleId, Digest, GrantId, RecordId, RequestKey,
};
use std::path::PathBuf;

/// Business documents on a ledger that nobody can read without permission.
#[derive(Debug, Parser)]
#[command(name = "credio", version, after_help = crate::exit::HELP)]
pub struct Arguments {
	/// What to do.
	#[command(subcommand)]
	pub command: Command,

	/// Where the node and the vault are.
	#[command(flatten)]
	pub global: Global,
}

/// Where the node and the vault are.
#[derive(Clone, Debug, Args)]
pub struct Global {
	/// WebSocket address of the node, wss:// unless it is on this machine [config: node; default: ws://127.0.0.1:9944]
	#[arg(long, global = true, env = "CREDIO_NODE", value_name = "URL")]
	pub node: Option<String>,

	/// Allow ws:// beyond this machine. Gives up what TLS gives: anybody on the line reads what is asked and answered, and
	/// can answer in the node's place
	#[arg(long, global = true, env = "CREDIO_INSECURE")]
	pub insecure: bool,

	/// File of the vault [config: vault]
	#[arg(long, global = true, env = "CREDIO_VAULT", value_name = "FILE")]
	pub vault: Option<PathBuf>,

	/// File whose first line is the vault's password; without it CREDIO_VAULT_PASSWORD, else a prompt
	/// [config: password_file]
	#[arg(long, global = true, env = "CREDIO_VAULT_PASSWORD_FILE", value_name = "FILE")]
	pub password_file: Option<PathBuf>,

	/// Configuration file, with `node`, `vault`, `password_file` and `chain`, which no node may differ from [default:
	/// credio/config.toml in the user's configuration folder]
	#[arg(long, global = true, env = "CREDIO_CONFIG", value_name = "FILE")]
	pub config: Option<PathBuf>,

	/// Where is kept which block was last verified, so that no node can go back behind it
	/// [config: verified; default: the vault's file with .verified added; in memory without a vault]
	#[arg(long, global = true, env = "CREDIO_VERIFIED", value_name = "FILE")]
	pub verified: Option<PathBuf>,

	/// Believe the node without proofs: one that lies can then read what is uploaded and granted, and make up outcomes,
	/// owners and documents
	#[arg(long, global = true)]
	pub trust_node: bool,

	/// Print JSON, one object a line, instead of tables
	#[arg(long, global = true)]
	pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
	/// Make, show and change vaults, and rotate encryption keys
	#[command(subcommand)]
	Vault(crate::commands::vault::VaultCommand),
	/// Organizations, their members and keys
	#[command(subcommand)]
	Org(OrgCommand),
	/// Streams: create, list, seal, rotate
	#[command(subcommand)]
	Stream(StreamCommand),
	/// Upload documents, encrypted, and wait until they are final
	#[command(
		after_help = "Examples:\n  credio upload --stream invoices march/*.xml\n  credio upload --stream invoices --lane 7 --outbox acme.outbox march/*.xml"
	)]
	Upload(UploadArguments),
	/// Outboxes: what was stored to be sent
	#[command(subcommand)]
	Outbox(OutboxCommand),
	/// Lanes, in which requests are applied in order
	#[command(subcommand)]
	Lane(LaneCommand),
	/// Where a request stands
	#[command(
		after_help = "Examples:\n  credio status INV-4711 --stream invoices\n  credio status 0x52…9b --json\n  credio status 0x52…9b --expires-at 48211"
	)]
	Status {
		/// Request key (0x and 64 hex digits), or the business key given to upload
		key: String,
		/// Stream of the business key
		#[arg(long, value_name = "NAME_OR_ID")]
		stream: Option<String>,
		/// Last block in which the request may be applied, as `credio outbox list` shows it: without it nobody can prove
		/// that the request has expired, and it is unknown
		#[arg(long, value_name = "BLOCK", conflicts_with = "stream")]
		expires_at: Option<BlockNumber>,
	},
	/// Anchor documents that are kept elsewhere; several become one Merkle anchor
	#[command(after_help = "Example: credio anchor --stream contracts --proofs proofs/ *.pdf")]
	Anchor {
		/// Stream of the anchor
		#[arg(long, value_name = "NAME_OR_ID")]
		stream: String,
		/// Folder for the proofs, one file a document
		#[arg(long, value_name = "DIR")]
		proofs: PathBuf,
		/// Documents
		#[arg(required = true, value_name = "FILE")]
		files: Vec<PathBuf>,
	},
	/// Check a document against the chain
	#[command(
		after_help = "Examples:\n  credio verify 0x8a…01 invoice.xml\n  credio verify 0x8a…01 invoice.xml --commitment-key 0x4c…77\n  credio verify 0x8a…01 contract.pdf --proof proofs/contract.pdf.proof.json"
	)]
	Verify {
		/// The record or anchor
		record: RecordId,
		/// The document
		file: PathBuf,
		/// The commitment key; without it, the record is fetched to derive it
		#[arg(long, value_name = "HEX", conflicts_with = "proof")]
		commitment_key: Option<String>,
		/// Proof of an anchored document
		#[arg(long, value_name = "FILE")]
		proof: Option<PathBuf>,
	},
	/// Write evidence of a record or anchor: a file that proves it to somebody without a node
	#[command(
		args_conflicts_with_subcommands = true,
		subcommand_negates_reqs = true,
		after_help = "Examples:\n  credio evidence 0x8a…01 -o invoice.evidence --with-key\n  credio evidence 0x8a…01 -o contract.evidence --proof proofs/contract.pdf.proof.json\n  credio evidence verify invoice.evidence --chain chain.json --document invoice.xml"
	)]
	Evidence(Box<EvidenceArguments>),
	/// Checkpoints: final blocks that the council signs, from which evidence starts
	#[command(subcommand)]
	Checkpoint(CheckpointCommand),
	/// Print the commitment key of a record, for whoever is to verify the document
	#[command(after_help = "Example: credio commitment-key 0x8a…01")]
	CommitmentKey {
		/// The record
		record: RecordId,
	},
	/// Give an organization a grant to read, or to append
	#[command(
		after_help = "Example: credio grant --stream invoices --to funder-one --purpose 'assess for funding' --for 30d"
	)]
	Grant(GrantArguments),
	/// End a grant at once, and open the stream's next key epoch
	#[command(after_help = "Example: credio revoke 0x77…d0")]
	Revoke {
		/// The grant
		grant: GrantId,
	},
	/// Give up a grant that your organization holds
	#[command(after_help = "Example: credio renounce 0x77…d0")]
	Renounce {
		/// The grant
		grant: GrantId,
	},
	/// Give the holder of a grant on a stream the secrets that it lacks, of key epochs that were opened without it, say
	#[command(after_help = "Example: credio add-keys 0x77…d0")]
	AddKeys {
		/// The grant
		grant: GrantId,
	},
	/// List grants
	#[command(after_help = "Example: credio grants --stream invoices --active")]
	Grants {
		/// On this stream
		#[arg(long, value_name = "NAME_OR_ID")]
		stream: Option<String>,
		/// On this record
		#[arg(long, conflicts_with = "stream")]
		record: Option<RecordId>,
		/// Given by this organization
		#[arg(long, value_name = "ORG")]
		from: Option<String>,
		/// Held by this organization
		#[arg(long, value_name = "ORG")]
		to: Option<String>,
		/// Only those that hold now
		#[arg(long)]
		active: bool,
	},
	/// Ask for access, and answer those who ask
	#[command(subcommand)]
	Access(AccessCommand),
	/// Calls of several organizations that apply together or not at all
	#[command(subcommand)]
	Bundle(BundleCommand),
	/// List entries of a stream
	#[command(after_help = "Example: credio query --stream invoices --from 100 --limit 20 --json")]
	Query {
		/// Stream, by name or id
		#[arg(long, value_name = "NAME_OR_ID")]
		stream: String,
		/// Organization that owns the stream, if it is not yours and you give its name
		#[arg(long, value_name = "ORG")]
		owner: Option<String>,
		/// First sequence number
		#[arg(long, default_value_t = 0)]
		from: u64,
		/// Most entries
		#[arg(long, default_value_t = 100)]
		limit: usize,
	},
	/// Print entries of a stream as they become final, until interrupted
	#[command(after_help = "Example: credio watch --stream invoices --from 0")]
	Watch {
		/// Stream, by name or id
		#[arg(long, value_name = "NAME_OR_ID")]
		stream: String,
		/// Organization that owns the stream, if it is not yours and you give its name
		#[arg(long, value_name = "ORG")]
		owner: Option<String>,
		/// First sequence number
		#[arg(long, default_value_t = 0)]
		from: u64,
		/// Stop after this many entries
		#[arg(long)]
		limit: Option<usize>,
	},
	/// Fetch and decrypt a record
	#[command(after_help = "Example: credio fetch 0x8a…01 -o invoice.xml")]
	Fetch {
		/// The record
		record: RecordId,
		/// Where to write the document; - for standard output
		#[arg(short, long, value_name = "FILE")]
		output: PathBuf,
	},
	/// Quota of an organization, and its use
	#[command(
		after_help = "Example: credio quota\n         credio quota channel-one --set-bytes 1073741824 --set-ref-time 300000000000000"
	)]
	Quota {
		/// Organization; yours without it
		organization: Option<String>,
		/// Propose this many bytes per window to the council
		#[arg(long, requires = "set_ref_time")]
		set_bytes: Option<u64>,
		/// Propose this much weight (picoseconds) per window to the council
		#[arg(long, requires = "set_bytes")]
		set_ref_time: Option<u64>,
	},
	/// The council: its members, and the motions that it votes on
	#[command(subcommand)]
	Council(CouncilCommand),
	/// Validators: who makes blocks and votes on finality
	#[command(subcommand)]
	Validator(ValidatorCommand),
	/// The runtime of the chain, and its upgrades
	#[command(subcommand)]
	Runtime(RuntimeCommand),
	/// Trust what this software does not know by itself
	#[command(subcommand)]
	Trust(TrustCommand),
	/// Indexes: documents in plaintext, to be searched
	#[command(subcommand)]
	Index(IndexCommand),
	/// Search a view of an index
	#[command(
		after_help = "Examples:\n  credio search invoices-ubl 'amount > 1000 and currency = \"EUR\"' --sort -issueDate\n  credio search invoices-ubl 'match \"steel\"' --json"
	)]
	Search(SearchArguments),
	/// Count, sum and average over a view of an index
	#[command(
		after_help = "Example: credio aggregate invoices-ubl count 'sum(amount)' --by currency --by 'month(dueDate)'"
	)]
	Aggregate(AggregateArguments),
	/// Pages of figures: what your organization did, and how assets perform
	#[command(subcommand)]
	Report(Box<ReportCommand>),
	/// Export a view, or a stream's entries, to files in bulk; or verify an export
	#[command(
		args_conflicts_with_subcommands = true,
		subcommand_negates_reqs = true,
		after_help = "Examples:\n  credio export invoices-ubl --index acme.index --format parquet -o invoices-june\n  credio export invoices-ubl --index acme.index --where 'amount > 1000' -o large\n  credio export invoices-2026 --owner channel-one --index acme.index --format jsonl -o documents\n  credio export verify invoices-june\n(an export that was interrupted goes on when the same command is run again)"
	)]
	Export(Box<export::ExportArguments>),
	/// Write the vaults of the example organizations of a development chain
	#[command(after_help = "Example: credio dev-vaults ~/credio-dev")]
	DevVaults {
		/// Folder to write them to
		folder: PathBuf,
	},
}

/// The council.
#[derive(Debug, Subcommand)]
pub enum CouncilCommand {
	/// List the members of the council, or ask it to take one in or let one go
	#[command(
		after_help = "Example: credio council members\n         credio council members --join 5F…y\n         credio council members --leave 5F…y"
	)]
	Members {
		/// Ask the council to take in this account
		#[arg(long, value_name = "SS58")]
		join: Option<AccountId>,
		/// Ask the council to let this account go
		#[arg(long, value_name = "SS58", conflicts_with = "join")]
		leave: Option<AccountId>,
	},
	/// List what the council votes on
	#[command(after_help = "Example: credio council motions")]
	Motions,
	/// Vote on a motion. The vote that decides it also carries it out
	#[command(
		after_help = "Example: credio council vote 0x8a…01\n         credio council vote 0x8a…01 --nay"
	)]
	Vote {
		/// The motion's hash
		motion: Digest,
		/// Disagree
		#[arg(long)]
		nay: bool,
	},
}

/// Validators.
#[derive(Debug, Subcommand)]
pub enum ValidatorCommand {
	/// List the validators and how they stand
	#[command(after_help = "Example: credio validator list")]
	List,
	/// Set the session keys of this vault's account. The private keys stay on its node, which makes them by
	/// `credio-node session-keys`, also while it runs
	#[command(
		after_help = "Example: credio validator set-keys --session-keys 0x9a…3c --proof 0x5e…81\n(as `credio-node session-keys --account 5F…y --keystore-path FOLDER` prints them, on the node's machine)"
	)]
	SetKeys {
		/// The public keys
		#[arg(long, value_name = "HEX", requires = "proof", required_unless_present = "own_node")]
		session_keys: Option<String>,
		/// The proof that the node holds the private ones
		#[arg(long, value_name = "HEX", requires = "session_keys")]
		proof: Option<String>,
		/// WebSocket address of the validator's node, to have it make them: only where it runs with --rpc-methods unsafe
		#[arg(long, value_name = "URL", conflicts_with = "session_keys")]
		own_node: Option<String>,
	},
	/// Ask the council to make an account a validator
	#[command(after_help = "Example: credio validator add 5F…y")]
	Add {
		/// The account, which has set its session keys
		account: AccountId,
	},
	/// Ask the council to end that an account is a validator
	#[command(after_help = "Example: credio validator remove 5F…y")]
	Remove {
		/// The account
		account: AccountId,
	},
	/// Ask the council to hand finality to the validators that are left, after so many are lost for ever that nothing
	/// becomes final. Proofs from before need a checkpoint then
	#[command(
		after_help = "Example: credio validator resume-finality --lost 5F…y --lost 5H…q --last-final 48211"
	)]
	ResumeFinality {
		/// A validator that is lost, which is removed; may be given more than once
		#[arg(long, value_name = "SS58")]
		lost: Vec<AccountId>,
		/// The highest block that is final at any of the validators that are left [default: this node's]
		#[arg(long, value_name = "BLOCK")]
		last_final: Option<u32>,
		/// Blocks from the plan of the change to the first vote; long enough for all nodes that are left to have that block
		#[arg(long, value_name = "BLOCKS", default_value_t = 30)]
		delay: u32,
	},
	/// Ask the council to let a validator go on that was disabled for voting twice
	#[command(after_help = "Example: credio validator reinstate 5F…y")]
	Reinstate {
		/// The account
		account: AccountId,
	},
}

/// The runtime.
#[derive(Debug, Subcommand)]
pub enum RuntimeCommand {
	/// Show which runtime the chain runs, and the chain's name, to pin it as `chain` in the configuration file
	#[command(after_help = "Example: credio runtime show")]
	Show,
	/// Ask the council to authorize an upgrade
	#[command(
		after_help = "Example: credio runtime propose credio_runtime.compact.compressed.wasm"
	)]
	Propose {
		/// The new runtime's code
		#[arg(value_name = "WASM")]
		code: PathBuf,
	},
	/// Carry out an upgrade that the council has authorized. Any seat of the council can
	#[command(after_help = "Example: credio runtime apply credio_runtime.compact.compressed.wasm")]
	Apply {
		/// The new runtime's code
		#[arg(value_name = "WASM")]
		code: PathBuf,
	},
}

/// What is trusted.
#[derive(Debug, Subcommand)]
pub enum TrustCommand {
	/// Trust the chain's runtime, so that calls are signed for it: after an upgrade, if this software is of a release before.
	/// Shows what changed since the newest runtime that is trusted, and asks for the metadata hash that the council names
	#[command(
		after_help = "Example: credio trust runtime\n         credio trust runtime --hash 0x6d…f2"
	)]
	Runtime {
		/// The metadata hash, as the council or the release names it; without it, it is asked for
		#[arg(long)]
		hash: Option<Digest>,
	},
}

/// Organizations.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
	/// List organizations
	#[command(after_help = "Example: credio org list")]
	List,
	/// Show an organization and its members
	#[command(after_help = "Example: credio org show funder-one")]
	Show {
		/// Name or number
		organization: String,
	},
	/// Ask the council to admit an organization
	#[command(
		after_help = "Example: credio org register acme --account 5F…y --encryption-key 0x3f…e1\n(`credio vault show` of the new organization prints both)"
	)]
	Register {
		/// Its name
		name: String,
		/// Account of its first member
		#[arg(long, value_name = "SS58")]
		account: AccountId,
		/// Its encryption key
		#[arg(long, value_name = "HEX")]
		encryption_key: String,
	},
	/// Ask the council to suspend an organization, or to reinstate it
	#[command(
		after_help = "Example: credio org suspend acme\n         credio org suspend acme --end"
	)]
	Suspend {
		/// Name or number
		organization: String,
		/// End the suspension
		#[arg(long)]
		end: bool,
	},
	/// List the members of an organization, or change yours
	#[command(
		after_help = "Example: credio org members\n         credio org members --set 5F…y --roles submitter,grantor\n         credio org members --remove 5F…y"
	)]
	Members {
		/// Name or number; yours without it
		organization: Option<String>,
		/// Add this account, or set its roles
		#[arg(long, value_name = "SS58", requires = "roles")]
		set: Option<AccountId>,
		/// Its roles: any of admin, submitter, grantor
		#[arg(long, value_delimiter = ',', value_parser = ["admin", "submitter", "grantor"])]
		roles: Vec<String>,
		/// Remove this account
		#[arg(long, value_name = "SS58", conflicts_with = "set")]
		remove: Option<AccountId>,
	},
	/// Show the encryption key of an organization
	#[command(after_help = "Example: credio org keys funder-one")]
	Keys {
		/// Name or number; yours without it
		organization: Option<String>,
	},
}

/// Outboxes.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
	/// Send what is stored, and follow it until it is decided
	#[command(
		after_help = "Examples:\n  credio outbox run --outbox acme.outbox\n  credio outbox run --outbox postgres://localhost/acme --more-nodes wss://node.example"
	)]
	Run {
		/// The outbox
		#[command(flatten)]
		outbox: OutboxArgument,
		/// End when nothing is undecided any more, instead of waiting for more
		#[arg(long)]
		until_decided: bool,
		/// Further nodes, tried in turn when the first one goes away
		#[arg(long, value_name = "URL")]
		more_nodes: Vec<String>,
	},
	/// List what is stored, and what became of it
	#[command(after_help = "Example: credio outbox list --outbox acme.outbox --state expired")]
	List {
		/// The outbox
		#[command(flatten)]
		outbox: OutboxArgument,
		/// Only those in this state: waiting, sending, applied, rejected, expired, undetermined
		#[arg(long)]
		state: Option<String>,
	},
	/// Try again what has ended without being applied, under a new key
	#[command(after_help = "Example: credio outbox retry 0x52…9b --outbox acme.outbox")]
	Retry {
		/// Key of the request
		key: RequestKey,
		/// The outbox
		#[command(flatten)]
		outbox: OutboxArgument,
	},
	/// Write all outcomes in their order, one JSON object a line
	#[command(after_help = "Example: credio outbox export --outbox acme.outbox -o outcomes.jsonl")]
	Export {
		/// The outbox
		#[command(flatten)]
		outbox: OutboxArgument,
		/// File to write, or - for standard output
		#[arg(short, long, value_name = "FILE")]
		output: PathBuf,
		/// Only outcomes after this number
		#[arg(long, value_name = "NUMBER", default_value_t = 0)]
		after: i64,
	},
}

/// Names an outbox.
#[derive(Clone, Debug, Args)]
pub struct OutboxArgument {
	/// File of the outbox, or postgres://… for one in PostgreSQL, whose password is in PGPASSFILE or PGPASSWORD
	#[arg(long, env = "CREDIO_OUTBOX", value_name = "FILE_OR_URL")]
	pub outbox: String,
}

/// Where an index is.
#[derive(Clone, Debug, Args)]
pub struct IndexArguments {
	/// File of the index, or a PostgreSQL database (postgres://…), whose password is in PGPASSFILE or PGPASSWORD
	#[arg(long, env = "CREDIO_INDEX", value_name = "FILE_OR_URL")]
	pub index: String,
}

/// Where an index is that is only read, which takes no vault.
#[derive(Clone, Debug, Args)]
pub struct ReadIndexArguments {
	#[command(flatten)]
	pub at: IndexArguments,
	/// Number of the organization whose index it is, where a PostgreSQL database has several
	#[arg(long, value_name = "NUMBER")]
	pub organization: Option<credio_client::primitives::OrganizationId>,
}

/// Where an index answers JSON-RPC, and whom.
#[derive(Clone, Debug, Args)]
pub struct ListenArguments {
	/// File whose first line is the token that callers have to show; needed at an address
	#[arg(long, value_name = "FILE", requires = "listen")]
	pub token_file: Option<PathBuf>,
	/// Name by which callers may address it beside localhost and numbers, as that of a proxy; may be given several times
	#[arg(long = "host", value_name = "NAME", requires = "listen")]
	pub hosts: Vec<String>,
}

/// How an index is kept up to date.
#[derive(Clone, Debug, Args)]
pub struct UpkeepArguments {
	/// Definitions of views: files, or folders with .toml files
	#[arg(long = "views", value_name = "PATH")]
	pub views: Vec<PathBuf>,
	/// Another node, for when the first goes away; may be given several times
	#[arg(long = "or-node", value_name = "URL")]
	pub more_nodes: Vec<String>,
	/// Keep documents after the grant that opened them has ended, instead of removing them
	#[arg(long, env = "CREDIO_INDEX_KEEP_REVOKED")]
	pub keep_revoked: bool,
}

/// Indexes.
#[derive(Debug, Subcommand)]
pub enum IndexCommand {
	/// Keep an index up to date, until Ctrl-C
	#[command(
		after_help = "Example: credio index run --index acme.index --views samples/views --listen unix:acme.socket"
	)]
	Run {
		#[command(flatten)]
		index: IndexArguments,
		#[command(flatten)]
		upkeep: UpkeepArguments,
		/// Show rows before they are final, to those who ask for them
		#[arg(long)]
		live: bool,
		/// Answer JSON-RPC at this address, or on a Unix socket that only you can connect to
		#[arg(long, value_name = "IP:PORT|unix:PATH")]
		listen: Option<credio_index::server::Address>,
		#[command(flatten)]
		callers: ListenArguments,
	},
	/// Bring an index up to date with what is final now
	#[command(after_help = "Example: credio index sync --index acme.index --views samples/views")]
	Sync {
		#[command(flatten)]
		index: IndexArguments,
		#[command(flatten)]
		upkeep: UpkeepArguments,
	},
	/// Empty an index and build it anew from the chain, to what is final now
	#[command(
		after_help = "Example: credio index rebuild --index acme.index --views samples/views"
	)]
	Rebuild {
		#[command(flatten)]
		index: IndexArguments,
		#[command(flatten)]
		upkeep: UpkeepArguments,
	},
	/// Answer JSON-RPC by an index that another process keeps up to date, or a replica of it, until Ctrl-C
	#[command(
		after_help = "Example: credio index serve --index postgres://reader@replica/credio --listen 127.0.0.1:9951 --token-file index.token"
	)]
	Serve {
		#[command(flatten)]
		index: ReadIndexArguments,
		/// Answer at this address, or on a Unix socket that only you can connect to
		#[arg(long, value_name = "IP:PORT|unix:PATH")]
		listen: credio_index::server::Address,
		#[command(flatten)]
		callers: ListenArguments,
	},
	/// List the views of an index
	#[command(after_help = "Example: credio index views --index acme.index")]
	Views {
		#[command(flatten)]
		index: ReadIndexArguments,
	},
	/// List documents that do not fit a view, and why
	#[command(after_help = "Example: credio index unfit invoices-ubl --index acme.index")]
	Unfit {
		/// The view
		view: String,
		#[command(flatten)]
		index: ReadIndexArguments,
	},
	/// Write all of an index, in an order that is the same for the same content
	#[command(after_help = "Example: credio index dump --index acme.index -o acme.dump")]
	Dump {
		#[command(flatten)]
		index: ReadIndexArguments,
		/// File to write to; - for standard output
		#[arg(short, long, value_name = "FILE")]
		output: PathBuf,
	},
}

/// What to search for.
#[derive(Debug, Args)]
pub struct SearchArguments {
	#[command(flatten)]
	pub index: ReadIndexArguments,
	/// The view
	pub view: String,
	/// Which rows; all without it
	pub filter: Option<String>,
	/// Columns to sort by; with - in front, the largest first
	#[arg(long, value_name = "COLUMN", allow_hyphen_values = true)]
	pub sort: Vec<String>,
	/// Most rows
	#[arg(long, default_value_t = credio_index::store::DEFAULT_LIMIT, value_name = "N")]
	pub limit: u32,
	/// Go on where the page before ended
	#[arg(long, value_name = "CURSOR")]
	pub after: Option<String>,
	/// Rows that are not final yet, too
	#[arg(long)]
	pub live: bool,
	/// Rows that later ones have replaced, too
	#[arg(long)]
	pub history: bool,
}

/// What to compute.
#[derive(Debug, Args)]
pub struct AggregateArguments {
	#[command(flatten)]
	pub index: ReadIndexArguments,
	/// The view
	pub view: String,
	/// count, or count, sum, avg, min or max of a column
	#[arg(required = true, value_name = "FUNCTION")]
	pub functions: Vec<String>,
	/// Which rows; all without it
	#[arg(long, value_name = "FILTER")]
	pub filter: Option<String>,
	/// Columns whose values make groups, or year or month of one
	#[arg(long, value_name = "COLUMN")]
	pub by: Vec<String>,
	/// Rows that are not final yet, too
	#[arg(long)]
	pub live: bool,
	/// Rows that later ones have replaced, too
	#[arg(long)]
	pub history: bool,
}

/// Lanes.
#[derive(Debug, Subcommand)]
pub enum LaneCommand {
	/// Show the next position of a lane
	#[command(after_help = "Example: credio lane show 7")]
	Show {
		/// Number of the lane, from 0 to 1023
		lane: u32,
	},
}

/// Streams.
#[derive(Debug, Subcommand)]
pub enum StreamCommand {
	/// Create a stream
	#[command(after_help = "Example: credio stream create 'invoices 2026'")]
	Create {
		/// Its name, public to all members
		name: String,
	},
	/// List streams
	#[command(after_help = "Example: credio stream list --owner channel-one")]
	List {
		/// Only those of this organization
		#[arg(long, value_name = "ORG")]
		owner: Option<String>,
	},
	/// End a stream: nothing can be appended any more
	#[command(after_help = "Example: credio stream seal 'invoices 2025'")]
	Seal {
		/// Name or id
		stream: String,
	},
	/// Open the next key epoch of a stream
	#[command(after_help = "Example: credio stream rotate 'invoices 2026'")]
	Rotate {
		/// Name or id
		stream: String,
	},
}

/// Access requests.
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
	/// Ask the owner of a stream or record for a grant
	#[command(
		after_help = "Example: credio access request --stream invoices --owner channel-one --purpose 'assess for funding'"
	)]
	Request {
		/// Stream, by id, or by name with --owner
		#[arg(long, value_name = "NAME_OR_ID", required_unless_present = "record")]
		stream: Option<String>,
		/// Organization that owns the stream
		#[arg(long, value_name = "ORG")]
		owner: Option<String>,
		/// One record
		#[arg(long, conflicts_with = "stream")]
		record: Option<RecordId>,
		/// Why; public to all members
		#[arg(long)]
		purpose: String,
		/// Ask to append instead of to read
		#[arg(long, conflicts_with = "record")]
		append: bool,
	},
	/// List access requests from and to your organization
	#[command(after_help = "Example: credio access list --pending")]
	List {
		/// Only those without an answer
		#[arg(long)]
		pending: bool,
	},
	/// Approve an access request
	#[command(after_help = "Example: credio access approve 0x19…c4 --for 30d")]
	Approve {
		/// The access request
		request: AccessRequestId,
		/// When the grant ends
		#[command(flatten)]
		end: EndArguments,
		/// Let the grantee give it on
		#[arg(long)]
		delegable: bool,
		/// First key epoch that it covers [default: 0 to read, the present one to append]
		#[arg(long, value_name = "EPOCH")]
		from_epoch: Option<u32>,
	},
	/// Deny an access request
	#[command(after_help = "Example: credio access deny 0x19…c4 --reason 'no contract'")]
	Deny {
		/// The access request
		request: AccessRequestId,
		/// Why; public to all members
		#[arg(long)]
		reason: String,
	},
}

/// Bundles.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
	/// Propose a bundle, and consent to it for your organization
	#[command(after_help = crate::bundle_file::HELP)]
	Propose {
		/// What each organization does, in TOML
		file: PathBuf,
		/// Until when all have to consent
		#[command(flatten)]
		deadline: DeadlineArguments,
	},
	/// Print your organization's leg of a file with its calls encoded, for another organization to propose
	#[command(after_help = "Example: credio bundle prepare our-leg.toml >> deal.toml")]
	Prepare {
		/// As for propose, with your organization's leg only
		file: PathBuf,
	},
	/// Show a bundle: what each organization does in it, and who has consented
	#[command(after_help = "Example: credio bundle show 0x5e…21")]
	Show {
		/// The bundle
		bundle: BundleId,
	},
	/// Consent to a bundle for your organization; the last consent executes it
	#[command(after_help = "Example: credio bundle consent 0x5e…21 --digest 0x90…4a")]
	Consent {
		/// The bundle
		bundle: BundleId,
		/// Its digest, as `credio bundle show` printed it with what the bundle does
		#[arg(long, value_name = "HEX")]
		digest: Digest,
	},
	/// Withdraw your organization's consent, until the last one has come
	#[command(after_help = "Example: credio bundle withdraw 0x5e…21")]
	Withdraw {
		/// The bundle
		bundle: BundleId,
	},
	/// List the bundles that an organization takes part in
	#[command(after_help = "Example: credio bundle list --status open")]
	List {
		/// The organization; yours without it
		organization: Option<String>,
		/// Only those that it proposed
		#[arg(long)]
		proposed: bool,
		/// Only those that stand there
		#[arg(long, value_parser = ["open", "executed", "aborted", "expired"])]
		status: Option<String>,
	},
}

/// What to upload.
#[derive(Debug, Args)]
pub struct UploadArguments {
	/// Stream, by name or id
	#[arg(long, value_name = "NAME_OR_ID")]
	pub stream: String,
	/// Organization that owns the stream, if it is not yours and you give its name
	#[arg(long, value_name = "ORG")]
	pub owner: Option<String>,
	/// Business key of the upload, such as an invoice number; for one file only
	#[arg(long)]
	pub key: Option<String>,
	/// Media type [default: by the file's ending]
	#[arg(long)]
	pub media_type: Option<String>,
	/// The record that this one replaces; for one file only
	#[arg(long, value_name = "RECORD_ID")]
	pub supersedes: Option<RecordId>,
	/// Lane: the documents are applied in the order in which they are given, after all that was sent in it before
	#[arg(long, value_name = "N")]
	pub lane: Option<u32>,
	/// Store the documents here first, encrypted, so that a crash loses none: a file, or postgres://…
	#[arg(long, env = "CREDIO_OUTBOX", value_name = "FILE_OR_URL")]
	pub outbox: Option<String>,
	/// Only store them; `credio outbox run` sends them
	#[arg(long, requires = "outbox")]
	pub no_wait: bool,
	/// Documents
	#[arg(required = true, value_name = "FILE")]
	pub files: Vec<PathBuf>,
}

/// When a grant ends.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct EndArguments {
	/// How long it holds, from now on, by the chain's clock: 30d, 12h, 90min
	#[arg(long = "for", value_name = "TIME", value_parser = crate::time::parse_duration)]
	duration: Option<std::time::Duration>,
	/// The last day on which it holds, in UTC (2027-01-31), or the last moment (2027-01-31T12:00:00Z)
	#[arg(long, value_name = "DATE", value_parser = crate::time::parse_until)]
	until: Option<u64>,
}

impl From<EndArguments> for credio_client::End {
	fn from(end: EndArguments) -> Self {
		match (end.duration, end.until) {
			(Some(duration), _) => Self::After(duration),
			(None, Some(moment)) => Self::At(moment),
			(None, None) => Self::Never,
		}
	}
}

/// Until when all have to consent to a bundle.
#[derive(Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct DeadlineArguments {
	/// How long all have to consent, from now on, by the chain's clock: 3d, 12h, 90min [default: what the file says]
	#[arg(long = "for", value_name = "TIME", value_parser = crate::time::parse_duration)]
	duration: Option<std::time::Duration>,
	/// The last day on which they can, in UTC (2027-01-31), or the last moment (2027-01-31T12:00:00Z)
	#[arg(long, value_name = "DATE", value_parser = crate::time::parse_until)]
	until: Option<u64>,
}

impl DeadlineArguments {
	/// The deadline, if one is given.
	pub fn deadline(&self) -> Option<credio_client::Deadline> {
		use credio_client::Deadline;
		self.duration.map(Deadline::After).or(self.until.map(Deadline::At))
	}
}

/// What to grant.
#[derive(Debug, Args)]
pub struct GrantArguments {
	/// Stream, by name or id
	#[arg(long, value_name = "NAME_OR_ID", required_unless_present_any = ["record", "under"])]
	pub stream: Option<String>,
	/// One record
	#[arg(long, conflicts_with = "stream")]
	pub record: Option<RecordId>,
	/// Give on this grant, which your organization holds
	#[arg(long, value_name = "GRANT_ID", conflicts_with_all = ["stream", "record"])]
	pub under: Option<GrantId>,
	/// Organization that gets it
	#[arg(long, value_name = "ORG")]
	pub to: String,
	/// Why; public to all members
	#[arg(long)]
	pub purpose: String,
	/// When it ends
	#[command(flatten)]
	pub end: EndArguments,
	/// Let the grantee give it on
	#[arg(long)]
	pub delegable: bool,
	/// To append instead of to read
	#[arg(long, conflicts_with_all = ["record", "under"])]
	pub append: bool,
	/// First key epoch that it covers [default: the present one]
	#[arg(long, value_name = "EPOCH")]
	pub from_epoch: Option<u32>,
}
