//! Everything that is tested from outside the crate, in one binary.

mod bad_toml;
mod language;
