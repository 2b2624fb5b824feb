//! The parties: six honest organizations, two hostile ones, and a council of four with one hostile seat.

use credio_client::{Client, NewOrganization, Proposed, primitives::StreamId};
use credio_e2e::network::{Network, connect_options};
use credio_vault::LocalVault;
use std::sync::Arc;

/// Example organizations that are honest. The first one is the council at the start.
const EXAMPLES: [&str; 5] = ["operator", "channel-one", "channel-two", "funder-one", "funder-two"];
/// The stream that each honest organization appends to.
pub(super) const STREAM: &str = "work";
/// The stream on which one of them gives and revokes grants.
pub(super) const SHARED: &str = "shared";

/// An organization at a node.
pub(super) struct Member {
	/// Its name.
	pub name: String,
	/// Its keys.
	pub vault: LocalVault,
	/// At each validator.
	pub clients: Vec<Arc<Client>>,
}

impl Member {
	async fn connect(name: &str, vault: LocalVault, urls: &[String]) -> Self {
		let mut clients = Vec::new();
		for url in urls {
			let vault = Arc::new(vault.clone());
			let client = Client::connect_with(&connect_options(), url, vault).await;
			let client = client.expect("the node responds");
			clients.push(Arc::new(client));
		}
		Self { name: name.into(), vault, clients }
	}

	/// At one validator.
	pub(super) fn at(&self, n: usize) -> &Arc<Client> {
		&self.clients[n % self.clients.len()]
	}

	/// Its account's public key.
	pub(super) fn public_key(&self) -> [u8; 32] {
		self.vault.account().into()
	}

	/// A stream of this organization.
	pub(super) fn stream(&self, name: &str) -> StreamId {
		StreamId::derive(self.at(0).organization_id(), name.as_bytes())
	}
}

/// All of them.
pub(super) struct World {
	/// JSON-RPC addresses of the validators.
	pub urls: Vec<String>,
	/// The first three have honest seats in the council.
	pub honest: Vec<Member>,
	/// The first one has a seat, the second one holds a grant that it may give on.
	pub hostile: Vec<Member>,
}

impl World {
	/// Makes them on a new network.
	pub(super) async fn make(network: &Network) -> Self {
		let urls = network.urls();
		let mut honest = Vec::new();
		for name in EXAMPLES {
			let vault = LocalVault::development(name).expect("an example organization");
			honest.push(Member::connect(name, vault, &urls).await);
		}
		let council = honest[0].at(0).clone();
		honest.push(admitted(&council, "channel-three", &urls).await);
		let mut hostile = Vec::new();
		for name in ["hostile-one", "hostile-two"] {
			hostile.push(admitted(&council, name, &urls).await);
		}
		for member in honest.iter().chain(&hostile) {
			member.at(0).create_stream(STREAM).await.expect("a new stream");
		}
		honest[1].at(0).create_stream(SHARED).await.expect("a new stream");
		let seats = [&honest[1], &honest[2], &hostile[0]];
		for (present, seat) in (1..).zip(seats) {
			let account = seat.vault.account();
			let proposed = council.change_council(&account, true).await.expect("it is proposed");
			let Proposed::Waits(motion) = proposed else { continue };
			// Two thirds of the seats, including the proposer.
			let votes = (2usize * present).div_ceil(3) - 1;
			for voter in &honest[1..=votes] {
				voter.at(0).vote(motion, true).await.expect("it counts");
			}
		}
		assert_eq!(council.council().await.expect("the node responds").len(), 4);
		Self { urls, honest, hostile }
	}
}

/// A new organization with new keys.
async fn admitted(council: &Client, name: &str, urls: &[String]) -> Member {
	let vault = LocalVault::generate(0).expect("there is randomness");
	let (_, encryption_key) = vault.encryption_keys()[0];
	let new =
		NewOrganization { name: name.into(), admin: vault.account(), encryption_key, quota: None };
	council.register(&new).await.expect("it is admitted");
	let id = council.find_organization(name).await.expect("it exists").id;
	Member::connect(name, vault.for_organization(id), urls).await
}
