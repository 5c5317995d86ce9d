//! Everything that exists, as plain data: accounts, their regions, and the names all of them share.
//!
//! A service owns its part in its own folder (`ec2::State`); this file only holds the parts.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::authorization::Documents;
use super::ids::Ids;
use super::profile::Profile;
use super::region_access::RegionAccess;
use super::session::Session;
use super::{
    autoscaling, cloudtrail, cloudwatch, ec2, elb, iam, kms, organizations, s3, s3control, scheduler,
    secretsmanager, sns, sqs, ssm,
};
use crate::budget::Spent;
use crate::partition;

/// Milliseconds since 1970, by the virtual clock.
pub type Milliseconds = i64;

/// The account of credentials that name none.
pub const DEFAULT_ACCOUNT: &str = "123456789012";

/// The regions that every account of their partition has without opting in.
pub const REGIONS: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "cn-north-1",
    "cn-northwest-1",
    "eusc-de-east-1",
    "us-gov-east-1",
    "us-gov-west-1",
];

/// The partition of a region, such as `aws`.
pub fn partition_of(region: &str) -> &'static str {
    partition::of_region(region).map_or("aws", |known| known.id)
}

/// The partition of accounts that nobody has reached through a region yet.
pub fn default_partition() -> String {
    "aws".to_owned()
}

/// A partition that there is: no other text is ever kept.
fn known_partition<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    match partition::named(&id) {
        Some(_) => Ok(id),
        None => Err(D::Error::custom("the account lies in no partition that there is")),
    }
}

/// Everything that exists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct World {
    /// How far it is from the ideal: lag, request budgets, page sizes.
    pub profile: Profile,
    /// What ids and chance start from.
    pub seed: u64,
    /// The virtual time of the last call.
    pub clock: Milliseconds,
    /// How many calls there were.
    pub calls: u64,
    /// Where ids come from.
    pub ids: Ids,
    /// Accounts by their twelve digits.
    pub accounts: BTreeMap<String, Account>,
    /// Who owns each bucket name: one table for all accounts (S3-1).
    pub buckets: BTreeMap<String, s3::Owner>,
    /// Temporary credentials by access key id.
    pub sessions: BTreeMap<String, Session>,
    /// Calls of Organizations that are under way at this moment.
    #[serde(skip)]
    pub organizations_under_way: usize,
    /// Request budgets used up, by account, region and operation.
    #[serde(skip)]
    pub spent: Spent,
    /// Policy documents that were read before.
    #[serde(skip)]
    pub documents: Documents,
    /// Before that no schedule is due, in no account.
    #[serde(skip)]
    pub schedules_sleep_until: Milliseconds,
}

/// One account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Its twelve digits.
    pub id: String,
    /// Its partition, such as `aws`: an account lies in one, and its credentials are worth nothing in another.
    #[serde(default = "default_partition", deserialize_with = "known_partition")]
    pub partition: String,
    /// IAM, which is the same in all regions.
    pub iam: iam::State,
    /// Buckets and their contents.
    pub s3: s3::State,
    /// The account's public access block.
    pub s3control: s3control::State,
    /// The organization, in its management account.
    pub organizations: organizations::State,
    /// Which regions it may use.
    #[serde(default)]
    pub region_access: RegionAccess,
    /// Service control policies of its organization, each of which must allow what its users and roles do.
    #[serde(default)]
    pub service_control_policies: Vec<String>,
    /// Regions by name, made when first asked for.
    pub regions: BTreeMap<String, Region>,
}

/// One region of one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Region {
    /// EC2 and VPC.
    pub ec2: ec2::State,
    /// Load balancers.
    pub elb: elb::State,
    /// Auto Scaling groups.
    pub autoscaling: autoscaling::State,
    /// KMS keys.
    pub kms: kms::State,
    /// Trails.
    pub cloudtrail: cloudtrail::State,
    /// Alarms.
    #[serde(default)]
    pub cloudwatch: cloudwatch::State,
    /// Secrets.
    #[serde(default)]
    pub secretsmanager: secretsmanager::State,
    /// Schedules.
    #[serde(default)]
    pub scheduler: scheduler::State,
    /// Topics.
    #[serde(default)]
    pub sns: sns::State,
    /// Queues.
    #[serde(default)]
    pub sqs: sqs::State,
    /// Parameters.
    #[serde(default)]
    pub ssm: ssm::State,
}

/// How old an account is when it is first seen, so that what it comes with is not new to anybody.
const AGE: Milliseconds = 30 * 86_400_000;

/// What a service needs to make the things a new account or region comes with.
#[derive(Debug)]
pub struct Birth<'a> {
    /// The account's twelve digits.
    pub account: &'a str,
    /// The region; empty for what has none.
    pub region: &'a str,
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// Where ids come from.
    pub ids: &'a mut Ids,
    /// When the account was made.
    pub now: Milliseconds,
}

impl World {
    /// A world without accounts; they are made when credentials first name them.
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self {
            profile,
            seed,
            clock: 0,
            calls: 0,
            ids: Ids::new(seed),
            accounts: BTreeMap::new(),
            buckets: BTreeMap::new(),
            sessions: BTreeMap::new(),
            organizations_under_way: 0,
            spent: Spent::new(),
            documents: Documents::new(),
            schedules_sleep_until: 0,
        }
    }

    /// An account, made in the partition `aws` if it does not exist.
    pub fn account(&mut self, id: &str) -> &mut Account {
        self.account_in(id, "aws")
    }

    /// An account, made in that partition if it does not exist.
    pub fn account_in(&mut self, id: &str, partition: &str) -> &mut Account {
        let Self { ids, clock, accounts, .. } = self;
        accounts.entry(id.to_owned()).or_insert_with(|| {
            Account::born(&mut Birth { account: id, region: "", partition, ids, now: *clock - AGE })
        })
    }

    /// A region of an account, both made if they do not exist.
    pub fn region(&mut self, account: &str, region: &str) -> &mut Region {
        let partition = partition_of(region);
        let Self { ids, clock, accounts, .. } = self;
        let mut birth = Birth { account, region: "", partition, ids, now: *clock - AGE };
        let home = accounts.entry(account.to_owned()).or_insert_with(|| Account::born(&mut birth));
        birth.region = region;
        home.regions.entry(region.to_owned()).or_insert_with(|| Region::born(&mut birth))
    }
}

impl World {
    /// The unique id of a user or role and when it was made, by its ARN or by that of a role's session.
    pub fn unique_id(&self, arn: &str) -> Option<(String, Milliseconds)> {
        let mut parts = arn.splitn(6, ':').skip(4);
        let (account, resource) = (parts.next()?, parts.next()?);
        self.accounts.get(account)?.iam.unique_id(arn, resource)
    }

    /// Whether a user or role of any account has this unique id.
    pub fn has_unique_id(&self, id: &str) -> bool {
        self.accounts.values().any(|account| account.iam.has_unique_id(id))
    }
}

impl Account {
    fn born(birth: &mut Birth<'_>) -> Self {
        Self {
            id: birth.account.to_owned(),
            partition: birth.partition.to_owned(),
            iam: iam::State::born(birth),
            s3: s3::State::default(),
            s3control: s3control::State::default(),
            organizations: organizations::State::default(),
            region_access: RegionAccess::default(),
            service_control_policies: Vec::new(),
            regions: BTreeMap::new(),
        }
    }
}

impl Region {
    fn born(birth: &mut Birth<'_>) -> Self {
        Self {
            ec2: ec2::State::born(birth),
            elb: elb::State::default(),
            autoscaling: autoscaling::State::default(),
            kms: kms::State::default(),
            cloudtrail: cloudtrail::State::default(),
            cloudwatch: cloudwatch::State::default(),
            secretsmanager: secretsmanager::State::default(),
            scheduler: scheduler::State::default(),
            sns: sns::State::default(),
            sqs: sqs::State::default(),
            ssm: ssm::State::default(),
        }
    }
}

/// A time as ISO 8601 in UTC, to the second or to the millisecond.
pub fn iso8601(at: Milliseconds, milliseconds: bool) -> String {
    let Ok(time) = jiff::Timestamp::from_millisecond(at) else { return String::new() };
    if milliseconds { format!("{time:.3}") } else { format!("{time:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_precision_of_their_protocol() {
        assert_eq!(iso8601(1_500, true), "1970-01-01T00:00:01.500Z");
        assert_eq!(iso8601(1_500, false), "1970-01-01T00:00:01Z");
    }

    #[test]
    fn an_account_and_its_regions_are_made_when_first_named() {
        let mut world = World::new(Profile::Instant, 1);
        world.region("123456789012", "eu-west-1");
        world.region("123456789012", "us-east-1");
        assert_eq!(world.accounts.len(), 1);
        assert_eq!(world.account("123456789012").regions.len(), 2);
    }
}
