//! Data from an untrusted peer on a socket: greeting, handshake (plain and CURVE) and frames, from a stream that
//! arrives in pieces.

#![no_main]

use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use soma_fuzz::jupyter::frames::{FrameReader, Incoming, Limits, answer, encode};
use soma_fuzz::jupyter::{Security, ServerKeys};
use soma_fuzz::random::Choices;
use tokio::io::{AsyncRead, ReadBuf};

/// The key pair of the example in libzmq's manual.
static KEYS: LazyLock<Arc<ServerKeys>> = LazyLock::new(|| {
    let keys = ServerKeys::from_z85("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6");
    Arc::new(keys.expect("a pair of keys"))
});

/// The size limit of frames: small, so that inputs reach it.
const LARGEST: usize = 2000;

/// The observable parts of a message or command.
#[derive(Debug, PartialEq)]
enum Seen {
    Message(Vec<Bytes>),
    Command(Bytes),
    End(String),
}

fuzz_target!(|input: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let whole = read_all(vec![input]).await;
        assert_eq!(read_all(Choices::of(input).pieces(input, 9)).await, whole, "in pieces");
        for seen in whole {
            match seen {
                Seen::Message(frames) => comes_back(frames).await,
                Seen::Command(said) => assert!(answer(&said).is_none_or(|pong| pong.len() <= 2 + 5 + 16)),
                Seen::End(_) => {}
            }
        }
        let curve = Security::Curve { keys: Arc::clone(&KEYS), only_own: true };
        for (security, name) in [(Security::Null, &b"NULL\0"[..]), (curve, b"CURVE")] {
            greets(input, vec![input], &security).await;
            let greeting = [&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0][..], name, &[0; 47]].concat();
            greets(input, vec![&greeting, input], &security).await;
        }
        let frames: Vec<Bytes> = input.split(|byte| *byte == b'\n').map(Bytes::copy_from_slice).collect();
        if frames.len() <= 1024 && input.len() <= LARGEST {
            comes_back(frames).await;
        }
    });
});

async fn read_all(pieces: Vec<&[u8]>) -> Vec<Seen> {
    let limits = Limits::new(LARGEST);
    let mut reader = FrameReader::new(InPieces(pieces), limits.clone());
    let mut all = Vec::new();
    loop {
        match reader.next().await {
            Ok(Incoming::Message(frames, _)) => {
                assert!(frames.iter().map(Bytes::len).sum::<usize>() <= LARGEST);
                all.push(Seen::Message(frames));
            }
            Ok(Incoming::Command(said)) => all.push(Seen::Command(said)),
            Err(error) => {
                all.push(Seen::End(error.to_string()));
                drop(reader);
                assert_eq!(limits.large.available_permits(), 2 * LARGEST / 1024, "what was taken is given back");
                return all;
            }
        }
    }
}

/// A message that is written and read again is the same.
async fn comes_back(frames: Vec<Bytes>) {
    let bytes = encode(frames.iter());
    let [Seen::Message(again), Seen::End(_)] = &read_all(vec![&bytes]).await[..] else { panic!("one message") };
    assert_eq!(*again, frames);
}

/// A handshake ends, successfully or not, and an identity is one that a peer may have.
async fn greets(input: &[u8], pieces: Vec<&[u8]>, security: &Security) {
    let mut reader = FrameReader::new(InPieces(pieces), Limits::new(LARGEST));
    let mut said = Vec::new();
    if let Ok((identity, _)) = reader.shake_hands(&mut said, security, "ROUTER", &["DEALER", "REQ"]).await {
        assert!(identity.len() <= 255);
        assert!(identity.is_empty() || input.windows(identity.len()).any(|part| part == identity));
    }
    assert!(said.starts_with(&[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]));
}

struct InPieces<'a>(Vec<&'a [u8]>);

impl AsyncRead for InPieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context, room: &mut ReadBuf) -> Poll<std::io::Result<()>> {
        while self.0.first().is_some_and(|piece| piece.is_empty()) {
            self.0.remove(0);
        }
        if let Some(piece) = self.0.first_mut() {
            let (now, later) = piece.split_at(piece.len().min(room.remaining()));
            room.put_slice(now);
            *piece = later;
        }
        Poll::Ready(Ok(()))
    }
}
