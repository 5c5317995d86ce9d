//! The account that credentials most likely belong to, before AWS has said so.
//!
//! A guess: what is read with it is shown only after AWS has named the same account. It costs no call: an access key holds its
//! account, and a profile or the environment of a pipeline names the role.

use aws_config::profile::{self, Profile};
use aws_types::os_shim_internal::{Env, Fs};

use super::account::Options;

/// The account of the built-in world whose credentials name none.
const BUILT_IN: &str = "123456789012";

impl Options {
    /// The account that the credentials of these options name, where they name one.
    pub async fn supposed_account(&self) -> Option<String> {
        if self.http_override.is_some() {
            let named = self.profile.as_deref().filter(|name| is_account(name));
            return Some(named.unwrap_or(BUILT_IN).to_owned());
        }
        let profiles = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await.ok();
        let of_profile = |name: &str| account_of_profile(profiles.as_ref()?.get_profile(name)?);
        let variable = |name: &str| std::env::var(name).ok();
        // In the order of the SDK's own chain: a profile that is chosen, keys, a profile that is not, a web identity.
        if let Some(name) = &self.profile {
            return of_profile(name);
        }
        if let Some(key) = variable("AWS_ACCESS_KEY_ID") {
            return account_of_key(&key);
        }
        let name = profiles.as_ref().map(|profiles| profiles.selected_profile().to_owned());
        name.and_then(|name| of_profile(&name))
            .or_else(|| account_of_role(&variable("AWS_ROLE_ARN")?).map(str::to_owned))
    }
}

/// The account whose credentials a profile gives, where it says so itself.
fn account_of_profile(profile: &Profile) -> Option<String> {
    let role = profile.get("role_arn").and_then(account_of_role);
    let named = role.or_else(|| profile.get("sso_account_id").filter(|id| is_account(id)));
    named.map(str::to_owned).or_else(|| account_of_key(profile.get("aws_access_key_id")?))
}

fn account_of_role(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| is_account(account))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account in the id of an access key: forty bits of what stands behind `AKIA` or `ASIA`, in base 32, after the first.
///
/// Not documented by AWS, which answers the same in `sts:GetAccessKeyInfo`; described by Aidan Steele and Tal Be'ery for keys made
/// since 2019. Older ones hold none, and their first bit is 0.
fn account_of_key(key: &str) -> Option<String> {
    let rest =
        key.strip_prefix("AKIA").or_else(|| key.strip_prefix("ASIA")).filter(|rest| rest.len() == 16)?;
    // Ten letters of five bits: fifty bits, of which the first and the last nine are not part of it.
    let bits = rest.bytes().take(10).try_fold(0_u64, |bits, letter| {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        Some((bits << 5) | u64::from(value))
    })?;
    let (first, account) = (bits >> 49, (bits >> 9) & ((1 << 40) - 1));
    (first == 1 && account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_of_a_published_key_is_in_it() {
        // Tal Be'ery, "A short note on AWS KEY ID"; the second is a token of canarytokens.org.
        for (key, account) in
            [("ASIAQNZGKIQY56JQ7WML", "029608264753"), ("AKIASP2TPHJSQH3FJRUX", "171436882533")]
        {
            assert_eq!(account_of_key(key).as_deref(), Some(account), "{key}");
        }
        for key in ["AKIA", "AKIAIOSFODNN7EXAMPLE", "AROAQNZGKIQY56JQ7WML", "ASIAQNZGKIQ0000Q7WML"] {
            assert_eq!(account_of_key(key), None, "{key}");
        }
    }

    #[test]
    fn a_role_names_its_account() {
        assert_eq!(account_of_role("arn:aws:iam::111122223333:role/ci"), Some("111122223333"));
        for other in ["arn:aws:iam::aws:policy/ReadOnlyAccess", "role/ci", ""] {
            assert_eq!(account_of_role(other), None);
        }
    }
}
