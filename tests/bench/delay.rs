//! A loopback proxy that lets every byte arrive half a round trip later, for us and for our peers alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// A listening proxy, until it is dropped.
pub struct Delayed {
    runtime: Option<Runtime>,
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Delayed {
    /// Passes on to that loopback port what comes in, with that round trip.
    pub fn start(to: u16, round_trip: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("no runtime for the proxy");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("no free loopback port");
        let port = listener.local_addr().expect("a bound port has an address").port();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&requests);
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, to, round_trip, Arc::clone(&count)));
            }
        });
        Self { runtime: Some(runtime), port, requests }
    }

    /// Requests that came in since this was asked last.
    pub fn requests(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Delayed {
    fn drop(&mut self) {
        // A runtime may not be waited for inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn pass_on(client: TcpStream, to: u16, round_trip: Duration, requests: Arc<AtomicUsize>) {
    // The kernel has answered the handshake at once; over a network it would have taken a round trip.
    sleep(round_trip).await;
    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
    let _only_slower_without = (client.set_nodelay(true), server.set_nodelay(true));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let half = round_trip / 2;
    let mut end = Vec::new();
    let count = move |piece: &[u8]| {
        requests.fetch_add(heads(&mut end, piece), Ordering::Relaxed);
    };
    tokio::join!(carry(from_client, to_server, half, count), carry(from_server, to_client, half, |_| {}));
}

/// How many request lines end in a piece; the end of what came before is kept, for those that are cut in two.
fn heads(before: &mut Vec<u8>, piece: &[u8]) -> usize {
    const END: &[u8] = b" HTTP/1.1\r\n";
    before.extend_from_slice(piece);
    let found = before.windows(END.len()).filter(|window| *window == END).count();
    let kept = before.len().saturating_sub(END.len() - 1);
    before.drain(..kept);
    found
}

/// Writes each piece that long after it was read; pieces overtake nobody and do not wait for each other.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    late: Duration,
    mut look: impl FnMut(&[u8]),
) {
    let (sender, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async move {
        let mut buffer = vec![0; 65536];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            look(&buffer[..count]);
            if sender.send((Instant::now() + late, buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    };
    let write = async move {
        while let Some((due, piece)) = pieces.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                break;
            }
        }
        let _the_other_side_may_be_gone = to.shutdown().await;
    };
    tokio::join!(read, write);
}
