//! The state machine of `examples/fleet/distributed`, run by somebody else's Step Functions with real processes as its workers.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use baseline::sandbox::{Profile, Seed};
use serde_json::{Value as Json, json};

use crate::emulator::Emulator;
use crate::fleet::{fleet_files, of_one_region};
use crate::python_environment;
use crate::source_code::root;

const MINISTACK: &str = "ministack==1.5.33";
const VALIDATE: &str = "kubernetes-validate==1.37.0";

/// What runs on ECS in the shipped file. There is no Docker here: the test puts an activity in its place, whose workers run the very
/// command that the container would have run. Nothing else of the file is changed.
const ON_ECS: &str = "arn:aws:states:::ecs:runTask.sync";

/// Members of the organization.
const MEMBERS: u16 = 200;

const SHARDS: usize = 6;
/// The shards whose processes are killed, as often as they are tried.
const KILLED: [&str; 2] = ["2/6", "5/6"];
const PLACE: &str = "s3://fleet-results/runs/1";

/// A server of the package, until the test is over.
struct Ministack {
    process: Child,
    url: String,
    agent: ureq::Agent,
}

impl Drop for Ministack {
    fn drop(&mut self) {
        let _ended_by_itself = self.process.kill();
        let _reaped_by_the_system = self.process.wait();
    }
}

impl Ministack {
    fn start(environment: &Path, home: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let log = File::create(home.join("ministack.log")).unwrap();
        let process = Command::new(environment.join("bin/ministack"))
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("IOT_MTLS_ENABLED", "0")
            // Retries do not wait.
            .env("SFN_WAIT_SCALE", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(Duration::from_secs(120)));
        let agent = config.http_status_as_error(false).build().into();
        let ministack = Self { process, url: format!("http://127.0.0.1:{port}"), agent };
        let begun = Instant::now();
        while ministack.agent.get(format!("{}/_ministack/health", ministack.url)).call().is_err() {
            assert!(begun.elapsed() < Duration::from_secs(90), "ministack does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        ministack
    }

    /// A call of Step Functions; nothing once the server is gone.
    fn call(&self, action: &str, input: &Json) -> Option<Json> {
        let request = self
            .agent
            .post(format!("{}/", self.url))
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("X-Amz-Target", &format!("AWSStepFunctions.{action}"));
        let mut answer = request.send(input.to_string()).ok()?;
        serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()
    }

    fn put(&self, path: &str, body: &str) {
        let answer = self.agent.put(format!("{}/{path}", self.url)).send(body.to_owned()).unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }

    /// Runs the machine to its end; answers its status and the cause.
    fn run(&self, machine: &str, name: &str) -> (String, String) {
        let input = json!({ "bucket": "items", "items": "items.json", "results": PLACE }).to_string();
        let begin = json!({ "stateMachineArn": machine, "name": name, "input": input });
        let execution = self.call("StartExecution", &begin).unwrap();
        let execution = json!({ "executionArn": execution["executionArn"] });
        let begun = Instant::now();
        loop {
            let told = self.call("DescribeExecution", &execution).unwrap();
            if told["status"] != "RUNNING" {
                let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
                return (text("status"), text("cause"));
            }
            assert!(begun.elapsed() < Duration::from_secs(300), "{told}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Takes tasks and runs what a container would have run, until the server is gone.
fn work(ministack: &Ministack, activity: &str, emulator: &Emulator, folder: &Path, kills: &AtomicBool) {
    let ask = json!({ "activityArn": activity });
    while let Some(task) = ministack.call("GetActivityTask", &ask) {
        let Some(token) = task["taskToken"].as_str() else { continue };
        let input: Json = serde_json::from_str(task["input"].as_str().unwrap()).unwrap();
        let command = input["Overrides"]["ContainerOverrides"][0]["Command"].as_array().unwrap().clone();
        let arguments: Vec<&str> = command.iter().map(|argument| argument.as_str().unwrap()).collect();
        let mut process = Command::new(env!("CARGO_BIN_EXE_baseline"))
            .args(&arguments)
            .current_dir(folder)
            .env_clear()
            .envs(emulator.environment())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if kills.load(Ordering::Relaxed) && arguments.iter().any(|argument| KILLED.contains(argument)) {
            std::thread::sleep(Duration::from_millis(50));
            let _it_may_be_over = process.kill();
        }
        let ended = process.wait().unwrap();
        let _the_server_may_be_gone = if ended.success() {
            ministack.call("SendTaskSuccess", &json!({ "taskToken": token, "output": "{}" }))
        } else {
            let cause = ended.code().map_or("killed".to_owned(), |code| format!("exit code {code}"));
            let failure = json!({ "taskToken": token, "error": "States.TaskFailed", "cause": cause });
            ministack.call("SendTaskFailure", &failure)
        };
    }
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(root().join("examples/fleet/distributed").join(name)).unwrap()
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn the_shipped_state_machine_with_two_shards_killed_ends_as_one_run_does_byte_for_byte() {
    let environment = match python_environment::with(&[MINISTACK]) {
        Ok(environment) => environment,
        Err(reason) => {
            eprintln!("skipped: {MINISTACK} is not here: {reason}");
            return;
        }
    };
    let emulator = Emulator::built_in(Profile::Instant);
    emulator.sandbox().seed(Seed::FleetOf(MEMBERS)).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let s3 = aws_sdk_s3::Client::from_conf(
        aws_sdk_s3::config::Builder::from(&emulator.config()).force_path_style(true).build(),
    );
    runtime.block_on(s3.create_bucket().bucket("fleet-results").send()).unwrap();
    let folder = of_one_region(fleet_files());
    let folder = folder.path();
    let fleet = |arguments: &[&str]| emulator.run(folder, [&["fleet"], arguments].concat());
    let of_list = ["fleet.toml", "--accounts", "accounts.json"];
    let listed = fleet(&["accounts", "fleet.toml", "--out", "accounts.json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let whole = fleet(&[&["drift"], &of_list[..], &["--json", "--report", "text=whole.txt"]].concat());
    assert_eq!(whole.code, Some(3), "{whole:?}");
    let whole_text = std::fs::read_to_string(folder.join("whole.txt")).unwrap();
    let items = fleet(&[&["items"], &of_list[..], &["--shards", &SHARDS.to_string()]].concat());
    assert_eq!(items.code, Some(0), "{items:?}");

    let home = tempfile::tempdir().unwrap();
    let ministack = Ministack::start(&environment, home.path());
    ministack.put("items", "");
    ministack.put("items/items.json", &items.stdout);
    let activity = ministack.call("CreateActivity", &json!({ "name": "baseline" })).unwrap();
    let activity = activity["activityArn"].as_str().unwrap().to_owned();
    let definition = shipped("state-machine.asl.json");
    assert_eq!(definition.matches(ON_ECS).count(), 2, "the shards and the merge");
    let definition = definition.replace(ON_ECS, &activity);
    let made = ministack.call(
        "CreateStateMachine",
        &json!({ "name": "drift", "definition": definition, "roleArn": "arn:aws:iam::000000000000:role/drift" }),
    );
    let made = made.unwrap();
    let machine = made["stateMachineArn"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();

    let kills = AtomicBool::new(true);
    let (first, missing, second, merged, merged_json) = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work(&ministack, &activity, &emulator, folder, &kills));
        }
        let first = ministack.run(&machine, "first");
        let missing = fleet(&["merge", PLACE]);
        kills.store(false, Ordering::Relaxed);
        let second = ministack.run(&machine, "second");
        let (merged, merged_json) = (fleet(&["merge", PLACE]), fleet(&["merge", PLACE, "--json"]));
        // Its workers end when it does.
        let _ended = Command::new("kill").arg(ministack.process.id().to_string()).status();
        (first, missing, second, merged, merged_json)
    });

    // The execution fails as the merge does, which names whom it misses: accounts of the two shards, and of no other.
    assert_eq!(first, ("FAILED".to_owned(), "exit code 1".to_owned()));
    assert_eq!(missing.code, Some(1), "{missing:?}");
    let recorded = runtime.block_on(async {
        let run = s3.get_object().bucket("fleet-results").key("runs/1/run.json").send().await.unwrap();
        serde_json::from_slice::<Json>(&run.body.collect().await.unwrap().to_vec()).unwrap()
    });
    let looked_at = recorded["accounts"].as_array().unwrap().iter().filter(|one| one["apart"].is_null());
    let mut ids: Vec<&str> = looked_at.map(|one| one["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    // Of the members and the account that manages them, six are left alone or not ready.
    assert_eq!(ids.len(), usize::from(MEMBERS) + 1 - 6);
    let shard_of = |id: &str| ids.iter().position(|known| *known == id).unwrap() % SHARDS + 1;
    let named: BTreeSet<usize> =
        ids.iter().filter(|id| missing.stderr.contains(**id)).map(|id| shard_of(id)).collect();
    assert_eq!(named, [2, 5].into(), "{missing:?}");

    // Run again, it does what is left, and says what one run says.
    assert_eq!(second, ("FAILED".to_owned(), "exit code 3".to_owned()), "some accounts cannot be reached");
    assert_eq!((merged.code, &merged.stdout), (Some(3), &whole_text), "{merged:?}");
    assert_eq!((merged_json.code, &merged_json.stdout), (Some(3), &whole.stdout));

    // No shard has written about another's account.
    let written = runtime.block_on(async {
        let mut written = Vec::new();
        for id in &ids {
            let key = format!("runs/1/accounts/{id}.json");
            let object = s3.get_object().bucket("fleet-results").key(key).send().await.unwrap();
            let result: Json =
                serde_json::from_slice(&object.body.collect().await.unwrap().to_vec()).unwrap();
            written.push((*id, result["shard"]["number"].as_u64().unwrap()));
        }
        written
    });
    assert!(written.iter().all(|(id, number)| shard_of(id) as u64 == *number), "{written:?}");
}

#[test]
#[ignore = "in the long lane: docs/test-lanes.md"]
fn the_shipped_job_is_one_that_kubernetes_takes() {
    let environment = match python_environment::with(&[VALIDATE]) {
        Ok(environment) => environment,
        Err(reason) => {
            eprintln!("skipped: {VALIDATE} is not here: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let takes = |text: &str| {
        let path = folder.path().join("job.yaml");
        std::fs::write(&path, text).unwrap();
        let validate = environment.join("bin/kubernetes-validate");
        Command::new(validate).arg("--strict").arg(path).output().unwrap().status.success()
    };
    let job = shipped("job.yaml");
    assert!(takes(&job));
    assert!(
        !takes(&job.replace("backoffLimitPerIndex", "backoffLimitForIndex")),
        "a misspelt field is found"
    );
    // The arguments are ones that the program takes.
    let arguments =
        job.split("          args:\n").nth(1).unwrap().split("          resources:").next().unwrap();
    let arguments: Vec<&str> =
        arguments.lines().map(|line| line.trim().trim_start_matches("- ").trim_matches('"')).collect();
    let files = of_one_region(fleet_files());
    let emulator = Emulator::built_in(Profile::Instant);
    emulator.sandbox().seed(Seed::Fleet).unwrap();
    let arguments =
        arguments.iter().map(|argument| if argument.starts_with("s3://") { "results" } else { argument });
    let shard = emulator.run_with(files.path(), &[("JOB_COMPLETION_INDEX", "19")], arguments);
    assert_eq!(shard.code, Some(0), "{shard:?}");
    assert!(files.path().join("results/shards/20.json").is_file());
}
