//! Changes to bytes: what a bad disk, a bad network and a bad person would do to them.

use crate::faults::chance::Chance;

/// Bytes that mean something to one of the readers.
const MEANINGFUL: [&[u8]; 26] = [
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"'''",
    b"\\",
    b"{",
    b"}",
    b"[[",
    b"]]",
    b"<",
    b"</",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
    b"&#x0;",
    b"\x1b[2J",
    b"\xff\xfe",
    b"\xc3\x28",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"1e999",
    b"NaN",
    b"null",
    b"%00",
    b"../",
    b"${",
];

/// What is done to one input.
pub struct Mutation {
    chance: Chance,
}

impl Mutation {
    /// The one for an input of a seed.
    pub fn new(seed: usize, input: usize) -> Self {
        let number = u64::try_from(seed).unwrap() << 32 | u64::try_from(input).unwrap();
        Self { chance: Chance::new(number) }
    }

    /// One of them.
    pub fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        self.chance.of(choices)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.chance.percent(percent)
    }

    /// The bytes after one to four changes.
    pub fn change(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.chance.below(4) {
            self.change_once(&mut bytes);
        }
        bytes
    }

    fn change_once(&mut self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let at = self.chance.below(length + 1);
        let some = |chance: &mut Chance| at..(at + 1 + chance.below(40)).min(length).max(at);
        match self.chance.below(8) {
            0 if at < length => bytes[at] ^= 1 << self.chance.below(8),
            1 if at < length => bytes[at] = u8::try_from(self.chance.below(256)).unwrap(),
            2 => drop(bytes.drain(some(&mut self.chance))),
            3 => bytes.truncate(at),
            4 => {
                let again = bytes[some(&mut self.chance)].to_vec();
                let times = 1 + self.chance.below(50);
                drop(bytes.splice(at..at, again.repeat(times)));
            }
            5 => {
                // A piece of the same input in another place.
                let from = self.chance.below(length + 1);
                let piece = bytes[from..(from + 1 + self.chance.below(60)).min(length).max(from)].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            6 => {
                let piece = *self.chance.of(&MEANINGFUL);
                let until = some(&mut self.chance).end;
                drop(bytes.splice(at..until, piece.iter().copied()));
            }
            _ => {
                let piece = *self.chance.of(&MEANINGFUL);
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
        }
    }
}
