//! IPv6 ranges of VPCs and subnets: which one a request asks for, and what follows from a VPC that gets one or loses it.

use std::net::Ipv6Addr;

use ipnet::Ipv6Net;
use serde::{Deserialize, Serialize};

use super::network_acl::Entry;
use super::resource_id::IPV6_POOL;
use super::route_table::{Route, Target};
use super::security_group_rule::{Peer, SecurityGroupRule};
use super::state::State;
use super::tags::Tags;
use super::{Versioned, network_range, quotas};
use crate::sandbox::ids::Ids;
use crate::sandbox::lag::Lens;
use crate::sandbox::wire::{Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// The pool that ranges of Amazon's own come from.
pub const AMAZON: &str = "Amazon";
/// Every IPv6 address.
pub const EVERYWHERE: &str = "::/0";
/// The prefix of the range that a VPC gets of Amazon, or takes of a pool of one's own ("VPC CIDR blocks", Amazon VPC User Guide).
const OF_VPC: u8 = 56;
/// How long a range is being associated.
const ASSOCIATING: Milliseconds = 2_000;

/// An IPv6 range of a VPC or a subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipv6Range {
    /// The id of the association.
    pub association: String,
    /// The range, canonical.
    pub range: String,
    /// The id of the pool it is of, or [`AMAZON`].
    pub pool: String,
    /// When it was associated.
    pub since: Milliseconds,
}

impl Ipv6Range {
    /// The range itself; one of nothing where the text is none, which no range here is.
    pub fn net(&self) -> Ipv6Net {
        self.range.parse().unwrap_or_default()
    }

    fn shown_in(&self, state: &str) -> Fields {
        Fields::new()
            .with("associationId", &self.association)
            .with("ipv6CidrBlock", &self.range)
            .with("ipv6CidrBlockState", Fields::new().with("state", state))
            .with("ipv6AddressAttribute", "public")
            .with("ipSource", if self.pool == AMAZON { "amazon" } else { "byoip" })
    }

    /// As one of a subnet is shown.
    pub fn shown(&self, lens: Lens) -> Fields {
        self.shown_in(if lens.done(self.since, ASSOCIATING) { "associated" } else { "associating" })
    }

    /// As one of a subnet or a VPC is shown that was associated or taken away by the call that is answered.
    pub fn shown_now(&self, taken_away: bool) -> Fields {
        self.shown_in(if taken_away { "disassociating" } else { "associating" })
    }

    /// What those of a VPC say, too.
    pub fn of_vpc(&self, shown: Fields, region: &str) -> Fields {
        shown.with("ipv6Pool", &self.pool).with("networkBorderGroup", region)
    }
}

/// A range that is asked for, and the pool it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    range: Ipv6Net,
    pool: String,
}

/// The IPv6 range that a request asks for; nothing where it asks for none.
///
/// # Errors
/// `InvalidParameterCombination` for two sources, `MissingParameter` for a range without its pool, `InvalidVpc.Range` for one that is no
/// /56 of the pool or is another VPC's.
pub fn asked(ec2: &State, ids: &mut Ids, lens: Lens, params: &Params) -> Result<Option<Asked>, Fault> {
    let amazon = params.flag("AmazonProvidedIpv6CidrBlock")?.unwrap_or(false);
    let (text, pool) = (params.text("Ipv6CidrBlock"), params.text("Ipv6Pool"));
    let Some(pool) = pool else {
        if text.is_some() && !amazon {
            return Err(params.missing("Ipv6Pool"));
        }
        if text.is_some() {
            return Err(both());
        }
        return Ok(amazon.then(|| Asked { range: ec2.new_range(ids), pool: AMAZON.to_owned() }));
    };
    if amazon {
        return Err(both());
    }
    let whole: Ipv6Net =
        IPV6_POOL.find(&ec2.ipv6_pools, lens, pool)?.truth().range.parse().unwrap_or_default();
    let taken: Vec<Ipv6Net> = ec2.ranges_of_vpcs().collect();
    let is_free = |range: &Ipv6Net| !taken.contains(range);
    let range = match text {
        Some(text) => {
            let range = network_range::v6("ipv6CidrBlock", text)?;
            let fits = range.prefix_len() == OF_VPC && whole.contains(&range) && is_free(&range);
            fits.then_some(range).ok_or_else(|| invalid(text))?
        }
        None => {
            let mut parts = whole.subnets(OF_VPC).map_err(|_| invalid(&whole.to_string()))?;
            parts.find(is_free).ok_or_else(|| invalid(&whole.to_string()))?
        }
    };
    Ok(Some(Asked { range, pool: pool.to_owned() }))
}

fn both() -> Fault {
    let message = "AmazonProvidedIpv6CidrBlock, Ipv6CidrBlock and Ipv6Pool cannot be specified together";
    Fault::client("InvalidParameterCombination", message)
}

fn invalid(text: &str) -> Fault {
    Fault::client("InvalidVpc.Range", format!("The CIDR '{text}' is invalid."))
}

impl State {
    fn ranges_of_vpcs(&self) -> impl Iterator<Item = Ipv6Net> {
        self.vpcs.values().flat_map(|vpc| vpc.truth().ipv6.iter().map(Ipv6Range::net))
    }

    /// A range of Amazon's that no VPC has.
    fn new_range(&self, ids: &mut Ids) -> Ipv6Net {
        loop {
            let [a, b, c, ..] = ids.number().to_be_bytes();
            let third = u16::from_be_bytes([a, b]);
            let address = Ipv6Addr::new(0x2600, 0x1f18, third, u16::from_be_bytes([c, 0]), 0, 0, 0, 0);
            let range = Ipv6Net::new(address, OF_VPC).unwrap_or_default();
            if !self.ranges_of_vpcs().any(|taken| taken == range) {
                return range;
            }
        }
    }

    /// Gives a VPC an IPv6 range: its tables get the local route, its ACLs AWS's last entry, and what nobody has changed of the default
    /// ACL and of the groups lets IPv6 through, too ("VPC CIDR blocks", "Default network ACL", "Default security groups", Amazon VPC User
    /// Guide; ACL-5, SG-3).
    ///
    /// # Errors
    /// `CidrLimitExceeded`.
    pub fn associate_ipv6(
        &mut self,
        ids: &mut Ids,
        now: Milliseconds,
        vpc: &str,
        asked: Asked,
    ) -> Result<Ipv6Range, Fault> {
        let count = self.vpcs.get(vpc).map_or(0, |there| there.truth().ipv6.len());
        if count >= quotas::IPV6_RANGES {
            let message =
                format!("This network '{vpc}' has met its maximum number of allowed CIDRs: {count}");
            return Err(Fault::client("CidrLimitExceeded", message));
        }
        let (association, range) = (ids.id("vpc-cidr-assoc-"), asked.range.to_string());
        let made = Ipv6Range { association, range, pool: asked.pool, since: now };
        if let Some(there) = self.vpcs.get_mut(vpc) {
            there.change(now).ipv6.push(made.clone());
        }
        for table in self.route_tables.values_mut().filter(|table| table.truth().vpc == vpc) {
            let routes = &mut table.change(now).routes;
            let place = routes.iter().take_while(|route| route.is_local()).count();
            routes.insert(place, Route::local(made.range.clone()));
        }
        if count == 0 {
            self.let_ipv6_through(ids, now, vpc);
        }
        Ok(made)
    }

    fn let_ipv6_through(&mut self, ids: &mut Ids, now: Milliseconds, vpc: &str) {
        for acl in self.network_acls.values_mut().filter(|acl| acl.truth().vpc == vpc) {
            let is_unmodified = acl.truth().is_default && acl.truth().is_as_born();
            let acl = acl.change(now);
            for egress in [false, true] {
                if is_unmodified {
                    acl.entries.push(Entry::allow_all_v6(egress));
                }
                acl.entries.push(Entry::last_v6(egress));
            }
        }
        let groups: Vec<String> = self
            .security_groups
            .iter()
            .filter(|(_, group)| group.truth().vpc == vpc)
            .map(|(id, _)| id.clone())
            .filter(|id| self.lets_out_as_born(id))
            .collect();
        for group in groups {
            let rule = SecurityGroupRule::everything(&group, true, Peer::V6(EVERYWHERE.to_owned()));
            let id = ids.id("sgr-");
            self.tag_new(&id, Tags::new(), now);
            self.security_group_rules.insert(id, Versioned::new(rule, now));
        }
    }

    /// Whether what a group lets out is what AWS made it with.
    fn lets_out_as_born(&self, group: &str) -> bool {
        let born = SecurityGroupRule::everything(group, true, Peer::V4("0.0.0.0/0".to_owned()));
        let mut own = self
            .security_group_rules
            .values()
            .map(Versioned::truth)
            .filter(|rule| rule.group == group && rule.egress);
        own.next() == Some(&born) && own.next().is_none()
    }

    /// Takes an IPv6 range from its VPC, with the local routes to it.
    ///
    /// # Errors
    /// `InvalidVpcCidrBlockAssociationID.NotFound`, `InvalidCidrBlock.InUse` where a subnet has a part of it.
    pub fn disassociate_ipv6(
        &mut self,
        now: Milliseconds,
        association: &str,
    ) -> Result<(String, Ipv6Range), Fault> {
        let found = self.vpcs.iter().find_map(|(id, vpc)| {
            let range = vpc.truth().ipv6.iter().find(|range| range.association == association)?;
            Some((id.clone(), range.clone()))
        });
        let (vpc, range) = found.ok_or_else(|| {
            let message = format!("The vpc CIDR block association ID '{association}' does not exist");
            Fault::client("InvalidVpcCidrBlockAssociationID.NotFound", message)
        })?;
        let mut subnets = self.subnets.values().filter_map(|subnet| subnet.truth().ipv6.as_ref());
        if subnets.any(|of_subnet| range.net().contains(&of_subnet.net())) {
            let message = format!("The vpc {vpc} currently has a subnet within CIDR block {}", range.range);
            return Err(Fault::client("InvalidCidrBlock.InUse", message));
        }
        if let Some(there) = self.vpcs.get_mut(&vpc) {
            there.change(now).ipv6.retain(|other| other.association != association);
        }
        for table in self.route_tables.values_mut().filter(|table| table.truth().vpc == vpc) {
            let is_to_it = |route: &Route| route.is_local() && route.destination == range.range;
            table.change(now).routes.retain(|route| !is_to_it(route));
        }
        Ok((vpc, range))
    }
}

impl Route {
    /// The route that AWS keeps to a range of the VPC itself.
    pub fn local(range: String) -> Self {
        Self { destination: range, target: Target::local(), origin: "CreateRouteTable".to_owned() }
    }

    /// Whether AWS keeps it: it may lead elsewhere, and never goes (NET-18).
    pub fn is_local(&self) -> bool {
        self.origin == "CreateRouteTable"
    }
}
