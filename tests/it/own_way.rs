//! The way that whoever carries out a plan comes: the connection, and the role that is assumed. Cut, it is refused or put back.

use aws_sdk_ec2::types::Filter;

use crate::desk::Desk;
use crate::emulator::Answer;

const HEAD: &str = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n\
                    [network]\ncidr = '10.20.0.0/16'\nflow_logs = false\n";
const WEB: &str = "[network.tier.web]\npublic = true\n";
const PEOPLE: &str = "{ from = '203.0.113.0/24', port = 22 }";
const SHOP: &str = "{ from = 'internet', port = 443 }";

/// The file with what the tier accepts, and more of its keys.
fn web(accept: &[&str], more: &str) -> String {
    format!("{WEB}accept = [{}]\n{more}", accept.join(", "))
}

/// The fifth address of a subnet of the tier, which an instance may have.
fn machine(desk: &Desk) -> String {
    desk.by_hand("us-east-1", async |ec2| {
        let filter = Filter::builder().name("tag:baseline:name").values("shop").build();
        let answer = ec2.describe_subnets().filters(filter).send().await.unwrap();
        let range: ipnet::Ipv4Net = answer.subnets()[0].cidr_block().unwrap().parse().unwrap();
        range.hosts().nth(4).unwrap().to_string()
    })
}

/// Plans as somebody who is signed in to that machine by SSH.
fn plan_by_ssh(desk: &Desk, client: &str, machine: &str, port: u16) -> Answer {
    let session = format!("{client} 50122 {machine} {port}");
    desk.emulator.run_with(desk.folder.path(), &[("SSH_CONNECTION", &session)], ["plan", "file.toml"])
}

/// What changes, the file, who comes, to which machine and port, and the words that are told.
type Case<'a> = (&'a str, String, &'a str, &'a str, u16, &'a [&'a str]);

#[test]
fn a_plan_that_cuts_the_connection_its_caller_comes_through_says_so_and_apply_refuses_it() {
    let desk = Desk::applied(HEAD, &web(&[SHOP, PEOPLE], ""));
    let here = machine(&desk);
    let cut = "closes the connection that you come through: the SSH session from 203.0.113.7";
    let to_aws = "closes the connection that you come through: the way from this machine";
    let narrower = "{ from = '203.0.113.0/28', port = 22 }";
    let cases: [Case<'_>; 8] = [
        ("the port is closed", web(&[SHOP], ""), "203.0.113.7", &here, 22, &[cut]),
        (
            "the range no longer holds the client",
            web(&[SHOP, narrower], ""),
            "203.0.113.17",
            &here,
            22,
            &["the SSH session from 203.0.113.17"],
        ),
        ("the range still holds the client", web(&[SHOP, narrower], ""), "203.0.113.7", &here, 22, &[]),
        (
            "another port opens",
            web(&[SHOP, PEOPLE, "{ from = 'internet', port = 80 }"], ""),
            "203.0.113.7",
            &here,
            22,
            &[],
        ),
        ("the machine is elsewhere", web(&[SHOP], ""), "203.0.113.7", "192.168.7.7", 22, &[]),
        (
            "nothing goes out any more",
            web(&[SHOP, PEOPLE], "egress = 'none'\n"),
            "203.0.113.7",
            &here,
            22,
            &[to_aws],
        ),
        (
            "a port that other groups of the machine let in",
            web(&[SHOP], ""),
            "198.51.100.7",
            &here,
            2222,
            &[],
        ),
        (
            "the client is denied, whatever groups let in",
            format!("deny = ['203.0.113.0/24']\n{}", web(&[SHOP], "")),
            "203.0.113.7",
            &here,
            22,
            &[cut],
        ),
    ];
    for (what, sections, client, machine, port, told) in cases {
        desk.write(&sections);
        let plan = plan_by_ssh(&desk, client, machine, port);
        assert_eq!(plan.code, Some(0), "{what}: {plan:?}");
        assert_eq!(plan.stdout.contains("that you come through"), !told.is_empty(), "{what}: {plan:?}");
        for words in told {
            assert!(plan.stdout.contains(words), "{what}: {plan:?}");
        }
    }
    // Refused until it is meant; then it is the last that is written.
    desk.write(&web(&[SHOP], ""));
    let session = format!("203.0.113.7 50122 {here} 22");
    let session: [(&str, &str); 1] = [("SSH_CONNECTION", &session)];
    let apply = ["apply", "file.toml", "--auto-approve"];
    let refused = desk.emulator.run_with(desk.folder.path(), &session, apply);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("nothing was written") && refused.stderr.contains(cut), "{refused:?}");
    let mut meant: Vec<&str> = apply.to_vec();
    let named: Vec<String> = refused
        .stderr
        .lines()
        .filter_map(|line| line.trim().split_once(" closes the connection").map(|(addr, _)| addr.to_owned()))
        .collect();
    assert!(!named.is_empty(), "{refused:?}");
    for addr in &named {
        meant.extend(["--accept-lockout", addr]);
    }
    let done = desk.emulator.run_with(desk.folder.path(), &session, meant);
    assert_eq!(done.code, Some(0), "{done:?}");
}

const ROLE: &str = "arn:aws:iam::123456789012:role/deploy";

/// A file that declares the very role which carries it out.
fn own_role(trust: &str) -> String {
    format!(
        "[role.deploy]\nname = 'deploy'\npolicies = ['arn:aws:iam::aws:policy/AdministratorAccess']\n{trust}"
    )
}

#[test]
fn a_trust_policy_that_does_not_let_its_caller_in_again_is_put_back_while_the_session_lives() {
    let head = "name = 'shop'\nregion = 'us-east-1'\n[account]\nregions = ['us-east-1']\n";
    let desk =
        Desk::applied(head, &own_role("trusted_by = { accounts = ['123456789012'], require_mfa = false }\n"));
    let config = desk.folder.path().join("config");
    let source = "[profile key]\naws_access_key_id = AKIA123456789012TEST\naws_secret_access_key = x\n";
    let assumed = format!("[profile deploy]\nrole_arn = {ROLE}\nsource_profile = key\nregion = us-east-1\n");
    std::fs::write(&config, format!("{source}{assumed}")).unwrap();
    let config = config.display().to_string();
    let through =
        [("AWS_CONFIG_FILE", config.as_str()), ("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];
    let run = |arguments: &[&str]| {
        desk.emulator.run_with(desk.folder.path(), &through, [arguments, &["--profile", "deploy"]].concat())
    };
    // Only with an external id: whether the caller gives one, nobody can know beforehand.
    desk.write(&own_role(
        "trusted_by = { accounts = ['123456789012'], require_mfa = false, external_id = 'shop-7' }\n",
    ));
    let refused = run(&["apply", "file.toml", "--auto-approve"]);
    assert!(refused.stderr.contains("sts:ExternalId") && refused.code == Some(1), "{refused:?}");
    let tried = run(&["apply", "file.toml", "--auto-approve", "--accept-lockout", "iam.role.deploy"]);
    assert_eq!(tried.code, Some(1), "{tried:?}");
    let told = "does not let these credentials in again, so the old one was put back";
    assert!(format!("{}{}", tried.stdout, tried.stderr).contains(told), "{tried:?}");
    assert_eq!(run(&["drift", "file.toml"]).code, Some(2), "the role is as it was, and can still be assumed");
    // One that lets the caller in stays.
    desk.write(&own_role(
        "trusted_by = { accounts = ['123456789012', '210987654321'], require_mfa = false }\n",
    ));
    let kept = run(&["apply", "file.toml", "--auto-approve"]);
    assert_eq!(kept.code, Some(0), "{kept:?}");
}
