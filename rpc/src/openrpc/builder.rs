//! Builds the OpenRPC document.

use super::schema::{Schemas, component, tidy};
use credio_primitives::error_codes;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

/// The document, as far as it is built.
#[derive(Default)]
pub(crate) struct Document {
	schemas: Schemas,
	methods: Vec<Map<String, Value>>,
}

/// The method that is described.
pub(crate) struct Method<'a> {
	document: &'a mut Document,
	method: Map<String, Value>,
	params: Vec<Value>,
}

impl Document {
	/// Describes a method.
	pub(crate) fn method(&mut self, name: &str, summary: &str) -> Method<'_> {
		let mut method = Map::new();
		method.insert("name".into(), json!(name));
		method.insert("summary".into(), json!(summary));
		method.insert("paramStructure".into(), json!("by-position"));
		Method { document: self, method, params: Vec::new() }
	}

	/// Describes the method that ends a subscription.
	pub(crate) fn end(&mut self, name: &str) {
		self.method(name, "Ends the subscription.")
			.param::<SubscriptionId>("subscription", "Id of the subscription.")
			.returns::<bool>("Whether there was one.", &[]);
	}

	/// Returns the document.
	pub(crate) fn build(mut self) -> Value {
		let components = self.schemas.components();
		for method in &mut self.methods {
			for place in ["/result/schema", "/x-notification/schema"] {
				let mut value = Value::Object(std::mem::take(method));
				if let Some(schema) = value.pointer_mut(place) {
					tidy(schema, &components);
				}
				*method = value.as_object().cloned().expect("it was one");
			}
			for param in method["params"].as_array_mut().into_iter().flatten() {
				tidy(&mut param["schema"], &components);
			}
		}
		let mut schemas = Map::new();
		for (name, schema) in &components {
			let mut tidied = schema.clone();
			tidy(&mut tidied, &components);
			let known = schemas.insert(component(name).into(), tidied);
			assert!(known.is_none(), "two components are called {}", component(name));
		}
		let errors = error_codes::ALL.iter().map(|error| {
			let described = json!({ "code": error.code, "message": error.when });
			(error.name.to_owned(), described)
		});
		json!({
			"openrpc": "1.3.2",
			"info": {
				"title": "Credio",
				"version": "1.0.0",
				"description": "The credio_v1 methods of a Credio node. Reads are of the finalized block that `at` names. Every error carries data: { cause, remedy }.",
			},
			"methods": self.methods,
			"components": { "schemas": schemas, "errors": errors.collect::<Map<_, _>>() },
		})
	}
}

impl Method<'_> {
	fn add_param<T: JsonSchema>(mut self, name: &str, description: &str, required: bool) -> Self {
		let schema = self.document.schemas.param::<T>();
		self.params.push(json!({
			"name": name, "description": description, "required": required, "schema": schema,
		}));
		self
	}

	/// Adds a parameter.
	pub(crate) fn param<T: JsonSchema>(self, name: &str, description: &str) -> Self {
		self.add_param::<T>(name, description, true)
	}

	/// Adds a parameter that can be left out.
	pub(crate) fn optional<T: JsonSchema>(self, name: &str, description: &str) -> Self {
		self.add_param::<Option<T>>(name, description, false)
	}

	/// Adds notifications.
	pub(crate) fn notifies<T: JsonSchema>(mut self, method: &str) -> Self {
		let schema = self.document.schemas.result::<T>();
		self.method.insert("x-notification".into(), json!({ "method": method, "schema": schema }));
		self
	}

	/// Adds the result and the errors, and ends the description.
	pub(crate) fn returns<T: JsonSchema>(mut self, description: &str, errors: &[i32]) {
		let schema = self.document.schemas.result::<T>();
		let result = json!({ "name": "answer", "description": description, "schema": schema });
		let errors = errors.iter().map(|code| {
			let error = error_codes::find(*code).expect("the code is listed");
			json!({ "$ref": format!("#/components/errors/{}", error.name) })
		});
		self.method.insert("params".into(), Value::Array(self.params));
		self.method.insert("result".into(), result);
		self.method.insert("errors".into(), errors.collect());
		self.document.methods.push(self.method);
	}
}

/// The id of a subscription.
pub(crate) struct SubscriptionId;

impl JsonSchema for SubscriptionId {
	fn inline_schema() -> bool {
		true
	}

	fn schema_name() -> std::borrow::Cow<'static, str> {
		"SubscriptionId".into()
	}

	fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
		schemars::json_schema!({ "type": ["string", "integer"] })
	}
}

/// Any JSON object.
pub(crate) struct AnyObject;

impl JsonSchema for AnyObject {
	fn inline_schema() -> bool {
		true
	}

	fn schema_name() -> std::borrow::Cow<'static, str> {
		"AnyObject".into()
	}

	fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
		schemars::json_schema!({ "type": "object" })
	}
}
