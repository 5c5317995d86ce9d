//! The regions that an account may use.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;

use super::account::Account;
use super::error::Error;
use super::trace;

/// The regions, and how many calls in a row led to the answer: whoever uses it later has waited for them as well.
#[derive(Debug, Default)]
pub(super) struct Enabled {
    listed: OnceCell<Vec<String>>,
    depth: AtomicU32,
}

impl Account {
    /// The names of the regions that are enabled in this account, sorted. AWS is asked once.
    ///
    /// # Errors
    /// Fails where the list cannot be read; the next caller asks again.
    pub async fn enabled_regions(&self) -> Result<&[String], Error> {
        let listed = self.enabled.listed.get_or_try_init(|| async {
            let answer = self.call(|| self.ec2.describe_regions().send()).await?;
            let names = answer.regions().iter().filter_map(|region| region.region_name());
            let mut names: Vec<String> = names.map(str::to_owned).collect();
            names.sort_unstable();
            self.enabled.depth.store(trace::depth(), Ordering::Relaxed);
            Ok::<_, Error>(names)
        });
        let listed = listed.await?;
        trace::waited_for(self.enabled.depth.load(Ordering::Relaxed));
        Ok(listed)
    }
}
