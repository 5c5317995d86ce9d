//! Service-linked roles: made for a service, by a person or by the service itself.

use super::entity::{Kind, missing, name};
use super::role;
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on service-linked roles.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateServiceLinkedRole", create),
    operation("DeleteServiceLinkedRole", delete),
    operation("GetServiceLinkedRoleDeletionStatus", status),
];

/// Service, role, policy, and whether several may exist, told apart by a suffix.
const KNOWN: &[(&str, &str, &str, bool)] = &[
    ("autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy", true),
    (
        "elasticloadbalancing.amazonaws.com",
        "AWSServiceRoleForElasticLoadBalancing",
        "AWSElasticLoadBalancingServiceRolePolicy",
        false,
    ),
    ("cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy", false),
    (
        "elasticbeanstalk.amazonaws.com",
        "AWSServiceRoleForElasticBeanstalk",
        "AWSElasticBeanstalkServiceRolePolicy",
        false,
    ),
    (
        "custom-resource.application-autoscaling.amazonaws.com",
        "AWSServiceRoleForApplicationAutoScaling_CustomResource",
        "AWSApplicationAutoScalingCustomResourcePolicy",
        false,
    ),
    (
        "organizations.amazonaws.com",
        "AWSServiceRoleForOrganizations",
        "AWSOrganizationsServiceTrustPolicy",
        false,
    ),
    ("support.amazonaws.com", "AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy", false),
    (
        "trustedadvisor.amazonaws.com",
        "AWSServiceRoleForTrustedAdvisor",
        "AWSTrustedAdvisorServiceRolePolicy",
        false,
    ),
];

impl Context<'_> {
    /// Makes the role of a service in the caller's account if it is not there, as the service itself does when
    /// it first needs it (ELB-4).
    pub fn ensure_service_role(&mut self, service: &str) {
        let Some((_, role, policy, _)) = KNOWN.iter().find(|(known, ..)| *known == service) else { return };
        if !self.account().iam.roles.contains_key(*role) {
            let (id, now) = (self.world.ids.unique("AROA"), self.now());
            self.account().iam.add_service_role(id, now, service, role, policy);
        }
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let service = name(params, "AWSServiceName", 128)?;
    let (_, role, policy, suffixes) =
        KNOWN.iter().find(|(known, ..)| *known == service).ok_or_else(|| {
            missing(&format!("Service {service} is not known to the sandbox or has no service-linked role."))
        })?;
    let role = match params.text("CustomSuffix") {
        None => (*role).to_owned(),
        Some(suffix) if *suffixes => format!("{role}_{suffix}"),
        Some(_) => {
            return Err(Fault::client("InvalidInput", format!("Custom suffix is not allowed for {service}")));
        }
    };
    let (id, lens) = (cx.world.ids.unique("AROA"), cx.lens());
    let iam = &mut cx.account().iam;
    if iam.roles.contains_key(&role) {
        // Not EntityAlreadyExists: AWS says InvalidInput here.
        let message = format!(
            "Service role name {role} has been taken in this account, please try a different suffix."
        );
        return Err(Fault::client("InvalidInput", message));
    }
    iam.add_service_role(id, lens.now, service, &role, policy);
    if let (Some(made), Some(text)) = (iam.roles.get_mut(&role), params.text("Description")) {
        made.change(lens.now).description = Some(text.to_owned());
    }
    let fields =
        cx.read_account()?.iam.roles.get(&role).map(|made| role::shown(cx.world, lens, made.truth(), true));
    Ok(Fields::new().maybe("Role", fields).into())
}

/// Refused while the service still has something that needs the role; that is told by the task.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (role, lens) = (name(params, "RoleName", 64)?, cx.lens());
    let path = cx.read_account()?.iam.entity(Kind::Role, role, lens)?.path.clone();
    if !path.starts_with("/aws-service-role/") {
        return Err(missing(&format!("The service-linked role with name {role} cannot be found.")));
    }
    cx.account().iam.roles.remove(role);
    let task = format!("task{path}{role}/{}", cx.world.ids.uuid());
    Ok(Answer::empty().with("DeletionTaskId", task))
}

fn status(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let task = params.required("DeletionTaskId")?;
    let role = task.rsplit('/').nth(1).filter(|_| task.starts_with("task/aws-service-role/"));
    let role = role.ok_or_else(|| missing(&format!("The deletion task {task} cannot be found.")))?;
    let gone = !cx.read_account()?.iam.roles.contains_key(role);
    Ok(Answer::empty().with("Status", if gone { "SUCCEEDED" } else { "NOT_STARTED" }))
}
