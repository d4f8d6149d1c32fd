//! How the models share, and what the numbers are made of.

use super::draw::Page;
use crate::dashboard::asked::model_title;
use maud::{Markup, html};

impl Page<'_> {
    pub(super) fn explained(&self) -> Markup {
        let (query, basis, locale) = (&self.asked.query, &self.table.basis, &self.viewer.locale);
        html! {
            details.card.explained {
                summary { h2 { "How these models share" } }
                dl.facts {
                    @for model in &query.models { dt { (model_title(model)) } dd { (model.definition()) } }
                    dt { "Direct touches" } dd { (query.direct.definition()) }
                    dt { "Lookback" }
                    dd {
                        @if let Some(days) = query.lookback_days { "Touches of the last " (locale.count(days.into())) " days before a record's date count." }
                        @else { "All touches before a record's date count." }
                    }
                    dt { "Period" } dd { (self.asked.period_title(self.viewer)) ", by the records' dates, in " (self.viewer.site.time_zone.as_str()) "." }
                    dt { "Differences" } dd { "What a model gives more or less than " (model_title(&query.models[0]).to_lowercase()) "." }
                    dt { "Assisted" } dd { "Records whose journey has a touch here, and not their last one." }
                    dt { "Currency" }
                    dd {
                        (basis.currency.code()) ". "
                        @if let Some((first, last)) = basis.rate_days {
                            (locale.count(basis.converted)) " records were converted by reference rates of " (locale.day(first))
                            @if first != last { " to " (locale.day(last)) } "."
                        } @else { "No record was converted." }
                    }
                    dt { "Data" }
                    dd { "Everything stored before " (locale.time(self.now)) ". Version " (locale.count(basis.journeys)) " of journeys, " (locale.count(basis.costs)) " of costs, " (locale.count(basis.rates)) " of rates." }
                }
            }
        }
    }
}
