//! `baseline rotate`: replaces an access key, one safe step at a time.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::ValueHint;

use super::built_in::BuiltIn;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{arguments, door, file};
use crate::aws::{Account, Class, Error, Mode, NewKey, UserKey};
use crate::posture::rotation::{Key, Step, next};
use crate::report::clean;

const EXAMPLES: &str = "\
Examples:
  baseline rotate landing-zone.toml deploy --recipient age1...     makes a key, into deploy-AKIA....age
  age --decrypt -i key.txt deploy-AKIA....age                      reads it, where it is needed
  baseline rotate landing-zone.toml deploy --recipient age1...     later: switches the old one off, then deletes it

Run it again and again, from a scheduler or by hand: each run does the next step, if it is time for it.";

/// Replace an access key of a user, one safe step at a time
///
/// Makes a new key and hands it over in a file that only the recipient can read. The old key is switched
/// off only after the new one was seen in use, and deleted days later. What comes next is read off the
/// account alone, so a run may be stopped at any moment. Never is a key taken away before another one
/// was seen at work.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    file: arguments::File,

    /// The user whose key is replaced
    #[arg(value_name = "USER")]
    user: String,

    /// Encrypt the new key to this age recipient, such as age1...
    #[arg(long, value_name = "RECIPIENT")]
    recipient: String,

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
    let recipient: age::x25519::Recipient = args.recipient.parse().map_err(|reason| {
        Failure::with_hint(
            format!("{:?} is no age recipient: {reason}", args.recipient),
            "make one with: age-keygen -o key.txt, and give its public key, age1...",
        )
    })?;
    let loaded = file::load(&args.file.path, output)?;
    let mode = if args.dry_run { Mode::ReadOnly } else { Mode::ReadWrite };
    let account = door::open(&loaded, args.access.profile.as_deref(), sandbox, mode, output).await?;
    let user = args.user.as_str();
    let keys = account.access_keys(user).await.map_err(|error| failed(user, &error))?;
    let keys: Vec<Key> = keys.into_iter().map(key).collect();
    let step = next(&keys, jiff::Timestamp::now(), args.delete_after_days, args.discard.as_deref());
    let said = |text: String| output.out(&format!("{}\n", clean::line(&text)));
    if args.dry_run {
        said(format!("next: {}", words(&step)));
        return Ok(Exit::Success);
    }
    match &step {
        Step::Make => {
            let path = make(&account, user, &recipient, &args.out).await?;
            said(format!("made a new key: {}", path.display()));
            said(format!("next: give it to what {user} runs, then run this again"));
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

/// Makes a key and writes it, encrypted, before anything else happens.
///
/// The file is opened before the key is made, so that a folder that cannot be written costs no key; and a key that
/// cannot be written is deleted again, because nobody has its secret.
async fn make(
    account: &Account,
    user: &str,
    recipient: &age::x25519::Recipient,
    folder: &Path,
) -> Result<PathBuf, Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::new(format!("the new key cannot be written into {}: {error}", folder.display()))
    };
    // A temporary file has mode 0600, and stays in the folder so that renaming it is atomic.
    let file = tempfile::NamedTempFile::new_in(folder).map_err(|error| cannot(&error))?;
    let new = account.create_access_key(user).await.map_err(|error| failed(user, &error))?;
    match write(file, &new, user, recipient, folder) {
        Ok(path) => Ok(path),
        Err(reason) => match account.delete_access_key(user, &new.id).await {
            Ok(()) => Err(cannot(&format!("{reason}; {} was deleted again", new.id))),
            Err(error) => Err(Failure::with_hint(
                format!("the new key cannot be written: {reason}, and cannot be deleted: {error}"),
                format!("run this again with --discard {}", new.id),
            )),
        },
    }
}

fn write(
    mut file: tempfile::NamedTempFile,
    new: &NewKey,
    user: &str,
    recipient: &age::x25519::Recipient,
    folder: &Path,
) -> Result<PathBuf, String> {
    // A file that holds no secret would look like a key handed over.
    if new.secret.trim().is_empty() {
        return Err("the answer of AWS holds no secret".to_owned());
    }
    let text = serde_json::json!({
        "UserName": user,
        "AccessKeyId": new.id,
        "SecretAccessKey": new.secret,
    });
    let sealed = age::encrypt(recipient, text.to_string().as_bytes()).map_err(|error| error.to_string())?;
    file.write_all(&sealed).and_then(|()| file.as_file().sync_all()).map_err(|error| error.to_string())?;
    let path = folder.join(format!("{user}-{}.age", new.id));
    file.persist_noclobber(&path).map_err(|error| error.error.to_string())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_answer_without_a_secret_is_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let recipient = age::x25519::Identity::generate().to_public();
        for (secret, fine) in [("", false), (" \n", false), ("s", true)] {
            let file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
            let new = NewKey { id: "AKIA1".into(), secret: secret.into() };
            assert_eq!(write(file, &new, "web", &recipient, folder.path()).is_ok(), fine, "{secret:?}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), usize::from(fine), "{secret:?}");
        }
    }
}
