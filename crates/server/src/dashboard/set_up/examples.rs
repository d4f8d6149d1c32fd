//! How facts are sent from elsewhere, with the site's own names.

use super::super::parts::card;
use super::super::session::Viewer;
use maud::{Markup, html};

/// What a field is called here and in two CRMs.
const FIELDS: [(&str, &str, &str, &str); 6] = [
    ("Reference", "the deal's own id; the same id updates it", "hs_object_id", "Id"),
    ("PipelineStage", "as your CRM spells it", "dealstage", "StageName"),
    ("OpportunityValue", "a number", "amount", "Amount"),
    ("CurrencyCode", "ISO 4217", "deal_currency_code", "CurrencyIsoCode"),
    ("OpportunityDateTime", "when the deal was in this state", "hs_lastmodifieddate", "LastModifiedDate"),
    ("EmailAddress", "of the contact: finds the visits", "email (contact)", "Contact.Email"),
];

pub(super) fn section(viewer: &Viewer, server: &str) -> Markup {
    let site = &viewer.site.id;
    let currency = viewer.site.currency.code();
    let stage = viewer.site.stages.first().map_or("Proposal", |stage| stage.name.as_str());
    // The text is put into quotes of a shell.
    let is_plain = |c: char| c.is_alphanumeric() || " -_/()".contains(c);
    let stage = if stage.chars().all(is_plain) { stage } else { "Proposal" };
    let opportunity = format!(
        "curl -X PUT '{server}/v1/{site}/opportunity/upload' \\\n  -H 'Authorization: Bearer YOUR_TOKEN' \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\n    \"Reference\": \"OPP-1\",\n    \"PipelineStage\": \"{stage}\",\n    \"OpportunityValue\": \"1000.00\",\n    \"CurrencyCode\": \"{currency}\",\n    \"OpportunityDateTime\": \"2026-01-15T09:30:00Z\",\n    \"VisitorIdentifierOptions\": [\n      {{ \"Key\": \"EmailAddress\", \"Value\": \"ann@example.com\" }}\n    ]\n  }}'"
    );
    let report = format!(
        "curl '{server}/api/v1/sites/{site}/report?by=channel&model=linear' \\\n  -H 'Authorization: Bearer YOUR_TOKEN'"
    );
    html! {
        div.section #crm {
            (card("Send opportunities from the CRM", html! { a href="/docs" { "All of the API →" } }, html! {
                div.columns {
                    div.stack {
                        h3 { "By hand, to try it" }
                        pre data-copy tabindex="0" { (opportunity) }
                        p.quiet { "It is stored when it is answered. Sending it again changes nothing." }
                        h3 { "And read what came of it" }
                        pre data-copy tabindex="0" { (report) }
                    }
                    div.stack {
                        h3 { "By the CRM, on every change of a deal" }
                        p { "Any CRM that calls a webhook will do. A client of the Ruler Analytics data API changes the host and the token, and nothing else." }
                        dl.facts {
                            dt { "Address" } dd { code { (server) "/v1/" (site) "/opportunity/upload" } }
                            dt { "Method" } dd { "PUT" }
                            dt { "Headers" } dd { code { "Authorization: Bearer YOUR_TOKEN" } br; code { "Content-Type: application/json" } }
                            dt { "Token" } dd { "with the scope " code { "ingest" } ", and no other" }
                        }
                        (mapping())
                    }
                }
            }))
        }
    }
}

fn mapping() -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Fields in two CRMs" {
            table.data {
                caption.unseen { "Which field of the CRM goes where" }
                thead { tr { th scope="col" { "Field" } th scope="col" { "HubSpot" } th scope="col" { "Salesforce" } } }
                tbody {
                    @for (name, about, hubspot, salesforce) in FIELDS {
                        tr { th scope="row" { (name) div.quiet { (about) } } td { code { (hubspot) } } td { code { (salesforce) } } }
                    }
                }
            }
        }
    }
}
