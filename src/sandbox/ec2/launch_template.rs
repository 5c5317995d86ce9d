//! Launch templates and their versions (aws-truths 1.10).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::launch_template_data as data;
use super::listing::{Listing, list};
use super::resource_id::LAUNCH_TEMPLATE;
use super::{State, tags};
use crate::sandbox::context::Context;
use crate::sandbox::kept::Members as _;
use crate::sandbox::lag::{Lens, Versioned};
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Node, Params};
use crate::sandbox::world::Milliseconds;
use serde_json::Value;

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaunchTemplate {
    id: String,
    name: String,
    created: Milliseconds,
    created_by: String,
    default: u64,
    latest: u64,
    /// The last number that was given out; none is given out twice.
    used: u64,
    versions: BTreeMap<u64, Version>,
}

/// A version, which never changes (LT-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    created: Milliseconds,
    created_by: String,
    description: Option<String>,
    data: Value,
}

/// The operations on them.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateLaunchTemplate", create),
    operation("CreateLaunchTemplateVersion", create_version),
    operation("ModifyLaunchTemplate", modify),
    operation("DescribeLaunchTemplates", describe),
    operation("DescribeLaunchTemplateVersions", describe_versions),
    operation("DeleteLaunchTemplate", delete),
    operation("DeleteLaunchTemplateVersions", delete_versions),
];

const TEMPLATES: Listing = Listing {
    set: "launchTemplates",
    key: "launchTemplateId",
    ids: Some(("LaunchTemplateId", &LAUNCH_TEMPLATE)),
    filters: &[("create-time", "createTime"), ("launch-template-name", "launchTemplateName")],
    tagged: true,
    pages: Some((1, 200)),
};

fn name_not_found(name: &str) -> Fault {
    Fault::client(
        "InvalidLaunchTemplateName.NotFoundException",
        format!("The specified launch template, with template name {name}, does not exist."),
    )
}

fn version_not_found(message: String) -> Fault {
    Fault::client("InvalidLaunchTemplateId.VersionNotFound", message)
}

/// What AWS says of a request for versions that names no template, unless it asks for aliases alone.
const NO_TEMPLATE: &str = "To describe the launch template data for all your launch templates, for \u{2018}--versions\u{2019} specify \
    \u{2018}$Latest\u{2019}, \u{2018}$Default\u{2019}, or both, and omit \u{2018}--launch-template-id\u{2019}, \
    \u{2018}--launch-template-name\u{2019}, and version numbers. To describe the launch template data for a specific launch template, \
    specify \u{2018}--launch-template-id\u{2019} or \u{2018}--launch-template-name\u{2019}, and for \u{2018}--versions\u{2019} specify \
    one or more of the following values: \u{2018}$Latest\u{2019}, \u{2018}$Default\u{2019}, or one or more version numbers.";

impl LaunchTemplate {
    /// Its name, unique in account and region.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of a version as requests name it: a number, `$Default`, `$Latest` or nothing.
    fn number(&self, named: Option<&str>) -> Result<u64, Fault> {
        let number = match named {
            None | Some("" | "$Default") => Some(self.default),
            Some("$Latest") => Some(self.latest),
            Some(number) => number.parse().ok(),
        };
        number.filter(|number| self.versions.contains_key(number)).ok_or_else(|| {
            let (version, id) = (named.unwrap_or_default(), &self.id);
            version_not_found(format!(
                "Could not find the specified version {version} for the launch template with ID {id}."
            ))
        })
    }

    fn shown(&self) -> Fields {
        Fields::new()
            .with("launchTemplateId", &self.id)
            .with("launchTemplateName", &self.name)
            .time("createTime", self.created)
            .with("createdBy", &self.created_by)
            .with("defaultVersionNumber", shown_number(self.default))
            .with("latestVersionNumber", shown_number(self.latest))
    }

    fn shown_version(&self, number: u64, version: &Version) -> Fields {
        Fields::new()
            .with("launchTemplateId", &self.id)
            .with("launchTemplateName", &self.name)
            .with("versionNumber", shown_number(number))
            .maybe("versionDescription", version.description.as_deref())
            .time("createTime", version.created)
            .with("createdBy", &version.created_by)
            .with("defaultVersion", number == self.default)
            .with("launchTemplateData", data::shown(&version.data))
    }
}

fn shown_number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl State {
    /// The template that a request names by id or by name, as this call sees it.
    ///
    /// # Errors
    /// The codes of LT-4; `MissingParameter` for neither and `InvalidParameterCombination` for both.
    fn launch_template(&self, lens: Lens, params: &Params) -> Result<&LaunchTemplate, Fault> {
        match (params.text("LaunchTemplateId"), params.text("LaunchTemplateName")) {
            (Some(id), None) => LAUNCH_TEMPLATE
                .find(&self.launch_templates, lens, id)
                .map(|template| template.seen(lens, id).unwrap_or_else(|| template.truth())),
            (None, Some(name)) => self
                .launch_templates
                .iter()
                .filter(|(_, template)| template.truth().name == name)
                .find_map(|(id, template)| template.seen(lens, id))
                .ok_or_else(|| name_not_found(name)),
            (None, None) => Err(Fault::client(
                "MissingParameter",
                "Either a launch template ID or a launch template name must be specified in the request.",
            )),
            (Some(_), Some(_)) => Err(Fault::client(
                "InvalidParameterCombination",
                "Either a launch template ID or a launch template name must be specified, but not both.",
            )),
        }
    }

    /// What a launch takes from a template: id, name, version and contents.
    ///
    /// # Errors
    /// The codes of LT-4.
    pub fn launches_from(
        &self,
        lens: Lens,
        specification: &Params,
    ) -> Result<(String, String, u64, Value), Fault> {
        let template = self.launch_template(lens, specification)?;
        let number = template.number(specification.text("Version"))?;
        let contents = template.versions.get(&number).map(|version| version.data.clone());
        Ok((template.id.clone(), template.name.clone(), number, contents.unwrap_or_default()))
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let name = params.required("LaunchTemplateName")?;
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "().-/_".contains(letter);
    if !(3..=128).contains(&name.len()) || !name.chars().all(letter) {
        return Err(Fault::client(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, \
             and the following characters: - ( ) . / _.",
        ));
    }
    let contents = data::read(params)?;
    let tags = tags::requested(params, &LAUNCH_TEMPLATE)?;
    let (now, lens) = (cx.now(), cx.lens());
    let claim = cx.home().ec2.claim("CreateLaunchTemplate", params)?;
    if let Some(id) = claim.as_ref().and_then(|claim| claim.made.as_ref()?.first()) {
        let ec2 = &cx.home().ec2;
        let template = LAUNCH_TEMPLATE.find(&ec2.launch_templates, lens, id)?.truth();
        return Ok(Answer::empty().with("launchTemplate", ec2.with_tags(template.shown(), lens, id)));
    }
    // Names are unique in account and region (LT-1); the write path sees what a read may not see yet.
    if cx.home().ec2.launch_templates.values().any(|template| template.truth().name == name) {
        return Err(Fault::client(
            "InvalidLaunchTemplateName.AlreadyExistsException",
            "Launch template name already in use.",
        ));
    }
    let id = cx.new_id("lt-");
    let created_by = cx.caller.arn.clone();
    let description = params.text("VersionDescription").map(str::to_owned);
    let version = Version { created: now, created_by: created_by.clone(), description, data: contents };
    let template = LaunchTemplate {
        id: id.clone(),
        name: name.to_owned(),
        created: now,
        created_by,
        default: 1,
        latest: 1,
        used: 1,
        versions: BTreeMap::from([(1, version)]),
    };
    let shown = template.shown();
    let ec2 = &mut cx.home().ec2;
    ec2.launch_templates.insert(id.clone(), Versioned::new(template, now));
    ec2.tag_new(&id, tags.clone(), now);
    ec2.keep(claim, std::slice::from_ref(&id));
    let shown = if tags.is_empty() { shown } else { shown.with("tagSet", Node::tags("key", "value", &tags)) };
    Ok(Answer::empty().with("launchTemplate", shown))
}

fn create_version(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let sent = data::read(params)?;
    let (now, lens, created_by) = (cx.now(), cx.lens(), cx.caller.arn.clone());
    let ec2 = &mut cx.home().ec2;
    let claim = ec2.claim("CreateLaunchTemplateVersion", params)?;
    let template = ec2.launch_template(lens, params)?;
    let id = template.id.clone();
    let known = claim.as_ref().and_then(|claim| claim.made.as_ref()?.first());
    if let Some(number) = known.and_then(|number| number.parse().ok())
        && let Some(version) = template.versions.get(&number)
    {
        return Ok(Answer::empty().with("launchTemplateVersion", template.shown_version(number, version)));
    }
    // What is not sent is inherited, except the snapshots in block devices (LT-3).
    let contents = match params.text("SourceVersion") {
        None => sent,
        Some(source) => {
            let number = template.number(Some(source))?;
            template.versions.get(&number).map_or(sent.clone(), |source| source.data.overlaid(&sent))
        }
    };
    let description = params.text("VersionDescription").map(str::to_owned);
    let version = Version { created: now, created_by, description, data: contents };
    let Some(template) = ec2.launch_templates.get_mut(&id) else {
        return Err(LAUNCH_TEMPLATE.not_found(&id));
    };
    let template = template.change(now);
    // The default version stays what it is (LT-1).
    template.used += 1;
    let number = template.used;
    template.latest = number;
    let shown = template.shown_version(number, &version);
    template.versions.insert(number, version);
    ec2.keep(claim, &[number.to_string()]);
    Ok(Answer::empty().with("launchTemplateVersion", shown))
}

fn modify(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    if params.has("LaunchTemplateId") && params.has("LaunchTemplateName") {
        let message = "Either provide launch template ID or launch template name to modify the template.";
        return Err(Fault::client("InvalidParameterCombination", message));
    }
    let ec2 = &mut cx.home().ec2;
    let id = ec2.launch_template(lens, params)?.id.clone();
    let Some(template) = ec2.launch_templates.get_mut(&id) else {
        return Err(LAUNCH_TEMPLATE.not_found(&id));
    };
    if let Some(version) = params.text("SetDefaultVersion") {
        let number = template.truth().number(Some(version)).map_err(|_| {
            version_not_found(format!(
                "The launch template version {version} is not found for the specified launch template."
            ))
        })?;
        template.change(now).default = number;
    }
    let shown = template.truth().shown();
    Ok(Answer::empty().with("launchTemplate", ec2.with_tags(shown, lens, &id)))
}

fn describe(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ec2 = &cx.home().ec2;
    let names = params.texts("LaunchTemplateName");
    let seen: Vec<(&String, &LaunchTemplate)> = ec2
        .launch_templates
        .iter()
        .filter_map(|(id, template)| Some((id, template.seen(lens, id)?)))
        .collect();
    if names.iter().any(|name| seen.iter().all(|(_, template)| template.name != **name)) {
        let message = "At least one of the launch templates specified in the request does not exist.";
        return Err(Fault::client("InvalidLaunchTemplateName.NotFoundException", message));
    }
    let rows = seen
        .into_iter()
        .filter(|(_, template)| names.is_empty() || names.contains(&template.name.as_str()))
        .map(|(id, template)| ec2.with_tags(template.shown(), lens, id))
        .collect();
    list(cx, params, &TEMPLATES, rows)
}

fn describe_versions(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ec2 = &cx.home().ec2;
    let named = params.has("LaunchTemplateId") || params.has("LaunchTemplateName");
    let wanted = params.texts("LaunchTemplateVersion");
    let aliases = |versions: &[&str]| versions.iter().all(|version| version.starts_with('$'));
    // Over all templates only their default and latest versions can be asked for.
    if !named && (wanted.is_empty() || !aliases(&wanted)) {
        let code = if wanted.is_empty() { "MissingParameter" } else { "InvalidParameterValue" };
        return Err(Fault::client(code, NO_TEMPLATE));
    }
    let bound = |name: &str| params.number(name);
    let (least, most) = (bound("MinVersion")?.unwrap_or(0), bound("MaxVersion")?.unwrap_or(i64::MAX));
    let templates: Vec<&LaunchTemplate> = if named {
        vec![ec2.launch_template(lens, params)?]
    } else {
        ec2.launch_templates.iter().filter_map(|(id, template)| template.seen(lens, id)).collect()
    };
    let mut rows = Vec::new();
    for template in templates {
        let numbers: Vec<u64> = if wanted.is_empty() {
            let within = |number: &&u64| (least..=most).contains(&shown_number(**number));
            template.versions.keys().filter(within).copied().collect()
        } else {
            let mut numbers: Vec<u64> =
                wanted.iter().map(|version| template.number(Some(version))).collect::<Result<_, _>>()?;
            numbers.sort_unstable();
            numbers.dedup();
            numbers
        };
        for number in numbers {
            let Some(version) = template.versions.get(&number) else { continue };
            // Newest first.
            let key = format!("{}/{:020}", template.id, u64::MAX - number);
            rows.push((key, template.shown_version(number, version)));
        }
    }
    let limit = params.number_in("MaxResults", 1..=200)?.unwrap_or(200);
    let token = params.text("NextToken").filter(|token| !token.is_empty());
    let (rows, next) = cx
        .page(rows, |(key, _)| key.clone(), token, usize::try_from(limit).unwrap_or(200))
        .map_err(|_| Fault::client("InvalidNextToken", "The token is invalid"))?;
    let rows = rows.into_iter().map(|(_, row)| row);
    Ok(Fields::new().list("launchTemplateVersionSet", rows).maybe("nextToken", next).into())
}

/// Deletes every version with it (LT-5); groups that use it are not asked.
fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let lens = cx.lens();
    let ec2 = &mut cx.home().ec2;
    let template = ec2.launch_template(lens, params)?;
    let (id, shown) = (template.id.clone(), template.shown());
    ec2.launch_templates.remove(&id);
    ec2.tags.remove(&id);
    Ok(Answer::empty().with("launchTemplate", shown))
}

fn delete_versions(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (now, lens) = (cx.now(), cx.lens());
    let ec2 = &mut cx.home().ec2;
    let (id, name) = {
        let template = ec2.launch_template(lens, params)?;
        (template.id.clone(), template.name.clone())
    };
    let wanted = params.texts("LaunchTemplateVersion");
    if wanted.is_empty() {
        return Err(params.missing("LaunchTemplateVersion"));
    }
    let Some(template) = ec2.launch_templates.get_mut(&id) else {
        return Err(LAUNCH_TEMPLATE.not_found(&id));
    };
    let template = template.change(now);
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for version in wanted {
        let number: u64 =
            version.parse().map_err(|_| params.invalid("LaunchTemplateVersion", "must be numbers"))?;
        let shown = Fields::new()
            .with("launchTemplateId", &id)
            .with("launchTemplateName", &name)
            .with("versionNumber", shown_number(number));
        // The default version cannot be deleted; another must be made the default first.
        let refusal = if number == template.default {
            Some(("unexpectedError", "The default version of a launch template cannot be deleted."))
        } else if template.versions.remove(&number).is_none() {
            Some(("launchTemplateVersionDoesNotExist", "The launch template version does not exist."))
        } else {
            None
        };
        match refusal {
            None => gone.push(shown),
            Some((code, message)) => {
                let error = Fields::new().with("code", code).with("message", message);
                kept.push(shown.with("responseError", error));
            }
        }
    }
    template.latest = template.versions.keys().next_back().copied().unwrap_or(template.latest);
    Ok(Fields::new()
        .list("successfullyDeletedLaunchTemplateVersionSet", gone)
        .list("unsuccessfullyDeletedLaunchTemplateVersionSet", kept)
        .into())
}
