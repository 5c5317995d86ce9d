//! The framing of `aws-chunked` bodies: chunk sizes, signatures and trailers around an object's bytes.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use super::fault::Fault;

/// Whether the body is framed.
pub fn is_chunked(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains(word))
    };
    says("content-encoding", "aws-chunked") || says("x-amz-content-sha256", "STREAMING-")
}

/// What a framed body holds, and the headers that came after it.
pub type Unframed<'a> = (Bytes, Vec<(&'a str, &'a str)>);

/// Takes the framing off, and gives the headers that came after the body; signatures of chunks are not verified.
///
/// # Errors
/// `IncompleteBody` where the framing is broken.
pub fn decode(body: &[u8]) -> Result<Unframed<'_>, Fault> {
    let broken = || {
        Fault::client(
            "IncompleteBody",
            "The request body terminated unexpectedly: a chunk's size and its bytes do not agree",
        )
    };
    let mut plain = BytesMut::new();
    let mut rest = body;
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or_else(broken)?;
        let line = std::str::from_utf8(&rest[..end]).map_err(|_| broken())?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken())?;
        rest = &rest[end + 2..];
        if size == 0 {
            let trailers = std::str::from_utf8(rest).map_err(|_| broken())?.lines();
            return Ok((plain.freeze(), trailers.filter_map(|line| line.trim().split_once(':')).collect()));
        }
        if size.checked_add(2).is_none_or(|framed| framed > rest.len()) || &rest[size..size + 2] != b"\r\n" {
            return Err(broken());
        }
        plain.extend_from_slice(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_and_trailers_are_taken_off() {
        let body = b"5;chunk-signature=ab\r\nhello\r\n1\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";
        let (plain, trailers) = decode(body).unwrap();
        assert_eq!((&plain[..], trailers), (&b"hello!"[..], vec![("x-amz-checksum-crc32", "AAAA")]));
    }

    #[test]
    fn a_frame_that_lies_about_its_size_is_refused() {
        for body in ["", "5\r\nhel", "ffffffffffffffff\r\nx", "zz\r\n", "5\r\nhelloXX0\r\n"] {
            assert_eq!(decode(body.as_bytes()).unwrap_err().code, "IncompleteBody", "{body:?}");
        }
    }
}
