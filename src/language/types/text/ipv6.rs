//! Text about IPv6.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{KeyType, Place, Reader, Span, TextRules};

text_type! {
    /// A pool of IPv6 ranges of one's own, by its id.
    plain Ipv6PoolId, "id such as \"ipv6pool-ec2-0a1b2c3d4e5f67890\"", |text| {
        let digits = text.strip_prefix("ipv6pool-ec2-").unwrap_or_default();
        if matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Ok(());
        }
        Err("must be the id of a pool, ipv6pool-ec2-...".to_owned())
    }, pattern "^ipv6pool-ec2-[0-9a-f]+$"
}
