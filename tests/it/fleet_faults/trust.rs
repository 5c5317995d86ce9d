//! The trust policy of the very role through which a fleet comes in: tried by coming in again, and put back where that fails.

use super::files::{ROLE, asks, folder, id, lines, write};
use super::organization::{MANAGEMENT, Organization};
use crate::faults::page::counted;

const TOLD: &str = "does not let these credentials in again, so the old one was put back";

/// A file that declares the role through which the fleet comes in.
fn member(trusted_by: &str) -> String {
    format!(
        "name = 'member'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n[role.door]\nname = 'Door'\n\
         policies = ['arn:aws:iam::aws:policy/AdministratorAccess']\ntrusted_by = {{ {trusted_by}, require_mfa = false }}\n"
    )
}

/// Who asks for the role, and how the fleet comes to it.
struct Way {
    what: &'static str,
    /// The account whose principals the role trusts.
    trusts: String,
    access: String,
}

fn ways() -> [Way; 2] {
    let door = "'arn:aws:iam::${account}:role/Door'";
    [
        Way {
            what: "from the management account",
            trusts: MANAGEMENT.to_owned(),
            access: format!("[access]\nrole = {door}\n"),
        },
        Way {
            what: "through a role of another account",
            trusts: id(4),
            access: format!("[access]\nrole = ['arn:aws:iam::{}:role/Hub', {door}]\n", id(4)),
        },
    ]
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn a_trust_policy_that_shuts_the_fleet_out_of_a_member_is_put_back_and_one_that_lets_it_in_stays() {
    let members = [2, 3];
    for Way { what, trusts, access } in ways() {
        let organization = Organization::new();
        organization.sandbox.with_world(|world| {
            baseline::sandbox::iam::add_organization_role(world, &id(4), MANAGEMENT, "Hub", true);
        });
        let files = folder(members, ROLE, &member(&format!("accounts = ['{trusts}']")));
        let path = files.path();
        let fleet = |access: &str| {
            write(
                path,
                "fleet.toml",
                &format!("name = 'acme'\nbaseline = 'member.toml'\nmax_failures = 2\n{access}"),
            );
        };
        let apply = |more: &[&str]| organization.run(0, path, &asks("apply", &[&["--json"], more].concat()));
        let trust = |number: u64| {
            organization.sandbox.with_world(|world| {
                format!("{:?}", world.account(&id(number)).iam.roles["Door"].truth().trust)
            })
        };
        let made = apply(&[]);
        assert_eq!(made.code, Some(0), "{what}: {made:?}");
        let before = members.map(trust);

        // Only with an external id, which the fleet does not give; nobody knows that beforehand.
        fleet(&access);
        write(path, "member.toml", &member(&format!("accounts = ['{trusts}'], external_id = 'shop-7'")));
        let refused = apply(&[]);
        assert_eq!(refused.code, Some(1), "{what}: {refused:?}");
        assert!(refused.stdout.contains("sts:ExternalId"), "{what}: {refused:?}");
        assert_eq!(members.map(trust), before, "{what}: nothing is written");
        organization.breaks(|_, _| None);
        let tried = apply(&["--accept-lockout", "iam.role.door"]);
        assert_eq!(tried.code, Some(1), "{what}: {tried:?}");
        for (account, list, reason) in lines(&tried.stdout) {
            assert!(list == "failed" && reason.contains(TOLD), "{what}: {account} {list}: {reason}");
        }
        assert_eq!(members.map(trust), before, "{what}: it is as it was");
        // It was tried with the session before it: once to come in, and once more, which was refused.
        for number in members {
            let asked: Vec<(String, bool)> = organization
                .calls()
                .into_iter()
                .filter(|call| call.into == Some(id(number)))
                .map(|call| (call.account, call.done))
                .collect();
            assert_eq!(asked, [(trusts.clone(), true), (trusts.clone(), false)], "{what}");
        }
        let drift = organization.run(0, path, &asks("drift", &["--json"]));
        assert_eq!(drift.code, Some(2), "{what}: the fleet still comes in: {drift:?}");

        // Where the fleet gives it, the new one stays.
        fleet(&access.replace("[access]\n", "[access]\nexternal_id = 'shop-7'\n"));
        let kept = apply(&["--accept-lockout", "iam.role.door"]);
        assert_eq!(kept.code, Some(0), "{what}: {kept:?}");
        assert!(members.map(trust).iter().all(|trust| trust.contains("shop-7")), "{what}");
        let converged = organization.run(0, path, &asks("drift", &[]));
        assert_eq!(converged.code, Some(0), "{what}: {converged:?}");
    }
    a_role_on_the_way();
    counted(
        "fleet-trust",
        "3 ways in (directly, through a role of another account, and that role itself): tried with the session before it, put back where it is refused, kept where it is not",
    );
}

/// The role that leads into every member stands in one of them, whose baseline changes whom it trusts.
fn a_role_on_the_way() {
    let organization = Organization::new();
    let (hub, inner) = (id(4), "arn:aws:iam::${account}:role/Inner");
    organization.sandbox.with_world(|world| {
        for number in [3, 4] {
            baseline::sandbox::iam::add_organization_role(world, &id(number), &id(4), "Inner", true);
        }
    });
    let own = |trusted_by: &str| member(trusted_by).replace("'Door'", "'Hub'");
    let files = folder([3, 4], ROLE, "name = 'member'\nregion = 'us-east-1'\n[password_policy]\n");
    let path = files.path();
    let fleet = |access: &str| {
        let account = format!("[account.hub]\nid = '{hub}'\nbaseline = 'hub.toml'\n");
        write(path, "fleet.toml", &format!("name = 'acme'\nbaseline = 'member.toml'\n{access}{account}"));
    };
    let apply = |more: &[&str]| organization.run(0, path, &asks("apply", &[&["--json"], more].concat()));
    let trusted = |more: &str| format!("accounts = ['{MANAGEMENT}']{more}");
    fleet(ROLE);
    write(path, "hub.toml", &own(&trusted("")));
    let made = apply(&[]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let chain = format!("[access]\nrole = ['arn:aws:iam::{hub}:role/Hub', '{inner}']\n");
    fleet(&chain);
    write(path, "hub.toml", &own(&trusted(", external_id = 'shop-7'")));
    let refused = apply(&[]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("whom a role that they come through trusted"), "{refused:?}");
    organization.breaks(|_, _| None);
    let tried = apply(&["--accept-lockout", "iam.role.door"]);
    assert_eq!(tried.code, Some(1), "{tried:?}");
    let told = lines(&tried.stdout).into_iter().find(|(account, ..)| *account == hub).unwrap();
    assert!(told.1 == "failed" && told.2.contains(TOLD), "{told:?}");
    let calls = organization.calls();
    let again = calls.iter().filter(|call| call.into.as_ref() == Some(&hub) && !call.done);
    assert_eq!(
        again.map(|call| &*call.account).collect::<Vec<_>>(),
        [MANAGEMENT],
        "with the session before it"
    );
    let drift = organization.run(0, path, &asks("drift", &["--json"]));
    assert_eq!(drift.code, Some(2), "the fleet still comes in: {drift:?}");
    // One that lets it in stays.
    write(path, "hub.toml", &own(&format!("accounts = ['{MANAGEMENT}', '{}']", id(2))));
    let kept = apply(&[]);
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert_eq!(organization.run(0, path, &asks("drift", &[])).code, Some(0));
}
