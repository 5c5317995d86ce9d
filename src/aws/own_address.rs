//! The address that somebody comes from, as AWS sees it.

use std::net::IpAddr;
use std::time::Duration;

use aws_smithy_http_client::ConnectorBuilder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use tokio::time::timeout;

/// The page on which AWS says it ("Authorize inbound traffic", Amazon EC2 User Guide).
pub const PAGE: &str = "https://checkip.amazonaws.com/";

/// How long an answer may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Asks that page, straight and through no proxy: a proxy has an address of its own.
///
/// # Errors
/// Says why there is no answer, or that the answer is no address.
pub async fn seen_from() -> Result<IpAddr, String> {
    ask(PAGE).await
}

async fn ask(page: &str) -> Result<IpAddr, String> {
    let connector = ConnectorBuilder::default()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .connector_settings(HttpConnectorSettings::default())
        .build();
    let mut request = HttpRequest::empty();
    request.set_uri(page).map_err(|error| error.to_string())?;
    let answer = async {
        let response = connector.call(request).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("it answers with status {}", response.status().as_u16()));
        }
        ByteStream::new(response.into_body()).collect().await.map_err(|error| error.to_string())
    };
    let body = timeout(LIMIT, answer).await.map_err(|_| "it does not answer".to_owned())??;
    let text = String::from_utf8_lossy(&body.into_bytes()).into_owned();
    text.trim().parse().map_err(|_| "its answer is no address".to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What is made of an answer from a page on this machine.
    async fn asked(answer: &'static str) -> Result<IpAddr, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let page = format!("http://{}/", listener.local_addr().unwrap());
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _request = stream.read(&mut [0; 1024]).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        };
        let (address, ()) = tokio::join!(ask(&page), serve);
        address
    }

    #[tokio::test]
    async fn the_address_is_what_the_page_says_and_anything_else_is_no_address() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n203.0.113.7\n";
        assert_eq!(asked(answer).await, Ok("203.0.113.7".parse().unwrap()));
        let page = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
        assert_eq!(asked(page).await, Err("its answer is no address".to_owned()));
        let refused = "HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        assert!(asked(refused).await.unwrap_err().contains("503"));
    }
}
