//! MD5, which entity tags are made of (RFC 1321).

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest of some bytes.
pub(super) fn of(bytes: &[u8]) -> [u8; 16] {
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(64), 0);
    if padded.len() - bytes.len() < 9 {
        padded.resize(padded.len() + 64, 0);
    }
    let bits = (bytes.len() as u64).wrapping_mul(8).to_le_bytes();
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&bits);
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let sines = sines();
    for block in padded.chunks_exact(64) {
        mix(&mut state, block, &sines);
    }
    let mut digest = [0; 16];
    for (place, word) in digest.chunks_exact_mut(4).zip(state) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    digest
}

/// The digest as text.
pub(super) fn hex(bytes: &[u8]) -> String {
    of(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sine times 2^32 is below 2^32"
)]
fn sines() -> [u32; 64] {
    std::array::from_fn(|at| ((at as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32)
}

fn mix(state: &mut [u32; 4], block: &[u8], sines: &[u32; 64]) {
    let word = |at: usize| {
        block[at * 4..at * 4 + 4].iter().rev().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte))
    };
    let [mut a, mut b, mut c, mut d] = *state;
    for (at, sine) in sines.iter().enumerate() {
        let (sum, from) = match at / 16 {
            0 => ((b & c) | (!b & d), at),
            1 => ((d & b) | (!d & c), 5 * at + 1),
            2 => (b ^ c ^ d, 3 * at + 5),
            _ => (c ^ (b | !d), 7 * at),
        };
        let turned = a.wrapping_add(sum).wrapping_add(*sine).wrapping_add(word(from % 16));
        (a, d, c, b) = (d, c, b, b.wrapping_add(turned.rotate_left(SHIFTS[at / 16][at % 4])));
    }
    for (before, now) in state.iter_mut().zip([a, b, c, d]) {
        *before = before.wrapping_add(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_of_the_standard_are_met() {
        let long = "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
            (long, "57edf4a22be3c955ac49da2e2107b67a"),
        ] {
            assert_eq!(hex(text.as_bytes()), digest, "{text}");
        }
    }
}
