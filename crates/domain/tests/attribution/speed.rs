use std::time::Instant;
use touchline_domain::attribution::{FitBuilder, Model, Path, apportion};

const JOURNEYS: usize = 20_000;
const TOUCHES: usize = 10;

/// A guard against accidents, far above what a busy machine takes; run with `--release -- --nocapture` for figures.
#[test]
fn a_touch_costs_nanoseconds() {
    let touches = f64::from(u32::try_from(JOURNEYS * TOUCHES).unwrap());
    let number = |place: usize| i64::try_from(place).unwrap();
    let times: Vec<_> =
        (0..JOURNEYS * TOUCHES).map(|touch| number(touch * 7_919 % 86_400 + touch * 40_000)).collect();
    let channels: Vec<_> =
        (0..JOURNEYS * TOUCHES).map(|touch| u32::try_from(touch * touch / 3 % 12).unwrap()).collect();
    let journeys = || times.chunks_exact(TOUCHES).zip(channels.chunks_exact(TOUCHES));
    let report = |what: &str, began: Instant| {
        let each = began.elapsed().as_secs_f64() * 1e9 / touches;
        println!("{what}: {each:.1} ns a touch");
        assert!(each < 20_000.0, "{what}: {each} ns");
    };
    let began = Instant::now();
    let mut builder = FitBuilder::new();
    for (place, (_, channels)) in journeys().enumerate() {
        builder.add(channels, u64::from(place % 3 == 0), 1);
    }
    report("gathering", began);
    let fit = builder.fit().unwrap();
    for model in Model::all() {
        let began = Instant::now();
        let (mut weights, mut shares, mut sum) = (Vec::new(), [0; TOUCHES], 0);
        for (amount, (times, channels)) in (10_000..).step_by(17).zip(journeys()) {
            let (lead, opportunity) = (Some(times[3]), Some(times[6] + 5));
            let path = Path { times, channels, lead, opportunity, closed: times[TOUCHES - 1] };
            model.weigh(&path, Some(&fit), &mut weights);
            apportion(amount, &weights, &mut shares);
            sum += shares.iter().sum::<i64>() - amount;
        }
        assert_eq!(sum, 0);
        report(model.name(), began);
    }
}
