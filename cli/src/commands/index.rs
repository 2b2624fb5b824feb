//! Indexes: keeping one up to date, and searching it.

use crate::{
	arguments::{
		AggregateArguments, IndexArguments, IndexCommand, ListenArguments, ReadIndexArguments,
		SearchArguments, UpkeepArguments,
	},
	exit::Failure,
	output,
	session::Session,
};
use credio_index::{
	ingest::{Ingest, Settings},
	server::{Address, Server, ServerSettings, Token},
	Aggregate, Query, Store, StoreError,
};
use credio_view::{Value, View};
use serde_json::{json, Map};
use std::{
	fs,
	io::Write as _,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// Opens an index to read it. It has no keys and needs none.
pub async fn open(index: &ReadIndexArguments) -> Result<Store, Failure> {
	Ok(Store::open_to_read(&index.at.index, index.organization).await?)
}

/// Runs a command on indexes.
pub async fn run(session: &Session, command: IndexCommand) -> Result<(), Failure> {
	match command {
		IndexCommand::Run { index, upkeep, live, listen, callers } => {
			let views = read_views(&upkeep.views)?;
			let (store, ingest) = ingest(session, &index, upkeep, live).await?;
			if store.views().await?.is_empty() {
				// Nothing has to be built, and whoever asks finds them.
				ingest.set_views(&views).await?;
			}
			let server = match listen {
				Some(address) => Some(serve(address, callers, &store).await?),
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
		IndexCommand::Serve { index, listen, callers } => {
			let store = open(&index).await?;
			let server = serve(listen, callers, &store).await?;
			// Without a handler the system ends the process.
			let _ = tokio::signal::ctrl_c().await;
			drop(server);
			Ok(())
		},
		IndexCommand::Views { index } => {
			let views = open(&index).await?.views().await?;
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
			let store = open(&index).await?;
			let mut all = Vec::new();
			loop {
				let after = all.last().map(|unfit: &credio_index::Unfit| unfit.record);
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
			let store = open(&index).await?;
			if output == Path::new("-") {
				let mut stdout = std::io::BufWriter::new(output::Stdout);
				dumped(store.dump(&mut stdout).await)?;
				stdout.flush().map_err(output::failed)?;
			} else {
				let failed = |error| Failure::file(&output, error);
				let mut file = credio_files::Replacement::create(&output).map_err(failed)?;
				store.dump(&mut file).await?;
				file.commit().map_err(failed)?;
			}
			Ok(())
		},
	}
}

/// Tells a dump that nobody reads any more from one that failed.
fn dumped(result: Result<(), StoreError>) -> Result<(), Failure> {
	result.map_err(|error| match error {
		StoreError::Write(error) => output::failed(error),
		error => error.into(),
	})
}

/// Starts to answer JSON-RPC.
async fn serve(
	address: Address,
	callers: ListenArguments,
	store: &Store,
) -> Result<Server, Failure> {
	let token = callers.token_file.as_deref().map(read_token).transpose()?;
	let shown = address.to_string();
	let settings = ServerSettings { address, token, hosts: callers.hosts };
	let notify = Arc::new(|text: &str| output::note(&format!("credio: {text}")));
	let server = Server::start(settings, store, notify).await;
	let server = server.map_err(|error| Failure::Other(format!("{shown}: {error}")))?;
	output::line(&format!("answers at {}", server.address()))?;
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
	let settings = Settings {
		nodes,
		connect: session.options(),
		live,
		keep_revoked: upkeep.keep_revoked,
		trust: session.trust(),
	};
	let ingest = Ingest::new(store.clone(), Arc::new(vault), settings)
		.notifying(|text| output::note(&format!("credio: {text}")));
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
	let store = open(&index).await?;
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
				"owner": row.owner,
				"author": row.author,
				"sequence": row.sequence,
				"block": row.block,
				"isFinal": row.is_final,
				"values": values.collect::<Map<_, _>>(),
			}))?;
		}
	} else {
		let header = page.columns.iter().map(String::as_str).chain(["appended by", "record id"]);
		let rows = page.rows.iter().map(|row| {
			let mark = if row.is_final { "" } else { " (not final)" };
			let of_entry = [row.author.to_string(), format!("{}{mark}", row.record)];
			row.values.iter().map(shown).chain(of_entry).collect()
		});
		output::table(&header.collect::<Vec<_>>(), rows)?;
		output::line(&format!("{} rows", page.rows.len()))?;
	}
	if let Some(next) = page.next {
		output::note(&format!("there is more: --after {next}"));
	}
	Ok(())
}

fn shown(value: &Option<Value>) -> String {
	value.as_ref().map_or_else(|| "-".into(), ToString::to_string)
}

/// Computes aggregates over a view.
pub async fn aggregate(session: &Session, arguments: AggregateArguments) -> Result<(), Failure> {
	let AggregateArguments { index, view, functions, filter, by, live, history } = arguments;
	let store = open(&index).await?;
	let aggregate = Aggregate { filter, functions, by, live, history };
	let found = store.aggregate(&view, &aggregate).await?;
	if session.json {
		for row in &found.rows {
			let values = found.columns.iter().cloned().zip(row.iter().map(|value| json!(value)));
			output::json_line(&values.collect::<Map<_, _>>())?;
		}
		return Ok(());
	}
	let header = found.columns.iter().map(String::as_str).collect::<Vec<_>>();
	output::table(&header, found.rows.iter().map(|row| row.iter().map(shown).collect()))?;
	if found.is_cut {
		output::note("there are more groups than these");
	}
	Ok(())
}
