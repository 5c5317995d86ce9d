//! Brings AWS accounts to a hardened baseline and keeps them there.
pub mod aws;
pub mod baseline;
pub mod cli;
pub mod engine;
pub mod kinds;
pub mod model;
pub mod plan;
pub mod report;
pub mod sandbox;
