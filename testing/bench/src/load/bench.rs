//! The connections and the stream of one organization.

use super::document;
use credio_client::{
	Client, Error,
	primitives::{Reference, StreamId},
};
use credio_vault::{LocalVault, Vault};
use std::{
	sync::{
		Arc,
		atomic::{AtomicU64, Ordering},
	},
	time::{SystemTime, UNIX_EPOCH},
};

/// Name of the stream.
const STREAM: &str = "bench";

/// The connections of one organization, and its stream.
pub(crate) struct Bench {
	/// Name of the organization.
	pub name: String,
	node: String,
	vault: Arc<dyn Vault>,
	clients: Vec<Arc<Client>>,
	/// The stream.
	pub stream: StreamId,
	/// Distinguishes the submissions of this process from those of others.
	pub run: u64,
	makers: AtomicU64,
}

impl Bench {
	/// Connects, and creates the stream if it does not exist.
	///
	/// # Errors
	///
	/// [`Error::Connect`], or [`Error::NotFound`] if the vault's account is no member.
	pub(crate) async fn connect(
		node: &str,
		name: &str,
		vault: LocalVault,
		connections: u32,
	) -> Result<Self, Error> {
		let vault: Arc<dyn Vault> = Arc::new(vault);
		let mut clients = Vec::new();
		for _ in 0..connections.max(1) {
			clients.push(Arc::new(Client::connect(node, vault.clone()).await?));
		}
		let client = &clients[0];
		let stream = StreamId::derive(client.organization_id(), STREAM.as_bytes());
		if client.stream(stream).await.is_err() {
			client.create_stream(STREAM).await?;
		}
		client.ensure_writable(stream).await?;
		Ok(Self {
			name: name.into(),
			node: node.into(),
			vault,
			clients,
			stream,
			run: since_epoch(),
			makers: AtomicU64::new(0),
		})
	}

	/// Opens a connection that is used for no submissions.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub(crate) async fn another(&self) -> Result<Arc<Client>, Error> {
		Client::connect(&self.node, self.vault.clone()).await.map(Arc::new)
	}

	/// Returns the connection of a worker.
	pub(crate) fn client(&self, worker: usize) -> &Arc<Client> {
		&self.clients[worker % self.clients.len()]
	}

	/// Returns a name that is unique among the organization's submissions.
	pub(crate) fn next_name(&self) -> Vec<u8> {
		let maker = self.makers.fetch_add(1, Ordering::Relaxed);
		[self.run.to_le_bytes(), maker.to_le_bytes()].concat()
	}

	/// Returns the number of entries in the stream at the last final block.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub(crate) async fn entries(&self) -> Result<u64, Error> {
		Ok(self.client(0).stream(self.stream).await?.entries)
	}

	/// Returns the bytes of the call that appends a record of a size.
	///
	/// # Errors
	///
	/// [`Error::Connect`].
	pub(crate) async fn call_size(&self, size: u32) -> Result<usize, Error> {
		let sealer = self.client(0).sealer(self.stream).await?;
		let call = document::record(&sealer, self.stream, size, 0, Reference([0; 32])).await?;
		Ok(call.size())
	}
}

/// Returns the nanoseconds since 1970.
pub(crate) fn since_epoch() -> u64 {
	let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
	u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}
