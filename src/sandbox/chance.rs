//! Numbers that look random and are always the same for the same seed.

/// A number from three others (the finaliser of SplitMix64, over a running sum).
pub const fn mix(seed: u64, a: u64, b: u64) -> u64 {
    let mut x = seed
        .wrapping_add(a.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add(b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
        .wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut round = 0;
    while round < 2 {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^= x >> 31;
        round += 1;
    }
    x
}

/// A number from text (FNV-1a).
pub fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_argument_matters_and_nothing_else_does() {
        assert_eq!(mix(1, 2, 3), mix(1, 2, 3));
        let all = [mix(1, 2, 3), mix(2, 2, 3), mix(1, 3, 3), mix(1, 2, 4), mix(1, 3, 2)];
        let distinct: std::collections::BTreeSet<_> = all.into_iter().collect();
        assert_eq!(distinct.len(), all.len());
    }
}
