//! The description of the API, generated from the handlers and types that serve it.

use super::ad_exports::{make, past};
use super::channels::{self, ChannelRulesIn};
use super::costs;
use super::costs::schema::{AdCostIn, BingAdCostIn, FacebookAdCostIn, GoogleAdCostIn, OldAdCostIn};
use super::error::{Code, ProblemDetails};
use super::ingest_schema::{InboundCallIn, VisitIn, WebConversionIn};
use super::people::{IdentifierIn, allowed, cut, erase, export, guarded, person};
use super::schema::{OpportunityIn, ReferenceParam, RevenueIn, SiteIdParam};
use super::{batch, conversions, health, rates, records, reports, upload, visits};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Description, RefOr, ResponseBuilder};
use utoipa::openapi::{HeaderBuilder, Ref};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(title = "Touchline", description = "Self-hosted revenue attribution. Uploads are compatible with the Ruler Analytics data API; everything else is under `/api`, in camelCase."),
    paths(
        upload::opportunity,
        upload::revenue,
        batch::opportunities,
        batch::revenue,
        visits::visit,
        batch::visits,
        conversions::web,
        conversions::call,
        costs::upload::put_ad_costs,
        costs::upload::put_bing_ad_costs,
        costs::upload::put_facebook_ad_costs,
        costs::upload::put_google_ad_costs,
        costs::list::list_costs,
        rates::get_rates,
        records::list_opportunities,
        records::get_opportunity,
        records::delete_opportunity,
        records::list_revenue,
        records::get_revenue,
        records::delete_revenue,
        records::pipeline,
        reports::report::get_report,
        reports::drill::list_report_records,
        reports::changes::get_changes,
        reports::paths::list_paths,
        reports::funnel::get_funnel,
        reports::receipt::get_opportunity_receipt,
        reports::receipt::get_revenue_receipt,
        make::preview_google_ads_export,
        make::make_google_ads_export,
        make::preview_meta_export,
        make::make_meta_export,
        past::list_exports,
        past::get_export,
        past::get_export_file,
        channels::explain::explain_channel,
        channels::list::list_channel_rules,
        channels::set::set_channel_rules,
        person::get_person,
        erase::erase_person,
        export::export_person,
        guarded::list_guarded,
        allowed::list_allowed,
        allowed::allow_identifier,
        allowed::disallow_identifier,
        cut::cut_evidence,
        cut::restore_evidence,
        health::healthz,
        health::readyz,
        health::metrics,
    ),
    components(schemas(ProblemDetails<'static>, upload::UploadOut, conversions::ConversionOut, OpportunityIn, RevenueIn, VisitIn, WebConversionIn, InboundCallIn, AdCostIn, OldAdCostIn, BingAdCostIn, FacebookAdCostIn, GoogleAdCostIn, costs::CostsUploadOut, ChannelRulesIn, IdentifierIn, SiteIdParam, ReferenceParam)),
    tags(
        (name = "Uploads", description = "What a CRM, a telephone system or a server sends. Scope `ingest`."),
        (name = "Records", description = "Reading what was sent. Scope `read`; deleting takes `admin`."),
        (name = "Reports", description = "Which marketing brought the revenue, and what makes each number. Scope `read`."),
        (name = "Costs", description = "What advertising cost, and the rates by which money of one currency is reported in another. Sending takes the scope `ingest`, reading `read`."),
        (name = "Exports", description = "Conversions for advertising platforms, none of them twice. Scope `read`; making one takes `admin`."),
        (name = "Channels", description = "Which marketing a visit is counted to, and the rules that say so. Scope `read`; setting rules takes `admin`."),
        (name = "People", description = "Who somebody is and why, and erasing them. Scope `read`; exporting, erasing and deciding take `admin`."),
        (name = "Operation", description = "For whoever keeps it running. No token."),
    ),
    security(("token" = [])),
    modifiers(&Finish),
)]
struct Api;

struct Finish;

impl Modify for Finish {
    fn modify(&self, description: &mut Description) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        description.components.get_or_insert_default().add_security_scheme("token", bearer);
        for (path, item) in &mut description.paths.paths {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                document_failures(path, operation);
            }
        }
    }
}

/// Every failure that an operation can answer, so that a client generated from the description knows them.
fn document_failures(path: &str, operation: &mut Operation) {
    let has_token = path.starts_with("/v1") || path.starts_with("/api");
    let has_body = operation.request_body.is_some();
    let has_query = operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
    for code in Code::ALL {
        let applies = match code {
            Code::MalformedJson | Code::IncompleteBody | Code::InvalidBody => has_body,
            Code::BodyTimeout | Code::BodyTooLarge | Code::UnsupportedMediaType => has_body,
            Code::InvalidQuery => has_query,
            Code::SiteNotAllowed => path.contains("{siteId}"),
            Code::TokenMissing | Code::TokenInvalid | Code::InsufficientScope => has_token,
            Code::RateLimited => has_token,
            Code::RecordNotFound => path.contains("{reference}") || path.contains("/people"),
            Code::ExportNotFound => path.contains("{exportId}"),
            Code::PersonNotFound => path.contains("/people"),
            Code::EvidenceNotFound => path.contains("{fact}"),
            Code::ReportTooLarge => path.contains("/report") || path.ends_with("/receipt"),
            Code::Overloaded | Code::StorageUnavailable | Code::ShuttingDown | Code::TimedOut => {
                path != "/healthz"
            }
            Code::OriginNotAllowed | Code::Internal | Code::MethodNotAllowed | Code::RouteNotFound => false,
        };
        if applies {
            document(code, operation);
        }
    }
}

fn document(code: Code, operation: &mut Operation) {
    let status = code.status().as_str().to_owned();
    let line = format!("`{}`: {}.", code.name(), code.title());
    match operation.responses.responses.get_mut(&status) {
        Some(RefOr::T(response)) => {
            response.description = format!("{} {line}", response.description).trim_start().to_owned();
        }
        _ => {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemDetails"))).build();
            let mut response =
                ResponseBuilder::new().description(line).content("application/problem+json", content);
            if matches!(status.as_str(), "429" | "503") {
                let retry_after = HeaderBuilder::new().description(Some("Seconds to wait")).build();
                response = response.header("Retry-After", retry_after);
            }
            operation.responses.responses.insert(status, RefOr::T(response.build()));
        }
    }
}

static DESCRIPTION: LazyLock<Description> = LazyLock::new(Api::openapi);

/// The description itself.
pub(super) fn description() -> &'static Description {
    &DESCRIPTION
}

/// `GET /openapi.json`
pub(super) async fn json() -> Response {
    match DESCRIPTION.to_pretty_json() {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => super::error::failure(Code::Internal, "The description could not be written."),
    }
}
