use super::{Found, Journey, Origin, Touch};
use crate::channel::ChannelRules;
use crate::{Instant, Money};

/// Why a record counts otherwise than it did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It was not known then.
    NewRecord,
    /// It is not known any more.
    GoneRecord,
    /// It is worth something else.
    Value {
        /// What it was worth.
        from: Money,
        /// What it is worth.
        to: Money,
    },
    /// It is in another stage.
    Stage {
        /// The stage that it was in; revenue has none.
        from: Option<String>,
        /// The stage that it is in.
        to: Option<String>,
    },
    /// It has another date.
    Date,
    /// Its labels or properties are others.
    Description,
    /// Nobody was found for it then, and now somebody is.
    Matched,
    /// Somebody was found for it then, and now nobody is.
    Unmatched,
    /// So many touches were received since.
    LateTouches(usize),
    /// So many touches were there, and are known to be this person's since.
    NewEvidence(usize),
    /// So many touches are not this person's any more, lie after its date now, or are gone.
    LostTouches(usize),
    /// So many of its touches are counted to another channel by the site's rules.
    Rules(usize),
    /// The site's stages mean something else.
    Milestones,
}

impl Reason {
    /// The name in answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NewRecord => "new_record",
            Self::GoneRecord => "gone_record",
            Self::Value { .. } => "value",
            Self::Stage { .. } => "stage",
            Self::Date => "date",
            Self::Description => "description",
            Self::Matched => "matched",
            Self::Unmatched => "unmatched",
            Self::LateTouches(_) => "late_touches",
            Self::NewEvidence(_) => "new_evidence",
            Self::LostTouches(_) => "lost_touches",
            Self::Rules(_) => "rules",
            Self::Milestones => "milestones",
        }
    }

    /// The same in a sentence.
    pub fn sentence(&self) -> String {
        let touches =
            |count: &usize| if *count == 1 { "1 touch".to_owned() } else { format!("{count} touches") };
        let verb =
            |count: &usize, one: &'static str, many: &'static str| if *count == 1 { one } else { many };
        let stage = |stage: &Option<String>| stage.clone().unwrap_or_else(|| "none".to_owned());
        match self {
            Self::NewRecord => "The record is new.".to_owned(),
            Self::GoneRecord => "The record is gone.".to_owned(),
            Self::Value { from, to } => format!("Its value changed from {from} to {to}."),
            Self::Stage { from, to } => format!("Its stage changed from {} to {}.", stage(from), stage(to)),
            Self::Date => "Its date changed.".to_owned(),
            Self::Description => "Its labels or properties changed.".to_owned(),
            Self::Matched => "Somebody was found for it.".to_owned(),
            Self::Unmatched => "Nobody is found for it any more.".to_owned(),
            Self::LateTouches(count) => format!("{} came in since.", touches(count)),
            Self::NewEvidence(count) => {
                let were = verb(count, "was", "were");
                format!(
                    "{} that {were} there {} known to be this person's since.",
                    touches(count),
                    verb(count, "is", "are")
                )
            }
            Self::LostTouches(count) => {
                format!("{} {} to it no more.", touches(count), verb(count, "belongs", "belong"))
            }
            Self::Rules(count) => {
                let is = verb(count, "is", "are");
                format!("{} {is} counted to another channel by the site's rules.", touches(count))
            }
            Self::Milestones => "The site's stages mean something else.".to_owned(),
        }
    }
}

/// Why a record that was known as `before` at the moment `since`, and is known as `after` now, counts otherwise: empty when
/// it does not. `rules` are the site's then and now.
pub fn reasons(
    before: Option<&Journey>,
    after: Option<&Journey>,
    since: Instant,
    rules: (&ChannelRules, &ChannelRules),
) -> Vec<Reason> {
    let (before, after) = match (before, after) {
        (None, None) => return Vec::new(),
        (None, Some(_)) => return vec![Reason::NewRecord],
        (Some(_), None) => return vec![Reason::GoneRecord],
        (Some(before), Some(after)) => (before, after),
    };
    let mut reasons = Vec::new();
    if before.value != after.value {
        reasons.push(Reason::Value { from: before.value, to: after.value });
    }
    let stage = |journey: &Journey| journey.stages.last().map(|spell| spell.stage.clone());
    if stage(before) != stage(after) {
        reasons.push(Reason::Stage { from: stage(before), to: stage(after) });
    }
    if before.occurred != after.occurred {
        reasons.push(Reason::Date);
    }
    if before.labels != after.labels || before.properties != after.properties {
        reasons.push(Reason::Description);
    }
    let is_found = |journey: &Journey| matches!(journey.found, Found::By(_));
    match (is_found(before), is_found(after)) {
        (false, true) => reasons.push(Reason::Matched),
        (true, false) => reasons.push(Reason::Unmatched),
        _ => {}
    }
    let is_in =
        |journey: &Journey, touch: &Touch| journey.touches.iter().any(|known| known.fact == touch.fact);
    let added = || after.touches.iter().filter(|touch| !is_in(before, touch));
    let late = added().filter(|touch| touch.received_at > since).count();
    // What lay after the record's date is there because the date is another, which is told already.
    let end = before.occurred.at.plus_seconds(if before.occurred.date_only { 86_400 } else { 0 });
    let was_there = |touch: &&Touch| touch.received_at <= since && touch.at <= end;
    let counted = [
        Reason::LateTouches(late),
        Reason::NewEvidence(added().filter(was_there).count()),
        Reason::LostTouches(before.touches.iter().filter(|touch| !is_in(after, touch)).count()),
        Reason::Rules(reclassified(before, after, rules)),
    ];
    reasons.extend(counted.into_iter().filter(|reason| {
        !matches!(
            reason,
            Reason::LateTouches(0) | Reason::NewEvidence(0) | Reason::LostTouches(0) | Reason::Rules(0)
        )
    }));
    reasons
}

fn reclassified(before: &Journey, after: &Journey, (then, now): (&ChannelRules, &ChannelRules)) -> usize {
    if then == now {
        return 0;
    }
    let channel =
        |origin: &Origin, rules| origin.classify(rules).map(|classification| classification.channel);
    let stayed =
        after.touches.iter().filter(|touch| before.touches.iter().any(|known| known.fact == touch.fact));
    stayed.filter(|touch| channel(&touch.origin, then) != channel(&touch.origin, now)).count()
}
