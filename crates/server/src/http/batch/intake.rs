use super::super::body;
use super::super::error::{ApiError, Code, Problem};
use super::super::json::{Object, Problems, scalar};
use super::super::noted;
use super::items::Items;
use super::split::{SplitError, Splitter};
use super::{BatchOut, ItemOut};
use crate::app::App;
use axum::body::Body;
use bytes::Bytes;
use serde_json::value::RawValue;
use std::time::Duration;
use touchline_domain::record::UploadOutcome;
use touchline_domain::{Instant, Text};
use touchline_store::{BatchCounts, IntakeContent, IntakeEntry, IntakeKind, StoreError};

/// How many items are stored together.
const CHUNK_ITEMS: usize = 500;

/// How often a full write queue is tried again, and how long apart, before the batch is broken off.
const QUEUE_TRIES: u32 = 100;
const QUEUE_WAIT: Duration = Duration::from_millis(50);

/// A batch on its way in.
pub(super) struct Intake<'a, I: Items> {
    pub(super) app: &'a App,
    pub(super) items: I,
    pub(super) validate_only: bool,
    pub(super) out: BatchOut,
    pub(super) chunk: Vec<(I::Item, Option<String>)>,
}

impl<I: Items> Intake<'_, I> {
    pub(super) async fn read(&mut self, mut splitter: Splitter, body: &mut Body) -> Result<(), ApiError> {
        let mut bytes = 0;
        while let Some(piece) = self.piece(body).await? {
            bytes += piece.len();
            if bytes > self.app.limits.batch_bytes {
                self.flush().await?;
                return Err(body::too_large(self.app.limits.batch_bytes));
            }
            splitter.push(&piece);
            loop {
                match splitter.next() {
                    Ok(Some(item)) => self.item(&item).await?,
                    Ok(None) => break,
                    Err(error) => return self.broken(error).await,
                }
            }
        }
        match splitter.finish() {
            Ok(Some(item)) => self.item(&item).await?,
            Ok(None) => {}
            Err(error) => return self.broken(error).await,
        }
        self.flush().await
    }

    /// The next piece of the body. When it breaks off, what came before is stored first.
    async fn piece(&mut self, body: &mut Body) -> Result<Option<Bytes>, ApiError> {
        let piece = body::piece(body).await;
        if piece.is_err() {
            self.flush().await?;
        }
        piece
    }

    /// What came before the break is stored, and said to be.
    async fn broken(&mut self, error: SplitError) -> Result<(), ApiError> {
        self.flush().await?;
        let (index, limit) = (self.out.results.len(), self.app.limits.body_bytes);
        Err(match error {
            SplitError::NotAnArray => ApiError::new(
                Code::MalformedJson,
                format!("The body must be a JSON array; see item {index}."),
            ),
            SplitError::Unfinished => {
                ApiError::new(Code::MalformedJson, format!("The JSON array ends within item {index}."))
            }
            SplitError::ItemTooLong => {
                ApiError::new(Code::BodyTooLarge, format!("Item {index} must be at most {limit} bytes."))
            }
        })
    }

    async fn item(&mut self, item: &[u8]) -> Result<(), ApiError> {
        let index = self.out.results.len() + self.chunk.len();
        if index == self.app.limits.batch_items {
            self.flush().await?;
            let limit = self.app.limits.batch_items;
            return Err(ApiError::new(
                Code::BodyTooLarge,
                format!("A batch must have at most {limit} items."),
            ));
        }
        match parse(item, &self.items) {
            Ok(parsed) => self.chunk.push(parsed),
            Err((errors, trace_id)) => {
                // Results are in the order of the items.
                self.flush().await?;
                self.app.metrics.rejected(Code::InvalidBody.name());
                self.note_item(index, item, &errors);
                self.out.rejected += 1;
                self.out.results.push(ItemOut {
                    index,
                    trace_id,
                    reference: None,
                    result: "rejected",
                    errors,
                });
            }
        }
        if self.chunk.len() == CHUNK_ITEMS {
            self.flush().await?;
        }
        Ok(())
    }

    /// Stores the valid items gathered so far.
    async fn flush(&mut self) -> Result<(), ApiError> {
        let chunk = std::mem::take(&mut self.chunk);
        if chunk.is_empty() {
            return Ok(());
        }
        let mut outcomes = Vec::new();
        let (items, trace_ids): (Vec<_>, Vec<_>) = chunk.into_iter().unzip();
        let references: Vec<_> = items.iter().map(|item| self.items.reference(item)).collect();
        if !self.validate_only {
            outcomes = self.store(&items).await?;
        }
        for (place, (reference, trace_id)) in references.into_iter().zip(trace_ids).enumerate() {
            let index = self.out.results.len();
            let result = outcomes.get(place).map_or("valid", |outcome| outcome.name());
            self.out.accepted += 1;
            self.out.results.push(ItemOut { index, trace_id, reference, result, errors: Vec::new() });
        }
        Ok(())
    }

    /// A batch gives way to single uploads: it waits while the queue is full.
    async fn store(&self, items: &[I::Item]) -> Result<Vec<UploadOutcome>, ApiError> {
        for _ in 0..QUEUE_TRIES {
            match self.items.store(self.app, items).await {
                Err(StoreError::Overloaded) => tokio::time::sleep(QUEUE_WAIT).await,
                done => return Ok(done?),
            }
        }
        Err(StoreError::Overloaded.into())
    }
}

/// How many refused items of one batch are noted, so that one does not push out everything else.
const NOTED_MAX: usize = 100;

impl<I: Items> Intake<'_, I> {
    /// Takes note of how the batch went.
    pub(super) fn note(&self, began: Instant, error: Option<&ApiError>) {
        if self.validate_only {
            return;
        }
        let now = self.app.clock.now();
        let of = |result: &str| self.out.results.iter().filter(|item| item.result == result).count() as u64;
        let counts = BatchCounts {
            took: now.as_micros().abs_diff(began.as_micros()),
            accepted: self.out.accepted as u64,
            created: of(UploadOutcome::Created.name()),
            updated: of(UploadOutcome::Updated.name()),
            unchanged: of(UploadOutcome::Unchanged.name()),
            refused: self.out.rejected as u64,
        };
        let code = error.map(|error| error.code.name().to_owned());
        let content = IntakeContent { code, problems: Vec::new(), item: None, counts: Some(counts) };
        self.note_entry(IntakeKind::Batch, None, content);
    }

    fn note_item(&self, index: usize, item: &[u8], errors: &[Problem]) {
        if self.validate_only || self.out.rejected >= NOTED_MAX {
            return;
        }
        let content = IntakeContent {
            code: Some(Code::InvalidBody.name().to_owned()),
            problems: noted::problems(errors),
            item: Some(index as u64),
            counts: None,
        };
        let raw: Option<&RawValue> = serde_json::from_slice(item).ok();
        let reference = raw.and_then(noted::reference).and_then(|raw| Text::parse(&raw).ok());
        self.note_entry(IntakeKind::Refusal, reference, content);
    }

    fn note_entry(&self, kind: IntakeKind, reference: Option<Text<255>>, content: IntakeContent) {
        let site = self.items.site().id.clone();
        let route = self.items.route().to_owned();
        let entry = IntakeEntry { site, kind, at: self.app.clock.now(), route, reference, content };
        self.app.intake_log.note(entry, &self.app.metrics);
    }
}

type Refused = (Vec<Problem>, Option<String>);

fn parse<I: Items>(item: &[u8], items: &I) -> Result<(I::Item, Option<String>), Refused> {
    let malformed = |error: ApiError| {
        let problem =
            Problem { pointer: String::new(), code: error.code.name(), detail: error.detail.into_owned() };
        (vec![problem], None)
    };
    let text = body::text(item).map_err(malformed)?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| malformed(body::malformed(&error)))?;
    let trace_id = trace_id(raw);
    match items.parse(raw) {
        Ok(parsed) => Ok((parsed, trace_id)),
        Err(problems) => Err((problems, trace_id)),
    }
}

/// Whatever the caller calls the item; echoed, cut to 200 characters, never stored.
fn trace_id(raw: &RawValue) -> Option<String> {
    let mut unread = Problems::default();
    let mut object = Object::read(raw, String::new(), "item", &mut unread)?;
    let text = scalar(object.take("traceId")?)?;
    Some(text.chars().take(200).collect())
}
