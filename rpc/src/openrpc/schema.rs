//! Schemas in the dialect of the document: nullable values have the type `null` beside their own, words are enumerations,
//! and no object has fields beyond its properties.

use schemars::{
	JsonSchema, SchemaGenerator,
	generate::{Contract, SchemaSettings},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Makes schemas of types.
pub(super) struct Schemas {
	params: SchemaGenerator,
	results: SchemaGenerator,
}

impl Default for Schemas {
	fn default() -> Self {
		let generator = |contract| {
			let mut settings = SchemaSettings::draft2020_12();
			settings.definitions_path = "/components/schemas".into();
			settings.meta_schema = None;
			settings.contract = contract;
			settings.into_generator()
		};
		Self { params: generator(Contract::Deserialize), results: generator(Contract::Serialize) }
	}
}

impl Schemas {
	/// Returns the schema of a parameter.
	pub(super) fn param<T: JsonSchema>(&mut self) -> Value {
		self.params.subschema_for::<T>().to_value()
	}

	/// Returns the schema of a result.
	pub(super) fn result<T: JsonSchema>(&mut self) -> Value {
		self.results.subschema_for::<T>().to_value()
	}

	/// Returns the schemas that others refer to, by name.
	///
	/// # Panics
	///
	/// If a type is one thing as a parameter and another as a result.
	pub(super) fn components(&mut self) -> BTreeMap<String, Value> {
		let mut all = BTreeMap::new();
		for generator in [&mut self.params, &mut self.results] {
			for (name, mut schema) in generator.take_definitions(false) {
				// No object takes other fields. Only parameters say so.
				schema.as_object_mut().map(|fields| fields.remove("additionalProperties"));
				let known = all.insert(name.clone(), schema.clone());
				assert!(known.is_none_or(|known| known == schema), "two schemas are called {name}");
			}
		}
		all
	}
}

/// Returns the name of a component: that of its type, without the suffix that all have.
pub(super) fn component(name: &str) -> &str {
	name.strip_suffix("Json").unwrap_or(name)
}

/// Brings a schema into the dialect. `components` are the schemas that it may refer to, as they were generated.
pub(super) fn tidy(schema: &mut Value, components: &BTreeMap<String, Value>) {
	match schema {
		Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, components)),
		Value::Object(fields) => {
			merge_reference(fields, components);
			if let Some(Value::Object(properties)) = fields.get_mut("properties") {
				properties.values_mut().for_each(|property| tidy(property, components));
			}
			for name in ["items", "oneOf", "anyOf"] {
				if let Some(inner) = fields.get_mut(name) {
					tidy(inner, components);
				}
			}
			tidy_fields(fields);
		},
		_ => {},
	}
}

/// Puts the properties of the type of a tagged variant in the place of a reference to it.
fn merge_reference(fields: &mut Map<String, Value>, components: &BTreeMap<String, Value>) {
	if !fields.contains_key("properties") {
		return;
	}
	let Some(Value::String(reference)) = fields.remove("$ref") else { return };
	let name = reference.rsplit('/').next().unwrap_or_default();
	let referred = &components[name];
	for list in ["properties", "required"] {
		match (fields.get_mut(list), &referred[list]) {
			(Some(Value::Object(own)), Value::Object(more)) => own.extend(more.clone()),
			(Some(Value::Array(own)), Value::Array(more)) => own.extend(more.clone()),
			_ => {},
		}
	}
}

fn tidy_fields(fields: &mut Map<String, Value>) {
	for name in ["default", "title", "unevaluatedProperties"] {
		fields.remove(name);
	}
	if let Some(several) = fields.remove("anyOf") {
		fields.insert("oneOf".into(), several);
	}
	if let Some(value) = fields.remove("const") {
		fields.insert("enum".into(), json!([value]));
	}
	if let Some(Value::String(reference)) = fields.get_mut("$ref") {
		*reference = component(reference).into();
	}
	if let Some(Value::String(text)) = fields.get_mut("description") {
		*text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
	}
	if fields.contains_key("properties") {
		fields.insert("additionalProperties".into(), json!(false));
		fields.entry("required").or_insert(json!([]));
	}
	let Some(Value::Array(several)) = fields.get("oneOf") else { return };
	if let Some(merged) = words(several).or_else(|| nullable(several)) {
		let description = fields.remove("description");
		let described = match (description, merged.get("description")) {
			(Some(Value::String(own)), Some(Value::String(words))) => {
				Some(json!(format!("{own} {words}")))
			},
			(own, words) => own.or_else(|| words.cloned()),
		};
		fields.remove("oneOf");
		fields.extend(merged);
		if let Some(description) = described {
			fields.insert("description".into(), description);
		}
	}
}

/// Merges alternatives that are one word each into an enumeration.
fn words(several: &[Value]) -> Option<Map<String, Value>> {
	let word = |one: &Value| match (&one["type"], one["enum"].as_array()?.as_slice()) {
		(Value::String(kind), [word]) if kind == "string" => Some(word.clone()),
		_ => None,
	};
	let words = several.iter().map(word).collect::<Option<Vec<_>>>()?;
	let meaning = |(word, one): (&Value, &Value)| {
		let meaning = one["description"].as_str()?.trim_end_matches('.');
		Some(format!("`{}`: {meaning}.", word.as_str()?))
	};
	let meanings = words.iter().zip(several).filter_map(meaning).collect::<Vec<_>>().join(" ");
	let merged = json!({ "type": "string", "enum": words, "description": meanings });
	merged.as_object().cloned()
}

/// Merges a value and null into a nullable value.
fn nullable(several: &[Value]) -> Option<Map<String, Value>> {
	let [value, null] = several else { return None };
	let kind = value["type"].as_str()?;
	if null["type"] != "null" {
		return None;
	}
	let mut merged = value.as_object()?.clone();
	merged.insert("type".into(), json!([kind, "null"]));
	if let Some(Value::Array(words)) = merged.get_mut("enum") {
		words.push(Value::Null);
	}
	Some(merged)
}
