//! What time it is by AWS, from the `Date` of its answers.
//!
//! The clock of this machine decides nothing: the SDK signs requests by AWS's clock as soon as it has learnt how far
//! the two are apart, so a signature that AWS takes says nothing about the machine's clock.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;

/// Keeps the date of a client's last answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Dated(Arc<Mutex<Option<i64>>>);

impl Dated {
    /// The date of the last answer, in milliseconds since 1970; nothing where that answer had none.
    pub(super) fn last(&self) -> Option<i64> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Dated {
    fn name(&self) -> &'static str {
        "date of AWS"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.and_then(|date| date.to_millis().ok());
        Ok(())
    }
}
