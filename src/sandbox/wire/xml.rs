//! XML: answers of three protocols, and the request bodies of S3.

use std::borrow::Cow;
use std::io;

use quick_xml::events::{BytesDecl, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};

use super::fault::Fault;
use super::node::{Fields, Node};
use super::params::{Param, Params, Style};
use crate::sandbox::world::iso8601;

/// No request body of S3 nests deeper.
const DEPTH: usize = 32;

/// How a protocol spells lists and times.
#[derive(Debug, Clone, Copy)]
pub struct Spelling {
    /// The element of a list's items.
    pub item: &'static str,
    /// Whether times carry milliseconds.
    pub milliseconds: bool,
}

/// Writes a document with one root element.
///
/// # Errors
/// Never in practice: the writer writes into memory.
pub fn write(root: &str, xmlns: &str, fields: &Fields, spelling: Spelling) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::with_capacity(512));
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut start = BytesStart::new(root);
    if !xmlns.is_empty() {
        start.push_attribute(("xmlns", xmlns));
    }
    element(&mut writer, start, fields, spelling)?;
    Ok(writer.into_inner())
}

fn element(
    writer: &mut Writer<Vec<u8>>,
    mut start: BytesStart<'_>,
    fields: &Fields,
    spelling: Spelling,
) -> io::Result<()> {
    for (name, node) in &fields.0 {
        if let (Some(attribute), Node::Text(text)) = (name.strip_prefix('@'), node) {
            start.push_attribute((attribute, text.as_str()));
        }
    }
    let end = start.to_end().into_owned();
    writer.write_event(Event::Start(start))?;
    for (name, value) in fields.0.iter().filter(|(name, _)| !name.starts_with('@')) {
        node(writer, name, value, spelling)?;
    }
    writer.write_event(Event::End(end))
}

fn node(writer: &mut Writer<Vec<u8>>, name: &str, value: &Node, spelling: Spelling) -> io::Result<()> {
    match value {
        Node::Text(content) => text(writer, name, content),
        Node::Number(number) => text(writer, name, &number.to_string()),
        Node::Real(number) => text(writer, name, &number.to_string()),
        Node::Flag(flag) => text(writer, name, if *flag { "true" } else { "false" }),
        Node::Time(at) => text(writer, name, &iso8601(*at, spelling.milliseconds)),
        Node::Flat(items) => items.iter().try_for_each(|item| node(writer, name, item, spelling)),
        Node::List(items) => list(writer, name, spelling.item, items, spelling),
        Node::Named(item, items) => list(writer, name, item, items, spelling),
        Node::Fields(fields) => element(writer, BytesStart::new(name), fields, spelling),
    }
}

fn list(
    writer: &mut Writer<Vec<u8>>,
    name: &str,
    item: &str,
    items: &[Node],
    spelling: Spelling,
) -> io::Result<()> {
    let start = BytesStart::new(name);
    let end = start.to_end().into_owned();
    writer.write_event(Event::Start(start))?;
    items.iter().try_for_each(|value| node(writer, item, value, spelling))?;
    writer.write_event(Event::End(end))
}

fn text(writer: &mut Writer<Vec<u8>>, name: &str, content: &str) -> io::Result<()> {
    let start = BytesStart::new(name);
    let end = start.to_end().into_owned();
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::Text(BytesText::new(&printable(content))))?;
    writer.write_event(Event::End(end))
}

/// XML 1.0 has no way at all to write most control characters.
fn printable(text: &str) -> Cow<'_, str> {
    let forbidden =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    if text.contains(forbidden) {
        Cow::Owned(text.replace(forbidden, "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Reads a request body whose root element must have the given name.
///
/// An element with elements inside becomes a structure, one that comes several times a list; an
/// attribute becomes a member named `@` and its name without prefix.
///
/// # Errors
/// `MalformedXML` for anything else.
pub fn read(body: &[u8], root: &str) -> Result<Params, Fault> {
    let body = std::str::from_utf8(body).map_err(|_| malformed())?;
    let mut reader = Reader::from_str(body);
    let mut open: Vec<(String, Params, String)> = Vec::new();
    let mut done = None;
    loop {
        match reader.read_event().map_err(|_| malformed())? {
            Event::Start(start) => open.push(begin(&start, open.len(), done.is_some())?),
            Event::Empty(start) => {
                let element = begin(&start, open.len(), done.is_some())?;
                close(element, &mut open, &mut done);
            }
            Event::End(_) => {
                let element = open.pop().ok_or_else(malformed)?;
                close(element, &mut open, &mut done);
            }
            Event::Text(content) => append(&mut open, &content.xml10_content())?,
            Event::CData(content) => append(&mut open, &content.xml10_content())?,
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref().map_err(|_| malformed())? {
                    Some(letter) => letter.to_string(),
                    None => match &*reference.xml10_content() {
                        "lt" => "<".into(),
                        "gt" => ">".into(),
                        "amp" => "&".into(),
                        "apos" => "'".into(),
                        "quot" => "\"".into(),
                        _ => return Err(malformed()),
                    },
                };
                append(&mut open, &letter)?;
            }
            // A document type could declare entities; nothing that S3 accepts has one.
            Event::DocType(_) => return Err(malformed()),
            Event::Eof => break,
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    match done {
        Some((name, value)) if open.is_empty() && name == root => Ok(match value {
            Param::Map(params) => params,
            _ => Params::new(Style::Rest),
        }),
        _ => Err(malformed()),
    }
}

fn begin(start: &BytesStart<'_>, depth: usize, finished: bool) -> Result<(String, Params, String), Fault> {
    if depth >= DEPTH || finished {
        return Err(malformed());
    }
    let mut params = Params::new(Style::Rest);
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| malformed())?;
        let name = attribute.key.local_name();
        if !attribute.key.as_ref().starts_with("xmlns") {
            params.set(format!("@{}", name.as_ref()), Param::Text(attribute.value.into_owned()));
        }
    }
    Ok((start.local_name().as_ref().to_owned(), params, String::new()))
}

fn close(
    (name, params, text): (String, Params, String),
    open: &mut [(String, Params, String)],
    done: &mut Option<(String, Param)>,
) {
    let value = if params.is_empty() { Param::Text(text) } else { Param::Map(params) };
    let Some((_, parent, _)) = open.last_mut() else {
        *done = Some((name, value));
        return;
    };
    match parent.fields.get_mut(&name) {
        None => parent.set(name, value),
        Some(Param::List(items)) => items.push(value),
        Some(first) => {
            let one = std::mem::replace(first, Param::List(Vec::new()));
            *first = Param::List(vec![one, value]);
        }
    }
}

fn append(open: &mut [(String, Params, String)], content: &str) -> Result<(), Fault> {
    match open.last_mut() {
        Some((_, _, text)) => text.push_str(content),
        None if content.trim().is_empty() => {}
        None => return Err(malformed()),
    }
    Ok(())
}

fn malformed() -> Fault {
    Params::new(Style::Rest).missing("")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: Spelling = Spelling { item: "member", milliseconds: false };

    #[test]
    fn a_tree_is_written_with_the_lists_of_its_protocol() {
        let fields = Fields::new()
            .with("A", "x<&>\u{1}")
            .list("L", ["1", "2"])
            .with("F", Node::flat(["3", "4"]))
            .with("N", Node::named("Item", [Fields::new().with("@k", "v").with("B", true)]))
            .time("T", 0);
        let text = String::from_utf8(write("Root", "urn:x", &fields, MEMBER).unwrap()).unwrap();
        assert_eq!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Root xmlns=\"urn:x\"><A>x&lt;&amp;&gt;\u{FFFD}</A>\
             <L><member>1</member><member>2</member></L><F>3</F><F>4</F>\
             <N><Item k=\"v\"><B>true</B></Item></N><T>1970-01-01T00:00:00Z</T></Root>"
        );
    }

    #[test]
    fn a_request_body_is_read_as_a_tree() {
        let body =
            b"<?xml version=\"1.0\"?><R xmlns=\"u\"><S> a &amp; &#x62;</S><T><K>1</K></T><T><K>2</K></T>\
                     <E/><G xsi:type=\"User\"><ID>x</ID></G></R>";
        let params = read(body, "R").unwrap();
        assert_eq!(params.text("S"), Some(" a & b"));
        assert_eq!(params.maps("T").iter().map(|t| t.text("K").unwrap()).collect::<Vec<_>>(), ["1", "2"]);
        assert!(params.has("E") && params.list("E").is_empty());
        assert_eq!(params.map("G").unwrap().text("@type"), Some("User"));
    }

    #[test]
    fn what_is_not_the_expected_document_is_refused() {
        for body in ["", "<R>", "</R>", "<Q/>", "<R/><R/>", "<R>&x;</R>", "<!DOCTYPE R><R/>", "x<R/>", "<R"] {
            assert_eq!(read(body.as_bytes(), "R").unwrap_err().code, "MalformedXML", "{body}");
        }
        let deep = "<R>".repeat(1000) + &"</R>".repeat(1000);
        assert!(read(deep.as_bytes(), "R").is_err());
    }
}
