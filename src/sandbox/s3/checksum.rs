//! Checksums of bytes, as S3 computes and compares them.

use aws_smithy_types::base64;
use crc_fast::{CrcAlgorithm, checksum as crc};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::sandbox::wire::{Fault, Request};

/// The header of each checksum that is computed here; the last is what S3 adds where a client sends none.
pub(in crate::sandbox) const HEADERS: &[&str] = &[
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
    "x-amz-checksum-crc64nvme",
];

/// MD5, which entity tags are made of.
pub(super) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// The same as text.
pub(super) fn md5_hex(bytes: &[u8]) -> String {
    md5(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The checksum that a header names, as base64; nothing for a header of another kind.
pub(super) fn of(header: &str, bytes: &[u8]) -> Option<String> {
    let last_four = |sum: u64| base64::encode(&sum.to_be_bytes()[4..]);
    Some(match header {
        "x-amz-checksum-crc32" => last_four(crc(CrcAlgorithm::Crc32IsoHdlc, bytes)),
        "x-amz-checksum-crc32c" => last_four(crc(CrcAlgorithm::Crc32Iscsi, bytes)),
        "x-amz-checksum-crc64nvme" => base64::encode(crc(CrcAlgorithm::Crc64Nvme, bytes).to_be_bytes()),
        "x-amz-checksum-sha1" => base64::encode(Sha1::digest(bytes)),
        "x-amz-checksum-sha256" => base64::encode(Sha256::digest(bytes)),
        _ => return None,
    })
}

/// Compares the body with every checksum that came with it, before it or after it.
///
/// # Errors
/// `BadDigest` and `InvalidDigest` as S3 has them, and a refusal of a checksum that nobody computes here.
pub(in crate::sandbox) fn compare(request: &Request) -> Result<(), Fault> {
    if let Some(sent) = request.header("content-md5") {
        match base64::decode(sent) {
            Ok(sum) if sum.len() == 16 => {
                if sum != md5(&request.body) {
                    return Err(bad_digest("Content-MD5"));
                }
            }
            _ => return Err(Fault::client("InvalidDigest", "The Content-MD5 you specified was invalid.")),
        }
    }
    // Where parts are put together, the checksum is that of the object and not of the request.
    if request.method == http::Method::POST && request.query("uploadId").is_some() {
        return Ok(());
    }
    let sums = request.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    for (header, sent) in sums {
        let Some(name) = header.strip_prefix("x-amz-checksum-") else { continue };
        if ["algorithm", "mode", "type"].contains(&name) {
            continue;
        }
        let sum = of(header, &request.body)
            .ok_or_else(|| Fault::not_implemented(&format!("the checksum {header}")))?;
        if sum != sent {
            return Err(bad_digest(&name.to_uppercase()));
        }
    }
    Ok(())
}

/// The checksum of the checksums of parts, with their number behind it.
pub(super) fn composite(header: &str, parts: &[Vec<u8>]) -> Option<String> {
    let mut sums = Vec::new();
    for part in parts {
        sums.extend(base64::decode(of(header, part)?).ok()?);
    }
    Some(format!("{}-{}", of(header, &sums)?, parts.len()))
}

pub(super) fn bad_digest(name: &str) -> Fault {
    let message = if name == "Content-MD5" {
        format!("The {name} you specified did not match what we received.")
    } else {
        format!("The {name} you specified did not match the calculated checksum.")
    };
    Fault::client("BadDigest", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_the_algorithms_are_met() {
        let base64_of = |hex: &str| {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            base64::encode((0..hex.len()).step_by(2).map(byte).collect::<Vec<_>>())
        };
        let cases = [
            ("x-amz-checksum-crc32", "cbf43926"),
            ("x-amz-checksum-crc32c", "e3069283"),
            ("x-amz-checksum-crc64nvme", "ae8b14860a799888"),
            ("x-amz-checksum-sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            ("x-amz-checksum-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ];
        for (header, sum) in cases {
            assert_eq!(of(header, b"123456789"), Some(base64_of(sum)), "{header}");
        }
        assert_eq!(md5_hex(b"message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
