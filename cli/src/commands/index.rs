//! `credio index`.

mod replaced;
mod upkeep;

use crate::{
	exit::Failure,
	options::{IndexOptions, ReadIndexOptions},
	output,
	session::Session,
	table::{Cell, Table, head},
};
use clap::{Args, Subcommand};
use credio_client::primitives::RecordId;
use credio_index::{
	Store, StoreError, Unfit, Untaken,
	server::{Address, Server, ServerSettings, Token},
};
use credio_view::view::Role;
use serde::Serialize;
use std::{
	collections::BTreeMap,
	fs,
	io::Write as _,
	path::{Path, PathBuf},
	sync::Arc,
};
use upkeep::{UpkeepOptions, ingest, read_views, wanted_views};

/// Rows that are read at once.
const PAGE: u32 = 1_000;

/// Indexes: searchable documents in plaintext
#[derive(Debug, Subcommand)]
pub(super) enum IndexCommand {
	Run(RunArgs),
	Sync(SyncArgs),
	Rebuild(RebuildArgs),
	Serve(ServeArgs),
	Views(ViewsArgs),
	Unfit(UnfitArgs),
	Untaken(UntakenArgs),
	Replaced(ReplacedArgs),
	Dump(DumpArgs),
}

/// Keep an index up to date, until Ctrl-C
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio index run --index acme.index --views samples/views --listen unix:acme.socket"
)]
pub(super) struct RunArgs {
	#[command(flatten)]
	index: IndexOptions,
	#[command(flatten)]
	upkeep: UpkeepOptions,
	/// Also show rows that are not final, to callers that ask for them
	#[arg(long)]
	live: bool,
	/// Serve JSON-RPC at this address, or on a Unix socket that only you can connect to
	#[arg(long, value_name = "IP:PORT|unix:PATH")]
	listen: Option<Address>,
	#[command(flatten)]
	callers: ListenOptions,
}

/// Bring an index up to date with the finalized block, once
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index sync --index acme.index --views samples/views")]
pub(super) struct SyncArgs {
	#[command(flatten)]
	index: IndexOptions,
	#[command(flatten)]
	upkeep: UpkeepOptions,
}

/// Empty an index and rebuild it from the chain, up to the finalized block
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index rebuild --index acme.index --views samples/views")]
pub(super) struct RebuildArgs {
	#[command(flatten)]
	index: IndexOptions,
	#[command(flatten)]
	upkeep: UpkeepOptions,
}

/// Serve JSON-RPC from an index that another process keeps up to date, or from a replica of it, until Ctrl-C
#[derive(Debug, Args)]
#[command(
	after_help = "Example: credio index serve --index postgres://reader@replica/credio --listen 127.0.0.1:9951 --token-file index.token"
)]
pub(super) struct ServeArgs {
	#[command(flatten)]
	index: ReadIndexOptions,
	/// Serve at this address, or on a Unix socket that only you can connect to
	#[arg(long, value_name = "IP:PORT|unix:PATH")]
	listen: Address,
	#[command(flatten)]
	callers: ListenOptions,
}

/// List the views of an index
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index views --index acme.index")]
pub(super) struct ViewsArgs {
	#[command(flatten)]
	index: ReadIndexOptions,
}

/// List documents that do not fit a view, with the reasons
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index unfit invoices-ubl --index acme.index")]
pub(super) struct UnfitArgs {
	/// The view
	view: String,
	#[command(flatten)]
	index: ReadIndexOptions,
}

/// List documents that no view takes
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index untaken --index acme.index")]
pub(super) struct UntakenArgs {
	#[command(flatten)]
	index: ReadIndexOptions,
}

/// List rows that were replaced by rows with another amount, currency, seller or buyer
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index replaced invoices-ubl --index acme.index")]
pub(super) struct ReplacedArgs {
	/// The view; its columns have roles
	view: String,
	#[command(flatten)]
	index: ReadIndexOptions,
}

/// Write the whole index, in an order that depends on its content only
#[derive(Debug, Args)]
#[command(after_help = "Example: credio index dump --index acme.index -o acme.dump")]
pub(super) struct DumpArgs {
	#[command(flatten)]
	index: ReadIndexOptions,
	/// File to write; - for standard output
	#[arg(short, long, value_name = "FILE")]
	output: PathBuf,
}

/// Access of callers to the JSON-RPC server.
#[derive(Clone, Debug, Args)]
pub(super) struct ListenOptions {
	/// File whose first line is the token that callers have to present; required with an IP address
	#[arg(long, value_name = "FILE", requires = "listen")]
	token_file: Option<PathBuf>,
	/// Host name that callers may use besides localhost and IP addresses, such as a proxy's; may be given several times
	#[arg(long = "host", value_name = "NAME", requires = "listen")]
	hosts: Vec<String>,
}

/// Runs a command on indexes.
pub(super) async fn run(session: &Session, command: IndexCommand) -> Result<(), Failure> {
	match command {
		IndexCommand::Run(args) => keep_up(session, args).await,
		IndexCommand::Sync(SyncArgs { index, upkeep }) => {
			catch_up(session, &index, upkeep, false).await
		},
		IndexCommand::Rebuild(RebuildArgs { index, upkeep }) => {
			catch_up(session, &index, upkeep, true).await
		},
		IndexCommand::Serve(ServeArgs { index, listen, callers }) => {
			let store = index.open().await?;
			let server = serve(listen, callers, &store).await?;
			// Without a handler the system ends the process.
			let _ = tokio::signal::ctrl_c().await;
			drop(server);
			Ok(())
		},
		IndexCommand::Views(args) => print_views(session, &args.index.open().await?).await,
		IndexCommand::Unfit(UnfitArgs { view, index }) => {
			print_unfit(session, &index.open().await?, &view).await
		},
		IndexCommand::Untaken(args) => print_untaken(session, &args.index.open().await?).await,
		IndexCommand::Replaced(ReplacedArgs { view, index }) => {
			replaced::print(session, &index.open().await?, &view).await
		},
		IndexCommand::Dump(DumpArgs { index, output }) => dump(&index.open().await?, &output).await,
	}
}

/// Keeps an index up to date until Ctrl-C, and serves it if asked to.
async fn keep_up(session: &Session, args: RunArgs) -> Result<(), Failure> {
	let RunArgs { index, upkeep, live, listen, callers } = args;
	let (given, drops_others) = (read_views(&upkeep.views)?, upkeep.drop_views);
	let (store, ingest) = ingest(session, &index, upkeep, live).await?;
	let views = wanted_views(&store, given, drops_others).await?;
	if store.views().await?.is_empty() {
		// A new index has nothing to build, so callers find its views from the start.
		ingest.set_views(&views).await?;
	}
	let server = match listen {
		Some(address) => Some(serve(address, callers, &store).await?),
		None => None,
	};
	let stop = async {
		// Without a handler the system ends the process, which loses nothing either.
		let _ = tokio::signal::ctrl_c().await;
	};
	let views = async { Ok::<_, Failure>(ingest.set_views(&views).await?) };
	let work = async { Ok(ingest.run(stop).await?) };
	tokio::try_join!(work, views)?;
	drop(server);
	Ok(())
}

/// Brings an index up to date once, from the start if it is rebuilt.
async fn catch_up(
	session: &Session,
	index: &IndexOptions,
	upkeep: UpkeepOptions,
	rebuild: bool,
) -> Result<(), Failure> {
	let (given, drops_others) = (read_views(&upkeep.views)?, upkeep.drop_views);
	let (store, ingest) = ingest(session, index, upkeep, false).await?;
	let views = wanted_views(&store, given, drops_others).await?;
	if rebuild {
		ingest.clear().await?;
	}
	ingest.set_views(&views).await?;
	ingest.catch_up().await?;
	let cursor = store.cursor().await?;
	let block = output::or_dash(cursor.map(|cursor| cursor.number));
	output::item(session.json, &cursor, &[("block", block)])
}

/// A view as it is printed.
#[derive(Serialize)]
struct ViewState {
	building: bool,
	columns: Vec<String>,
	name: String,
	ready: bool,
	roles: BTreeMap<Role, String>,
}

async fn print_views(session: &Session, store: &Store) -> Result<(), Failure> {
	let views = store.views().await?.into_iter().map(|state| ViewState {
		building: state.is_building,
		columns: state.view.columns.iter().map(|column| column.name.clone()).collect(),
		name: state.view.name.clone(),
		ready: state.is_ready,
		roles: state.view.roles().map(|(role, column)| (role, column.to_owned())).collect(),
	});
	let views = views.collect::<Vec<_>>();
	session.format().items(&views, || views_table(&views))
}

fn views_table(views: &[ViewState]) -> Table {
	Table::of([head("view"), head("ready"), head("columns, with their roles")], views, |view| {
		let columns = view.columns.iter().map(|column| {
			match view.roles.iter().find(|(role, of)| *of == column && role.name() != column) {
				Some((role, _)) => format!("{column} ({role})"),
				None => column.clone(),
			}
		});
		let columns = columns.collect::<Vec<_>>().join(", ");
		[Cell::text(&view.name), Cell::value(view.ready), Cell::text(columns)]
	})
}

async fn print_unfit(session: &Session, store: &Store, view: &str) -> Result<(), Failure> {
	let all =
		pages(async |after| store.unfit(view, after, PAGE).await, |unfit| unfit.record).await?;
	session.format().items(&all, || unfit_table(&all))
}

/// Returns the items of all pages, each of them after the record of the last item.
async fn pages<Item>(
	page: impl AsyncFn(Option<RecordId>) -> Result<Vec<Item>, StoreError>,
	record: fn(&Item) -> RecordId,
) -> Result<Vec<Item>, Failure> {
	let mut all = Vec::new();
	loop {
		let page = page(all.last().map(record)).await?;
		if page.is_empty() {
			return Ok(all);
		}
		all.extend(page);
	}
}

fn unfit_table(unfit: &[Unfit]) -> Table {
	Table::of([head("record"), head("block"), head("reason")], unfit, |unfit| {
		[Cell::id(&unfit.record), Cell::value(unfit.block), Cell::prose(&unfit.reason)]
	})
}

async fn print_untaken(session: &Session, store: &Store) -> Result<(), Failure> {
	let all =
		pages(async |after| store.untaken(after, PAGE).await, |untaken| untaken.record).await?;
	session.format().items(&all, || untaken_table(&all))
}

fn untaken_table(untaken: &[Untaken]) -> Table {
	let heads = [head("record"), head("stream"), head("block"), head("type")];
	Table::of(heads, untaken, |untaken| {
		let media_type = untaken.media_type.as_deref().unwrap_or("-");
		[
			Cell::id(&untaken.record),
			Cell::id(&untaken.stream),
			Cell::value(untaken.block),
			Cell::text(media_type),
		]
	})
}

/// Writes the whole index to a file or to standard output.
async fn dump(store: &Store, to: &Path) -> Result<(), Failure> {
	if to == Path::new("-") {
		let mut stdout = std::io::BufWriter::new(output::Stdout);
		dump_result(store.dump(&mut stdout).await)?;
		return stdout.flush().map_err(output::failed);
	}
	let failed = |error| Failure::file(to, error);
	let mut file = credio_files::Replacement::create(to).map_err(failed)?;
	store.dump(&mut file).await?;
	file.commit().map_err(failed)
}

/// Distinguishes a dump with a closed output from a failed one.
fn dump_result(result: Result<(), StoreError>) -> Result<(), Failure> {
	result.map_err(|error| match error {
		StoreError::Write(error) => output::failed(error),
		error => error.into(),
	})
}

/// Starts the JSON-RPC server, and prints its address.
async fn serve(address: Address, callers: ListenOptions, store: &Store) -> Result<Server, Failure> {
	let token = callers.token_file.as_deref().map(read_token).transpose()?;
	let shown = address.to_string();
	let settings = ServerSettings { address, token, hosts: callers.hosts };
	let notify = Arc::new(|text: &str| output::note(&format!("credio: {text}")));
	let server = Server::start(settings, store, notify).await;
	let server = server.map_err(|error| Failure::Other(format!("{shown}: {error}")))?;
	output::line(&format!("listens at {}", server.address()))?;
	Ok(server)
}

fn read_token(path: &Path) -> Result<Token, Failure> {
	let text = fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
	let token = Token::new(text.lines().next().unwrap_or_default());
	token.map_err(|error| Failure::Other(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::table::assert_fits;
	use credio_client::primitives::StreamId;

	#[test]
	fn table_of_views_fits() {
		let columns = (0..60).map(|n| format!("column{n}")).collect();
		let roles = [(Role::Amount, "column3".into())].into();
		let view =
			ViewState { building: false, columns, name: "n".repeat(64), ready: false, roles };
		assert_fits(&views_table(&[view]));
	}

	#[test]
	fn table_of_untaken_documents_fits() {
		assert_fits(&untaken_table(&[Untaken {
			record: RecordId([0xab; 32]),
			stream: StreamId([1; 32]),
			sequence: 0,
			block: u32::MAX,
			media_type: Some("m".repeat(256)),
		}]));
	}

	#[test]
	fn table_of_unfit_documents_fits() {
		let (record, stream) = (RecordId([0xab; 32]), StreamId([1; 32]));
		let reason = "r".repeat(400);
		assert_fits(&unfit_table(&[Unfit {
			record,
			stream,
			sequence: 0,
			block: u32::MAX,
			reason,
		}]));
	}
}
