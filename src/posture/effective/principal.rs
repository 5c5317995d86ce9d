//! A user or role with everything that says what it may do.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::goal::{Act, allows_everything};
use super::way::Way;
use crate::policy::{
    Ask, Context, Effect, Layers, Naming, Pattern, Policy, Scope, Statement, Verdict, Who, evaluate,
    fits_action, witness,
};
use crate::posture::facts::{Iam, Identity, Role, User};

/// What a principal is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::posture) enum Kind<'a> {
    /// A user.
    User(&'a User),
    /// A role.
    Role(&'a Role),
}

/// A document and how the principal came by it.
#[derive(Debug, Clone)]
pub(super) struct Source<'a> {
    /// Such as `inline policy everything` or `policy Admin of group ops`.
    pub(super) words: String,
    /// The ARN, where it is a managed policy.
    pub(super) arn: Option<&'a str>,
    pub(super) policy: &'a Policy,
}

/// The account that is judged: what is in every ARN.
#[derive(Debug, Clone, Copy)]
pub(in crate::posture) struct Account<'a> {
    /// Its partition, such as `aws`.
    pub(in crate::posture) partition: &'a str,
    /// Its twelve digits.
    pub(in crate::posture) id: &'a str,
}

impl Account<'_> {
    /// The ARN of something of IAM in this account, such as `role/worker`.
    pub(super) fn iam(self, resource: &str) -> String {
        format!("arn:{}:iam::{}:{resource}", self.partition, self.id)
    }

    /// The ARN of a managed policy of AWS.
    pub(super) fn policy_of_aws(self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.partition)
    }
}

/// A user or role.
#[derive(Debug)]
pub(in crate::posture) struct Principal<'a> {
    /// What it is.
    pub(in crate::posture) kind: Kind<'a>,
    /// Its name and ARN.
    pub(in crate::posture) identity: &'a Identity,
    /// Its groups.
    pub(super) groups: Vec<&'a Identity>,
    pub(super) sources: Vec<Source<'a>>,
    pub(super) boundary: Option<&'a Policy>,
    account: Account<'a>,
    context: Context,
    /// The actions that were asked about, and the statements that allow them on something: the places of their sources, and theirs
    /// in those.
    allowing: RefCell<HashMap<String, Places>>,
    /// The ways on which something runs with a role, as far as it holds a right to each action that they take.
    pub(super) ways: OnceCell<Vec<&'static Way>>,
    /// Whether it could do everything with every right, without its boundary and within it, where somebody has asked: everybody who
    /// holds a right over others asks it of all of them.
    would_be: [OnceCell<bool>; 2],
    /// The same of what a search looks for, which is one thing for as long as this principal lasts.
    pub(super) would_reach: [OnceCell<bool>; 2],
    /// Whether a document leads there in its hands, by where the document is, without its boundary and within it.
    pub(super) given: RefCell<HashMap<(usize, bool), bool>>,
    /// Whether a document allows everything, by where the document is.
    strong: RefCell<HashMap<usize, bool>>,
    /// The policies of AWS that lead there in its hands.
    pub(super) given_by_aws: [OnceCell<Vec<&'static str>>; 2],
}

/// How many names are tried, at most, for something that is made under grants with many patterns.
const MOST_NAMES: usize = 200;

/// Statements of a principal: the places of their sources, and theirs in those.
type Places = Rc<[(usize, usize)]>;

/// A permission that is there, in words.
pub(super) type Grant = String;

impl<'a> Principal<'a> {
    /// All of them. A policy that is attached and was not in the answer is named in the error.
    pub(super) fn all(iam: &'a Iam, account: Account<'a>) -> Vec<Result<Self, (&'a Identity, String)>> {
        let users = iam.users.iter().map(|user| {
            let groups = iam.groups.iter().filter(|group| user.groups.contains(&group.name)).collect();
            Self::new(iam, account, Kind::User(user), &user.identity, groups)
        });
        let roles = iam
            .roles
            .iter()
            .map(|role| Self::new(iam, account, Kind::Role(role), &role.identity, Vec::new()));
        users.chain(roles).collect()
    }

    /// A role that nobody has made yet.
    pub(super) fn of_role(iam: &'a Iam, account: Account<'a>, role: &'a Role) -> Option<Self> {
        Self::new(iam, account, Kind::Role(role), &role.identity, Vec::new()).ok()
    }

    /// The same without its boundary.
    pub(super) fn unbound(&self) -> Self {
        Self {
            boundary: None,
            groups: self.groups.clone(),
            sources: self.sources.clone(),
            context: self.context.clone(),
            allowing: RefCell::default(),
            ways: OnceCell::new(),
            would_be: Default::default(),
            would_reach: Default::default(),
            given: RefCell::default(),
            strong: RefCell::default(),
            given_by_aws: Default::default(),
            ..*self
        }
    }

    fn new(
        iam: &'a Iam,
        account: Account<'a>,
        kind: Kind<'a>,
        identity: &'a Identity,
        groups: Vec<&'a Identity>,
    ) -> Result<Self, (&'a Identity, String)> {
        let missing =
            |arn: &String| (identity, format!("the policy {arn} of {} was not in the answer", identity.name));
        let managed = |arn: &'a String| iam.policies.get(arn).ok_or_else(|| missing(arn));
        let mut sources = Vec::new();
        let owners = std::iter::once((identity, String::new()))
            .chain(groups.iter().map(|group| (*group, format!(" of group {}", group.name))));
        for (owner, of) in owners {
            for arn in &owner.attached {
                let policy = managed(arn)?;
                let words = format!("policy {}{of}", policy.name);
                sources.push(Source { words, arn: Some(arn), policy: &policy.document });
            }
            sources.extend(owner.inline.iter().map(|(name, policy)| Source {
                words: format!("inline policy {name}{of}"),
                arn: None,
                policy,
            }));
        }
        let boundary = identity.boundary.as_ref().map(managed).transpose()?.map(|policy| &policy.document);
        let context = Context::open()
            .with("aws:PrincipalArn", &identity.arn)
            .with("aws:PrincipalAccount", account.id)
            .with("aws:PrincipalIsAWSService", "false");
        let context = match kind {
            Kind::User(_) => context.with("aws:username", &identity.name).with("aws:PrincipalType", "User"),
            Kind::Role(_) => context.with_all("aws:username", []).with("aws:PrincipalType", "AssumedRole"),
        };
        Ok(Self {
            kind,
            identity,
            groups,
            sources,
            boundary,
            account,
            context,
            allowing: RefCell::default(),
            ways: OnceCell::new(),
            would_be: Default::default(),
            would_reach: Default::default(),
            given: RefCell::default(),
            strong: RefCell::default(),
            given_by_aws: Default::default(),
        })
    }

    fn who(&self) -> Who<'_> {
        Who::Aws { account: self.account.id, arn: &self.identity.arn, identity: &self.identity.arn }
    }

    /// Whether it may do this, by which statement of what.
    pub(super) fn may(&self, action: &str, resource: &str, keys: &[(&str, &str)]) -> Option<Grant> {
        let keys: Vec<(&str, Option<&str>)> = keys.iter().map(|(key, value)| (*key, Some(*value))).collect();
        self.may_knowing(action, resource, &keys)
    }

    /// Likewise, where some keys are known not to be in the request.
    pub(super) fn may_knowing(
        &self,
        action: &str,
        resource: &str,
        keys: &[(&str, Option<&str>)],
    ) -> Option<Grant> {
        // Most ask in vain: what no statement speaks of is not put to all of them.
        if !self.could(action, resource) {
            return None;
        }
        if keys.is_empty() {
            return self.may_in(action, resource, &self.context);
        }
        let context = keys.iter().fold(self.context.clone(), |context, (key, value)| {
            context.with_all(key, value.map(str::to_owned))
        });
        self.may_in(action, resource, &context)
    }

    /// The line that shows that it may do one thing, by its own rights or by what is said there.
    pub(super) fn may_do(&self, act: &Act<'_>) -> Option<String> {
        if !self.knows(act.action) && !act.is_granted_there() {
            return None;
        }
        act.names(self.patterns_of(act.action)).into_iter().find_map(|name| {
            let grant = self.may_under(act.action, &name, act.policy, act.decides)?;
            Some(format!("{}: {grant}", act.words()))
        })
    }

    /// Whether it could do one thing if it had a policy that allows everything: what denies and bounds it stays.
    pub(super) fn would_do(&self, act: &Act<'_>, everything: &Policy, bounded: bool) -> bool {
        let mut policies: Vec<&Policy> = self.sources.iter().map(|source| source.policy).collect();
        policies.push(everything);
        let boundary = self.boundary.filter(|_| bounded);
        let layers = Layers {
            identity: &policies,
            boundary,
            resource: act.policy,
            resource_decides: act.decides,
            ..Layers::default()
        };
        let within = boundary.into_iter().flat_map(Policy::allows).filter_map(|it| match &it.resources {
            Some(Scope::Only(patterns)) => Some(patterns.iter().map(|pattern| pattern.text.clone())),
            Some(Scope::AllBut(_)) | None => None,
        });
        act.names(within.flatten().chain(["*".to_owned()])).iter().any(|name| {
            let ask = Ask { who: self.who(), action: act.action, resource: name, context: &self.context };
            evaluate(&layers, &ask).is_allowed()
        })
    }

    /// What keeps it from one thing that a policy of its own allows; nothing where none does, or nothing keeps it from it.
    pub(super) fn kept_from(&self, act: &Act<'_>) -> Option<String> {
        if !self.knows(act.action) {
            return None;
        }
        act.names(self.patterns_of(act.action)).iter().find_map(|name| {
            let ask = Ask { who: self.who(), action: act.action, resource: name, context: &self.context };
            let granted = self.sources.iter().any(|source| source.policy.allowing(&ask).is_some());
            if !granted { None } else { self.barrier(&ask, act) }
        })
    }

    /// What stands in the way of something that a policy allows.
    fn barrier(&self, ask: &Ask<'_>, act: &Act<'_>) -> Option<String> {
        let policies: Vec<&Policy> = self.sources.iter().map(|source| source.policy).collect();
        let layers = Layers {
            identity: &policies,
            boundary: self.boundary,
            resource: act.policy,
            resource_decides: act.decides,
            ..Layers::default()
        };
        let holds = |policy: &Policy, wanted: &Statement| {
            policy.statements.iter().any(|statement| std::ptr::eq(statement, wanted))
        };
        let boundary =
            || format!("the permissions boundary {}", self.identity.boundary.as_deref().unwrap_or_default());
        let there = || format!("the policy of {}", act.place());
        match evaluate(&layers, ask) {
            Verdict::Allowed(_) => None,
            Verdict::Denied(statement) => {
                let own = self.sources.iter().find(|source| holds(source.policy, statement));
                let label = &statement.label;
                Some(match own {
                    Some(source) => format!("the deny {label} of {}", source.words),
                    None if self.boundary.is_some_and(|policy| holds(policy, statement)) => {
                        format!("the deny {label} of {}", boundary())
                    }
                    None => format!("the deny {label} of {}", there()),
                })
            }
            Verdict::NotAllowed if self.boundary.is_some_and(|policy| policy.allowing(ask).is_none()) => {
                Some(boundary())
            }
            Verdict::NotAllowed => Some(there()),
        }
    }

    /// Likewise on something that has a policy of its own, which may deny it or allow it by itself.
    fn may_under(
        &self,
        action: &str,
        resource: &str,
        policy: Option<&Policy>,
        decides: bool,
    ) -> Option<Grant> {
        let Some(policy) = policy else { return self.may(action, resource, &[]) };
        let policies: Vec<&Policy> = self.sources.iter().map(|source| source.policy).collect();
        let layers = Layers {
            identity: &policies,
            boundary: self.boundary,
            resource: Some(policy),
            resource_decides: decides,
            ..Layers::default()
        };
        let ask = Ask { who: self.who(), action, resource, context: &self.context };
        let Verdict::Allowed(statement) = evaluate(&layers, &ask) else { return None };
        self.may(action, resource, &[])
            .or_else(|| Some(format!("the policy on it, {}{}", statement.label, conditions(statement))))
    }

    fn may_in(&self, action: &str, resource: &str, context: &Context) -> Option<Grant> {
        let policies: Vec<&Policy> = self.sources.iter().map(|source| source.policy).collect();
        let layers = Layers { identity: &policies, boundary: self.boundary, ..Layers::default() };
        let ask = Ask { who: self.who(), action, resource, context };
        let Verdict::Allowed(statement) = evaluate(&layers, &ask) else { return None };
        let source = self.sources.iter().find(|source| {
            source.policy.statements.iter().any(|candidate| std::ptr::eq(candidate, statement))
        })?;
        Some(format!("{}, {}", source.words, shown(statement, action, resource, context)))
    }

    /// Names for something of IAM that it makes itself, of a shape such as `role/?*`: one that fits a pattern out of each of
    /// `wanted`, which its grants and their conditions name. What denies is left to the question.
    pub(super) fn names_for(&self, shape: &str, wanted: &[BTreeSet<String>]) -> Vec<String> {
        let name = |chosen: &[&str]| witness(chosen);
        let shape = self.account.iam(shape);
        let mut fitting: Vec<Vec<&str>> = vec![vec![&shape]];
        for patterns in wanted {
            let longer = fitting.iter().flat_map(|chosen| {
                patterns
                    .iter()
                    .map(|pattern| chosen.iter().copied().chain([pattern.as_str()]).collect::<Vec<_>>())
            });
            fitting = longer.filter(|chosen| name(chosen).is_some()).take(MOST_NAMES).collect();
        }
        fitting.iter().filter_map(|chosen| name(chosen)).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The patterns of resources for which a statement allows an action, with what is known of variables put in.
    pub(super) fn patterns_of(&self, action: &str) -> BTreeSet<String> {
        self.patterns_in(action, self.sources.iter().map(|source| source.policy))
    }

    /// For each action what its grants name, and what the boundary leaves of them: what [`Self::names_for`] fits a name into.
    pub(super) fn patterns_for<'b>(
        &self,
        actions: impl IntoIterator<Item = &'b str>,
    ) -> Vec<BTreeSet<String>> {
        let both = actions.into_iter().flat_map(|action| {
            let bounds = self.boundary.map(|boundary| self.patterns_in(action, std::iter::once(boundary)));
            std::iter::once(self.patterns_of(action)).chain(bounds)
        });
        both.collect()
    }

    fn patterns_in<'p>(&self, action: &str, policies: impl Iterator<Item = &'p Policy>) -> BTreeSet<String> {
        let statements = policies.flat_map(Policy::allows);
        let covering = statements.filter(|statement| statement.covers_action(action));
        let mut patterns = BTreeSet::new();
        for statement in covering {
            match &statement.resources {
                Some(Scope::Only(only)) => {
                    patterns.extend(only.iter().map(|pattern| self.filled(&pattern.text)))
                }
                Some(Scope::AllBut(_)) | None => {
                    patterns.insert("*".to_owned());
                }
            }
        }
        patterns
    }

    /// A pattern with its own name in place of `${aws:username}` and anything in place of other variables.
    fn filled(&self, pattern: &str) -> String {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            let (variable, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            let is_name = variable.eq_ignore_ascii_case("aws:username") && matches!(self.kind, Kind::User(_));
            text.push_str(if is_name { &self.identity.name } else { "*" });
            rest = after;
        }
        text + rest
    }

    /// What the conditions of its grants and of its boundary say of a key, with wildcards.
    pub(super) fn values_of(&self, key: &str) -> BTreeSet<String> {
        let policies = self.sources.iter().map(|source| source.policy).chain(self.boundary);
        let conditions = policies.flat_map(Policy::allows).flat_map(|statement| &statement.conditions);
        let of_key = conditions.filter(|condition| condition.key.eq_ignore_ascii_case(key));
        of_key.flat_map(|condition| condition.values.iter().map(|value| self.filled(&value.text))).collect()
    }

    /// Whether it may do this to anything at all: a grant for `app-*` is enough where it chooses the name itself.
    pub(super) fn may_somewhere(&self, action: &str) -> Option<Grant> {
        let statements = self.sources.iter().flat_map(|source| source.policy.allows());
        let covering = statements.filter(|statement| statement.covers_action(action));
        let names = covering.flat_map(|statement| match &statement.resources {
            Some(Scope::Only(patterns)) => patterns.iter().map(|pattern| example(&pattern.text)).collect(),
            Some(Scope::AllBut(_)) | None => vec![example("*")],
        });
        names.into_iter().find_map(|resource| self.may(action, &resource, &[]))
    }

    /// The regions that statements about one of these actions name in full.
    pub(super) fn regions_named(&self, actions: &[&str]) -> BTreeSet<String> {
        let allows = self.sources.iter().flat_map(|source| source.policy.allows());
        let covering = allows.filter(|it| actions.iter().any(|action| it.covers_action(action)));
        let patterns = covering.filter_map(|statement| match &statement.resources {
            Some(Scope::Only(patterns)) => Some(patterns),
            Some(Scope::AllBut(_)) | None => None,
        });
        let region = |pattern: &Pattern| pattern.text.split(':').nth(3).map(str::to_owned);
        let named = patterns.flatten().filter_map(region);
        named.filter(|region| !region.is_empty() && !region.contains(['*', '?', '$'])).collect()
    }

    /// Whether a statement of its own could speak of an action, so that it is worth asking on what.
    pub(super) fn knows(&self, action: &str) -> bool {
        !self.allowing(action).is_empty()
    }

    /// Whether a statement of its own speaks of an action on a resource, so that it is worth asking what else stands there. What the
    /// request says besides only makes a variable known that could be anything here.
    pub(super) fn could(&self, action: &str, resource: &str) -> bool {
        self.allowing(action).iter().any(|(source, statement)| {
            let statement = &self.sources[*source].policy.statements[*statement];
            statement.covers_resource(resource, &self.context).is_possible()
        })
    }

    /// The statements of its own that allow an action on something, by place.
    fn allowing(&self, action: &str) -> Places {
        if let Some(allowing) = self.allowing.borrow().get(action) {
            return Rc::clone(allowing);
        }
        let allows = |it: &Statement| it.effect == Effect::Allow && it.covers_action(action);
        let all = self.sources.iter().enumerate().flat_map(|(place, source)| {
            source.policy.statements.iter().enumerate().map(move |(index, it)| (place, index, it))
        });
        let allowing: Places =
            all.filter(|(_, _, it)| allows(it)).map(|(place, index, _)| (place, index)).collect();
        self.allowing.borrow_mut().insert(action.to_owned(), Rc::clone(&allowing));
        allowing
    }

    /// Whether it could assume a role, by its own right or because the role names it.
    ///
    /// A trust policy must allow it in any case. Where it names the account, that account's policies must allow
    /// it too; where it names the principal, they need not.
    pub(super) fn may_assume(&self, role: &Role) -> Option<Grant> {
        let ask = Ask {
            who: self.who(),
            action: "sts:AssumeRole",
            resource: &role.identity.arn,
            context: &self.context,
        };
        // A trust policy names no resource.
        let trusting = role.trust.allowing(&ask)?;
        let policies: Vec<&Policy> = self.sources.iter().map(|source| source.policy).collect();
        let layers = Layers {
            identity: &policies,
            boundary: self.boundary,
            resource: Some(&role.trust),
            resource_decides: true,
            ..Layers::default()
        };
        if !evaluate(&layers, &ask).is_allowed() {
            return None;
        }
        let trust =
            format!("the trust policy of {}, {}{}", role.identity.name, trusting.label, conditions(trusting));
        match trusting.naming(&ask)? {
            Naming::Account => {
                let own = self.may("sts:AssumeRole", &role.identity.arn, &[])?;
                Some(format!("{own}, and {trust}"))
            }
            Naming::Direct | Naming::Identity => Some(trust),
        }
    }

    /// Whether it could do everything if it had this policy, which allows everything: what denies and bounds it stays. The answer is
    /// kept, so the policy is the same each time.
    pub(super) fn would_be_administrator(&self, everything: &Policy, bounded: bool) -> bool {
        *self.would_be[usize::from(bounded)].get_or_init(|| {
            let mut policies: Vec<&Policy> = self.sources.iter().map(|source| source.policy).collect();
            policies.push(everything);
            let boundary = self.boundary.filter(|_| bounded);
            let layers = Layers { identity: &policies, boundary, ..Layers::default() };
            let context = &self.context;
            self.probes().iter().all(|(action, resource)| {
                evaluate(&layers, &Ask { who: self.who(), action, resource, context }).is_allowed()
            })
        })
    }

    /// Whether a document allows everything, whoever has it: kept, since it is asked for each pair of principals.
    pub(super) fn allows_everything_by(&self, document: &Policy) -> bool {
        let place = std::ptr::from_ref(document).addr();
        *self.strong.borrow_mut().entry(place).or_insert_with(|| allows_everything(document))
    }

    /// The grant that lets it do everything now.
    pub(super) fn is_administrator(&self) -> Option<Grant> {
        let grants: Vec<Grant> = self
            .probes()
            .iter()
            .map(|(action, resource)| self.may(action, resource, &[]))
            .collect::<Option<_>>()?;
        grants.into_iter().next()
    }

    /// What only somebody can do who can do everything: an action nobody has heard of, and changes to anybody's rights.
    fn probes(&self) -> [(&'static str, String); 4] {
        let Account { partition, id } = self.account;
        [
            ("unheard-of:Act", format!("arn:{partition}:unheard-of:us-east-1:{id}:thing/unheard-of")),
            ("iam:CreateUser", self.account.iam("user/unheard-of")),
            ("iam:PutUserPolicy", self.account.iam("user/unheard-of")),
            ("iam:AttachRolePolicy", self.account.iam("role/unheard-of")),
        ]
    }
}

/// A resource that fits a pattern.
fn example(pattern: &str) -> String {
    if pattern == "*" {
        "arn:aws:x:us-east-1:000000000000:x".to_owned()
    } else {
        pattern.replace(['*', '?'], "x")
    }
}

/// A statement by its label and by the part of it that speaks of the question.
fn shown(statement: &Statement, action: &str, resource: &str, context: &Context) -> String {
    let actions = match &statement.actions {
        Scope::Only(actions) => {
            let fits = |it: &&String| fits_action(it, action);
            actions.iter().find(fits).cloned().unwrap_or_default()
        }
        Scope::AllBut(actions) => format!("all but {}", actions.join(", ")),
    };
    let resources = match &statement.resources {
        Some(Scope::Only(patterns)) => {
            let fits = |it: &&Pattern| it.fits_arn(resource, context).is_possible();
            patterns.iter().find(fits).map(|pattern| pattern.text.clone()).unwrap_or_default()
        }
        Some(Scope::AllBut(patterns)) => {
            let texts: Vec<&str> = patterns.iter().map(|pattern| pattern.text.as_str()).collect();
            format!("all but {}", texts.join(", "))
        }
        None => "it".to_owned(),
    };
    format!("{}: {actions} on {resources}{}", statement.label, conditions(statement))
}

fn conditions(statement: &Statement) -> String {
    if statement.conditions.is_empty() {
        return String::new();
    }
    let shown = statement.conditions.iter().map(|condition| {
        let values: Vec<&str> = condition.values.iter().map(|value| value.text.as_str()).collect();
        format!("{} {} {}", condition.key, condition.written, values.join(", "))
    });
    format!(" (if {})", shown.collect::<Vec<_>>().join(" and "))
}
