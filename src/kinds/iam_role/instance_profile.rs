//! The instance profile of a role: a separate object of the same name (aws-truths 1.5).

use std::collections::BTreeSet;

use aws_sdk_iam::types::{InstanceProfile, Tag};

use crate::aws::{Account, Class, Error, Items as _, Owner, Tags};
use crate::kinds::by_name::is_ours;
use crate::model::Addr;

/// The tags of a new thing, put on by the creating call itself (truth 6).
///
/// # Errors
/// Fails on a tag IAM's types refuse: a bug of this program.
pub(in crate::kinds) fn tags(account: &Account, addr: &Addr) -> Result<Vec<Tag>, Error> {
    account
        .tags(addr)
        .into_iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build().map_err(Error::internal))
        .collect()
}

/// Tags as IAM answers them.
pub(in crate::kinds) fn read_tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// Puts the tags on a profile that exists.
///
/// # Errors
/// Fails where AWS does.
pub(in crate::kinds) async fn tag(account: &Account, addr: &Addr, name: &str) -> Result<(), Error> {
    let tags = tags(account, addr)?;
    let request = account.iam.tag_instance_profile().instance_profile_name(name).set_tags(Some(tags));
    account.call(|| request.clone().send()).await?;
    Ok(())
}

/// The profile of that name, if there is one.
///
/// # Errors
/// Fails where it could not be read.
pub(in crate::kinds) async fn find(account: &Account, name: &str) -> Result<Option<InstanceProfile>, Error> {
    let request = account.iam.get_instance_profile().instance_profile_name(name);
    let answer = account.find(|| request.clone().send()).await?;
    Ok(answer.and_then(|answer| answer.instance_profile().cloned()))
}

/// Whether the profile counts as the role's.
///
/// It does when it holds exactly this role. An empty one that is ours is half made or half
/// deleted: it counts as the opposite of what is wanted, so that an update finishes the job.
pub(in crate::kinds) fn counts(
    account: &Account,
    profile: &InstanceProfile,
    role: &str,
    wanted: bool,
) -> bool {
    match profile.roles() {
        [only] => only.role_name() == role,
        [] => is_ours_empty(account, profile) && !wanted,
        _ => false,
    }
}

fn is_ours_empty(account: &Account, profile: &InstanceProfile) -> bool {
    let owner = Owner::from_tags(profile.tags().iter().map(|tag| (tag.key(), tag.value())));
    profile.roles().is_empty() && is_ours(account, owner.as_ref())
}

/// Makes the profile and puts the role in.
///
/// # Errors
/// Fails where a profile of that name holds another role (IAM-4), and where AWS does.
pub(in crate::kinds) async fn ensure(account: &Account, addr: &Addr, role: &str) -> Result<(), Error> {
    let request = account
        .iam
        .create_instance_profile()
        .instance_profile_name(role)
        .set_tags(Some(tags(account, addr)?));
    match account.call(|| request.clone().send()).await {
        Ok(_) => {}
        Err(error) if error.class == Class::AlreadyExists => {
            let is_held = holds(account, addr, role).await?;
            // It was made without the tags that the file declares.
            if !account.declared_tags.is_empty() {
                tag(account, addr, role).await?;
            }
            if is_held {
                return Ok(());
            }
        }
        Err(error) => return Err(error),
    }
    let request = account.iam.add_role_to_instance_profile().instance_profile_name(role).role_name(role);
    match account.call(|| request.clone().send()).await {
        // Full, though the profile looked empty: by a request whose answer was lost, which is not seen
        // yet, or by another role (IAM-4).
        Err(error) if error.class == Class::Quota => holds(account, addr, role).await.map(|_| ()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Whether the profile is seen to hold the role.
async fn holds(account: &Account, addr: &Addr, role: &str) -> Result<bool, Error> {
    let holders = find(account, role).await?.map(|profile| profile.roles().to_vec()).unwrap_or_default();
    match holders.first().map(|holder| holder.role_name()) {
        None => Ok(false),
        Some(holder) if holder == role => Ok(true),
        Some(holder) => Err(Error::internal(format!(
            "instance profile {role} holds the role {holder} and can hold only one; \
             remove that role from it, or give {addr} another name"
        ))),
    }
}

/// Takes the role out of the profile of its name and deletes that profile.
///
/// # Errors
/// Fails where AWS does; what is gone already is no error.
pub(in crate::kinds) async fn remove(account: &Account, role: &str) -> Result<(), Error> {
    take_out(account, role, role).await?;
    delete(account, role).await
}

/// Takes the role out of every profile that holds it, without which it cannot be deleted (IAM-12).
///
/// The profile of the role's own name is deleted too; others stay, empty.
///
/// # Errors
/// Fails where AWS does; what is gone already is no error.
pub(in crate::kinds) async fn release(account: &Account, role: &str) -> Result<(), Error> {
    let pages = || account.iam.list_instance_profiles_for_role().role_name(role).all_items();
    let holders: BTreeSet<String> = account
        .find(pages)
        .await?
        .unwrap_or_default()
        .iter()
        .map(|profile| profile.instance_profile_name().to_owned())
        .collect();
    for profile in &holders {
        take_out(account, profile, role).await?;
    }
    let left_behind = !holders.contains(role)
        && find(account, role).await?.is_some_and(|profile| is_ours_empty(account, &profile));
    if holders.contains(role) || left_behind {
        delete(account, role).await?;
    }
    Ok(())
}

async fn take_out(account: &Account, profile: &str, role: &str) -> Result<(), Error> {
    let request =
        account.iam.remove_role_from_instance_profile().instance_profile_name(profile).role_name(role);
    account.find(|| request.clone().send()).await?;
    Ok(())
}

async fn delete(account: &Account, profile: &str) -> Result<(), Error> {
    let request = account.iam.delete_instance_profile().instance_profile_name(profile);
    account.find(|| request.clone().send()).await?;
    Ok(())
}
