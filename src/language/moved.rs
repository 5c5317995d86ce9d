//! `[[moved]]`: a tier that has another name now.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::names::Names;
use super::reader::Reader;
use super::section::section;
use super::types::KeyType;
use super::{Diagnostic, Span};
use crate::model::{Addr, Wanted};

const TIER: &str = "network.tier.";

/// A section that holds a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierSection(String);

impl KeyType for TierSection {
    fn read(value: &DeValue<'_>, span: &Span, reader: &mut Reader) -> Option<Self> {
        let Some(text) = value.as_str() else {
            reader.wrong_type(span, &Self::describe(), value);
            return None;
        };
        let name = text.strip_prefix(TIER).filter(|name| !name.is_empty() && !name.contains('.'));
        if name.is_none() {
            let others = "what other sections declare is found by its name in AWS";
            reader.bad_value(
                span,
                format!("must be the section of a tier, such as \"network.tier.web\"; {others}"),
            );
        }
        name.map(|name| Self(name.to_owned()))
    }

    fn describe() -> String {
        "section of a tier, such as \"network.tier.web\"".to_owned()
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": "^network\\.tier\\.[^.]+$" })
    }
}

section! {
    /// A tier that has another name now. Write `[[moved]]` for each one.
    ///
    /// Its subnets, route tables, security group and network ACL are found under the name before, stay as they are,
    /// and get their tags anew; without it they would be made a second time. The security group keeps its name in
    /// AWS. Once it has been applied everywhere, it can be taken out.
    ///
    /// Other sections need no such line: a bucket, key, role, policy or group is found by its name in AWS.
    /// That begins with the name of its section unless `name`, or `alias` of a key, says otherwise: to rename such a
    /// section, write down there the name that the thing has.
    #[practices()]
    Moved {
        /// The section as it was called before.
        from: TierSection, required;
        /// The section as it is called now.
        to: TierSection, required;
    }
}

pub(super) fn check(names: &Names<'_>, problems: &mut Vec<Diagnostic>) {
    let declared =
        |name: &str| names.file.network.as_ref().is_some_and(|network| network.tier.get(name).is_some());
    let all: Vec<&Moved> = names.file.moved.iter().map(|moved| &moved.value).collect();
    let old: BTreeSet<&str> = all.iter().map(|moved| moved.from.value.0.as_str()).collect();
    let (mut first_from, mut first_to) = (BTreeMap::new(), BTreeMap::new());
    for moved in &all {
        let (from, to) = (&moved.from.value.0, &moved.to.value.0);
        if declared(from) {
            problems.push(
                Diagnostic::error(
                    "moved-and-declared",
                    &moved.from.span,
                    format!("the tier `{from}` is still declared"),
                )
                .hint("take the one of its old name out, or take this out"),
            );
        }
        let other = *first_from.entry(from).or_insert(moved);
        if !std::ptr::eq(other, moved) {
            problems.push(
                Diagnostic::error("duplicate", &moved.from.span, format!("the tier `{from}` is moved twice"))
                    .related(&other.from.span, "here it is moved first")
                    .hint("keep one of the two"),
            );
        }
        let other = *first_to.entry(to).or_insert(moved);
        if !std::ptr::eq(other, moved) {
            problems.push(
                Diagnostic::error("duplicate", &moved.to.span, format!("two tiers move to `{to}`"))
                    .related(&other.to.span, "the first one is here")
                    .hint("keep one of the two"),
            );
        }
        if !declared(to) && !old.contains(to.as_str()) {
            problems.push(
                Diagnostic::error("unknown-name", &moved.to.span, format!("there is no tier `{to}`"))
                    .hint(format!("declare `[{TIER}{to}]`, or write the name that the tier has now")),
            );
        }
    }
}

/// Notes under which addresses the things of renamed tiers were known before, the latest name first.
pub(super) fn expand(names: &Names<'_>, wanted: &mut Wanted) {
    let mut before: Vec<(Addr, Vec<Addr>)> = Vec::new();
    for (addr, want) in &wanted.things {
        let Some(tier) = want.origin.section.strip_prefix(TIER) else { continue };
        let Some(rest) =
            addr.name().strip_prefix(tier).filter(|rest| rest.is_empty() || rest.starts_with('-'))
        else {
            continue;
        };
        let mut former = Vec::new();
        let mut name = tier;
        // No name is moved from twice, so this ends; a circle ends where it began.
        while let Some(moved) = names.file.moved.iter().find(|moved| moved.value.to.value.0 == name) {
            name = &moved.value.from.value.0;
            if name == tier {
                break;
            }
            former.push(Addr::new(addr.kind(), format!("{name}{rest}")));
        }
        if !former.is_empty() {
            before.push((addr.clone(), former));
        }
    }
    wanted.moved = before.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use crate::language::{Baseline, Place, Source};

    const NETWORK: &str = "[network]\ncidr = \"10.0.0.0/16\"\nzones = 1\nflow_logs = false\n[network.tier.front]\naccept = [{ from = \"front-end\", port = 443 }]\n[network.tier.front-end]\naccept = [{ from = \"front\", port = 443 }]\n";

    fn parse(moved: &str) -> (Option<Baseline>, Vec<&'static str>) {
        let text = format!("name = \"test\"\nregion = \"eu-west-1\"\n{moved}{NETWORK}");
        let (baseline, problems) = Baseline::parse(&Source { name: "x.toml".into(), text });
        (baseline, problems.iter().map(|problem| problem.code).collect())
    }

    fn moved(from: &str, to: &str) -> String {
        format!("[[moved]]\nfrom = \"network.tier.{from}\"\nto = \"network.tier.{to}\"\n")
    }

    #[test]
    fn every_thing_of_a_renamed_tier_has_its_addresses_before() {
        let (baseline, problems) = parse(&format!("{}{}", moved("middle", "front"), moved("web", "middle")));
        assert_eq!(problems, [""; 0]);
        let wanted = baseline.unwrap().expand(&Place { account: "111122223333", partition: "aws" }).unwrap();
        let told: Vec<String> = wanted
            .moved
            .iter()
            .map(|(now, before)| {
                let before: Vec<String> = before.iter().map(ToString::to_string).collect();
                format!("{now}: {}", before.join(", "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "ec2.network-acl.front: ec2.network-acl.middle, ec2.network-acl.web",
                "ec2.route-table.front: ec2.route-table.middle, ec2.route-table.web",
                "ec2.security-group.front: ec2.security-group.middle, ec2.security-group.web",
                "ec2.subnet.front-a: ec2.subnet.middle-a, ec2.subnet.web-a",
            ]
        );
    }

    #[test]
    fn what_cannot_have_moved_is_refused() {
        for (text, code) in [
            (moved("front-end", "front"), "moved-and-declared"),
            (moved("web", "fornt"), "unknown-name"),
            (moved("front", "front"), "moved-and-declared"),
            (moved("web", "front") + &moved("web", "front-end"), "duplicate"),
            (moved("web", "front") + &moved("old", "front"), "duplicate"),
            (moved("web", "front").replace("network.tier.web", "bucket.web"), "bad-value"),
            (moved("web", "front").replace("network.tier.web", "network.tier.a.b"), "bad-value"),
        ] {
            let (baseline, codes) = parse(&text);
            assert!(baseline.is_none() && codes.contains(&code), "{text}: {codes:?}");
        }
    }
}
