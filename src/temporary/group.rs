//! What stands on one security group, and the next write that makes its rules those of its tags.

use std::collections::BTreeSet;

use ipnet::IpNet;
use jiff::Timestamp;

use super::subject::{Service, Subject};
use super::tag::{Kept, Temporary};

/// A security group with what its tags name, and the rules that could belong to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// Ranges and the one port that each is let in on.
    pub rules: BTreeSet<(IpNet, Service)>,
    /// What holds for a while, by its tags.
    pub temporary: Vec<Temporary>,
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupWrite {
    /// A new rule, with a description.
    Authorize(IpNet, Service, String),
    /// That rule goes.
    Revoke(IpNet, Service),
    /// The tag of that goes.
    Forget(Subject),
}

impl Group {
    fn admissions(&self) -> impl Iterator<Item = (IpNet, Service, &Temporary)> {
        self.temporary.iter().filter_map(|temporary| match temporary.subject {
            Subject::Admit(range, service) => Some((range, service, temporary)),
            Subject::Block(_) => None,
        })
    }

    /// What holds for a while with how far it has come, sorted.
    pub fn kept(&self, now: Option<Timestamp>) -> Vec<Kept> {
        let mut kept: Vec<Kept> = self
            .admissions()
            .map(|(range, service, temporary)| Kept {
                standing: temporary.standing(now, self.rules.contains(&(range, service))),
                temporary: temporary.clone(),
            })
            .collect();
        kept.sort_by_key(|kept| kept.temporary.subject);
        kept
    }

    /// The next write: what is missing of `mine`, which whoever calls has asked for, comes first; then goes what has ended and what
    /// never became whole, its tag last. A rule that the file wants, too, stays. Nothing once nothing is left to do.
    pub fn next_write(
        &self,
        now: Option<Timestamp>,
        mine: &[Subject],
        wanted: &BTreeSet<(IpNet, Service)>,
    ) -> Option<GroupWrite> {
        let is_mine = |temporary: &Temporary| mine.contains(&temporary.subject) && !temporary.has_ended(now);
        for (range, service, temporary) in self.admissions() {
            if is_mine(temporary) && !self.rules.contains(&(range, service)) {
                let described = format!("until {} by {}", temporary.end(), temporary.by);
                return Some(GroupWrite::Authorize(range, service, described));
            }
        }
        let departs = |(range, service, temporary): &(IpNet, Service, &Temporary)| {
            let is_whole = self.rules.contains(&(*range, *service));
            !is_mine(temporary) && temporary.standing(now, is_whole).departs()
        };
        let (range, service, temporary) = self.admissions().find(departs)?;
        let rule = (range, service);
        Some(if self.rules.contains(&rule) && !wanted.contains(&rule) {
            GroupWrite::Revoke(range, service)
        } else {
            GroupWrite::Forget(temporary.subject)
        })
    }

    /// The same after a write.
    pub fn note(&mut self, write: &GroupWrite) {
        match write {
            GroupWrite::Authorize(range, service, _) => {
                self.rules.insert((*range, *service));
            }
            GroupWrite::Revoke(range, service) => {
                self.rules.remove(&(*range, *service));
            }
            GroupWrite::Forget(subject) => self.temporary.retain(|temporary| temporary.subject != *subject),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject::Protocol;
    use super::*;

    const SSH: Service = Service { protocol: Protocol::Tcp, port: 22 };

    fn admitted(range: &str, until: &str) -> Temporary {
        Temporary {
            subject: Subject::Admit(range.parse().unwrap(), SSH),
            from: "2026-11-29T10:00:00Z".parse().unwrap(),
            until: until.parse().unwrap(),
            by: "alice".to_owned(),
            reason: "test".to_owned(),
        }
    }

    fn writes(group: &mut Group, wanted: &BTreeSet<(IpNet, Service)>) -> Vec<GroupWrite> {
        let now = Some("2026-11-29T12:00:00Z".parse().unwrap());
        let mut writes = Vec::new();
        let mine = [admitted("203.0.113.7/32", "2026-11-29T13:00:00Z").subject];
        while let Some(write) = group.next_write(now, &mine, wanted) {
            group.note(&write);
            writes.push(write);
        }
        writes
    }

    #[test]
    fn a_rule_comes_with_its_tag_and_goes_before_it() {
        let (range, subject) =
            ("203.0.113.7/32".parse().unwrap(), admitted("203.0.113.7/32", "2026-11-29T13:00:00Z"));
        let mut group = Group { rules: BTreeSet::new(), temporary: vec![subject.clone()] };
        let described = "until 2026-11-29T13:00:00Z by alice".to_owned();
        assert_eq!(writes(&mut group, &BTreeSet::new()), [GroupWrite::Authorize(range, SSH, described)]);
        group.temporary = vec![admitted("203.0.113.7/32", "2026-11-29T11:00:00Z")];
        assert_eq!(
            writes(&mut group, &BTreeSet::new()),
            [GroupWrite::Revoke(range, SSH), GroupWrite::Forget(subject.subject)]
        );
    }

    #[test]
    fn a_tag_alone_lets_nobody_in() {
        let now = Some("2026-11-29T12:00:00Z".parse().unwrap());
        let forged = admitted("203.0.113.7/32", "2026-11-29T13:00:00Z");
        let group = Group { rules: BTreeSet::new(), temporary: vec![forged.clone()] };
        assert_eq!(group.next_write(now, &[], &BTreeSet::new()), Some(GroupWrite::Forget(forged.subject)));
    }

    #[test]
    fn what_the_file_has_come_to_want_stays() {
        let rule = ("203.0.113.7/32".parse().unwrap(), SSH);
        let ended = admitted("203.0.113.7/32", "2026-11-29T11:00:00Z");
        let mut group = Group { rules: [rule].into(), temporary: vec![ended.clone()] };
        assert_eq!(writes(&mut group, &[rule].into()), [GroupWrite::Forget(ended.subject)]);
        assert_eq!(group.rules, [rule].into());
    }
}
