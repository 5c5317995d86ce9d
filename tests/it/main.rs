//! Everything that needs more than one room of the house: one binary, one story a file.

mod architecture;
mod contract;
mod drift;
mod faults;
mod gaps;
mod hand;
mod iam_actions;
mod lifecycle;
mod moto;
mod world;
