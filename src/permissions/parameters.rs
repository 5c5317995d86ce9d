//! What the actions of Parameter Store are checked against.

use super::Scope;
use super::grant::{Grant, Names};

/// The grants of a read.
pub(super) fn of(operation: &str, names: &Names<'_>) -> Option<Vec<Grant>> {
    let Scope { partition, region, account, .. } = names.scope;
    Some(match operation {
        // Images are named by parameters; those that AWS publishes belong to no account.
        "GetParameters" => {
            let images =
                names.all("ec2.launch-template", "image").filter_map(|i| i.strip_prefix("resolve:ssm:"));
            let arn = |name: &str| {
                let owner = if name.starts_with("/aws/service/") { "" } else { *account };
                let name = name.split(':').next().unwrap_or_default().trim_start_matches('/');
                format!("arn:{partition}:ssm:{region}:{owner}:parameter/{name}")
            };
            vec![names.named("ImageParameters", images.map(arn))]
        }
        _ => return None,
    })
}
