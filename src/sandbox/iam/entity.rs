//! What operations on roles, users and groups have in common: finding them, and the rules of names and tags.

use super::state::{Entity, State, Tags};
use crate::sandbox::context::Context;
use crate::sandbox::lag::Lens;
use crate::sandbox::policy::Problem;
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;

/// Roles, users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Roles.
    Role,
    /// Users.
    User,
    /// Groups.
    Group,
}

impl Kind {
    /// The parameter that names one.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Group => "GroupName",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The most bytes all inline policies together may have, white space not counted.
    pub const fn inline_quota(self) -> usize {
        match self {
            Self::Role => 10_240,
            Self::User => 2_048,
            Self::Group => 5_120,
        }
    }

    fn absent(self, name: &str) -> Fault {
        missing(&format!("The {} with name {name} cannot be found.", self.word()))
    }
}

/// `NoSuchEntity`.
pub fn missing(message: &str) -> Fault {
    Fault::new(404, "NoSuchEntity", message)
}

/// `EntityAlreadyExists`.
pub fn exists(message: &str) -> Fault {
    Fault::new(409, "EntityAlreadyExists", message)
}

/// `DeleteConflict`.
pub fn conflict(message: &str) -> Fault {
    Fault::new(409, "DeleteConflict", message)
}

/// `LimitExceeded`: a quota, not throttling.
pub fn quota(message: &str) -> Fault {
    Fault::new(409, "LimitExceeded", message)
}

/// `MalformedPolicyDocument`.
pub fn malformed(problem: Problem) -> Fault {
    match problem {
        Problem::Syntax(message) => Fault::client("MalformedPolicyDocument", message),
        Problem::Principal(named) => {
            Fault::client("MalformedPolicyDocument", format!("Invalid principal in policy: {named}"))
        }
    }
}

impl State {
    /// A role, user or group, as this call sees it.
    ///
    /// # Errors
    /// `NoSuchEntity`.
    pub fn entity(&self, kind: Kind, name: &str, lens: Lens) -> Result<&Entity, Fault> {
        let key = format!("iam/{}/{name}", kind.word());
        let seen = match kind {
            Kind::Role => {
                self.roles.get(name).and_then(|role| role.seen(lens, &key)).map(|role| &role.entity)
            }
            Kind::User => {
                self.users.get(name).and_then(|user| user.seen(lens, &key)).map(|user| &user.entity)
            }
            Kind::Group => {
                self.groups.get(name).and_then(|group| group.seen(lens, &key)).map(|group| &group.entity)
            }
        };
        seen.ok_or_else(|| kind.absent(name))
    }

    /// A role, user or group that is about to be changed.
    ///
    /// # Errors
    /// `NoSuchEntity` where this call does not see it, `UnmodifiableEntity` for a service's own role.
    pub fn entity_mut(&mut self, kind: Kind, name: &str, lens: Lens) -> Result<&mut Entity, Fault> {
        self.entity(kind, name, lens)?;
        let now = lens.now;
        match kind {
            Kind::Role => self.roles.get_mut(name).map(|role| &mut role.change(now).entity),
            Kind::User => self.users.get_mut(name).map(|user| &mut user.change(now).entity),
            Kind::Group => self.groups.get_mut(name).map(|group| &mut group.change(now).entity),
        }
        .ok_or_else(|| kind.absent(name))
    }

    /// Refuses to touch the role of a service.
    ///
    /// # Errors
    /// `UnmodifiableEntity`.
    pub fn modifiable(&self, kind: Kind, name: &str) -> Result<(), Fault> {
        match self.roles.get(name).filter(|_| kind == Kind::Role) {
            Some(role) if role.truth().is_service_linked() => Err(Fault::client(
                "UnmodifiableEntity",
                format!(
                    "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// A name that must be there, by the rules of IAM.
///
/// # Errors
/// `ValidationError`.
pub fn name<'a>(params: &'a Params, parameter: &str, longest: usize) -> Result<&'a str, Fault> {
    let name = params.required(parameter)?;
    if name.chars().count() > longest {
        return Err(params.invalid(parameter, &format!("must have length less than or equal to {longest}")));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)) {
        return Err(params.invalid(parameter, "must satisfy regular expression pattern: [\\w+=,.@-]+"));
    }
    Ok(name)
}

/// A path; `/` where none was sent.
///
/// # Errors
/// `ValidationError`.
pub fn path(params: &Params) -> Result<&str, Fault> {
    let path = params.text("Path").unwrap_or("/");
    let good = path.starts_with('/') && path.ends_with('/') && path.len() <= 512;
    if !good || !path.bytes().all(|byte| (0x21..0x7F).contains(&byte)) {
        return Err(params.invalid(
            "Path",
            "must begin and end with / and contain only alphanumeric characters and/or / characters.",
        ));
    }
    Ok(path)
}

/// Tags of a request, checked.
///
/// # Errors
/// `InvalidInput` for a reserved or doubled key (TAG-1), `LimitExceeded` for more than 50 (TAG-3).
pub fn tags(params: &Params) -> Result<Tags, Fault> {
    let tags = params.tags("Tags", "Key", "Value")?;
    few(params, "Tags")?;
    let lower: std::collections::BTreeSet<String> = tags.keys().map(|key| key.to_lowercase()).collect();
    if lower.len() < params.list("Tags").len() {
        return Err(Fault::client(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    for (key, value) in &tags {
        let letters = |text: &str| text.chars().all(|c| c.is_alphanumeric() || " _.:/=+-@".contains(c));
        if key.starts_with("aws:") {
            return Err(Fault::client(
                "InvalidInput",
                "aws: prefixed tag key names are not allowed for external use.",
            ));
        }
        for (text, most) in [(key, 128), (value, 256)] {
            if text.chars().count() > most {
                return Err(params.invalid("Tags", &format!("must have length less than or equal to {most}")));
            }
        }
        if !letters(key) || !letters(value) {
            return Err(params.invalid(
                "Tags",
                "must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+",
            ));
        }
    }
    too_many(&tags)?;
    Ok(tags)
}

/// Refuses a request that names more than 50 tags: AWS's model of it has no more.
///
/// # Errors
/// `ValidationError`.
pub fn few(params: &Params, name: &str) -> Result<(), Fault> {
    let is_few = params.list(name).len() <= 50;
    if is_few { Ok(()) } else { Err(params.invalid(name, "must have length less than or equal to 50")) }
}

/// Puts tags on; a key of other case is the same key, and is written anew (keys of IAM do not differ by case).
pub fn put_tags(all: &mut Tags, new: Tags) {
    all.retain(|key, _| !new.keys().any(|other| other.to_lowercase() == key.to_lowercase()));
    all.extend(new);
}

/// Refuses more than 50 tags (TAG-3).
///
/// # Errors
/// `LimitExceeded`.
pub fn too_many(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > 50 { Err(quota("The number of tags has reached the maximum limit.")) } else { Ok(()) }
}

/// Whether a name is taken, ignoring case (IAM-1).
pub fn is_taken<'a>(mut names: impl Iterator<Item = &'a String>, name: &str) -> bool {
    names.any(|taken| taken.eq_ignore_ascii_case(name))
}

/// A document as IAM answers it: percent-encoded by RFC 3986 (IAM-15).
pub fn encoded(document: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    percent_encoding::utf8_percent_encode(document, KEPT).to_string()
}

/// An ARN as this call sees it: right after its creation it may be the unique id instead (IAM-5).
pub fn shown_arn<'a>(lens: Lens, created: Milliseconds, arn: &'a str, id: &'a str) -> &'a str {
    if lens.sees(created, &format!("arn/{id}")) { arn } else { id }
}

/// One page of a list, in IAM's words: `Marker` and `IsTruncated`.
///
/// # Errors
/// `ValidationError` for a marker that was never given out or a page size out of range.
pub fn page<T>(
    cx: &Context<'_>,
    params: &Params,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Fields), Fault> {
    let limit = params.number_in("MaxItems", 1..=1000)?.unwrap_or(100);
    let limit = usize::try_from(limit).unwrap_or(100);
    let (items, marker) = cx
        .page(items, key, params.text("Marker"), limit)
        .map_err(|_| Fault::client("ValidationError", "Invalid Marker."))?;
    let end = Fields::new().with("IsTruncated", marker.is_some()).maybe("Marker", marker);
    Ok((items, end))
}

/// One page of a list as an answer with a single list in it.
///
/// # Errors
/// As [`page`].
pub fn listed<T, N: Into<Node>>(
    cx: &Context<'_>,
    params: &Params,
    list: &'static str,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    show: impl Fn(&T) -> N,
) -> Result<Answer, Fault> {
    let (items, end) = page(cx, params, items, key)?;
    let mut fields = Fields::new().list(list, items.iter().map(show));
    fields.0.extend(end.0);
    Ok(fields.into())
}

/// The tags of something, or nothing where there are none: IAM leaves the member out then.
pub fn tag_list(tags: &Tags) -> Option<Node> {
    (!tags.is_empty()).then(|| Node::tags("Key", "Value", tags))
}

/// A permissions boundary, where there is one.
pub fn boundary(arn: Option<&String>) -> Option<Fields> {
    let policy =
        |arn| Fields::new().with("PermissionsBoundaryType", "Policy").with("PermissionsBoundaryArn", arn);
    arn.map(policy)
}

/// The name of the user a request is about: the one it names, or the caller's own.
///
/// # Errors
/// `ValidationError` where the caller is no user and names none; `None` stands for the root user.
pub fn user_or_self(cx: &Context<'_>, params: &Params) -> Result<Option<String>, Fault> {
    if params.has("UserName") {
        return name(params, "UserName", 128).map(|name| Some(name.to_owned()));
    }
    let arn = &cx.caller.arn;
    if arn.ends_with(":root") {
        return Ok(None);
    }
    match arn.split_once(":user/") {
        Some((_, path)) => Ok(path.rsplit('/').next().map(str::to_owned)),
        None => Err(Fault::client(
            "ValidationError",
            "Must specify userName when calling with non-User credentials",
        )),
    }
}
