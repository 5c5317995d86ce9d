//! What a version of a launch template says that the vocabulary cannot say, in words.
//!
//! Only somebody else put it there. It is a difference, because the next version is written without it.

use aws_sdk_ec2::types::{
    LaunchTemplateBlockDeviceMapping, LaunchTemplateInstanceMetadataEndpointState,
    LaunchTemplateInstanceMetadataOptions, LaunchTemplateInstanceMetadataProtocolIpv6,
    LaunchTemplateInstanceMetadataTagsState, ResponseLaunchTemplateData, ShutdownBehavior,
};

/// Everything in a version that the vocabulary cannot say.
pub(in crate::kinds) fn unsupported(data: &ResponseLaunchTemplateData) -> Option<String> {
    let mut found = Vec::new();
    found.extend(data.key_name().filter(|name| !name.is_empty()).map(|name| format!("key pair {name}")));
    for (is_set, words) in [
        (!data.network_interfaces().is_empty(), "network interfaces"),
        (!data.secondary_interfaces().is_empty(), "secondary interfaces"),
        (!data.security_groups().is_empty(), "security groups by name"),
        (data.kernel_id().is_some_and(|id| !id.is_empty()), "a kernel"),
        (data.ram_disk_id().is_some_and(|id| !id.is_empty()), "a RAM disk"),
        (data.instance_market_options().is_some(), "spot instances"),
        (data.instance_requirements().is_some(), "instance types by requirements"),
        (data.placement().is_some(), "a placement"),
        (data.disable_api_termination() == Some(true), "termination protection"),
        (data.disable_api_stop() == Some(true), "stop protection"),
        (!data.license_specifications().is_empty(), "licenses"),
        (data.ebs_optimized() == Some(true), "EBS optimization"),
        (
            data.instance_initiated_shutdown_behavior() == Some(&ShutdownBehavior::Terminate),
            "termination at shutdown",
        ),
        (!data.elastic_gpu_specifications().is_empty(), "elastic GPUs"),
        (!data.elastic_inference_accelerators().is_empty(), "elastic inference accelerators"),
        (data.credit_specification().is_some(), "CPU credits"),
        (data.cpu_options().is_some(), "CPU options"),
        (data.capacity_reservation_specification().is_some(), "capacity reservations"),
        (data.hibernation_options().and_then(|options| options.configured()) == Some(true), "hibernation"),
        (data.enclave_options().and_then(|options| options.enabled()) == Some(true), "enclaves"),
        (data.private_dns_name_options().is_some(), "private DNS names"),
        (data.maintenance_options().is_some(), "maintenance options"),
        (data.network_performance_options().is_some(), "network performance options"),
    ] {
        found.extend(is_set.then(|| words.to_owned()));
    }
    found.extend(data.metadata_options().into_iter().flat_map(metadata));
    found.extend(data.block_device_mappings().iter().flat_map(volume));
    (!found.is_empty()).then(|| found.join(", "))
}

fn metadata(options: &LaunchTemplateInstanceMetadataOptions) -> Vec<String> {
    use LaunchTemplateInstanceMetadataEndpointState as Endpoint;
    use LaunchTemplateInstanceMetadataProtocolIpv6 as Ipv6;
    use LaunchTemplateInstanceMetadataTagsState as Tags;
    let all = [
        (options.http_endpoint() == Some(&Endpoint::Disabled), "no instance metadata"),
        (options.http_protocol_ipv6() == Some(&Ipv6::Enabled), "instance metadata over IPv6"),
        (options.instance_metadata_tags() == Some(&Tags::Enabled), "tags in instance metadata"),
    ];
    all.into_iter().filter(|(is_set, _)| *is_set).map(|(_, words)| words.to_owned()).collect()
}

fn volume(mapping: &LaunchTemplateBlockDeviceMapping) -> Vec<String> {
    let device = mapping.device_name().unwrap_or_default();
    let ebs = mapping.ebs();
    let number = |number: Option<i32>, unit: &str| number.map(|number| format!("{number} {unit}"));
    let all = [
        mapping
            .virtual_name()
            .filter(|name| !name.is_empty())
            .map(|name| format!("the instance store {name}")),
        mapping.no_device().is_some().then(|| "no device".to_owned()),
        number(ebs.and_then(|ebs| ebs.iops()), "IOPS"),
        number(ebs.and_then(|ebs| ebs.throughput()), "MiB/s"),
        number(ebs.and_then(|ebs| ebs.volume_initialization_rate()), "MiB/s at its initialization"),
        ebs.and_then(|ebs| ebs.snapshot_id())
            .filter(|id| !id.is_empty())
            .map(|id| format!("the snapshot {id}")),
        ebs.and_then(|ebs| ebs.ebs_card_index()).map(|card| format!("the EBS card {card}")),
        (ebs.and_then(|ebs| ebs.delete_on_termination()) == Some(false))
            .then(|| "a volume that outlives its instance".to_owned()),
    ];
    all.into_iter().flatten().map(|what| format!("{device} with {what}")).collect()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::LaunchTemplateEbsBlockDevice;

    use super::*;

    #[test]
    fn what_a_person_put_into_a_template_is_seen() {
        let data = ResponseLaunchTemplateData::builder;
        let ebs = LaunchTemplateEbsBlockDevice::builder().iops(4000).delete_on_termination(false).build();
        let mapping = LaunchTemplateBlockDeviceMapping::builder().device_name("/dev/xvda").ebs(ebs).build();
        let off = LaunchTemplateInstanceMetadataOptions::builder()
            .http_endpoint(LaunchTemplateInstanceMetadataEndpointState::Disabled)
            .build();
        for (live, words) in [
            (data(), None),
            (data().key_name("laptop").disable_api_stop(true), Some("key pair laptop, stop protection")),
            (
                data().block_device_mappings(mapping),
                Some("/dev/xvda with 4000 IOPS, /dev/xvda with a volume that outlives its instance"),
            ),
            (data().metadata_options(off), Some("no instance metadata")),
        ] {
            assert_eq!(unsupported(&live.build()).as_deref(), words);
        }
    }
}
