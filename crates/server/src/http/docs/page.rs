//! From the API description to HTML.

use super::super::error::Code;
use super::super::openapi;
use crate::config::Limits;
use serde_json::Value;
use std::fmt::Write as _;

/// Curl lines that work once the three variables are set. A test runs every one of them.
pub(super) const EXAMPLES: &str = include_str!("examples.sh");

/// The whole page.
pub(super) fn render(limits: &Limits) -> String {
    let api = serde_json::to_value(openapi::description()).unwrap_or_default();
    let mut body = String::new();
    introduction(&mut body, &api);
    limits_table(&mut body, limits);
    for tag in api["tags"].as_array().into_iter().flatten() {
        operations_of(&mut body, &api, tag);
    }
    failures(&mut body);
    let navigation = navigation(&api);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Touchline API</title>\n<link rel=\"stylesheet\" href=\"/docs/style.css\">\n</head>\n\
         <body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n{navigation}<main id=\"main\">\n{body}</main>\n\
         </body>\n</html>\n"
    )
}

fn navigation(api: &Value) -> String {
    let mut out = String::from("<nav aria-label=\"Contents\">\n<p class=\"brand\">Touchline</p>\n<ul>\n");
    out += "<li><a href=\"#start\">Start</a></li>\n<li><a href=\"#limits\">Limits</a></li>\n";
    for tag in api["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        let _ = write!(out, "<li><a href=\"#{}\">{}</a>\n<ul>\n", escape(name), escape(name));
        for (_, method, operation) in operations(api, name) {
            let (id, summary) =
                (escape(text(&operation["operationId"])), escape(text(&operation["summary"])));
            let _ =
                writeln!(out, "<li><a href=\"#{id}\"><b class=\"{method}\">{method}</b> {summary}</a></li>");
        }
        out += "</ul></li>\n";
    }
    out += "<li><a href=\"#failures\">Failures</a></li>\n</ul>\n</nav>\n";
    out
}

fn introduction(out: &mut String, api: &Value) {
    let description = prose(text(&api["info"]["description"]));
    let version = escape(text(&api["info"]["version"]));
    let _ = write!(
        out,
        "<header id=\"start\">\n<h1>Touchline API <small>{version}</small></h1>\n<p>{description}</p>\n\
         <p>The same description for programs: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1).</p>\n\
         <p>A token goes into the header <code>Authorization: Bearer TOKEN</code>. Make one with \
         <code>touchline token create --site SITE --scope ingest,read</code>. To try the examples, set:</p>\n\
         <pre>export TOUCHLINE=http://127.0.0.1:8080 SITE=your-site TOKEN=your-token</pre>\n{}</header>\n",
        examples()
    );
}

/// The lines before a blank one belong together; `#` begins their title.
fn examples() -> String {
    let mut out = String::new();
    for block in EXAMPLES.split("\n\n").skip(1) {
        let (title, lines) = block.split_once('\n').unwrap_or((block, ""));
        let title = escape(title.trim_start_matches('#').trim());
        let _ = write!(out, "<h3>{title}</h3>\n<pre>{}</pre>\n", escape(lines.trim_end()));
    }
    out
}

fn limits_table(out: &mut String, limits: &Limits) {
    let rows = [
        ("Body of one upload", format!("{} bytes", limits.body_bytes), "413 body_too_large"),
        ("Body of one batch", format!("{} bytes", limits.batch_bytes), "413 body_too_large"),
        ("Items in one batch", limits.batch_items.to_string(), "413 body_too_large"),
        ("Calls a second, each token", limits.requests_per_second.to_string(), "429 rate_limited"),
        ("Calls at once after a rest, each token", limits.request_burst.to_string(), "429 rate_limited"),
        ("Body of a browser's report", format!("{} bytes", limits.tag_body_bytes), "413 body_too_large"),
        ("Reports a second, each address", limits.tag_requests_per_second.to_string(), "429 rate_limited"),
        (
            "Reports at once after a rest, each address",
            limits.tag_request_burst.to_string(),
            "429 rate_limited",
        ),
        ("Uploads waiting to be written", limits.write_queue.to_string(), "503 overloaded"),
        ("Batches worked on at once", limits.batches_at_once.to_string(), "503 overloaded"),
        ("Reports worked out at once; more wait", limits.reports_at_once.to_string(), "503 overloaded"),
        ("Memory for journeys", format!("{} bytes", limits.report_bytes), "507 report_too_large"),
        ("Time for an answer", format!("{} s", limits.request_seconds), "503 timed_out"),
    ];
    *out += "<section id=\"limits\">\n<h2>Limits</h2>\n<p>As this server is set. An answer of 429 or 503 carries \
             <code>Retry-After</code>; nothing that was answered 2xx is ever dropped.</p>\n\
             <table>\n<tr><th>What<th>Limit<th>Beyond it\n";
    for (what, limit, beyond) in rows {
        let _ = writeln!(out, "<tr><td>{what}<td class=\"number\">{limit}<td><code>{beyond}</code>");
    }
    *out += "</table>\n</section>\n";
}

fn operations_of(out: &mut String, api: &Value, tag: &Value) {
    let name = text(&tag["name"]);
    let description = prose(text(&tag["description"]));
    let _ = write!(out, "<section id=\"{0}\">\n<h2>{0}</h2>\n<p>{description}</p>\n", escape(name));
    for (path, method, operation) in operations(api, name) {
        let _ = write!(
            out,
            "<article id=\"{}\">\n<h3>{}</h3>\n<p class=\"route\"><b class=\"{method}\">{method}</b> <code>{}</code></p>\n<p>{}</p>\n",
            escape(text(&operation["operationId"])),
            escape(text(&operation["summary"])),
            escape(path),
            prose(text(&operation["description"])),
        );
        parameters(out, api, operation);
        request_body(out, api, operation);
        responses(out, api, operation);
        *out += "</article>\n";
    }
    *out += "</section>\n";
}

/// A tag's operations with path and method, in the description's order.
fn operations<'a>(api: &'a Value, tag: &'a str) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
    let paths = api["paths"].as_object().into_iter().flatten();
    let all = paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.filter(move |(_, _, operation)| operation["tags"][0] == tag)
}

fn parameters(out: &mut String, api: &Value, operation: &Value) {
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
    if parameters.is_empty() {
        return;
    }
    *out += "<h4>Parameters</h4>\n<table>\n<tr><th>Name<th>In<th>Form<th>Meaning\n";
    for parameter in parameters {
        let required = if parameter["required"] == true { "" } else { " <small>optional</small>" };
        let _ = writeln!(
            out,
            "<tr><td><code>{}</code>{required}<td>{}<td>{}<td>{}",
            escape(text(&parameter["name"])),
            escape(text(&parameter["in"])),
            form(api, &parameter["schema"]),
            prose(text(&parameter["description"])),
        );
    }
    *out += "</table>\n";
}

fn request_body(out: &mut String, api: &Value, operation: &Value) {
    let Some(content) = operation["requestBody"]["content"].as_object() else { return };
    for (media_type, media) in content {
        let _ = writeln!(out, "<h4>Body <small>{}</small></h4>", escape(media_type));
        properties(out, api, &media["schema"]);
    }
}

fn responses(out: &mut String, api: &Value, operation: &Value) {
    *out += "<h4>Answers</h4>\n<table>\n<tr><th>Status<th>Meaning\n";
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "<tr><td><code>{status}</code><td>{}", prose(text(&response["description"])));
    }
    *out += "</table>\n";
    let success =
        ["200", "201"].iter().map(|status| &operation["responses"][*status]["content"]["application/json"]);
    for media in success.filter(|media| !media.is_null()) {
        *out += "<details>\n<summary>Fields of the answer</summary>\n";
        properties(out, api, &media["schema"]);
        *out += "</details>\n";
    }
}

/// The members of an object, or of the objects in an array.
fn properties(out: &mut String, api: &Value, schema: &Value) {
    let mut rows = String::new();
    gather(&mut rows, api, schema, "", 0);
    if !rows.is_empty() {
        let _ = write!(out, "<table>\n<tr><th>Field<th>Form<th>Meaning\n{rows}</table>\n");
    }
}

/// Descriptions nest three deep at most; the bound is against one that contains itself.
const DEPTH_MAX: usize = 4;

fn gather(rows: &mut String, api: &Value, schema: &Value, prefix: &str, depth: usize) {
    let schema = resolve(api, schema);
    if depth > DEPTH_MAX {
        return;
    }
    if !schema["items"].is_null() {
        gather(rows, api, &schema["items"], &format!("{prefix}[]"), depth + 1);
    }
    // What has several forms is shown in its first.
    let first_of_any = schema["anyOf"].as_array().into_iter().flatten().take(1);
    for part in schema["allOf"].as_array().into_iter().flatten().chain(first_of_any) {
        gather(rows, api, part, prefix, depth);
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().map(text).collect();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let optional = if required.contains(&name.as_str()) { "" } else { " <small>optional</small>" };
        let property = resolve(api, property);
        let meaning = prose(text(&property["description"]));
        let form = form(api, property);
        let _ = writeln!(rows, "<tr><td><code>{}</code>{optional}<td>{form}<td>{meaning}", escape(&path));
        gather(rows, api, property, &path, depth + 1);
    }
}

fn resolve<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        Some(name) => &api["components"]["schemas"][name],
        None => schema,
    }
}

/// What a value looks like, in a few words.
fn form(api: &Value, schema: &Value) -> String {
    let schema = resolve(api, schema);
    let mut words: Vec<String> = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(several) => several.iter().map(|one| text(one).to_owned()).collect(),
        _ => schema["anyOf"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| text(&one["type"]).to_owned())
            .collect(),
    };
    words.retain(|word| word != "null" && !word.is_empty());
    let mut form = words.join(" or ");
    match schema["enum"].as_array() {
        Some(values) if values.len() <= 8 => {
            form = values.iter().map(|value| format!("`{}`", text(value))).collect::<Vec<_>>().join(", ");
        }
        Some(_) => form += ", ISO 4217",
        None => {}
    }
    if let Some(example) = schema["example"].as_str() {
        let _ = write!(form, ", such as `{example}`");
    }
    prose(&form)
}

fn failures(out: &mut String) {
    *out += "<section id=\"failures\">\n<h2>Failures</h2>\n<p>Every failure is an RFC 9457 problem \
             (<code>application/problem+json</code>) with a stable <code>code</code>, the request's id, and every \
             problem of the request in <code>errors</code>, each with a JSON pointer.</p>\n\
             <table>\n<tr><th>Code<th>Status<th>Meaning\n";
    for code in Code::ALL {
        let (name, status, title) = (code.name(), code.status().as_u16(), code.title());
        let _ = writeln!(
            out,
            "<tr id=\"{name}\"><td><code>{name}</code><td class=\"number\">{status}<td>{title}"
        );
    }
    *out += "</table>\n</section>\n";
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Text with `code` in backticks.
fn prose(raw: &str) -> String {
    let mut out = String::new();
    for (index, part) in escape(raw).split('`').enumerate() {
        if index % 2 == 1 {
            let _ = write!(out, "<code>{part}</code>");
        } else {
            out += part;
        }
    }
    out
}

fn escape(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
