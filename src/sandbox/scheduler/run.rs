//! Runs the schedules whose time has come: each calls EC2 as its role, with that role's rights.

use bytes::Bytes;
use serde_json::Value;

use super::state::Schedule;
use crate::sandbox::dispatch::handle;
use crate::sandbox::session::Session;
use crate::sandbox::world::{Milliseconds, World, partition_of};

/// How long there is between two tries of a call that failed.
const PAUSE: Milliseconds = 60_000;

/// A schedule, with where it is.
type Placed = (String, String, String, Schedule);

/// Runs what is due.
pub fn run_due(world: &mut World) {
    if world.clock < world.schedules_sleep_until {
        return;
    }
    for (account, region, name, mut schedule) in due(world) {
        let done = call(world, &account, &region, &name, &schedule);
        schedule.tries += 1;
        let target = &schedule.target;
        let given_up = schedule.tries > target.retries || world.clock > schedule.at + target.oldest * 1_000;
        schedule.is_over = done || given_up;
        if !(schedule.is_over && schedule.is_deleted_after) {
            world.region(&account, &region).scheduler.schedules.insert(name, schedule);
        }
    }
    world.schedules_sleep_until = next(world);
}

/// When the first of those that are left is due: until then no call looks for one, in however many accounts.
fn next(world: &World) -> Milliseconds {
    let regions = world.accounts.values().flat_map(|account| account.regions.values());
    let schedules = regions.flat_map(|region| region.scheduler.schedules.values());
    let pending = schedules.filter(|schedule| !schedule.is_over);
    pending.map(|schedule| schedule.at + schedule.tries * PAUSE).min().unwrap_or(Milliseconds::MAX)
}

/// Takes out what is due, so that a call of a schedule runs none itself.
fn due(world: &mut World) -> Vec<Placed> {
    let now = world.clock;
    let mut due = Vec::new();
    for (account, all) in &mut world.accounts {
        for (region, home) in &mut all.regions {
            let schedules = &mut home.scheduler.schedules;
            let is_due =
                |schedule: &Schedule| !schedule.is_over && schedule.at + schedule.tries * PAUSE <= now;
            let names: Vec<String> = schedules
                .iter()
                .filter(|(_, schedule)| is_due(schedule))
                .map(|(name, _)| name.clone())
                .collect();
            for name in names {
                due.extend(schedules.remove(&name).map(|it| (account.clone(), region.clone(), name, it)));
            }
        }
    }
    due
}

/// Makes the call; whether it was answered well.
fn call(world: &mut World, account: &str, region: &str, name: &str, schedule: &Schedule) -> bool {
    let role = schedule.target.role.rsplit('/').next().unwrap_or_default();
    let (now, key) = (world.clock, world.ids.access_key("ASIA", account));
    let session = Session {
        arn: format!("arn:{}:sts::{account}:assumed-role/{role}/{name}", partition_of(region)),
        user_id: format!("AROA:{name}"),
        account: account.to_owned(),
        token: "of-a-schedule".to_owned(),
        issued: now,
        expires: now + 900_000,
        chained: false,
        task: None,
        policies: Vec::new(),
        second_factor: false,
    };
    world.sessions.insert(key.clone(), session);
    let input: Value = serde_json::from_str(&schedule.target.input).unwrap_or_default();
    let mut pairs = vec![
        ("Action".to_owned(), schedule.target.operation.clone()),
        ("Version".to_owned(), "2016-11-15".to_owned()),
    ];
    flatten("", &input, &mut pairs);
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let form: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("https://ec2.{region}.amazonaws.com/"))
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/ec2/aws4_request"),
        )
        .header("x-amz-security-token", "of-a-schedule")
        .body(Bytes::from(form.join("&")));
    let answered = request.is_ok_and(|request| handle(world, now, request).response.status().is_success());
    world.sessions.remove(&key);
    answered
}

/// Parameters as a form of EC2 names them: lists are numbered, and some are named otherwise than in JSON.
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let part = match member.as_str() {
                    "Resources" => "ResourceId",
                    "Tags" => "Tag",
                    "SecurityGroupRuleIds" => "SecurityGroupRuleId",
                    other => other,
                };
                flatten(&below(part), value, pairs);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                flatten(&below(&(number + 1).to_string()), item, pairs);
            }
        }
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Null => {}
        other => pairs.push((name.to_owned(), other.to_string())),
    }
}
