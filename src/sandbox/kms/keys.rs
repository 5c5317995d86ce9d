//! Keys themselves.

use super::aliases::OF_AWS;
use super::find::{Needs, arn, aws_key, bad_marker, change, look_up, named, seen, state};
use super::policies::{default_policy, read_policy};
use super::replicas;
use super::state::{Key, MADE_BY_KMS};
use super::tags::read_tags;
use crate::sandbox::context::Context;
use crate::sandbox::lag::Versioned;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("CreateKey", create_key),
    operation("DescribeKey", describe_key),
    operation("ListKeys", list_keys),
    operation("EnableKey", enable_key),
    operation("DisableKey", disable_key),
    operation("UpdateKeyDescription", update_key_description),
];

/// Specs, and what a key of each may be used for; the first is what a caller gets who does not say.
const SPECS: &[(&str, &[&str])] = &[
    ("SYMMETRIC_DEFAULT", &["ENCRYPT_DECRYPT"]),
    ("RSA_2048", &["ENCRYPT_DECRYPT", "SIGN_VERIFY"]),
    ("RSA_3072", &["ENCRYPT_DECRYPT", "SIGN_VERIFY"]),
    ("RSA_4096", &["ENCRYPT_DECRYPT", "SIGN_VERIFY"]),
    ("ECC_NIST_P256", &["SIGN_VERIFY", "KEY_AGREEMENT"]),
    ("ECC_NIST_P384", &["SIGN_VERIFY", "KEY_AGREEMENT"]),
    ("ECC_NIST_P521", &["SIGN_VERIFY", "KEY_AGREEMENT"]),
    ("ECC_SECG_P256K1", &["SIGN_VERIFY"]),
    ("HMAC_224", &["GENERATE_VERIFY_MAC"]),
    ("HMAC_256", &["GENERATE_VERIFY_MAC"]),
    ("HMAC_384", &["GENERATE_VERIFY_MAC"]),
    ("HMAC_512", &["GENERATE_VERIFY_MAC"]),
];

/// Not idempotent: there is no token, so a request sent twice makes two keys (KMS-18).
fn create_key(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let spec = params
        .text("KeySpec")
        .or_else(|| params.text("CustomerMasterKeySpec"))
        .unwrap_or("SYMMETRIC_DEFAULT");
    let usage = params.text("KeyUsage").unwrap_or("ENCRYPT_DECRYPT");
    let (_, usages) = SPECS.iter().find(|(name, _)| *name == spec).ok_or_else(|| {
        let words: Vec<&str> = SPECS.iter().map(|(name, _)| *name).collect();
        params.invalid("KeySpec", &format!("must satisfy enum value set: [{}]", words.join(", ")))
    })?;
    if !usages.contains(&usage) {
        let message = format!("KeyUsage {usage} is not compatible with KeySpec {spec}");
        return Err(Fault::client("ValidationException", message));
    }
    let origin = origin(params)?;
    let description = check_description(params)?;
    let tags = read_tags(params)?;
    let policy = match params.text("Policy") {
        Some(_) => read_policy(cx, params)?,
        None => default_policy(cx.partition(), cx.account_id()),
    };
    let multi_region = params.flag("MultiRegion")?.unwrap_or_default();
    let id = cx.world.ids.uuid();
    let id = if multi_region { format!("mrk-{}", id.replace('-', "")) } else { id };
    let now = cx.now();
    let key = Key {
        created: now,
        description,
        policy,
        enabled: true,
        rotation: None,
        deletion: None,
        spec: spec.to_owned(),
        usage: usage.to_owned(),
        multi_region,
        origin: origin.to_owned(),
        awaits_material: origin == "EXTERNAL",
        primary: None,
        of_aws: false,
        tags,
        tagged: now,
        grants: Default::default(),
    };
    let shown = metadata(cx, &id, &key);
    state(cx).keys.insert(id, Versioned::new(key, now));
    Ok(Answer::empty().with("KeyMetadata", shown))
}

/// Where the material comes from. The account has no custom key store, so nothing can be made in one.
fn origin(params: &Params) -> Result<&str, Fault> {
    const ORIGINS: &[&str] = &[MADE_BY_KMS, "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"];
    let origin = params.choice("Origin", ORIGINS)?.unwrap_or(MADE_BY_KMS);
    match (params.text("CustomKeyStoreId"), origin) {
        (None, MADE_BY_KMS | "EXTERNAL") => Ok(origin),
        (None, _) => {
            let message = format!("A key of origin {origin} needs a CustomKeyStoreId");
            Err(Fault::client("ValidationException", message))
        }
        (Some(store), _) => {
            let message = format!("The custom key store {store} does not exist");
            Err(Fault::client("CustomKeyStoreNotFoundException", message))
        }
    }
}

pub(super) fn check_description(params: &Params) -> Result<String, Fault> {
    let text = params.text("Description").unwrap_or_default();
    if text.chars().count() > 8192 {
        return Err(params.invalid("Description", "must have length less than or equal to 8192"));
    }
    Ok(text.to_owned())
}

pub(super) fn metadata(cx: &Context<'_>, id: &str, key: &Key) -> Fields {
    let algorithms: &[&str] = match (key.usage.as_str(), key.spec.as_str()) {
        ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT") => &["SYMMETRIC_DEFAULT"],
        ("ENCRYPT_DECRYPT", _) => &["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
        _ => &[],
    };
    let signing: &[&str] = match (key.usage.as_str(), key.spec.as_str()) {
        ("SIGN_VERIFY", "RSA_2048" | "RSA_3072" | "RSA_4096") => &[
            "RSASSA_PKCS1_V1_5_SHA_256",
            "RSASSA_PKCS1_V1_5_SHA_384",
            "RSASSA_PKCS1_V1_5_SHA_512",
            "RSASSA_PSS_SHA_256",
            "RSASSA_PSS_SHA_384",
            "RSASSA_PSS_SHA_512",
        ],
        ("SIGN_VERIFY", "ECC_NIST_P256" | "ECC_SECG_P256K1") => &["ECDSA_SHA_256"],
        ("SIGN_VERIFY", "ECC_NIST_P384") => &["ECDSA_SHA_384"],
        ("SIGN_VERIFY", "ECC_NIST_P521") => &["ECDSA_SHA_512"],
        _ => &[],
    };
    let mac = key.spec.strip_prefix("HMAC_").map(|bits| format!("HMAC_SHA_{bits}"));
    let agreement = (key.usage == "KEY_AGREEMENT").then(|| Node::list(["ECDH"]));
    let regions = key.multi_region.then(|| replicas::shown(cx, id, key));
    Fields::new()
        .with("AWSAccountId", cx.account_id())
        .with("KeyId", id)
        .with("Arn", arn(cx, id))
        .time("CreationDate", key.created)
        .with("Enabled", key.state() == "Enabled")
        .with("Description", &key.description)
        .with("KeyUsage", &key.usage)
        .with("KeyState", key.state())
        .maybe("DeletionDate", key.deletion.map(Node::Time))
        .with("Origin", &key.origin)
        .with("KeyManager", if key.of_aws { "AWS" } else { "CUSTOMER" })
        .with("CustomerMasterKeySpec", &key.spec)
        .with("KeySpec", &key.spec)
        .maybe(
            "EncryptionAlgorithms",
            (!algorithms.is_empty()).then(|| Node::list(algorithms.iter().copied())),
        )
        .maybe("SigningAlgorithms", (!signing.is_empty()).then(|| Node::list(signing.iter().copied())))
        .maybe("MacAlgorithms", mac.map(|name| Node::list([name])))
        .maybe("KeyAgreementAlgorithms", agreement)
        .with("MultiRegion", key.multi_region)
        .maybe("MultiRegionConfiguration", regions)
}

fn describe_key(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("KeyId")?;
    let alias = name.rsplit_once(':').map_or(name, |(_, alias)| alias);
    let id = if OF_AWS.contains(&alias) && (alias == name || name.starts_with(&cx.arn("kms", ""))) {
        let (account, region) = (cx.account_id().to_owned(), cx.region.clone());
        aws_key(cx.world, &account, &region, alias)
    } else {
        look_up(cx, name)?
    };
    let key = seen(cx, &id)?;
    Ok(Answer::empty().with("KeyMetadata", metadata(cx, &id, &key)))
}

fn list_keys(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let limit = params.number_in("Limit", 1..=1000)?.unwrap_or(100);
    let lens = cx.lens();
    let keys = &state(cx).keys;
    let ids: Vec<String> =
        keys.iter().filter(|(id, key)| key.seen(lens, id).is_some()).map(|(id, _)| id.clone()).collect();
    let (ids, next) = cx
        .page(ids, String::clone, params.text("Marker"), usize::try_from(limit).unwrap_or(100))
        .map_err(bad_marker)?;
    let shown = ids.iter().map(|id| Fields::new().with("KeyId", id).with("KeyArn", arn(cx, id)));
    Ok(Fields::new().list("Keys", shown).with("Truncated", next.is_some()).maybe("NextMarker", next).into())
}

fn enable_key(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    let waits = seen(cx, &id)?.awaits_material;
    change(cx, &id, if waits { Needs::Use } else { Needs::Life }, |key| key.enabled = true)?;
    Ok(Answer::empty())
}

fn disable_key(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    change(cx, &id, Needs::Life, |key| key.enabled = false)?;
    Ok(Answer::empty())
}

fn update_key_description(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let id = named(cx, params)?;
    if !params.has("Description") {
        return Err(params.missing("Description"));
    }
    let description = check_description(params)?;
    change(cx, &id, Needs::Life, |key| key.description = description)?;
    Ok(Answer::empty())
}
