//! The protocols through the real SDK, the server through a socket, and any bytes at all through both.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use proptest::prelude::*;

use super::service::SERVICES;
use super::testing::config;
use super::world::World;
use super::{Profile, Sandbox, Seed, dispatch};

fn told<T: std::fmt::Debug, E>(result: Result<T, SdkError<E, HttpResponse>>) -> (String, u16)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.unwrap_err();
    let status = error.raw_response().unwrap().status().as_u16();
    (error.code().unwrap_or_default().to_owned(), status)
}

#[tokio::test]
async fn an_operation_nobody_wrote_is_refused_in_the_words_of_its_protocol() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox, "us-east-1");
    let ec2 = aws_sdk_ec2::Client::new(&config);
    assert_eq!(told(ec2.describe_fleets().send().await), ("InvalidAction".into(), 400));
    let iam = aws_sdk_iam::Client::new(&config);
    let query = iam.get_human_readable_summary().entity_arn("arn:aws:iam::123456789012:role/x").send().await;
    assert_eq!(told(query), ("InvalidAction".into(), 400));
    let kms = aws_sdk_kms::Client::new(&config);
    let json = kms.describe_custom_key_stores().send().await;
    assert_eq!(told(json), ("UnknownOperationException".into(), 400));
    let s3 = aws_sdk_s3::Client::new(&config);
    let rest = s3.get_object_torrent().bucket("logs").key("x").send().await;
    assert_eq!(told(rest), ("NotImplemented".into(), 501));
}

#[tokio::test]
async fn json_answers_reach_the_client() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox, "us-east-1");
    let iam = aws_sdk_iam::Client::new(&config);
    let tag = aws_sdk_iam::types::Tag::builder().key("baseline:name").value("demo").build().unwrap();
    iam.create_instance_profile().instance_profile_name("web").tags(tag).send().await.unwrap();
    let tagging = aws_sdk_resourcegroupstagging::Client::new(&config);
    let filter = |value: &str| {
        let filter = aws_sdk_resourcegroupstagging::types::TagFilter::builder().key("baseline:name");
        tagging.get_resources().tag_filters(filter.values(value).build()).send()
    };
    let found = filter("demo").await.unwrap();
    let arns: Vec<_> =
        found.resource_tag_mapping_list().iter().map(|it| it.resource_arn().unwrap()).collect();
    assert_eq!(arns, ["arn:aws:iam::123456789012:instance-profile/web"]);
    assert_eq!(found.pagination_token(), Some(""));
    assert!(filter("other").await.unwrap().resource_tag_mapping_list().is_empty());
    let wrong = tagging.get_resources().resources_per_page(500).send().await;
    assert_eq!(told(wrong), ("InvalidParameterException".into(), 400));
}

#[tokio::test]
async fn a_region_that_is_not_enabled_looks_like_bad_credentials() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let config = config(&sandbox, "af-south-1");
    let ec2 = aws_sdk_ec2::Client::new(&config).describe_fleets().send().await;
    // The operation is looked up first; an operation that exists shows the region's refusal.
    assert_eq!(told(ec2).0, "InvalidAction");
    let tagging = aws_sdk_resourcegroupstagging::Client::new(&config).get_resources().send().await;
    assert_eq!(told(tagging).0, "UnrecognizedClientException");
}

#[test]
fn budgets_are_kept_outside_of_an_instant_world() {
    let create = |profile, calls: usize| {
        let mut world = World::new(profile, 1);
        let statuses = (0..calls).map(|index| {
            let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request";
            let body = Bytes::from(format!("Action=CreateGroup&GroupName=g{index}"));
            let request = http::Request::post("/").header("authorization", credential).body(body).unwrap();
            dispatch::handle(&mut world, 1_000, request).response
        });
        let refused: Vec<_> = statuses.filter(|answer| answer.status() != 200).collect();
        refused.iter().map(|answer| String::from_utf8_lossy(answer.body()).into_owned()).collect::<Vec<_>>()
    };
    let refused = create(Profile::Realistic, 51);
    assert_eq!(refused.len(), 1);
    assert!(refused[0].contains("<Code>Throttling</Code>"), "{}", refused[0]);
    assert!(create(Profile::Instant, 51).is_empty());
}

const SERVER_THREAD: &str = "sandbox server";

/// A server on a port of the machine's choice, for as long as the runtime lives.
fn serve(sandbox: &Sandbox) -> (tokio::runtime::Runtime, SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(SERVER_THREAD)
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let sandbox = sandbox.clone();
    runtime.spawn(async move { sandbox.serve(listener).await });
    (runtime, address)
}

const IDENTITY: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nAuthorization: AWS4-HMAC-SHA256 \
Credential=111122223333/20260101/us-east-1/sts/aws4_request\r\nContent-Length: 43\r\n\r\n\
Action=GetCallerIdentity&Version=2011-06-15";

/// Sends bytes and reads until the server has nothing more to say.
fn exchange(address: SocketAddr, requests: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut answer = Vec::new();
    // A server that refuses the beginning may hang up before it has read the end.
    let _all_was_said = stream
        .write_all(requests)
        .and_then(|()| stream.shutdown(std::net::Shutdown::Write))
        .and_then(|()| stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn the_server_answers_several_requests_on_one_connection() {
    let (_runtime, address) = serve(&Sandbox::new(Profile::Instant, 1));
    let answer = exchange(address, IDENTITY.repeat(2).as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert_eq!(answer.matches("<Account>111122223333</Account>").count(), 2);
}

#[test]
fn the_server_resets_and_seeds() {
    let sandbox = Sandbox::new(Profile::Instant, 1);
    let (_runtime, address) = serve(&sandbox);
    let users = || sandbox.with_world(|world| world.account("123456789012").iam.users.len());
    let post = |path: &str, body: &str| {
        let length = body.len();
        exchange(
            address,
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")
                .as_bytes(),
        )
    };
    assert!(post("/_sandbox/seed?name=neglected", "").starts_with("HTTP/1.1 200"));
    assert_eq!(users(), 3);
    assert!(post("/_sandbox/reset", "").starts_with("HTTP/1.1 200"));
    assert_eq!(users(), 0);
    assert!(post("/_sandbox/seed", "neglected\n").starts_with("HTTP/1.1 200"));
    assert_eq!(users(), 3);
    assert!(post("/_sandbox/seed?name=fleet:200", "").starts_with("HTTP/1.1 200"));
    let members = sandbox.with_world(|world| {
        let organization = world.account("123456789012").organizations.organization.clone().unwrap();
        (organization.members.len(), organization.members["100000000200"].state.clone())
    });
    assert_eq!(members, (201, "ACTIVE".to_owned()));
    for (name, reason) in [
        ("tidy", "use new, neglected, organization, fleet or fleet:MEMBERS"),
        ("fleet:39", "a fleet has 40 to 10000 members"),
        ("fleet:many", "a fleet has 40 to 10000 members"),
    ] {
        let wrong = post("/_sandbox/seed", name);
        assert!(wrong.starts_with("HTTP/1.1 400") && wrong.contains(reason), "{wrong}");
    }
    assert!(post("/_sandbox/other", "").starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn the_server_refuses_to_listen_beyond_loopback() {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let error = Sandbox::new(Profile::Instant, 1).serve(listener).await.unwrap_err();
    assert!(error.to_string().contains("loopback only"), "{error}");
}

#[test]
fn bytes_that_are_not_http_get_a_400() {
    let (_runtime, address) = serve(&Sandbox::new(Profile::Instant, 1));
    for bytes in [b"hello\r\n\r\n".as_slice(), b"\0\xff\r\n\r\n", b"GET / HTTP/9\r\n\r\n"] {
        let answer = exchange(address, bytes);
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    assert!(exchange(address, IDENTITY.as_bytes()).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_world_in_a_folder_outlives_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let request = |sandbox: &Sandbox, body: &str| {
        let credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request";
        let request = http::Request::post("http://localhost/").header("authorization", credential);
        sandbox.handle(request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()).status().as_u16()
    };
    {
        let sandbox = Sandbox::open(folder.path()).unwrap();
        assert_eq!(request(&sandbox, "Action=CreateUser&UserName=ada"), 200);
    }
    let sandbox = Sandbox::open(folder.path()).unwrap();
    assert_eq!(request(&sandbox, "Action=GetUser&UserName=ada"), 200);
    sandbox.seed(Seed::New).unwrap();
    assert_eq!(request(&sandbox, "Action=GetUser&UserName=ada"), 404);
}

/// Panics on the threads of servers that [`serve_and_count`] started.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// One server for many exchanges; a panic there closes its connection and is counted.
fn serve_and_count() -> SocketAddr {
    static SERVER: OnceLock<(tokio::runtime::Runtime, SocketAddr)> = OnceLock::new();
    let server = SERVER.get_or_init(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some(SERVER_THREAD) {
                PANICS.fetch_add(1, Ordering::SeqCst);
            }
            usual(panic);
        }));
        serve(&Sandbox::new(Profile::Instant, 1))
    });
    server.1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Bytes straight from the wire: noise, and requests with noise in their middle.
    #[test]
    fn any_bytes_on_the_wire_get_an_answer_that_blames_the_client_or_none(
        noise in prop::collection::vec(any::<u8>(), 0..80),
        at in 0..IDENTITY.len(),
        skipped in 0..8_usize,
    ) {
        let address = serve_and_count();
        let end = (at + skipped).min(IDENTITY.len());
        let spliced = [&IDENTITY.as_bytes()[..at], &noise, &IDENTITY.as_bytes()[end..]].concat();
        for bytes in [noise, spliced] {
            let answer = exchange(address, &bytes);
            // What breaks off in the middle of a request has nobody left to answer.
            let status = answer.strip_prefix("HTTP/1.1 ").map(|rest| rest[..3].parse::<u16>().unwrap());
            prop_assert!(status.is_some() || answer.is_empty(), "{answer}");
            prop_assert!(status.is_none_or(|status| status < 500 || status == 501), "{answer}");
        }
        prop_assert_eq!(PANICS.load(Ordering::SeqCst), 0);
        prop_assert!(exchange(address, IDENTITY.as_bytes()).starts_with("HTTP/1.1 200"));
    }
}

proptest! {
    /// Whatever arrives is answered, and what is not understood is a 4xx or 501, never a 500.
    #[test]
    fn any_bytes_are_answered(
        service in 0..SERVICES.len(),
        operation in 0..200_usize,
        method in prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "HEAD"]),
        path in "/[ -~]{0,40}",
        extra in prop::collection::vec("[A-Za-z.0-9]{1,12}=[ -~]{0,12}", 0..6),
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let sandbox = Sandbox::new(Profile::Hostile, 1);
        let service = SERVICES[service];
        let name = service.rows().nth(operation % service.rows().count().max(1)).map_or("Nothing", |row| row.name);
        let signing = service.name.trim_end_matches("control");
        let credential = format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{signing}/aws4_request");
        let mut text = format!("Action={name}&{}&", extra.join("&")).into_bytes();
        text.extend_from_slice(&body);
        for body in [body, text, format!("{{\"{}\":[1,null,{{}}]}}", extra.join("")).into_bytes()] {
            let uri: String = percent_encoding::utf8_percent_encode(&path, percent_encoding::CONTROLS).to_string().replace(' ', "+");
            let request = http::Request::builder()
                .method(method)
                .uri(uri)
                .header("host", "localhost")
                .header("authorization", &credential)
                .header("x-amz-target", format!("{}.{name}", service.namespace))
                .body(Bytes::from(body));
            let Ok(request) = request else { continue };
            let status = sandbox.handle(request).status().as_u16();
            prop_assert!(status < 500 || status == 501 || status == 503, "{status} from {} {name}", service.name);
        }
    }

    /// The same for a body that says it is chunked, and for a query string.
    #[test]
    fn any_framing_and_any_query_are_answered(
        query in "[ -~]{0,60}",
        body in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let sandbox = Sandbox::new(Profile::Instant, 1);
        let query = query.replace([' ', '"', '<', '>', '#', '`', '{', '}', '\\', '^', '|'], "%");
        let request = http::Request::put(format!("/logs/x?{query}"))
            .header("content-encoding", "aws-chunked")
            .header("authorization", "Credential=test/20260101/us-east-1/s3/aws4_request")
            .body(Bytes::from(body));
        if let Ok(request) = request {
            let status = sandbox.handle(request).status().as_u16();
            prop_assert!(status < 500 || status == 501, "{status}");
        }
    }
}
