//! What the binary says where no account is needed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use tempfile::TempDir;

const SMALL: &str = "name = 'small'\nregion = 'us-east-1'\n\n[network]\ncidr = '10.0.0.0/16'\nzones = 1\n\
                     flow_logs = false\n\n[network.tier.web]\naccept = [{ from = '10.0.0.0/16', port = 443 }]\n";

/// Runs the binary in that folder, without credentials and without a terminal.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baseline"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    for file in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        command.env(file, "/dev/null");
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Exit code, stdout and stderr as a person would paste them.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "colours without a terminal");
    format!("exit {}\n{out}---\n{err}", output.status.code().unwrap())
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[test]
fn init_writes_a_file_that_is_valid_and_never_overwrites_it() {
    let folder = folder(&[]);
    assert_snapshot!(said(folder.path(), &["init", "x.toml"]), @r#"
    exit 0
    ---
    x.toml is written; edit it, then run: baseline validate x.toml
    "#);
    let written = fs::read_to_string(folder.path().join("x.toml")).unwrap();
    assert!(said(folder.path(), &["validate", "x.toml"]).starts_with("exit 0\nx.toml is valid"));
    fs::write(folder.path().join("x.toml"), format!("{written}# mine\n")).unwrap();
    assert_snapshot!(said(folder.path(), &["init", "x.toml"]), @r#"
    exit 1
    ---
    error: x.toml exists already
    hint: name another file, or move this one away
    "#);
    assert!(fs::read_to_string(folder.path().join("x.toml")).unwrap().ends_with("# mine\n"));
}

#[test]
fn validate_sums_up_what_a_file_becomes() {
    let folder = folder(&[("small.toml", SMALL)]);
    assert_snapshot!(said(folder.path(), &["validate", "small.toml"]), @r#"
    exit 0
    small.toml is valid: small in us-east-1 declares 6 resources

       1 ec2.availability-zone
       1 ec2.network-acl
       1 ec2.route-table
       1 ec2.security-group
       1 ec2.subnet
       1 ec2.vpc

    subnets
         web-a  10.0.0.0/24  (name of ec2.availability-zone.a)
    ---
    "#);
}

#[test]
fn validate_shows_every_problem_at_its_place() {
    let folder = folder(&[("bad.toml", "nme = 'x'\nregion = 'us-east-1'\n[bucket.a]\nversioning = 1\n")]);
    assert_snapshot!(said(folder.path(), &["validate", "bad.toml"]), @r#"
    exit 1
    ---
    error[missing-key]: the file must have `name`
     --> bad.toml:1:1
      |
    1 | nme = 'x'
      | ^
      |
      = help: add `name = ...`: name, 1 to 20 of a-z, 0-9 and dashes

    error[unknown-key]: the file has no key `nme`
     --> bad.toml:1:1
      |
    1 | nme = 'x'
      | ^^^
      |
      = help: did you mean `name`?

    error[wrong-type]: `versioning` must be true or false
     --> bad.toml:4:14
      |
    4 | versioning = 1
      |              ^ this is a whole number
    "#);
}

#[test]
fn validate_reports_problems_to_programs() {
    let folder = folder(&[("bad.toml", "name = 'x'\nregion = 'us-east-1'\n[netwrk]\n")]);
    let output = command(folder.path(), &["validate", "bad.toml", "--json"]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), b"".as_slice()));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problem = &report["diagnostics"][0];
    assert_eq!(report["format_version"], 1);
    assert_eq!(
        (&problem["code"], &problem["line"], &problem["column"]),
        (&"unknown-key".into(), &3.into(), &2.into())
    );
}

#[test]
fn a_file_that_is_no_text_or_not_there_is_an_error_and_no_panic() {
    let folder = folder(&[]);
    fs::write(folder.path().join("bytes.toml"), b"name = '\xff'").unwrap();
    assert_snapshot!(said(folder.path(), &["plan", "bytes.toml"]), @r#"
    exit 1
    ---
    error[not-utf8]: the file is not UTF-8 text
     --> bytes.toml:1:9
      |
    1 | name = '�'
      |         ^ this byte is no text
      |
      = help: save the file as UTF-8
    "#);
    assert_snapshot!(said(folder.path(), &["validate", "gone.toml"]), @r#"
    exit 1
    ---
    error: cannot read gone.toml: No such file or directory (os error 2)
    hint: write a starter file with: baseline init gone.toml
    "#);
}

#[test]
fn wrong_arguments_exit_with_1_because_2_means_drift() {
    let folder = folder(&[]);
    assert_snapshot!(said(folder.path(), &["plan"]), @r#"
    exit 1
    ---
    error: the following required arguments were not provided:
      <FILE>

    Usage: baseline plan <FILE>

    For more information, try '--help'.
    "#);
    assert_snapshot!(said(folder.path(), &["plan", "x.toml", "--destroy", "bucket"]), @r#"
    exit 1
    ---
    error: invalid value 'bucket' for '--destroy <ADDR>': "bucket" is not an address; write SERVICE.KIND.NAME, such as ec2.subnet.web-a, or SERVICE.KIND.NAME@REGION

    For more information, try '--help'.
    "#);
    assert_snapshot!(said(folder.path(), &["drift", "x.toml", "--json", "--markdown"]), @r#"
    exit 1
    ---
    error: the argument '--json' cannot be used with '--markdown'

    Usage: baseline drift --json <FILE>

    For more information, try '--help'.
    "#);
}

#[test]
fn apply_refuses_to_guess_an_answer_where_there_is_no_terminal() {
    let folder = folder(&[("small.toml", SMALL)]);
    assert_snapshot!(said(folder.path(), &["apply", "small.toml"]), @r#"
    exit 1
    ---
    error: apply asks before it writes, and there is no terminal to ask on
    hint: look at the plan first, then pass --auto-approve
    "#);
}

#[test]
fn a_damaged_plan_is_told_from_a_baseline() {
    let folder =
        folder(&[("cut.plan", "{\"format\": \"baseline plan\", "), ("policy.json", "{\"Version\": 1}")]);
    assert_snapshot!(said(folder.path(), &["apply", "cut.plan", "--auto-approve"]), @r#"
    exit 1
    ---
    error: cut.plan is not a valid saved plan: EOF while parsing a value at line 1 column 28
    hint: make the plan again with: baseline plan FILE --out PLAN
    "#);
    assert_snapshot!(said(folder.path(), &["apply", "policy.json", "--auto-approve"]), @r#"
    exit 1
    ---
    error: policy.json is JSON, but no plan that baseline saved
    hint: give a TOML file, or a plan from: baseline plan FILE --out PLAN
    "#);
}

#[test]
fn no_credentials_is_said_with_what_to_configure() {
    let folder = folder(&[("small.toml", SMALL)]);
    let said = said(folder.path(), &["plan", "small.toml"]);
    assert!(said.starts_with("exit 1\n---\nerror: there are no usable AWS credentials"), "{said}");
    assert!(said.contains("hint: set AWS_PROFILE or pass --profile"), "{said}");
}

#[test]
fn help_reads_like_documentation() {
    let folder = folder(&[]);
    assert_snapshot!(said(folder.path(), &["help"]), @r#"
    exit 0
    Brings an AWS account to a hardened baseline, declared in one TOML file, and keeps it there

    There is no state file: the account itself is the state. `plan` and `drift` cannot write. `apply`
    may be stopped at any moment and run again.

    Usage: baseline [OPTIONS] <COMMAND>

    Commands:
      init         Write a commented starter file
      validate     Check a baseline file without calling AWS
      plan         Show what would change, and why
      apply        Bring the account to the declared state
      drift        Report how the account differs from the file
      permissions  Print the least-privilege IAM policies that planning and applying this file need
      explain      Explain a rule or a resource: the risk, the practice, and which benchmarks require it
      network      Prove who reaches whom in the network of a file or an account
      reach        Tell whether one end of a network reaches another, and what decides
      policy       Compare two policy documents
      block        Deny ranges of addresses for a while, at the edge of the network
      unblock      End blocks of addresses before their time
      admit        Let an address in for a while, to one port of one tier
      fleet        Look at many accounts at once, and bring them to the declared state
      rotate       Replace an access key of a user, one safe step at a time
      unlock       Show who holds the lock of the account and region, and clear it
      completions  Print a completion script for a shell
      packaging    Write the man pages and the completion scripts of bash, zsh and fish
      schema       Print the JSON Schema of the language, with which editors complete and check a file
      sandbox      Serve, reset or seed the built-in account
      help         Print this message or the help of the given subcommand(s)

    Options:
          --color <WHEN>
              When to use colours; NO_COLOR and CLICOLOR are honoured too

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never
              
              [default: auto]

      -q, --quiet
              Leave out progress and notes, and show only results and errors

          --sandbox[=<FOLDER>]
              Use the built-in account instead of AWS, kept in this folder between commands
              
              No credentials are read and nothing leaves this process. Without a folder it is kept in
              the user's cache; `baseline sandbox reset` starts it anew.

      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    First steps:
      baseline init landing-zone.toml       write a commented starter file
      baseline validate landing-zone.toml   check it, without AWS
      baseline plan landing-zone.toml       see what would change
      baseline apply landing-zone.toml      make it so

    Without an account, with nothing to install:
      baseline --sandbox apply landing-zone.toml

    Exit codes:
      0  what was asked for is done, or there is nothing to do
      1  something failed: wrong arguments, a problem in the file, no
         credentials, another account than allowed, a stale saved plan, a
         connection opened that --refuse-opening does not allow, access that
         --refuse-new-access does not allow, a plan that locks its caller out,
         a step that failed or was skipped
      2  there are changes (plan --detailed-exitcode), drift (drift), something
         does not hold that must (network), addresses that are blocked still
         get through (block), or a policy allows something new (policy compare)
      3  something could not be read or proven, so the answer is incomplete;
         takes precedence over 2, and in apply over steps skipped only for this
         reason
    ---
    "#);
    assert_snapshot!(said(folder.path(), &["apply", "--help"]), @r#"
    exit 0
    Bring the account to the declared state

    Shows the plan, asks, carries it out in parallel, then looks at the account again and says whether
    anything is left. A saved plan is refused when the account has changed since it was made.

    Usage: baseline apply [OPTIONS] <FILE|PLAN>

    Arguments:
      <FILE|PLAN>
              Carry out this baseline file, or this plan that `plan --out` saved

    Options:
          --auto-approve
              Skip the confirmation prompt

          --color <WHEN>
              When to use colours; NO_COLOR and CLICOLOR are honoured too

              Possible values:
              - auto:   On a terminal
              - always: Always
              - never:  Never
              
              [default: auto]

          --plan-digest <SHA256>
              Carry out the saved plan only if this is its SHA-256, as `plan --out` prints it

      -q, --quiet
              Leave out progress and notes, and show only results and errors

          --sandbox[=<FOLDER>]
              Use the built-in account instead of AWS, kept in this folder between commands
              
              No credentials are read and nothing leaves this process. Without a folder it is kept in
              the user's cache; `baseline sandbox reset` starts it anew.

          --var <NAME=VALUE>
              Give a variable of the baseline this value, such as days=30; repeat for more

          --no-preflight
              Do not ask IAM beforehand whether these credentials may do what the plan takes

      -h, --help
              Print help (see a summary with '-h')

    Output:
          --json
              Print the report as JSON, as `baseline schema --report` describes it; the same as --format
              json

          --markdown
              Print the report as Markdown, short enough for a comment on a pull request; the same as
              --format markdown

          --format <NAME>
              Print the report in this format

              Possible values:
              - text:     For people
              - json:     For programs
              - markdown: For comments and summaries
              - junit:    For CI systems, as a list of tests
              - sarif:    For code scanning, at the lines of the file
              - csv:      For spreadsheets
              - html:     For auditors: one page with charts
              - ocsf:     For Security Hub and SIEMs

          --report <NAME=FILE>
              Write the report to a file too, such as sarif=drift.sarif; give it once for each file

    Deletion:
          --prune
              Delete resources that carry this baseline's tags and are no longer in the file, except
              those that hold logs or keys

          --destroy <ADDR>
              Delete this resource even though it holds logs or keys; repeat for each address

    Network:
          --refuse-opening <FROM>
              Fail where the plan lets through a connection that was not let through before, or may do
              so

              Possible values:
              - internet: From the internet
              - any:      From anybody, also between tiers

    New access:
          --refuse-new-access <WHOSE>
              Fail where a policy that the plan changes lets somebody do what they could not before, or
              may do so

              Possible values:
              - outside: Principals outside of the account; services of AWS do not count
              - any:     Anybody, also services of AWS and the account's own users and roles

    Lockout:
          --accept-lockout <ADDR>
              Change this resource even though these credentials can no longer manage it afterwards;
              repeat for each address

    Lock:
          --lock-wait <SECONDS>
              Wait this long while another apply holds the lock of this account and region
              
              The default outlasts the lock of a run that died, which is then taken over. With 0 the
              command stops at once.
              
              [default: 150]

          --no-lock
              Take no lock; another apply may then write at the same time

    Journal:
          --journal <FOLDER>
              Keep the journal of what is done in this folder
              
              Without it: BASELINE_JOURNAL, or baseline/journal in the user's state folder
              (XDG_STATE_HOME).

          --no-journal
              Keep no journal

    AWS:
          --profile <NAME>
              Use this profile of the AWS configuration files instead of the standard credential chain

          --trace-calls
              Print every API call by service and operation, the total, the writes and the dependent
              rounds

    Examples:
      baseline apply landing-zone.toml
      baseline apply landing-zone.toml --auto-approve --json > report.json
      baseline apply landing-zone.toml --auto-approve --report html=applied.html
      baseline plan landing-zone.toml --out monday.plan && baseline apply monday.plan
      baseline apply landing-zone.toml --prune

    Stop it with Ctrl-C at any time, and run it again: it goes on where it stopped.
    ---
    "#);
}

#[test]
fn schemas_and_completions_come_alone_on_stdout() {
    let folder = folder(&[]);
    for arguments in [&["schema"][..], &["schema", "--report"]] {
        let output = command(folder.path(), arguments).output().unwrap();
        let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(schema["properties"].is_object() && output.stderr.is_empty());
    }
    assert!(said(folder.path(), &["completions", "bash"]).contains("_baseline()"));
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let folder = folder(&[]);
    let mut child =
        command(folder.path(), &["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn colours_come_when_asked_for_and_never_with_no_color() {
    let folder = folder(&[]);
    let error = |arguments: &[&str], variable: (&str, &str)| {
        let output = command(folder.path(), arguments).env(variable.0, variable.1).output().unwrap();
        output.stderr.contains(&0x1b)
    };
    assert!(error(&["validate", "gone.toml", "--color", "always"], ("TERM", "xterm")));
    assert!(!error(&["validate", "gone.toml", "--color", "auto"], ("NO_COLOR", "1")));
    assert!(!error(&["validate", "gone.toml", "--color", "never"], ("CLICOLOR_FORCE", "1")));
}
