//! Opens the account, and turns back where it is a wrong one.

use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::built_in::BuiltIn;
use super::endpoints::{self, Told};
use super::failure::Failure;
use super::file::Loaded;
use super::look::{Look, look, look_while};
use super::output::Output;
use crate::aws::{Account, Error, Identity, Mode, NoCaller, Options};
use crate::plan::Choices;
use crate::report::{Command, clean};

/// Opens the account the credentials belong to, and stops unless the baseline allows it.
///
/// The one call this makes asks who the caller is, so nothing was read or written before it stops.
pub(super) async fn open(
    loaded: &Loaded,
    profile: Option<&str>,
    sandbox: &BuiltIn,
    mode: Mode,
    output: &Output,
) -> Result<Account, Failure> {
    let options = options(loaded, profile, sandbox, mode)?;
    open_with(loaded, &options, &Told::default(), output).await
}

async fn open_with(
    loaded: &Loaded,
    options: &Options,
    told: &Told,
    output: &Output,
) -> Result<Account, Failure> {
    let mut account =
        Account::open(options).await.map_err(|error| explain(&error, &loaded.baseline.region))?;
    told.tell(endpoints::custom(&account), output);
    is_meant(loaded, &account.identity)?;
    if let Some(profile) = loaded.baseline.root_profile() {
        let reached = account.reach_root_through(profile, options).await;
        reached.map_err(|error| explain(&error, &loaded.baseline.region))?;
        told.tell(endpoints::custom(&account), output);
    }
    Ok(account)
}

/// Opens the account and looks at it, reading only.
///
/// Where the file allows one account and no other, or the credentials name theirs, the look does not wait for AWS to say who is
/// calling: both are asked at once, and nothing is shown or kept before AWS has named that account. Where AWS names another one
/// that is allowed, too, the account is looked at again.
pub(super) async fn open_and_look(
    command: Command,
    loaded: &Loaded,
    profile: Option<&str>,
    sandbox: &BuiltIn,
    choices: &Choices,
    output: &Output,
) -> Result<(Account, Look), Failure> {
    let options = options(loaded, profile, sandbox, Mode::ReadOnly)?;
    let told = Told::default();
    if let Some(supposed) = supposed(loaded, &options).await {
        let partition = loaded.baseline.partition();
        let mut account = Account::open_supposing(&options, &supposed, partition).await;
        account.check_endpoints().map_err(|error| explain(&error, &loaded.baseline.region))?;
        told.tell(endpoints::custom(&account), output);
        let is_another = AtomicBool::new(false);
        let called = async {
            let caller = account.caller().await.map_err(|error| explain(&error, &loaded.baseline.region))?;
            is_meant(loaded, &caller)?;
            if (caller.account.as_str(), caller.partition.as_str()) != (&supposed, partition) {
                is_another.store(true, Ordering::Relaxed);
                return Err(wrong_account(&caller.account, &caller.arn, &supposed));
            }
            account.is_meant();
            Ok(caller)
        };
        match look_while(called, command, &account, loaded, choices, output).await {
            Err(_) if is_another.load(Ordering::Relaxed) => {}
            looked => {
                let (look, caller) = looked?;
                account.identity = caller;
                return Ok((account, look));
            }
        }
    }
    let account = open_with(loaded, &options, &told, output).await?;
    let look = look(command, &account, loaded, choices, output).await?;
    Ok((account, look))
}

/// The account that is looked at before AWS has named it: the one that the file allows, or that the credentials name.
async fn supposed(loaded: &Loaded, options: &Options) -> Option<String> {
    // A session as the root user of an account is asked for only once it is known that the account is meant.
    if loaded.baseline.root_profile().is_some() {
        return None;
    }
    match loaded.baseline.allowed_accounts.as_slice() {
        [only] => Some(only.clone()),
        allowed => {
            let named = options.supposed_account().await?;
            (allowed.is_empty() || allowed.contains(&named)).then_some(named)
        }
    }
}

fn options(
    loaded: &Loaded,
    profile: Option<&str>,
    sandbox: &BuiltIn,
    mode: Mode,
) -> Result<Options, Failure> {
    let client = sandbox.open()?.map(|sandbox| sandbox.http_client());
    Ok(options_through(loaded, profile, client, mode))
}

/// The same through a client that is there already.
pub(super) fn options_through(
    loaded: &Loaded,
    profile: Option<&str>,
    http_override: Option<SharedHttpClient>,
    mode: Mode,
) -> Options {
    Options {
        baseline: loaded.baseline.name.clone(),
        tags: loaded.baseline.tags(),
        region: loaded.baseline.region.clone(),
        profile: profile.map(str::to_owned),
        mode,
        http_override,
    }
}

/// Fails where the baseline does not allow the account.
pub(super) fn is_meant(loaded: &Loaded, caller: &Identity) -> Result<(), Failure> {
    let allowed = &loaded.baseline.allowed_accounts;
    if allowed.is_empty() || allowed.contains(&caller.account) {
        return Ok(());
    }
    Err(wrong_account(&caller.account, &caller.arn, &allowed.join(" or ")))
}

/// Names both accounts: the one that answered and the one that was meant.
pub(super) fn wrong_account(found: &str, arn: &str, meant: &str) -> Failure {
    Failure::with_hint(
        format!("these credentials belong to account {found} ({arn}), but account {meant} is meant"),
        "choose other credentials with --profile or AWS_PROFILE, or change allowed in [account]",
    )
}

/// Says what a failed first call means for the person at the keyboard.
pub(super) fn explain(error: &Error, region: &str) -> Failure {
    let enable = format!(
        "enable {region} in this account (aws account enable-region --region-name {region}), or choose another region"
    );
    let (message, hint) = match error.no_caller() {
        NoCaller::Expired => {
            ("the AWS credentials have expired", "sign in again, for example with: aws sso login".to_owned())
        }
        NoCaller::Unknown => (
            "AWS does not know these credentials",
            format!(
                "check the access key and its secret: aws configure list; a region that is not enabled says the same: \
                 if they are right, {enable}"
            ),
        ),
        NoCaller::RegionNotEnabled => ("the region is not enabled in this account", enable),
        NoCaller::Missing => (
            "there are no usable AWS credentials",
            "set AWS_PROFILE or pass --profile, sign in with aws sso login, or run aws configure".to_owned(),
        ),
        NoCaller::Denied => (
            "these credentials may not ask who they belong to",
            "an explicit deny of sts:GetCallerIdentity is in force; remove it for this caller".to_owned(),
        ),
        NoCaller::Unreachable => (
            "AWS cannot be reached",
            "check the network, the region in the file and AWS_ENDPOINT_URL".to_owned(),
        ),
        NoCaller::Endpoint => (
            "the endpoints that are set are not used",
            "unset AWS_ENDPOINT_URL and its likes, also in the profile; or set one https address for every service"
                .to_owned(),
        ),
        NoCaller::Other => {
            ("AWS does not say who these credentials belong to", "look at the message of AWS".to_owned())
        }
    };
    let text = error.to_string();
    Failure::with_hint(format!("{message}: {}", clean::cut(&text, clean::LONGEST)), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(code: &str, message: &str) -> String {
        let error = Error { code: code.into(), ..Error::internal(message) };
        format!("{:?}", explain(&error, "ap-east-1"))
    }

    #[test]
    fn every_failure_at_the_door_says_what_to_do() {
        assert!(explained("ExpiredToken", "").contains("aws sso login"));
        for code in ["InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException"] {
            let told = explained(code, "");
            assert!(told.contains("aws configure list") && told.contains("enable ap-east-1"), "{told}");
        }
        assert!(explained("OptInRequired", "").contains("the region is not enabled"));
        assert!(explained("", "could not find profile work").contains("--profile"));
        assert!(explained("", "the credential provider was not enabled").contains("--profile"));
        assert!(explained("", "dispatch failure: connection refused").contains("AWS_ENDPOINT_URL"));
    }

    #[test]
    fn a_wrong_account_is_named_beside_the_right_one() {
        let failure = format!(
            "{:?}",
            wrong_account("111111111111", "arn:aws:iam::111111111111:user/a", "222222222222")
        );
        assert!(failure.contains("111111111111") && failure.contains("222222222222"));
    }
}
