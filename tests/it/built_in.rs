//! The built-in account as a person meets it: no credentials, nothing to install, kept between commands.

use crate::at_home::{baseline, said, shipped};

#[test]
fn every_shipped_baseline_is_applied_and_then_there_is_nothing_left_to_do() {
    // posture.toml asks for what no API settles too; tests/it/posture.rs says what it leaves.
    for name in ["landing-zone.toml", "logging.toml", "two-tier.toml"] {
        let folder = tempfile::tempdir().unwrap();
        shipped(folder.path(), name);
        let first = baseline(folder.path(), &["--sandbox=account", "apply", name, "--auto-approve", "-q"]);
        assert_eq!(first.status.code(), Some(0), "{name}: {}", said(&first));
        let second =
            baseline(folder.path(), &["--sandbox=account", "plan", name, "--detailed-exitcode", "-q"]);
        assert_eq!(second.status.code(), Some(0), "{name}: {}", said(&second));
        assert!(said(&second).contains("no changes"), "{name}: {}", said(&second));
        let drift = baseline(folder.path(), &["--sandbox=account", "drift", name, "-q"]);
        assert_eq!(drift.status.code(), Some(0), "{name}: {}", said(&drift));
    }
}

#[test]
fn an_apply_says_which_instances_a_changed_template_does_not_reach() {
    let folder = tempfile::tempdir().unwrap();
    let apply = |kind: &str| {
        let text = format!(
            "name = 'shop'\nregion = 'us-east-1'\n[network]\ncidr = '10.0.0.0/16'\nnat = 'none'\n\
             flow_logs = false\n[network.tier.web]\npublic = true\npublic_ips = true\n\
             accept = [{{ from = 'internet', port = 80 }}]\n\
             [auto_scaling.web]\ntier = 'web'\nmin = 2\nmax = 4\ninstance_type = '{kind}'\n"
        );
        std::fs::write(folder.path().join("shop.toml"), text).unwrap();
        let applied = baseline(folder.path(), &["--sandbox=a", "apply", "shop.toml", "--auto-approve"]);
        assert_eq!(applied.status.code(), Some(0), "{}", said(&applied));
        said(&applied)
    };
    let words = "2 of 2 instances run version 1 of the launch template, the default is version 2";
    assert!(!apply("t3.micro").contains("instances run"), "all of them are new");
    let changed = apply("t3.small");
    let verified = changed.find("verified: ").unwrap_or_else(|| panic!("{changed}"));
    assert!(changed[verified..].contains(words), "{changed}");
}

#[test]
fn a_plan_of_the_whole_landing_zone_asks_at_most_70_times_and_8_times_for_each_region_in_3_rounds() {
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path(), "landing-zone.toml");
    let arguments = ["--sandbox=account", "apply", "landing-zone.toml", "--auto-approve", "-q"];
    assert_eq!(baseline(folder.path(), &arguments).status.code(), Some(0));
    let plan = baseline(folder.path(), &["--sandbox=account", "plan", "landing-zone.toml", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert!(report["calls"]["total"].as_u64().unwrap() <= 70 + 17 * 8, "{}", report["calls"]);
    assert!(report["calls"]["rounds"].as_u64().unwrap() <= 3, "{}", report["calls"]);
    assert_eq!(report["calls"]["writes"], 0);
    // Neither the credentials, which name theirs, nor a file that does, are waited for.
    let file = folder.path().join("landing-zone.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let named = text.replace("# allowed = [\"123456789012\"]", "allowed = [\"123456789012\"]");
    assert_ne!(named, text, "the line to name the account with is gone");
    std::fs::write(&file, named).unwrap();
    let plan = baseline(folder.path(), &["--sandbox=account", "plan", "landing-zone.toml", "--json"]);
    let named: serde_json::Value = serde_json::from_slice(&plan.stdout).unwrap();
    assert_eq!(named["calls"]["total"], report["calls"]["total"]);
    assert!(named["calls"]["rounds"].as_u64().unwrap() <= 3, "{}", named["calls"]);
}

#[test]
fn the_account_is_kept_between_commands_and_started_again_by_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    shipped(folder.path(), "logging.toml");
    let exit = |arguments: &[&str]| baseline(folder.path(), arguments).status.code();
    assert_eq!(exit(&["--sandbox=a", "apply", "logging.toml", "--auto-approve", "-q"]), Some(0));
    assert_eq!(exit(&["--sandbox=a", "drift", "logging.toml", "-q"]), Some(0));
    assert_eq!(
        exit(&["--sandbox=b", "drift", "logging.toml", "-q"]),
        Some(2),
        "another folder is another account"
    );
    assert_eq!(exit(&["--sandbox", "drift", "logging.toml", "-q"]), Some(2), "and so is the usual one");
    assert_eq!(exit(&["--sandbox=a", "sandbox", "reset"]), Some(0));
    assert_eq!(exit(&["--sandbox=a", "drift", "logging.toml", "-q"]), Some(2));
}
