//! Peers that break the rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeromq::{SocketSend, ZmqMessage};

use super::frames::{FrameReader, Incoming, Limits};
use super::peers::Peers;
use super::publisher::{Publisher, Subscription};
use super::router::Router;
use super::security::Security;
use super::{Bound, Endpoint, echo};

const LIMIT: Duration = Duration::from_secs(10);
/// A limit for what is to happen at once, and the time in which nothing must happen.
const MOMENT: Duration = Duration::from_millis(300);

/// Runs a test with a time limit.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(LIMIT, test).await.expect("the test ends in time") });
}

fn greeting() -> Vec<u8> {
    let mut greeting = vec![0; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

fn ready(kind: &str, identity: &[u8]) -> Vec<u8> {
    let mut body = b"\x05READY\x0bSocket-Type".to_vec();
    body.extend((kind.len() as u32).to_be_bytes());
    body.extend(kind.as_bytes());
    body.extend(b"\x08Identity");
    body.extend((identity.len() as u32).to_be_bytes());
    body.extend(identity);
    [&[4, body.len() as u8], &body[..]].concat()
}

fn message(frames: &[&[u8]]) -> Vec<u8> {
    let flags = |index| u8::from(index + 1 < frames.len());
    let framed = frames.iter().enumerate().map(|(index, frame)| [&[flags(index), frame.len() as u8], *frame].concat());
    framed.collect::<Vec<_>>().concat()
}

/// A folder with a socket in it, as other users see it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::Ipc(self.0.path().join("socket"))
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.0.path().join("socket")).await.unwrap()
    }

    /// A peer that has finished the handshake.
    async fn peer(&self, kind: &str, identity: &[u8]) -> UnixStream {
        let mut stream = self.connect().await;
        stream.write_all(&[greeting(), ready(kind, identity)].concat()).await.unwrap();
        let mut said = vec![0; 64];
        stream.read_exact(&mut said).await.unwrap();
        read_frame(&mut stream).await;
        stream
    }
}

async fn read_frame(stream: &mut UnixStream) -> Vec<u8> {
    let _flags = stream.read_u8().await.unwrap();
    let mut frame = vec![0; stream.read_u8().await.unwrap().into()];
    stream.read_exact(&mut frame).await.unwrap();
    frame
}

/// Whether the other side closes the connection, whatever it sends before.
async fn is_closed(stream: &mut UnixStream) -> bool {
    let mut rest = Vec::new();
    timeout(MOMENT, stream.read_to_end(&mut rest)).await.is_ok()
}

/// What a reader returns for these bytes after a handshake.
async fn read(limits: Limits, bytes: &[u8]) -> std::io::Result<Incoming> {
    let (mut near, far) = tokio::io::duplex(1 << 20);
    near.write_all(&[&greeting(), &ready("DEALER", b"")[..], bytes].concat()).await.unwrap();
    let (far_read, far_write) = tokio::io::split(far);
    let mut reader = FrameReader::new(far_read, limits);
    reader.shake_hands(far_write, &Security::Null, "ROUTER", &["DEALER"]).await.unwrap();
    near.shutdown().await.unwrap();
    reader.next().await
}

#[test]
fn a_frame_of_any_announced_length_takes_no_more_memory_than_comes() {
    run(async {
        for length in [1 << 20, 1 << 46, u64::MAX] {
            let bytes = [&[2], &length.to_be_bytes()[..], b"a few"].concat();
            // Allowed sizes fail only when the connection ends; the others are refused at once.
            let error = read(Limits::new(1 << 30), &bytes).await.err().unwrap();
            let expected =
                if length == 1 << 20 { std::io::ErrorKind::UnexpectedEof } else { std::io::ErrorKind::InvalidData };
            assert_eq!(error.kind(), expected, "{length}: {error}");
        }
    });
}

#[test]
fn a_message_of_many_frames_is_as_limited_as_one_of_many_bytes() {
    run(async {
        let endless = [1, 0].repeat(5000);
        assert!(read(Limits::new(1 << 20), &endless).await.err().unwrap().to_string().contains("1024 frames"));
        let pieces = [&[1, 255][..], &[7; 255]].concat().repeat(5);
        assert!(read(Limits::new(1000), &pieces).await.err().unwrap().to_string().contains("announced"));
    });
}

#[test]
fn large_messages_share_a_budget_and_give_it_back() {
    run(async {
        let limits = Limits::new(200 << 10);
        let large = [&[2], &(200_u64 << 10).to_be_bytes()[..], &vec![7; 200 << 10]].concat();
        let mut held = Vec::new();
        for _ in 0..2 {
            held.push(read(limits.clone(), &large).await.unwrap());
        }
        assert!(read(limits.clone(), &large).await.is_err(), "the budget is used up");
        held.clear();
        let Incoming::Message(frames, _) = read(limits, &large).await.unwrap() else { panic!("a command") };
        assert_eq!(frames[0].len(), 200 << 10);
    });
}

#[test]
fn what_is_no_peer_is_shown_out_and_others_are_served() {
    run(async {
        let place = Place::new();
        let _echo = echo(&place.endpoint(), &Security::Null).await.unwrap();
        let mut good = place.peer("REQ", b"").await;
        let mut old = greeting();
        old[10] = 2;
        let mut secret = greeting();
        secret[12..17].copy_from_slice(b"CURVE");
        let unfinished = [&greeting()[..], &[4, 30, 5], b"READY", &[200]].concat();
        let unfinished = [unfinished, vec![0; 30]].concat();
        for bytes in [
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(3),
            vec![0xff; 200],
            vec![0; 200],
            old,
            secret,
            unfinished,
            [greeting(), ready("PUB", b"")].concat(),
            [greeting(), message(&[b"before", b"READY"])].concat(),
            [greeting(), ready("REQ", &[7; 100]), vec![0x80, 1, 1]].concat(),
            [greeting(), ready("REQ", b""), vec![6, 0, 0, 0, 0, 0, 1, 0, 0]].concat(),
            [greeting(), ready("REQ", b""), vec![1, 0, 4, 0]].concat(),
        ] {
            let mut stream = place.connect().await;
            stream.write_all(&bytes).await.unwrap();
            assert!(is_closed(&mut stream).await, "{bytes:?}");
            good.write_all(&message(&[b"", b"ping"])).await.unwrap();
            assert_eq!((read_frame(&mut good).await, read_frame(&mut good).await), (b"".to_vec(), b"ping".to_vec()));
        }
    });
}

#[test]
fn a_peer_that_asks_whether_the_connection_works_is_answered() {
    run(async {
        let place = Place::new();
        let _router = Router::bind(&place.endpoint(), &Security::Null).await.unwrap();
        let mut peer = place.peer("DEALER", b"name").await;
        peer.write_all(b"\x04\x0b\x04PING\x00\x64soma").await.unwrap();
        assert_eq!(read_frame(&mut peer).await, b"\x04PONGsoma");
    });
}

#[test]
fn the_first_stranger_makes_room_and_nobody_who_is_known() {
    let peers = Peers::with_places(2);
    let known = peers.admit().unwrap();
    known.introduce(Bytes::from_static(b"known"));
    peers.recognise(known.id());
    let strangers: Vec<_> = (0..5).map(|_| peers.admit().unwrap()).collect();
    let last = strangers.last().unwrap();
    last.introduce(Bytes::from_static(b"last"));
    assert!(strangers[3].introduce(Bytes::from_static(b"gone")) == "gone" && peers.route(b"gone").is_none());
    assert_eq!((peers.route(b"known").unwrap().0, peers.route(b"last").unwrap().0), (known.id(), last.id()));
    peers.recognise(last.id());
    assert!(peers.admit().is_none(), "all places are taken");
    drop(strangers);
    assert!(peers.admit().is_some());
}

/// Counts the open connections, and their maximum.
struct Open(Arc<[AtomicUsize; 2]>);

impl Open {
    fn new(counts: &Arc<[AtomicUsize; 2]>) -> Open {
        let now = counts[0].fetch_add(1, Ordering::SeqCst) + 1;
        counts[1].fetch_max(now, Ordering::SeqCst);
        Open(counts.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0[0].fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn connections_that_lose_their_places_are_closed_before_more_are_accepted() {
    run(async {
        let (place, counts, served) = (Place::new(), Arc::default(), Arc::new(AtomicUsize::new(0)));
        let (of_serving, count) = (Arc::clone(&counts), served.clone());
        let _bound = Bound::new(&place.endpoint(), Peers::with_places(4), move |read, write, membership| {
            count.fetch_add(1, Ordering::SeqCst);
            let open = Open::new(&of_serving);
            async move {
                let _held = (read, write, membership, open);
                std::future::pending().await
            }
        })
        .await
        .unwrap();
        // As many as may wait, all of them connected before the first is accepted.
        let path = place.0.path().join("socket");
        let _strangers: Vec<_> = (0..100).map(|_| std::os::unix::net::UnixStream::connect(&path).unwrap()).collect();
        while served.load(Ordering::SeqCst) < 100 {
            tokio::task::yield_now().await;
        }
        let most = counts[1].load(Ordering::SeqCst);
        assert!(most <= 4 + 8, "{most} connections were open at once");
    });
}

#[test]
fn whoever_calls_himself_like_another_gets_nothing_that_is_for_the_other() {
    let peers = Peers::with_places(9);
    let (first, second) = (peers.admit().unwrap(), peers.admit().unwrap());
    first.introduce(Bytes::from_static(b"name"));
    second.introduce(Bytes::from_static(b"name"));
    assert_eq!(peers.route(b"name").unwrap().0, first.id());
    // A front end that connected again proves itself with its next message.
    peers.recognise(second.id());
    assert_eq!(peers.route(b"name").unwrap().0, second.id());
    drop(second);
    assert_eq!(peers.route(b"name").unwrap().0, first.id());
    drop(first);
    assert!(peers.route(b"name").is_none());
}

#[test]
fn a_subscriber_that_reads_nothing_misses_output_and_no_other_does() {
    run(async {
        let place = Place::new();
        let mut publisher = Publisher::bind(&place.endpoint(), &Security::Null, MOMENT).await.unwrap();
        let mut idle = place.peer("SUB", b"").await;
        idle.write_all(&message(&[b"\x01"])).await.unwrap();
        publisher.subscription().await;
        let mut reader = place.peer("SUB", b"").await;
        reader.write_all(&message(&[b"\x01kernel"])).await.unwrap();
        publisher.subscription().await;
        let block = ZmqMessage::try_from(vec![Bytes::from_static(b"kernel.stream"), vec![7; 64 << 10].into()]).unwrap();
        let size = 2 + 13 + 9 + (64 << 10);
        let reading = tokio::spawn(async move {
            let mut read = vec![0; size];
            for _ in 0..200 {
                reader.read_exact(&mut read).await.unwrap();
            }
            let quiet = timeout(MOMENT, reader.read_exact(&mut read[..1])).await;
            assert!(quiet.is_err(), "{quiet:?}");
        });
        let started = std::time::Instant::now();
        for _ in 0..200 {
            publisher.send(block.clone()).await.unwrap();
        }
        assert!(started.elapsed() < MOMENT * 4, "{:?}", started.elapsed());
        reading.await.unwrap();
        // Messages that the idle subscriber missed are not kept for it.
        let mut got = 0;
        let mut buffer = vec![0; 1 << 20];
        while let Ok(Ok(count @ 1..)) = timeout(MOMENT, idle.read(&mut buffer)).await {
            got += count;
        }
        assert!((1 << 20..4 << 20).contains(&got), "{got}");
        // Once it has caught up, it misses nothing more.
        publisher.send(block).await.unwrap();
        idle.read_exact(&mut buffer[..size]).await.unwrap();
    });
}

#[test]
fn nothing_is_published_to_a_subscriber_before_it_can_be_welcomed() {
    run(async {
        let place = Place::new();
        let mut publisher = Publisher::bind(&place.endpoint(), &Security::Null, MOMENT).await.unwrap();
        assert!(publisher.waiting_subscription().is_none());
        let mut reader = place.peer("SUB", b"").await;
        reader.write_all(&message(&[b"\x01"])).await.unwrap();
        // The subscription has arrived, but the publisher has not admitted it.
        tokio::time::sleep(MOMENT).await;
        publisher.send(ZmqMessage::from(b"early".to_vec())).await.unwrap();
        let Subscription(topic) = publisher.waiting_subscription().expect("one waits");
        assert_eq!(topic, b""[..]);
        publisher.send(ZmqMessage::from(b"welcome".to_vec())).await.unwrap();
        let mut read = [0; 9];
        reader.read_exact(&mut read).await.unwrap();
        assert_eq!(read[2..], b"welcome"[..]);
    });
}

#[test]
fn a_front_end_that_reads_no_replies_is_not_read_from() {
    run(async {
        let place = Place::new();
        let Router { mut sender, mut receiver } = Router::bind(&place.endpoint(), &Security::Null).await.unwrap();
        let mut idle = place.peer("DEALER", b"idle").await;
        let mut other = place.peer("DEALER", b"other").await;
        let mut taken = 0;
        let ask = message(&[b"?"]).repeat(1000);
        let asking = tokio::spawn(async move { while idle.write_all(&ask).await.is_ok() {} });
        let answer =
            |name: &'static [u8]| ZmqMessage::try_from(vec![Bytes::from(name), vec![7; 64 << 10].into()]).unwrap();
        while let Ok(received) = timeout(MOMENT, receiver.next()).await {
            sender.send(answer(b"idle")).await.unwrap();
            drop(received);
            taken += 1;
        }
        // The unread replies, the contents of the system's buffers, and the messages under way.
        assert!((60..400).contains(&taken), "{taken}");
        other.write_all(&message(&[b"?"])).await.unwrap();
        receiver.next().await;
        sender.send(answer(b"other")).await.unwrap();
        other.read_exact(&mut [0; 1000]).await.unwrap();
        asking.abort();
    });
}

#[test]
fn requests_that_are_not_answered_yet_are_bounded() {
    run(async {
        let place = Place::new();
        let Router { sender: _sender, mut receiver } = Router::bind(&place.endpoint(), &Security::Null).await.unwrap();
        let mut peer = place.peer("DEALER", b"many").await;
        let asking = tokio::spawn(async move {
            let ask = message(&[b"?"]).repeat(1000);
            while peer.write_all(&ask).await.is_ok() {}
        });
        let mut unanswered = Vec::new();
        while let Ok(received) = timeout(MOMENT, receiver.next()).await {
            unanswered.push(received);
        }
        assert_eq!(unanswered.len(), 16 << 10);
        unanswered.truncate(100);
        assert!(timeout(MOMENT, receiver.next()).await.is_ok(), "those that are answered make room");
        asking.abort();
    });
}

#[test]
fn the_file_of_a_socket_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    run(async {
        let place = Place::new();
        let _router = Router::bind(&place.endpoint(), &Security::Null).await.unwrap();
        let mode = std::fs::metadata(place.0.path().join("socket")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    });
}
