//! The document against the types, the methods, `docs/rpc.md`, and calls of a node in memory.

use super::{DOCUMENT, builder::Document, document, sample};
use crate::{
	bundles,
	error::Error,
	evidence, grants,
	mock::{Node, World},
	network, organizations, pool, records, requests, streams,
};
use credio_primitives::{Denial, error_codes};
use jsonrpsee::types::ErrorObjectOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn described() -> Value {
	let mut document = Document::default();
	requests::docs::describe(&mut document);
	pool::docs::describe(&mut document);
	records::docs::describe(&mut document);
	streams::docs::describe(&mut document);
	grants::docs::describe(&mut document);
	organizations::docs::describe(&mut document);
	bundles::docs::describe(&mut document);
	evidence::docs::describe(&mut document);
	network::docs::describe(&mut document);
	document.build()
}

/// Returns the document with an example of each method that returns a result.
async fn built() -> Value {
	let mut document = described();
	let node = sample::node();
	for (name, params) in sample::calls(&node) {
		let result = node.ok(name, params.clone()).await;
		let methods = document["methods"].as_array_mut().expect("a list");
		let method = methods.iter_mut().find(|method| method["name"] == name).expect("described");
		let names = method["params"].as_array().expect("a list").iter().map(|one| &one["name"]);
		let values = params.as_array().expect("a list").iter();
		let params = names.zip(values).map(|(name, value)| json!({ "name": name, "value": value }));
		let params = params.collect::<Vec<_>>();
		let result = json!({ "name": "answer", "value": result });
		method["examples"] = json!([{ "name": "example", "params": params, "result": result }]);
	}
	document
}

#[tokio::test]
async fn committed_document_is_the_generated_one() {
	let text = serde_json::to_string_pretty(&built().await).expect("it is JSON") + "\n";
	if std::env::var_os("CREDIO_WRITE_VECTORS").is_some() {
		std::fs::write("openrpc.json", text).expect("it can be written");
	} else {
		assert!(text == DOCUMENT, "rpc/openrpc.json: run this test with CREDIO_WRITE_VECTORS=1");
	}
}

#[test]
fn document_lists_exactly_the_methods_that_are_registered() {
	let node = Node::new(World::default());
	let registered = node.methods.method_names().collect::<BTreeSet<_>>();
	let document = described();
	let methods = document["methods"].as_array().expect("a list").iter();
	let listed = methods.filter_map(|method| method["name"].as_str()).collect::<BTreeSet<_>>();
	assert_eq!(listed, registered);
}

#[test]
fn every_method_that_returns_a_result_has_an_example() {
	let document = document().expect("the document is JSON");
	for method in document["methods"].as_array().expect("a list") {
		let name = method["name"].as_str().expect("a name");
		let is_subscription = method.get("x-notification").is_some() || name.contains("_un");
		let has_example = method.get("examples").is_some();
		assert!(has_example || is_subscription || name == "rpc.discover", "{name}");
	}
}

#[tokio::test]
async fn examples_have_the_shape_of_their_schemas() {
	let document = built().await;
	for method in document["methods"].as_array().expect("a list") {
		let name = method["name"].as_str().expect("a name");
		for example in method["examples"].as_array().into_iter().flatten() {
			check(&document, &method["result"]["schema"], &example["result"]["value"], name);
			let params = example["params"].as_array().expect("a list").iter();
			for (param, described) in params.zip(method["params"].as_array().expect("a list")) {
				check(&document, &described["schema"], &param["value"], name);
			}
		}
	}
}

/// Checks a value against a schema: required fields are there, no others are, and types agree.
fn check(document: &Value, schema: &Value, value: &Value, path: &str) {
	if let Some(reference) = schema["$ref"].as_str() {
		let pointer = reference.strip_prefix('#').expect("a reference into the document");
		let referred = document.pointer(pointer).unwrap_or_else(|| panic!("{path}: {reference}"));
		return check(document, referred, value, path);
	}
	if let Some(choices) = schema["oneOf"].as_array() {
		let tag = |choice: &Value| {
			let properties = choice["properties"].as_object().into_iter().flatten();
			properties
				.filter_map(|(name, one)| Some((name.clone(), one["enum"].as_array()?.clone())))
				.all(|(name, words)| words.contains(&value[&name]))
				&& choice["required"]
					.as_array()
					.into_iter()
					.flatten()
					.all(|name| value.get(name.as_str().expect("a name")).is_some())
		};
		let fits = |choice: &&Value| (choice["type"] == "null") == value.is_null() && tag(choice);
		let choice = choices.iter().find(fits).unwrap_or_else(|| panic!("{path}: {value}"));
		return check(document, choice, value, path);
	}
	let types = match &schema["type"] {
		Value::String(one) => vec![one.as_str()],
		Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
		other => panic!("{path}: the type is {other} in {schema}"),
	};
	let actual = match value {
		Value::Null => "null",
		Value::Bool(_) => "boolean",
		Value::Number(_) => "integer",
		Value::String(_) => "string",
		Value::Array(_) => "array",
		Value::Object(_) => "object",
	};
	assert!(types.contains(&actual), "{path}: {value} is not one of {types:?}");
	if let Some(words) = schema["enum"].as_array() {
		assert!(words.contains(value), "{path}: {value} is not one of {words:?}");
	}
	if let (Some(fields), Some(properties)) = (value.as_object(), schema["properties"].as_object())
	{
		for required in schema["required"].as_array().into_iter().flatten() {
			let name = required.as_str().expect("a name");
			assert!(fields.contains_key(name), "{path} lacks {name}");
		}
		for (name, value) in fields {
			let property = properties.get(name);
			let property = property.unwrap_or_else(|| panic!("{path}.{name} is not described"));
			check(document, property, value, &format!("{path}.{name}"));
		}
	}
	for item in value.as_array().into_iter().flatten() {
		check(document, &schema["items"], item, &format!("{path}[]"));
	}
}

/// All errors, each with some cause.
fn errors() -> Vec<Error> {
	vec![
		Error::MalformedExtrinsic,
		Error::NotASubmission(""),
		Error::NotAMember,
		Error::OrganizationSuspended,
		Error::QuotaExceeded,
		Error::PoolFull,
		Error::TransactionRefused { cause: String::new(), reason: "other" },
		Error::KeyReused,
		Error::RequestExpired(String::new()),
		Error::PositionTaken(""),
		Error::PositionTooFar,
		Error::OtherOrganization,
		Error::RoleMissing,
		Error::EraTooShort,
		Error::AccessTokenInvalid(""),
		Error::AccessTokenExpired,
		Error::AccessDenied(Denial::NoGrant),
		Error::TokenRequired,
		Error::InvalidParameters(String::new()),
		Error::TooManySubscriptions,
		Error::RateLimited,
		Error::NotFound(""),
		Error::Internal,
	]
}

#[test]
fn every_error_is_listed_with_its_code_and_has_a_remedy() {
	let document = document().expect("the document is JSON");
	let documented = document["components"]["errors"].as_object().expect("errors are listed");
	let documented = documented.values().filter_map(|error| error["code"].as_i64());
	let raised = errors().into_iter().map(|error| {
		let name = format!("{error:?}").split(['(', ' ']).next().unwrap_or_default().to_owned();
		assert_eq!(error_codes::find(error.code()).map(|listed| listed.name), Some(&name[..]));
		let object = ErrorObjectOwned::from(error);
		let data: Value = serde_json::from_str(object.data().expect("data").get()).expect("JSON");
		assert!(data["cause"].is_string(), "{data}");
		assert!(data["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{data}");
		i64::from(object.code())
	});
	assert_eq!(documented.collect::<BTreeSet<_>>(), raised.collect());
}

#[test]
fn remedies_differ_by_reason_and_denial() {
	let remedy = |reason| Error::TransactionRefused { cause: String::new(), reason }.remedy();
	assert!(remedy("stale").starts_with("read the account's next nonce"));
	assert_eq!(remedy("stale"), remedy("future"));
	assert!(remedy("badProof").starts_with("mend what the cause names"));
	let remedy = |denial| Error::AccessDenied(denial).remedy();
	assert!(remedy(Denial::NoGrant).starts_with("make an access request"));
	assert!(remedy(Denial::KeyMissing).contains("add the key of that epoch"));
	assert!(remedy(Denial::NotARecord).starts_with("verify the document"));
	assert!(remedy(Denial::Suspended).starts_with("ask the council"));
}
