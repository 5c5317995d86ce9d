//! Accounts to start from.

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
}

impl std::str::FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "new" => Ok(Self::New),
            "neglected" => Ok(Self::Neglected),
            other => Err(format!("no seed is called {other:?}; use new or neglected")),
        }
    }
}

impl Seed {
    /// Puts the account into the world.
    pub fn plant(self, world: &mut World, account: &str) {
        world.account(account);
        match self {
            Self::New => {}
            Self::Neglected => {
                iam::neglect(world, account);
                s3::neglect(world, account);
                cloudtrail::neglect(world, account);
                ec2::neglect(world, account);
            }
        }
    }
}
