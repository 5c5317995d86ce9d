//! A plan in a file, carried out only while the account is as it was.
//!
//! The file holds the text of the baseline, not the steps: apply plans again from the same text, and refuses where that is
//! not what was [agreed](super::agreed) to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::agreed::{Agreed, digest_of_steps};
use super::arguments::Deletions;
use super::failure::Failure;
use super::file::Loaded;
use super::look::Look;
use super::output::Output;
use super::whole_file;
use crate::language::{Files as _, Given, Layers, Saying, Source};
use crate::model::Addr;
use crate::plan::Choices;
use crate::report::json::Report;
use crate::report::{Shown, clean};
use crate::shown;

/// The plan of one account.
const OF_ONE: Format = Format {
    name: "baseline plan",
    version: 1,
    another: "is JSON, but no plan that baseline saved",
    give: "give a TOML file, or a plan from: baseline plan FILE --out PLAN",
    again: "make the plan again with: baseline plan FILE --out PLAN",
};

/// A format of saved plans.
pub(super) struct Format {
    /// What makes a JSON file one.
    pub(super) name: &'static str,
    /// Its version; it grows when an older program could misread the file.
    pub(super) version: u64,
    /// What a JSON file is that is none.
    pub(super) another: &'static str,
    /// What to give in its place.
    pub(super) give: &'static str,
    /// How to make the plan again.
    pub(super) again: &'static str,
}

impl Format {
    /// Reads a plan of this format; nothing where the bytes are no JSON object, but a file of the language.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str, bytes: &[u8]) -> Result<Option<T>, Failure> {
        if !is_like_one(bytes) {
            return Ok(None);
        }
        let again = self.again;
        let json: Json = serde_json::from_slice(bytes).map_err(|error| {
            Failure::with_hint(format!("{name} is not a valid saved plan: {error}"), again)
        })?;
        if json.get("format").and_then(Json::as_str) != Some(self.name) {
            return Err(Failure::with_hint(format!("{name} {}", self.another), self.give));
        }
        let known = self.version;
        match json.get("format_version").and_then(Json::as_u64) {
            Some(version) if version == known => {}
            Some(newer) if newer > known => {
                return Err(Failure::with_hint(
                    format!("{name} was saved by a newer baseline (format {newer}, known is {known})"),
                    "use that version of baseline, or make the plan again with this one",
                ));
            }
            _ => return Err(Failure::with_hint(format!("{name} has no format version"), again)),
        }
        let plan = serde_json::from_value(json)
            .map_err(|error| Failure::with_hint(format!("{name} is a damaged saved plan: {error}"), again))?;
        Ok(Some(plan))
    }
}

/// Writes a plan whole or not at all, readable by its owner only, and says how it is carried out and what its digest is.
pub(super) fn save(plan: &impl Serialize, path: &Path, apply: &str, output: &Output) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format!("cannot save the plan to {}: {error}", path.display()))
    };
    let text = Shown::json(plan).map_err(|error| failed(&error))?;
    whole_file::write(path, &text).map_err(|error| failed(&error))?;
    let path = Shown::line(&path.display().to_string());
    output.note(&shown!("the plan is saved; carry it out with: {} {}", Shown::line(apply), path));
    output.note(&shown!("its SHA-256 is {}", Shown::line(&digest(text.written().as_bytes()))));
    Ok(())
}

/// A plan as it is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedPlan {
    format: String,
    format_version: u64,
    /// The program that saved it; only to be shown.
    program: String,
    /// The baseline file as the person named it.
    file: String,
    /// Its text.
    text: String,
    /// The layers over it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    layers: Vec<SavedLayer>,
    /// The values of its variables, as they are typed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, String>,
    /// The account it was made for.
    pub(super) account: String,
    region: String,
    prune: bool,
    destroy: BTreeSet<Addr>,
    /// A digest of what was found, by address.
    fingerprints: BTreeMap<Addr, String>,
    /// The report, for people and for the comparison of the steps.
    report: Json,
}

/// A layer as it is saved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedLayer {
    file: String,
    text: String,
}

impl From<&Source> for SavedLayer {
    fn from(source: &Source) -> Self {
        Self { file: source.name.clone(), text: source.text.clone() }
    }
}

impl SavedLayer {
    /// The layer as it is read.
    pub(super) fn source(&self) -> Arc<Source> {
        // Whoever made the plan wrote this name, and it is shown before anybody has agreed to anything.
        Arc::new(Source { name: clean::cut(&self.file, clean::LONGEST), text: self.text.clone() })
    }
}

impl SavedPlan {
    /// The plan of a look, with what was agreed to.
    pub(super) fn new(
        loaded: &Loaded,
        look: &Look,
        choices: &Choices,
        report: &Report,
    ) -> Result<Self, serde_json::Error> {
        let mut layers = loaded.source.layers().into_iter().map(SavedLayer::from);
        let SavedLayer { file, text } = layers.next().unwrap_or_default();
        Ok(Self {
            format: OF_ONE.name.to_owned(),
            format_version: OF_ONE.version,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            file,
            text,
            layers: layers.collect(),
            values: loaded.source.given().iter().map(typed).collect(),
            account: look.heading.account.clone(),
            region: look.heading.region.clone(),
            prune: choices.prune,
            destroy: choices.destroy.clone(),
            fingerprints: look.plan.fingerprints.clone(),
            report: serde_json::to_value(report)?,
        })
    }

    /// Reads a saved plan, or says that the bytes are none: no baseline file begins with a brace.
    pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Option<Self>, Failure> {
        OF_ONE.read(name, bytes)
    }

    /// The baseline file it was made from, and the layers over it.
    pub(super) fn source(&self) -> Layers {
        let first = SavedLayer { file: self.file.clone(), text: self.text.clone() };
        let layers = Layers::new([&first].into_iter().chain(&self.layers).map(SavedLayer::source).collect());
        self.values.iter().fold(layers, |layers, (name, value)| layers.typed(name, value))
    }

    /// What was agreed to when it was made.
    pub(super) fn choices(&self) -> Choices {
        Choices { prune: self.prune, destroy: self.destroy.clone() }
    }

    /// What was agreed to when it was made, as far as another look can tell.
    pub(super) fn agreed(&self) -> Agreed {
        Agreed {
            program: self.program.clone(),
            region: self.region.clone(),
            steps: digest_of_steps(self.report.get("steps").unwrap_or(&Json::Null)),
            fingerprints: self.fingerprints.clone(),
        }
    }
}

/// A value as it is typed.
fn typed(given: &Given) -> (String, String) {
    let value = match &given.saying {
        Saying::Typed(text) => text.clone(),
        Saying::Value(value) => value.typed(),
    };
    (given.name.clone(), value)
}

/// Whether a file begins as a saved plan does, and no baseline file.
pub(super) fn is_like_one(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// The SHA-256 of a file, as `sha256sum` prints it: whoever carries a plan elsewhere can tell that it is the same.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fails where another plan is expected than the one with that digest.
pub(super) fn check_digest(path: &Path, digest: Option<&str>, expected: Option<&str>) -> Result<(), Failure> {
    match expected.filter(|expected| digest != Some(*expected)) {
        None => Ok(()),
        Some(expected) => {
            let is =
                digest.map_or_else(|| "is no plan".to_owned(), |digest| format!("has the SHA-256 {digest}"));
            Err(Failure::with_hint(
                format!("{} {is}, but {expected} is expected", path.display()),
                "it is not the plan that was saved; find out who changed it, or make the plan again",
            ))
        }
    }
}

/// Fails where deletions are asked for beside a saved plan, which that command makes.
pub(super) fn refuse_deletions(deletions: &Deletions, plan: &str) -> Result<(), Failure> {
    if !deletions.prune && deletions.destroy.is_empty() {
        return Ok(());
    }
    Err(Failure::with_hint(
        "a saved plan already says what is deleted",
        format!("leave --prune and --destroy out, or give them to: {plan} --out PLAN"),
    ))
}

/// A digest as it is typed.
pub(super) fn typed_digest(text: &str) -> Result<String, String> {
    let digest = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { Ok(digest) } else { Err("a SHA-256 has 64 hexadecimal digits".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_a_saved_plan_cannot_act_on_a_terminal() {
        let json = serde_json::json!({
            "format": OF_ONE.name, "format_version": 1, "program": "1", "text": "", "account": "1", "region": "r",
            "file": "a\u{1b}[2J\r\nhint: b", "prune": false, "destroy": [], "fingerprints": {}, "report": {},
        });
        let saved = SavedPlan::read("x", json.to_string().as_bytes()).unwrap().unwrap();
        assert_eq!(saved.source().name(), "a\\u{1b}[2J\\r\\nhint: b");
    }

    #[test]
    fn the_digest_is_the_one_that_other_programs_print() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest(b"abc"), abc);
        assert_eq!(typed_digest(&format!("sha256:{}", abc.to_uppercase())).unwrap(), abc);
        for wrong in ["", "ba78", &format!("{abc}0"), &abc.replace('b', "x")] {
            assert!(typed_digest(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_toml_file_is_no_saved_plan() {
        assert!(SavedPlan::read("x", b"name = 'a'\n").unwrap().is_none());
        assert!(SavedPlan::read("x", b"").unwrap().is_none());
    }

    #[test]
    fn damaged_foreign_and_newer_plans_are_told_apart() {
        let said = |text: &str| match SavedPlan::read("x.plan", text.as_bytes()) {
            Err(Failure::Said { message, .. }) => message.to_string(),
            other => panic!("{other:?}"),
        };
        insta::assert_snapshot!(said("{\"format\": "), @r#"x.plan is not a valid saved plan: EOF while parsing a value at line 1 column 11"#);
        insta::assert_snapshot!(said("{\"Version\": 1}"), @r#"x.plan is JSON, but no plan that baseline saved"#);
        insta::assert_snapshot!(said("{\"format\": \"baseline plan\", \"format_version\": 2}"), @r#"x.plan was saved by a newer baseline (format 2, known is 1)"#);
        insta::assert_snapshot!(said("{\"format\": \"baseline plan\", \"format_version\": 1}"), @r#"x.plan is a damaged saved plan: missing field `program`"#);
    }
}
