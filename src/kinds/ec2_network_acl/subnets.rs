//! Which network ACL guards a subnet: every subnet always has exactly one (ACL-1).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types::NetworkAcl;
use tokio::time::sleep;

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::tags::{VALUES_A_FILTER, filter};

/// Moves subnets to the default ACL of their VPC, as every subnet always has exactly one (ACL-1).
///
/// A subnet that has moved elsewhere meanwhile is left there.
pub(in crate::kinds) async fn give_back(
    account: &Account,
    vpc: &str,
    acl: &str,
    subnets: BTreeSet<String>,
) -> Result<(), Error> {
    if subnets.is_empty() {
        return Ok(());
    }
    let held: BTreeSet<String> = associations(account, &subnets)
        .await?
        .into_iter()
        .filter(|(_, association)| association.acl == acl)
        .map(|(subnet, _)| subnet)
        .collect();
    let request = account
        .ec2
        .describe_network_acls()
        .filters(filter("vpc-id", [vpc.to_owned()]))
        .filters(filter("default", ["true".to_owned()]));
    let answer = account.call(|| request.clone().send()).await?;
    let default = answer.network_acls().first().and_then(NetworkAcl::network_acl_id).ok_or_else(|| {
        let message = format!("the default network ACL of {vpc} is not listed; run it again");
        Error::reported("ec2", "DescribeNetworkAcls", "InvalidNetworkAclID.NotFound", &message)
    })?;
    move_subnets(account, held, default).await
}

/// How often a subnet's association is looked up again; with the pauses, about a minute.
const ATTEMPTS: u32 = 9;

/// Moves subnets to an ACL.
///
/// The association has a new id after each move, so one that is not found is looked up again
/// instead of sent again (ACL-1), and a subnet that was just made may have none to see yet.
pub(in crate::kinds) async fn move_subnets(
    account: &Account,
    mut subnets: BTreeSet<String>,
    acl: &str,
) -> Result<(), Error> {
    let mut pause = Duration::from_millis(250);
    for attempt in 1..=ATTEMPTS {
        if subnets.is_empty() {
            return Ok(());
        }
        if attempt > 1 {
            sleep(pause).await;
            pause *= 2;
        }
        for (subnet, association) in associations(account, &subnets).await? {
            if association.acl != acl {
                let request = account
                    .ec2
                    .replace_network_acl_association()
                    .association_id(association.id)
                    .network_acl_id(acl);
                match request.send().await.map_err(|e| Error::from_sdk(&e)) {
                    Err(error) if error.is_not_found() && attempt < ATTEMPTS => continue,
                    Err(error) => return Err(error),
                    Ok(_) => {}
                }
            }
            subnets.remove(&subnet);
        }
    }
    if subnets.is_empty() {
        return Ok(());
    }
    let names = subnets.into_iter().collect::<Vec<_>>().join(", ");
    let message = format!("no network ACL lists {names}; run it again");
    Err(Error::reported("ec2", "DescribeNetworkAcls", "InvalidAssociationID.NotFound", &message))
}

/// The association of a subnet with an ACL.
struct Association {
    id: String,
    acl: String,
}

async fn associations(
    account: &Account,
    subnets: &BTreeSet<String>,
) -> Result<BTreeMap<String, Association>, Error> {
    let subnets: Vec<String> = subnets.iter().cloned().collect();
    let parts = subnets.chunks(VALUES_A_FILTER).map(|part| async move {
        let subnets = filter("association.subnet-id", part.iter().cloned());
        let request = account.ec2.describe_network_acls().filters(subnets);
        account.call(|| request.clone().all_items()).await
    });
    let pages = chains(parts).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    let mut found = BTreeMap::new();
    for acl in pages.iter().flatten() {
        for association in acl.associations() {
            let (Some(subnet), Some(id)) =
                (association.subnet_id(), association.network_acl_association_id())
            else {
                continue;
            };
            // The answer lists every subnet of the ACL, not only those asked about.
            if subnets.iter().any(|asked| asked == subnet) {
                let acl = acl.network_acl_id().unwrap_or_default().to_owned();
                found.insert(subnet.to_owned(), Association { id: id.to_owned(), acl });
            }
        }
    }
    Ok(found)
}
