//! A browser without a script that is signed in to the pages.

use crate::harness::{Reply, Server};

/// A session.
pub struct Browser<'a> {
    server: &'a Server,
    cookie: String,
    /// What its forms carry.
    pub key: String,
}

impl<'a> Browser<'a> {
    pub fn sign_in(server: &'a Server, token: &str) -> Self {
        let body = form(&[("token", token)]);
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        let reply = server.connect().request("POST", "/sign-in", &headers, body.as_bytes()).unwrap();
        assert_eq!(reply.status, 303, "{}", reply.text());
        let cookie = reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let mut browser = Self { server, cookie, key: String::new() };
        let page = browser.page("/sites/s/set-up");
        browser.key = between(&page, "name=\"key\" value=\"", "\"").to_owned();
        browser
    }

    pub fn get(&self, path: &str) -> Reply {
        self.server.connect().request("GET", path, &[("Cookie", &self.cookie)], b"").unwrap()
    }

    /// A page that there is.
    pub fn page(&self, path: &str) -> String {
        let reply = self.get(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.text().to_owned()
    }

    /// Sends a form of one of its pages.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_with(&self.key, path, fields)
    }

    /// Sends a form with another key.
    pub fn post_with(&self, key: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form(&[&[("key", key)], fields].concat());
        let headers =
            [("Cookie", self.cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        self.server.connect().request("POST", path, &headers, body.as_bytes()).unwrap()
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// A value as it stands in an address.
pub fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What stands between two texts, the first time.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after}: {rest}")).0
}
