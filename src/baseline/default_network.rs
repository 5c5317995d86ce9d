//! `[default_network]`: what AWS puts into every region of an account, and into every VPC.

use super::section::section;
use super::types::choice;
use super::{Baseline, Diagnostic};
use crate::kinds::ec2_default_security_group::DefaultSecurityGroup;
use crate::kinds::ec2_default_vpc::DefaultVpc as VpcOfAws;
use crate::model::{Addr, DecodeError, Origin, Set, Shape as _, Wanted};

choice! {
    /// What is done about default VPCs, and about the default security groups of all VPCs.
    DefaultVpc {
        /// The groups are emptied.
        Sealed = "sealed",
        /// Default VPCs in which nothing is are deleted with `--prune`; the groups of all other VPCs are emptied.
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
        /// Whether the groups are emptied, and whether the default VPC of each region goes. A group that network interfaces use is
        /// never emptied, and a VPC in which anything is or was made is never deleted: each is shown with what uses it.
        vpc: DefaultVpc, default "\"sealed\"";
    }
}

impl Baseline {
    /// Whether the default groups of all VPCs are looked at.
    pub fn seals_default_groups(&self) -> bool {
        self.file.default_network.as_ref().is_some_and(|network| network.vpc.value != DefaultVpc::Ignore)
    }

    /// Whether default VPCs in which nothing is are to go.
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
        for group in groups {
            want_sealed(network, group, &mut wanted).map_err(|error: DecodeError| {
                let message = format!("the default groups cannot be expanded: {error}");
                vec![Diagnostic::error("cannot-expand", &(0..0), message)]
            })?;
        }
        Ok(wanted)
    }

    /// A group that stands for whichever there are: what permissions must cover.
    pub(super) fn expand_any_default_group(&self, wanted: &mut Wanted) -> Result<(), DecodeError> {
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

fn want_sealed(network: &DefaultNetwork, group: &Addr, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let (sealed, origin) = (DefaultSecurityGroup::sealed(), Origin::from(&network.header));
    wanted.add_within(group.region(), group.name(), &sealed, [], &origin)?;
    Ok(())
}
