//! Root, second factors and access keys.

use super::*;

fn with_root(root: RootSummary, row: CredentialRow) -> Facts {
    let report = CredentialReport { made: days_ago(0), rows: vec![row] };
    Facts { root: Seen::Seen(root), credentials: Seen::Seen(report), ..clean() }
}

#[test]
fn the_root_user_is_judged_by_what_it_has() {
    let has = RootSummary { mfa: true, password: Some(true), ..RootSummary::default() };
    for (root, app, expected) in [
        (has, false, vec![]),
        (has, true, vec!["root-hardware-mfa"]),
        (RootSummary { keys: true, ..has }, false, vec!["root-access-keys"]),
        (RootSummary { mfa: false, ..has }, false, vec!["root-mfa"]),
        // Where AWS does not say whether there is a password, there may be one.
        (RootSummary { mfa: false, password: None, ..has }, false, vec!["root-mfa"]),
        // An organization has taken its credentials away (ROOT-5).
        (RootSummary { mfa: false, password: Some(false), ..has }, false, vec![]),
        (
            RootSummary { mfa: false, password: Some(false), certificates: true, ..has },
            false,
            vec!["root-mfa"],
        ),
    ] {
        let owners = app.then(|| format!("arn:aws:iam::{ACCOUNT}:root")).into_iter().collect();
        let facts = Facts { virtual_mfa: Seen::Seen(owners), ..with_root(root, root_row()) };
        assert_eq!(found(&facts), expected, "{root:?}");
    }
}

#[test]
fn work_as_root_is_shown_with_its_date() {
    let has = RootSummary { mfa: true, password: Some(true), ..RootSummary::default() };
    for (password, key, expected) in [
        (days_ago(2), None, vec!["root-unused"]),
        (None, days_ago(29), vec!["root-unused"]),
        (days_ago(30), days_ago(400), vec![]),
        (None, None, vec![]),
    ] {
        let row = CredentialRow {
            password_used: password,
            keys: [KeyRow { used: key, ..KeyRow::default() }, KeyRow::default()],
            ..root_row()
        };
        assert_eq!(found(&with_root(has, row)), expected, "{password:?} {key:?}");
    }
}

#[test]
fn a_report_without_a_row_for_root_decides_nothing_about_root() {
    let facts = Facts { credentials: Seen::Seen(CredentialReport::default()), ..clean() };
    let posture = judge(&facts, &everything_asked());
    assert_eq!(posture.findings, []);
    assert_eq!(posture.undecided.keys().collect::<Vec<_>>(), [&"root-unused"]);
}

fn row(name: &str) -> CredentialRow {
    CredentialRow {
        user: name.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        ..CredentialRow::default()
    }
}

fn with_users(rows: Vec<CredentialRow>) -> Facts {
    let rows = std::iter::once(root_row()).chain(rows).collect();
    Facts { credentials: Seen::Seen(CredentialReport { made: days_ago(0), rows }), ..clean() }
}

fn key(made: i64, used: Option<i64>) -> KeyRow {
    KeyRow { active: true, changed: days_ago(made), used: used.and_then(days_ago) }
}

#[test]
fn users_are_judged_by_password_device_and_keys() {
    let none = KeyRow::default();
    let person = CredentialRow { password: Some(true), password_used: days_ago(1), ..row("ann") };
    let robot = CredentialRow { password: Some(false), ..row("robot") };
    for (row, expected) in [
        (CredentialRow { mfa: true, ..person.clone() }, vec![]),
        (person.clone(), vec!["user-mfa"]),
        // Without a password there is nothing to sign in with.
        (robot.clone(), vec![]),
        (
            CredentialRow { mfa: true, password_used: days_ago(45), ..person.clone() },
            vec!["credentials-unused"],
        ),
        (CredentialRow { mfa: true, password_used: days_ago(44), ..person.clone() }, vec![]),
        (
            CredentialRow {
                mfa: true,
                password_used: None,
                password_changed: days_ago(60),
                ..person.clone()
            },
            vec!["credentials-unused"],
        ),
        (CredentialRow { keys: [key(10, Some(1)), none], ..robot.clone() }, vec![]),
        (CredentialRow { keys: [key(90, Some(1)), none], ..robot.clone() }, vec![]),
        (CredentialRow { keys: [key(91, Some(1)), none], ..robot.clone() }, vec!["access-key-age"]),
        (CredentialRow { keys: [key(50, None), none], ..robot.clone() }, vec!["credentials-unused"]),
        (CredentialRow { keys: [key(10, Some(1)), key(5, Some(1))], ..robot.clone() }, vec!["active-keys"]),
        // A key that is switched off does nothing.
        (CredentialRow { keys: [KeyRow { active: false, ..key(400, None) }, none], ..robot.clone() }, vec![]),
    ] {
        assert_eq!(found(&with_users(vec![row.clone()])), expected, "{row:?}");
    }
}

#[test]
fn a_key_is_named_by_its_id_where_that_is_certain() {
    let robot = CredentialRow { keys: [key(400, Some(3)), key(200, None)], ..row("robot") };
    let mut facts = with_users(vec![robot]);
    let known = |id: &str, made| AccessKey { id: id.into(), active: true, made: days_ago(made) };
    facts.keys.insert("robot".into(), Seen::Seen(vec![known("AKIAOLD", 400), known("AKIANEW", 200)]));
    let posture = judge(&facts, &everything_asked());
    let aged: Vec<&str> = posture
        .findings
        .iter()
        .filter(|finding| finding.rule.id == "access-key-age")
        .map(|finding| finding.next.as_str())
        .collect();
    assert_eq!(aged.len(), 2);
    assert!(aged.iter().any(|next| next.contains("--access-key-id AKIAOLD --status Inactive")), "{aged:?}");
    // Where AWS does not list them, the report's date is all there is, and it may hide an older key.
    facts.keys.insert("robot".into(), Seen::Unreadable(unread("iam:ListAccessKeys")));
    let posture = judge(&facts, &everything_asked());
    assert!(posture.findings.iter().any(|finding| finding.next.contains("--access-key-id ID")));
    assert!(posture.undecided.contains_key("access-key-age"), "{:?}", posture.undecided);
}

#[test]
fn an_exemption_holds_until_its_last_day_and_only_for_what_it_names() {
    let person = CredentialRow { password: Some(true), password_used: days_ago(1), ..row("Ann") };
    let facts = with_users(vec![person]);
    for (user, from, until, expected) in [
        ("ann", Exempt::Mfa, "2026-06-30", vec![]),
        ("ann", Exempt::Mfa, "2026-06-29", vec!["user-mfa"]),
        ("ann", Exempt::KeyAge, "2026-12-31", vec!["user-mfa"]),
        ("bob", Exempt::Mfa, "2026-12-31", vec!["user-mfa"]),
    ] {
        let mut asked = everything_asked();
        asked.users.as_mut().unwrap().exempt = vec![Exemption {
            user: user.into(),
            from: [from].into(),
            owner: "Chris".into(),
            reason: "new phone".into(),
            until: until.parse().unwrap(),
            origin: origin(),
        }];
        let posture = judge(&facts, &asked);
        assert_eq!(ids(&posture), expected, "{user} {from:?} {until}");
        let counted = posture.counted["user-mfa"];
        assert_eq!(
            (counted.checked, counted.drifted, counted.exempt),
            (1, expected.len(), 1 - expected.len())
        );
        if until == "2026-06-29" {
            let evidence = posture.findings[0].evidence.join(" ");
            assert!(evidence.contains("Chris") && evidence.contains("2026-06-29"), "{evidence}");
        }
    }
}

#[test]
fn what_goes_with_an_old_key_is_settled_with_it() {
    let known = |id: &str, made| AccessKey { id: id.into(), active: true, made: days_ago(made) };
    for (keys, settled) in [
        // The old one goes, and one stays.
        ([key(400, Some(1)), key(5, Some(1))], vec![("access-key-age", true), ("active-keys", true)]),
        // Nobody switches a young one off.
        ([key(50, None), key(5, Some(1))], vec![("credentials-unused", false), ("active-keys", false)]),
        ([key(400, None), KeyRow::default()], vec![("access-key-age", true), ("credentials-unused", true)]),
    ] {
        let mut facts = with_users(vec![CredentialRow { keys, ..row("robot") }]);
        let listed = keys.iter().flat_map(|key| key.changed);
        let listed =
            listed.map(|made| (now().duration_since(made).as_hours() / 24, "AKIA")).collect::<Vec<_>>();
        let listed = listed.iter().map(|(age, id)| known(id, *age)).collect();
        facts.keys.insert("robot".into(), Seen::Seen(listed));
        let mut asked = everything_asked();
        let answers = |asked: &Asked| -> Vec<(&str, bool)> {
            judge(&facts, asked).findings.iter().map(|f| (f.rule.id, f.fixed_by_apply)).collect()
        };
        assert!(answers(&asked).iter().all(|(_, settled)| !settled), "nobody asked for it: {keys:?}");
        asked.users.as_mut().unwrap().deactivate_stale_keys = true;
        assert_eq!(answers(&asked), settled, "{keys:?}");
    }
}

#[test]
fn where_a_device_is_asked_for_an_app_does_not_count() {
    let row = |name: &str| CredentialRow {
        user: name.into(),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        password: Some(true),
        password_used: days_ago(1),
        mfa: true,
        ..CredentialRow::default()
    };
    let report = CredentialReport { made: days_ago(0), rows: vec![root_row(), row("app"), row("key")] };
    let apps = [format!("arn:aws:iam::{ACCOUNT}:user/app")].into();
    let facts = Facts { credentials: Seen::Seen(report), virtual_mfa: Seen::Seen(apps), ..clean() };
    let posture = judge(&facts, &everything_asked());
    assert_eq!(ids(&posture), ["user-hardware-mfa"]);
    assert!(posture.findings[0].message.contains("of app is an app"), "{:?}", posture.findings);
    // Any factor is enough for those who ask for one.
    let mut asked = everything_asked();
    if let Some(users) = &mut asked.users {
        users.mfa = Some(demand(Factor::Any));
    }
    assert_eq!(ids(&judge(&facts, &asked)), Vec::<&str>::new());
}
