//! The door to AWS: clients, identity, the read-only guard, errors, retries and ownership tags.
//!
//! Only this room and the one of kinds ever name an `aws_sdk_*` type.

mod access_keys;
mod account;
mod cause;
mod census;
mod consistency;
mod credentials;
mod dated;
mod endpoints;
mod error;
mod guard;
mod https;
mod instance;
mod lifecycle;
pub mod network;
pub mod own_address;
mod own_policies;
mod pace;
mod parameter;
mod reads;
mod regions;
mod renewal;
mod role_session;
mod roles;
mod root_session;
mod run;
mod schedule;
mod secret;
mod simulate;
mod stop;
mod tags;
pub mod trace;
mod waits;

pub use access_keys::{NewKey, UserKey};
pub use account::{Account, Identity, Mode, Options};
pub use cause::{Cause, NoCaller, REGION_NOT_ENABLED};
pub use census::Listed;
pub use consistency::{ConsistencyRule, RULES};
pub use endpoints::Endpoints;
pub use error::{Class, Error};
pub use lifecycle::lifecycle_prefix;
pub use parameter::ParameterVersion;
pub use reads::{is_read, reads};
pub use renewal::Renewal;
pub use role_session::{Caller, RoleSession, policies_of_reads};
pub use roles::one_look;
pub use root_session::RootCredentials;
pub use run::Run;
pub use schedule::ScheduledCall;
pub use secret::SecretState;
pub use simulate::Simulated;
pub use stop::Stop;
pub use tags::{ADDR_TAG, NAME_TAG, Owner, Ownership};
pub use waits::aloud;
pub(crate) use waits::waiting;
