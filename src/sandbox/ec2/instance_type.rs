//! Types of instances: AWS's, the same in every region.
//!
//! `instance_types.txt.gz` has a line a type, as AWS described them in 2026: what is shown here, separated by tabs.

use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use super::listing::{Listing, list};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    // What is built in is whole; a test reads every line.
    let _read = GzDecoder::new(include_bytes!("instance_types.txt.gz").as_slice()).read_to_string(&mut text);
    text
});

/// A type, in the order of the columns of the table; `-` stands for nothing.
#[derive(Debug)]
struct InstanceType {
    name: &'static str,
    cpus: i64,
    cores: i64,
    threads: i64,
    valid_threads: Vec<i64>,
    mib: i64,
    architectures: Vec<&'static str>,
    /// `b` bare metal, `c` of the current generation, `f` free tier, `u` burstable, `s` with storage, `h` hibernates.
    flags: &'static str,
    hypervisor: Option<&'static str>,
    ena: &'static str,
    encryption: &'static str,
    interfaces: i64,
    addresses: i64,
    usage: Vec<&'static str>,
    virtualization: Vec<&'static str>,
    roots: Vec<&'static str>,
    storage: Option<i64>,
    /// Count, name with `_` for a space, manufacturer and MiB of each.
    gpus: Vec<&'static str>,
    network: &'static str,
}

static TYPES: LazyLock<Vec<InstanceType>> = LazyLock::new(|| TEXT.lines().filter_map(read).collect());

fn read(line: &'static str) -> Option<InstanceType> {
    let mut columns = line.split('\t');
    let mut column = || columns.next();
    let list = |text: &'static str| text.split(',').filter(|one| *one != "-").collect::<Vec<_>>();
    let number = |text: &'static str| text.parse::<i64>().ok();
    let given = |text: &'static str| (text != "-").then_some(text);
    Some(InstanceType {
        name: column()?,
        cpus: number(column()?)?,
        cores: number(column()?)?,
        threads: number(column()?)?,
        valid_threads: list(column()?).into_iter().filter_map(number).collect(),
        mib: number(column()?)?,
        architectures: list(column()?),
        flags: column()?,
        hypervisor: given(column()?),
        ena: column()?,
        encryption: column()?,
        interfaces: number(column()?)?,
        addresses: number(column()?)?,
        usage: list(column()?),
        virtualization: list(column()?),
        roots: list(column()?),
        storage: given(column()?).and_then(number),
        gpus: given(column()?).into_iter().flat_map(|gpus| gpus.split(' ')).collect(),
        network: column()?,
    })
}

fn named(name: &str) -> Option<&'static InstanceType> {
    let found = TYPES.binary_search_by(|one| one.name.cmp(name)).ok()?;
    TYPES.get(found)
}

/// The architecture of a type, where there is such a type; the wider one of old types that know two.
pub fn architecture(name: &str) -> Option<&'static str> {
    named(name)?.architectures.last().copied()
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
        ("burstable-performance-supported", "burstablePerformanceSupported"),
        ("current-generation", "currentGeneration"),
        ("free-tier-eligible", "freeTierEligible"),
        ("hibernation-supported", "hibernationSupported"),
        ("hypervisor", "hypervisor"),
        ("instance-storage-supported", "instanceStorageSupported"),
        ("instance-type", "instanceType"),
        ("memory-info.size-in-mib", "memoryInfo.sizeInMiB"),
        ("network-info.ena-support", "networkInfo.enaSupport"),
        ("network-info.maximum-network-interfaces", "networkInfo.maximumNetworkInterfaces"),
        ("processor-info.supported-architecture", "processorInfo.supportedArchitectures"),
        ("supported-root-device-type", "supportedRootDeviceTypes"),
        ("supported-usage-class", "supportedUsageClasses"),
        ("supported-virtualization-type", "supportedVirtualizationTypes"),
        ("vcpu-info.default-cores", "vCpuInfo.defaultCores"),
        ("vcpu-info.default-threads-per-core", "vCpuInfo.defaultThreadsPerCore"),
        ("vcpu-info.default-vcpus", "vCpuInfo.defaultVCpus"),
        ("vcpu-info.valid-threads-per-core", "vCpuInfo.validThreadsPerCore"),
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

fn shown(one: &InstanceType) -> Fields {
    let is = |flag: char| one.flags.contains(flag);
    let processors = Fields::new()
        .with("defaultVCpus", one.cpus)
        .with("defaultCores", one.cores)
        .with("defaultThreadsPerCore", one.threads)
        .list("validThreadsPerCore", one.valid_threads.iter().copied());
    let network = Fields::new()
        .with("networkPerformance", one.network)
        .with("maximumNetworkInterfaces", one.interfaces)
        .with("ipv4AddressesPerInterface", one.addresses)
        .with("enaSupport", one.ena);
    let storage = one.storage.map(|total| Fields::new().with("totalSizeInGB", total));
    Fields::new()
        .with("instanceType", one.name)
        .with("currentGeneration", is('c'))
        .with("freeTierEligible", is('f'))
        .list("supportedUsageClasses", one.usage.iter().copied())
        .list("supportedRootDeviceTypes", one.roots.iter().copied())
        .list("supportedVirtualizationTypes", one.virtualization.iter().copied())
        .with("bareMetal", is('b'))
        .maybe("hypervisor", one.hypervisor)
        .with(
            "processorInfo",
            Fields::new().list("supportedArchitectures", one.architectures.iter().copied()),
        )
        .with("vCpuInfo", processors)
        .with("memoryInfo", Fields::new().with("sizeInMiB", one.mib))
        .with("instanceStorageSupported", is('s'))
        .maybe("instanceStorageInfo", storage)
        .with("ebsInfo", Fields::new().with("encryptionSupport", one.encryption))
        .with("networkInfo", network)
        .maybe("gpuInfo", gpus(&one.gpus))
        .with("hibernationSupported", is('h'))
        .with("burstablePerformanceSupported", is('u'))
}

fn gpus(all: &[&'static str]) -> Option<Fields> {
    let mut total = 0;
    let rows: Vec<Fields> = all
        .iter()
        .filter_map(|gpu| {
            let mut parts = gpu.split('/');
            let count: i64 = parts.next()?.parse().ok()?;
            let (name, maker) = (parts.next()?.replace('_', " "), parts.next()?);
            let mib: i64 = parts.next()?.parse().ok()?;
            total += count * mib;
            let memory = Fields::new().with("sizeInMiB", mib);
            let row = Fields::new().with("name", name).with("manufacturer", maker);
            Some(row.with("count", count).with("memoryInfo", memory))
        })
        .collect();
    (!rows.is_empty()).then(|| Fields::new().list("gpus", rows).with("totalGpuMemoryInMiB", total))
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
    let rows = TYPES.iter().filter(|one| named.is_empty() || named.contains(&one.name)).map(shown);
    list(cx, params, &LISTING, rows.collect())
}

fn offerings(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let kind = params
        .choice("LocationType", &["region", "availability-zone", "availability-zone-id"])?
        .unwrap_or("region");
    if kind != "region" {
        return Err(Fault::not_implemented("offerings of instance types by zone"));
    }
    let row = |one: &InstanceType| {
        Fields::new()
            .with("instanceType", one.name)
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

    #[test]
    fn every_line_of_the_table_is_a_type_and_they_are_in_order() {
        let names: Vec<&str> = super::TYPES.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), super::TEXT.lines().count());
        assert!(names.len() > 1_000 && names.is_sorted());
        assert_eq!(super::architecture("m1.small"), Some("x86_64"));
        assert_eq!(super::architecture("t4g.nano"), Some("arm64"));
    }

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
