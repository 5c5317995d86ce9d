//! A stored policy document: its text, and who its principals were when it was written.
//!
//! AWS keeps principals by unique id. As long as the id still belongs to the ARN, readers see the ARN;
//! once the principal is deleted, even if another of the same name is made, they see `AROA...` (IAM-14, POL-4).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::partition;
use crate::policy::syntax::{self, Use};
use crate::sandbox::lag::Lens;
use crate::sandbox::world::World;

/// A stored policy document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    text: String,
    /// The unique id of each principal that had one.
    ids: BTreeMap<String, String>,
}

/// Why a document is refused; each service has its own codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It is not a policy, in IAM's words.
    Syntax(String),
    /// It names a principal that does not exist, or not yet (IAM-3, KMS-5); as in `"AWS":"arn:..."`.
    Principal(String),
}

impl Document {
    /// Checks a document and remembers who its principals are.
    ///
    /// Principals of accounts that are not in the world are taken to exist: nobody here can tell.
    ///
    /// # Errors
    /// See [`Problem`].
    pub fn read(world: &World, lens: Lens, text: &str, purpose: Use) -> Result<Self, Problem> {
        let policy = syntax::check(text, purpose)
            .map_err(|message| Problem::Syntax(syntax::said(&message).to_owned()))?;
        let mut ids = BTreeMap::new();
        for (kind, name) in principals(&policy) {
            let wrong = || Problem::Principal(format!("\"{}\":\"{name}\"", kind.to_uppercase()));
            match kind.as_str() {
                "AWS" => match resolve(world, lens, &name).ok_or_else(wrong)? {
                    Some(id) => {
                        ids.insert(name, id);
                    }
                    None => continue,
                },
                "Service" if !is_service(&name) => return Err(wrong()),
                _ => {}
            }
        }
        Ok(Self { text: text.to_owned(), ids })
    }

    /// A document of AWS's own, which names no principal of an account.
    pub fn trusted(text: impl Into<String>) -> Self {
        Self { text: text.into(), ids: BTreeMap::new() }
    }

    /// The text as it was written.
    pub fn written(&self) -> &str {
        &self.text
    }

    /// The text as a reader sees it now: principals that are gone are shown by their unique ids.
    pub fn shown(&self, world: &World) -> Cow<'_, str> {
        let mut text = Cow::Borrowed(self.text.as_str());
        for (arn, id) in &self.ids {
            if arn != id && world.unique_id(arn).is_none_or(|(now, _)| now != *id) {
                text = Cow::Owned(text.replace(&format!("\"{arn}\""), &format!("\"{id}\"")));
            }
        }
        text
    }
}

/// Every principal of a policy, as its kind and its name.
fn principals(policy: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for statement in syntax::items(policy.get("Statement").unwrap_or(&Value::Null)) {
        for member in ["Principal", "NotPrincipal"] {
            if let Some(Value::Object(kinds)) = statement.get(member) {
                for (kind, names) in kinds {
                    let names = syntax::items(names).filter_map(Value::as_str);
                    found.extend(names.map(|name| (kind.clone(), name.to_owned())));
                }
            }
        }
    }
    found
}

/// The unique id of a principal, `Some(None)` where it has none, `None` where it does not exist.
#[expect(clippy::option_option, reason = "existing without an id and not existing are different answers")]
fn resolve(world: &World, lens: Lens, name: &str) -> Option<Option<String>> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if name == "*" || is_account(name) {
        return Some(None);
    }
    if ["AROA", "AIDA"].iter().any(|prefix| name.starts_with(prefix)) && !name.contains(':') {
        return world.has_unique_id(name).then(|| Some(name.to_owned()));
    }
    let mut parts = name.splitn(6, ':');
    let (arn, _partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    if arn != "arn" || !region.is_empty() || !is_account(account) {
        return None;
    }
    if service == "iam" && resource == "root" {
        return Some(None);
    }
    if !matches!(service, "iam" | "sts") || !resource.contains('/') {
        return None;
    }
    if !world.accounts.contains_key(account) || resource.starts_with("federated-user/") {
        return Some(None);
    }
    let (id, created) = world.unique_id(name)?;
    // A principal just made is not known everywhere yet (IAM-3).
    lens.sees(created, &format!("principal/{name}")).then_some(Some(id))
}

fn is_service(name: &str) -> bool {
    let letters =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    partition::PARTITIONS
        .iter()
        .map(|known| known.dns_suffix)
        .chain(["amazon.com", "aws.internal"])
        .filter_map(|end| name.strip_suffix(end)?.strip_suffix('.'))
        .any(|name| !name.is_empty() && letters(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Profile;

    fn read(principal: &str) -> Result<Document, Problem> {
        let mut world = World::new(Profile::Instant, 1);
        world.account("123456789012");
        let lens = Lens { profile: Profile::Instant, seed: 1, call: 1, now: 0 };
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}}}"#
        );
        Document::read(&world, lens, &text, Use::Trust)
    }

    #[test]
    fn a_principal_must_exist_where_we_can_tell() {
        for good in [
            r#""*""#,
            r#"{"AWS":"123456789012"}"#,
            r#"{"AWS":["arn:aws:iam::999988887777:root","arn:aws:iam::999988887777:role/other"]}"#,
            r#"{"Service":"ec2.amazonaws.com"}"#,
        ] {
            assert!(read(good).is_ok(), "{good}: {:?}", read(good));
        }
        for bad in [
            r#"{"AWS":"arn:aws:iam::123456789012:role/nobody"}"#,
            r#"{"AWS":"AROAAAAAAAAAAAAAAAAAA"}"#,
            r#"{"AWS":"nobody"}"#,
            r#"{"Service":"ec2"}"#,
        ] {
            assert!(matches!(read(bad), Err(Problem::Principal(_))), "{bad}: {:?}", read(bad));
        }
    }
}
