//! A request as it came, before anybody has understood it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::{chunked, form};

/// A request whose body has arrived in full.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `PUT` and so on.
    pub method: Method,
    /// The host name without its port, in lower case.
    pub host: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query string, decoded, in the order it came.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without the framing of `aws-chunked`.
    pub body: Bytes,
}

impl Request {
    /// Takes a request apart.
    ///
    /// # Errors
    /// A 400 for a query string or a chunked body that cannot be read.
    pub fn read(request: http::Request<Bytes>) -> Result<Self, Fault> {
        let (mut parts, body) = request.into_parts();
        let host = parts.uri.host().map(str::to_owned).or_else(|| {
            let host = parts.headers.get(http::header::HOST)?.to_str().ok()?;
            Some(host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned())
        });
        let query = form::pairs(parts.uri.query().unwrap_or_default(), true)?;
        let body = if chunked::is_chunked(&parts.headers) {
            let (plain, trailers) = chunked::decode(&body)?;
            for (name, value) in trailers {
                let name = HeaderName::from_bytes(name.trim().as_bytes());
                if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value.trim())) {
                    parts.headers.insert(name, value);
                }
            }
            plain
        } else {
            body
        };
        Ok(Self {
            method: parts.method,
            host: host.unwrap_or_default().to_ascii_lowercase(),
            path: parts.uri.path().to_owned(),
            query,
            headers: parts.headers,
            body,
        })
    }

    /// A header's text; nothing where it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a query key.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A part of the path, decoded.
    ///
    /// # Errors
    /// `InvalidURI` for bytes that are not UTF-8.
    pub fn decoded(part: &str) -> Result<String, Fault> {
        percent_decode_str(part)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| Fault::client("InvalidURI", "Couldn't parse the specified URI."))
    }
}
