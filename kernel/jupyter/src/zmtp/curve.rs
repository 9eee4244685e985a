//! The server's side of CURVE, without I/O: what arrives goes in, what is to be sent comes out.
//!
//! It follows [CurveZMQ](https://rfc.zeromq.org/spec/26/) in the frames of ZMTP, as defined by
//! [ZMTP-CURVE](https://rfc.zeromq.org/spec/25/). A client that has the server's public key sends HELLO and gets
//! WELCOME, sends INITIATE and gets READY. The types enforce this order, and each step is taken once:
//! [`ServerKeys::hello`], [`Welcomed::initiate`], [`Session::ready`]. After that, a [`Sealer`] puts every frame and
//! every command into a MESSAGE, and an [`Opener`] takes it out. An error ends the connection; the client gets no
//! explanation.
//!
//! Bodies are those of ZMTP's frames, from the length of the command's name on. Handshake bodies travel in command
//! frames, MESSAGE bodies in frames without any flag but that of length, as libzmq sends and expects them: the
//! encrypted box says whether more frames follow and whether the frame is a command.
//!
//! A client that has the public key gets through. [`Session::client_key`] tells whether it also has the secret key.

use std::fmt;

use crypto_secretbox::aead::consts::U10;
use crypto_secretbox::aead::{Aead, AeadInPlace, KeyInit};
use crypto_secretbox::{Nonce, Tag, XSalsa20Poly1305};
use salsa20::hsalsa;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{Zeroize, Zeroizing};

/// The mechanism's name in the greeting.
pub const MECHANISM: &[u8; 20] = b"CURVE\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
/// The byte after the mechanism's name in the greeting. libzmq sends 0 on both sides, and does not check it.
pub const AS_SERVER: u8 = 1;

/// The number of bytes that MESSAGE adds to its payload: its name, a nonce, the box's tag and the flags.
pub const OVERHEAD: usize = MESSAGE.len() + 8 + TAG + 1;

/// The number of bytes by which a box is longer than its content.
const TAG: usize = 16;
/// The length of a cookie: a nonce of 16 bytes and the box of two keys.
const COOKIE: usize = 16 + 64 + TAG;
const VOUCH: usize = 16 + 64 + TAG;

/// HELLO: version, padding, the client's transient key, nonce, box of zeros.
const HELLO: &[u8] = b"\x05HELLO";
const HELLO_SIZE: usize = HELLO.len() + 2 + 72 + 32 + 8 + 64 + TAG;
/// INITIATE: cookie, nonce, box of the client's permanent key, vouch and metadata.
const INITIATE: &[u8] = b"\x08INITIATE";
const INITIATE_SIZE: usize = INITIATE.len() + COOKIE + 8 + 32 + VOUCH + TAG;
/// The RFC sets no limit to metadata; a peer sends a few properties.
const INITIATE_LIMIT: usize = 4096;
const MESSAGE: &[u8] = b"\x07MESSAGE";

/// The flags within MESSAGE. The RFC defines only the first; libzmq adds the second.
const MORE: u8 = 1;
const COMMAND: u8 = 2;

/// The fault in a peer's message, or in the keys.
#[derive(Debug)]
pub struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

fn refuse<T>(problem: impl Into<String>) -> Result<T, Refused> {
    Err(Refused(problem.into()))
}

/// The server's permanent keys, S and s.
pub struct ServerKeys {
    public: PublicKey,
    secret: StaticSecret,
}

impl ServerKeys {
    /// Decodes the keys from the texts in a connection file.
    ///
    /// # Errors
    /// When one is not a key in Z85, or they do not belong together.
    pub fn from_z85(public: &str, secret: &str) -> Result<ServerKeys, Refused> {
        let public = PublicKey::from(*from_z85("curve_publickey", public)?);
        let secret = StaticSecret::from(*from_z85("curve_secretkey", secret)?);
        if PublicKey::from(&secret) != public {
            return refuse("curve_publickey does not belong to curve_secretkey");
        }
        Ok(ServerKeys { public, secret })
    }

    /// The public key.
    pub fn public(&self) -> &[u8; 32] {
        self.public.as_bytes()
    }

    /// Takes HELLO and returns WELCOME ("The HELLO Command", "The WELCOME Command").
    ///
    /// # Errors
    /// When it is not a HELLO, when the client does not have this server's public key, or when the system has no random
    /// numbers.
    pub fn hello(&self, body: &[u8]) -> Result<(Vec<u8>, Welcomed), Refused> {
        let Some(rest) = body.strip_prefix(HELLO) else { return refuse("its first command is not HELLO") };
        if body.len() != HELLO_SIZE {
            return refuse(format!("its HELLO has {} bytes, not {HELLO_SIZE}", body.len()));
        }
        let (version, rest) = take::<2>(rest)?;
        let (padding, rest) = take::<72>(rest)?;
        let (client, rest) = take::<32>(rest)?;
        let (nonce, signature) = take::<8>(rest)?;
        if *version != [1, 0] {
            return refuse(format!("it wants version {}.{} of CurveZMQ, not 1.0", version[0], version[1]));
        }
        if *padding != [0; 72] {
            return refuse("the padding of its HELLO is not zero");
        }
        // X25519 ignores this bit; a key with the bit set would be a second name of the same key.
        if client[31] >> 7 != 0 {
            return refuse("the key in its HELLO is not in its shortest form");
        }
        let shared = shared_key(&PublicKey::from(*client), &self.secret)?;
        match shared.decrypt(&short_nonce(b"CurveZMQHELLO---", *nonce), signature) {
            Ok(signed) if signed == [0; 64] => {}
            _ => return refuse("its HELLO cannot be opened: it may have another server's key"),
        }

        let secret = StaticSecret::from(*random()?);
        let cookie_key = XSalsa20Poly1305::new((&*random()?).into());
        let cookie_nonce: Zeroizing<[u8; 16]> = random()?;
        let mut transient = Zeroizing::new([0; 64]);
        transient[..32].copy_from_slice(client);
        transient[32..].copy_from_slice(secret.as_bytes());
        let cookie = seal(&cookie_key, &long_nonce(b"COOKIE--", &cookie_nonce), &*transient);
        let welcome_nonce: Zeroizing<[u8; 16]> = random()?;
        let welcome = [PublicKey::from(&secret).as_bytes(), &cookie_nonce[..], &cookie].concat();
        let welcome = seal(&shared, &long_nonce(b"WELCOME-", &welcome_nonce), &welcome);
        let welcomed = Welcomed { server: self.public, cookie_key, nonce: u64::from_be_bytes(*nonce) };
        Ok(([b"\x07WELCOME", &welcome_nonce[..], &welcome].concat(), welcomed))
    }
}

/// A connection to which WELCOME was sent. As the RFC specifies, the transient keys C' and s' are in the cookie that
/// the client keeps. The key of the cookie exists only here: on another connection, or a second time, the cookie is
/// worthless.
pub struct Welcomed {
    server: PublicKey,
    cookie_key: XSalsa20Poly1305,
    nonce: u64,
}

impl Welcomed {
    /// Takes INITIATE and returns the client's metadata, a sequence of properties ("The INITIATE Command").
    ///
    /// # Errors
    /// When it is not an INITIATE, or not from the client that got this WELCOME.
    pub fn initiate(self, body: &[u8]) -> Result<(Vec<u8>, Session), Refused> {
        let Some(rest) = body.strip_prefix(INITIATE) else { return refuse("its second command is not INITIATE") };
        if !(INITIATE_SIZE..=INITIATE_LIMIT).contains(&body.len()) {
            return refuse(format!("its INITIATE has {} bytes, not {INITIATE_SIZE} to {INITIATE_LIMIT}", body.len()));
        }
        let (cookie_nonce, rest) = take::<16>(rest)?;
        let (cookie, rest) = take::<{ COOKIE - 16 }>(rest)?;
        let (nonce, sealed) = take::<8>(rest)?;

        let Ok(transient) = self.cookie_key.decrypt(&long_nonce(b"COOKIE--", cookie_nonce), &cookie[..]) else {
            return refuse("its INITIATE has not the cookie that it was given");
        };
        let transient = Zeroizing::new(transient);
        let (client, secret) = take::<32>(&transient)?;
        let (client, secret) = (PublicKey::from(*client), StaticSecret::from(*take::<32>(secret)?.0));
        let counter = u64::from_be_bytes(*nonce);
        if counter <= self.nonce {
            return refuse("the nonce of its INITIATE is not greater than that of its HELLO");
        }
        let shared = shared_key(&client, &secret)?;
        let Ok(opened) = shared.decrypt(&short_nonce(b"CurveZMQINITIATE", *nonce), sealed) else {
            return refuse("its INITIATE cannot be opened");
        };
        let (client_key, rest) = take::<32>(&opened)?;
        let (vouch_nonce, rest) = take::<16>(rest)?;
        let (vouch, metadata) = take::<{ VOUCH - 16 }>(rest)?;

        let vouching = shared_key(&PublicKey::from(*client_key), &secret)?;
        let Ok(vouched) = vouching.decrypt(&long_nonce(b"VOUCH---", vouch_nonce), &vouch[..]) else {
            return refuse("its vouch cannot be opened: the key in its INITIATE is not its own");
        };
        if vouched != [*client.as_bytes(), *self.server.as_bytes()].concat() {
            return refuse("its vouch is for another connection");
        }
        Ok((metadata.to_vec(), Session { shared, client_key: *client_key, received: counter }))
    }
}

/// A connection whose client is known.
pub struct Session {
    shared: XSalsa20Poly1305,
    client_key: [u8; 32],
    received: u64,
}

impl Session {
    /// The client's permanent public key, C; the client has proved that it has the secret key. jupyter_client gives its
    /// sockets the key pair of the connection file, which is the server's too, but gives its heartbeat another pair.
    pub fn client_key(&self) -> &[u8; 32] {
        &self.client_key
    }

    /// Returns READY, with this server's metadata, and the sealer and opener of the connection ("The READY Command").
    pub fn ready(self, metadata: &[u8]) -> (Vec<u8>, Sealer, Opener) {
        let nonce = 1_u64;
        let sealed = seal(&self.shared, &short_nonce(b"CurveZMQREADY---", nonce.to_be_bytes()), metadata);
        let ready = [b"\x05READY", &nonce.to_be_bytes()[..], &sealed].concat();
        let sealer = Sealer { shared: self.shared.clone(), sent: nonce };
        (ready, sealer, Opener { shared: self.shared, received: self.received })
    }
}

/// Puts outgoing frames into MESSAGE ("The MESSAGE Command"). They must be sent in the order in which they were sealed.
pub struct Sealer {
    shared: XSalsa20Poly1305,
    /// The greatest nonce so far.
    sent: u64,
}

impl Sealer {
    /// The MESSAGE for a frame (`more`: another frame of its message follows), or for a command with its name.
    ///
    /// # Errors
    /// When there is no nonce left.
    pub fn seal(&mut self, more: bool, is_command: bool, payload: &[u8]) -> Result<Vec<u8>, Refused> {
        let Some(nonce) = self.sent.checked_add(1) else { return refuse("all nonces of the connection are used up") };
        self.sent = nonce;
        let mut body = Vec::with_capacity(OVERHEAD + payload.len());
        body.extend_from_slice(MESSAGE);
        body.extend_from_slice(&nonce.to_be_bytes());
        body.extend_from_slice(&[0; TAG]);
        body.push(if more { MORE } else { 0 } | if is_command { COMMAND } else { 0 });
        body.extend_from_slice(payload);
        let (head, content) = body.split_at_mut(OVERHEAD - 1);
        let nonce = short_nonce(b"CurveZMQMESSAGES", nonce.to_be_bytes());
        let tag =
            self.shared.encrypt_in_place_detached(&nonce, &[], content).expect("there is no data beside the content");
        head[OVERHEAD - 1 - TAG..].copy_from_slice(&tag);
        Ok(body)
    }
}

/// Takes incoming frames out of MESSAGE.
pub struct Opener {
    shared: XSalsa20Poly1305,
    /// The greatest nonce so far.
    received: u64,
}

impl Opener {
    /// Whether another frame of the message follows, and whether this one is a command. The body then holds the
    /// payload, from [`OVERHEAD`] on.
    ///
    /// # Errors
    /// When it is not the next MESSAGE of this connection's client, unchanged. The body is then as it was, unless only
    /// its flags are wrong.
    pub fn open_in_place(&mut self, body: &mut [u8]) -> Result<(bool, bool), Refused> {
        if !body.starts_with(MESSAGE) {
            return refuse("it sent something other than MESSAGE");
        }
        if body.len() < OVERHEAD {
            return refuse(format!("its MESSAGE has {} bytes, fewer than {OVERHEAD}", body.len()));
        }
        let (head, content) = body.split_at_mut(OVERHEAD - 1);
        let (nonce, tag) = take::<8>(&head[MESSAGE.len()..])?;
        let counter = u64::from_be_bytes(*nonce);
        if counter <= self.received {
            return refuse("the nonce of its MESSAGE is not greater than the last one");
        }
        let (nonce, tag) = (short_nonce(b"CurveZMQMESSAGEC", *nonce), Tag::from(*take::<TAG>(tag)?.0));
        if self.shared.decrypt_in_place_detached(&nonce, &[], content, &tag).is_err() {
            return refuse("its MESSAGE cannot be opened");
        }
        self.received = counter;
        match content[0] {
            flags @ ..=3 => Ok((flags & MORE != 0, flags & COMMAND != 0)),
            flags => refuse(format!("its MESSAGE has flags that do not exist: {flags:#04x}")),
        }
    }
}

/// Encrypts this content into a box. The library fails only when there is also data to sign without encrypting it.
fn seal(key: &XSalsa20Poly1305, nonce: &Nonce, content: &[u8]) -> Vec<u8> {
    key.encrypt(nonce, content).expect("there is no data beside the content")
}

/// The first N bytes and the rest.
fn take<const N: usize>(bytes: &[u8]) -> Result<(&[u8; N], &[u8]), Refused> {
    bytes.split_first_chunk().ok_or_else(|| Refused("it sent a command that is cut off".into()))
}

/// The key of the boxes between the holders of these two keys, as NaCl's `crypto_box_beforenm` makes it; an error for a
/// public key that gives the same shared key with every secret key.
fn shared_key(public: &PublicKey, secret: &StaticSecret) -> Result<XSalsa20Poly1305, Refused> {
    let shared = secret.diffie_hellman(public);
    if !shared.was_contributory() {
        return refuse("it sent a weak key");
    }
    let mut key = hsalsa::<U10>(shared.as_bytes().into(), &[0; 16].into());
    let shared = XSalsa20Poly1305::new(&key);
    key.as_mut_slice().zeroize();
    Ok(shared)
}

/// A nonce for keys that serve one connection: used once, because the counter grows.
fn short_nonce(prefix: &[u8; 16], counter: [u8; 8]) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[..16].copy_from_slice(prefix);
    nonce[16..].copy_from_slice(&counter);
    nonce
}

/// A nonce for permanent keys: used once, because it is random.
fn long_nonce(prefix: &[u8; 8], random: &[u8; 16]) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[..8].copy_from_slice(prefix);
    nonce[8..].copy_from_slice(random);
    nonce
}

fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Refused> {
    let mut bytes = Zeroizing::new([0; N]);
    let filled = getrandom::fill(&mut *bytes);
    filled.map_err(|error| Refused(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes)
}

/// A key from 40 letters ([32/Z85](https://rfc.zeromq.org/spec/32/)): each group of five encodes four bytes.
fn from_z85(name: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, Refused> {
    const LETTERS: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    if let Some(other) = text.chars().find(|&letter| !letter.is_ascii() || !LETTERS.contains(&(letter as u8))) {
        return refuse(format!("{name} has a letter that Z85 does not have: {other:?}"));
    }
    if text.len() != 40 {
        return refuse(format!("{name} has {} letters, not 40", text.len()));
    }
    let mut key = Zeroizing::new([0; 32]);
    for (four, five) in key.chunks_exact_mut(4).zip(text.as_bytes().chunks_exact(5)) {
        let value = |letter| LETTERS.iter().position(|other| other == letter).unwrap_or(0) as u64;
        let Ok(number) = u32::try_from(five.iter().fold(0, |number, letter| number * 85 + value(letter))) else {
            return refuse(format!("{name} is not a key: five of its letters are more than four bytes"));
        };
        four.copy_from_slice(&number.to_be_bytes());
    }
    Ok(key)
}

#[cfg(test)]
mod tests;
