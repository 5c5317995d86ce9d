//! How somebody makes a new user or role, with the rights it chooses, and becomes it.
//!
//! AWS's own way to let somebody make roles without letting them raise themselves is a permissions boundary that a condition
//! demands of what is made. So the boundary is chosen as the conditions want it, and the new role is judged under it.

use super::principal::Principal;
use super::raising::{BOUNDARY, Setting, policies_of_its_own, rewrite_boundary};
use super::step::{Course, Step};
use crate::policy::glob;
use crate::posture::facts::{Iam, Identity, Role};

/// The roles that somebody could make under a boundary that a condition names: each has every right within it.
pub(super) fn bounded_roles(setting: Setting<'_>, boundaries: &[String]) -> Vec<Role> {
    let role = |boundary: &String| {
        let name = boundary.rsplit('/').next().unwrap_or_default();
        Role {
            identity: Identity {
                name: format!("the new role within {name}"),
                arn: setting.account.iam("role/unheard-of"),
                path: "/".to_owned(),
                inline: vec![("everything".to_owned(), setting.everything.clone())],
                boundary: Some(boundary.clone()),
                ..Identity::default()
            },
            ..Role::default()
        }
    };
    boundaries.iter().map(role).collect()
}

/// The policies that conditions of anybody demand as the boundary of what is made, by ARN.
pub(super) fn demanded_boundaries(principals: &[Principal<'_>], iam: &Iam) -> Vec<String> {
    let mut named: Vec<String> =
        principals.iter().flat_map(|principal| principal.values_of(BOUNDARY)).collect();
    named.sort();
    named.dedup();
    let fits = |arn: &&String| named.iter().any(|pattern| glob(pattern, arn));
    iam.policies.keys().filter(fits).cloned().collect()
}

/// What is made: the kind in its ARN, and the actions that make it, give it rights, and let its maker use it.
struct Making {
    shape: &'static str,
    make: &'static str,
    give: [&'static str; 2],
    remove_boundary: &'static str,
    use_it: &'static [&'static str],
}

const MAKINGS: [Making; 2] = [
    Making {
        shape: "role/?*",
        make: "iam:CreateRole",
        give: ["iam:AttachRolePolicy", "iam:PutRolePolicy"],
        remove_boundary: "iam:DeleteRolePermissionsBoundary",
        // Its maker says whom it trusts.
        use_it: &[],
    },
    Making {
        shape: "user/?*",
        make: "iam:CreateUser",
        give: ["iam:AttachUserPolicy", "iam:PutUserPolicy"],
        remove_boundary: "iam:DeleteUserPermissionsBoundary",
        use_it: &["iam:CreateAccessKey", "iam:CreateLoginProfile"],
    },
];

/// A boundary for what is made.
#[derive(Debug, Clone, Default)]
struct Bounds {
    /// The policy; nothing where there is no boundary.
    arn: Option<String>,
    /// Its place among those that conditions demand, where it bounds something.
    place: Option<usize>,
    /// The step that makes the policy, where nobody has.
    made: Option<Step>,
}

/// The steps by which somebody makes another and becomes it; the best outcome first. `boundaries` are those of
/// [`demanded_boundaries`], whose roles have the same places.
pub(super) fn make_another(
    actor: &Principal<'_>,
    setting: Setting<'_>,
    boundaries: &[String],
) -> Option<Course> {
    if !MAKINGS.iter().any(|making| actor.knows(making.make)) {
        return None;
    }
    let wide = setting.account.policy_of_aws("AdministratorAccess");
    let chosen = [Bounds::default(), Bounds { arn: Some(wide), ..Bounds::default() }].into_iter();
    let demanded = boundaries.iter().enumerate();
    let demanded =
        demanded.map(|(place, arn)| Bounds { arn: Some(arn.clone()), place: Some(place), made: None });
    let own = policies_of_its_own(actor, setting, BOUNDARY).into_iter();
    let own = own.map(|(step, arn)| Bounds { arn: Some(arn), place: None, made: Some(step) });
    let mut bounded = None;
    for boundary in chosen.chain(demanded).chain(own) {
        for making in &MAKINGS {
            let Some(course) = making.steps(actor, setting, &boundary) else { continue };
            if course.made.is_none() {
                return Some(course);
            }
            bounded.get_or_insert(course);
        }
    }
    bounded
}

impl Making {
    fn steps(&self, actor: &Principal<'_>, setting: Setting<'_>, bounds: &Bounds) -> Option<Course> {
        if !actor.knows(self.make) {
            return None;
        }
        let key = (BOUNDARY, bounds.arn.as_deref());
        let administrator = setting.account.policy_of_aws("AdministratorAccess");
        let uses: Vec<&str> = if self.use_it.is_empty() { vec![""] } else { self.use_it.to_vec() };
        let ways = self.give.iter().flat_map(|give| uses.iter().map(move |use_it| (*give, *use_it)));
        ways.into_iter().find_map(|(give, use_it)| {
            let actions = [self.make, give, use_it].into_iter().filter(|action| !action.is_empty());
            let wanted = actor.patterns_for(actions);
            actor.names_for(self.shape, &wanted).iter().find_map(|name| {
                let made = actor.may_knowing(self.make, name, &[key])?;
                let given = actor.may_knowing(give, name, &[("iam:PolicyARN", Some(&administrator)), key])?;
                let mut steps: Vec<Step> = bounds.made.iter().cloned().collect();
                steps.push(Step::new(format!("{}: {made}", self.make)));
                steps.push(Step::new(format!("{give}: {given}")));
                if !use_it.is_empty() {
                    steps.push(Step::new(format!("{use_it}: {}", actor.may(use_it, name, &[])?)));
                }
                let (Some(place), Some(arn)) = (bounds.place, &bounds.arn) else {
                    return Some(Course::to_everything(steps));
                };
                let removed = actor
                    .may_knowing(self.remove_boundary, name, &[key])
                    .map(|grant| Step::new(format!("{}: {grant}", self.remove_boundary)))
                    .or_else(|| rewrite_boundary(actor, arn, "what is made", setting));
                Some(match removed {
                    Some(step) => {
                        steps.push(step);
                        Course::to_everything(steps)
                    }
                    None => Course { steps, made: Some(place) },
                })
            })
        })
    }
}
