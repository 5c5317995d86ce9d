//! An organization of many accounts that are as declared, and five ways in which some of them depart.

use std::fmt;

use baseline::sandbox::world::Account;
use baseline::sandbox::{Sandbox, Seed};
use bytes::Bytes;

/// The first member of the built-in organization that is like all that come after it.
pub const FIRST: u64 = 15;

/// How an account departs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// New volumes are not encrypted.
    Encryption,
    /// There is no password policy.
    Passwords,
    /// Snapshots may be shared with everybody.
    Snapshots,
    /// New instances answer for metadata to whoever asks.
    Metadata,
    /// Everything that is wrong with the neglected account.
    Neglect,
}

impl Departure {
    pub const ALL: [Self; 5] =
        [Self::Encryption, Self::Passwords, Self::Snapshots, Self::Metadata, Self::Neglect];

    /// Makes an account depart so.
    pub fn happen(self, sandbox: &Sandbox, account: &str) {
        let ec2 = |action: &str| {
            ask(sandbox, account, ("ec2", "us-east-1"), format_args!("{action}&Version=2016-11-15"));
        };
        match self {
            Self::Encryption => ec2("DisableEbsEncryptionByDefault"),
            Self::Passwords => {
                let form = format_args!("DeleteAccountPasswordPolicy&Version=2010-05-08");
                ask(sandbox, account, ("iam", "us-east-1"), form);
            }
            Self::Snapshots => ec2("DisableSnapshotBlockPublicAccess"),
            Self::Metadata => ec2("ModifyInstanceMetadataDefaults&HttpTokens=optional"),
            Self::Neglect => sandbox.with_world(|world| Seed::Neglected.plant(world, account)),
        }
    }
}

/// A member of the built-in organization.
pub fn id(number: u64) -> String {
    (100_000_000_000 + number).to_string()
}

/// Gives other accounts the state of one, its id replaced everywhere.
pub fn make_alike(sandbox: &Sandbox, first: &str, others: impl IntoIterator<Item = String>) {
    sandbox.with_world(|world| {
        let image = serde_json::to_string(&world.accounts[first]).expect("an account is plain data");
        for id in others {
            let account: Account =
                serde_json::from_str(&image.replace(first, &id)).expect("the same account");
            world.accounts.insert(id, account);
        }
    });
}

/// A call with the credentials of the account's root user.
fn ask(sandbox: &Sandbox, account: &str, (service, region): (&str, &str), action: fmt::Arguments<'_>) {
    let scope = format!("Credential={account}/20260101/{region}/{service}/aws4_request");
    let request = http::Request::post("http://localhost/")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
        .body(Bytes::from(format!("Action={action}")))
        .expect("a request");
    let answer = sandbox.handle(request);
    assert!(answer.status().is_success(), "{action}: {:?}", answer.body());
}
