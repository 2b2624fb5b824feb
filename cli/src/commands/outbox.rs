//! Outboxes: storing first, sending, and what became of it.

use super::upload::{media_type, print_line, read_bounded};
use crate::{
	arguments::{OutboxCommand, UploadArguments},
	exit::{self, Failure},
	output,
	session::Session,
};
use credio_client::{primitives::StreamId, Client, Upload};
use credio_outbox::{Enqueued, Item, ItemState, Listed, Nodes, Outbox, Settings};
use credio_vault::LocalVault;
use indicatif::ProgressBar;
use serde_json::{json, Value};
use std::{convert::Infallible, io::Write, path::Path, sync::Arc};
use tokio::sync::watch;

/// Items read from the database at once.
const PAGE: u32 = 256;

async fn open(session: &Session, url: &str) -> Result<Outbox, Failure> {
	let vault = session.vault_of_organization().await?;
	open_with(session, url, Arc::new(vault)).await
}

async fn open_with(
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

/// What the worker works with: all that the global options say of nodes.
fn settings(session: &Session, more_nodes: Vec<String>) -> Settings {
	let nodes = [vec![session.node().to_owned()], more_nodes].concat();
	Settings {
		connect: session.options(),
		trust: session.trust(),
		runtimes: session.runtimes().clone(),
		..Settings::new(nodes)
	}
}

/// Says which nodes cannot be used and why, whenever that changes, for as long as the worker works.
async fn tell_nodes(
	mut news: watch::Receiver<Nodes>,
	nodes: usize,
	say: impl Fn(&str),
) -> Infallible {
	let mut told = Nodes::default();
	loop {
		let known = news.borrow_and_update().clone();
		for problem in known.problems.iter().filter(|problem| !told.problems.contains(problem)) {
			say(&format!("credio: {}: {}", problem.node, problem.problem));
		}
		if known.is_stranded(nodes) && !told.is_stranded(nodes) {
			say("credio: no node can be used at present; what is stored stays, and they are tried again and again");
		}
		if let Some(node) = &known.working_with {
			if !told.problems.is_empty() && told.working_with.as_ref() != Some(node) {
				say(&format!("credio: works with {node}"));
			}
		}
		told = known;
		if news.changed().await.is_err() {
			return std::future::pending().await;
		}
	}
}

/// Runs a command on outboxes.
pub async fn run(session: &Session, command: OutboxCommand) -> Result<(), Failure> {
	match command {
		OutboxCommand::Run { outbox, until_decided, more_nodes } => {
			let outbox = open(session, &outbox.outbox).await?;
			let settings = settings(session, more_nodes);
			let nodes = settings.nodes.len();
			let news = outbox.nodes();
			let mut outcomes = outbox.outcomes_from_now().await?;
			if !session.json {
				let header = format!("{:66}  {:12}  problem", "request key", "state");
				output::go_on_unread(output::line(&header))?;
			}
			let work = async {
				if until_decided {
					return outbox.run_until_decided(settings).await;
				}
				let stop = async {
					// Without a handler the system ends the process, which the outbox withstands as well.
					let _ = tokio::signal::ctrl_c().await;
				};
				outbox.run(settings, stop).await
			};
			let telling = async {
				loop {
					tell(session, &outcomes.next().await?.item)?;
				}
			};
			tokio::select! {
				result = work => result?,
				result = telling => return result,
				never = tell_nodes(news, nodes, output::note) => match never {},
			}
			// What ended last.
			while let Some(outcome) = outcomes.try_next().await? {
				tell(session, &outcome.item)?;
			}
			Ok(())
		},
		OutboxCommand::List { outbox, state } => {
			let state = state.map(|name| name.parse()).transpose()?;
			let outbox = open(session, &outbox.outbox).await?;
			list(session, &outbox, state).await
		},
		OutboxCommand::Retry { key, outbox } => {
			let outbox = open(session, &outbox.outbox).await?;
			let Enqueued { request_key, record_id, state } = outbox.retry(key).await?;
			output::item(
				session.json,
				&json!({ "requestKey": request_key, "recordId": record_id, "state": state }),
				&[
					("request key", request_key.to_string()),
					("record", output::or_dash(record_id)),
					("state", state.name().into()),
				],
			)
		},
		OutboxCommand::Export { outbox, output, after } => {
			let outbox = open(session, &outbox.outbox).await?;
			export(&outbox, &output, after).await
		},
	}
}

/// Prints how an item ended.
fn tell(session: &Session, item: &Listed) -> Result<(), Failure> {
	// The outbox is sent, whether or not somebody reads this.
	output::go_on_unread(if session.json {
		output::json_line(item)
	} else {
		let problem = item.problem.as_deref().unwrap_or_default();
		let (key, state) = (item.request_key.to_string(), item.state.name());
		output::line(&format!("{key:66}  {state:12}  {problem}"))
	})
}

async fn list(session: &Session, outbox: &Outbox, state: Option<ItemState>) -> Result<(), Failure> {
	let mut items = Vec::new();
	loop {
		let after = items.last().map_or(0, |item: &Listed| item.id);
		let page = outbox.list(state, after, PAGE).await?;
		if page.is_empty() {
			break;
		}
		items.extend(page);
	}
	let columns = ["request key", "state", "lane", "position", "expires at", "outcome", "problem"];
	output::items(session.json, &items, columns, |item| {
		[
			item.request_key.to_string(),
			item.state.name().into(),
			output::or_dash(item.lane),
			output::or_dash(item.position),
			output::or_dash(item.expires_at),
			output::or_dash(item.outcome_number),
			output::or_dash(item.problem.clone()),
		]
	})
}

async fn export(outbox: &Outbox, to: &Path, after: i64) -> Result<(), Failure> {
	if to.as_os_str() == "-" {
		let mut stdout = std::io::BufWriter::new(output::Stdout);
		return export_to(outbox, &mut stdout, &output::failed, after).await;
	}
	let failed = |error| Failure::file(to, error);
	let mut file = credio_files::Replacement::create(to).map_err(failed)?;
	export_to(outbox, &mut file, &failed, after).await?;
	file.commit().map_err(failed)
}

async fn export_to(
	outbox: &Outbox,
	to: &mut impl Write,
	failed: &impl Fn(std::io::Error) -> Failure,
	mut after: i64,
) -> Result<(), Failure> {
	loop {
		let page = outbox.outcomes_after(after, PAGE).await?;
		let Some(last) = page.last().and_then(|item| item.outcome_number) else { break };
		after = last;
		for item in page {
			let line = output::json(&item)?;
			writeln!(to, "{line}").map_err(failed)?;
		}
	}
	to.flush().map_err(failed)
}

/// Stores files in an outbox, sends them, and prints each as its outcome is final, in their order.
pub async fn upload(session: &Session, arguments: UploadArguments) -> Result<(), Failure> {
	let total = arguments.files.len();
	if total > 1 && (arguments.key.is_some() || arguments.supersedes.is_some()) {
		return Err(Failure::Other("--key and --supersedes are for one file".into()));
	}
	let vault = Arc::new(session.vault_of_organization().await?);
	let stream = stream_of(session, &vault, &arguments).await?;
	// Without a place to store it, the order of a lane is kept as long as this process lives.
	let url = arguments.outbox.as_deref().unwrap_or("sqlite::memory:");
	let outbox = open_with(session, url, vault.clone()).await?;
	let mut stored = Vec::with_capacity(total);
	for file in &arguments.files {
		stored.push((file, store(&outbox, stream, &arguments, file).await?));
	}
	if !session.json {
		let header =
			format!("{:66}  {:>8}  {:>8}  {:8}  file", "record", "sequence", "block", "outcome");
		output::go_on_unread(output::line(&header))?;
	}
	if arguments.no_wait {
		return stored.iter().try_for_each(|(file, enqueued)| {
			print_line(session.json, &waiting(file, stream, enqueued))
		});
	}

	let settings = settings(session, Vec::new());
	let news = outbox.nodes();
	let progress = ProgressBar::new(total as u64);
	let follow = async {
		let (mut failed, mut code) = (0usize, exit::OK);
		let mut client = None;
		for (file, enqueued) in &stored {
			let item = outbox.wait(enqueued.request_key).await?;
			// The node answers by now: it has told the outcome.
			if client.is_none() {
				client = Some(session.connect_as(vault.clone()).await?);
			}
			let line = ended(client.as_ref(), file, stream, &item).await?;
			if item.state != ItemState::Applied {
				failed += 1;
				code =
					if item.state == ItemState::Rejected { exit::REJECTED } else { exit::EXPIRED };
			}
			output::go_on_unread(progress.suspend(|| print_line(session.json, &line)))?;
			progress.inc(1);
		}
		progress.finish_and_clear();
		match failed {
			0 => Ok(()),
			failed => Err(Failure::Uploads { failed, total, code }),
		}
	};
	tokio::select! {
		result = follow => result,
		result = outbox.run(settings, std::future::pending()) => Ok(result?),
		never = tell_nodes(news, 1, |line| progress.suspend(|| output::note(line))) => match never {},
	}
}

/// The stream that is meant, without asking the node if that can be told without it.
async fn stream_of(
	session: &Session,
	vault: &LocalVault,
	arguments: &UploadArguments,
) -> Result<StreamId, Failure> {
	match (arguments.stream.parse::<StreamId>(), &arguments.owner) {
		(Ok(id), _) if arguments.stream.len() >= 64 => Ok(id),
		(_, None) => Ok(StreamId::derive(vault.organization(), arguments.stream.as_bytes())),
		(_, Some(owner)) => {
			let client = session.connect().await?;
			let owner = super::org::number(&client, Some(owner)).await?;
			Ok(StreamId::derive(owner, arguments.stream.as_bytes()))
		},
	}
}

async fn store(
	outbox: &Outbox,
	stream: StreamId,
	arguments: &UploadArguments,
	file: &Path,
) -> Result<Enqueued, Failure> {
	let document = read_bounded(file).await?;
	let media_type = arguments.media_type.as_deref().unwrap_or_else(|| media_type(file));
	let upload = Upload {
		stream,
		key: arguments.key.as_deref().map(str::as_bytes),
		media_type,
		document: &document,
		supersedes: arguments.supersedes,
	};
	let item = Item { lane: arguments.lane, ..Item::upload(upload) };
	Ok(outbox.enqueue(&item).await?)
}

fn waiting(file: &Path, stream: StreamId, enqueued: &Enqueued) -> Value {
	json!({
		"file": file.display().to_string(),
		"recordId": enqueued.record_id,
		"stream": stream,
		"sequence": null,
		"requestKey": enqueued.request_key,
		"outcome": enqueued.state,
		"block": null,
	})
}

async fn ended(
	client: Option<&Client>,
	file: &Path,
	stream: StreamId,
	item: &Listed,
) -> Result<Value, Failure> {
	let receipt = item.outcome.as_ref().and_then(|status| status.receipt.as_ref());
	let mut line = json!({
		"file": file.display().to_string(),
		"recordId": null,
		"stream": stream,
		"sequence": null,
		"requestKey": item.request_key,
		"outcome": item.state,
		"block": receipt.map(|receipt| receipt.block),
	});
	if let (ItemState::Applied, Some(record), Some(client)) = (item.state, item.record_id, client) {
		line["recordId"] = json!(record);
		line["sequence"] = json!(client.record(record).await?.header.sequence);
	} else if let Some(problem) = &item.problem {
		line["error"] = json!({ "description": problem });
	}
	Ok(line)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::arguments::Global;
	use credio_client::Trust;

	/// The worker's settings, from a configuration file that pins a chain and from these options.
	fn settings_of(change: impl FnOnce(&mut Global)) -> Settings {
		let folder = tempfile::tempdir().unwrap();
		let config = folder.path().join("config.toml");
		let chain = format!("0x{}/0x{}", "1".repeat(64), "2".repeat(64));
		std::fs::write(&config, format!("chain = \"{chain}\"")).unwrap();
		let mut global = Global {
			node: Some("ws://first".into()),
			vault: Some("acme.vault".into()),
			password_file: None,
			verified: None,
			trust_node: false,
			config: Some(config),
			insecure: false,
			json: false,
		};
		change(&mut global);
		let settings = settings(&Session::new(global).unwrap(), vec!["ws://second".into()]);
		assert_eq!(settings.connect.chain.unwrap().to_string(), chain);
		settings
	}

	#[test]
	fn the_worker_gets_what_the_global_options_say() {
		let default = settings_of(|_| ());
		assert_eq!(default.nodes, ["ws://first", "ws://second"]);
		assert!(!default.connect.insecure);
		// It goes on from the block that was verified last, and signs for the runtimes that the vault's owner trusts.
		let Trust::Proofs(verifier) = &default.trust else { panic!("the node is believed") };
		assert!(format!("{verifier:?}").contains("acme.vault.verified"), "{verifier:?}");
		assert!(format!("{:?}", default.runtimes).contains("acme.vault.runtimes"));

		let lenient = settings_of(|global| (global.trust_node, global.insecure) = (true, true));
		assert!(lenient.connect.insecure);
		assert!(matches!(lenient.trust, Trust::Node));
	}
}
