//! Who sends a call, and every policy that says what they may.

use std::collections::HashMap;
use std::sync::Arc;

use super::call::{Call, Tags};
use super::conditions::{Facts, resource_tags};
use crate::policy::Policy;
use crate::sandbox::iam;
use crate::sandbox::lag::Versioned;
use crate::sandbox::organizations;
use crate::sandbox::world::iso8601;

/// Documents that were read before: a call is judged by the same few.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// By their text; where several are one, by the texts of all.
    by_text: HashMap<String, Arc<Policy>>,
    /// What limits a session, by its access key: the documents of AWS are long, and are looked up by their text once a session.
    of_sessions: HashMap<String, Arc<Policy>>,
}

/// More than a session of work needs; beyond it all are read anew.
const MOST: usize = 4_096;

impl Documents {
    /// No document yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The policy that a document is. One that is none says nothing, which allows nothing.
    pub fn read(&mut self, text: &str) -> Arc<Policy> {
        self.known(text, |_| Policy::parse(text).unwrap_or_default())
    }

    /// Several documents that are one policy: what any of them allows.
    fn joined(&mut self, texts: &[&str]) -> Arc<Policy> {
        if let [text] = texts {
            return self.read(text);
        }
        self.known(&texts.join("\n"), |documents| {
            let statements = texts.iter().flat_map(|text| documents.read(text).statements.clone());
            Policy { statements: statements.collect() }
        })
    }

    /// What limits a session, which is so from its beginning to its end.
    fn of_session(&mut self, key: &str, texts: &[String]) -> Arc<Policy> {
        if let Some(known) = self.of_sessions.get(key) {
            return Arc::clone(known);
        }
        let policy = self.joined(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        if self.of_sessions.len() >= MOST {
            self.of_sessions.clear();
        }
        self.of_sessions.insert(key.to_owned(), Arc::clone(&policy));
        policy
    }

    fn known(&mut self, text: &str, read: impl FnOnce(&mut Self) -> Policy) -> Arc<Policy> {
        if let Some(known) = self.by_text.get(text) {
            return Arc::clone(known);
        }
        let policy = Arc::new(read(self));
        if self.by_text.len() >= MOST {
            self.by_text.clear();
        }
        self.by_text.insert(text.to_owned(), Arc::clone(&policy));
        policy
    }
}

/// Who sends a call, and what speaks for and against them.
#[derive(Debug)]
pub struct Standing {
    /// The ARN of the role behind a session; the caller's own otherwise.
    pub identity: String,
    /// `Account`, `AssumedRole` or `User`.
    kind: &'static str,
    name: Option<String>,
    tags: Tags,
    /// Policies that give rights.
    pub grants: Vec<Arc<Policy>>,
    /// The permissions boundary.
    pub boundary: Option<Arc<Policy>>,
    /// What the session was limited to when it was made.
    pub session: Option<Arc<Policy>>,
    /// Service control policies.
    pub control: Vec<Arc<Policy>>,
}

/// What the root user may: everything, within the organization's policies.
const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

impl Standing {
    /// Finds out about the caller.
    pub fn of(call: &Call<'_>, documents: &mut Documents) -> Self {
        let arn = &call.caller.arn;
        let mut standing = Self {
            identity: arn.clone(),
            kind: "Account",
            name: None,
            tags: Tags::new(),
            grants: Vec::new(),
            boundary: None,
            session: None,
            control: Vec::new(),
        };
        let Some(account) = call.account() else { return standing };
        standing.control.extend(account.service_control_policies.iter().map(|text| documents.read(text)));
        for level in organizations::control_over(call.world, &call.caller.account) {
            // Several policies on one level are one.
            standing.control.push(documents.joined(&level));
        }
        if arn.ends_with(":root") {
            standing.grants.push(documents.read(EVERYTHING));
            return standing;
        }
        let iam = &account.iam;
        let role = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
        let (entity, groups) = match role {
            Some(name) => {
                standing.kind = "AssumedRole";
                (iam.roles.get(name).map(|role| &role.truth().entity), Vec::new())
            }
            None => {
                standing.kind = "User";
                let user = iam.users.values().map(Versioned::truth).find(|user| user.entity.arn == *arn);
                let groups = user.map(|user| user.groups.iter().filter_map(|name| iam.groups.get(name)));
                let groups = groups.into_iter().flatten().map(|group| &group.truth().entity).collect();
                (user.map(|user| &user.entity), groups)
            }
        };
        let Some(entity) = entity else { return standing };
        standing.identity.clone_from(&entity.arn);
        standing.name = Some(entity.name.clone()).filter(|_| role.is_none());
        standing.tags.clone_from(&entity.tags);
        for holder in std::iter::once(entity).chain(groups) {
            standing.grants.extend(holder.inline.values().map(|inline| documents.read(inline.written())));
            for attached in &holder.attached {
                let text = iam::document(iam, attached, call.lens);
                standing.grants.extend(text.map(|text| documents.read(text)));
            }
        }
        let boundary = entity.boundary.as_deref();
        // A boundary that is gone allows nothing.
        standing.boundary =
            boundary.map(|arn| documents.read(iam::document(iam, arn, call.lens).unwrap_or("{}")));
        if let Some(session) = call.world.sessions.get(&call.caller.access_key)
            && !session.policies.is_empty()
        {
            standing.session = Some(documents.of_session(&call.caller.access_key, &session.policies));
        }
        standing
    }

    /// The condition keys that tell about the caller and the moment ("AWS global condition context keys", IAM User Guide).
    pub fn facts(&self, call: &Call<'_>) -> Facts {
        let caller = call.caller;
        let mut facts = resource_tags("aws:PrincipalTag/", &self.tags);
        let mut add = |key: &str, value: String| facts.push((key.to_owned(), vec![value]));
        add("aws:PrincipalArn", self.identity.clone());
        add("aws:PrincipalAccount", caller.account.clone());
        add("aws:PrincipalType", self.kind.to_owned());
        add("aws:PrincipalIsAWSService", "false".to_owned());
        add("aws:userid", caller.user_id.clone());
        if let Some(name) = &self.name {
            add("aws:username", name.clone());
        }
        add("aws:ViaAWSService", "false".to_owned());
        // The account stands for AWS, which is reached by TLS.
        add("aws:SecureTransport", "true".to_owned());
        add("aws:SourceIp", "127.0.0.1".to_owned());
        add("aws:RequestedRegion", call.region.to_owned());
        add("aws:CurrentTime", iso8601(call.lens.now, false));
        add("aws:EpochTime", (call.lens.now / 1_000).to_string());
        if let Some(agent) = call.request.header("user-agent") {
            add("aws:UserAgent", agent.to_owned());
        }
        if let Some(session) = call.world.sessions.get(&caller.access_key) {
            add("aws:TokenIssueTime", iso8601(session.issued, false));
            add("aws:MultiFactorAuthPresent", session.second_factor.to_string());
            if session.second_factor {
                add("aws:MultiFactorAuthAge", ((call.lens.now - session.issued) / 1_000).to_string());
            }
        }
        facts
    }
}
