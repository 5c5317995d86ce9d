//! Passwords of users, and the account's password policy.

use super::entity::{exists, missing, name, user_or_self};
use super::state::{Login, PasswordPolicy};
use crate::sandbox::context::Context;
use crate::sandbox::service::{Operation, operation};
use crate::sandbox::wire::{Answer, Fault, Fields, Params};

/// Operations on passwords and the password policy.
pub const OPERATIONS: &[Operation] = &[
    operation("CreateLoginProfile", create),
    operation("GetLoginProfile", get),
    operation("UpdateLoginProfile", update),
    operation("DeleteLoginProfile", delete),
    operation("UpdateAccountPasswordPolicy", update_policy),
    operation("GetAccountPasswordPolicy", get_policy),
    operation("DeleteAccountPasswordPolicy", delete_policy),
];

fn shown(user: &str, login: &Login) -> Fields {
    Fields::new()
        .with("UserName", user)
        .time("CreateDate", login.created)
        .with("PasswordResetRequired", login.reset)
}

fn absent(user: &str) -> Fault {
    missing(&format!("Login Profile for User {user} cannot be found."))
}

/// Checks a password by the policy in force; AWS's own where none was set (PW-1).
fn check(policy: Option<&PasswordPolicy>, password: &str) -> Result<(), Fault> {
    let has = |what: fn(char) -> bool| password.chars().any(what);
    let symbol = |c: char| "!@#$%^&*()_+-=[]{}|'".contains(c);
    let classes = [
        has(|c| c.is_ascii_uppercase()),
        has(|c| c.is_ascii_lowercase()),
        has(|c| c.is_ascii_digit()),
        has(symbol),
    ];
    let length = i64::try_from(password.chars().count()).unwrap_or(i64::MAX);
    let good = match policy {
        None => (8..=128).contains(&length) && classes.iter().filter(|has| **has).count() >= 3,
        Some(policy) => {
            let asked = [policy.uppercase, policy.lowercase, policy.numbers, policy.symbols];
            (policy.min_length..=128).contains(&length)
                && asked.iter().zip(classes).all(|(asked, has)| !asked || has)
        }
    };
    if good {
        Ok(())
    } else {
        Err(Fault::client(
            "PasswordPolicyViolation",
            "Password does not conform to the account password policy.",
        ))
    }
}

fn create(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (name(params, "UserName", 64)?, cx.lens());
    let reset = params.flag("PasswordResetRequired")?.unwrap_or(false);
    let password = params.required("Password")?;
    let iam = &mut cx.account().iam;
    if iam.user(user, lens)?.login.is_some() {
        return Err(exists(&format!("Login Profile for user {user} already exists.")));
    }
    check(iam.password_policy.truth().as_ref(), password)?;
    let login = Login { created: lens.now, reset };
    iam.user_mut(user, lens)?.login = Some(login.clone());
    Ok(Answer::empty().with("LoginProfile", shown(user, &login)))
}

fn get(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (user_or_self(cx, params)?, cx.lens());
    let iam = &cx.read_account()?.iam;
    let Some(user) = user else {
        // Asked by the root user about itself; the password of root has no details (ROOT-4).
        return if iam.root.password {
            let login = Login { created: iam.root.created, reset: false };
            Ok(Answer::empty().with("LoginProfile", shown("root", &login)))
        } else {
            Err(absent("root"))
        };
    };
    let login = iam.user(&user, lens)?.login.as_ref().ok_or_else(|| absent(&user))?;
    Ok(Answer::empty().with("LoginProfile", shown(&user, login)))
}

/// A password just made cannot be changed at once (IAM-12).
fn settled(cx: &Context<'_>, login: &Login) -> Result<(), Fault> {
    if cx.lens().done(login.created, 5_000) {
        return Ok(());
    }
    Err(Fault::new(
        409,
        "EntityTemporarilyUnmodifiable",
        "Login Profile cannot be modified while login profile is being created.",
    ))
}

fn update(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (name(params, "UserName", 64)?, cx.lens());
    let reset = params.flag("PasswordResetRequired")?;
    let iam = &cx.read_account()?.iam;
    settled(cx, iam.user(user, lens)?.login.as_ref().ok_or_else(|| absent(user))?)?;
    if let Some(password) = params.text("Password") {
        check(iam.password_policy.truth().as_ref(), password)?;
    }
    if let (Some(login), Some(reset)) = (&mut cx.account().iam.user_mut(user, lens)?.login, reset) {
        login.reset = reset;
    }
    Ok(Answer::empty())
}

fn delete(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let (user, lens) = (user_or_self(cx, params)?, cx.lens());
    let Some(user) = user else {
        let root = &mut cx.account().iam.root;
        return if std::mem::take(&mut root.password) { Ok(Answer::empty()) } else { Err(absent("root")) };
    };
    let login = cx.read_account()?.iam.user(&user, lens)?.login.as_ref().ok_or_else(|| absent(&user))?;
    settled(cx, login)?;
    cx.account().iam.user_mut(&user, lens)?.login = None;
    Ok(Answer::empty())
}

/// Replaces the whole policy: what is left out goes back to its default (PW-2), and 0 is no value (PW-3).
fn update_policy(cx: &mut Context<'_>, params: &Params) -> Result<Answer, Fault> {
    let flag = |name: &str| Ok(params.flag(name)?.unwrap_or(false));
    let policy = PasswordPolicy {
        min_length: params.number_in("MinimumPasswordLength", 6..=128)?.unwrap_or(6),
        symbols: flag("RequireSymbols")?,
        numbers: flag("RequireNumbers")?,
        uppercase: flag("RequireUppercaseCharacters")?,
        lowercase: flag("RequireLowercaseCharacters")?,
        allow_change: flag("AllowUsersToChangePassword")?,
        max_age: params.number_in("MaxPasswordAge", 1..=1_095)?,
        reuse: params.number_in("PasswordReusePrevention", 1..=24)?,
        hard_expiry: params.flag("HardExpiry")?,
    };
    let now = cx.now();
    *cx.account().iam.password_policy.change(now) = Some(policy);
    Ok(Answer::empty())
}

fn no_policy(cx: &Context<'_>) -> Fault {
    missing(&format!("The Password Policy with domain name {} cannot be found.", cx.account_id()))
}

fn get_policy(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let iam = &cx.read_account()?.iam;
    let policy = iam.password_policy.seen(cx.lens(), "iam/password-policy").and_then(Option::as_ref);
    let policy = policy.ok_or_else(|| no_policy(cx))?;
    let fields = Fields::new()
        .with("MinimumPasswordLength", policy.min_length)
        .with("RequireSymbols", policy.symbols)
        .with("RequireNumbers", policy.numbers)
        .with("RequireUppercaseCharacters", policy.uppercase)
        .with("RequireLowercaseCharacters", policy.lowercase)
        .with("AllowUsersToChangePassword", policy.allow_change)
        // Derived, never sent (PW-3).
        .with("ExpirePasswords", policy.max_age.is_some())
        .maybe("MaxPasswordAge", policy.max_age)
        .maybe("PasswordReusePrevention", policy.reuse)
        .maybe("HardExpiry", policy.hard_expiry);
    Ok(Answer::empty().with("PasswordPolicy", fields))
}

fn delete_policy(cx: &mut Context<'_>, _: &Params) -> Result<Answer, Fault> {
    let now = cx.now();
    if cx.read_account()?.iam.password_policy.truth().is_none() {
        // Other words than where it is read.
        return Err(missing("The account policy with name PasswordPolicy cannot be found."));
    }
    *cx.account().iam.password_policy.change(now) = None;
    Ok(Answer::empty())
}
