//! JSON bodies (awsJson 1.1).

use serde_json::{Map, Value};

use super::fault::Fault;
use super::node::{Fields, Node};
use super::params::{Param, Params, Style};

/// Reads a request body; no bytes at all are an empty request.
///
/// # Errors
/// `SerializationException` for anything that is not a JSON object.
pub fn read(body: &[u8]) -> Result<Params, Fault> {
    if body.is_empty() {
        return Ok(Params::new(Style::Json));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(params(map)),
        Ok(_) => Err(Fault::client(
            "SerializationException",
            "Start of structure or map found where not expected.",
        )),
        Err(_) => Err(Fault::client("SerializationException", "The request is not valid JSON")),
    }
}

fn params(map: Map<String, Value>) -> Params {
    let fields = map.into_iter().filter_map(|(name, value)| Some((name, param(value)?))).collect();
    Params { style: Style::Json, fields }
}

fn param(value: Value) -> Option<Param> {
    Some(match value {
        // A null member is one that was not sent.
        Value::Null => return None,
        Value::Bool(flag) => Param::Flag(flag),
        Value::Number(number) => Param::Number(number),
        Value::String(text) => Param::Text(text),
        Value::Array(items) => Param::List(items.into_iter().filter_map(param).collect()),
        Value::Object(map) => Param::Map(params(map)),
    })
}

/// Writes an answer.
pub fn write(fields: &Fields) -> Value {
    Value::Object(fields.0.iter().map(|(name, node)| (name.clone().into_owned(), value(node))).collect())
}

fn value(node: &Node) -> Value {
    match node {
        Node::Text(text) => Value::String(text.clone()),
        Node::Number(number) => Value::from(*number),
        Node::Real(number) => Value::from(*number),
        Node::Flag(flag) => Value::Bool(*flag),
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of any real date fit a double exactly")]
        Node::Time(at) => Value::from(*at as f64 / 1000.0),
        Node::List(items) | Node::Flat(items) | Node::Named(_, items) => {
            Value::Array(items.iter().map(value).collect())
        }
        Node::Fields(fields) => write(fields),
    }
}
