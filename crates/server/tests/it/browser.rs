//! A browser as far as pages without a script need one: it keeps the session's cookie and fills in forms.

use crate::harness::{Reply, Server};

pub struct Browser<'a> {
    pub server: &'a Server,
    pub cookie: String,
}

/// As forms send it.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect::<String>()
    };
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

impl<'a> Browser<'a> {
    /// Signed in with a token.
    pub fn with(server: &'a Server, token: &str) -> Self {
        let reply = server
            .connect()
            .request("POST", "/sign-in", &[FORM], encoded(&[("token", token)]).as_bytes())
            .unwrap();
        assert_eq!(reply.status, 303, "{}", reply.text());
        let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { server, cookie }
    }

    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let headers = [&[("Cookie", self.cookie.as_str())][..], headers].concat();
        self.server.connect().request(method, path, &headers, body.as_bytes()).unwrap()
    }

    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], "")
    }

    /// The text of a page that is there.
    pub fn page(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text().to_owned()
    }

    /// The key that forms of this session carry.
    pub fn key(&self) -> String {
        let page = self.page("/sites/s/overview");
        let (_, rest) = page.split_once("name=\"key\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    /// Sends a form of a page of this session.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let key = self.key();
        let all = [&[("key", key.as_str())][..], fields].concat();
        self.request("POST", path, &[FORM], &encoded(&all))
    }
}
