//! STS: who the caller is, and how to become somebody else.

use super::context::Context;
use super::service::{Operation, Service, operation};
use super::wire::{Answer, Fault, Params, Protocol};

/// STS.
pub const SERVICE: Service = Service {
    name: "sts",
    protocol: Protocol::Query,
    version: "2011-06-15",
    namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    operations: &[OPERATIONS],
};

const OPERATIONS: &[Operation] = &[operation("GetCallerIdentity", get_caller_identity)];

/// Needs no permission and always works (ORG-7).
fn get_caller_identity(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    Ok(Answer::empty()
        .with("Arn", &cx.caller.arn)
        .with("UserId", &cx.caller.user_id)
        .with("Account", &cx.caller.account))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{config, config_for};
    use crate::sandbox::{Profile, Sandbox};

    #[tokio::test]
    async fn the_credential_chooses_the_account() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let caller = |config| async move {
            let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
            answer.account().unwrap().to_owned()
        };
        assert_eq!(caller(config(&sandbox, "us-east-1")).await, "123456789012");
        assert_eq!(caller(config_for(&sandbox, "eu-west-1", "111122223333")).await, "111122223333");
    }
}
