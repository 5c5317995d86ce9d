//! Prefix lists that AWS keeps for its services, looked up and never written ("AWS-managed prefix lists", Amazon VPC user guide).

use aws_sdk_ec2::types::ManagedPrefixList;
use serde::{Deserialize, Serialize};

use crate::aws::{Account, Error, Items as _};
use crate::kinds::account_setting;
use crate::kinds::ec2::tags::filter;
use crate::kinds::{
    DeleteRequest, Deletion, Found, KindMeta, ReadRequest, ReadResult, Reading, Resource, State, Tagged,
    Update, unreadable,
};
use crate::model::{Addr, ResourceSpec};

/// The list of a service. Output: `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrefixList {
    /// Its name, such as `com.amazonaws.us-east-1.s3`.
    pub list: String,
}

impl ResourceSpec for PrefixList {
    const KIND: &'static str = "ec2.prefix-list";
}

/// Prefix lists.
pub struct PrefixLists;

impl Resource for PrefixLists {
    type Spec = PrefixList;
    const META: KindMeta = KindMeta {
        immutable: &["list"],
        deletion: Deletion::Never,
        tags: Tagged::LOOKED_UP,
        outputs: &["id"],
        lookup: true,
        read_actions: &["ec2:DescribeManagedPrefixLists"],
        practices: &[11, 12],
        ..KindMeta::DEFAULT
    };

    async fn read(account: &Account, asked: Vec<ReadRequest<PrefixList>>) -> Vec<ReadResult<PrefixList>> {
        if asked.is_empty() {
            return Vec::new();
        }
        let names = asked.iter().map(|question| question.wanted.list.clone());
        let request = account.ec2.describe_managed_prefix_lists().filters(filter("prefix-list-name", names));
        let lists: Result<Vec<ManagedPrefixList>, Error> = account.call(|| request.clone().all_items()).await;
        match lists {
            Ok(lists) => asked
                .into_iter()
                .map(|question| {
                    // A customer may give a list of its own the same name.
                    let of_aws = |list: &&ManagedPrefixList| {
                        list.prefix_list_name() == Some(question.wanted.list.as_str())
                            && list.owner_id().is_some_and(|owner| owner.eq_ignore_ascii_case("aws"))
                    };
                    let id = lists.iter().find(of_aws).and_then(|list| list.prefix_list_id());
                    let reading = id
                        .map_or(Reading::Absent, |id| Reading::Found(Box::new(found(&question.wanted, id))));
                    (question.addr, reading)
                })
                .collect(),
            Err(error) => unreadable(asked, &error),
        }
    }

    async fn create(_: &Account, addr: &Addr, _: &PrefixList) -> Result<(), Error> {
        Err(account_setting::only_looked_up(addr))
    }

    async fn update(_: &Account, update: &Update<PrefixList>) -> Result<(), Error> {
        Err(account_setting::only_looked_up(&update.addr))
    }

    async fn delete(_: &Account, request: &DeleteRequest<PrefixList>) -> Result<(), Error> {
        Err(account_setting::only_looked_up(&request.addr))
    }

    fn example(_: u8) -> PrefixList {
        PrefixList { list: "com.amazonaws.us-east-1.s3".into() }
    }
}

fn found(wanted: &PrefixList, id: &str) -> Found<PrefixList> {
    Found { outputs: [("id", id.to_owned())].into(), ..account_setting::found(wanted.clone(), State::Ready) }
}
