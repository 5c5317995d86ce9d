//! Accounts to start from.

use super::organizations::Organization;
use super::root_session::{CREDENTIALS, SESSIONS};
use super::world::World;
use super::{cloudtrail, ec2, iam, s3};

/// An account to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// As AWS hands it over.
    New,
    /// As one meets them: root keys, users without MFA, old access keys, people and machines that may do anything,
    /// open buckets and ports, a trail of one region, an instance with IMDSv1.
    Neglected,
    /// The management account of an organization that manages the root users of its members. The root user of
    /// the one member, 111122223333, still has a password, an access key and a certificate.
    Organization,
}

/// The member of [`Seed::Organization`].
pub const MEMBER: &str = "111122223333";

impl std::str::FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "new" => Ok(Self::New),
            "neglected" => Ok(Self::Neglected),
            "organization" => Ok(Self::Organization),
            other => Err(format!("no seed is called {other:?}; use new, neglected or organization")),
        }
    }
}

impl Seed {
    /// Puts the account into the world.
    pub fn plant(self, world: &mut World, account: &str) {
        match self {
            // Made by the first call, in the partition of its region.
            Self::New => {}
            Self::Neglected => {
                iam::neglect(world, account);
                s3::neglect(world, account);
                cloudtrail::neglect(world, account);
                ec2::neglect(world, account);
            }
            Self::Organization => {
                let mut organization = Organization::of("o-exampleorgid", account, &[MEMBER], world.clock);
                organization.trusted.insert("iam.amazonaws.com".to_owned());
                organization.root_features = [CREDENTIALS, SESSIONS].map(str::to_owned).into();
                world.account(account).organizations.organization = Some(organization);
                iam::leave_root_credentials(world, MEMBER);
            }
        }
    }
}
