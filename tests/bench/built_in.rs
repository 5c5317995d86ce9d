//! The built-in account: how long it takes to answer, and how much room a thousand landing zones need.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use baseline::sandbox::world::{Account, DEFAULT_ACCOUNT};
use baseline::sandbox::{Profile, Sandbox};
use bytes::Bytes;

use crate::landing_zone;
use crate::process::peak_mib;

/// What a call may take, half of the time, of our own work.
const CALL: Duration = Duration::from_micros(100);

/// What a thousand accounts may hold, in MiB.
const ROOM: u64 = 1024;

const ACCOUNTS: usize = 1000;
const ROUNDS: usize = 20;

/// A call: its name, and how long the account worked on it.
type Taken = (String, Duration);

/// The built-in account behind a stopwatch, which the SDK's own work does not reach.
#[derive(Clone)]
struct Watched {
    sandbox: Sandbox,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl HttpClient for Watched {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Watched {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let watched = self.clone();
        HttpConnectorFuture::new(async move {
            let (parts, body) = request.try_into_http1x().unwrap().into_parts();
            let body = Bytes::copy_from_slice(body.bytes().expect("no call of ours streams"));
            let request = http::Request::from_parts(parts, body);
            let name = name(&request);
            let began = Instant::now();
            let response = watched.sandbox.handle(request);
            watched.taken.lock().unwrap().push((name, began.elapsed()));
            Ok(HttpResponse::try_from(response.map(SdkBody::from)).unwrap())
        })
    }
}

/// What a request is called: its action, its target, or its method and query.
fn name(request: &http::Request<Bytes>) -> String {
    let body = String::from_utf8_lossy(request.body());
    if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        return action.to_owned();
    }
    match request.headers().get("x-amz-target") {
        Some(target) => target.to_str().unwrap().rsplit('.').next().unwrap().to_owned(),
        None => {
            format!("{} {}", request.method(), request.uri().query().unwrap_or_else(|| request.uri().path()))
        }
    }
}

/// The times and the room; fails where a limit is not kept.
pub async fn report() -> String {
    let taken = times().await;
    let half = taken[taken.len() / 2].1;
    let (last, longest) = taken.last().unwrap();
    let most = taken[taken.len() * 95 / 100].1;
    let mut out = format!(
        "| calls | median | 95 of 100 | slowest |\n|---:|---:|---:|---|\n\
         | {} | {half:.1?} | {most:.1?} | {longest:.1?} ({last}) |\n\n\
         | operation | calls | median |\n|---|---:|---:|\n",
        taken.len()
    );
    for (name, calls, median) in slowest(&taken) {
        writeln!(out, "| {name} | {calls} | {median:.1?} |").unwrap();
    }
    let (began, before) = (Instant::now(), peak_mib());
    fill().await;
    let after = peak_mib();
    writeln!(
        out,
        "\n{ACCOUNTS} accounts with a landing zone each: {after} MiB at most, {before} MiB of it before \
         (limit {ROOM}); made in {:.1} s.",
        began.elapsed().as_secs_f64()
    )
    .unwrap();
    // A debug build is for the figures: nobody waits for it but us.
    assert!(cfg!(debug_assertions) || half < CALL, "the median call takes {half:?}, more than {CALL:?}");
    assert!(after < ROOM, "{after} MiB are more than {ROOM}");
    out
}

/// The operations whose median call takes longest.
fn slowest(taken: &[Taken]) -> Vec<(&str, usize, Duration)> {
    let mut by_name: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for (name, time) in taken {
        by_name.entry(name).or_default().push(*time);
    }
    // The times of each are in order, as all of them are.
    let mut found: Vec<_> =
        by_name.into_iter().map(|(name, times)| (name, times.len(), times[times.len() / 2])).collect();
    found.sort_by_key(|(_, _, median)| std::cmp::Reverse(*median));
    found.truncate(5);
    found
}

/// Every call of some applies and plans of the landing zone, the fastest first.
async fn times() -> Vec<Taken> {
    let taken = Arc::new(Mutex::new(Vec::new()));
    for seed in 0..ROUNDS {
        let sandbox = Sandbox::new(Profile::Instant, seed as u64);
        let client = SharedHttpClient::new(Watched { sandbox, taken: Arc::clone(&taken) });
        landing_zone::apply_to(&client, DEFAULT_ACCOUNT).await;
        assert!(landing_zone::is_converged(&client, DEFAULT_ACCOUNT).await);
    }
    let mut taken = std::mem::take(&mut *taken.lock().unwrap());
    taken.sort_by_key(|(_, time)| *time);
    taken
}

/// A thousand accounts, each with a state of its own: that of one that was applied, its id replaced everywhere.
async fn fill() {
    let sandbox = landing_zone::applied().await;
    sandbox.with_world(|world| {
        let first = serde_json::to_string(&world.accounts[DEFAULT_ACCOUNT]).unwrap();
        let names: Vec<_> = world.buckets.clone().into_iter().collect();
        for number in 1..ACCOUNTS {
            let id = id(number);
            let account: Account = serde_json::from_str(&first.replace(DEFAULT_ACCOUNT, &id)).unwrap();
            world.accounts.insert(id.clone(), account);
            for (name, owner) in &names {
                let mut owner = owner.clone();
                owner.account.clone_from(&id);
                world.buckets.insert(name.replace(DEFAULT_ACCOUNT, &id), owner);
            }
        }
        assert_eq!((world.accounts.len(), world.buckets.len()), (ACCOUNTS, ACCOUNTS * names.len()));
    });
    // Each is a whole one: the program finds nothing to do in the last, and a bucket of its own.
    let client = sandbox.http_client();
    for account in [DEFAULT_ACCOUNT.to_owned(), id(ACCOUNTS - 1)] {
        assert!(landing_zone::is_converged(&client, &account).await, "{account}");
    }
}

fn id(number: usize) -> String {
    format!("{:012}", 200_000_000_000 + number)
}
