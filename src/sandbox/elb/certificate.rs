//! Certificates of HTTPS listeners, and TLS policies.

use super::find::invalid;
use crate::sandbox::context::Context;
use crate::sandbox::kept::{Members as _, structure};
use crate::sandbox::wire::{Fault, Params};
use serde_json::Value;

/// What a listener has that names no policy.
pub const DEFAULT_POLICY: &str = "ELBSecurityPolicy-2016-08";

const POLICIES: &[&str] = &[
    DEFAULT_POLICY,
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06",
    "ELBSecurityPolicy-TLS13-1-1-2021-06",
    "ELBSecurityPolicy-TLS13-1-0-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS-1-2-2017-01",
    "ELBSecurityPolicy-TLS-1-2-Ext-2018-06",
    "ELBSecurityPolicy-TLS-1-1-2017-01",
    "ELBSecurityPolicy-FS-1-2-Res-2020-10",
    "ELBSecurityPolicy-FS-1-2-Res-2019-08",
    "ELBSecurityPolicy-FS-1-2-2019-08",
    "ELBSecurityPolicy-FS-1-1-2019-08",
    "ELBSecurityPolicy-FS-2018-06",
    "ELBSecurityPolicy-2015-05",
    "ELBSecurityPolicy-TLS-1-0-2015-04",
];

/// Refuses a certificate that is not there.
///
/// The sandbox has no ACM: every certificate of this account and region is taken to be issued, except those whose
/// id is `missing`, which stand for one that is not there yet (ELB-7).
///
/// # Errors
/// `CertificateNotFound`.
pub fn check(cx: &Context<'_>, arn: &str) -> Result<(), Fault> {
    let here = cx.arn("acm", "certificate/");
    let server = cx.global_arn("iam", "server-certificate/");
    let id = arn.strip_prefix(&here).or_else(|| arn.strip_prefix(&server));
    if id.is_none_or(|id| id.is_empty() || id == "missing") {
        return Err(Fault::client("CertificateNotFound", format!("Certificate '{arn}' not found")));
    }
    Ok(())
}

/// The certificates of a listener, and its policy; none for HTTP.
///
/// # Errors
/// `ValidationError` for HTTPS without exactly one certificate, `CertificateNotFound`, `SSLPolicyNotFound`.
pub fn read(
    cx: &Context<'_>,
    params: &Params,
    protocol: &str,
) -> Result<(Vec<Value>, Option<String>), Fault> {
    let certificates = params.maps("Certificates");
    let policy = params.text("SslPolicy").filter(|policy| !policy.is_empty());
    if protocol != "HTTPS" {
        if !certificates.is_empty() || policy.is_some() {
            return Err(invalid(format!(
                "A certificate or TLS policy cannot be specified for {protocol} listeners"
            )));
        }
        return Ok((Vec::new(), None));
    }
    let [only] = certificates.as_slice() else {
        return Err(invalid(if certificates.is_empty() {
            "A certificate must be specified for HTTPS listeners"
        } else {
            "You can specify only one default certificate for a listener"
        }));
    };
    let arn = only.required("CertificateArn")?;
    check(cx, arn)?;
    let policy = policy.unwrap_or(DEFAULT_POLICY);
    if !POLICIES.contains(&policy) {
        return Err(Fault::client("SSLPolicyNotFound", format!("SSL policy '{policy}' not found")));
    }
    let mut kept = structure();
    kept.set("CertificateArn", arn);
    Ok((vec![kept], Some(policy.to_owned())))
}
