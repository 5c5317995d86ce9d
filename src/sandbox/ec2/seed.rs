//! Networks as one meets them: ports open to the world in six regions, and an instance that hands out credentials
//! to whoever makes it fetch an address.

use super::Versioned;
use super::instance::Instance;
use super::network_interface::NewInterface;
use super::security_group::SecurityGroup;
use super::security_group_rule::{Peer, SecurityGroupRule};
use super::snapshot::Snapshot;
use super::state::State;
use super::tags::Tags;
use crate::sandbox::ids::Ids;
use crate::sandbox::world::{Milliseconds, World};

const DAY: Milliseconds = 86_400_000;

/// Makes an account's networks neglected, in its home region and in five that nobody looks at.
pub fn neglect(world: &mut World, account: &str) {
    let now = world.clock;
    let v4 = || Peer::V4("0.0.0.0/0".to_owned());
    in_region(world, account, "us-east-1", |ec2, ids| {
        let group = open(ec2, ids, now - 600 * DAY, "launch-wizard-1", &[(22, v4())]);
        group.map(|group| launch(ec2, ids, now - 600 * DAY, group));
    });
    // A demonstration, a proof of concept, an office that moved.
    for (region, name, port, days) in [
        ("us-west-2", "demo-do-not-delete", 3389, 700),
        ("eu-central-1", "poc", 6379, 300),
        ("ap-southeast-1", "launch-wizard-1", 22, 900),
    ] {
        in_region(world, account, region, |ec2, ids| {
            drop(open(ec2, ids, now - days * DAY, name, &[(port, v4())]))
        });
    }
    in_region(world, account, "sa-east-1", |ec2, ids| {
        open(ec2, ids, now - 1_000 * DAY, "old-office", &[(22, v4()), (1433, v4())]);
    });
    in_region(world, account, "eu-west-1", |ec2, ids| {
        let peers = [(22, v4()), (3389, v4()), (5432, Peer::V6("::/0".to_owned()))];
        open(ec2, ids, now - 450 * DAY, "trial", &peers);
        // Shared for an afternoon, with everybody.
        let id = ids.id("snap-");
        ec2.tag_new(&id, Tags::new(), now - 440 * DAY);
        ec2.snapshots.insert(
            id,
            Versioned::new(Snapshot { gib: 8, public: true, shared_with: Vec::new() }, now - 440 * DAY),
        );
    });
}

/// The maker of ids and the region are both in the world, so a copy of the former is put back.
fn in_region(world: &mut World, account: &str, region: &str, work: impl FnOnce(&mut State, &mut Ids)) {
    world.region(account, region);
    let mut ids = world.ids.clone();
    work(&mut world.region(account, region).ec2, &mut ids);
    world.ids = ids;
}

/// A security group of the default VPC that lets these peers reach these ports; nothing where there is no such VPC.
fn open(
    ec2: &mut State,
    ids: &mut Ids,
    made: Milliseconds,
    name: &str,
    ports: &[(i64, Peer)],
) -> Option<String> {
    let vpc = ec2.default_vpc()?.to_owned();
    let id = ids.id("sg-");
    let group = SecurityGroup { name: name.to_owned(), description: format!("{name} created by hand"), vpc };
    ec2.security_groups.insert(id.clone(), Versioned::new(group, made));
    ec2.tag_new(&id, Tags::new(), made);
    let everything_out = SecurityGroupRule::everything(&id, true, Peer::V4("0.0.0.0/0".to_owned()));
    let ports = ports.iter().map(|(port, peer)| SecurityGroupRule {
        group: id.clone(),
        egress: false,
        protocol: "tcp".to_owned(),
        ports: Some((*port, *port)),
        peer: peer.clone(),
        description: None,
    });
    for rule in ports.chain([everything_out]) {
        let rule_id = ids.id("sgr-");
        ec2.tag_new(&rule_id, Tags::new(), made);
        ec2.security_group_rules.insert(rule_id, Versioned::new(rule, made));
    }
    Some(id)
}

/// An instance with a public address, no profile and IMDSv1; nothing where the default VPC has no room.
fn launch(ec2: &mut State, ids: &mut Ids, made: Milliseconds, group: String) -> Option<()> {
    let subnets = ec2.subnets.iter();
    let mut default = subnets.filter(|(_, subnet)| subnet.truth().default_for_zone);
    let (subnet, place) = default.next().map(|(id, subnet)| (id.clone(), subnet.truth().clone()))?;
    let id = ids.id("i-");
    let new = NewInterface {
        subnet: subnet.clone(),
        groups: vec![group.clone()],
        interface_type: "interface".to_owned(),
        instance: Some(id.clone()),
        public: true,
        ..NewInterface::default()
    };
    let interface = ec2.add_interface(ids, made, new).ok()?;
    let private_ip = ec2.network_interfaces.get(&interface)?.truth().private_ip.clone();
    let instance = Instance {
        image: "ami-12c6146b".to_owned(),
        instance_type: "t3.micro".to_owned(),
        vpc: place.vpc,
        subnet,
        zone: place.zone,
        groups: vec![group],
        profile: None,
        interface,
        private_ip,
        http_tokens: "optional".to_owned(),
        hop_limit: 2,
        monitoring: false,
        key: Some("admin-laptop".to_owned()),
        volume: ids.id("vol-"),
        ebs_optimized: false,
        keeps_running: false,
        keeps: false,
        at_shutdown: None,
        reservation: ids.id("r-"),
        user_data: None,
        index: 0,
        launched: made,
        terminated: None,
    };
    ec2.instances.insert(id.clone(), Versioned::new(instance, made));
    ec2.tag_new(&id, [("Name".to_owned(), "jump-host".to_owned())].into(), made);
    Some(())
}
