//! The starter file.

/// The commented file that `baseline init` writes.
pub fn starter() -> &'static str {
    include_str!("starter.toml")
}
