//! How services say that somebody may not ("Troubleshoot access denied error messages", IAM User Guide).

use super::call::Call;
use crate::sandbox::wire::Fault;

/// Which policies stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// One of them denies.
    Denied(Layer),
    /// None of them allows.
    NotAllowed(Layer),
}

/// A sort of policy, in the words of AWS's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Of the caller, its groups or role.
    Identity,
    /// On the resource.
    Resource,
    /// The permissions boundary.
    Boundary,
    /// Given with the session.
    Session,
    /// Of the organization.
    Control,
}

impl Layer {
    const fn words(self) -> &'static str {
        match self {
            Self::Identity => "identity-based policy",
            Self::Resource => "resource-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Control => "service control policy",
        }
    }
}

/// The refusal of a call, because of an action on a resource.
pub fn refuse(call: &Call<'_>, action: &str, resource: &str, reason: Reason) -> Fault {
    let on = if resource == "*" { String::new() } else { format!(" on resource: {resource}") };
    let why = match reason {
        Reason::Denied(layer) => {
            let article = if layer == Layer::Identity { "an" } else { "a" };
            format!("with an explicit deny in {article} {}", layer.words())
        }
        Reason::NotAllowed(layer) => format!("because no {} allows the {action} action", layer.words()),
    };
    let message = format!("User: {} is not authorized to perform: {action}{on} {why}", call.caller.arn);
    match call.service {
        "ec2" => {
            let message = format!("You are not authorized to perform this operation. {message}");
            Fault::new(403, "UnauthorizedOperation", message)
        }
        "s3" | "s3control" | "iam" | "sts" | "elasticloadbalancing" | "autoscaling" => {
            Fault::new(403, "AccessDenied", message)
        }
        "sns" => Fault::new(403, "AuthorizationError", message),
        // The code that it had before SQS spoke JSON, which clients still go by.
        "sqs" => Fault::client("AccessDeniedException", message)
            .header("x-amzn-query-error", "AccessDenied;Sender"),
        _ => Fault::client("AccessDeniedException", message),
    }
}

/// The refusal of what is not evaluated here, which is never taken for a yes or a no.
pub fn not_evaluated(action: &str, what: &str) -> Fault {
    let message = format!("The built-in account cannot decide {action}: it does not evaluate {what}");
    Fault::new(501, "NotImplemented", message)
}
