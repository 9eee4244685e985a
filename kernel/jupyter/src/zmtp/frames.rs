//! Converts bytes to messages and back: greeting, handshake, frames.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::curve::{self, Opener, Sealer};
use super::security::Security;

/// The greeting's length, and its contents: a signature, version 3.0, the mechanism, then zeros.
const GREETING: usize = 64;
const SIGNATURE: [u8; 10] = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f];
const MAJOR_VERSION: u8 = 3;
const NULL: &[u8; 20] = b"NULL\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// The largest command: a command is a name and a few properties.
const COMMAND_SIZE: usize = 4096;
/// The most frames of a message. Messages of Jupyter have six frames, and one for each buffer.
const FRAMES: usize = 1024;
/// The size beyond which a message counts against the budget that large messages share, and the steps in which it is
/// read.
const CHUNK: usize = 64 << 10;
/// How long the rest of a large message may stall before the connection is given up.
const STALL_TIME: Duration = Duration::from_secs(60);

/// The limits on what a connection may send.
#[derive(Clone)]
pub struct Limits {
    /// The bytes of one message.
    pub message: usize,
    /// The budget of all messages that are being received, beyond the first `CHUNK` of each; in KiB.
    pub large: Arc<Semaphore>,
}

impl Limits {
    /// Messages of at most this many bytes; large messages together of at most twice that.
    pub fn new(message: usize) -> Limits {
        Limits { message, large: Arc::new(Semaphore::new(2 * message / 1024)) }
    }
}

/// What a connection has sent.
pub enum Incoming {
    /// A message's frames, and its share of the budget for large ones.
    Message(Vec<Bytes>, Option<OwnedSemaphorePermit>),
    /// A command's name and the rest of it.
    Command(Bytes),
}

fn wrong(problem: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem.to_string())
}

/// Receives frames.
pub struct FrameReader<R> {
    reader: BufReader<R>,
    limits: Limits,
    /// Decrypts frames after the handshake, if the connection is encrypted.
    opener: Option<Opener>,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads from a new connection.
    pub fn new(reader: R, limits: Limits) -> FrameReader<R> {
        FrameReader { reader: BufReader::new(reader), limits, opener: None }
    }

    /// Sends the greeting, secures the connection, and announces a socket of type `own`. The peer must be of one of the
    /// types `others`. Returns the identity that the peer has chosen for itself, empty if none, and the writer of
    /// frames.
    ///
    /// # Errors
    /// When the other side is not such a peer, or lacks the required keys.
    pub async fn shake_hands<W: AsyncWrite + Unpin>(
        &mut self,
        mut writer: W,
        security: &Security,
        own: &str,
        others: &[&str],
    ) -> io::Result<(Bytes, FrameWriter<W>)> {
        let mut greeting = [0; GREETING];
        greeting[..10].copy_from_slice(&SIGNATURE);
        greeting[10] = MAJOR_VERSION;
        let (mechanism, as_server) = match security {
            Security::Null => (NULL, 0),
            Security::Curve { .. } => (curve::MECHANISM, curve::AS_SERVER),
        };
        greeting[12..32].copy_from_slice(mechanism);
        greeting[32] = as_server;
        writer.write_all(&greeting).await?;
        self.reader.read_exact(&mut greeting).await?;
        if greeting[0] != SIGNATURE[0] || greeting[9] != SIGNATURE[9] || greeting[10] < MAJOR_VERSION {
            return Err(wrong("it does not speak ZMTP 3"));
        }
        if greeting[12..32] != mechanism[..] {
            return Err(wrong(format!("it wants another security mechanism than {security}")));
        }
        let own = property("Socket-Type", own.as_bytes());
        let (properties, sealer) = match security {
            Security::Null => {
                writer.write_all(&command("READY", &own)).await?;
                let ready = self.handshake_command().await?;
                let properties =
                    ready.strip_prefix(b"\x05READY").ok_or_else(|| wrong("its first command is not READY"))?;
                (properties.to_vec(), None)
            }
            Security::Curve { keys, only_own } => {
                let (welcome, welcomed) = keys.hello(&self.handshake_command().await?).map_err(wrong)?;
                writer.write_all(&command_frame(&welcome)).await?;
                let (properties, session) = welcomed.initiate(&self.handshake_command().await?).map_err(wrong)?;
                if *only_own && session.client_key() != keys.public() {
                    return Err(wrong("its keys are not those of the connection file"));
                }
                let (ready, sealer, opener) = session.ready(&own);
                writer.write_all(&command_frame(&ready)).await?;
                self.opener = Some(opener);
                (properties, Some(sealer))
            }
        };
        let (mut kind, mut identity) = (None, Bytes::new());
        for (name, value) in read_properties(&properties)? {
            match name.to_ascii_lowercase().as_slice() {
                b"socket-type" => kind = Some(value),
                b"identity" => identity = Bytes::copy_from_slice(value),
                _ => {}
            }
        }
        if !others.iter().any(|other| kind == Some(other.as_bytes())) {
            return Err(wrong(format!("it is not a socket of type {}", others.join(" or "))));
        }
        if identity.len() > usize::from(u8::MAX) {
            return Err(wrong("its identity is longer than 255 bytes"));
        }
        Ok((identity, FrameWriter { writer, sealer }))
    }

    /// A command of the handshake.
    async fn handshake_command(&mut self) -> io::Result<Bytes> {
        match self.next().await? {
            Incoming::Command(said) => Ok(said),
            Incoming::Message(..) => Err(wrong("it sent a message before the handshake was made")),
        }
    }

    /// The next message or command.
    ///
    /// # Errors
    /// When the connection has ended, or the peer sends bytes that are not a frame or exceed the limits.
    pub async fn next(&mut self) -> io::Result<Incoming> {
        let (mut frames, mut size, mut share) = (Vec::new(), 0, None);
        loop {
            let flags = self.reader.read_u8().await?;
            if flags > MORE | LONG | COMMAND {
                return Err(wrong("it sent an invalid frame"));
            }
            let length = match flags & LONG {
                0 => u64::from(self.reader.read_u8().await?),
                _ => self.reader.read_u64().await?,
            };
            let is_command = flags & COMMAND != 0;
            let room = self.limits.message - size + self.opener.as_ref().map_or(0, |_| curve::OVERHEAD);
            let limit = if is_command { COMMAND_SIZE } else { room };
            if length > limit as u64 {
                return Err(wrong(format!("it announced a frame of {length} bytes, more than this kernel takes")));
            }
            let mut frame = Vec::new();
            self.fill(&mut frame, length as usize, &mut share, size).await?;
            let (more, is_command, frame) = self.opened(flags & MORE != 0, is_command, frame)?;
            if is_command {
                // Commands may stand between messages, but not between a message's frames.
                return if frames.is_empty() { Ok(Incoming::Command(frame)) } else { Err(wrong("a frame is missing")) };
            }
            size += frame.len();
            frames.push(frame);
            if !more {
                return Ok(Incoming::Message(frames, share));
            }
            if frames.len() == FRAMES {
                return Err(wrong(format!("it sent a message of more than {FRAMES} frames")));
            }
        }
    }

    /// Whether another frame of the message follows, whether the frame is a command, and its content.
    fn opened(&mut self, more: bool, is_command: bool, mut frame: Vec<u8>) -> io::Result<(bool, bool, Bytes)> {
        let Some(opener) = &mut self.opener else { return Ok((more, is_command, frame.into())) };
        if more || is_command {
            return Err(wrong("it sent unencrypted data"));
        }
        let (more, is_command) = opener.open_in_place(&mut frame).map_err(wrong)?;
        let content = Bytes::from(frame).slice(curve::OVERHEAD..);
        if is_command && content.len() > COMMAND_SIZE {
            return Err(wrong(format!("it sent a command of {} bytes, more than this kernel takes", content.len())));
        }
        Ok((more, is_command, content))
    }

    /// Reads a frame's content, after `before` bytes of the message.
    async fn fill(
        &mut self,
        frame: &mut Vec<u8>,
        length: usize,
        share: &mut Option<OwnedSemaphorePermit>,
        before: usize,
    ) -> io::Result<()> {
        while frame.len() < length {
            let step = (length - frame.len()).min(CHUNK);
            if before + frame.len() + step > CHUNK {
                let part = self.limits.large.clone().try_acquire_many_owned(step.div_ceil(1024) as u32);
                let part = part.map_err(|_| wrong("too many large messages come at once"))?;
                match share {
                    Some(share) => share.merge(part),
                    None => *share = Some(part),
                }
            }
            let end = frame.len() + step;
            frame.reserve(step);
            while frame.len() < end {
                let mut rest = (&mut self.reader).take((end - frame.len()) as u64);
                let read = rest.read_buf(frame);
                let count = match share {
                    Some(_) => timeout(STALL_TIME, read).await.map_err(|_| wrong("a large message did not end"))??,
                    None => read.await?,
                };
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
        }
        Ok(())
    }
}

/// Writes frames.
pub struct FrameWriter<W> {
    writer: W,
    /// Encrypts frames, if the connection is encrypted.
    sealer: Option<Sealer>,
}

impl<W: AsyncWrite + Unpin> FrameWriter<W> {
    /// Writes whole frames, as [`encode`] and [`answer`] give them.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        match &mut self.sealer {
            None => self.writer.write_all(frames).await,
            Some(sealer) => self.writer.write_all(&sealed(sealer, frames)?).await,
        }
    }
}

/// Puts each of these frames into a MESSAGE.
fn sealed(sealer: &mut Sealer, mut frames: &[u8]) -> io::Result<Bytes> {
    let mut bytes = BytesMut::with_capacity(frames.len() + 64);
    while !frames.is_empty() {
        let flags = frames.get_u8();
        let length = if flags & LONG == 0 { u64::from(frames.get_u8()) } else { frames.get_u64() };
        let (content, rest) = frames.split_at(length as usize);
        let body = sealer.seal(flags & MORE != 0, flags & COMMAND != 0, content).map_err(wrong)?;
        put_frame(&mut bytes, 0, &body);
        frames = rest;
    }
    Ok(bytes.freeze())
}

/// A message, as it travels over an unencrypted connection.
pub fn encode<'a>(frames: impl ExactSizeIterator<Item = &'a Bytes> + Clone) -> Bytes {
    let mut bytes = BytesMut::with_capacity(frames.clone().map(|frame| frame.len() + 9).sum());
    let last = frames.len().saturating_sub(1);
    for (index, frame) in frames.enumerate() {
        put_frame(&mut bytes, if index == last { 0 } else { MORE }, frame);
    }
    bytes.freeze()
}

/// A command, as it travels over an unencrypted connection.
fn command(name: &str, rest: &[u8]) -> Bytes {
    command_frame(&[&[name.len() as u8], name.as_bytes(), rest].concat())
}

fn command_frame(body: &[u8]) -> Bytes {
    let mut bytes = BytesMut::new();
    put_frame(&mut bytes, COMMAND, body);
    bytes.freeze()
}

/// The answer to a command, if any: a peer may ask whether the connection still works.
pub fn answer(said: &[u8]) -> Option<Bytes> {
    // The command's name is followed by two bytes of time and the bytes to repeat.
    let context = said.strip_prefix(b"\x04PING")?.get(2..)?;
    Some(command("PONG", &context[..context.len().min(16)]))
}

fn put_frame(bytes: &mut BytesMut, flags: u8, frame: &[u8]) {
    match u8::try_from(frame.len()) {
        Ok(length) => bytes.put_slice(&[flags, length]),
        Err(_) => {
            bytes.put_u8(flags | LONG);
            bytes.put_u64(frame.len() as u64);
        }
    }
    bytes.put_slice(frame);
}

fn property(name: &str, value: &[u8]) -> Vec<u8> {
    [&[name.len() as u8], name.as_bytes(), &(value.len() as u32).to_be_bytes(), value].concat()
}

fn read_properties(mut bytes: &[u8]) -> io::Result<Vec<(&[u8], &[u8])>> {
    let mut properties = Vec::new();
    while !bytes.is_empty() {
        let property = (|| {
            let (length, rest) = bytes.split_first()?;
            let (name, rest) = rest.split_at_checked(usize::from(*length))?;
            let (length, rest) = rest.split_first_chunk::<4>()?;
            let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            bytes = rest;
            Some((name, value))
        })();
        properties.push(property.ok_or_else(|| wrong("its READY is cut off"))?);
    }
    Ok(properties)
}
