//! Where requests go where it is not AWS's own endpoints.
//!
//! `AWS_ENDPOINT_URL`, one of its likes for a service or a line in a profile sends requests elsewhere, and whoever answers
//! them says which account this is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::account::Mode;
use crate::partition;

/// The services of [`super::Account`], by the names that settings have for them.
const SERVICES: [&str; 18] = [
    "Auto Scaling",
    "CloudTrail",
    "CloudWatch",
    "EC2",
    "Elastic Load Balancing",
    "Elastic Load Balancing v2",
    "IAM",
    "KMS",
    "Organizations",
    "Resource Groups Tagging API",
    "S3",
    "S3 Control",
    "SNS",
    "SQS",
    "SSM",
    "Scheduler",
    "Secrets Manager",
    STS,
];

/// The service that says whose account it is.
const STS: &str = "STS";

/// The endpoints that somebody set, by service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints(BTreeMap<&'static str, String>);

impl Endpoints {
    /// As the SDK's clients will take them from this configuration.
    pub(super) fn of(config: &SdkConfig) -> Self {
        let set = |service: &'static str| {
            let key = ServiceConfigKey::builder()
                .service_id(service)
                .env("AWS_ENDPOINT_URL")
                .profile("endpoint_url")
                .build()
                .ok()?;
            let own = config.service_config().and_then(|settings| settings.load_config(key));
            Some((service, own.or_else(|| config.endpoint_url().map(str::to_owned))?))
        };
        Self(SERVICES.iter().filter_map(|service| set(service)).collect())
    }

    /// Each service and its address, or all in one where they share it. None where all requests go to AWS's own endpoints.
    pub(super) fn listed(&self) -> Vec<(String, String)> {
        let addresses: BTreeSet<&String> = self.0.values().collect();
        if let (Some(first), 1) = (addresses.first(), addresses.len())
            && self.0.len() == SERVICES.len()
        {
            return vec![("every service".to_owned(), without_password(first))];
        }
        self.0.iter().map(|(service, url)| ((*service).to_owned(), without_password(url))).collect()
    }

    /// Why these endpoints are not used.
    ///
    /// # Errors
    /// Plain HTTP to another machine; and, where writes are sent, an answer to who the caller is that comes from
    /// elsewhere than the other answers.
    pub fn check(&self, mode: Mode) -> Result<(), String> {
        for (service, url) in &self.0 {
            if !is_encrypted(url) && !host(url).is_some_and(is_loopback) {
                return Err(format!(
                    "{service} is set to {}, and plain http leaves this machine unencrypted",
                    without_password(url)
                ));
            }
        }
        let of_others = SERVICES.iter().filter(|service| **service != STS);
        if mode == Mode::ReadWrite
            && let Some(url) = self.0.get(STS)
            && !is_aws(url)
            && of_others.clone().any(|service| self.0.get(service).is_none_or(|other| is_aws(other)))
        {
            return Err(format!(
                "{STS} is set to {} and other services are not: who answers there decides which account is meant, \
                 and the writes go to AWS",
                without_password(url)
            ));
        }
        Ok(())
    }
}

/// An address as it is shown: a user and a password before the host are nobody's business.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://...@{host}{path}"),
        None => url.to_owned(),
    }
}

fn is_encrypted(url: &str) -> bool {
    url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
}

/// The host of a URL, without user and port.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(address) = host.strip_prefix('[') {
        return address.split_once(']').map(|(address, _)| address);
    }
    Some(host.rsplit_once(':').map_or(host, |(host, _)| host))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// AWS's own, such as an endpoint inside a VPC or the one of a region.
fn is_aws(url: &str) -> bool {
    let host = host(url).map(str::to_ascii_lowercase);
    is_encrypted(url) && host.is_some_and(|host| partition::is_aws(&host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(url: &str) -> Endpoints {
        Endpoints(SERVICES.iter().map(|service| (*service, url.to_owned())).collect())
    }

    fn only(service: &'static str, url: &str) -> Endpoints {
        Endpoints([(service, url.to_owned())].into())
    }

    /// An endpoint of a service that the list lacks would be used without a word.
    #[test]
    fn every_service_that_the_program_has_a_client_for_is_listed() {
        let manifest = include_str!("../../Cargo.toml");
        let crates: BTreeSet<&str> =
            manifest.lines().filter_map(|line| line.strip_prefix("aws-sdk-")?.split(' ').next()).collect();
        let short = |service: &str| service.replace(' ', "").to_ascii_lowercase();
        for name in &crates {
            assert!(SERVICES.iter().any(|service| short(service).starts_with(name)), "{name}");
        }
        assert_eq!(crates.len(), SERVICES.len());
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for url in [
            "http://127.0.0.1:5000",
            "http://localhost:5000/",
            "http://[::1]:5000",
            "http://x.localhost",
            "HTTPS://proxy.example",
        ] {
            assert_eq!(all(url).check(Mode::ReadWrite), Ok(()), "{url}");
        }
        for url in [
            "http://proxy.example",
            "http://127.0.0.1.example",
            "http://127.0.0.1@evil.example/",
            "http://evil.example/127.0.0.1",
            "HTTP://10.0.0.1:80",
            "ftp://127.0.0.9.example",
            "nonsense",
        ] {
            for mode in [Mode::ReadOnly, Mode::ReadWrite] {
                assert!(all(url).check(mode).is_err(), "{url}");
                assert!(only("S3", url).check(mode).is_err(), "{url}");
            }
        }
    }

    #[test]
    fn who_the_caller_is_does_not_come_from_elsewhere_than_the_rest_when_writes_are_sent() {
        let elsewhere = only(STS, "https://sts.example");
        assert_eq!(elsewhere.check(Mode::ReadOnly), Ok(()));
        assert!(elsewhere.check(Mode::ReadWrite).unwrap_err().contains("https://sts.example"));
        let mut partly = all("https://all.example");
        partly.0.remove("EC2");
        assert!(partly.check(Mode::ReadWrite).is_err());
        partly.0.insert("EC2", "https://ec2.us-east-1.amazonaws.com".into());
        assert!(partly.check(Mode::ReadWrite).is_err());
        for fine in [
            only(STS, "https://vpce-1.sts.us-east-1.vpce.amazonaws.com"),
            only("S3", "https://proxy.example"),
            all("https://all.example"),
        ] {
            assert_eq!(fine.check(Mode::ReadWrite), Ok(()), "{fine:?}");
        }
        assert!(only(STS, "https://amazonaws.com.evil.example").check(Mode::ReadWrite).is_err());
    }

    #[test]
    fn every_endpoint_that_is_set_is_named() {
        let named = |endpoints: Endpoints| {
            let each = endpoints.listed().into_iter().map(|(service, url)| format!("{service} at {url}"));
            each.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(named(Endpoints::default()), "");
        assert_eq!(named(all("http://localhost")), "every service at http://localhost");
        assert_eq!(named(only("S3", "https://a.example")), "S3 at https://a.example");
        let mut several = all("https://a.example");
        several.0.insert("S3", "https://b.example".into());
        assert!(named(several.clone()).contains("S3 at https://b.example"));
        assert!(named(several).contains("EC2 at https://a.example"));
    }

    #[test]
    fn a_password_in_an_address_is_not_shown() {
        assert_eq!(without_password("https://me:secret@a.example/x@y"), "https://...@a.example/x@y");
        assert_eq!(without_password("https://a.example/x@y"), "https://a.example/x@y");
        assert!(!all("http://me:secret@a.example").check(Mode::ReadOnly).unwrap_err().contains("secret"));
        assert!(
            !only(STS, "https://me:secret@a.example").check(Mode::ReadWrite).unwrap_err().contains("secret")
        );
    }
}
