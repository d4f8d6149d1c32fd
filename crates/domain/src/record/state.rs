use super::{Particulars, Property, StoredVersion, Version};
use crate::{Identifier, Moment, Money, Text};
use std::collections::BTreeSet;

/// What an upload did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadOutcome {
    /// The record is new.
    Created,
    /// A version was added to the record.
    Updated,
    /// The record says the same already; nothing was stored.
    Unchanged,
}

impl UploadOutcome {
    /// Decides what an upload does to a record.
    ///
    /// `holding` is the version that was received last among those at the upload's own instant. An upload equal
    /// to it is a repeat; any other is a new statement, even one that returns to what an earlier version said.
    pub fn decide(record_exists: bool, holding: Option<&Version>, upload: &Version) -> Self {
        match (record_exists, holding) {
            (false, _) => Self::Created,
            (true, Some(holding)) if holding == upload => Self::Unchanged,
            (true, _) => Self::Updated,
        }
    }

    /// The name in headers and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What a record is now: its versions laid over one another in [order](StoredVersion::order).
///
/// Scalars are the last version's, an absent `lead` excepted; labels and properties are those of the last
/// version that carried any; identifiers add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordState {
    /// When what it says became so.
    pub occurred: Moment,
    /// What it is worth.
    pub value: Money,
    /// What only its kind has.
    pub particulars: Particulars,
    /// Everybody any version named.
    pub identifiers: BTreeSet<Identifier>,
    /// Free labels, sorted.
    pub labels: Vec<Text<255>>,
    /// Free properties, sorted by name.
    pub properties: Vec<Property>,
}

impl RecordState {
    /// Folds a record's versions, given in any order. `None` if there are none.
    pub fn of(versions: &[StoredVersion]) -> Option<Self> {
        let mut ordered: Vec<_> = versions.iter().collect();
        ordered.sort_unstable_by_key(|stored| stored.order());
        let (first, later) = ordered.split_first()?;
        let mut state = Self::first(&first.version);
        for stored in later {
            state.lay_over(&stored.version);
        }
        Some(state)
    }

    fn first(version: &Version) -> Self {
        Self {
            occurred: version.occurred,
            value: version.value,
            particulars: version.particulars.clone(),
            identifiers: version.identifiers.iter().cloned().collect(),
            labels: version.labels.clone().unwrap_or_default(),
            properties: version.properties.clone().unwrap_or_default(),
        }
    }

    fn lay_over(&mut self, version: &Version) {
        self.occurred = version.occurred;
        self.value = version.value;
        self.particulars = match (&self.particulars, &version.particulars) {
            (Particulars::Revenue { lead }, Particulars::Revenue { lead: None }) => {
                Particulars::Revenue { lead: *lead }
            }
            (_, latest) => latest.clone(),
        };
        self.identifiers.extend(version.identifiers.iter().cloned());
        if let Some(labels) = &version.labels {
            self.labels.clone_from(labels);
        }
        if let Some(properties) = &version.properties {
            self.properties.clone_from(properties);
        }
    }

    /// The pipeline stage; revenue has none.
    pub fn stage(&self) -> Option<&str> {
        match &self.particulars {
            Particulars::Opportunity { stage } => Some(stage.as_str()),
            Particulars::Revenue { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{StageSpell, stage_history};
    use crate::{Country, Currency, IdentifierKind, Instant};
    use proptest::prelude::*;

    fn version() -> impl Strategy<Value = Version> {
        let text = |raw: String| Text::parse(&raw).unwrap();
        let name = "[abc]".prop_map(text);
        let labels = prop::option::of(prop::collection::btree_set("[xyz]".prop_map(text), 0..3));
        let property = "[pq]".prop_map(move |name| Property { name: text(name), value: "v".into() });
        let properties = prop::option::of(prop::collection::btree_set(property, 0..3));
        let emails = prop::collection::btree_set("[mn]@x", 1..3);
        (0i64..6, 0i64..4, name, emails, labels, properties).prop_map(
            |(second, minor, stage, emails, labels, properties)| Version {
                occurred: Moment { at: Instant::from_micros(second), date_only: false },
                value: Money { minor, currency: Currency::parse("GBP").unwrap() },
                particulars: Particulars::Opportunity { stage },
                identifiers: emails.iter().map(|email| identifier(email)).collect(),
                labels: labels.map(|set| set.into_iter().collect()),
                properties: properties.map(|set| set.into_iter().collect()),
            },
        )
    }

    fn identifier(email: &str) -> Identifier {
        Identifier::parse(IdentifierKind::EmailAddress, email, Country::parse("GB").unwrap()).unwrap()
    }

    /// What a store does with uploads, one after another.
    fn receive(uploads: &[Version]) -> Vec<StoredVersion> {
        let mut stored: Vec<StoredVersion> = Vec::new();
        for (change, upload) in (1..).zip(uploads) {
            let at_same_instant = |s: &&StoredVersion| s.version.occurred.at == upload.occurred.at;
            let holding = stored.iter().filter(at_same_instant).max_by_key(|s| s.change);
            let outcome = UploadOutcome::decide(!stored.is_empty(), holding.map(|s| &s.version), upload);
            if outcome != UploadOutcome::Unchanged {
                let received_at = upload.occurred.at;
                stored.push(StoredVersion { change, received_at, version: upload.clone() });
            }
        }
        stored
    }

    type Observable = (Option<RecordState>, Vec<StageSpell>, Vec<Version>);

    fn observable(mut stored: Vec<StoredVersion>) -> Observable {
        let (state, history) = (RecordState::of(&stored), stage_history(&stored));
        stored.sort_by_key(StoredVersion::order);
        (state, history, stored.into_iter().map(|s| s.version).collect())
    }

    /// At one instant the last statement received holds, so order can only be free between instants.
    fn one_per_instant(mut uploads: Vec<Version>) -> Vec<Version> {
        uploads.sort_by_key(|upload| upload.occurred.at);
        uploads.dedup_by_key(|upload| upload.occurred.at);
        uploads
    }

    proptest! {
        #[test]
        fn order_and_repeats_do_not_matter(
            uploads in prop::collection::vec(version(), 1..6).prop_map(one_per_instant),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let mut shuffled: Vec<_> = picks.iter().map(|pick| pick.get(&uploads).clone()).collect();
            shuffled.extend(uploads.iter().rev().cloned());
            prop_assert_eq!(observable(receive(&shuffled)), observable(receive(&uploads)));
        }

        #[test]
        fn the_last_statement_received_at_an_instant_holds(
            uploads in prop::collection::vec(version(), 1..8),
        ) {
            let state = RecordState::of(&receive(&uploads)).unwrap();
            let latest = uploads.iter().map(|upload| upload.occurred.at).max().unwrap();
            let last = uploads.iter().rev().find(|upload| upload.occurred.at == latest).unwrap();
            prop_assert_eq!(state.value, last.value);
            prop_assert_eq!(state.stage(), last.stage());
            let everybody: BTreeSet<_> = uploads.iter().flat_map(|u| u.identifiers.clone()).collect();
            prop_assert_eq!(state.identifiers, everybody);
        }
    }
}
