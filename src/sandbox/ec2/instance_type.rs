//! Types of instances: a handful of the usual ones.

use super::listing::{Listing, list};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

/// Name, virtual CPUs, MiB of memory, architecture.
const TYPES: &[(&str, i64, i64, &str)] = &[
    ("c4.large", 2, 3_840, "x86_64"),
    ("c5.xlarge", 4, 8_192, "x86_64"),
    ("c5.large", 2, 4_096, "x86_64"),
    ("c6i.large", 2, 4_096, "x86_64"),
    ("c7g.large", 2, 4_096, "arm64"),
    ("m4.large", 2, 8_192, "x86_64"),
    ("m5.large", 2, 8_192, "x86_64"),
    ("m5.xlarge", 4, 16_384, "x86_64"),
    ("m6i.large", 2, 8_192, "x86_64"),
    ("m7g.large", 2, 8_192, "arm64"),
    ("r5.large", 2, 16_384, "x86_64"),
    ("t2.micro", 1, 1_024, "x86_64"),
    ("t2.nano", 1, 512, "x86_64"),
    ("t2.medium", 2, 4_096, "x86_64"),
    ("t2.large", 2, 8_192, "x86_64"),
    ("t2.small", 1, 2_048, "x86_64"),
    ("t3.nano", 2, 512, "x86_64"),
    ("t3.micro", 2, 1_024, "x86_64"),
    ("t3.small", 2, 2_048, "x86_64"),
    ("t3.medium", 2, 4_096, "x86_64"),
    ("t3.large", 2, 8_192, "x86_64"),
    ("t3.xlarge", 4, 16_384, "x86_64"),
    ("t3a.micro", 2, 1_024, "x86_64"),
    ("t3a.small", 2, 2_048, "x86_64"),
    ("t3a.medium", 2, 4_096, "x86_64"),
    ("t4g.micro", 2, 1_024, "arm64"),
    ("t4g.small", 2, 2_048, "arm64"),
    ("t4g.medium", 2, 4_096, "arm64"),
];

/// The architecture of a type, where there is such a type.
pub fn architecture(name: &str) -> Option<&'static str> {
    TYPES.iter().find(|(known, ..)| *known == name).map(|(.., architecture)| *architecture)
}

/// The operations on them.
pub const OPERATIONS: &[Operation] =
    &[operation("DescribeInstanceTypes", describe), operation("DescribeInstanceTypeOfferings", offerings)];

const LISTING: Listing = Listing {
    set: "instanceTypeSet",
    key: "instanceType",
    ids: None,
    filters: &[
        ("bare-metal", "bareMetal"),
        ("current-generation", "currentGeneration"),
        ("free-tier-eligible", "freeTierEligible"),
        ("hypervisor", "hypervisor"),
        ("instance-type", "instanceType"),
        ("memory-info.size-in-mib", "memoryInfo.sizeInMiB"),
        ("processor-info.supported-architecture", "processorInfo.supportedArchitectures"),
        ("vcpu-info.default-vcpus", "vCpuInfo.defaultVCpus"),
    ],
    tagged: false,
    pages: Some((5, 100)),
};

const OFFERINGS: Listing = Listing {
    set: "instanceTypeOfferingSet",
    key: "instanceType",
    ids: None,
    filters: &[("instance-type", "instanceType"), ("location", "location")],
    tagged: false,
    pages: Some((5, 1000)),
};

fn shown(&(name, cpus, mib, architecture): &(&str, i64, i64, &str)) -> Fields {
    let old = name.starts_with("t2.");
    Fields::new()
        .with("instanceType", name)
        .with("currentGeneration", true)
        .with("freeTierEligible", name.ends_with(".micro"))
        .list("supportedUsageClasses", ["on-demand", "spot"])
        .list("supportedRootDeviceTypes", ["ebs"])
        .list("supportedVirtualizationTypes", ["hvm"])
        .with("bareMetal", false)
        .with("hypervisor", if old { "xen" } else { "nitro" })
        .with("processorInfo", Fields::new().list("supportedArchitectures", [architecture]))
        .with("vCpuInfo", Fields::new().with("defaultVCpus", cpus))
        .with("memoryInfo", Fields::new().with("sizeInMiB", mib))
        .with("instanceStorageSupported", false)
        .with("ebsInfo", Fields::new().with("encryptionSupport", "supported"))
        .with("networkInfo", Fields::new().with("maximumNetworkInterfaces", Node::Number(3)))
        .with("burstablePerformanceSupported", name.starts_with('t'))
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let named = params.texts("InstanceType");
    let unknown: Vec<&str> = named.iter().copied().filter(|name| architecture(name).is_none()).collect();
    if !unknown.is_empty() {
        return Err(Fault::client(
            "InvalidInstanceType",
            format!("The following supplied instance types do not exist: [{}]", unknown.join(", ")),
        ));
    }
    let rows = TYPES.iter().filter(|(name, ..)| named.is_empty() || named.contains(name)).map(shown);
    list(cx, params, &LISTING, rows.collect())
}

fn offerings(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let kind = params
        .choice("LocationType", &["region", "availability-zone", "availability-zone-id"])?
        .unwrap_or("region");
    if kind != "region" {
        return Err(Fault::not_implemented("offerings of instance types by zone"));
    }
    let row = |(name, ..): &(&str, i64, i64, &str)| {
        Fields::new()
            .with("instanceType", *name)
            .with("locationType", kind)
            .with("location", cx.region.as_str())
    };
    list(cx, params, &OFFERINGS, TYPES.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::Client;
    use aws_sdk_ec2::error::ProvideErrorMetadata;

    use crate::sandbox::testing::config;
    use crate::sandbox::{Profile, Sandbox};

    #[tokio::test]
    async fn images_and_types_are_described_and_unknown_ones_have_their_codes() {
        let ec2 = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
        let images = ec2.describe_images().image_ids("ami-12c6146b").send().await.unwrap();
        assert_eq!(images.images()[0].root_device_name(), Some("/dev/sda1"));
        let none = ec2.describe_images().image_ids("ami-00000000").send().await.unwrap_err();
        assert_eq!(none.code(), Some("InvalidAMIID.NotFound"));
        let types = ec2.describe_instance_types().instance_types("t3.micro".into()).send().await.unwrap();
        assert_eq!(types.instance_types()[0].memory_info().unwrap().size_in_mib(), Some(1_024));
        let none = ec2.describe_instance_types().instance_types("t9.micro".into()).send().await.unwrap_err();
        assert_eq!(none.code(), Some("InvalidInstanceType"));
    }
}
