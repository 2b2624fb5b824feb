//! Connections to nodes, one for each tenant, made again when they are lost.

use credio_client::{
	Client, ConnectError, ConnectOptions, Error, Runtimes, Trust, objects::ReadObjects,
};
use credio_vault::Vault;
use std::{fmt, sync::Arc};
use tokio::sync::Mutex;

/// How nodes are reached.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
	pub urls: Vec<String>,
	pub options: ConnectOptions,
	pub trust: Trust,
	pub runtimes: Runtimes,
}

/// A tenant's connection.
pub(crate) struct Connection {
	nodes: Nodes,
	vault: Arc<dyn Vault>,
	objects: Arc<dyn ReadObjects>,
	client: Mutex<Option<Arc<Client>>>,
}

impl fmt::Debug for Connection {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_tuple("Connection").field(&self.nodes).finish()
	}
}

impl Connection {
	pub(crate) fn new(nodes: Nodes, vault: Arc<dyn Vault>, objects: Arc<dyn ReadObjects>) -> Self {
		Self { nodes, vault, objects, client: Mutex::default() }
	}

	/// Returns a client that is connected to the first node that responds.
	///
	/// # Errors
	///
	/// The error of the last node.
	pub(crate) async fn client(&self) -> Result<Arc<Client>, Error> {
		let mut client = self.client.lock().await;
		if let Some(client) = &*client {
			return Ok(client.clone());
		}
		let mut failed = Error::Connect(ConnectError::Unreachable("no node is configured".into()));
		for url in &self.nodes.urls {
			match Client::connect_with(&self.nodes.options, url, self.vault.clone()).await {
				Ok(connected) => {
					let connected = connected
						.with_trust(self.nodes.trust.clone())
						.with_runtimes(self.nodes.runtimes.clone())
						.with_objects(self.objects.clone());
					let connected = Arc::new(connected);
					*client = Some(connected.clone());
					return Ok(connected);
				},
				Err(error) => failed = error,
			}
		}
		Err(failed)
	}

	/// Reads with a client. A connection that was lost is made again, once.
	///
	/// # Errors
	///
	/// Those of `read`, and of connecting.
	pub(crate) async fn read<Value, Reading>(
		&self,
		read: impl Fn(Arc<Client>) -> Reading,
	) -> Result<Value, Error>
	where
		Reading: Future<Output = Result<Value, Error>>,
	{
		let client = self.client().await?;
		match read(client.clone()).await {
			Err(error) if error.is_no_answer() => {
				self.forget(&client).await;
				read(self.client().await?).await
			},
			answer => answer,
		}
	}

	async fn forget(&self, lost: &Arc<Client>) {
		let mut client = self.client.lock().await;
		if client.as_ref().is_some_and(|known| Arc::ptr_eq(known, lost)) {
			*client = None;
		}
	}
}
