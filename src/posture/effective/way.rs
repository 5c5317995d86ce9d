//! One way to have code run with a role that a service assumes: what it needs, what runs, and who says so.

/// How the role gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is passed, with `iam:PassRole`.
    Passed,
    /// It is passed inside an instance profile that holds it already.
    PassedInProfile,
    /// It is there: something that exists runs with it.
    There(Thing),
}

/// Things that run with a role and that nothing here reads. A right over them counts where it covers things of any name, and
/// the evidence says what must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thing {
    /// The service in its ARN.
    pub(super) service: &'static str,
    /// The beginning of the resource in its ARN.
    pub(super) beginning: &'static str,
    /// What it is.
    pub(super) name: &'static str,
}

/// One way to run code with a role that a service assumes, or to get the role's credentials from that service.
#[derive(Debug)]
pub(super) struct Way {
    /// Where it is written down: `lambda-001` is that path of pathfinding.cloud, `Rhino 26` that method in Rhino Security Labs'
    /// list, `PMapper lambda` edges of that kind in Principal Mapper, `Prowler` its list of combinations; else a page of AWS.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for whoever reads the table; a test holds that each has one")
    )]
    pub(super) source: &'static str,
    /// Who assumes the role.
    pub(super) principal: &'static str,
    /// All of these are needed. On what exists they are needed for that very thing.
    pub(super) actions: &'static [&'static str],
    /// These are needed too, on anything.
    pub(super) besides: &'static [&'static str],
    /// How the role gets there.
    pub(super) role: Role,
    /// What must be there besides, which nothing here reads; empty where nothing must.
    pub(super) given: &'static str,
    /// What is made and then asks for the role, where trust policies name it: under an ARN that nobody chooses.
    pub(super) asking: Option<Thing>,
}

impl Way {
    const fn new(
        source: &'static str,
        principal: &'static str,
        actions: &'static [&'static str],
        role: Role,
    ) -> Self {
        Self { source, principal, actions, besides: &[], role, given: "", asking: None }
    }

    /// The same, where these actions on anything are needed too.
    pub(super) const fn besides(self, besides: &'static [&'static str]) -> Self {
        Self { besides, ..self }
    }

    /// The same, where something must be there.
    pub(super) const fn given(self, given: &'static str) -> Self {
        Self { given, ..self }
    }

    /// The same, where what is made asks for the role in its own name.
    pub(super) const fn asking(self, asking: Thing) -> Self {
        Self { asking: Some(asking), ..self }
    }
}

/// A way on which the role is passed.
pub(super) const fn passed(
    source: &'static str,
    principal: &'static str,
    actions: &'static [&'static str],
) -> Way {
    Way::new(source, principal, actions, Role::Passed)
}

/// A way on which the role is passed inside an instance profile.
pub(super) const fn in_profile(source: &'static str, actions: &'static [&'static str]) -> Way {
    Way::new(source, EC2, actions, Role::PassedInProfile)
}

/// A way over something that runs with the role already.
pub(super) const fn there(
    source: &'static str,
    principal: &'static str,
    thing: Thing,
    actions: &'static [&'static str],
) -> Way {
    Way::new(source, principal, actions, Role::There(thing))
}

/// Things of one kind.
pub(super) const fn thing(service: &'static str, beginning: &'static str, name: &'static str) -> Thing {
    Thing { service, beginning, name }
}

/// Who assumes the roles of instances.
pub(super) const EC2: &str = "ec2.amazonaws.com";
