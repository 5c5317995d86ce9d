//! The forty accounts of the example read by c7n-org and by us, against the same server in the same run, in turns.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use baseline::sandbox::{Profile, Sandbox, Seed};
use serde_json::{Value as Json, json};

use crate::fleet::ROUND_TRIP;
use crate::goal;
use crate::late::Late;
use crate::process::{Run, measured_and_said, median};
use crate::python_environment;

const PACKAGES: [&str; 4] = ["c7n-org==0.6.52", "c7n==0.9.53", "boto3==1.43.103", "botocore==1.43.127"];

/// What c7n has a filter for of what the example asks for.
const POLICIES: &str = include_str!("c7n-policies.json");

/// An account that was invited and lacks the role.
const UNREACHED: &str = "workload-10";

/// How many policies there are.
fn policies() -> usize {
    let policies: Json = serde_json::from_str(POLICIES).expect("policies in JSON");
    policies["policies"].as_array().map_or(0, Vec::len)
}

/// The folder of both, and the server that both ask.
struct Contest {
    folder: tempfile::TempDir,
    server: Late,
    environment: std::path::PathBuf,
}

/// What one of them did.
struct Ended {
    run: Run,
    code: i32,
    said: String,
}

impl Contest {
    fn new(environment: std::path::PathBuf) -> Self {
        let sandbox = Sandbox::live(Profile::Instant, 1);
        sandbox.seed(Seed::Fleet).expect("a world in memory");
        let folder = tempfile::tempdir().expect("no temporary folder");
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
        for name in ["fleet.toml", "member.toml", "prod.toml", "audit.toml", "accounts.json"] {
            fs::copy(examples.join(name), folder.path().join(name)).expect("cannot copy an example");
        }
        fs::write(folder.path().join("policies.json"), POLICIES).expect("cannot write the policies");
        Self { folder, server: Late::start(sandbox, ROUND_TRIP), environment }
    }

    /// Limits both to these regions; all of them where none is named.
    fn limit(&self, region: Option<&str>) {
        let path = |name: &str| self.folder.path().join(name);
        let text = |name: &str| fs::read_to_string(path(name)).expect("an example");
        let list: Json = serde_json::from_str(&text("accounts.json")).expect("a list in JSON");
        let active = list["Accounts"].as_array().expect("accounts").iter().filter(|one| {
            // As `aws-accounts.py --active` of c7n-org lists them, without the account that manages the organization.
            one["State"] == "ACTIVE" && one["Name"] != "management"
        });
        let accounts: Vec<Json> = active
            .map(|one| {
                let (id, name) = (&one["Id"], &one["Name"]);
                let role = format!(
                    "arn:aws:iam::{}:role/OrganizationAccountAccessRole",
                    id.as_str().expect("an id")
                );
                json!({ "account_id": id, "name": name, "role": role, "regions": [region.unwrap_or("all")] })
            })
            .collect();
        fs::write(path("accounts.yml"), json!({ "accounts": accounts }).to_string()).expect("cannot write");
        for name in ["member.toml", "audit.toml"] {
            let limited =
                region.map_or("[account]\n".to_owned(), |one| format!("[account]\nregions = ['{one}']\n"));
            let text =
                fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet").join(name));
            let text = text.expect("an example").replace("[account]\n", &limited);
            fs::write(path(name), text).expect("cannot write");
        }
    }

    fn run(&self, command: &mut Command, codes: &[i32]) -> Ended {
        let endpoint = self.server.endpoint();
        command.current_dir(self.folder.path()).env_clear().envs([
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ]);
        command.env("HOME", self.folder.path());
        self.server.requests();
        let (run, code, said) = measured_and_said(command, codes);
        let requests = self.server.requests() as f64;
        Ended { run: Run { requests, ..run }, code, said }
    }

    fn theirs(&self, only: &[&str]) -> Ended {
        let _there_may_be_none = fs::remove_dir_all(self.folder.path().join("out"));
        // The account is in the host name of S3 Control; see the test that runs Terraform.
        let mut command = Command::new("env");
        command
            .arg(format!("HTTP_PROXY={}", self.server.endpoint()))
            .arg(self.environment.join("bin/c7n-org"));
        command.args([
            "run",
            "-c",
            "accounts.yml",
            "-u",
            "policies.json",
            "-s",
            "out",
            "--cache-period",
            "0",
        ]);
        command.args(only.iter().flat_map(|name| ["-a", name]));
        self.run(&mut command, &[0, 1])
    }

    fn ours(&self, only: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
        command.args(["fleet", "drift", "fleet.toml", "--accounts", "accounts.json"]);
        command.args(only.iter().flat_map(|name| ["--only", name]));
        self.run(&mut command, &[3])
    }
}

/// A table of medians, or why there is none.
pub fn report() -> String {
    let environment = match python_environment::with(&PACKAGES) {
        Ok(environment) => environment,
        Err(why) => return format!("Not measured: {why}.\n"),
    };
    let contest = Contest::new(environment);
    let mut out = format!(
        "The example's 41 accounts, {} ms a request. {} policies of c7n say what it has a filter for of what `member.toml` asks for; \
         baseline looks at\nall of it, and at one more account. One account, {UNREACHED}, cannot be reached. One region: medians of 3 \
         runs in turns. 17 regions: two\naccounts, that one among them, and one run.\n\n\
         | regions | | {}, {} | baseline | ratio |\n|---:|---|---:|---:|---:|\n",
        ROUND_TRIP.as_millis(),
        policies(),
        PACKAGES[0].replace("==", " "),
        PACKAGES[1].replace("==", " "),
    );
    let mut goals = String::new();
    let few: &[&str] = &["workload-2", UNREACHED];
    for (regions, region, only, runs) in [(1, Some("us-east-1"), &[][..], 3), (17, None, few, 1)] {
        contest.limit(region);
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for run in 1..=runs {
            theirs.push(contest.theirs(only));
            ours.push(contest.ours(only));
            let last = |all: &[Ended]| all.last().map(|ended| ended.run);
            eprintln!(
                "fleet-peers: {regions} regions, run {run} of {runs}: {:?} {:?}",
                last(&theirs),
                last(&ours)
            );
        }
        for (what, figure) in [
            ("wall s", (|ended: &Ended| ended.run.wall) as fn(&Ended) -> f64),
            ("CPU s", |ended| ended.run.cpu),
            ("peak MiB", |ended| ended.run.peak_mib),
            ("requests", |ended| ended.run.requests),
            ("lines told", |ended| ended.said.lines().count() as f64),
        ] {
            let of = |all: &[Ended]| median(all.iter().map(figure).collect());
            let (us, them) = (of(&ours), of(&theirs));
            let ratio = them / us;
            writeln!(out, "| {regions} | {what} | {them:.1} | {us:.1} | {ratio:.1} |").expect("text");
        }
        let codes = |all: &[Ended]| all.last().map_or(-1, |ended| ended.code);
        writeln!(out, "| {regions} | exit code | {} | {} | |", codes(&theirs), codes(&ours)).expect("text");
        let told = |all: &[Ended]| {
            let said = all.last().map_or("", |ended| &ended.said);
            said.lines().filter(|line| line.contains(UNREACHED)).count()
        };
        writeln!(
            out,
            "| {regions} | lines that name the account that cannot be reached | {} | {} | |",
            told(&theirs),
            told(&ours)
        )
        .expect("text");
        if region.is_some() {
            let wall = |all: &[Ended]| median(all.iter().map(|ended| ended.run.wall).collect());
            let what = "one region, wall s: c7n-org over baseline";
            goals.push_str(&goal::at_least(what, 5.0, wall(&theirs) / wall(&ours)));
        }
    }
    out + &goals
}
