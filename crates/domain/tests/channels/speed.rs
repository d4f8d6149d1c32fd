use std::hint::black_box;
use std::time::Instant;
use touchline_domain::channel::{Arrival, ChannelRules, crawler};

fn microseconds_each(times: u32, mut what: impl FnMut()) -> f64 {
    what();
    let began = Instant::now();
    for _ in 0..times {
        what();
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(times)
}

/// A guard against accidents (a list that is read or compiled at every call), far above what a busy machine takes;
/// run with `--release -- --nocapture` for figures.
#[test]
fn a_visit_costs_microseconds() {
    let rules = ChannelRules::builtin();
    let landing =
        "https://www.shop.example/spring?utm_source=google&utm_medium=cpc&utm_campaign=brand&gclid=Cj0KCQ";
    let tagged = Arrival { landing_page: landing, referrer: Some("https://www.google.com/") };
    let referred = Arrival {
        landing_page: "https://www.shop.example/",
        referrer: Some("https://blog.partner.example/post"),
    };
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36";
    let classify = |arrival: &Arrival<'_>| {
        microseconds_each(2000, || {
            black_box(rules.classify(black_box(arrival)));
        })
    };
    let crawler = microseconds_each(2000, || {
        black_box(crawler(black_box(agent)));
    });
    for (name, each) in [
        ("classify, tagged", classify(&tagged)),
        ("classify, referred", classify(&referred)),
        ("crawler", crawler),
    ] {
        println!("{name}: {each:.2} µs");
        assert!(each < 1000.0, "{name}: {each} µs");
    }
}
