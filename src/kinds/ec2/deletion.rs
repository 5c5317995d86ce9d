//! Waiting until AWS has deleted what it deletes in the background.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::aws::{Error, waiting};

/// Waits until a thing is gone, and for so long at most: what it holds is in use until then.
///
/// # Errors
/// Fails where that cannot be asked, and where the thing is still there.
pub(in crate::kinds) async fn until_gone<Answer: Future<Output = Result<bool, Error>>>(
    id: &str,
    most: Duration,
    is_gone: impl Fn() -> Answer,
) -> Result<(), Error> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(500);
    let _waiting = waiting(|| format!("for AWS to delete {id}"));
    while !is_gone().await? {
        if started.elapsed() > most {
            return Err(Error::internal(format!(
                "{id} is still being deleted after {} minutes; run it again later",
                most.as_secs() / 60
            )));
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(10));
    }
    Ok(())
}
