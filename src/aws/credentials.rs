//! The credentials this process works with, so that no message of AWS repeats them to a person.
//!
//! AWS's refusals quote the request: an access key id, a canonical string with the session token in it. What
//! becomes text of ours passes [`mask`] first.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{SdkConfig, profile};
use aws_sdk_sts::config::{Credentials, IdentityCache, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::{
    IdentityFuture, ResolveCachedIdentity, SharedIdentityCache, SharedIdentityResolver,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_types::os_shim_internal::{Env, Fs};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The same configuration with credentials that STS issued.
pub(super) fn issued_to(
    config: &SdkConfig,
    issued: &aws_sdk_sts::types::Credentials,
    source: &'static str,
) -> SdkConfig {
    let token = Some(issued.session_token().to_owned());
    let credentials =
        Credentials::new(issued.access_key_id(), issued.secret_access_key(), token, None, source);
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(credentials)).build()
}

/// What stands in the place of a credential.
const MASK: &str = "(a credential)";

/// Nothing that AWS hands out is shorter, and what is shorter may be a word of the message.
const SHORTEST: usize = 16;

/// Variables of the environment, and keys of the configuration files, that hold credentials.
const NAMES: [&str; 3] = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers a credential, as it is and as it stands in a query.
fn learn(credential: &str) {
    if credential.len() < SHORTEST {
        return;
    }
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.contains(credential) {
        known.insert(utf8_percent_encode(credential, NON_ALPHANUMERIC).to_string());
        known.insert(credential.to_owned());
    }
}

fn learn_all(credentials: &Credentials) {
    learn(credentials.access_key_id());
    learn(credentials.secret_access_key());
    credentials.session_token().into_iter().for_each(learn);
}

/// The text with every known credential taken out.
pub(super) fn mask(text: String) -> String {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut repeated: Vec<&String> = known.iter().filter(|known| text.contains(known.as_str())).collect();
    // One credential may be the beginning of another.
    repeated.sort_unstable_by_key(|known| std::cmp::Reverse(known.len()));
    repeated.into_iter().fold(text, |text, known| text.replace(known.as_str(), MASK))
}

/// Remembers what the environment and the configuration files hold: a role is assumed with it, and the
/// refusal to assume it repeats it.
pub(super) async fn learn_sources() {
    for name in NAMES {
        if let Ok(value) = std::env::var(name.to_uppercase()) {
            learn(&value);
        }
    }
    // Files that cannot be read are the SDK's to complain about.
    let Ok(profiles) = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await else {
        return;
    };
    let held = profiles.profiles().filter_map(|name| profiles.get_profile(name));
    for value in held.flat_map(|profile| NAMES.iter().filter_map(|name| profile.get(name))) {
        learn(value);
    }
}

/// The ids of the access keys that requests were signed with.
#[derive(Debug, Clone, Default)]
pub(super) struct Signers(Arc<Mutex<BTreeSet<String>>>);

impl Signers {
    /// Those, and where a session signs, also every key it may have been started with: a profile does not say which.
    pub(super) async fn keys(&self) -> BTreeSet<String> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if keys.iter().any(|key| key.starts_with("ASIA")) {
            keys.extend(source_keys().await);
        }
        keys
    }
}

/// The access keys of the environment and of the configuration files.
async fn source_keys() -> BTreeSet<String> {
    let name = "aws_access_key_id";
    let mut keys: BTreeSet<String> = std::env::var(name.to_uppercase()).into_iter().collect();
    if let Ok(profiles) = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await {
        let held = profiles.profiles().filter_map(|name| profiles.get_profile(name));
        keys.extend(held.filter_map(|profile| profile.get(name)).map(str::to_owned));
    }
    keys
}

/// The same configuration with one cache of credentials for all clients made of it, which remembers what it hands out.
pub(super) fn learning(config: &SdkConfig, signers: &Signers) -> SdkConfig {
    let cache = config.identity_cache().unwrap_or_else(|| IdentityCache::lazy().build());
    config.to_builder().identity_cache(Learning { cache, signers: signers.clone() }).build()
}

/// An identity cache that remembers what it hands out, roles' credentials and renewed ones included.
#[derive(Debug)]
struct Learning {
    cache: SharedIdentityCache,
    signers: Signers,
}

impl ResolveCachedIdentity for Learning {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            let identity = self.cache.resolve_cached_identity(resolver, components, config).await?;
            if let Some(credentials) = identity.data::<Credentials>() {
                learn_all(credentials);
                let mut signers = self.signers.0.lock().unwrap_or_else(PoisonError::into_inner);
                signers.insert(credentials.access_key_id().to_owned());
            }
            Ok(identity)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_masked_as_it_is_and_as_it_stands_in_a_query() {
        learn("CanarySecret/OfThis+Test");
        let text = "key CanarySecret/OfThis+Test, query X=CanarySecret%2FOfThis%2BTest&y".to_owned();
        assert_eq!(mask(text), "key (a credential), query X=(a credential)&y");
    }

    #[test]
    fn the_longer_of_two_credentials_is_masked_whole() {
        learn("CanaryTokenOfThisTest");
        learn("CanaryTokenOfThisTestAndMore");
        assert_eq!(mask("CanaryTokenOfThisTestAndMore".to_owned()), "(a credential)");
    }

    #[test]
    fn a_short_word_is_no_credential() {
        learn("test");
        assert_eq!(mask("a test".to_owned()), "a test");
    }
}
