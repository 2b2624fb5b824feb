//! Opening outboxes, and the worker that sends their items.

use crate::{exit::Failure, session::Session};
use credio_client::objects::WriteObjects;
use credio_outbox::{Nodes, Outbox, Settings};
use credio_vault::LocalVault;
use std::{convert::Infallible, sync::Arc};
use tokio::sync::watch;

/// Opens an outbox with the vault of the session.
pub(super) async fn open(session: &Session, url: &str) -> Result<Outbox, Failure> {
	let vault = session.vault_of_organization().await?;
	open_with(session, url, Arc::new(vault)).await
}

/// Opens an outbox with an open vault.
pub(super) async fn open_with(
	session: &Session,
	url: &str,
	vault: Arc<LocalVault>,
) -> Result<Outbox, Failure> {
	let outbox = Outbox::open(url, vault).await?;
	if let Some(chain) = &session.options().chain {
		outbox.pin(chain).await?;
	}
	Ok(outbox)
}

/// Returns the worker's settings: everything that the global options say about nodes and the object store.
///
/// # Errors
///
/// Fails if the store cannot be opened.
pub(super) fn settings(session: &Session, more_nodes: Vec<String>) -> Result<Settings, Failure> {
	let nodes = [vec![session.node().to_owned()], more_nodes].concat();
	let store = session.optional_object_store()?;
	Ok(Settings {
		connect: session.options(),
		trust: session.trust(),
		runtimes: session.runtimes().clone(),
		objects: store.map(|store| Arc::new(store) as Arc<dyn WriteObjects>),
		..Settings::new(nodes)
	})
}

/// Prints which nodes cannot be used and why, whenever that changes, for as long as the worker runs.
pub(super) async fn print_nodes(
	mut changes: watch::Receiver<Nodes>,
	nodes: usize,
	print: impl Fn(&str),
) -> Infallible {
	let mut printed = Nodes::default();
	loop {
		let known = changes.borrow_and_update().clone();
		for problem in known.problems.iter().filter(|problem| !printed.problems.contains(problem)) {
			print(&format!("credio: {}: {}", problem.node, problem.problem));
		}
		if known.is_stranded(nodes) && !printed.is_stranded(nodes) {
			print(
				"credio: no node can be used at present; stored items stay, and all nodes are retried",
			);
		}
		if let Some(node) = &known.working_with
			&& !printed.problems.is_empty()
			&& printed.working_with.as_ref() != Some(node)
		{
			print(&format!("credio: works with {node}"));
		}
		printed = known;
		if changes.changed().await.is_err() {
			return std::future::pending().await;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::options::Global;
	use credio_client::Trust;

	/// Returns the worker's settings, from a configuration file that pins a chain and from these options.
	fn settings_of(change: impl FnOnce(&mut Global)) -> Settings {
		let folder = tempfile::tempdir().unwrap();
		let config = folder.path().join("config.toml");
		let chain = format!("0x{}/0x{}", "1".repeat(64), "2".repeat(64));
		std::fs::write(&config, format!("chain = \"{chain}\"")).unwrap();
		let mut global = Global {
			node: Some("ws://first".into()),
			vault: Some("acme.vault".into()),
			config: Some(config),
			..Global::default()
		};
		change(&mut global);
		let settings =
			settings(&Session::new(global).unwrap(), vec!["ws://second".into()]).unwrap();
		assert_eq!(settings.connect.chain.unwrap().to_string(), chain);
		settings
	}

	#[test]
	fn worker_follows_the_global_options() {
		let default = settings_of(|_| ());
		assert_eq!(default.nodes, ["ws://first", "ws://second"]);
		assert!(!default.connect.insecure);
		// It continues from the last verified block, and signs for the runtimes that the vault's owner trusts.
		let Trust::Proofs(verifier) = &default.trust else { panic!("the node is trusted") };
		assert!(format!("{verifier:?}").contains("acme.vault.verified"), "{verifier:?}");
		assert!(format!("{:?}", default.runtimes).contains("acme.vault.runtimes"));

		let lenient = settings_of(|global| (global.trust_node, global.insecure) = (true, true));
		assert!(lenient.connect.insecure);
		assert!(matches!(lenient.trust, Trust::Node));
	}
}
