//! Where a file declares what its own audit would then find: apply and drift would never agree.

use super::Diagnostic;
use super::audit::Audit;
use super::names::Names;
use super::types::{DeclaredOrArn, PolicyText, Ports, TrustedAccount};
use super::{Span, Spanned};

/// Managed policies with which somebody can do everything, or can give themselves the right to.
const ADMINISTRATOR: [&str; 2] = ["AdministratorAccess", "IAMFullAccess"];

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    if let Some(audit) = &names.file.audit {
        open_ports(names, audit, problems);
        instances(names, audit, problems);
        trail(names, audit, problems);
        guarded_trust(names, audit, problems);
        grants(names, audit, problems);
    }
    administrators(names, problems);
}

fn contradiction(span: &Span, what: impl Into<String>, asks: &Span, hint: &str) -> Diagnostic {
    Diagnostic::warning("contradiction", span, what).related(asks, "this asks for something else").hint(hint)
}

/// Ports that the audit wants closed and that something of the file opens.
fn open_ports(names: &Names<'_>, audit: &Audit, problems: &mut Vec<Diagnostic>) {
    let mut opens = |span: &Span, ports: Ports| {
        let closed = |closed: &&Spanned<Ports>| closed.from <= ports.to && ports.from <= closed.to;
        if let Some(closed) = audit.closed_ports.iter().find(closed) {
            let asks = if audit.closed_ports.given { &closed.span } else { &audit.header.span };
            let what =
                format!("this opens {ports} to the world, and `closed_ports` wants {} closed", closed.value);
            problems.push(contradiction(
                span,
                what,
                asks,
                "let in fewer, or take the port out of `closed_ports` in `[audit]`",
            ));
        }
    };
    let tiers = names.file.network.iter().flat_map(|network| network.tier.iter());
    for accept in
        tiers.flat_map(|tier| tier.section.accept.iter()).filter(|accept| accept.is_from_the_world())
    {
        if let Some(port) = &accept.port {
            opens(&port.span, port.value);
        }
    }
}

/// Groups whose instances would run without an instance profile.
fn instances(names: &Names<'_>, audit: &Audit, problems: &mut Vec<Diagnostic>) {
    if !audit.instance_profiles.value {
        return;
    }
    let asks = if audit.instance_profiles.given { &audit.instance_profiles.span } else { &audit.header.span };
    for group in names.file.auto_scaling.iter().filter(|group| group.section.role.is_none()) {
        problems.push(contradiction(
            &group.section.header.span,
            "these instances run without a role, and `[audit]` wants an instance profile on every instance",
            asks,
            "add `role = \"NAME\"` of a `[role.NAME]` with `instance_profile = true`, or set `instance_profiles = false` \
             in `[audit]`",
        ));
    }
}

/// A trail that does not record every region.
fn trail(names: &Names<'_>, audit: &Audit, problems: &mut Vec<Diagnostic>) {
    let Some(trail) = names.file.cloudtrail.as_ref().filter(|_| audit.trail_in_every_region.value) else {
        return;
    };
    let asks = &audit.trail_in_every_region;
    let asks = if asks.given { &asks.span } else { &audit.header.span };
    for (key, what) in [
        (
            &trail.multi_region,
            "this trail records one region, and `[audit]` wants one that records every region",
        ),
        (&trail.logging, "this trail does not record, and `[audit]` wants one that records every region"),
    ] {
        if !key.value {
            problems.push(contradiction(
                &key.span,
                what,
                asks,
                "leave it out, or set `trail_in_every_region = false` in `[audit]`",
            ));
        }
    }
}

/// Roles that accounts may assume with neither MFA nor an external id.
fn guarded_trust(names: &Names<'_>, audit: &Audit, problems: &mut Vec<Diagnostic>) {
    if !audit.guarded_trust.value {
        return;
    }
    let asks = if audit.guarded_trust.given { &audit.guarded_trust.span } else { &audit.header.span };
    for role in names.file.role.iter() {
        let Some(trust) = &role.section.trusted_by else { continue };
        let foreign = |account: &Spanned<TrustedAccount>| {
            account.fill(names.place, names.region()) != names.place.account
        };
        if !trust.require_mfa.value && trust.external_id.is_none() && trust.accounts.iter().any(foreign) {
            problems.push(contradiction(
                &trust.require_mfa.span,
                "this asks other accounts for no MFA and no external id, and `[audit]` wants one of the two",
                asks,
                "set `external_id`, or `guarded_trust = false` in `[audit]`",
            ));
        }
    }
}

/// Grants of every action of a service on everything.
fn grants(names: &Names<'_>, audit: &Audit, problems: &mut Vec<Diagnostic>) {
    if audit.wide_policies.value {
        return;
    }
    let asks = if audit.wide_policies.given { &audit.wide_policies.span } else { &audit.header.span };
    let file = names.file;
    let roles = file.role.iter().map(|entry| &entry.section.allow);
    let policies = file.policy.iter().map(|entry| &entry.section.allow);
    let groups = file.group.iter().map(|entry| &entry.section.allow);
    for grant in roles.chain(policies).chain(groups).flat_map(|allow| allow.iter()) {
        let whole =
            |action: &&Spanned<PolicyText>| action.written() == "*" || action.written().ends_with(":*");
        let everywhere = grant.resources.iter().any(|resource| resource.written() == "*");
        if let Some(action) = grant.actions.iter().find(whole).filter(|_| everywhere) {
            problems.push(contradiction(
                &action.span,
                "this grants a whole service on everything, and `[audit]` wants narrow policies",
                asks,
                "list actions or resources, or set `wide_policies = true` in `[audit]`",
            ));
        }
    }
}

/// Roles that would be administrators, and that `admins` does not name.
fn administrators(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let Some(users) = &names.file.users else { return };
    for role in names.file.role.iter() {
        let in_aws = names.role(&role.name);
        if users
            .admins
            .iter()
            .any(|admin| admin.fill(names.place, names.region()).eq_ignore_ascii_case(&in_aws))
        {
            continue;
        }
        for policy in role.section.policies.iter() {
            let DeclaredOrArn::Arn(arn) = &policy.value else { continue };
            let text = arn.written();
            if ADMINISTRATOR.iter().any(|wide| text.ends_with(&format!(":policy/{wide}"))) {
                let asks = if users.admins.given { &users.admins.span } else { &users.header.span };
                problems.push(contradiction(
                    &policy.span,
                    format!("this makes {in_aws} an administrator, and `admins` does not name it"),
                    asks,
                    "give it less, or add its name to `admins` in `[users]`",
                ));
            }
        }
    }
}
