//! Availability zones of the region, looked up and never written (NET-6).

use aws_sdk_ec2::types::AvailabilityZoneOptInStatus;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error};
use crate::kinds::account_setting;
use crate::kinds::ec2::tags::filter;
use crate::kinds::{
    DeleteRequest, Deletion, Found, KindMeta, ReadRequest, ReadResult, Reading, Resource, State, Tagged,
    Update, unreadable,
};
use crate::model::{Addr, ResourceSpec};

/// The zone at one place in the sorted list of the account's available zones. Output: `name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvailabilityZone {
    /// Its place, counted from 0.
    pub index: i64,
}

impl ResourceSpec for AvailabilityZone {
    const KIND: &'static str = "ec2.availability-zone";
}

/// Availability zones.
pub struct AvailabilityZones;

impl Resource for AvailabilityZones {
    type Spec = AvailabilityZone;
    const META: KindMeta = KindMeta {
        immutable: &["index"],
        deletion: Deletion::Never,
        tags: Tagged::LOOKED_UP,
        outputs: &["name"],
        lookup: true,
        read_actions: &["ec2:DescribeAvailabilityZones"],
        practices: &[10, 12],
        ..KindMeta::DEFAULT
    };

    async fn read(
        account: &Account,
        asked: Vec<ReadRequest<AvailabilityZone>>,
    ) -> Vec<ReadResult<AvailabilityZone>> {
        match names(account).await {
            Ok(names) => asked
                .into_iter()
                .map(|question| {
                    let name = usize::try_from(question.wanted.index).ok().and_then(|i| names.get(i));
                    let reading = name.map_or(Reading::Absent, |name| {
                        Reading::Found(Box::new(found(&question.wanted, name)))
                    });
                    (question.addr, reading)
                })
                .collect(),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(_: &Account, addr: &Addr, _: &AvailabilityZone) -> Result<(), Error> {
        Err(account_setting::only_looked_up(addr))
    }

    async fn update(_: &Account, update: &Update<AvailabilityZone>) -> Result<(), Error> {
        Err(account_setting::only_looked_up(&update.addr))
    }

    async fn delete(_: &Account, request: &DeleteRequest<AvailabilityZone>) -> Result<(), Error> {
        Err(account_setting::only_looked_up(&request.addr))
    }

    fn example(_: u8) -> AvailabilityZone {
        AvailabilityZone { index: 0 }
    }
}

/// Names of the zones in which anything can be put, sorted so that the places stay the same.
///
/// Local and wavelength zones and zones nobody opted in to are left out.
async fn names(account: &Account) -> Result<Vec<String>, Error> {
    let request = account
        .ec2
        .describe_availability_zones()
        .filters(filter("state", ["available".to_owned()]))
        .filters(filter("zone-type", ["availability-zone".to_owned()]));
    let answer = account.call(|| request.clone().send()).await?;
    let mut names: Vec<String> = answer
        .availability_zones()
        .iter()
        .filter(|zone| zone.opt_in_status() != Some(&AvailabilityZoneOptInStatus::NotOptedIn))
        .filter_map(|zone| zone.zone_name().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

fn found(wanted: &AvailabilityZone, name: &str) -> Found<AvailabilityZone> {
    Found {
        outputs: [("name", name.to_owned())].into(),
        ..account_setting::found(wanted.clone(), State::Ready)
    }
}
