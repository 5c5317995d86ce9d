//! Calls as they go out, and what each says it touches.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use baseline::operations::action;
use baseline::sandbox::named;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::ACCOUNT;
use super::live::Live;

/// A call as it went out: its IAM action, and its parameters by their last name.
#[derive(Debug, Clone)]
pub struct Call {
    pub action: String,
    pub parameters: Vec<(String, String)>,
}

/// Writes down every request on its way to a sandbox.
#[derive(Clone)]
pub struct Written {
    pub client: SharedHttpClient,
    pub calls: Arc<Mutex<Vec<Call>>>,
}

struct WrittenConnector {
    connector: SharedHttpConnector,
    pub calls: Arc<Mutex<Vec<Call>>>,
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
    pub fn service(&self) -> &str {
        self.action.split(':').next().unwrap()
    }

    /// The tags that the request puts on.
    pub fn tags(&self) -> BTreeMap<String, String> {
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
    pub fn arns(&self, account: &Live) -> BTreeSet<String> {
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
                // The path of a policy stands in its request alone.
                ("iam", "PolicyName") if self.action == "iam:CreatePolicy" => {
                    let is_path = |(name, _): &&(String, String)| name == "Path";
                    let path = self.parameters.iter().find(is_path).map_or("/", |(_, path)| path);
                    arns.extend([global(format!("policy{path}{value}"))]);
                }
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
    pub fn keys(&self) -> Vec<(&'static str, String)> {
        let of =
            |wanted: &str| self.parameters.iter().find(|(name, _)| name == wanted).map(|(_, v)| v.clone());
        let mut keys = Vec::new();
        keys.extend(of("PolicyArn").map(|arn| ("iam:PolicyARN", arn)));
        keys.extend(of("AWSServiceName").map(|service| ("iam:AWSServiceName", service)));
        keys
    }

    /// Calls that AWS checks along with this one.
    pub fn implied(&self, account: &Live) -> Vec<(Call, Vec<(&'static str, String)>)> {
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
            "DeleteFlowLogs" => all.push((with("logs:DeleteLogDelivery", Vec::new()), Vec::new())),
            // As AWS lists them on "Elastic Load Balancing API permissions".
            "CreateLoadBalancer" | "CreateTargetGroup" | "SetSubnets" => {
                let reads: &[&str] = match operation.as_str() {
                    "CreateLoadBalancer" => &[
                        "ec2:DescribeAccountAttributes",
                        "ec2:DescribeAddresses",
                        "ec2:DescribeInternetGateways",
                        "ec2:DescribeSecurityGroups",
                        "ec2:DescribeSubnets",
                        "ec2:DescribeVpcs",
                    ],
                    "CreateTargetGroup" => &["ec2:DescribeInternetGateways", "ec2:DescribeVpcs"],
                    _ => &["ec2:DescribeSubnets"],
                };
                all.extend(reads.iter().map(|action| (with(action, Vec::new()), Vec::new())));
                if operation != "SetSubnets" {
                    let service = "elasticloadbalancing.amazonaws.com";
                    let role = format!("aws-service-role/{service}/AWSServiceRoleForElasticLoadBalancing");
                    let role = vec![("RoleName".to_owned(), role)];
                    let by = vec![("iam:AWSServiceName", service.to_owned())];
                    all.push((with("iam:CreateServiceLinkedRole", role), by));
                }
            }
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
        "eigw" => "egress-only-internet-gateway",
        "lt" => "launch-template",
        "fl" => "vpc-flow-log",
        _ => return None,
    })
}
