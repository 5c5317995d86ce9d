//! The same landing zone by Terraform and by us, against the same kind of server in the same run, in turns.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::delay::Delayed;
use crate::goal;
use crate::process::{Run, measured, median, with_account};
use crate::served::Served;
use crate::terraform_plugins;

const CONFIGURATION: &str = include_str!("../it/strangers/landing-zone.tf");
const FILE: &str = include_str!("landing-zone.toml");
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// One of the two, in a folder of its own, with a server of its own behind a slow network of its own.
struct Contestant {
    folder: tempfile::TempDir,
    server: Served,
    network: Delayed,
}

/// What is run, by either.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    FirstApply,
    Plan,
    PlanOfDrift,
}

impl Contestant {
    fn new(round_trip: Duration) -> Self {
        let server = Served::empty();
        let network = Delayed::start(server.port().parse().expect("a port"), round_trip);
        Self { folder: tempfile::tempdir().expect("no temporary folder"), server, network }
    }

    /// Opens a port by hand, for a plan that has something to say.
    fn drift(&self) {
        let groups = self.ask(&["Action=DescribeSecurityGroups", "Version=2016-11-15"]);
        let name = groups.find("<groupDescription>").and_then(|_| {
            let item =
                groups.split("<item>").find(|item| item.contains("web") && item.contains("<groupId>"))?;
            item.split("<groupId>").nth(1)?.split('<').next().map(str::to_owned)
        });
        let group = format!("GroupId={}", name.expect("no group of the web tier"));
        self.ask(&[
            "Action=AuthorizeSecurityGroupIngress",
            "Version=2016-11-15",
            &group,
            "IpPermissions.1.IpProtocol=tcp",
            "IpPermissions.1.FromPort=22",
            "IpPermissions.1.ToPort=22",
            "IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0%2F0",
        ]);
    }

    fn ask(&self, form: &[&str]) -> String {
        let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
        let scope = "Credential=test/20260101/us-east-1/ec2/aws4_request";
        let answer = agent
            .post(self.server.endpoint())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", &format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"))
            .send(form.join("&"));
        answer.expect("no answer").body_mut().read_to_string().expect("an answer that is not text")
    }

    fn ours(&self, work: Work) -> Run {
        fs::write(self.folder.path().join("peer.toml"), FILE).expect("cannot write the file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
        let (arguments, codes): (&[&str], &[i32]) = match work {
            Work::FirstApply => (&["apply", "peer.toml", "--auto-approve", "-q"], &[0]),
            Work::Plan => (&["plan", "peer.toml", "--detailed-exitcode", "-q"], &[0]),
            Work::PlanOfDrift => (&["plan", "peer.toml", "--detailed-exitcode", "-q"], &[2]),
        };
        with_account(
            command.args(arguments),
            self.folder.path(),
            &format!("http://localhost:{}", self.network.port()),
        );
        self.network.requests();
        let run = measured(&mut command, codes);
        Run { requests: self.network.requests() as f64, ..run }
    }

    fn terraform(&self, plugins: &Path, work: Work) -> Run {
        let folder = self.folder.path();
        let endpoint = format!("http://localhost:{}", self.network.port());
        let run = |arguments: &[&str], codes: &[i32]| {
            let mut command = Command::new("terraform");
            command.args(arguments).current_dir(folder).env_clear().envs([
                ("TF_CLI_CONFIG_FILE", folder.join("terraform.rc").into_os_string()),
                ("TF_IN_AUTOMATION", "1".into()),
                ("TF_VAR_endpoint", endpoint.clone().into()),
                ("CHECKPOINT_DISABLE", "1".into()),
                ("HOME", folder.into()),
                ("PATH", std::env::var_os("PATH").unwrap_or_default()),
                // The account is in the host name of S3 Control; see the test that runs Terraform.
                ("HTTP_PROXY", endpoint.clone().into()),
            ]);
            measured(&mut command, codes)
        };
        if work == Work::FirstApply {
            fs::write(folder.join("main.tf"), CONFIGURATION).expect("cannot write the configuration");
            fs::write(folder.join("terraform.rc"), "").expect("cannot write an empty file");
            run(&["init", "-input=false", "-plugin-dir", &plugins.display().to_string()], &[0]);
        }
        self.network.requests();
        let run = match work {
            Work::FirstApply => run(&["apply", "-input=false", "-auto-approve"], &[0]),
            Work::Plan => run(&["plan", "-input=false", "-detailed-exitcode"], &[0]),
            // Terraform does not see a rule that nobody declared, so either answer is one.
            Work::PlanOfDrift => run(&["plan", "-input=false", "-detailed-exitcode"], &[0, 2]),
        };
        Run { requests: self.network.requests() as f64, ..run }
    }
}

/// A table of medians, or why there is none.
pub fn report(runs: usize) -> String {
    let plugins = match terraform_plugins::folder() {
        Ok(plugins) => plugins,
        Err(why) => return format!("Not measured: {why}.\n"),
    };
    let mut figures: Vec<(Work, Vec<Run>, Vec<Run>)> =
        [Work::FirstApply, Work::Plan, Work::PlanOfDrift].map(|work| (work, Vec::new(), Vec::new())).into();
    for run in 1..=runs {
        let (ours, theirs) = (Contestant::new(ROUND_TRIP), Contestant::new(ROUND_TRIP));
        for (work, our_runs, their_runs) in &mut figures {
            if *work == Work::PlanOfDrift {
                ours.drift();
                theirs.drift();
            }
            our_runs.push(ours.ours(*work));
            their_runs.push(theirs.terraform(&plugins, *work));
            eprintln!("peers: run {run} of {runs}, {} done", name(*work));
        }
    }
    let mut out = format!(
        "Medians of {runs} runs in turns, each on an account of its own, {} ms round trip.\n\n\
         | work | | Terraform 1.11.4, provider 5.100.0 | baseline | ratio |\n|---|---|---:|---:|---:|\n",
        ROUND_TRIP.as_millis()
    );
    let mut goals = String::new();
    for (work, ours, theirs) in &figures {
        for (what, figure) in [
            ("wall s", (|run: &Run| run.wall) as fn(&Run) -> f64),
            ("CPU s", |run| run.cpu),
            ("peak MiB", |run| run.peak_mib),
            ("requests", |run| run.requests),
        ] {
            let of = |runs: &[Run]| median(runs.iter().map(figure).collect());
            let (ours, theirs) = (of(ours), of(theirs));
            let ratio = if ours > 0.0 { format!("{:.1}", theirs / ours) } else { "-".to_owned() };
            if let Some(goal) = goal_of(*work, what) {
                let what = format!("{}, {what}: Terraform over baseline", name(*work));
                goals.push_str(&goal::at_least(&what, goal, theirs / ours));
            }
            writeln!(out, "| {} | {what} | {theirs:.2} | {ours:.2} | {ratio} |", name(*work)).expect("text");
        }
    }
    out + &goals
}

/// How many times less than Terraform.
fn goal_of(work: Work, what: &str) -> Option<f64> {
    Some(match (work, what) {
        (Work::FirstApply, "wall s") => 5.0,
        (Work::Plan, "wall s") => 30.0,
        (Work::Plan, "CPU s") => 100.0,
        (Work::Plan, "peak MiB") => 15.0,
        (Work::Plan, "requests") => 2.0,
        _ => return None,
    })
}

fn name(work: Work) -> &'static str {
    match work {
        Work::FirstApply => "first apply",
        Work::Plan => "plan, nothing changed",
        Work::PlanOfDrift => "plan, one port opened by hand",
    }
}
