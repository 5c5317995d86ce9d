//! Ids that AWS would make up: the same for the same seed and the same calls before.

use serde::{Deserialize, Serialize};

use super::chance::mix;

/// Where ids come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    seed: u64,
    used: u64,
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Ids {
    /// Ids from a seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, used: 0 }
    }

    /// A number nobody got before.
    pub const fn number(&mut self) -> u64 {
        self.used += 1;
        mix(self.seed, self.used, 1)
    }

    /// `vpc-` and 17 hex digits, as EC2 names things.
    pub fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}0{:016x}", self.number())
    }

    /// Hex digits, for the random part of an ELB ARN (16) or an instance refresh.
    pub fn hex(&mut self, length: usize) -> String {
        self.text(length, b"0123456789abcdef")
    }

    /// A UUID, for KMS keys and request ids.
    pub fn uuid(&mut self) -> String {
        let (a, b) = (self.number(), self.number());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xFFFF,
            a & 0xFFF,
            0x8000 | (b >> 48) & 0x3FFF,
            b & 0xFFFF_FFFF_FFFF
        )
    }

    /// A unique id of IAM: `AROA`, `AIDA`, `ANPA`, `AIPA` or `AGPA` and 17 letters and digits.
    pub fn unique(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.text(17, BASE32))
    }

    /// An access key id whose letters hold the account, as AWS's own do: `AKIA` or `ASIA` and 16 more.
    pub fn access_key(&mut self, prefix: &str, account: &str) -> String {
        let account: u64 = account.parse().unwrap_or_default();
        let low = self.number() & 0x7F;
        // 80 bits as 16 letters: one bit of 1, 40 bits of account, then noise.
        let bits = (u128::from(1_u8) << 79)
            | (u128::from(account) << 39)
            | (u128::from(low) << 32)
            | u128::from(self.number() & 0xFFFF_FFFF);
        let letter = |index: u32| {
            let at = usize::try_from((bits >> (75 - 5 * index)) & 0x1F).unwrap_or_default();
            char::from(BASE32[at])
        };
        format!("{prefix}{}", (0..16).map(letter).collect::<String>())
    }

    /// A secret of the given length.
    pub fn secret(&mut self, length: usize) -> String {
        self.text(length, BASE62)
    }

    fn text(&mut self, length: usize, letters: &[u8]) -> String {
        let base = u64::try_from(letters.len()).unwrap_or(1);
        let mut text = String::with_capacity(length);
        while text.len() < length {
            let mut number = self.number();
            for _ in 0..8.min(length - text.len()) {
                let at = usize::try_from(number % base).unwrap_or_default();
                text.push(char::from(letters[at]));
                number /= base;
            }
        }
        text
    }
}

/// The account in an access key id that [`Ids::access_key`] or AWS made; nothing for other text.
pub fn account_of_key(key: &str) -> Option<String> {
    let letters = key.strip_prefix("AKIA").or_else(|| key.strip_prefix("ASIA"))?;
    if letters.len() != 16 {
        return None;
    }
    let mut bits: u128 = 0;
    for byte in letters.bytes() {
        let at = BASE32.iter().position(|letter| *letter == byte)?;
        bits = (bits << 5) | u128::try_from(at).ok()?;
    }
    let account = (bits >> 39) & 0xFF_FFFF_FFFF;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_in_the_same_order() {
        let (mut a, mut b) = (Ids::new(7), Ids::new(7));
        assert_eq!((a.id("vpc-"), a.uuid(), a.unique("AROA")), (b.id("vpc-"), b.uuid(), b.unique("AROA")));
        assert_ne!(a.id("vpc-"), Ids::new(8).id("vpc-"));
    }

    #[test]
    fn ids_have_the_form_of_their_service() {
        let mut ids = Ids::new(1);
        let id = ids.id("vpc-");
        assert_eq!(id.len(), "vpc-".len() + 17);
        assert!(id["vpc-".len()..].bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(ids.unique("AROA").len(), 21);
        assert_eq!((ids.uuid().len(), ids.hex(16).len(), ids.secret(40).len()), (36, 16, 40));
    }

    #[test]
    fn an_access_key_holds_its_account() {
        let mut ids = Ids::new(1);
        for account in ["123456789012", "000000000001", "999999999999"] {
            let key = ids.access_key("AKIA", account);
            assert_eq!(key.len(), 20);
            assert_eq!(account_of_key(&key).as_deref(), Some(account));
        }
        assert_eq!(account_of_key("test"), None);
    }
}
