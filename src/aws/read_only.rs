//! The interceptor on every client: refuses writes while planning and tells the trace of each call.

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::region::Region;

use super::account::Mode;
use super::pace::Call;
use super::stop::WriteGate;
use super::trace::Trace;
use crate::operations::{is_read, starts_something};
use crate::partition;

/// A write that was stopped before it was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The command only reads.
    ReadOnly(String),
    /// Somebody asked the run to stop.
    Stopping,
    /// The lock was not renewed in time, so another run may hold it.
    LeaseRanOut,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadOnly(call) => write!(f, "{call} is a write and this command only reads"),
            Self::Stopping => f.write_str("stopped before the next write; run apply again"),
            Self::LeaseRanOut => {
                f.write_str("the lock was not renewed in time, so nothing more is written; run apply again")
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// The refusal somewhere in the chain of causes.
    pub(super) fn behind<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(current) = cause {
            if let Some(refusal) = current.downcast_ref::<Self>() {
                return Some(refusal);
            }
            cause = current.source();
        }
        None
    }
}

/// How deep in its chain of questions a call lies.
#[derive(Debug, Clone, Copy)]
struct Depth(u32);

impl Storable for Depth {
    type Storer = StoreReplace<Self>;
}

/// Marks a write that was counted in.
#[derive(Debug, Clone, Copy)]
struct InFlight;

impl Storable for InFlight {
    type Storer = StoreReplace<Self>;
}

#[derive(Debug)]
pub(super) struct Guard {
    pub(super) mode: Mode,
    pub(super) trace: Arc<Trace>,
    /// What stops writes; nothing where they go on after a stop.
    pub(super) stop: Option<Arc<WriteGate>>,
}

fn name(config: &ConfigBag) -> (String, String) {
    config.load::<Metadata>().map_or_else(
        || ("unknown".to_owned(), "Unknown".to_owned()),
        |metadata| (metadata.service().to_string(), metadata.name().to_string()),
    )
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "baseline guard"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = name(config);
        if self.mode == Mode::ReadOnly && !is_read(&operation) {
            return Err(Refusal::ReadOnly(format!("{service}:{operation}")).into());
        }
        if let Some(stop) = self.stop.as_ref().filter(|_| !is_read(&operation)) {
            stop.begin_write()?;
            config.interceptor_state().store_put(InFlight);
        }
        let depth = self.trace.begin();
        config.interceptor_state().store_put(Depth(depth));
        Ok(())
    }

    /// S3 Control puts the account id before the host name, which no loopback address resolves.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri().to_owned();
        if let Some(plain) = without_account_prefix(&uri) {
            context.request_mut().set_uri(plain)?;
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = name(config);
        let gated = config.load::<InFlight>().is_some();
        let starts = starts_something(&operation);
        let region = config.load::<Region>().map(ToString::to_string).unwrap_or_default();
        context.request_mut().add_extension(Call { service, operation, region, gated, starts });
        Ok(())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = name(config);
        self.trace.sent(&service, &operation);
        Ok(())
    }

    fn read_after_execution(
        &self,
        _: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(depth) = config.load::<Depth>() {
            self.trace.end(depth.0);
        }
        if let (Some(stop), Some(InFlight)) = (&self.stop, config.load::<InFlight>()) {
            stop.end_write();
        }
        Ok(())
    }
}

/// `http://123456789012.127.0.0.1:5000/x` without the account id; nothing for any other host.
fn without_account_prefix(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (account, host) = rest.split_once('.')?;
    let is_account = partition::is_account(account);
    let is_loopback = host.starts_with("127.") || host.starts_with("localhost");
    (is_account && is_loopback).then(|| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_hosts_lose_the_account_prefix() {
        let plain = without_account_prefix("http://123456789012.127.0.0.1:5000/v20180820/x");
        assert_eq!(plain.as_deref(), Some("http://127.0.0.1:5000/v20180820/x"));
        assert_eq!(without_account_prefix("https://123456789012.s3-control.us-east-1.amazonaws.com/"), None);
        assert_eq!(without_account_prefix("http://bucket.localhost:5000/"), None);
    }
}
