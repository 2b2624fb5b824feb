//! The log: lines for people, as the SDK writes them, or one JSON object a line for log collectors.

use crate::cli::{Cli, LogFormat};
use sc_cli::{CliConfiguration, Runner, Signals, SubstrateCli};
use serde_json::{Map, Value};
use std::fmt;
use tracing::{
	Event, Subscriber,
	field::{Field, Visit},
};
use tracing_log::NormalizeEvent;
use tracing_subscriber::{
	EnvFilter,
	fmt::{
		FmtContext, FormatEvent, FormatFields,
		format::Writer,
		time::{FormatTime, SystemTime},
	},
	registry::LookupSpan,
};

/// Returns the runner of a node, with the log format of the command line.
///
/// # Errors
///
/// If the configuration or the log filter is invalid.
pub(crate) fn runner(cli: &Cli) -> sc_cli::Result<Runner<Cli>> {
	match cli.log_format {
		LogFormat::Text => cli.create_runner(&cli.run),
		LogFormat::Json => json_runner(cli),
	}
}

/// Does the work of [`SubstrateCli::create_runner`], which cannot log JSON.
fn json_runner(cli: &Cli) -> sc_cli::Result<Runner<Cli>> {
	let runtime = sc_cli::build_runtime()?;
	let signals = runtime.block_on(async { Signals::capture() })?;
	let config = cli.run.create_configuration(cli, runtime.handle().clone())?;
	sp_panic_handler::set(&Cli::support_url(), &Cli::impl_version());
	let filters = cli.run.log_filters()?;
	let filters = if filters.is_empty() { "info".into() } else { format!("info,{filters}") };
	let filter = EnvFilter::try_new(&filters)
		.map_err(|error| sc_cli::Error::Input(format!("--log {filters}: {error}")))?;
	let failed =
		|error: &dyn fmt::Display| sc_cli::Error::Input(format!("cannot set up the log: {error}"));
	tracing_log::LogTracer::init().map_err(|error| failed(&error))?;
	let subscriber = tracing_subscriber::fmt()
		.with_env_filter(filter)
		.with_writer(std::io::stderr)
		.event_format(JsonLines)
		.finish();
	tracing::subscriber::set_global_default(subscriber).map_err(|error| failed(&error))?;
	if let Err(error) = fdlimit::raise_fd_limit() {
		log::warn!("cannot raise the limit of open files: {error}");
	}
	Runner::new(config, runtime, signals)
}

/// Writes an event as a JSON object on a line.
struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
	S: Subscriber + for<'a> LookupSpan<'a>,
	N: for<'a> FormatFields<'a> + 'static,
{
	fn format_event(
		&self,
		_: &FmtContext<'_, S, N>,
		mut writer: Writer<'_>,
		event: &Event<'_>,
	) -> fmt::Result {
		// Events of the `log` crate carry their origin in fields.
		let normalized = event.normalized_metadata();
		let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
		let mut time = String::new();
		SystemTime.format_time(&mut Writer::new(&mut time))?;
		let mut line = Map::from_iter([
			("time".into(), Value::String(time)),
			("level".into(), Value::String(metadata.level().to_string().to_lowercase())),
			("target".into(), Value::String(metadata.target().into())),
		]);
		let mut fields = Map::new();
		event.record(&mut Fields(&mut fields));
		// An event of a library may have fields only.
		if !fields.contains_key("message") {
			let pairs = fields.iter().map(|(name, value)| format!("{name}={value}"));
			let message = pairs.collect::<Vec<_>>().join(" ");
			fields.insert("message".into(), message.into());
		}
		line.append(&mut fields);
		writeln!(writer, "{}", Value::Object(line))
	}
}

/// Collects the fields of an event.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
	fn add(&mut self, field: &Field, value: Value) {
		if !field.name().starts_with("log.") {
			self.0.insert(field.name().into(), value);
		}
	}
}

impl Visit for Fields<'_> {
	fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
		self.add(field, format!("{value:?}").trim().into());
	}

	fn record_str(&mut self, field: &Field, value: &str) {
		self.add(field, value.trim().into());
	}

	fn record_i64(&mut self, field: &Field, value: i64) {
		self.add(field, value.into());
	}

	fn record_u64(&mut self, field: &Field, value: u64) {
		self.add(field, value.into());
	}

	fn record_bool(&mut self, field: &Field, value: bool) {
		self.add(field, value.into());
	}
}
