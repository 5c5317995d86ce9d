//! A fleet of a thousand accounts in seventeen regions: what the program needs for a look at it, the server that answers apart.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use baseline::sandbox::{Profile, Sandbox, Seed};
use serde_json::{Value as Json, json};

use crate::goal;
use crate::late::Late;
use crate::many_accounts::{Departure, FIRST, id, make_alike};
use crate::process::{Run, alone, cpu_seconds, median, with_account};

pub const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Members of the organization: there are a thousand between them that nothing is odd about.
const MEMBERS: u16 = 1_020;

/// Accounts that are looked at, and how often.
const SIZES: [(usize, usize); 3] = [(10, 5), (100, 3), (1000, 1)];

/// How many of them are looked at side by side: as many as where the file does not say.
const PARALLEL: usize = 8;

/// An organization whose accounts are as declared, but for five kinds of departures, behind a network.
pub struct Fleet {
    pub folder: tempfile::TempDir,
    pub server: Late,
}

/// The numbers of so many accounts that are looked at.
fn numbers(count: usize) -> impl Iterator<Item = u64> {
    (FIRST..).take(count)
}

impl Fleet {
    /// Its first account is brought to the declared state by the program itself, and the others are made alike.
    pub fn new(members: u16, round_trip: Duration) -> Self {
        let sandbox = Sandbox::live(Profile::Instant, 1);
        sandbox.seed(Seed::FleetOf(members)).expect("a world in memory");
        let folder = tempfile::tempdir().expect("no temporary folder");
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet/member.toml");
        fs::copy(example, folder.path().join("member.toml")).expect("cannot copy the example");
        let at_once = Self { folder, server: Late::start(sandbox.clone(), Duration::ZERO) };
        at_once.list(1, 1);
        let mut apply = at_once.command(&["apply", "--auto-approve"]);
        alone(&mut apply, &[0, 1, 2, 3]);
        make_alike(&sandbox, &id(FIRST), (FIRST + 1..=u64::from(members)).map(id));
        for number in FIRST..=u64::from(members) {
            depart(&sandbox, number);
        }
        let Self { folder, server } = at_once;
        drop(server);
        Self { folder, server: Late::start(sandbox, round_trip) }
    }

    /// Writes a fleet file, and a list of so many accounts.
    pub fn list(&self, count: usize, parallel: usize) {
        let file = format!(
            "name = 'acme'\nbaseline = 'member.toml'\nparallel = {parallel}\n\
             [access]\nrole = 'OrganizationAccountAccessRole'\n"
        );
        let accounts: Vec<Json> = numbers(count)
            .map(
                |number| json!({ "Id": id(number), "Name": format!("workload-{number}"), "State": "ACTIVE" }),
            )
            .collect();
        let put = |name: &str, text: String| fs::write(self.folder.path().join(name), text);
        put("fleet.toml", file).expect("cannot write the fleet file");
        put("accounts.json", json!({ "Accounts": accounts }).to_string()).expect("cannot write the list");
    }

    /// `baseline fleet` with these arguments, of the accounts that were listed last.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
        let (first, more) = arguments.split_first().expect("the name of a command");
        command.args(["fleet", first, "fleet.toml", "--accounts", "accounts.json"]).args(more);
        with_account(&mut command, self.folder.path(), &self.server.endpoint());
        command
    }

    /// The dependent rounds that an account took, from the results of a run, the role that it is reached as included: those of the
    /// middle one, and the most.
    fn rounds(&self, results: &str) -> (f64, f64) {
        let accounts = fs::read_dir(self.folder.path().join(results).join("accounts")).expect("no results");
        let rounds = accounts.map(|file| {
            let text = fs::read_to_string(file.expect("an entry").path()).expect("a result");
            let result: Json = serde_json::from_str(&text).expect("a result in JSON");
            let rounds = &result["details"]["report"]["calls"]["rounds"];
            rounds.as_f64().unwrap_or_else(|| panic!("no rounds in {text}")) + 1.0
        });
        let rounds: Vec<f64> = rounds.collect();
        let most = rounds.iter().copied().fold(0.0, f64::max);
        (median(rounds), most)
    }
}

/// One account in five departs from what all have in common, in one of four ways; one in a hundred is a neglected one.
fn depart(sandbox: &Sandbox, number: u64) {
    let kind = usize::try_from(number % 20).expect("less than twenty");
    let Some(departure) = Departure::ALL.get(kind) else {
        return;
    };
    if *departure == Departure::Neglect && number % 100 >= 20 {
        return;
    }
    departure.happen(sandbox, &id(number));
}

/// What some runs of one command over so many accounts cost.
struct Row {
    what: String,
    accounts: usize,
    wall: f64,
    cpu: f64,
    peak: f64,
    calls: f64,
    server: f64,
    said: String,
}

impl Row {
    fn of(fleet: &Fleet, (accounts, runs): (usize, usize), arguments: &[&str], code: i32) -> Self {
        fleet.list(accounts, PARALLEL);
        let (mut all, mut server, mut said) = (Vec::<Run>::new(), Vec::new(), String::new());
        for _ in 0..runs {
            fleet.server.requests();
            let before = cpu_seconds(11);
            let (run, text) = alone(&mut fleet.command(arguments), &[code]);
            server.push(cpu_seconds(11) - before);
            all.push(Run { requests: fleet.server.requests() as f64, ..run });
            said = text;
            eprintln!("fleet: {arguments:?} of {accounts}: {:?}", all.last());
        }
        let of = |figure: fn(&Run) -> f64| median(all.iter().map(figure).collect());
        Self {
            what: format!("`{}`", arguments.first().expect("a command")),
            accounts,
            wall: of(|run| run.wall),
            cpu: of(|run| run.cpu),
            peak: of(|run| run.peak_mib),
            calls: of(|run| run.requests),
            server: median(server),
            said,
        }
    }

    /// Milliseconds of processor time for each account.
    fn each(&self) -> f64 {
        self.cpu * 1000.0 / self.accounts as f64
    }

    fn calls_each(&self) -> f64 {
        self.calls / self.accounts as f64
    }
}

/// Time, calls and memory by number of accounts, and the text that tells of a thousand.
pub fn report() -> String {
    let fleet = Fleet::new(MEMBERS, ROUND_TRIP);
    assert_eq!(numbers(1000).find(|number| *number > u64::from(MEMBERS)), None);
    let mut rows: Vec<Row> = SIZES.into_iter().map(|size| Row::of(&fleet, size, &["plan"], 0)).collect();
    rows.push(Row::of(&fleet, (1000, 1), &["drift"], 2));
    let reports =
        ["--report", "html=drift.html", "--report", "sarif=drift.sarif", "--report", "junit=drift.xml"];
    let kept = [&["drift", "--results", "results"], &reports[..]].concat();
    let mut with_results = Row::of(&fleet, (1000, 1), &kept, 2);
    with_results.what = "`drift` with results, HTML, SARIF and JUnit".to_owned();
    let (rounds_of_thousand, most_of_thousand) = fleet.rounds("results");
    rows.push(with_results);
    Row::of(&fleet, (10, 1), &["drift", "--results", "few"], 2);
    let (rounds_of_ten, most_of_ten) = fleet.rounds("few");
    let mut out = format!(
        "The example's `member.toml` in 17 regions, {PARALLEL} accounts at a time, {} ms a request. What answers is another process; its \
         processor\ntime is not the program's, but both share two cores. Dependent rounds of an account, its role among them: \
         {rounds_of_ten} in the middle\nand {most_of_ten} at most of 10 accounts, {rounds_of_thousand} and {most_of_thousand} of \
         1,000.\n\n\
         | command | accounts | wall s | CPU s | CPU ms an account | calls an account | peak MiB | CPU s of the server |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|\n",
        ROUND_TRIP.as_millis()
    );
    for row in &rows {
        let Row { what, accounts, wall, cpu, peak, server, .. } = row;
        writeln!(
            out,
            "| {what} | {accounts} | {wall:.2} | {cpu:.2} | {:.1} | {:.1} | {peak:.0} | {server:.1} |",
            row.each(),
            row.calls_each()
        )
        .expect("text");
    }
    let (ten, thousand, drift, kept) = (&rows[0], &rows[2], &rows[3], &rows[4]);
    let lines = drift.said.lines().count();
    writeln!(out, "\nOf the thousand, told by `drift`: {lines} lines.").expect("text");
    for text in [
        goal::at_most("seconds for a plan of 1,000 accounts", 90.0, thousand.wall),
        goal::at_most("MiB for a plan of 1,000 accounts", 256.0, thousand.peak),
        goal::at_most("MiB with results and reports that are held whole", 256.0, kept.peak),
        goal::at_most("CPU of an account of 1,000 over that of 10", 1.1, thousand.each() / ten.each()),
        goal::at_most(
            "calls of an account of 1,000 over those of 10",
            1.1,
            thousand.calls_each() / ten.calls_each(),
        ),
        goal::at_most(
            "dependent rounds of the account in the middle of 1,000 over those of 10",
            1.1,
            rounds_of_thousand / rounds_of_ten,
        ),
        goal::at_most("lines that tell of 1,000 accounts", 50.0, lines as f64),
    ] {
        out.push_str(&text);
    }
    out
}
