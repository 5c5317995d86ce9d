//! Which regions an account may use: those of everybody, those it has opted in to, and those its organization denies.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::service::Service;
use super::wire::{Fault, Protocol};
use super::world::REGIONS;

/// The regions of the `aws` partition that an account opts in to ("AWS Regions", AWS Account Management Reference Guide).
pub const OPT_IN_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// What an account has done about its regions, and what was done to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionAccess {
    /// Opt-in regions that are enabled.
    pub opted_in: BTreeSet<String>,
    /// Regions that are being enabled or disabled: AWS lists them, and they do not know the account yet, or any longer.
    #[serde(default)]
    pub changing: BTreeSet<String>,
    /// Regions in which STS gives out no sessions of this account ("Managing AWS STS in an AWS Region", IAM User Guide).
    #[serde(default)]
    pub without_sts: BTreeSet<String>,
    /// Regions that a service control policy denies, as the one of AWS's documentation does: all but what is global.
    pub denied: BTreeSet<String>,
}

/// Services that answer for all regions, which such policies let through.
const GLOBAL: [&str; 3] = ["iam", "organizations", "sts"];

impl RegionAccess {
    /// Whether a region can be used at all.
    pub fn is_enabled(&self, region: &str) -> bool {
        !self.changing.contains(region) && (REGIONS.contains(&region) || self.opted_in.contains(region))
    }

    /// What the organization says to a call in a region.
    ///
    /// # Errors
    /// Refuses what a service control policy denies, in the words of AWS (IAM User Guide, "Troubleshoot access denied error
    /// messages").
    pub fn permit(
        &self,
        service: &Service,
        operation: &str,
        region: &str,
        caller: &str,
    ) -> Result<(), Fault> {
        if !self.denied.contains(region) || GLOBAL.contains(&service.name) {
            return Ok(());
        }
        let message = format!(
            "User: {caller} is not authorized to perform: {}:{operation} with an explicit deny in a service control policy",
            service.name
        );
        let code = match service.protocol {
            Protocol::Ec2 => "UnauthorizedOperation",
            Protocol::Query | Protocol::RestXml => "AccessDenied",
            Protocol::Json | Protocol::RestJson | Protocol::Cbor => "AccessDeniedException",
        };
        Err(Fault::new(403, code, message))
    }
}
