//! The types a key can have. Each knows how it is read, described and checked by an editor.

mod choice;
mod day;
mod declared;
mod network_range;
mod one_or_more;
mod plain;
mod ports;
mod raw;
mod region_pattern;
mod scalar;
mod text;
mod tolerance;

use serde_json::Value as Json;
use toml::de::DeValue;

use super::Span;
use super::reader::Reader;
use super::section::{Nesting, SectionInfo};

pub(super) use choice::choice;
pub use day::Day;
pub use declared::{Declared, DeclaredOrArn, Entry, Named, Sectioned};
pub use network_range::{Cidr, Family, Ipv4Cidr};
pub use one_or_more::OneOrMore;
pub use ports::Ports;
pub use raw::Raw;
pub use region_pattern::EnabledOr;
pub use scalar::{List, OrOff, Switch, Whole};
pub(super) use text::{
    ANY_ACCOUNT, check_load_balancer_name, check_policy_name, check_role_name, check_trail_name,
};
pub use text::{
    AccessRole, AccountId, AccountLabel, AliasName, Arn, BaselineName, BucketName, Codes, DeviceName,
    EndpointService, ExternalId, FileName, FreeText, GroupName, HttpPath, Image, InstanceType, Ipv6PoolId,
    LoadBalancerName, ManagedPolicyArn, Management, ObjectPrefix, OrganizationId, PolicyName, PolicyPath,
    PolicyText, PrincipalName, ProfileName, ProviderArn, RegionName, RegionPattern, RoleArn, RoleName,
    RouteTarget, Script, SecurityGroupName, ServiceName, SessionName, SubnetId, TrailName, TrustedAccount,
    UnitLabel, UserName, VpcId, ZoneName,
};
pub use tolerance::Tolerance;

/// A type a key can have.
pub(in crate::language) trait KeyType: Sized {
    /// Reads a value; nothing if it is wrong, which has then been reported.
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self>;
    /// The type in words, such as `true or false`.
    fn describe() -> String;
    /// The type as JSON Schema.
    fn schema() -> Json;
    /// A value to go on with where a required one is missing, so that the rest can be checked.
    fn stand_in() -> Option<Self> {
        None
    }
    /// The section below the key, if there is one.
    fn nested() -> Option<(Nesting, SectionInfo)> {
        None
    }
}
