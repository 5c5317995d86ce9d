//! Secrets Manager as the SDK sees it.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;

use crate::sandbox::testing::config;
use crate::sandbox::{Profile, Sandbox};

#[tokio::test]
async fn a_value_is_in_force_until_the_next_one_and_a_repeated_call_makes_no_second() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let secrets = Client::new(&config(&sandbox, "us-east-1"));
    let get = || secrets.get_secret_value().secret_id("robot");
    assert_eq!(get().send().await.unwrap_err().code(), Some("ResourceNotFoundException"));
    secrets.create_secret().name("robot").send().await.unwrap();
    let error = get().send().await.unwrap_err();
    assert!(error.message().unwrap().contains("AWSCURRENT"), "{error:?}");
    let twice = secrets.create_secret().name("robot").send().await.unwrap_err();
    assert_eq!(twice.code(), Some("ResourceExistsException"));
    let put = |token: &str, value: &str| {
        let token = token.repeat(32);
        secrets.put_secret_value().secret_id("robot").client_request_token(token).secret_string(value)
    };
    put("a", "one").send().await.unwrap();
    put("a", "one").send().await.unwrap();
    assert_eq!(put("a", "two").send().await.unwrap_err().code(), Some("ResourceExistsException"));
    put("b", "two").send().await.unwrap();
    assert_eq!(get().send().await.unwrap().secret_string(), Some("two"));
    assert_eq!(get().version_stage("AWSPREVIOUS").send().await.unwrap().secret_string(), Some("one"));
    secrets.delete_secret().secret_id("robot").send().await.unwrap();
    assert_eq!(put("c", "three").send().await.unwrap_err().code(), Some("InvalidRequestException"));
    assert!(secrets.describe_secret().secret_id("robot").send().await.unwrap().deleted_date().is_some());
}
