//! Indexes: keeping one up to date, and searching it.

use crate::{
	arguments::{
		AggregateArguments, IndexArguments, IndexCommand, SearchArguments, UpkeepArguments,
	},
	exit::Failure,
	output,
	session::Session,
};
use comfy_table::{presets::UTF8_HORIZONTAL_ONLY, ContentArrangement, Table};
use credio_indexer::{
	ingest::{Ingest, Settings},
	server::{Server, Token},
	Aggregate, Query, Store, Value, View,
};
use credio_sdk::vault::Vault;
use serde_json::{json, Map};
use std::{
	fs,
	io::BufWriter,
	net::SocketAddr,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Rows that are read at once.
const PAGE: u32 = 1_000;

async fn open(session: &Session, index: &IndexArguments) -> Result<Store, Failure> {
	let vault = session.vault_of_organization().await?;
	Ok(Store::open_to_read(&index.index, vault.organization()).await?)
}

/// Runs a command on indexes.
pub async fn run(session: &Session, command: IndexCommand) -> Result<(), Failure> {
	match command {
		IndexCommand::Run { index, upkeep, live, listen, token_file } => {
			let views = read_views(&upkeep.views)?;
			let (store, ingest) = ingest(session, &index, upkeep, live).await?;
			if store.views().await?.is_empty() {
				// Nothing has to be built, and whoever asks finds them.
				ingest.set_views(&views).await?;
			}
			let server = match listen {
				Some(address) => Some(serve(address, token_file.as_deref(), &store).await?),
				None => None,
			};
			let stop = async {
				// Without a handler the system ends the process, which the index withstands as well.
				let _ = tokio::signal::ctrl_c().await;
			};
			let views = async { Ok::<_, Failure>(ingest.set_views(&views).await?) };
			let work = async { Ok(ingest.run(stop).await?) };
			tokio::try_join!(work, views)?;
			drop(server);
			Ok(())
		},
		IndexCommand::Sync { index, upkeep } => {
			let views = read_views(&upkeep.views)?;
			let (store, ingest) = ingest(session, &index, upkeep, false).await?;
			ingest.set_views(&views).await?;
			ingest.catch_up().await?;
			show_cursor(session, &store).await
		},
		IndexCommand::Rebuild { index, upkeep } => {
			let views = read_views(&upkeep.views)?;
			let (store, ingest) = ingest(session, &index, upkeep, false).await?;
			ingest.clear().await?;
			ingest.set_views(&views).await?;
			ingest.catch_up().await?;
			show_cursor(session, &store).await
		},
		IndexCommand::Serve { index, listen, token_file } => {
			let store = open(session, &index).await?;
			let server = serve(listen, token_file.as_deref(), &store).await?;
			// Without a handler the system ends the process.
			let _ = tokio::signal::ctrl_c().await;
			drop(server);
			Ok(())
		},
		IndexCommand::Views { index } => {
			let views = open(session, &index).await?.views().await?;
			let shown = views
				.iter()
				.map(|state| {
					let columns = state.view.columns.iter();
					json!({
						"name": state.view.name,
						"ready": state.is_ready,
						"building": state.is_building,
						"columns": columns.map(|column| column.name.clone()).collect::<Vec<_>>(),
					})
				})
				.collect::<Vec<_>>();
			output::items(session.json, &shown, ["view", "ready", "columns"], |view| {
				let columns = view["columns"].as_array().into_iter().flatten();
				let columns = columns.filter_map(|name| name.as_str()).collect::<Vec<_>>();
				[
					view["name"].as_str().unwrap_or_default().into(),
					view["ready"].to_string(),
					columns.join(", "),
				]
			})
		},
		IndexCommand::Unfit { index, view } => {
			let store = open(session, &index).await?;
			let mut all = Vec::new();
			loop {
				let after = all.last().map(|unfit: &credio_indexer::Unfit| unfit.record);
				let page = store.unfit(&view, after, PAGE).await?;
				if page.is_empty() {
					break;
				}
				all.extend(page);
			}
			output::items(
				session.json,
				&all,
				["record id", "block", "why it does not fit"],
				|unfit| [unfit.record.to_string(), unfit.block.to_string(), unfit.reason.clone()],
			)
		},
		IndexCommand::Dump { index, output } => {
			let store = open(session, &index).await?;
			if output == Path::new("-") {
				store.dump(&mut std::io::stdout()).await?;
			} else {
				let file =
					fs::File::create(&output).map_err(|error| Failure::file(&output, error))?;
				store.dump(&mut BufWriter::new(file)).await?;
			}
			Ok(())
		},
	}
}

/// Starts to answer JSON-RPC.
async fn serve(
	address: SocketAddr,
	token_file: Option<&Path>,
	store: &Store,
) -> Result<Server, Failure> {
	let token = token_file.map(read_token).transpose()?;
	let server = Server::start(address, token, store.clone()).await;
	let server = server.map_err(|error| Failure::Other(format!("{address}: {error}")))?;
	println!("answers at ws://{}", server.address());
	Ok(server)
}

async fn show_cursor(session: &Session, store: &Store) -> Result<(), Failure> {
	let cursor = store.cursor().await?;
	let block = output::or_dash(cursor.map(|cursor| cursor.number));
	output::item(session.json, &cursor, &[("block", block)])
}

async fn ingest(
	session: &Session,
	index: &IndexArguments,
	upkeep: UpkeepArguments,
	live: bool,
) -> Result<(Store, Ingest), Failure> {
	let vault = session.vault_of_organization().await?;
	let store = Store::open(&index.index, vault.organization()).await?;
	let nodes = [vec![session.node().to_owned()], upkeep.more_nodes].concat();
	let settings =
		Settings { nodes, live, keep_revoked: upkeep.keep_revoked, trust: session.trust() };
	let ingest = Ingest::new(store.clone(), Arc::new(vault), settings);
	Ok((store, ingest))
}

/// Reads view definitions: files, and all `.toml` files of folders.
fn read_views(paths: &[PathBuf]) -> Result<Vec<View>, Failure> {
	let mut files = Vec::new();
	for path in paths {
		if !path.is_dir() {
			files.push(path.clone());
			continue;
		}
		let entries = fs::read_dir(path).map_err(|error| Failure::file(path, error))?;
		for entry in entries {
			let file = entry.map_err(|error| Failure::file(path, error))?.path();
			if file.extension().is_some_and(|extension| extension == "toml") {
				files.push(file);
			}
		}
	}
	files.sort();
	let read = |file: &PathBuf| {
		let text = fs::read_to_string(file).map_err(|error| Failure::file(file, error))?;
		View::parse(&text).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))
	};
	files.iter().map(read).collect()
}

fn read_token(path: &Path) -> Result<Token, Failure> {
	let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
	let token = Token::new(text.lines().next().unwrap_or_default());
	token.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
}

/// Searches a view.
pub async fn search(session: &Session, arguments: SearchArguments) -> Result<(), Failure> {
	let SearchArguments { index, view, filter, sort, limit, after, live, history } = arguments;
	let store = open(session, &index).await?;
	let sort = sort.iter().flat_map(|keys| keys.split(',')).map(|key| match key.trim().parse() {
		Ok(key) => key,
		Err(never) => match never {},
	});
	let query = Query { filter, sort: sort.collect(), limit, after, live, history };
	let page = store.search(&view, &query).await?;
	if session.json {
		for row in &page.rows {
			let values =
				page.columns.iter().cloned().zip(row.values.iter().map(|value| json!(value)));
			output::json_line(&json!({
				"recordId": row.record,
				"stream": row.stream,
				"sequence": row.sequence,
				"block": row.block,
				"isFinal": row.is_final,
				"values": values.collect::<Map<_, _>>(),
			}))?;
		}
	} else {
		let mut table = Table::new();
		let header = page.columns.iter().map(String::as_str).chain(["record id"]);
		table
			.load_style(UTF8_HORIZONTAL_ONLY)
			.set_content_arrangement(ContentArrangement::Disabled)
			.set_header(header);
		for row in &page.rows {
			let mark = if row.is_final { "" } else { " (not final)" };
			let values = row.values.iter().map(shown);
			table.add_row(values.chain([format!("{}{mark}", row.record)]));
		}
		println!("{table}");
		println!("{} rows", page.rows.len());
	}
	if let Some(next) = page.next {
		eprintln!("there is more: --after {next}");
	}
	Ok(())
}

fn shown(value: &Option<Value>) -> String {
	value.as_ref().map_or_else(|| "-".into(), ToString::to_string)
}

/// Computes aggregates over a view.
pub async fn aggregate(session: &Session, arguments: AggregateArguments) -> Result<(), Failure> {
	let AggregateArguments { index, view, functions, filter, by, live, history } = arguments;
	let store = open(session, &index).await?;
	let aggregate = Aggregate { filter, functions, by, live, history };
	let found = store.aggregate(&view, &aggregate).await?;
	if session.json {
		for row in &found.rows {
			let values = found.columns.iter().cloned().zip(row.iter().map(|value| json!(value)));
			output::json_line(&values.collect::<Map<_, _>>())?;
		}
		return Ok(());
	}
	let mut table = Table::new();
	table
		.load_style(UTF8_HORIZONTAL_ONLY)
		.set_content_arrangement(ContentArrangement::Disabled)
		.set_header(&found.columns);
	for row in &found.rows {
		table.add_row(row.iter().map(shown));
	}
	println!("{table}");
	Ok(())
}
