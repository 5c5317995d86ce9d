//! Ids of EC2's resources: their form, and what EC2 says of one that is malformed or unknown (NET-10, aws-truths 2.2).

use std::collections::BTreeMap;

use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::wire::{Fault, Params};

/// One kind of id.
#[derive(Debug)]
pub struct IdKind {
    /// What it starts with, such as `vpc-`.
    pub prefix: &'static str,
    /// What a person calls it, as in `The vpc ID 'vpc-1' does not exist`.
    pub noun: &'static str,
    /// The code for an id of another form.
    pub malformed: &'static str,
    /// The code for an id that names nothing.
    pub unknown: &'static str,
    /// What the resource is called in tag specifications and ARNs.
    pub resource_type: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident: $prefix:literal, $noun:literal, $malformed:literal, $unknown:literal, $kind:literal;)*) => {
        $($(#[$doc])* pub const $name: IdKind = IdKind {
            prefix: $prefix, noun: $noun, malformed: $malformed, unknown: $unknown, resource_type: $kind,
        };)*
        /// Every kind of id that EC2 gives tags to.
        pub const KINDS: &[&IdKind] = &[$(&$name),*];
    };
}

kinds! {
    /// A VPC.
    VPC: "vpc-", "vpc", "InvalidVpcID.Malformed", "InvalidVpcID.NotFound", "vpc";
    /// A subnet.
    SUBNET: "subnet-", "subnet", "InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound", "subnet";
    /// An internet gateway.
    INTERNET_GATEWAY: "igw-", "internetGateway", "InvalidInternetGatewayId.Malformed",
        "InvalidInternetGatewayID.NotFound", "internet-gateway";
    /// An egress-only internet gateway.
    EGRESS_ONLY_GATEWAY: "eigw-", "egressOnlyInternetGateway", "InvalidEgressOnlyInternetGatewayId.Malformed",
        "InvalidEgressOnlyInternetGatewayId.NotFound", "egress-only-internet-gateway";
    /// A pool of IPv6 ranges of one's own.
    IPV6_POOL: "ipv6pool-ec2-", "ipv6Pool", "InvalidIpv6PoolId.Malformed", "InvalidIpv6PoolId.NotFound",
        "ipv6pool-ec2";
    /// A route table.
    ROUTE_TABLE: "rtb-", "routeTable", "InvalidRouteTableId.Malformed", "InvalidRouteTableID.NotFound", "route-table";
    /// A NAT gateway.
    NAT_GATEWAY: "nat-", "natGateway", "NatGatewayMalformed", "NatGatewayNotFound", "natgateway";
    /// An elastic address.
    ALLOCATION: "eipalloc-", "allocation", "InvalidAllocationID.NotFound", "InvalidAllocationID.NotFound",
        "elastic-ip";
    /// A security group.
    SECURITY_GROUP: "sg-", "security group", "InvalidGroupId.Malformed", "InvalidGroup.NotFound", "security-group";
    /// A rule of a security group.
    SECURITY_GROUP_RULE: "sgr-", "security group rule", "InvalidSecurityGroupRuleId.Malformed",
        "InvalidSecurityGroupRuleId.NotFound", "security-group-rule";
    /// A prefix list.
    PREFIX_LIST: "pl-", "prefix list", "InvalidPrefixListId.Malformed", "InvalidPrefixListID.NotFound", "prefix-list";
    /// A peering connection.
    PEERING_CONNECTION: "pcx-", "vpcPeeringConnection", "InvalidVpcPeeringConnectionId.Malformed",
        "InvalidVpcPeeringConnectionID.NotFound", "vpc-peering-connection";
    /// A VPC that is attached to a transit gateway.
    TRANSIT_GATEWAY_ATTACHMENT: "tgw-attach-", "transitGatewayAttachment", "InvalidTransitGatewayAttachmentID.Malformed",
        "InvalidTransitGatewayAttachmentID.NotFound", "transit-gateway-attachment";
    /// A transit gateway.
    TRANSIT_GATEWAY: "tgw-", "transitGateway", "InvalidTransitGatewayID.Malformed", "InvalidTransitGatewayID.NotFound",
        "transit-gateway";
    /// A virtual private gateway.
    VPN_GATEWAY: "vgw-", "vpnGateway", "InvalidVpnGatewayID.Malformed", "InvalidVpnGatewayID.NotFound", "vpn-gateway";
    /// An endpoint.
    VPC_ENDPOINT: "vpce-", "Vpc Endpoint", "InvalidVpcEndpointId.Malformed", "InvalidVpcEndpointId.NotFound",
        "vpc-endpoint";
    /// A network ACL.
    NETWORK_ACL: "acl-", "networkAcl", "InvalidNetworkAclId.Malformed", "InvalidNetworkAclID.NotFound", "network-acl";
    /// A flow log.
    FLOW_LOG: "fl-", "flow log", "InvalidFlowLogId.Malformed", "InvalidFlowLogId.NotFound", "vpc-flow-log";
    /// A network interface.
    NETWORK_INTERFACE: "eni-", "networkInterface", "InvalidNetworkInterfaceId.Malformed",
        "InvalidNetworkInterfaceID.NotFound", "network-interface";
    /// A set of DHCP options.
    DHCP_OPTIONS: "dopt-", "dhcpOption", "InvalidDhcpOptionsId.Malformed", "InvalidDhcpOptionID.NotFound",
        "dhcp-options";
    /// An instance.
    INSTANCE: "i-", "instance", "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound", "instance";
    /// An image.
    IMAGE: "ami-", "image", "InvalidAMIID.Malformed", "InvalidAMIID.NotFound", "image";
    /// A launch template.
    LAUNCH_TEMPLATE: "lt-", "launch template", "InvalidLaunchTemplateId.Malformed",
        "InvalidLaunchTemplateId.NotFound", "launch-template";
    /// A volume.
    VOLUME: "vol-", "volume", "InvalidVolumeID.Malformed", "InvalidVolume.NotFound", "volume";
    /// A snapshot.
    SNAPSHOT: "snap-", "snapshot", "InvalidSnapshotID.Malformed", "InvalidSnapshot.NotFound", "snapshot";
}

impl IdKind {
    /// The kind that an id's prefix tells.
    pub fn of(id: &str) -> Option<&'static Self> {
        KINDS.iter().copied().find(|kind| id.starts_with(kind.prefix))
    }

    /// Refuses an id of another form: the prefix, then 8 or 17 hex digits.
    ///
    /// # Errors
    /// The kind's `malformed` code.
    pub fn check(&self, id: &str) -> Result<(), Fault> {
        let hex = |rest: &str| {
            matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        if id.strip_prefix(self.prefix).is_some_and(hex) {
            return Ok(());
        }
        // Not every kind has a code for that (Error codes for the Amazon EC2 API).
        if self.malformed == self.unknown {
            return Err(self.not_found(id));
        }
        Err(Fault::client(self.malformed, format!("Invalid id: \"{id}\" (expecting \"{}...\")", self.prefix)))
    }

    /// The refusal of an id that names nothing.
    pub fn not_found(&self, id: &str) -> Fault {
        let message = match self.prefix {
            "sg-" => format!("The security group '{id}' does not exist"),
            "nat-" => format!("The Nat Gateway {id} was not found"),
            "tgw-" => format!("Transit Gateway {id} was deleted or does not exist."),
            "lt-" => format!("The specified launch template, with template ID {id}, does not exist."),
            "ami-" => format!("The image id '[{id}]' does not exist"),
            _ => format!("The {} ID '{id}' does not exist", self.noun),
        };
        Fault::client(self.unknown, message)
    }

    /// A parameter that must be an id of this kind.
    ///
    /// # Errors
    /// `MissingParameter`, or the kind's `malformed` code.
    pub fn required<'p>(&self, params: &'p Params, name: &str) -> Result<&'p str, Fault> {
        let id = params.required(name)?;
        self.check(id)?;
        Ok(id)
    }

    /// What this call sees under an id.
    ///
    /// # Errors
    /// The kind's `malformed` or `unknown` code; the latter also for what is too new to be seen (NET-10).
    pub fn find<'s, T: Clone>(
        &self,
        things: &'s BTreeMap<String, Versioned<T>>,
        lens: Lens,
        id: &str,
    ) -> Result<&'s Versioned<T>, Fault> {
        self.check(id)?;
        let found = things.get(id).filter(|thing| thing.seen(lens, id).is_some());
        found.ok_or_else(|| self.not_found(id))
    }

    /// The same, to change it.
    ///
    /// # Errors
    /// The kind's `malformed` or `unknown` code.
    pub fn find_mut<'s, T: Clone>(
        &self,
        things: &'s mut BTreeMap<String, Versioned<T>>,
        lens: Lens,
        id: &str,
    ) -> Result<&'s mut Versioned<T>, Fault> {
        self.check(id)?;
        let found = things.get_mut(id).filter(|thing| thing.seen(lens, id).is_some());
        found.ok_or_else(|| self.not_found(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_prefix_and_8_or_17_hex_digits() {
        assert!(VPC.check("vpc-0123456789abcdef0").is_ok() && VPC.check("vpc-01234567").is_ok());
        for id in ["vpc-", "subnet-01234567", "vpc-0123456", "vpc-0123456X", ""] {
            assert_eq!(VPC.check(id).unwrap_err().code, "InvalidVpcID.Malformed", "{id}");
        }
    }
}
