//! AWS's partitions: groups of regions with accounts, ARNs and hosts of their own.
//!
//! What botocore's `partitions.json` and `endpoints.json` say is held against them in the tests.

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name in ARNs, such as `aws-cn`.
    pub id: &'static str,
    /// What stands before the direction and the number in the names of its regions.
    pub regions: &'static [&'static str],
    /// What names of its hosts end in.
    pub dns_suffix: &'static str,
    /// The same for hosts that are reached over IPv6, too.
    pub dual_stack_dns_suffix: &'static str,
    /// The region that stands for the whole partition, and where AWS Organizations is reached.
    pub global_region: &'static str,
    /// The region of IAM: its policies are in the tag index there, and trails record there what belongs to no region.
    pub iam_region: &'static str,
    /// The host of the console.
    pub console: &'static str,
    /// The host that takes SAML assertions.
    pub sign_in: &'static str,
    /// EC2 as policies name it, the one service of this program whose name differs.
    pub ec2_service: &'static str,
}

/// Whether a text is the id of an account: twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Every partition that AWS's endpoint data has.
pub const PARTITIONS: &[Partition] = &[
    Partition {
        id: "aws",
        regions: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
        dns_suffix: "amazonaws.com",
        dual_stack_dns_suffix: "api.aws",
        global_region: "us-east-1",
        iam_region: "us-east-1",
        console: "console.aws.amazon.com",
        sign_in: "signin.aws.amazon.com",
        ec2_service: "ec2.amazonaws.com",
    },
    Partition {
        id: "aws-cn",
        regions: &["cn"],
        dns_suffix: "amazonaws.com.cn",
        dual_stack_dns_suffix: "api.amazonwebservices.com.cn",
        global_region: "cn-northwest-1",
        iam_region: "cn-north-1",
        console: "console.amazonaws.cn",
        sign_in: "signin.amazonaws.cn",
        ec2_service: "ec2.amazonaws.com.cn",
    },
    Partition {
        id: "aws-eusc",
        regions: &["eusc-de"],
        dns_suffix: "amazonaws.eu",
        dual_stack_dns_suffix: "api.amazonwebservices.eu",
        global_region: "eusc-de-east-1",
        iam_region: "eusc-de-east-1",
        console: "console.amazonaws-eusc.eu",
        sign_in: "eusc-de-east-1.signin.amazonaws-eusc.eu",
        ec2_service: "ec2.amazonaws.com",
    },
    Partition {
        id: "aws-iso",
        regions: &["us-iso"],
        dns_suffix: "c2s.ic.gov",
        dual_stack_dns_suffix: "api.aws.ic.gov",
        global_region: "us-iso-east-1",
        iam_region: "us-iso-east-1",
        console: "console.c2shome.ic.gov",
        sign_in: "signin.c2shome.ic.gov",
        ec2_service: "ec2.c2s.ic.gov",
    },
    Partition {
        id: "aws-iso-b",
        regions: &["us-isob"],
        dns_suffix: "sc2s.sgov.gov",
        dual_stack_dns_suffix: "api.aws.scloud",
        global_region: "us-isob-east-1",
        iam_region: "us-isob-east-1",
        console: "console.sc2shome.sgov.gov",
        sign_in: "signin.sc2shome.sgov.gov",
        ec2_service: "ec2.sc2s.sgov.gov",
    },
    Partition {
        id: "aws-iso-e",
        regions: &["eu-isoe"],
        dns_suffix: "cloud.adc-e.uk",
        dual_stack_dns_suffix: "api.cloud-aws.adc-e.uk",
        global_region: "eu-isoe-west-1",
        iam_region: "eu-isoe-west-1",
        console: "console.csphome.adc-e.uk",
        sign_in: "eu-isoe-west-1.signin.csphome.adc-e.uk",
        ec2_service: "ec2.amazonaws.com",
    },
    Partition {
        id: "aws-iso-f",
        regions: &["us-isof"],
        dns_suffix: "csp.hci.ic.gov",
        dual_stack_dns_suffix: "api.aws.hci.ic.gov",
        global_region: "us-isof-south-1",
        iam_region: "us-isof-south-1",
        console: "console.csphome.hci.ic.gov",
        sign_in: "us-isof-south-1.signin.csphome.hci.ic.gov",
        ec2_service: "ec2.amazonaws.com",
    },
    Partition {
        id: "aws-us-gov",
        regions: &["us-gov"],
        dns_suffix: "amazonaws.com",
        dual_stack_dns_suffix: "api.aws",
        global_region: "us-gov-west-1",
        iam_region: "us-gov-west-1",
        console: "console.amazonaws-us-gov.com",
        sign_in: "signin.amazonaws-us-gov.com",
        ec2_service: "ec2.amazonaws.com",
    },
];

/// The partition of this name.
pub fn named(id: &str) -> Option<&'static Partition> {
    PARTITIONS.iter().find(|partition| partition.id == id)
}

/// The partition a region lies in, by the form of its name: a region that is new is known, too.
pub fn of_region(region: &str) -> Option<&'static Partition> {
    let (rest, number) = region.rsplit_once('-')?;
    let (place, direction) = rest.rsplit_once('-')?;
    let is_region = !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && !direction.is_empty()
        && direction.bytes().all(|b| b.is_ascii_lowercase());
    PARTITIONS.iter().find(|partition| is_region && partition.regions.contains(&place))
}

/// The partition that an ARN names.
pub fn of_arn(arn: &str) -> Option<&'static Partition> {
    named(arn.strip_prefix("arn:")?.split(':').next()?)
}

/// Whether a host, or the name of a service, is one of AWS's.
pub fn is_aws(host: &str) -> bool {
    let ends = |end: &str| host.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'));
    PARTITIONS.iter().any(|partition| ends(partition.dns_suffix) || ends(partition.dual_stack_dns_suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_lies_in_the_partition_that_its_name_says() {
        for (region, partition) in [
            ("us-east-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("mx-central-1", Some("aws")),
            ("cn-northwest-1", Some("aws-cn")),
            ("us-gov-east-1", Some("aws-us-gov")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("us-iso-west-1", Some("aws-iso")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eu-isoe-west-1", Some("aws-iso-e")),
            ("us-isof-south-1", Some("aws-iso-f")),
            ("eusc-fr-west-1", None),
            ("xx-east-1", None),
            ("us-east", None),
            ("us-east-", None),
            ("us-east-1a", None),
            ("", None),
        ] {
            assert_eq!(of_region(region).map(|found| found.id), partition, "{region}");
        }
        for partition in PARTITIONS {
            assert_eq!(of_region(partition.global_region), Some(partition));
            assert_eq!(of_region(partition.iam_region), Some(partition));
            assert_eq!(of_arn(&format!("arn:{}:iam::123456789012:root", partition.id)), Some(partition));
        }
        assert_eq!(of_arn("arn:aws-mars:iam::123456789012:root"), None);
    }

    #[test]
    fn hosts_of_every_partition_are_known() {
        for host in ["iam.amazonaws.com", "ec2.cn-north-1.amazonaws.com.cn", "s3.eusc-de-east-1.amazonaws.eu"]
        {
            assert!(is_aws(host), "{host}");
        }
        for host in ["amazonaws.com", "amazonaws.com.evil.example", "notamazonaws.com", ""] {
            assert!(!is_aws(host), "{host}");
        }
    }
}
