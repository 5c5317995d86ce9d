//! IAM as one meets it: root keys, users without MFA, old keys, rights for everything.

use super::state::{AccessKey, Login};
use crate::sandbox::lag::Versioned;
use crate::sandbox::policy::Document;
use crate::sandbox::world::{Milliseconds, World};

const DAY: Milliseconds = 86_400_000;

const EVERYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// Makes an account's IAM neglected; what is old is dated back from the world's time.
pub fn neglect(world: &mut World, account: &str) {
    let now = world.clock;
    let key = |world: &mut World, age: Milliseconds, used: Option<Milliseconds>| AccessKey {
        id: world.ids.access_key("AKIA", account),
        active: true,
        created: now - age * DAY,
        last_used: used.map(|days| (now - days * DAY, "us-east-1".to_owned(), "s3".to_owned())),
        changed: None,
    };
    let root_key = key(world, 900, Some(12));
    let (old_key, unused_key) = (key(world, 400, Some(3)), key(world, 200, None));
    let ids = [world.ids.unique("AIDA"), world.ids.unique("AIDA"), world.ids.unique("AIDA")];
    let iam = &mut world.account(account).iam;
    iam.root.created = now - 1_000 * DAY;
    iam.root.keys = vec![root_key];
    iam.root.password_last_used = Some(now - 2 * DAY);
    let [admin, pipeline, leaver] = ids;
    let user = |name: &str| format!("arn:aws:iam::{account}:user/{name}");
    let uses = |services: &[(&str, i64)]| {
        services.iter().map(|(service, days)| ((*service).to_owned(), now - days * DAY)).collect()
    };
    iam.service_use.insert(user("admin"), uses(&[("iam", 1), ("ec2", 1), ("s3", 200)]));
    iam.service_use.insert(user("deploy-pipeline"), uses(&[("s3", 3)]));

    let mut user = iam.new_user(admin, "/", "admin", now - 900 * DAY);
    user.entity.attached.insert("arn:aws:iam::aws:policy/AdministratorAccess".into());
    user.login = Some(Login { created: now - 900 * DAY, reset: false });
    user.password_last_used = Some(now - DAY);
    iam.users.insert("admin".into(), Versioned::new(user, now - 900 * DAY));

    let mut user = iam.new_user(pipeline, "/", "deploy-pipeline", now - 500 * DAY);
    user.keys = vec![old_key, unused_key];
    user.entity.inline.insert("everything".into(), Document::trusted(EVERYTHING));
    iam.users.insert("deploy-pipeline".into(), Versioned::new(user, now - 500 * DAY));

    let mut user = iam.new_user(leaver, "/", "left-last-year", now - 700 * DAY);
    user.login = Some(Login { created: now - 700 * DAY, reset: false });
    user.password_last_used = Some(now - 380 * DAY);
    iam.users.insert("left-last-year".into(), Versioned::new(user, now - 700 * DAY));
}

/// Leaves a root user with all the credentials it can have.
pub fn leave_root_credentials(world: &mut World, account: &str) {
    let now = world.clock;
    let id = world.ids.access_key("AKIA", account);
    let certificate = world.ids.unique("").chars().cycle().take(32).collect();
    let root = &mut world.account(account).iam.root;
    root.created = now - 700 * DAY;
    root.keys =
        vec![AccessKey { id, active: true, created: now - 600 * DAY, last_used: None, changed: None }];
    root.certificates = vec![certificate];
    root.password = true;
}

/// Makes the role by which the management account of an organization reaches an account that was made in it (ORG-4).
pub fn add_organization_role(
    world: &mut World,
    account: &str,
    management: &str,
    name: &str,
    has_rights: bool,
) {
    let (now, id) = (world.clock, world.ids.unique("AROA"));
    let iam = &mut world.account(account).iam;
    let mut role = iam.new_role(id, "/", name, now);
    role.trust = Document::trusted(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{management}:root"}},"Action":"sts:AssumeRole"}}]}}"#
    ));
    if has_rights {
        role.entity.attached.insert("arn:aws:iam::aws:policy/AdministratorAccess".into());
    }
    iam.roles.insert(name.to_owned(), Versioned::new(role, now));
}
