//! The JSON Schema of the language, so that editors complete and check a baseline file.

use serde_json::{Map, Value as Json, json};

use super::file::File;
use super::fleet::FleetFile;
use super::section::{Presence, Section, SectionInfo};
use super::variables::NAME;

/// The JSON Schema (draft 2020-12) of a baseline file.
pub fn schema() -> Json {
    let mut schema = titled("baseline", &File::info());
    for (name, key) in properties(&mut schema) {
        // Variables are declared with values of their own.
        if name != "vars" {
            with_reference(key);
        }
    }
    schema["$defs"] = json!({ REFERENCE: {
        "type": "string",
        "pattern": format!(r"\$\{{var\.{NAME}\}}"),
        "description": "Text that refers to a variable.",
    } });
    schema
}

/// The name of the schema of text with a reference to a variable.
const REFERENCE: &str = "reference";

fn properties(schema: &mut Json) -> impl Iterator<Item = (&String, &mut Json)> {
    schema.get_mut("properties").and_then(Json::as_object_mut).into_iter().flatten()
}

/// Lets a reference to a variable stand beside whatever is no table, which no variable is.
fn with_reference(schema: &mut Json) {
    below_with_references(schema);
    let is_value = match schema.get("anyOf").and_then(Json::as_array) {
        Some(alternatives) => alternatives.iter().any(|one| !is_table(one)),
        None => !is_table(schema),
    };
    // Text that no pattern binds takes a reference as it is.
    let takes_any = schema["type"] == "string" && schema.get("pattern").or(schema.get("format")).is_none();
    if !is_value || takes_any {
        return;
    }
    let reference = json!({ "$ref": format!("#/$defs/{REFERENCE}") });
    if let Some(alternatives) = schema.get_mut("anyOf").and_then(Json::as_array_mut) {
        alternatives.push(reference);
        return;
    }
    let Some(object) = schema.as_object_mut() else { return };
    let told = ["description", "default"].map(|key| object.remove_entry(key));
    let value = std::mem::take(object);
    object.insert("anyOf".to_owned(), json!([value, reference]));
    object.extend(told.into_iter().flatten());
}

/// The same for what stands in tables and lists, whichever of them may stand.
fn below_with_references(schema: &mut Json) {
    properties(schema).for_each(|(_, key)| with_reference(key));
    for below in ["items", "additionalProperties"] {
        if let Some(below) = schema.get_mut(below).filter(|below| below.is_object()) {
            with_reference(below);
        }
    }
    if let Some(alternatives) = schema.get_mut("anyOf").and_then(Json::as_array_mut) {
        alternatives.iter_mut().for_each(below_with_references);
    }
}

fn is_table(schema: &Json) -> bool {
    schema["type"] == "object"
}

/// The JSON Schema (draft 2020-12) of a fleet file.
pub fn fleet_schema() -> Json {
    titled("fleet", &FleetFile::info())
}

fn titled(title: &str, info: &SectionInfo) -> Json {
    let mut schema = section(info);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!(title);
    schema
}

/// The schema of one section.
pub(super) fn section(info: &SectionInfo) -> Json {
    let mut properties = Map::new();
    for key in &info.keys {
        let mut schema = key.schema.clone();
        schema["description"] = json!(sentence(key.doc));
        match key.presence {
            Presence::Default(text) => {
                if let Ok(value) = toml::from_str::<toml::Table>(&format!("value = {text}"))
                    && let Some(value) = value.get("value")
                    && let Ok(value) = serde_json::to_value(value)
                {
                    schema["default"] = value;
                }
            }
            Presence::Required | Presence::Absent(_) => {}
        }
        properties.insert(key.name.to_owned(), schema);
    }
    let required: Vec<&str> =
        info.keys.iter().filter(|key| key.presence == Presence::Required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": sentence(info.doc),
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// A doc comment as one line.
pub(super) fn sentence(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
