//! What `baseline block` and `baseline admit` write, as kinds of EC2 see it; what it is is said in [`crate::temporary`].

use aws_sdk_ec2::types::Tag;
use jiff::Timestamp;

use crate::aws::{Account, Error};
use crate::model::{Remark, Set, Severity};
use crate::temporary::{Kept, Subject, Temporary};

/// How often something is read again, where somebody else writes it too or an answer was lost, and how long it takes to show.
pub(in crate::kinds) const READS: u32 = 8;

/// The time by EC2's last answer; nothing where it had none. A machine whose clock is wrong ends nothing early.
pub fn time(account: &Account) -> Option<Timestamp> {
    Timestamp::from_millisecond(account.time_of_ec2()?).ok()
}

/// What the tags of a resource name.
pub(in crate::kinds) fn of_tags(tags: &[Tag]) -> Vec<Temporary> {
    tags.iter().filter_map(|tag| Temporary::from_tag(tag.key()?, tag.value()?)).collect()
}

/// Puts tags on a network ACL or a security group; one with the same subject gets the new end.
///
/// # Errors
/// Fails where AWS refuses them.
pub async fn tag(account: &Account, id: &str, temporary: &[Temporary]) -> Result<(), Error> {
    if temporary.is_empty() {
        return Ok(());
    }
    let tag = |temporary: &Temporary| {
        let (key, value) = temporary.tag();
        Tag::builder().key(key).value(value).build()
    };
    let tags = temporary.iter().map(tag).collect();
    let request = account.ec2.create_tags().resources(id).set_tags(Some(tags));
    account.call(|| request.clone().send()).await?;
    Ok(())
}

/// Takes a tag off.
pub(in crate::kinds) async fn forget(account: &Account, id: &str, subject: &Subject) -> Result<(), Error> {
    let request = account.ec2.delete_tags().resources(id).tags(Tag::builder().key(subject.key()).build());
    account.call(|| request.clone().send()).await?;
    Ok(())
}

/// What a plan takes away: what has ended, and what never became whole.
pub(in crate::kinds) fn departures(kept: &[Kept]) -> Set<String> {
    let departs = kept.iter().filter(|kept| kept.standing.departs());
    departs.map(|kept| format!("{} ({})", kept.temporary.subject, kept.standing.words())).collect()
}

/// What a person is told of what holds.
pub(in crate::kinds) fn remarks(kept: &[Kept]) -> Vec<Remark> {
    let remark = |Kept { temporary, .. }: &Kept| {
        let range = temporary.subject.range();
        let (word, next) = match temporary.subject {
            Subject::Block(_) => (
                "blocks",
                format!(
                    "it ends with the first apply or `baseline block --expire FILE` after that; sooner with: baseline unblock {range} FILE"
                ),
            ),
            Subject::Admit(..) => (
                "lets in",
                format!(
                    "it ends with the first apply or `baseline admit --expire FILE` after that, or by itself with `end_admissions`; sooner with: baseline admit --end {range} FILE"
                ),
            ),
        };
        Remark { severity: Severity::Note, message: format!("{word} {}", temporary.words()), next }
    };
    kept.iter().filter(|kept| !kept.standing.departs()).map(remark).collect()
}
