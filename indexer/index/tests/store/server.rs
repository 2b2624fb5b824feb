//! JSON-RPC of an index: who may call it.

use crate::support::*;
use credio_index::{
	Store,
	server::{Address, Server, ServerSettings, Token},
};
use std::{os::unix::fs::PermissionsExt, sync::Arc};
use tokio::{
	io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
	net::{TcpStream, UnixStream},
};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const VIEWS: &str = r#"{"jsonrpc":"2.0","id":1,"method":"credio_v1_views","params":[]}"#;

async fn serve(store: &Store, address: Address, token: Option<&str>) -> std::io::Result<Server> {
	let token = token.map(|token| Token::new(token).expect("a token"));
	let settings = ServerSettings { address, token, hosts: Vec::new() };
	Server::start(settings, store, Arc::new(|_: &str| ())).await
}

async fn call(mut stream: impl AsyncRead + AsyncWrite + Unpin, headers: &str) -> String {
	let length = VIEWS.len();
	let request = format!(
		"POST / HTTP/1.1\r\n{headers}Content-Type: application/json\r\nContent-Length: {length}\r\n\
		Connection: close\r\n\r\n{VIEWS}"
	);
	stream.write_all(request.as_bytes()).await.expect("written");
	let mut answer = String::new();
	stream.read_to_string(&mut answer).await.expect("an answer");
	answer
}

#[tokio::test]
async fn callers_at_an_address_show_a_token() {
	let database = Database::sqlite();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let any_port = || "127.0.0.1:0".parse::<Address>().expect("an address");
	let refused = serve(&store, any_port(), None).await.expect_err("loopback is no secret");
	assert!(refused.to_string().contains("--token-file"), "{refused}");
	let server = serve(&store, any_port(), Some(TOKEN)).await.expect("it starts");
	let Address::Tcp(address) = *server.address() else { panic!("it has a port") };
	let call = |headers: String| async move {
		call(TcpStream::connect(address).await.expect("it listens"), &headers).await
	};
	let shown = format!("Host: {address}\r\nAuthorization: Bearer {TOKEN}\r\n");
	assert!(call(shown).await.contains("\"name\":\"invoices\""));
	assert!(call(format!("Host: {address}\r\n")).await.starts_with("HTTP/1.1 401"));
	let rebound = format!("Host: evil.example\r\nAuthorization: Bearer {TOKEN}\r\n");
	assert!(call(rebound).await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn unix_socket_is_for_owner_only() {
	let database = Database::sqlite();
	let store = database.open().await;
	store.set_views(&[view(VIEW)]).await.expect("views");
	let folder = tempfile::tempdir().expect("a folder");
	let path = folder.path().join("index.socket");
	let address: Address = format!("unix:{}", path.display()).parse().expect("an address");
	let server = serve(&store, address.clone(), None).await.expect("it starts");
	let mode = std::fs::metadata(&path).expect("a socket").permissions().mode();
	assert_eq!(mode & 0o777, 0o600);
	let stream = UnixStream::connect(&path).await.expect("it listens");
	assert!(call(stream, "Host: localhost\r\n").await.contains("\"name\":\"invoices\""));
	// One that is in use is left alone.
	serve(&store, address.clone(), None).await.expect_err("somebody listens there");
	drop(server);
	// One that a killed process has left is replaced; other files are not.
	while path.exists() {
		tokio::task::yield_now().await;
	}
	drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket that nobody listens on"));
	let server = serve(&store, address.clone(), None).await.expect("it starts");
	let stream = UnixStream::connect(&path).await.expect("it listens");
	assert!(call(stream, "Host: localhost\r\n").await.contains("\"name\":\"invoices\""));
	drop(server);
	while path.exists() {
		tokio::task::yield_now().await;
	}
	std::fs::write(&path, "a file").expect("written");
	serve(&store, address, None).await.expect_err("it is a file");
	assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "a file");
}
