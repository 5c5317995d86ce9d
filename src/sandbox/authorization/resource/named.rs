//! Resources of services that name few of them: trails, alarms, secrets, topics, queues, parameters, accounts.

use super::{Guard, Resource};
use crate::sandbox::authorization::call::{Call, Tags};
use crate::sandbox::authorization::reference::Action;
use crate::sandbox::policy::Document;
use crate::sandbox::sqs;
use crate::sandbox::tagging::Index;
use crate::sandbox::world::Region;

pub fn find(call: &Call<'_>, service: &str, said: &Action) -> Vec<Resource> {
    match service {
        "cloudtrail" => trails(call),
        "cloudwatch" => alarms(call),
        "scheduler" => schedules(call),
        "secretsmanager" => secrets(call),
        "sns" => topics(call),
        "sqs" => queues(call),
        "ssm" => parameters(call),
        _ => said.types.iter().take(1).map(|row| Resource::new(row.kind, "*")).collect(),
    }
}

/// The tags of what carries that ARN in a service's part of this account and region.
fn tags_of(call: &Call<'_>, part: impl Fn(&Region) -> &dyn Index, arn: &str) -> Tags {
    let Some(home) = call.home() else { return Tags::new() };
    let all = part(home).tagged(&call.caller.account, call.region);
    all.into_iter().find(|thing| thing.arn == arn).map(|thing| thing.tags).unwrap_or_default()
}

fn trails(call: &Call<'_>) -> Vec<Resource> {
    let named = ["Name", "TrailName", "ResourceId"].iter().find_map(|member| call.text(member));
    let names = named.into_iter().chain(call.params.texts("ResourceIdList"));
    names
        .map(|name| {
            let arn = if name.starts_with("arn:") {
                name.to_owned()
            } else {
                call.arn("cloudtrail", format_args!("trail/{name}"))
            };
            let tags = tags_of(call, |home| &home.cloudtrail, &arn);
            Resource::new("trail", arn).tagged(tags)
        })
        .collect()
}

fn alarms(call: &Call<'_>) -> Vec<Resource> {
    if let Some(arn) = call.text("ResourceARN") {
        return vec![Resource::new("alarm", arn).tagged(tags_of(call, |home| &home.cloudwatch, arn))];
    }
    let named = call.text("AlarmName").into_iter().chain(call.params.texts("AlarmNames"));
    let mut names: Vec<&str> = named.collect();
    if names.is_empty() {
        names.push("*");
    }
    let arns = names.into_iter().map(|name| call.arn("cloudwatch", format_args!("alarm:{name}")));
    arns.map(|arn| {
        let tags = tags_of(call, |home| &home.cloudwatch, &arn);
        Resource::new("alarm", arn).tagged(tags)
    })
    .collect()
}

fn schedules(call: &Call<'_>) -> Vec<Resource> {
    let Some(name) = call.text("Name") else { return vec![Resource::everything()] };
    vec![Resource::new("schedule", call.arn("scheduler", format_args!("schedule/default/{name}")))]
}

fn secrets(call: &Call<'_>) -> Vec<Resource> {
    if let Some(name) = call.text("Name") {
        // The six letters that AWS puts behind the name are not there yet.
        return vec![Resource::new("Secret", call.arn("secretsmanager", format_args!("secret:{name}")))];
    }
    let Some(id) = call.text("SecretId") else { return Vec::new() };
    let secrets = call.home().map(|home| &home.secretsmanager.secrets);
    let arn =
        secrets.and_then(|secrets| secrets.iter().find(|(name, secret)| *name == id || secret.arn == id));
    let arn = arn.map(|(_, secret)| secret.arn.clone()).unwrap_or_else(|| {
        if id.starts_with("arn:") {
            id.to_owned()
        } else {
            call.arn("secretsmanager", format_args!("secret:{id}"))
        }
    });
    let tags = tags_of(call, |home| &home.secretsmanager, &arn);
    vec![Resource::new("Secret", arn).tagged(tags)]
}

fn topics(call: &Call<'_>) -> Vec<Resource> {
    let named = call.text("TopicArn").map(str::to_owned);
    let Some(arn) = named.or_else(|| call.text("Name").map(|name| call.arn("sns", name))) else {
        return Vec::new();
    };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [.., account, name] = parts[..] else { return vec![Resource::new("topic", arn)] };
    let home = call.world.accounts.get(account).and_then(|account| account.regions.get(call.region));
    let policy = home.and_then(|home| home.sns.topics.get(name)).map(|topic| &topic.policy);
    vec![guarded(call, Resource::new("topic", arn.clone()), account, policy)]
}

fn queues(call: &Call<'_>) -> Vec<Resource> {
    let own = call.caller.account.as_str();
    let named = call.text("QueueUrl").and_then(sqs::of_url);
    let Some((account, name)) = named.or_else(|| call.text("QueueName").map(|name| (own, name))) else {
        return Vec::new();
    };
    let arn = format!("arn:{}:sqs:{}:{account}:{name}", call.partition(), call.region);
    let home = call.world.accounts.get(account).and_then(|account| account.regions.get(call.region));
    let policy = home.and_then(|home| home.sqs.queues.get(name)).and_then(|queue| queue.policy.as_ref());
    vec![guarded(call, Resource::new("queue", arn), account, policy)]
}

/// A resource with the policy that stands on it.
fn guarded(call: &Call<'_>, resource: Resource, owner: &str, policy: Option<&Document>) -> Resource {
    let policy = policy.map(|policy| policy.shown(call.world).into_owned());
    let guard = Guard { policy, owner: owner.to_owned(), ..Guard::default() };
    Resource { guard: Some(guard), ..resource }
}

fn parameters(call: &Call<'_>) -> Vec<Resource> {
    let one = call.text("Name").or_else(|| call.text("ResourceId"));
    let names = one.into_iter().chain(call.params.texts("Names"));
    names
        .map(|name| {
            // By its ARN, or by its name; a version may stand behind both.
            let of_arn = name.strip_prefix("arn:").and_then(|arn| arn.splitn(5, ':').nth(4));
            let name = of_arn.map_or(name, |resource| resource.strip_prefix("parameter").unwrap_or(resource));
            let path = name.split(':').next().unwrap_or(name).trim_start_matches('/');
            // Parameters that AWS publishes belong to nobody's account.
            let owner = if name.starts_with("/aws/service/") { "" } else { &call.caller.account };
            let arn = format!("arn:{}:ssm:{}:{owner}:parameter/{path}", call.partition(), call.region);
            let tags = tags_of(call, |home| &home.ssm, &arn);
            Resource::new("parameter", arn).tagged(tags)
        })
        .collect()
}
