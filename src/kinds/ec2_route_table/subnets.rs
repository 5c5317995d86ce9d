//! Which route table a subnet uses: an explicit one, or else the main one of its VPC (NET-7).

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{RouteTableAssociation, RouteTableAssociationStateCode};

use crate::aws::trace::chains;
use crate::aws::{Account, Error, Items as _};
use crate::kinds::ec2::tags::{VALUES_A_FILTER, filter};
use crate::model::{Link, Set};

/// Associates subnets with a table and takes others away from it.
pub(in crate::kinds) async fn write_subnets(
    account: &Account,
    table: &str,
    wanted: &Set<Link>,
    live: &Set<Link>,
) -> Result<(), Error> {
    let ids = |links: Vec<&Link>| -> Result<Vec<String>, Error> {
        links.into_iter().map(|link| Ok(link.id()?.to_owned())).collect()
    };
    let added = ids(wanted.0.difference(&live.0).collect())?;
    let removed = ids(live.0.difference(&wanted.0).collect())?;
    let subnets: Vec<String> = added.iter().chain(&removed).cloned().collect();
    let associations = associations(account, &subnets).await?;
    for subnet in &added {
        match associations.get(subnet) {
            Some(there) if there.table == table => {}
            Some(there) => {
                let request = account
                    .ec2
                    .replace_route_table_association()
                    .association_id(&there.id)
                    .route_table_id(table);
                account.call(|| request.clone().send()).await?;
            }
            None => {
                let request = account.ec2.associate_route_table().subnet_id(subnet).route_table_id(table);
                account.call(|| request.clone().send()).await?;
            }
        }
    }
    for subnet in &removed {
        // One that has moved to another table meanwhile is not ours to take away.
        if let Some(there) = associations.get(subnet).filter(|there| there.table == table) {
            let request = account.ec2.disassociate_route_table().association_id(&there.id);
            account.find(|| request.clone().send()).await?;
        }
    }
    Ok(())
}

/// The explicit association of a subnet.
struct Association {
    id: String,
    table: String,
}

/// Explicit associations by subnet; a subnet without one uses the VPC's main table (NET-7).
async fn associations(account: &Account, subnets: &[String]) -> Result<BTreeMap<String, Association>, Error> {
    let parts = subnets.chunks(VALUES_A_FILTER).map(|part| async move {
        let subnets = filter("association.subnet-id", part.iter().cloned());
        let request = account.ec2.describe_route_tables().filters(subnets);
        account.call(|| request.clone().all_items()).await
    });
    let pages = chains(parts).await.into_iter().collect::<Result<Vec<_>, Error>>()?;
    let mut found = BTreeMap::new();
    for table in pages.iter().flatten() {
        for association in table.associations().iter().filter(|association| is_held(association)) {
            if let (Some(subnet), Some(id)) =
                (association.subnet_id(), association.route_table_association_id())
            {
                let table = table.route_table_id().unwrap_or_default().to_owned();
                found.insert(subnet.to_owned(), Association { id: id.to_owned(), table });
            }
        }
    }
    Ok(found)
}

/// Whether the association is there or on its way; not one that goes or failed.
pub(in crate::kinds) fn is_held(association: &RouteTableAssociation) -> bool {
    use RouteTableAssociationStateCode::{Disassociated, Disassociating, Failed};
    let state = association.association_state().and_then(|state| state.state());
    !matches!(state, Some(Disassociated | Disassociating | Failed))
}
