//! A statement of the policy of a bucket or an endpoint, as the file writes it.

use serde_json::{Value as Json, json};

use super::with_conditions;
use crate::language::names::Names;
use crate::language::section::section;
use crate::language::types::{FreeText, List, PolicyText, Raw, choice};
use crate::language::{Diagnostic, Span};
use crate::partition;
use crate::policy::glob;
use crate::policy::syntax::{Use, check};

choice! {
    /// Whether a statement allows or denies.
    Effect {
        /// It allows.
        Allow = "allow",
        /// It denies, whatever else allows.
        Deny = "deny",
    }
}

section! {
    /// A statement of a policy: in a bucket it is added to the derived ones, in an endpoint it takes the place of the default.
    #[practices(5)]
    Statement {
        /// Its name.
        sid: FreeText, absent "none";
        /// Whether it allows or denies.
        effect: Effect, required;
        /// Who: `"*"`, or a table such as `{ AWS = ["ARN"] }` or `{ Service = ["NAME"] }`.
        principal: Raw, required;
        /// What, such as `"s3:GetObject"`.
        actions: List<PolicyText>, required;
        /// ARNs.
        resources: List<PolicyText>, absent "the bucket and its objects; `*` in the policy of an endpoint";
        /// When, as in a policy: `{ StringEquals = { "aws:PrincipalOrgID" = "o-example" } }`.
        conditions: Raw, absent "always";
    }
}

impl Statement {
    /// Reports a statement that opens the bucket to everybody, which the public-access block refuses (S3-5).
    pub(in crate::language) fn check_private(&self, problems: &mut Vec<Diagnostic>) {
        let everyone = |json: &Json| match json {
            Json::String(text) => text == "*",
            Json::Array(items) => items.iter().any(|item| item == "*"),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => false,
        };
        let principal = self.principal.written();
        let public = everyone(principal) || principal.get("AWS").is_some_and(everyone);
        if self.effect.value == Effect::Allow && public && self.conditions.is_none() {
            problems.push(
                Diagnostic::error(
                    "public-bucket",
                    &self.principal.span,
                    "this opens the bucket to everybody",
                )
                .label("AWS refuses it, because public access is blocked")
                .hint("name the principals, or add `conditions` (practice 13)"),
            );
        }
    }

    /// Reports what AWS would refuse about the statement in the policy of a bucket, so that no bucket is made whose policy then fails:
    /// the form of principals, resources of another bucket, actions of another service, and whatever the grammar of policies says.
    pub(in crate::language) fn check_document(
        &self,
        names: &Names<'_>,
        bucket: &str,
        problems: &mut Vec<Diagnostic>,
    ) {
        let refuse = |span: &Span, message: String, hint: &str| {
            Diagnostic::error("bad-policy", span, message).label("AWS refuses the whole policy").hint(hint)
        };
        let before = problems.len();
        let arn = names.bucket_arn(bucket);
        for resource in self.resources.iter().flat_map(|list| list.iter()) {
            let filled = resource.value.fill(names.place, names.region());
            let of_bucket = filled.split('/').next().unwrap_or_default();
            if filled != "*" && !glob(of_bucket, &arn) {
                let hint = "leave `resources` out for this bucket and its objects";
                problems.push(refuse(&resource.span, format!("{filled:?} is not this bucket, {arn}"), hint));
            }
        }
        for action in self.actions.iter() {
            let written = action.value.fill(names.place, names.region());
            if written != "*" && !written.to_ascii_lowercase().starts_with("s3:") {
                let message = format!("{written:?} is not an action of S3");
                problems.push(refuse(&action.span, message, "name actions such as \"s3:GetObject\""));
            }
        }
        let principal = self.principal.written();
        if matches!(principal, Json::String(text) if text != "*") || principal.is_array() {
            let hint = "write a table: { AWS = [\"ARN\"] }, { Service = [\"NAME.amazonaws.com\"] }";
            problems.push(refuse(&self.principal.span, "a principal is \"*\" or a table".to_owned(), hint));
        }
        if problems.len() > before {
            return;
        }
        let document = json!({ "Version": "2012-10-17", "Statement": [self.json(names, &[&arn])] });
        if let Err(reason) = check(&document.to_string(), Use::Resource) {
            let span = self.conditions.as_ref().map_or(&self.principal.span, |conditions| &conditions.span);
            let hint = "look at AWS's reference of policy elements, and at the operators of conditions";
            problems.push(refuse(span, format!("not a statement: {}", reason.trim_end_matches('.')), hint));
        }
    }

    /// The statement as JSON.
    pub(in crate::language) fn json(&self, names: &Names<'_>, default_resources: &[&str]) -> Json {
        let texts = |list: &List<PolicyText>| -> Vec<String> {
            list.iter().map(|text| text.fill(names.place, names.region())).collect()
        };
        let resources = self
            .resources
            .as_ref()
            .map_or_else(|| default_resources.iter().map(ToString::to_string).collect(), |list| texts(list));
        let mut statement = json!({
            "Effect": match self.effect.value { Effect::Allow => "Allow", Effect::Deny => "Deny" },
            "Principal": with_arns(self.principal.fill(names.place, names.region()), names.place.partition),
            "Action": texts(&self.actions),
            "Resource": resources,
        });
        if let Some(sid) = &self.sid {
            statement["Sid"] = json!(sid.fill(names.place, names.region()));
        }
        let conditions =
            self.conditions.as_ref().map_or_else(|| json!({}), |raw| raw.fill(names.place, names.region()));
        with_conditions(statement, conditions)
    }
}

/// Accounts that are named by their id as the ARN that AWS keeps for them, which is another one in each partition.
fn with_arns(principal: Json, partition: &str) -> Json {
    let arn = |one: Json| match one.as_str() {
        Some(id) if partition::is_account(id) => Json::from(format!("arn:{partition}:iam::{id}:root")),
        _ => one,
    };
    match principal {
        Json::Object(map) => map
            .into_iter()
            .map(|(kind, who)| match who {
                Json::Array(all) if kind == "AWS" => (kind, all.into_iter().map(arn).collect()),
                one if kind == "AWS" => (kind, arn(one)),
                other => (kind, other),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}
