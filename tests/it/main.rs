//! Everything that needs more than one room of the house: one binary, one story a file.

mod architecture;
mod bad_toml;
mod compute_kinds;
mod contract;
mod drift;
mod faults;
mod gaps;
mod hand;
mod iam_actions;
mod language;
mod lifecycle;
mod moto;
mod world;
