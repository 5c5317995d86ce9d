//! Tags of roles, users, policies, instance profiles, MFA devices and OpenID Connect providers.

use super::entity::{Kind, few, listed, missing, put_tags, tags, too_many};
use super::oidc;
use super::state::{State, Tags};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on tags.
pub const OPERATIONS: &[Operation] = &[
    operation("TagRole", |cx, params| tag(cx, params, Thing::Role)),
    operation("TagUser", |cx, params| tag(cx, params, Thing::User)),
    operation("TagPolicy", |cx, params| tag(cx, params, Thing::Policy)),
    operation("TagInstanceProfile", |cx, params| tag(cx, params, Thing::Profile)),
    operation("TagMFADevice", |cx, params| tag(cx, params, Thing::Mfa)),
    operation("TagOpenIDConnectProvider", |cx, params| tag(cx, params, Thing::Oidc)),
    operation("UntagOpenIDConnectProvider", |cx, params| untag(cx, params, Thing::Oidc)),
    operation("ListOpenIDConnectProviderTags", |cx, params| list(cx, params, Thing::Oidc)),
    operation("UntagRole", |cx, params| untag(cx, params, Thing::Role)),
    operation("UntagUser", |cx, params| untag(cx, params, Thing::User)),
    operation("UntagPolicy", |cx, params| untag(cx, params, Thing::Policy)),
    operation("UntagInstanceProfile", |cx, params| untag(cx, params, Thing::Profile)),
    operation("UntagMFADevice", |cx, params| untag(cx, params, Thing::Mfa)),
    operation("ListRoleTags", |cx, params| list(cx, params, Thing::Role)),
    operation("ListUserTags", |cx, params| list(cx, params, Thing::User)),
    operation("ListPolicyTags", |cx, params| list(cx, params, Thing::Policy)),
    operation("ListInstanceProfileTags", |cx, params| list(cx, params, Thing::Profile)),
    operation("ListMFADeviceTags", |cx, params| list(cx, params, Thing::Mfa)),
];

/// What can have tags.
#[derive(Debug, Clone, Copy)]
enum Thing {
    Role,
    User,
    Policy,
    Profile,
    Mfa,
    Oidc,
}

impl Thing {
    fn name(self, params: &Params) -> Result<&str, Fault> {
        params.required(match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Policy => "PolicyArn",
            Self::Profile => "InstanceProfileName",
            Self::Mfa => "SerialNumber",
            Self::Oidc => "OpenIDConnectProviderArn",
        })
    }

    fn read<'a>(self, iam: &'a State, name: &str, lens: Lens) -> Result<&'a Tags, Fault> {
        let absent = || missing(&format!("{name} cannot be found."));
        match self {
            Self::Role => iam.entity(Kind::Role, name, lens).map(|role| &role.tags),
            Self::User => iam.entity(Kind::User, name, lens).map(|user| &user.tags),
            Self::Policy => iam
                .policies
                .get(name)
                .and_then(|policy| policy.seen(lens, name))
                .map(|policy| &policy.tags)
                .ok_or_else(absent),
            Self::Profile => iam
                .profiles
                .get(name)
                .and_then(|profile| profile.seen(lens, &format!("iam/profile/{name}")))
                .map(|profile| &profile.tags)
                .ok_or_else(absent),
            Self::Mfa => iam.mfa.get(name).map(|device| &device.tags).ok_or_else(absent),
            Self::Oidc => iam.oidc.get(name).map(|it| &it.tags).ok_or_else(|| oidc::absent(name)),
        }
    }

    fn write<'a>(self, iam: &'a mut State, name: &str, lens: Lens) -> Result<&'a mut Tags, Fault> {
        self.read(iam, name, lens)?;
        let absent = || missing(&format!("{name} cannot be found."));
        match self {
            Self::Role => iam.entity_mut(Kind::Role, name, lens).map(|role| &mut role.tags),
            Self::User => iam.entity_mut(Kind::User, name, lens).map(|user| &mut user.tags),
            Self::Policy => {
                iam.policies.get_mut(name).map(|policy| &mut policy.change(lens.now).tags).ok_or_else(absent)
            }
            Self::Profile => iam
                .profiles
                .get_mut(name)
                .map(|profile| &mut profile.change(lens.now).tags)
                .ok_or_else(absent),
            Self::Mfa => iam.mfa.get_mut(name).map(|device| &mut device.tags).ok_or_else(absent),
            Self::Oidc => iam.oidc.get_mut(name).map(|it| &mut it.tags).ok_or_else(|| oidc::absent(name)),
        }
    }
}

/// Adds to the tags that are there (TAG-2).
fn tag(cx: &mut Context<'_>, params: &Params, thing: Thing) -> Result<Answer, Fault> {
    let (name, new, lens) = (thing.name(params)?, tags(params)?, cx.lens());
    if new.is_empty() {
        return Err(params.missing("Tags"));
    }
    let iam = &mut cx.account().iam;
    if matches!(thing, Thing::Role) {
        iam.modifiable(Kind::Role, name)?;
    }
    let mut all = thing.read(iam, name, lens)?.clone();
    put_tags(&mut all, new);
    too_many(&all)?;
    *thing.write(iam, name, lens)? = all;
    Ok(Answer::empty())
}

fn untag(cx: &mut Context<'_>, params: &Params, thing: Thing) -> Result<Answer, Fault> {
    let (name, keys, lens) = (thing.name(params)?, params.texts("TagKeys"), cx.lens());
    few(params, "TagKeys")?;
    if keys.iter().any(|key| key.chars().count() > 128) {
        return Err(params.invalid("TagKeys", "must have length less than or equal to 128"));
    }
    let tags = thing.write(&mut cx.account().iam, name, lens)?;
    tags.retain(|key, _| !keys.iter().any(|gone| gone.to_lowercase() == key.to_lowercase()));
    Ok(Answer::empty())
}

fn list(cx: &mut Context<'_>, params: &Params, thing: Thing) -> Result<Answer, Fault> {
    let tags: Vec<_> = thing.read(&cx.read_account()?.iam, thing.name(params)?, cx.lens())?.iter().collect();
    let show = |(key, value): &(&String, &String)| Fields::new().with("Key", *key).with("Value", *value);
    listed(cx, params, "Tags", tags, |(key, _)| (*key).clone(), show)
}
