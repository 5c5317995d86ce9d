//! How the time of checks grows with a file: with its size, not with its square.

use std::time::{Duration, Instant};

use super::source::MAX_BYTES;
use super::{Baseline, Source};

/// A name that no other number has.
fn name(number: usize) -> String {
    format!("a{number}")
}

/// A file of about that size in which one thing is said again and again.
fn file(size: usize, head: &str, tail: &str, one: impl Fn(usize) -> String) -> String {
    let mut text = format!("name = \"big\"\nregion = \"eu-west-1\"\n{head}");
    let mut number = 0;
    while text.len() < size {
        text.push_str(&one(number));
        number += 1;
    }
    text + tail
}

/// The shortest of a few tries.
fn time(text: &str) -> Duration {
    let source = Source { name: "big.toml".into(), text: text.to_owned() };
    let tries = (0..3).map(|_| {
        let began = Instant::now();
        let (_, problems) = Baseline::parse(&source);
        assert!(!problems.iter().any(|problem| problem.code == "too-large"));
        began.elapsed()
    });
    tries.min().unwrap()
}

#[test]
fn the_time_of_checks_grows_with_the_file_and_not_with_its_square() {
    type Shape = fn(usize) -> String;
    const NETWORK: &str = "[network]\ncidr = \"10.0.0.0/16\"\n";
    let address = |n: usize| format!("{}.{}.{}", 11 + n / 65_536, n / 256 % 256, n % 256);
    let sections: [(&str, Shape); 9] = [
        ("", |n| format!("[bucket.{}]\n", name(n))),
        ("", |n| format!("[bucket.{}]\nname = \"same\"\n", name(n))),
        ("", |n| format!("[kms_key.{}]\n", name(n))),
        ("", |n| format!("[role.{}]\nservice = \"ec2.amazonaws.com\"\n", name(n))),
        ("", |n| format!("[group.{}]\n", name(n))),
        ("", |n| format!("[policy.{}]\n", name(n))),
        (NETWORK, |n| format!("[network.tier.{}]\n", name(n))),
        (NETWORK, |n| format!("[network.tier.{}]\nblock = 1\n", name(n))),
        ("", |n| format!("unknown{n} = 1\n")),
    ];
    let mut shapes: Vec<(String, Box<dyn Fn(usize) -> String>)> = sections
        .into_iter()
        .map(|(head, one)| {
            let text = move |size| file(size, head, "", one);
            (one(0), Box::new(text) as Box<dyn Fn(usize) -> String>)
        })
        .collect();
    shapes.push(("= ".into(), Box::new(|size| file(size, "", "", |_| "=\n".to_owned()))));
    for list in ["deny", "admin_from"] {
        let text = move |size| {
            let head = format!("{NETWORK}{list} = [");
            file(size, &head, "]\n", |n| format!("\"{}.0/24\",", address(n)))
        };
        shapes.push((list.into(), Box::new(text)));
    }
    for (what, text) in shapes {
        let (small, large) = (time(&text(MAX_BYTES / 8 - 64)), time(&text(MAX_BYTES - 64)));
        // Eight times the size: a square would take 64 times as long. What takes no time says nothing.
        assert!(
            large < Duration::from_millis(200) || large < small * 30,
            "{what}: {small:?} for an eighth, {large:?} for the whole"
        );
    }
}
