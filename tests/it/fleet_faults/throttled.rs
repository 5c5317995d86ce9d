//! Organizations and STS that answer slowly and refuse what is too fast: a fleet of forty-one accounts gets through.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::files::{ROLE, asks, folder, lines, write};
use super::organization::{Fault, Organization};
use crate::faults::page::counted;
use crate::faults::refusal::Refusal;

const MEMBER: &str = "name = 'member'\nregion = 'us-east-1'\n[password_policy]\n";

/// Calls at once and calls a second, as AWS's token buckets count them.
struct Bucket {
    left: f64,
    burst: f64,
    rate: f64,
    at: Instant,
}

impl Bucket {
    fn new(burst: f64, rate: f64) -> Self {
        Self { left: burst, burst, rate, at: Instant::now() }
    }

    fn takes(&mut self) -> bool {
        let now = Instant::now();
        self.left = (self.left + (now - self.at).as_secs_f64() * self.rate).min(self.burst);
        self.at = now;
        let granted = self.left >= 1.0;
        self.left -= f64::from(u8::from(granted));
        granted
    }
}

/// Everybody in the caller's account shares what STS allows, and others have used it up but for so little.
#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_fleet_gets_through_where_sts_is_nearly_used_up_by_others_with_at_most_ten_roles_asked_for_at_a_time() {
    let files = folder([], &format!("parallel = 32\n{ROLE}"), MEMBER);
    let path = files.path();
    let organization = Organization::new();
    assert_eq!(
        organization.run(0, path, &["accounts", "fleet.toml", "--out", "accounts.json", "-q"]).code,
        Some(0)
    );
    let whole = organization.run(0, path, &asks("drift", &["--json"]));
    assert_eq!(whole.code, Some(3), "{whole:?}");
    let asked_alone = asked(&organization);
    let mut bucket = Bucket::new(1.0, 4.0);
    let refused = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refused);
    organization.breaks(move |call, _| {
        if call.operation != "AssumeRole" {
            return None;
        }
        if bucket.takes() {
            return Some(Fault::Late(Duration::from_millis(20)));
        }
        count.fetch_add(1, Ordering::Relaxed);
        Some(Fault::Refuse(Refusal::Throttled))
    });
    let throttled = organization.run(0, path, &asks("drift", &["--json"]));
    assert_eq!((throttled.code, &throttled.stdout), (Some(3), &whole.stdout), "{}", throttled.stderr);
    assert_eq!(lines(&throttled.stdout).len(), 41);
    assert!(organization.at_once("AssumeRole") <= 10, "{} at a time", organization.at_once("AssumeRole"));
    assert!(refused.load(Ordering::Relaxed) > 0, "nothing was refused");
    let given = asked(&organization);
    assert_eq!(given, asked_alone, "a session for each account, and not one more");
    counted(
        "fleet-sts",
        &format!(
            "41 accounts, {} sessions: at most 10 asked for at a time, none twice, and no account is lost",
            given.values().sum::<usize>()
        ),
    );
}

/// How often each account's role was given.
fn asked(organization: &Organization) -> BTreeMap<String, usize> {
    let mut given = BTreeMap::new();
    for account in organization.calls().into_iter().filter(|call| call.done).filter_map(|call| call.into) {
        *given.entry(account).or_default() += 1;
    }
    given
}

/// Another program reads the organization all the while, and Organizations answers one call at a time.
#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn the_accounts_of_an_organization_are_read_whole_beside_somebody_else_who_reads_them() {
    let files = folder([], ROLE, MEMBER);
    let path = files.path();
    let organization = Organization::new();
    let out = ["accounts", "fleet.toml", "--out", "accounts.json", "--tags", "-q"];
    organization.breaks(|_, _| None);
    assert_eq!(organization.run(0, path, &out).code, Some(0));
    let whole = super::files::read(path, "accounts.json");
    let alone = organization.calls().iter().filter(|call| call.service == "organizations").count();
    write(path, "accounts.json", "{ \"Accounts\": [] }");
    let mut bucket = Bucket::new(10.0, 20.0);
    organization.breaks(move |call, _| {
        if call.service != "organizations" {
            return None;
        }
        let is_refused = call.beside > 0 || !bucket.takes();
        Some(if is_refused {
            Fault::Refuse(Refusal::Throttled)
        } else {
            Fault::Late(Duration::from_millis(5))
        })
    });
    let is_over = AtomicBool::new(false);
    let (code, others) = std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| {
            let client = aws_sdk_organizations::Client::new(&organization.config(9));
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let mut asked = 0;
            while !is_over.load(Ordering::Relaxed) {
                let _refused_or_not = runtime.block_on(client.list_accounts().send());
                std::thread::sleep(Duration::from_millis(100));
                asked += 1;
            }
            asked
        });
        let answer = organization.run(0, path, &out);
        is_over.store(true, Ordering::Relaxed);
        (answer.code, neighbour.join().expect("it ends"))
    });
    assert_eq!(code, Some(0));
    assert!(others > 0);
    assert_eq!(super::files::read(path, "accounts.json"), whole);
    let calls = organization.calls();
    let own: Vec<_> = calls.iter().filter(|call| call.service == "organizations" && call.door == 0).collect();
    let given = own.iter().filter(|call| call.done).count();
    assert_eq!(given, alone, "nothing is read twice");
    assert!(own.len() <= 2 * alone, "{} calls in the place of {alone}", own.len());
    counted(
        "fleet-organizations",
        &format!(
            "41 accounts with their tags, {alone} calls: none beside another of its own, none twice, at most twice as many are sent as without the refusals"
        ),
    );
}
