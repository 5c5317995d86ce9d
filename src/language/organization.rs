//! `[organization]` of a fleet: which of its accounts are meant.

use super::section::section;
use super::types::{List, ProfileName, RegionName, UnitLabel, choice};

choice! {
    /// What becomes of an account that was never baselined.
    NewAccounts {
        /// It is like every other.
        Apply = "apply",
        /// It is looked at, and applied to only where it is named.
        Plan = "plan",
        /// It is told and left alone.
        Hold = "hold",
    }
}

section! {
    /// The organization whose accounts these are: how it is read, and which of its accounts are meant.
    ///
    /// An account is new where nothing in it carries the tags of its baseline, by one look at the index of tags and at IAM. A
    /// baseline of settings alone leaves no such sign: its accounts stay new.
    #[practices()]
    Organization {
        /// A profile of the AWS configuration files with which `baseline fleet accounts` reads it: of the management account, or of a
        /// delegated administrator.
        profile: ProfileName, absent "the credentials of the run";
        /// A region of its partition, such as `cn-north-1`.
        region: RegionName, default "\"us-east-1\"";
        /// Only accounts in these units, by names from the outermost (`Workloads/Prod`) or by id, and in units inside them. Accounts
        /// that the file names are meant in any case.
        units: List<UnitLabel>, default "[]";
        /// Accounts in these units are left alone, whatever else names them. They are told as skipped.
        except_units: List<UnitLabel>, default "[]";
        /// What becomes of accounts that were never baselined: `plan` looks at them and applies only to those that are named, under
        /// `[account]` or by `--only`; `hold` leaves them alone.
        new: NewAccounts, default "\"apply\"";
    }
}
