//! Stable names for wanted things.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The stable name of one wanted thing, such as `ec2.subnet.web-a`, or `ec2.ebs-encryption.account@eu-west-1` outside the
/// home region of its baseline.
///
/// It is printed everywhere a person meets the thing and is the value of its `baseline:addr` tag. The first two dotted
/// parts are the kind, what follows them is the name, and what follows an `@` is the region. In the home region, and for
/// what an account has once, there is no region in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Addr {
    kind: String,
    name: String,
    region: Option<String>,
}

/// Text that is not an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an address; write SERVICE.KIND.NAME, such as ec2.subnet.web-a, or SERVICE.KIND.NAME@REGION"
)]
pub struct InvalidAddr(String);

impl Addr {
    /// Joins a kind such as `ec2.subnet` and a name such as `web-a`, in the home region.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into(), region: None }
    }

    /// The same in a region that is not the home region; nothing is in the home region.
    #[must_use]
    pub fn within(self, region: Option<&str>) -> Self {
        Self { region: region.map(str::to_owned), ..self }
    }

    /// The kind, such as `ec2.subnet`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name within the kind, such as `web-a`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region, where it is not the home region.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)?;
        self.region.as_ref().map_or(Ok(()), |region| write!(f, "@{region}"))
    }
}

impl FromStr for Addr {
    type Err = InvalidAddr;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidAddr(text.to_owned());
        let (service, rest) = text.split_once('.').ok_or_else(invalid)?;
        let (kind, rest) = rest.split_once('.').ok_or_else(invalid)?;
        let (name, region) = rest.split_once('@').map_or((rest, None), |(name, region)| (name, Some(region)));
        let plain = |part: &str, extra: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || extra.contains(c))
        };
        if plain(service, "") && plain(kind, "") && plain(name, "_.") && region.is_none_or(|it| plain(it, ""))
        {
            Ok(Self::new(format!("{service}.{kind}"), name).within(region))
        } else {
            Err(invalid())
        }
    }
}

impl TryFrom<String> for Addr {
    type Error = InvalidAddr;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Addr> for String {
    fn from(addr: Addr) -> Self {
        addr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_was_printed() {
        let addr: Addr = "ec2.subnet.web-a".parse().unwrap();
        assert_eq!((addr.kind(), addr.name()), ("ec2.subnet", "web-a"));
        assert_eq!(addr.to_string(), "ec2.subnet.web-a");
    }

    #[test]
    fn an_address_outside_the_home_region_names_its_region() {
        let addr: Addr = "ec2.ebs-encryption.account@eu-west-1".parse().unwrap();
        assert_eq!((addr.name(), addr.region()), ("account", Some("eu-west-1")));
        assert_eq!(addr.to_string(), "ec2.ebs-encryption.account@eu-west-1");
        let home = Addr::new("ec2.ebs-encryption", "account");
        assert_eq!((home.region(), home.to_string().as_str()), (None, "ec2.ebs-encryption.account"));
        assert_eq!(home.within(Some("eu-west-1")), addr);
    }

    #[test]
    fn text_without_a_kind_or_with_strange_characters_is_refused() {
        for text in [
            "",
            "subnet",
            "ec2.subnet",
            "ec2..a",
            "ec2.subnet.a b",
            "ec2.subnet.a@",
            "ec2.subnet.@eu-west-1",
            "ec2.subnet.a@b@c",
            "ec2.subnet.a@b c",
            "ec2.subnet.\u{1b}[2J",
        ] {
            assert!(text.parse::<Addr>().is_err(), "{text:?} was taken for an address");
        }
    }
}
