//! OpenID Connect providers, as roles that other clouds' workloads take on trust them. Nothing is asked of a provider.

use serde::{Deserialize, Serialize};

use super::entity::{exists, missing, quota, tag_list, tags};
use super::state::{State, Tags};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};
use crate::sandbox::world::Milliseconds;

/// An OpenID Connect provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcProvider {
    /// Its URL without `https://`.
    pub url: String,
    /// The audiences that its tokens may be for.
    pub clients: Vec<String>,
    /// Digests of the certificates that it may have.
    pub thumbprints: Vec<String>,
    /// When it was made.
    pub created: Milliseconds,
    /// Its tags.
    pub tags: Tags,
}

/// Operations on them; those on their tags are with the other tags.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateOpenIDConnectProvider", create),
    operation("GetOpenIDConnectProvider", get),
    operation("ListOpenIDConnectProviders", list),
    operation("DeleteOpenIDConnectProvider", delete),
    operation("UpdateOpenIDConnectProviderThumbprint", update_thumbprint),
    operation("AddClientIDToOpenIDConnectProvider", add_client),
    operation("RemoveClientIDFromOpenIDConnectProvider", remove_client),
];

const ARN: &str = "OpenIDConnectProviderArn";

/// The refusal of a provider that is not there.
pub(super) fn absent(arn: &str) -> Fault {
    missing(&format!("OpenIDConnect Provider not found for arn {arn}"))
}

/// What a provider's ARN says of its URL, which begins with `https://`: the host and the path.
pub fn resource(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let rest = rest.split('?').next().unwrap_or(rest);
    let host = rest.split('/').next().unwrap_or_default();
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    (!host.is_empty() && host.bytes().all(letters)).then(|| format!("oidc-provider/{rest}"))
}

fn thumbprints(params: &Params) -> Result<Vec<String>, Fault> {
    let sent = params.texts("ThumbprintList");
    if sent.iter().any(|thumbprint| thumbprint.len() != 40) {
        return Err(params.invalid(
            "ThumbprintList",
            "must satisfy constraint: [Member must have length less than or equal to 40, Member must have length \
             greater than or equal to 40]",
        ));
    }
    if sent.len() > 5 {
        return Err(Fault::client("InvalidInput", "Thumbprint list must contain fewer than 5 entries."));
    }
    Ok(sent.into_iter().map(str::to_owned).collect())
}

fn check_client(params: &Params, name: &str, client: &str) -> Result<(), Fault> {
    if client.is_empty() || client.len() > 255 {
        return Err(params.invalid(
            name,
            "must satisfy constraint: [Member must have length less than or equal to 255, Member must have length \
             greater than or equal to 1]",
        ));
    }
    Ok(())
}

fn too_many_clients(count: usize) -> Result<(), Fault> {
    if count > 100 {
        return Err(quota("Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100"));
    }
    Ok(())
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let url = params.required("Url")?;
    if url.len() > 255 {
        return Err(params.invalid("Url", "must have length less than or equal to 255"));
    }
    let clients = params.texts("ClientIDList");
    clients.iter().try_for_each(|client| check_client(params, "ClientIDList", client))?;
    let thumbprints = thumbprints(params)?;
    let resource = resource(url)
        .ok_or_else(|| Fault::client("ValidationError", "Invalid Open ID Connect Provider URL"))?;
    too_many_clients(clients.len())?;
    let tags = tags(params)?;
    let (arn, now) = (cx.global_arn("iam", &resource), cx.now());
    let providers = &mut cx.account().iam.oidc;
    if providers.contains_key(&arn) {
        return Err(exists(&format!("Provider with url {url} already exists.")));
    }
    if providers.len() >= 100 {
        return Err(quota("Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100"));
    }
    let url = resource.strip_prefix("oidc-provider/").unwrap_or(&resource).to_owned();
    let clients = clients.into_iter().map(str::to_owned).collect();
    let shown = tag_list(&tags);
    providers.insert(arn.clone(), OidcProvider { url, clients, thumbprints, created: now, tags });
    Ok(Fields::new().with(ARN, arn).maybe("Tags", shown).into())
}

fn find<'a>(iam: &'a State, params: &Params) -> Result<&'a OidcProvider, Fault> {
    let arn = params.required(ARN)?;
    iam.oidc.get(arn).ok_or_else(|| absent(arn))
}

fn change<'a>(cx: &'a mut Context<'_>, params: &Params) -> Result<&'a mut OidcProvider, Fault> {
    let arn = params.required(ARN)?;
    cx.account().iam.oidc.get_mut(arn).ok_or_else(|| absent(arn))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let provider = find(&cx.read_account()?.iam, params)?;
    Ok(Fields::new()
        .with("Url", &provider.url)
        .list("ClientIDList", provider.clients.iter().map(String::as_str))
        .list("ThumbprintList", provider.thumbprints.iter().map(String::as_str))
        .time("CreateDate", provider.created)
        .maybe("Tags", tag_list(&provider.tags))
        .into())
}

fn list(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let rows = cx.read_account()?.iam.oidc.keys().map(|arn| Fields::new().with("Arn", arn));
    Ok(Fields::new().list("OpenIDConnectProviderList", rows).into())
}

/// To delete one that is not there is no error.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let arn = params.required(ARN)?;
    cx.account().iam.oidc.remove(arn);
    Ok(Answer::empty())
}

/// The whole list is written anew.
fn update_thumbprint(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let thumbprints = thumbprints(params)?;
    change(cx, params)?.thumbprints = thumbprints;
    Ok(Answer::empty())
}

/// To add one that is there is no error.
fn add_client(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let client = params.required("ClientID")?;
    check_client(params, "ClientID", client)?;
    let provider = change(cx, params)?;
    if !provider.clients.iter().any(|known| known == client) {
        too_many_clients(provider.clients.len() + 1)?;
        provider.clients.push(client.to_owned());
    }
    Ok(Answer::empty())
}

/// To remove one that is not there is no error.
fn remove_client(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let client = params.required("ClientID")?;
    change(cx, params)?.clients.retain(|known| known != client);
    Ok(Answer::empty())
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::Client;
    use aws_sdk_iam::error::ProvideErrorMetadata;
    use aws_sdk_iam::types::Tag;

    use super::resource;
    use crate::sandbox::testing::config;
    use crate::sandbox::{Profile, Sandbox};

    #[test]
    fn an_arn_has_the_host_and_the_path() {
        for (url, expected) in [
            (
                "https://token.actions.githubusercontent.com",
                Some("oidc-provider/token.actions.githubusercontent.com"),
            ),
            ("https://oidc.example.com/id/ABC?x=1", Some("oidc-provider/oidc.example.com/id/ABC")),
            ("http://example.com", None),
            ("https://", None),
            ("example.com", None),
        ] {
            assert_eq!(resource(url).as_deref(), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn a_provider_is_made_changed_and_deleted() {
        let iam = Client::new(&config(&Sandbox::new(Profile::Instant, 1), "us-east-1"));
        let url = "https://token.actions.githubusercontent.com";
        let create = || {
            let tag = Tag::builder().key("team").value("platform").build().unwrap();
            iam.create_open_id_connect_provider()
                .url(url)
                .client_id_list("sts.amazonaws.com")
                .thumbprint_list("6".repeat(40))
                .tags(tag)
                .send()
        };
        let arn = create().await.unwrap().open_id_connect_provider_arn.unwrap();
        assert_eq!(arn, "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com");
        assert_eq!(create().await.unwrap_err().code(), Some("EntityAlreadyExists"));
        let of = || iam.get_open_id_connect_provider().open_id_connect_provider_arn(&arn).send();
        iam.add_client_id_to_open_id_connect_provider()
            .open_id_connect_provider_arn(&arn)
            .client_id("other")
            .send()
            .await
            .unwrap();
        iam.untag_open_id_connect_provider()
            .open_id_connect_provider_arn(&arn)
            .tag_keys("team")
            .send()
            .await
            .unwrap();
        let shown = of().await.unwrap();
        assert_eq!(shown.client_id_list(), ["sts.amazonaws.com", "other"]);
        assert!(shown.tags().is_empty() && shown.url() == Some("token.actions.githubusercontent.com"));
        iam.delete_open_id_connect_provider().open_id_connect_provider_arn(&arn).send().await.unwrap();
        assert_eq!(of().await.unwrap_err().code(), Some("NoSuchEntity"));
        assert!(
            iam.list_open_id_connect_providers()
                .send()
                .await
                .unwrap()
                .open_id_connect_provider_list()
                .is_empty()
        );
    }
}
