//! The names and ARNs of what a baseline makes, where AWS makes them computable.

use super::file::File;
use super::policy::Policy;
use super::role::Role;
use super::types::{DeclaredOrArn, ManagedPolicyArn};
use super::{Header, Place};
use crate::model::Origin;

/// Names in one place.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) file: &'a File,
    pub(super) place: &'a Place<'a>,
}

impl Names<'_> {
    pub(super) fn region(&self) -> &str {
        self.file.region.written()
    }

    /// `BASELINE-NAME`.
    pub(super) fn prefixed(&self, name: &str) -> String {
        format!("{}-{name}", self.file.name.written())
    }

    /// An ARN of this account.
    pub(super) fn arn(&self, service: &str, region: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{}:{resource}", self.place.partition, self.place.account)
    }

    /// The name in AWS of a declared bucket.
    pub(super) fn bucket(&self, name: &str) -> String {
        match self.file.bucket.get(name).and_then(|bucket| bucket.name.as_ref()) {
            Some(chosen) => chosen.fill(self.place, self.region()),
            None => format!("{}-{}", self.prefixed(name), self.place.account),
        }
    }

    pub(super) fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{}", self.place.partition, self.bucket(name))
    }

    /// The name in AWS of a declared role.
    pub(super) fn role(&self, name: &str) -> String {
        match self.file.role.get(name).and_then(|role| role.name.as_ref()) {
            Some(chosen) => chosen.fill(self.place, self.region()),
            None => self.prefixed(name),
        }
    }

    pub(super) fn role_arn(&self, name: &str) -> String {
        self.arn("iam", "", &format!("role/{}", self.role(name)))
    }

    /// The name in AWS of a declared policy.
    pub(super) fn policy(&self, name: &str) -> String {
        match self.file.policy.get(name).and_then(|policy| policy.name.as_ref()) {
            Some(chosen) => chosen.fill(self.place, self.region()),
            None => self.prefixed(name),
        }
    }

    pub(super) fn policy_arn(&self, name: &str) -> String {
        let path = self.file.policy.get(name).map(|policy| policy.path.fill(self.place, self.region()));
        let path = path.unwrap_or_else(|| "/".to_owned());
        self.arn("iam", "", &format!("policy{path}{}", self.policy(name)))
    }

    /// The ARN of a declared policy or of one outside the file.
    pub(super) fn managed_policy(&self, policy: &DeclaredOrArn<Policy, ManagedPolicyArn>) -> String {
        match policy {
            DeclaredOrArn::Declared(policy) => self.policy_arn(&policy.name),
            DeclaredOrArn::Arn(arn) => arn.fill(self.place, self.region()),
        }
    }

    /// The name in AWS of a declared group of users.
    pub(super) fn group(&self, name: &str) -> String {
        match self.file.group.get(name).and_then(|group| group.name.as_ref()) {
            Some(chosen) => chosen.fill(self.place, self.region()),
            None => self.prefixed(name),
        }
    }

    /// The ARN of a declared role or of a principal outside the file.
    pub(super) fn principal(&self, principal: &DeclaredOrArn<Role>) -> String {
        match principal {
            DeclaredOrArn::Declared(role) => self.role_arn(&role.name),
            DeclaredOrArn::Arn(arn) => arn.fill(self.place, self.region()),
        }
    }

    /// The account's root, which stands for every principal that the account itself allows.
    pub(super) fn account_root(&self) -> String {
        self.arn("iam", "", "root")
    }

    /// The trail's name.
    pub(super) fn trail(&self) -> String {
        match self.file.cloudtrail.as_ref().and_then(|trail| trail.name.as_ref()) {
            Some(chosen) => chosen.fill(self.place, self.region()),
            None => self.file.name.written().to_owned(),
        }
    }

    /// The trail's ARN; its home is the baseline's region (CT-1).
    pub(super) fn trail_arn(&self) -> String {
        self.arn("cloudtrail", self.region(), &format!("trail/{}", self.trail()))
    }
}

impl From<&Header> for Origin {
    fn from(header: &Header) -> Self {
        Self { section: header.section.clone(), line: header.line, file: header.file.clone() }
    }
}
