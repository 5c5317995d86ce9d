//! Attributes of load balancers, target groups and listeners, with AWS's own defaults (ELB-9).

use std::collections::BTreeMap;

use super::access_log;
use super::find::{Kind, LISTENER, LOAD_BALANCER, TARGET_GROUP, invalid};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Attributes by key, as far as they were set.
pub type Attributes = BTreeMap<String, String>;

/// What a value may be.
#[derive(Debug, Clone, Copy)]
enum Allowed {
    Flag,
    Number(i64, i64),
    Words(&'static [&'static str]),
    Text,
    /// Nothing but its default.
    Fixed,
}

type Row = (&'static str, &'static str, Allowed);

use Allowed::{Fixed, Flag, Number, Text, Words};

const LOAD_BALANCERS: &[Row] = &[
    ("access_logs.s3.enabled", "false", Flag),
    ("access_logs.s3.bucket", "", Text),
    ("access_logs.s3.prefix", "", Text),
    ("client_keep_alive.seconds", "3600", Number(60, 604_800)),
    ("connection_logs.s3.enabled", "false", Flag),
    ("connection_logs.s3.bucket", "", Text),
    ("connection_logs.s3.prefix", "", Text),
    ("deletion_protection.enabled", "false", Flag),
    ("health_check_logs.s3.enabled", "false", Flag),
    ("health_check_logs.s3.bucket", "", Text),
    ("health_check_logs.s3.prefix", "", Text),
    ("idle_timeout.timeout_seconds", "60", Number(1, 4_000)),
    ("ipv6.deny_all_igw_traffic", "false", Flag),
    // Always on for application load balancers.
    ("load_balancing.cross_zone.enabled", "true", Fixed),
    ("routing.http.desync_mitigation_mode", "defensive", Words(&["monitor", "defensive", "strictest"])),
    ("routing.http.drop_invalid_header_fields.enabled", "false", Flag),
    ("routing.http.preserve_host_header.enabled", "false", Flag),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", Flag),
    ("routing.http.xff_client_port.enabled", "false", Flag),
    ("routing.http.xff_header_processing.mode", "append", Words(&["append", "preserve", "remove"])),
    ("routing.http2.enabled", "true", Flag),
    ("waf.fail_open.enabled", "false", Flag),
    ("zonal_shift.config.enabled", "false", Flag),
];

const TARGET_GROUPS: &[Row] = &[
    ("deregistration_delay.timeout_seconds", "300", Number(0, 3_600)),
    ("load_balancing.algorithm.anomaly_mitigation", "off", Words(&["on", "off"])),
    (
        "load_balancing.algorithm.type",
        "round_robin",
        Words(&["round_robin", "least_outstanding_requests", "weighted_random"]),
    ),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        Words(&["true", "false", "use_load_balancer_configuration"]),
    ),
    ("slow_start.duration_seconds", "0", Number(0, 900)),
    ("stickiness.app_cookie.cookie_name", "", Text),
    ("stickiness.app_cookie.duration_seconds", "86400", Number(1, 604_800)),
    ("stickiness.enabled", "false", Flag),
    ("stickiness.lb_cookie.duration_seconds", "86400", Number(1, 604_800)),
    ("stickiness.type", "lb_cookie", Words(&["lb_cookie", "app_cookie"])),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1", Text),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", Text),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", Text),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", Text),
];

const LISTENERS: &[Row] = &[
    ("routing.http.response.access_control_allow_credentials.header_value", "", Text),
    ("routing.http.response.access_control_allow_headers.header_value", "", Text),
    ("routing.http.response.access_control_allow_methods.header_value", "", Text),
    ("routing.http.response.access_control_allow_origin.header_value", "", Text),
    ("routing.http.response.access_control_expose_headers.header_value", "", Text),
    ("routing.http.response.access_control_max_age.header_value", "", Text),
    ("routing.http.response.content_security_policy.header_value", "", Text),
    ("routing.http.response.server.enabled", "true", Flag),
    ("routing.http.response.strict_transport_security.header_value", "", Text),
    ("routing.http.response.x_content_type_options.header_value", "", Text),
    ("routing.http.response.x_frame_options.header_value", "", Text),
];

/// What an HTTPS listener has beside those.
const HTTPS_LISTENERS: &[Row] = &[
    ("routing.http.request.x_amzn_mtls_clientcert.header_name", "X-Amzn-Mtls-Clientcert", Text),
    ("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name", "X-Amzn-Mtls-Clientcert-Issuer", Text),
    ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", "X-Amzn-Mtls-Clientcert-Leaf", Text),
    (
        "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
        "X-Amzn-Mtls-Clientcert-Serial-Number",
        Text,
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
        "X-Amzn-Mtls-Clientcert-Subject",
        Text,
    ),
    (
        "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
        "X-Amzn-Mtls-Clientcert-Validity",
        Text,
    ),
    ("routing.http.request.x_amzn_tls_cipher_suite.header_name", "X-Amzn-Tls-Cipher-Suite", Text),
    ("routing.http.request.x_amzn_tls_version.header_name", "X-Amzn-Tls-Version", Text),
];

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("DescribeLoadBalancerAttributes", |cx, params| read(cx, params, &LOAD_BALANCER)),
    operation("ModifyLoadBalancerAttributes", |cx, params| write(cx, params, &LOAD_BALANCER)),
    operation("DescribeTargetGroupAttributes", |cx, params| read(cx, params, &TARGET_GROUP)),
    operation("ModifyTargetGroupAttributes", |cx, params| write(cx, params, &TARGET_GROUP)),
    operation("DescribeListenerAttributes", |cx, params| read(cx, params, &LISTENER)),
    operation("ModifyListenerAttributes", |cx, params| write(cx, params, &LISTENER)),
];

/// A load balancer's attribute, with its default.
pub fn of_load_balancer<'a>(attributes: &'a Attributes, key: &str) -> &'a str {
    let default = LOAD_BALANCERS.iter().find(|row| row.0 == key).map_or("", |row| row.1);
    attributes.get(key).map_or(default, String::as_str)
}

fn parameter(kind: &Kind) -> &'static str {
    match kind.path {
        "loadbalancer/" => "LoadBalancerArn",
        "targetgroup/" => "TargetGroupArn",
        _ => "ListenerArn",
    }
}

fn rows(kind: &Kind, https: bool) -> Vec<Row> {
    match kind.path {
        "loadbalancer/" => LOAD_BALANCERS.to_vec(),
        "targetgroup/" => TARGET_GROUPS.to_vec(),
        _ if https => [LISTENERS, HTTPS_LISTENERS].concat(),
        _ => LISTENERS.to_vec(),
    }
}

fn shown(rows: &[Row], attributes: &Attributes) -> Answer {
    let pairs = rows.iter().map(|(key, default, _)| {
        let value = attributes.get(*key).map_or(*default, String::as_str);
        Fields::new().with("Key", *key).with("Value", value)
    });
    Fields::new().list("Attributes", pairs).into()
}

fn read(cx: &mut Context<'_>, params: &Params, kind: &Kind) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let arn = params.required(parameter(kind))?;
    let elb = &cx.home().elb;
    let (attributes, https) = match kind.path {
        "loadbalancer/" => (&kind.find(&elb.load_balancers, lens, arn)?.attributes, false),
        "targetgroup/" => (&kind.find(&elb.target_groups, lens, arn)?.attributes, false),
        _ => {
            let listener = kind.find(&elb.listeners, lens, arn)?;
            (&listener.attributes, listener.protocol == "HTTPS")
        }
    };
    Ok(shown(&rows(kind, https), attributes))
}

/// Changes the keys that are named and no others.
fn write(cx: &mut Context<'_>, params: &Params, kind: &Kind) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let arn = params.required(parameter(kind))?;
    let https = {
        let elb = &cx.home().elb;
        match kind.path {
            "loadbalancer/" => kind.find(&elb.load_balancers, lens, arn).map(|_| false)?,
            "targetgroup/" => kind.find(&elb.target_groups, lens, arn).map(|_| false)?,
            _ => kind.find(&elb.listeners, lens, arn)?.protocol == "HTTPS",
        }
    };
    let rows = rows(kind, https);
    let sent = sent(params, kind, &rows)?;
    if kind.path == LOAD_BALANCER.path {
        let mut after = cx.home().elb.load_balancers.get(arn).map(|lb| lb.truth().attributes.clone());
        if let Some(after) = &mut after {
            after.extend(sent.clone());
            access_log::check(cx, after, &sent)?;
        }
    }
    let elb = &mut cx.home().elb;
    let attributes = match kind.path {
        "loadbalancer/" => &mut kind.find_mut(&mut elb.load_balancers, lens, arn)?.change(now).attributes,
        "targetgroup/" => &mut kind.find_mut(&mut elb.target_groups, lens, arn)?.change(now).attributes,
        _ => &mut kind.find_mut(&mut elb.listeners, lens, arn)?.change(now).attributes,
    };
    attributes.extend(sent);
    Ok(shown(&rows, attributes))
}

/// Reads and checks the attributes of a request.
fn sent(params: &Params, kind: &Kind, rows: &[Row]) -> Result<Attributes, Fault> {
    let listed = params.maps("Attributes");
    if listed.is_empty() {
        return Err(params.missing("Attributes"));
    }
    let mut sent = Attributes::new();
    let mut title = kind.noun.to_owned();
    title[..1].make_ascii_uppercase();
    for pair in listed {
        let key = pair.required("Key")?;
        let value = pair.text("Value").unwrap_or_default();
        let row = rows.iter().find(|row| row.0 == key);
        let (_, default, allowed) =
            row.ok_or_else(|| invalid(format!("{title} attribute key '{key}' is not recognized")))?;
        let fits = match allowed {
            Flag => matches!(value, "true" | "false"),
            Number(least, most) => value.parse().is_ok_and(|number| (*least..=*most).contains(&number)),
            Words(words) => words.contains(&value),
            Text => value.len() <= 1024,
            Fixed => value == *default,
        };
        if !fits {
            return Err(invalid(format!("{title} attribute key '{key}' has an invalid value '{value}'")));
        }
        if sent.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(invalid(format!("{title} attribute key '{key}' was specified more than once")));
        }
    }
    Ok(sent)
}
