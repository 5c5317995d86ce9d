//! Every scenario on both emulators, from one source.

use baseline::aws::Mode;

use crate::emulator::{Emulator, Which};

/// Makes a test of each scenario on each emulator. The test's path says on which: `lifecycle::on_moto::...`.
///
/// The built-in account follows tokio's clock, so there nobody waits for time to pass.
macro_rules! on_both {
    (blocking $($scenario:ident,)*) => {
        mod on_moto {
            $(#[test] fn $scenario() { super::$scenario(crate::emulator::Which::Moto); })*
        }
        mod on_the_built_in_account {
            $(#[test] fn $scenario() { super::$scenario(crate::emulator::Which::BuiltIn); })*
        }
    };
    ($($scenario:ident,)*) => {
        mod on_moto {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() { super::$scenario(crate::emulator::Which::Moto).await; })*
        }
        mod on_the_built_in_account {
            $(#[tokio::test(start_paused = true)]
            async fn $scenario() { super::$scenario(crate::emulator::Which::BuiltIn).await; })*
        }
    };
}
pub(crate) use on_both;

on_both! { an_emulator_says_which_account_it_is, }

async fn an_emulator_says_which_account_it_is(on: Which) {
    let account = Emulator::start(on).account("landing-zone", Mode::ReadOnly).await;
    assert_eq!(account.id(), "123456789012");
    assert_eq!(account.identity.partition, "aws");
}

#[test]
fn the_binary_runs_against_either_in_a_folder_of_its_own() {
    for which in [Which::Moto, Which::BuiltIn] {
        let folder = tempfile::tempdir().unwrap();
        let answer = Emulator::start(which).run(folder.path(), ["--help"]);
        assert_eq!((answer.code, answer.stderr.as_str()), (Some(0), ""), "{which}: {answer:?}");
    }
}
