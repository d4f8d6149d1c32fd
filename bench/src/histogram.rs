//! Latencies in buckets that grow by an eighth: exact to about six percent at any size.

use std::time::Duration;

const BUCKETS: usize = 400;
const STEPS_PER_DOUBLING: u32 = 8;

#[derive(Clone)]
pub struct Histogram {
    buckets: Box<[u64; BUCKETS]>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: Box::new([0; BUCKETS]) }
    }
}

impl Histogram {
    pub fn record(&mut self, latency: Duration) {
        let micros = (latency.as_nanos() as f64 / 1e3).max(1.0);
        let bucket = (micros.log2() * f64::from(STEPS_PER_DOUBLING)) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.buckets.iter_mut().zip(other.buckets.iter()) {
            *mine += theirs;
        }
    }

    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// The latency that this share of requests stayed under, in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let wanted = (self.count() as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return 2f64.powf((bucket + 1) as f64 / f64::from(STEPS_PER_DOUBLING)) / 1e3;
            }
        }
        0.0
    }
}
