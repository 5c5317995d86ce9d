//! What the posture sections of a file ask, in the words of the rules.

use std::collections::{BTreeMap, BTreeSet};

use super::account::MetadataTokens;
use super::audit::Audit;
use super::cloudtrail::ManagementEvents;
use super::names::Names;
use super::role::Role;
use super::root::{FoundCredentials, Root, RootKeys, RootMfa};
use super::types::{Entry, OrOff, TrustedAccount};
use super::users::{ExemptFrom, StaleKey, UserMfa, Users};
use super::{Baseline, Files, Header, Place, Spanned, source};
use crate::model::Origin;
use crate::posture::asked::{
    Asked, AuditAsked, Central, Declared, Demand, Exempt, Exemption, Factor, RootAsked, UsersAsked,
};

impl Baseline {
    /// What the file asks beyond the things it declares. The files give each demand its line.
    pub fn asked(&self, files: &dyn Files, place: &Place<'_>) -> Asked {
        let names = Names { file: &self.file, place };
        let all = &source::Lines::of(files);
        Asked {
            root: self.file.root.as_ref().map(|root| of_root(root, &Lines { all, header: &root.header })),
            users: self
                .file
                .users
                .as_ref()
                .map(|users| of_users(users, &names, &Lines { all, header: &users.header })),
            audit: self
                .file
                .audit
                .as_ref()
                .map(|audit| of_audit(audit, &names, &Lines { all, header: &audit.header })),
        }
    }
}

/// The lines of one section.
struct Lines<'a> {
    all: &'a source::Lines,
    header: &'a Header,
}

impl Lines<'_> {
    fn of<T>(&self, key: &Spanned<T>) -> Origin {
        let mut origin = Origin::from(self.header);
        if key.given {
            origin.line = self.all.line(key.span.start);
            origin.file = self.all.file(key.span.start).map(str::to_owned);
        }
        origin
    }

    fn demand<T, V>(&self, key: &Spanned<T>, value: V) -> Demand<V> {
        Demand { value, origin: self.of(key) }
    }

    fn when<T>(&self, key: &Spanned<T>, asked: bool) -> Option<Demand<()>> {
        asked.then(|| self.demand(key, ()))
    }

    fn days<const MIN: i64, const MAX: i64>(
        &self,
        key: &Spanned<OrOff<super::types::Whole<MIN, MAX>>>,
    ) -> Option<Demand<i64>> {
        key.on().map(|days| self.demand(key, days.0))
    }
}

fn of_root(root: &Root, lines: &Lines<'_>) -> RootAsked {
    let factor = match root.mfa.value {
        RootMfa::Required => Some(Factor::Any),
        RootMfa::Hardware => Some(Factor::Hardware),
        RootMfa::Ignored => None,
    };
    RootAsked {
        no_keys: lines.when(&root.access_keys, root.access_keys.value == RootKeys::Absent),
        mfa: factor.map(|factor| lines.demand(&root.mfa, factor)),
        unused_days: lines.days(&root.unused_days),
        central: root.assume_root_profile.is_some().then_some(match root.on_credentials.value {
            FoundCredentials::Report => Central::Shown,
            FoundCredentials::DeleteKeys => Central::KeysDeleted,
            FoundCredentials::DeleteAll => Central::AllDeleted,
        }),
    }
}

fn of_users(users: &Users, names: &Names<'_>, lines: &Lines<'_>) -> UsersAsked {
    let admins: Vec<String> =
        users.admins.iter().map(|name| name.fill(names.place, names.region())).collect();
    let exempt = users.exempt.iter().map(|entry| Exemption {
        user: entry.user.written().to_owned(),
        from: entry
            .from
            .iter()
            .map(|from| match from.value {
                ExemptFrom::Mfa => Exempt::Mfa,
                ExemptFrom::KeyAge => Exempt::KeyAge,
                ExemptFrom::Unused => Exempt::Unused,
                ExemptFrom::ActiveKeys => Exempt::ActiveKeys,
            })
            .collect(),
        owner: entry.owner.fill(names.place, names.region()),
        reason: entry.reason.fill(names.place, names.region()),
        until: entry.until.0,
        origin: lines.of(entry),
    });
    UsersAsked {
        origin: Origin::from(&users.header),
        mfa: match users.mfa.value {
            UserMfa::Ignored => None,
            UserMfa::Required => Some(lines.demand(&users.mfa, Factor::Any)),
            UserMfa::Hardware => Some(lines.demand(&users.mfa, Factor::Hardware)),
        },
        exempt: exempt.collect(),
        max_admins: users
            .max_admins
            .as_ref()
            .map(|most| lines.demand(most, usize::try_from(most.0).unwrap_or_default())),
        admins: lines.demand(&users.admins, admins),
        key_age_days: lines.days(&users.access_key_max_age_days),
        deactivate_stale_keys: users.on_stale_key.value == StaleKey::Deactivate,
        unused_days: lines.days(&users.unused_days),
        max_active_keys: lines
            .demand(&users.max_active_keys, usize::try_from(users.max_active_keys.0).unwrap_or_default()),
        report_max_age_hours: users.report_max_age_hours.0,
    }
}

/// The accounts that roles of the file trust, as pairs of the role's name in AWS and the account.
fn declared_trust(names: &Names<'_>) -> BTreeSet<(String, String)> {
    let trusts = |entry: &'_ Entry<Role>| -> Vec<(String, String)> {
        let accounts = entry.section.trusted_by.iter().flat_map(|trust| trust.accounts.iter());
        let account = |account: &Spanned<TrustedAccount>| account.fill(names.place, names.region());
        accounts.map(|id| (names.role(&entry.name), account(id))).collect()
    };
    names.file.role.iter().flat_map(trusts).collect()
}

/// The sections that declare what the audit may find something about.
fn sections(names: &Names<'_>) -> BTreeMap<Declared, String> {
    let file = names.file;
    let roles =
        file.role.iter().map(|it| (Declared::Role(names.role(&it.name)), format!("role.{}", it.name)));
    let policies = file
        .policy
        .iter()
        .map(|it| (Declared::Policy(names.policy(&it.name)), format!("policy.{}", it.name)));
    let groups =
        file.group.iter().map(|it| (Declared::Group(names.group(&it.name)), format!("group.{}", it.name)));
    let scaling = file.auto_scaling.iter();
    let scaling = scaling
        .map(|it| (Declared::AutoScaling(names.prefixed(&it.name)), format!("auto_scaling.{}", it.name)));
    let buckets = file
        .bucket
        .iter()
        .map(|it| (Declared::Bucket(names.bucket(&it.name)), format!("bucket.{}", it.name)));
    let balancers = file.load_balancer.iter().map(|it| {
        (
            Declared::LoadBalancer(it.section.name_in_aws(names, &it.name)),
            format!("load_balancer.{}", it.name),
        )
    });
    roles.chain(policies).chain(groups).chain(scaling).chain(buckets).chain(balancers).collect()
}

/// The organizations that the file names: as trusted, or as the one that its trail records.
fn trusted_organizations(audit: &Audit, names: &Names<'_>, lines: &Lines<'_>) -> Option<Demand<Vec<String>>> {
    let of_trail = names.file.cloudtrail.as_ref().and_then(|trail| trail.organization_id());
    let of_trail = of_trail.map(str::to_owned);
    match &audit.trusted_organizations {
        Some(list) => {
            let named = list.iter().map(|id| id.written().to_owned());
            Some(lines.demand(list, named.chain(of_trail).collect()))
        }
        None => of_trail.map(|id| Demand { value: vec![id], origin: Origin::from(&audit.header) }),
    }
}

/// The buckets that the file declares without access logs.
fn unlogged_buckets(names: &Names<'_>) -> BTreeSet<String> {
    let unlogged = names.file.bucket.iter().filter(|it| it.section.access_log().is_none());
    unlogged.map(|it| names.bucket(&it.name)).collect()
}

fn of_audit(audit: &Audit, names: &Names<'_>, lines: &Lines<'_>) -> AuditAsked {
    let region = names.region();
    let buckets = audit.public_buckets.iter().map(|name| name.fill(names.place, region)).collect();
    let accounts = audit.trusted_accounts.iter().map(|id| id.written().to_owned()).collect();
    let ports = audit.closed_ports.iter().map(|ports| (ports.from, ports.to)).collect();
    AuditAsked {
        origin: Origin::from(&audit.header),
        public_buckets: lines.demand(&audit.public_buckets, buckets),
        account_is_blocked: names
            .file
            .account
            .as_ref()
            .is_some_and(|account| account.block_public_buckets.value),
        closed_ports: lines.demand(&audit.closed_ports, ports),
        trusted_accounts: lines.demand(&audit.trusted_accounts, accounts),
        trusted_organizations: trusted_organizations(audit, names, lines),
        declared_trust: declared_trust(names),
        sections: sections(names),
        unlogged_buckets: unlogged_buckets(names),
        guarded_trust: lines.when(&audit.guarded_trust, audit.guarded_trust.value),
        service_sources: lines.when(&audit.service_sources, audit.service_sources.value),
        instance_profiles: lines.when(&audit.instance_profiles, audit.instance_profiles.value),
        imdsv2: lines.when(&audit.imdsv2, audit.imdsv2.value == MetadataTokens::Required),
        narrow_policies: lines.when(&audit.wide_policies, !audit.wide_policies.value),
        unused_services_days: audit
            .unused_services_after_days
            .as_ref()
            .map(|days| lines.demand(days, days.0)),
        trail_in_every_region: lines.when(&audit.trail_in_every_region, audit.trail_in_every_region.value),
        declares_trail: names.file.cloudtrail.as_ref().is_some_and(|trail| {
            trail.logging.value
                && trail.multi_region.value
                && trail.management_events.value == ManagementEvents::All
        }),
        global_events_once: lines.when(&audit.global_events_once, audit.global_events_once.value),
        hardened_trails: lines.when(&audit.hardened_trails, audit.hardened_trails.value),
        trail_retention_days: lines.days(&audit.trail_retention_days),
        guarded_trails: lines.when(&audit.guarded_trails, audit.guarded_trails.value),
        key_rotation: lines.when(&audit.key_rotation, audit.key_rotation.value),
        encrypted_listeners: lines.when(&audit.encrypted_listeners, audit.encrypted_listeners.value),
        sealed_default_groups: lines.when(&audit.sealed_default_groups, audit.sealed_default_groups.value),
        flow_logs: lines.when(&audit.flow_logs, audit.flow_logs.value),
        network_acls: lines.when(&audit.network_acls, audit.network_acls.value),
        private_images: lines.when(&audit.private_images, audit.private_images.value),
        private_topics_and_queues: lines
            .when(&audit.private_topics_and_queues, audit.private_topics_and_queues.value),
        images_for_trusted_accounts: lines
            .when(&audit.images_for_trusted_accounts, audit.images_for_trusted_accounts.value),
        certificates: lines.when(&audit.certificates, audit.certificates.value),
        regions: audit
            .regions
            .as_ref()
            .map(|regions| regions.iter().map(|region| region.written().to_owned()).collect()),
    }
}
