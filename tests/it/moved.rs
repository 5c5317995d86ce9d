//! Sections that have other names now: what they declare stays what it is.

use baseline::plan::{Action, Choices};

use crate::both::on_both;
use crate::emulator::Which;
use crate::world::World;

on_both! { a_section_of_another_name_keeps_what_has_the_same_name_in_aws, }

/// One of every section whose thing in AWS has a name of its own, in sections of that name.
fn file(on: Which, section: &str) -> String {
    let file = format!(
        "name = \"shop\"\nregion = 'us-east-1'\n\
         [kms_key.{section}]\nalias = 'shop-data'\n\
         [bucket.{section}]\nname = 'shop-files-of-2019'\n\
         [policy.{section}]\nname = 'shop-reading'\n\
         allow = [{{ actions = ['s3:GetObject'], resources = ['arn:aws:s3:::shop-files-of-2019/*'] }}]\n\
         [role.{section}]\nname = 'shop-reader'\ninstance_profile = true\npolicies = ['{section}']\n"
    );
    // Moto gives a group a new path only together with a new name.
    let group = format!("[group.{section}]\nname = 'shop-people'\npolicies = ['{section}']\n");
    if on == Which::Moto { file } else { file + &group }
}

async fn a_section_of_another_name_keeps_what_has_the_same_name_in_aws(on: Which) {
    let mut world = World::new(on, &file(on, "old")).await;
    world.apply().await;
    world.assert_converged("under the first name").await;
    let (before, _) = world.look(&Choices::default()).await;
    world.declare(&file(on, "new"));
    let prune = Choices { prune: true, ..Choices::default() };
    let (_, plan) = world.look(&prune).await;
    let others: Vec<_> = plan
        .steps
        .iter()
        .filter(|step| !matches!(step.action, Action::Adopt | Action::Update))
        .map(|step| (&step.addr, step.action))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(plan.count(Action::Adopt) >= 4, "{:#?}", plan.steps);
    world.apply_with(&prune).await;
    world.assert_converged("under the name of now").await;
    let (after, plan) = world.look(&prune).await;
    assert!(plan.undeclared.is_empty(), "{:#?}", plan.undeclared);
    assert_eq!(after.resources.len(), before.resources.len());
}
