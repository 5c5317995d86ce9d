//! What is kept beside an object's bytes: metadata, encryption, checksums and Object Lock.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checksum;
use super::find::{Place, bucket};
use super::objects::checksum_header;
use super::state::{Content, Version, text};
use crate::sandbox::context::Context;
use crate::sandbox::wire::{Fault, Params};
use crate::sandbox::world::{Milliseconds, iso8601};

const DAY: Milliseconds = 86_400_000;

/// How an object is encrypted.
pub(super) const ENCRYPTION: &str = "x-amz-server-side-encryption";
const KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
/// Where an object's bytes lie; `STANDARD` where nothing is kept.
pub(super) const STORAGE: &str = "x-amz-storage-class";
/// Where a website sends whoever asks for the object.
pub(super) const REDIRECT: &str = "x-amz-website-redirect-location";

/// Headers of HTTP that come back as they were sent, and the query key that puts another in their place.
const OF_HTTP: &[(&str, &str)] = &[
    ("cache-control", "response-cache-control"),
    ("content-disposition", "response-content-disposition"),
    ("content-encoding", "response-content-encoding"),
    ("content-language", "response-content-language"),
    ("expires", "response-expires"),
];

const STORAGE_CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "GLACIER_IR",
    "DEEP_ARCHIVE",
];

/// What a read shows of what is kept, beside metadata, checksums and Object Lock.
const ANSWERED: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    ENCRYPTION,
    KEY,
    BUCKET_KEY,
    STORAGE,
    REDIRECT,
];

/// What a write asks to be kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The content type.
    pub kind: String,
    /// Headers that come back.
    pub headers: BTreeMap<String, String>,
    /// Until when Object Lock keeps the version, and whether nobody may shorten that.
    pub kept: Option<(Milliseconds, bool)>,
    /// Whether a legal hold keeps it.
    pub hold: bool,
}

/// What S3 takes in a write and this account does not have.
const NOT_HERE: &[&str] = &[
    "partNumber",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-tagging",
    "x-amz-write-offset-bytes",
];

/// Reads what a write asks for, and fills in what the bucket says by default.
pub(super) fn read(cx: &mut Context<'_>, place: &Place, params: &Params) -> Result<Asked, Fault> {
    if let Some(name) = NOT_HERE.iter().find(|name| params.has(name)) {
        let message = format!("The account in memory does not have {name} of {}", cx.operation);
        return Err(Fault::new(501, "NotImplemented", message));
    }
    let mut headers = metadata(cx, params)?;
    if let Some(class) = params.text(STORAGE) {
        if !STORAGE_CLASSES.contains(&class) {
            return Err(Fault::client("InvalidStorageClass", "The storage class you specified is not valid"));
        }
        if class != "STANDARD" {
            headers.insert(STORAGE.into(), class.into());
        }
    }
    if let Some(redirect) = params.text(REDIRECT) {
        if !["/", "http://", "https://"].iter().any(|start| redirect.starts_with(start)) {
            let message =
                "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.";
            return Err(Fault::client("InvalidRedirectLocation", message));
        }
        headers.insert(REDIRECT.into(), redirect.into());
    }
    encryption(cx, place, params, &mut headers)?;
    let kind = cx.request.header("content-type").unwrap_or("binary/octet-stream").to_owned();
    let (kept, hold) = lock(cx, place, params)?;
    Ok(Asked { kind, headers, kept, hold })
}

/// The user's metadata and the headers of HTTP that are kept.
fn metadata(cx: &Context<'_>, params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let mut headers = BTreeMap::new();
    for (name, value) in params.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")) {
        headers.insert(name.to_owned(), value.as_text().unwrap_or_default().to_owned());
    }
    let size: usize =
        headers.iter().map(|(name, value)| name.len() - "x-amz-meta-".len() + value.len()).sum();
    if size > 2048 {
        let message = "Your metadata headers exceed the maximum allowed metadata size";
        return Err(Fault::client("MetadataTooLarge", message).detail("MaxSizeAllowed", "2048"));
    }
    for (name, _) in OF_HTTP {
        let Some(value) = cx.request.header(name) else { continue };
        // The framing of a body is no encoding of the object.
        let value: Vec<&str> = value
            .split(',')
            .map(str::trim)
            .filter(|word| *word != "aws-chunked" && !word.is_empty())
            .collect();
        if !value.is_empty() {
            headers.insert(
                (*name).to_owned(),
                if *name == "content-encoding" {
                    value.join(",")
                } else {
                    cx.request.header(name).unwrap_or_default().to_owned()
                },
            );
        }
    }
    Ok(headers)
}

fn encryption(
    cx: &mut Context<'_>,
    place: &Place,
    params: &Params,
    headers: &mut BTreeMap<String, String>,
) -> Result<(), Fault> {
    let found = bucket(cx, place)?;
    let rule = found.truth("encryption");
    let default = |part: &str| text(rule, &["Rule", "ApplyServerSideEncryptionByDefault", part]).to_owned();
    let by_default = text(rule, &["Rule", "BucketKeyEnabled"]) == "true";
    let (algorithm, key) = match params.text(ENCRYPTION) {
        None => {
            (default("SSEAlgorithm"), params.text(KEY).map_or_else(|| default("KMSMasterKeyID"), Into::into))
        }
        Some(algorithm @ ("AES256" | "aws:kms" | "aws:kms:dsse")) => {
            (algorithm.to_owned(), params.text(KEY).unwrap_or_default().to_owned())
        }
        Some(other) => {
            let message = "The encryption method specified is not supported";
            return Err(Fault::client("InvalidEncryptionAlgorithmError", message)
                .detail("ArgumentName", ENCRYPTION)
                .detail("ArgumentValue", other));
        }
    };
    let kms = algorithm.starts_with("aws:kms");
    if params.has(KEY) && !kms {
        let message = "Server Side Encryption with AWS KMS managed key requires HTTP header \
                       x-amz-server-side-encryption : aws:kms or aws:kms:dsse";
        return Err(Fault::client("InvalidArgument", message).detail("ArgumentName", ENCRYPTION));
    }
    headers.insert(ENCRYPTION.into(), algorithm);
    if kms && !key.is_empty() {
        headers.insert(KEY.into(), key);
    }
    if kms && params.flag(BUCKET_KEY)?.unwrap_or(by_default) {
        headers.insert(BUCKET_KEY.into(), "true".into());
    }
    Ok(())
}

/// Object Lock of the new version: what the request says, or else what the bucket does.
fn lock(
    cx: &mut Context<'_>,
    place: &Place,
    params: &Params,
) -> Result<(Option<(Milliseconds, bool)>, bool), Fault> {
    let now = cx.now();
    let found = bucket(cx, place)?;
    let locked = found.truth("object-lock").is_some();
    let retention =
        |part: &str| text(found.truth("object-lock"), &["Rule", "DefaultRetention", part]).to_owned();
    let (mode, until) =
        (params.text("x-amz-object-lock-mode"), params.text("x-amz-object-lock-retain-until-date"));
    let hold = params.choice("x-amz-object-lock-legal-hold", &["ON", "OFF"])?;
    if !locked && (mode.is_some() || until.is_some() || hold.is_some()) {
        return Err(Fault::client("InvalidRequest", "Bucket is missing Object Lock Configuration"));
    }
    let kept = match (mode, until) {
        (Some(mode @ ("GOVERNANCE" | "COMPLIANCE")), Some(_)) => {
            let until = params.time("x-amz-object-lock-retain-until-date")?.unwrap_or_default();
            if until <= now {
                return Err(Fault::client("InvalidArgument", "The retain until date must be in the future!")
                    .detail("ArgumentName", "x-amz-object-lock-retain-until-date"));
            }
            Some((until, mode == "COMPLIANCE"))
        }
        (Some(_), Some(_)) => return Err(Fault::client("InvalidArgument", "Unknown wormMode directive.")),
        (None, None) => {
            let days = retention("Days").parse().ok();
            let days = days.or_else(|| Some(retention("Years").parse::<i64>().ok()? * 365));
            days.map(|days| (now + days * DAY, retention("Mode") == "COMPLIANCE"))
        }
        _ => {
            let message =
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
            return Err(Fault::client("InvalidArgument", message));
        }
    };
    Ok((kept, hold == Some("ON")))
}

/// Keeps the checksum that was sent with the bytes, or the one that S3 computes where none was.
pub(super) fn add_checksum(headers: &mut BTreeMap<String, String>, params: &Params, body: &[u8]) {
    let sent = checksum::HEADERS.iter().find(|header| params.has(header));
    let named = params.text("x-amz-checksum-algorithm").and_then(checksum_header);
    let header = sent.copied().or(named).unwrap_or("x-amz-checksum-crc64nvme");
    if let Some(sum) = checksum::of(header, body) {
        headers.insert(header.to_owned(), sum);
    }
}

/// The checksum of a copy: of the kind that the request names, or else that the source has.
pub(super) fn copy_checksum(
    headers: &mut BTreeMap<String, String>,
    params: &Params,
    source: &BTreeMap<String, String>,
    body: &[u8],
) {
    let kept = kept_checksum(source).map(|(header, _)| header);
    match kept.filter(|_| !params.has("x-amz-checksum-algorithm")) {
        Some(header) => {
            if let Some(sum) = checksum::of(header, body) {
                headers.insert(header.to_owned(), sum);
            }
        }
        None => add_checksum(headers, params, body),
    }
}

/// Whether a checksum is of the whole, or of the checksums of its parts, whose number it then says.
pub(super) fn checksum_type(sum: &str) -> &'static str {
    if sum.contains('-') { "COMPOSITE" } else { "FULL_OBJECT" }
}

fn kept_checksum(headers: &BTreeMap<String, String>) -> Option<(&'static str, String)> {
    checksum::HEADERS.iter().find_map(|header| Some((*header, headers.get(*header)?.clone())))
}

/// The checksum of an object with the names of elements, such as `ChecksumCRC32`.
pub(super) fn checksum_element(headers: &BTreeMap<String, String>) -> Option<(&'static str, String)> {
    let (header, sum) = kept_checksum(headers)?;
    Some((element_of(header), sum))
}

/// The element that shows what a header of a checksum says.
pub(super) fn element_of(header: &str) -> &'static str {
    match header {
        "x-amz-checksum-crc32" => "ChecksumCRC32",
        "x-amz-checksum-crc32c" => "ChecksumCRC32C",
        "x-amz-checksum-sha1" => "ChecksumSHA1",
        "x-amz-checksum-sha256" => "ChecksumSHA256",
        _ => "ChecksumCRC64NVME",
    }
}

/// The headers of the answer to a write.
pub(super) fn of_a_write(headers: &BTreeMap<String, String>) -> Vec<(Cow<'static, str>, String)> {
    let mut found: Vec<_> = [ENCRYPTION, KEY, BUCKET_KEY]
        .into_iter()
        .filter_map(|name| Some((Cow::from(name), headers.get(name)?.clone())))
        .collect();
    if let Some((name, sum)) = kept_checksum(headers) {
        let kind = checksum_type(&sum).to_owned();
        found.extend([(name.into(), sum), ("x-amz-checksum-type".into(), kind)]);
    }
    found
}

/// The headers of the answer to a read.
pub(super) fn of_a_read(
    params: &Params,
    version: &Version,
    content: &Content,
    part: bool,
) -> Result<Vec<(Cow<'static, str>, String)>, Fault> {
    let mut found: Vec<(Cow<'static, str>, String)> = vec![(
        "content-type".into(),
        params.text("response-content-type").unwrap_or(&content.kind).to_owned(),
    )];
    for name in ANSWERED {
        let instead = OF_HTTP.iter().find(|(header, _)| header == name).and_then(|(_, key)| params.text(key));
        let value = instead.map(str::to_owned).or_else(|| content.headers.get(*name).cloned());
        found.extend(value.map(|value| (Cow::from(*name), value)));
    }
    let metadata = content.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-"));
    found.extend(metadata.map(|(name, value)| (Cow::from(name.clone()), value.clone())));
    if params.choice("x-amz-checksum-mode", &["ENABLED"])?.is_some()
        && !part
        && let Some((name, sum)) = kept_checksum(&content.headers)
    {
        let kind = checksum_type(&sum).to_owned();
        found.push((name.into(), sum));
        found.push(("x-amz-checksum-type".into(), kind));
    }
    if let Some((until, compliance)) = version.kept {
        let mode = if compliance { "COMPLIANCE" } else { "GOVERNANCE" };
        found.push(("x-amz-object-lock-mode".into(), mode.to_owned()));
        found.push(("x-amz-object-lock-retain-until-date".into(), iso8601(until, true)));
    }
    if version.hold {
        found.push(("x-amz-object-lock-legal-hold".into(), "ON".to_owned()));
    }
    Ok(found)
}
