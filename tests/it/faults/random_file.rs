//! Random valid files, with every section that puts things into the account.
//!
//! What AWS fixes for ever (a subnet's range, a load balancer's scheme) stays with its name, so that any
//! file can follow any other.

use std::fmt::Write as _;

use super::chance::Chance;

/// A file as it grows, and the chance that it grows by.
struct File<'a> {
    text: String,
    chance: &'a mut Chance,
}

/// A random valid baseline.
pub fn file(chance: &mut Chance) -> String {
    let mut file = File { text: String::new(), chance };
    file.say("name = \"any\"\nregion = \"us-east-1\"");
    let keys = file.some(&["trail", "data"], 40);
    let buckets = file.some(&["logs", "files", "more"], 60);
    // The first bucket receives logs, which need the key of S3 (S3-13, ELB-5).
    let receiver = buckets.first().copied();
    file.account(&keys);
    file.password_policy();
    let roles = file.some(&["reader", "writer", "web"], 40);
    file.keys(&keys, &roles);
    file.buckets(&buckets, &keys);
    if let Some(bucket) = receiver.filter(|_| file.chance.percent(40)) {
        file.trail(bucket, &keys, &roles);
    }
    let policies = file.policies();
    file.roles(&roles, &policies);
    file.groups(&policies);
    if file.chance.percent(50) {
        file.network(receiver, &keys, &roles);
    }
    let stage = *file.chance.of(&["test", "prod"]);
    file.say(format!("[tags]\nstage = \"{stage}\""));
    file.text
}

impl File<'_> {
    fn say(&mut self, line: impl AsRef<str>) {
        writeln!(self.text, "{}", line.as_ref()).expect("a string grows");
    }

    fn some<'t>(&mut self, names: &[&'t str], percent: usize) -> Vec<&'t str> {
        names.iter().copied().filter(|_| self.chance.percent(percent)).collect()
    }

    /// A key with one of its values, or left out.
    fn maybe(&mut self, key: &str, values: &[&str]) {
        if self.chance.percent(60) {
            let value = *self.chance.of(values);
            self.say(format!("{key} = {value}"));
        }
    }

    fn account(&mut self, keys: &[&str]) {
        self.say("[account]");
        for (key, values) in [
            ("block_public_buckets", &["true", "false"][..]),
            ("ebs_encryption", &["true", "false"]),
            ("imdsv2", &["\"required\"", "\"optional\""]),
            ("block_public_snapshots", &["\"all\"", "\"new\"", "false"]),
            ("block_public_images", &["true", "false"]),
        ] {
            let value = *self.chance.of(values);
            self.say(format!("{key} = {value}"));
        }
        // What is left out is not managed: only what every file says comes back with the file.
        let hops = 1 + self.chance.below(3);
        self.say(format!("imds_hop_limit = {hops}"));
        if let Some(key) = keys.first().filter(|_| self.chance.percent(30)) {
            self.say(format!("ebs_kms_key = \"{key}\""));
        }
    }

    fn password_policy(&mut self) {
        self.say("[password_policy]");
        let (length, reuse) = (8 + self.chance.below(12), 5 + self.chance.below(19));
        self.say(format!("min_length = {length}\nreuse_prevention = {reuse}"));
        self.maybe("profile", &["\"cis\"", "\"fsbp\""]);
        self.maybe("max_age_days", &["30", "90", "false"]);
        self.maybe("require_symbols", &["true", "false"]);
        self.maybe("users_may_change", &["true", "false"]);
    }

    fn keys(&mut self, keys: &[&str], roles: &[&str]) {
        for key in keys {
            let days = *self.chance.of(&["false", "365", "180"]);
            self.say(format!("[kms_key.{key}]\nrotation_days = {days}"));
            if let Some(role) = roles.first().filter(|_| self.chance.percent(40)) {
                self.say(format!("users = [\"{role}\"]"));
            }
        }
    }

    fn buckets(&mut self, buckets: &[&str], keys: &[&str]) {
        for (place, bucket) in buckets.iter().enumerate() {
            self.say(format!("[bucket.{bucket}]"));
            let receiver = buckets[0];
            let logged = place > 0 && self.chance.percent(50);
            self.say(if logged {
                format!("access_log = \"{receiver}\"")
            } else {
                "access_log = false".into()
            });
            if let Some(key) = keys.last().filter(|_| place > 0 && self.chance.percent(40)) {
                self.say(format!("encryption = \"kms:{key}\""));
            }
            self.maybe("versioning", &["true", "false"]);
            let days = 60 + self.chance.below(300);
            let lifecycle = match self.chance.below(3) {
                0 => "lifecycle = false".into(),
                1 => format!("lifecycle = {{ expire_after_days = {days} }}"),
                _ => format!("lifecycle = {{ archive_after_days = 45, expire_after_days = {days} }}"),
            };
            self.say(lifecycle);
            if self.chance.percent(30) {
                self.say("statements = [{ effect = \"deny\", principal = \"*\", actions = [\"s3:PutObjectAcl\"] }]");
            }
        }
    }

    fn trail(&mut self, bucket: &str, keys: &[&str], roles: &[&str]) {
        let key = keys.first().map_or("false".to_owned(), |key| format!("\"{key}\""));
        self.say(format!("[cloudtrail]\nbucket = \"{bucket}\"\nkms_key = {key}"));
        self.maybe("multi_region", &["true", "false"]);
        self.maybe("validation", &["true", "false"]);
        self.maybe("prefix", &["\"trail\"", "\"audit\""]);
        self.maybe("insights", &["[\"api-call-rate\"]", "[\"api-call-rate\", \"api-error-rate\"]"]);
        self.maybe("data_events", &["[{ type = \"s3\" }]", "[{ type = \"lambda\" }]"]);
        if let Some(role) = roles.last().filter(|_| !keys.is_empty() && self.chance.percent(30)) {
            self.say(format!("readers = [\"{role}\"]"));
        }
    }

    fn policies(&mut self) -> Vec<&'static str> {
        let policies = self.some(&["reading", "no-deletion"], 50);
        for policy in &policies {
            self.say(format!("[policy.{policy}]"));
            if *policy == "reading" {
                self.say("path = \"/any/\"");
                let actions = *self.chance.of(&["\"s3:GetObject\"", "\"s3:GetObject\", \"s3:ListBucket\""]);
                self.say(format!(
                    "allow = [{{ actions = [{actions}], resources = [\"arn:aws:s3:::elsewhere/*\"] }}]"
                ));
            } else {
                let action = *self.chance.of(&["kms:ScheduleKeyDeletion", "s3:DeleteBucket"]);
                self.say(format!("deny = [{{ actions = [\"{action}\"], resources = [\"*\"] }}]"));
            }
        }
        policies
    }

    fn groups(&mut self, policies: &[&str]) {
        for group in self.some(&["operators", "readers"], 40) {
            self.say(format!("[group.{group}]"));
            let mut carried = self.some(policies, 60);
            if self.chance.percent(40) {
                carried.push("arn:aws:iam::aws:policy/SecurityAudit");
            }
            self.say(format!("policies = {carried:?}"));
            self.maybe(
                "assume",
                &[
                    "[\"arn:aws:iam::${account}:role/auditor\"]",
                    "[{ accounts = [\"111122223333\", \"444455556666\"], role = \"auditor\" }]",
                ],
            );
            self.maybe("deny", &["[{ actions = [\"iam:*\"], resources = [\"*\"] }]"]);
        }
    }

    fn roles(&mut self, roles: &[&str], policies: &[&str]) {
        for role in roles {
            self.say(format!("[role.{role}]"));
            let trust = *self.chance.of(&[
                "{ accounts = [\"${account}\"] }",
                "{ accounts = [\"${account}\"], require_mfa = false, external_id = \"word\" }",
                "{ services = [\"lambda.amazonaws.com\"] }",
            ]);
            self.say(format!("trusted_by = {trust}"));
            let mut carried = self.some(policies, 40);
            for arn in ["arn:aws:iam::aws:policy/SecurityAudit", "arn:aws:iam::aws:policy/ReadOnlyAccess"] {
                if self.chance.percent(40) {
                    carried.push(arn);
                }
            }
            if !carried.is_empty() {
                self.say(format!("policies = {carried:?}"));
            }
            self.maybe(
                "allow",
                &[
                    "[{ actions = [\"ssm:GetParameter\"], resources = [\"arn:aws:ssm:*:*:parameter/any/*\"] }]",
                    "[{ actions = [\"s3:GetObject\"], resources = [\"arn:aws:s3:::elsewhere/*\"] }]",
                ],
            );
            self.maybe("boundary", &["\"arn:aws:iam::aws:policy/PowerUserAccess\""]);
            self.maybe("max_session_hours", &["1", "2", "12"]);
            // Instances run with this one.
            if *role == "web" {
                self.say("instance_profile = true");
            }
        }
    }

    fn network(&mut self, receiver: Option<&str>, keys: &[&str], roles: &[&str]) {
        let zones = 1 + self.chance.below(3);
        self.say(format!("[network]\ncidr = \"10.20.0.0/16\"\nzones = {zones}"));
        let logs = receiver.map_or("false".to_owned(), |bucket| format!("\"{bucket}\""));
        self.say(format!("flow_logs = {logs}"));
        self.maybe("deny", &["[\"198.51.100.0/24\"]", "[\"198.51.100.0/24\", \"192.0.2.0/24\"]"]);
        self.maybe("admin_from", &["[\"203.0.113.10/32\"]", "[\"203.0.113.0/28\", \"203.0.113.64/28\"]"]);
        let nat = *self.chance.of(&["none", "single", "per-zone"]);
        self.say(format!("nat = \"{nat}\""));
        let named = *self.chance.of(&["true", "false"]);
        self.say(format!("dns_hostnames = {named}"));
        let past_the_balancer = "{ from = \"internet\", port = 443, direct = true }";
        let https = *self.chance.of(&["{ from = \"internet\", port = 443 }", past_the_balancer]);
        let mut accept = vec![https, "{ from = \"internet\", port = 80 }"];
        for more in ["{ from = \"internet\", port = 8443 }", "{ from = \"self\", port = \"7000-7010\" }"] {
            if self.chance.percent(40) {
                accept.push(more);
            }
        }
        let accept = accept.join(", ");
        self.say(format!("[network.tier.web]\nblock = 0\npublic = true\naccept = [{accept}]"));
        self.maybe("public_ips", &["true", "false"]);
        // A load balancer needs two zones (ELB-4).
        if zones > 1 && self.chance.percent(50) {
            self.balancers(receiver, keys, roles);
        }
        if self.chance.percent(60) {
            let port = 3300 + self.chance.below(10);
            self.say(format!("[network.tier.db]\nblock = 1\naccept = [{{ from = \"web\", port = {port} }}]"));
            if nat != "none" {
                self.maybe("egress", &["\"internet\"", "[{ to = \"internet\", port = 587 }]"]);
            }
            if self.chance.percent(40) {
                self.say("[network.tier.cache]\nblock = 2\naccept = [{ from = \"db\", port = 6379 }, { from = \"10.99.0.0/24\", port = 6380, protocol = \"udp\" }]");
            }
            self.endpoints(named);
        }
    }

    fn endpoints(&mut self, named: &str) {
        if self.chance.percent(40) {
            self.say("[network.endpoint.s3]\nservice = \"s3\"\ntiers = [\"db\"]");
            self.maybe("ports", &["[443]", "[80, 443]"]);
            self.maybe(
                "policy",
                // Not `false`: what nobody declares stays as the file before it left it.
                &[
                    "[{ effect = \"allow\", principal = \"*\", actions = [\"s3:PutObject\"] }]",
                    "[{ effect = \"allow\", principal = \"*\", actions = [\"s3:GetObject\"] }]",
                ],
            );
        }
        if self.chance.percent(40) {
            let service = *self.chance.of(&["\"ssm\"", "[\"ssm\", \"ssmmessages\"]"]);
            let place = *self.chance.of(&["web", "db"]);
            let tiers = *self.chance.of(&["[\"db\"]", "[\"web\", \"db\"]"]);
            self.say(format!(
                "[network.endpoint.ssm]\nservice = {service}\nin = \"{place}\"\ntiers = {tiers}\nprivate_dns = {named}"
            ));
        }
    }

    fn balancers(&mut self, receiver: Option<&str>, keys: &[&str], roles: &[&str]) {
        let mut balancers = Vec::new();
        for (name, internal) in [("web", false), ("inner", true)] {
            if !self.chance.percent(if internal { 30 } else { 80 }) {
                continue;
            }
            balancers.push(name);
            self.say(format!("[load_balancer.{name}]\ntier = \"web\"\ninternal = {internal}"));
            self.maybe(
                "certificate",
                &["\"arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-4333-8444-555555555555\""],
            );
            self.maybe("deletion_protection", &["true", "false"]);
            self.maybe("idle_timeout", &["60", "120"]);
            self.maybe("drop_invalid_headers", &["true", "false"]);
            self.maybe("target", &["{ port = 8080 }", "{ health_path = \"/health\", drain_seconds = 30 }"]);
            if let Some(bucket) = receiver.filter(|_| self.chance.percent(50)) {
                self.say(format!("access_logs = \"{bucket}\""));
            }
        }
        for group in self.some(&["web", "jobs"], 60) {
            let place = match balancers.first().filter(|_| group == "web") {
                Some(balancer) => format!("load_balancer = \"{balancer}\""),
                None => "tier = \"web\"".into(),
            };
            let machine = *self.chance.of(&["t3.micro", "t3.small"]);
            let (least, most) = (self.chance.below(2), 2 + self.chance.below(3));
            self.say(format!(
                "[auto_scaling.{group}]\n{place}\ninstance_type = \"{machine}\"\nmin = {least}\nmax = {most}\ndesired = {least}"
            ));
            self.maybe("target_cpu", &["60", "40", "false"]);
            self.maybe("user_data", &["\"#!/bin/sh\\ntrue\\n\""]);
            self.maybe("hop_limit", &["1", "2"]);
            self.maybe("detailed_monitoring", &["true", "false"]);
            if roles.contains(&"web") && self.chance.percent(60) {
                self.say("role = \"web\"");
            }
            match keys.last().filter(|_| self.chance.percent(40)) {
                Some(key) => self.say(format!("volume = {{ size_gib = 20, kms_key = \"{key}\" }}")),
                None => self.maybe("volume", &["{ size_gib = 20 }", "{ type = \"gp2\" }"]),
            }
        }
    }
}
