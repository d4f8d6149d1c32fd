# Curl lines for the page /docs; each block is one example. TOUCHLINE, SITE and TOKEN must be set.

# Send an opportunity
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/opportunity/upload" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"Reference": "OPP-1", "OpportunityValue": "1000.00", "CurrencyCode": "GBP",
       "PipelineStage": "Proposal", "OpportunityDateTime": "2024-01-15T09:30:00Z",
       "VisitorIdentifierOptions": [{"Key": "EmailAddress", "Value": "ann@example.com"}],
       "Labels": ["North"], "AdditionalDataProperties": [{"Name": "Agent", "Value": "Ann"}]}'

# Send the same deal, won, and see what it is now
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/opportunity/upload" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Prefer: return=representation" \
  -d '{"Reference": "OPP-1", "OpportunityValue": 1200, "CurrencyCode": "GBP",
       "PipelineStage": "Won", "OpportunityDateTime": "2024-02-20",
       "VisitorIdentifierOptions": [{"Key": "PhoneNumber", "Value": "020 7946 0018"}]}'

# Send revenue
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/revenue/upload" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"Reference": "INV-1", "Value": 1200, "CurrencyCode": "GBP", "RevenueClosedDate": "2024-02-20",
       "Labels": ["Invoice"],
       "VisitorIdentifierOptions": [{"Key": "EmailAddress", "Value": "ann@example.com"}]}'

# Check an upload without storing it
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/opportunity/upload?validateOnly=true" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"Reference": "OPP-2", "OpportunityValue": 5, "CurrencyCode": "EUR", "PipelineStage": "New",
       "OpportunityDateTime": "2024-01-15", "VisitorIdentifierOptions": [{"Key": "RaId", "Value": "v-1"}]}'

# Send many at once, one a line
printf '%s\n' \
  '{"traceId": "row-1", "Reference": "OPP-3", "OpportunityValue": 10, "CurrencyCode": "GBP", "PipelineStage": "New", "OpportunityDateTime": "2024-01-15", "VisitorIdentifierOptions": [{"Key": "RaId", "Value": "v-1"}]}' \
  '{"traceId": "row-2", "Reference": "OPP-4", "OpportunityValue": "a lot"}' |
curl --fail-with-body -X POST "$TOUCHLINE/api/v1/sites/$SITE/opportunities/batch" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/x-ndjson" --data-binary @-

# Report a visit that a server saw
curl --fail-with-body -X POST "$TOUCHLINE/api/v1/sites/$SITE/visits" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"raId": "v-1", "at": "2024-01-10T08:00:00Z", "url": "https://example.com/?utm_source=google&utm_medium=cpc",
       "referrer": "https://www.google.com/"}'

# Send a form that the visitor filled in
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/webconversion" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Prefer: return=representation" \
  -d '{"Reference": "FORM-1", "CaptureDateTime": "2024-01-10T08:05:00Z",
       "VisitorIdentifierOptions": [{"Key": "RaId", "Value": "v-1"}],
       "Payload": [{"Key": "email", "Value": "ann@example.com"}, {"Key": "order", "Value": "A-1001"}]}'

# Send a call
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/inboundcallconversion" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"Reference": "CALL-1", "StartDateTimeISO": "2024-01-11T10:00:00", "EndDateTimeISO": "2024-01-11T10:04:00",
       "CalledNumber": "020 7946 0000", "CallerNumber": "020 7946 0018", "Result": "Answered"}'

# List what was won since January
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/opportunities?stage=Won&from=2024-01-01" \
  -H "Authorization: Bearer $TOKEN"

# Get one with its versions and stage history
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/opportunities/OPP-1" -H "Authorization: Bearer $TOKEN"

# Report a visit and the form that was filled in on it
curl --fail-with-body -X POST "$TOUCHLINE/api/v1/sites/$SITE/visits" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"raId": "v-9", "at": "2024-01-10T09:00:00Z", "url": "https://www.example.com/?utm_source=google&utm_medium=cpc"}'
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/webconversion" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"Reference": "form-9", "CaptureDateTime": "2024-01-10T09:05:00Z", "Payload": [{"Key": "name", "Value": "Ann"}],
       "VisitorIdentifierOptions": [{"Key": "RaId", "Value": "v-9"}, {"Key": "EmailAddress", "Value": "ann@example.com"}]}'

# Say what a campaign cost on a day; sent again with other figures, it is replaced
curl --fail-with-body -X PUT "$TOUCHLINE/v1/$SITE/adcosts" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"CaptureDateIso": "2024-01-10", "MarketingSource": "Example News", "AdCostType": "Programmatic", "Cost": "12.34",
       "CurrencyCode": "GBP", "CampaignIdentifiers": [{"IdentifierName": "Campaign", "IdentifierValue": "Spring"}]}'
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/costs?from=2024-01-01&to=2024-01-31" -H "Authorization: Bearer $TOKEN"

# Which marketing brought the revenue, under two models; and how one deal's value is shared
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/report?by=channel&model=linear,time-decay" -H "Authorization: Bearer $TOKEN"
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/opportunities/OPP-1/receipt?model=linear" -H "Authorization: Bearer $TOKEN"

# Find a person, by anything that names them
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/people?email=ann@example.com" -H "Authorization: Bearer $TOKEN"

# Review what is shared by too many, and let one join after all
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/identifiers/guarded" -H "Authorization: Bearer $TOKEN"
curl --fail-with-body -X PUT "$TOUCHLINE/api/v1/sites/$SITE/identifiers/allowed" \
  -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \
  -d '{"key": "EmailAddress", "value": "info@example.com"}'

# Hand out what is held on somebody
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/people/export?email=ann@example.com" -H "Authorization: Bearer $TOKEN"

# Pipeline totals by stage and currency
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/pipeline" -H "Authorization: Bearer $TOKEN"

# Everything as a spreadsheet
curl --fail-with-body "$TOUCHLINE/api/v1/sites/$SITE/opportunities" \
  -H "Authorization: Bearer $TOKEN" -H "Accept: text/csv"

# Delete one
curl --fail-with-body -X DELETE "$TOUCHLINE/api/v1/sites/$SITE/opportunities/OPP-3" \
  -H "Authorization: Bearer $TOKEN"

# Erase somebody; totals stay
curl --fail-with-body -X DELETE "$TOUCHLINE/api/v1/sites/$SITE/people?raId=v-9" -H "Authorization: Bearer $TOKEN"
