//! Where answers come from that are not AWS's own: told before anything else is, and handed to every report.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::output::Output;
use crate::aws::Account;
use crate::report::{Endpoint, Shown, clean};
use crate::shown;

/// Where requests of this account go that do not go to AWS's own endpoints.
pub(super) fn custom(account: &Account) -> Vec<Endpoint> {
    account.custom_endpoints().into_iter().map(|(service, url)| Endpoint { service, url }).collect()
}

/// The endpoints that were told in one run, each once, however many accounts it reaches.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<BTreeSet<Endpoint>>);

impl Told {
    /// Says on stderr where answers come from, also where notes are left out; what was told is not told again.
    pub(super) fn tell(&self, endpoints: Vec<Endpoint>, output: &Output) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<Endpoint> = endpoints.into_iter().filter(|one| !told.contains(one)).collect();
        let named = new.iter().map(|endpoint| Shown::cut(&endpoint.to_string(), clean::LONGEST));
        let named = Shown::joined(named, ", ");
        if !new.is_empty() {
            output.err(&shown!("warning: requests do not go to the usual endpoints of AWS: {}\n", named));
        }
        told.extend(new);
    }

    /// All that were told.
    pub(super) fn all(&self) -> Vec<Endpoint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
