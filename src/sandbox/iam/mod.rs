//! IAM: identities and what they may do. It is the same in all regions.

mod access_key;
mod attach;
mod details;
mod entity;
mod group;
mod inline;
mod login;
mod managed;
mod mfa;
mod oidc;
mod organization;
mod policy;
mod profile;
mod report;
mod role;
mod seed;
mod service_role;
mod service_use;
mod simulate;
mod state;
mod tag;
#[cfg(test)]
mod tests;
mod trusts_service;
mod user;

pub use oidc::resource as oidc_resource;
pub use seed::{add_organization_role, leave_root_credentials, neglect};
pub use simulate::{allows, document};
pub use state::{AccessKey, Entity, Role, State, User};
pub use trusts_service::can_be_assumed;

use super::service::Service;
use super::wire::Protocol;

/// IAM.
pub const SERVICE: Service = Service {
    name: "iam",
    protocol: Protocol::Query,
    version: "2010-05-08",
    namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    operations: &[
        role::OPERATIONS,
        inline::OPERATIONS,
        attach::OPERATIONS,
        policy::OPERATIONS,
        profile::OPERATIONS,
        user::OPERATIONS,
        group::OPERATIONS,
        access_key::OPERATIONS,
        login::OPERATIONS,
        mfa::OPERATIONS,
        oidc::OPERATIONS,
        tag::OPERATIONS,
        service_role::OPERATIONS,
        report::OPERATIONS,
        details::OPERATIONS,
        simulate::OPERATIONS,
        organization::OPERATIONS,
        service_use::OPERATIONS,
    ],
    members: include_str!("members.txt"),
};
