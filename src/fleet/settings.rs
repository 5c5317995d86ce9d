//! What stands for one account of a fleet: the top of the file, every `[[for]]` that is for it, and its own section.

use std::collections::BTreeMap;

use super::conditions::{About, Conditions};
use super::inventory::{Chain, chain};
use crate::language::fleet::{FleetFile, OneOrMore};
use crate::language::types::FileName;
use crate::language::variables::{Values, VariableValue};
use crate::language::{LAYERS, Spanned};

/// What a fleet file says of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The files of its baseline, as the file names them.
    pub layers: Vec<String>,
    /// The values of its variables, each with its place in the fleet file.
    pub vars: BTreeMap<String, Spanned<VariableValue>>,
    /// The role that it has in place of those of `[access]`, or several, each assumed by the one before.
    pub role: Option<Chain>,
    /// The profile that reaches it without a role.
    pub profile: Option<String>,
}

impl Settings {
    /// Of an account: later ones win.
    pub fn of(fleet: &FleetFile, account: &About<'_>) -> Self {
        let mut baseline = &fleet.baseline.value;
        let (mut role, mut profile) = (None, None);
        let mut vars = BTreeMap::new();
        let mut add = |values: &Values| {
            vars.extend(values.iter().map(|entry| (entry.name.clone(), entry.section.clone())));
        };
        add(&fleet.vars);
        for settings in fleet.r#for.iter().filter(|settings| Conditions::from(&settings.value).hold(account))
        {
            baseline = settings.baseline.as_ref().map_or(baseline, |own| &own.value);
            add(&settings.vars);
            // Whatever is said last of how it is reached stands alone.
            if settings.role.is_some() || settings.profile.is_some() {
                (role, profile) = (settings.role.as_ref(), settings.profile.as_ref());
            }
        }
        if let Some(own) = account.named {
            baseline = own.baseline.as_ref().map_or(baseline, |own| &own.value);
            add(&own.vars);
            if own.role.is_some() || own.profile.is_some() {
                (role, profile) = (own.role.as_ref(), own.profile.as_ref());
            }
        }
        Self {
            layers: baseline.iter().map(|file| file.written().to_owned()).collect(),
            vars,
            role: role.map(|role| chain(role)),
            profile: profile.map(|profile| profile.written().to_owned()),
        }
    }

    /// What the top of the file says, and what each `[[for]]` and each account's section alone makes of it.
    pub fn every(fleet: &FleetFile) -> Vec<Self> {
        let values = |own: Option<&Values>| {
            let all = fleet.vars.iter().chain(own.into_iter().flat_map(Values::iter));
            all.map(|entry| (entry.name.clone(), entry.section.clone())).collect()
        };
        let of = |baseline: Option<&OneOrMore<FileName>>, vars: Option<&Values>| Self {
            layers: baseline
                .unwrap_or(&fleet.baseline.value)
                .iter()
                .map(|file| file.written().to_owned())
                .collect(),
            vars: values(vars),
            role: None,
            profile: None,
        };
        let some = fleet.r#for.iter().map(|one| (one.baseline.as_ref(), &one.vars));
        let named = fleet.account.iter().map(|one| (one.section.baseline.as_ref(), &one.section.vars));
        let own =
            some.chain(named).map(|(baseline, vars)| of(baseline.map(|own| &own.value), Some(&vars.value)));
        std::iter::once(of(None, None)).chain(own).collect()
    }

    /// Its baseline in words.
    pub fn baseline(&self) -> String {
        self.layers.join(LAYERS)
    }
}

#[cfg(test)]
mod tests {
    use super::super::inventory::Listed;
    use super::*;
    use crate::language::Source;

    const FLEET: &str = "name = 'acme'\nbaseline = 'a.toml'\nvars = { n = 1, m = 1 }\n[access]\nrole = 'Admin'\n\
        [[for]]\nunits = ['Work']\nbaseline = ['a.toml', 'b.toml']\nvars = { n = 2 }\nrole = 'Work'\n\
        [[for]]\nunits = ['ou-1']\ntags = { env = 'prod' }\nvars = { n = 3 }\nprofile = 'prod'\n\
        [[for]]\naccounts = ['own', '100000000009']\nvars = { m = 4 }\n\
        [account.own]\nid = '100000000001'\nvars = { n = 5 }\nrole = 'Own'\n";

    fn fleet() -> FleetFile {
        let (fleet, problems) = FleetFile::parse(&Source { name: "fleet.toml".into(), text: FLEET.into() });
        fleet.unwrap_or_else(|| panic!("{problems:?}"))
    }

    #[test]
    fn later_settings_win_and_those_of_the_account_win_over_all() {
        let fleet = fleet();
        let own = fleet.account.iter().next().map(|entry| &entry.section);
        for (id, unit, unit_ids, env, named, told) in [
            ("100000000002", "", &["r-1"][..], "prod", None, "a.toml n=1 m=1 - -"),
            ("100000000002", "Work", &["r-1", "ou-2"], "dev", None, "a.toml + b.toml n=2 m=1 Work -"),
            (
                "100000000002",
                "Work/Deep/Deeper",
                &["r-1", "ou-2"],
                "dev",
                None,
                "a.toml + b.toml n=2 m=1 Work -",
            ),
            // Another unit whose name begins alike is not in it.
            ("100000000002", "Workshop", &["r-1"], "dev", None, "a.toml n=1 m=1 - -"),
            // A condition alone is not enough, and what is said last of how it is reached stands alone.
            ("100000000002", "Work", &["ou-1"], "dev", None, "a.toml + b.toml n=2 m=1 Work -"),
            ("100000000002", "Work", &["ou-1", "ou-3"], "prod", None, "a.toml + b.toml n=3 m=1 - prod"),
            ("100000000009", "", &[], "", None, "a.toml n=1 m=4 - -"),
            ("100000000001", "Work", &["ou-1"], "prod", own, "a.toml + b.toml n=5 m=4 Own -"),
        ] {
            let listed = Listed {
                id: id.to_owned(),
                name: "of-list".to_owned(),
                unit: Some(unit.to_owned()),
                unit_ids: unit_ids.iter().map(|id| (*id).to_owned()).collect(),
                tags: Some([("env".to_owned(), env.to_owned())].into()),
                ..Listed::default()
            };
            let name = if named.is_some() { "own" } else { "of-list" };
            let settings = Settings::of(&fleet, &About { id, name, listed: Some(&listed), named });
            let vars: Vec<String> =
                ["n", "m"].iter().map(|name| format!("{name}={}", settings.vars[*name].typed())).collect();
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let found = format!(
                "{} {} {} {}",
                settings.baseline(),
                vars.join(" "),
                or_none(settings.role.as_ref().map(|role| role.join(" "))),
                or_none(settings.profile.clone())
            );
            assert_eq!(found, told, "{id} {unit} {unit_ids:?} {env}");
        }
    }
}
