//! Every call of an apply, with the ARNs it touches, is evaluated against the printed policies.
//!
//! What a call is checked against is not ours to say: AWS's service authorization reference names the resource types
//! of each action and the condition keys that come with them. The ARNs come from the requests as they went out.

mod call;
mod live;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use baseline::aws::{Account, Mode, Options};
use baseline::engine::{Stop, apply, observe, observe_only, rules};
use baseline::language::{Baseline, Place, Source};
use baseline::plan::{Choices, plan};
use baseline::policy::{Ask, Context, Layers, Policy, Who, evaluate, glob};
use baseline::posture::read;
use baseline::sandbox::{Profile, Sandbox, Seed};
use serde_json::Value as Json;

use crate::at_home::{baseline as command, said, shipped};
use crate::readers;
use call::{Call, Written};
use live::Live;

const ACCOUNT: &str = "123456789012";

/// What the shipped files do not declare.
const POLICIES_AND_GROUPS: &str = r#"
[policy.no-deletion]
path = "/team/"
deny = [{ actions = ["s3:DeleteBucket"], resources = ["*"] }]
[group.operators]
policies = ["no-deletion", "arn:aws:iam::aws:policy/SecurityAudit"]
assume = ["arn:aws:iam::${account}:role/elsewhere"]
"#;

/// Applies a shipped file to a neglected account in this process, and answers the calls of the look, those of the steps, and the account.
async fn applied(text: &str) -> (Vec<Call>, Vec<Call>, Live) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let client = Written { client: sandbox.http_client(), calls: Arc::clone(&calls) };
    let source = Source { name: "test.toml".into(), text: text.into() };
    let baseline = Baseline::parse(&source).0.unwrap();
    let options = Options {
        tags: [].into(),
        baseline: baseline.name.clone(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        http_override: Some(SharedHttpClient::new(client)),
    };
    let account = Account::open(&options).await.unwrap();
    let place = Place { account: account.id(), partition: "aws" };
    let asked = baseline.asked(&source, &place);
    let facts = read::read(&account, &asked, jiff::Timestamp::from_millisecond(sandbox.now()).unwrap()).await;
    let mut wanted = baseline.expand(&place).unwrap();
    let found = baseline.expand_found(&place, &facts, &asked).unwrap();
    let mut live = observe(&account, &wanted).await;
    live.resources.extend(observe_only(&account, &found).await);
    wanted.things.extend(found.things);
    let todo = plan(&wanted, &live, &rules, &Choices::default()).unwrap();
    let looked = std::mem::take(&mut *calls.lock().unwrap());
    let outcome = apply(&account, &wanted, &live, &todo, &|_| {}, &Stop::default()).await;
    assert!(outcome.is_success(), "{outcome:#?}");
    let done = std::mem::take(&mut *calls.lock().unwrap());
    (looked, done, Live::of(&sandbox).await)
}

/// What the reference says of the actions; nothing where it cannot be had.
fn reference(actions: &BTreeSet<String>) -> Option<Json> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), actions.iter().cloned().collect::<Vec<_>>().join("\n")).unwrap();
    let output = readers::run(include_str!("../readers/resource_types.py"), &[file.path()])?;
    assert!(output.status.success(), "{}", said(&output));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Whether a condition key comes with a resource type or with the action.
fn comes(key: &str, of: &Json) -> bool {
    of.as_array().unwrap().iter().any(|known| glob(known.as_str().unwrap(), &key.to_lowercase()))
}

/// One question to the policies: on which resource, and what is known of the request.
fn questions(
    call: &Call,
    extra: &[(&'static str, String)],
    known: &Json,
    live: &Live,
) -> Vec<(String, Context)> {
    let arns = call.arns(live);
    let types = known["types"].as_array().unwrap();
    let request_tags = call.tags();
    let context = |resource: Option<&str>, keys: &dyn Fn(&str) -> bool| {
        let mut context = Context::complete();
        for (key, value) in &request_tags {
            let key = format!("aws:RequestTag/{key}");
            if keys(&key) {
                context = context.with(&key, value.clone());
            }
        }
        let id = resource.and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
        for (key, value) in live.tags.get(id).into_iter().flatten() {
            let key = format!("aws:ResourceTag/{key}");
            if keys(&key) {
                context = context.with(&key, value.clone());
            }
        }
        let aliases = live.keys.iter().filter(|(_, key)| *key == id).map(|(alias, _)| alias.clone());
        context = context.with_all("kms:ResourceAliases", aliases);
        call.keys()
            .into_iter()
            .chain(extra.iter().cloned())
            .fold(context, |c, (key, value)| c.with(key, value))
    };
    let mut all = Vec::new();
    for one in types {
        let fits = |arn: &&String| glob(one["arn"].as_str().unwrap(), arn);
        let matching: Vec<&String> = arns.iter().filter(fits).collect();
        let keys = |key: &str| comes(key, &one["keys"]) || comes(key, &known["request"]);
        if matching.is_empty() && one["required"] == true {
            // Allowed only by a statement on everything.
            all.push((format!("{} that the request does not name", one["arn"]), context(None, &keys)));
        }
        all.extend(matching.into_iter().map(|arn| (arn.clone(), context(Some(arn), &keys))));
    }
    if all.is_empty() {
        all.push(("*".to_owned(), context(None, &|key| comes(key, &known["request"]))));
    }
    all
}

fn printed(text: &str, purpose: &str) -> Vec<Policy> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.toml"), text).unwrap();
    let arguments = ["permissions", "test.toml", "--account", ACCOUNT, "--for", purpose, "--json"];
    let answer = command(folder.path(), &arguments);
    let all: Json =
        serde_json::from_slice(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&answer)));
    all[purpose].as_array().unwrap().iter().map(|document| Policy::of(document).unwrap()).collect()
}

/// The calls that these policies refuse, and all that were asked about.
fn refused(policies: &[Policy], calls: &[Call], live: &Live, reference: &Json) -> (BTreeSet<String>, usize) {
    let policies: Vec<&Policy> = policies.iter().collect();
    let layers = Layers { identity: &policies, ..Layers::default() };
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/applier");
    let who = Who::Aws { account: ACCOUNT, arn: &arn, identity: &arn };
    let (mut refused, mut asked) = (BTreeSet::new(), 0);
    for call in calls {
        let implied = call.implied(live);
        let all = std::iter::once((call, Vec::new()))
            .chain(implied.iter().map(|(call, keys)| (call, keys.clone())));
        for (call, keys) in all {
            for (resource, context) in questions(call, &keys, &reference[&call.action], live) {
                asked += 1;
                let ask = Ask { who, action: &call.action, resource: &resource, context: &context };
                if !evaluate(&layers, &ask).is_allowed() {
                    refused.insert(format!("{} on {resource} with {context:?}", call.action));
                }
            }
        }
    }
    (refused, asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_of_an_apply_is_allowed_on_every_arn_it_touches() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["landing-zone.toml", "posture.toml"] {
        shipped(folder.path(), name);
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        let text = text.replace("# on_stale_key", "on_stale_key") + POLICIES_AND_GROUPS;
        let (mut looked, done, live) = applied(&text).await;
        // Nobody can be kept from asking who they are.
        looked.retain(|call| call.service() != "sts");
        let calls = [looked.clone(), done].concat();
        let implied = calls.iter().flat_map(|call| call.implied(&live)).map(|(call, _)| call.action);
        let actions = calls.iter().map(|call| call.action.clone()).chain(implied).collect();
        let Some(reference) = reference(&actions) else { return };
        for action in &actions {
            assert!(!reference[action].is_null(), "the reference does not know {action}");
        }
        let (left, asked) = refused(&printed(&text, "apply"), &calls, &live, &reference);
        assert!(left.is_empty(), "{name}: refused: {left:#?}");
        assert!(asked >= calls.len() && calls.len() > 60, "{name}: {asked} questions about {}", calls.len());

        // The same questions are refused where they should be: a planner may write nothing, and nobody may touch
        // what carries another baseline's tag.
        let is_read = |call: &&Call| crate::reads::is_read_action(&call.action);
        let writes: Vec<Call> = calls.iter().filter(|call| !is_read(call)).cloned().collect();
        let plan = printed(&text, "plan");
        assert_eq!(
            refused(&plan, &looked, &live, &reference).0,
            BTreeSet::new(),
            "{name}: a plan calls that"
        );
        for write in &writes {
            let (left, _) = refused(&plan, std::slice::from_ref(write), &live, &reference);
            assert!(!left.is_empty(), "{name}: a planner may {write:?}");
        }
        let other = text.replacen(&format!("\"{}\"", name.trim_end_matches(".toml")), "\"other\"", 1);
        let (left, _) = refused(&printed(&other, "apply"), &writes, &live, &reference);
        assert!(left.len() > writes.len() / 2, "{name}: under another name most is refused: {left:#?}");
    }
}
