//! S3 and S3 Control: which operation a method, a path and a query name.

use super::fault::Fault;
use super::params::{Param, Params, Style};
use super::request::Request;
use super::{json, xml};
use crate::partition;

/// Where a REST operation lives.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The HTTP method.
    pub method: &'static str,
    /// What the path names.
    pub place: Place,
    /// What must be in the request: a query key (`policy`), a query pair (`list-type=2`), a header
    /// (`header:x-amz-copy-source`), or nothing (empty).
    pub marker: &'static str,
    /// What the body is.
    pub body: Body,
}

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The service itself: `/`.
    Service,
    /// A bucket, by path or by host name; parameter `Bucket`.
    Bucket,
    /// An object in a bucket; parameters `Bucket` and `Key`.
    Object,
    /// A path with `{Name}` for a parameter, which takes one segment, or all the rest as `{Name+}`.
    Path(&'static str),
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// Not looked at, or read by the handler from `Context::request`.
    Raw,
    /// XML with this root element, which becomes the parameter of the same name.
    Xml(&'static str),
    /// The same, but the body may be left out.
    MaybeXml(&'static str),
}

/// The query keys that name a sub-resource of S3: a request with one that no row answers is refused
/// instead of being taken for the plain operation.
const SUBRESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// A bucket and key, as path style and virtual-host style both name them.
fn bucket_and_key(request: &Request) -> Result<(Option<String>, Option<String>), Fault> {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let decoded = |part: &str| if part.is_empty() { Ok(None) } else { Request::decoded(part).map(Some) };
    if let Some(bucket) = host_bucket(&request.host) {
        return Ok((Some(bucket.to_owned()), decoded(path)?));
    }
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    Ok((decoded(bucket)?, decoded(key)?))
}

/// `logs` of `logs.s3.eu-west-1.amazonaws.com` and of `logs.localhost`.
fn host_bucket(host: &str) -> Option<&str> {
    let aws = host
        .find(".s3.")
        .or_else(|| host.find(".s3-"))
        .filter(|_| partition::is_aws(host.split(':').next().unwrap_or(host)));
    let bucket = match aws {
        Some(at) => &host[..at],
        None => host.strip_suffix(".localhost").filter(|bucket| *bucket != "s3")?,
    };
    (!bucket.is_empty()).then_some(bucket)
}

/// Parameters of a path, by name.
type Named = Vec<(String, String)>;

fn template(template: &str, path: &str) -> Option<Result<Named, Fault>> {
    let mut found = Vec::new();
    let mut path = path.trim_start_matches('/');
    for part in template.trim_start_matches('/').split('/') {
        let (segment, rest) = path.split_once('/').unwrap_or((path, ""));
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) if name.ends_with('+') => {
                found.push((name.trim_end_matches('+'), path));
                path = "";
                break;
            }
            Some(name) if !segment.is_empty() => found.push((name, segment)),
            None if part == segment => {}
            _ => return None,
        }
        path = rest;
    }
    if !path.is_empty() {
        return None;
    }
    let decoded = |(name, value): (&str, &str)| Ok((name.to_owned(), Request::decoded(value)?));
    Some(found.into_iter().map(decoded).collect())
}

fn marked(marker: &str, request: &Request) -> bool {
    match (marker.strip_prefix("header:"), marker.split_once('=')) {
        (Some(header), _) => request.headers.contains_key(header),
        (None, Some((key, value))) => request.query(key) == Some(value),
        (None, None) => marker.is_empty() || request.query(marker).is_some(),
    }
}

/// The same for services that speak JSON: parameters of the path, the query and the body.
///
/// # Errors
/// `UnknownOperationException` where no row answers, `SerializationException` for a bad body.
pub fn read_json<'a, T>(
    rows: impl Iterator<Item = (&'a T, Route)>,
    request: &Request,
) -> Result<(&'a T, Params), Fault> {
    for (row, route) in rows.filter(|(_, route)| request.method == route.method) {
        let Place::Path(path) = route.place else { continue };
        let Some(found) = template(path, &request.path) else { continue };
        let mut params = json::read(&request.body)?;
        for (name, value) in found?.into_iter().chain(request.query.clone()) {
            params.set(name, Param::Text(value));
        }
        return Ok((row, params));
    }
    let message = format!("{} {} is not an operation", request.method, request.path);
    Err(Fault::new(404, "UnknownOperationException", message))
}

/// Finds the row a request names and reads its parameters: those of the path, the query, the `x-amz-`
/// headers (by their lower-case names) and the body's root element.
///
/// # Errors
/// `MethodNotAllowed` or `NotImplemented` where no row answers, `MalformedXML` for a bad body and `MissingRequestBodyError` for none.
pub fn read<'a, T>(
    rows: impl Iterator<Item = (&'a T, Route)>,
    request: &Request,
) -> Result<(&'a T, Params), Fault> {
    let (bucket, key) = bucket_and_key(request)?;
    let place = match (&bucket, &key) {
        (None, _) => Place::Service,
        (Some(_), None) => Place::Bucket,
        (Some(_), Some(_)) => Place::Object,
    };
    let mut best: Option<(&T, Route, Named)> = None;
    for (row, route) in rows {
        if request.method != route.method || !marked(route.marker, request) {
            continue;
        }
        let found = match route.place {
            Place::Path(path) => match template(path, &request.path) {
                Some(found) => found?,
                None => continue,
            },
            other if other == place => Vec::new(),
            _ => continue,
        };
        // A row with a path or a marker knows better than one without.
        let weight = |route: &Route| (matches!(route.place, Place::Path(_)), route.marker.len());
        if best.as_ref().is_none_or(|(_, other, _)| weight(other) < weight(&route)) {
            best = Some((row, route, found));
        }
    }
    let refused = || {
        Fault::new(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented",
        )
    };
    let (row, route, found) = best.ok_or_else(refused)?;
    let asked = request.query.iter().any(|(key, _)| SUBRESOURCES.contains(&key.as_str()));
    if asked && route.marker.is_empty() && !matches!(route.place, Place::Path(_)) {
        return Err(refused());
    }
    let mut params = Params::new(Style::Rest);
    for (name, value) in &request.query {
        params.set(name.clone(), Param::Text(value.clone()));
    }
    for (name, value) in &request.headers {
        if let (true, Ok(value)) = (name.as_str().starts_with("x-amz-"), value.to_str()) {
            params.set(name.as_str(), Param::Text(value.to_owned()));
        }
    }
    for (name, value) in found {
        params.set(name, Param::Text(value));
    }
    if !matches!(route.place, Place::Path(_)) {
        for (name, value) in [("Bucket", bucket), ("Key", key)] {
            if let Some(value) = value {
                params.set(name, Param::Text(value));
            }
        }
    }
    match route.body {
        Body::MaybeXml(_) if request.body.is_empty() => {}
        // "Error responses", Amazon S3 API.
        Body::Xml(_) if request.body.is_empty() && !matches!(route.place, Place::Path(_)) => {
            return Err(Fault::client("MissingRequestBodyError", "Request Body is empty"));
        }
        Body::Xml(root) | Body::MaybeXml(root) => {
            params.set(root, Param::Map(xml::read(&request.body, root)?))
        }
        Body::Raw => {}
    }
    Ok((row, params))
}

/// Whether the request is for S3 Control, which signs as `s3` does.
pub fn is_control(request: &Request) -> bool {
    request.headers.contains_key("x-amz-account-id") || request.host.contains(".s3-control.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    const fn row(method: &'static str, place: Place, marker: &'static str) -> Route {
        Route { method, place, marker, body: Body::Raw }
    }

    const ROWS: &[(&str, Route)] = &[
        ("ListBuckets", row("GET", Place::Service, "")),
        ("ListObjects", row("GET", Place::Bucket, "")),
        ("ListObjectsV2", row("GET", Place::Bucket, "list-type=2")),
        ("GetBucketPolicy", row("GET", Place::Bucket, "policy")),
        ("GetObject", row("GET", Place::Object, "")),
        ("CopyObject", row("PUT", Place::Object, "header:x-amz-copy-source")),
        ("PutObject", row("PUT", Place::Object, "")),
        ("ListTagsForResource", row("GET", Place::Path("/v20180820/tags/{ResourceArn+}"), "")),
    ];

    fn route(method: &str, uri: &str) -> Result<(&'static str, Params), Fault> {
        let request = http::Request::builder().method(method).uri(uri).body(Bytes::new()).unwrap();
        let request = Request::read(request).unwrap();
        read(ROWS.iter().map(|(name, route)| (name, *route)), &request).map(|(name, params)| (*name, params))
    }

    #[test]
    fn path_style_and_virtual_host_style_name_the_same_things() {
        for uri in
            ["http://127.0.0.1:1/my.logs/a%20b/c", "https://my.logs.s3.eu-west-1.amazonaws.com/a%20b/c"]
        {
            let (name, params) = route("GET", uri).unwrap();
            assert_eq!(name, "GetObject", "{uri}");
            assert_eq!((params.text("Bucket"), params.text("Key")), (Some("my.logs"), Some("a b/c")));
        }
        assert_eq!(route("GET", "https://logs.s3.amazonaws.com/?policy").unwrap().0, "GetBucketPolicy");
        assert_eq!(route("GET", "http://logs.localhost:80/?list-type=2").unwrap().0, "ListObjectsV2");
        assert_eq!(route("GET", "https://s3.us-east-1.amazonaws.com/").unwrap().0, "ListBuckets");
    }

    #[test]
    fn a_subresource_that_nobody_answers_is_not_taken_for_the_plain_operation() {
        assert_eq!(route("GET", "http://localhost/logs?torrent").unwrap_err().code, "NotImplemented");
        assert_eq!(route("GET", "http://localhost/logs?prefix=a").unwrap().0, "ListObjects");
    }

    #[test]
    fn a_path_with_parameters_gives_them_names() {
        let (name, params) =
            route("GET", "http://localhost/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Ax/y").unwrap();
        assert_eq!((name, params.text("ResourceArn")), ("ListTagsForResource", Some("arn:aws:s3:::x/y")));
    }
}
