//! How bodies arrive: in chunks, in drops, cut short, too long, and what is no HTTP at all.

use crate::harness::{Connection, Reply, Server, opportunity, wait_for};
use std::io::Write;

/// The head of an upload with its framing headers, to be followed by the body.
fn head(server: &Server, framing: &str) -> String {
    format!(
        "PUT /v1/s/opportunity/upload HTTP/1.1\r\nHost: touchline\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\n{framing}\r\n",
        server.token
    )
}

fn body() -> Vec<u8> {
    opportunity("F", "Proposal", "5", "2024-01-15").to_string().into_bytes()
}

/// A body in chunks of a size.
fn chunked(body: &[u8], size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in body.chunks(size) {
        write!(out, "{:x}\r\n", chunk.len()).unwrap();
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

/// Sends bytes on a connection of their own; the server may stop reading before all are sent.
fn exchange(server: &Server, bytes: &[u8]) -> Reply {
    let mut connection = server.connect();
    // The answer tells what came of it.
    let _ = connection.send(bytes);
    let reply = connection.reply().unwrap();
    assert_eq!(server.get("/healthz").text(), "ok\n");
    reply
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, reply.code().as_str()), (status, code), "{reply:?}");
}

#[test]
fn chunked_bodies_of_any_grain_are_read() {
    let server = Server::start();
    for (size, result) in [(1, "created"), (7, "unchanged"), (100_000, "unchanged")] {
        let bytes =
            [head(&server, "Transfer-Encoding: chunked\r\n").into_bytes(), chunked(&body(), size)].concat();
        assert_eq!(exchange(&server, &bytes).result(), result, "chunks of {size}");
    }
    let extended = b"3;name=value\r\n{ }\r\n0\r\nTrailer: x\r\n\r\n";
    let bytes = [head(&server, "Transfer-Encoding: chunked\r\n").as_bytes(), extended].concat();
    assert_refused(&exchange(&server, &bytes), 400, "invalid_body");
}

#[test]
fn a_body_that_comes_byte_by_byte_is_read() {
    let server = Server::start();
    let mut connection = server.connect();
    let request =
        [head(&server, &format!("Content-Length: {}\r\n", body().len())).into_bytes(), body()].concat();
    for byte in request {
        connection.send(&[byte]).unwrap();
    }
    assert_eq!(connection.reply().unwrap().result(), "created");
}

#[test]
fn several_requests_sent_at_once_are_answered_in_order() {
    let server = Server::start();
    let mut connection = server.connect();
    let uploads = (0..20).map(|number| {
        let body = opportunity(&format!("P{number}"), "Proposal", "5", "2024-01-15").to_string();
        head(&server, &format!("Content-Length: {}\r\nX-Request-Id: id-{number}\r\n", body.len())) + &body
    });
    connection.send(uploads.collect::<String>().as_bytes()).unwrap();
    for number in 0..20 {
        let reply = connection.reply().unwrap();
        assert_eq!(
            (reply.result(), reply.header("x-request-id")),
            ("created", Some(format!("id-{number}").as_str()))
        );
    }
}

#[test]
fn the_limit_of_a_body_is_exact() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_BODY_BYTES", "1000")]);
    let padded = |length: usize| [body(), vec![b' '; length - body().len()]].concat();
    for (length, status) in [(1_000, 201), (1_001, 413)] {
        let announced =
            [head(&server, &format!("Content-Length: {length}\r\n")).into_bytes(), padded(length)].concat();
        assert_eq!(exchange(&server, &announced).status, status, "{length} announced");
        for size in [1, 999, 5_000] {
            let chunks = [
                head(&server, "Transfer-Encoding: chunked\r\n").into_bytes(),
                chunked(&padded(length), size),
            ];
            assert_eq!(exchange(&server, &chunks.concat()).status, status, "{length} in chunks of {size}");
        }
    }
}

#[test]
fn whoever_sends_too_much_still_hears_why() {
    let server = Server::start();
    for framing in ["Content-Length: 4000000\r\n", "Transfer-Encoding: chunked\r\n"] {
        for _ in 0..20 {
            let head = head(&server, framing).into_bytes();
            let body = vec![b' '; 4_000_000];
            let body = if framing.starts_with('T') { chunked(&body, 65_536) } else { body };
            assert_refused(&exchange(&server, &[head, body].concat()), 413, "body_too_large");
        }
    }
}

#[test]
fn a_client_that_asks_first_is_told_before_it_sends() {
    let server = Server::start();
    let mut connection = server.connect();
    connection.send(head(&server, "Content-Length: 4000000\r\nExpect: 100-continue\r\n").as_bytes()).unwrap();
    assert_refused(&connection.reply().unwrap(), 413, "body_too_large");
    let mut connection = server.connect();
    let framing = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body().len());
    connection.send(head(&server, &framing).as_bytes()).unwrap();
    assert_eq!(connection.reply().unwrap().status, 100);
    connection.send(&body()).unwrap();
    assert_eq!(connection.reply().unwrap().result(), "created");
}

#[test]
fn more_bodies_than_fit_in_memory_are_told_to_wait() {
    let bounds = [("TOUCHLINE_LIMITS_BODY_BYTES", "1000"), ("TOUCHLINE_LIMITS_IN_FLIGHT_BYTES", "1000")];
    let server = Server::start_with(&bounds);
    let whole = [body(), vec![b' '; 1_000 - body().len()]].concat();
    let mut first = server.connect();
    first.send(head(&server, "Content-Length: 1000\r\nExpect: 100-continue\r\n").as_bytes()).unwrap();
    assert_eq!(first.reply().unwrap().status, 100, "it has its share");
    for framing in [format!("Content-Length: {}\r\n", body().len()), "Transfer-Encoding: chunked\r\n".into()]
    {
        let bytes = if framing.starts_with('T') { chunked(&body(), 100) } else { body() };
        let reply = exchange(&server, &[head(&server, &framing).into_bytes(), bytes].concat());
        assert_refused(&reply, 503, "overloaded");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    first.send(&whole).unwrap();
    assert_eq!(first.reply().unwrap().result(), "created");
    wait_for("its share is free again", || {
        let bytes =
            [head(&server, "Transfer-Encoding: chunked\r\n").into_bytes(), chunked(&body(), 100)].concat();
        (exchange(&server, &bytes).status == 201).then_some(())
    });
}

#[test]
fn a_body_that_never_comes_is_not_waited_for_for_ever() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_REQUEST_SECONDS", "1")]);
    let mut connection = server.connect();
    connection.send(&[head(&server, "Content-Length: 1000\r\n").into_bytes(), body()].concat()).unwrap();
    let reply = connection.reply().unwrap();
    assert_refused(&reply, 503, "timed_out");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(server.get("/api/v1/sites/s/opportunities/F").status, 404);
}

#[test]
fn a_body_that_breaks_off_is_answered_and_not_stored() {
    let server = Server::start();
    for framing in ["Content-Length: 10000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut connection = server.connect();
        let mut bytes = head(&server, framing).into_bytes();
        if framing.starts_with('T') {
            bytes.extend(chunked(&body(), 100_000).strip_suffix(b"0\r\n\r\n").unwrap());
        } else {
            bytes.extend(body());
        }
        connection.send(&bytes).unwrap();
        connection.finish_sending();
        assert_refused(&connection.reply().unwrap(), 400, "incomplete_body");
        assert_eq!(server.get("/api/v1/sites/s/opportunities/F").status, 404, "{framing}");
    }
    let bytes =
        [head(&server, "Transfer-Encoding: chunked\r\n").as_bytes(), b"zz\r\n{}\r\n0\r\n\r\n"].concat();
    assert_refused(&exchange(&server, &bytes), 400, "incomplete_body");
}

#[test]
fn a_request_without_any_length_has_no_body() {
    let server = Server::start();
    let reply = exchange(&server, head(&server, "").as_bytes());
    assert_refused(&reply, 400, "malformed_json");
    assert_refused(
        &exchange(&server, head(&server, "Content-Length: 0\r\n").as_bytes()),
        400,
        "malformed_json",
    );
}

#[test]
fn framing_that_could_be_read_in_two_ways_is_never_stored() {
    let server = Server::start();
    let lengths = [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
    ];
    for framing in lengths {
        let reply = exchange(&server, &[head(&server, framing).into_bytes(), body()].concat());
        assert_eq!(reply.status, 400, "{framing}");
    }
    // RFC 9112, section 6.3: chunks win over a length, and the connection is not used again.
    let framing = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n";
    let smuggled = "GET /healthz HTTP/1.1\r\nHost: touchline\r\n\r\n";
    let mut connection = server.connect();
    connection
        .send(&[head(&server, framing).into_bytes(), chunked(&body(), 100), smuggled.into()].concat())
        .unwrap();
    assert_eq!(connection.reply().unwrap().result(), "created");
    assert!(connection.reply().is_err(), "nothing after it is a request");
}

#[test]
fn what_is_no_http_is_turned_away() {
    let server = Server::start();
    let tls_hello = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[7; 400]].concat();
    for garbage in
        [&b"garbage\r\n\r\n"[..], b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", &tls_hello]
    {
        let mut connection = server.connect();
        connection.send(garbage).unwrap();
        connection.finish_sending();
        assert_eq!(connection.reply().unwrap().status, 400, "{garbage:?}");
        assert!(connection.reply().is_err(), "the connection ends");
    }
    assert_eq!(server.get("/healthz").text(), "ok\n");
}

#[test]
fn heads_without_end_are_turned_away() {
    let server = Server::start();
    let long_header =
        format!("GET /healthz HTTP/1.1\r\nHost: touchline\r\nX-Long: {}\r\n\r\n", "x".repeat(2_000_000));
    let many: String =
        (0..1_000).flat_map(|number| ["X-".into(), number.to_string(), ": x\r\n".into()]).collect();
    let many_headers = format!("GET /healthz HTTP/1.1\r\nHost: touchline\r\n{many}\r\n");
    let long_address = format!("GET /{} HTTP/1.1\r\nHost: touchline\r\n\r\n", "x".repeat(100_000));
    for (request, status) in [(long_header, 431), (many_headers, 431), (long_address, 414)] {
        assert_eq!(exchange(&server, request.as_bytes()).status, status);
    }
}

#[test]
fn a_client_that_sends_nothing_is_not_waited_for_for_ever() {
    let server = Server::start_with(&[("TOUCHLINE_LIMITS_HEAD_SECONDS", "1")]);
    let mut idle: Vec<Connection> = (0..5).map(|_| server.connect()).collect();
    idle[0].send(b"GET /healthz HT").unwrap();
    let mut kept = server.connect();
    assert_eq!(kept.request("GET", "/healthz", &[], b"").unwrap().status, 200);
    idle.push(kept);
    for mut connection in idle {
        // Closed, or answered 408: not left open until the client gives up.
        match connection.reply() {
            Ok(reply) => assert_eq!(reply.status, 408),
            Err(error) => assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "it is still open"),
        }
    }
}
