//! What every setting of an account or region has in common: it always exists, so it is only read and updated.

use aws_sdk_ec2::types::ManagedBy;

use super::{Found, ReadRequest, ReadResult, Reading, State};
use crate::aws::{Error, OwnershipTags, Tags};
use crate::model::{Addr, Remark, Severity};

/// A setting as it was found.
pub(super) fn found<S>(attributes: S, state: State) -> Found<S> {
    let remarks = match &state {
        State::Enforced(by) => vec![Remark {
            severity: Severity::Note,
            message: format!("{by} keeps this setting: it cannot be changed from within the account"),
            next: String::new(),
        }],
        State::Ready | State::Short { .. } | State::Pending(_) | State::Broken(_) | State::InUse(_) => {
            Vec::new()
        }
    };
    Found {
        attributes,
        outputs: [].into(),
        ownership: OwnershipTags::Setting,
        tags: Tags::new(),
        state,
        remarks,
    }
}

/// Reads the one setting and gives every question the same answer; asks AWS nothing where nobody asked.
pub(super) async fn answer<S: Clone>(
    asked: Vec<ReadRequest<S>>,
    read: impl Future<Output = Result<Found<S>, Error>> + Send,
) -> Vec<ReadResult<S>> {
    if asked.is_empty() {
        return Vec::new();
    }
    let reading = Reading::from(read.await.map(Some));
    asked.into_iter().map(|question| (question.addr, reading.clone())).collect()
}

/// Why a setting is neither created nor deleted.
pub(super) fn always_exists(addr: &Addr) -> Error {
    Error::internal(format!(
        "{addr} is a setting that always exists, so it is neither created nor deleted; run plan again"
    ))
}

/// Why what is only looked up is not written.
pub(super) fn only_looked_up(addr: &Addr) -> Error {
    Error::internal(format!("{addr} is only looked up and never written"))
}

/// A setting an organization's declarative policy keeps cannot be changed from within the account (ACC-4).
pub(super) fn managed_by(managed_by: Option<&ManagedBy>, message: Option<&str>) -> State {
    match managed_by {
        Some(ManagedBy::DeclarativePolicy) => State::Enforced(format!(
            "a declarative policy of the organization{}",
            message.filter(|text| !text.is_empty()).map(|text| format!(" ({text})")).unwrap_or_default()
        )),
        Some(_) | None => State::Ready,
    }
}
