//! `[default_network]`: what AWS puts into every region of an account, and into every VPC.

use super::bucket::Bucket;
use super::names::Names;
use super::section::section;
use super::types::{Declared, OrOff, choice};
use super::{Baseline, Diagnostic, Place};
use crate::kinds::ec2_default_security_group::DefaultSecurityGroup;
use crate::kinds::ec2_default_vpc::DefaultVpc as VpcOfAws;
use crate::kinds::ec2_flow_log::FlowLog;
use crate::kinds::s3_bucket;
use crate::model::{Addr, DecodeError, Link, Origin, ResourceSpec as _, Set, Wanted};

choice! {
    /// What is done about default VPCs, and about the default security groups of all VPCs.
    DefaultVpc {
        /// The groups are emptied.
        Sealed = "sealed",
        /// Unused default VPCs are deleted with `--prune`; the groups of all other VPCs are emptied.
        Absent = "absent",
        /// They are left as they are.
        Ignore = "ignore",
    }
}

section! {
    /// The default security group of every VPC that no baseline made, that of the default VPC in each region included. AWS puts
    /// whatever names no other group into it, and it cannot be deleted.
    ///
    /// The section alone, `[default_network]`, is enough. It holds in the regions that `regions` of `[account]` names, and in every
    /// enabled region where that is not said.
    #[practices(12)]
    DefaultNetwork {
        /// Whether default security groups are emptied, and whether unused default VPCs are deleted. A group that network interfaces
        /// use is never emptied, and a VPC that is in use is never deleted: each is shown with what uses it.
        vpc: DefaultVpc, default "\"sealed\"";
        /// The bucket that receives a flow log of every VPC that no baseline made, of accepted and rejected traffic; `false` for none.
        flow_logs: OrOff<Declared<Bucket>>, absent "false";
    }
}

impl DefaultNetwork {
    /// The bucket that receives flow logs.
    pub fn flow_log_bucket(&self) -> Option<&str> {
        self.flow_logs.as_ref().and_then(|bucket| bucket.on()).map(|bucket| bucket.name.as_str())
    }
}

impl Baseline {
    /// Whether VPCs that no baseline made are looked at.
    pub fn looks_at_vpcs(&self) -> bool {
        self.seals_default_groups() || self.logs_every_vpc()
    }

    /// Whether every VPC that no baseline made has a flow log.
    pub fn logs_every_vpc(&self) -> bool {
        self.file.default_network.as_ref().is_some_and(|network| network.flow_log_bucket().is_some())
    }

    /// What is wanted of flow logs: one for each of these VPCs, by the address that says its name and region, with its id.
    ///
    /// # Errors
    /// As [`Baseline::expand`].
    pub fn expand_flow_logs<'a>(
        &self,
        place: &Place<'_>,
        vpcs: impl Iterator<Item = (&'a Addr, &'a str)>,
    ) -> Result<Wanted, Vec<Diagnostic>> {
        let mut wanted = Wanted::default();
        let names = Names { file: &self.file, place };
        for (addr, vpc) in vpcs {
            want_flow_log(&names, addr, vpc, &mut wanted).map_err(|error: DecodeError| {
                let message = format!("the flow logs cannot be expanded: {error}");
                vec![Diagnostic::error("cannot-expand", &(0..0), message)]
            })?;
        }
        Ok(wanted)
    }

    /// Whether the default groups of all VPCs are looked at.
    pub fn seals_default_groups(&self) -> bool {
        self.file.default_network.as_ref().is_some_and(|network| network.vpc.value != DefaultVpc::Ignore)
    }

    /// Whether unused default VPCs are to be deleted.
    pub fn removes_default_vpcs(&self) -> bool {
        self.file.default_network.as_ref().is_some_and(|network| network.vpc.value == DefaultVpc::Absent)
    }

    /// Where the file says what is done about default VPCs.
    pub fn default_network_origin(&self) -> Origin {
        self.file
            .default_network
            .as_ref()
            .map_or_else(Origin::default, |network| Origin::from(&network.header))
    }

    /// What is wanted of the default groups that there are.
    ///
    /// # Errors
    /// As [`Baseline::expand`].
    pub fn expand_default_groups<'a>(
        &self,
        groups: impl Iterator<Item = &'a Addr>,
    ) -> Result<Wanted, Vec<Diagnostic>> {
        let mut wanted = Wanted::default();
        let Some(network) = &self.file.default_network else { return Ok(wanted) };
        for group in groups.filter(|_| self.seals_default_groups()) {
            want_sealed(network, group, &mut wanted).map_err(|error: DecodeError| {
                let message = format!("the default groups cannot be expanded: {error}");
                vec![Diagnostic::error("cannot-expand", &(0..0), message)]
            })?;
        }
        Ok(wanted)
    }

    /// A group that stands for whichever there are: what permissions must cover.
    pub(super) fn expand_any_default_group(
        &self,
        place: &Place<'_>,
        wanted: &mut Wanted,
    ) -> Result<(), DecodeError> {
        want_flow_log(&Names { file: &self.file, place }, &FlowLog::addr("any"), "", wanted)?;
        match self.file.default_network.as_ref().filter(|_| self.seals_default_groups()) {
            Some(network) => want_sealed(network, &DefaultSecurityGroup::addr("any"), wanted)?,
            None => return Ok(()),
        }
        if self.removes_default_vpcs() {
            let any = VpcOfAws { cidr: String::new(), subnets: Set::default() };
            wanted.add("any", &any, [], &self.default_network_origin())?;
        }
        Ok(())
    }
}

fn want_flow_log(names: &Names<'_>, addr: &Addr, vpc: &str, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(network) = &names.file.default_network else { return Ok(()) };
    let Some(bucket) = network.flow_log_bucket() else { return Ok(()) };
    let log = FlowLog {
        vpc: Link::from(vpc),
        traffic: "ALL".to_owned(),
        destination: names.bucket_arn(bucket),
        aggregation_seconds: 600,
    };
    let origin = Origin::from(&network.header);
    wanted.add_within(addr.region(), addr.name(), &log, [s3_bucket::Bucket::addr(bucket)], &origin)?;
    Ok(())
}

fn want_sealed(network: &DefaultNetwork, group: &Addr, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let (sealed, origin) = (DefaultSecurityGroup::sealed(), Origin::from(&network.header));
    wanted.add_within(group.region(), group.name(), &sealed, [], &origin)?;
    Ok(())
}
