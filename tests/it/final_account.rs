//! What an account looks like to a person who asks it: raw answers, as paths and texts that two accounts share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value as Json;

/// The body of the last answer, which the SDK does not give out.
#[derive(Clone, Default)]
pub struct Overheard(Arc<Mutex<Vec<u8>>>);

#[derive(Clone)]
struct Listening {
    client: SharedHttpClient,
    overheard: Overheard,
}

struct ListeningConnector {
    connector: SharedHttpConnector,
    overheard: Overheard,
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listening")
    }
}

impl fmt::Debug for ListeningConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListeningConnector")
    }
}

impl HttpClient for Listening {
    fn http_connector(&self, how: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(how, parts);
        SharedHttpConnector::new(ListeningConnector { connector, overheard: self.overheard.clone() })
    }
}

impl HttpConnector for ListeningConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (sent, overheard) = (self.connector.call(request), self.overheard.clone());
        HttpConnectorFuture::new(async move {
            let mut answer = sent.await?;
            let body = answer.take_body().collect().await.map_err(ConnectorError::user)?.to_bytes();
            *overheard.0.lock().unwrap() = body.to_vec();
            let mut heard = HttpResponse::new(answer.status(), SdkBody::from(body));
            for (name, value) in answer.headers() {
                heard.headers_mut().append(name.to_owned(), value.to_owned());
            }
            Ok(heard)
        })
    }
}

impl Overheard {
    /// The same configuration with its answers listened to.
    pub fn listen(&self, config: &SdkConfig) -> SdkConfig {
        let client = config.http_client();
        let client = client.unwrap_or_else(|| aws_smithy_http_client::Builder::new().build_http());
        config.to_builder().http_client(Listening { client, overheard: self.clone() }).build()
    }

    /// The last answer as paths and texts, with ids replaced by what they stand for.
    pub fn facts(&self, known: &Names) -> BTreeSet<Fact> {
        let body = self.0.lock().unwrap().clone();
        let text = String::from_utf8(body).unwrap();
        let tree = if text.trim_start().starts_with('{') {
            Tree::of_json(&serde_json::from_str(&text).unwrap())
        } else {
            Tree::of_xml(&text)
        };
        let mut facts = BTreeSet::new();
        tree.collect(known, "", "", &mut facts);
        facts
    }
}

/// One leaf of an answer: where, of which thing, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    pub path: String,
    pub of: String,
    pub text: String,
}

/// What known ids stand for, the longest first, since some hold others.
pub struct Names(Vec<(String, String)>);

impl Names {
    pub fn new(ids: BTreeMap<String, String>) -> Self {
        let mut names: Vec<_> = ids.into_iter().filter(|(id, _)| id.len() > 8).collect();
        names.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        Self(names)
    }

    fn shared(&self, text: &str) -> String {
        let named = self.0.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name));
        // Ids side by side are a set, in any order (ASG-7).
        let mut parts: Vec<&str> = named.split(',').collect();
        if parts.iter().all(|part| part.starts_with("(id of ")) {
            parts.sort_unstable();
            return parts.join(",");
        }
        if is_time(&named) { "(time)".to_owned() } else { without_ids(&named) }
    }
}

fn is_time(text: &str) -> bool {
    let iso = text.len() >= 19 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T';
    iso && text[..4].bytes().all(|byte| byte.is_ascii_digit())
}

/// Parts made of chance: long runs of hexadecimal digits, and IAM's unique ids.
fn without_ids(text: &str) -> String {
    let mut shared = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let unique =
            word.len() >= 16 && ["AROA", "AIPA", "AIDA", "ANPA"].iter().any(|it| word.starts_with(it));
        if (hex && word != "123456789012" || unique) && !word.is_empty() {
            shared.push_str("(id)");
            shared.push_str(&part[word.len()..]);
        } else {
            shared.push_str(part);
        }
    }
    // What is left of a UUID once its long parts are gone is chance as well.
    if shared.matches("(id)").count() >= 2 && shared.contains("(id)-") {
        let ends = (shared.find("(id)").unwrap_or(0), shared.rfind("(id)").unwrap_or(0));
        shared.replace_range(ends.0..ends.1, "");
    }
    shared
}

/// An XML element that is not closed yet.
#[derive(Default)]
struct Element {
    name: String,
    children: Vec<(String, Tree)>,
    text: String,
}

enum Tree {
    Leaf(String),
    Node(Vec<(String, Tree)>),
}

impl Tree {
    fn of_json(json: &Json) -> Self {
        match json {
            Json::Object(members) => Self::Node(
                members
                    .iter()
                    .flat_map(|(name, value)| match value {
                        Json::Array(items) => {
                            items.iter().map(|item| (name.clone(), Self::of_json(item))).collect::<Vec<_>>()
                        }
                        value => vec![(name.clone(), Self::of_json(value))],
                    })
                    .collect(),
            ),
            Json::Number(number) if number.as_f64().is_some_and(|number| number > 1e9) => {
                Self::Leaf("(time)".to_owned())
            }
            // A policy inside an answer is a tree of its own.
            Json::String(text) if text.starts_with('{') => match serde_json::from_str(text) {
                Ok(inner) => Self::of_json(&inner),
                Err(_) => Self::Leaf(text.clone()),
            },
            Json::String(text) => Self::Leaf(text.clone()),
            Json::Null => Self::Node(Vec::new()),
            other => Self::Leaf(other.to_string()),
        }
    }

    fn of_xml(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Element::default()];
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    open.push(Element { name, ..Element::default() });
                }
                Event::Empty(start) => {
                    let name = start.local_name().as_ref().to_owned();
                    open.last_mut().unwrap().children.push((name, Self::Node(Vec::new())));
                }
                Event::Text(text) => open.last_mut().unwrap().text.push_str(text.xml10_content().trim()),
                Event::GeneralRef(entity) => {
                    let text = match &*entity.xml10_content() {
                        "quot" => "\"",
                        "amp" => "&",
                        "lt" => "<",
                        "gt" => ">",
                        _ => "'",
                    };
                    open.last_mut().unwrap().text.push_str(text);
                }
                Event::End(_) => {
                    let Element { name, children, text } = open.pop().unwrap();
                    let tree = if children.is_empty() && !text.is_empty() {
                        Self::Leaf(text)
                    } else {
                        Self::Node(children)
                    };
                    open.last_mut().unwrap().children.push((name, tree));
                }
                Event::Eof => return Self::Node(open.pop().unwrap().children),
                _ => {}
            }
        }
    }

    /// Puts the leaves of the tree into `facts`; what says how the answer was sent is left out.
    fn collect(&self, known: &Names, path: &str, of: &str, facts: &mut BTreeSet<Fact>) {
        match self {
            Self::Leaf(text) => {
                facts.insert(Fact { path: path.to_owned(), of: of.to_owned(), text: known.shared(text) });
            }
            Self::Node(children) => {
                // In a list, an element that shows one of our things is told from its neighbours by it.
                let listed = path.ends_with(".item") || path.ends_with(".member");
                let named = children.iter().find_map(|(_, child)| match child {
                    Self::Leaf(text) => known.0.iter().find(|(id, _)| id == text).map(|(_, name)| name),
                    Self::Node(_) => None,
                });
                let of = named.filter(|_| listed).map_or(of, String::as_str);
                for (name, child) in children {
                    if ["requestId", "RequestId", "ResponseMetadata", "nextToken"].contains(&name.as_str()) {
                        continue;
                    }
                    let envelope =
                        path.is_empty() && (name.ends_with("Response") || name.ends_with("Result"));
                    let path = match path {
                        _ if envelope => String::new(),
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    child.collect(known, &path, of, facts);
                }
            }
        }
    }
}
