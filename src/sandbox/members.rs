//! Which members of a request are carried out: every other one is refused by name, so that none is taken and then ignored.
//!
//! Each service has a table beside its operations, `members.txt`: a line an operation, with the members as they go over
//! the wire. `TagSpecification.Tag.Key` is a member of a member, lists are passed through, `*` is any key of a map, and
//! `Reverse=false` is carried out with this value alone (`|` stands between several). What is in no table is not carried
//! out, whether AWS knows it or not. The tests send every member that AWS's models know and find what the tables promise:
//! an answer, a read or a refusal that depends on the member.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::s3;
use super::service::{Operation, SERVICES, Service};
use super::wire::{Fault, Param, Params, Protocol, Request};

/// Headers of HTTP itself that S3 takes as members of a request.
const OF_HTTP: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// What every request of a protocol may carry: how it names its operation, is signed and framed.
fn is_of_the_envelope(protocol: Protocol, name: &str) -> bool {
    // Signatures in the query have their names in capitals, those in headers in small letters.
    let signed = [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-SignedHeaders",
    ];
    match protocol {
        Protocol::Query => ["Action", "Version"].contains(&name) || signed.contains(&name),
        // A dry run is carried out for every operation at once.
        Protocol::Ec2 => ["Action", "Version", "DryRun"].contains(&name) || signed.contains(&name),
        Protocol::RestXml => {
            signed.contains(&name)
                || ["x-id", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-user-agent"]
                    .contains(&name)
                || ["x-amz-decoded-content-length", "x-amz-trailer", "x-amz-te"].contains(&name)
                // Checksums of a body are compared whatever the operation.
                || name == "x-amz-sdk-checksum-algorithm"
                || s3::checksum::HEADERS.contains(&name)
        }
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => false,
    }
}

/// The members of one structure.
#[derive(Debug, Default)]
struct Branch {
    /// The only values that are carried out; empty where every one is.
    values: Vec<&'static str>,
    below: BTreeMap<&'static str, Branch>,
}

impl Branch {
    fn member(&self, name: &str) -> Option<&Self> {
        let metadata = || name.strip_prefix("x-amz-meta-").and_then(|_| self.below.get("x-amz-meta-*"));
        self.below.get(name).or_else(|| self.below.get("*")).or_else(metadata)
    }
}

/// A service's name and version, and an operation.
type Key = (&'static str, &'static str, &'static str);

static TABLES: LazyLock<BTreeMap<Key, Branch>> = LazyLock::new(|| {
    let mut tables = BTreeMap::new();
    for service in SERVICES {
        for (operation, members) in rows(service) {
            let table: &mut Branch = tables.entry((service.name, service.version, operation)).or_default();
            for member in members {
                let (path, values) = member.split_once('=').unwrap_or((member, ""));
                let branch =
                    path.split('.').fold(&mut *table, |branch, name| branch.below.entry(name).or_default());
                branch.values.extend(values.split('|').filter(|value| !value.is_empty()));
            }
        }
    }
    tables
});

/// The operations of a service's table, and the members each of them carries out.
pub fn rows(service: &Service) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> + use<> {
    service.members.lines().filter_map(|line| {
        let (operation, members) = line.split_once(':')?;
        Some((operation, members.split_whitespace().collect()))
    })
}

/// Refuses a request with a member that its operation does not carry out.
///
/// # Errors
/// `NotImplemented`, with the member's name.
pub fn check(
    service: &Service,
    operation: &Operation,
    request: &Request,
    params: &Params,
) -> Result<(), Fault> {
    let nothing = Branch::default();
    let table = TABLES.get(&(service.name, service.version, operation.name)).unwrap_or(&nothing);
    match unknown(service, operation, request, params, table) {
        None => Ok(()),
        Some(member) => Err(Fault::not_implemented(&format!("the member {member} of {}", operation.name))),
    }
}

fn unknown(
    service: &Service,
    operation: &Operation,
    request: &Request,
    params: &Params,
    table: &Branch,
) -> Option<String> {
    for (name, value) in own(service, operation, params) {
        let Some(branch) = table.member(name) else { return Some(name.to_owned()) };
        if let Some(below) = below(value, branch) {
            return Some(format!("{name}{below}"));
        }
    }
    if service.protocol != Protocol::RestXml {
        return None;
    }
    // Uploads in chunks say so in a header that others use for what they store.
    let is_framing = |name: &str| name == "content-encoding" && only_frames(request);
    let is_unknown = |name: &&&str| {
        request.headers.contains_key(**name) && table.member(name).is_none() && !is_framing(name)
    };
    OF_HTTP.iter().find(is_unknown).map(|name| (*name).to_owned())
}

/// The parameters that an operation may carry out: not those that only say which operation it is.
fn own<'p>(
    service: &Service,
    operation: &Operation,
    params: &'p Params,
) -> impl Iterator<Item = (&'p str, &'p Param)> {
    let (marker, protocol) = (operation.route.map_or("", |route| route.marker), service.protocol);
    params.iter().filter(move |(name, _)| *name != marker && !is_of_the_envelope(protocol, name))
}

/// Whether the encoding of the content is nothing but the framing of an upload.
fn only_frames(request: &Request) -> bool {
    let said = request.header("content-encoding").unwrap_or_default();
    said.split(',').all(|word| ["aws-chunked", ""].contains(&word.trim()))
}

/// What of a value is not carried out: a member of it (`.Key`), or the value itself (` with the value true`).
fn below(value: &Param, table: &Branch) -> Option<String> {
    let refused = |text: &str| {
        let is_known = table.values.is_empty() || table.values.contains(&text);
        (!is_known).then(|| format!(" with the value {text}"))
    };
    match value {
        Param::Map(params) => params.iter().find_map(|(name, value)| match table.member(name) {
            None => Some(format!(".{name}")),
            Some(branch) => below(value, branch).map(|below| format!(".{name}{below}")),
        }),
        Param::List(items) => items.iter().find_map(|item| below(item, table)),
        Param::Text(text) => refused(text),
        Param::Flag(flag) => refused(if *flag { "true" } else { "false" }),
        Param::Number(number) => refused(&number.to_string()),
    }
}

/// The members of a request, as the tables name them.
pub fn sent(service: &Service, operation: &Operation, request: &Request, params: &Params) -> Vec<String> {
    let mut members = Vec::new();
    for (name, value) in own(service, operation, params) {
        collect(name, value, &mut members);
    }
    if service.protocol == Protocol::RestXml {
        let headers = OF_HTTP.iter().filter(|name| request.headers.contains_key(**name));
        members.extend(headers.map(|name| (*name).to_owned()));
    }
    members
}

fn collect(path: &str, value: &Param, members: &mut Vec<String>) {
    match value {
        Param::Map(params) if !params.is_empty() => {
            for (name, value) in params.iter() {
                collect(&format!("{path}.{name}"), value, members);
            }
        }
        Param::List(items) if items.iter().any(|item| item.as_map().is_some()) => {
            items.iter().for_each(|item| collect(path, item, members));
        }
        _ => members.push(path.to_owned()),
    }
}
