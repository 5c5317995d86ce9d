//! Accounts to start from.

use super::organizations::{Organization, Unit};
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
    /// The management account of an organization of forty members, `100000000001` and so on, in every state.
    Fleet,
    /// The same with more members; those beyond forty are active, and there is nothing odd about them.
    FleetOf(u16),
}

/// The member of [`Seed::Organization`].
pub const MEMBER: &str = "111122223333";

/// How many members [`Seed::Fleet`] has.
const FLEET: u16 = 40;

/// The most accounts that an organization may have ("Quotas for AWS Organizations").
const MOST: u16 = 10_000;

/// What is odd about a member of [`Seed::Fleet`]; the others are active and can be reached as the role that AWS makes in accounts of an
/// organization.
fn oddity(number: u16) -> Oddity {
    match number {
        5 | 6 => Oddity::State("SUSPENDED"),
        7 => Oddity::State("PENDING_CLOSURE"),
        8 => Oddity::State("CLOSED"),
        9 => Oddity::State("PENDING_ACTIVATION"),
        10 => Oddity::Invited,
        11 => Oddity::Powerless,
        12 | 13 => Oddity::Neglected,
        14 => Oddity::DeniesARegion,
        _ => Oddity::None,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Oddity {
    None,
    /// It is in another state than active.
    State(&'static str),
    /// It was invited, so it has no role of the organization (ORG-4).
    Invited,
    /// Somebody took the role's rights.
    Powerless,
    /// People have been at it for years.
    Neglected,
    /// A service control policy denies a region.
    DeniesARegion,
}

/// The units of [`Seed::Fleet`] by the end of their ids, with their names and the end of the one that each is in.
const UNITS: [(&str, &str, &str); 7] = [
    ("security", "Security", ""),
    ("workload", "Workloads", ""),
    ("prodprod", "Prod", "workload"),
    ("devdevde", "Dev", "workload"),
    ("payments", "Payments", "prodprod"),
    ("sandbox0", "Sandbox", ""),
    ("suspende", "Suspended", ""),
];

/// Puts the members of [`Seed::Fleet`] into units, and tags on them. Two were moved: one up to the root, one that is called
/// after where it was.
fn place(organization: &mut Organization, ids: &[String]) {
    let letters = organization.root().trim_start_matches("r-").to_owned();
    let unit_id = |end: &str| format!("ou-{letters}-{end}");
    for (end, name, parent) in UNITS {
        let parent = if parent.is_empty() { organization.root() } else { unit_id(parent) };
        organization.units.insert(unit_id(end), Unit { name: name.to_owned(), parent });
    }
    for (number, id) in (1_u16..).zip(ids) {
        let (end, env) = match number {
            1 | 2 => ("security", "prod"),
            5..=8 => ("suspende", "prod"),
            20 => ("", "prod"),
            9..=14 | 30 => ("devdevde", "dev"),
            36..=40 => ("sandbox0", "dev"),
            24..=29 => ("payments", "prod"),
            _ => ("prodprod", "prod"),
        };
        if let Some(member) = organization.members.get_mut(id).filter(|_| !end.is_empty()) {
            member.unit = unit_id(end);
        }
        organization.tags.insert(id.clone(), [("env".to_owned(), env.to_owned())].into());
    }
    organization.controls = true;
}

/// Makes the organization of [`Seed::Fleet`], with so many members.
fn plant_fleet(world: &mut World, management: &str, members: u16) {
    let ids: Vec<String> =
        (1..=members).map(|number| format!("{}", 100_000_000_000 + u64::from(number))).collect();
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut organization = Organization::of("o-exampleorgid", management, &members, world.clock);
    for (number, id) in (1..).zip(&ids) {
        let oddity = oddity(number);
        if let Some(member) = organization.members.get_mut(id) {
            member.name = format!("workload-{number}");
            member.created = oddity != Oddity::Invited;
            if let Oddity::State(state) = oddity {
                member.state = state.to_owned();
            }
        }
        match oddity {
            Oddity::State(_) | Oddity::Invited => continue,
            Oddity::Neglected => Seed::Neglected.plant(world, id),
            Oddity::DeniesARegion => {
                world.account(id).region_access.denied.insert("sa-east-1".to_owned());
            }
            Oddity::None | Oddity::Powerless => {}
        }
        iam::add_organization_role(
            world,
            id,
            management,
            "OrganizationAccountAccessRole",
            oddity != Oddity::Powerless,
        );
    }
    place(&mut organization, &ids);
    world.account(management).organizations.organization = Some(organization);
}

impl std::str::FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "new" => Ok(Self::New),
            "neglected" => Ok(Self::Neglected),
            "organization" => Ok(Self::Organization),
            "fleet" => Ok(Self::Fleet),
            other => match other.strip_prefix("fleet:") {
                Some(members) => members
                    .parse()
                    .ok()
                    .filter(|members| (FLEET..=MOST).contains(members))
                    .map(Self::FleetOf)
                    .ok_or_else(|| format!("a fleet has {FLEET} to {MOST} members, and not {members:?}")),
                None => Err(format!(
                    "no seed is called {other:?}; use new, neglected, organization, fleet or fleet:MEMBERS"
                )),
            },
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
            Self::Fleet => plant_fleet(world, account, FLEET),
            Self::FleetOf(members) => plant_fleet(world, account, members),
        }
    }
}
