//! Deletions that not every read has heard of: what is gone is still shown for a while (aws-truths 0.2, truths 3 and 11).
//!
//! A service keeps what its deletions took away beside its state. A read finds it back in its place as long as this call
//! may still see it; a write never does, because AWS's own write path knows the truth. Once gone, it does not come back.

use super::lag::Lens;
use super::profile::Profile;
use super::service::is_read;
use super::world::{Milliseconds, World};
use super::{cloudtrail, ec2, elb, iam, s3};

/// How long what was taken away is kept: longer than anything is shown.
const KEPT: Milliseconds = 60_000;

/// A thing put back for a read: the name of its map, and its key there.
pub type Revived = (&'static str, String);

/// A service's state whose deleted things stay visible for a while.
pub trait Lingering: Clone {
    /// The state of this account and region.
    fn of<'a>(world: &'a mut World, account: &str, region: &str) -> &'a mut Self;

    /// Keeps what a write has taken away.
    fn remember(&mut self, before: &Self, now: Milliseconds);

    /// Puts back what this call still sees.
    fn revive(&mut self, lens: Lens) -> Vec<Revived>;

    /// Takes it away again.
    fn bury(&mut self, revived: &[Revived]);
}

/// Makes a service's state [`Lingering`]: where it is, and which of its maps it is about.
macro_rules! lingering {
    ($state:ty, |$world:ident, $account:ident, $region:ident| $of:expr, $($map:ident: $thing:ty,)*) => {
        /// What was deleted lately, as it was, and when.
        #[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct Gone {
            $($map: std::collections::BTreeMap<String, ($crate::sandbox::world::Milliseconds, $thing)>,)*
        }

        impl $crate::sandbox::gone::Lingering for $state {
            fn of<'a>(
                $world: &'a mut $crate::sandbox::world::World,
                $account: &str,
                $region: &str,
            ) -> &'a mut Self {
                $of
            }

            fn remember(&mut self, before: &Self, now: $crate::sandbox::world::Milliseconds) {
                $($crate::sandbox::gone::keep(&mut self.gone.$map, &before.$map, &self.$map, now);)*
            }

            fn revive(&mut self, lens: $crate::sandbox::lag::Lens) -> Vec<$crate::sandbox::gone::Revived> {
                let mut revived = Vec::new();
                $(for (id, (since, thing)) in &self.gone.$map {
                    if lens.still_sees(*since, id) && !self.$map.contains_key(id) {
                        self.$map.insert(id.clone(), thing.clone());
                        revived.push((stringify!($map), id.clone()));
                    }
                })*
                revived
            }

            fn bury(&mut self, revived: &[$crate::sandbox::gone::Revived]) {
                for (map, id) in revived {
                    $(if *map == stringify!($map) {
                        self.$map.remove(id);
                    })*
                }
            }
        }
    };
}
pub(super) use lingering;

/// Keeps what is in `before` and no longer in `after`, and forgets what nobody sees any more.
pub(super) fn keep<T: Clone>(
    kept: &mut std::collections::BTreeMap<String, (Milliseconds, T)>,
    before: &std::collections::BTreeMap<String, T>,
    after: &std::collections::BTreeMap<String, T>,
    now: Milliseconds,
) {
    kept.retain(|id, (since, _)| now.saturating_sub(*since) < KEPT && !after.contains_key(id));
    for (id, thing) in before.iter().filter(|(id, _)| !after.contains_key(*id)) {
        kept.insert(id.clone(), (now, thing.clone()));
    }
}

/// Does the work of an operation in a world whose deletions lag.
pub(super) fn around<T>(
    world: &mut World,
    (service, operation): (&str, &str),
    (account, region): (&str, &str),
    work: impl FnOnce(&mut World) -> T,
) -> T {
    let takes_away = match service {
        // Objects are gone at once (S3-19).
        "s3" => operation == "DeleteBucket",
        _ => operation.starts_with("Delete") || operation == "ReleaseAddress",
    };
    if world.profile == Profile::Instant || !(takes_away || is_read(operation)) {
        return work(world);
    }
    match service {
        "ec2" => lag::<ec2::State, T>(world, takes_away, (account, region), work),
        "iam" => lag::<iam::State, T>(world, takes_away, (account, region), work),
        "s3" => lag::<s3::State, T>(world, takes_away, (account, region), work),
        "elasticloadbalancing" => lag::<elb::State, T>(world, takes_away, (account, region), work),
        "cloudtrail" => lag::<cloudtrail::State, T>(world, takes_away, (account, region), work),
        // The index of tags hears of a deletion no sooner than the services' own reads.
        "tagging" => lag::<ec2::State, T>(world, false, (account, region), |world| {
            lag::<elb::State, T>(world, false, (account, region), |world| {
                lag::<cloudtrail::State, T>(world, false, (account, region), work)
            })
        }),
        _ => work(world),
    }
}

fn lag<S: Lingering, T>(
    world: &mut World,
    takes_away: bool,
    (account, region): (&str, &str),
    work: impl FnOnce(&mut World) -> T,
) -> T {
    if takes_away {
        let before = S::of(world, account, region).clone();
        let answer = work(world);
        let now = world.clock;
        S::of(world, account, region).remember(&before, now);
        return answer;
    }
    let lens = Lens { profile: world.profile, seed: world.seed, call: world.calls, now: world.clock };
    let revived = S::of(world, account, region).revive(lens);
    let answer = work(world);
    S::of(world, account, region).bury(&revived);
    answer
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::error::ProvideErrorMetadata as _;

    use crate::sandbox::testing::config;
    use crate::sandbox::{Profile, Sandbox};

    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

    /// Makes a VPC, a role and a bucket, deletes them, and tells which of them are still shown after a time.
    async fn shown(profile: Profile, after: i64) -> [bool; 3] {
        let sandbox = Sandbox::new(profile, 1);
        let wait = |milliseconds: i64| sandbox.with_world(|world| world.clock += milliseconds);
        let config = config(&sandbox, "us-east-1");
        let ec2 = aws_sdk_ec2::Client::new(&config);
        let (iam, s3) = (aws_sdk_iam::Client::new(&config), aws_sdk_s3::Client::new(&config));
        let vpc = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
        let vpc = vpc.vpc().unwrap().vpc_id().unwrap().to_owned();
        iam.create_role().role_name("web").assume_role_policy_document(TRUST).send().await.unwrap();
        s3.create_bucket().bucket("logs-of-mine").send().await.unwrap();
        wait(60_000);
        ec2.delete_vpc().vpc_id(&vpc).send().await.unwrap();
        iam.delete_role().role_name("web").send().await.unwrap();
        s3.delete_bucket().bucket("logs-of-mine").send().await.unwrap();
        wait(after);
        // What is still shown cannot be written to any more.
        let again = ec2.delete_vpc().vpc_id(&vpc).send().await.unwrap_err();
        assert_eq!(again.code(), Some("InvalidVpcID.NotFound"));
        let listed = s3.list_buckets().send().await.unwrap();
        [
            ec2.describe_vpcs().vpc_ids(&vpc).send().await.is_ok(),
            iam.get_role().role_name("web").send().await.is_ok(),
            listed.buckets().iter().any(|bucket| bucket.name() == Some("logs-of-mine")),
        ]
    }

    #[tokio::test]
    async fn what_was_deleted_is_shown_for_a_while_and_then_no_more() {
        assert_eq!(shown(Profile::Hostile, 1_000).await, [true; 3]);
        assert_eq!(shown(Profile::Hostile, 9_000).await, [false; 3]);
        assert_eq!(shown(Profile::Realistic, 100).await, [true; 3]);
        assert_eq!(shown(Profile::Realistic, 1_100).await, [false; 3]);
        assert_eq!(shown(Profile::Instant, 0).await, [false; 3]);
    }

    #[tokio::test]
    async fn a_thing_made_again_under_its_name_is_the_new_one() {
        let sandbox = Sandbox::new(Profile::Hostile, 1);
        let iam = aws_sdk_iam::Client::new(&config(&sandbox, "us-east-1"));
        let make = || iam.create_role().role_name("web").assume_role_policy_document(TRUST).send();
        make().await.unwrap();
        sandbox.with_world(|world| world.clock += 60_000);
        iam.delete_role().role_name("web").send().await.unwrap();
        let id = make().await.unwrap().role().unwrap().role_id().to_owned();
        sandbox.with_world(|world| world.clock += 60_000);
        let seen = iam.get_role().role_name("web").send().await.unwrap();
        assert_eq!(seen.role().unwrap().role_id(), id);
    }
}
