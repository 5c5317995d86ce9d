//! `[auto_scaling.NAME]`: instances that come and go with the load.

use super::Diagnostic;
use super::endpoint;
use super::flows;
use super::kms_key::KmsKey;
use super::load_balancer::LoadBalancer;
use super::names::Names;
use super::role::Role;
use super::scaling::{self, ScaleIn, ScaleMetric, ScaleOut};
use super::section::section;
use super::subnets;
use super::tier::Tier;
use super::types::{
    Declared, DeviceName, Image, InstanceType, List, OrOff, Script, Sectioned, Switch, Whole, choice,
};
use crate::kinds::autoscaling_group::AutoScalingGroup;
use crate::kinds::ec2_launch_template::{self, LaunchTemplate};
use crate::kinds::ec2_network_acl::NetworkAcl;
use crate::kinds::ec2_security_group::SecurityGroup;
use crate::kinds::ec2_subnet::Subnet;
use crate::kinds::elb_load_balancer;
use crate::kinds::elb_target_group::TargetGroup;
use crate::kinds::iam_role;
use crate::kinds::kms_key::Key;
use crate::model::{Addr, DecodeError, Dict, Origin, Owned, ResourceSpec as _, Set, Wanted, architecture};

choice! {
    /// Who says that an instance is unhealthy.
    HealthSource {
        /// EC2 alone.
        Ec2 = "EC2",
        /// The load balancer too.
        Elb = "ELB",
    }
}

choice! {
    /// The type of a volume.
    VolumeType {
        /// General purpose.
        Gp3 = "gp3",
        /// General purpose, the former generation.
        Gp2 = "gp2",
    }
}

section! {
    /// The instances' root volume. It is always encrypted.
    #[practices(4)]
    Volume {
        /// Its size in GiB.
        size_gib: Whole<1, 16384>, absent "the image's";
        /// Its type.
        r#type: VolumeType, default "\"gp3\"";
        /// Its key.
        kms_key: Declared<KmsKey>, absent "the region's default key";
        /// The device of the image's root volume.
        device: DeviceName, absent "what the image says";
    }
}

section! {
    /// How AWS replaces the instances.
    #[practices(4)]
    InstanceRefresh {
        /// The percentage of the instances that stays in service meanwhile.
        min_healthy: Whole<0, 100>, absent "AWS's: that of the group's maintenance policy, or 90";
    }
}

section! {
    /// A launch template and a group that keeps the number of instances between two bounds.
    ///
    /// Instances have IMDSv2 only, encrypted volumes and no key of a person. How many run at a moment is the
    /// scaler's business.
    #[practices(4, 10)]
    AutoScaling {
        /// The load balancer that sends them requests.
        load_balancer: Declared<LoadBalancer>, absent "none";
        /// The tier they run in.
        tier: Declared<Tier>, absent "the load balancer's";
        /// The role they run with; it needs `instance_profile = true`.
        role: Declared<Role>, absent "none";
        /// The instance type.
        instance_type: InstanceType, required;
        /// The image.
        image: Image, absent "the newest Amazon Linux 2023, for the processor of `instance_type`";
        /// The least number of instances.
        min: Whole<0, 5000>, required;
        /// The greatest number of instances.
        max: Whole<0, 5000>, required;
        /// How many run at first.
        desired: Whole<0, 5000>, absent "`min`";
        /// The average CPU load in percent that the group keeps; `false` for no scaling by it.
        target_cpu: OrOff<Whole<1, 100>>, default "60";
        /// The average bytes a minute that an instance receives, which the group keeps.
        target_network_in: Whole<1, 1_000_000_000_000>, absent "no scaling by it";
        /// The average bytes a minute that an instance sends, which the group keeps.
        target_network_out: Whole<1, 1_000_000_000_000>, absent "no scaling by it";
        /// The requests a minute that the load balancer sends each instance, on average, which the group keeps.
        target_requests: Whole<1, 1_000_000_000>, absent "no scaling by it";
        /// Steps by which instances are added; then `target_cpu` is off unless it is written.
        scale_out: List<ScaleOut>, default "[]";
        /// Steps by which instances are removed.
        scale_in: List<ScaleIn>, default "[]";
        /// What the steps look at: two averages in a row, each over five minutes, or over one with
        /// `detailed_monitoring`.
        scale_metric: ScaleMetric, default "\"cpu\"";
        /// Whether running instances are replaced when what they are launched from has changed: apply starts an instance
        /// refresh and does not wait for its end. Otherwise plan and drift say which instances run an older version.
        instance_refresh: Switch<InstanceRefresh>, default "false";
        /// The root volume.
        volume: Volume, default "{}";
        /// A script run at first boot, taken as it is.
        user_data: Script, absent "none";
        /// Who says that an instance is unhealthy.
        health_check: HealthSource, absent "`\"ELB\"` with a load balancer, else `\"EC2\"`";
        /// Seconds a new instance is left alone.
        grace_seconds: Whole<0, 7200>, default "300";
        /// How many network hops an answer of the metadata service may travel. Containers need 2.
        hop_limit: Whole<1, 64>, default "1";
        /// Metrics every minute instead of every five.
        detailed_monitoring: bool, default "false";
    }
}

impl Sectioned for AutoScaling {
    const SECTION: &'static str = "auto_scaling";
    const WORDS: &'static str = "group";
}

impl AutoScaling {
    /// The name of the tier its instances run in.
    pub(super) fn tier<'a>(&'a self, names: &Names<'a>) -> Option<&'a str> {
        if let Some(tier) = &self.tier {
            return Some(tier.name());
        }
        let balancer = names.file.load_balancer.get(self.load_balancer.as_ref()?.name())?;
        Some(balancer.tier.name())
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    for entry in names.file.auto_scaling.iter() {
        let group = &entry.section;
        let header = &group.header.span;
        if group.tier.is_none() && group.load_balancer.is_none() {
            problems.push(
                Diagnostic::error("missing-key", header, "set `tier` or `load_balancer`")
                    .hint("add `tier = \"NAME\"` or `load_balancer = \"NAME\"`"),
            );
        }
        if group.max.0 < group.min.0 {
            problems.push(
                Diagnostic::error("bad-combination", &group.max.span, "`max` is less than `min`")
                    .related(&group.min.span, "the least"),
            );
        }
        if let Some(desired) = group.desired.as_ref().filter(|n| n.0 < group.min.0 || n.0 > group.max.0) {
            problems.push(Diagnostic::error(
                "bad-combination",
                &desired.span,
                format!("`desired` must be from {} to {}", group.min.0, group.max.0),
            ));
        }
        if group.health_check.as_ref().is_some_and(|check| check.value == HealthSource::Elb)
            && group.load_balancer.is_none()
            && let Some(check) = &group.health_check
        {
            problems.push(
                Diagnostic::error(
                    "bad-combination",
                    &check.span,
                    "no load balancer looks at these instances",
                )
                .hint("leave `health_check` out"),
            );
        }
        scaling::check(group, problems);
        check_architecture(group, problems);
        check_role(names, group, problems);
        check_way_out(names, group, problems);
    }
}

fn check_role(names: &Names<'_>, group: &AutoScaling, problems: &mut Vec<Diagnostic>) {
    let Some(name) = &group.role else { return };
    if let Some(role) = names.file.role.get(name.name())
        && !role.instance_profile.value
    {
        problems.push(
            Diagnostic::error("no-instance-profile", &name.span, "instances cannot run with this role")
                .related(&role.header.span, "this role")
                .hint("set `instance_profile = true` on the role"),
        );
    }
}

fn check_way_out(names: &Names<'_>, group: &AutoScaling, problems: &mut Vec<Diagnostic>) {
    let Some(network) = &names.file.network else { return };
    let Some(name) = group.tier(names) else { return };
    let Some(entry) = network.tier.iter().find(|entry| entry.name == name) else { return };
    let tier = &entry.section;
    let way_out = tier.public_ips.value || flows::uses_nat(network, entry);
    // A tier that is told to reach nothing is meant that way.
    if !way_out && tier.egress.is_none() && !tier.public_ips.given {
        problems.push(
            Diagnostic::warning(
                "no-way-out",
                &group.header.span,
                "these instances cannot reach the internet, not even for updates",
            )
            .hint("set `public_ips` or `egress = \"none\"` on the tier, or use a private tier with `egress = \"internet\"` and `nat`"),
        );
    }
}

pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(network) = &names.file.network else { return Ok(()) };
    for entry in names.file.auto_scaling.iter() {
        let (name, group) = (entry.name.as_str(), &entry.section);
        let Some(tier) = group.tier(names) else { continue };
        let origin = Origin::from(&group.header);
        wanted.add(name, &launch_template(names, name, tier, group), [], &origin)?;
        let zones = subnets::zones_of(network, tier);
        let balanced = group.load_balancer.as_ref().map(|balancer| balancer.name());
        let health = match &group.health_check {
            Some(chosen) => chosen.value,
            None if balanced.is_some() => HealthSource::Elb,
            None => HealthSource::Ec2,
        };
        let attributes = AutoScalingGroup {
            group: names.prefixed(name),
            launch_template: LaunchTemplate::output(name, "id"),
            subnets: zones
                .iter()
                .map(|zone| Subnet::output(format!("{tier}-{}", zone.letter), "id"))
                .collect(),
            min: group.min.0,
            max: group.max.0,
            desired: Owned::AtCreation(group.desired.as_ref().map_or(group.min.0, |desired| desired.0)),
            target_groups: balanced.iter().map(|balancer| TargetGroup::output(*balancer, "arn")).collect(),
            health_check: health.word().to_owned(),
            grace_seconds: group.grace_seconds.0,
            policies: scaling::targets(group),
            steps: scaling::steps(group),
            suspended: Set::default(),
            instances: group.instance_refresh.on().map(|_| LaunchTemplate::output(name, "version")),
            min_healthy: group
                .instance_refresh
                .on()
                .and_then(|refresh| refresh.min_healthy.as_ref())
                .map(|percent| Owned::AtCreation(percent.0)),
        };
        // Instances start with the group: their profile, their way out and their load balancer come first.
        let after: Vec<Addr> = group
            .role
            .iter()
            .map(|role| iam_role::Role::addr(role.name()))
            .chain(balanced.map(elb_load_balancer::LoadBalancer::addr))
            .chain(network.route_tables(tier))
            .chain(endpoint::addresses(names, network, tier))
            .chain([NetworkAcl::addr(tier)])
            .collect();
        wanted.add(name, &attributes, after, &origin)?;
    }
    Ok(())
}

/// The public parameter that names the newest Amazon Linux 2023 (Amazon Linux User Guide, "Launching with the SSM
/// parameter").
fn newest_image(instance_type: &str) -> String {
    let processor = architecture(instance_type);
    format!("ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{processor}")
}

/// An image that names its processor must name that of the instances.
fn check_architecture(group: &AutoScaling, problems: &mut Vec<Diagnostic>) {
    let Some(image) = &group.image else { return };
    let kind = group.instance_type.written();
    let runs = architecture(kind);
    let other = if runs == "arm64" { &["x86_64", "amd64"][..] } else { &["arm64", "aarch64"][..] };
    let written = image.written();
    if let Some(named) = other.iter().find(|named| written.contains(**named)) {
        problems.push(
            Diagnostic::error(
                "bad-combination",
                &image.span,
                format!("{kind} runs {runs}, and this image is for {named}"),
            )
            .related(&group.instance_type.span, "the instances")
            .hint("leave `image` out for the newest Amazon Linux 2023, or take the image of the other processor"),
        );
    }
}

/// The root device: that of the file, or of Amazon Linux, or what the image turns out to have.
fn root_device(group: &AutoScaling) -> &str {
    match (&group.volume.device, &group.image) {
        (Some(device), _) => device.written(),
        (None, None) => "/dev/xvda",
        (None, Some(_)) => ec2_launch_template::ROOT,
    }
}

/// The tags of the file for what an instance starts with.
fn launch_tags(names: &Names<'_>) -> Dict<Dict<String>> {
    let tags = Dict(names.file.tags.declared());
    if tags.0.is_empty() {
        return Dict::default();
    }
    ["instance", "network-interface", "volume"]
        .into_iter()
        .map(|what| (what.to_owned(), tags.clone()))
        .collect()
}

fn launch_template(names: &Names<'_>, name: &str, tier: &str, group: &AutoScaling) -> LaunchTemplate {
    let newest = newest_image(group.instance_type.written());
    let image = group.image.as_ref().map_or(newest.as_str(), |image| image.written());
    let volume = ec2_launch_template::Volume {
        encrypted: true,
        kms_key: group.volume.kms_key.as_ref().map(|key| Key::output(key.name(), "arn")),
        volume_type: group.volume.r#type.word().to_owned(),
        size_gib: group.volume.size_gib.as_ref().map(|size| size.0),
    };
    LaunchTemplate {
        template: names.prefixed(name),
        image: image
            .strip_prefix("ssm:")
            .map_or_else(|| image.to_owned(), |name| format!("resolve:ssm:{name}")),
        instance_type: group.instance_type.written().to_owned(),
        security_groups: Set::from_iter([SecurityGroup::output(tier, "id")]),
        instance_profile: group.role.as_ref().map(|role| names.role(role.name())),
        http_tokens: "required".to_owned(),
        hop_limit: group.hop_limit.0,
        detailed_monitoring: group.detailed_monitoring.value,
        volumes: Dict::from_iter([(root_device(group).to_owned(), volume)]),
        user_data: group.user_data.as_ref().map(|script| script.written().to_owned()),
        launch_tags: launch_tags(names),
        unsupported: None,
    }
}
