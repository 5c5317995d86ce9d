//! The calls that end an admission at its time without anybody: one for each rule, entry and tag that it has.
//!
//! A call that comes too late or twice closes a door and opens none: what it deletes only ever lets somebody in.

use ipnet::IpNet;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::acl::{Acl, AclRule, AclWrite};
use super::subject::{Service, Subject};

/// A call of EC2 that is made once, at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeCall {
    /// The name of its schedule: what it deletes has one, whoever asks.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// The operation, as universal targets spell it.
    pub operation: &'static str,
    /// Its parameters.
    pub input: Json,
    /// Whether others may need what it deletes for longer, so that it must not come earlier than it would.
    pub is_shared: bool,
}

/// How the names of all such schedules begin.
pub const SCHEDULES: &str = "baseline-admit-";

fn call(at: Timestamp, operation: &'static str, input: Json) -> OneTimeCall {
    // At most 64 characters: the beginning, and 32 of a digest of what is deleted.
    let digest = Sha256::digest(format!("{operation} {input}"));
    let digest: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    OneTimeCall { name: format!("{SCHEDULES}{digest}"), at, operation, input, is_shared: false }
}

/// What deletes the rule of a group, the tags of both and the given entries of the ACL.
fn calls(
    (acl, group): (&str, &str),
    (range, service): (IpNet, Service),
    entries: impl Iterator<Item = (bool, i32)>,
    at: Timestamp,
) -> Vec<OneTimeCall> {
    let addresses = match range {
        IpNet::V4(range) => json!({ "IpRanges": [{ "CidrIp": range.to_string() }] }),
        IpNet::V6(range) => json!({ "Ipv6Ranges": [{ "CidrIpv6": range.to_string() }] }),
    };
    let mut permission = json!({
        "IpProtocol": service.protocol.word(), "FromPort": service.port, "ToPort": service.port,
    });
    if let (Some(permission), Json::Object(addresses)) = (permission.as_object_mut(), addresses) {
        permission.extend(addresses);
    }
    let tags = json!({
        "Resources": [acl, group], "Tags": [{ "Key": Subject::Admit(range, service).key() }],
    });
    let mut calls = vec![
        call(at, "revokeSecurityGroupIngress", json!({ "GroupId": group, "IpPermissions": [permission] })),
        call(at, "deleteTags", tags),
    ];
    calls.extend(entries.map(|(egress, number)| OneTimeCall {
        // Two admissions from one range share the way back.
        is_shared: egress,
        ..call(
            at,
            "deleteNetworkAclEntry",
            json!({ "NetworkAclId": acl, "RuleNumber": number, "Egress": egress }),
        )
    }));
    calls
}

impl Acl {
    /// The calls that end an admission at a time, where it is written to this ACL as it is: entries have the numbers that they
    /// have already, or that the next writes give them.
    pub fn ending(
        &self,
        ids: (&str, &str),
        (range, service): (IpNet, Service),
        until: Timestamp,
    ) -> Vec<OneTimeCall> {
        let mut written = self.clone();
        let entries =
            AclRule::of(&Subject::Admit(range, service)).into_iter().filter_map(|(egress, rule)| {
                if let Some(entry) = written.entry(egress, rule) {
                    return Some((egress, entry.number));
                }
                let number = written.free_number(egress, rule)?;
                written.note(&AclWrite::Create { number, egress, rule });
                Some((egress, number))
            });
        calls(ids, (range, service), entries, until)
    }
}

#[cfg(test)]
mod tests {
    use super::super::subject::Protocol;
    use super::super::tag::Temporary;
    use super::*;

    const SSH: Service = Service { protocol: Protocol::Tcp, port: 22 };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// What the calls delete of an ACL.
    fn entries(calls: &[OneTimeCall]) -> Vec<(bool, i64)> {
        let of_acl = calls.iter().filter(|call| call.operation == "deleteNetworkAclEntry");
        of_acl
            .map(|call| (call.input["Egress"].as_bool().unwrap(), call.input["RuleNumber"].as_i64().unwrap()))
            .collect()
    }

    #[test]
    fn the_entries_are_those_that_the_next_writes_make_and_stay_the_same_once_they_are_there() {
        let range: IpNet = "203.0.113.7/32".parse().unwrap();
        let subject = Subject::Admit(range, SSH);
        let until = at("2026-11-30T12:00:00Z");
        let mut acl = Acl {
            entries: Vec::new(),
            temporary: vec![Temporary {
                subject,
                from: at("2026-11-30T11:00:00Z"),
                until,
                by: "alice".to_owned(),
                reason: String::new(),
            }],
        };
        let before = acl.ending(("acl-1", "sg-1"), (range, SSH), until);
        let mut made = Vec::new();
        while let Some(write) = acl.next_write(Some(at("2026-11-30T11:00:01Z")), &[subject]) {
            if let AclWrite::Create { number, egress, .. } = write {
                made.push((egress, i64::from(number)));
            }
            acl.note(&write);
        }
        assert_eq!(entries(&before), made);
        assert_eq!(acl.ending(("acl-1", "sg-1"), (range, SSH), until), before);
        let names: std::collections::BTreeSet<&str> = before.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names.len(), 4, "{before:?}");
        assert!(names.iter().all(|name| name.len() <= 64), "{names:?}");
    }

    #[test]
    fn another_admission_from_the_range_shares_the_schedule_of_the_way_back_alone() {
        let range: IpNet = "203.0.113.7/32".parse().unwrap();
        let until = at("2026-11-30T12:00:00Z");
        let mut acl = Acl::default();
        for (egress, rule) in AclRule::of(&Subject::Admit(range, SSH)) {
            let number = acl.free_number(egress, rule).unwrap();
            acl.note(&AclWrite::Create { number, egress, rule });
        }
        let [one, other] =
            [22, 3389].map(|port| acl.ending(("acl-1", "sg-1"), (range, Service { port, ..SSH }), until));
        let shared: Vec<&OneTimeCall> =
            one.iter().filter(|call| other.iter().any(|other| other.name == call.name)).collect();
        assert!(shared.len() == 1 && shared[0].is_shared, "{shared:?}");
        let v6 =
            calls(("acl-1", "sg-1"), ("2001:db8::7/128".parse().unwrap(), SSH), std::iter::empty(), until);
        assert_eq!(v6[0].input["IpPermissions"][0]["Ipv6Ranges"][0]["CidrIpv6"], "2001:db8::7/128");
    }
}
