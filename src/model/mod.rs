//! The vocabulary every layer shares: addresses, values, references and policy documents.
//!
//! Pure: nothing here sees a clock, the environment, a random number or an AWS type.

mod addr;
pub mod bucket_name;
mod document;
mod kind_meta;
mod observed;
mod obstacle;
pub mod policy;
mod processor;
mod remark;
mod resource_spec;
mod value;
mod wanted;

pub use addr::{Addr, InvalidAddr};
pub use document::Document;
pub use kind_meta::{Deletion, KindMeta, Lives, Replace, Tagged};
pub use observed::{LiveResource, Observed, Ownership, State, Unread, Why};
pub use obstacle::Obstacle;
pub use processor::architecture;
pub use remark::{Remark, Severity};
pub use resource_spec::{Dict, Link, Owned, ResourceSpec, Set, UnresolvedLink, erase, restore};
pub use value::{DecodeError, Path, Ref, Segment, Value};
pub use wanted::{Origin, Want, Wanted};
