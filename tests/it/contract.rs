//! What every kind in the registry has to keep, run over the registry itself.

use std::collections::BTreeSet;

use baseline::aws::{Account, Mode, Tags};
use baseline::engine::{observe, rules};
use baseline::kinds::{KINDS, Kind, ReadRequest, Reading, kind};
use baseline::model::{Addr, Deletion, Tagged, Value, Wanted};
use baseline::operations::action;
use baseline::plan::{Action, Choices, Live, Observed, Plan, diff, plan, resolve};

use crate::emulator::{Emulator, Which};
use crate::gaps;
use crate::neighbours::{neighbours_of, want};
use crate::world::carry_out;

struct Bench {
    account: Account,
}

impl Bench {
    async fn look(&self, wanted: &Wanted, choices: &Choices) -> (Live, Plan) {
        let live = observe(&self.account, wanted).await;
        let plan = plan(wanted, &live, &rules, choices).unwrap();
        (live, plan)
    }

    async fn converge(&self, wanted: &Wanted, choices: &Choices) {
        let (live, plan) = self.look(wanted, choices).await;
        carry_out(&self.account, wanted, &live, &plan).await;
    }

    async fn assert_converged(&self, wanted: &Wanted, what: &str) {
        let (_, plan) = self.look(wanted, &Choices::default()).await;
        assert!(plan.is_complete(), "{what}: {:#?}", plan.unreadable);
        assert!(plan.is_converged(), "{what}: {:#?} {:#?}", plan.steps, plan.findings);
    }

    async fn read(&self, kind: &'static dyn Kind, addr: &Addr, value: &Value) -> Reading<Value> {
        let asked = vec![ReadRequest { addr: addr.clone(), wanted: value.clone() }];
        let sightings = kind.read(&self.account, asked).await;
        sightings.into_iter().find(|(seen, _)| seen == addr).unwrap().1
    }

    /// Applies and looks again; answers the actions that were the kind's own.
    async fn brings_about(&self, kind: &dyn Kind, wanted: &Wanted, what: &str) -> BTreeSet<String> {
        let (actions, ()) = self.actions(self.converge(wanted, &Choices::default())).await;
        self.assert_converged(wanted, &format!("after {what}")).await;
        own(actions, kind)
    }

    /// Sends the creating call and nothing after it, as a run does that is killed there: the next one finds
    /// the thing by its tags or its name, so no record of the call is needed and none is made twice.
    async fn create_and_no_more(&self, kind: &dyn Kind, around: &Wanted, wanted: &Wanted, subject: &Addr) {
        let live = observe(&self.account, around).await;
        let outputs = live.resources.into_iter().filter_map(|(addr, sight)| match sight {
            Observed::Found(thing) => Some((addr, thing.outputs)),
            Observed::Absent | Observed::Unreadable(_) => None,
        });
        let value = resolve(wanted.things[subject].value.clone(), &outputs.collect());
        kind.create(&self.account, subject, &value).await.unwrap();
        let (_, plan) = self.look(wanted, &Choices::default()).await;
        for step in &plan.steps {
            let goes_on = step.action == Action::Update || (has_a_name(kind) && step.action == Action::Adopt);
            assert!(step.addr == *subject && goes_on, "after its creation alone: {step:#?}");
        }
    }

    /// Deletes the thing, without a word only where nothing is lost with it.
    async fn takes_away(
        &self,
        kind: &'static dyn Kind,
        around: &Wanted,
        wanted: &Wanted,
        subject: &Addr,
    ) -> BTreeSet<String> {
        let live = observe(&self.account, wanted).await;
        let kept = plan(around, &live, &rules, &Choices::default()).unwrap();
        assert!(kept.is_converged(), "without a word: {:#?}", kept.steps);
        let mut choices = Choices { prune: true, ..Choices::default() };
        if kind.meta().deletion == Deletion::Named {
            let pruned = plan(around, &live, &rules, &choices).unwrap();
            assert!(pruned.is_converged(), "pruned without its name: {:#?}", pruned.steps);
            choices.destroy.insert(subject.clone());
        }
        let plan = plan(around, &live, &rules, &choices).unwrap();
        assert_eq!(addresses(&plan), [subject], "prune");
        let (actions, ()) = self.actions(carry_out(&self.account, around, &live, &plan)).await;
        let reading = self.read(kind, subject, &wanted.things[subject].value).await;
        assert!(matches!(reading, Reading::Absent), "still there after its deletion: {reading:?}");
        own(actions, kind)
    }

    /// IAM actions of the requests made while `work` ran.
    async fn actions<T>(&self, work: impl Future<Output = T>) -> (BTreeSet<String>, T) {
        let before = self.account.trace.counts().calls;
        let output = work.await;
        let after = self.account.trace.counts().calls;
        let made = after.iter().filter(|(call, count)| before.get(*call) != Some(count));
        (made.map(|((service, operation), _)| action(service, operation)).collect(), output)
    }
}

/// Top-level attributes in which two examples differ.
fn differing(one: &Value, other: &Value) -> BTreeSet<String> {
    diff(other, one).iter().filter_map(|change| change.path.field().map(str::to_owned)).collect()
}

/// Attributes and the values they are changed to: those of the second example, then what it leaves out.
fn variations(kind: &str, first: &Value, second: &Value) -> Vec<(String, Value)> {
    let of_the_second = differing(first, second)
        .into_iter()
        .map(|field| (field.clone(), second.get(&field).unwrap().clone()));
    let more = MORE.iter().filter(|(of, ..)| *of == kind);
    let more = more.map(|(_, field, json)| {
        let value = Value::decode(serde_json::from_str(json).unwrap()).unwrap();
        ((*field).to_owned(), value)
    });
    of_the_second.chain(more).collect()
}

/// Changes that two examples cannot show, in the encoding of a value.
const MORE: &[(&str, &str, &str)] = &[
    ("ec2.ebs-encryption", "kms_key", r#"{ "$ref": "kms.key.main", "output": "arn" }"#),
    ("ec2.ebs-encryption", "kms_key", r#""alias/aws/ebs""#),
    ("ec2.snapshot-public-access", "state", r#""unblocked""#),
    ("cloudtrail.trail", "global_events", "false"),
    ("s3.bucket", "policy", "null"),
    ("s3.bucket", "logging", r#"{ "target": "example-access-logs", "prefix": "example/" }"#),
    ("ec2.route-table", "routes", r#"{ "$dict": {} }"#),
    (
        "elb.load-balancer",
        "listeners",
        r#"{ "$dict": { "8080": {
            "protocol": "HTTP", "certificate": null, "tls_policy": null, "forward": null, "unsupported": null,
            "rules": { "$set": [] }, "redirect": { "protocol": "HTTPS", "port": "443", "status": "HTTP_301" } } } }"#,
    ),
    (
        "autoscaling.group",
        "policies",
        r#"{ "$dict": { "requests": {
            "metric": "ASGAverageNetworkOut", "target": 1000, "scale_in": true, "requests_of": null,
            "unsupported": null } } }"#,
    ),
];

fn with_field(value: &Value, field: &str, part: Value) -> Value {
    let Value::Map(mut map) = value.clone() else { panic!("{value:?} is no map") };
    map.insert(field.to_owned(), part);
    Value::Map(map)
}

/// One test a kind and emulator, so that each fails and runs by itself.
macro_rules! contracts {
    (on_both { $($test:ident: $kind:literal,)* } not_on_moto { $($only:ident: $left_out:literal,)* }) => {
        const TESTED: &[&str] = &[$($kind,)* $($left_out),*];
        /// What is tested on the built-in account only.
        const NOT_ON_MOTO: &[&str] = &[$($left_out),*];
        mod on_moto {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() { super::keeps_the_contract(crate::emulator::Which::Moto, $kind).await; })*
        }
        mod on_the_built_in_account {
            $(#[tokio::test(start_paused = true)]
            async fn $test() { super::keeps_the_contract(crate::emulator::Which::BuiltIn, $kind).await; })*
            $(#[tokio::test(start_paused = true)]
            async fn $only() { super::keeps_the_contract(crate::emulator::Which::BuiltIn, $left_out).await; })*
        }
    };
}

contracts! {
    on_both {
        account_public_access: "s3.account-public-access",
        ebs_encryption: "ec2.ebs-encryption",
        password_policies: "iam.password-policy",
        policies: "iam.policy",
        groups: "iam.group",
        roles: "iam.role",
        keys: "kms.key",
        buckets: "s3.bucket",
        trails: "cloudtrail.trail",
        vpcs: "ec2.vpc",
        subnets: "ec2.subnet",
        internet_gateways: "ec2.internet-gateway",
        egress_only_gateways: "ec2.egress-only-internet-gateway",
        elastic_ips: "ec2.elastic-ip",
        nat_gateways: "ec2.nat-gateway",
        route_tables: "ec2.route-table",
        security_groups: "ec2.security-group",
        network_acls: "ec2.network-acl",
        vpc_endpoints: "ec2.vpc-endpoint",
        flow_logs: "ec2.flow-log",
        launch_templates: "ec2.launch-template",
        target_groups: "elb.target-group",
        load_balancers: "elb.load-balancer",
        auto_scaling_groups: "autoscaling.group",
    }
    not_on_moto {
        instance_metadata_defaults: "ec2.instance-metadata-defaults",
        snapshot_public_access: "ec2.snapshot-public-access",
        image_public_access: "ec2.image-public-access",
    }
}

/// Kinds of things that are found and changed and never made, so that there is no example to make.
const MADE_BY_OTHERS: &[(&str, &str)] = &[
    ("iam.access-key", "AWS chooses its id; the posture tests deactivate one"),
    (
        "ec2.default-security-group",
        "AWS makes it with its VPC, and it is only ever emptied: tests/it/regions.rs",
    ),
    ("ec2.default-vpc", "AWS makes it with the account, and it is only ever deleted: tests/it/regions.rs"),
    ("iam.root-credentials", "only an organization reaches them; the tests of root sessions delete them"),
];

#[test]
fn every_kind_that_is_written_has_its_test_or_its_gap() {
    let written: BTreeSet<&str> =
        KINDS.iter().filter(|kind| !kind.meta().lookup).map(|kind| kind.name()).collect();
    let made_by_others = MADE_BY_OTHERS.iter().map(|(kind, _)| *kind);
    assert_eq!(TESTED.iter().copied().chain(made_by_others).collect::<BTreeSet<_>>(), written);
    let gaps = |on| written.iter().copied().filter(|kind| gaps::kind(on, kind).is_some()).collect::<Vec<_>>();
    let mut left_out = NOT_ON_MOTO.to_vec();
    left_out.sort_unstable();
    assert_eq!(left_out, gaps(Which::Moto), "a gap that is tested is none");
    assert_eq!(gaps(Which::BuiltIn), Vec::<&str>::new(), "a gap that is tested is none");
}

/// Kinds that are found by a name of their own, so that a thing can change its address.
fn has_a_name(kind: &dyn Kind) -> bool {
    let others = ["ec2.launch-template", "elb.target-group", "elb.load-balancer", "autoscaling.group"];
    kind.meta().located_by.is_some() || others.contains(&kind.name())
}

async fn keeps_the_contract(on: Which, name: &str) {
    let kind = kind(name).unwrap();
    let emulator = Emulator::start(on);
    let tags = |team: &str| Tags::from([("team".to_owned(), team.to_owned())]);
    let bench = Bench { account: emulator.tagged_account("contract", tags("web")).await };
    let subject = Addr::new(name, "subject");
    let (first, second) = (kind.example(0).unwrap(), kind.example(1).unwrap());
    let variations = variations(name, &first, &second);
    let mut values = vec![first.clone(), second.clone()];
    values.extend(variations.iter().map(|(_, part)| part.clone()));
    let around = Wanted { things: neighbours_of(kind, &values), tags: tags("web"), ..Wanted::default() };
    let with = |addr: &Addr, value: &Value| {
        let mut wanted = around.clone();
        wanted.things.insert(addr.clone(), want(value.clone()));
        wanted
    };
    let wanted = with(&subject, &first);
    let mut made = BTreeSet::new();

    // What it needs comes first, so that what follows is this kind's own doing.
    bench.converge(&around, &Choices::default()).await;
    let is_setting = kind.meta().deletion == Deletion::Never;
    let (read, reading) = bench.actions(bench.read(kind, &subject, &first)).await;
    assert_reads(kind, &read);
    made.extend(read);
    match reading {
        Reading::Found(_) => assert!(is_setting, "only a setting exists from the start"),
        Reading::Absent => assert!(!is_setting, "a setting exists from the start"),
        Reading::Unreadable(error) => panic!("{error}"),
    }

    made.extend(bench.brings_about(kind, &wanted, "its creation").await);
    let writes = bench.account.trace.counts().writes;
    bench.converge(&wanted, &Choices::default()).await;
    assert_eq!(bench.account.trace.counts().writes, writes, "a second apply wrote");

    for (field, part) in variations {
        if gaps::attribute(on, name, &field).is_some() || kind.meta().immutable.contains(&field.as_str()) {
            continue;
        }
        let changed = with(&subject, &with_field(&first, &field, part));
        let (_, plan) = bench.look(&changed, &Choices::default()).await;
        assert_eq!(addresses(&plan), [&subject], "a change of {field}");
        for change in &plan.steps[0].changes {
            assert_eq!(change.path.field(), Some(field.as_str()), "a change of {field} is seen elsewhere");
        }
        made.extend(bench.brings_about(kind, &changed, &format!("a change of {field}")).await);
        made.extend(bench.brings_about(kind, &wanted, &format!("a change of {field} and back")).await);
    }

    if kind.meta().tags == Tagged::Carries && gaps::adoption(on, name).is_none() {
        let other = Bench { account: emulator.tagged_account("contract", tags("api")).await };
        // What is around has the old one still, so that what follows is this kind's own doing.
        let changed = Wanted { tags: tags("api"), ..wanted.clone() };
        let (live, mut plan) = other.look(&changed, &Choices::default()).await;
        plan.steps.retain(|step| step.addr == subject);
        let changes: Vec<String> =
            plan.steps.iter().flat_map(|step| &step.changes).map(|change| change.path.to_string()).collect();
        assert_eq!(changes, [r#"tags["team"]"#], "another tag");
        let (actions, ()) = other.actions(carry_out(&other.account, &changed, &live, &plan)).await;
        made.extend(own(actions, kind));
        let (_, plan) = other.look(&changed, &Choices::default()).await;
        assert!(!addresses(&plan).contains(&&subject), "another tag is not seen");
        made.extend(bench.brings_about(kind, &wanted, "another tag and back").await);
    }

    if has_a_name(kind) && gaps::adoption(on, name).is_none() {
        let other = Addr::new(name, "other");
        let renamed = with(&other, &first);
        let (_, plan) = bench.look(&renamed, &Choices::default()).await;
        assert_eq!(addresses(&plan), [&other], "a new address");
        assert_eq!(plan.steps[0].action, Action::Adopt, "a new address");
        made.extend(bench.brings_about(kind, &renamed, "a new address").await);
        made.extend(bench.brings_about(kind, &wanted, "a new address and back").await);
    }
    if !is_setting {
        made.extend(bench.takes_away(kind, &around, &wanted, &subject).await);
        if gaps::again(on, name).is_none() {
            bench.create_and_no_more(kind, &around, &wanted, &subject).await;
            made.extend(bench.brings_about(kind, &wanted, "its deletion and second creation").await);
            made.extend(bench.takes_away(kind, &around, &wanted, &subject).await);
        }
    }
    assert_declared_actions_are_made(on, kind, &made);
}

fn addresses(plan: &Plan) -> Vec<&Addr> {
    plan.steps.iter().map(|step| &step.addr).collect()
}

fn assert_reads(kind: &dyn Kind, actions: &BTreeSet<String>) {
    for action in actions {
        let declared = kind.meta().read_actions.contains(&action.as_str());
        assert!(declared, "{} reads with {action} and does not declare it", kind.name());
    }
}

/// The actions of a run that are this kind's own: what other kinds and the census read is left out.
fn own(actions: BTreeSet<String>, subject: &dyn Kind) -> BTreeSet<String> {
    let foreign: BTreeSet<&str> = KINDS
        .iter()
        .filter(|kind| kind.name() != subject.name())
        .flat_map(|kind| kind.meta().read_actions)
        .copied()
        .chain(["tag:GetResources", "iam:GetAccountAuthorizationDetails"])
        .collect();
    let declared = |action: &String| {
        let rules = subject.meta();
        rules.read_actions.contains(&action.as_str()) || rules.write_actions.contains(&action.as_str())
    };
    let actions: BTreeSet<String> =
        actions.into_iter().filter(|action| declared(action) || !foreign.contains(action.as_str())).collect();
    for action in &actions {
        assert!(declared(action), "{} makes {action} and does not declare it", subject.name());
    }
    actions
}

/// Every declared action was made, or is one that no call of ours shows.
fn assert_declared_actions_are_made(on: Which, kind: &dyn Kind, made: &BTreeSet<String>) {
    let rules = kind.meta();
    let never: Vec<&&str> = rules
        .read_actions
        .iter()
        .chain(rules.write_actions)
        .filter(|action| !made.contains(**action) && !gaps::action_is_not_seen(on, kind.name(), action))
        .collect();
    assert!(never.is_empty(), "declared and never made: {never:?}");
}

#[test]
fn what_a_kind_declares_to_read_are_reads() {
    for kind in KINDS {
        for action in kind.meta().read_actions {
            assert!(crate::reads::is_read_action(action), "{}: {action} is not a read", kind.name());
        }
    }
}

#[test]
fn every_example_is_valid_and_its_rules_name_real_attributes() {
    for kind in KINDS {
        let value = kind.example(0).unwrap();
        kind.check(&value).unwrap();
        kind.check(&kind.example(1).unwrap()).unwrap();
        for field in
            kind.meta().immutable.iter().chain(kind.meta().deferred).chain(kind.meta().located_by.as_slice())
        {
            assert!(value.get(field).is_some(), "{} has no attribute {field}", kind.name());
        }
    }
}

mod further {
    use super::{a_bucket_gets_object_lock_and_keeps_it, rules_of_the_default_group_are_described_anew};

    crate::both::on_both! {
        a_bucket_gets_object_lock_and_keeps_it,
        rules_of_the_default_group_are_described_anew,
    }
}

async fn a_bucket_gets_object_lock_and_keeps_it(on: Which) {
    let kind = kind("s3.bucket").unwrap();
    let emulator = Emulator::start(on);
    let bench = Bench { account: emulator.account("contract", Mode::ReadWrite).await };
    let addr = Addr::new("s3.bucket", "subject");
    // Versioning is on in the second example, which Object Lock needs.
    let bucket = kind.example(1).unwrap();
    let mut wanted = Wanted { things: [(addr.clone(), want(bucket.clone()))].into(), ..Wanted::default() };
    bench.converge(&wanted, &Choices::default()).await;
    let lock = r#"{ "mode": "GOVERNANCE", "days": 30 }"#;
    let lock = Value::decode(serde_json::from_str(lock).unwrap()).unwrap();
    wanted.things.insert(addr, want(with_field(&bucket, "object_lock", lock)));
    let made = bench.brings_about(kind, &wanted, "Object Lock").await;
    assert!(made.contains("s3:PutBucketObjectLockConfiguration"), "{made:?}");
    assert!(made.contains("s3:GetBucketObjectLockConfiguration"), "{made:?}");
}

/// The second example has a rule; here only what it is for changes, which needs calls of its own.
async fn rules_of_the_default_group_are_described_anew(on: Which) {
    let kind = kind("ec2.vpc").unwrap();
    let emulator = Emulator::start(on);
    let bench = Bench { account: emulator.account("contract", Mode::ReadWrite).await };
    let addr = Addr::new("ec2.vpc", "subject");
    let before = kind.example(1).unwrap();
    let after = before.clone().map_leaves(&mut |leaf| match leaf {
        Value::Str(text) if text == "example" => Value::text("another"),
        other => other,
    });
    assert_ne!(before, after);
    let only = |value| Wanted { things: [(addr.clone(), want(value))].into(), ..Wanted::default() };
    bench.converge(&only(before), &Choices::default()).await;
    let made = bench.brings_about(kind, &only(after), "new descriptions").await;
    for direction in ["Ingress", "Egress"] {
        let action = format!("ec2:UpdateSecurityGroupRuleDescriptions{direction}");
        assert!(made.contains(&action), "{made:?}");
    }
}
