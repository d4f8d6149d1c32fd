//! `touchline channels`: explaining without a server, listing and setting beside a running one.

use crate::harness::{Server, run, run_ok, run_refused, touchline, wait_for};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

const BRAND: &str = r#"brand: Brand Search if source kind is "search" and campaign contains "brand""#;

/// How many rules of its own the running server knows of the site.
fn own(server: &Server) -> usize {
    let listed = server.json("/api/v1/sites/s/channels/rules");
    listed["rules"].as_array().unwrap().iter().filter(|rule| rule["own"] == true).count()
}

fn set_from_stdin(data: &Path, site: &str, rules: &str) -> String {
    let mut child = touchline()
        .args(["channels", "set", "--site", site, "--file", "-", "--data"])
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_command_line_explains() {
    let nothing = tempfile::tempdir().unwrap();
    let url = "https://shop.example/?gclid=Ab&utm_campaign=My+Brand";
    let builtin = run_ok(nothing.path(), &["channels", "explain", url]);
    for part in [
        "Paid Search\n",
        "source          google\n",
        "medium          cpc\n",
        "campaign        My Brand\n",
        "click id        gclid=Ab\n",
        "platform        Google Ads\n",
        "rule            paid-search (built-in)\n",
        "paid-search: Paid Search if source kind is \"search\" and medium matches",
        "its gclid, a click id of Google Ads, adds source google and medium cpc. The built-in rule",
    ] {
        assert!(builtin.contains(part), "{part}: {builtin}");
    }
    let searched = run_ok(
        nothing.path(),
        &["channels", "explain", "https://shop.example/", "--referrer", "https://www.bing.com/"],
    );
    assert!(searched.starts_with("Organic Search\n    source          bing\n"), "{searched}");
    assert_eq!(std::fs::read_dir(nothing.path()).unwrap().count(), 0, "no data is needed, and none is made");

    let server = Server::start();
    let data = server.data.path();
    set_from_stdin(data, "s", BRAND);
    let own = run_ok(data, &["channels", "explain", url, "--site", "s"]);
    assert!(own.starts_with("Brand Search\n") && own.contains("brand (the site's own)"), "{own}");
    assert!(own.contains(BRAND), "{own}");
    for (arguments, named) in [
        (&["shop.example"][..], "URL must be an absolute http or https URL"),
        (&["https://a.example", "--site", "nowhere"], "there is no site nowhere"),
        (&["https://a.example", "--site", "a b"], "--site"),
        (&["https://a.example", "--referrer", &"x".repeat(2_049)], "--referrer"),
    ] {
        let said = run_refused(data, &[&["channels", "explain"], arguments].concat());
        assert!(said.contains(named), "{named}: {said}");
    }
}

#[test]
fn the_command_line_lists_and_sets() {
    let server = Server::start();
    let data = server.data.path();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.txt");
    let file = path.to_str().unwrap();
    let set = ["channels", "set", "--site", "s", "--file", file];
    std::fs::write(&path, format!("\u{feff}# ours\r\n\r\n{BRAND}\r\nflyers: Print if medium is qr")).unwrap();
    assert!(run_ok(data, &set).starts_with("site s has 2 rules of its own"));
    wait_for("the running server follows", || (own(&server) == 2).then_some(()));

    let listed = run_ok(data, &["channels", "rules", "--site", "s"]);
    let lines: Vec<_> = listed.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    assert_eq!(lines, [BRAND, "flyers: Print if medium is \"qr\""]);
    assert!(listed.contains("# direct: Direct if source is"), "the built-in ones stand behind: {listed}");
    run_ok(data, &["site", "add", "--id", "copy", "--name", "Copy"]);
    assert!(
        set_from_stdin(data, "copy", &listed).starts_with("site copy has 2 rules"),
        "a list can be set as it is"
    );
    assert_eq!(
        run_ok(data, &["channels", "rules", "--site", "copy"]),
        listed.replace("rules of s,", "rules of copy,")
    );

    std::fs::write(&path, format!("{BRAND}\nno colon\n\n# fine\na: B if colour is red\n")).unwrap();
    let refused = run(data, &set);
    let error = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{error}");
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 3, "{error}");
    assert!(
        lines[0].starts_with("touchline: ") && lines[0].ends_with("rules.txt: nothing was changed"),
        "{error}"
    );
    assert!(lines[1].starts_with("  line 2 must") && lines[2].starts_with("  line 5 must"), "{error}");
    for (text, named) in
        [(format!("{BRAND}\n").repeat(201), "at most 200 rules"), ("x".repeat(300_000), "262144 bytes")]
    {
        std::fs::write(&path, text).unwrap();
        let said = run_refused(data, &set);
        assert!(said.contains(named), "{named}: {said}");
    }
    for (site, file, named) in
        [("nowhere", "/dev/null", "no site nowhere"), ("a b", file, "--site"), ("s", "/no/file", "/no/file")]
    {
        let said = run_refused(data, &["channels", "set", "--site", site, "--file", file]);
        assert!(said.contains(named), "{named}: {said}");
    }
    assert_eq!(own(&server), 2, "nothing was changed");
    std::fs::write(&path, "").unwrap();
    assert!(run_ok(data, &set).starts_with("site s has 0 rules"));
    wait_for("the running server follows", || (own(&server) == 0).then_some(()));
}
