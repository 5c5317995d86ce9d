//! Lists of objects and of their versions.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::find::{bucket, canonical, locate};
use super::state::Version;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, rest};
use crate::sandbox::wire::rest::{Body, Place as At};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    rest("ListObjects", "GET", At::Bucket, "", Body::Raw, list_objects),
    rest("ListObjectsV2", "GET", At::Bucket, "list-type=2", Body::Raw, list_objects_v2),
    rest("ListObjectVersions", "GET", At::Bucket, "versions", Body::Raw, list_object_versions),
];

const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// What a list was asked for.
struct Ask {
    prefix: String,
    delimiter: String,
    encode: bool,
    limit: usize,
}

impl Ask {
    fn read(params: &Params) -> Result<Self, Fault> {
        let text = |name: &str| params.text(name).unwrap_or_default().to_owned();
        let limit = params.number("max-keys")?.unwrap_or(1000);
        Ok(Self {
            prefix: text("prefix"),
            delimiter: text("delimiter"),
            encode: params.text("encoding-type") == Some("url"),
            limit: usize::try_from(limit)
                .map_err(|_| params.invalid("max-keys", "must not be negative"))?
                .min(1000),
        })
    }

    fn shown(&self, key: &str) -> String {
        if self.encode { utf8_percent_encode(key, ENCODED).to_string() } else { key.to_owned() }
    }

    /// The part of a key that groups it with others, where the delimiter comes after the prefix.
    fn group(&self, key: &str) -> Option<String> {
        let rest = key.strip_prefix(&self.prefix).filter(|_| !self.delimiter.is_empty())?;
        let end = rest.find(&self.delimiter)? + self.delimiter.len();
        Some(format!("{}{}", self.prefix, &rest[..end]))
    }

    fn echoed(&self, name: &str) -> Fields {
        Fields::new()
            .with("Name", name)
            .with("Prefix", self.shown(&self.prefix))
            .maybe("Delimiter", (!self.delimiter.is_empty()).then(|| self.shown(&self.delimiter)))
            .with("MaxKeys", self.limit)
            .maybe("EncodingType", self.encode.then_some("url"))
    }
}

/// One line of a list: an object or a group of them.
#[derive(Debug, Clone)]
enum Line {
    Object(String, Version),
    Group(String),
}

impl Line {
    fn key(&self) -> String {
        match self {
            Self::Object(key, _) | Self::Group(key) => key.clone(),
        }
    }
}

/// Objects that are there, grouped.
fn lines(cx: &mut Context<'_>, params: &Params, ask: &Ask) -> Result<(String, Vec<Line>), Fault> {
    let place = locate(cx, params)?;
    let mut lines: Vec<Line> = Vec::new();
    for (key, versions) in &bucket(cx, &place)?.objects {
        let Some(latest) = versions.last().filter(|version| version.content.is_some()) else { continue };
        if !key.starts_with(&ask.prefix) {
            continue;
        }
        match ask.group(key) {
            Some(group) if matches!(lines.last(), Some(Line::Group(last)) if *last == group) => {}
            Some(group) => lines.push(Line::Group(group)),
            None => lines.push(Line::Object(key.clone(), latest.clone())),
        }
    }
    Ok((place.name, lines))
}

fn show(fields: Fields, ask: &Ask, lines: &[Line]) -> Fields {
    let contents = lines.iter().filter_map(|line| match line {
        Line::Object(key, version) => {
            let content = version.content.as_ref()?;
            Some(
                Fields::new()
                    .with("Key", ask.shown(key))
                    .with("LastModified", Node::Time(version.modified))
                    .with("ETag", format!("\"{}\"", content.etag))
                    .with("Size", content.size)
                    .with("StorageClass", content.storage_class()),
            )
        }
        Line::Group(_) => None,
    });
    let groups = lines.iter().filter_map(|line| match line {
        Line::Group(group) => Some(Fields::new().with("Prefix", ask.shown(group))),
        Line::Object(..) => None,
    });
    fields.with("Contents", Node::flat(contents)).with("CommonPrefixes", Node::flat(groups))
}

fn list_objects_v2(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ask = Ask::read(params)?;
    let (name, mut lines) = lines(cx, params, &ask)?;
    let token = params.text("continuation-token");
    if let (Some(after), None) = (params.text("start-after"), token) {
        lines.retain(|line| line.key().as_str() > after);
    }
    let (lines, next) = cx.page(lines, Line::key, token, ask.limit).map_err(|_| {
        Fault::client("InvalidArgument", "The continuation token provided is incorrect")
            .detail("ArgumentName", "continuation-token")
    })?;
    let fields = ask
        .echoed(&name)
        .with("KeyCount", lines.len())
        .with("IsTruncated", next.is_some())
        .maybe("ContinuationToken", token)
        .maybe("NextContinuationToken", next)
        // It is ignored where a page goes on, and not shown then.
        .maybe(
            "StartAfter",
            params.text("start-after").filter(|_| token.is_none()).map(|after| ask.shown(after)),
        );
    Ok(Answer::root("ListBucketResult", show(fields, &ask, &lines)))
}

fn list_objects(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ask = Ask::read(params)?;
    let (name, mut lines) = lines(cx, params, &ask)?;
    let marker = params.text("marker").unwrap_or_default();
    lines.retain(|line| line.key().as_str() > marker);
    let truncated = lines.len() > ask.limit;
    lines.truncate(ask.limit);
    let next = lines.last().filter(|_| truncated).map(|line| ask.shown(&line.key()));
    let fields = ask
        .echoed(&name)
        .with("Marker", ask.shown(marker))
        .with("IsTruncated", truncated)
        .maybe("NextMarker", next);
    Ok(Answer::root("ListBucketResult", show(fields, &ask, &lines)))
}

/// One line of a list of versions: a version and whether it is the latest, or a group of keys.
enum VersionLine {
    Version(String, Version, bool),
    Group(String),
}

/// By key, and the newest version of each first.
fn list_object_versions(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let ask = Ask::read(params)?;
    let place = locate(cx, params)?;
    let marker = params.text("key-marker").unwrap_or_default();
    let after = params.text("version-id-marker").unwrap_or_default();
    if marker.is_empty() && !after.is_empty() {
        return Err(params.invalid("version-id-marker", "cannot be specified without a key marker"));
    }
    let mut all: Vec<VersionLine> = Vec::new();
    for (key, versions) in &bucket(cx, &place)?.objects {
        if !key.starts_with(&ask.prefix) || key.as_str() < marker || (key == marker && after.is_empty()) {
            continue;
        }
        if let Some(group) = ask.group(key) {
            // A group that was told on the page before is the marker itself.
            let is_told = group.as_str() <= marker
                || matches!(all.last(), Some(VersionLine::Group(last)) if *last == group);
            if !is_told {
                all.push(VersionLine::Group(group));
            }
            continue;
        }
        let newest_first = versions.iter().rev().enumerate();
        let here =
            newest_first.map(|(at, version)| VersionLine::Version(key.clone(), version.clone(), at == 0));
        if key == marker {
            let is_before = |line: &VersionLine| matches!(line, VersionLine::Version(_, version, _) if version.id != after);
            all.extend(here.skip_while(is_before).skip(1));
        } else {
            all.extend(here);
        }
    }
    let truncated = all.len() > ask.limit;
    all.truncate(ask.limit);
    let owner = Fields::new().with("ID", canonical(&place.account));
    let mut fields = ask
        .echoed(&place.name)
        .with("KeyMarker", ask.shown(marker))
        .maybe("VersionIdMarker", (!after.is_empty()).then_some(after))
        .with("IsTruncated", truncated);
    match all.last().filter(|_| truncated) {
        Some(VersionLine::Version(key, version, _)) => {
            fields = fields.with("NextKeyMarker", ask.shown(key)).with("NextVersionIdMarker", &version.id);
        }
        Some(VersionLine::Group(group)) => fields = fields.with("NextKeyMarker", ask.shown(group)),
        None => {}
    }
    for line in &all {
        let (key, version, latest) = match line {
            VersionLine::Version(key, version, latest) => (key, version, *latest),
            VersionLine::Group(group) => {
                fields = fields.with("CommonPrefixes", Fields::new().with("Prefix", ask.shown(group)));
                continue;
            }
        };
        let shown = Fields::new()
            .with("Key", ask.shown(key))
            .with("VersionId", &version.id)
            .with("IsLatest", latest)
            .with("LastModified", Node::Time(version.modified))
            .with("Owner", owner.clone());
        fields = match &version.content {
            Some(content) => fields.with(
                "Version",
                shown
                    .with("ETag", format!("\"{}\"", content.etag))
                    .with("Size", content.size)
                    .with("StorageClass", content.storage_class()),
            ),
            None => fields.with("DeleteMarker", shown),
        };
    }
    Ok(Answer::root("ListVersionsResult", fields))
}
