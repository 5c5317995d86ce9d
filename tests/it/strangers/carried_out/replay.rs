//! A request of botocore's answered by a copy of an account, so that two requests differ in nothing but themselves.

use baseline::sandbox::service::is_read;
use baseline::sandbox::world::World;
use baseline::sandbox::{Profile, Sandbox, named};
use bytes::Bytes;
use serde_json::Value;

/// A request as botocore would send it.
pub fn request(told: &Value) -> http::Request<Bytes> {
    let text = |name: &str| told[name].as_str().unwrap();
    let mut builder = http::Request::builder().method(text("method")).uri(text("url"));
    for header in told["headers"].as_array().unwrap() {
        builder = builder.header(header[0].as_str().unwrap(), header[1].as_str().unwrap());
    }
    let body = aws_smithy_types::base64::decode(text("body")).unwrap();
    builder.body(Bytes::from(body)).unwrap()
}

/// What became of a request.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The HTTP status.
    pub status: u16,
    /// The code of a refusal, or its status where it has no body.
    pub code: String,
    /// The body and the headers, without what every answer has.
    pub answer: String,
    /// The account afterwards.
    pub world: World,
    /// The same as a text; empty where the request only reads.
    pub state: String,
}

impl Outcome {
    /// Whether it was answered.
    pub fn is_accepted(&self) -> bool {
        self.status < 400
    }

    /// Whether the built-in account says that it does not carry something out.
    pub fn is_refused(&self) -> bool {
        let own = ["The built-in account", "The account in memory", "The sandbox"];
        // An answer to HEAD has no words.
        let is_bare = self.status == 501 && self.code == "501";
        is_bare || !self.is_accepted() && own.iter().any(|words| self.answer.contains(words))
    }

    /// Whether two requests left the account as different as they were answered.
    pub fn differs(&self, other: &Self) -> bool {
        self.answer != other.answer || self.state != other.state
    }
}

/// Everything that is kept, but for the count of calls.
fn state(world: &World) -> String {
    let World { accounts, buckets, sessions, .. } = world;
    serde_json::to_string(&(accounts, buckets, sessions)).unwrap()
}

/// The regions that requests speak of: copies of the others would cost most of the time.
const REGIONS: &[&str] = &["us-east-1", "eu-west-1"];

/// Answers requests on copies of one account.
#[derive(Debug)]
pub struct Replay {
    sandbox: Sandbox,
    kept: World,
}

impl Replay {
    /// On copies of this account, whose clock stands still.
    pub fn of(kept: &World) -> Self {
        let mut kept = kept.clone();
        // Later than the machine's own count of this test comes to, so that no call moves it.
        kept.clock += 3_600_000;
        for account in kept.accounts.values_mut() {
            account.regions.retain(|name, _| REGIONS.contains(&name.as_str()));
        }
        Self { sandbox: Sandbox::new(Profile::Instant, 1), kept }
    }

    /// The account as it was kept.
    pub const fn kept(&self) -> &World {
        &self.kept
    }

    /// What becomes of a request to the account as it was kept.
    pub fn answer(&self, told: &Value) -> Outcome {
        self.sandbox.with_world(|own| *own = self.kept.clone());
        let (status, code, answer) = self.send(told);
        let world = self.sandbox.with_world(|own| std::mem::replace(own, World::new(Profile::Instant, 1)));
        let state = if named(&request(told)).is_some_and(|(_, operation)| is_read(operation.name)) {
            String::new()
        } else {
            state(&world)
        };
        Outcome { status, code, answer, world, state }
    }

    /// What requests that read show of an account.
    pub fn shown(&self, world: &World, reads: &[&Value]) -> Vec<String> {
        self.sandbox.with_world(|own| *own = world.clone());
        reads.iter().map(|told| self.send(told).2).collect()
    }

    fn send(&self, told: &Value) -> (u16, String, String) {
        let response = self.sandbox.handle(request(told));
        let status = response.status().as_u16();
        let mut headers: Vec<String> = response
            .headers()
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        headers.sort_unstable();
        let body = String::from_utf8_lossy(response.body());
        let code = code(&body, &response).unwrap_or_else(|| status.to_string());
        (status, code, format!("{body}\n{}", headers.join("\n")))
    }
}

fn code(body: &str, response: &http::Response<Bytes>) -> Option<String> {
    if let Some(kind) = response.headers().get("x-amzn-errortype") {
        return Some(kind.to_str().ok()?.to_owned());
    }
    if let Some((_, rest)) = body.split_once("<Code>") {
        return Some(rest.split_once("</Code>")?.0.to_owned());
    }
    let kind = response.headers().get("x-amzn-query-error")?;
    Some(kind.to_str().ok()?.split(';').next()?.to_owned())
}
