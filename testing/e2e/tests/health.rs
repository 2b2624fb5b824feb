//! Probes: whether a node is alive and ready, asked from outside without its JSON-RPC being open.

use credio_e2e::Node;
use serde_json::Value;
use std::{
	io::{Read, Write},
	net::{TcpListener, TcpStream},
	time::{Duration, Instant},
};

fn free_port() -> u16 {
	let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
	listener.local_addr().expect("it has an address").port()
}

/// Makes a request with an unknown host name, and returns status and body of the response.
fn ask(port: u16, method: &str, path: &str) -> (u16, String) {
	let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
	stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
	write!(stream, "{method} {path} HTTP/1.1\r\nHost: probe.example\r\nContent-Length: 0\r\n\r\n")
		.expect("it reads");
	let mut answer = String::new();
	// The node closes the connection after one response.
	stream.read_to_string(&mut answer).expect("the node responds");
	let status = answer.split_whitespace().nth(1).and_then(|status| status.parse().ok());
	let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
	(status.expect("a status"), body.unwrap_or_default())
}

fn start(chain: &str, more: &[&str]) -> (Node, u16) {
	let port = free_port();
	let address = format!("127.0.0.1:{port}");
	let node = Node::start_on(chain, &[&["--health-listen", &address], more].concat());
	(node, port)
}

#[test]
fn synced_node_is_alive_and_ready_under_any_host_name() {
	let (_node, port) = start("dev", &["--validator", "--alice", "--force-authoring"]);
	let since = Instant::now();
	while ask(port, "GET", "/readiness").0 != 200 {
		assert!(since.elapsed() < Duration::from_secs(60), "{:?}", ask(port, "GET", "/readiness"));
		std::thread::sleep(Duration::from_millis(200));
	}
	let (status, body) = ask(port, "GET", "/health");
	assert_eq!(status, 200);
	let body: Value = serde_json::from_str(&body).expect("JSON");
	assert_eq!(body["status"], "alive");
	assert!(body["best"].is_number() && body["finalized"].is_number() && body["peers"].is_number());
}

#[test]
fn validator_without_peers_is_alive_and_serves_only_probes() {
	let (_node, port) = start("local", &["--validator", "--alice"]);
	is_alive_and_not_ready(port);
	other_requests_are_rejected(port);
	held_connections_do_not_block_probes(port);
}

fn is_alive_and_not_ready(port: u16) {
	assert_eq!(ask(port, "GET", "/health").0, 200);
	let (status, body) = ask(port, "GET", "/readiness");
	assert_eq!(status, 503);
	let body: Value = serde_json::from_str(&body).expect("JSON");
	assert_eq!(body["reason"], "no peers");
}

fn other_requests_are_rejected(port: u16) {
	for (method, path, expected) in [
		("GET", "/", 404),
		("POST", "/", 404),
		("POST", "/health", 405),
		("GET", "/metrics", 404),
		("GET", "/health/readiness", 404),
	] {
		assert_eq!(ask(port, method, path).0, expected, "{method} {path}");
	}
	// A head that does not end, or is too large, is not waited for.
	let mut endless = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
	endless.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
	let _ = write!(endless, "GET /health HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
	let mut answer = Vec::new();
	let _ = endless.read_to_end(&mut answer);
	assert!(!String::from_utf8_lossy(&answer).contains(" 200 "), "refused or closed");
}

fn held_connections_do_not_block_probes(port: u16) {
	let held: Vec<_> =
		(0..80).filter_map(|_| TcpStream::connect(("127.0.0.1", port)).ok()).collect();
	let since = Instant::now();
	assert_eq!(ask(port, "GET", "/health").0, 200);
	// Silent connections are closed after some seconds, a group at a time.
	assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
	drop(held);
}
