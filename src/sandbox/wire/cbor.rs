//! CBOR bodies (Smithy RPC v2): of RFC 8949 what AWS and its clients use.

use super::fault::Fault;
use super::node::{Fields, Node};
use super::params::{Param, Params, Style};

/// How deep a request may be nested.
const DEPTH: usize = 32;

/// Reads a request body; no bytes at all are an empty request.
///
/// # Errors
/// `SerializationException` for anything that is not one map with names.
pub fn read(body: &[u8]) -> Result<Params, Fault> {
    if body.is_empty() {
        return Ok(Params::new(Style::Json));
    }
    match (Reader { rest: body }).item(DEPTH) {
        Some(Item::Value(Param::Map(params))) => Ok(params),
        Some(_) | None => Err(Fault::client("SerializationException", "The request is not a CBOR map")),
    }
}

/// One item of a body.
enum Item {
    Value(Param),
    Null,
    /// The end of a list or map that did not say its length.
    End,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// The number after an initial byte; nothing inside where the length is left open.
    fn argument(&mut self, info: u8) -> Option<Option<u64>> {
        Some(Some(match info {
            0..=23 => u64::from(info),
            24 => u64::from(u8::from_be_bytes(self.array()?)),
            25 => u64::from(u16::from_be_bytes(self.array()?)),
            26 => u64::from(u32::from_be_bytes(self.array()?)),
            27 => u64::from_be_bytes(self.array()?),
            31 => return Some(None),
            _ => return None,
        }))
    }

    fn item(&mut self, depth: usize) -> Option<Item> {
        let depth = depth.checked_sub(1)?;
        let [first] = self.array()?;
        let (major, info) = (first >> 5, first & 31);
        if major == 7 {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        Some(Item::Value(match major {
            0 => Param::Number(argument?.into()),
            1 => Param::Number((-1 - i64::try_from(argument?).ok()?).into()),
            3 => Param::Text(self.text(argument)?),
            4 => Param::List(self.list(argument, depth)?),
            5 => Param::Map(self.map(argument, depth)?),
            // A time is a tagged number of seconds.
            6 => return self.item(depth),
            _ => return None,
        }))
    }

    fn simple(&mut self, info: u8) -> Option<Item> {
        let real = |number: f64| serde_json::Number::from_f64(number).map(|n| Item::Value(Param::Number(n)));
        match info {
            20 | 21 => Some(Item::Value(Param::Flag(info == 21))),
            22 | 23 => Some(Item::Null),
            26 => real(f64::from(f32::from_be_bytes(self.array()?))),
            27 => real(f64::from_be_bytes(self.array()?)),
            31 => Some(Item::End),
            _ => None,
        }
    }

    fn text(&mut self, length: Option<u64>) -> Option<String> {
        let Some(length) = length else {
            let mut whole = String::new();
            while let Item::Value(Param::Text(part)) = self.item(2)? {
                whole.push_str(&part);
            }
            return Some(whole);
        };
        let bytes = self.take(usize::try_from(length).ok()?)?;
        String::from_utf8(bytes.to_vec()).ok()
    }

    fn list(&mut self, length: Option<u64>, depth: usize) -> Option<Vec<Param>> {
        let (mut items, mut count) = (Vec::new(), 0);
        while length.is_none_or(|length| count < length) {
            count += 1;
            match self.item(depth)? {
                Item::Value(value) => items.push(value),
                Item::Null => {}
                Item::End if length.is_none() => break,
                Item::End => return None,
            }
        }
        Some(items)
    }

    fn map(&mut self, length: Option<u64>, depth: usize) -> Option<Params> {
        let (mut params, mut count) = (Params::new(Style::Json), 0);
        while length.is_none_or(|length| count < length) {
            count += 1;
            let name = match self.item(depth)? {
                Item::Value(Param::Text(name)) => name,
                Item::End if length.is_none() => break,
                _ => return None,
            };
            match self.item(depth)? {
                Item::Value(value) => params.set(name, value),
                // A null member is one that was not sent.
                Item::Null => {}
                Item::End => return None,
            }
        }
        Some(params)
    }
}

/// Writes an answer.
pub fn write(fields: &Fields) -> Vec<u8> {
    let mut bytes = Vec::new();
    structure(fields, &mut bytes);
    bytes
}

fn structure(fields: &Fields, bytes: &mut Vec<u8>) {
    length(5, fields.0.len(), bytes);
    for (name, node) in &fields.0 {
        text(name, bytes);
        value(node, bytes);
    }
}

fn value(node: &Node, bytes: &mut Vec<u8>) {
    match node {
        Node::Text(words) => text(words, bytes),
        Node::Number(number) => match u64::try_from(*number) {
            Ok(number) => head(0, number, bytes),
            Err(_) => head(1, number.unsigned_abs() - 1, bytes),
        },
        Node::Real(number) => real(*number, bytes),
        Node::Flag(flag) => bytes.push(if *flag { 0xF5 } else { 0xF4 }),
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of any real date fit a double exactly")]
        Node::Time(at) => {
            head(6, 1, bytes);
            real(*at as f64 / 1000.0, bytes);
        }
        Node::List(items) | Node::Flat(items) | Node::Named(_, items) => {
            length(4, items.len(), bytes);
            for item in items {
                value(item, bytes);
            }
        }
        Node::Fields(fields) => structure(fields, bytes),
    }
}

fn real(number: f64, bytes: &mut Vec<u8>) {
    bytes.push(0xFB);
    bytes.extend(number.to_be_bytes());
}

fn text(words: &str, bytes: &mut Vec<u8>) {
    length(3, words.len(), bytes);
    bytes.extend(words.as_bytes());
}

fn length(major: u8, count: usize, bytes: &mut Vec<u8>) {
    head(major, u64::try_from(count).unwrap_or(u64::MAX), bytes);
}

/// The initial byte and its number, in eight bytes unless it is small.
fn head(major: u8, argument: u64, bytes: &mut Vec<u8>) {
    match u8::try_from(argument) {
        Ok(small) if small < 24 => bytes.push((major << 5) | small),
        _ => {
            bytes.push((major << 5) | 27);
            bytes.extend(argument.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let fields = Fields::new()
            .with("text", "a word that is longer than twenty-three bytes")
            .with("whole", 300)
            .with("below", -7)
            .with("real", 42.5)
            .with("flag", true)
            .list("list", ["a", "b"])
            .with("inner", Fields::new().with("x", 1));
        let params = read(&write(&fields)).unwrap();
        assert_eq!(params.text("text"), Some("a word that is longer than twenty-three bytes"));
        assert_eq!(params.number("whole").unwrap(), Some(300));
        assert_eq!(params.number("below").unwrap(), Some(-7));
        assert_eq!(params.real("real").unwrap(), Some(42.5));
        assert_eq!(params.flag("flag").unwrap(), Some(true));
        assert_eq!(params.texts("list"), ["a", "b"]);
        assert_eq!(params.map("inner").unwrap().number("x").unwrap(), Some(1));
    }

    #[test]
    fn lengths_may_be_left_open_and_what_is_cut_off_is_refused() {
        // {_ "a": [_ 1], "b": null}
        let open = [0xBF, 0x61, b'a', 0x9F, 0x01, 0xFF, 0x61, b'b', 0xF6, 0xFF];
        let params = read(&open).unwrap();
        assert_eq!(params.list("a").len(), 1);
        assert!(!params.has("b"));
        for cut in 1..open.len() {
            assert!(read(&open[..cut]).is_err(), "{cut}");
        }
        assert!(read(&[0x9F; 100]).is_err(), "too deep");
    }
}
