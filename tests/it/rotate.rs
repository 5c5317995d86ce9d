//! Replacing an access key: each run does one step, and a user is never left without a key that works.

use std::io::Read as _;
use std::path::Path;

use baseline::aws::{Account, Mode, Options};
use baseline::sandbox::secretsmanager::{Secret, Version};
use baseline::sandbox::{Profile, Sandbox};

use crate::at_home::{baseline, said};
use crate::faults::served::Served;

const FILE: &str = "name = \"keys\"\nregion = \"us-east-1\"\n";

fn sealed(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "age")).collect()
}

#[test]
fn a_new_key_is_handed_over_to_the_recipient_alone_and_the_old_one_waits() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.toml"), FILE).unwrap();
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let rotate = |more: &[&str]| {
        let mut arguments =
            vec!["--sandbox=a", "rotate", "keys.toml", "robot", "--recipient", recipient.as_str()];
        arguments.extend(more);
        baseline(folder.path(), &arguments)
    };
    let nobody = rotate(&[]);
    assert_eq!(nobody.status.code(), Some(1), "{}", said(&nobody));
    assert!(said(&nobody).contains("there is no IAM user robot"), "{}", said(&nobody));

    with_account(folder.path(), |iam| async move {
        iam.create_user().user_name("robot").send().await.unwrap();
        iam.create_access_key().user_name("robot").send().await.unwrap();
    });
    let dry = rotate(&["--dry-run"]);
    assert!(said(&dry).contains("next: make a new key"), "{}", said(&dry));
    assert!(sealed(folder.path()).is_empty());

    let made = rotate(&[]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let files = sealed(folder.path());
    assert_eq!(files.len(), 1, "{}", said(&made));
    let bytes = std::fs::read(&files[0]).unwrap();
    let decryptor = age::Decryptor::new(bytes.as_slice()).unwrap();
    let mut text = String::new();
    decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let key: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (id, secret) = (key["AccessKeyId"].as_str().unwrap(), key["SecretAccessKey"].as_str().unwrap());
    assert!(files[0].ends_with(format!("robot-{id}.age")));
    assert!(!said(&made).contains(secret), "the secret is shown to nobody");
    let stranger = age::x25519::Identity::generate();
    let decryptor = age::Decryptor::new(bytes.as_slice()).unwrap();
    assert!(decryptor.decrypt(std::iter::once(&stranger as &dyn age::Identity)).is_err());

    // The same again: no third key, and the old one is not touched before the new one was used.
    let again = rotate(&[]);
    assert!(said(&again).contains("nobody has used it yet"), "{}", said(&again));
    // Lost on the way: it goes, and another is made.
    assert!(said(&rotate(&["--discard", id])).contains(&format!("deleted {id}")));
    assert_eq!(rotate(&[]).status.code(), Some(0));
    assert_eq!(sealed(folder.path()).len(), 2);
}

#[test]
fn a_folder_that_cannot_be_written_costs_no_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.toml"), FILE).unwrap();
    with_account(folder.path(), |iam| async move {
        iam.create_user().user_name("robot").send().await.unwrap();
        iam.create_access_key().user_name("robot").send().await.unwrap();
    });
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let arguments =
        ["--sandbox=a", "rotate", "keys.toml", "robot", "--out", "missing", "--recipient", &recipient];
    let failed = baseline(folder.path(), &arguments);
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));
    let dry = baseline(folder.path(), &[&arguments[..4], &["--dry-run", "--recipient", &recipient]].concat());
    assert!(said(&dry).contains("next: make a new key"), "one key is all there is: {}", said(&dry));
}

#[tokio::test]
async fn an_unknown_recipient_is_refused_before_anything_is_asked_of_aws() {
    let folder = tempfile::tempdir().unwrap();
    let refused = baseline(
        folder.path(),
        &["--sandbox=a", "rotate", "keys.toml", "robot", "--recipient", "age1nobody"],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("is no age recipient"), "{}", said(&refused));
    // The door that rotates a key cannot be used for reading only.
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let options = Options {
        tags: [].into(),
        baseline: "keys".into(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadOnly,
        http_override: Some(sandbox.http_client()),
    };
    let account = Account::open(&options).await.unwrap();
    assert!(account.create_access_key("robot").await.is_err());
    assert_eq!(account.trace.counts().writes, 0);
}

/// Works in the account that is kept in the folder, as a program beside baseline would.
pub(crate) fn with_account<F: Future<Output = ()>>(
    folder: &Path,
    work: impl FnOnce(aws_sdk_iam::Client) -> F,
) {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    on_iam(&sandbox, work);
    sandbox.save().unwrap();
}

fn on_iam<F: Future<Output = ()>>(sandbox: &Sandbox, work: impl FnOnce(aws_sdk_iam::Client) -> F) {
    let config = aws_sdk_iam::Config::builder()
        .behavior_version(aws_sdk_iam::config::BehaviorVersion::latest())
        .region(aws_sdk_iam::config::Region::new("us-east-1"))
        .credentials_provider(aws_sdk_iam::config::Credentials::new("test", "test", None, None, "test"))
        .endpoint_url("http://127.0.0.1")
        .http_client(sandbox.http_client())
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(work(aws_sdk_iam::Client::from_conf(config)));
}

#[test]
fn the_policy_for_rotate_covers_what_it_calls_and_names_the_user() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.toml"), FILE).unwrap();
    let print = |more: &[&str]| {
        let arguments = ["permissions", "keys.toml", "--account", "123456789012", "--json"];
        baseline(folder.path(), &[&arguments[..], more].concat())
    };
    let printed = print(&["--for", "rotate", "--user", "robot"]);
    assert_eq!(printed.status.code(), Some(0), "{}", said(&printed));
    let policy: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    let statement = &policy["rotate"][0]["Statement"][0];
    let actions = ["Create", "Delete", "GetLastUsed", "List", "Update"].map(|verb| match verb {
        "GetLastUsed" => "iam:GetAccessKeyLastUsed".to_owned(),
        "List" => "iam:ListAccessKeys".to_owned(),
        verb => format!("iam:{verb}AccessKey"),
    });
    assert_eq!(statement["Action"], serde_json::json!(actions));
    let user = |path: &str| format!("arn:aws:iam::123456789012:user/{path}robot");
    assert_eq!(statement["Resource"], serde_json::json!([user("*/"), user("")]));
    assert_eq!(policy["rotate"].as_array().unwrap().len(), 1);
    let refused = print(&["--user", "robot"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("--for rotate"), "{}", said(&refused));
}

/// The values that a secret of the account in the folder has had, in their order; nothing where there is no such secret.
fn values(folder: &Path, name: &str) -> Option<Vec<String>> {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    sandbox.with_world(|world| {
        let secrets = &world.region("123456789012", "us-east-1").secretsmanager.secrets;
        let values = |secret: &Secret| secret.versions.iter().map(|version| version.value.clone()).collect();
        secrets.get(name).map(values)
    })
}

#[test]
fn a_new_key_is_put_in_force_in_a_secret_that_is_made_for_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.toml"), FILE).unwrap();
    with_account(folder.path(), |iam| async move {
        iam.create_user().user_name("robot").send().await.unwrap();
        iam.create_access_key().user_name("robot").send().await.unwrap();
    });
    let rotate = |more: &[&str]| {
        let arguments = ["--sandbox=a", "rotate", "keys.toml", "robot", "--to-secret", "robot/key"];
        baseline(folder.path(), &[&arguments[..], more].concat())
    };
    let made = rotate(&[]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    assert!(said(&made).contains("made a new key: the secret robot/key"), "{}", said(&made));
    let first = values(folder.path(), "robot/key").unwrap();
    let key: serde_json::Value = serde_json::from_str(&first[0]).unwrap();
    let (id, secret) = (key["AccessKeyId"].as_str().unwrap(), key["SecretAccessKey"].as_str().unwrap());
    assert_eq!((first.len(), &key["UserName"]), (1, &serde_json::json!("robot")));
    assert!(!said(&made).contains(secret), "the secret is shown to nobody");
    assert!(sealed(folder.path()).is_empty(), "no file was asked for");
    let again = rotate(&[]);
    assert!(said(&again).contains("nobody has used it yet"), "{}", said(&again));

    // Lost on the way: the next key is in force, and goes into a file beside the secret.
    assert!(said(&rotate(&["--discard", id])).contains(&format!("deleted {id}")));
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let both = rotate(&["--recipient", &recipient]);
    assert!(said(&both).contains(".age and the secret robot/key"), "{}", said(&both));
    assert_eq!(values(folder.path(), "robot/key").unwrap().len(), 2);
    assert_eq!(sealed(folder.path()).len(), 1);
}

/// Puts a secret into the account in the folder.
fn with_secret(folder: &Path, name: &str, versions: Vec<Version>, deleted: Option<i64>) {
    let sandbox = Sandbox::open(&folder.join("a")).unwrap();
    sandbox.with_world(|world| {
        let secret = Secret {
            arn: format!("arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-abcdef"),
            description: String::new(),
            versions,
            tags: std::collections::BTreeMap::new(),
            made: 0,
            deleted,
        };
        world.region("123456789012", "us-east-1").secretsmanager.secrets.insert(name.into(), secret);
    });
    sandbox.save().unwrap();
}

#[test]
fn a_secret_that_takes_no_value_costs_no_key() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.toml"), FILE).unwrap();
    with_account(folder.path(), |iam| async move {
        iam.create_user().user_name("robot").send().await.unwrap();
        iam.create_access_key().user_name("robot").send().await.unwrap();
    });
    with_secret(folder.path(), "gone", Vec::new(), Some(4_000_000_000_000));
    let rotate = |more: &[&str]| {
        baseline(folder.path(), &[&["--sandbox=a", "rotate", "keys.toml", "robot"][..], more].concat())
    };
    let refused = rotate(&["--to-secret", "gone"]);
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    assert!(
        said(&refused).contains("aws secretsmanager restore-secret --secret-id gone"),
        "{}",
        said(&refused)
    );
    let dry = rotate(&["--to-secret", "gone", "--dry-run"]);
    assert!(said(&dry).contains("next: make a new key"), "one key is all there is: {}", said(&dry));
    let nowhere = rotate(&[]);
    assert!(said(&nowhere).contains("--recipient"), "{}", said(&nowhere));
    let odd = rotate(&["--to-secret", "two words"]);
    assert!(said(&odd).contains("a secret's name has"), "{}", said(&odd));
}

#[test]
fn the_policy_for_rotate_names_the_secret_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("keys.toml"), FILE).unwrap();
    let print = |more: &[&str]| {
        let arguments = ["permissions", "keys.toml", "--account", "123456789012", "--json"];
        baseline(folder.path(), &[&arguments[..], more].concat())
    };
    let printed = print(&["--for", "rotate", "--to-secret", "robot/key"]);
    let policy: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    let statements = policy["rotate"][0]["Statement"].as_array().unwrap();
    let secret = statements.iter().find(|statement| statement["Sid"] == "TheSecretOfNewKeys").unwrap();
    let verbs = ["CreateSecret", "DescribeSecret", "PutSecretValue"];
    assert_eq!(secret["Action"], serde_json::json!(verbs.map(|verb| format!("secretsmanager:{verb}"))));
    // One that is not there yet has no six letters behind its name.
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:robot/key";
    assert_eq!(secret["Resource"], serde_json::json!([arn, format!("{arn}-??????")]));
    assert!(said(&print(&["--to-secret", "robot/key"])).contains("--for rotate"));

    // A key of KMS is in it only where the secret has one of its own.
    assert!(!said(&printed).contains("kms:"), "{}", said(&printed));
    let key = "arn:aws:kms:us-east-1:123456789012:key/1";
    let with_key = print(&["--for", "rotate", "--to-secret", "robot/key", "--secret-key", key]);
    let policy: serde_json::Value = serde_json::from_slice(&with_key.stdout).unwrap();
    let statements = policy["rotate"][0]["Statement"].as_array().unwrap();
    let of_the_key = statements.iter().find(|statement| statement["Sid"] == "TheKeyOfThatSecret").unwrap();
    assert_eq!(of_the_key["Action"], serde_json::json!(["kms:Decrypt", "kms:GenerateDataKey"]));
    assert_eq!(of_the_key["Resource"], serde_json::json!(key));
    let through = serde_json::json!({ "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com" });
    assert_eq!(of_the_key["Condition"]["StringEquals"], through);
    let odd = print(&["--for", "rotate", "--to-secret", "robot/key", "--secret-key", "alias/robot"]);
    assert!(said(&odd).contains("not the ARN of a KMS key"), "{}", said(&odd));
}

#[test]
fn a_secret_that_refuses_the_new_key_leaves_neither_a_file_nor_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::new(|_| {});
    on_iam(&served.sandbox, |iam| async move {
        iam.create_user().user_name("robot").send().await.unwrap();
        iam.create_access_key().user_name("robot").send().await.unwrap();
    });
    served.answer(|request| {
        let is_put = request.headers().get("x-amz-target")? == "secretsmanager.PutSecretValue";
        let body = r#"{"__type":"AccessDeniedException","Message":"rotator may not put this"}"#;
        let refusal =
            http::Response::builder().status(400).header("content-type", "application/x-amz-json-1.1");
        is_put.then(|| refusal.body(body.into()).unwrap())
    });
    let recipient = age::x25519::Identity::generate().to_public().to_string();
    let arguments =
        ["rotate", "landing-zone.toml", "robot", "--recipient", &recipient, "--to-secret", "robot/key"];
    let refused = served.command(folder.path(), &arguments).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    let words = said(&refused);
    assert!(words.contains("PutSecretValue") && words.contains("was deleted again"), "{words}");
    assert!(sealed(folder.path()).is_empty(), "{words}");
    on_iam(&served.sandbox, |iam| async move {
        let left = iam.list_access_keys().user_name("robot").send().await.unwrap();
        assert_eq!(left.access_key_metadata().len(), 1, "the old one: {left:?}");
    });
}
