//! Requests that ask for something only if, or only a part of it.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::state::{Content, Version};
use crate::sandbox::wire::{Fault, Request};
use crate::sandbox::world::Milliseconds;

/// What became of the conditions of a read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The whole answer.
    Go,
    /// 304: what the client has is still so.
    NotModified,
    /// 412, and the condition that does not hold.
    Failed(&'static str),
}

fn time(text: Option<&str>) -> Option<Milliseconds> {
    let time = DateTime::from_str(text?, Format::HttpDate).ok()?;
    time.to_millis().ok()
}

fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|one| one == "*" || one.trim_matches('"') == etag)
}

/// Judges the four conditions of a read, or of a copy's source; S3 lets the entity tag win over the time.
pub(super) fn judge<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    etag: &str,
    modified: Milliseconds,
) -> Verdict {
    let modified = modified / 1000 * 1000;
    match header("if-match") {
        Some(list) if !names(list, etag) => return Verdict::Failed("If-Match"),
        Some(_) => {}
        None if time(header("if-unmodified-since")).is_some_and(|since| modified > since) => {
            return Verdict::Failed("If-Unmodified-Since");
        }
        None => {}
    }
    match header("if-none-match") {
        Some(list) if names(list, etag) => Verdict::NotModified,
        Some(_) => Verdict::Go,
        None if time(header("if-modified-since")).is_some_and(|since| modified <= since) => {
            Verdict::NotModified
        }
        None => Verdict::Go,
    }
}

/// The refusal of a condition that does not hold.
pub(super) fn failed(condition: &str) -> Fault {
    let message = "At least one of the pre-conditions you specified did not hold";
    Fault::new(412, "PreconditionFailed", message).detail("Condition", condition)
}

/// Whether a write may go on: only if nothing is there, or only if that is there.
///
/// # Errors
/// `PreconditionFailed`, `NoSuchKey` where there is nothing to match, and `NotImplemented` for what S3 has not.
pub(super) fn write(request: &Request, key: &str, current: Option<&Version>) -> Result<(), Fault> {
    let there = current.and_then(|version| version.content.as_ref());
    match (request.header("if-none-match"), there) {
        (Some("*"), Some(_)) => return Err(failed("If-None-Match")),
        (Some("*") | None, _) => {}
        (Some(_), _) => {
            let message = "A header you provided implies functionality that is not implemented";
            return Err(Fault::new(501, "NotImplemented", message).detail("Header", "If-None-Match"));
        }
    }
    match (request.header("if-match"), there) {
        (Some(_), None) => {
            Err(Fault::new(404, "NoSuchKey", "The specified key does not exist.").detail("Key", key))
        }
        (Some(list), Some(content)) if !names(list, &content.etag) => Err(failed("If-Match")),
        _ => Ok(()),
    }
}

/// The first and the last byte that a read asks for; nothing where it asks for all, or for what S3 does not read.
///
/// # Errors
/// `InvalidRange` for a range that lies outside of the object.
pub(super) fn range(request: &Request, content: &Content) -> Result<Option<(usize, usize)>, Fault> {
    let Some(sent) = request.header("range") else { return Ok(None) };
    let Some((first, last)) = sent.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let (first, last): (Option<usize>, Option<usize>) = (first.parse().ok(), last.trim().parse().ok());
    let open = sent.ends_with('-');
    let size = content.size;
    let found = match (first, last) {
        (Some(first), Some(last)) if first > last => return Ok(None),
        (Some(first), Some(last)) => (first, last.min(size.saturating_sub(1))),
        (Some(first), None) if open => (first, size.saturating_sub(1)),
        (None, Some(last)) if sent.starts_with("bytes=-") && last > 0 => {
            (size.saturating_sub(last), size.saturating_sub(1))
        }
        (None, Some(0)) if sent.starts_with("bytes=-") => (size, size),
        _ => return Ok(None),
    };
    if found.0 >= size {
        let message = "The requested range is not satisfiable";
        let fault = Fault::new(416, "InvalidRange", message).detail("ActualObjectSize", size.to_string());
        return Err(fault.detail("RangeRequested", sent));
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entity_tag_wins_over_the_time() {
        let (early, late) = ("Thu, 01 Jan 1970 00:00:01 GMT", "Thu, 01 Jan 1970 00:00:09 GMT");
        let verdict = |headers: &[(&str, &'static str)]| {
            let header = |name: &str| headers.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
            judge(header, "a", 5_500)
        };
        assert_eq!(verdict(&[]), Verdict::Go);
        assert_eq!(verdict(&[("if-match", "\"b\"")]), Verdict::Failed("If-Match"));
        assert_eq!(verdict(&[("if-match", "\"a\""), ("if-unmodified-since", early)]), Verdict::Go);
        assert_eq!(verdict(&[("if-unmodified-since", early)]), Verdict::Failed("If-Unmodified-Since"));
        assert_eq!(verdict(&[("if-none-match", "\"b\", \"a\"")]), Verdict::NotModified);
        assert_eq!(verdict(&[("if-none-match", "\"b\""), ("if-modified-since", late)]), Verdict::Go);
        assert_eq!(verdict(&[("if-modified-since", late)]), Verdict::NotModified);
        assert_eq!(verdict(&[("if-modified-since", early)]), Verdict::Go);
    }
}
