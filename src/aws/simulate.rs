//! Asks IAM what a principal may do, without doing it.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};

use super::account::Account;
use super::error::Error;
use super::pages::Items as _;

/// What IAM says of one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource's ARN, as it was asked.
    pub resource: String,
    /// Whether it would be denied. A policy that asks for a condition key nobody gave is no denial.
    pub denied: bool,
}

impl Account {
    /// Simulates the principal's policies; resource policies and session policies are not part of it.
    ///
    /// # Errors
    /// Fails where the caller may not simulate, and where AWS does.
    pub async fn simulate(
        &self,
        principal: &str,
        actions: &[String],
        resources: &[String],
        context: &[(String, Vec<String>)],
    ) -> Result<Vec<Simulated>, Error> {
        let mut entries = Vec::new();
        for (key, values) in context {
            let kind =
                if values.len() == 1 { ContextKeyTypeEnum::String } else { ContextKeyTypeEnum::StringList };
            let entry = ContextEntry::builder().context_key_name(key).context_key_type(kind);
            entries.push(entry.set_context_key_values(Some(values.clone())).build());
        }
        let request = || {
            self.iam
                .simulate_principal_policy()
                .policy_source_arn(principal)
                .set_action_names(Some(actions.to_vec()))
                .set_resource_arns(Some(resources.to_vec()))
                .set_context_entries(Some(entries.clone()))
                .all_items()
        };
        let results = self.call(request).await?;
        let mut simulated = Vec::new();
        for result in results {
            let of_all = (result.eval_decision(), result.missing_context_values());
            let specific = result.resource_specific_results();
            let mut push = |resource: &str, decision: &PolicyEvaluationDecisionType, missing: &[String]| {
                let denied = *decision != PolicyEvaluationDecisionType::Allowed && missing.is_empty();
                simulated.push(Simulated {
                    action: result.eval_action_name().to_owned(),
                    resource: resource.to_owned(),
                    denied,
                });
            };
            if specific.is_empty() {
                push(result.eval_resource_name().unwrap_or("*"), of_all.0, of_all.1);
            }
            for one in specific {
                push(one.eval_resource_name(), one.eval_resource_decision(), one.missing_context_values());
            }
        }
        Ok(simulated)
    }

    /// The ARN of the role of that name, with its path where it can be read.
    pub async fn role_arn(&self, role: &str) -> String {
        let request = self.iam.get_role().role_name(role);
        let answer = self.find(|| request.clone().send()).await.ok().flatten();
        answer.and_then(|answer| answer.role).map_or_else(
            || format!("arn:{}:iam::{}:role/{role}", self.identity.partition, self.id()),
            |role| role.arn,
        )
    }
}
