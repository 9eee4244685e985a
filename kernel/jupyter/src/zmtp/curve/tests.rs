//! A client, honest or not.

use super::*;

impl Opener {
    fn open(&mut self, body: &[u8]) -> Result<(bool, bool, Vec<u8>), Refused> {
        let mut body = body.to_vec();
        let (more, is_command) = self.open_in_place(&mut body)?;
        Ok((more, is_command, body.split_off(OVERHEAD)))
    }
}

/// Z85 in the other direction.
fn to_z85(key: &[u8; 32]) -> String {
    const LETTERS: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    let mut text = String::new();
    for four in key.chunks_exact(4) {
        let number = u32::from_be_bytes(four.try_into().unwrap());
        for place in (0..5).rev() {
            text.push(char::from(LETTERS[(number / 85_u32.pow(place) % 85) as usize]));
        }
    }
    text
}

fn secret_key() -> StaticSecret {
    StaticSecret::from(*random().unwrap())
}

fn server() -> ServerKeys {
    let secret = secret_key();
    ServerKeys { public: PublicKey::from(&secret), secret }
}

fn key(public: &PublicKey, secret: &StaticSecret) -> XSalsa20Poly1305 {
    shared_key(public, secret).unwrap()
}

const METADATA: &[u8] = b"\x0bSocket-Type\0\0\0\x06DEALER";

/// A client; its fields let it break the protocol.
struct Client {
    server: PublicKey,
    permanent: StaticSecret,
    transient: StaticSecret,
    nonce: u64,
    signature: Vec<u8>,
    vouched: Option<Vec<u8>>,
    metadata: Vec<u8>,
}

impl Client {
    fn of(server: &ServerKeys) -> Client {
        Client {
            server: server.public,
            permanent: secret_key(),
            transient: secret_key(),
            nonce: 0,
            signature: vec![0; 64],
            vouched: None,
            metadata: METADATA.to_vec(),
        }
    }

    fn next(&mut self) -> [u8; 8] {
        self.nonce += 1;
        self.nonce.to_be_bytes()
    }

    fn hello(&mut self) -> Vec<u8> {
        let nonce = self.next();
        let shared = key(&self.server, &self.transient);
        let signature = seal(&shared, &short_nonce(b"CurveZMQHELLO---", nonce), &self.signature);
        let public = PublicKey::from(&self.transient);
        [b"\x05HELLO\x01\0", &[0; 72][..], public.as_bytes(), &nonce, &signature].concat()
    }

    /// The server's transient key and the cookie.
    fn read_welcome(&self, welcome: &[u8]) -> (PublicKey, Vec<u8>) {
        assert_eq!(welcome.len(), 168);
        let rest = welcome.strip_prefix(b"\x07WELCOME").unwrap();
        let (nonce, sealed) = take::<16>(rest).unwrap();
        let opened = key(&self.server, &self.transient).decrypt(&long_nonce(b"WELCOME-", nonce), sealed).unwrap();
        let (public, cookie) = take::<32>(&opened).unwrap();
        (PublicKey::from(*public), cookie.to_vec())
    }

    fn initiate(&mut self, welcome: &[u8]) -> Vec<u8> {
        let (server, cookie) = self.read_welcome(welcome);
        let nonce = self.next();
        let (own, vouch_nonce) = (PublicKey::from(&self.transient), random().unwrap());
        let vouched = [*own.as_bytes(), *self.server.as_bytes()].concat();
        let vouched = self.vouched.as_ref().unwrap_or(&vouched);
        let vouch = seal(&key(&server, &self.permanent), &long_nonce(b"VOUCH---", &vouch_nonce), vouched);
        let content = [PublicKey::from(&self.permanent).as_bytes(), &vouch_nonce[..], &vouch, &self.metadata].concat();
        let sealed = seal(&key(&server, &self.transient), &short_nonce(b"CurveZMQINITIATE", nonce), &content);
        [b"\x08INITIATE", &cookie[..], &nonce, &sealed].concat()
    }

    fn message(&mut self, shared: &XSalsa20Poly1305, flags: u8, payload: &[u8]) -> Vec<u8> {
        let nonce = self.next();
        let sealed = seal(shared, &short_nonce(b"CurveZMQMESSAGEC", nonce), &[&[flags], payload].concat());
        [b"\x07MESSAGE", &nonce[..], &sealed].concat()
    }
}

fn open(shared: &XSalsa20Poly1305, body: &[u8], name: &[u8], prefix: &[u8; 16]) -> (u64, Vec<u8>) {
    let (nonce, sealed) = take::<8>(body.strip_prefix(name).unwrap()).unwrap();
    (u64::from_be_bytes(*nonce), shared.decrypt(&short_nonce(prefix, *nonce), sealed).unwrap())
}

/// Both sides of a connection that is ready.
fn connected() -> (Client, XSalsa20Poly1305, Sealer, Opener) {
    let server = server();
    let mut client = Client::of(&server);
    let (welcome, welcomed) = server.hello(&client.hello()).unwrap();
    let (metadata, session) = welcomed.initiate(&client.initiate(&welcome)).unwrap();
    assert_eq!(metadata, METADATA);
    assert_eq!(session.client_key(), PublicKey::from(&client.permanent).as_bytes());
    let shared = key(&client.read_welcome(&welcome).0, &client.transient);
    let (ready, sealer, opener) = session.ready(b"mine");
    assert_eq!(open(&shared, &ready, b"\x05READY", b"CurveZMQREADY---"), (1, b"mine".to_vec()));
    (client, shared, sealer, opener)
}

#[track_caller]
fn refused<T>(result: Result<T, Refused>, sentence: &str) {
    let said = result.err().expect("it is refused").to_string();
    assert!(said.contains(sentence), "{said}");
}

/// The body with each of its bits changed in turn.
fn changed(body: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..8 * body.len()).map(|bit| {
        let mut changed = body.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        (bit, changed)
    })
}

fn truncated(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..body.len()).map(|length| &body[..length])
}

/// From NaCl's documentation and tests (`crypto_box`, "firstkey"), and from 32/Z85's test case and zmq_curve(7).
#[test]
fn keys_are_those_of_others() {
    let alice = [
        0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2, 0x66, 0x45, 0xdf, 0x4c,
        0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5, 0x1d, 0xb9, 0x2c, 0x2a,
    ];
    let bob = [
        0xde, 0x9e, 0xdb, 0x7d, 0x7b, 0x7d, 0xc1, 0xb4, 0xd3, 0x5b, 0x61, 0xc2, 0xec, 0xe4, 0x35, 0x37, 0x3f, 0x83,
        0x43, 0xc8, 0x5b, 0x78, 0x67, 0x4d, 0xad, 0xfc, 0x7e, 0x14, 0x6f, 0x88, 0x2b, 0x4f,
    ];
    let first = [
        0x1b, 0x27, 0x55, 0x64, 0x73, 0xe9, 0x85, 0xd4, 0x62, 0xcd, 0x51, 0x19, 0x7a, 0x9a, 0x46, 0xc7, 0x60, 0x09,
        0x54, 0x9e, 0xac, 0x64, 0x74, 0xf2, 0x06, 0xc4, 0xee, 0x08, 0x44, 0xf6, 0x83, 0x89,
    ];
    let expected = XSalsa20Poly1305::new(&first.into());
    let nonce = Nonce::default();
    let made = shared_key(&PublicKey::from(bob), &StaticSecret::from(alice)).unwrap();
    assert_eq!(seal(&made, &nonce, b"text"), seal(&expected, &nonce, b"text"));

    let public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    let secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    let keys = ServerKeys::from_z85(public, secret).unwrap();
    assert_eq!(to_z85(keys.public()), public);
    assert_eq!(to_z85(keys.secret.as_bytes()), secret);
}

#[test]
fn what_is_not_a_pair_of_keys_is_told_in_a_sentence() {
    let public = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    let secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
    let said = |public: &str, secret: &str| ServerKeys::from_z85(public, secret).err().unwrap().to_string();
    assert_eq!(said(&public[1..], secret), "curve_publickey has 39 letters, not 40");
    assert_eq!(said(public, ""), "curve_secretkey has 0 letters, not 40");
    assert_eq!(said(public, &format!("{secret}{secret}")), "curve_secretkey has 80 letters, not 40");
    assert_eq!(said(public, &format!("{secret}\n")), "curve_secretkey has a letter that Z85 does not have: '\\n'");
    assert_eq!(said(&public.replace('Y', "é"), secret), "curve_publickey has a letter that Z85 does not have: 'é'");
    let large = "#".repeat(40);
    assert_eq!(said(&large, secret), "curve_publickey is not a key: five of its letters are more than four bytes");
    assert_eq!(said(secret, secret), "curve_publickey does not belong to curve_secretkey");
}

#[test]
fn a_session_carries_frames_and_commands_both_ways() {
    let (mut client, shared, mut sealer, mut opener) = connected();
    let long = vec![7; 1 << 20];
    let all: [(bool, bool, &[u8]); 5] = [
        (false, false, b""),
        (true, false, b"a"),
        (false, true, b"\x04PING\0\0"),
        (true, false, &long),
        (false, false, &long),
    ];
    for (index, (more, is_command, payload)) in all.into_iter().enumerate() {
        let flags = u8::from(more) | u8::from(is_command) << 1;
        let body = client.message(&shared, flags, payload);
        assert_eq!(body.len(), OVERHEAD + payload.len());
        assert_eq!(opener.open(&body).unwrap(), (more, is_command, payload.to_vec()));
        let sealed = sealer.seal(more, is_command, payload).unwrap();
        let (nonce, content) = open(&shared, &sealed, b"\x07MESSAGE", b"CurveZMQMESSAGES");
        assert_eq!((nonce, content), (index as u64 + 2, [&[flags], payload].concat()));
    }
}

#[test]
fn the_halves_live_on_different_threads() {
    let (mut client, shared, mut sealer, mut opener) = connected();
    let body = client.message(&shared, 0, b"there");
    std::thread::scope(|scope| {
        scope.spawn(move || sealer.seal(false, false, b"back").unwrap());
        scope.spawn(move || opener.open(&body).unwrap());
    });
}

#[test]
fn a_hello_with_any_bit_changed_or_cut_off_or_longer_is_refused() {
    let server = server();
    let hello = Client::of(&server).hello();
    for (bit, changed) in changed(&hello) {
        assert!(server.hello(&changed).is_err(), "bit {bit}");
    }
    assert!(truncated(&hello).all(|body| server.hello(body).is_err()));
    refused(server.hello(&[&hello[..], &[0]].concat()), "201 bytes, not 200");
    assert!(server.hello(&hello).is_ok());
}

#[test]
fn an_initiate_with_any_bit_changed_or_cut_off_or_longer_is_refused() {
    let server = server();
    // Each attempt takes a new connection and goes on from the state of this one.
    let mut client = Client::of(&server);
    let (welcome, Welcomed { server: public, cookie_key, nonce }) = server.hello(&client.hello()).unwrap();
    let again = || Welcomed { server: public, cookie_key: cookie_key.clone(), nonce };
    let initiate = client.initiate(&welcome);
    for (bit, changed) in changed(&initiate) {
        assert!(again().initiate(&changed).is_err(), "bit {bit}");
    }
    assert!(truncated(&initiate).all(|body| again().initiate(body).is_err()));
    assert!(again().initiate(&[&initiate[..], &[0]].concat()).is_err());
    assert!(again().initiate(&initiate).is_ok());
    client.metadata = vec![7; INITIATE_LIMIT - INITIATE_SIZE];
    assert_eq!(again().initiate(&client.initiate(&welcome)).unwrap().0, client.metadata);
    client.metadata.push(7);
    refused(again().initiate(&client.initiate(&welcome)), "4097 bytes, not 257 to 4096");
}

#[test]
fn a_message_with_any_bit_changed_or_cut_off_or_longer_is_refused() {
    let (mut client, shared, _, mut opener) = connected();
    let body = client.message(&shared, 1, b"a few words");
    for (bit, changed) in changed(&body) {
        assert!(opener.open(&changed).is_err(), "bit {bit}");
    }
    assert!(truncated(&body).all(|body| opener.open(body).is_err()));
    assert!(opener.open(&[&body[..], &[0]].concat()).is_err());
    assert_eq!(opener.open(&body).unwrap(), (true, false, b"a few words".to_vec()));
}

#[test]
fn what_comes_a_second_time_is_refused() {
    let server = server();
    let mut client = Client::of(&server);
    let hello = client.hello();
    let (welcome, welcomed) = server.hello(&hello).unwrap();
    let initiate = client.initiate(&welcome);
    let (_, session) = welcomed.initiate(&initiate).unwrap();
    let shared = key(&client.read_welcome(&welcome).0, &client.transient);
    let (.., mut opener) = session.ready(b"");
    let (first, second) = (client.message(&shared, 0, b"1"), client.message(&shared, 0, b"2"));
    opener.open(&second).unwrap();
    refused(opener.open(&first), "not greater");
    refused(opener.open(&second), "not greater");
    opener.open(&client.message(&shared, 0, b"3")).unwrap();
    // Nonces may be skipped.
    client.nonce = u64::MAX - 1;
    opener.open(&client.message(&shared, 0, b"4")).unwrap();
    // A whole conversation cannot be replayed on another connection either.
    let (_, other) = server.hello(&hello).unwrap();
    refused(other.initiate(&initiate), "cookie");
    let (_, _, _, mut other) = connected();
    refused(other.open(&first), "cannot be opened");
}

#[test]
fn nonces_grow_from_hello_to_initiate_to_message() {
    let server = server();
    let mut client = Client::of(&server);
    client.nonce = 10;
    let (welcome, welcomed) = server.hello(&client.hello()).unwrap();
    client.nonce = 10;
    refused(welcomed.initiate(&client.initiate(&welcome)), "not greater than that of its HELLO");
    let (mut client, shared, _, mut opener) = connected();
    client.nonce = 1;
    refused(opener.open(&client.message(&shared, 0, b"")), "not greater");
}

#[test]
fn a_client_of_another_server_or_with_another_key_is_refused() {
    let (server, other) = (server(), server());
    refused(server.hello(&Client::of(&other).hello()), "another server's key");
    let mut client = Client::of(&server);
    client.signature[63] = 1;
    refused(server.hello(&client.hello()), "cannot be opened");

    // A client that has another's permanent public key cannot vouch for it; nor for another connection or server.
    let own = |client: &Client| PublicKey::from(&client.transient).to_bytes();
    let mut client = Client::of(&server);
    for vouched in [[own(&client), other.public.to_bytes()], [[9; 32], server.public.to_bytes()]] {
        client.vouched = Some(vouched.concat());
        let (welcome, welcomed) = server.hello(&client.hello()).unwrap();
        refused(welcomed.initiate(&client.initiate(&welcome)), "for another connection");
    }
    client.vouched = None;
    let (welcome, welcomed) = server.hello(&client.hello()).unwrap();
    let (transient, cookie) = client.read_welcome(&welcome);
    let nonce = client.next();
    let vouch = seal(&key(&transient, &client.permanent), &long_nonce(b"VOUCH---", &[0; 16]), &[0; 64]);
    let stolen = [other.public.as_bytes(), &[0; 16][..], &vouch].concat();
    let sealed = seal(&key(&transient, &client.transient), &short_nonce(b"CurveZMQINITIATE", nonce), &stolen);
    refused(welcomed.initiate(&[b"\x08INITIATE", &cookie[..], &nonce, &sealed].concat()), "not its own");
}

/// With a point of low order the shared key is the same for every secret key: anyone could make and open the boxes.
#[test]
fn weak_keys_are_refused() {
    let server = server();
    let mut one = [0; 32];
    one[0] = 1;
    let of_order_eight = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
        0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ];
    for weak in [[0; 32], one, of_order_eight] {
        let shared = XSalsa20Poly1305::new(&hsalsa::<U10>(&[0; 32].into(), &[0; 16].into()));
        let signature = seal(&shared, &short_nonce(b"CurveZMQHELLO---", [0; 8]), &[0; 64]);
        let hello = [b"\x05HELLO\x01\0", &[0; 72][..], &weak, &[0; 8], &signature].concat();
        refused(server.hello(&hello), "weak");
    }
}

#[test]
fn commands_in_another_order_and_other_flags_are_refused() {
    let server = server();
    let mut client = Client::of(&server);
    let hello = client.hello();
    let (_, welcomed) = server.hello(&hello).unwrap();
    refused(welcomed.initiate(&hello), "not INITIATE");
    let (welcome, welcomed) = server.hello(&client.hello()).unwrap();
    let initiate = client.initiate(&welcome);
    refused(server.hello(&initiate), "not HELLO");
    let (_, session) = welcomed.initiate(&initiate).unwrap();
    let (.., mut opener) = session.ready(b"");
    refused(opener.open(&initiate), "other than MESSAGE");
    refused(opener.open(b""), "other than MESSAGE");
    let shared = key(&client.read_welcome(&welcome).0, &client.transient);
    refused(opener.open(&client.message(&shared, 4, b"")), "flags that do not exist: 0x04");
    let (nonce, empty) =
        (client.next(), seal(&shared, &short_nonce(b"CurveZMQMESSAGEC", client.nonce.to_be_bytes()), &[]));
    refused(opener.open(&[b"\x07MESSAGE", &nonce[..], &empty].concat()), "32 bytes, fewer than 33");
}

#[test]
fn a_session_ends_with_its_nonces() {
    let (mut client, shared, mut sealer, mut opener) = connected();
    sealer.sent = u64::MAX - 1;
    sealer.seal(false, false, b"the last").unwrap();
    refused(sealer.seal(false, false, b"none"), "used up");
    refused(sealer.seal(false, false, b"none"), "used up");
    client.nonce = u64::MAX - 1;
    opener.open(&client.message(&shared, 0, b"the last")).unwrap();
    client.nonce = u64::MAX - 1;
    refused(opener.open(&client.message(&shared, 0, b"again")), "not greater");
}

#[test]
fn what_is_opened_in_place_is_where_it_is_said_to_be() {
    let (mut client, shared, _, mut opener) = connected();
    let mut body = client.message(&shared, 3, b"here");
    assert_eq!(opener.open_in_place(&mut body).unwrap(), (true, true));
    assert_eq!(&body[OVERHEAD..], b"here");
}
