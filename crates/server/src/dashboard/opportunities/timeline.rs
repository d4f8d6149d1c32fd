//! A journey as a line from the first touch to the record: touches, conversions and milestones in order of time.

use super::super::chart::dot;
use super::super::parts::pager;
use super::record::{Record, TOUCHES_PER_PAGE};
use super::words::{cut, when};
use crate::dashboard::asked::model_title;
use crate::http::classification_out::ClassificationOut;
use crate::http::people::conversion_out::HeldConversionOut;
use crate::http::reports::receipt::{MilestoneOut, TouchTold, milestones};
use maud::{Markup, html};
use std::collections::BTreeSet;
use touchline_domain::attribution::Model;
use touchline_domain::journey::{JourneySettings, Touch};
use touchline_domain::{Instant, Moment};

/// The longest address that is shown, in characters.
const ADDRESS_SHOWN: usize = 140;

/// The most of conversions and milestones between the touches of one page.
const BETWEEN_MAX: usize = 60;

/// Something on the line.
enum Event<'a> {
    Milestone(&'a MilestoneOut),
    Touch(usize, &'a Touch),
    Conversion(&'a HeldConversionOut),
}

pub(super) fn draw(record: &Record<'_>) -> Markup {
    let milestones = milestones(&record.viewer.site, &record.whole.journey);
    let (events, later) = events(record, &milestones);
    let (shown, hidden) = of_page(record, &events);
    html! {
        @if events.iter().all(|(_, event)| matches!(event, Event::Milestone(_))) {
            p.quiet { "No visit, form or call before its date is known of whom it is about." }
        }
        ol.timeline {
            @for (_, event) in shown {
                @match event {
                    Event::Milestone(milestone) => { li.milestone { span.mark aria-hidden="true" {} div { strong { (milestone_title(milestone.name)) } " " span.quiet.small { (when(record.viewer, &milestone.at)) } } } }
                    Event::Touch(place, touch) => { (self::touch(record, *place, touch)) }
                    Event::Conversion(conversion) => { (self::conversion(record, conversion)) }
                }
            }
        }
        @if hidden > 0 { p.quiet { (hidden) " more conversions here are left out." } }
        @if later > 0 { p.quiet.small { (super::record::count(record.viewer, later, "conversion", "conversions")) " after its date do not count." } }
        (pages(record))
    }
}

/// What is on the line, in order, and how many conversions are too late to be.
fn events<'a>(record: &'a Record<'_>, milestones: &'a [MilestoneOut]) -> (Vec<(Instant, Event<'a>)>, usize) {
    let journey = &record.whole.journey;
    let settings = JourneySettings::of(&record.viewer.site);
    let at = |raw: &str| Moment::parse(raw).map_or(journey.occurred, |moment| moment);
    let touches: BTreeSet<u64> = journey.touches.iter().map(|touch| touch.fact).collect();
    let is_touch = |conversion: &&HeldConversionOut| touches.contains(&conversion.fact);
    let others = record.found.conversions.iter().filter(|conversion| !is_touch(conversion));
    let (within, later): (Vec<_>, Vec<_>) =
        others.partition(|conversion| settings.counts(journey.occurred, at(&conversion.at)));
    let mut events: Vec<(Instant, Event<'_>)> = journey
        .touches
        .iter()
        .enumerate()
        .map(|(place, touch)| (touch.at, Event::Touch(place, touch)))
        .collect();
    events.extend(within.into_iter().map(|one| (settings.instant(at(&one.at)), Event::Conversion(one))));
    // A milestone is reached by what happened at that time, so it stands after it; the first touch before. Of a date alone
    // the whole day counts.
    let milestone = |one: &'a MilestoneOut| {
        let (moment, day) = (at(&one.at), 86_399);
        let seconds = if moment.date_only { day } else { 0 };
        (settings.instant(moment).plus_seconds(seconds), Event::Milestone(one))
    };
    events.extend(milestones.iter().map(milestone));
    let rank = |event: &Event<'_>| match event {
        Event::Milestone(one) => {
            if one.name == "first touch" {
                0
            } else {
                3
            }
        }
        Event::Touch(..) => 1,
        Event::Conversion(_) => 2,
    };
    events.sort_by_key(|(at, event)| (*at, rank(event)));
    (events, later.len())
}

/// The part of the line with the page's touches, and how much of it is too much.
fn of_page<'e, 'a>(
    record: &Record<'_>,
    events: &'e [(Instant, Event<'a>)],
) -> (Vec<&'e (Instant, Event<'a>)>, usize) {
    let first = (record.page - 1) * TOUCHES_PER_PAGE;
    let begin = |touch: usize| {
        events.iter().position(|(_, event)| matches!(event, Event::Touch(place, _) if *place == touch))
    };
    let from = if first == 0 { 0 } else { begin(first).unwrap_or(events.len()) };
    let to = begin(first + TOUCHES_PER_PAGE).unwrap_or(events.len());
    let mut others = 0;
    let (mut shown, mut hidden) = (Vec::new(), 0);
    for event in &events[from..to] {
        if matches!(event.1, Event::Conversion(_)) {
            others += 1;
            if others > BETWEEN_MAX {
                hidden += 1;
                continue;
            }
        }
        shown.push(event);
    }
    (shown, hidden)
}

fn milestone_title(name: &str) -> &'static str {
    match name {
        "first touch" => "First touch",
        "lead" => "Lead",
        "created" => "Record created",
        "opportunity" => "Opportunity",
        "won" => "Won",
        _ => "Lost",
    }
}

fn touch(record: &Record<'_>, place: usize, touch: &Touch) -> Markup {
    let told = TouchTold::of(&record.viewer.site, touch, &record.whole.found);
    let channel = told.classification.as_ref().map_or("Direct", |class| class.channel.as_str());
    html! {
        li.touch {
            (dot(channel))
            div {
                div { strong { (channel) } " " span.quiet.small { "touch " (place + 1) " · " (record.viewer.locale.time(touch.at)) @if !told.is_visit { " · conversion" } } }
                @if let Some(class) = &told.classification { (dimensions(class)) }
                @if let Some(page) = &told.landing_page { div.address { (cut(page, ADDRESS_SHOWN)) } }
                @if let Some(referrer) = &told.referrer { div.address.quiet { "from " (cut(referrer, ADDRESS_SHOWN)) } }
                details.why {
                    summary { "Why " (channel) }
                    @if let Some(because) = &told.because { p { (because) } }
                    @if let Some(class) = &told.classification { (rule(class)) }
                }
            }
            (given(record, place))
        }
    }
}

/// What the touch gets, under the model that is asked for, or the plainest of them.
fn given(record: &Record<'_>, place: usize) -> Markup {
    let models = &record.query.models;
    let plainest = models.iter().position(|model| matches!(model, Model::Linear(_))).unwrap_or(0);
    let receipt = &record.whole.receipt;
    html! {
        div.given {
            @if let Some(share) = receipt.touches[place].shares[plainest] { (record.viewer.locale.money(share.minor.into(), receipt.record.currency)) } @else { span.quiet { "–" } }
            div.quiet.small { (model_title(&models[plainest]).to_lowercase()) }
        }
    }
}

/// Source, medium, campaign and the like.
fn dimensions(class: &ClassificationOut) -> Markup {
    let named = [
        ("source", &class.source),
        ("medium", &class.medium),
        ("campaign", &class.campaign),
        ("term", &class.term),
        ("content", &class.content),
    ];
    html! {
        div.dimensions {
            @for (name, value) in named {
                @if let Some(value) = value { span { span.quiet { (name) " " } (cut(value, 80)) } " " }
            }
        }
    }
}

fn rule(class: &ClassificationOut) -> Markup {
    html! {
        p.quiet { @if class.rule.own { "The site’s own rule " } @else { "Rule " } code { (class.rule.name) } @if let Some(text) = &class.rule.text { ": " code { (text) } } }
    }
}

fn conversion(record: &Record<'_>, conversion: &HeldConversionOut) -> Markup {
    let title = if conversion.call.is_some() { "Call" } else { "Form" };
    html! {
        li.conversion {
            span.mark aria-hidden="true" {}
            div {
                div { strong { (title) } @if let Some(name) = &conversion.name { " “" (cut(name, 80)) "”" } " " span.quiet.small { (when(record.viewer, &conversion.at)) } }
                @if let Some(page) = &conversion.page { div.address { (cut(page, ADDRESS_SHOWN)) } }
            }
        }
    }
}

fn pages(record: &Record<'_>) -> Markup {
    let count = record.whole.receipt.touches.len();
    if count <= TOUCHES_PER_PAGE {
        return html! {};
    }
    let last = (record.page * TOUCHES_PER_PAGE).min(count);
    let to = |page: usize| record.asked.address().with("page", page.to_string()).to_string();
    let told = format!("touches {} to {last} of {count}", (record.page - 1) * TOUCHES_PER_PAGE + 1);
    pager((record.page > 1).then(|| to(record.page - 1)), (last < count).then(|| to(record.page + 1)), &told)
}
