//! What a plan opens and closes for packets: said before the steps, and refused where a pipeline asks for that.

use serde_json::Value as Json;

use crate::desk::Desk;
use crate::emulator::Answer;

const SHOP: &str = "
name = 'shop'
region = 'us-east-1'
[network]
cidr = '10.20.0.0/16'
flow_logs = false
[network.tier.web]
public = true
accept = [{ from = 'internet', port = 443 }]
[network.tier.db]
accept = [{ from = 'web', port = 5432 }]
[[network.assert]]
name = 'nobody signs in from the internet'
from = 'internet'
to = 'web'
port = 22
expect = 'none'
reason = 'PCI 1.3'
";

impl Desk {
    /// The shop as it was applied.
    fn shop() -> Self {
        Self::applied("", SHOP)
    }

    fn command(&self, command: &str, options: &[&str], code: i32) -> Answer {
        self.ends(code, &[&[command, "file.toml"], options].concat())
    }

    /// What changes, a line each.
    fn connections(&self) -> Vec<String> {
        let plan: Json = serde_json::from_str(&self.command("plan", &["--json"], 0).stdout).unwrap();
        let rows = plan["network"]["connections"].as_array().into_iter().flatten();
        let text = |row: &Json, key: &str| row[key].as_str().unwrap().to_owned();
        let line = |row| {
            let [change, from, to, traffic] = ["change", "from", "to", "traffic"].map(|key| text(row, key));
            format!("{change} {from} -> {to}: {traffic}")
        };
        rows.map(line).collect()
    }

    /// Lets addresses in to a tier, in a console.
    fn let_in(&self, tier: &str, port: i32, range: &str) {
        self.by_hand("us-east-1", async |ec2| {
            let filter = aws_sdk_ec2::types::Filter::builder()
                .name("tag:baseline:addr")
                .values(format!("ec2.security-group.{tier}"))
                .build();
            let groups = ec2.describe_security_groups().filters(filter).send().await.unwrap();
            let id = groups.security_groups()[0].group_id().unwrap();
            let ingress = ec2.authorize_security_group_ingress().group_id(id);
            let ingress = ingress.ip_protocol("tcp").from_port(port).to_port(port).cidr_ip(range);
            ingress.send().await.unwrap();
        });
    }
}

#[test]
fn a_port_that_the_file_opens_is_one_line_and_a_pipeline_can_refuse_it() {
    let desk = Desk::shop();
    assert_eq!(desk.connections(), Vec::<String>::new(), "nothing changes");
    desk.write(&SHOP.replace("port = 443 }]", "port = 443 }, { from = 'internet', port = 8443 }]"));
    assert_eq!(desk.connections(), ["opens internet -> web: tcp 8443"]);
    let shown = desk.command("plan", &[], 0).stdout;
    assert!(shown.contains("Network connections (1)\n  opens     internet -> web  tcp 8443\n"), "{shown}");
    for who in ["internet", "any"] {
        let refused = desk.command("plan", &["--refuse-opening", who, "--out", "refused.plan"], 1);
        assert!(refused.stderr.contains("opens internet -> web  tcp 8443"), "{}", refused.stderr);
        assert!(!desk.folder.path().join("refused.plan").exists(), "a refused plan is not saved");
        desk.command("apply", &["--auto-approve", "--refuse-opening", who], 1);
    }
    assert_eq!(desk.connections(), ["opens internet -> web: tcp 8443"], "nothing was written");
    desk.command("apply", &["--auto-approve"], 0);
    assert_eq!(desk.connections(), Vec::<String>::new());
    desk.write(SHOP);
    assert_eq!(desk.connections(), ["closes internet -> web: tcp 8443"]);
    desk.command("plan", &["--refuse-opening", "any"], 0);
}

#[test]
fn what_opens_between_tiers_is_no_opening_to_the_internet() {
    let desk = Desk::shop();
    desk.write(&SHOP.replace("port = 5432 }]", "port = 5432 }, { from = 'web', port = 5433 }]"));
    assert_eq!(desk.connections(), ["opens web -> db: tcp 5433"]);
    desk.command("plan", &["--refuse-opening", "internet"], 0);
    desk.command("plan", &["--refuse-opening", "any"], 1);
}

#[test]
fn what_somebody_opened_by_hand_closes_and_a_filter_that_still_blocks_is_not_called_open() {
    let desk = Desk::shop();
    // The network ACL of the tier still denies it, so no packet gets through.
    desk.let_in("db", 22, "0.0.0.0/0");
    assert_eq!(desk.connections(), Vec::<String>::new());
    desk.let_in("web", 443, "10.20.8.0/21");
    // What the internet may do already, the other tier may do now, too: from addresses that are inside.
    desk.let_in("db", 5432, "10.20.8.0/21");
    let shown = desk.command("plan", &[], 0).stdout;
    assert!(!shown.contains("opens"), "{shown}");
}

#[test]
fn a_tier_that_leaves_the_file_closes_only_where_it_is_deleted() {
    let desk = Desk::shop();
    desk.write(
        "name = 'shop'\nregion = 'us-east-1'\n[network]\ncidr = '10.20.0.0/16'\nflow_logs = false\n\
         [network.tier.db]\naccept = [{ from = 'self', port = 5432 }]\n",
    );
    let plan = |options: &[&str]| {
        let plan = desk.command("plan", &[&["--json"], options].concat(), 0);
        serde_json::from_str::<Json>(&plan.stdout).unwrap()["network"]["connections"].to_string()
    };
    let closed = r#"{"change":"closes","from":"internet","from_end":"internet","reasons":[],"to":"web","to_end":"web","traffic":"tcp 443; icmp type 3 code 4"}"#;
    let stays = plan(&[]);
    assert!(!stays.contains(closed), "{stays}");
    let goes = plan(&["--prune"]);
    assert!(goes.contains(closed), "{goes}");
}

#[test]
fn an_assertion_that_does_not_hold_in_the_account_is_told_at_its_line() {
    let desk = Desk::shop();
    desk.by_hand("us-east-1", async |ec2| {
        let filter = aws_sdk_ec2::types::Filter::builder()
            .name("tag:baseline:addr")
            .values("ec2.network-acl.web")
            .build();
        let acls = ec2.describe_network_acls().filters(filter).send().await.unwrap();
        let id = acls.network_acls()[0].network_acl_id().unwrap();
        for egress in [false, true] {
            let entry = ec2.create_network_acl_entry().network_acl_id(id).egress(egress).rule_number(20_000);
            entry.protocol("-1").rule_action("allow".into()).cidr_block("0.0.0.0/0").send().await.unwrap();
        }
    });
    desk.let_in("web", 22, "0.0.0.0/0");
    assert_eq!(
        desk.connections(),
        ["closes internet -> web: tcp 22"],
        "answers to ports below 1024 are no connection"
    );
    let drift = desk.command("drift", &[], 2).stdout;
    let told = "this does not hold in the account: nobody signs in from the internet (PCI 1.3): internet reaches web \
                on tcp 22, for instance 203.0.113.7:49152 -> 10.20.0.4:22 tcp";
    assert!(drift.contains(told), "{drift}");
    assert!(drift.contains("file.toml:12"), "{drift}");
    let sarif = desk.command("drift", &["--format", "sarif"], 2).stdout;
    assert!(sarif.contains("nobody signs in from the internet"), "{sarif}");
}

#[test]
fn what_an_apply_would_open_is_told_alone_with_an_exit_code_of_its_own() {
    let desk = Desk::shop();
    let same = desk.command("network", &["--diff"], 0).stdout;
    assert!(same.ends_with("an apply opens and closes no connection\n"), "{same}");
    desk.write(&SHOP.replace("port = 443", "port = 8443"));
    let told = desk.command("network", &["--diff"], 2).stdout;
    let lines: Vec<String> =
        told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in ["opens internet -> web tcp 8443", "closes internet -> web tcp 443"] {
        assert!(lines.contains(&line.to_owned()), "{told}");
    }
    let json: Json =
        serde_json::from_str(&desk.command("network", &["--diff", "--format", "json"], 2).stdout).unwrap();
    for (change, traffic) in [("opens", "tcp 8443"), ("closes", "tcp 443")] {
        let is_it = |row: &Json| {
            row["change"] == change && row["from_end"] == "internet" && row["traffic"] == traffic
        };
        assert!(json["connections"].as_array().unwrap().iter().any(is_it), "{json}");
    }
    let picture = desk.command("network", &["--diff", "--format", "dot"], 1).stderr;
    assert!(picture.contains("text or JSON"), "{picture}");
}

#[test]
fn a_network_is_drawn_as_a_page_and_as_a_graph() {
    let desk = Desk::with("", SHOP);
    let page = desk.command("network", &["--format", "html"], 0).stdout;
    for told in
        ["<th scope=\"col\">db</th>", "<div>tcp 5432</div>", "nobody signs in from the internet", "file.toml"]
    {
        assert!(page.contains(told), "no {told} in {page}");
    }
    assert!(!page.contains("<script") && page.contains("default-src 'none'"), "{page}");
    let graph = desk.command("network", &["--format", "dot"], 0).stdout;
    assert!(graph.starts_with("digraph network {") && graph.ends_with("}\n"), "{graph}");
    assert!(graph.contains("[label=\"tcp 5432\"];"), "{graph}");
}
