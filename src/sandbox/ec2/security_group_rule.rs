//! What a rule of a security group is, how requests name rules, and how answers show them (SG-7).

use serde::{Deserialize, Serialize};

use super::network_range;
use super::resource_id::SECURITY_GROUP;
use super::state::{State, View};
use crate::sandbox::lag::Lens;
use crate::sandbox::wire::{Fault, Fields, Node, Params};

/// A rule: one direction, protocol, port range and peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroupRule {
    /// The id of the group it belongs to.
    pub group: String,
    /// Whether it is about outbound traffic.
    pub egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1`, or another protocol's number.
    pub protocol: String,
    /// First and last port, or ICMP type and code; absent where the protocol has none.
    pub ports: Option<(i64, i64)>,
    /// The other end.
    pub peer: Peer,
    /// What a person says about it.
    pub description: Option<String>,
}

/// The other end of what a rule allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Peer {
    /// An IPv4 range, canonical.
    V4(String),
    /// An IPv6 range, canonical.
    V6(String),
    /// Whoever is in the group with this id.
    Group(String),
    /// The ranges of the prefix list with this id.
    List(String),
}

impl SecurityGroupRule {
    /// A rule for all traffic.
    pub fn everything(group: &str, egress: bool, peer: Peer) -> Self {
        Self {
            group: group.to_owned(),
            egress,
            protocol: "-1".to_owned(),
            ports: None,
            peer,
            description: None,
        }
    }

    /// Whether both allow the same, whatever is said about it: there can be only one such rule (SG-8).
    pub fn is_same(&self, other: &Self) -> bool {
        let key = |rule: &Self| (rule.egress, rule.ports);
        key(self) == key(other)
            && self.group == other.group
            && self.protocol == other.protocol
            && self.peer == other.peer
    }
}

fn refuse(message: impl Into<String>) -> Fault {
    Fault::client("InvalidParameterValue", message)
}

/// A protocol in the form answers have: names for the four that have one (SG-7).
fn protocol(text: &str) -> Result<String, Fault> {
    let named = match text.to_ascii_lowercase().as_str() {
        "-1" | "all" => "-1".to_owned(),
        "tcp" | "6" => "tcp".to_owned(),
        "udp" | "17" => "udp".to_owned(),
        "icmp" | "1" => "icmp".to_owned(),
        "icmpv6" | "58" => "icmpv6".to_owned(),
        other => match other.parse::<u8>() {
            Ok(number) => number.to_string(),
            Err(_) => {
                return Err(refuse(format!("Invalid value '{text}' for IP protocol. Unknown protocol.")));
            }
        },
    };
    Ok(named)
}

fn ports(params: &Params, protocol: &str) -> Result<Option<(i64, i64)>, Fault> {
    let (from, to) = (params.number("FromPort")?, params.number("ToPort")?);
    match protocol {
        "tcp" | "udp" => {
            let (Some(from), Some(to)) = (from, to) else {
                return Err(refuse(
                    "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
                ));
            };
            if !(0..=65535).contains(&from) || !(0..=65535).contains(&to) || from > to {
                return Err(refuse(format!("Invalid TCP/UDP port range ({from}:{to})")));
            }
            Ok(Some((from, to)))
        }
        // Here -1 means any type or code, and leaving it out means the same.
        "icmp" | "icmpv6" => {
            let (kind, code) = (from.unwrap_or(-1), to.unwrap_or(-1));
            if !(-1..=255).contains(&kind) || !(-1..=255).contains(&code) || kind == -1 && code != -1 {
                return Err(refuse(format!("Invalid ICMP type and code ({kind}:{code})")));
            }
            Ok(Some((kind, code)))
        }
        // All ports are allowed, whatever is sent (SG-7).
        _ => Ok(None),
    }
}

/// Checks what a person says about a rule or a group.
///
/// # Errors
/// `InvalidParameterValue` for more than 255 letters, or other letters than AWS allows.
pub fn description(text: &str, what: &str) -> Result<(), Fault> {
    let good = |letter: char| letter.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(letter);
    if text.chars().count() <= 255 && text.chars().all(good) {
        return Ok(());
    }
    Err(refuse(format!(
        "Invalid {what} description. Valid descriptions are strings less than 256 characters from the \
         following set: a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
    )))
}

/// Where the rules of a request belong.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What the call can see.
    pub lens: Lens,
    /// The group's id.
    pub group: &'a str,
    /// The id of the group's VPC.
    pub vpc: &'a str,
    /// The direction.
    pub egress: bool,
}

impl State {
    /// The group that a request's pair names as peer.
    fn peer_group(&self, place: Place<'_>, pair: &Params) -> Result<Peer, Fault> {
        if let Some(id) = pair.text("GroupId").filter(|id| !id.is_empty()) {
            let peer = SECURITY_GROUP.find(&self.security_groups, place.lens, id)?.truth();
            if peer.vpc != place.vpc {
                let message = format!("The security group '{id}' does not exist in VPC '{}'", place.vpc);
                return Err(Fault::client("InvalidGroup.NotFound", message));
            }
            return Ok(Peer::Group(id.to_owned()));
        }
        let name = pair.required("GroupName")?;
        let found = self
            .security_groups
            .iter()
            .find(|(_, group)| group.truth().vpc == place.vpc && group.truth().name == name);
        found.map(|(id, _)| Peer::Group(id.clone())).ok_or_else(|| SECURITY_GROUP.not_found(name))
    }

    /// The rules that one permission stands for: one for every peer in it.
    fn of_permission(&self, place: Place<'_>, permission: &Params) -> Result<Vec<SecurityGroupRule>, Fault> {
        let protocol = protocol(permission.required("IpProtocol")?)?;
        let ports = ports(permission, &protocol)?;
        let mut peers = Vec::new();
        for range in permission.maps("IpRanges") {
            let peer = network_range::v4("cidrIp", range.required("CidrIp")?)?.to_string();
            peers.push((Peer::V4(peer), range.text("Description")));
        }
        if let Some(range) = permission.text("CidrIp") {
            peers.push((Peer::V4(network_range::v4("cidrIp", range)?.to_string()), None));
        }
        for range in permission.maps("Ipv6Ranges") {
            let peer = network_range::v6("cidrIpv6", range.required("CidrIpv6")?)?.to_string();
            peers.push((Peer::V6(peer), range.text("Description")));
        }
        for pair in permission.maps("Groups") {
            peers.push((self.peer_group(place, pair)?, pair.text("Description")));
        }
        for list in permission.maps("PrefixListIds") {
            peers.push((
                self.prefix_list(place.lens, list.required("PrefixListId")?)?,
                list.text("Description"),
            ));
        }
        if peers.is_empty() {
            return Err(Fault::client("MissingParameter", "Source group ID missing."));
        }
        let mut rules = Vec::new();
        for (peer, said) in peers {
            let said = said.filter(|said| !said.is_empty());
            said.map_or(Ok(()), |said| description(said, "rule"))?;
            rules.push(SecurityGroupRule {
                group: place.group.to_owned(),
                egress: place.egress,
                protocol: protocol.clone(),
                ports,
                peer,
                description: said.map(str::to_owned),
            });
        }
        Ok(rules)
    }

    /// The rules that a request names by their properties.
    ///
    /// # Errors
    /// `MissingParameter` for none, `InvalidParameterValue` for one named twice (SG-8), and what is wrong with each.
    pub fn named_rules(&self, place: Place<'_>, params: &Params) -> Result<Vec<SecurityGroupRule>, Fault> {
        let mut permissions = params.maps("IpPermissions");
        if let Some(single) =
            ["CidrIp", "FromPort", "IpProtocol", "ToPort"].iter().find(|name| params.has(name))
        {
            if !permissions.is_empty() {
                let message =
                    format!("The parameter '{single}' may not be used in combination with 'ipPermissions'");
                return Err(Fault::client("InvalidParameterCombination", message));
            }
            permissions.push(params);
        }
        if permissions.is_empty() {
            return Err(params.missing("IpPermissions"));
        }
        let mut rules: Vec<SecurityGroupRule> = Vec::new();
        for permission in permissions {
            for rule in self.of_permission(place, permission)? {
                if rules.iter().any(|other| other.is_same(&rule)) {
                    return Err(refuse("The same permission must not appear multiple times"));
                }
                rules.push(rule);
            }
        }
        Ok(rules)
    }

    /// A rule as ModifySecurityGroupRules words it: one peer, all properties anew.
    ///
    /// # Errors
    /// `MissingParameter` and `InvalidParameterCombination` for none and several peers, and what is wrong with the rest.
    pub fn reworded_rule(&self, place: Place<'_>, params: &Params) -> Result<SecurityGroupRule, Fault> {
        let named = params.text("IpProtocol").ok_or_else(|| {
            refuse("Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
        })?;
        let protocol = protocol(named)?;
        let ports = ports(params, &protocol)?;
        let names = ["CidrIpv4", "CidrIpv6", "ReferencedGroupId", "PrefixListId"];
        let given: Vec<(&str, &str)> =
            names.into_iter().filter_map(|name| Some((name, params.text(name)?))).collect();
        let peer = match given.as_slice() {
            [("CidrIpv4", range)] => Peer::V4(network_range::v4("cidrIpv4", range)?.to_string()),
            [("CidrIpv6", range)] => Peer::V6(network_range::v6("cidrIpv6", range)?.to_string()),
            [("ReferencedGroupId", id)] => {
                let mut pair = Params::default();
                pair.set("GroupId", crate::sandbox::wire::Param::Text((*id).to_owned()));
                self.peer_group(place, &pair)?
            }
            [("PrefixListId", id)] => self.prefix_list(place.lens, id)?,
            [] => {
                return Err(Fault::client(
                    "MissingParameter",
                    "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId",
                ));
            }
            _ => {
                return Err(Fault::client(
                    "InvalidParameterCombination",
                    "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified",
                ));
            }
        };
        let said = params.text("Description").filter(|said| !said.is_empty());
        said.map_or(Ok(()), |said| description(said, "rule"))?;
        Ok(SecurityGroupRule {
            group: place.group.to_owned(),
            egress: place.egress,
            protocol,
            ports,
            peer,
            description: said.map(str::to_owned),
        })
    }

    /// A rule with its id; without ports they read as -1 here (unlike in [`permissions`]).
    pub(super) fn show_rule(&self, view: &View, id: &str, rule: &SecurityGroupRule) -> Fields {
        let (from, to) = rule.ports.unwrap_or((-1, -1));
        let shown = Fields::new()
            .with("securityGroupRuleId", id)
            .with("securityGroupRuleArn", view.arn("security-group-rule", id))
            .with("groupId", &rule.group)
            .with("groupOwnerId", &view.account)
            .with("isEgress", rule.egress)
            .with("ipProtocol", &rule.protocol)
            .with("fromPort", from)
            .with("toPort", to);
        let shown = match &rule.peer {
            Peer::V4(range) => shown.with("cidrIpv4", range),
            Peer::V6(range) => shown.with("cidrIpv6", range),
            Peer::List(id) => shown.with("prefixListId", id),
            // The VPC is told of groups in another one only, of which there are none here.
            Peer::Group(id) => {
                let peer = Fields::new().with("groupId", id).with("userId", &view.account);
                shown.with("referencedGroupInfo", peer)
            }
        };
        self.with_tags(shown.maybe("description", rule.description.as_ref()), view.lens, id)
    }
}

/// Rules of one direction as permissions: those that share protocol and ports are one (SG-7).
pub fn permissions(rules: &[&SecurityGroupRule], account: &str) -> Vec<Fields> {
    let mut keys: Vec<(&str, Option<(i64, i64)>)> = Vec::new();
    // Ranges stand in order, whatever ids the rules have.
    let mut rules = rules.to_vec();
    rules.sort_by(|one, other| one.peer.cmp(&other.peer));
    for rule in &rules {
        let key = (rule.protocol.as_str(), rule.ports);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let mut shown = Vec::new();
    for (protocol, ports) in keys {
        let (mut groups, mut v4, mut v6, mut lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for rule in rules.iter().filter(|rule| rule.protocol == protocol && rule.ports == ports) {
            let said = |fields: Fields| Node::from(fields.maybe("description", rule.description.as_ref()));
            match &rule.peer {
                Peer::Group(id) => {
                    groups.push(said(Fields::new().with("userId", account).with("groupId", id)));
                }
                Peer::V4(range) => v4.push(said(Fields::new().with("cidrIp", range))),
                Peer::V6(range) => v6.push(said(Fields::new().with("cidrIpv6", range))),
                Peer::List(id) => lists.push(said(Fields::new().with("prefixListId", id))),
            }
        }
        shown.push(
            Fields::new()
                .with("ipProtocol", protocol)
                .maybe("fromPort", ports.map(|(from, _)| from))
                .maybe("toPort", ports.map(|(_, to)| to))
                .list("groups", groups)
                .list("ipRanges", v4)
                .list("ipv6Ranges", v6)
                .list("prefixListIds", lists),
        );
    }
    shown
}
