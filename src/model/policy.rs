//! One normal form for IAM, S3 and KMS policy documents.
//!
//! Two documents are equal when AWS treats them alike (aws-truths 1.16): a statement alone is a
//! list of one, a string alone is a set of one, order never matters, an account id is its root
//! ARN, condition keys ignore case (POL-2), booleans and numbers in conditions are text (POL-1).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map as JsonMap, Value as Json};

use super::{DecodeError, Value};
use crate::partition::{self, Partition};

/// Brings a policy document into normal form; doing it twice is doing it once.
///
/// # Errors
/// Fails on a document that is not an object and on fractions.
pub fn normalise(json: &Json) -> Result<Value, DecodeError> {
    let Json::Object(document) = json else {
        return Err(DecodeError::from("a policy document must be a JSON object".to_owned()));
    };
    // An id alone is the ARN of the document's own partition, which its other ARNs name.
    let partition = partition_in(json).map_or("aws", |partition| partition.id);
    let mut normal = BTreeMap::new();
    for (key, value) in document {
        let value = if key == "Statement" {
            let statements = members(value).into_iter().map(|one| statement(one, partition));
            Value::Set(statements.collect::<Result<_, _>>()?)
        } else {
            Value::decode(value.clone())?
        };
        normal.insert(key.clone(), value);
    }
    Ok(Value::Dict(normal))
}

/// A document without the statements that repeat one of the other document under another Sid.
pub fn without_copies(document: Value, other: &Value) -> Value {
    const STATEMENTS: &str = "Statement";
    let Some(Value::Set(declared)) = other.get(STATEMENTS) else { return document };
    let unnamed = |statement: &Value| match statement {
        Value::Dict(members) => {
            let mut members = members.clone();
            members.remove("Sid");
            Value::Dict(members)
        }
        _ => statement.clone(),
    };
    let Value::Dict(mut members) = document else { return document };
    if let Some(Value::Set(statements)) = members.get_mut(STATEMENTS) {
        let there: BTreeSet<Value> = statements.intersection(declared).map(unnamed).collect();
        statements.retain(|statement| declared.contains(statement) || !there.contains(&unnamed(statement)));
    }
    Value::Dict(members)
}

/// The document in JSON as AWS takes it: sets of one are plain strings, statements a list.
pub fn plain(document: &Value) -> Json {
    match document {
        Value::Dict(map) => Json::Object(
            map.iter()
                .map(|(key, value)| match value {
                    Value::Set(statements) if key == "Statement" => {
                        (key.clone(), Json::Array(in_reading_order(statements).map(plain).collect()))
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Str(_)
                    | Value::List(_)
                    | Value::Set(_)
                    | Value::Map(_)
                    | Value::Dict(_)
                    | Value::Ref(_)
                    | Value::Document(_)
                    | Value::AtCreation(_) => (key.clone(), plain(value)),
                })
                .collect(),
        ),
        Value::Set(items) if items.len() == 1 => items.first().map_or(Json::Null, plain),
        Value::Set(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Str(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Ref(_)
        | Value::Document(_)
        | Value::AtCreation(_) => document.plain_json(),
    }
}

/// Statements by Sid, so that the text we send and show is stable whatever the set's order.
fn in_reading_order(statements: &BTreeSet<Value>) -> impl Iterator<Item = &Value> {
    let mut ordered: Vec<&Value> = statements.iter().collect();
    ordered.sort_by_key(|statement| statement.get("Sid").cloned());
    ordered.into_iter()
}

fn statement(json: &Json, partition: &str) -> Result<Value, DecodeError> {
    let Json::Object(statement) = json else {
        return Err(DecodeError::from("a policy statement must be a JSON object".to_owned()));
    };
    let mut normal = BTreeMap::new();
    for (key, value) in statement {
        let value = match key.as_str() {
            "Effect" => Value::text(if text(value).eq_ignore_ascii_case("allow") { "Allow" } else { "Deny" }),
            "Action" | "NotAction" | "Resource" | "NotResource" => strings(value)?,
            "Principal" | "NotPrincipal" => principal(value, partition)?,
            "Condition" => condition(value)?,
            _ => Value::decode(value.clone())?,
        };
        // An empty Sid is how some services spell an absent one.
        if key != "Sid" || value != Value::from("") {
            normal.insert(key.clone(), value);
        }
    }
    Ok(Value::Dict(normal))
}

/// `"*"` and `{"AWS": "*"}` both mean everyone (IAM user guide, "Principal"), so they are equal here
/// and written the second way, which every reader of policies takes.
fn principal(json: &Json, partition: &str) -> Result<Value, DecodeError> {
    let everyone = JsonMap::from_iter([("AWS".to_owned(), Json::from("*"))]);
    let map = match json {
        Json::Object(map) => map,
        Json::String(text) if text == "*" => &everyone,
        _ => return Value::decode(json.clone()),
    };
    let mut normal = BTreeMap::new();
    for (key, value) in map {
        let members = match strings(value)? {
            Value::Set(items) if key == "AWS" => {
                items.into_iter().map(|who| account_root(who, partition)).collect()
            }
            Value::Set(items) => items,
            other => BTreeSet::from([other]),
        };
        if !members.is_empty() {
            normal.insert(key.clone(), Value::Set(members));
        }
    }
    Ok(Value::Dict(normal))
}

/// The first partition that the document names.
fn partition_in(json: &Json) -> Option<&'static Partition> {
    match json {
        Json::String(text) => partition::of_arn(text),
        Json::Array(items) => items.iter().find_map(partition_in),
        Json::Object(map) => map.values().find_map(partition_in),
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

fn account_root(value: Value, partition: &str) -> Value {
    match value {
        Value::Str(id) if partition::is_account(&id) => Value::Str(format!("arn:{partition}:iam::{id}:root")),
        other => other,
    }
}

fn condition(json: &Json) -> Result<Value, DecodeError> {
    let object = |json: &Json| json.as_object().cloned().unwrap_or_else(JsonMap::new);
    let mut operators = BTreeMap::new();
    for (operator, keys) in object(json) {
        let mut normal = BTreeMap::new();
        for (key, values) in object(&keys) {
            normal.insert(condition_key(&key), strings(&values)?);
        }
        operators.insert(operator, Value::Dict(normal));
    }
    Ok(Value::Dict(operators))
}

/// Condition keys as AWS documents them. People and scanners look for this spelling.
const CONDITION_KEYS: &[&str] = &[
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:RequestedRegion",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "kms:CallerAccount",
    "kms:EncryptionContext:aws:cloudtrail:arn",
    "kms:GrantIsForAWSResource",
    "kms:ViaService",
    "SAML:aud",
    "SAML:sub",
    "sts:ExternalId",
];

/// A condition key in its one spelling: case never matters (POL-2).
fn condition_key(key: &str) -> String {
    let documented = CONDITION_KEYS.iter().find(|known| known.eq_ignore_ascii_case(key));
    documented.map_or_else(|| key.to_ascii_lowercase(), ToString::to_string)
}

/// A string, number, boolean or reference, or a list of them, as a set.
fn strings(json: &Json) -> Result<Value, DecodeError> {
    let item = |json: &Json| match json {
        Json::Bool(_) | Json::Number(_) => Ok(Value::text(json.to_string())),
        Json::Null | Json::String(_) | Json::Array(_) | Json::Object(_) => Value::decode(json.clone()),
    };
    Ok(Value::Set(members(json).into_iter().map(item).collect::<Result<_, _>>()?))
}

fn members(json: &Json) -> Vec<&Json> {
    match json {
        Json::Array(items) => items.iter().collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => vec![json],
    }
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_repeats_a_statement_that_is_there_is_no_difference_and_anything_else_is_one() {
        let statement = |sid: &str, action: &str| json!({ "Sid": sid, "Effect": "Allow", "Action": action });
        let document = |statements: &[Json]| normalise(&json!({ "Statement": statements })).unwrap();
        let wanted = document(&[statement("Write", "s3:PutObject"), statement("Check", "s3:GetBucketAcl")]);
        for (live, left) in [
            // Appended by AWS.
            (
                vec![
                    statement("Write", "s3:PutObject"),
                    statement("Check", "s3:GetBucketAcl"),
                    statement("Write1", "s3:PutObject"),
                ],
                2,
            ),
            // The declared one is gone: its copy is a difference, so that the declared one comes back.
            (vec![statement("Write1", "s3:PutObject"), statement("Check", "s3:GetBucketAcl")], 2),
            // It allows more.
            (
                vec![
                    statement("Write", "s3:PutObject"),
                    statement("Check", "s3:GetBucketAcl"),
                    statement("Write1", "s3:*"),
                ],
                3,
            ),
        ] {
            let kept = without_copies(document(&live), &wanted);
            let Some(Value::Set(statements)) = kept.get("Statement") else { panic!("{kept:?}") };
            assert_eq!(statements.len(), left, "{live:?}");
        }
    }

    #[test]
    fn spellings_that_aws_treats_alike_are_equal() {
        let one = json!({
            "Version": "2012-10-17",
            "Statement": {
                "Sid": "", "Effect": "allow", "Action": "s3:GetObject",
                "Principal": { "AWS": "123456789012" },
                "Resource": ["b", "a"],
                "Condition": { "Bool": { "AWS:SecureTransport": false } },
            },
        });
        let other = json!({
            "Statement": [{
                "Effect": "Allow", "Action": ["s3:GetObject"],
                "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] },
                "Resource": ["a", "b", "a"],
                "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
            }],
            "Version": "2012-10-17",
        });
        assert_eq!(normalise(&one).unwrap(), normalise(&other).unwrap());
    }

    #[test]
    fn an_account_is_equal_by_id_and_by_arn_in_every_partition() {
        for partition in partition::PARTITIONS {
            let document = |account: &str| {
                json!({ "Statement": {
                    "Effect": "Allow", "Action": "s3:GetObject", "Principal": { "AWS": account },
                    "Resource": format!("arn:{}:s3:::logs/*", partition.id),
                } })
            };
            let arn = format!("arn:{}:iam::123456789012:root", partition.id);
            assert_eq!(
                normalise(&document("123456789012")).unwrap(),
                normalise(&document(&arn)).unwrap(),
                "{}",
                partition.id
            );
        }
    }

    #[test]
    fn normalising_what_was_normalised_changes_nothing() {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Sid": "b", "Effect": "Deny", "NotAction": "*", "Principal": { "AWS": "*" }, "Resource": ["x", "y"] },
                { "Sid": "a", "Effect": "Allow", "Action": ["a:B"], "Principal": { "Service": ["s"] }, "Resource": "*" },
            ],
        });
        let once = normalise(&document).unwrap();
        assert_eq!(normalise(&plain(&once)).unwrap(), once);
        assert_eq!(plain(&once)["Statement"][0]["Sid"], "a");
    }

    #[test]
    fn a_changed_effect_or_an_added_statement_is_a_difference() {
        let allow = json!({ "Statement": [{ "Effect": "Allow", "Action": "a:B" }] });
        let deny = json!({ "Statement": [{ "Effect": "Deny", "Action": "a:B" }] });
        let both = json!({ "Statement": [allow["Statement"][0], deny["Statement"][0]] });
        assert_ne!(normalise(&allow).unwrap(), normalise(&deny).unwrap());
        assert_ne!(normalise(&allow).unwrap(), normalise(&both).unwrap());
    }
}
