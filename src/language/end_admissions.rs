//! The role with which EventBridge Scheduler shuts out whoever `baseline admit` let in, also where nobody runs anything.

use serde_json::json;

use super::Baseline;
use super::diagnostic::Diagnostic;
use super::file::File;
use super::names::Names;
use super::policies::document;
use crate::kinds::iam_role;
use crate::model::{DecodeError, Dict, Origin, Set, Wanted};

/// The name of its address, which no role of the file may have.
const ADDR: &str = "end-admissions";

/// The tag that says which baseline made a thing.
const OWNER: &str = "aws:ResourceTag/baseline:name";

/// Finds a role of the file that takes its address.
pub(super) fn check(file: &File, problems: &mut Vec<Diagnostic>) {
    let asked = file.network.as_ref().filter(|network| network.end_admissions.value);
    let Some(role) = asked.and_then(|_| file.role.iter().find(|entry| entry.name == ADDR)) else { return };
    problems.push(
        Diagnostic::error(
            "name-taken",
            &role.section.header.span,
            format!("`end_admissions` in [network] makes the role {ADDR:?} itself"),
        )
        .hint("give this role another name"),
    );
}

/// The role, where the file asks for it. The trust names the group of schedules, as AWS asks ("Cross-service confused deputy
/// prevention", EventBridge Scheduler User Guide).
pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) -> Result<(), DecodeError> {
    let Some(network) = names.file.network.as_ref().filter(|network| network.end_admissions.value) else {
        return Ok(());
    };
    let region = names.region();
    let source = names.arn("scheduler", region, "schedule-group/default");
    let trust = json!({
        "Effect": "Allow",
        "Principal": { "Service": "scheduler.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "aws:SourceAccount": names.place.account, "aws:SourceArn": source } },
    });
    let owned = json!({ "StringEquals": { OWNER: names.file.name.written() } });
    let [acls, groups] =
        ["network-acl/*", "security-group/*"].map(|resource| names.arn("ec2", region, resource));
    let allows = vec![
        json!({
            "Sid": "CloseOwnSecurityGroups", "Effect": "Allow", "Action": "ec2:RevokeSecurityGroupIngress",
            "Resource": groups, "Condition": owned,
        }),
        json!({
            "Sid": "CloseOwnNetworkAcls", "Effect": "Allow", "Action": "ec2:DeleteNetworkAclEntry",
            "Resource": acls, "Condition": owned,
        }),
        json!({
            "Sid": "ForgetAdmissions", "Effect": "Allow", "Action": "ec2:DeleteTags", "Resource": [acls, groups],
            "Condition": {
                "StringEquals": { OWNER: names.file.name.written() },
                "ForAllValues:StringLike": { "aws:TagKeys": "baseline:admit:*" },
            },
        }),
    ];
    let mut inline = Dict::default();
    inline.0.insert("allow".to_owned(), document(allows)?);
    let role = iam_role::Role {
        role: names.prefixed(ADDR),
        description: "Ends what was opened for a while, called by EventBridge Scheduler".to_owned(),
        trust: document(vec![trust])?,
        max_session_seconds: 3600,
        inline,
        managed: Set::default(),
        boundary: None,
        instance_profile: false,
    };
    wanted.add(ADDR, &role, [], &Origin::from(&network.header))?;
    Ok(())
}

impl Baseline {
    /// The ARN of that role in an account; nothing where the file does not ask for it.
    pub fn ending_role(&self, account: &str) -> Option<String> {
        self.file.network.as_ref().filter(|network| network.end_admissions.value)?;
        let place = super::Place { account, partition: self.partition() };
        let names = Names { file: &self.file, place: &place };
        Some(names.arn("iam", "", &format!("role/{}", names.prefixed(ADDR))))
    }
}
