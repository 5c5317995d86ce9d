//! Whether two accounts are the same but for ids, times and what is past.
//!
//! Every id is replaced by a digest of what it names: what the account holds under it, with the ids
//! in there replaced in turn. So two accounts have the same lines where the same things exist the
//! same number of times, wired the same way, and one thing more or less anywhere is a difference.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use baseline::sandbox::Sandbox;
use serde_json::{Map, Value};

use super::account::ACCOUNT;

/// Later than this is a time in milliseconds: nothing else in an account is as large.
const TIMES: i64 = 1_500_000_000_000;

/// How often ids are replaced by what they name: the longest way from one thing to another.
const ROUNDS: usize = 5;

/// Everything that exists, a line each.
pub fn normal(sandbox: &Sandbox) -> Vec<String> {
    normal_of(sandbox, ACCOUNT)
}

/// The same of any account.
pub fn normal_of(sandbox: &Sandbox, id: &str) -> Vec<String> {
    let mut account = sandbox.with_world(|world| {
        world.account(id);
        serde_json::to_value(&world.accounts[id]).expect("an account is plain data")
    });
    forget_the_past(&mut account);
    let account = present(account);
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut digests: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        describe(&account, "", &names, &mut digests);
        names = digests
            .into_iter()
            .map(|(id, mut digests)| {
                digests.sort_unstable();
                let name = format!("{}#{:012x}", prefix(&id), digest(&digests) & 0xFFFF_FFFF_FFFF);
                (id, name)
            })
            .collect();
    }
    let mut lines = Vec::new();
    write(&account, "", &names, &mut lines);
    lines.sort_unstable();
    lines
}

/// What is only in one of two accounts, for a person to read; nothing where they are the same.
pub fn difference(wanted: &[String], found: &[String]) -> Option<String> {
    // One thing that differs gives another digest to all that lead to it: what differs without the
    // digests is where it began.
    let plain = |lines: &[String]| lines.iter().map(|line| without_digests(line)).collect::<Vec<_>>();
    more_or_less(&plain(wanted), &plain(found)).or_else(|| more_or_less(wanted, found))
}

fn more_or_less(wanted: &[String], found: &[String]) -> Option<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    wanted.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    counts.retain(|_, times| *times != 0);
    let lines = counts.iter().map(|(line, times)| format!("{times:+} {line}"));
    (!counts.is_empty()).then(|| lines.take(40).collect::<Vec<_>>().join("\n"))
}

fn without_digests(line: &str) -> String {
    let mut parts = line.split('#');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_digest = part.len() >= 12 && part.as_bytes()[..12].iter().all(u8::is_ascii_hexdigit);
        plain.push_str(if is_digest { &part[12..] } else { part });
    }
    plain
}

/// Takes out what is only history: what AWS itself forgets within the hour, what it counts, and what
/// it writes into buckets by itself.
fn forget_the_past(account: &mut Value) {
    for bucket in account["s3"]["buckets"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        // A load balancer writes its test object anew whenever it is told where its logs go.
        for versions in bucket["objects"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            *versions = Value::from("an object");
        }
        // A setting that was unset is one that was never set.
        let settings = bucket["settings"].as_object_mut().expect("settings");
        settings.retain(|_, setting| !setting["now"].is_null());
    }
    for service in ["iam", "s3"] {
        account[service].as_object_mut().expect("a service").remove("gone");
    }
    for region in account["regions"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for (service, past) in [
            ("autoscaling", "activities"),
            ("autoscaling", "refreshes"),
            ("ec2", "tokens"),
            ("ec2", "gone"),
            ("elb", "gone"),
            ("cloudtrail", "gone"),
        ] {
            region[service].as_object_mut().expect("a service").remove(past);
        }
        // The lock of a run that was killed stays until it is taken over; nobody has it after two minutes.
        if let Some(parameters) = region["ssm"]["parameters"].as_object_mut() {
            parameters.remove(baseline::engine::lock::NAME);
        }
        for trail in region["cloudtrail"]["trails"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            let now = trail["now"].as_object_mut().expect("a trail");
            now.remove("started");
            now.remove("stopped");
        }
        let gone = |thing: &Value| {
            let now = &thing["now"];
            !now["deleted"].is_null() || now["terminating"].is_i64() || now["terminated"].is_i64()
        };
        let mut lost = Vec::new();
        for kind in ["nat_gateways", "instances", "vpc_endpoints"] {
            region["ec2"][kind].as_object_mut().expect("things").retain(|id, thing| {
                let keep = !gone(thing);
                if !keep {
                    lost.push(id.clone());
                }
                keep
            });
        }
        region["ec2"]["tags"].as_object_mut().expect("tags").retain(|id, _| !lost.contains(id));
    }
}

/// The present of everything that has a past, without times.
fn present(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            if members.contains_key("changed") && members.contains_key("now") {
                return present(members.remove("now").unwrap_or_default());
            }
            let drawn = |name: &str| ["mac", "public_ip", "private_ip", "dns_name"].contains(&name);
            let member = |(name, value): (String, Value)| {
                let value = if drawn(&name) && value.is_string() { "drawn".into() } else { present(value) };
                (name, value)
            };
            Value::Object(members.into_iter().map(member).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(present).collect()),
        Value::Number(number) if number.as_i64().is_some_and(|number| number > TIMES) => Value::from("time"),
        other => other,
    }
}

/// Notes under every id what stands there.
fn describe(
    value: &Value,
    place: &str,
    names: &BTreeMap<String, String>,
    digests: &mut BTreeMap<String, Vec<u64>>,
) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        let mut ids = tokens(name).filter(|token| is_id(token)).peekable();
        let inner = format!("{place}/{}", renamed(name, &BTreeMap::new()));
        if ids.peek().is_some() {
            let mut lines = Vec::new();
            write(member, &inner, names, &mut lines);
            lines.sort_unstable();
            if let Some(id) = ids.last() {
                digests.entry(id.to_owned()).or_default().push(digest(&lines));
            }
        }
        describe(member, &inner, names, digests);
    }
    // A thing that stands under its name holds its own id.
    for id in ["id", "unique_id"] {
        if let Some(Value::String(own)) = members.get(id)
            && is_id(own)
        {
            digests.entry(own.clone()).or_default().push(digest(&place));
        }
    }
}

fn write(value: &Value, place: &str, names: &BTreeMap<String, String>, lines: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if members.is_empty() {
                lines.push(format!("{place} = {{}}"));
            }
            for (name, member) in members {
                write(member, &format!("{place}/{}", renamed(name, names)), names, lines);
            }
        }
        Value::Array(items) => {
            // The order of ids is the order in which they were given out.
            let ordered = !items.iter().any(|item| {
                let text = item.to_string();
                tokens(&text).any(is_id)
            });
            if items.is_empty() {
                lines.push(format!("{place} = []"));
            }
            for (index, item) in items.iter().enumerate() {
                let at = if ordered { format!("{place}[{index}]") } else { format!("{place}[]") };
                write(item, &at, names, lines);
            }
        }
        Value::String(text) => lines.push(format!("{place} = {}", renamed(text, names))),
        other => lines.push(format!("{place} = {other}")),
    }
}

/// The text with every id replaced.
fn renamed(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text;
    for token in tokens(text) {
        let at = rest.find(token).unwrap_or_default();
        renamed.push_str(&rest[..at]);
        match is_id(token) {
            true => renamed.push_str(names.get(token).map_or(prefix(token), String::as_str)),
            false => renamed.push_str(token),
        }
        rest = &rest[at + token.len()..];
    }
    renamed.push_str(rest);
    // A list in one text stands in the order in which its ids were given out.
    if text.contains(',') && tokens(text).any(is_id) {
        let mut items: Vec<&str> = renamed.split(',').collect();
        items.sort_unstable();
        return items.join(",");
    }
    renamed
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'))
        .filter(|token| token.len() >= 12)
        // An alarm's name ends in a UUID.
        .map(|token| token.get(token.len().saturating_sub(36)..).filter(|end| is_id(end)).unwrap_or(token))
}

/// Whether AWS made it up: `vpc-0...`, `AROA...`, a UUID, or the sixteen digits in a load balancer's ARN.
fn is_id(token: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ec2 = token
        .rsplit_once('-')
        .is_some_and(|(kind, id)| id.len() == 17 && id.starts_with('0') && hex(id) && !kind.is_empty());
    let unique = token.len() == 21
        && ["AROA", "AIDA", "ANPA", "AIPA", "AGPA"].iter().any(|prefix| token.starts_with(prefix));
    let uuid = token.len() == 36
        && token.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && hex(&token.replace('-', ""));
    let balancer = token.len() == 16 && hex(token);
    ec2 || unique || uuid || balancer
}

fn prefix(id: &str) -> &str {
    match id.rsplit_once('-') {
        Some((kind, _)) if id.len() != 36 => kind,
        _ if id.len() == 21 => &id[..4],
        _ if id.len() == 36 => "uuid",
        _ => "hex",
    }
}

/// A number for a value, the same in every run.
pub fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
