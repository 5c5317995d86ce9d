//! What each protocol wraps around an answer and a refusal.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};

use super::answer::Answer;
use super::fault::Fault;
use super::node::{Fields, Node};
use super::params::{Params, Style};
use super::request::Request;
use super::xml::{self, Spelling};
use super::{cbor, form, json};

/// A wire protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Forms in, XML out: IAM, STS, ELB, Auto Scaling.
    Query,
    /// The same with envelopes and lists of its own: EC2.
    Ec2,
    /// JSON 1.1 with `x-amz-target`: KMS, CloudTrail, tagging, Organizations.
    Json,
    /// CBOR over paths that name the operation: CloudWatch.
    Cbor,
    /// JSON over paths: EventBridge Scheduler.
    RestJson,
    /// XML over paths and headers: S3, S3 Control.
    RestXml,
}

impl Protocol {
    /// How the protocol's services word a refusal of a parameter.
    pub const fn style(self) -> Style {
        match self {
            Self::Query => Style::Query,
            Self::Ec2 => Style::Ec2,
            Self::Json | Self::Cbor | Self::RestJson => Style::Json,
            Self::RestXml => Style::Rest,
        }
    }

    const fn spelling(self) -> Spelling {
        match self {
            Self::Ec2 => Spelling { item: "item", milliseconds: true },
            Self::RestXml => Spelling { item: "member", milliseconds: true },
            Self::Query | Self::Json | Self::Cbor | Self::RestJson => {
                Spelling { item: "member", milliseconds: false }
            }
        }
    }
}

/// What an answer is labelled with.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// The XML namespace; empty for JSON.
    pub xmlns: &'a str,
    /// The operation; empty where it could not be told.
    pub operation: &'a str,
    /// The request's id.
    pub request_id: &'a str,
    /// The method, because a `HEAD` has no body.
    pub method: &'a Method,
}

/// Reads the parameters of a form or JSON request; those of S3 are read by its route.
///
/// # Errors
/// The protocol's refusal of a body it cannot read.
pub fn params(protocol: Protocol, request: &Request) -> Result<Params, Fault> {
    match protocol {
        Protocol::Json | Protocol::RestJson => json::read(&request.body),
        Protocol::Cbor => cbor::read(&request.body),
        Protocol::Query | Protocol::Ec2 => {
            let body = std::str::from_utf8(&request.body)
                .map_err(|_| Fault::client("MalformedQueryString", "The body is not UTF-8"))?;
            let mut pairs = request.query.clone();
            pairs.retain(|(name, _)| !name.starts_with("X-Amz-"));
            pairs.extend(form::pairs(body, true)?);
            form::tree(pairs, protocol.style())
        }
        Protocol::RestXml => Ok(Params::new(Style::Rest)),
    }
}

/// Dresses an answer.
pub fn answer(protocol: Protocol, labels: Labels<'_>, answer: Answer) -> Response<Bytes> {
    let Labels { operation, request_id, .. } = labels;
    let status = if answer.status == 0 { 200 } else { answer.status };
    let (kind, body) = match (answer.raw, protocol) {
        (Some(raw), Protocol::RestXml) => ("", raw),
        (Some(raw), _) => (content_type(protocol), raw),
        (None, Protocol::Json | Protocol::RestJson) => {
            (content_type(protocol), json::write(&answer.fields).to_string().into())
        }
        (None, Protocol::Cbor) => (content_type(protocol), cbor::write(&answer.fields).into()),
        (None, Protocol::RestXml) if answer.root.is_empty() => ("", Bytes::new()),
        (None, Protocol::RestXml) => document(protocol, answer.root, labels.xmlns, &answer.fields),
        (None, Protocol::Query) => {
            let fields = Fields::new()
                .with(format!("{operation}Result"), answer.fields)
                .with("ResponseMetadata", Fields::new().with("RequestId", request_id));
            document(protocol, &format!("{operation}Response"), labels.xmlns, &fields)
        }
        (None, Protocol::Ec2) => {
            let mut fields = Fields::new().with("requestId", request_id);
            fields.0.extend(answer.fields.0);
            document(protocol, &format!("{operation}Response"), labels.xmlns, &fields)
        }
    };
    response(protocol, labels, status, kind, body, &answer.headers)
}

/// Dresses a refusal.
pub fn fault(protocol: Protocol, labels: Labels<'_>, fault: &Fault) -> Response<Bytes> {
    let Labels { request_id, .. } = labels;
    let mut error = Fields::new().with("Code", &*fault.code).with("Message", &fault.message);
    for (name, value) in &fault.details {
        error = error.with(*name, value);
    }
    let mut headers = fault.headers.clone();
    let (kind, body) = match protocol {
        Protocol::Query => {
            let sender = if fault.status >= 500 { "Receiver" } else { "Sender" };
            let mut typed = Fields::new().with("Type", sender);
            typed.0.extend(error.0);
            let fields = Fields::new().with("Error", typed).with("RequestId", request_id);
            document(protocol, "ErrorResponse", labels.xmlns, &fields)
        }
        Protocol::Ec2 => {
            let fields = Fields::new()
                .with("Errors", Fields::new().with("Error", error))
                .with("RequestID", request_id);
            document(protocol, "Response", "", &fields)
        }
        Protocol::Json => {
            headers.push(("x-amzn-errortype", fault.code.to_string()));
            let mut fields = Fields::new().with("__type", &*fault.code).with("message", &fault.message);
            fields.0.extend(fault.details.iter().map(|(name, value)| ((*name).into(), Node::from(value))));
            (content_type(protocol), json::write(&fields).to_string().into())
        }
        Protocol::RestJson => {
            headers.push(("x-amzn-errortype", fault.code.to_string()));
            (
                content_type(protocol),
                json::write(&Fields::new().with("Message", &fault.message)).to_string().into(),
            )
        }
        Protocol::Cbor => {
            let sender = if fault.status >= 500 { "Receiver" } else { "Sender" };
            headers.push(("x-amzn-query-error", format!("{};{sender}", fault.code)));
            let fields = Fields::new().with("__type", &*fault.code).with("message", &fault.message);
            (content_type(protocol), cbor::write(&fields).into())
        }
        // S3 Control wraps its errors as REST services do; S3 itself does not.
        Protocol::RestXml if labels.xmlns.contains("awss3control") => {
            let fields = Fields::new().with("Error", error).with("RequestId", request_id);
            document(protocol, "ErrorResponse", "", &fields)
        }
        Protocol::RestXml => {
            let fields = error.with("RequestId", request_id);
            document(protocol, "Error", "", &fields)
        }
    };
    response(protocol, labels, fault.status, kind, body, &headers)
}

const fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Query => "text/xml",
        Protocol::Ec2 => "text/xml;charset=UTF-8",
        Protocol::Json => "application/x-amz-json-1.1",
        Protocol::Cbor => "application/cbor",
        Protocol::RestJson => "application/json",
        Protocol::RestXml => "application/xml",
    }
}

fn document(protocol: Protocol, root: &str, xmlns: &str, fields: &Fields) -> (&'static str, Bytes) {
    // Writing into memory cannot fail; were it to, an empty body is an answer no client believes.
    let body = xml::write(root, xmlns, fields, protocol.spelling()).unwrap_or_default();
    (content_type(protocol), body.into())
}

fn response(
    protocol: Protocol,
    labels: Labels<'_>,
    status: u16,
    kind: &'static str,
    body: Bytes,
    headers: &[(impl AsRef<str>, String)],
) -> Response<Bytes> {
    let head = labels.method == Method::HEAD;
    let length = body.len();
    let mut response = Response::new(if head { Bytes::new() } else { body });
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let id = if protocol == Protocol::RestXml { "x-amz-request-id" } else { "x-amzn-requestid" };
    let mut put = |name: &str, value: &str| {
        // A header that HTTP cannot carry is left out; the body still tells the whole story.
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            response.headers_mut().insert(name, value);
        }
    };
    put(id, labels.request_id);
    if protocol == Protocol::Cbor {
        put("smithy-protocol", "rpc-v2-cbor");
    }
    if protocol == Protocol::RestXml {
        put("x-amz-id-2", labels.request_id);
        put("server", "AmazonS3");
    }
    if !kind.is_empty() {
        put("content-type", kind);
    }
    if status != 204 && status != 304 && !head {
        put("content-length", &length.to_string());
    }
    for (name, value) in headers {
        put(name.as_ref(), value);
    }
    response
}
