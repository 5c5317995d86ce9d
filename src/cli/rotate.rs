//! `baseline rotate`: replaces an access key, one safe step at a time.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueHint;

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{arguments, connect, file};
use crate::aws::{Account, Class, Error, Mode, NewKey, SecretState, UserKey};
use crate::posture::rotation::{Key, Step, next};
use crate::report::Shown;
use crate::shown;

const EXAMPLES: &str = "\
Examples:
  baseline rotate landing-zone.toml deploy --recipient age1...     makes a key, into deploy-AKIA....age
  age --decrypt -i key.txt deploy-AKIA....age                      reads it, where it is needed
  baseline rotate landing-zone.toml deploy --to-secret deploy-key  puts it into Secrets Manager instead
  baseline rotate landing-zone.toml deploy --recipient age1...     later: switches the old one off, then deletes it

Run it again and again, from a scheduler or by hand: each run does the next step, if it is time for it.";

/// Replace an access key of a user, one safe step at a time
///
/// Makes a new key and hands it over in a file that only the recipient can read, in a secret of Secrets Manager,
/// or in both. The old key is switched off only after the new one was seen in use, and deleted days later.
/// What comes next is read off the account alone, so a run may be stopped at any moment. Never is a key taken
/// away before another one was seen at work.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// The user whose key is replaced
    #[arg(value_name = "USER")]
    user: String,

    /// Encrypt the new key to this age recipient, such as age1..., into a file
    #[arg(long, value_name = "RECIPIENT", required_unless_present = "to_secret")]
    recipient: Option<String>,

    /// Put the new key in force in this secret of Secrets Manager; it is made where there is none
    #[arg(long, value_name = "NAME", value_parser = secret_name)]
    to_secret: Option<String>,

    /// Write the encrypted key into this folder, as USER-KEYID.age
    #[arg(long, value_name = "FOLDER", default_value = ".", value_hint = ValueHint::DirPath)]
    out: PathBuf,

    /// Delete the old key once the new one is so many days old
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=365))]
    delete_after_days: i64,

    /// Delete this new key, which nobody ever used, because its secret was lost
    #[arg(long, value_name = "KEYID")]
    discard: Option<String>,

    /// Say what comes next, and do nothing
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    access: arguments::Access,
}

pub(super) async fn run(args: &Args, sandbox: &BuiltIn, output: &Output) -> Result<Exit, Failure> {
    let recipient = args.recipient.as_deref().map(recipient).transpose()?;
    let loaded = file::load(&args.file.path, &args.file.vars, output)?;
    let mode = if args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let account = connect::open(&loaded, args.access.profile.as_deref(), sandbox, mode, output).await?;
    let user = args.user.as_str();
    let keys = account.access_keys(user).await.map_err(|error| failed(user, &error))?;
    let keys: Vec<Key> = keys.into_iter().map(key).collect();
    let step = next(&keys, jiff::Timestamp::now(), args.delete_after_days, args.discard.as_deref());
    let said = |text: String| output.out(&shown!("{}\n", Shown::line(&text)));
    if args.dry_run {
        said(format!("next: {}", words(&step)));
        return Ok(Exit::Success);
    }
    match &step {
        Step::Make => {
            let file = recipient.as_ref().map(|recipient| (recipient, args.out.as_path()));
            let places = Places { file, secret: args.to_secret.as_deref() };
            said(format!("made a new key: {}", make(&account, user, &places).await?));
            said(match &args.to_secret {
                Some(_) => format!("next: let what {user} runs read it, then run this again"),
                None => format!("next: give it to what {user} runs, then run this again"),
            });
        }
        Step::Deactivate(id) => {
            account.deactivate_access_key(user, id).await.map_err(|error| failed(user, &error))?;
            said(format!("switched {id} off; the new key is at work"));
            said(format!(
                "next: it is deleted by a run after the new key is {} days old; until then it can be activated again",
                args.delete_after_days
            ));
        }
        Step::Delete(id) | Step::Discard(id) => {
            account.delete_access_key(user, id).await.map_err(|error| failed(user, &error))?;
            said(format!("deleted {id}"));
            if matches!(step, Step::Discard(_)) {
                said("next: run this again without --discard to make another".to_owned());
            }
        }
        Step::Wait(reason) => said(format!("nothing to do yet: {reason}")),
        Step::Stuck(reason) => return Err(Failure::new(reason.clone())),
    }
    Ok(Exit::Success)
}

fn recipient(text: &str) -> Result<age::x25519::Recipient, Failure> {
    text.parse().map_err(|reason| {
        Failure::with_hint(
            format!("{text:?} is no age recipient: {reason}"),
            "make one with: age-keygen -o key.txt, and give its public key, age1...",
        )
    })
}

/// A name that Secrets Manager takes.
pub(super) fn secret_name(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    let is_name = (1..=512).contains(&text.len()) && text.chars().all(known);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("a secret's name has up to 512 letters, digits and /_+=.@-".to_owned())
    }
}

fn key(key: UserKey) -> Key {
    let time = |seconds: Option<i64>| seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    Key { id: key.id, active: key.active, made: time(key.made), used: time(key.used) }
}

fn words(step: &Step) -> String {
    match step {
        Step::Make => "make a new key".to_owned(),
        Step::Deactivate(id) => format!("switch {id} off"),
        Step::Delete(id) => format!("delete {id}, which is off"),
        Step::Discard(id) => format!("delete {id}, which nobody used"),
        Step::Wait(reason) => format!("wait: {reason}"),
        Step::Stuck(reason) => reason.clone(),
    }
}

fn failed(user: &str, error: &Error) -> Failure {
    let hint = match error.class {
        Class::NotFound => format!("there is no IAM user {user} in this account"),
        Class::Denied => format!("allow {} to these credentials", error.call()),
        _ => "run it again: it goes on where it stopped".to_owned(),
    };
    Failure::with_hint(error.to_string(), hint)
}

/// Where a new key goes: into a file for one recipient, into a secret, or into both.
struct Places<'a> {
    file: Option<(&'a age::x25519::Recipient, &'a Path)>,
    secret: Option<&'a str>,
}

/// Makes a key and hands it over before anything else happens; answers where it is.
///
/// The file is opened and the secret is there before the key is made, so that a place that cannot be written costs no
/// key; and a key that cannot be handed over is deleted again, because nobody has its secret.
async fn make(account: &Account, user: &str, places: &Places<'_>) -> Result<String, Failure> {
    // A temporary file has mode 0600, and stays in the folder so that renaming it is atomic.
    let open = |(recipient, folder): (_, &Path)| match tempfile::NamedTempFile::new_in(folder) {
        Ok(file) => Ok((file, recipient, folder.to_owned())),
        Err(error) => {
            Err(Failure::new(format!("the new key cannot be written into {}: {error}", folder.display())))
        }
    };
    let file = places.file.map(open).transpose()?;
    if let Some(secret) = places.secret {
        prepare(account, user, secret).await?;
    }
    let new = account.create_access_key(user).await.map_err(|error| failed(user, &error))?;
    let handed_over = async {
        let text = handed(&new, user)?;
        let path = file.map(|(file, recipient, folder)| {
            write(file, &text, &folder.join(format!("{user}-{}.age", new.id)), recipient)
        });
        let path = path.transpose().map_err(Lost::Nowhere)?;
        if let Some(secret) = places.secret
            && let Err(lost) = put(account, secret, &new.id, &text).await
        {
            return Err(match (lost, path) {
                // What is in the file never becomes a key that works.
                (Lost::Nowhere(reason), Some(path)) => {
                    let left = std::fs::remove_file(path).err();
                    let left = left.map_or_else(String::new, |error| format!("; its file stays: {error}"));
                    Lost::Nowhere(format!("{reason}{left}"))
                }
                (lost, _) => lost,
            });
        }
        let into = places.secret.map(|secret| format!("the secret {secret}"));
        let path = path.map(|path| path.display().to_string());
        Ok(path.into_iter().chain(into).collect::<Vec<_>>().join(" and "))
    };
    match handed_over.await {
        Ok(places) => Ok(places),
        // What reads the secret may have the key already: without it, nothing there would work.
        Err(Lost::Unknown(reason)) => Err(Failure::with_hint(
            format!(
                "the new key {} was made, and whether the secret holds it is not known: {reason}",
                new.id
            ),
            format!(
                "look at the secret; where it does not hold {0}, run this again with --discard {0}",
                new.id
            ),
        )),
        Err(Lost::Nowhere(reason)) => match account.delete_access_key(user, &new.id).await {
            Ok(()) => Err(Failure::with_hint(
                format!("the new key cannot be written: {reason}; {} was deleted again", new.id),
                "mend that, then run this again",
            )),
            Err(error) => Err(Failure::with_hint(
                format!("the new key cannot be written: {reason}, and cannot be deleted: {error}"),
                format!("run this again with --discard {}", new.id),
            )),
        },
    }
}

/// Why a key was not handed over.
#[derive(Debug)]
enum Lost {
    /// Nobody has it.
    Nowhere(String),
    /// AWS did not say whether the secret took it.
    Unknown(String),
}

/// What is handed over of a key.
fn handed(new: &NewKey, user: &str) -> Result<String, Lost> {
    // What holds no secret would look like a key handed over.
    if new.secret.trim().is_empty() {
        return Err(Lost::Nowhere("the answer of AWS holds no secret".to_owned()));
    }
    let text = serde_json::json!({
        "UserName": user,
        "AccessKeyId": new.id,
        "SecretAccessKey": new.secret,
    });
    Ok(text.to_string())
}

/// Puts the key in force in the secret. An error may hide that an earlier try arrived, so the secret itself is asked.
async fn put(account: &Account, secret: &str, id: &str, text: &str) -> Result<(), Lost> {
    let Err(error) = account.put_secret(secret, id, text).await else { return Ok(()) };
    // Where the version is there with another value, it is not this key.
    if error.class != Class::AlreadyExists && matches!(account.secret_holds(secret, id).await, Ok(true)) {
        return Ok(());
    }
    Err(match error.class {
        // A call without an answer may still arrive.
        Class::Ambiguous | Class::Stopped => Lost::Unknown(error.to_string()),
        _ => Lost::Nowhere(error.to_string()),
    })
}

/// How the description of a secret begins that this command made.
const ABOUT: &str = "The access key of the IAM user ";

fn about(user: &str) -> String {
    format!("{ABOUT}{user}, kept by baseline rotate")
}

/// Makes the secret where there is none.
async fn prepare(account: &Account, user: &str, secret: &str) -> Result<(), Failure> {
    let refused = |error: &Error| {
        let hint = match error.class {
            Class::Denied => format!("allow {} to these credentials", error.call()),
            _ => "mend that, then run it again: no key was made".to_owned(),
        };
        Failure::with_hint(error.to_string(), hint)
    };
    let description = about(user);
    match account.secret(secret).await.map_err(|error| refused(&error))? {
        SecretState::Ready(other) if other != description && other.starts_with(ABOUT) => {
            Err(Failure::with_hint(
                format!("the secret {secret} is there for another user's key: {other:?}"),
                format!("name another secret for the key of {user} with --to-secret"),
            ))
        }
        SecretState::Ready(_) => Ok(()),
        SecretState::Absent => {
            account.create_secret(secret, &description).await.map_err(|error| refused(&error))
        }
        SecretState::DeleteRequest => Err(Failure::with_hint(
            format!("the secret {secret} is to be deleted and takes no key"),
            format!(
                "run aws secretsmanager restore-secret --secret-id {secret}, or name another with --to-secret"
            ),
        )),
    }
}

fn write(
    mut file: tempfile::NamedTempFile,
    text: &str,
    path: &Path,
    recipient: &age::x25519::Recipient,
) -> Result<PathBuf, String> {
    let sealed = age::encrypt(recipient, text.as_bytes()).map_err(|error| error.to_string())?;
    file.write_all(&sealed).and_then(|()| file.as_file().sync_all()).map_err(|error| error.to_string())?;
    file.persist_noclobber(path).map_err(|error| error.error.to_string())?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{Network, account};
    use crate::sandbox::{Profile, Sandbox};

    #[test]
    fn an_answer_without_a_secret_is_no_key() {
        for (secret, fine) in [("", false), (" \n", false), ("s", true)] {
            let new = NewKey { id: "AKIA1".into(), secret: secret.into() };
            assert_eq!(handed(&new, "web").is_ok(), fine, "{secret:?}");
        }
    }
    fn words_of(failure: &Failure) -> String {
        let Failure::Said { message, .. } = failure else { return String::new() };
        message.to_string()
    }

    /// What a secret makes of a new key for each way in which a write to it can end: what is said, how many keys the
    /// user has then, and whether the secret holds the new one.
    #[tokio::test(start_paused = true)]
    async fn a_key_is_deleted_again_only_where_the_secret_surely_has_not_got_it() {
        for (denied, forgets, said, keys, holds) in [
            ("nothing", "nothing", "the secret robot", 2, true),
            ("PutSecretValue", "nothing", "was deleted again", 1, false),
            ("nothing", "secretsmanager.PutSecretValue", "the secret robot", 2, true),
            ("DescribeSecret", "secretsmanager.PutSecretValue", "is not known", 2, true),
        ] {
            let sandbox = Sandbox::new(Profile::Instant, 1);
            let before = account(&Network::new(&sandbox, 1, 0)).await;
            before.iam.create_user().user_name("robot").send().await.unwrap();
            before.create_access_key("robot").await.unwrap();
            before.create_secret("robot", &about("robot")).await.unwrap();
            let mut network = Network::new(&sandbox, 1, 1);
            network.forgets = forgets;
            network.denied = denied;
            let account = account(&network).await;
            let answer = match denied {
                // The first look at the secret is not what is tried here.
                "DescribeSecret" => {
                    let new = account.create_access_key("robot").await.unwrap();
                    let text = handed(&new, "robot").unwrap();
                    match put(&account, "robot", &new.id, &text).await.unwrap_err() {
                        Lost::Unknown(reason) => format!("is not known: {reason}"),
                        Lost::Nowhere(reason) => reason,
                    }
                }
                _ => match make(&account, "robot", &Places { file: None, secret: Some("robot") }).await {
                    Ok(place) => place,
                    Err(failure) => words_of(&failure),
                },
            };
            assert!(answer.contains(said), "{denied} {forgets}: {answer}");
            assert_eq!(before.access_keys("robot").await.unwrap().len(), keys, "{answer}");
            let held = sandbox.with_world(|world| {
                let region = world.region("123456789012", "eu-west-1");
                let secrets = &region.secretsmanager.secrets;
                secrets["robot"].versions.len()
            });
            assert_eq!(held == 1, holds, "{answer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_secret_of_another_users_key_is_not_taken() {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let account = account(&Network::new(&sandbox, 1, 0)).await;
        account.create_secret("shared", &about("deploy")).await.unwrap();
        account.create_secret("by-hand", "for the robot, says Anna").await.unwrap();
        let refused = prepare(&account, "robot", "shared").await.unwrap_err();
        let refused = words_of(&refused);
        assert!(refused.contains("is there for another user's key"), "{refused}");
        assert!(prepare(&account, "deploy", "shared").await.is_ok());
        assert!(prepare(&account, "robot", "by-hand").await.is_ok());
    }
}
