//! Policy statements that other sections make necessary: one service a file.

pub(super) mod access_logs;
pub(super) mod bucket_access;
pub(super) mod cloudtrail;
pub(super) mod flow_logs;
pub mod identity;
pub(super) mod key_use;
pub(super) mod load_balancer_logs;
pub(super) mod role_access;
pub mod statement;
pub(super) mod vpc_endpoint;

use serde_json::{Value as Json, json};

use crate::model::{DecodeError, Document};

/// A policy document of these statements.
pub(super) fn document(statements: Vec<Json>) -> Result<Document, DecodeError> {
    Document::new(&json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Lets a service do something; `conditions` may be an empty object.
pub(super) fn allow_service(
    sid: &str,
    service: &str,
    actions: &[&str],
    resource: &str,
    conditions: Json,
) -> Json {
    with_conditions(
        json!({
            "Sid": sid,
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": actions,
            "Resource": resource,
        }),
        conditions,
    )
}

/// Adds conditions, if there are any.
pub(super) fn with_conditions(mut statement: Json, conditions: Json) -> Json {
    if conditions.as_object().is_some_and(|conditions| !conditions.is_empty()) {
        statement["Condition"] = conditions;
    }
    statement
}
