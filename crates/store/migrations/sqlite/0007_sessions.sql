-- A browser's session is a token that was made from another, and ends with it.
ALTER TABLE token ADD COLUMN session_of TEXT;
CREATE INDEX token_session ON token (session_of, created_at) WHERE session_of IS NOT NULL;
