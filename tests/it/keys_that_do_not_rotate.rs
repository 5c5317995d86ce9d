//! Keys whose rotation AWS does not change: imported material, custom key stores, replicas.

use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata as _;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{AlgorithmSpec, ExpirationModelType, OriginType, WrappingKeySpec};

use crate::emulator::{Emulator, Which};
use crate::world::World;

const ACCOUNT: &str = "123456789012";

fn file(rotation: &str) -> String {
    format!("name = \"shop\"\nregion = 'us-east-1'\n[kms_key.data]\nrotation_days = {rotation}\n")
}

/// A key whose material somebody made elsewhere.
async fn imported(kms: &Client) -> String {
    let made = kms.create_key().origin(OriginType::External).send().await.unwrap().key_metadata.unwrap();
    let id = made.key_id;
    let parameters = kms
        .get_parameters_for_import()
        .key_id(&id)
        .wrapping_algorithm(AlgorithmSpec::RsaesOaepSha256)
        .wrapping_key_spec(WrappingKeySpec::Rsa2048)
        .send()
        .await
        .unwrap();
    kms.import_key_material()
        .key_id(&id)
        .import_token(parameters.import_token.unwrap())
        .encrypted_key_material(Blob::new("material"))
        .expiration_model(ExpirationModelType::KeyMaterialDoesNotExpire)
        .send()
        .await
        .unwrap();
    id
}

/// A key in a key store, which no request makes without one.
async fn stored(emulator: &Emulator, kms: &Client, origin: &str) -> String {
    let id = kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
    emulator.sandbox().with_world(|world| {
        let now = world.clock;
        let keys = &mut world.region(ACCOUNT, "us-east-1").kms.keys;
        keys.get_mut(&id).unwrap().change(now).origin = origin.to_owned();
    });
    id
}

/// A replica of a key of another region.
async fn replica(emulator: &Emulator) -> String {
    let elsewhere = Client::new(&emulator.config_in("eu-west-1"));
    let made = elsewhere.create_key().multi_region(true).send().await.unwrap().key_metadata.unwrap();
    elsewhere.replicate_key().key_id(made.key_id()).replica_region("us-east-1").send().await.unwrap();
    made.key_id
}

#[tokio::test(start_paused = true)]
async fn a_key_that_aws_does_not_rotate_is_told_before_anything_is_written() {
    for (kind, why) in [
        ("imported", "its key material was imported"),
        ("AWS_CLOUDHSM", "custom key store"),
        ("EXTERNAL_KEY_STORE", "custom key store"),
        ("replica", "set on the primary key in eu-west-1"),
    ] {
        let mut world = World::new(Which::BuiltIn, &file("365")).await;
        let kms = Client::new(&world.emulator.config());
        let id = match kind {
            "imported" => imported(&kms).await,
            "replica" => replica(&world.emulator).await,
            origin => stored(&world.emulator, &kms, origin).await,
        };
        kms.create_alias().alias_name("alias/shop-data").target_key_id(&id).send().await.unwrap();
        let refused = kms.enable_key_rotation().key_id(&id).send().await.unwrap_err();
        assert_eq!(refused.code(), Some("UnsupportedOperationException"), "{kind}");

        let plan = world.plan().await;
        assert!(format!("{:?}", plan.findings).contains(why), "{kind}: {:#?}", plan.findings);
        assert!(plan.steps.is_empty(), "{kind}: {:#?}", plan.steps);

        world.declare(&file("false"));
        world.apply().await;
        world.assert_converged(kind).await;
    }
}
