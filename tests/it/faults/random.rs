//! Any valid file, then any other, then the first again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use baseline::engine::{Stop, apply};
use baseline::model::{Addr, Value};
use baseline::plan::{Choices, OutputIndex, Sight};
use baseline::sandbox::Sandbox;

use super::account::{Declared, declared, empty, look, on_virtual_time, open, until_quiet};
use super::chance::Chance;
use super::page;

/// A random valid baseline.
pub fn file(chance: &mut Chance) -> String {
    let mut text = "name = \"any\"\nregion = \"us-east-1\"\n".to_owned();
    let mut say = |line: String| writeln!(text, "{line}").expect("a string grows");
    say("[account]".into());
    for (key, values) in [
        ("block_public_buckets", &["true", "false"][..]),
        ("ebs_encryption", &["true", "false"]),
        ("imdsv2", &["\"required\"", "\"optional\""]),
    ] {
        say(format!("{key} = {}", chance.of(values)));
    }
    say(format!(
        "[password_policy]\nmin_length = {}\nreuse_prevention = {}",
        8 + chance.below(12),
        5 + chance.below(19)
    ));
    let keys: Vec<&str> = ["trail", "data"].into_iter().filter(|_| chance.percent(40)).collect();
    for key in &keys {
        let days = *chance.of(&["false", "365", "180"]);
        say(format!("[kms_key.{key}]\nrotation_days = {days}"));
    }
    let buckets: Vec<&str> = ["logs", "files", "more"].into_iter().filter(|_| chance.percent(60)).collect();
    for bucket in &buckets {
        let days = 30 + chance.below(300);
        say(format!("[bucket.{bucket}]\naccess_log = false\nlifecycle = {{ expire_after_days = {days} }}"));
    }
    if let Some(bucket) = buckets.first().filter(|_| chance.percent(40)) {
        let key = keys.first().map_or("false".to_owned(), |key| format!("\"{key}\""));
        let regions = *chance.of(&["true", "false"]);
        say(format!("[cloudtrail]\nbucket = \"{bucket}\"\nkms_key = {key}\nmulti_region = {regions}"));
    }
    for role in ["reader", "writer", "web"] {
        if chance.percent(40) {
            let policy = *chance.of(&["SecurityAudit", "ReadOnlyAccess"]);
            say(format!(
                "[role.{role}]\ntrusted_by = {{ accounts = [\"${{account}}\"] }}\npolicies = [\"arn:aws:iam::aws:policy/{policy}\"]"
            ));
        }
    }
    if chance.percent(50) {
        let zones = 1 + chance.below(3);
        say(format!("[network]\ncidr = \"10.20.0.0/16\"\nzones = {zones}"));
        say(format!(
            "flow_logs = {}",
            buckets.last().map_or("false".to_owned(), |bucket| format!("\"{bucket}\""))
        ));
        if chance.percent(30) {
            say("deny = [\"198.51.100.0/24\"]".into());
        }
        let ports: Vec<usize> = [443, 80, 8443].into_iter().filter(|_| chance.percent(60)).collect();
        let accept: Vec<String> =
            ports.iter().map(|port| format!("{{ from = \"internet\", port = {port} }}")).collect();
        let accept =
            if accept.is_empty() { vec!["{ from = \"internet\", port = 443 }".to_owned()] } else { accept };
        say(format!("[network.tier.web]\npublic = true\naccept = [{}]", accept.join(", ")));
        if chance.percent(60) {
            let port = 3300 + chance.below(10);
            say(format!("[network.tier.db]\naccept = [{{ from = \"web\", port = {port} }}]"));
        }
    }
    text
}

/// Everything declared that is there, ids replaced by what they stand for.
async fn as_found(sandbox: &Sandbox, declared: &Declared) -> BTreeMap<Addr, Value> {
    let account = open(sandbox.http_client(), declared).await;
    let (live, _) = look(&account, declared, &Choices::default()).await;
    let mut index = OutputIndex::default();
    let mut things = Vec::new();
    for (addr, sight) in live.sights {
        if let Sight::Found(thing) = sight {
            index.add(&addr, &thing.outputs);
            things.push((addr, thing));
        }
    }
    things.into_iter().map(|(addr, thing)| (addr, index.to_references(thing.attributes))).collect()
}

/// Applies a file over another one, whose buckets, keys and trails may go.
async fn apply_over(sandbox: &Sandbox, declared: &Declared, before: Option<&Declared>) -> Result<(), String> {
    let gone = before.into_iter().flat_map(|before| before.wanted.things.keys());
    let gone: BTreeSet<Addr> =
        gone.filter(|addr| !declared.wanted.things.contains_key(*addr)).cloned().collect();
    let choices = Choices { prune: true, destroy: gone };
    let account = open(sandbox.http_client(), declared).await;
    let (live, plan) = look(&account, declared, &choices).await;
    let outcome = apply(&account, &declared.wanted, &live, &plan, &|_| {}, &Stop::default()).await;
    if !outcome.is_success() {
        return Err(format!("{:#?} {:#?}", outcome.failed, outcome.held));
    }
    until_quiet().await;
    let account = open(sandbox.http_client(), declared).await;
    let (_, left) = look(&account, declared, &Choices { prune: true, ..Choices::default() }).await;
    if left.is_complete() && left.is_converged() && left.undeclared.is_empty() {
        return Ok(());
    }
    Err(format!("the next plan is not empty: {:#?} {:#?} {:#?}", left.steps, left.findings, left.undeclared))
}

#[test]
fn any_file_then_any_other_then_the_first_again_ends_as_it_began() {
    let pairs = if page::everything() { 1000 } else { 24 };
    let mut things = 0;
    for seed in 0..pairs {
        let mut chance = Chance::new(seed);
        let (first, second) = (file(&mut chance), file(&mut chance));
        let (one, other) = (declared(&first), declared(&second));
        things += one.wanted.things.len() + other.wanted.things.len();
        let went = on_virtual_time(async {
            let sandbox = empty();
            apply_over(&sandbox, &one, None).await?;
            let fresh = as_found(&sandbox, &one).await;
            apply_over(&sandbox, &other, Some(&one)).await?;
            apply_over(&sandbox, &one, Some(&other)).await?;
            let again = as_found(&sandbox, &one).await;
            if again == fresh { Ok(()) } else { Err(format!("{fresh:#?}\nbecame\n{again:#?}")) }
        });
        assert_eq!(went, Ok(()), "pair {seed}:\n{first}\nand\n{second}");
    }
    page::counted(
        "random",
        &format!(
            "{pairs} pairs of files with {things} things: every next plan is empty, and A ends as it began"
        ),
    );
}
