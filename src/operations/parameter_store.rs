//! Parameter Store. What takes the lock is granted with the lock.

use super::grant::{Grant, Names, Scope};
use super::operation::Operation;

/// Every operation.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::read("ssm", "GetParameters").on(images),
    Operation::read_beside("ssm", "GetParameterHistory"),
];

/// Images are named by parameters; those that AWS publishes belong to no account.
fn images(_: &str, names: &Names<'_>) -> Vec<Grant> {
    let Scope { partition, region, account, .. } = names.scope;
    let images = names.all("ec2.launch-template", "image").filter_map(|i| i.strip_prefix("resolve:ssm:"));
    let arn = |name: &str| {
        let owner = if name.starts_with("/aws/service/") { "" } else { *account };
        let name = name.split(':').next().unwrap_or_default().trim_start_matches('/');
        format!("arn:{partition}:ssm:{region}:{owner}:parameter/{name}")
    };
    vec![names.named("ImageParameters", images.map(arn))]
}
