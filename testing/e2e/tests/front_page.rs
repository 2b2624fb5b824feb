//! The example on the SDK's front page, run as a newcomer would.

use credio_e2e::{Node, binary};
use std::process::Command;

#[test]
fn front_page_example_runs() {
	let node = Node::start();
	let output = Command::new(binary("examples/front_page"))
		.env("CREDIO_NODE", node.url())
		.output()
		.expect("the example starts");
	let message = String::from_utf8_lossy(&output.stdout);
	let errors = String::from_utf8_lossy(&output.stderr);
	assert!(output.status.success(), "{message}\n{errors}");
	assert!(message.contains("the funder reads application/xml"), "{message}");
}
