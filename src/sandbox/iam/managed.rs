//! Policies that AWS itself keeps (`arn:aws:iam::aws:policy/...`): those that accounts commonly attach.
//!
//! The documents are AWS's, as published in autumn 2026. Three that are very long are known by name only.

use crate::sandbox::chance::{digest, mix};
use crate::sandbox::world::Milliseconds;

/// A policy that AWS itself keeps.
#[derive(Debug, Clone, Copy)]
pub struct Managed {
    /// Its name.
    pub name: &'static str,
    /// Its path.
    pub path: &'static str,
    /// The number of its default version.
    pub version: u32,
    created: &'static str,
    updated: &'static str,
    /// Its document; `None` where the sandbox does not hold it.
    pub document: Option<&'static str>,
}

const fn managed(
    name: &'static str,
    path: &'static str,
    version: u32,
    created: &'static str,
    updated: &'static str,
    document: Option<&'static str>,
) -> Managed {
    Managed { name, path, version, created, updated, document }
}

/// Every policy of AWS's that the sandbox knows.
pub const MANAGED: &[Managed] = &[
    managed(
        "AdministratorAccess",
        "/",
        1,
        "2015-02-06T18:39:46Z",
        "2015-02-06T18:39:46Z",
        Some(include_str!("managed/AdministratorAccess.json")),
    ),
    managed(
        "AmazonEC2ReadOnlyAccess",
        "/",
        5,
        "2015-02-06T18:40:17Z",
        "2026-02-12T18:03:17Z",
        Some(include_str!("managed/AmazonEC2ReadOnlyAccess.json")),
    ),
    managed(
        "AmazonS3ReadOnlyAccess",
        "/",
        3,
        "2015-02-06T18:40:59Z",
        "2023-08-10T21:31:39Z",
        Some(include_str!("managed/AmazonS3ReadOnlyAccess.json")),
    ),
    managed(
        "AmazonSSMManagedInstanceCore",
        "/",
        2,
        "2019-03-15T17:22:12Z",
        "2019-05-23T16:54:21Z",
        Some(include_str!("managed/AmazonSSMManagedInstanceCore.json")),
    ),
    managed(
        "AutoScalingServiceRolePolicy",
        "/aws-service-role/",
        10,
        "2018-01-08T23:10:55Z",
        "2025-11-12T18:19:06Z",
        Some(include_str!("managed/AutoScalingServiceRolePolicy.json")),
    ),
    managed(
        "AWSCloudTrail_ReadOnlyAccess",
        "/",
        1,
        "2022-06-14T17:19:05Z",
        "2022-06-14T17:19:05Z",
        Some(include_str!("managed/AWSCloudTrail_ReadOnlyAccess.json")),
    ),
    managed(
        "AWSElasticLoadBalancingServiceRolePolicy",
        "/aws-service-role/",
        14,
        "2017-09-19T22:19:04Z",
        "2026-02-12T17:58:08Z",
        Some(include_str!("managed/AWSElasticLoadBalancingServiceRolePolicy.json")),
    ),
    managed(
        "AWSOrganizationsServiceTrustPolicy",
        "/aws-service-role/",
        3,
        "2017-10-10T23:04:07Z",
        "2026-03-05T19:12:09Z",
        Some(include_str!("managed/AWSOrganizationsServiceTrustPolicy.json")),
    ),
    managed(
        "AWSSupportServiceRolePolicy",
        "/aws-service-role/",
        59,
        "2018-04-19T18:04:44Z",
        "2026-08-19T17:37:19Z",
        None,
    ),
    managed(
        "AWSTrustedAdvisorServiceRolePolicy",
        "/aws-service-role/",
        15,
        "2018-02-22T21:24:25Z",
        "2026-05-14T21:42:12Z",
        Some(include_str!("managed/AWSTrustedAdvisorServiceRolePolicy.json")),
    ),
    managed(
        "CloudTrailServiceRolePolicy",
        "/aws-service-role/",
        3,
        "2018-10-24T21:21:44Z",
        "2023-11-27T01:18:10Z",
        Some(include_str!("managed/CloudTrailServiceRolePolicy.json")),
    ),
    managed(
        "CloudWatchAgentServerPolicy",
        "/",
        3,
        "2018-03-07T01:06:44Z",
        "2024-02-06T16:37:37Z",
        Some(include_str!("managed/CloudWatchAgentServerPolicy.json")),
    ),
    managed(
        "IAMFullAccess",
        "/",
        2,
        "2015-02-06T18:40:38Z",
        "2019-06-21T19:40:00Z",
        Some(include_str!("managed/IAMFullAccess.json")),
    ),
    managed(
        "IAMReadOnlyAccess",
        "/",
        4,
        "2015-02-06T18:40:39Z",
        "2018-01-25T19:11:27Z",
        Some(include_str!("managed/IAMReadOnlyAccess.json")),
    ),
    managed(
        "IAMUserChangePassword",
        "/",
        5,
        "2016-11-15T00:25:16Z",
        "2026-02-12T17:58:57Z",
        Some(include_str!("managed/IAMUserChangePassword.json")),
    ),
    managed(
        "PowerUserAccess",
        "/",
        12,
        "2015-02-06T18:39:47Z",
        "2026-02-12T17:59:14Z",
        Some(include_str!("managed/PowerUserAccess.json")),
    ),
    managed("ReadOnlyAccess", "/", 190, "2015-02-06T18:39:48Z", "2026-09-24T17:37:08Z", None),
    managed(
        "SecurityAudit",
        "/",
        94,
        "2015-02-06T18:41:01Z",
        "2026-09-30T20:27:08Z",
        Some(include_str!("managed/SecurityAudit.json")),
    ),
    managed("ViewOnlyAccess", "/job-function/", 46, "2016-11-10T17:20:15Z", "2026-09-30T20:27:08Z", None),
];

/// Finds a policy of AWS's by its ARN in a partition.
pub fn find(partition: &str, arn: &str) -> Option<&'static Managed> {
    let rest = arn.strip_prefix(&format!("arn:{partition}:iam::aws:policy"))?;
    MANAGED.iter().find(|policy| rest.strip_prefix(policy.path).is_some_and(|name| name == policy.name))
}

impl Managed {
    /// Its ARN in a partition.
    pub fn arn(&self, partition: &str) -> String {
        format!("arn:{partition}:iam::aws:policy{}{}", self.path, self.name)
    }

    /// Its unique id: made up, but always the same.
    pub fn id(&self) -> String {
        format!("ANPAI{:016X}", mix(digest(self.name), 0, 0))
    }

    /// When it was made.
    pub fn created(&self) -> Milliseconds {
        time(self.created)
    }

    /// When its default version was made.
    pub fn updated(&self) -> Milliseconds {
        time(self.updated)
    }
}

fn time(text: &str) -> Milliseconds {
    text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_millisecond).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_is_json_and_every_date_a_date() {
        for policy in MANAGED {
            assert!(policy.created() > 0 && policy.updated() >= policy.created(), "{}", policy.name);
            if let Some(document) = policy.document {
                assert!(serde_json::from_str::<serde_json::Value>(document).is_ok(), "{}", policy.name);
            }
            assert_eq!(find("aws", &policy.arn("aws")).unwrap().name, policy.name);
        }
    }
}
