//! The file with the calls of each organization in a bundle.

use crate::{document, exit::Failure, values::time};
use credio_client::{
	BundleLeg, Client, Deadline, LegCall, Upload,
	calls::Call,
	primitives::{
		AccessRequestId, AccountId, Commitment, Digest, GrantId, OrganizationId, Permission,
		Purpose, RecordId, Reference, RequestKey, Resource, Roles, StreamId, StreamName,
		bundle::EncodedCall,
	},
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The part of `credio bundle propose --help` about the file.
pub(super) const HELP: &str = r#"Example: credio bundle propose deal.toml --for 3d

The file, in TOML:

  key = "deal 4711"                # optional: proposing it again under this key changes nothing
  for = "3d"                       # or until = "2027-01-31"; --for and --until take precedence

  [[legs]]
  organization = "channel-one"     # name or number; one leg for each organization

  [[legs.calls]]
  call = "append-record"           # only in your own leg: your vault encrypts it
  stream = "invoices"
  file = "invoice-4711.xml"

  [[legs]]
  organization = "funder-one"

  [[legs.calls]]
  call = "anchor-digest"
  stream = "acceptances"
  commitment = "0x…"

Calls and their fields (a stream is an id, or a name of the leg's organization; with `owner`, of that one):

  create-stream    name
  seal-stream      stream
  append-record    stream, owner?, file, media_type?, supersedes?
  anchor-digest    stream, owner?, commitment
  anchor-merkle    stream, owner?, root, leaves
  request-access   stream and owner?, or record; purpose; append?
  deny             access_request, reason
  revoke           grant
  add-member       account, roles (any of admin, submitter, grantor)
  set-roles        account, roles
  remove-member    account
  encoded          bytes, runtime (as `credio bundle prepare` prints them)"#;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BundleFile {
	/// Business key of the proposal.
	pub key: Option<String>,
	/// How long all have to consent from now on.
	#[serde(rename = "for")]
	pub duration: Option<String>,
	/// Last day or moment to consent.
	pub until: Option<String>,
	/// The legs.
	pub legs: Vec<LegEntry>,
}

/// The calls of one organization.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LegEntry {
	/// The organization.
	pub organization: NameOrNumber,
	/// Its calls.
	pub calls: Vec<CallEntry>,
}

/// An organization in a file.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum NameOrNumber {
	/// By its number.
	Number(OrganizationId),
	/// By its name.
	Name(String),
}

/// One call.
#[derive(Debug, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum CallEntry {
	CreateStream {
		name: String,
	},
	SealStream {
		stream: String,
	},
	AppendRecord {
		stream: String,
		owner: Option<String>,
		file: PathBuf,
		media_type: Option<String>,
		supersedes: Option<RecordId>,
	},
	AnchorDigest {
		stream: String,
		owner: Option<String>,
		commitment: Commitment,
	},
	AnchorMerkle {
		stream: String,
		owner: Option<String>,
		root: Digest,
		leaves: u32,
	},
	RequestAccess {
		stream: Option<String>,
		owner: Option<String>,
		record: Option<RecordId>,
		purpose: String,
		#[serde(default)]
		append: bool,
	},
	Deny {
		access_request: AccessRequestId,
		reason: String,
	},
	Revoke {
		grant: GrantId,
	},
	AddMember {
		account: AccountId,
		roles: Vec<RoleName>,
	},
	SetRoles {
		account: AccountId,
		roles: Vec<RoleName>,
	},
	RemoveMember {
		account: AccountId,
	},
	Encoded {
		bytes: String,
		/// Metadata hash of the runtime that they are encoded for.
		runtime: Option<Digest>,
	},
}

/// A role of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RoleName {
	Admin,
	Submitter,
	Grantor,
}

/// Legs as they are sent, and the entries that they append.
#[derive(Debug, Default)]
pub(super) struct Encoded {
	/// The legs.
	pub legs: Vec<BundleLeg>,
	/// Ids of the entries, known before these are appended.
	pub record_ids: Vec<RecordId>,
}

impl BundleFile {
	/// Reads a file.
	pub(super) async fn read(path: &Path) -> Result<Self, Failure> {
		let text =
			tokio::fs::read_to_string(path).await.map_err(|error| Failure::file(path, error))?;
		toml::from_str(&text)
			.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
	}

	/// Returns the deadline of the file.
	///
	/// # Errors
	///
	/// Fails if the file has none, has two, or has one that is neither a date nor a duration.
	pub(super) fn deadline(&self) -> Result<Deadline, Failure> {
		let refused = |why: String| Failure::Other(format!("the deadline of the bundle: {why}"));
		match (&self.duration, &self.until) {
			(Some(text), None) => time::parse_duration(text).map(Deadline::After).map_err(refused),
			(None, Some(text)) => time::parse_until(text).map(Deadline::At).map_err(refused),
			(None, None) => Err(refused("give --for 3d or --until 2027-01-31".into())),
			(Some(_), Some(_)) => Err(refused("give either `for` or `until`".into())),
		}
	}

	/// Encodes the legs. References derive from `key`, so encoding them again returns the same calls.
	pub(super) async fn encode(
		&self,
		client: &Client,
		key: &RequestKey,
	) -> Result<Encoded, Failure> {
		let mut encoded = Encoded::default();
		// Position 0 is the bundle.
		let mut position = 0u32;
		for leg in &self.legs {
			let organization = match &leg.organization {
				NameOrNumber::Number(number) => *number,
				NameOrNumber::Name(name) => client.find_organization(name).await?.id,
			};
			let mut calls = Vec::new();
			for call in &leg.calls {
				position = position.saturating_add(1);
				let reference = Reference::derive(key, position);
				calls.push(call.encode(client, organization, reference).await?);
				if call.appends() {
					encoded.record_ids.push(RecordId::derive(organization, &reference));
				}
			}
			encoded.legs.push(BundleLeg { organization, calls });
		}
		Ok(encoded)
	}
}

impl CallEntry {
	fn appends(&self) -> bool {
		matches!(
			self,
			Self::AppendRecord { .. } | Self::AnchorDigest { .. } | Self::AnchorMerkle { .. }
		)
	}

	async fn encode(
		&self,
		client: &Client,
		organization: OrganizationId,
		reference: Reference,
	) -> Result<LegCall, Failure> {
		let call = match self {
			Self::Encoded { bytes, runtime } => {
				return hex::decode(bytes.trim_start_matches("0x"))
					.map(|call| LegCall { call: EncodedCall(call), encoded_for: *runtime })
					.map_err(|_| Failure::Other("bytes of a call are 0x and hex digits".into()));
			},
			Self::CreateStream { name } => {
				let name = StreamName::try_from(name.as_bytes().to_vec()).map_err(|_| {
					Failure::Other("the name of a stream is at most 64 bytes long".into())
				})?;
				Call::create_stream(&name)
			},
			Self::SealStream { stream } => {
				Call::seal_stream(stream_id(client, organization, stream, None).await?)
			},
			Self::AppendRecord { stream, owner, file, media_type: ty, supersedes } => {
				if organization != client.organization_id() {
					return Err(Failure::Other(
						"append-record needs the vault of the leg's organization, which encrypts the document: \
						 ask that organization for the output of `credio bundle prepare`"
							.into(),
					));
				}
				let stream = stream_id(client, organization, stream, owner.as_deref()).await?;
				let document = document::read(file).await?;
				let upload = Upload {
					stream,
					key: None,
					media_type: ty.as_deref().unwrap_or_else(|| document::media_type(file)),
					document: &document,
					supersedes: *supersedes,
				};
				client.seal_as(&upload, reference).await?.1
			},
			Self::AnchorDigest { stream, owner, commitment } => {
				let stream = stream_id(client, organization, stream, owner.as_deref()).await?;
				Call::anchor_digest(stream, reference, *commitment)
			},
			Self::AnchorMerkle { stream, owner, root, leaves } => {
				let stream = stream_id(client, organization, stream, owner.as_deref()).await?;
				Call::anchor_merkle(stream, reference, *root, *leaves)
			},
			Self::RequestAccess { stream, owner, record, purpose, append } => {
				let resource = match (stream, record) {
					(Some(stream), None) => {
						let owner = owner.as_deref();
						Resource::Stream(stream_id(client, organization, stream, owner).await?)
					},
					(None, Some(record)) => Resource::Record(*record),
					_ => {
						return Err(Failure::Other(
							"request-access takes either a stream or a record".into(),
						));
					},
				};
				let permission = if *append { Permission::Append } else { Permission::Read };
				Call::request_access(reference, resource, permission, &text(purpose)?)
			},
			Self::Deny { access_request, reason } => Call::deny(*access_request, &text(reason)?),
			Self::Revoke { grant } => Call::revoke(*grant),
			Self::AddMember { account, roles } => Call::add_member(account, self::roles(roles)),
			Self::SetRoles { account, roles } => Call::set_roles(account, self::roles(roles)),
			Self::RemoveMember { account } => Call::remove_member(account),
		};
		Ok(client.encoded_call(&call).await?)
	}
}

/// Returns the id of a stream given by id, or by name of its owner. It need not exist: an earlier call may create it.
async fn stream_id(
	client: &Client,
	organization: OrganizationId,
	name: &str,
	owner: Option<&str>,
) -> Result<StreamId, Failure> {
	let owner = match owner {
		Some(owner) => client.find_organization(owner).await?.id,
		None => organization,
	};
	Ok(match name.parse() {
		Ok(id) if name.len() >= 64 => id,
		_ => StreamId::derive(owner, name.as_bytes()),
	})
}

fn text(text: &str) -> Result<Purpose, Failure> {
	text.as_bytes()
		.to_vec()
		.try_into()
		.map_err(|_| Failure::Other("a purpose or reason is at most 256 bytes long".into()))
}

fn roles(names: &[RoleName]) -> Roles {
	Roles {
		admin: names.contains(&RoleName::Admin),
		submitter: names.contains(&RoleName::Submitter),
		grantor: names.contains(&RoleName::Grantor),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::time::Duration;

	#[test]
	fn files_are_parsed() {
		let file: BundleFile = toml::from_str(
			r#"
			key = "deal 4711"
			for = "3d"

			[[legs]]
			organization = "channel-one"
			[[legs.calls]]
			call = "create-stream"
			name = "deal"
			[[legs.calls]]
			call = "append-record"
			stream = "deal"
			file = "invoice.xml"

			[[legs]]
			organization = 3
			[[legs.calls]]
			call = "add-member"
			account = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
			roles = ["submitter", "grantor"]
			"#,
		)
		.unwrap();
		let three_days = Duration::from_secs(3 * 24 * 60 * 60);
		assert_eq!(file.deadline().unwrap(), Deadline::After(three_days));
		let [first, second] = file.legs.as_slice() else { panic!("two legs") };
		assert!(matches!(&first.organization, NameOrNumber::Name(name) if name == "channel-one"));
		assert!(matches!(second.organization, NameOrNumber::Number(3)));
		assert_eq!(first.calls.iter().filter(|call| call.appends()).count(), 1);
		let CallEntry::AddMember { roles: names, .. } = &second.calls[0] else {
			panic!("it adds a member")
		};
		assert_eq!(roles(names), Roles { admin: false, submitter: true, grantor: true });
	}

	#[test]
	fn deadlines_are_durations_or_dates() {
		let deadline = |head: &str| {
			let file = toml::from_str::<BundleFile>(&format!("{head}\nlegs = []"));
			file.map_err(|error| error.to_string())?.deadline().map_err(|error| error.to_string())
		};
		assert_eq!(deadline("until = \"1970-01-01\""), Ok(Deadline::At(86_399_999)));
		assert_eq!(deadline("until = \"1970-01-02T00:00:00Z\""), Ok(Deadline::At(86_400_000)));
		assert_eq!(deadline("for = \"1h\""), Ok(Deadline::After(Duration::from_secs(3_600))));
		for (head, named) in [
			("", "--for 3d"),
			("for = \"3d\"\nuntil = \"2027-01-31\"", "either"),
			// Neither numbers of blocks nor seconds since 1970.
			("for = \"86400\"", "30d"),
			("for = 86400", "string"),
			("until = \"1795453116\"", "2027-01-31"),
			("until = \"\"", "2027-01-31"),
			("for = \"-1d\"", "30d"),
			("deadline_in = 1000", "deadline_in"),
		] {
			let error = deadline(head).expect_err(head);
			assert!(error.contains(named), "{head}: {error}");
		}
	}

	#[test]
	fn unknown_fields_and_calls_are_rejected() {
		for (text, named) in [
			("until = \"2027-01-31\"\nlegs = []\ndedline = 2", "dedline"),
			("[[legs]]\norganization = 1\n[[legs.calls]]\ncall = \"batch\"", "batch"),
			(
				"[[legs]]\norganization = 1\n[[legs.calls]]\ncall = \"revoke\"\ngrant = \"0x12\"",
				"0x and 64 hex digits",
			),
			(
				"[[legs]]\norganization = 1\n[[legs.calls]]\ncall = \"create-stream\"\nname = \"a\"\nowner = \"b\"",
				"owner",
			),
		] {
			let error = toml::from_str::<BundleFile>(text).unwrap_err().to_string();
			assert!(error.contains(named), "{error}");
		}
	}
}
