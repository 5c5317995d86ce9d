//! The vocabulary every layer shares: addresses, values, references and policy documents.
//!
//! Pure: nothing here sees a clock, the environment, a random number or an AWS type.

mod addr;
pub mod bucket_name;
mod document;
mod obstacle;
pub mod policy;
mod processor;
mod remark;
mod rules;
mod shape;
mod value;
mod wanted;

pub use addr::{Addr, InvalidAddr};
pub use document::Document;
pub use obstacle::Obstacle;
pub use processor::architecture;
pub use remark::{Remark, Severity};
pub use rules::{Deletion, Lives, Replace, Rules, Tagged};
pub use shape::{Dict, Link, Owned, Set, Shape, UnresolvedLink, erase, restore};
pub use value::{DecodeError, Path, Ref, Segment, Value};
pub use wanted::{Origin, Want, Wanted};
