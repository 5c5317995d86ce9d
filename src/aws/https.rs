//! The HTTPS client: one for all services and for whoever provides the credentials.
//!
//! The SDK makes one a service, and each reads and parses the certificates of the machine again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Connectors by their time limits: those of services, and those of the sources of credentials.
#[derive(Debug, Default)]
struct Https {
    connectors: Mutex<Vec<(Limits, SharedHttpConnector)>>,
}

/// How long a connection and the beginning of an answer may take.
type Limits = [Option<Duration>; 2];

/// A client that trusts what the machine trusts, and goes through the proxy that the environment names.
pub(super) fn https() -> SharedHttpClient {
    SharedHttpClient::new(Https::default())
}

impl HttpClient for Https {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let limits = [settings.connect_timeout(), settings.read_timeout()];
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(of, _)| *of == limits) {
            return connector.clone();
        }
        let connector = SharedHttpConnector::new(connector(settings, components));
        connectors.push((limits, connector.clone()));
        connector
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

fn connector(settings: &HttpConnectorSettings, components: &RuntimeComponents) -> Connector {
    let mut builder = ConnectorBuilder::default()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .connector_settings(settings.clone())
        .proxy_config(ProxyConfig::from_env());
    builder.set_sleep_impl(components.sleep_impl());
    builder.build()
}
