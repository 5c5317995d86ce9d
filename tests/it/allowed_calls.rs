//! Every call of an apply, with the ARNs it touches, is evaluated against the printed policies.
//!
//! What a call is checked against is not ours to say: AWS's service authorization reference names the resource types
//! of each action and the condition keys that come with them. The ARNs come from the requests as they went out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use baseline::aws::{Account, Mode, Options};
use baseline::baseline::{Baseline, Place, Source};
use baseline::engine::{Stop, apply, observe, observe_only, rules};
use baseline::permissions::action;
use baseline::plan::{Choices, plan};
use baseline::policy::{Ask, Context, Layers, Policy, Who, evaluate, glob};
use baseline::posture::read;
use baseline::sandbox::{Profile, Sandbox, Seed, named};
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use crate::at_home::{baseline as command, said, shipped};
use crate::readers;

const ACCOUNT: &str = "123456789012";

/// A call as it went out: its IAM action, and its parameters by their last name.
#[derive(Debug, Clone)]
struct Call {
    action: String,
    parameters: Vec<(String, String)>,
}

/// Writes down every request on its way to a sandbox.
#[derive(Clone)]
struct Written {
    client: SharedHttpClient,
    calls: Arc<Mutex<Vec<Call>>>,
}

struct WrittenConnector {
    connector: SharedHttpConnector,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Written")
    }
}

impl fmt::Debug for WrittenConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrittenConnector")
    }
}

impl HttpClient for Written {
    fn http_connector(&self, how: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(how, parts);
        SharedHttpConnector::new(WrittenConnector { connector, calls: Arc::clone(&self.calls) })
    }
}

impl HttpConnector for WrittenConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default().to_vec();
        let mut http = http::Request::builder().method(request.method()).uri(request.uri());
        for (name, value) in request.headers() {
            http = http.header(name, value);
        }
        let http = http.body(Bytes::from(body.clone())).unwrap();
        if let Some((service, operation)) = named(&http) {
            let call = Call {
                action: action(if service.name == "tagging" { "tag" } else { service.name }, operation.name),
                parameters: parameters(service.name, http.uri(), &String::from_utf8_lossy(&body)),
            };
            self.calls.lock().unwrap().push(call);
        }
        self.connector.call(request)
    }
}

/// What a request says: a form, JSON, or the bucket in the path.
fn parameters(service: &str, uri: &http::Uri, body: &str) -> Vec<(String, String)> {
    // What S3 is sent is a document about the bucket and names nothing that the call touches.
    let body = if service.starts_with("s3") { "" } else { body };
    if let Ok(json) = serde_json::from_str::<Json>(body) {
        let mut found = Vec::new();
        leaves("", &json, &mut found);
        return found;
    }
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let mut found: Vec<_> = body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    let bucket = uri.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    // A bucket's name may also stand before the host.
    let host = uri.host().unwrap_or_default().split_once(".s3.").map(|(bucket, _)| bucket);
    found.push(("Bucket".to_owned(), host.unwrap_or(bucket).to_owned()));
    found
}

fn leaves(name: &str, json: &Json, found: &mut Vec<(String, String)>) {
    match json {
        Json::Object(map) => map.iter().for_each(|(key, value)| {
            leaves(
                if name.is_empty() { key.clone() } else { format!("{name}.{key}") }.as_str(),
                value,
                found,
            );
        }),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(number, item)| leaves(&format!("{name}.{}", number + 1), item, found)),
        Json::String(text) => found.push((name.to_owned(), text.clone())),
        _ => {}
    }
}

impl Call {
    fn service(&self) -> &str {
        self.action.split(':').next().unwrap()
    }

    /// The tags that the request puts on.
    fn tags(&self) -> BTreeMap<String, String> {
        let tag_of = |name: &str| {
            let (before, last) = name.rsplit_once('.')?;
            before.to_lowercase().contains("tag").then_some((before.to_owned(), last.to_owned()))
        };
        let mut keys: BTreeMap<String, String> = BTreeMap::new();
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &self.parameters {
            match tag_of(name) {
                Some((before, last)) if ["Key", "TagKey"].contains(&last.as_str()) => {
                    keys.insert(before, value.clone());
                }
                Some((before, last)) if ["Value", "TagValue"].contains(&last.as_str()) => {
                    values.insert(before, value.clone());
                }
                _ => {}
            }
        }
        keys.into_iter().filter_map(|(at, key)| Some((key, values.remove(&at)?))).collect()
    }

    /// Every ARN that can be made of what the request says, things that it makes included.
    fn arns(&self, account: &Live) -> BTreeSet<String> {
        let regional = |what: String| format!("arn:aws:{}:us-east-1:{ACCOUNT}:{what}", self.service());
        let global = |what: String| format!("arn:aws:iam::{ACCOUNT}:{what}");
        let mut arns = BTreeSet::new();
        for (name, value) in &self.parameters {
            let last = name.rsplit('.').find(|part| part.parse::<u32>().is_err()).unwrap_or(name);
            if value.starts_with("arn:aws:") {
                arns.insert(value.clone());
            }
            match (self.service(), last) {
                ("ec2", "ResourceType") => arns.extend([regional(format!("{value}/new"))]),
                ("ec2", "AssociationId") => arns.extend(account.associated.iter().cloned()),
                ("ec2", _) => arns.extend(ec2_type(value).map(|what| regional(format!("{what}/{value}")))),
                ("s3", "Bucket") if !value.is_empty() => arns.extend([format!("arn:aws:s3:::{value}")]),
                ("iam", "RoleName") => arns.extend([global(format!("role/{value}"))]),
                ("iam", "UserName") => arns.extend([global(format!("user/{value}"))]),
                ("iam", "GroupName") => arns.extend(account.groups.get(value).cloned()),
                ("iam", "InstanceProfileName") => arns.extend([global(format!("instance-profile/{value}"))]),
                ("kms", "AliasName") => arns.extend([regional(value.clone())]),
                ("kms", "KeyId" | "TargetKeyId") => arns.extend(account.key(value)),
                ("cloudtrail", "Name" | "TrailName") if !value.starts_with("arn:") => {
                    arns.extend([regional(format!("trail/{value}"))]);
                }
                ("elasticloadbalancing", "Name") => arns.extend([
                    regional(format!("loadbalancer/app/{value}/0123456789abcdef")),
                    regional(format!("targetgroup/{value}/0123456789abcdef")),
                ]),
                ("autoscaling", "AutoScalingGroupName" | "ResourceId") => {
                    let id = "01234567-89ab-cdef-0123-456789abcdef";
                    arns.extend([regional(format!("autoScalingGroup:{id}:autoScalingGroupName/{value}"))]);
                }
                ("ssm", "Name" | "Names") => {
                    let owner = if value.starts_with("/aws/service/") { "" } else { ACCOUNT };
                    let name = value.trim_start_matches('/');
                    arns.extend([format!("arn:aws:ssm:us-east-1:{owner}:parameter/{name}")]);
                }
                _ => {}
            }
        }
        arns
    }

    /// Condition keys that say more than tags.
    fn keys(&self) -> Vec<(&'static str, String)> {
        let of =
            |wanted: &str| self.parameters.iter().find(|(name, _)| name == wanted).map(|(_, v)| v.clone());
        let mut keys = Vec::new();
        keys.extend(of("PolicyArn").map(|arn| ("iam:PolicyARN", arn)));
        keys.extend(of("AWSServiceName").map(|service| ("iam:AWSServiceName", service)));
        keys
    }

    /// Calls that AWS checks along with this one.
    fn implied(&self, account: &Live) -> Vec<(Call, Vec<(&'static str, String)>)> {
        let with =
            |action: &str, parameters: Vec<(String, String)>| Call { action: action.to_owned(), parameters };
        let operation = self.action.split(':').nth(1).unwrap().to_owned();
        let mut all = Vec::new();
        // What a template says of tags is done when instances start.
        let is_made = |name: &str| name.starts_with("TagSpecification");
        let made: Vec<_> = self.parameters.iter().filter(|(name, _)| is_made(name)).cloned().collect();
        if self.service() == "ec2" && !made.is_empty() {
            let by = vec![("ec2:CreateAction", operation.clone())];
            all.push((with("ec2:CreateTags", made), by));
        }
        match operation.as_str() {
            "AddRoleToInstanceProfile" => all.push((
                with("iam:PassRole", self.parameters.clone()),
                vec![("iam:PassedToService", "ec2.amazonaws.com".to_owned())],
            )),
            "CreateAutoScalingGroup" => {
                let template = account.template.clone().unwrap();
                all.push((with("ec2:RunInstances", Vec::new()), vec![("ec2:LaunchTemplate", template)]));
                let parts = ["instance", "volume", "network-interface"];
                let parts = parts.map(|part| ("ResourceType".to_owned(), part.to_owned()));
                let by = vec![("ec2:CreateAction", "RunInstances".to_owned())];
                all.push((with("ec2:CreateTags", parts.to_vec()), by));
                let role = vec![("RoleName".to_owned(), "landing-zone-web".to_owned())];
                let to = vec![("iam:PassedToService", "ec2.amazonaws.com".to_owned())];
                all.push((with("iam:PassRole", role), to));
            }
            "CreateFlowLogs" => all.push((with("logs:CreateLogDelivery", Vec::new()), Vec::new())),
            _ => {}
        }
        all
    }
}

/// The resource type of an id of EC2.
fn ec2_type(id: &str) -> Option<&'static str> {
    let (prefix, rest) = id.split_once('-')?;
    let is_id = rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some(match prefix {
        _ if !is_id => return None,
        "vpc" => "vpc",
        "subnet" => "subnet",
        "sg" => "security-group",
        "acl" => "network-acl",
        "rtb" => "route-table",
        "igw" => "internet-gateway",
        "lt" => "launch-template",
        "fl" => "vpc-flow-log",
        _ => return None,
    })
}

/// What has to be known of the account beside the requests.
#[derive(Debug, Default)]
struct Live {
    /// The tags of things, by the end of their ARN.
    tags: BTreeMap<String, BTreeMap<String, String>>,
    /// The ARNs of groups, by their names.
    groups: BTreeMap<String, String>,
    /// The ids of keys, by their aliases.
    keys: BTreeMap<String, String>,
    /// The ARNs of what an association may be between: subnets of ours, and network ACLs that AWS made.
    associated: BTreeSet<String>,
    /// The ARN of the launch template.
    template: Option<String>,
}

impl Live {
    async fn of(sandbox: &Sandbox) -> Self {
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
                aws_sdk_sts::config::Credentials::new("test", "test", None, None, "test"),
            ))
            .http_client(sandbox.http_client())
            .build();
        let hand = crate::hand::Hand::new(&config);
        let mut live = Self::default();
        for tag in hand.ec2.describe_tags().send().await.unwrap().tags() {
            let (id, key) = (tag.resource_id().unwrap(), tag.key().unwrap());
            if id.starts_with("lt-") {
                live.template = Some(format!("arn:aws:ec2:us-east-1:{ACCOUNT}:launch-template/{id}"));
            }
            let value = tag.value().unwrap_or_default().to_owned();
            live.tags.entry(id.to_owned()).or_default().insert(key.to_owned(), value);
        }
        let ec2 = |what: &str, id: &str| format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{what}/{id}");
        let ours = live.tags.keys().filter(|id| id.starts_with("subnet-"));
        live.associated = ours.map(|id| ec2("subnet", id)).collect();
        for acl in hand.ec2.describe_network_acls().send().await.unwrap().network_acls() {
            if acl.is_default() == Some(true) {
                live.associated.insert(ec2("network-acl", acl.network_acl_id().unwrap()));
            }
        }
        for alias in hand.kms.list_aliases().send().await.unwrap().aliases() {
            let Some(id) = alias.target_key_id() else { continue };
            live.keys.insert(alias.alias_name().unwrap().to_owned(), id.to_owned());
            let Ok(tags) = hand.kms.list_resource_tags().key_id(id).send().await else { continue };
            for tag in tags.tags() {
                let tags = live.tags.entry(id.to_owned()).or_default();
                tags.insert(tag.tag_key().to_owned(), tag.tag_value().to_owned());
            }
        }
        for group in hand.iam.list_groups().send().await.unwrap().groups() {
            live.groups.insert(group.group_name().to_owned(), group.arn().to_owned());
        }
        live
    }

    fn key(&self, name: &str) -> Option<String> {
        let name = name
            .rsplit(":alias/")
            .next()
            .filter(|_| name.starts_with("arn:"))
            .map_or_else(|| name.to_owned(), |alias| format!("alias/{alias}"));
        let id = self.keys.get(&name).cloned().unwrap_or(name);
        (!id.contains('/')).then(|| format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/{id}"))
    }
}

/// Applies a shipped file to a neglected account in this process, and answers the calls of the look, those of the steps, and the account.
async fn applied(text: &str) -> (Vec<Call>, Vec<Call>, Live) {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    sandbox.seed(Seed::Neglected).unwrap();
    let calls = Arc::new(Mutex::new(Vec::new()));
    let client = Written { client: sandbox.http_client(), calls: Arc::clone(&calls) };
    let source = Source { name: "test.toml".into(), text: text.into() };
    let baseline = Baseline::parse(&source).0.unwrap();
    let options = Options {
        baseline: baseline.name.clone(),
        region: "us-east-1".into(),
        profile: None,
        mode: Mode::ReadWrite,
        instead: Some(SharedHttpClient::new(client)),
    };
    let account = Account::open(&options).await.unwrap();
    let place = Place { account: account.id(), partition: "aws" };
    let asked = baseline.asked(&source, &place);
    let facts = read::read(&account, &asked, jiff::Timestamp::from_millisecond(sandbox.now()).unwrap()).await;
    let mut wanted = baseline.expand(&place).unwrap();
    let found = baseline.expand_found(&place, &facts, &asked).unwrap();
    let mut live = observe(&account, &wanted).await;
    live.sights.extend(observe_only(&account, &found).await);
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
    let output = readers::run(include_str!("readers/resource_types.py"), &[file.path()])?;
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
        let text = text.replace("# on_stale_key", "on_stale_key");
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
        let is_read = |call: &&Call| baseline::aws::is_read(call.action.split(':').nth(1).unwrap());
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
