//! What every [`Store`] must do, as a suite that runs against any of them.
//!
//! A new implementation passes when [`CASES`] do, each on a store of its own. A new verb comes with its cases.
#![expect(clippy::unwrap_used, reason = "a case fails by panicking")]

mod as_of;
mod convergence;
mod costs;
mod directory;
mod erasure;
mod exports;
mod history;
mod identity;
mod journeys;
mod listing;
mod people;
mod rates;
mod records;
mod samples;
mod traffic;

use crate::Store;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A case: takes an empty store, panics if the store misbehaves.
pub type Case = fn(Arc<dyn Store>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! cases {
    ($($module:ident::$case:ident,)*) => {
        /// Every case with its name.
        pub const CASES: &[(&str, Case)] = &[
            $((concat!(stringify!($module), "::", stringify!($case)), |store| Box::pin($module::$case(store))),)*
        ];
    };
}

cases! {
    directory::sites_are_added_once_and_changed,
    directory::a_site_is_told_with_the_settings_that_it_had,
    directory::tokens_are_added_and_revoked,
    directory::a_session_ends_with_its_token_and_goes_when_it_is_over,
    directory::every_change_moves_the_version,
    records::the_outcome_says_what_an_upload_did,
    records::everything_uploaded_is_read_back,
    records::a_batch_sees_its_own_uploads,
    records::sites_and_kinds_are_apart,
    records::a_deleted_record_is_gone_and_can_come_back,
    records::a_backup_is_a_whole_store,
    records::a_closed_store_refuses_writes,
    listing::pages_hold_every_record_once,
    listing::paging_is_stable_under_uploads,
    listing::filters_choose_by_the_present_state,
    listing::an_identifier_of_any_version_finds_its_records,
    listing::totals_add_up_present_values_by_stage_and_currency,
    people::everything_reported_is_read_back,
    people::a_repeated_conversion_changes_nothing,
    people::a_visit_a_form_and_a_record_are_one_person,
    people::a_record_is_matched_when_evidence_comes_later,
    people::phones_match_and_do_not_join,
    people::a_guarded_address_is_listed_and_can_be_allowed,
    people::cut_evidence_does_not_count_until_it_is_restored,
    people::changed_guards_are_applied_to_all_records,
    people::a_number_is_ignored_however_it_is_written,
    people::sites_do_not_share_people,
    people::a_stranger_stops_being_one_when_a_record_finds_them_by_phone,
    identity::facts_in_any_order_by_parallel_writers_give_the_same_people,
    identity::following_piece_by_piece_is_as_good_as_asking_anew,
    journeys::whoever_reads_the_log_now_and_then_has_each_record_once,
    journeys::a_late_visit_and_a_cut_and_its_restoration_are_followed,
    journeys::a_deleted_record_has_no_journey_until_it_comes_back,
    journeys::an_erasure_leaves_no_journey_or_a_bare_one,
    journeys::changed_settings_are_applied_to_all_journeys,
    journeys::whatever_happens_at_once_journeys_are_what_the_facts_say,
    as_of::now_is_what_was_followed,
    as_of::a_past_moment_is_told_as_it_was_known,
    as_of::an_identifier_that_so_many_name_since_was_nobodys_guard,
    as_of::what_is_gone_is_not_told_of_the_past_either,
    erasure::a_person_is_erased_and_others_stay,
    erasure::what_was_found_before_an_erasure_is_not_written_after_it,
    erasure::totals_can_stay,
    erasure::what_stays_of_an_erased_record_collides_with_none,
    erasure::a_shared_number_is_erased_wherever_it_is_named,
    erasure::visits_expire_unless_they_led_to_a_record,
    erasure::what_was_decided_about_others_stays,
    erasure::somebody_larger_than_one_search_is_erased_whole,
    erasure::an_erasure_that_finds_only_a_decision_gives_no_number_twice,
    erasure::whom_the_site_ignores_can_be_found_and_erased,
    erasure::that_a_number_was_ignored_is_forgotten_in_any_spelling,
    erasure::an_identifier_that_joins_again_when_visits_expire_is_followed,
    costs::everything_about_a_cost_is_read_back,
    costs::a_restated_cost_replaces_the_one_before,
    costs::pages_hold_every_cost_once,
    costs::who_follows_the_changes_knows_what_holds,
    costs::costs_do_not_get_in_the_way_of_following,
    costs::parallel_repeats_are_stored_once,
    rates::a_sheet_is_stored_once,
    rates::a_sheet_replaces_what_it_names_and_nothing_else,
    exports::a_conversion_is_exported_once_under_a_name,
    exports::an_export_is_read_back_as_it_was_made,
    exports::parallel_exports_share_no_conversion,
    exports::an_erased_person_is_gone_from_stored_exports,
    exports::what_only_an_export_holds_can_be_erased,
    traffic::traffic_is_read_in_order_and_says_when_to_count_again,
    convergence::any_order_repeats_and_parallel_callers_end_the_same,
}
