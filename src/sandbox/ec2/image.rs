//! Images: a handful of public ones, the same in every region.

use super::listing::{Listing, list};
use super::resource_id::IMAGE;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// A public image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    name: &'static str,
    description: &'static str,
    /// `x86_64` or `arm64`.
    pub architecture: &'static str,
    /// The device of the root volume.
    pub root: &'static str,
    /// GiB of the root volume.
    pub gib: i64,
    created: &'static str,
}

/// Amazon's own account.
const OWNER: &str = "137112412989";

const fn image(
    name: &'static str,
    description: &'static str,
    architecture: &'static str,
    root: &'static str,
    gib: i64,
) -> Image {
    Image { name, description, architecture, root, gib, created: "2029-11-18T21:12:43.000Z" }
}

const AL2023: Image = image(
    "al2023-ami-2023.6.20291115.0-kernel-6.1-x86_64",
    "Amazon Linux 2023 AMI x86_64 HVM kernel-6.1",
    "x86_64",
    "/dev/xvda",
    8,
);

const AL2023_ARM: Image = image(
    "al2023-ami-2023.6.20291115.0-kernel-6.1-arm64",
    "Amazon Linux 2023 AMI arm64 HVM kernel-6.1",
    "arm64",
    "/dev/xvda",
    8,
);

const UBUNTU: Image = image(
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20291115",
    "Canonical, Ubuntu, 24.04, amd64 noble image",
    "x86_64",
    "/dev/sda1",
    8,
);

const UBUNTU_ARM: Image = image(
    "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20291115",
    "Canonical, Ubuntu, 24.04, arm64 noble image",
    "arm64",
    "/dev/sda1",
    8,
);

const IMAGES: &[(&str, Image)] = &[
    ("ami-0d4e5f60718293a4b", UBUNTU),
    ("ami-0e5f60718293a4b5c", UBUNTU_ARM),
    (
        "ami-12c6146b",
        image(
            "ubuntu/images/hvm-ssd/ubuntu-trusty-14.04-amd64-server-20170727",
            "Canonical, Ubuntu, 14.04 LTS, amd64 trusty image",
            "x86_64",
            "/dev/sda1",
            8,
        ),
    ),
    (
        "ami-04681a1dbd79675a5",
        image(
            "amzn2-ami-hvm-2.0.20180810-x86_64-gp2",
            "Amazon Linux 2 AMI 2.0.20180810 x86_64 HVM gp2",
            "x86_64",
            "/dev/xvda",
            8,
        ),
    ),
    ("ami-0a1b2c3d4e5f60718", AL2023),
    ("ami-0b2c3d4e5f6071829", AL2023_ARM),
    (
        "ami-0c3d4e5f607182930",
        image(
            "amzn2-ami-hvm-2.0.20291116.0-x86_64-gp2",
            "Amazon Linux 2 AMI 2.0.20291116.0 x86_64 HVM gp2",
            "x86_64",
            "/dev/xvda",
            8,
        ),
    ),
];

/// The id that a public parameter holds: those of Amazon Linux and of Canonical.
pub fn public_parameter(name: &str) -> Option<&'static str> {
    let arm = name.contains("arm64");
    let wanted = if name.starts_with("/aws/service/ami-amazon-linux-latest/") {
        if arm { AL2023_ARM } else { AL2023 }
    } else if name.starts_with("/aws/service/canonical/ubuntu/server/") {
        if arm { UBUNTU_ARM } else { UBUNTU }
    } else {
        return None;
    };
    IMAGES.iter().find(|(_, image)| *image == wanted).map(|(id, _)| *id)
}

/// The image that a launch names, and its id. Parameters that nobody published name Amazon Linux; so do the ids that
/// stand for any image in documentation, `ami-0123456789abcdef0` and its like, so that what is copied from there works.
pub fn find(id: &str) -> Option<(&str, Image)> {
    if let Some(parameter) = id.strip_prefix("resolve:ssm:") {
        let wanted = if parameter.contains("arm64") { AL2023_ARM } else { AL2023 };
        let published = public_parameter(parameter);
        return IMAGES.iter().copied().find(|(known, image)| match published {
            Some(published) => *known == published,
            None => *image == wanted,
        });
    }
    if id.starts_with("ami-0123456789abcde") && IMAGE.check(id).is_ok() {
        return Some((id, AL2023));
    }
    IMAGES.iter().copied().find(|(known, _)| *known == id)
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[operation("DescribeImages", describe)];

const LISTING: Listing = Listing {
    set: "imagesSet",
    key: "imageId",
    ids: Some(("ImageId", &IMAGE)),
    filters: &[
        ("architecture", "architecture"),
        ("description", "description"),
        ("hypervisor", "hypervisor"),
        ("image-id", "imageId"),
        ("image-type", "imageType"),
        ("is-public", "isPublic"),
        ("name", "name"),
        ("owner-alias", "imageOwnerAlias"),
        ("owner-id", "imageOwnerId"),
        ("root-device-name", "rootDeviceName"),
        ("root-device-type", "rootDeviceType"),
        ("state", "imageState"),
        ("virtualization-type", "virtualizationType"),
    ],
    tagged: true,
    pages: Some((1, 1000)),
};

fn shown(id: &str, image: Image) -> Fields {
    let ebs = Fields::new()
        .with("deleteOnTermination", true)
        .with("snapshotId", id.replace("ami-", "snap-"))
        .with("volumeSize", image.gib)
        .with("volumeType", "gp3")
        .with("encrypted", false);
    Fields::new()
        .with("imageId", id)
        .with("imageLocation", format!("amazon/{}", image.name))
        .with("imageState", "available")
        .with("imageOwnerId", OWNER)
        .with("imageOwnerAlias", "amazon")
        .with("creationDate", image.created)
        .with("isPublic", true)
        .with("architecture", image.architecture)
        .with("imageType", "machine")
        .with("name", image.name)
        .with("description", image.description)
        .with("rootDeviceType", "ebs")
        .with("rootDeviceName", image.root)
        .list("blockDeviceMapping", [Fields::new().with("deviceName", image.root).with("ebs", ebs)])
        .with("virtualizationType", "hvm")
        .with("hypervisor", "xen")
        .with("enaSupport", true)
        .with("platformDetails", "Linux/UNIX")
        .with("usageOperation", "RunInstances")
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let owners = params.texts("Owner");
    let owned = owners.is_empty() || owners.iter().any(|owner| matches!(*owner, "amazon" | OWNER));
    let mut rows: Vec<Fields> = IMAGES.iter().map(|(id, image)| shown(id, *image)).collect();
    let named = params.texts("ImageId").into_iter().filter(|id| id.starts_with("ami-0123456789abcde"));
    rows.extend(named.filter_map(|id| find(id).map(|(id, image)| shown(id, image))));
    // All of them are public; nobody was named for one. None is deprecated or disabled.
    let executable = params.texts("ExecutableBy");
    let executable = executable.is_empty() || executable.contains(&"all");
    params.flag("IncludeDeprecated")?;
    params.flag("IncludeDisabled")?;
    rows.retain(|_| owned && executable);
    let named = params.texts("ImageId");
    named.iter().try_for_each(|id| IMAGE.check(id))?;
    let unknown: Vec<&str> = named.into_iter().filter(|id| find(id).is_none()).collect();
    if unknown.len() > 1 {
        let message = format!("The image ids '[{}]' do not exist", unknown.join(", "));
        return Err(Fault::client(IMAGE.unknown, message));
    }
    list(cx, params, &LISTING, rows)
}
