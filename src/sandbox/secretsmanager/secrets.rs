//! Secrets: made, written, read and marked for deletion.

use super::state::{Secret, Version};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateSecret", create_secret),
    operation("DeleteSecret", delete_secret),
    operation("DescribeSecret", describe_secret),
    operation("GetSecretValue", get_secret_value),
    operation("PutSecretValue", put_secret_value),
];

/// How long a deleted secret can be restored, where the call does not say.
const WINDOW_DAYS: i64 = 30;
const DAY: Milliseconds = 86_400_000;

fn not_found(what: &str) -> Fault {
    Fault::client("ResourceNotFoundException", format!("Secrets Manager can't find the specified {what}."))
}

fn refused(message: &str) -> Fault {
    Fault::client("InvalidRequestException", message)
}

/// A secret by its name or ARN.
fn named<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<(String, &'a mut Secret), Fault> {
    let id = params.required("SecretId")?;
    let mut secrets = cx.home().secretsmanager.secrets.iter_mut();
    let found = secrets.find(|(name, secret)| *name == id || secret.arn == id);
    found.map(|(name, secret)| (name.clone(), secret)).ok_or_else(|| not_found("secret"))
}

/// A secret that takes and shows values.
fn usable<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<(String, &'a mut Secret), Fault> {
    let (name, secret) = named(cx, params)?;
    if secret.deleted.is_some() {
        return Err(refused(
            "You can't perform this operation on the secret because it was marked for deletion.",
        ));
    }
    Ok((name, secret))
}

fn create_secret(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("Name")?;
    if name.len() > 512 || !name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c)) {
        return Err(Fault::client(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    let tags = params.tags("Tags", "Key", "Value")?;
    let token = params.required("ClientRequestToken")?.to_owned();
    let value = params.text("SecretString").map(str::to_owned);
    let description = params.text("Description").unwrap_or_default().to_owned();
    let now = cx.now();
    if let Some(secret) = cx.home().secretsmanager.secrets.get(name) {
        return Err(if secret.deleted.is_some() {
            refused(
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        } else {
            Fault::client(
                "ResourceExistsException",
                format!("The operation failed because the secret {name} already exists."),
            )
        });
    }
    let letters = cx.world.ids.hex(6);
    let arn = cx.arn("secretsmanager", format_args!("secret:{name}-{letters}"));
    let version = value.is_some().then(|| token.clone());
    let versions = value.into_iter().map(|value| Version { id: token.clone(), value, at: now }).collect();
    let secret = Secret { arn: arn.clone(), description, versions, tags, made: now, deleted: None };
    cx.home().secretsmanager.secrets.insert(name.to_owned(), secret);
    Ok(Fields::new().with("ARN", arn).with("Name", name).maybe("VersionId", version).into())
}

/// The same token with the same value is the same call; with another value it is refused.
fn put_secret_value(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let token = params.required("ClientRequestToken")?.to_owned();
    let value = params.required("SecretString")?.to_owned();
    let now = cx.now();
    let (name, secret) = usable(cx, params)?;
    match secret.versions.iter().find(|version| version.id == token) {
        Some(version) if version.value != value => {
            return Err(Fault::client(
                "ResourceExistsException",
                "You can't change the value of a version that exists already.",
            ));
        }
        Some(_) => {}
        None => secret.versions.push(Version { id: token.clone(), value, at: now }),
    }
    Ok(Answer::empty().with("ARN", &secret.arn).with("Name", name).with("VersionId", token))
}

fn get_secret_value(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let stage = params.text("VersionStage").unwrap_or("AWSCURRENT").to_owned();
    let (name, secret) = usable(cx, params)?;
    let back = usize::from(stage == "AWSPREVIOUS");
    let version = secret.versions.iter().rev().nth(back);
    let version = version.ok_or_else(|| not_found(&format!("secret value for staging label: {stage}")))?;
    let fields = Fields::new()
        .with("ARN", &secret.arn)
        .with("Name", name)
        .with("VersionId", &version.id)
        .with("SecretString", &version.value)
        .time("CreatedDate", version.at);
    Ok(fields.into())
}

/// What there is, without its value.
fn describe_secret(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (name, secret) = named(cx, params)?;
    let stages = secret.versions.iter().rev().zip(["AWSCURRENT", "AWSPREVIOUS"]);
    let stages =
        stages.fold(Fields::new(), |fields, (version, stage)| fields.list(version.id.clone(), [stage]));
    let mut fields = Fields::new()
        .with("ARN", &secret.arn)
        .with("Name", name)
        .with("Description", &secret.description)
        .with("VersionIdsToStages", stages)
        .with("Tags", Node::tags("Key", "Value", &secret.tags))
        .time("CreatedDate", secret.made);
    if let Some(at) = secret.deleted {
        fields = fields.time("DeletedDate", at);
    }
    Ok(fields.into())
}

fn delete_secret(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let days = params.number_in("RecoveryWindowInDays", 7..=30)?.unwrap_or(WINDOW_DAYS);
    let now = cx.now();
    let (name, secret) = usable(cx, params)?;
    secret.deleted = Some(now + days * DAY);
    let fields =
        Fields::new().with("ARN", &secret.arn).with("Name", name).time("DeletionDate", now + days * DAY);
    Ok(fields.into())
}
