//! For creates that AWS cannot recognise when they arrive twice.

use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::{Builder, Config};

/// Overrides a create that has no client token so that the SDK sends it once (truth 5, NET-19).
///
/// After a timeout or a 5xx answer the SDK would send it again and make a second thing. The engine
/// looks for the ownership tags first and only then calls the kind's `create` again.
pub(in crate::kinds) fn sent_once() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use aws_sdk_ec2::Client;
    use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};

    use super::*;

    /// A client of a server on loopback that answers every request with 500, and how many it got.
    fn failing() -> (Client, Arc<AtomicU32>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                counter.fetch_add(1, Ordering::SeqCst);
                let _request = stream.read(&mut [0; 65536]).unwrap();
                stream
                    .write_all(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .unwrap();
            }
        });
        let retries =
            RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url(endpoint)
            .retry_config(retries)
            .build();
        (Client::from_conf(config), requests)
    }

    #[tokio::test]
    async fn a_create_that_may_have_had_its_effect_is_not_sent_again() {
        let (client, requests) = failing();
        assert!(client.create_vpc().send().await.is_err());
        assert_eq!(requests.swap(0, Ordering::SeqCst), 3, "the client itself does retry");
        assert!(client.create_vpc().customize().config_override(sent_once()).send().await.is_err());
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }
}
