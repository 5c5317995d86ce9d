//! Where flow logs go in S3 (NET-8).

use crate::sandbox::context::Context;
use crate::sandbox::wire::Fault;

/// Makes sure that the delivery service may write to a destination, as CreateFlowLogs does.
///
/// # Errors
/// A bucket that is not there, as CreateFlowLogs lists it among its failures.
pub fn prepare(cx: &mut Context<'_>, destination: &str) -> Result<(), Fault> {
    let name = destination.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split('/').next());
    let name = name.filter(|name| !name.is_empty()).ok_or_else(|| {
        let message = format!("LogDestination: {destination} is not a valid ARN of a bucket");
        Fault::client("InvalidParameterValue", message)
    })?;
    if !cx.world.buckets.contains_key(name) {
        let message = format!("LogDestination: {name} does not exist");
        return Err(Fault::client("400", message));
    }
    Ok(())
}
