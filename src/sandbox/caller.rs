//! Who sends a request: the access key in its signature chooses the account.
//!
//! Signatures are not verified: whoever can reach the sandbox may be anybody in it.

use super::ids::account_of_key;
use super::wire::{Fault, Request};
use super::world::{DEFAULT_ACCOUNT, World, partition_of};

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account's twelve digits.
    pub account: String,
    /// The caller's ARN.
    pub arn: String,
    /// The caller's unique id.
    pub user_id: String,
    /// The access key id.
    pub access_key: String,
    /// Whether the caller is a role's session.
    pub session: bool,
}

impl Caller {
    /// The ARN of the role behind a session, as policies name it; otherwise the caller's own.
    pub fn identity(&self) -> String {
        let role = self.arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
        match role {
            // A role's path is not in the ARN of its session.
            Some(role) => {
                let partition = self.arn.split(':').nth(1).unwrap_or_default();
                format!("arn:{partition}:iam::{}:role/{role}", self.account)
            }
            None => self.arn.clone(),
        }
    }
}

/// What a signature says, unverified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The access key id.
    pub access_key: String,
    /// The region the request is signed for.
    pub region: String,
    /// The service's signing name.
    pub service: String,
}

impl Credential {
    /// Reads the credential scope of the `Authorization` header or of a presigned query.
    pub fn read(request: &Request) -> Option<Self> {
        let scope = match request.header("authorization") {
            Some(header) => header.split_once("Credential=")?.1,
            None => request.query("X-Amz-Credential")?,
        };
        let scope = scope.split([',', ' ']).next()?;
        // The key id comes first; none of the five parts has a slash.
        let mut parts = scope.split('/');
        let access_key = parts.next().filter(|key| !key.is_empty())?.to_owned();
        let (_date, region, service) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { access_key, region: region.to_owned(), service: service.to_owned() })
    }
}

/// Twelve digits, alone or anywhere in a key that a person made up (`AKIA123456789012TEST`).
fn digits(key: &str) -> Option<&str> {
    key.split(|letter: char| !letter.is_ascii_digit()).find(|digits| digits.len() == 12)
}

/// Tells who the caller is. An account that nobody named before is one of the region's partition.
///
/// # Errors
/// `InvalidClientTokenId` for keys that were deleted or never issued, `ExpiredToken` for old sessions.
pub fn identify(
    world: &mut World,
    region: &str,
    access_key: &str,
    token: Option<&str>,
) -> Result<Caller, Fault> {
    let caller = identity(world, region, access_key, token)?;
    let partition = partition_of(region);
    if world.account_in(&caller.account, partition).partition != partition {
        return Err(unknown());
    }
    Ok(caller)
}

fn unknown() -> Fault {
    Fault::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

fn identity(world: &mut World, region: &str, access_key: &str, token: Option<&str>) -> Result<Caller, Fault> {
    if let Some(session) = world.sessions.get(access_key) {
        if token != Some(session.token.as_str()) {
            return Err(unknown());
        }
        if session.expires <= world.clock {
            let message = "The security token included in the request is expired";
            return Err(Fault::new(403, "ExpiredToken", message));
        }
        return Ok(Caller {
            account: session.account.clone(),
            arn: session.arn.clone(),
            user_id: session.user_id.clone(),
            access_key: access_key.to_owned(),
            session: session.arn.contains(":assumed-role/"),
        });
    }
    let account = match (digits(access_key), account_of_key(access_key)) {
        (Some(account), _) => account.to_owned(),
        // A key of the right form belongs to a user, where its account exists.
        (None, Some(account)) if world.accounts.contains_key(&account) => {
            let user = world.account(&account).iam.user_of_key(access_key).ok_or_else(unknown)?;
            return Ok(Caller {
                arn: user.0,
                user_id: user.1,
                account,
                access_key: access_key.to_owned(),
                session: false,
            });
        }
        _ => DEFAULT_ACCOUNT.to_owned(),
    };
    let (arn, user_id) = world.account_in(&account, partition_of(region)).iam.administrator();
    Ok(Caller { account, arn, user_id, access_key: access_key.to_owned(), session: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn credential(build: impl Fn(http::request::Builder) -> http::request::Builder) -> Option<Credential> {
        let request = build(http::Request::builder()).body(Bytes::new()).unwrap();
        Credential::read(&Request::read(request).unwrap())
    }

    #[test]
    fn the_signature_names_key_region_and_service() {
        let expected =
            Some(Credential { access_key: "AKID".into(), region: "eu-west-1".into(), service: "ec2".into() });
        let header =
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host";
        assert_eq!(credential(|request| request.header("authorization", header)), expected);
        let query = "http://x/?X-Amz-Credential=AKID%2F20260101%2Feu-west-1%2Fec2%2Faws4_request";
        assert_eq!(credential(|request| request.uri(query)), expected);
        assert_eq!(credential(|request| request), None);
    }

    #[test]
    fn a_key_with_twelve_digits_chooses_the_account() {
        let mut world = World::new(Default::default(), 1);
        let mut account =
            |key: &str| identify(&mut world, "us-east-1", key, None).map(|caller| caller.account);
        assert_eq!(account("111122223333").unwrap(), "111122223333");
        assert_eq!(account("AKIA111122223333TEST").unwrap(), "111122223333");
        assert_eq!(account("test").unwrap(), DEFAULT_ACCOUNT);
    }

    #[test]
    fn an_account_lies_in_the_partition_of_its_first_region_and_in_no_other() {
        let mut world = World::new(Default::default(), 1);
        let arn = identify(&mut world, "cn-north-1", "test", None).unwrap().arn;
        assert!(arn.starts_with("arn:aws-cn:sts::"), "{arn}");
        assert!(identify(&mut world, "cn-northwest-1", "test", None).is_ok());
        let refused = identify(&mut world, "us-east-1", "test", None).unwrap_err();
        assert_eq!(refused.code, "InvalidClientTokenId");
    }

    #[test]
    fn a_key_that_its_account_never_issued_is_refused() {
        let mut world = World::new(Default::default(), 1);
        world.account(DEFAULT_ACCOUNT);
        let key = crate::sandbox::ids::Ids::new(9).access_key("AKIA", DEFAULT_ACCOUNT);
        assert_eq!(identify(&mut world, "us-east-1", &key, None).unwrap_err().code, "InvalidClientTokenId");
    }
}
