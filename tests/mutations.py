#!/usr/bin/env python3
"""Takes the handling of one truth away at a time, and runs the test that must then fail.

Works on a copy of the tree. Every mutation is compiled into the copy and chosen by the variable MUTANT,
so that the whole table costs one compilation. Run by hand:

    python3 tests/mutations.py            all of them
    python3 tests/mutations.py lock       one of them

Ends with 0 if every mutation makes its test fail, and the tests pass without one.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Name, what is taken away, file, text, text of the mutant (`mutant` is true where it is chosen), test.
TABLE = [
    ("look-before-retry", "a create without an answer is sent again at once", "src/engine/settle.rs",
     'if let Some(found) = self.look_for_it(seconds, "its creation got no answer").await? {',
     'if !mutant && let Some(found) = self.look_for_it(seconds, "its creation got no answer").await? {',
     "answers::every_write_on_an_empty_account_may_be_broken"),
    ("sent-once", "the SDK may send a create without a token again", "src/kinds/ec2/create_once.rs",
     "Config::builder().retry_config(RetryConfig::disabled())",
     "if mutant { Config::builder() } else { Config::builder().retry_config(RetryConfig::disabled()) }",
     "answers::every_write_on_an_empty_account_may_be_broken"),
    ("intent", "the journal of a run that was cut off raises no doubt", "src/engine/settle.rs",
     "let doubted = self.kind", "let doubted = !mutant && self.kind",
     "unseen::a_create_that_is_not_seen_yet_is_not_sent_again_by_the_next_run"),
    ("tag-in-create", "a VPC is created without its tags", "src/kinds/ec2/tags.rs",
     "set_tags(Some(tags)).build()", "set_tags(Some(tags).filter(|_| !mutant || what_is_not_a_vpc)).build()",
     "cuts::a_run_on_an_empty_account_may_be_cut_anywhere"),
    ("unreadable-is-not-absent", "a read that failed is taken for absence", "src/kinds/contract.rs",
     "Err(error) => Self::Unreadable(error),", "Err(_) if mutant => Self::Absent,\n            Err(error) => Self::Unreadable(error),",
     "denied::a_denied_read_is_named_and_nothing_is_guessed_in_its_place"),
    ("unreadable-list", "a list that failed is taken for an empty one", "src/kinds/contract.rs",
     "(question.addr, Reading::Unreadable(error.clone()))",
     "(question.addr, if mutant { Reading::Absent } else { Reading::Unreadable(error.clone()) })",
     "denied::a_denied_read_is_named_and_nothing_is_guessed_in_its_place"),
    ("exists-already", "an update that meets its own earlier effect fails", "src/engine/settle.rs",
     "matches!(error.class, Class::Ambiguous | Class::AlreadyExists)",
     "!mutant && matches!(error.class, Class::Ambiguous | Class::AlreadyExists)",
     "answers::every_write_on_an_empty_account_may_be_broken"),
    ("until-seen", "what was just created and is not seen is a failure at once", "src/engine/settle.rs",
     'Reading::Absent if pause.is_over() => return Err(self.not_visible()),\n                Reading::Absent | Reading::Unreadable(_) => {\n                    self.waiting("to be seen after its creation"',
     'Reading::Absent if mutant || pause.is_over() => return Err(self.not_visible()),\n                Reading::Absent | Reading::Unreadable(_) => {\n                    self.waiting("to be seen after its creation"',
     "throttle::documented_budgets_are_kept_to_without_a_failure"),
    ("consistency-table", "no odd answer is waited for", "src/aws/consistency.rs",
     "RULES.iter().find(|rule| rule.matches(error, run))", "RULES.iter().find(|rule| !mutant && rule.matches(error, run))",
     "throttle::documented_budgets_are_kept_to_without_a_failure"),
    ("throttling", "the SDK's own retries are all that a storm gets", "src/aws/consistency.rs",
     "Class::Throttled => return Some(STORM),", "Class::Throttled if !mutant => return Some(STORM),",
     "throttle::a_storm_of_throttling_is_waited_out"),
    ("equal-reads", "one equal read is enough", "src/engine/apply.rs",
     "(reads > 1).then(", "(reads > 1 && !mutant).then(",
     "stale::a_key_must_be_seen_as_it_should_be_five_times_in_a_row_before_the_run_ends"),
    ("absent-reads", "one absent read is enough to believe a deletion", "src/engine/settle.rs",
     "(kind.rules().equal_reads.max(2), 0)", "(if mutant { 1 } else { kind.rules().equal_reads.max(2) }, 0)",
     "stale::a_role_must_be_absent_five_times_in_a_row_before_its_deletion_is_believed"),
    ("mask", "what AWS says is shown with the credentials in it", "src/aws/credentials.rs",
     "text.contains(known.as_str())", "!mutant && text.contains(known.as_str())",
     "secrets::a_refusal_that_repeats_the_credentials_does_not_bring_them_out"),
    ("lock", "the lock of another run is no reason to wait", "src/engine/lock/take.rs",
     "State::Held(standing) => *standing,",
     "State::Held(standing) if mutant => return held(standing.claim, standing.number),\n                State::Held(standing) => *standing,",
     "two::two_applies_at_once_wait_for_each_other_in_every_order"),
    ("clean", "text of the account reaches the terminal as it is", "src/report/clean.rs",
     "c if is_treacherous(c) =>", "c if !mutant && is_treacherous(c) =>",
     "hostile::hostile_text_in_any_field_of_the_account_stays_text"),
    ("alias-by-key", "a key without a declaration keeps its ARN for an alias", "src/kinds/kms_key/mod.rs",
     'alias if alias.starts_with("alias/") =>', 'alias if mutant || alias.starts_with("alias/") =>',
     "random::any_file_then_any_other_then_the_first_again_ends_as_it_began"),
    ("begun", "what a stopped run had begun in an account is forgotten", "src/cli/fleet/one.rs",
     "also_done(&mut end, earlier);", "if !mutant { also_done(&mut end, earlier); }",
     "fleet_faults::killed::an_apply_that_is_stopped_anywhere_and_resumed_ends_as_one_run_would_have"),
    ("ended", "that the credentials of a run have ended is not noticed", "src/aws/role_session.rs",
     "if matches!(error.no_caller(),", "if !mutant && matches!(error.no_caller(),",
     "fleet_faults::ended::once_the_credentials_of_a_run_have_ended_the_rest_is_not_begun_and_a_resumed_run_does_it"),
    ("patience", "a role that STS is too busy to give is asked for four times", "src/aws/role_session.rs",
     "if error.class != Class::Throttled ||", "if mutant || error.class != Class::Throttled ||",
     "fleet_faults::throttled::a_fleet_gets_through_where_sts_is_nearly_used_up_by_others_with_at_most_ten_roles_asked_for_at_a_time"),
    ("strict", "the first wave begins as many accounts as any other", "src/fleet/waves.rs",
     "if self.is_first {", "if self.is_first && !mutant {",
     "fleet_faults::canary::a_wave_whose_changes_fail_stops_within_its_budget"),
    ("way", "a role that a fleet comes through is not tried", "src/cli/own_trust.rs",
     "through.chain(own)", "through.filter(|_| !mutant).chain(own)",
     "fleet_faults::trust::a_trust_policy_that_shuts_the_fleet_out_of_a_member_is_put_back_and_one_that_lets_it_in_stays"),
]

SWITCH = '''
/// Whether this mutation is chosen.
pub fn mutant(name: &str) -> bool {
    std::env::var("MUTANT").is_ok_and(|chosen| chosen == name)
}
'''


def mutate(tree):
    for name, _, file, text, other, _ in TABLE:
        path = tree / file
        source = path.read_text()
        if source.count(text) != 1:
            sys.exit(f"{name}: {file} holds its text {source.count(text)} times; correct the table")
        other = other.replace("what_is_not_a_vpc", "addr.kind() != \"ec2.vpc\"")
        path.write_text(source.replace(text, re.sub(r"\bmutant\b", f'crate::mutant("{name}")', other)))
    library = tree / "src/lib.rs"
    library.write_text(library.read_text() + SWITCH)


def compiled(tree):
    build = ["cargo", "test", "--test", "it", "--no-run"]
    said = subprocess.run(build, cwd=tree, stderr=subprocess.PIPE, text=True)
    if said.returncode != 0:
        sys.exit(said.stderr)
    return re.search(r"Executable .*\((.*)\)", said.stderr).group(1)


def passes(program, tree, test, mutant):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BASELINE_BLESS")}
    environment["MUTANT"] = mutant
    arguments = [program, "--exact", test if test.startswith("fleet_faults::") else f"faults::{test}"]
    return subprocess.run(arguments, cwd=tree, env=environment, capture_output=True).returncode == 0


def main():
    chosen = set(sys.argv[1:])
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("target", ".git"))
        mutate(tree)
        program = compiled(tree)
        for name, what, _, _, _, test in TABLE:
            if chosen and name not in chosen:
                continue
            survived = passes(program, tree, test, name)
            survivors += [name] if survived else []
            print(f"| {what} | `{test}` |" if not survived else f"{name}: nothing failed", flush=True)
        if not chosen:
            for test in sorted({row[5] for row in TABLE}):
                if not passes(program, tree, test, ""):
                    sys.exit(f"{test} fails without any mutation")
    sys.exit(f"survived: {', '.join(survivors)}" if survivors else 0)


main()
