//! Metrics, alerts, the dashboard, health, and the log.

use credio_e2e::{Cli, Node, repository};
use serde_json::Value;
use std::{
	collections::BTreeSet,
	fs,
	io::{Read, Write},
	net::TcpStream,
	path::PathBuf,
};

/// Makes a request, and returns status and body of the response.
fn get(port: u16, path: &str) -> (u16, String) {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
	write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
		.expect("it reads");
	let mut answer = String::new();
	stream.read_to_string(&mut answer).expect("the node responds");
	let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok());
	let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
	(status.expect("a status"), body.unwrap_or_default())
}

fn free_port() -> u16 {
	let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
	listener.local_addr().expect("it has an address").port()
}

/// The value of a metric with these labels.
fn value(metrics: &str, name: &str, labels: &[&str]) -> f64 {
	metrics
		.lines()
		.filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])))
		.find(|line| labels.iter().all(|label| line.contains(label)))
		.and_then(|line| line.rsplit(' ').next()?.parse().ok())
		.unwrap_or_else(|| panic!("{name} {labels:?} is not in\n{metrics}"))
}

fn monitoring(file: &str) -> String {
	let folder = repository().join("deploy/monitoring");
	fs::read_to_string(folder.join(file)).expect("the file is there")
}

/// Names of metrics in PromQL expressions.
fn metrics_in(text: &str) -> BTreeSet<String> {
	text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
		.filter(|word| word.starts_with("credio_") || word.starts_with("substrate_"))
		.map(str::to_owned)
		.collect()
}

fn upload(cli: &Cli, node: &Node, name: &str) -> String {
	let file: PathBuf = node.folder().join(name);
	fs::write(&file, name).expect("writable");
	let file = file.to_str().expect("UTF-8").to_owned();
	let uploaded = cli.json(&["upload", "--stream", "invoices", "--json", &file]);
	uploaded[0]["recordId"].as_str().expect("a record").to_owned()
}

#[test]
fn metrics_match_activity_docs_alerts_and_dashboard() {
	let metrics_port = free_port();
	let node = Node::start_with(&["--prometheus-port", &metrics_port.to_string()]);
	let metrics = || get(metrics_port, "/metrics").1;
	let [channel, funder] = ["channel-one", "funder-one"].map(|name| Cli::new(&node, name));
	let stream = channel.json(&["stream", "create", "invoices", "--json"]);
	let stream = stream[0]["id"].as_str().expect("an id").to_owned();
	let record = upload(&channel, &node, "one");
	upload(&channel, &node, "two");
	// Rejected: the stream is another's.
	funder.refused(&["stream", "seal", &stream]);
	let out = node.folder().join("out");
	let out = out.to_str().expect("UTF-8");
	channel.ok(&["fetch", &record, "-o", out]);
	funder.refused(&["fetch", &record, "-o", out]);
	funder.refused(&["fetch", &record, "-o", out]);
	let grant = ["grant", "--stream", "invoices", "--to", "funder-one", "--purpose", "monitoring"];
	channel.ok(&[&grant[..], &["--for", "50min"]].concat());
	// Slow metrics are updated every ten blocks.
	channel.ok(&["watch", "--stream", "invoices", "--limit", "2"]);
	for number in 0..5 {
		upload(&channel, &node, &format!("further {number}"));
	}

	let seen = metrics();
	let requests = |outcome| value(&seen, "credio_requests_total", &[outcome]);
	assert!(requests("\"applied\"") >= 8.0);
	assert!(requests("\"rejected\"") >= 1.0);
	assert_eq!(requests("\"expired\""), 0.0);
	assert_eq!(value(&seen, "credio_entries_total", &[]), 7.0);
	assert_eq!(value(&seen, "credio_fetches_total", &["\"denied\""]), 2.0);
	assert_eq!(value(&seen, "credio_fetches_total", &["\"served\""]), 1.0);
	assert!(value(&seen, "credio_request_time_to_final_seconds_count", &[]) >= 8.0);
	assert!(value(&seen, "credio_block_time_to_final_seconds_count", &[]) >= 8.0);
	assert_eq!(value(&seen, "credio_validators", &["\"active\""]), 1.0);
	assert_eq!(value(&seen, "credio_grants_expiring", &["\"hour\""]), 1.0);
	let quota = value(&seen, "credio_quota_used_ratio", &["\"channel-one\"", "\"bytes\""]);
	assert!(quota > 0.0 && quota < 1.0);
	assert_eq!(value(&seen, "credio_lane_backlog", &["\"channel-one\""]), 0.0);

	// Alerts and dashboard use only metrics that the node has.
	for file in ["alerts.yml", "dashboard.json"] {
		let asked = metrics_in(&monitoring(file));
		assert!(asked.len() > 8, "{asked:?}");
		for name in asked {
			assert!(
				seen.contains(&format!("{name}{{")) || seen.contains(&format!("{name} ")),
				"{name} of {file}"
			);
		}
	}
	let dashboard: Value = serde_json::from_str(&monitoring("dashboard.json")).expect("JSON");
	assert!(dashboard["panels"].as_array().expect("panels").len() > 10);
	// All metrics are documented.
	let operate = repository().join("docs/operate.md");
	let listed = metrics_in(&fs::read_to_string(operate).expect("the page is there"));
	let reported = metrics_in(&seen)
		.into_iter()
		.filter(|name| name.starts_with("credio_") && !name.starts_with("credio_v1_"))
		.filter(|name| !["_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end)))
		.collect::<BTreeSet<_>>();
	assert!(reported.is_subset(&listed), "{:?} are not documented", reported.difference(&listed));
}

#[test]
fn health_is_served_and_the_log_can_be_json() {
	let mut node = Node::start_with(&["--log-format", "json"]);
	let port = node.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
	let (status, body) = get(port, "/health");
	assert_eq!(status, 200);
	assert!(body.contains("isSyncing"), "{body}");
	assert_eq!(get(port, "/health/readiness").0, 200);
	// It stops on SIGTERM, and continues after a restart.
	let cli = Cli::new(&node, "channel-one");
	cli.ok(&["stream", "create", "invoices"]);
	node.stop();
	for line in node.log().lines() {
		let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
		assert!(line["time"].is_string() && line["level"].is_string(), "{line}");
		assert!(line["message"].is_string() && line["target"].is_string(), "{line}");
	}
	node.restart();
	let cli = cli.at_node(&node);
	assert_eq!(cli.json(&["stream", "list", "--json"]).len(), 1);
}
