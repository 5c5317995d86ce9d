//! An AWS account in memory: strict, deterministic, believed by other people's clients.
//!
//! What it is for: `baseline --sandbox` and `baseline sandbox serve`, and the tests of every promise
//! about crashes, consistency, throttling and scale. It speaks the real wire protocols and refuses
//! what AWS refuses, permissions included. It does not verify signatures.
//!
//! # Adding an operation
//!
//! One function and one row, in the service's folder:
//!
//! ```text
//! pub const OPERATIONS: &[Operation] = &[operation("CreateSubnet", create_subnet)];
//!
//! fn create_subnet(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
//!     let cidr = params.required("CidrBlock")?;            // MissingParameter, worded as EC2 does
//!     let zone = params.text("AvailabilityZone");          // optional
//!     let id = cx.new_id("subnet-");                       // before the world is borrowed
//!     let (now, lens) = (cx.now(), cx.lens());
//!     let ec2 = &mut cx.home().ec2;                        // this account, this region
//!     let vpc = ec2.vpc(lens, params.required("VpcId")?)?; // a lookup of your own: InvalidVpcID.NotFound
//!     ec2.subnets.insert(id.clone(), Versioned::new(subnet, now));
//!     Ok(Answer::empty().with("subnet", shown))
//! }
//! ```
//!
//! and `OPERATIONS` among the `operations` of the service's `SERVICE`, and a line in its `members.txt`: what stands in no table is
//! refused by name. What holds everywhere:
//!
//! - **State** is plain serde data in the service's `state.rs`, in `BTreeMap`s. What a new account or region
//!   comes with is made in `State::born`. Nothing in the state may depend on the machine.
//! - **Ids** come from `cx.new_id("vpc-")` and the other makers of [`ids::Ids`] (`cx.world.ids.uuid()`), times from
//!   `cx.now()`: never from the machine.
//! - **Reads** go through [`lag::Versioned::seen`] or `cx.sees(created, key)`, so that lag works;
//!   uniqueness and other checks of a *write* look at the truth ([`lag::Versioned::truth`]), since AWS's own write path does.
//!   Slow work asks `lens.done(since, duration)`.
//! - **Lists** end with `cx.page(items, key, token, limit)`; keys decide the order.
//! - **Refusals** are `Fault::client("InvalidVpcID.NotFound", "The vpc ID '...' does not exist")`, with the wire code,
//!   and `Fault::new(404, ...)` where the status is not 400. Name the truth (`NET-10`) that a check rests on.
//! - **Answers** are built from [`wire::Fields`] and [`wire::Node`]: names as on the wire, `maybe` for what AWS leaves out,
//!   `list` for `<item>`/`<member>` lists, `Node::flat` and `Node::named` for S3's, `time` for times.
//! - **S3** rows are made by [`service::rest`]: method, place, marker (`"policy"`) and body. `Bucket` and `Key`,
//!   query keys, `x-amz-` headers (lower case) and the body's root element are all in `params`; raw bytes are in
//!   `cx.request.body`. Roots of answers are named by `Answer::root`, raw ones by `Answer::raw`, 204 is `Answer::status(204)`.
//! - **Tags** that [`tagging`] should find are given by [`tagging::Index`], which every `State` implements.
//! - **Other services** are read through `cx.home()` and `cx.account()`: `cx.home().kms`, `cx.account().iam`, and
//!   another account's through `cx.world.account(id)`.
//! - **Policy documents** are checked and kept by [`policy::Document`] (principals must exist and turn into ids when
//!   deleted) and obeyed by [`policy::decide`].
//! - **Tests** use the real SDK client: see `testing.rs`.

mod account;
pub mod authorization;
pub mod autoscaling;
#[cfg(test)]
mod baseline_tests;
pub mod caller;
mod chance;
pub mod cloudtrail;
pub mod cloudwatch;
mod connector;
pub mod context;
mod dispatch;
pub mod ec2;
pub mod elb;
pub mod gone;
pub mod iam;
pub mod ids;
pub mod kept;
pub mod kms;
pub mod lag;
pub mod members;
pub mod organizations;
pub mod pages;
pub mod policy;
mod profile;
pub mod region_access;
pub mod root_session;
pub mod s3;
pub mod s3control;
pub mod scheduler;
pub mod secretsmanager;
mod seed;
#[cfg(test)]
mod seed_tests;
mod server;
pub mod service;
pub mod session;
pub mod sns;
pub mod sqs;
pub mod ssm;
mod store;
pub mod sts;
pub mod tagging;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod wire;
pub mod world;

pub use account::{START, Sandbox};
pub use dispatch::{named, sent};
pub use profile::Profile;
pub use seed::Seed;
pub use store::{Store, StoreError};
