//! The accounts of an organization: one call in flight, and with the patience that AWS asks for (ORG-9).

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_organizations::types::Account as Shown;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::{Instant, sleep};

use super::account::Account;
use super::error::{Class, Error, call_of};
use super::pages::{IN_A_CIRCLE, Items, pages_by};
use super::waits::waiting;

/// How long Organizations may be busy with others before that is told as an error.
const PATIENCE: Duration = Duration::from_secs(300);

/// The longest pause between two calls.
const PAUSE: Duration = Duration::from_secs(20);

/// How often a list is read anew that changed while it was read.
const TRIES: usize = 3;

/// An account of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrganizationAccount {
    /// Its twelve digits.
    pub id: String,
    /// Its ARN, with the digits of the account that manages the organization.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its state, by `State`, or by `Status`, which that replaces (ORG-2).
    pub state: String,
    /// The ids of the root and of the units that it is in, from the outermost.
    pub unit_ids: Vec<String>,
    /// The names of those units.
    pub units: Vec<String>,
    /// Its tags, where they were asked for.
    pub tags: Option<BTreeMap<String, String>>,
}

/// The root and the units: the name of each, and the id of the one that it is in.
type Units = BTreeMap<String, (String, Option<String>)>;

impl Account {
    /// Every account of the organization, by id, with the units that it is in; with its tags, which cost a call for each.
    ///
    /// # Errors
    /// [`Class::Denied`] where the caller is neither in the management account nor in that of a delegated administrator.
    pub async fn organization_accounts(&self, tags: bool) -> Result<Vec<OrganizationAccount>, Error> {
        for _ in 0..TRIES {
            let listed = self.all(self.organizations.list_accounts()).await?;
            let units = self.units_below_the_root().await?;
            let has_paths = listed.iter().all(|account| !account.paths().is_empty());
            let parents = if has_paths { BTreeMap::new() } else { self.accounts_by_unit(&units).await? };
            let placed: Option<Vec<OrganizationAccount>> =
                listed.iter().map(|account| placed(account, &units, &parents)).collect();
            // An account that was moved meanwhile, or whose unit was made meanwhile, is in none that was seen.
            let Some(mut accounts) = placed else { continue };
            if tags {
                for account in &mut accounts {
                    account.tags = Some(self.tags_of(&account.id).await?);
                }
            }
            accounts.sort_by(|one, other| one.id.cmp(&other.id));
            return Ok(accounts);
        }
        Err(Error::internal("the organization changed each time while it was read: run this again"))
    }

    /// The root and every unit, from the outermost.
    async fn units_below_the_root(&self) -> Result<Units, Error> {
        let roots = self.all(self.organizations.list_roots()).await?;
        let mut open: Vec<String> = roots.into_iter().filter_map(|root| root.id).collect();
        let mut units: Units = open.iter().map(|root| (root.clone(), (String::new(), None))).collect();
        while let Some(parent) = open.pop() {
            let below = self.organizations.list_organizational_units_for_parent().parent_id(&parent);
            for unit in self.all(below).await? {
                let (Some(id), Some(name)) = (unit.id, unit.name) else { continue };
                units.insert(id.clone(), (name, Some(parent.clone())));
                open.push(id);
            }
        }
        Ok(units)
    }

    /// The root or unit that each account is directly in, where the list of accounts does not say it.
    async fn accounts_by_unit(&self, units: &Units) -> Result<BTreeMap<String, String>, Error> {
        let mut parents = BTreeMap::new();
        for parent in units.keys() {
            let accounts = self.all(self.organizations.list_accounts_for_parent().parent_id(parent)).await?;
            parents.extend(accounts.into_iter().filter_map(|account| Some((account.id?, parent.clone()))));
        }
        Ok(parents)
    }

    async fn tags_of(&self, id: &str) -> Result<BTreeMap<String, String>, Error> {
        let tags = self.all(self.organizations.list_tags_for_resource().resource_id(id)).await?;
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// Everything in a list, a page at a time. An empty page with a token is not the last (ORG-1).
    async fn all<L: Items>(&self, list: L) -> Result<Vec<L::Item>, Error>
    where
        L::Failure: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let ask = async |request: L| self.patiently(|| request.clone().ask()).await;
        let pages = pages_by(list, ask, || Error::internal(IN_A_CIRCLE)).await?;
        Ok(pages.into_iter().flat_map(L::items).collect())
    }

    /// Sends one call, and again for as long as Organizations is busy with those of others.
    async fn patiently<T, E, F, Fut>(&self, send: F) -> Result<T, Error>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    {
        let (began, mut pause) = (Instant::now(), Duration::from_secs(1));
        let told = waiting(|| format!("for the answer to {}", call_of::<E>()));
        loop {
            let error = match self.call(&send).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let is_busy = error.class == Class::Throttled || error.code == "ConcurrentModificationException";
            if !is_busy || began.elapsed() >= PATIENCE {
                return Err(error);
            }
            told.now(|| format!("until Organizations has answered others: {}", error.said()));
            sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }
}

/// Where an account is; nothing where that is in a unit that was not seen.
fn placed(account: &Shown, units: &Units, parents: &BTreeMap<String, String>) -> Option<OrganizationAccount> {
    let id = account.id()?.to_owned();
    let unit_ids: Vec<String> = match account.paths().first() {
        Some(path) => in_path(path),
        None => {
            let outwards =
                std::iter::successors(parents.get(&id).cloned(), |unit| units.get(unit)?.1.clone());
            let mut ids: Vec<String> = outwards.collect();
            ids.reverse();
            ids
        }
    };
    let names: Option<Vec<String>> =
        unit_ids.iter().map(|unit| units.get(unit).map(|(name, _)| name.clone())).collect();
    // The first is the root, whose name says nothing.
    let names = names.filter(|names| !names.is_empty())?;
    let status = account.status().map(|status| status.as_str());
    let state = account.state().map(|state| state.as_str()).or(status)?;
    Some(OrganizationAccount {
        arn: account.arn().unwrap_or_default().to_owned(),
        name: account.name().unwrap_or(&id).to_owned(),
        state: state.to_owned(),
        units: names.into_iter().skip(1).collect(),
        unit_ids,
        id,
        tags: None,
    })
}

/// The root and the units of a path such as `o-exampleorgid/r-ab12/ou-ab12-34567890/`.
fn in_path(path: &str) -> Vec<String> {
    path.split('/')
        .filter(|part| part.starts_with("r-") || part.starts_with("ou-"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{Mode, Options};
    use crate::sandbox::{Profile, Sandbox, Seed};

    async fn opened(sandbox: &Sandbox, profile: Option<&str>) -> Account {
        let options = Options {
            tags: [].into(),
            baseline: "acme".into(),
            region: "us-east-1".into(),
            profile: profile.map(str::to_owned),
            mode: Mode::ReadOnly,
            http_override: Some(sandbox.http_client()),
        };
        Account::open(&options).await.unwrap()
    }

    fn seeded(profile: Profile) -> Sandbox {
        let sandbox = Sandbox::new(profile, 1);
        sandbox.seed(Seed::Fleet).unwrap();
        sandbox
    }

    fn without_paths(sandbox: &Sandbox) {
        sandbox.with_world(|world| {
            let management = world.account("123456789012");
            management.organizations.organization.as_mut().unwrap().without_paths = true;
        });
    }

    #[tokio::test(start_paused = true)]
    async fn every_account_is_read_once_with_its_units_whether_the_list_has_paths_or_not() {
        let sandbox = seeded(Profile::Hostile);
        let account = opened(&sandbox, None).await;
        let by_path = account.organization_accounts(false).await.unwrap();
        without_paths(&sandbox);
        let by_walk = account.organization_accounts(false).await.unwrap();
        assert_eq!(by_path, by_walk);
        assert_eq!(by_path.len(), 41);
        let of = |id: &str| by_path.iter().find(|one| one.id == id).unwrap();
        assert_eq!(of("100000000025").units, ["Workloads", "Prod", "Payments"]);
        assert_eq!(of("100000000025").unit_ids[0], "r-exam");
        assert_eq!((of("123456789012").units.len(), of("123456789012").unit_ids.len()), (0, 1));
        assert_eq!((of("100000000008").state.as_str(), &of("100000000008").tags), ("CLOSED", &None));
        let tagged = account.organization_accounts(true).await.unwrap();
        assert!(tagged.iter().skip(1).all(|one| one.tags.is_some()));
    }

    /// Somebody else asks all the while: one call after the other gets through.
    #[tokio::test(start_paused = true)]
    async fn two_who_read_at_once_both_come_to_an_end() {
        let sandbox = seeded(Profile::Realistic);
        let (one, other) = (opened(&sandbox, None).await, opened(&sandbox, None).await);
        let (one, other) = tokio::join!(one.organization_accounts(true), other.organization_accounts(true));
        assert_eq!(one.unwrap().len(), 41);
        assert_eq!(other.unwrap().len(), 41);
    }

    #[tokio::test(start_paused = true)]
    async fn a_member_is_denied_and_a_delegated_administrator_is_not() {
        let sandbox = seeded(Profile::Instant);
        let member = opened(&sandbox, Some("100000000001")).await;
        let refused = member.organization_accounts(false).await.unwrap_err();
        assert_eq!((refused.class, refused.code.as_str()), (Class::Denied, "AccessDeniedException"));
        sandbox.with_world(|world| {
            let management = world.account("123456789012");
            let organization = management.organizations.organization.as_mut().unwrap();
            let services = [("config.amazonaws.com".to_owned(), 0)].into();
            organization.administrators.insert("100000000001".to_owned(), services);
        });
        assert_eq!(member.organization_accounts(false).await.unwrap().len(), 41);
        let stranger = opened(&sandbox, Some("999988887777")).await;
        let refused = stranger.organization_accounts(false).await.unwrap_err();
        assert_eq!(refused.code, "AWSOrganizationsNotInUseException");
    }

    #[test]
    fn a_path_is_read_with_and_without_the_account_at_its_end() {
        for path in [
            "o-exampleorgid/r-ab12/ou-ab12-11111111/",
            "o-exampleorgid/r-ab12/ou-ab12-11111111/111122223333/",
        ] {
            assert_eq!(in_path(path), ["r-ab12", "ou-ab12-11111111"]);
        }
    }
}
