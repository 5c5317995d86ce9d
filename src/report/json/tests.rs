use super::super::sample::{self, heading};
use super::*;

fn lines(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[test]
fn the_committed_schema_is_the_schema_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/report.schema.json");
    let now = lines(&schema()) + "\n";
    if std::env::var_os("BASELINE_BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == now, "run the tests with BASELINE_BLESS=1 and commit {path}");
}

#[test]
fn a_step_tells_a_program_what_the_text_tells_a_person() {
    let report = Report::new(&heading(), &sample::rules(), Calls::default());
    insta::assert_snapshot!(lines(&report.steps), @r#"
    [
      {
        "addr": "ec2.security-group.web",
        "action": "update",
        "held": null,
        "origin": {
          "section": "network.tier.web",
          "line": 40
        },
        "changes": [
          {
            "path": "ingress[]",
            "before": {
              "cidr": "0.0.0.0/0",
              "from_port": 22,
              "group": null,
              "protocol": "tcp",
              "to_port": 22
            },
            "after": null
          },
          {
            "path": "ingress[]",
            "before": null,
            "after": {
              "cidr": "203.0.113.10/32",
              "from_port": 22,
              "group": null,
              "protocol": "tcp",
              "to_port": 22
            }
          }
        ]
      }
    ]
    "#);
}

#[test]
fn counts_and_obstacles_are_all_there() {
    let report = Report::new(&heading(), &sample::obstacles(), Calls::default());
    assert!(!report.complete && !report.converged);
    insta::assert_snapshot!(lines(&report.summary), @r#"
    {
      "create": 0,
      "adopt": 0,
      "update": 0,
      "replace": 0,
      "delete": 0,
      "held": 1,
      "unchanged": 7,
      "to_settle": 1,
      "unreadable": 2,
      "undeclared": 1
    }
    "#);
    insta::assert_snapshot!(lines(&(report.unreadable, report.unlisted)), @r#"
    [
      [
        {
          "addr": "ec2.vpc.main",
          "call": "ec2:DescribeVpcs",
          "denied": true,
          "message": "not allowed",
          "next": "allow ec2:DescribeVpcs on * to these credentials, then plan again"
        }
      ],
      [
        {
          "addr": null,
          "call": "iam:ListRoles",
          "denied": false,
          "message": "not allowed",
          "next": "retry; if it persists, see the AWS error"
        }
      ]
    ]
    "#);
}

#[test]
fn hostile_text_is_escaped_and_unchanged() {
    let report = Report::new(&heading(), &sample::hostile(), Calls::default());
    let text = report.text().unwrap();
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
    let read: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(read, serde_json::to_value(&report).unwrap());
}
