//! An account and a folder with one file, `file.toml`: where a test sits down as a user does.

use baseline::sandbox::Profile;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::emulator::{Answer, Emulator};

/// A public tier that the internet reaches, and a private one behind it.
pub const TWO_TIERS: &str = "[network.tier.web]\npublic = true\naccept = [{ from = 'internet', port = 443 }]\n\
                             [network.tier.db]\naccept = [{ from = 'web', port = 5432 }]\n";

/// An account, and a folder with one file.
pub struct Desk {
    pub emulator: Emulator,
    pub folder: TempDir,
    /// What every version of the file begins with.
    head: &'static str,
}

impl Desk {
    /// Beside the built-in account, with a file of these sections behind that head.
    pub fn with(head: &'static str, sections: &str) -> Self {
        Self::on(Emulator::built_in(Profile::Instant), head, sections)
    }

    /// The same beside any emulator.
    pub fn on(emulator: Emulator, head: &'static str, sections: &str) -> Self {
        let desk = Self { emulator, folder: tempfile::tempdir().unwrap(), head };
        desk.write(sections);
        desk
    }

    /// Beside the built-in account, to which the file is applied already.
    pub fn applied(head: &'static str, sections: &str) -> Self {
        let desk = Self::with(head, sections);
        desk.ends(0, &["apply", "file.toml", "--auto-approve"]);
        desk
    }

    /// Writes the file anew.
    pub fn write(&self, sections: &str) {
        std::fs::write(self.folder.path().join("file.toml"), format!("{}{sections}", self.head)).unwrap();
    }

    /// Runs a command on the file.
    pub fn run(&self, command: &str, options: &[&str]) -> Answer {
        self.emulator.run(self.folder.path(), [&[command, "file.toml"], options].concat())
    }

    /// Runs any command, however it ends.
    pub fn run_any(&self, arguments: &[&str]) -> Answer {
        self.emulator.run(self.folder.path(), arguments)
    }

    /// Runs a command that ends with this code.
    pub fn ends(&self, code: i32, arguments: &[&str]) -> Answer {
        let answer = self.emulator.run(self.folder.path(), arguments);
        assert_eq!(answer.code, Some(code), "{answer:?}");
        answer
    }

    /// Who reaches whom, of which everything that must hold is proven.
    pub fn proven(&self, options: &[&str]) -> Json {
        let map = self.ends(0, &[&["network", "file.toml", "--format", "json"], options].concat());
        let map: Json = serde_json::from_str(&map.stdout).unwrap();
        let checks = map["checks"].as_array().unwrap();
        assert!(checks.iter().all(|check| check["answer"] == "proven"), "{map}");
        map
    }

    /// Asks who reaches whom, as planned and as the account has it; each answer says that.
    pub fn reaches(&self, questions: &[([&str; 3], &str)]) {
        for options in [&[][..], &["--live"][..]] {
            for (question, told) in questions {
                let arguments = [&["reach"], &question[..], &["file.toml"], options].concat();
                let answer = self.ends(0, &arguments).stdout;
                assert!(answer.contains(told), "{question:?} {options:?}: {answer}");
            }
        }
    }

    /// Somebody works in a region without the program.
    pub fn by_hand<T>(&self, region: &str, work: impl AsyncFnOnce(aws_sdk_ec2::Client) -> T) -> T {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(work(aws_sdk_ec2::Client::new(&self.emulator.config_in(region))))
    }
}
