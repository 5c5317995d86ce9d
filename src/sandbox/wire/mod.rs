//! The wire protocols, shared by every service: bytes in, one tree of parameters; one tree out, bytes.

mod answer;
mod cbor;
mod chunked;
mod envelope;
mod fault;
mod form;
mod json;
mod node;
mod params;
mod request;
pub mod rest;
mod xml;

pub use answer::Answer;
pub use envelope::Protocol;
pub use envelope::{Labels, fault as write_fault};
pub(super) use envelope::{answer as write_answer, params as read_params};
pub use fault::Fault;
pub use node::{Fields, Node};
pub use params::{Param, Params, Style};
pub use request::Request;
