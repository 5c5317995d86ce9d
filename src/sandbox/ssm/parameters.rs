//! Parameters: written, read and deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::state::{Parameter, Written};
use super::tags::read_tags;
use crate::sandbox::context::Context;
use crate::sandbox::ec2::image;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

pub(super) const OPERATIONS: &[Operation] = &[
    operation("DeleteParameter", delete_parameter),
    operation("DeleteParameters", delete_parameters),
    operation("DescribeParameters", describe_parameters),
    operation("GetParameter", get_parameter),
    operation("GetParameters", get_parameters),
    operation("PutParameter", put_parameter),
];

/// The longest value of the standard tier.
const LONGEST_VALUE: usize = 4096;

fn refused(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}

pub(super) fn not_found() -> Fault {
    Fault::client("ParameterNotFound", "")
}

/// A name that may be written: its letters, its slashes, and not one of AWS's own.
fn check_name(name: &str) -> Result<(), Fault> {
    let letters = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let own = name.trim_start_matches('/').to_ascii_lowercase();
    if !name.chars().all(letters) || name.ends_with('/') || name.contains("//") {
        let message = "Parameter name: can only include a-zA-Z0-9_.- and slashes between its parts";
        return Err(refused(message));
    }
    let is_path = name.trim_start_matches('/').contains('/');
    if is_path && name.starts_with('/') && own.starts_with("aws") {
        let message = format!("No access to reserved parameter name: {name}.");
        return Err(Fault::client("AccessDeniedException", message));
    }
    if is_path && own.starts_with("ssm") {
        return Err(refused(
            "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of \
             sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the \
             following 3 symbols .-_",
        ));
    }
    if own.starts_with("aws") || own.starts_with("ssm") {
        return Err(refused("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."));
    }
    if name.contains('/') && !name.starts_with('/') {
        return Err(refused("Parameter name must be a fully qualified name."));
    }
    if name.split('/').count() > 16 || name.len() > 1011 {
        return Err(Fault::client(
            "HierarchyLevelLimitExceededException",
            "A hierarchy has 15 levels at most",
        ));
    }
    Ok(())
}

/// Creates, or with `Overwrite` adds a version; tags only go with the former.
fn put_parameter(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("Name")?;
    check_name(name)?;
    let value = params.required("Value")?.to_owned();
    let overwrite = params.flag("Overwrite")?.unwrap_or_default();
    let tags = read_tags(params)?;
    if overwrite && !tags.is_empty() {
        return Err(refused(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please \
             remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
             RemoveTagsFromResource.",
        ));
    }
    if value.len() > LONGEST_VALUE {
        return Err(refused(
            "Standard tier parameters support a maximum parameter value of 4096 characters.",
        ));
    }
    match params.text("Type") {
        None | Some("String" | "StringList") => {}
        Some("SecureString") => {
            return Err(Fault::not_implemented("parameters of type SecureString"));
        }
        Some(_) => {
            let words = "must satisfy enum value set: [SecureString, StringList, String]";
            return Err(params.invalid("Type", words));
        }
    }
    let (now, by) = (cx.now(), cx.caller.arn.clone());
    let known = kept_name(cx, name);
    let parameters = &mut cx.home().ssm.parameters;
    let before = known.as_ref().and_then(|known| parameters.get(known)).map(|known| &known.description);
    let description =
        params.text("Description").map_or_else(|| before.cloned().unwrap_or_default(), str::to_owned);
    let written = Written { value, at: now, by, description: description.clone() };
    let number = match known.and_then(|known| parameters.get_mut(&known)) {
        Some(_) if !overwrite => {
            return Err(Fault::client(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option in the request to \
                 true.",
            ));
        }
        Some(parameter) => {
            parameter.description = description;
            parameter.write(written)
        }
        None => {
            let kind = params
                .text("Type")
                .ok_or_else(|| refused("A parameter type is required when you create a parameter."))?;
            let mut parameter = Parameter {
                kind: kind.to_owned(),
                description,
                versions: BTreeMap::new(),
                tags,
                tagged: now,
            };
            let number = parameter.write(written);
            parameters.insert(name.to_owned(), parameter);
            number
        }
    };
    Ok(Answer::empty().with("Tier", "Standard").with("Version", number))
}

fn delete_parameter(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = kept_name(cx, params.required("Name")?).ok_or_else(not_found)?;
    cx.home().ssm.parameters.remove(&name).map(|_| Answer::empty()).ok_or_else(not_found)
}

/// The name under which the parameter is kept that a request names.
pub(super) fn kept_name(cx: &mut Context<'_>, asked: &str) -> Option<String> {
    let prefix = cx.arn("ssm", "parameter");
    cx.home().ssm.named(asked, &prefix)
}

/// Those that nobody has are told apart, not refused.
fn delete_parameters(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (mut deleted, mut invalid) = (Vec::new(), Vec::new());
    for asked in some_names(params)? {
        match kept_name(cx, asked) {
            Some(name) => {
                cx.home().ssm.parameters.remove(&name);
                deleted.push(asked.to_owned());
            }
            None => invalid.push(asked.to_owned()),
        }
    }
    Ok(Fields::new().list("DeletedParameters", deleted).list("InvalidParameters", invalid).into())
}

fn some_names(params: &Params) -> Result<Vec<&str>, Fault> {
    let names = params.texts("Names");
    if names.is_empty() {
        return Err(params.invalid("Names", "must have length greater than or equal to 1"));
    }
    if names.len() > 10 {
        return Err(params.invalid("Names", "must have length less than or equal to 10"));
    }
    Ok(names)
}

/// The version a name asks for (`NAME` or `NAME:NUMBER`), as this call sees it.
fn shown(cx: &mut Context<'_>, asked: &str) -> Result<Fields, Fault> {
    let lens = cx.lens();
    let resource = asked.strip_prefix("arn:").map_or(asked, |arn| arn.splitn(5, ':').last().unwrap_or(arn));
    let (name, number) = match resource.rsplit_once(':') {
        Some((_, number)) => (&asked[..asked.len() - number.len() - 1], Some(number)),
        None => (asked, None),
    };
    if let Some(image) = image::public_parameter(name) {
        // What AWS publishes belongs to no account.
        return Ok(Fields::new()
            .with("Name", name)
            .with("Type", "String")
            .with("Value", image)
            .with("Version", 1)
            .with("ARN", format!("arn:{}:ssm:{}::parameter{name}", cx.partition(), cx.region))
            .with("DataType", "aws:ec2:image"));
    }
    for (path, what) in [
        ("/aws/service/", "public parameter"),
        ("/aws/reference/secretsmanager/", "parameter that stands for a secret"),
    ] {
        if name.starts_with(path) {
            return Err(Fault::not_implemented(&format!("the {what} {name}")));
        }
    }
    let kept = kept_name(cx, name).ok_or_else(not_found)?;
    let name = kept.as_str();
    let arn = cx.arn("ssm", format_args!("parameter/{}", name.trim_start_matches('/')));
    let parameter = cx.home().ssm.parameters.get(name).ok_or_else(not_found)?;
    let versions = parameter.seen(lens, name);
    let (number, written) = match number {
        None => versions.last().copied().ok_or_else(not_found)?,
        Some(text) => versions.into_iter().find(|(number, _)| number.to_string() == text).ok_or_else(|| {
            let message = format!(
                "Systems Manager could not find version {text} of {name}. Verify the version and try again."
            );
            Fault::client("ParameterVersionNotFound", message)
        })?,
    };
    Ok(Fields::new()
        .with("Name", name)
        .with("Type", &parameter.kind)
        .with("Value", &written.value)
        .with("Version", number)
        .time("LastModifiedDate", written.at)
        .with("ARN", arn)
        .with("DataType", "text"))
}

fn get_parameter(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let parameter = shown(cx, params.required("Name")?)?;
    Ok(Answer::empty().with("Parameter", parameter))
}

fn get_parameters(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let mut names = some_names(params)?;
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    for name in names {
        match shown(cx, name) {
            Ok(parameter) => found.push(parameter),
            Err(fault) if fault.code == "NotImplemented" => return Err(fault),
            Err(_) => invalid.push(name.to_owned()),
        }
    }
    Ok(Fields::new().list("Parameters", found).list("InvalidParameters", invalid).into())
}

/// Every parameter, without values; filters are not known here.
fn describe_parameters(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    if let Some(filters) = ["Filters", "ParameterFilters"].into_iter().find(|name| params.has(name)) {
        return Err(Fault::not_implemented(&format!("{filters} of DescribeParameters")));
    }
    let limit = params.number_in("MaxResults", 1..=50)?.unwrap_or(10);
    let lens = cx.lens();
    let mut all: Vec<(String, Fields)> = Vec::new();
    for (name, parameter) in &cx.home().ssm.parameters {
        let Some((number, written)) = parameter.seen(lens, name).last().copied() else { continue };
        let fields = Fields::new()
            .with("Name", name)
            .with("Type", &parameter.kind)
            .time("LastModifiedDate", written.at)
            .with("LastModifiedUser", &written.by)
            .maybe("Description", Some(&parameter.description).filter(|text| !text.is_empty()))
            .with("Version", number)
            .with("Tier", "Standard")
            .with("DataType", "text");
        all.push((name.clone(), fields));
    }
    let token = params.text("NextToken");
    let (page, next) = cx
        .page(all, |(name, _)| name.clone(), token, usize::try_from(limit).unwrap_or(10))
        .map_err(super::history::bad_token)?;
    let page = page.into_iter().map(|(_, fields)| fields);
    Ok(Fields::new().list("Parameters", page).maybe("NextToken", next).into())
}
