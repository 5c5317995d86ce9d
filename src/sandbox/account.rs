//! The sandbox as the rest of the program sees it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};
use tokio::time::Instant;

use super::dispatch;
use super::profile::Profile;
use super::seed::Seed;
use super::service::is_read;
use super::store::{Store, StoreError};
use super::world::{DEFAULT_ACCOUNT, Milliseconds, World};

/// When a world made by [`Sandbox::new`] begins: 2030-01-01, so that the sessions it issues are not
/// taken for expired by an SDK that looks at the machine's clock.
pub const START: Milliseconds = 1_893_456_000_000;

/// An AWS account in memory. Copies are the same account.
#[derive(Debug, Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: Mutex<World>,
    store: Option<Store>,
    /// The virtual time at `since`.
    start: Milliseconds,
    /// Follows tokio's clock, which a test may pause and advance.
    since: Instant,
}

impl Sandbox {
    /// A new world whose clock starts at [`START`].
    pub fn new(profile: Profile, seed: u64) -> Self {
        Self::at(profile, seed, START)
    }

    /// A new world whose clock starts at the given time.
    pub fn at(profile: Profile, seed: u64, start: Milliseconds) -> Self {
        Self::made(World::new(profile, seed), None, start)
    }

    /// A new world that follows the machine's clock.
    pub fn live(profile: Profile, seed: u64) -> Self {
        Self::at(profile, seed, wall_clock())
    }

    /// The world kept in a folder, or a new one of profile `instant`; it follows the machine's clock,
    /// and every call that changes something is on disk before it is answered.
    ///
    /// # Errors
    /// A folder that another process uses, that cannot be written, or whose file is not a world.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let store = Store::open(folder)?;
        let world = store.load()?.unwrap_or_else(|| World::new(Profile::Instant, 1));
        // Time never runs backwards, even where the machine's clock was set back.
        let start = wall_clock().max(world.clock);
        Ok(Self::made(world, Some(store), start))
    }

    fn made(mut world: World, store: Option<Store>, start: Milliseconds) -> Self {
        world.clock = start;
        let since = Instant::now();
        Self { inner: Arc::new(Inner { world: Mutex::new(world), store, start, since }) }
    }

    /// The virtual time.
    pub fn now(&self) -> Milliseconds {
        let elapsed = Milliseconds::try_from(self.inner.since.elapsed().as_millis());
        self.inner.start.saturating_add(elapsed.unwrap_or(Milliseconds::MAX))
    }

    /// Answers one AWS request.
    pub fn handle(&self, request: http::Request<Bytes>) -> http::Response<Bytes> {
        let now = self.now();
        let mut world = self.lock();
        let mut outcome = dispatch::handle(&mut world, now, request);
        outcome.response.headers_mut().extend(date(world.clock));
        if let (false, Some(store)) = (is_read(outcome.operation), &self.inner.store)
            && let Err(error) = store.save(&world)
        {
            return unsaved(&error);
        }
        outcome.response
    }

    /// Reads or changes the world directly, between calls.
    pub fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let now = self.now();
        let mut world = self.lock();
        world.clock = world.clock.max(now);
        look(&mut world)
    }

    /// An HTTP client for the SDK that reaches this world and nothing else.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Writes the world to its folder, where it has one.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn save(&self) -> Result<(), StoreError> {
        self.inner.store.as_ref().map_or(Ok(()), |store| store.save(&self.lock()))
    }

    /// Starts again with the account as AWS hands it over; profile and seed stay.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn reset(&self) -> Result<(), StoreError> {
        self.seed(Seed::New)
    }

    /// Starts again with the given account; profile and seed stay.
    ///
    /// # Errors
    /// The file system's refusal.
    pub fn seed(&self, seed: Seed) -> Result<(), StoreError> {
        self.with_world(|world| {
            let mut fresh = World::new(world.profile, world.seed);
            fresh.clock = world.clock;
            seed.plant(&mut fresh, DEFAULT_ACCOUNT);
            *world = fresh;
        });
        self.save()
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        // A handler that panicked leaves the world as far as it got, as a real service would.
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wall_clock() -> Milliseconds {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Milliseconds::try_from(elapsed.as_millis()).unwrap_or(START)
}

fn unsaved(error: &StoreError) -> http::Response<Bytes> {
    let mut response = http::Response::new(Bytes::from(error.to_string()));
    *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}
/// The `Date` of an answer, to the second as HTTP has it (RFC 9110, 5.6.7).
fn date(at: Milliseconds) -> Option<(HeaderName, HeaderValue)> {
    let time = jiff::Timestamp::from_millisecond(at).ok()?;
    let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    Some((header::DATE, HeaderValue::from_str(&date).ok()?))
}
