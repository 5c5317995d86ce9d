//! The JSON Schema of the language, so that editors complete and check a baseline file.

use serde_json::{Map, Value as Json, json};

use super::file::File;
use super::fleet::FleetFile;
use super::section::{Presence, Section, SectionInfo};

/// The JSON Schema (draft 2020-12) of a baseline file.
pub fn schema() -> Json {
    titled("baseline", &File::info())
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
